"""What networks did while they learned: batch losses, a watched loss curve, and where they diverged."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

EXPLODED = 1e4  # nats, or variances of the target; a batch loss above counts as divergence, as nan does


@dataclass(frozen=True)
class History:
    """What K networks did: batch losses before every step, losses on watched rows at ``evaluated`` steps, divergence.

    ``losses`` is (run, step), ``curve`` (run, evaluation), both in the unit of the loss and infinite from a divergence
    on. ``diverged`` holds the step (from 1) whose batch loss first exploded or was not a number, 0 for a healthy
    network.
    """

    losses: np.ndarray
    evaluated: tuple[int, ...]
    curve: np.ndarray
    diverged: np.ndarray

    @classmethod
    def of_tables(cls, losses: np.ndarray, curve: np.ndarray, evaluated: tuple[int, ...]) -> "History":
        """Return the history that losses (run, step) and watched losses (run, evaluation) tell, as they were found."""
        bad = ~(losses <= EXPLODED)
        bad = np.concatenate([bad, ~(curve[:, -1:] <= EXPLODED)], axis=1)
        diverged = np.where(bad.any(axis=1), bad.argmax(axis=1) + 1, 0)
        since = np.where(diverged > 0, diverged, np.inf)[:, None]
        losses = np.where(np.arange(1, losses.shape[1] + 1) >= since, np.inf, losses)
        curve = np.where((np.asarray(evaluated) + 1 >= since) | ~(curve <= EXPLODED), np.inf, curve)
        return cls(losses, evaluated, curve, diverged)

    @classmethod
    def joined(cls, parts: Sequence["History"]) -> "History":
        """Return one history of the networks of several, which were evaluated at the same steps."""
        tables = (np.concatenate([getattr(part, name) for part in parts]) for name in ("losses", "curve", "diverged"))
        losses, curve, diverged = tables
        return cls(losses, parts[0].evaluated, curve, diverged)

    def area(self) -> np.ndarray:
        """Return every network's area under its watched curve: the mean loss of the evaluations after step 0."""
        return self.curve[:, 1:].mean(axis=1)

    def running(self) -> np.ndarray:
        """Return the mean batch loss since the evaluation before, (run, evaluation); step 0 has none."""
        parts = [self.losses[:, before:after].mean(axis=1) for before, after in pairwise(self.evaluated)]
        return np.stack(parts, axis=1)


def crossing(steps: Sequence[int], losses: np.ndarray, target: float) -> float | None:
    """Return the step at which a loss curve first comes down to a target, on straight lines between its points.

    None where it never does.
    """
    below = np.flatnonzero(losses <= target)
    if not below.size:
        return None
    at = int(below[0])
    if at == 0 or not np.isfinite(losses[at - 1]):
        return float(steps[at])
    share = (losses[at - 1] - target) / (losses[at - 1] - losses[at])
    return float(steps[at - 1] + share * (steps[at] - steps[at - 1]))


def evaluation_steps(steps: int, evaluations: int) -> tuple[int, ...]:
    """Return step 0 and the steps that end each of so many equal shares; fewer where there are fewer steps."""
    return (
        tuple(sorted({round(share * steps / evaluations) for share in range(evaluations + 1)})) if evaluations else ()
    )
