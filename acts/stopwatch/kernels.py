"""Kernels: one function over a tensor of normal numbers, forward and backward."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from acts.stopwatch.laps import Lap, clock

ELEMENTS = 65536  # evaluated at least in one lap; small tensors are taken several times
ROUNDS = 7  # at least
STRETCHES = ("forward", "backward", "both")
Function = Callable[[Tensor], Tensor]


def normal(size: int, *, dtype: str, device: str) -> Tensor:
    """Return so many normal numbers, always the same ones."""
    drawn = torch.randn(size, generator=torch.Generator().manual_seed(size))
    return drawn.to(device, getattr(torch, dtype))


def lap(function: Function, weights: Sequence[nn.Parameter], x: Tensor) -> Lap:
    """Return a lap of three stretches: forward without a graph, backward, and forward with a graph and backward."""
    tell, times = clock(str(x.device)), max(1, ELEMENTS // x.numel())
    inputs = [x.detach().clone().requires_grad_(True), *weights]
    above = torch.ones_like(x)

    def forward() -> int:
        with torch.no_grad():
            start = tell()
            for _ in range(times):
                function(x)
            return tell() - start

    def run() -> Sequence[int]:
        alone, backward, both = forward(), 0, 0
        for _ in range(times):
            start = tell()
            y = function(inputs[0])
            middle = tell()
            torch.autograd.grad(y, inputs, above)
            end = tell()
            backward, both = backward + end - middle, both + end - start
        return alone, backward, both

    return run


def copy(x: Tensor) -> Lap:
    """Return a lap of one stretch: a copy of the tensor, the least that any function written to new memory can cost."""
    tell, times = clock(str(x.device)), max(1, ELEMENTS // x.numel())

    def run() -> Sequence[int]:
        start = tell()
        for _ in range(times):
            x.clone()
        return (tell() - start,)

    return run
