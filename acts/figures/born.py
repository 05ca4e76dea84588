"""Born: how often random ReLU networks are dead from the start, by depth and width."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from acts import records as door
from acts.figures import intervals
from acts.figures.labels import End, at_ends
from acts.figures.palette import FAMILIES, GREY
from acts.figures.style import SMALL, drawn, missing, panels

_DASHES = ("solid", (0.0, (5.0, 1.5)), (0.0, (1.2, 1.2)), (0.0, (5.0, 1.4, 1.2, 1.4)))


@drawn
def born(records: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:  # noqa: ARG001 - figures share one signature
    """Return the share of networks that are born dead against their layers of weights, a line a width.

    Points are measured with their interval over blocks of networks, grey lines the bound, crosses the exact value.
    """
    rows = _sized(records, "born_dead_share")
    if rows.empty:
        return missing("networks that are born dead")
    bounds, exact = _sized(records, "born_dead_bound"), _sized(records, "born_dead_probability")
    figure, (axes,) = panels(1, 1, height=2.6, left=0.6, right=1.5)
    axes.set_ylim(-3, 103)
    axes.set_xlim(1.5, float(rows["layers"].max()) + 0.5)
    ends = []
    for place, width in enumerate(sorted(rows["width"].unique())):
        colour, dash = FAMILIES["rectifier"], _DASHES[place % len(_DASHES)]
        bound = bounds[bounds["width"] == width].sort_values("layers")
        axes.plot(bound["layers"], 100 * bound["value"], color=GREY, linewidth=0.8, linestyle=dash, zorder=1)
        last = _points(axes, rows[rows["width"] == width], colour, dash)
        ends.append(End(f"{width} units a layer", last, colour))
        known = exact[exact["width"] == width]
        axes.plot(known["layers"], 100 * known["value"], linestyle="none", marker="x", markersize=7, color=GREY)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.set_xlabel("layers of weights")
    axes.set_ylabel("networks born dead (%)")
    at_ends(axes, ends)
    said = "points: measured\ngrey lines: upper bound\ncrosses: exact value"
    axes.text(0.015, 0.98, said, transform=axes.transAxes, fontsize=SMALL, color=GREY, va="top", linespacing=1.5)
    return figure


def _points(axes: Axes, rows: pd.DataFrame, colour: str, dash: object) -> float:
    """Draw the measured shares of one width with their intervals and return the last one."""
    found = [(layers, *intervals.centre(part["value"])) for layers, part in rows.groupby("layers")]
    table = pd.DataFrame(found, columns=["layers", "middle", "low", "high"])
    middle, low, high = (100 * table[column] for column in ("middle", "low", "high"))
    axes.errorbar(
        table["layers"], middle, yerr=intervals.bars(middle, low, high), color=colour, linestyle=dash, marker="o",
        markersize=2.6, linewidth=0.9, elinewidth=0.8,
    )  # fmt: skip
    return float(middle.iloc[-1])


def _sized(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric with the layers of weights and the width that a network's name says."""
    rows = door.where(records, experiment="dead_units", arm="study=born", metric=metric)
    sizes = rows["network"].str.extract(r"_(\d+)x(\d+)").astype(float)
    return rows.assign(layers=sizes[0] + 1, width=sizes[1].astype(np.float64).astype("Int64"))
