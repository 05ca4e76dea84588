"""Trees: a formula with its first and second derivative as plain lists, which another language evaluates.

A tree is a list of steps. A step is a list: the name of an operation, then the numbers of the earlier steps that it
works on, so that what occurs twice stands once, as in ``["times", 0, 3]``. ``["x"]`` is the input, ``["letter", name]``
a parameter, ``["number", value]`` a number. Comparisons give 1 or 0; ``["where", condition, yes, no]`` chooses by them.
"""

import json
from typing import Any

import pandas as pd
import sympy
from sympy.core.relational import GreaterThan, LessThan, StrictGreaterThan, StrictLessThan

from acts.activations import Activation, get, symbols

Step = list[Any]
ORDERS = (0, 1, 2)  # value, first and second derivative

_NAMED: dict[Any, str] = {
    sympy.Add: "add",
    sympy.Mul: "times",
    sympy.Pow: "power",
    sympy.Abs: "abs",
    symbols.sigmoid: "sigmoid",
    symbols.softplus: "softplus",
    **{
        getattr(sympy, name): name
        for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan", "erf", "erfc", "sign")
    },
    sympy.And: "and",
    sympy.Or: "or",
    StrictLessThan: "below",
    LessThan: "at_most",
}
_TURNED = {StrictGreaterThan: "below", GreaterThan: "at_most"}  # a > b is b < a


def tree(activation: Activation) -> dict[str, Any]:
    """Return a function's tree: ``steps``, and under ``outputs`` the steps that are f, f′ and f″.

    Parameters are letters and keep moving; constants are numbers. Derivatives are those of each case: what a jump would
    add is left out. Raises ValueError for a function that is not element-wise, one without a formula, and one whose
    formula calls what a tree has no word for.
    """
    if not activation.elementwise:
        raise ValueError(f"{activation.name} is not element-wise, so it has no tree")
    numbers = {sympy.Symbol(name, real=True): sympy.Rational(text) for name, text in activation.constants.items()}
    writer = _Writer(activation.name)
    outputs = [writer.step(symbols.derivative(activation.folded, order).subs(numbers)) for order in ORDERS]
    return {"steps": writer.steps, "outputs": outputs}


def beside(catalogue: pd.DataFrame) -> pd.DataFrame:
    """Return the catalogue with a column ``tree``: JSON text, missing for functions that are not element-wise."""
    return catalogue.assign(tree=catalogue["name"].map(_text))


def _text(name: str) -> str | None:
    entry = get(name)
    return json.dumps(tree(entry), separators=(",", ":"), allow_nan=False) if entry.elementwise else None


class _Writer:
    """The steps written so far, each once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps: list[Step] = []
        self._known: dict[str, int] = {}

    def step(self, part: Any) -> int:
        """Return the number of the step that is an expression, written with all it needs if it is new."""
        if part in (sympy.true, sympy.false):
            return self._add(["number", int(part == sympy.true)])
        if part.is_number:
            return self._add(["number", _float(part)])
        if isinstance(part, sympy.Symbol):
            return self._add(["x"] if part == symbols.X else ["letter", part.name])
        if isinstance(part, sympy.Piecewise):
            return self._cases(part)
        if part.func in _TURNED:
            left, right = (self.step(side) for side in part.args)
            return self._add([_TURNED[part.func], right, left])
        if part.func not in _NAMED:
            raise ValueError(f"{self.name}: a tree has no word for {part.func.__name__}")
        return self._add([_NAMED[part.func], *(self.step(argument) for argument in part.args)])

    def _cases(self, piecewise: sympy.Piecewise) -> int:
        """Return the step of a function by cases; where no case holds it is not a number."""
        found: int | None = None
        for value, condition in reversed(piecewise.args):
            if condition == sympy.true:
                found = self.step(value)
                continue
            last = self._add(["nothing"]) if found is None else found
            found = self._add(["where", self.step(condition), self.step(value), last])
        assert found is not None
        return found

    def _add(self, step: Step) -> int:
        key = repr(step)
        if key not in self._known:
            self._known[key] = len(self.steps)
            self.steps.append(step)
        return self._known[key]


def _float(number: sympy.Expr) -> int | float:
    """Return a number as JSON writes it shortest, whole numbers without a point."""
    value = float(number)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
