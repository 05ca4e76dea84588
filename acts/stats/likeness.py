"""Likeness: what of one curve another leaves unexplained when it may be scaled, shifted up or down, and mirrored."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Curve = Float[np.ndarray, " point"]


@dataclass(frozen=True)
class Likeness:
    """The best scale · other(±stretch · x) + offset: the share of variance that it leaves, and the raw distance.

    ``distance`` is the root mean square difference of the two curves as they are.
    """

    share: float
    scale: float
    offset: float
    mirrored: bool
    stretch: float
    distance: float


def likeness(x: Curve, curve: Curve, other: Curve, *, stretches: tuple[float, ...] = (1.0,)) -> Likeness:
    """Return how alike two curves are under a standard normal x, by weighted least squares over both mirrorings.

    ``x`` rises and is symmetric about 0. A stretched curve is compared where it is known. Raises ValueError for a grid
    that is not symmetric, for values that are not finite, and for a curve that is constant.
    """
    if not np.allclose(x, -x[::-1]) or (np.diff(x) <= 0).any():
        raise ValueError("likeness needs a rising grid that is symmetric about 0")
    if not (np.isfinite(curve).all() and np.isfinite(other).all()):
        raise ValueError("likeness needs finite values")
    weights = np.exp(-(x**2) / 2) * np.gradient(x)
    if _variance(curve, weights) == 0:
        raise ValueError("a constant curve is like nothing else")
    distance = float(np.sqrt(np.average((curve - other) ** 2, weights=weights)))
    fits = [
        (*_fit(x, curve, side, weights, stretch), mirrored, stretch)
        for mirrored, side in ((False, other), (True, other[::-1]))
        for stretch in stretches
    ]
    share, scale, offset, mirrored, stretch = min(fits, key=lambda fit: fit[0])
    return Likeness(share, scale, offset, mirrored, stretch, distance)


def _fit(x: Curve, curve: Curve, other: Curve, weights: Curve, stretch: float) -> tuple[float, float, float]:
    """Return the share of variance left by the best scale and offset of a stretched curve, and both."""
    known = np.abs(stretch * x) <= x[-1] * (1 + 1e-12)
    weights, target = weights[known], curve[known]
    side = other if stretch == 1 else np.interp(stretch * x[known], x, other)
    total, own = _variance(target, weights), _variance(side, weights)
    if own == 0 or total == 0:
        return 1.0, 0.0, float(np.average(target, weights=weights))
    mean, base = np.average(target, weights=weights), np.average(side, weights=weights)
    scale = float(np.average((target - mean) * (side - base), weights=weights) / own)
    offset = float(mean - scale * base)
    left = np.average((target - scale * side - offset) ** 2, weights=weights) / total
    return float(left), scale, offset


def _variance(values: Curve, weights: Curve) -> float:
    mean = np.average(values, weights=weights)
    return float(np.average((values - mean) ** 2, weights=weights))
