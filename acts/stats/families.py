"""Several tests at once: Holm within a claim, Benjamini–Hochberg and the expected false verdicts across the ledger."""

from collections.abc import Sequence

import numpy as np
import scipy
from jaxtyping import Float


def holm(p_values: Sequence[float]) -> Float[np.ndarray, " test"]:
    """Return Holm's adjusted p-values in the given order: rejecting those up to α errs at all with probability ≤ α.

    The same numbers as statsmodels' multipletests, which collects garbage at every call (60 ms).
    """
    values = _checked(p_values)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> Float[np.ndarray, " test"]:
    """Return the Benjamini–Hochberg adjusted p-values (false discovery rate), in the given order."""
    values = _checked(p_values)
    return np.asarray(scipy.stats.false_discovery_control(values)) if len(values) else values


def at_least_p(p_values: Sequence[float], count: int) -> float:
    """Return the p-value of "fewer than so many of the hypotheses are false", from independent tests of each.

    Simes's test on the p-values left when the count − 1 smallest are set aside (Benjamini and Heller 2008, Screening
    for partial conjunction hypotheses, doi:10.1111/j.1541-0420.2007.00984.x). Raises ValueError for a count that is not
    between 1 and the number of tests.
    """
    values = np.sort(_checked(p_values))
    if not 1 <= count <= len(values):
        raise ValueError(f"{count} of {len(values)} tests is no count")
    left = values[count - 1 :]
    return float(min(1.0, (len(left) * left / np.arange(1, len(left) + 1)).min()))


def expected_false(p_values: Sequence[float], *, alpha: float = 0.05) -> float:
    """Return the expected number of false verdicts among tests judged at α each.

    That is α times the number of true nulls, estimated as (not rejected + 1)/(1 − α) and never above the number of
    tests (Storey 2002, A direct approach to false discovery rates, doi:10.1111/1467-9868.00346, at λ = α).
    """
    values = _checked(p_values)
    nulls = (np.count_nonzero(values > alpha) + 1) / (1 - alpha)
    return float(alpha * min(len(values), nulls))


def monte_carlo_p(reached: int, draws: int) -> float:
    """Return (b + 1)/(B + 1): the p-value when b of B random draws reached the observed statistic."""
    if not 0 <= reached <= draws or draws < 1:
        raise ValueError(f"{reached} of {draws} draws is no count")
    return (reached + 1) / (draws + 1)


def _checked(p_values: Sequence[float]) -> Float[np.ndarray, " test"]:
    values = np.asarray(p_values, dtype=float)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p-values must be a flat list of numbers in [0, 1]")
    return values
