"""Take one order from the input, carry it out on one thread, print what was measured."""

import json
import sys
from contextlib import redirect_stdout

import torch

from acts.activations import own
from acts.stopwatch.orders import Order, carry_out


def main() -> None:
    """Read an order, print its measurements."""
    answer = sys.stdout
    torch.set_num_threads(1)
    own.from_environment()
    with redirect_stdout(sys.stderr):
        found = list(carry_out(Order(**json.load(sys.stdin))))
    print(json.dumps(found), file=answer)


if __name__ == "__main__":
    main()
