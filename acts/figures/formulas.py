"""Formulas: the curve of every activation, and tables of what it is and what follows from it."""

import json
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts import records as door
from acts.figures import naming
from acts.figures.palette import GREY
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import MISSING, Table, Text, escape, number, proper, tame, unmeasured, visible

EXPERIMENT = "formulas"
LONG = 56  # visible letters of a derivative that is set in a line of its own
_X, _Y = 4.0, (-1.9, 3.4)
_COLUMNS = 6
_TOLERANCE = 1e-6


@drawn
def curves(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return value and derivative of every activation of one variable, a panel each, families in their colours.

    All panels share their axes; a curve that leaves them goes on outside, and where it comes to an end there the panel
    says so. A family is named above its first member.
    """
    points = _points(records)
    if points.empty:
        return missing("the curves of the activations")
    names = naming.ordered(catalogue, points["activation"])
    families = [naming.family(catalogue, name) for name in names]
    facts, colours = _wide(records), naming.inks(catalogue, names)
    highest_of = facts["supremum"].to_dict() if "supremum" in facts else {}
    figure, grid = panels(len(names), _COLUMNS, height=0.92, left=0.24, right=0.08, top=0.42, bottom=0.04, foot=0.5)
    for place, (axes, name) in enumerate(zip(grid, names, strict=True)):
        last, colour = place >= len(names) - _COLUMNS, colours[name]
        _panel(axes, points[points["activation"] == name], colour)
        axes.set_title(naming.label(catalogue, name), fontsize=SMALL + 0.5, pad=3)
        axes.set_xlabel("x" if last else "", labelpad=1)
        axes.tick_params(labelbottom=last, labelleft=place % _COLUMNS == 0, labelsize=SMALL - 1)
        if families[place] not in families[:place]:
            axes.annotate(
                families[place], (0, 1), xytext=(0, 13.5), xycoords="axes fraction", textcoords="offset points",
                color=colour, fontsize=SMALL,
            )  # fmt: skip
        highest = float(highest_of.get(name, np.inf))
        if _Y[1] < highest < np.inf:
            axes.text(-3.7, 2.75, f"ends at {number(highest, 3)}", fontsize=SMALL - 1, color=colour)
    figure.text(
        0.035, 0.0, "thick: the function f; dashed: its derivative f′. Both without units.", color=GREY,
        fontsize=SMALL, va="bottom",
    )  # fmt: skip
    wide = points.pivot(index=["activation", "x"], columns="metric", values="value").reset_index()
    columns = {"activation": "activation", "x": "x", "value": "f(x)", "derivative": "f′(x)"}
    figure.data = sheet(wide, catalogue, columns)
    figure.finding = _told(facts, names, families)
    return figure


def _told(facts: pd.DataFrame, names: list[str], families: list[str]) -> str:
    """Return how many functions are drawn, how many are bounded, monotone and smooth, as a sentence."""
    said = f"{len(names)} functions of {len(set(families))} families"
    facts = facts.reindex(names)
    if not {"infimum", "supremum", "monotone", "smoothness"} <= set(facts.columns):
        return f"{said}."
    bounded = int((np.isfinite(facts["infimum"]) & np.isfinite(facts["supremum"])).sum())
    rising, smooth = int((facts["monotone"] > 0).sum()), int(np.isinf(facts["smoothness"]).sum())
    return f"{said}: {bounded} are bounded on both sides, {rising} monotone, {smooth} smooth to every order."


def _points(records: pd.DataFrame) -> pd.DataFrame:
    rows = door.where(records, experiment=EXPERIMENT, metric=["value", "derivative"])
    rows = rows[rows["arm"].fillna("").str.fullmatch(r"x=[^;]+")]
    rows = rows.assign(x=rows["arm"].str.removeprefix("x=").astype(float)).sort_values(["activation", "metric", "x"])
    return rows[rows["x"].abs() <= _X]


def _panel(axes: Axes, own: pd.DataFrame, colour: str) -> None:
    axes.axhline(0, color=GREY, linewidth=0.5, zorder=1)
    axes.axvline(0, color=GREY, linewidth=0.5, zorder=1)
    for metric, width, dashes in (("derivative", 0.9, (0, (2.2, 1.2))), ("value", 1.6, "solid")):
        curve = own[own["metric"] == metric]
        x, y = broken(curve["x"].to_numpy(float), curve["value"].to_numpy(float))
        axes.plot(x, y, color=colour, linewidth=width, linestyle=dashes, zorder=3)
    axes.set_xlim(-_X, _X)
    axes.set_ylim(*_Y)
    axes.set_xticks([-3, 0, 3])
    axes.set_yticks([-1, 0, 1, 2, 3])


def broken(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a curve with a gap where it jumps: a step far above the steps beside it is no line."""
    if len(x) < 4:
        return x, y
    steps = np.abs(np.diff(y))
    beside = np.maximum(np.r_[steps[1], steps[:-1]], np.r_[steps[1:], steps[-2]])
    jumps = np.flatnonzero((steps > 0.05) & (steps > 3.5 * beside)) + 1
    return np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan)


