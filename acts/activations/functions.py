"""The functions that a formula may call, each as its sympy builder."""

from collections.abc import Callable
from typing import Any

import sympy

from acts.activations.symbols import sigmoid, softplus

MOST_CASES = 64


def cases(*pairs: tuple[Any, Any]) -> sympy.Expr:
    """Return a Piecewise of (value, condition); cases inside a condition are moved out to stand around the whole.

    So min(max(x, 0), 6) has plain conditions. Raises ValueError for more than MOST_CASES cases.
    """
    inner = {case for _, condition in pairs for case in condition.atoms(sympy.Piecewise)}
    if not inner:
        return sympy.Piecewise(*pairs)
    chosen = min(inner, key=sympy.default_sort_key)
    branches = []
    for value, condition in chosen.args:
        put = {chosen: value}
        branches.append((cases(*((v.xreplace(put), c.xreplace(put)) for v, c in pairs)), condition))
    found = sympy.Piecewise(*branches)
    if sum(len(case.args) for case in found.atoms(sympy.Piecewise)) > MOST_CASES:
        raise ValueError(f"has more than {MOST_CASES} cases")
    return found


def _where(condition: Any, yes: Any, no: Any) -> sympy.Expr:
    return cases((yes, condition), (no, sympy.true))


def _largest(*values: Any) -> sympy.Expr:
    first, *rest = values
    for value in rest:
        first = _where(sympy.Gt(value, first), value, first)
    return first


def _smallest(*values: Any) -> sympy.Expr:
    first, *rest = values
    for value in rest:
        first = _where(sympy.Lt(value, first), value, first)
    return first


def _clamp(value: Any, low: Any, high: Any) -> sympy.Expr:
    return cases((low, sympy.Le(value, low)), (high, sympy.Ge(value, high)), (value, sympy.true))


# name in a formula -> (sympy builder, fewest arguments, most arguments)
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    **{
        name: (getattr(sympy, name), 1, 1)
        for name in ("exp", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan", "erf", "erfc", "sign")
    },
    "log": (sympy.log, 1, 1),
    "ln": (sympy.log, 1, 1),
    "abs": (sympy.Abs, 1, 1),
    "Abs": (sympy.Abs, 1, 1),
    "sigmoid": (sigmoid, 1, 1),
    "softplus": (softplus, 1, 1),
    "relu": (lambda u: _where(sympy.Gt(u, 0), u, sympy.Integer(0)), 1, 1),
    "where": (_where, 3, 3),
    "clamp": (_clamp, 3, 3),
    "max": (_largest, 2, 8),
    "min": (_smallest, 2, 8),
    "Max": (_largest, 2, 8),
    "Min": (_smallest, 2, 8),
}
