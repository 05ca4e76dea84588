"""Responses: how the tuned outcome depends on the learning rate, task by task."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.figures import crowds, naming, tasks
from acts.figures.labels import End, at_ends
from acts.figures.palette import GREY
from acts.figures.scales import plain
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, missing, panels, text_width
from acts.figures.table import number

_TITLE = 7.5  # points
_FEW = 15  # panels that three abreast fit a page with
_AXES = {"error": "error (%)", "nats": "loss (nats/char.)", "variance": "loss (% of var.)"}
_ABOVE = 4.0  # a panel reaches this many times its lowest outcome, and what is named at its best rate; no further
_APART = 1.025  # factor of rate by which intervals are set beside each other


@drawn
def responses(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Drawing:
    """Return the validation outcome against learning rate, a panel a task and a grey line an activation.

    Lines are geometric means over tuning seeds under the init that was best for each seed, without what a seed makes
    better or worse for all. The reference and the activations with the lowest and the highest outcome at
    their tuned rates are drawn with interval and name; a ring marks the median tuned rate, a cross at the top a rate at
    which a run diverged. Of a crowd of tasks one of every kind is drawn.
    """
    found = tasks.judged(records)
    curves = tasks.curves(records, found)
    if curves.empty:
        return missing("the response to the learning rate, task by task")
    present = crowds.examples(found, tasks.in_order(curves["task"], records))
    columns = 3 if len(present) <= _FEW else 4
    titles, lines = _titled(present, WIDTH / columns - 0.5)
    top = 0.14 + 0.12 * lines
    figure, grid = panels(len(present), columns, height=0.95, left=0.5, right=0.62, top=top, bottom=0.37)
    for place, (axes, task) in enumerate(zip(grid, present, strict=True)):
        own = curves[curves["task"] == task]
        _panel(axes, own, found[found["task"] == task], catalogue, reference)
        axes.set_title(titles[place], fontsize=_TITLE)
        axes.set_xlabel("learning rate" if place >= len(present) - columns else "")
        axes.set_ylabel(_AXES[str(own["unit"].iloc[0])])
    figure.finding = _told(found, present, catalogue, reference)
    headings = {"task": "task", "activation": "activation", "lr": "learning rate", "unit": "unit",
                "middle": "on validation rows", "low": "95 % low", "high": "95 % high"}  # fmt: skip
    shown = curves[curves["task"].isin(present)]
    figure.data = sheet(shown.assign(unit=shown["unit"].map(_AXES)), catalogue, headings)
    return figure


def _told(found: pd.DataFrame, present: list[str], catalogue: pd.DataFrame, reference: str) -> str:
    """Return, task by task, the median tuned rates of the named activations, as a sentence."""
    said = []
    for task in present:
        final = found[found["task"] == task]
        rates = final.groupby("activation")["lr"].median()
        named = [
            f"{naming.label(catalogue, one)} {number(float(rates[one]), 2)}"
            for one in _shown(final, reference, naming.own(catalogue))
        ]
        said.append(f"{task}: {', '.join(named)}")
    return f"Median tuned rates: {'; '.join(said)}."


def _titled(titles: list[str], width: float) -> tuple[list[str], int]:
    """Return titles and how many lines they take: two, data set above network, where one is too wide for its panel."""
    if max(text_width(title, _TITLE, weight="bold") for title in titles) <= width:
        return titles, 1
    return [_parted(title) for title in titles], 2


def _parted(title: str) -> str:
    """Return a title on two lines, broken at the comma that leaves the longer one shortest."""
    parts = title.split(", ")
    ways = [(", ".join(parts[:at]), ", ".join(parts[at:])) for at in range(1, len(parts))]
    widths = [max(text_width(line, _TITLE, weight="bold") for line in way) for way in ways]
    return "\n".join(ways[widths.index(min(widths))]) if ways else title


def _panel(axes: Axes, curves: pd.DataFrame, final: pd.DataFrame, catalogue: pd.DataFrame, reference: str) -> None:
    shown = _shown(final, reference, naming.own(catalogue))
    colours = naming.inks(catalogue, shown)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(float(curves["lr"].min()) / 1.25, float(curves["lr"].max()) * 1.25)
    axes.set_ylim(*_limits(curves, shown))
    ends = []
    for name in curves["activation"].unique():
        own = curves[curves["activation"] == name].sort_values("lr")
        if name not in shown:
            axes.plot(own["lr"], own["middle"], color=GREY, alpha=0.45, linewidth=0.7, zorder=1)
            continue
        colour = colours[name]
        axes.plot(own["lr"], own["middle"], color=colour, linewidth=1.1, zorder=3)
        beside = own["lr"] * _APART ** (shown.index(name) - 1)
        axes.vlines(beside, own["low"], own["high"], color=colour, linewidth=0.9, alpha=0.75, zorder=2)
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
    plain(axes.yaxis, *axes.get_ylim(), count=4)


def _shown(final: pd.DataFrame, reference: str, own: list[str]) -> list[str]:
    """Return the reference, the activations with the lowest and the highest mean outcome, and own ones, each once."""
    means = final.groupby("activation")["value"].mean().sort_values(kind="stable")
    ends = [str(name) for name in means.index[[0, -1]]] if len(means) else []
    return [name for name in dict.fromkeys([reference, *ends, *own]) if name in means.index]


def _limits(curves: pd.DataFrame, shown: list[str]) -> tuple[float, float]:
    """Return limits that hold the good part of every curve, and each named one at its best rate."""
    found = curves[np.isfinite(curves["middle"])]
    if found.empty:
        return 0.1, 1.0
    named = found[found["activation"].isin(shown)]
    best, worst = float(found["middle"].min()), float(found["middle"].max())
    low = max(best / 2, min(best, float(named["low"].fillna(best).min())))
    reach = max(_ABOVE * best, 1.3 * float(named.groupby("activation")["middle"].min().max()))
    high = min(max(worst, float(named["high"].fillna(worst).max())), reach)
    room = max(high / low, 1.02) ** 0.06
    return low / room, high * room


def _ring(axes: Axes, own: pd.DataFrame, rates: pd.Series, colour: str) -> None:
    middle = float(rates.median()) if len(rates) else np.nan
    points = own.dropna(subset=["middle"])
    if np.isfinite(middle) and len(points):
        y = float(np.interp(np.log(middle), np.log(points["lr"].to_numpy(float)), points["middle"].to_numpy(float)))
        axes.scatter([middle], [y], s=26, facecolors="none", edgecolors=colour, linewidths=1.0, zorder=4)
