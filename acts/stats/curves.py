"""Response curves: the least of a curve over a grid, smoothed, where points may be infinite."""

from collections.abc import Sequence

import numpy as np

WEIGHTS = (0.25, 0.5, 0.25)


def least_smoothed(values: Sequence[float]) -> tuple[float, float]:
    """Return, of a curve smoothed ¼, ½, ¼ over neighbours, the point that lost least and is then lowest.

    That is the share of its weight that is infinite, and the mean of the rest (∞ where nothing is left). Weights are
    renormalised at the ends. Raises ValueError for an empty curve or NaN.
    """
    points = np.asarray(values, dtype=float)
    if not len(points) or np.isnan(points).any():
        raise ValueError("a response curve needs at least one point and no NaN")
    good = np.isfinite(points)
    presence, weight, total = (
        np.convolve(part, WEIGHTS, mode="full")[1:-1]
        for part in (np.ones(len(points)), good.astype(float), np.where(good, points, 0.0))
    )
    means = np.divide(total, weight, out=np.full(len(points), np.inf), where=weight > 0)
    return min(zip((1 - weight / presence).tolist(), means.tolist(), strict=True))
