"""Asides: contrasts that stand beside the tournament: networks of one hidden layer, and Leaky ReLU by its slope."""

import re
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.figures import arms, intervals, naming, tasks
from acts.figures.dots import Dot, log_limits, rows_of_dots
from acts.figures.palette import GREY, OWN, PALE, quiet
from acts.figures.scales import plain
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, missing, panels, text_width

_ROW, _TOP, _BOTTOM, _BETWEEN = 0.16, 0.28, 0.42, 0.14  # inches
_ABREAST = 4  # panels of networks of one hidden layer; more are set in lines, a network each
_SLOPE = re.compile(r"leaky_relu\(alpha=(?P<alpha>[0-9.]+)\)")
PLAIN_SLOPE = 0.01  # Leaky ReLU's own


@drawn
def shallow(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "sigmoid") -> Drawing:
    """Return test errors of networks with one hidden layer relative to the reference's, a row a data set.

    A panel a network and rival; points are paired ratios with the exact interval over seeds, filled where the interval
    leaves out 1. A rival to the left of 1 makes fewer mistakes than the reference.
    """
    found = tasks.judged(records, aside=True)
    found = found[
        found["network"].map(tasks.shallow).astype(bool) & ~found["activation"].map(naming.variant).astype(bool)
    ]
    ratios = tasks.contrasts(found, reference=reference).dropna(subset=["middle"])
    if ratios.empty:
        return missing("networks of one hidden layer")
    ratios = ratios.merge(found[["task", "dataset", "network"]].drop_duplicates(), on="task")
    rows = sorted({naming.word(str(one)) for one in ratios["dataset"]}, key=str.casefold)
    places = sorted(
        {(naming.width(str(n)), str(n), str(a)) for n, a in zip(ratios["network"], ratios["activation"], strict=True)}
    )
    limits = log_limits(ratios[["middle", "low", "high"]].to_numpy(float).ravel(), widest=3.0)
    colours = naming.inks(catalogue, [rival for *_, rival in places])
    columns = len(places) if len(places) <= _ABREAST else len(colours)
    blank = "\n" if set(OWN) & set(colours.values()) else " "  # an own name in bold has a line of its own
    figure, grid = _beside(len(places), columns, rows, top=_TOP + 0.14 * (blank == "\n"))
    for place, (axes, (_, network, rival)) in enumerate(zip(grid, places, strict=True)):
        colour = colours[rival]
        own = ratios[(ratios["network"] == network) & (ratios["activation"] == rival)]
        dots = [_dot(row, colour) for row in own.to_dict("records")]
        rows_of_dots(axes, dots, rows, limits=limits, log=True, apart=False)
        axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
        axes.set_yticks(range(len(rows)), rows if place % columns == 0 else [""] * len(rows))
        axes.tick_params(axis="y", labelsize=SMALL, length=0, pad=9)
        title = f"{naming.label(catalogue, rival)},{blank}{naming.word(network)}"
        axes.set_title(title, color=colour, fontsize=SMALL + 1)
        axes.set_xlabel(f"ratio to {naming.label(catalogue, reference)}")
    name = naming.label(catalogue, reference)
    headings = {"activation": "activation", "network": "network", "dataset": "data set",
               "middle": f"test error, ratio to {name}", **arms.ENDS}  # fmt: skip
    figure.data = sheet(ratios, catalogue, headings)
    sure = ratios[(ratios["high"] < 1) | (ratios["low"] > 1)]
    lower, better = int((ratios["middle"] < 1).sum()), int((sure["high"] < 1).sum())
    figure.finding = (
        f"Of {len(ratios)} contrasts with {name}, {lower} are below 1, {better} of them with their whole interval; "
        f"{len(sure) - better} have theirs above 1."
    )
    return figure


def _dot(row: dict[Any, Any], colour: str) -> Dot:
    apart = bool(row["high"] < 1 or row["low"] > 1)
    title = naming.word(str(row["dataset"]))
    return Dot(title, row["middle"], row["low"], row["high"], colour if apart else quiet(colour), hollow=not apart)


