"""Responses: how the tuned outcome depends on the learning rate, task by task."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from acts.figures import naming, tasks
from acts.figures.labels import End, at_ends
from acts.figures.palette import GREY, PALE
from acts.figures.scales import plain
from acts.figures.style import SMALL, Drawing, drawn, missing, panels

_COLUMNS = 3
_AXES = {"error": "error (%)", "nats": "loss (nats/char.)", "variance": "loss (of variance)"}
_ABOVE = 4.0  # a panel reaches at most this many times its lowest outcome, or a quarter up; what lies above leaves it


@drawn
def responses(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Drawing:
    """Return the validation outcome against learning rate, a panel a task and a grey line an activation.

    Lines are means over tuning seeds under the init that was best for each seed, geometric for a loss. The reference
    and the activations with the lowest and the highest outcome at their tuned rates are drawn with interval and name;
    a ring marks the median tuned rate, a cross at the top a rate at which a run diverged.
    """
    found = tasks.judged(records)
    curves = tasks.curves(records, found)
    if curves.empty:
        return missing("the response to the learning rate, task by task")
    present = tasks.in_order(curves["task"], records)
    figure, grid = panels(len(present), _COLUMNS, height=1.15, left=0.5, right=0.62, top=0.26, bottom=0.4)
    for place, (axes, task) in enumerate(zip(grid, present, strict=True)):
        own = curves[curves["task"] == task]
        _panel(axes, own, found[found["task"] == task], catalogue, reference)
        axes.set_title(task, fontsize=7.5)
        axes.set_xlabel("learning rate" if place >= len(present) - _COLUMNS else "")
        axes.set_ylabel(_AXES[str(own["unit"].iloc[0])])
    figure.finding = f"Tasks, one panel each: {'; '.join(present)}."
    return figure


def _panel(axes: Axes, curves: pd.DataFrame, final: pd.DataFrame, catalogue: pd.DataFrame, reference: str) -> None:
    log = str(curves["unit"].iloc[0]) != "error"
    axes.set_xscale("log")
    axes.set_yscale("log" if log else "linear")
    axes.set_xlim(float(curves["lr"].min()) / 1.25, float(curves["lr"].max()) * 1.25)
    axes.set_ylim(*(_log_limits(curves) if log else _limits(curves)))
    shown = _shown(final, reference)
    ends = []
    for name in curves["activation"].unique():
        own = curves[curves["activation"] == name].sort_values("lr")
        if name not in shown:
            axes.plot(own["lr"], own["middle"], color=PALE, linewidth=0.7, zorder=1)
            continue
        colour = naming.colour(catalogue, name)
        axes.plot(own["lr"], own["middle"], color=colour, linewidth=1.1, zorder=3)
        axes.fill_between(*(own[one].to_numpy(float) for one in ("lr", "low", "high")), color=colour, alpha=0.13, lw=0)
        wild = own.loc[own["middle"].isna(), "lr"]
        top = [axes.get_ylim()[1]] * len(wild)
        axes.plot(wild, top, marker="x", color=colour, linestyle="none", markersize=4, clip_on=False)
        _ring(axes, own, final.loc[final["activation"] == name, "lr"], colour)
        last = own[own["middle"].between(*axes.get_ylim())]
        if len(last):
            tail = last.iloc[-1]
            ends.append(End(naming.label(catalogue, name), float(tail["middle"]), colour, x=float(tail["lr"])))
    if not ends:
        axes.text(0.5, 0.5, "every run diverged", transform=axes.transAxes, ha="center", color=GREY, style="italic")
    at_ends(axes, ends, size=SMALL - 0.5, reach=5)
    plain(axes.xaxis, *axes.get_xlim(), count=3)
    if log:
        plain(axes.yaxis, *axes.get_ylim(), count=4)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4))


def _shown(final: pd.DataFrame, reference: str) -> list[str]:
    """Return the reference and the activations with the lowest and the highest mean outcome, each once."""
    means = final.groupby("activation")["value"].mean().sort_values(kind="stable")
    present = [reference] if reference in means.index else []
    return list(dict.fromkeys([*present, *(str(name) for name in means.index[[0, -1]])])) if len(means) else []


def _limits(curves: pd.DataFrame) -> tuple[float, float]:
    """Return limits that hold the good part of every curve."""
    found = _finite(curves)
    if not len(found):
        return 0.0, 1.0
    low, high = float(found.min()), float(found.max())
    high = min(high, max(_ABOVE * low, low + 0.25 * (high - low)))
    room = 0.08 * (high - low) or 0.1 * max(abs(high), 1e-3)
    return max(low - room, 0.0), high + room


def _log_limits(curves: pd.DataFrame) -> tuple[float, float]:
    """Return limits of a log axis that hold the good part of every curve."""
    found = _finite(curves)
    if not len(found):
        return 0.1, 1.0
    return float(found.min()) / 1.06, float(min(found.max(), _ABOVE * found.min())) * 1.06


def _finite(curves: pd.DataFrame) -> np.ndarray:
    found = curves["middle"].to_numpy(float)
    return found[np.isfinite(found)]


def _ring(axes: Axes, own: pd.DataFrame, rates: pd.Series, colour: str) -> None:
    middle = float(rates.median()) if len(rates) else np.nan
    points = own.dropna(subset=["middle"])
    if np.isfinite(middle) and len(points):
        y = float(np.interp(np.log(middle), np.log(points["lr"].to_numpy(float)), points["middle"].to_numpy(float)))
        axes.scatter([middle], [y], s=26, facecolors="none", edgecolors=colour, linewidths=1.0, zorder=4)
