"""Steps: whole training steps of plain networks, written as a user of torch writes them.

One step is forward, cross-entropy, backward and an update by SGD without momentum, the cheapest there is: any other
optimiser makes the share of the activation smaller.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from acts.stopwatch.functions import module
from acts.stopwatch.laps import Lap, clock

INPUTS, CLASSES = 64, 10
RATE = 1e-3


def sizes(network: str) -> tuple[int, int]:
    """Return depth and width of a network such as mlp_4x64; raises ValueError for another kind."""
    kind, _, rest = network.partition("_")
    depth, _, width = rest.partition("x")
    if kind != "mlp" or not depth.isdigit() or not width.isdigit():
        raise ValueError(f"the whole step of {network!r} is not measured; of mlp_4x64 or other sizes it is")
    return int(depth), int(width)


def perceptron(network: str, activation: str, *, seed: int) -> nn.Sequential:
    """Return a multilayer perceptron with one activation after each hidden layer; a seed gives its weights."""
    depth, width = sizes(network)
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for layer in range(depth):
        layers += [nn.Linear(INPUTS if layer == 0 else width, width), module(activation)]
    return nn.Sequential(*layers, nn.Linear(width, CLASSES))


def examples(batch: int, *, device: str) -> tuple[Tensor, Tensor]:
    """Return a batch of normal inputs and labels, always the same one."""
    generator = torch.Generator().manual_seed(batch)
    x = torch.randn(batch, INPUTS, generator=generator)
    return x.to(device), torch.randint(CLASSES, (batch,), generator=generator).to(device)


def lap(network: nn.Sequential, x: Tensor, y: Tensor) -> Lap:
    """Return a lap of one stretch: a training step."""
    tell, lost = clock(str(x.device)), nn.CrossEntropyLoss()
    climber = torch.optim.SGD(network.parameters(), lr=RATE)

    def run() -> Sequence[int]:
        start = tell()
        climber.zero_grad()
        lost(network(x), y).backward()
        climber.step()
        return (tell() - start,)

    return run
