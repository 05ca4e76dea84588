"""A formula as code: a sympy expression walked over tensors, so that nothing is compiled and nothing foreign is run.

It is what an activation given by its formula alone computes with. Products in which 0 meets infinity are 0, as in the
oracle, and a case that is not taken sees a harmless argument, so that its slope cannot spoil the other's. Nothing is
promised beyond |x| = 1e4, and tails cancel where the formula as written does.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import sympy
import torch
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import Boolean
from torch import Tensor

from acts.activations import stable
from acts.activations.symbols import sigmoid, softplus

Letters = Mapping[str, Any]
PROBES = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 4.0, -4.0, 10.0, -10.0, 100.0, -100.0)


def function(expression: sympy.Expr) -> Callable[..., Tensor]:
    """Return the function of (x, **parameters) that an expression in x and its parameters' letters writes down.

    Tensors of any shape and float type; parameters are numbers or tensors. Raises ValueError for a part without a rule.
    """
    _check(expression)

    def body(x: Tensor, **parameters: Any) -> Tensor:
        found = _value(expression, {"x": x, **parameters}, x)
        return found + torch.zeros_like(x) if found.shape != x.shape else found

    return body


def _check(expression: Any) -> None:
    for part in sympy.preorder_traversal(expression):
        if not (part.func in _RULES or part.func in _PAIRS or isinstance(part, _LEAVES)):
            raise ValueError(f"no rule to compute {type(part).__name__}")


def _value(part: Any, letters: Letters, x: Tensor) -> Tensor:
    """Return the value of a part, a tensor that broadcasts with x."""
    if isinstance(part, sympy.Symbol):
        return torch.as_tensor(letters[part.name], dtype=x.dtype, device=x.device)
    if isinstance(part, sympy.Number | sympy.NumberSymbol):
        return torch.as_tensor(float(part), dtype=x.dtype, device=x.device)
    if isinstance(part, sympy.Piecewise):
        return _cases(part, letters, x)
    if isinstance(part, sympy.Pow):
        return _power(part, letters, x)
    if isinstance(part, sympy.Add) and (power := _less_one(part)) is not None:
        rest = [_value(inner, letters, x) for inner in part.args if inner != -1 and inner != sympy.exp(power)]
        return reduce(torch.add, rest, stable.expm1(_value(power, letters, x)))
    values = [_value(inner, letters, x) for inner in part.args]
    return _PAIRS[part.func](values) if part.func in _PAIRS else _RULES[part.func](*values)


def _less_one(total: sympy.Add) -> Any:
    """Return u where a sum holds e^u − 1, which cancels near 0 when it is computed as written; else None."""
    powers = [part.args[0] for part in total.args if isinstance(part, sympy.exp)]
    return powers[0] if len(powers) == 1 and sympy.Integer(-1) in total.args else None


def _power(part: sympy.Pow, letters: Letters, x: Tensor) -> Tensor:
    """Return a power; whole and half exponents are written without a logarithm."""
    base, exponent = part.args
    inner = _value(base, letters, x)
    if exponent == sympy.Rational(1, 2):
        return torch.sqrt(inner)
    if exponent.is_Integer and abs(int(exponent)) <= 64:
        whole = inner ** abs(int(exponent))
        return whole if int(exponent) > 0 else 1 / whole
    return inner ** _value(exponent, letters, x)


def _cases(part: sympy.Piecewise, letters: Letters, x: Tensor) -> Tensor:
    """Return the first case that holds; each case sees x only where it is taken, elsewhere a place where it holds."""
    taken = torch.zeros_like(x, dtype=torch.bool)
    found = torch.full_like(x, torch.nan)
    for value, condition in part.args:
        here = _holds(condition, letters, x) & ~taken
        if bool(condition == sympy.true):
            here = ~taken
        rest = next((probe for probe in PROBES if _at(condition, letters, probe)), 1.0)
        own = torch.where(here, x, torch.as_tensor(rest, dtype=x.dtype, device=x.device))
        found = torch.where(here, _value(value, {**letters, "x": own}, own), found)
        taken = taken | here
    return torch.where(torch.isnan(x), x, found)


def _at(condition: Any, letters: Letters, probe: float) -> bool:
    """Say whether a condition holds at one number, with every parameter at its (mean) value."""
    numbers = {name: torch.as_tensor(value).detach().double().mean() for name, value in letters.items() if name != "x"}
    one = torch.tensor([probe], dtype=torch.float64)
    return bool(_holds(condition, {**numbers, "x": one}, one).all())


def _holds(condition: Any, letters: Letters, x: Tensor) -> Tensor:
    if condition in (sympy.true, sympy.false):
        return torch.full_like(x, bool(condition), dtype=torch.bool)
    if isinstance(condition, sympy.And | sympy.Or):
        parts = [_holds(part, letters, x) for part in condition.args]
        return reduce(torch.logical_and if isinstance(condition, sympy.And) else torch.logical_or, parts)
    left, right = (_value(side, letters, x) for side in condition.args)
    return torch.broadcast_to(_COMPARE[type(condition)](left, right), x.shape)


def _product(factors: list[Tensor]) -> Tensor:
    """Return the product, 0 with slope 0 where one factor is 0 and another infinite."""
    none = reduce(torch.logical_or, [factor == 0 for factor in factors])
    endless = reduce(torch.logical_or, [torch.isinf(factor) for factor in factors])
    lost = none & endless & ~reduce(torch.logical_or, [torch.isnan(factor) for factor in factors])
    return reduce(torch.mul, [torch.where(lost, torch.zeros_like(factor), factor) for factor in factors])


def _tan(u: Tensor) -> Tensor:
    return torch.sin(u) / torch.cos(u)


_COMPARE: dict[Any, Callable[[Tensor, Tensor], Tensor]] = {
    sympy.StrictLessThan: torch.lt,
    sympy.LessThan: torch.le,
    sympy.StrictGreaterThan: torch.gt,
    sympy.GreaterThan: torch.ge,
}
_PAIRS: dict[Any, Callable[[list[Tensor]], Tensor]] = {
    sympy.Add: lambda terms: reduce(torch.add, terms),
    sympy.Mul: _product,
}
_LEAVES = (
    sympy.Symbol, sympy.Number, sympy.NumberSymbol, sympy.Piecewise, ExprCondPair, Boolean, sympy.Tuple,
)  # fmt: skip
_RULES: dict[Any, Callable[..., Tensor]] = {
    sympy.Pow: torch.pow,
    sympy.exp: torch.exp,
    sympy.log: torch.log,
    sympy.sin: torch.sin,
    sympy.cos: torch.cos,
    sympy.tan: _tan,
    sympy.sinh: torch.sinh,
    sympy.cosh: torch.cosh,
    sympy.tanh: stable.tanh,
    sympy.asinh: torch.asinh,
    sympy.atan: torch.atan,
    sympy.erf: torch.erf,
    sympy.erfc: torch.erfc,
    sympy.Abs: torch.abs,
    sympy.sign: torch.sign,
    sigmoid: stable.sigmoid,
    softplus: stable.softplus,
}
