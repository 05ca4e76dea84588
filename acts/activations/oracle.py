"""The oracle: a formula evaluated at 400 digits, the standard that the code is tested against."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import mpmath
import sympy

from acts.activations.evaluate import evaluate
from acts.activations.formula import parse
from acts.activations.symbols import derivative

if TYPE_CHECKING:
    from acts.activations.activation import Activation

DIGITS = 400
SMALLEST = mpmath.mpf("1e-324")


@dataclass(frozen=True)
class Oracle:
    """One derivative of one formula at one choice of numbers; call it with a float.

    Finite x is put into the formula as it is, however large: mpmath's exponents have no end, and in the worst tails
    400 digits outlast the cancellation, so that a result below 1e-324 counts as 0. At ±inf the answer is the limit of
    the declared end, a simpler formula that agrees with the function beyond 1e4, or else of far values.
    """

    expression: sympy.Expr
    ends: tuple[sympy.Expr, sympy.Expr] | None
    numbers: tuple[tuple[str, Any], ...]

    @staticmethod
    def of(activation: "Activation", order: int, parameters: dict[str, Any]) -> "Oracle":
        """Return the oracle of an activation's derivative of the given order."""
        values = {name: float(value) for name, value in activation.given(parameters).items()}
        numbers = (*values.items(), *activation.constants.items())
        letters = (*activation.inputs, *activation.parameters)
        ends = None
        if activation.ends is not None:
            left, right = (parse(end, letters, constants=activation.constants) for end in activation.ends)
            ends = (derivative(left, order), derivative(right, order))
        expression = derivative(activation.folded, order)
        return Oracle(expression, ends, tuple(numbers))

    def __call__(self, x: float) -> mpmath.mpf:
        """Return the value at x."""
        if x != x:
            return mpmath.nan
        if x in (float("inf"), float("-inf")):
            return self.limit(x)
        with mpmath.workdps(DIGITS):
            found = self.at(mpmath.mpf(x))
            return mpmath.mpf(0) if abs(found) < SMALLEST else found

    def at(self, x: mpmath.mpf, expression: sympy.Expr | None = None) -> mpmath.mpf:
        """Return the expression at x in the working precision, cancelled digits and all."""
        values = {"x": x, **{name: mpmath.mpf(number) for name, number in self.numbers}}
        return evaluate(self.expression if expression is None else expression, values)

    def limit(self, x: float) -> mpmath.mpf:
        """Return the limit at ±inf, nan where there is none."""
        expression = self.expression if self.ends is None else self.ends[x > 0]
        return _limit(self, expression, 1 if x > 0 else -1)


@lru_cache(maxsize=1024)
def _limit(oracle: Oracle, expression: sympy.Expr, side: int) -> mpmath.mpf:
    """Return a limit read off four far points: settled, growing without end, or neither (nan)."""
    with mpmath.workdps(DIGITS):
        found = [oracle.at(side * mpmath.mpf(10) ** power, expression) for power in (99, 203, 301, 307)]
        last = found[-1]
        if abs(last) < mpmath.mpf("1e-90"):
            return mpmath.mpf(0) if all(abs(one) < mpmath.mpf("1e-90") for one in found) else mpmath.nan
        if all(abs(one / last - 1) < mpmath.mpf("1e-90") for one in found):
            return +last if abs(last) < 1e90 else last * mpmath.inf
        sizes = [abs(one) for one in found]
        growing = all(b > a * 1e3 for a, b in pairwise(sizes)) and sizes[0] > 1e30
        same = len({mpmath.sign(one) for one in found}) == 1
        return mpmath.sign(last) * mpmath.inf if growing and same else mpmath.nan
