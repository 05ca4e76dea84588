"""Show: what an activation is and what follows from its formula, set in the terminal or as JSON."""

import math
from collections.abc import Callable
from typing import Any

from acts import properties, theory
from acts.activations import symbols
from acts.activations.activation import Activation

Facts = dict[str, Any]


def facts(entry: Activation) -> Facts:
    """Return everything that is said of an activation, by heading and name, as numbers, text and pairs of them."""
    told: Facts = {
        "kind": "activation",
        "name": entry.name,
        "label": entry.label,
        "family": entry.family,
        "year": entry.year,
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


# --- in the terminal --------------------------------------------------------------------------------------------------


def tell(entry: Activation, found: Facts) -> None:
    """Print an activation's portrait: formula and derivative set above what follows from them."""
    from rich.padding import Padding
    from rich.text import Text

    from acts.commands import terminal

    screen = terminal.console()
    facts = [fact for fact in (entry.name, entry.family, entry.year) if fact]
    screen.print(Text(f"{entry.label}  ({', '.join(map(str, facts))})", style="bold"))
    drawn = _typeset(entry)
    if screen.is_terminal and max(map(len, drawn.plain.splitlines())) > screen.width - 3:
        drawn = Text(_in_line(found))
    screen.print(Padding(drawn, (1, 0, 1, 3)) if screen.is_terminal else f"\n{drawn.plain}\n")
    terminal.pairs(_lines(found))


def _in_line(found: Facts) -> str:
    """Return formula and derivative as they are typed, for a terminal too narrow to set them."""
    told = f"f(x) = {found['formula']}"
    return told + (f"\n\nf′(x) = {found['derivative']}" if found["derivative"] else "")


def _typeset(entry: Activation) -> Any:
    """Return formula and derivative in Unicode's own typesetting."""
    from rich.text import Text
    from sympy.printing.pretty.pretty import PrettyPrinter

    def drawn(lead: str, expression: Any) -> str:
        form = PrettyPrinter({"use_unicode": True, "wrap_line": False})._print(expression)
        lines = enumerate(form.picture)
        return "\n".join((lead if row == form.baseline else " " * len(lead)) + line.rstrip() for row, line in lines)

    letter = "x" if entry.elementwise else ", ".join(entry.inputs)
    parts = [drawn(f"f({letter}) = ", entry.folded)]
    if entry.elementwise:
        parts.append(drawn("f′(x) = ", symbols.readable(symbols.derivative(entry.folded))))
    return Text("\n\n".join(parts), no_wrap=True)


def _lines(found: Facts) -> dict[str, str]:
    """Return the rows below the formula: heading and line."""
    learnt = found["learnt"]
    told = {
        "typed": found["formula"],
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
