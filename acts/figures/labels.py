"""Labels: names written at the end of their lines, moved apart where they would touch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from acts.figures.style import SMALL

_LEADING = 1.22  # distance of two baselines, in font sizes
_POINTS = 72.0


@dataclass(frozen=True)
class End:
    """The end of a line, in data coordinates, and the name to write there."""

    text: str
    y: float
    colour: str
    x: float | None = None  # where the line ends, when before the panel's edge


def spread(wanted: Sequence[float], distance: float, *, low: float, high: float) -> list[float]:
    """Return positions nearest to the wanted ones, in their order, at least a distance apart and inside [low, high].

    Neighbours that touch are pooled into blocks centred on their mean (isotonic regression); where the names need more
    room than there is, they are set at equal distances over all of it.
    """
    count = len(wanted)
    if count == 0:
        return []
    if (count - 1) * distance > high - low:
        ranks = np.argsort(np.argsort(wanted, kind="stable"), kind="stable")
        return [float(y) for y in np.linspace(low, high, count)[ranks]]
    order = np.argsort(wanted, kind="stable")
    steps = distance * np.arange(count)
    pooled = _isotonic(np.asarray(wanted, float)[order] - steps)
    placed = np.clip(pooled, low, high - steps[-1]) + steps
    result = np.empty(count)
    result[order] = placed
    return [float(y) for y in result]


def _isotonic(values: np.ndarray) -> np.ndarray:
    blocks: list[list[float]] = []  # mean, size
    for value in values:
        blocks.append([float(value), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, size = blocks.pop()
            before, held = blocks.pop()
            blocks.append([(mean * size + before * held) / (size + held), size + held])
    return np.concatenate([np.full(int(size), mean) for mean, size in blocks])


def at_ends(axes: Axes, ends: Sequence[End], *, size: float = SMALL, reach: float = 9.0) -> list[Any]:
    """Write names to the right of a panel, each joined to its line's end; return the texts.

    The panel's limits and scale must be final. ``reach`` is the length of the joining line in points.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    box = axes.get_position()
    height = box.height * figure.get_figheight() * _POINTS
    width = box.width * figure.get_figwidth() * _POINTS
    shown = [_fraction(axes, end.y) for end in ends]
    distance = size * _LEADING / height
    texts = []
    for end, at, y in zip(ends, shown, spread(shown, distance, low=0.0, high=1.0), strict=True):
        x = 1 + reach / width
        start = 1.0 if end.x is None else _along(axes, end.x)
        axes.plot(
            [start + 1.5 / width, x - 1.5 / width], [at, y],
            transform=axes.transAxes, color=end.colour, linewidth=0.5, clip_on=False, marker="",
        )  # fmt: skip
        texts.append(
            axes.text(x, y, end.text, transform=axes.transAxes, color=end.colour, fontsize=size, va="center_baseline")
        )
    return texts


def _fraction(axes: Axes, y: float) -> float:
    display = axes.transData.transform((axes.get_xlim()[1], y))[1]
    fraction = float(axes.transAxes.inverted().transform((0.0, display))[1])
    return min(max(fraction, 0.0), 1.0)


def _along(axes: Axes, x: float) -> float:
    display = axes.transData.transform((x, axes.get_ylim()[0]))[0]
    return min(max(float(axes.transAxes.inverted().transform((display, 0.0))[0]), 0.0), 1.0)


def needed_height(count: int, *, size: float = SMALL) -> float:
    """Return the height in inches that a panel needs for a number of names at its right."""
    return max(count - 1, 1) * size * _LEADING / _POINTS