def formulas(catalogue: pd.DataFrame) -> Table:
    """Return what every function is: formula, defaults and source with its year, family by family."""
    columns = {"label": "Activation", "latex": "$f(x)$", "defaults": "Defaults", "source": "Source"}
    if catalogue.empty:
        return unmeasured("the catalogue is not published yet", columns)
    table = _rows(catalogue).assign(defaults=lambda rows: rows["parameters"].map(defaults), source=_sources)
    return Table(table, columns, math=("latex",), markdown=("source",), own=naming.own_labels(catalogue))


def derivatives(catalogue: pd.DataFrame) -> Table:
    """Return the derivative of every function of one variable; the longest are left to ``long_derivatives``."""
    columns = {"label": "Activation", "derivative_latex": "$f'(x)$"}
    table = _differentiable(catalogue)
    if table.empty:
        return unmeasured("the catalogue is not published yet", columns)
    short = table[table["derivative_latex"].map(visible) <= LONG]
    return Table(short, columns, math=("derivative_latex",), own=naming.own_labels(catalogue))


def long_derivatives(catalogue: pd.DataFrame) -> Text:
    """Return the derivatives that are too wide for a table, each displayed under its name."""
    table = _differentiable(catalogue)
    long = table[table["derivative_latex"].map(visible) > LONG]
    said = [
        f"{escape(row['label'])}:\n\n$$f'(x) = {tame(str(row['derivative_latex']))}$$\n" for _, row in long.iterrows()
    ]
    return Text("\n".join(said) or "Every derivative fits the table.")


def _rows(catalogue: pd.DataFrame) -> pd.DataFrame:
    order = naming.ordered(catalogue, catalogue["name"])
    return catalogue.set_index("name", drop=False).loc[order]


def _differentiable(catalogue: pd.DataFrame) -> pd.DataFrame:
    return _rows(catalogue).dropna(subset=["derivative_latex"]) if len(catalogue) else catalogue


def _sources(table: pd.DataFrame) -> list[str]:
    """Return a citation for every function, the plain reference for one that the bibliography does not have."""
    rows = table.to_dict("records")
    return [f"[@{row['key']}]" if isinstance(row["key"], str) else _plain(row["reference"]) for row in rows]


def _plain(reference: object) -> str:
    return escape(reference) if isinstance(reference, str) and reference else MISSING


def defaults(parameters: object) -> str:
    """Return defaults such as ``α = 0.01`` from the catalogue's JSON object."""
    values = json.loads(parameters) if isinstance(parameters, str) and parameters else {}
    said = ((naming.greek(name), proper(format(float(value), ".4g"))) for name, value in values.items())
    return ", ".join(f"{name} = {value}" for name, value in said) or MISSING


