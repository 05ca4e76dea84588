"""Shares: how much of the variance of a crossed, balanced table goes with each of its factors."""

import numpy as np
from jaxtyping import Float


def variance_shares(table: Float[np.ndarray, "..."]) -> Float[np.ndarray, " factor_and_rest"]:
    """Return each factor's share of the variance, an axis a factor, and last what no factor alone explains.

    Components of a random-effects model with main effects, from the mean squares of a balanced analysis of variance:
    (MS of the factor − MS of the rest) / values a level, not below 0. The rest holds interactions and noise.
    Source: Searle, Casella and McCulloch, Variance components, 1992. Raises ValueError for an axis with fewer than two
    levels and for a value that is not finite; shares of a constant table are NaN.
    """
    levels = np.array(table.shape)
    if table.ndim < 1 or levels.min() < 2:
        raise ValueError(f"every factor needs two levels or more; the table has {'×'.join(map(str, table.shape))}")
    if not np.isfinite(table).all():
        raise ValueError("variance shares need finite values")
    grand, axes = table.mean(), range(table.ndim)
    means = [table.mean(axis=tuple(other for other in axes if other != axis)) for axis in axes]
    squares = np.array([table.size / n * ((mean - grand) ** 2).sum() for n, mean in zip(levels, means, strict=True)])
    freedom = table.size - 1 - (levels - 1).sum()
    if freedom < 1:
        raise ValueError("variance shares need more values than effects")
    rest = max(0.0, float(((table - grand) ** 2).sum() - squares.sum())) / freedom
    components = np.append(np.maximum(squares / (levels - 1) - rest, 0) / (table.size / levels), rest)
    with np.errstate(invalid="ignore"):
        return components / components.sum()
