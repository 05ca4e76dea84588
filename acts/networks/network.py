"""Network: one architecture at one size, without any weights; made from a name and the shape of its inputs."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from math import prod

import torch
from jaxtyping import Bool
from torch import Tensor

from acts import nearest
from acts.networks import names
from acts.networks.kinds import KINDS, Architecture, Make, Request
from acts.networks.nonlinearity import Nonlinearity
from acts.networks.parts import Part
from acts.networks.plan import Plan, Spot

ROW = 64  # a network's row is a multiple of this many numbers, so no vector register spans two networks


@dataclass(frozen=True)
class Network:
    """An architecture at one size: its parts in the order in which they lie in a row, without any weights.

    ``shape`` is that of one input, ``fan`` that of its activation, ``operations`` are the multiply-adds of one forward
    pass of one row. ``learned`` are the parts of the activation's learned parameters, last in the row. ``stacked``
    says whether several such networks are to learn together on a CPU.
    """

    name: str
    shape: tuple[int, ...]
    outputs: int
    norm: str
    fan: tuple[int, int]
    tokens: bool
    architecture: Architecture
    parts: tuple[Part, ...]
    spots: tuple[Spot, ...]
    operations: int
    stacked: bool
    learned: tuple[Part, ...] = ()

    @property
    def inputs(self) -> int:
        """Return how many numbers one input has."""
        return prod(self.shape)

    @property
    def layout(self) -> tuple[Part, ...]:
        """Return every part in the order of a row."""
        return (*self.parts, *self.learned)

    @property
    def weights(self) -> int:
        """Return how many numbers learn, those of the activation apart."""
        return sum(part.numbers for part in self.parts)

    @property
    def size(self) -> int:
        """Return the length of a row: all numbers that learn, rounded up."""
        used = sum(part.numbers for part in self.layout)
        return -(-used // ROW) * ROW

    @cached_property
    def decayed(self) -> Bool[Tensor, " size"]:
        """Return which numbers of a row weight decay is for: weights and embeddings."""
        mask = torch.zeros(self.size, dtype=torch.bool)
        at = 0
        for part in self.layout:
            mask[at : at + part.numbers] = part.kind in ("weights", "embedding")
            at += part.numbers
        return mask

    @property
    def statistics(self) -> tuple[int, ...]:
        """Return where the running mean of each activation's norm begins in a state; its variance follows."""
        return tuple(accumulate((2 * spot.units for spot in self.spots), initial=0))

    @property
    def states(self) -> int:
        """Return the length of a state: running means and variances of BatchNorm."""
        return self.statistics[-1] if self.norm == "batch" else 0

    def learning(self, nonlinearity: Nonlinearity) -> "Network":
        """Return the network with the parts that an activation's learned parameters need."""
        if nonlinearity.fan != self.fan:
            raise ValueError(f"{self.name} is made for an activation of fan {self.fan}, not {nonlinearity.fan}")
        parts = (
            Part(f"{spot.name}.{name}", (spot.units if nonlinearity.channelwise else 1,), 1, "hidden", "learned", start)
            for spot in self.spots
            for name, start in nonlinearity.learned.items()
        )
        return replace(self, learned=tuple(parts))

    def views(self, buffer: Tensor) -> dict[str, Tensor]:
        """Return every part's view (run, *size) of a buffer of rows, by name."""
        used = [part.numbers for part in self.layout]
        *pieces, _ = buffer.split([*used, buffer.shape[1] - sum(used)], dim=1)
        return {part.name: piece.view(len(buffer), *part.size) for part, piece in zip(self.layout, pieces, strict=True)}


def network(
    name: str,
    *,
    shape: tuple[int, ...],
    outputs: int,
    norm: str = "none",
    fan: tuple[int, int] = (1, 1),
    tokens: bool = False,
) -> Network:
    """Return the network that a name such as ``mlp_8x32`` says, for inputs of a shape.

    An activation of ``fan`` (a, b) makes b outputs of a pre-activations; the number of units is then the one that
    brings the number of weights nearest to that of the plain network. With ``tokens`` inputs are token numbers.
    Raises ValueError for another name or norm, and for inputs of a shape that the architecture does not take.
    """
    kind, first, second = names.parse(name)
    if norm not in names.NORMS:
        raise ValueError(nearest.unknown("norm", norm, names.NORMS))
    make, width = KINDS[kind](Request(name, first, second, tuple(shape), outputs, norm, tokens))
    plain = make(width, (1, 1))
    chosen = plain if fan == (1, 1) else _matched(make, width, fan, _weights(plain))
    plan = _planned(chosen, norm)
    return Network(
        name, tuple(shape), outputs, norm, fan, tokens, chosen, tuple(plan.parts), tuple(plan.spots),
        plan.operations, chosen.stacked,
    )  # fmt: skip


def _planned(architecture: Architecture, norm: str) -> Plan:
    plan = Plan(norm)
    architecture.declare(plan)
    return plan


def _weights(architecture: Architecture) -> int:
    return sum(part.numbers for part in _planned(architecture, "none").parts)


def _matched(make: Make, width: int, fan: tuple[int, int], wanted: int) -> Architecture:
    """Return the architecture of a fan whose number of weights, norms apart, is nearest to the one wanted."""
    return min((make(units, fan) for units in range(1, width + 1)), key=lambda one: abs(_weights(one) - wanted))
