"""Bargains: what a function's outcome on tasks is against the time that it costs."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.figures import naming, tasks, timings
from acts.figures.dots import log_limits
from acts.figures.labels import spread
from acts.figures.palette import GREY
from acts.figures.results import spanned
from acts.figures.scales import plain
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import number

REFERENCE = "relu"
_BESIDE = 0.03  # of the time with ReLU: names of what is a little quicker stand left of it, clear of slower ones
_FARTHEST = 3.0  # the largest ratio of outcomes that is drawn to scale


@drawn
def accuracy(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return test outcome against the time of a step, an activation a point with both intervals.

    Upwards is the mean over the tournament's tasks of error, or loss, as a ratio to ReLU's; across is the mean over
    the networks and batches whose steps were timed.
    """
    found = tasks.judged(records)
    outcome = tasks.over_tasks(tasks.contrasts(found)) if len(found) else pd.DataFrame()
    time = timings.mean_step(records)
    if outcome.empty or time.empty:
        return missing("outcomes on tasks beside the time of a step")
    both = outcome.merge(time, on="activation", suffixes=("", "_time"))
    both = both[both["activation"] != REFERENCE]
    if both.empty:
        return missing("outcomes on tasks beside the time of a step")
    figure, (axes,) = panels(1, 1, height=3.4, left=0.6, right=0.6, top=0.3)
    axes.set_yscale("log")
    low, high = log_limits(both["middle"].to_numpy(float), widest=_FARTHEST, narrowest=1.25)
    axes.set_ylim(low, high)
    points: list[dict] = [*both.to_dict("records"), {"activation": REFERENCE, "middle": 1.0, "middle_time": 1.0}]
    heights = [float(np.clip(np.log(row["middle"]), np.log(low), np.log(high))) for row in points]
    apart = 1.2 * SMALL / 72 / 3.4 * np.log(high / low)
    colours = naming.inks(catalogue, [row["activation"] for row in points])
    names = spread(heights, apart, low=np.log(low) + apart / 2, high=np.log(high) - apart / 2)
    for row, height, own in zip(points, names, heights, strict=True):
        label = naming.label(catalogue, row["activation"])
        _bargain(axes, label, row, colour=colours[row["activation"]], y=float(np.exp(own)), name=float(np.exp(height)))
    plain(axes.yaxis, low, high)
    axes.axhline(1, color=GREY, linewidth=0.6, zorder=1)
    axes.axvline(1, color=GREY, linewidth=0.6, zorder=1)
    axes.set_xlabel("time of a step ÷ that with ReLU")
    axes.set_ylabel("error or loss ÷ that of ReLU")
    columns = {"activation": "activation", "middle": "error or loss ÷ that of ReLU", "low": "95 % low",
               "high": "95 % high", "n": "tasks", "middle_time": "time of a step ÷ that with ReLU",
               "low_time": "time, 95 % low", "high_time": "time, 95 % high"}  # fmt: skip
    figure.data = sheet(both, catalogue, columns)
    told = [
        f"{naming.label(catalogue, row['activation'])} {spanned(row)} at {number(row['middle_time'], 3)} times the time"
        for row in both.sort_values("middle").to_dict("records")
    ]
    figure.finding = f"Outcome relative to ReLU, the best first: {'; '.join(told)}."
    return figure


def _bargain(axes: Axes, label: str, row: dict, *, colour: str, y: float, name: float) -> None:
    """Draw an activation with its intervals, where it has them, and its name at a height that no other takes."""
    x = row["middle_time"]
    if "low" in row:
        axes.plot([row["low_time"], row["high_time"]], [y] * 2, color=colour, linewidth=0.8)
        axes.plot([x] * 2, [row["low"], row["high"]], color=colour, linewidth=0.8)
    inside = y == row["middle"] or "low" not in row
    axes.plot([x], [y], marker="o" if inside else "^", color=colour, linestyle="none", clip_on=inside)
    left = 1 - _BESIDE < x < 1
    axes.annotate(
        label,
        (x, name),
        xytext=(-4 if left else 4, 1.5),
        textcoords="offset points",
        color=colour,
        fontsize=SMALL,
        ha="right" if left else "left",
        va="bottom",
    )
