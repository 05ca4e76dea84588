"""Dots: rows of points with their intervals, the forest plot that compares many things at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from acts.figures.scales import plain
from acts.figures.style import WIDTH, Drawing, text_width

_NAMES = 7.0  # points: the names of rows
_MOST = 0.45 * WIDTH  # inches: what names of rows may take of a figure, however long a user's own are


@dataclass(frozen=True)
class Dot:
    """One point with its interval in the row of its name; NaN ends where there is no interval.

    ``shift`` is where it stands below the middle of its row, in rows; a ``light`` one is drawn thin and small.
    """

    row: str
    middle: float
    low: float
    high: float
    colour: str
    marker: str = "o"
    hollow: bool = False
    shift: float = 0.0
    light: bool = False


def beside(
    count: int,
    columns: int,
    names: Sequence[str],
    *,
    row: float = 0.21,
    top: float = 0.28,
    bottom: float = 0.3,
    foot: float = 0.3,
    between: float = 0.22,
    right: float = 0.1,
) -> tuple[Drawing, list[Axes]]:
    """Return panels of rows, as many abreast as ``columns``, whose rows are named once, left of the first column.

    All lengths are inches: of a row, above and below a panel, below all of them, between two panels and right of all.
    """
    columns = min(columns, count)
    left = min(0.24 + max(text_width(name, _NAMES) for name in names), _MOST)
    wide = (WIDTH - left - right - (columns - 1) * between) / columns
    height = row * len(names) + 0.1
    lines = -(-count // columns)
    tall = lines * (top + height + bottom) + foot
    figure, grid = Drawing(figsize=(WIDTH, tall)), []
    for place in range(count):
        line, column = divmod(place, columns)
        x, y = left + column * (wide + between), foot + bottom + (lines - 1 - line) * (top + height + bottom)
        axes = figure.add_axes((x / WIDTH, y / tall, wide / WIDTH, height / tall))
        axes.tick_params(axis="y", labelleft=column == 0, pad=8)
        grid.append(axes)
    return figure, grid


def rows_of_dots(
    axes: Axes,
    dots: Sequence[Dot],
    rows: Sequence[str],
    *,
    limits: tuple[float, float],
    log: bool = False,
    apart: bool = True,
) -> None:
    """Draw dots on rows from the top down; what lies outside the limits is an arrow at the edge.

    Filled dots and hollow ones are set a little apart, filled above hollow, where they share rows (``apart``).
    """
    if log:
        axes.set_xscale("log")
    axes.set_xlim(*limits)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    both = apart and any(dot.hollow for dot in dots) and not all(dot.hollow for dot in dots)
    for dot in dots:
        y = rows.index(dot.row) + dot.shift + ((0.17 if dot.hollow else -0.17) if both else 0.0)
        _draw(axes, dot, y, limits)
    if log:
        plain(axes.xaxis, *limits)


def _draw(axes: Axes, dot: Dot, y: float, limits: tuple[float, float]) -> None:
    low, high = (
        limit if np.isnan(end) else end for end, limit in zip((dot.low, dot.high), (dot.middle,) * 2, strict=True)
    )
    face = "none" if dot.hollow else dot.colour
    width, size = (0.6, 3.0) if dot.light else (1.1, 4.0)
    axes.plot(np.clip([low, high], *limits), [y, y], color=dot.colour, linewidth=width, solid_capstyle="butt", zorder=2)
    if limits[0] <= dot.middle <= limits[1]:
        axes.plot(
            [dot.middle], [y], marker=dot.marker, markersize=size, markerfacecolor=face, markeredgecolor=dot.colour,
            markeredgewidth=0.9, linestyle="none", zorder=3,
        )  # fmt: skip
    for beyond, edge, arrow in ((low < limits[0], limits[0], "<"), (high > limits[1], limits[1], ">")):
        if beyond:
            axes.plot([edge], [y], marker=arrow, markersize=size, color=dot.colour, markerfacecolor=face, clip_on=False)


def log_limits(values: np.ndarray, *, widest: float = 10.0, narrowest: float = 1.15) -> tuple[float, float]:
    """Return limits of a log axis around 1 that hold the finite values, symmetric neither in need nor in room."""
    finite = values[np.isfinite(values) & (values > 0)]
    low = min([1 / narrowest, *(finite / 1.05)])
    high = max([narrowest, *(finite * 1.05)])
    return float(max(low, 1 / widest)), float(min(high, widest))
