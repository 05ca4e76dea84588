"""Agreement with the formula: code, limits and print held against the oracle, whatever the function."""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import mpmath
import sympy
import torch
from torch import Tensor

from acts.activations import symbols
from acts.activations.activation import Activation, short
from acts.activations.evaluate import evaluate
from acts.activations.formula import parse
from acts.activations.untypeset import untypeset

EPSILON = 2.0**-52
ROUNDINGS = 12  # a body rounds at most about this often, each time half a unit in the last place
FLOOR = 1e-304  # below, e^x itself is subnormal and holds few digits; times |x| < 750 that reaches up to here
SIZES = (
    5e-324, 1e-310, 1e-300, 1e-160, 1e-80, 1e-30, 1e-9, 1e-5, 1e-3, 0.1, 0.25, 0.4999, 0.5, 0.7, 0.9999, 1.0, 1.3, 1.75,
    2.0, 2.4, 3.0, 3.7, 5.0, 6.0, 7.5, 9.01, 12.0, 16.64, 20.0, 20.01, 24.0, 26.0, 33.0, 36.8, 37.5, 38.4, 41.0, 90.0,
    300.0, 690.0, 708.0, 744.0, 746.0, 1e3, 1e4, 1e5, 1e10, 1e30, 1e100, 1e200, 1e300, math.inf,
)  # fmt: skip
READ_BACK = (-7.3, -2.9, -1.0, -0.3, 0.0, 0.2, 0.5, 1.0, 2.5, 6.0, 8.1)


def perturbed(activation: Activation) -> Iterator[dict[str, float]]:
    """Yield the default numbers, then a set in which every parameter has moved by its own factor and none is left."""
    yield dict(activation.parameters)
    if activation.parameters:
        moved = enumerate(activation.parameters.items())
        yield {name: value * (1.25 + k / 16) + 0.03125 for k, (name, value) in moved}


@lru_cache(maxsize=256)
def points(activation: Activation, chosen: tuple[tuple[str, float], ...]) -> tuple[float, ...]:
    """Return where to look, rising: denormals to ±inf, where that is asked, and on both sides of every kink."""
    sizes = SIZES if activation.endless else SIZES[: SIZES.index(1e5)]
    edges = activation.breaks(**dict(chosen))
    near = [step for edge in edges for step in (edge, math.nextafter(edge, -9e9), math.nextafter(edge, 9e9))]
    return tuple(sorted({0.0, *near, *sizes, *(-size for size in sizes)}))


@lru_cache(maxsize=1024)
def _truth(activation: Activation, chosen: tuple[tuple[str, float], ...], order: int) -> tuple[float, ...]:
    found = activation.oracle(list(points(activation, chosen)), order, **dict(chosen))
    return tuple(float(value) for value in found)


def say(activation: Activation, numbers: Mapping[str, float], problem: str) -> str:
    """Return a problem with the function and the numbers that show it."""
    written = ", ".join(f"{name}={short(value)}" for name, value in numbers.items())
    return f"{activation.name}({written}): {problem}"


def equals_the_oracle(activation: Activation) -> None:
    """The value is the oracle's from denormals to ±inf, at default and at perturbed parameters."""
    for numbers in perturbed(activation):
        _compare(activation, numbers, order=0, got=activation)


def slopes_like_the_oracle(activation: Activation) -> None:
    """The autograd slope is the oracle's in the same places, kinks included."""
    for numbers in perturbed(activation):
        _compare(activation, numbers, order=1, got=activation.derivative)


def _compare(activation: Activation, numbers: dict[str, float], *, order: int, got: Callable[..., Tensor]) -> None:
    """Hold code against the oracle within rounding.

    One rounding of x moves f by ε|x f′|, one of the result by ε|f|; twelve of either are allowed, half a unit each.
    """
    chosen = tuple(numbers.items())
    places = points(activation, chosen)
    want, bend = _truth(activation, chosen, order), _truth(activation, chosen, order + 1)
    found = got(torch.tensor(places, dtype=torch.float64), **numbers).tolist()
    for x, f, slope, y in zip(places, want, bend, found, strict=True):
        if math.isnan(f):
            continue
        moved = abs(x * slope) if math.isfinite(x * slope) else 0.0
        allowed = ROUNDINGS / 2 * EPSILON * (abs(f) + moved) + FLOOR
        near = y == f or abs(y - f) <= allowed or (abs(f) == math.inf and abs(y) > 1e308 and y * f > 0)
        what = "value" if order == 0 else "slope"
        assert near, say(activation, numbers, f"{what} at x = {x!r} is {y!r}, the formula gives {f!r}")


def typesets_its_formula(activation: Activation) -> None:
    """Formula and derivative as printed, read back, have the values of the formula; only print has no part in it."""
    names = (*activation.inputs, *activation.parameters, *activation.constants)
    shown = [(activation.latex, activation.symbolic)]
    if activation.elementwise:
        shown.append((activation.derivative_latex, symbols.derivative(activation.symbolic)))
    for text, meant in shown:
        assert text is not None
        read = parse(untypeset(text, names), names)
        for place in READ_BACK:
            values = {name: mpmath.mpf(place) + 0.37 * k for k, name in enumerate(activation.inputs)}
            values |= {name: mpmath.mpf(value) * 1.3 + 0.01 for name, value in activation.parameters.items()}
            values |= {name: mpmath.mpf(value) for name, value in activation.constants.items()}
            with mpmath.workdps(40):
                gaps = [abs(a - b) for a, b in zip(_parts(read, values), _parts(meant, values), strict=True)]
            assert max(gaps) < 1e-30, say(activation, {}, f"the page shows {text}, another function at {place}")


def _parts(expression: Any, values: Mapping[str, mpmath.mpf]) -> list[mpmath.mpf]:
    parts = expression if isinstance(expression, sympy.Tuple) else (expression,)
    return [evaluate(part, values) for part in parts]


def equals_the_formula_of_its_inputs(activation: Activation) -> None:
    """A function that is not element-wise has the formula's outputs, first output first, and right gradients."""
    rows = [[0.71 * k - 2.23 + 1.3 * j * (-1) ** k for j, _ in enumerate(activation.inputs)] for k in range(8)]
    x = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
    y = activation(x)
    for row, got in zip(rows, y.tolist(), strict=True):
        values = {name: mpmath.mpf(u) for name, u in zip(activation.inputs, row, strict=True)}
        for want, found in zip(_parts(activation.symbolic, values), got, strict=False):
            assert abs(found - float(want)) <= 8 * EPSILON * max(1.0, abs(float(want))), say(
                activation, {}, f"at {row} gives {found!r}, the formula {float(want)!r}"
            )
    torch.autograd.gradcheck(activation, x)
