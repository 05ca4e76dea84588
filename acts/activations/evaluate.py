"""The value of a sympy expression in mpmath's working precision, by walking the tree; nothing is compiled or run."""

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy

from acts.activations.symbols import sigmoid, softplus


def evaluate(expression: sympy.Expr, values: Mapping[str, mpmath.mpf]) -> mpmath.mpf:
    """Return the value of an expression in mpmath's working precision; letters are looked up by name."""
    rule = _MPMATH.get(expression.func)
    if rule is not None:
        return rule(*(evaluate(part, values) for part in expression.args))
    if isinstance(expression, sympy.Symbol):
        return values[expression.name]
    if isinstance(expression, sympy.Rational):
        return mpmath.mpf(int(expression.p)) / int(expression.q)
    if isinstance(expression, sympy.Piecewise):
        for value, condition in expression.args:
            if _holds(condition, values):
                return evaluate(value, values)
    if expression is sympy.pi or expression is sympy.E:
        return +mpmath.pi if expression is sympy.pi else +mpmath.e
    raise ValueError(f"no rule to evaluate {type(expression).__name__}")


def _holds(condition: Any, values: Mapping[str, mpmath.mpf]) -> bool:
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, sympy.And | sympy.Or):
        return (all if isinstance(condition, sympy.And) else any)(_holds(part, values) for part in condition.args)
    left, right = (evaluate(part, values) for part in condition.args)
    match condition:
        case sympy.StrictLessThan():
            return left < right
        case sympy.LessThan():
            return left <= right
        case sympy.StrictGreaterThan():
            return left > right
        case sympy.GreaterThan():
            return left >= right
    raise ValueError(f"no rule to evaluate {type(condition).__name__}")


def _exp(u: mpmath.mpf) -> mpmath.mpf:
    """Return e^u, with 0 and infinity where |u| > 1e400, beyond the exponential of any double."""
    if abs(u) > mpmath.mpf("1e400"):
        return mpmath.mpf(0) if u < 0 else mpmath.inf
    return mpmath.exp(u)


def _power(base: mpmath.mpf, exponent: mpmath.mpf) -> mpmath.mpf:
    """Return the real power, nan where there is none."""
    if (base == 0 and exponent < 0) or (base < 0 and not mpmath.isint(exponent)):
        return mpmath.nan
    return mpmath.power(base, exponent)


def _log(u: mpmath.mpf) -> mpmath.mpf:
    return mpmath.log(u) if u >= 0 else mpmath.nan


def _tanh(u: mpmath.mpf) -> mpmath.mpf:
    return mpmath.tanh(u) if abs(u) < 10_000 else mpmath.sign(u)


def _erf(u: mpmath.mpf) -> mpmath.mpf:
    return mpmath.erf(u) if abs(u) < 10_000 else mpmath.sign(u)


def _erfc(u: mpmath.mpf) -> mpmath.mpf:
    return mpmath.erfc(u) if abs(u) < 10_000 else 1 - mpmath.sign(u)


def _times(*factors: mpmath.mpf) -> mpmath.mpf:
    """Return the product; 0 wins over infinity, as only an exponential can be either here."""
    return mpmath.mpf(0) if any(factor == 0 for factor in factors) else mpmath.fprod(factors)


_MPMATH: dict[Any, Callable[..., mpmath.mpf]] = {
    sympy.Add: lambda *terms: mpmath.fsum(terms),
    sympy.Mul: _times,
    sympy.Pow: _power,
    sympy.exp: _exp,
    sympy.log: _log,
    sympy.sin: mpmath.sin,
    sympy.cos: mpmath.cos,
    sympy.tan: mpmath.tan,
    sympy.sinh: lambda u: (_exp(u) - _exp(-u)) / 2,
    sympy.cosh: lambda u: (_exp(u) + _exp(-u)) / 2,
    sympy.tanh: _tanh,
    sympy.asinh: mpmath.asinh,
    sympy.atan: mpmath.atan,
    sympy.erf: _erf,
    sympy.erfc: _erfc,
    sympy.Abs: abs,
    sympy.sign: mpmath.sign,
    sigmoid: lambda u: 1 / (1 + _exp(-u)),
    softplus: lambda u: u + mpmath.log1p(_exp(-u)) if u > 0 else mpmath.log1p(_exp(u)),
}
