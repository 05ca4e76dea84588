"""Counts of rare events: bounds on a share where none or few of n were seen."""

import scipy


def clopper_pearson(events: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share of which ``events`` of n were seen.

    Raises ValueError where that is no count.
    """
    if not 0 <= events <= n or n < 1:
        raise ValueError(f"{events} of {n} is no count")
    tail = (1 - level) / 2
    low = float(scipy.stats.beta.ppf(tail, events, n - events + 1)) if events else 0.0
    high = float(scipy.stats.beta.ppf(1 - tail, events + 1, n - events)) if events < n else 1.0
    return low, high


def share_above_p(events: int, n: int, share: float) -> float:
    """Return the one-sided p-value of "the true share is at most that much"; small speaks for more."""
    return float(scipy.stats.binom.sf(events - 1, n, share))


def none_below_p(n: float, share: float) -> float:
    """Return the p-value of "the true share is at least that much" where none of n was seen."""
    return float((1 - share) ** n)
