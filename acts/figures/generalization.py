"""Generalization: paired differences over many tasks, the response to the rate task by task, gates against plain."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from acts.figures import crowds, naming, tasks
from acts.figures.asides import shallow, slopes
from acts.figures.dots import Dot, log_limits, rows_of_dots
from acts.figures.gates import gates
from acts.figures.palette import GREY, INK, PALE, quiet
from acts.figures.responses import responses
from acts.figures.results import results, spanned, summary
from acts.figures.shares import shares
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, missing, text_width

__all__ = ["gates", "responses", "results", "shallow", "shares", "slopes", "summary", "tournament"]

MEAN = "mean over tasks"
_ROW, _TOP, _BOTTOM, _BETWEEN = 0.15, 0.28, 0.42, 0.16  # inches: a task's row, above, below and between the panels
_TALLEST = 8.6  # inches that fit a printed page
_NOTE = 0.2  # inches below all panels, where some have no room
_WIDEST = 2.0  # the largest ratio that is drawn to scale


@drawn
def tournament(records: pd.DataFrame, catalogue: pd.DataFrame, *, config: str = "", reference: str = "relu") -> Drawing:
    """Return the judged outcome relative to a reference, a panel an activation and a row a task.

    Points are ratios with the exact sign-flip interval over paired seeds, filled where the whole interval lies beyond
    the margin, which the band of the row shows, and hollow elsewhere. The last row is the mean over tasks, where there
    are six. Tasks that ``config`` asks for and the records do not hold keep an empty row. A crowd of tasks is gathered
    by kind; of more activations than a page has room for, those with the highest means are named and not drawn.
    """
    ratios = tasks.contrasts(tasks.judged(records), reference=reference).dropna(subset=["middle"])
    name = naming.label(catalogue, reference)
    if ratios.empty:
        return missing(f"test error and loss against {name}")
    means = tasks.over_tasks(ratios)
    every = contestants(ratios, means)
    ratios, present, gaps = crowds.arranged(ratios, records, config)
    rows = [*present, *gaps, *([MEAN] if len(means) else [])]
    columns, lines = _room(len(every), rows)
    names = sorted(_kept(every, naming.own(catalogue), columns * lines), key=every.index)
    others = [one for one in every if one not in names]
    limits = log_limits(ratios[["middle", "low", "high"]].to_numpy(float).ravel(), widest=_WIDEST)
    colours = naming.inks(catalogue, names)
    figure, grid = _grid(len(names), columns, rows, foot=_NOTE if others else 0.0)
    for place, (axes, activation) in enumerate(zip(grid, names, strict=True)):
        colour = colours[activation]
        mean = means[means["activation"] == activation]
        _panel(axes, ratios[ratios["activation"] == activation], mean, rows, colour=colour, limits=limits)
        axes.set_title(naming.label(catalogue, activation), color=colour)
        _named(axes, rows, gaps, first=place % columns == 0)
        axes.set_xlabel(f"ratio to {name}" if place >= len(names) - columns else "")
    if others:
        told_of = ", ".join(naming.label(catalogue, one) for one in others)
        figure.text(0.0, 0.0, f"Higher means, not drawn: {told_of}", fontsize=SMALL, color=GREY, va="bottom")
    figure.finding = told(means, catalogue, reference=name)
    shown = pd.concat([ratios, means.assign(task=MEAN)], ignore_index=True)
    headings = {"activation": "activation", "task": "task", "metric": "judged by", "middle": f"ratio to {name}",
                "low": "95 % low", "high": "95 % high", "n": "pairs, or tasks"}  # fmt: skip
    figure.data = sheet(shown[shown["activation"].isin(names)], catalogue, headings)
    return figure


def contestants(ratios: pd.DataFrame, means: pd.DataFrame) -> list[str]:
    """Return the activations to give a panel, the lowest first; those of one task alone only where all are."""
    counts = ratios.groupby("activation")["task"].nunique()
    kept = counts.index[counts > 1] if (counts > 1).any() else counts.index
    centres = ratios[ratios["activation"].isin(kept)].groupby("activation")["middle"].median()
    centres.update(means.set_index("activation")["middle"])
    return [str(name) for name in centres.sort_values(kind="stable").index]


def _kept(every: list[str], own: list[str], room: int) -> list[str]:
    """Return as many activations as there is room for, own ones in any case and of the others the lowest."""
    mine = [one for one in every if one in own]
    return [*mine, *[one for one in every if one not in own][: max(0, room - len(mine))]]


def told(means: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str) -> str:
    """Return the mean ratio of every activation over tasks with its interval, as a sentence."""
    said = [
        f"{naming.label(catalogue, row['activation'])} {spanned(row)} over {row['n']} tasks"
        for row in means.sort_values("middle").to_dict("records")
    ]
    return f"Mean ratio to {reference} with its 95 % interval: {'; '.join(said)}." if said else ""


def _room(count: int, rows: list[str]) -> tuple[int, int]:
    """Return columns and lines of panels, three abreast where that fits a page and four where it does not."""
    most = max(1, int(_TALLEST / (_TOP + len(rows) * _ROW + _BOTTOM)))
    columns = min(count, 3 if count <= 3 * most else 4)
    return columns, min(most, -(-count // columns))


def _grid(count: int, columns: int, rows: list[str], *, foot: float) -> tuple[Drawing, list[Axes]]:
    """Return a figure of panels that share the names of their rows, which stand left of the first column."""
    left = 0.2 + max(text_width(row, SMALL, weight="bold" if row == MEAN else "normal") for row in rows)
    inside = len(rows) * _ROW
    lines = -(-count // columns)
    tall = lines * (_TOP + inside + _BOTTOM) + foot
    wide = (WIDTH - left - 0.08 - (columns - 1) * _BETWEEN) / columns
    figure = Drawing(figsize=(WIDTH, tall))
    grid = []
    for place in range(count):
        line, column = divmod(place, columns)
        x, y = left + column * (wide + _BETWEEN), tall - (line + 1) * (_TOP + inside + _BOTTOM) + _BOTTOM
        grid.append(figure.add_axes((x / WIDTH, y / tall, wide / WIDTH, inside / tall)))
    return figure, grid


def _panel(
    axes: Axes, own: pd.DataFrame, mean: pd.DataFrame, rows: list[str], *, colour: str, limits: tuple[float, float]
) -> None:
    """Draw an activation's tasks on their bands, and the mean over them as a diamond below a line."""
    found = own.to_dict("records")
    for row in found:
        low, high = tasks.BANDS[row["metric"]]
        axes.add_patch(Rectangle((low, rows.index(row["task"]) - 0.5), high - low, 1, color=PALE, alpha=0.3, lw=0))
    dots = [
        Dot(row["task"], row["middle"], row["low"], row["high"], colour if far else quiet(colour), hollow=not far)
        for row, far in ((row, beyond(row)) for row in found)
    ]
    for row in mean.to_dict("records"):
        apart = bool(row["high"] < 1 or row["low"] > 1)
        shade = colour if apart else quiet(colour)
        dots.append(Dot(MEAN, row["middle"], row["low"], row["high"], shade, marker="D", hollow=not apart))
    rows_of_dots(axes, dots, rows, limits=limits, log=True, apart=False)
    if MEAN in rows:
        axes.axhline(rows.index(MEAN) - 0.5, color=PALE, linewidth=0.6)
    axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)


def beyond(row: dict[Any, Any]) -> bool:
    """Return whether a contrast's whole interval lies on one side of its margin."""
    low, high = tasks.BANDS[row["metric"]]
    return bool(row["high"] < low or row["low"] > high)


def _named(axes: Axes, rows: list[str], gaps: list[str], *, first: bool) -> None:
    """Name the rows of the first column; elsewhere they line up with those."""
    labels = [f"{row}" for row in rows] if first else []
    axes.set_yticks(range(len(rows)), labels or [""] * len(rows))
    axes.tick_params(axis="y", labelsize=SMALL, pad=6)
    for row, text in zip(rows, axes.get_yticklabels(), strict=True):
        text.set_color(GREY if row in gaps else INK)
        text.set_fontweight("bold" if row == MEAN else "normal")
    for gap in gaps:
        axes.text(
            0.03, rows.index(gap), "not run here", transform=axes.get_yaxis_transform(),
            ha="left", va="center_baseline", fontsize=SMALL - 1, color=GREY, style="italic",
        )  # fmt: skip
