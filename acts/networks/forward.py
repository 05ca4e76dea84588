"""One forward pass of K networks: their parts by name, and the steps that every architecture is made of."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from acts.networks.nonlinearity import Nonlinearity
from acts.noise import Noise

if TYPE_CHECKING:
    from acts.networks.network import Network

MOMENTUM = 0.1  # of BatchNorm's running statistics, as in torch
QUARTET = 4  # numbers in 16 bytes
TINY = 1e-5  # what both norms add to a variance, as in torch


class Pass:
    """What one forward pass knows: parts (run, …) by name, running statistics, the function, dropout and its numbers.

    A tensor inside a pass is (run, batch, …, unit). The random numbers of the i-th activation have the places 2i
    (dropout) and 2i + 1 (the function's own).
    """

    def __init__(
        self,
        network: "Network",
        parts: Mapping[str, Tensor],
        state: Tensor,
        nonlinearity: Nonlinearity,
        *,
        keep: list[Tensor] | None = None,
        training: bool = False,
        dropout: float = 0.0,
        noise: Noise | None = None,
    ):
        self.network, self.parts, self.state, self.nonlinearity = network, parts, state, nonlinearity
        self.keep, self.training, self.dropout, self.noise = keep, training, dropout, noise
        self.random = nonlinearity.random if training else None
        if training and (dropout or self.random) and noise is None:
            raise ValueError("dropout and random activations need noise in training")

    def dense(self, x: Tensor, name: str) -> Tensor:
        """Return xW + b over the last dimension."""
        weights, bias = self.parts[f"{name}.weights"], self.parts[f"{name}.bias"]
        if x.ndim == 3:
            return product(bias, x, weights)
        if not self.network.stacked and len(x) == 1:
            return torch.addmm(bias[0], x.flatten(0, -2), weights[0]).view(*x.shape[:-1], -1)
        return product(bias, x.flatten(1, -2), weights).reshape(*x.shape[:-1], -1)

    def activate(self, h: Tensor, spot: int) -> Tensor:
        """Return what the i-th activation makes of its pre-activations: norm, function, dropout."""
        h = self.normalised(h, spot)
        if self.keep is not None:
            self.keep.append(h)
        return self.dropped(self.function(h, spot, self.numbers(h.shape, spot, h.dtype)), spot)

    def function(self, h: Tensor, spot: int, numbers: Tensor | None) -> Tensor:
        """Return the nonlinearity of pre-activations, in its random form where it is given random numbers."""
        learned = self.learned(spot, h.ndim)
        if numbers is None or self.random is None:
            return self.nonlinearity.at(spot)(h, **learned)
        return self.random(h, numbers, **learned)

    def numbers(self, shape: Sequence[int], spot: int, dtype: torch.dtype) -> Tensor | None:
        """Return what a random function needs for pre-activations (run, batch, …, unit); None for any other."""
        if self.random is None or self.noise is None:
            return None
        return self.noise.uniform(2 * spot + 1, shape[1:], dtype=dtype)

    def learned(self, spot: int, dimensions: int) -> dict[str, Tensor]:
        """Return the learned parameters of the i-th activation, each broadcasting to (run, …, unit)."""
        found = {}
        for name in self.nonlinearity.learned:
            part = self.parts[f"{self.network.spots[spot].name}.{name}"]
            found[name] = part.view(len(part), *[1] * (dimensions - 2), -1)
        return found

    def dropped(self, x: Tensor, spot: int) -> Tensor:
        """Return activations with a share of them 0 in training and the others scaled up to keep the mean."""
        if not (self.training and self.dropout) or self.noise is None:
            return x
        kept = self.noise.uniform(2 * spot, x.shape[1:], dtype=x.dtype) >= self.dropout
        return x * kept.to(x.dtype).mul_(1 / (1 - self.dropout))

    def normalised(self, h: Tensor, spot: int) -> Tensor:
        """Return pre-activations after the network's norm, if it has one."""
        if self.network.norm == "none":
            return h
        name = f"{self.network.spots[spot].name}.norm"
        return self.layer_norm(h, name) if self.network.norm == "layer" else self._batch_norm(h, name, spot)

    def layer_norm(self, h: Tensor, name: str) -> Tensor:
        """Return every row of units with mean 0 and variance 1, times its gain, plus its shift."""
        gain, shift = self.parts[f"{name}.gain"], self.parts[f"{name}.shift"]
        if len(h) == 1 and not self.network.stacked:
            return functional.layer_norm(h, h.shape[-1:], gain.flatten(), shift.flatten(), eps=TINY)
        if h.ndim < 5:
            size = (len(h), *[1] * (h.ndim - 2), -1)
            return torch.addcmul(shift.view(size), functional.layer_norm(h, h.shape[-1:], eps=TINY), gain.view(size))
        normed = functional.layer_norm(h.movedim(0, -2), h.shape[-1:], eps=TINY)
        return torch.addcmul(shift.squeeze(1), normed, gain.squeeze(1)).movedim(-2, 0)

    def _batch_norm(self, h: Tensor, name: str, spot: int) -> Tensor:
        """Return units normalised over the batch in training, by running statistics otherwise; these are updated.

        All runs' units lie side by side for it, as the channels of one network.
        """
        start, units = self.network.statistics[spot], h.shape[-1]
        running = self.state[:, start : start + 2 * units]
        mean, variance = (torch.cat(part.unbind()) for part in running.split(units, dim=1))
        gain, shift = (self.parts[f"{name}.{one}"].flatten() for one in ("gain", "shift"))
        rows = _Exchanged.apply(h) if h.ndim == 3 else h.movedim(0, -2)
        normed = functional.batch_norm(
            rows.flatten(-2).flatten(0, -2), mean, variance, gain, shift, self.training, MOMENTUM, TINY
        ).view(rows.shape)
        if self.training:
            running.copy_(torch.cat([mean.view(len(h), -1), variance.view(len(h), -1)], dim=1))
        return _Exchanged.apply(normed) if h.ndim == 3 else normed.movedim(-2, 0)


def product(bias: Tensor, x: Tensor, weights: Tensor) -> Tensor:
    """Return xW + b (run, row, out) of every network.

    Weights of an odd number are widened by columns of 0, so that each network's gradient begins at a multiple of 16
    bytes: where it begins would else show in its last bits.
    """
    fan_in, fan_out = weights.shape[1:]
    if fan_in * fan_out % QUARTET == 0:
        return torch.baddbmm(bias, x, weights)
    wider = (0, -fan_out % QUARTET)
    return torch.baddbmm(functional.pad(bias, wider), x, functional.pad(weights, wider))[..., :fan_out]


class _Exchanged(torch.autograd.Function):
    """The first two dimensions exchanged, contiguous both ways.

    Products of gradients that lie among those of other runs would differ in their last bits with how many these are.
    """

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        """Return the exchanged tensor."""
        return x.transpose(0, 1).contiguous()

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        """Return the gradient exchanged back."""
        return gradient.transpose(0, 1).contiguous()
