"""The class Cᵏ of a function: how many derivatives stay continuous where the formula breaks."""

from collections.abc import Callable

import numpy as np
import sympy
import torch

from acts.elementwise import Array, Elementwise, jumps

HIGHEST = 12  # derivatives compared at a break of a formula
MEASURED = 5  # derivatives compared where only a callable is given
DIGITS = 60
X = sympy.Symbol("x", real=True)


def smoothness(f: Elementwise, broken: Array, bent: Array) -> float:
    """Return the largest k with f in Cᵏ: inf for smooth functions, 0 for kinks, −1 for jumps.

    With a formula the one-sided derivatives at every break are compared at 60 digits; of a callable the derivatives up
    to the fifth are searched for jumps on [−8, 8], and one that has none counts as smooth.
    """
    if len(broken):
        return -1.0
    if f.activation is not None and f.activation.formula is not None:
        expression = f.activation.expression()
        return min((_class_at(expression, place, f.breaks or ()) for place in f.breaks or ()), default=np.inf)
    if len(bent):
        return 0.0
    return _measured(f)


def _class_at(expression: sympy.Expr, place: float, places: tuple[float, ...]) -> float:
    """Return how many derivatives of the two branches that meet at a place agree there, less one."""
    gaps = [abs(place - other) for other in places if other != place]
    step = sympy.Rational(min([1.0, *gaps])) / 2
    at = sympy.nsimplify(place, rational=True)
    left, right = (_branch(expression, at + sign * step) for sign in (-1, 1))
    for order in range(HIGHEST + 1):
        values = [sympy.N(side.subs(X, at), DIGITS) for side in (left, right)]
        if abs(values[0] - values[1]) > 1e-12 * (1 + abs(values[0])):
            return float(order - 1)
        left, right = left.diff(X), right.diff(X)
    return np.inf


def _branch(expression: sympy.Expr, point: sympy.Expr) -> sympy.Expr:
    """Return the formula that holds around a point, cases and absolute values opened."""

    def case(piecewise: sympy.Expr) -> sympy.Expr:
        return next(branch for branch, condition in piecewise.args if condition.subs(X, point) == True)  # noqa: E712

    def sign(absolute: sympy.Expr) -> sympy.Expr:
        inside = absolute.args[0]
        return inside if inside.subs(X, point) > 0 else -inside

    opened = expression.replace(sympy.Piecewise, lambda *args: case(sympy.Piecewise(*args, evaluate=False)))
    return opened.replace(sympy.Abs, lambda inside: sign(sympy.Abs(inside, evaluate=False)))


def _measured(f: Elementwise) -> float:
    """Return the class found by looking for jumps in the derivatives that autograd gives."""
    for order in range(2, MEASURED + 1):
        try:
            found = jumps(_derivative(f.value, order), np.linspace(-8.0, 8.0, 1001))
        except RuntimeError:  # torch has no formula for a derivative of this order
            return np.inf
        if len(found):
            return float(order - 1)
    return np.inf


def _derivative(value: Callable[[torch.Tensor], torch.Tensor], order: int) -> Callable[[Array], Array]:
    """Return the derivative of an order by repeated autograd."""

    def evaluate(x: Array) -> Array:
        points = torch.as_tensor(x, dtype=torch.float64).clone().requires_grad_(True)
        y = value(points).to(torch.float64)
        for _ in range(order):
            if not y.requires_grad:
                return np.zeros_like(x)
            (grad,) = torch.autograd.grad(y.sum(), points, create_graph=True, allow_unused=True)
            y = torch.zeros_like(points) if grad is None else grad
        return y.detach().numpy()

    return evaluate
