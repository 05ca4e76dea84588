"""Small convolutional networks: blocks of 3×3 convolution, norm, activation and 2×2 maximum, then a mean, then dense.

An activation sees (run, batch, row, column, channel), the channels last. Networks on small pictures learn together, as
the groups of one convolution; those on large ones gain nothing from it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from acts.networks.forward import Pass
from acts.networks.plan import Plan


@dataclass(frozen=True)
class Cnn:
    """Convolutions of ``units`` groups of ``fan[0]`` pre-activations each, on pictures (channel, row, column).

    A block's maximum halves rows and columns, the odd last one left out; the mean is over all positions.
    """

    shape: tuple[int, int, int]
    blocks: int
    units: int
    outputs: int
    fan: tuple[int, int]
    stacked: bool = True

    def declare(self, plan: Plan) -> None:
        """Declare every layer; a convolution's weights are (3 · 3 · channels in, channels out)."""
        fed, given = (one * self.units for one in self.fan)
        channels, rows, columns = self.shape
        for block in range(self.blocks):
            place = "hidden" if block else "first"
            plan.dense(f"hidden{block}", 9 * channels, fed, place=place, times=rows * columns)
            plan.activation(f"hidden{block}", fed)
            channels, rows, columns = given, rows // 2, columns // 2
        plan.dense("out", channels, self.outputs, place="last")

    def forward(self, x: Tensor, go: Pass) -> Tensor:
        """Return outputs (run, batch, outputs) of flattened pictures (run, batch, inputs)."""
        runs = len(x)
        pictures = x.unflatten(-1, self.shape).transpose(0, 1).flatten(1, 2)
        for block in range(self.blocks):
            weights, bias = go.parts[f"hidden{block}.weights"], go.parts[f"hidden{block}.bias"]
            convolved = _convolved(pictures, weights, bias).permute(0, 2, 3, 1).unflatten(-1, (runs, -1))
            h = go.activate(convolved.permute(3, 0, 1, 2, 4), block)
            pictures = functional.max_pool2d(h.permute(1, 2, 3, 0, 4).flatten(3).permute(0, 3, 1, 2), 2)
        means = pictures.mean((2, 3)).unflatten(1, (runs, -1)).transpose(0, 1)
        return go.dense(means, "out")


def _convolved(pictures: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """Return the convolution of pictures (batch, run · channel, row, column), each run's channels by its own weights.

    Everything lies channels last, weights too, which the kernels are fastest for.
    """
    runs, _, channels = weights.shape
    kernels = weights.transpose(1, 2).contiguous().view(runs * channels, 3, 3, -1).permute(0, 3, 1, 2)
    laid = pictures.contiguous(memory_format=torch.channels_last)
    return functional.conv2d(laid, kernels, bias.flatten(), padding=1, groups=runs)
