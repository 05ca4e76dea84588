"""Facts of algebra and analysis: identities, symmetry, slopes, each computed from a function's own formula.

Identities are held at 50 digits or more against the oracle, so that a residual that is not zero is a real one.
"""

from collections.abc import Callable, Iterator

import mpmath
import numpy as np
import sympy
import torch
from scipy.optimize import brentq, minimize_scalar

from acts.activations import Activation
from acts.facts.row import Row, row

POINTS = tuple(k / 4 for k in range(-48, 49))  # binary fractions, so a point is the same number at every precision
X = sympy.Symbol("x", real=True)
DIGITS = 60
HALF_LINE = 60.0  # beyond it every catalogue slope has settled
GRID = 24_001
COARSE, NARROW = 0.5, 1e-6
NEAR = 2.0**-80


def of(activation: Activation) -> Iterator[Row]:
    """Yield what holds of every element-wise function: oddness, polynomial or not, slopes on either half-line."""
    with mpmath.workdps(DIGITS):
        here = activation.oracle(list(POINTS))
        there = activation.oracle([-x for x in POINTS])
        yield row("odd_residual", max(abs(a + b) for a, b in zip(here, there, strict=True)))
    yield row("polynomial", float(is_polynomial(activation)))
    for side in (-1, 1):
        low, high = slope_bounds(activation, side)
        arm = "x<0" if side < 0 else "x>0"
        yield row("slope_infimum", low, arm=arm)
        yield row("slope_supremum", high, arm=arm)
    for x in (-2.0, 0.0, 2.0):
        yield row("slope", slope(activation, x), arm=f"x={x:g}")


def is_polynomial(activation: Activation) -> bool:
    """Return whether the formula is a polynomial in x on the whole line."""
    expression = activation.expression()
    return not expression.has(sympy.Piecewise, sympy.Abs) and bool(sympy.simplify(expression).is_polynomial(X))


def slope(activation: Activation, x: float) -> float:
    """Return the derivative at x."""
    return float(activation.derivative(torch.tensor([x], dtype=torch.float64))[0])


def slope_bounds(activation: Activation, side: int) -> tuple[float, float]:
    """Return infimum and supremum of the derivative on x < 0 (side −1) or x > 0 (side 1), limits at 0 and ∞ included.

    A grid that is fine near 0, each best point refined by a bounded search.
    """
    x = side * np.concatenate([np.geomspace(1e-18, 1e-2, 200), np.linspace(1e-2, HALF_LINE, GRID), [1e3, 1e9, 1e30]])
    found = activation.derivative(torch.from_numpy(x)).numpy()
    return _refined(activation, x, found, np.argmin, 1.0), _refined(activation, x, found, np.argmax, -1.0)


def _refined(
    activation: Activation, x: np.ndarray, found: np.ndarray, best: Callable[[np.ndarray], np.intp], sign: float
) -> float:
    at = int(best(found))
    if at in (0, len(x) - 1) or found[at] in (found[at - 1], found[at + 1]):
        return float(found[at])
    ends = sorted((x[at - 1], x[at + 1]))
    search = minimize_scalar(
        lambda t: sign * slope(activation, t), bounds=ends, method="bounded", options={"xatol": 1e-12}
    )
    return min(float(found[at]), search.fun) if sign > 0 else max(float(found[at]), -search.fun)


def logistic(activation: Activation) -> Iterator[Row]:
    """Yield the largest difference between f′ and f(1 − f), the differential equation of the logistic function."""
    with mpmath.workdps(DIGITS):
        value, derivative = activation.oracle(list(POINTS)), activation.oracle(list(POINTS), order=1)
        yield row("logistic_residual", max(abs(d - f * (1 - f)) for f, d in zip(value, derivative, strict=True)))


def against_sigmoid(activation: Activation, sigmoid: Activation) -> Iterator[Row]:
    """Yield how far f is from 2σ(2x) − 1, and up to which |x| its slope exceeds that of σ."""
    with mpmath.workdps(DIGITS):
        doubled = sigmoid.oracle([2 * x for x in POINTS])
        value = activation.oracle(list(POINTS))
        yield row("sigmoid_residual", max(abs(f - (2 * s - 1)) for f, s in zip(value, doubled, strict=True)))
    x = np.linspace(0.0, HALF_LINE / 4, 3001)
    points = torch.from_numpy(x)
    lead = (activation.derivative(points) - sigmoid.derivative(points)).numpy()
    lost = np.flatnonzero(lead < 0)
    yield row("steeper_until", _crossing(activation, sigmoid, x, int(lost[0])) if len(lost) else np.inf)


def _crossing(activation: Activation, other: Activation, x: np.ndarray, first: int) -> float:
    """Return where the two slopes are equal, just before the first point of x at which the other is steeper."""
    if first == 0:
        return 0.0
    return float(brentq(lambda t: _lead(activation, other, t), x[first - 1], x[first], xtol=1e-14))


def _lead(activation: Activation, other: Activation, x: float) -> float:
    return slope(activation, x) - slope(other, x)


def gated_identity(activation: Activation, sigmoid: Activation) -> Iterator[Row]:
    """Yield the difference between f′ and f + σ(1 − f), symbolically (1 if it simplifies to 0) and at 60 digits."""
    f, s = activation.expression(), sigmoid.expression()
    difference = sympy.diff(f, X) - (f + s * (1 - f))
    yield row("identity_symbolic", float(sympy.simplify(difference.rewrite(sympy.exp)) == 0))
    with mpmath.workdps(DIGITS):
        points = list(POINTS)
        parts = zip(activation.oracle(points), activation.oracle(points, order=1), sigmoid.oracle(points), strict=True)
        yield row("identity_residual", max(abs(d - (f + s * (1 - f))) for f, d, s in parts))


def curvature(activation: Activation) -> Iterator[Row]:
    """Yield the second derivative just left and just right of 0, from the oracle's slope at two points next to it."""
    with mpmath.workdps(DIGITS):
        for name, step in (("curvature_left", -NEAR), ("curvature_right", NEAR)):
            far, near = activation.oracle([2 * step, step], order=1)
            yield row(name, (far - near) / step)


def underflow(activation: Activation) -> Iterator[Row]:
    """Yield the largest x < 0 at which the library's own float32 kernel returns a slope of exactly 0 (−∞: nowhere).

    Found by bisection; beside it whether the formula's slope is above 0 on the whole line, decided symbolically.
    """

    def computed(x: float) -> float:
        point = torch.tensor([x], dtype=torch.float32, requires_grad=True)
        (found,) = torch.autograd.grad(activation.kernel(point).sum(), point)
        return float(found[0])

    grid = np.arange(0.0, -400.0, -COARSE)
    dead = [x for x in grid if computed(x) == 0.0]
    low, high = (dead[0], dead[0] + COARSE) if dead else (-np.inf, -np.inf)
    while dead and high - low > NARROW:
        middle = (low + high) / 2
        low, high = (middle, high) if computed(middle) == 0.0 else (low, middle)
    yield row("float32_slope_zero", low)
    yield row("slope_positive", bool(sympy.diff(activation.expression(), X).is_positive))
