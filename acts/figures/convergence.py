"""Convergence: loss curves of tuned runs, paired differences from a reference, and how wide the good rates are."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from acts import stats
from acts.figures import cells, intervals, naming
from acts.figures.choices import diverged, inits, targets
from acts.figures.dots import Dot, beside, log_limits, rows_of_dots
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.palette import GREY, PALE
from acts.figures.rates import GOOD, band_widths, octaves, response
from acts.figures.results import spanned
from acts.figures.scales import plain
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import number

__all__ = [
    "GOOD", "bands", "differences", "diverged", "inits", "losses", "octaves", "paired_ratios", "response",
    "targets",
]  # fmt: skip

_WHERE = {"dataset": "data set", "network": "network", "activation": "activation"}
_ENDS = {"low": "95 % low", "high": "95 % high", "n": "seeds"}
_APART = 4  # evaluations from one mark on a line to the next
MARGIN = 0.05  # of loss, set before the run
ALIKE = (1 - MARGIN, 1 / (1 - MARGIN))  # ratios inside the margin: 5 % less, or as much less seen from the other side


@drawn
def losses(records: pd.DataFrame, catalogue: pd.DataFrame, *, optimizer: str = "sgd") -> Drawing:
    """Return test loss against step of the tuned runs, a panel a data set and network, a line an activation.

    Lines are geometric means over paired seeds (on ranks where a run diverged), bands their interval.
    """
    rows = cells.final(records, "loss")
    rows = rows[rows["optimizer"] == optimizer]
    if rows.empty:
        return missing(f"loss curves with {naming.word(optimizer)}")
    strokes = naming.strokes(catalogue, rows["activation"])
    present = sorted(cells.pairs(rows))
    found = _curves(rows)
    height = max(1.5, needed_height(len(strokes)) + 0.05)
    figure, grid = panels(len(present), 2, height=height, left=0.55, right=1.0, bottom=0.26, foot=0.2)
    for place, (axes, pair) in enumerate(zip(grid, present, strict=True)):
        _losses(axes, cells.of(found, *pair), strokes, catalogue)
        axes.set_title(cells.titled(pair))
        axes.set_xlabel("step" if place >= len(present) - 2 else "")
        axes.set_ylabel("test loss (nats)" if place % 2 == 0 else "")
    columns = {**_WHERE, "step": "step", "middle": "test loss (nats)", **_ENDS}
    figure.data = sheet(found, catalogue, columns)
    figure.finding = f"With {naming.word(optimizer)}, test loss after the last step. {_last(found, present, catalogue)}"
    return figure


def _curves(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the geometric mean of the loss over seeds with its interval, by cell, activation and step."""
    key = ["dataset", "network", "activation", "step"]
    groups = rows[[*key, "value"]].groupby(key)["value"]
    found = [(*group, *intervals.geometric(part), len(part)) for group, part in groups]
    return pd.DataFrame(found, columns=[*key, "middle", "low", "high", "n"]).astype({"step": int})


def _last(found: pd.DataFrame, present: list[tuple[str, str]], catalogue: pd.DataFrame) -> str:
    """Return the lowest and the highest loss after the last step, cell by cell."""
    said = []
    for pair in present:
        own = cells.of(found, *pair)
        own = own[own["step"] == own["step"].max()].sort_values("middle", kind="stable")
        ends = [
            f"{number(float(row['middle']))} nats ({naming.label(catalogue, str(row['activation']))})"
            for row in (own.iloc[0], own.iloc[-1])
        ]
        said.append(f"{cells.titled(pair)}: {ends[0]} to {ends[1]}")
    return f"{'; '.join(said)}."


def _losses(axes: Axes, curves: pd.DataFrame, strokes: dict[str, dict[str, object]], catalogue: pd.DataFrame) -> None:
    axes.set_yscale("log")
    ends = []
    for place, name in enumerate(one for one in strokes if one in set(curves["activation"])):
        stroke: dict[str, Any] = strokes[name]
        curve = curves[curves["activation"] == name].sort_values("step")
        steps, middle, low, high = (curve[one].to_numpy(float) for one in ("step", "middle", "low", "high"))
        axes.plot(steps, middle, **stroke, linewidth=1.1, markersize=2.8, markevery=(place % _APART, _APART))
        axes.fill_between(steps, low, high, color=stroke["color"], alpha=0.09, linewidth=0)
        ends.append(End(naming.label(catalogue, name), float(middle[-1]), str(stroke["color"])))
    axes.set_xlim(0, float(curves["step"].max()))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    plain(axes.yaxis, *axes.get_ylim(), count=6)
    at_ends(axes, [end for end in ends if np.isfinite(end.y)])


