"""Explorer: figures that a reader of a page moves, each with a still picture for print."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from acts import records as door
from acts.figures import formulas, naming, sliding
from acts.figures.labels import End, at_ends
from acts.figures.palette import GREY
from acts.figures.style import Drawing, drawn, missing, panels
from acts.figures.table import number

ORDERS = {"value": "f(x)", "derivative": "f′(x)", "second_derivative": "f″(x)"}
FUNCTIONS = ("leaky_relu", "swish", "tanh")
FOLLOWED = ("tanh", "relu", "gelu")
MOST = 4  # functions that a page draws at once
INITS = ("he", "stable")
DEPTH = 30
_X = 5.0


@drawn
def activation(records: pd.DataFrame, catalogue: pd.DataFrame, *, shown: Sequence[str] = FUNCTIONS) -> Drawing:
    """Return value and first two derivatives of a few functions; on a page, of any, with their parameters to slide."""
    points, wanted = _points(records), _first(catalogue, shown)
    names = [name for name in naming.ordered(catalogue, points["activation"].unique()) if name in wanted]
    names = names or naming.ordered(catalogue, points["activation"].unique())[:3]
    if not names:
        return missing("the curves of the activations")
    points = points[points["activation"].isin(names)]
    figure, grid = panels(3, 3, height=1.7, left=0.32, right=0.7, bottom=0.36)
    strokes = naming.strokes(catalogue, names)
    for axes, (metric, title) in zip(grid, ORDERS.items(), strict=True):
        ends = [_curve(axes, points[points["activation"] == name], metric, strokes[name]) for name in names]
        axes.set_title(title)
        axes.set_xlabel("x")
        axes.set_xlim(-_X, _X)
        axes.set_xticks([-4, -2, 0, 2, 4])
        axes.axhline(0, color=GREY, linewidth=0.5, zorder=1)
        colours = [str(strokes[name]["color"]) for name in names]
        labels = [naming.label(catalogue, name) for name in names]
        at_ends(axes, [End(*end) for end in zip(labels, ends, colours, strict=True)])
    figure.data = _told(points, catalogue)
    figure.finding = _extremes(records, catalogue, names)
    figure.explorer = _activation_payload(records, catalogue, names)
    return figure


def _first(catalogue: pd.DataFrame, shown: Sequence[str]) -> list[str]:
    """Return what to begin with: own functions and, of what is shown, as many as there is then room for."""
    own = naming.own(catalogue)[: MOST - 1]
    others = [name for name in shown if name not in own]
    return [*own, *(others[: MOST - len(own)] if own else others)]


def _points(records: pd.DataFrame) -> pd.DataFrame:
    rows = door.where(records, experiment=sliding.EXPERIMENT, metric=list(ORDERS))
    rows = rows[rows["arm"].fillna("").str.fullmatch(r"x=[^;]+")]
    rows = rows.assign(x=rows["arm"].str.removeprefix("x=").astype(float)).sort_values("x")
    return rows[rows["x"].abs() <= _X]


def _curve(axes: Axes, own: pd.DataFrame, metric: str, stroke: dict[str, object]) -> float:
    """Draw one curve and return the height at which it ends."""
    curve = own[own["metric"] == metric]
    x, y = formulas.broken(curve["x"].to_numpy(float), curve["value"].to_numpy(float))
    axes.plot(x, y, color=str(stroke["color"]), linestyle=stroke["linestyle"], linewidth=1.4, zorder=3)
    return float(y[-1]) if len(y) else float("nan")


def _told(points: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    wide = points.pivot(index=["activation", "x"], columns="metric", values="value").reset_index()
    labels = [naming.label(catalogue, name) for name in wide["activation"]]
    present = {metric: title for metric, title in ORDERS.items() if metric in wide}
    return wide[["activation", "x", *present]].assign(activation=labels).rename(columns=present)


def _extremes(records: pd.DataFrame, catalogue: pd.DataFrame, names: Sequence[str]) -> str:
    """Return minimum and Lipschitz constant of each function in words."""
    rows = door.where(records, experiment=sliding.EXPERIMENT, phase="exact", arm=None, init=None, activation=names)
    said = []
    for name in names:
        own = rows[rows["activation"] == name].set_index("metric")["value"]
        steepest = f"a Lipschitz constant of {number(own['lipschitz'], 4)}" if "lipschitz" in own else "no known slope"
        lowest = (
            f"a minimum of {number(own['minimum'], 4)} at x = {number(own['minimum_x'], 4)}"
            if "minimum" in own
            else "no minimum"
        )
        said.append(f"{naming.label(catalogue, name)} has {lowest} and {steepest}")
    return f"{'; '.join(said)}."


def _activation_payload(records: pd.DataFrame, catalogue: pd.DataFrame, names: Sequence[str]) -> dict[str, Any] | None:
    found = sliding.functions(records, catalogue)
    if not found:
        return None
    scales = sliding.scales(records)
    known = {"functions": found, "scales": scales, "dashes": sliding.dashes()}
    return {"kind": "activation", **known, "chosen": sliding.chosen(found, names)}


@drawn
def depth(records: pd.DataFrame, catalogue: pd.DataFrame, *, shown: Sequence[str] = FOLLOWED) -> Drawing:
    """Return lengths and gradient factors by layer for a few functions; on a page, for any, with scales to slide."""
    rows, wanted = _layers(records), _first(catalogue, shown)
    names = [name for name in naming.ordered(catalogue, rows["activation"].unique()) if name in wanted]
    names = names or naming.ordered(catalogue, rows["activation"].unique())[:3]
    inits = [init for init in INITS if init in set(rows["init"])]
    if not names or not inits:
        return missing("lengths and gradients by layer")
    rows = rows[rows["activation"].isin(names)]
    figure, grid = panels(2 * len(inits), 2, height=1.15, left=0.5, right=0.75, bottom=0.36)
    strokes = naming.strokes(catalogue, names)
    for place, init in enumerate(inits):
        for axes, metric in zip(grid[2 * place : 2 * place + 2], ("log10_length", "chi"), strict=True):
            own = rows[(rows["init"] == init) & (rows["metric"] == metric)]
            _followed(axes, own, names, strokes)
            axes.set_title(naming.word(init))
            axes.set_ylabel("log₁₀ length q" if metric == "log10_length" else "gradient factor χ")
            axes.set_xlabel("layer" if place == len(inits) - 1 else "")
            axes.axhline(0 if metric == "log10_length" else 1, color=GREY, linewidth=0.6, zorder=1)
    for column in (grid[::2], grid[1::2]):
        _named(column, names, strokes, catalogue)
    wide = rows.pivot(index=["activation", "init", "layer"], columns="metric", values="value").reset_index()
    words = {"activation": [naming.label(catalogue, name) for name in wide["activation"]]}
    wide = wide.assign(**words, init=wide["init"].map(naming.word), length=10.0 ** wide["log10_length"])
    figure.data = wide[["activation", "init", "layer", "length", "chi"]].rename(
        columns={"length": "length q", "chi": "gradient factor χ"}
    )
    figure.finding = _endings(rows, catalogue, names, inits)
    figure.explorer = _depth_payload(records, catalogue, names)
    return figure


def _layers(records: pd.DataFrame) -> pd.DataFrame:
    rows = door.where(records, experiment=sliding.EXPERIMENT, phase="exact", metric=["log10_length", "chi"], arm=None)
    return rows.dropna(subset=["layer", "init"]).sort_values("layer")


def _followed(axes: Axes, rows: pd.DataFrame, names: Sequence[str], strokes: dict[str, dict[str, object]]) -> None:
    """Draw one quantity of each function layer by layer."""
    for name in names:
        own, stroke = rows[rows["activation"] == name], strokes[name]
        colour, dashes = str(stroke["color"]), stroke["linestyle"]
        axes.plot(own["layer"], own["value"], color=colour, linestyle=dashes, linewidth=1.4, label=name)
    axes.set_xlim(1, rows["layer"].max())
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _named(
    column: Sequence[Axes], names: Sequence[str], strokes: dict[str, dict[str, object]], catalogue: pd.DataFrame
) -> None:
    """Give the panels of one quantity the same scale, and write the names at the lines' ends."""
    limits = [axes.get_ylim() for axes in column]
    for axes in column:
        axes.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
        heights = {str(line.get_label()): np.asarray(line.get_ydata(), float) for line in axes.lines}
        at_ends(axes, [
            End(naming.label(catalogue, name), float(heights[name][-1]), str(strokes[name]["color"]))
            for name in names if len(heights[name])
        ])  # fmt: skip


