"""What a number of pairs can show: attainable p, minimum detectable effect, power of an equivalence test."""

from functools import lru_cache
from math import inf, sqrt

import scipy

MOST_PAIRS = 10_000


def smallest_p(n: int) -> float:
    """Return 2/2ⁿ, the smallest two-sided p that n pairs can reach (1 for a single pair)."""
    return min(1.0, 2.0 ** (1 - n))


def minimum_detectable(spread: float, n: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the mean difference found with the given power by a two-sided test of n pairs, in units of the spread.

    ``spread`` is the standard deviation of the paired differences; the result is infinite where n pairs can never
    reach α. Computed for Student's t, to which the sign-flip test is close from six pairs on.
    """
    return inf if smallest_p(n) > alpha or n < 2 else spread * _standardised(n, power, alpha)


@lru_cache(maxsize=256)
def _standardised(n: int, power: float, alpha: float) -> float:
    critical = float(scipy.stats.t.ppf(1 - alpha / 2, n - 1))

    def missing(shift: float) -> float:
        centre = shift * sqrt(n)
        return (
            float(scipy.stats.nct.sf(critical, n - 1, centre) + scipy.stats.nct.cdf(-critical, n - 1, centre)) - power
        )

    upper = 2.0 / sqrt(n)
    while missing(upper) < 0:
        upper *= 1.5
    return float(scipy.optimize.brentq(missing, 0.0, upper))


def pairs_needed(distance: float, spread: float, *, power: float = 0.8, alpha: float = 0.05) -> int | None:
    """Return the smallest number of pairs that tells a mean from a threshold so far away with the power.

    ``spread`` is the standard deviation of the paired differences. None where 10,000 pairs do not suffice.
    """
    if distance <= 0 or minimum_detectable(spread, MOST_PAIRS, power=power, alpha=alpha) > distance:
        return None
    low, high = 1, MOST_PAIRS
    while high - low > 1:
        middle = (low + high) // 2
        enough = minimum_detectable(spread, middle, power=power, alpha=alpha) <= distance
        low, high = (low, middle) if enough else (middle, high)
    return high


def tost_power(n: int, ratio: float, *, alpha: float = 0.05) -> float:
    """Return the power of two one-sided t tests of n pairs when the true difference is 0.

    ``ratio`` is the margin over the standard deviation of the paired differences. The mean is normal and the sample's
    standard deviation s an independent scaled χ, so the power is the expectation of P(|mean| < margin − t·s/√n) over s.
    """
    critical = float(scipy.stats.t.ppf(1 - alpha, n - 1))
    largest = ratio * sqrt(n) / critical

    def share(spread: float) -> float:
        inside = 2 * scipy.stats.norm.cdf(ratio * sqrt(n) - critical * spread) - 1
        return float(inside * scipy.stats.chi.pdf(spread * sqrt(n - 1), n - 1) * sqrt(n - 1))

    # The density of s is 0 to double precision outside 1 ± 10/√n, and too thin a spike to find without saying so.
    low, high = max(0.0, 1 - 10 / sqrt(n)), min(largest, 1 + 10 / sqrt(n))
    return float(scipy.integrate.quad(share, low, high, limit=200)[0]) if high > low else 0.0


def pairs_for_equivalence(ratio: float, *, power: float = 0.8, alpha: float = 0.05) -> int:
    """Return the smallest number of pairs whose equivalence test has the power; ratio is margin over spread.

    Raises ValueError where 10,000 pairs do not suffice.
    """
    if tost_power(MOST_PAIRS, ratio, alpha=alpha) < power:
        raise ValueError(f"margin/sd = {ratio:g} is too small: {MOST_PAIRS:,} pairs do not reach power {power:g}")
    low, high = 1, MOST_PAIRS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if tost_power(middle, ratio, alpha=alpha) >= power else (middle, high)
    return high


def binomial_se(share: float, n: int) -> float:
    """Return the standard error of a share (an accuracy) measured on n independent examples."""
    if not 0 <= share <= 1 or n < 1:
        raise ValueError(f"a share of {share:g} of {n} examples has no standard error")
    return sqrt(share * (1 - share) / n)
