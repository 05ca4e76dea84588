"""Gradient flow: signal norms through networks at initialisation, with the theory drawn over the measurement."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from acts import records as door
from acts.figures import intervals, naming
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.palette import GREY
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import MISSING, Table, number, unmeasured
from acts.figures.trainability import trainability
from acts.figures.widths import drifting, widths

__all__ = ["centring", "drifting", "factors", "flow", "lengths", "summary", "trainability", "widths"]

INITS = ("torch_default", "lecun", "he", "stable", "critical")
FLOW = "log10_gradient_ratio"
LENGTH = "log10_length"
CENTRING = "unit_mean_rms_ratio"
_SHOWN = 10
_FAR, _NEAR = 1.6, 5.0  # a line that falls 1.6 times as far as the next, and over five decades, is cut


@drawn
def flow(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return gradient flow against depth, a panel an init and a line an activation.

    Points are log10 of the mean over networks, bars its interval; thin lines are the infinite-width theory.
    """
    return _by_init(
        summary(records, FLOW, "depth"),
        _theory(records, FLOW, "depth"),
        catalogue,
        x="depth (layers)",
        y="log₁₀ gradient flow",
        what="gradient flow",
    )


@drawn
def lengths(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the squared length q of the pre-activations against the layer, a panel an init, theory as thin lines."""
    axis = "layer" if door.where(records, metric=LENGTH)["layer"].notna().any() else "depth"
    return _by_init(
        summary(records, LENGTH, axis),
        _theory(records, LENGTH, axis),
        catalogue,
        x="layer",
        y="log₁₀ length q",
        what="lengths of the pre-activations",
    )


@drawn
def centring(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return how far units stand from mean zero, layer by layer: rms of the unit means over the rms activation."""
    return _by_init(
        summary(records, CENTRING, "layer", logs=False),
        _theory(records, CENTRING, "layer"),
        catalogue,
        x="layer",
        y="unit means ÷ activations (rms)",
        what="means of the units",
    )


def factors(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return the factor on the squared gradient per layer, an activation a row and an init a column.

    Measured as 10 to the slope of log10 gradient flow over depth, the theory's own slope behind it in parentheses.
    """
    measured = _slopes(summary(records, FLOW, "depth").rename(columns={"centre": "value", "at": "x"}))
    theory = _slopes(_theory(records, FLOW, "depth").rename(columns={"at": "x"}))
    inits = [init for init in INITS if init in set(measured["init"]) | set(theory["init"])]
    headings = {"activation": "Activation", **{init: naming.word(init) for init in inits}}
    if not inits:
        return unmeasured("gradient flow", {"activation": "Activation"})
    rows = []
    for activation in naming.ordered(catalogue, [*measured["activation"], *theory["activation"]]):
        cells = {init: _pair(measured, theory, activation, init) for init in inits}
        rows.append({"activation": naming.label(catalogue, activation), **cells})
    note = f"Measured, and in parentheses the theory at infinite width; {MISSING} where the init does not exist."
    return Table(pd.DataFrame(rows), headings, numbers=inits, note=note, own=naming.own_labels(catalogue))


def summary(records: pd.DataFrame, metric: str, axis: str, *, logs: bool = True) -> pd.DataFrame:
    """Return the mean over networks with its interval, a row an activation, init and position on an axis.

    With ``logs`` the values are log10 of what is averaged, and the mean and its ends are returned as log10 again.
    """
    rows = door.where(records, experiment="gradient_flow", metric=metric, phase="init", init=INITS)
    network = lead(records)
    rows = rows[rows["network"] == network] if network else rows
    rows = _thinned(rows.dropna(subset=[axis]), axis)
    found = []
    key: Any
    for key, part in rows.groupby(["activation", "init", axis], observed=True):
        activation, init, at = key
        centre, low, high = (intervals.log10_of_mean if logs else intervals.centre)(part["value"])
        found.append((activation, init, int(at), centre, low, high, len(part)))
    return pd.DataFrame(found, columns=["activation", "init", "at", "centre", "low", "high", "n"])


def lead(records: pd.DataFrame) -> str | None:
    """Return the network that theory is given for, None where there is no theory: others differ in width alone."""
    found = door.where(records, experiment="gradient_flow", metric=FLOW, phase="exact")["network"].dropna()
    return str(found.iloc[0]) if len(found) else None


def _thinned(rows: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return the rows of at most ten positions, evenly chosen with the first and the last: a panel shows no more."""
    places = np.sort(rows[axis].unique().astype(int))
    if len(places) <= _SHOWN:
        return rows
    kept = places[np.unique(np.linspace(0, len(places) - 1, _SHOWN).round().astype(int))]
    return rows[rows[axis].isin(kept)]


def _theory(records: pd.DataFrame, metric: str, axis: str) -> pd.DataFrame:
    rows = door.where(records, experiment="gradient_flow", metric=metric, phase="exact").dropna(subset=[axis])
    return rows[["activation", "init", axis, "value"]].rename(columns={axis: "at"}).sort_values("at")


def _slopes(points: pd.DataFrame) -> pd.DataFrame:
    """Return 10 to the slope of value over x (least squares, x from 5 on), a row an activation and init."""
    found = []
    for (activation, init), part in points[points["x"] >= 5].dropna().groupby(["activation", "init"]):
        if part["x"].nunique() > 1:
            slope = np.polyfit(part["x"].to_numpy(float), part["value"].to_numpy(float), 1)[0]
            found.append((activation, init, 10.0**slope))
    return pd.DataFrame(found, columns=["activation", "init", "factor"])


def _pair(measured: pd.DataFrame, theory: pd.DataFrame, activation: str, init: str) -> str:
    texts = []
    for table in (measured, theory):
        own = table.loc[(table["activation"] == activation) & (table["init"] == init), "factor"]
        texts.append(_factor(float(own.iloc[0])) if len(own) else MISSING)
    return MISSING if texts == [MISSING, MISSING] else f"{texts[0]} ({texts[1]})"


def _factor(value: float) -> str:
    """Return a factor with three digits, one that is exactly 1 or 2 too."""
    return number(value, ".2f") if 0.9995 <= value < 99.95 else number(value)


def _by_init(
    measured: pd.DataFrame, theory: pd.DataFrame, catalogue: pd.DataFrame, *, x: str, y: str, what: str
) -> Drawing:
    """Return one panel an init: points with intervals, theory as thin lines, names at the lines' ends."""
    inits = [init for init in INITS if init in set(measured["init"]) | set(theory["init"])]
    if not inits:
        return missing(what)
    strokes = naming.strokes(catalogue, [*measured["activation"], *theory["activation"]])
    height = max(1.75, needed_height(len(strokes)) + 0.1)
    figure, grid = panels(len(inits), 2, height=height, left=0.55, right=1.05)
    for place, (axes, init) in enumerate(zip(grid, inits, strict=True)):
        own, line = measured[measured["init"] == init], theory[theory["init"] == init]
        names = [one for one in strokes if one in set(own["activation"]) | set(line["activation"])]
        ends = [
            _line(axes, own[own["activation"] == one], line[line["activation"] == one], strokes[one], aside)
            for one, aside in zip(names, _asides(len(names), own["at"]), strict=True)
        ]
        axes.set_title(naming.word(init))
        axes.set_xlabel(x)
        axes.set_ylabel(y if place % 2 == 0 else "")
        axes.axhline(0, color=GREY, linewidth=0.6, zorder=1)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlim(0, None)
        labels = [naming.label(catalogue, one) for one in names]
        colours = [str(strokes[one]["color"]) for one in names]
        named = [End(*end) for end in zip(labels, ends, colours, strict=True)]
        at_ends(axes, _cut(axes, [end for end in named if np.isfinite(end.y)]))
    _key(figure, len(inits), theory=bool(len(theory)))
    figure.data = _taken(measured, theory, catalogue, x=x, y=y)
    figure.finding = _told(measured, catalogue, x=x, y=y)
    return figure


def _taken(measured: pd.DataFrame, theory: pd.DataFrame, catalogue: pd.DataFrame, *, x: str, y: str) -> pd.DataFrame:
    """Return every point with its interval, and the theory there where it is known."""
    known = theory.rename(columns={"value": "theory"}).drop_duplicates(["activation", "init", "at"])
    rows = measured.merge(known, on=["activation", "init", "at"], how="outer" if measured.empty else "left")
    columns = {"activation": "activation", "init": "init", "at": x, "centre": y, "low": "95 % low",
               "high": "95 % high", "n": "networks"}  # fmt: skip
    columns |= {"theory": "theory"} if len(theory) else {}
    return sheet(rows.sort_values(["init", "activation", "at"]), catalogue, columns)


def _told(measured: pd.DataFrame, catalogue: pd.DataFrame, *, x: str, y: str) -> str:
    """Return, init by init, the lowest and the highest point at the last position, as a sentence."""
    rows = measured[measured["at"] == measured["at"].max()].dropna(subset=["centre"])
    said = []
    for init in [one for one in INITS if one in set(rows["init"])]:
        own = rows[rows["init"] == init].sort_values("centre", kind="stable")
        low, high = (_one(row, catalogue) for row in (own.iloc[0], own.iloc[-1]))
        same = low.partition(" (")[0] == high.partition(" (")[0]
        span = f"{low.partition(' (')[0]} for all" if same and len(own) > 1 else f"from {low} to {high}"
        said.append(f"{naming.word(init)} {span}")
    place = f"{x.partition(' ')[0]} {int(rows['at'].max())}" if len(rows) else ""
    return f"{y[0].upper()}{y[1:]} at {place}: {'; '.join(said)}." if said else ""


def _one(row: pd.Series, catalogue: pd.DataFrame) -> str:
    """Return a point and its interval in words: 12.3 [11.9, 12.8] (ReLU)."""
    value, low, high = (number(float(row[one])) for one in ("centre", "low", "high"))
    ends = f" [{low}, {high}]" if pd.notna(row["low"]) else ""
    return f"{value}{ends} ({naming.label(catalogue, str(row['activation']))})"


def _asides(count: int, at: pd.Series) -> np.ndarray:
    """Return factors close to 1, one an activation, so that points at the same depth stay visible side by side."""
    return 1 + (np.arange(count) - (count - 1) / 2) * (0.005 if at.nunique() <= 12 else 0.0)


def _line(axes: Axes, points: pd.DataFrame, curve: pd.DataFrame, stroke: dict[str, object], aside: float) -> float:
    """Draw one activation and return the height at which it ends."""
    points = points.sort_values("at")
    colour, few = str(stroke["color"]), len(points) <= 12
    line = curve if len(curve) else points.rename(columns={"centre": "value"})
    axes.plot(line["at"], line["value"], color=colour, linestyle=stroke["linestyle"], linewidth=0.9, zorder=2)
    axes.errorbar(
        points["at"] * aside, points["centre"], yerr=intervals.bars(points["centre"], points["low"], points["high"]),
        color=colour, linestyle="none", marker=str(stroke["marker"]), markersize=2.6 if few else 1.6,
        elinewidth=0.8, zorder=3,
    )  # fmt: skip
    last = points["centre"].dropna() if len(points) else curve["value"]
    return float(last.iloc[-1]) if len(last) else float("nan")


def _cut(axes: Axes, ends: Sequence[End]) -> list[End]:
    """Cut a scale that a single line would stretch for all others, and write where that line ends beside its name."""
    heights = sorted(end.y for end in ends)
    if len(heights) < 3 or heights[0] > _FAR * min(heights[1], -_NEAR):
        return list(ends)
    floor = 1.15 * heights[1]
    axes.set_ylim(bottom=floor)
    return [End(f"{end.text} ↓ {number(end.y, '.0f')}", floor, end.colour) if end.y < floor else end for end in ends]


def _key(figure: Drawing, count: int, *, theory: bool) -> None:
    """Say what points and lines are, in the free place of an odd grid."""
    said = ["points: measured, with 95 % interval over networks"]
    said += ["thin lines: theory at infinite width", "vertical scales differ"] if theory else ["lines join the points"]
    if count % 2 and count > 1:
        y = 0.5 / -(-count // 2)
        figure.text(0.58, y, "\n".join(said), fontsize=SMALL, color=GREY, va="center", linespacing=1.7)