def _beside(count: int, columns: int, rows: list[str], *, top: float) -> tuple[Drawing, list[Axes]]:
    """Return panels, so many abreast, that share the names of their rows, left of the first column."""
    left = 0.2 + max(text_width(row, SMALL) for row in rows)
    inside = _ROW * len(rows)
    lines, each = -(-count // columns), top + inside + _BOTTOM
    tall, wide = lines * each, (WIDTH - left - 0.08 - (columns - 1) * _BETWEEN) / columns
    figure, grid = Drawing(figsize=(WIDTH, tall)), []
    for place in range(count):
        line, column = divmod(place, columns)
        x, y = left + column * (wide + _BETWEEN), (lines - 1 - line) * each + _BOTTOM
        grid.append(figure.add_axes((x / WIDTH, y / tall, wide / WIDTH, inside / tall)))
    return figure, grid


@drawn
def slopes(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the outcome of Leaky ReLU by its slope, relative to a slope of 0.01: a line a task, and their mean.

    The mean is geometric, with the interval over tasks; ReLU, slope 0, stands at the left end where it was trained.
    """
    found = slope_ratios(records)
    if found["alpha"].nunique() < 2:
        return missing("Leaky ReLU with several slopes")
    figure, (axes,) = panels(1, 1, height=2.1, left=0.62, right=2.2)
    alphas = sorted(found["alpha"].unique())
    at = {alpha: place for place, alpha in enumerate(alphas)}
    for _, own in found.groupby("task"):
        own = own.sort_values("alpha")
        axes.plot(own["alpha"].map(at), own["middle"], color=PALE, linewidth=0.8, zorder=1)
    means = [intervals.geometric(found.loc[found["alpha"] == alpha, "middle"]) for alpha in alphas]
    middle, low, high = (np.array(end) for end in zip(*means, strict=True))
    colour = naming.colour(catalogue, "leaky_relu")
    axes.errorbar(
        range(len(alphas)), middle, yerr=intervals.bars(pd.Series(middle), pd.Series(low), pd.Series(high)),
        color=colour, marker="o", markersize=3.5, elinewidth=1.0, linewidth=1.2, zorder=3,
    )  # fmt: skip
    axes.axhline(1, color=GREY, linewidth=0.7)
    axes.set_xticks(range(len(alphas)), [f"{alpha:.3g}" for alpha in alphas])
    axes.set_yscale("log")
    ends = found["middle"].replace([np.inf, 0], np.nan).dropna()
    limits = float(max(ends.min(), 0.4) * 0.97), float(min(ends.max(), 2.5) * 1.03)
    axes.set_ylim(*limits)
    plain(axes.yaxis, *limits)
    axes.set_xlabel("slope of the negative side (0: ReLU)")
    axes.set_ylabel("ratio to a slope of 0.01")
    figure.text(
        0.68, 0.6, f"grey: {found['task'].nunique()} tasks\nline: geometric mean over tasks\nwith its 95 % interval",
        fontsize=SMALL, color=GREY, va="center", linespacing=1.7,
    )  # fmt: skip
    best = alphas[int(np.nanargmin(middle))]
    worst = alphas[int(np.nanargmax(middle))]
    figure.finding = (
        f"The mean over tasks is lowest at a slope of {best:g}, {np.nanmin(middle):.3g} times that at 0.01, and "
        f"highest at {worst:g}, {np.nanmax(middle):.3g} times."
    )
    over = pd.DataFrame({"task": "mean over tasks", "alpha": alphas, "middle": middle, "low": low, "high": high})
    columns = {"task": "task", "alpha": "slope α", "middle": "ratio to a slope of 0.01", "low": "95 % low",
               "high": "95 % high"}  # fmt: skip
    figure.data = sheet(pd.concat([found.sort_values(["task", "alpha"]), over]), catalogue, columns)
    return figure


def slope_ratios(records: pd.DataFrame) -> pd.DataFrame:
    """Return the ratio to Leaky ReLU's own slope by task and slope, over the tasks that tried several."""
    found = tasks.judged(records, aside=True)
    found = found.assign(alpha=found["activation"].map(_alpha).astype(float)).dropna(subset=["alpha"])
    several = found.groupby("task")["alpha"].transform("nunique") > 2
    found = found[several & (found.groupby("task")["alpha"].transform(lambda own: (own == PLAIN_SLOPE).any()))]
    ratios = tasks.contrasts(found, reference="leaky_relu")
    own = [(task, PLAIN_SLOPE, 1.0) for task in ratios["task"].unique()]
    known = [(row["task"], _alpha(row["activation"]), row["middle"]) for row in ratios.to_dict("records")]
    return pd.DataFrame([*known, *own], columns=["task", "alpha", "middle"]).dropna()


def _alpha(activation: str) -> float:
    """Return the slope of a Leaky ReLU, 0 for ReLU, NaN for others."""
    fixed = {"relu": 0.0, "leaky_relu": PLAIN_SLOPE}
    variant = _SLOPE.fullmatch(activation)
    return float(variant["alpha"]) if variant else fixed.get(activation, float("nan"))
