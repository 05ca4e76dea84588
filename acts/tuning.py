"""Tuning: which rate a loss curve over a factor-2 grid points to, and when the grid must grow. Pure numpy.

A curve holds one loss a rate, lower is better; a run that diverged is worst and is not averaged with the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isclose

import numpy as np

FACTOR = 2.0
_WEIGHTS = (0.25, 0.5, 0.25)


@dataclass(frozen=True)
class Choice:
    """A chosen rate with its smoothed loss, the weight of diverged runs within it, and the edge it lies on.

    ``edge`` is −1 at the smallest rate, 1 at the largest, 0 inside.
    """

    rate: float
    loss: float
    diverged: float
    edge: int

    @property
    def rank(self) -> tuple[float, float]:
        """Return what choices are compared by, smallest best: any divergence is worse than every loss."""
        return self.diverged, self.loss


def smooth(losses: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return losses weighted ¼, ½, ¼ over the neighbours on the grid, and how much of the weight diverged.

    Weights are renormalised at the ends and over the finite losses; where all diverged the loss is infinite.
    """
    values = np.asarray(losses, float)
    good = np.isfinite(values)
    presence = np.convolve(np.ones(len(values)), _WEIGHTS, mode="full")[1:-1]
    weight = np.convolve(good, _WEIGHTS, mode="full")[1:-1]
    total = np.convolve(np.where(good, values, 0.0), _WEIGHTS, mode="full")[1:-1]
    mean = np.divide(total, weight, out=np.full(len(values), np.inf), where=weight > 0)
    return mean, 1 - weight / presence


def choose(rates: Sequence[float], losses: Sequence[float]) -> Choice:
    """Return the rate at the minimum of the smoothed curve; of equals, as errors in few rows often are, the middle one.

    Rates whose neighbourhood holds a diverged run are taken only where all are such; where all diverged, the smallest.
    Raises ValueError for an empty curve, for rates that do not rise by a factor of 2, and for losses of another number.
    """
    check(rates)
    if len(rates) != len(losses):
        raise ValueError(f"{len(rates)} rates have {len(losses)} losses")
    mean, diverged = smooth(losses)
    ranks = list(zip(diverged, mean, strict=True))
    least = min(ranks)
    equals = [number for number, rank in enumerate(ranks) if rank == least]
    best = equals[(len(equals) - 1) // 2 if np.isfinite(mean[equals[0]]) else 0]
    edge = -1 if best == 0 else int(best == len(rates) - 1)
    return Choice(float(rates[best]), float(mean[best]), float(diverged[best]), edge)


def check(rates: Sequence[float]) -> None:
    """Raise ValueError unless rates are positive and each is twice the one before."""
    if not len(rates):
        raise ValueError("a grid of rates is empty")
    if min(rates) <= 0:
        raise ValueError(f"a rate is not positive: {min(rates):g}")
    for low, high in pairwise(rates):
        if not isclose(high, FACTOR * low, rel_tol=1e-9):
            raise ValueError(f"rates rise by a factor of 2, but {low:g} is followed by {high:g}")


def grow(rates: Sequence[float], edge: int, *, by: int = 2) -> list[float]:
    """Return the grid with ``by`` more rates beyond an edge (−1 below, 1 above, 0 none)."""
    check(rates)
    if edge == 0:
        return list(rates)
    added = [float(rates[-1 if edge > 0 else 0]) * FACTOR ** (edge * step) for step in range(1, by + 1)]
    return [*rates, *added] if edge > 0 else [*reversed(added), *rates]


def search(grid: Sequence[float], losses: Mapping[float, float], *, growths: int) -> tuple[list[float], Choice | None]:
    """Return the rates that a run needs, given those measured so far, and the choice once all of them are measured.

    The grid grows at the edge that the choice lies on, at most so many times; a choice still on an edge then stands.
    """
    rates = list(grid)
    for grown in range(growths + 1):
        if any(rate not in losses for rate in rates):
            return rates, None
        choice = choose(rates, [losses[rate] for rate in rates])
        if choice.edge == 0 or grown == growths:
            break
        rates = grow(rates, choice.edge)
    return rates, choice