@drawn
def differences(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Drawing:
    """Return loss area relative to a reference activation, paired by seed, a panel a data set and network.

    Points are geometric means of the paired ratios with the exact sign-flip interval (on ranks where a run diverged);
    the band is the margin inside which two activations count as practically equivalent.
    """
    ratios = paired_ratios(records, reference=reference)
    if ratios.empty:
        return missing(f"differences from {naming.label(catalogue, reference)}")
    limits = log_limits(ratios[["middle", "low", "high"]].to_numpy(float).ravel())
    x = f"loss area ÷ that of {naming.label(catalogue, reference)}"
    figure, grid = _dots(ratios, catalogue, x=x, limits=limits, log=True)
    for axes in grid:
        axes.axvspan(*ALIKE, color=PALE, alpha=0.4, linewidth=0, zorder=0)
        axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
    figure.data = sheet(ratios, catalogue, {**_WHERE, "optimizer": "optimiser", "middle": x, **_ENDS})
    figure.finding = _means(ratios, catalogue, f"{x[0].upper()}{x[1:]}, lowest and highest")
    return figure


def paired_ratios(records: pd.DataFrame, *, reference: str = "relu") -> pd.DataFrame:
    """Return loss area over the reference's, a row a data set, network, optimiser and activation, with its interval."""
    keys = ["dataset", "network", "optimizer"]
    found = []
    for key, part in cells.final(records, "loss_area").groupby(keys):
        wide = part.pivot(index="seed", columns="activation", values="value")
        for activation in wide.columns.drop(reference, errors="ignore") if reference in wide else ():
            both = wide[[activation, reference]].dropna()
            if len(both):
                logs = stats.log_ratio(both[activation].to_numpy(float), both[reference].to_numpy(float))
                ends = [float(np.exp(end)) for end in intervals.centre(logs)]
                found.append((*key, activation, *ends, len(both)))
    return pd.DataFrame(found, columns=[*keys, "activation", "middle", "low", "high", "n"])


@drawn
def bands(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the width of the good band of learning rates, a panel a data set and network."""
    widths = band_widths(records)
    if widths.empty:
        return missing("width of the good band of learning rates")
    highest = float(np.nanmax(widths[["middle", "high"]].to_numpy(float)))
    x = "good rates span (octaves)"
    figure, _ = _dots(widths, catalogue, x=x, limits=(0.0, max(1.0, 1.05 * highest)), log=False)
    figure.data = sheet(widths, catalogue, {**_WHERE, "optimizer": "optimiser", "middle": x, **_ENDS})
    figure.finding = _means(widths, catalogue, "Good rates, narrowest and widest band in octaves")
    return figure


def _means(found: pd.DataFrame, catalogue: pd.DataFrame, what: str) -> str:
    """Return the least and the greatest point of every panel and optimiser with its interval, as a sentence."""
    said = []
    for pair in cells.pairs(found):
        for one in [one for one in cells.OPTIMIZERS if one in set(found["optimizer"])]:
            own = cells.of(found, *pair)
            own = own[own["optimizer"] == one].dropna(subset=["middle"]).sort_values("middle", kind="stable")
            if len(own):
                ends = [_point(row.to_dict(), catalogue) for row in (own.iloc[0], own.iloc[-1])]
                said.append(f"{cells.titled(pair)}, {naming.word(one)}: {ends[0]}, {ends[1]}")
    return f"{what}: {'; '.join(said)}."


def _point(row: dict[Any, Any], catalogue: pd.DataFrame) -> str:
    """Return a point and its interval in words: Mish 0.86 [0.81, 0.91]."""
    return f"{naming.label(catalogue, str(row['activation']))} {spanned(row)}"


def _dots(
    found: pd.DataFrame, catalogue: pd.DataFrame, *, x: str, limits: tuple[float, float], log: bool
) -> tuple[Drawing, list[Axes]]:
    """Return panels of data sets (columns) and networks (rows), an activation a row, an optimiser a mark."""
    pairs = cells.pairs(found)
    names = naming.ordered(catalogue, found["activation"])
    labels = {name: naming.label(catalogue, name) for name in names}
    strokes = naming.strokes(catalogue, names)
    columns = max(1, min(3, found["dataset"].nunique()))
    figure, grid = beside(len(pairs), columns, list(labels.values()))
    for place, (axes, pair) in enumerate(zip(grid, pairs, strict=True)):
        dots = [
            Dot(labels[row["activation"]], row["middle"], row["low"], row["high"],
                str(strokes[row["activation"]]["color"]), hollow=row["optimizer"] != "sgd")
            for row in cells.of(found, *pair).to_dict("records")
        ]  # fmt: skip
        rows_of_dots(axes, dots, list(labels.values()), limits=limits, log=log)
        axes.set_title(cells.titled(pair))
        axes.set_xlabel(x if place >= len(pairs) - columns else "")
        for tick, name in zip(axes.get_yticklabels() if place % columns == 0 else (), names, strict=False):
            tick.set_color(str(strokes[name]["color"]))
    _key(figure, grid[0], [one for one in cells.OPTIMIZERS if one in set(found["optimizer"])])
    return figure, grid


def _key(figure: Drawing, axes: Axes, optimizers: list[str]) -> None:
    """Say below the panels which mark is which optimiser: SGD filled, the others hollow."""
    width, height = figure.get_size_inches()
    x = axes.get_position().x0
    for one in optimizers:
        face = GREY if one == "sgd" else "none"
        mark = Line2D([x], [0.06 / height], marker="o", markersize=4, markeredgecolor=GREY, markerfacecolor=face)
        figure.add_artist(mark)
        figure.text(x + 0.08 / width, 0.0, naming.word(one), fontsize=SMALL, color=GREY, va="bottom")
        x += 0.6 / width
