"""Runs the toy comparison as ``python -m acts run`` would: ``driver.py ENGINE`` with its own root and store."""

import sys
from pathlib import Path

from acts import __main__, publish
from acts.engine import desk, keys
from acts.engine.progress import Teller
from acts.params import Experiments, Params


def compute(_config, **_options):
    """Compute the toy and print how much was computed; returns 1 when something failed."""
    toy = keys.resolve("toy", str(Path(__file__).with_name("toy.py")))
    params = Params(title="toy", experiments=Experiments(), notebooks=("a",))
    print("ready", flush=True)
    with desk.at(params, teller=Teller(quiet=True), engine=sys.argv[1], worth_starting=0.0, pauses=(0.1,)) as at:
        outcome = at.compute(toy)
    print("computed", outcome.computed, "of", outcome.runs, flush=True)
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    publish.run = compute
    sys.exit(__main__.main(["run", "smoke"]))
