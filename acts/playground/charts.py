"""Charts: panels written as SVG by hand, in a few milliseconds, in the colours of the report's figures.

A slider asks for a figure ten times a second, more than a plotting library gives. What is drawn here is little: lines,
steps, dots and a coloured ground between two axes, and names at the ends of lines.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from PIL import Image

from acts.activations import Activation
from acts.colours import GREY, INK, PALE, SPARE
from acts.figures import palette
from acts.figures.labels import spread
from acts.lab import drawings

WIDE = 980.0  # px of a whole row of panels; a page scales it
LEFT, RIGHT, BARE, TOP, BOTTOM = 46.0, 104.0, 14.0, 24.0, 36.0  # px that a panel keeps free around its axes
LINE = 13.5  # px between two names
NAME = 17  # letters of a name that are written out
FONT = "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:11.5px"


@dataclass(frozen=True)
class Stroke:
    """How one function is drawn, and its name."""

    name: str
    colour: str
    dash: str


def strokes(chosen: Sequence[Activation]) -> list[Stroke]:
    """Return a stroke for each function: its family's colour, where that is taken a spare one, and a dash by place."""
    spare, found = list(SPARE), list[Stroke]()
    for one, dash in zip(chosen, ("", "6 3", "2 2.5"), strict=False):
        colour = palette.of_family(one.family)
        while colour in [each.colour for each in found] and spare:
            colour = spare.pop(0)
        name = one.label if len(one.label) <= NAME else one.label[: NAME - 1] + "…"
        found.append(Stroke(name, colour, dash))
    return found


