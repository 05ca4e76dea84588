"""The Gaussian moments of a function as smooth curves in q, and the secant slopes of the length map along them.

E f(√q z)² and E f′(√q z)² are analytic in log q for every f with finite moments, kinks and jumps included, so Chebyshev
interpolation in log q reproduces them to the accuracy of the quadrature.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial import Chebyshev
from scipy.optimize import minimize_scalar

from acts.elementwise import Elementwise
from acts.theory.quadrature import Array, rule

DEGREE_PER_FOLD = 14  # Chebyshev degree per e-fold of q
SECANTS = 161
SPAN = 4.0  # secants are taken from q to every length in [q/4, 4q]


@dataclass(frozen=True, eq=False)
class Curves:
    """E f², its derivative by q, and E f′² for every q in [low, high]."""

    name: str
    low: float
    high: float
    _second: Chebyshev
    _second_slope: Chebyshev
    _slope_second: Chebyshev

    def second(self, q: float | Array) -> Array:
        """Return E f(√q z)²."""
        return self._second(np.log(q))

    def second_slope(self, q: float | Array) -> Array:
        """Return d E f(√q z)² / dq."""
        return self._second_slope(np.log(q))

    def slope_second(self, q: float | Array) -> Array:
        """Return E f′(√q z)²."""
        return self._slope_second(np.log(q))

    def secant(self, q: float, other: float | Array) -> Array:
        """Return (E f² at other − E f² at q) / (other − q), as the mean of the derivative, so nothing cancels."""
        t, weights = _unit_legendre()
        points = q + np.multiply.outer(np.asarray(other, dtype=float) - q, t)
        return self.second_slope(points) @ weights

    def steepest(self, q: float, low: float, high: float) -> float:
        """Return the largest |secant| from q to any length in [low, high]."""
        logs = np.linspace(np.log(low), np.log(high), SECANTS)
        heights = np.abs(self.secant(q, np.exp(logs)))
        best = int(heights.argmax())
        if best in (0, SECANTS - 1):
            return float(heights[best])
        bounds = (logs[best - 1], logs[best + 1])
        peak = minimize_scalar(
            lambda t: -float(abs(self.secant(q, np.exp(t)))), bounds=bounds, method="bounded", options={"xatol": 1e-9}
        )
        return max(float(-peak.fun), float(heights[best]))


@cache
def _unit_legendre() -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(24)
    return (nodes + 1) / 2, weights / 2


def curves(f: Elementwise, low: float, high: float) -> Curves:
    """Return the moment curves of f over [low, high]; the upper end falls to where the moments are still finite."""
    found = rule(f, low, high)
    ends = [np.log(low), np.log(found.high)]
    degree = 16 + int(DEGREE_PER_FOLD * (ends[1] - ends[0]))

    def fit(moment: Callable[[Array], Array]) -> Chebyshev:
        return Chebyshev.interpolate(lambda t: moment(np.clip(np.exp(t), low, found.high)), degree, domain=ends)

    return Curves(f.name, low, found.high, *map(fit, (found.second, found.second_slope, found.slope_second)))
