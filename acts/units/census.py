"""Census: every unit of a group of networks is looked at while they learn, epoch by epoch, and some begin anew."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from acts import networks
from acts.networks import Nonlinearity, Scales, Stack
from acts.training import Feed
from acts.units.readings import stuck, zeros

_CHOICE = 42  # names the random stream by which live units are chosen
_OTHER = 500_000  # added to a seed to name the draw that units take which begin anew


@dataclass(frozen=True)
class Plan:
    """What a census does to one network: the shift of its hidden biases at the start, and which units begin anew.

    ``anew`` is dead, live (as many of each layer, by chance) or none.
    """

    seed: int
    scales: Scales
    bias: float = 0.0
    anew: str = "none"


@dataclass(frozen=True)
class Found:
    """What a census found of K networks, in their own order.

    ``zero`` (run, reading, unit) is read at the start and after every epoch, ``stuck`` (run, epoch, unit) is about an
    epoch; ``layers`` gives every unit's layer, from 1; ``anew`` counts the units of each network that began anew. Of a
    network whose numbers are no longer finite, ``zero`` is as last read, and all units are stuck.
    """

    zero: Bool[np.ndarray, "run reading unit"]
    stuck: Bool[np.ndarray, "run epoch unit"]
    layers: Int[np.ndarray, " unit"]
    anew: Int[np.ndarray, " run"]


class Census:
    """A visitor that keeps count of units; ``epoch`` is how many steps one takes, ``at`` the step of new beginnings."""

    def __init__(
        self, plans: Sequence[Plan], nonlinearity: Nonlinearity, feed: Feed, *, epoch: int, at: int | None = None
    ) -> None:
        self._plans, self._nonlinearity, self._feed = plans, nonlinearity, feed
        self._epoch, self._at = epoch, at
        self._zero: list[Tensor] = []
        self._stuck: list[Tensor] = []
        self._squares: list[Tensor] = []
        self._anew = torch.zeros(len(plans), dtype=torch.int64)

    def seat(self, runs: Int[Tensor, " row"]) -> None:
        """Take note of the network in each row."""
        self._runs, self._feed_of_rows = runs, self._feed.pick(runs)

    def before(self, step: int, group: Stack) -> Bool[Tensor, "row size"] | None:
        """Shift biases at the start, read the units after every epoch, let units begin anew when it is time."""
        if step == 0:
            self._shift(group)
        if step % self._epoch == 0:
            self._read(group)
        return self._renew(group) if step == self._at else None

    def after(self, step: int, group: Stack, gradient: Float[Tensor, "row size"]) -> None:
        """Add up the squared gradients of every unit's incoming weights."""
        views = group.network.views(gradient)
        own = [views[f"{spot.name}.weights"].double().square().sum(dim=1) for spot in group.network.spots]
        first = step % self._epoch == 0
        self._squares = own if first else [sum_ + one for sum_, one in zip(self._squares, own, strict=True)]

    def found(self, stack: Stack) -> Found:
        """Return what was found, once training has ended with an epoch and left these networks."""
        rows = torch.stack([(self._runs == run).nonzero()[0, 0] for run in range(len(stack))])
        self._settle()
        last = self._zeros(stack, self._feed, self._zero[-1][rows])
        zero = torch.stack([*(one[rows] for one in self._zero), last], dim=1)
        layers = [layer for layer, spot in enumerate(stack.network.spots, 1) for _ in range(spot.units)]
        told = (zero, torch.stack(self._stuck, dim=1)[rows], torch.tensor(layers), self._anew)
        return Found(*(one.cpu().numpy() for one in told))

    def _shift(self, group: Stack) -> None:
        """Add each network's shift to the biases of its hidden layers."""
        shifts = torch.tensor([self._plans[run].bias for run in self._runs.tolist()])
        parts = group.parts()
        for spot in group.network.spots:
            parts[f"{spot.name}.bias"].add_(shifts.to(group.buffer)[:, None, None])

    def _read(self, group: Stack) -> None:
        """Close the epoch that ends here, and see which units are zero now."""
        before = self._zero[-1] if self._zero else torch.tensor(False)
        self._settle()
        self._zero.append(self._zeros(group, self._feed_of_rows, before))

    def _settle(self) -> None:
        """Say which units were stuck over the epoch that has ended, if one has."""
        if self._squares:
            self._stuck.append(torch.cat([stuck(one.sqrt()) for one in self._squares], dim=1))
            self._squares = []

    def _zeros(self, stack: Stack, feed: Feed, before: Tensor) -> Tensor:
        healthy = stack.buffer.isfinite().all(dim=1, keepdim=True)
        return torch.where(healthy, zeros(stack, self._nonlinearity, feed), before)

    def _renew(self, group: Stack) -> Bool[Tensor, "row size"]:
        """Give the incoming weights and bias of the chosen units numbers as at a start; return which those are."""
        plans = [self._plans[run] for run in self._runs.tolist()]
        drawn = networks.stack(
            group.network, [plan.seed + _OTHER for plan in plans], [plan.scales for plan in plans],
            nonlinearity=self._nonlinearity, dtype=group.buffer.dtype, device=group.buffer.device,
        ).buffer  # fmt: skip
        changed = torch.zeros_like(group.buffer, dtype=torch.bool)
        views, start = group.network.views(changed), 0
        for spot in group.network.spots:
            zero = self._zero[-1][:, start : start + spot.units].cpu().numpy()
            pairs = zip(plans, zero, strict=True)
            chosen = torch.from_numpy(np.stack([_chosen(own, plan, start) for plan, own in pairs]))
            for part in ("weights", "bias"):
                views[f"{spot.name}.{part}"].copy_(chosen[:, None, :])
            self._anew[self._runs.cpu()] += chosen.sum(dim=1)
            start += spot.units
        group.buffer.copy_(torch.where(changed, drawn, group.buffer))
        return changed


def _chosen(zero: Bool[np.ndarray, " unit"], plan: Plan, place: int) -> Bool[np.ndarray, " unit"]:
    """Return which units of a layer begin anew: those that are zero, or as many others as there are, by chance."""
    if plan.anew != "live":
        return zero & (plan.anew == "dead")
    order = np.random.default_rng([plan.seed, _CHOICE, place]).permutation(len(zero))
    live = order[~zero[order]][: zero.sum()]
    return np.isin(np.arange(len(zero)), live)