@dataclass
class Panel:
    """One panel: its title, what its axes say and from where to where they reach, and what is drawn between them."""

    title: str
    across: str = ""
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)
    marks: list[str] = field(default_factory=list)
    ends: list[tuple[str, float, str]] = field(default_factory=list)

    @property
    def right(self) -> float:
        """The room at the right, in px: for the names, if any are written there."""
        return RIGHT if self.ends else BARE

    def line(
        self, x: np.ndarray, y: np.ndarray, stroke: Stroke, *, width: float = 1.8, opacity: float = 1.0,
        plain: bool = False,
    ) -> None:  # fmt: skip
        """Draw a line through finite points; it breaks where one is not. ``plain`` leaves out the dash."""
        path = self._path(np.asarray(x, float), np.asarray(y, float))
        dash = f' stroke-dasharray="{stroke.dash}"' if stroke.dash and not plain else ""
        self.marks.append(
            f'<path d="{path}" fill="none" stroke="{stroke.colour}" stroke-width="{width:g}" opacity="{opacity:g}"'
            f' stroke-linejoin="round" vector-effect="non-scaling-stroke"{dash}/>'
        )

    def steps(self, edges: np.ndarray, heights: np.ndarray, stroke: Stroke, *, width: float = 1.5) -> None:
        """Draw the outline of a histogram."""
        x = np.repeat(edges, 2)
        self.line(x, np.concatenate([[0.0], np.repeat(heights, 2), [0.0]]), stroke, width=width)

    def level(self, y: float) -> None:
        """Draw a grey line all across at a height."""
        if self.y[0] <= y <= self.y[1]:
            self.line(np.array(self.x), np.array([y, y]), Stroke("", GREY, ""), width=0.8)

    def ground(self, colours: np.ndarray) -> None:
        """Colour the panel: ``colours`` are (row, column, red green blue opacity) from 0 to 1, the first row on top."""
        buffer = io.BytesIO()
        Image.fromarray((255 * colours).round().astype(np.uint8), "RGBA").save(buffer, "png")
        data = base64.b64encode(buffer.getvalue()).decode()
        self.marks.insert(
            0,
            f'<image href="data:image/png;base64,{data}" x="0" y="0" width="1" height="1" preserveAspectRatio="none"/>',
        )

    def dots(self, x: np.ndarray, y: np.ndarray, colour: str) -> None:
        """Draw points, as short strokes with round ends, so that they stay round in any panel."""
        at = self._placed(np.asarray(x, float), np.asarray(y, float))
        path = "".join(f"M{a:.4f} {b:.4f}h0" for a, b in at[np.isfinite(at).all(axis=1)])
        self.marks.append(
            f'<path d="{path}" stroke="{colour}" stroke-width="3.4" stroke-linecap="round"'
            ' vector-effect="non-scaling-stroke"/>'
        )

    def name(self, stroke: Stroke, height: float) -> None:
        """Write the name of a line at the end that it has at a height; one outside the panel at its edge."""
        if not np.isnan(height):
            self.ends.append((stroke.name, float(np.clip(height, *self.y)), stroke.colour))

    def _placed(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return points in shares of the panel, from its upper left corner; far outside is near outside."""
        with np.errstate(all="ignore"):
            across = (x - self.x[0]) / (self.x[1] - self.x[0])
            down = 1 - (y - self.y[0]) / (self.y[1] - self.y[0])
        return np.stack([across, np.clip(down, -3, 4)], axis=1)

    def _path(self, x: np.ndarray, y: np.ndarray) -> str:
        points, pen = [], "M"
        for a, b in self._placed(x, y).tolist():
            if a != a or b != b:
                pen = "M"
                continue
            points.append(f"{pen}{a:.4f} {b:.4f}")
            pen = "L"
        return "".join(points)

    def svg(self, left: float, top: float, width: float, height: float, *, key: str) -> str:
        """Return the panel as SVG with its axes in a box, in px."""
        box = f'x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}"'
        inside = f'<svg {box} viewBox="0 0 1 1" preserveAspectRatio="none">{"".join(self.marks)}</svg>'
        return "".join([
            f'<g id="{key}">{inside}<path d="M{left:g} {top:g}v{height:g}h{width:g}" fill="none" stroke="{INK}"/>',
            f'<text x="{left:g}" y="{top - 9:g}" font-weight="600">{escape(self.title)}</text>',
            f'<text x="{left + width / 2:g}" y="{top + height + 31:g}" text-anchor="middle">',
            f"{escape(self.across)}</text>",
            *self._ticks(left, top, width, height),
            *self._names(left + width + 7, top, height),
            "</g>",
        ])  # fmt: skip

    def _ticks(self, left: float, top: float, width: float, height: float) -> list[str]:
        found = []
        for value, text in ticks(*self.x, most=5):
            at = left + width * (value - self.x[0]) / (self.x[1] - self.x[0])
            found.append(f'<path d="M{at:.1f} {top + height:g}v4" stroke="{INK}"/>')
            found.append(f'<text x="{at:.1f}" y="{top + height + 16:g}" text-anchor="middle">{text}</text>')
        for value, text in ticks(*self.y, most=5):
            at = top + height * (1 - (value - self.y[0]) / (self.y[1] - self.y[0]))
            found.append(f'<path d="M{left:g} {at:.1f}h{width:g}" stroke="{PALE}" opacity=".35"/>')
            found.append(f'<text x="{left - 6:g}" y="{at + 4:.1f}" text-anchor="end">{text}</text>')
        return found

    def _names(self, left: float, top: float, height: float) -> list[str]:
        wanted = [height * (y - self.y[0]) / (self.y[1] - self.y[0]) for _, y, _ in self.ends]
        placed = spread(wanted, LINE, low=0.0, high=height)
        return [
            f'<text x="{left:g}" y="{top + height - at + 4:.1f}" fill="{colour}" font-weight="600">'
            f"{escape(name)}</text>"
            for (name, _, colour), at in zip(self.ends, placed, strict=True)
        ]


def ticks(low: float, high: float, *, most: int) -> list[tuple[float, str]]:
    """Return round numbers between two ends, at most so many and at least two, each with how it is written."""
    rough = (high - low) / most
    unit = 10.0 ** np.floor(np.log10(rough))
    step = next(step for step in (unit, 2 * unit, 5 * unit, 10 * unit) if step >= rough * (1 - 1e-9))
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    found = [count * step for count in range(first, last + 1)]
    return [(value, f"{value:.6g}".replace("-", "−")) for value in found]


def page(*rows: Sequence[Panel], alt: str, height: float = 190.0) -> str:
    """Return rows of panels as HTML in the colours of the reader's theme; panels of a row are equally wide."""
    tall, drawn = TOP + height + BOTTOM, []
    for down, row in enumerate(rows):
        wide, left = (WIDE - sum(LEFT + panel.right for panel in row)) / len(row), 0.0
        for across, panel in enumerate(row):
            drawn.append(panel.svg(left + LEFT, down * tall + TOP, wide, height, key=f"panel{down}-{across}"))
            left += LEFT + wide + panel.right
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE:g} {tall * len(rows):g}" style="{FONT}"'
        f' fill="{INK}">{"".join(drawn)}</svg>'
    )
    return drawings.page(svg, alt=alt)


def reach(
    values: Sequence[np.ndarray], *, least: tuple[float, float], most: tuple[float, float]
) -> tuple[float, float]:
    """Return the limits of an axis: what all values need, at least and at most so much, with a little air."""
    together = np.concatenate([np.ravel(one) for one in values])
    together = together[np.isfinite(together)]
    low = min(least[0], max(most[0], together.min())) if together.size else least[0]
    high = max(least[1], min(most[1], together.max())) if together.size else least[1]
    air = 0.06 * (high - low)
    return float(low - air), float(high + air)
