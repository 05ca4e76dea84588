"""Regret: how far a policy falls behind the best choice, picked on other seeds than those it is scored on.

Whoever picks the best of many arms and scores it on the same runs takes luck for quality: twenty equal arms differ by
two standard errors. So an oracle here picks on one half of the seeds and is scored on the other, and the other way
round; of equal arms it then gains nothing on average. Outcomes are larger where they are better, −∞ for a run that
diverged.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from jaxtyping import Float, Int

Outcomes = Float[np.ndarray, "task seed arm"]


def halves(seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the first and of the second half of so many seeds; raises ValueError for fewer than 2."""
    if seeds < 2:
        raise ValueError(f"an oracle needs at least 2 seeds to pick and to be scored on, not {seeds}")
    return np.arange(seeds // 2), np.arange(seeds // 2, seeds)


def oracle(outcomes: Outcomes, *, shared: bool = False) -> Int[np.ndarray, "task seed"]:
    """Return the arm that is best on average over the half of the seeds in which a seed is not, task by task.

    ``shared`` picks one arm for all tasks together: the one of the best mean over them.
    """
    tasks, seeds, _ = outcomes.shape
    first, second = halves(seeds)
    found = np.empty((tasks, seeds), dtype=np.int64)
    for picked_on, scored_on in ((first, second), (second, first)):
        means = outcomes[:, picked_on].mean(axis=1)
        if shared:
            means = np.broadcast_to(means.mean(axis=0), means.shape)
        found[:, scored_on] = means.argmax(axis=1)[:, None]
    return found


def elsewhere(outcomes: Outcomes, families: Sequence[Hashable]) -> Int[np.ndarray, " task"]:
    """Return for every task the arm of the best mean over the tasks of all other families.

    Raises ValueError where all tasks are of one family, so that nothing is left to pick on.
    """
    means = outcomes.mean(axis=1)
    found = []
    for family in families:
        others = [place for place, other in enumerate(families) if other != family]
        if not others:
            raise ValueError(f"every task is of the family {family!r}; a policy cannot be fitted without it")
        found.append(int(means[others].mean(axis=0).argmax()))
    return np.array(found)


def regret(
    outcomes: Outcomes, policy: Int[np.ndarray, "..."] | int, best: Int[np.ndarray, "task seed"] | None = None
) -> Float[np.ndarray, "task seed"]:
    """Return by how much the oracle, or ``best``, is better than a policy at every task and seed.

    ``policy`` is an arm, an arm a task, or an arm a task and seed. It is +∞ where the policy's run diverged, −∞ where
    the oracle's did, and 0 where both did.
    """
    tasks, seeds, _ = outcomes.shape
    arms = np.asarray(policy)
    arms = np.broadcast_to(arms[:, None] if arms.ndim == 1 else arms, (tasks, seeds))
    sides = [_taken(outcomes, places) for places in (oracle(outcomes) if best is None else best, arms)]
    with np.errstate(invalid="ignore"):
        found = sides[0] - sides[1]
    return np.where(np.isneginf(sides[0]) & np.isneginf(sides[1]), 0.0, found)


def _taken(outcomes: Outcomes, arms: Int[np.ndarray, "task seed"]) -> Float[np.ndarray, "task seed"]:
    return np.take_along_axis(outcomes, arms[:, :, None], axis=2)[:, :, 0]
