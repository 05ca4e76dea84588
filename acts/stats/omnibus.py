"""Does the choice of arm matter at all: a permutation F within blocks, and ω² with its interval."""

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float

from acts.stats.families import monte_carlo_p

Table = Float[np.ndarray, "block arm"]


@dataclass(frozen=True)
class Omnibus:
    """The F of arms within blocks, its permutation p, and ω² = λ/(λ + N), the share of variance beside the blocks.

    ``low`` and ``high`` bound ω² at ``level`` by inverting the noncentral F (Steiger 2004, Beyond the F test,
    doi:10.1037/1082-989X.9.2.164); ``ranks`` tells that values were ranked within blocks, as some run diverged.
    """

    f: float
    p: float
    omega_squared: float
    low: float
    high: float
    level: float
    blocks: int
    arms: int
    ranks: bool


def omnibus(values: Table, *, rng: np.random.Generator, draws: int = 1999, level: float = 0.95) -> Omnibus:
    """Compare all arms (columns) within blocks (rows) at once; a block that holds an infinite value forces ranks.

    Raises ValueError for NaN, or fewer than two blocks or arms.
    """
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or min(table.shape) < 2 or np.isnan(table).any():
        raise ValueError(f"an omnibus test needs at least 2 blocks × 2 arms without NaN, not shape {table.shape}")
    ranked = bool(np.isinf(table).any())
    table = scipy.stats.rankdata(table, axis=1) if ranked else table
    centred = table - table.mean(axis=1, keepdims=True)
    blocks, arms = table.shape
    freedom = (arms - 1, (arms - 1) * (blocks - 1))
    f = _f_statistic(centred, freedom)
    low, high = omega_interval(f, freedom, blocks * arms, level=level)
    estimate = freedom[0] * (f - 1) / (freedom[0] * (f - 1) + blocks * arms) if np.isfinite(f) else 1.0
    p = _permutation_p(centred, rng, draws)
    return Omnibus(f, p, max(0.0, estimate), low, high, level, blocks, arms, ranked)


def omega_interval(f: float, freedom: tuple[int, int], total: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of ω² for an observed F with those degrees of freedom over ``total`` values."""
    if not np.isfinite(f):
        return 1.0, 1.0
    ends = [_noncentrality(f, freedom, share) for share in ((1 + level) / 2, (1 - level) / 2)]
    return ends[0] / (ends[0] + total), ends[1] / (ends[1] + total)


def _noncentrality(f: float, freedom: tuple[int, int], share: float) -> float:
    """Return the λ at which the observed F is the given quantile of the noncentral F; 0 when even λ = 0 lies lower."""
    if scipy.stats.f.cdf(f, *freedom) <= share:
        return 0.0
    upper = 10.0 + 4 * f * freedom[0]
    while scipy.stats.ncf.cdf(f, *freedom, upper) > share:
        upper *= 2
    return float(scipy.optimize.brentq(lambda value: scipy.stats.ncf.cdf(f, *freedom, value) - share, 1e-9, upper))


def _f_statistic(centred: Table, freedom: tuple[int, int]) -> float:
    blocks = len(centred)
    between = blocks * float((centred.mean(axis=0) ** 2).sum())
    rest = float((centred**2).sum()) - between
    if rest <= 1e-12 * between:
        return np.inf if between > 0 else 0.0
    return between / freedom[0] / (rest / freedom[1])


def _permutation_p(centred: Table, rng: np.random.Generator, draws: int) -> float:
    """Return the p of the variance of arm means, on which F depends monotonically, over shuffles within blocks."""
    observed = float((centred.sum(axis=0) ** 2).sum())
    reached = 0
    for _ in range(draws):
        shuffled = rng.permuted(centred, axis=1)
        reached += float((shuffled.sum(axis=0) ** 2).sum()) >= observed * (1 - 1e-12)
    return monte_carlo_p(reached, draws)