def properties(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return what follows from each formula: range, minimum, Lipschitz constant, smoothness, monotony."""
    columns = {
        "label": "Activation", "range": "Range", "minimum": "Minimum",
        "derivative_range": "Range of f′", "lipschitz": "Lipschitz", "smoothness": "Smoothness", "monotone": "Monotone",
    }  # fmt: skip
    wide = _wide(records)
    if "lipschitz" not in wide:
        return unmeasured("the properties", columns)
    wide = wide.dropna(subset=["lipschitz"])
    table = pd.DataFrame([_property_row(row, naming.label(catalogue, name)) for name, row in _each(wide, catalogue)])
    numbers = ("range", "derivative_range", "minimum", "lipschitz")
    return Table(table, columns, numbers=numbers, math=("smoothness",), own=naming.own_labels(catalogue))


def _property_row(row: pd.Series, label: str) -> dict[str, str]:
    return {
        "label": label,
        "range": _span(row),
        "minimum": _minimum(row),
        "derivative_range": f"{number(row['derivative_infimum'], 4)} to {number(row['derivative_supremum'], 4)}",
        "lipschitz": number(row.get("lipschitz", np.nan), 4),
        "smoothness": _smoothness(row.get("smoothness", np.nan)),
        "monotone": "yes" if row.get("monotone", 0) else "no",
    }


def _minimum(row: pd.Series) -> str:
    """Return the minimum and where it lies; a function that only rises and has one takes it all the way up to there."""
    least, at = (float(row.get(name, np.nan)) for name in ("minimum", "minimum_x"))
    where = f" {'for x ≤' if row.get('monotone', 0) else 'at'} {number(at, 4)}" if np.isfinite(at) else ""
    return f"{number(least, 4)}{where}".replace(" ", "\u00a0")


def _span(row: pd.Series) -> str:
    """Return the range as an interval, square where the end is attained."""
    left, right = ("[" if row.get("infimum_attained", 0) else "("), ("]" if row.get("supremum_attained", 0) else ")")
    return f"{left}{number(row['infimum'], 4)}, {number(row['supremum'], 4)}{right}"


def _smoothness(order: float) -> str:
    """Return a smoothness class as LaTeX."""
    if np.isnan(order):
        return MISSING
    if order < 0:
        return r"\text{jumps}"
    return r"C^{\infty}" if np.isinf(order) else f"C^{{{int(order)}}}"


def moments(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return the Gaussian moments of each function and the stable init that they give, with the rule that binds."""
    columns = {
        "label": "Activation", "mean": "$E f$", "second": "$E f^2$", "slope_second": "$E (f')^2$",
        "sigma_w": "stable $\\sigma_w$", "sigma_b": "stable $\\sigma_b$", "rule": "Rule",
        "critical_w": "critical $\\sigma_w$", "critical_b": "critical $\\sigma_b$",
    }  # fmt: skip
    wide = _wide(records)
    if "second" not in wide:
        return unmeasured("the moments", columns)
    wide = wide.dropna(subset=["second"])
    stable, critical = _wide(records, init="stable"), _wide(records, init="critical")
    rows = []
    for name, row in _each(wide, catalogue):
        own = stable.loc[name] if name in stable.index else pd.Series(dtype=float)
        edge = critical.loc[name] if name in critical.index else pd.Series(dtype=float)
        rows.append(
            {"label": naming.label(catalogue, name), "rule": _rule(own, row)}
            | {metric: row.get(metric, np.nan) for metric in ("mean", "second", "slope_second")}
            | {metric: own.get(metric, np.nan) for metric in ("sigma_w", "sigma_b")}
            | {f"critical_{end}": edge.get(f"sigma_{end}", np.nan) for end in ("w", "b")}
        )
    note = f"{MISSING}: there is no such init for this function."
    return Table(pd.DataFrame(rows), columns, digits=".4f", note=note, own=naming.own_labels(catalogue))


def _rule(stable: Any, moment: Any) -> str:
    """Return which of the three terms of the stable init binds: the length, the gradient or the slope."""
    if "sigma_w" not in stable:
        return MISSING
    variance = stable["sigma_w"] ** 2
    for word, product in (("length", variance * moment["second"]), ("gradient", variance * moment["slope_second"])):
        if abs(product - 1) < _TOLERANCE:
            return word
    return "slope"


def _wide(records: pd.DataFrame, init: str | None = None) -> pd.DataFrame:
    """Return the facts that need no other condition, an activation a row and a metric a column."""
    rows = door.where(records, experiment=EXPERIMENT, phase="exact", init=init, arm=None, depth=None, layer=None)
    rows = rows.drop_duplicates(["activation", "metric"])
    return rows.pivot(index="activation", columns="metric", values="value")


def _each(wide: pd.DataFrame, catalogue: pd.DataFrame) -> list[tuple[str, Any]]:
    return [(name, wide.loc[name]) for name in naming.ordered(catalogue, wide.index)]