def _endings(rows: pd.DataFrame, catalogue: pd.DataFrame, names: Sequence[str], inits: Sequence[str]) -> str:
    """Return where each function's length and gradient factor stand in its last layer, in words."""
    said = []
    for init in inits:
        parts = []
        for name in names:
            own = rows[(rows["activation"] == name) & (rows["init"] == init)].sort_values("layer")
            last = {metric: part["value"].iloc[-1] for metric, part in own.groupby("metric", observed=True)}
            if len(last) == 2:
                length = number(float(np.float64(10.0) ** last["log10_length"]), 3)
                parts.append(f"{naming.label(catalogue, name)} q = {length} and χ = {number(last['chi'], 3)}")
        said.append(f"Under {naming.word(init)}, in layer {int(rows['layer'].max())}: {', '.join(parts)}.")
    return " ".join(said)


def _depth_payload(records: pd.DataFrame, catalogue: pd.DataFrame, names: Sequence[str]) -> dict[str, Any] | None:
    found = sliding.followed(records, catalogue)
    inits = sliding.variances(records)
    if not found or "he" not in inits:
        return None
    told = [{"name": init, "label": naming.word(init), "sigma_w": scale, "sigma_b": 0} for init, scale in inits.items()]
    start = {"sigmaW": inits["he"], "sigmaB": 0, "depth": DEPTH, "start": 1}
    known = {"functions": found, "rule": sliding.rule(), "inits": told, "start": start, "dashes": sliding.dashes()}
    return {"kind": "depth", **known, "chosen": sliding.chosen(found, names)}
