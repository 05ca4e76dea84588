"""Born: how often random ReLU networks are dead from the start, by depth and width."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from acts import records as door
from acts.figures import intervals
from acts.figures.palette import FAMILIES, GREY, INK
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, missing, panels
from acts.figures.table import number


@drawn
def born(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:  # noqa: ARG001 - figures share one signature
    """Return the share of networks that are born dead against their layers of weights, a panel a width.

    Points are measured with their interval over blocks of networks, the grey line is the bound, a cross the exact
    value where it is known.
    """
    found = _known(records)
    if found.empty:
        return missing("networks that are born dead")
    widths = sorted(found["width"].unique())
    figure, grid = panels(len(widths), 4, height=1.6, left=0.36, right=0.1, bottom=0.36, foot=0.2)
    for place, (axes, width) in enumerate(zip(grid, widths, strict=True)):
        _panel(axes, found[found["width"] == width])
        axes.set_title(f"{width} units a layer")
        axes.set_xlabel("layers of weights", labelpad=2)
        axes.set_ylabel("networks born dead (%)" if place % 4 == 0 else "")
        axes.tick_params(labelleft=place % 4 == 0)
    figure.text(
        0.36 / WIDTH, 0.0, "points: measured, with 95 % interval; grey line: upper bound; ×: exact value",
        color=GREY, fontsize=SMALL, va="bottom",
    )  # fmt: skip
    columns = {"width": "units a layer", "layers": "layers of weights", "middle": "born dead (%)", "low": "95 % low",
               "high": "95 % high", "n": "blocks of networks", "bound": "upper bound (%)",
               "exact": "exact (%)"}  # fmt: skip
    figure.data = sheet(found, pd.DataFrame(), columns)
    figure.finding = _told(found, widths)
    return figure


def _known(records: pd.DataFrame) -> pd.DataFrame:
    """Return measured shares with their interval, the bound and the exact value, in per cent, by width and layers."""
    key = ["width", "layers"]
    groups = _sized(records, "born_dead_share").groupby(key)["value"]
    found = [(*size, *(100 * end for end in intervals.centre(part)), len(part)) for size, part in groups]
    table = pd.DataFrame(found, columns=[*key, "middle", "low", "high", "n"])
    for name, metric in (("bound", "born_dead_bound"), ("exact", "born_dead_probability")):
        value = 100 * _sized(records, metric).drop_duplicates(key).set_index(key)["value"]
        table[name] = value.reindex(pd.MultiIndex.from_frame(table[key])).to_numpy(float)
    return table


def _panel(axes: Axes, own: pd.DataFrame) -> None:
    """Draw the bound, the measured shares with their intervals and the exact value of networks of one width."""
    colour = FAMILIES["rectifier"]
    axes.plot(own["layers"], own["bound"], color=GREY, linewidth=1.0, zorder=1)
    axes.errorbar(
        own["layers"], own["middle"], yerr=intervals.bars(own["middle"], own["low"], own["high"]), color=colour,
        marker="o", markersize=2.4, linewidth=0.9, elinewidth=0.8,
    )  # fmt: skip
    axes.plot(own["layers"], own["exact"], linestyle="none", marker="x", markersize=6.5, color=INK, zorder=4)
    axes.set_ylim(-3, 103)
    axes.set_xlim(1, float(own["layers"].max()) + 1)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _told(found: pd.DataFrame, widths: list[int]) -> str:
    """Return the share of the deepest networks of every width, and its bound, as a sentence."""
    deepest = found["layers"].max()
    last = found[(found["layers"] == deepest) & found["width"].isin(widths)]
    said = [
        f"{row['width']} units {number(row['middle'])} % (bound {number(row['bound'])} %)"
        for row in last.to_dict("records")
    ]
    return f"Born dead with {deepest:g} layers of weights: {'; '.join(said)}."


def _sized(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric with the layers of weights and the width that a network's name says."""
    rows = door.where(records, experiment="dead_units", arm="study=born", metric=metric)
    sizes = rows["network"].str.extract(r"_(\d+)x(\d+)").astype(float)
    return rows.assign(layers=sizes[0] + 1, width=sizes[1].astype(np.float64).astype("Int64"))
