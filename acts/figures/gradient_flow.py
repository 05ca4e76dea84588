"""Gradient flow: signal norms through networks at initialisation, with the theory drawn over the measurement."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from acts import records as door
from acts import stats
from acts.figures import naming
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.palette import GREY
from acts.figures.style import SMALL, drawn, missing, panels
from acts.figures.table import MISSING, Table, number, unmeasured

INITS = ("torch_default", "lecun", "he", "stable", "critical")
FLOW = "log10_gradient_ratio"
LENGTH = "log10_length"
CENTRING = "unit_mean_rms_ratio"


@drawn
def flow(records: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:
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
def lengths(records: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:
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
def centring(records: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:
    """Return how far units stand from mean zero, layer by layer: rms of the unit means over the rms activation."""
    return _by_init(
        summary(records, CENTRING, "layer", logs=False),
        _theory(records, CENTRING, "layer"),
        catalogue,
        x="layer",
        y="rms of unit means ÷ rms",
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
    return Table(pd.DataFrame(rows), headings, numbers=inits, note=note)


def summary(records: pd.DataFrame, metric: str, axis: str, *, logs: bool = True) -> pd.DataFrame:
    """Return the mean over networks with its interval, a row an activation, init and position on an axis.

    With ``logs`` the values are log10 of what is averaged, and the mean and its ends are returned as log10 again.
    """
    rows = door.where(records, experiment="gradient_flow", metric=metric, phase="init")
    rows = rows.dropna(subset=[axis])
    found = []
    for (activation, init, at), part in rows.groupby(["activation", "init", axis], observed=True):
        centre, low, high = _mean(part["value"].to_numpy(float), logs=logs)
        found.append((activation, init, int(at), centre, low, high, len(part)))
    return pd.DataFrame(found, columns=["activation", "init", "at", "centre", "low", "high", "n"])


def _mean(values: np.ndarray, *, logs: bool) -> tuple[float, float, float]:
    """Return mean, low and high; of logs, the logs of those of the numbers themselves, scaled so that none underflows."""
    if not np.isfinite(values).all():
        return float(np.nan), float(np.nan), float(np.nan)
    top = values.max() if logs else 0.0
    scaled = 10.0 ** (values - top) if logs else values
    low, high = stats.sign_flip_interval(scaled) if len(scaled) > 1 else (np.nan, np.nan)
    ends = [float(scaled.mean()), float(low), float(high)]
    if not logs:
        return ends[0], ends[1], ends[2]
    centre, low, high = (top + np.log10(max(end, 1e-300)) for end in ends)
    return float(centre), float(low), float(high)


def _theory(records: pd.DataFrame, metric: str, axis: str) -> pd.DataFrame:
    rows = door.where(records, experiment="gradient_flow", metric=metric, phase="exact").dropna(subset=[axis])
    return rows[["activation", "init", axis, "value"]].rename(columns={axis: "at"}).sort_values("at")


def _slopes(points: pd.DataFrame) -> pd.DataFrame:
    """Return 10 to the least-squares slope of value over x, a row an activation and init; depths below 5 are left out."""
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
        texts.append(number(float(own.iloc[0])) if len(own) else MISSING)
    return MISSING if texts == [MISSING, MISSING] else f"{texts[0]} ({texts[1]})"


def _by_init(
    measured: pd.DataFrame, theory: pd.DataFrame, catalogue: pd.DataFrame, *, x: str, y: str, what: str
) -> Figure:
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
        ends = [_line(axes, own, line, one, strokes[one], naming.label(catalogue, one)) for one in names]
        axes.set_title(naming.word(init))
        axes.set_xlabel(x)
        axes.set_ylabel(y if place % 2 == 0 else "")
        axes.axhline(0, color=GREY, linewidth=0.6, zorder=1)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlim(0, None)
        at_ends(axes, _distinct(ends))
    if theory.empty:
        return figure
    return _key(figure, len(inits))


def _line(
    axes: Axes, measured: pd.DataFrame, theory: pd.DataFrame, activation: str, stroke: dict[str, object], label: str
) -> End:
    """Draw one activation and return where its name belongs."""
    points = measured[measured["activation"] == activation].sort_values("at")
    curve = theory[theory["activation"] == activation]
    colour = str(stroke["color"])
    axes.plot(curve["at"], curve["value"], color=colour, linestyle=stroke["linestyle"], linewidth=0.9, zorder=2)
    few = len(points) <= 12
    spans = [points["centre"] - points["low"], points["high"] - points["centre"]]
    axes.errorbar(
        points["at"], points["centre"], yerr=np.nan_to_num(np.clip(spans, 0, None)), color=colour, linestyle="none",
        marker=str(stroke["marker"]), markersize=2.8 if few else 1.6, elinewidth=0.9, zorder=3,
    )  # fmt: skip
    last = points["centre"].dropna() if len(points) else curve["value"]
    return End(label, float(last.iloc[-1]) if len(last) else float("nan"), colour)


def _distinct(ends: Sequence[End]) -> list[End]:
    return [end for end in ends if np.isfinite(end.y)]


def _key(figure: Figure, count: int) -> Figure:
    """Say what points and lines are, in the free place of an odd grid, else below the last panel."""
    text = "points: measured, with 95 % interval over networks\nthin lines: theory at infinite width\nvertical scales differ"
    if count % 2:
        figure.text(0.58, 0.5 / -(-count // 2), text, fontsize=SMALL, color=GREY, va="center", linespacing=1.7)
    return figure
