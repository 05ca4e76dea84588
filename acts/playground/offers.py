"""Offers: which functions there are to choose, how far their parameters slide, and a formula typed in their place."""

import ast
from collections.abc import Mapping

from acts import activations, params
from acts.activations import Activation, own
from acts.activations.functions import FUNCTIONS
from acts.facts import sliders

FORMULA = "formula"  # the choice that asks for one's own
TYPED = "x * exp(-b*x**2)"  # the formula that stands there at first


def functions(config: str) -> dict[str, str]:
    """Return the names of all functions of one number by label, those of a configuration first, then by the alphabet.

    Raises ParamsError for an unknown configuration and OwnError for a function of its that cannot be used.
    """
    entered = set(own.admit(params.load(config).own))
    known = [activations.get(name) for name in activations.names()]
    found = sorted((one for one in known if one.elementwise), key=lambda one: one.label.lower())
    first = [one for one in found if one.name in entered]
    return {one.label: one.name for one in [*first, *(one for one in found if one.name not in entered)]}


def spans(activation: Activation) -> dict[str, tuple[float, float]]:
    """Return from where to where each of a function's first parameters slides, as in the report's moving figures."""
    return {name: (levels[0], levels[-1]) for name, levels in sliders.grids(activation).items()}


def typed(formula: str, values: Mapping[str, float]) -> Activation:
    """Return the activation that a typed formula describes, its letters at these values and else at 1.

    Raises OwnError, one line, for what is no formula that networks could use.
    """
    letters = {letter: values.get(letter, 1.0) for letter in letters_of(formula)}
    return own.from_formula("yours", formula, parameters=letters, label="yours")


def letters_of(formula: str) -> list[str]:
    """Return the letters of a formula that are parameters, in the order in which they stand there.

    A text that is no formula has none; whoever reads it says what is wrong with it.
    """
    if len(formula) > 1000:
        return []
    try:
        tree = ast.parse(formula.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    names.sort(key=lambda node: (node.lineno, node.col_offset))
    found = dict.fromkeys(node.id for node in names)
    return [name for name in found if name not in FUNCTIONS and name not in ("x", "pi", "where", "Piecewise")]
