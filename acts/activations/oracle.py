"""The oracle: a formula evaluated at 400 digits, the standard that the code is tested against."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import mpmath
import sympy

from acts.activations.evaluate import evaluate
from acts.activations.symbols import derivative

if TYPE_CHECKING:
    from acts.activations.activation import Activation

DIGITS = 400
SMALLEST = mpmath.mpf("1e-324")
SETTLED = mpmath.mpf("1e-90")
FAR = (100, 300, 1_000, 3_000)


@dataclass(frozen=True)
class Oracle:
    """One derivative of one formula at one choice of numbers; call it with a float.

    Finite x is put into the formula as it is, however large: mpmath's exponents have no end, and 400 digits outlast
    every cancellation down to 1e-324, below which a result counts as 0. At ±inf the answer is the limit.
    """

    expression: sympy.Expr
    numbers: tuple[tuple[str, Any], ...]

    @staticmethod
    def of(activation: "Activation", order: int, parameters: dict[str, Any]) -> "Oracle":
        """Return the oracle of an activation's derivative of the given order."""
        values = {name: float(value) for name, value in activation.given(parameters).items()}
        numbers = (*values.items(), *activation.constants.items())
        return Oracle(derivative(activation.folded, order), tuple(numbers))

    def __call__(self, x: float) -> mpmath.mpf:
        """Return the value at x."""
        if x != x:
            return mpmath.nan
        if x in (float("inf"), float("-inf")):
            return _limit(self, 1 if x > 0 else -1)
        with mpmath.workdps(DIGITS):
            found = self.at(mpmath.mpf(x))
            return mpmath.mpf(0) if abs(found) < SMALLEST else found

    def at(self, x: mpmath.mpf) -> mpmath.mpf:
        """Return the expression at x in the working precision, cancelled digits and all."""
        return evaluate(self.expression, {"x": x, **{name: mpmath.mpf(number) for name, number in self.numbers}})


@lru_cache(maxsize=1024)
def _limit(oracle: Oracle, side: int) -> mpmath.mpf:
    """Return the limit at ±inf, read off x = ±1e100 … ±1e3000: settled, growing without end, or neither (nan)."""
    with mpmath.workdps(DIGITS):
        found = [oracle.at(side * mpmath.mpf(10) ** power) for power in FAR]
        last = found[-1]
        if all(abs(one) < SETTLED for one in found):
            return mpmath.mpf(0)
        if all(one != 0 and abs(last / one - 1) < SETTLED for one in found):
            return last
        one_sided = len({mpmath.sign(one) for one in found}) == 1
        if one_sided and all(abs(b) > 2 * abs(a) or abs(b) == mpmath.inf for a, b in pairwise(found)):
            return mpmath.sign(last) * mpmath.inf
        return mpmath.nan
