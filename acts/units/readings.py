"""Readings: what is read off every unit, or every layer, of many networks on all rows of a feed."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from acts.networks import Function, Nonlinearity, Stack
from acts.training import PAD, Feed

SHARES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)  # τ: of the steepest slope; below it a slope counts as none
STUCK = 1e-3  # of a layer's median gradient norm
ASLEEP = 0.01  # a unit is dormant that is steep on less than this share of the rows
ROWS = 512  # that are read at once
_REACH, _POINTS = 30.0, 6001  # of the grid on which the steepest slope is looked for

Learned = list[dict[str, Tensor]]


def stuck(norms: Float[Tensor, "run unit"]) -> Bool[Tensor, "run unit"]:
    """Return which units of one layer have a gradient norm that is not above 1e-3 of the layer's median.

    So a norm of 0 is stuck even where most of the layer is, and so is one that is not a number.
    """
    return ~(norms > STUCK * norms.median(dim=1, keepdim=True).values)


def zeros(stack: Stack, nonlinearity: Nonlinearity, feed: Feed) -> Bool[Tensor, "run unit"]:
    """Return which units, those of all layers side by side, give 0 on every row."""

    def read(members: Stack, own: Feed) -> Tensor:
        learned, alive = _learned(members, nonlinearity), torch.tensor(False)
        for kept in _passes(members, nonlinearity, own):
            outputs = [nonlinearity.at(spot)(h, **learned[spot]) for spot, h in enumerate(kept)]
            alive = alive | torch.cat([(y != 0).any(dim=1) for y in outputs], dim=1)
        return ~alive

    return _by_eights(stack, feed, read)


def sparsity(stack: Stack, nonlinearity: Nonlinearity, feed: Feed) -> Float[Tensor, "run layer reading"]:
    """Return the share of outputs that are 0, and the effective rank of the outputs as a share of the width.

    The effective rank is the exponential of the entropy of the singular values, which are made to add up to 1 (Roy and
    Vetterli 2007), of the matrix (row, unit) as it is; it is 0 where all outputs are.
    """

    def read(members: Stack, own: Feed) -> Tensor:
        learned = _learned(members, nonlinearity)
        zero = [torch.zeros(len(members), dtype=torch.float64) for _ in learned]
        gram: list[Tensor] = [torch.zeros(len(members), 1, 1, dtype=torch.float64) for _ in learned]
        for kept in _passes(members, nonlinearity, own):
            for spot, h in enumerate(kept):
                y = nonlinearity.at(spot)(h, **learned[spot]).double()
                zero[spot] = zero[spot] + (y == 0).double().mean(dim=2).sum(dim=1).cpu()
                gram[spot] = gram[spot] + (y.transpose(1, 2) @ y).cpu()
        ranks = [_effective_rank(one) / one.shape[1] for one in gram]
        return torch.stack([torch.stack(zero, dim=1) / len(own), torch.stack(ranks, dim=1)], dim=2)

    return _by_eights(stack, feed, read)


def _effective_rank(gram: Float[Tensor, "run unit unit"]) -> Float[Tensor, " run"]:
    """Return the effective rank of matrices from their Gram matrices; not a number where these hold such."""
    healthy = gram.isfinite().all(dim=(1, 2))
    squares = torch.linalg.eigvalsh(torch.where(healthy[:, None, None], gram, 0.0)).clamp(min=0)
    values = squares.sqrt()
    total = values.sum(dim=1, keepdim=True)
    shares = values / torch.where(total > 0, total, 1.0)
    entropy = -torch.special.xlogy(shares, shares).sum(dim=1)
    return torch.where(healthy, torch.where(total[:, 0] > 0, entropy.exp(), 0.0), torch.nan)


def steep_rows(stack: Stack, nonlinearity: Nonlinearity, feed: Feed) -> Float[Tensor, "run share unit"]:
    """Return on which share of the rows every unit is steep: |f′| at least τ of its largest value, for each τ.

    A unit is flat where this is 0, and dormant where it is below 1 %.
    """

    def read(members: Stack, own: Feed) -> Tensor:
        learned = _learned(members, nonlinearity)
        functions = [partial(nonlinearity.at(spot), **values) for spot, values in enumerate(learned)]
        units = [max((one.shape[-1] for one in values.values()), default=1) for values in learned]
        pairs = zip(functions, units, strict=True)
        steepest = [_steepest(function, many, members.buffer) for function, many in pairs]
        counts = torch.zeros((), dtype=torch.float64)
        for kept in _passes(members, nonlinearity, own):
            slopes = [_slope(function, h) for function, h in zip(functions, kept, strict=True)]
            whole = torch.cat([one.abs() / top for one, top in zip(slopes, steepest, strict=True)], dim=2)
            counts = counts + torch.stack([(whole >= share).double().sum(dim=1) for share in SHARES], dim=1).cpu()
        return counts / len(own)

    return _by_eights(stack, feed, read)


def _slope(function: Function, h: Tensor) -> Tensor:
    with torch.enable_grad():
        leaf = h.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(function(leaf).sum(), leaf)
    return slope


def _steepest(function: Function, units: int, like: Tensor) -> Float[Tensor, "run 1 unit"]:
    """Return the largest |f′| on a fine grid, for each network and its learned parameters."""
    grid = torch.linspace(-_REACH, _REACH, _POINTS, dtype=like.dtype, device=like.device)
    wide = grid.view(1, -1, 1).expand(len(like), -1, units)
    return _slope(function, wide).abs().amax(dim=1, keepdim=True)


@torch.no_grad()
def _by_eights(stack: Stack, feed: Feed, read: Callable[[Stack, Feed], Tensor]) -> Tensor:
    """Return readings of all networks, on a CPU taken eight at a time so that inputs stay in the cache."""
    together = PAD if stack.buffer.device.type == "cpu" else len(stack)
    groups = torch.arange(len(stack), device=stack.buffer.device).split(together)
    return torch.cat([read(stack.pick(runs), feed.pick(runs)) for runs in groups])


def _passes(stack: Stack, nonlinearity: Nonlinearity, feed: Feed) -> Iterator[list[Tensor]]:
    """Yield what enters every activation, (run, row, unit) each, some rows at a time."""
    for start in range(0, len(feed), ROWS):
        kept: list[Tensor] = []
        stack.apply(feed.batch(start, min(start + ROWS, len(feed)))[0], nonlinearity, keep=kept)
        yield kept


def _learned(stack: Stack, nonlinearity: Nonlinearity) -> Learned:
    """Return the learned parameters of every activation, each (run, 1, one or unit)."""
    parts = stack.parts()
    return [
        {name: parts[f"{spot.name}.{name}"].view(len(stack), 1, -1) for name in nonlinearity.learned}
        for spot in stack.network.spots
    ]
