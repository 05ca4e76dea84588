"""Show: what an activation is and what follows from its formula, set in the terminal or as JSON."""

import json
import math
from collections.abc import Callable
from typing import Any

from acts import activations, properties, theory
from acts.activations import symbols
from acts.activations.activation import Activation

Facts = dict[str, Any]


def show(name: str, *, as_json: bool = False) -> int:
    """Print an activation's portrait and return 0. Raises ValueError for an unknown name."""
    entry = activations.get(name)
    found = facts(entry)
    if as_json:
        print(json.dumps(_plain(found), indent=1, ensure_ascii=False))
    else:
        _print(entry, found)
    return 0


def facts(entry: Activation) -> Facts:
    """Return everything that is said of an activation, by heading and name, as numbers, text and pairs of them."""
    told: Facts = {
        "name": entry.name,
        "label": entry.label,
        "family": entry.family,
        "source": entry.reference,
        "aliases": list(entry.aliases),
        "formula": entry.formula,
        "latex": entry.latex,
        "derivative": str(symbols.readable(symbols.derivative(entry.folded))) if entry.elementwise else None,
        "derivative_latex": entry.derivative_latex,
        "parameters": dict(entry.parameters),
        "learnt": list(entry.learnable),
        "stochastic": entry.stochastic,
        "elementwise": entry.elementwise,
    }
    return {**told, **(_followed(entry) if entry.elementwise else {})}


def _followed(entry: Activation) -> Facts:
    """Return what follows from the formula of an element-wise function; what cannot be had says why."""
    known = properties.of(entry)
    return {
        "range": list(known.range),
        "minimum": None if known.minimum is None else list(known.minimum),
        "maximum": None if known.maximum is None else list(known.maximum),
        "slope_range": list(known.derivative_range),
        "lipschitz": known.lipschitz,
        "monotone": known.monotone,
        "smoothness": known.smoothness,
        "stable_init": _tried(lambda: vars(theory.stable_init(entry))),
        "critical_init": _tried(lambda: vars(theory.critical_init(entry))),
        "length_map_slope": _tried(lambda: theory.length_map_slope(entry, sigma_w=1.0)),
    }


def _tried(ask: Callable[[], Any]) -> Any:
    """Return an answer, or the one line that says why there is none."""
    try:
        return ask()
    except ValueError as error:
        return " ".join(str(error).split())


def _plain(value: Any) -> Any:
    """Return values as JSON holds them; an infinity as text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


# --- in the terminal --------------------------------------------------------------------------------------------------


def _print(entry: Activation, found: Facts) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    console = Console(highlight=False)
    title = f"{entry.label}  ({entry.name}, {entry.family})"
    console.print(Panel.fit(_typeset(entry), title=title, title_align="left", padding=(1, 3)), markup=False)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    for heading, line in _lines(found).items():
        table.add_row(heading, line)
    console.print(table, markup=False)


def _typeset(entry: Activation) -> Any:
    """Return formula and derivative in Unicode's own typesetting."""
    from rich.text import Text
    from sympy import pretty

    def drawn(lead: str, expression: Any) -> str:
        lines = pretty(expression, use_unicode=True, wrap_line=False).splitlines()
        middle = len(lines) // 2
        return "\n".join((lead if row == middle else " " * len(lead)) + line for row, line in enumerate(lines))

    letter = "x" if entry.elementwise else ", ".join(entry.inputs)
    parts = [drawn(f"f({letter}) = ", entry.folded)]
    if entry.elementwise:
        parts.append(drawn("f′(x) = ", symbols.readable(symbols.derivative(entry.folded))))
    return Text("\n\n".join(parts), no_wrap=True)


def _lines(found: Facts) -> dict[str, str]:
    """Return the rows below the formula: heading and line."""
    learnt = found["learnt"]
    told = {
        "source": found["source"],
        "also called": ", ".join(found["aliases"]),
        "parameters": ", ".join(
            f"{name} = {_number(value)}{' (learnt)' if name in learnt else ''}"
            for name, value in found["parameters"].items()
        ),
        "random": "in training mode" if found["stochastic"] else "",
    }
    if found["elementwise"]:
        told |= _followed_lines(found)
    return {heading: line for heading, line in told.items() if line}


def _parameter(name: str, value: float, learnt: list[str]) -> str:
    return f"{name} = {_number(value)}" + (" (learnt)" if name in learnt else "")


def _followed_lines(found: Facts) -> dict[str, str]:
    bends = {-1: "jumps", 0: "continuous, with kinks", math.inf: "infinitely often differentiable"}
    smooth = bends.get(found["smoothness"], f"{found['smoothness']:g} times continuously differentiable")
    return {
        "range": _interval(found["range"]),
        "minimum": _place(found["minimum"]),
        "maximum": _place(found["maximum"]),
        "slopes": _interval(found["slope_range"]),
        "Lipschitz": _number(found["lipschitz"]),
        "shape": f"{'monotone' if found['monotone'] else 'not monotone'}, {smooth}",
        "stable init": _init(found["stable_init"]),
        "critical init": _init(found["critical_init"]),
    }


def _interval(ends: list[float]) -> str:
    return f"{_number(ends[0])} to {_number(ends[1])}"


def _place(place: list[float] | None) -> str:
    return "none" if place is None else f"{_number(place[1])} at x = {_number(place[0])}"


def _init(found: Any) -> str:
    if isinstance(found, str):
        return found
    return f"σ_w = {_number(found['sigma_w'])}, σ_b = {_number(found['sigma_b'])} at length q = {_number(found['q'])}"


def _number(value: float) -> str:
    """Return a number in at most six digits, with a real minus sign."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.6g}".replace("-", "−")
