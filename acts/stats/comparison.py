"""One contrast of paired values as a frozen row of numbers: effect, interval, and a p-value for every threshold."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from jaxtyping import Float

from acts.stats import power, ranks, signflip

LEVEL = 0.95
EQUIVALENCE_LEVEL = 0.90
GREAT = 3.0
Pairs = Float[np.ndarray, " pair"]


@dataclass(frozen=True)
class Comparison:
    """What n paired differences say: D is their mean, or their Hodges–Lehmann centre when ``ranks`` is true.

    Differences point in the claim's direction: positive is in its favour. Every ``p_…`` is one-sided except ``p``.
    A p of a hypothesis at a threshold is at most .025 exactly when the threshold lies outside [low, high] on that
    side, and at most .05 for [inner_low, inner_high], the 90 % interval of the two one-sided tests.
    """

    effect: float
    low: float
    high: float
    level: float
    inner_low: float
    inner_high: float
    n: int
    margin: float
    p: float  # two-sided, D = 0
    p_superior: float  # D ≤ m
    p_inferior: float  # D ≥ −m
    p_equivalent: float  # the larger of D ≤ −m and D ≥ m
    p_positive: float  # D ≤ 0
    p_great: float  # D ≤ 3m
    p_modest: float  # D ≥ 3m
    p_acceptable: float  # D ≤ −m
    correlation: float  # of the pairs; NaN when unknown or a side is constant
    minimum_detectable: float  # at 80 % power, in units of D; NaN on ranks
    smallest_p: float  # the smallest two-sided p that n pairs can reach
    ranks: bool
    diverged: tuple[int, int]  # runs of each side with an infinite value


def compare(
    first: Sequence[float] | Pairs,
    second: Sequence[float] | Pairs | None = None,
    *,
    margin: float = 0.0,
    level: float = LEVEL,
    use_ranks: bool | None = None,
) -> Comparison:
    """Compare paired values, larger being better, or take ``first`` as the differences when there is no second.

    An infinite value is a run that diverged: the contrast is then judged on ranks, as it is where ``use_ranks``.
    Raises ValueError for NaN, unequal or no pairs, or a margin that is not finite and at least 0.
    """
    left, right = _paired(first, second)
    if not (np.isfinite(margin) and margin >= 0):
        raise ValueError(f"a margin is a finite number of at least 0, not {margin:g}")
    differences = difference(left, right)
    diverged = (int(np.isinf(left).sum()), int(np.isinf(right).sum()))
    by_rank = bool(sum(diverged)) or bool(use_ranks)
    test = ranks if by_rank else signflip
    low, high = test.interval(differences, level=level)
    inner = test.interval(differences, level=EQUIVALENCE_LEVEL)
    spread = float(np.std(differences, ddof=1)) if len(differences) > 1 and not by_rank else np.nan
    return Comparison(
        effect=ranks.hodges_lehmann(differences) if by_rank else float(differences.mean()),
        low=low,
        high=high,
        level=level,
        inner_low=inner[0],
        inner_high=inner[1],
        n=len(differences),
        margin=margin,
        correlation=np.nan if second is None else correlation(left, right),
        minimum_detectable=power.minimum_detectable(spread, len(differences)),
        smallest_p=power.smallest_p(len(differences)),
        ranks=by_rank,
        diverged=diverged,
        **_p_values(test, differences, margin),
    )


def _p_values(test: ModuleType, differences: Pairs, margin: float) -> dict[str, float]:
    positive, negative = test.p_above(differences, 0.0), test.p_below(differences, 0.0)
    acceptable = test.p_above(differences, -margin)
    return {
        "p": min(1.0, 2 * min(positive, negative)),
        "p_superior": test.p_above(differences, margin),
        "p_inferior": test.p_below(differences, -margin),
        "p_equivalent": max(acceptable, test.p_below(differences, margin)),
        "p_positive": positive,
        "p_great": test.p_above(differences, GREAT * margin),
        "p_modest": test.p_below(differences, GREAT * margin),
        "p_acceptable": acceptable,
    }


def difference(left: Pairs, right: Pairs) -> Pairs:
    """Return left − right; two values that are infinite alike (both runs diverged) differ by 0."""
    left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    alike = np.isinf(left) & (left == right)
    return np.where(alike, 0.0, left) - np.where(alike, 0.0, right)


def log_ratio(numerator: Sequence[float] | Pairs, denominator: Sequence[float] | Pairs) -> Pairs:
    """Return the natural log of the ratio of positive paired values; ±inf where one side diverged, 0 where both did.

    Its mean is the log of a geometric mean of ratios. Raises ValueError for a value that is not positive.
    """
    top, bottom = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    if not ((top > 0).all() and (bottom > 0).all()):
        raise ValueError("a log ratio needs values above 0")
    return difference(np.log(top), np.log(bottom))


def correlation(left: Pairs, right: Pairs) -> float:
    """Return Pearson's correlation of the pairs, NaN where a side is constant, diverged or has under three pairs."""
    if len(left) < 3 or not (np.isfinite(left).all() and np.isfinite(right).all()):
        return np.nan
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return np.nan
    return float(np.corrcoef(left, right)[0, 1])


def _paired(first: Sequence[float] | Pairs, second: Sequence[float] | Pairs | None) -> tuple[Pairs, Pairs]:
    left = np.asarray(first, dtype=float)
    right = np.zeros_like(left) if second is None else np.asarray(second, dtype=float)
    if left.ndim != 1 or left.shape != right.shape or not len(left):
        raise ValueError(f"pairs need two equal, nonempty, flat lists, not shapes {left.shape} and {right.shape}")
    if np.isnan(left).any() or np.isnan(right).any():
        raise ValueError(f"pair {int(np.flatnonzero(np.isnan(left) | np.isnan(right))[0])} has a NaN")
    return left, right
