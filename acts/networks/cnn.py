"""Small convolutional networks: blocks of 3×3 convolution, norm, activation and 2×2 maximum, then a mean, then dense.

Tensors are (run, batch, row, column, channel), so an activation sees the channels last. Small pictures are learnt by
matrix products over all runs at once, large ones by torch's own convolution, one network after the other.
"""

from dataclasses import dataclass
from itertools import product

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
        h = x.unflatten(-1, self.shape).movedim(2, -1)
        for block in range(self.blocks):
            weights, bias = go.parts[f"hidden{block}.weights"], go.parts[f"hidden{block}.bias"]
            convolved = _native(h, weights, bias) if len(h) == 1 and not self.stacked else _product(h, weights, bias)
            h = _halved(go.activate(convolved, block))
        return go.dense(h.mean((2, 3)), "out")


def _native(h: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """Return the convolution of one network's pictures by torch's own kernel, in its channels-last format."""
    kernel = weights[0].T.contiguous().view(-1, 3, 3, h.shape[-1]).permute(0, 3, 1, 2)
    pictures = h[0].permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    return functional.conv2d(pictures, kernel, bias.flatten(), padding=1).permute(0, 2, 3, 1)[None]


def _product(h: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """Return the convolutions of all networks as one batched product with every position's neighbourhood."""
    rows, columns = h.shape[2:4]
    padded = functional.pad(h, (0, 0, 1, 1, 1, 1))
    moved = [padded[:, :, i : i + rows, j : j + columns] for i, j in product(range(3), repeat=2)]
    return torch.baddbmm(bias, torch.cat(moved, -1).flatten(1, 3), weights).view(*h.shape[:-1], -1)


def _halved(h: Tensor) -> Tensor:
    """Return the largest of every 2×2 positions."""
    pictures = h.flatten(0, 1).permute(0, 3, 1, 2)
    return functional.max_pool2d(pictures, 2).permute(0, 2, 3, 1).unflatten(0, h.shape[:2])
