"""A formula as code: a sympy expression turned into nested functions on tensors, once, so that nothing foreign is run.

It is what an activation given by its formula alone computes with. Products in which 0 meets infinity are 0, as in the
oracle, and a case that is not taken sees a harmless argument, so that its slope cannot spoil the other's. Nothing is
promised beyond |x| = 1e4, and tails cancel where the formula as written does. No step asks a tensor for its value, so
torch.compile, torch.export and vmap see one graph.
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
Part = Callable[[Letters, Tensor], Tensor]  # of the letters' values and of x, which says dtype, device and shape
PROBES = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 4.0, -4.0, 10.0, -10.0, 100.0, -100.0)


def function(expression: sympy.Expr) -> Callable[..., Tensor]:
    """Return the function of (x, **parameters) that an expression in x and its parameters' letters writes down.

    Tensors of any shape and float type; parameters are numbers or tensors. Raises ValueError for a part without a rule.
    """
    _check(expression)
    value = _part(expression)

    def body(x: Tensor, **parameters: Any) -> Tensor:
        found = value({"x": x, **parameters}, x)
        return found + torch.zeros_like(x) if found.shape != x.shape else found

    return body


def _check(expression: Any) -> None:
    for part in sympy.preorder_traversal(expression):
        if not (part.func in _RULES or part.func in _PAIRS or isinstance(part, _LEAVES)):
            raise ValueError(f"no rule to compute {type(part).__name__}")


def _part(part: Any) -> Part:
    """Return the function that gives the value of a part, a tensor that broadcasts with x."""
    if isinstance(part, sympy.Symbol):
        return _letter(part.name)
    if isinstance(part, sympy.Number | sympy.NumberSymbol):
        return _number(float(part))
    if isinstance(part, sympy.Piecewise):
        return _cases(part)
    if isinstance(part, sympy.Pow):
        return _power(part)
    if isinstance(part, sympy.Add) and (power := _less_one(part)) is not None:
        return _sum_less_one(part, power)
    inner, rule = [_part(one) for one in part.args], part.func
    if rule in _PAIRS:
        return lambda letters, x: _PAIRS[rule]([one(letters, x) for one in inner])
    return lambda letters, x: _RULES[rule](*[one(letters, x) for one in inner])


def _letter(name: str) -> Part:
    return lambda letters, x: torch.as_tensor(letters[name], dtype=x.dtype, device=x.device)


def _number(value: float) -> Part:
    return lambda letters, x: torch.as_tensor(value, dtype=x.dtype, device=x.device)  # noqa: ARG005


def _less_one(total: sympy.Add) -> Any:
    """Return u where a sum holds e^u − 1, which cancels near 0 when it is computed as written; else None."""
    powers = [part.args[0] for part in total.args if isinstance(part, sympy.exp)]
    return powers[0] if len(powers) == 1 and sympy.Integer(-1) in total.args else None


def _sum_less_one(total: sympy.Add, power: Any) -> Part:
    rest = [_part(one) for one in total.args if one != -1 and one != sympy.exp(power)]
    small = _part(power)
    return lambda letters, x: reduce(torch.add, [one(letters, x) for one in rest], stable.expm1(small(letters, x)))


def _power(part: sympy.Pow) -> Part:
    """Return a power; whole and half exponents are written without a logarithm."""
    base, exponent = part.args
    inner = _part(base)
    if exponent == sympy.Rational(1, 2):
        return lambda letters, x: torch.sqrt(inner(letters, x))
    if exponent.is_Integer and abs(int(exponent)) <= 64:
        number = int(exponent)
        return lambda letters, x: _whole(inner(letters, x), number)
    upper = _part(exponent)
    return lambda letters, x: inner(letters, x) ** upper(letters, x)


def _whole(base: Tensor, exponent: int) -> Tensor:
    found: Tensor = base ** abs(exponent)
    return found if exponent > 0 else 1 / found


def _cases(part: sympy.Piecewise) -> Part:
    """Return the first case that holds; each case sees x only where it is taken, elsewhere a place where it holds."""
    pairs = [_case(value, condition) for value, condition in part.args]

    def value(letters: Letters, x: Tensor) -> Tensor:
        taken = torch.zeros_like(x, dtype=torch.bool)
        found = torch.full_like(x, torch.nan)
        for case, holds, elsewhere in pairs:
            here = holds(letters, x) & ~taken
            own = torch.where(here, x, elsewhere(letters, x))
            found = torch.where(here, case({**letters, "x": own}, own), found)
            taken = taken | here
        return torch.where(torch.isnan(x), x, found)

    return value


def _case(value: Any, condition: Any) -> tuple[Part, Part, Part]:
    """Return a case's value, where it holds, and the argument that it sees elsewhere."""
    holds = _condition(condition)
    return _part(value), holds, _harmless(condition, holds)


def _harmless(condition: Any, holds: Part) -> Part:
    """Return the first probe at which a condition holds, with every parameter at its (mean) value; 1 without one."""
    places = torch.tensor((*PROBES, 1.0), dtype=torch.float64)
    last = torch.arange(len(places)) == len(PROBES)

    def first(letters: Letters, x: Tensor) -> Tensor:
        kind = x.dtype if x.dtype.itemsize > 2 else torch.float32
        probes = places.to(device=x.device, dtype=kind)
        held = holds({**_means(letters, kind), "x": probes}, probes) | last.to(x.device)
        return probes.index_select(0, held.to(torch.uint8).argmax().reshape(1)).to(x.dtype)[0]

    if condition.free_symbols <= {sympy.Symbol("x", real=True)}:
        return _number(float(first({}, places)))
    return first


def _means(letters: Letters, kind: torch.dtype) -> Letters:
    return {name: torch.as_tensor(value).detach().to(kind).mean() for name, value in letters.items() if name != "x"}


def _condition(condition: Any) -> Part:
    """Return the function that says where a condition holds, in the shape of x."""
    if condition in (sympy.true, sympy.false):
        fill = torch.ones_like if bool(condition) else torch.zeros_like
        return lambda letters, x: fill(x, dtype=torch.bool)  # noqa: ARG005
    if isinstance(condition, sympy.And | sympy.Or):
        parts = [_condition(one) for one in condition.args]
        join = torch.logical_and if isinstance(condition, sympy.And) else torch.logical_or
        return lambda letters, x: reduce(join, [one(letters, x) for one in parts])
    left, right = (_part(side) for side in condition.args)
    compare = _COMPARE[type(condition)]
    return lambda letters, x: torch.broadcast_to(compare(left(letters, x), right(letters, x)), x.shape)


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
