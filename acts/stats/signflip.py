"""The exact sign-flip test of paired differences and the interval that inverts it; Student's t above 20 pairs.

Under "the differences are symmetric about θ" every pattern of signs of d − θ is equally likely. The share of patterns
whose sum reaches the observed one is the share of subsets of the pairs (the empty one counted) whose mean is at most θ,
so the thresholds that are not rejected lie between two order statistics of the 2ⁿ − 1 means of nonempty subsets
(Hartigan 1969, Using subsample values as typical values, doi:10.1080/01621459.1969.10501057).
"""

from functools import lru_cache

import numpy as np
import scipy
from jaxtyping import Float

EXACT_UP_TO = 20
Pairs = Float[np.ndarray, " pair"]


def subset_means(differences: Pairs) -> Float[np.ndarray, " subset"]:
    """Return the means of all 2ⁿ − 1 nonempty subsets of the pairs, in no particular order."""
    sums, sizes = np.zeros(1), np.zeros(1)
    for difference in differences:
        sums = np.concatenate([sums, sums + difference])
        sizes = np.concatenate([sizes, sizes + 1])
    return sums[1:] / sizes[1:]


def p_above(differences: Pairs, threshold: float) -> float:
    """Return the one-sided p-value of "the mean difference is at most the threshold"; small speaks for more."""
    shifted = np.asarray(differences, dtype=float) - threshold
    if len(shifted) > EXACT_UP_TO:
        return _student_p_above(shifted)
    return float(_subsets_not_above_zero(shifted) / 2.0 ** len(shifted))


def p_below(differences: Pairs, threshold: float) -> float:
    """Return the one-sided p-value of "the mean difference is at least the threshold"; small speaks for less."""
    return p_above(-np.asarray(differences, dtype=float), -threshold)


def interval(differences: Pairs, *, level: float = 0.95) -> tuple[float, float]:
    """Return the thresholds that the two-sided test does not reject at 1 − level, infinite with too few pairs.

    An end lies outside the interval exactly when one of the one-sided p-values there is at most (1 − level) / 2.
    """
    values = np.asarray(differences, dtype=float)
    n = len(values)
    if n > EXACT_UP_TO:
        half = float(scipy.stats.t.ppf((1 + level) / 2, n - 1)) * float(values.std(ddof=1)) / np.sqrt(n)
        return float(values.mean() - half), float(values.mean() + half)
    rank = int((1 - level) / 2 * 2**n)
    if rank == 0:
        return -np.inf, np.inf
    means = _means(values.tobytes())
    ends = np.partition(means, [rank - 1, len(means) - rank])
    return float(ends[rank - 1]), float(ends[len(means) - rank])


@lru_cache(maxsize=1)  # a comparison asks for two levels in turn, and 20 pairs have a million means
def _means(values: bytes) -> Float[np.ndarray, " subset"]:
    return subset_means(np.frombuffer(values))


def _subsets_not_above_zero(shifted: Pairs) -> int:
    """Count the subsets, the empty one included, whose sum is at most 0, joining the sums of two halves.

    Sums within 1e-12 of 0 (relative) count as 0, so that rounding never turns a tie into evidence.
    """
    tolerance = 1e-12 * float(np.abs(shifted).sum())
    left, right = _subset_sums(shifted[::2]), np.sort(_subset_sums(shifted[1::2]))
    return int(np.searchsorted(right, tolerance - left, side="right").sum())


def _subset_sums(values: Pairs) -> Float[np.ndarray, " subset"]:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
    return sums


def _student_p_above(shifted: Pairs) -> float:
    n, mean, spread = len(shifted), float(shifted.mean()), float(shifted.std(ddof=1))
    if spread <= 1e-12 * float(np.abs(shifted).max()):
        return 0.5**n if mean > 0 else 1.0
    return float(scipy.stats.t.sf(mean / spread * np.sqrt(n), n - 1))
