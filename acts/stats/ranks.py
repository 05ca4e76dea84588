"""The exact signed-rank test and the Hodges–Lehmann estimate on extended values, for pairs in which a run diverged.

A diverged run scores infinitely badly, so a difference may be ±inf and no mean survives; ranks do. The statistic is
the number of Walsh averages (dᵢ + dⱼ)/2, i ≤ j, beyond the threshold. Averages that tie with it, and those of +inf and
−inf, count for neither side: p is exact without ties (scipy's exact wilcoxon) and never too small with them.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy
from jaxtyping import Float

Pairs = Float[np.ndarray, " pair"]


def walsh_averages(differences: Pairs) -> Float[np.ndarray, " average"]:
    """Return the n(n + 1)/2 averages of pairs of differences, each with itself too; of +inf and −inf it is NaN."""
    values = np.asarray(differences, dtype=float)
    first, second = np.triu_indices(len(values))
    with np.errstate(invalid="ignore"):
        return values[first] / 2 + values[second] / 2


def hodges_lehmann(differences: Pairs) -> float:
    """Return the median of the Walsh averages, infinite when most of them are."""
    averages = walsh_averages(differences)
    ordered = np.sort(averages[~np.isnan(averages)])
    low, high = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return low if low == high else 0.0 if np.isinf(low) and np.isinf(high) else (low + high) / 2


def p_above(differences: Pairs, threshold: float) -> float:
    """Return the one-sided signed-rank p-value of "the centre is at most the threshold"; small speaks for more."""
    averages = walsh_averages(differences)
    finite = averages[np.isfinite(averages)]
    tolerance = 1e-12 * max(abs(threshold), float(np.abs(finite).max(initial=0.0)))
    return float(_upper_tail(len(differences))[np.count_nonzero(averages > threshold + tolerance)])


def p_below(differences: Pairs, threshold: float) -> float:
    """Return the one-sided signed-rank p-value of "the centre is at least the threshold"; small speaks for less."""
    return p_above(-np.asarray(differences, dtype=float), -threshold)


def interval(differences: Pairs, *, level: float = 0.95) -> tuple[float, float]:
    """Return the thresholds that the two-sided signed-rank test does not reject at 1 − level; ends may be infinite."""
    averages = walsh_averages(differences)
    reached = np.flatnonzero(_upper_tail(len(differences)) <= (1 - level) / 2)
    if not len(reached):
        return -np.inf, np.inf
    critical = int(reached[0])
    low = np.sort(np.where(np.isnan(averages), -np.inf, averages))[len(averages) - critical]
    high = np.sort(np.where(np.isnan(averages), np.inf, averages))[critical - 1]
    return float(low), float(high)


@lru_cache(maxsize=64)
def _upper_tail(n: int) -> Float[np.ndarray, " sum"]:
    """Return P(W ≥ w) for w = 0 … n(n + 1)/2, W the sum of the ranks 1 … n each kept with probability ½."""
    mass = np.ones(1)
    for rank in range(1, n + 1):
        mass = (np.concatenate([mass, np.zeros(rank)]) + np.concatenate([np.zeros(rank), mass])) / 2
    tail = np.cumsum(mass[::-1])[::-1]
    tail.setflags(write=False)
    return tail


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Spearman's correlation of two lists (ties share a rank, infinities are extremes); 0 where one is constant.

    Raises ValueError for NaN or lists of different length.
    """
    left, right = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if left.shape != right.shape or np.isnan(left).any() or np.isnan(right).any():
        raise ValueError("a rank correlation needs two lists of one length without NaN")
    ranks = [scipy.stats.rankdata(side) for side in (left, right)]
    if any(np.ptp(side) == 0 for side in ranks):
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])
