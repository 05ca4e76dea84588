"""Style: the one visual language of all figures, and figures whose bytes repeat.

Faces are transparent and text is black text, so that a page may recolour it for a dark background. Figures are drawn
on a page of fixed width with panels placed in inches: labels never depend on a layout engine's guess.
"""

import io
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from acts import lab
from acts.figures.palette import FAMILIES, GREY, INK, PALE
from acts.lab import drawings

WIDTH = 7.0  # inches: the text width of the page
SMALL = 7.0  # points: direct labels and annotations
LARGE = 1_500_000  # characters; a larger SVG is slow to show, and a PNG stands for it
EXPLORER = "application/vnd.acts.explorer+json"  # how a notebook names the explorer of a figure

RC: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "acts",
    "figure.facecolor": "none",
    "figure.dpi": 110,
    "savefig.facecolor": "none",
    "savefig.dpi": 200,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": PALE,
    "grid.linewidth": 0.4,
    "grid.alpha": 0.45,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.visible": False,
    "ytick.minor.visible": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.5,
    "lines.solid_capstyle": "round",
    "patch.linewidth": 0.6,
    "legend.frameon": False,
    "axes.formatter.use_mathtext": False,
}


class Drawing(Figure):
    """A figure that carries its finding in words and what it draws as numbers.

    A page adds the finding to the figure's alternative text and offers ``data`` as a table to take along: one row a
    mark (a point, an interval, a line's vertex), columns in a reader's words with their units. ``explorer`` is what a
    page needs to let a reader move the figure: its ``kind`` and, in plain JSON values, what the page's script draws.
    """

    finding: str = ""
    data: pd.DataFrame | None = None
    explorer: dict[str, Any] | None = None

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return data as CSV and the explorer, beside the pictures that a notebook draws; the finding is their alt."""
        del include, exclude
        said = {"alt": self.finding} if self.finding else {}
        shown: dict[str, Any] = {"text/csv": as_csv(self.data)} if self.data is not None else {}
        if self.explorer is not None:
            shown[EXPLORER] = self.explorer
        if lab.live():
            shown |= self._page()
            said |= {"needs_background": "light"}  # where the picture stands alone
        return shown, {form: said for form in ("image/svg+xml", "image/png") if said}

    def _page(self) -> dict[str, str]:
        """Return the figure in the colours of a live notebook's theme, and as SVG; as PNG one that is too large."""
        svg = render(self).decode()
        if len(svg) < LARGE:
            return {"text/html": drawings.page(svg, alt=self.finding), "image/svg+xml": svg}
        return {"image/png": b64encode(render(self, "png")).decode()}


def as_csv(data: pd.DataFrame) -> str:
    """Return a table as CSV text with six significant digits, without its index."""
    return data.to_csv(index=False, float_format="%.6g", lineterminator="\n")


_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def use_style() -> None:
    """Set the style for this process, a reader's own seaborn figures included.

    In a notebook figures are shown as SVG and PNG with repeatable bytes, in a live one beside their captions.
    """
    import seaborn as sns

    sns.set_theme(style="ticks", palette=list(FAMILIES.values()), rc=RC)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    lab.announce()
    if get_ipython() is not None:
        set_matplotlib_formats("svg", "png", metadata={"Date": None}, bbox_inches="tight", pad_inches=0.04)
        if lab.live():
            lab.by_itself(Drawing)


@contextmanager
def own_style() -> Iterator[None]:
    """Hold the style, and nothing that the process has set beside it, while figures are drawn or written."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        yield


def drawn(draw: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Run a figure function in the style, whatever the process has set; what is own in its catalogue stands out."""

    @wraps(draw)
    def styled(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        with own_style():
            figure = draw(*args, **kwargs)
            given = [one for one in (*args, *kwargs.values()) if isinstance(one, pd.DataFrame) and "own" in one.columns]
            if given and isinstance(figure, Drawing) and given[0]["own"].any():
                from acts.figures import highlight

                highlight.lift(figure, given[0])
            return figure

    return styled


def render(figure: Figure, kind: str = "svg") -> bytes:
    """Return a figure as the bytes of an SVG or PNG file; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with own_style():
        figure.savefig(buffer, format=kind, metadata={"Date": None}, bbox_inches="tight", pad_inches=0.04)
    return buffer.getvalue()


def panels(
    count: int,
    columns: int,
    *,
    height: float,
    left: float = 0.55,
    right: float = 0.12,
    top: float = 0.28,
    bottom: float = 0.42,
    foot: float = 0.0,
    width: float = WIDTH,
) -> tuple[Drawing, list[Axes]]:
    """Return a figure of equal panels in rows; height is that of one panel, all lengths are inches.

    ``left``, ``right``, ``top`` and ``bottom`` are what each panel keeps free for its own labels, ``foot`` is
    free below all of them.
    """
    columns = min(columns, count)
    rows = -(-count // columns)
    cell, step = width / columns, top + height + bottom
    tall = rows * step + foot
    figure = Drawing(figsize=(width, tall))
    axes = []
    for place in range(count):
        row, column = divmod(place, columns)
        x, y = column * cell + left, (rows - 1 - row) * step + bottom + foot
        box = (x / width, y / tall, (cell - left - right) / width, height / tall)
        axes.append(figure.add_axes(box))
    return figure, axes


def text_width(text: str, size: float, *, weight: str = "normal") -> float:
    """Return how wide a text is set, in inches, in the font that figures are measured with."""
    font = FontProperties(family=RC["font.sans-serif"], weight=weight, size=size)
    return float(TextToPath().get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def fitted(text: str, size: float, room: float, *, weight: str = "normal") -> str:
    """Return a text that fits into so many inches, with an ellipsis where it was cut."""
    if text_width(text, size, weight=weight) <= room:
        return text
    while len(text) > 1 and text_width(f"{text}…", size, weight=weight) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def key(figure: Figure, entries: Iterable[tuple[str, str]], *, x: float, y: float) -> None:
    """Write words in their colours in a line from x, y (inches from the lower left corner)."""
    width, height = figure.get_size_inches()
    for text, colour in entries:
        figure.text(x / width, y / height, text, color=colour, fontsize=SMALL, fontweight="bold", va="bottom")
        x += text_width(text, SMALL, weight="bold") + 0.16


def missing(what: str) -> Drawing:
    """Return a figure that says what was not measured, so that a page never shows an empty panel."""
    with own_style():
        figure = Drawing(figsize=(WIDTH, 0.7))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.text(0.5, 0.5, f"not measured here: {what}", ha="center", va="center", color=GREY, style="italic")
    figure.finding = f"Not measured here: {what}."
    return figure
