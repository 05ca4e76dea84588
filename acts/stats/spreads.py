"""How far arms differ beside how far seeds do: random effects in blocks, with an exact interval of the ratio of sds."""

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float

Table = Float[np.ndarray, "seed arm"]


@dataclass(frozen=True)
class Spread:
    """The ratio of the standard deviation between arms to that of seeds, of what the arms of a seed do not share.

    From the one-sided F of arms within seeds as blocks: F/(1 + nθ), θ the squared ratio, has the central F
    distribution (Searle, Casella and McCulloch 1992, Variance components, §3.6). ``ranks``: some run diverged.
    """

    ratio: float
    low: float
    high: float
    level: float
    f: float
    freedom: tuple[int, int]
    seeds: int
    ranks: bool

    def p_above(self, ratio: float) -> float:
        """Return the one-sided p-value of "the true ratio is at most so much"; small speaks for more."""
        return float(scipy.stats.f.sf(self.f / (1 + self.seeds * ratio**2), *self.freedom))

    def p_below(self, ratio: float) -> float:
        """Return the one-sided p-value of "the true ratio is at least so much"; small speaks for less."""
        return float(scipy.stats.f.cdf(self.f / (1 + self.seeds * ratio**2), *self.freedom))


def spread(values: Table, *, level: float = 0.95) -> Spread:
    """Compare arms (columns) with seeds (rows); an infinite value forces ranks within seeds.

    Raises ValueError for NaN, or fewer than two seeds or arms.
    """
    table = np.asarray(values, dtype=float)
    if table.ndim != 2 or min(table.shape) < 2 or np.isnan(table).any():
        raise ValueError(f"a spread needs at least 2 seeds × 2 arms without NaN, not shape {table.shape}")
    ranked = bool(np.isinf(table).any())
    table = scipy.stats.rankdata(table, axis=1) if ranked else table
    seeds, arms = table.shape
    freedom = (arms - 1, (arms - 1) * (seeds - 1))
    means = table.mean(axis=0)
    rest = table - means - table.mean(axis=1, keepdims=True) + table.mean()
    between, within = seeds * float(means.var(ddof=1)), float((rest**2).sum()) / freedom[1]
    tiny = 1e-24 * max(between, float((table**2).mean()))
    f = between / within if within > tiny else np.inf if between > tiny else 1.0
    quantiles = scipy.stats.f.ppf([(1 + level) / 2, (1 - level) / 2], *freedom)
    estimate, low, high = (float(np.sqrt(max(0.0, f / q - 1) / seeds)) for q in (1.0, *quantiles))
    return Spread(estimate, low, high, level, float(f), freedom, seeds, ranked)
