"""Labels: names written at the end of their lines, moved apart where they would touch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from acts.figures.palette import GREY, OWN
from acts.figures.style import SMALL, WIDTH, fitted

_LEADING = 1.22  # distance of two baselines, in font sizes
_POINTS = 72.0
_SAME, _MANY = 0.5, 3  # ends within half a line are one place; three names or more there share a bracket
_ROOM, _NUMBERS = 1.1, 0.3  # inches at most for a name beside a panel, and for the numbers at the next one
_STEM = 2.2  # points from a bracket to its names


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
    """Write names to the right of a panel, each joined to its line's end; return the texts, from the lowest up.

    Three or more lines that end in one place are named under one bracket, in the order given. The panel's limits and
    scale must be final. ``reach`` is the length of the joining line in points.
    """
    height, width = _points(axes)
    shown = [_fraction(axes, end.y) for end in ends]
    distance = size * _LEADING / height
    groups = bundles(shown, distance)
    order = [one for group in groups for one in reversed(group)]
    middles = {one: float(np.mean([shown[each] for each in group])) for group in groups for one in group}
    placed = dict(zip(order, spread([middles[one] for one in order], distance, low=0.0, high=1.0), strict=True))
    x, room = 1 + reach / width, _room(axes) - reach / _POINTS
    for group in groups:
        joined = len(group) >= _MANY
        starts = [1.0 if ends[one].x is None else _along(axes, float(ends[one].x or 0.0)) for one in group]
        for one, start in zip(group, starts, strict=True):
            stop = x - (_STEM if joined else 1.5) / width
            if not joined or start < 1 or one == group[0]:
                y = _near([placed[each] for each in group], middles[one], 0.3 * distance) if joined else placed[one]
                _stroke(axes, (start + 1.5 / width, stop), (shown[one], y), GREY if joined else ends[one].colour)
        if joined:
            stem, inside = x - _STEM / width, [placed[one] for one in group]
            _stroke(axes, (stem, stem), (min(inside) - 0.3 * distance, max(inside) + 0.3 * distance), GREY)
    return [
        axes.text(
            x, placed[one], _named(ends[one], size, room), transform=axes.transAxes, color=ends[one].colour,
            fontsize=size, va="center_baseline",
        )
        for one in order
    ]  # fmt: skip


def _named(end: End, size: float, room: float) -> str:
    """Return the name to write at an end; one of a user's own, in bold, is cut to the room that there is for names."""
    return fitted(end.text, size, room, weight="bold") if end.colour in OWN else end.text


def _room(axes: Axes) -> float:
    """Return how many inches right of a panel are free for names, up to the numbers of the next one beside it."""
    figure, box = axes.figure, axes.get_position()
    beside = [other.get_position() for other in figure.axes]
    starts = [one.x0 for one in beside if one.x0 >= box.x1 and one.y0 < box.y1 and one.y1 > box.y0]
    return min([_ROOM, *((start - box.x1) * WIDTH - _NUMBERS for start in starts)])


def bundles(shown: Sequence[float], distance: float) -> list[list[int]]:
    """Return the places of lines' ends, lowest first, those together that cannot be told apart at a name's height."""
    groups: list[list[int]] = []
    for place in np.argsort(shown, kind="stable"):
        if groups and shown[place] - shown[groups[-1][0]] <= _SAME * distance:
            groups[-1].append(int(place))
        else:
            groups.append([int(place)])
    return [sorted(group) if len(group) >= _MANY else group[::-1] for group in groups]


def _near(names: Sequence[float], wanted: float, over: float) -> float:
    """Return the height at which a bracket beside names is met from a wanted height."""
    return min(max(wanted, min(names) - over), max(names) + over)


def _stroke(axes: Axes, x: tuple[float, float], y: tuple[float, float], colour: str) -> None:
    axes.plot(x, y, transform=axes.transAxes, color=colour, linewidth=0.5, clip_on=False, marker="", linestyle="-")


def _points(axes: Axes) -> tuple[float, float]:
    """Return the height and width of a panel in points."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    box = axes.get_position()
    return box.height * figure.get_figheight() * _POINTS, box.width * figure.get_figwidth() * _POINTS


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
