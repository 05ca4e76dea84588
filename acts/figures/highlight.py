"""Highlight: what the configuration brought along stands out of a finished figure, in weight, on top and by name.

A figure draws own functions in the colours that ``naming`` gives them and all others in grey; the rest is done here,
once for all figures. Where there are more functions than colours, the sign before a name says which one is meant.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.text import Text

from acts.figures import naming, palette
from acts.figures.style import SMALL, WIDTH, Drawing, fitted, text_width
from acts.figures.table import BROUGHT

_ABOVE = 10.0  # added to the order of drawing: on top of all others
_HEAVIER, _LARGER = 1.6, 1.25  # of lines, of marks
_LINE = 0.15  # inches from one line of words to the next
_LEFT, _BELOW = 0.07, 0.19  # inches from a figure's left edge, and down from its foot, to the line on what is own
_JOINED = r"(?=$|[,:]| [÷↓(])"  # what may follow a function's name where a word begins with it


def lift(figure: Drawing, catalogue: pd.DataFrame) -> None:
    """Raise lines, marks and words of own functions, and say below the figure which they are."""
    own = naming.own(catalogue)
    labels = {naming.label(catalogue, name): naming.colour(catalogue, name) for name in own}
    signs = {naming.label(catalogue, name): palette.swatch_of_own(rank) for rank, name in enumerate(own)}
    _worded(figure.findobj(Text), labels)
    seen = {colour for artist in figure.findobj(_drawn) if (colour := _raised(artist))}
    shown = {label: labels[label] for label in _present(figure, labels) if labels[label] in seen}
    if not shown:
        return
    for axes in figure.axes:
        _swatched(axes, signs)
    _darkened(figure.findobj(Text))
    _key(figure, shown, signs, grey=palette.REST in seen)
    figure.finding = f"{figure.finding} Drawn in colour: {', '.join(shown)}.".strip()


def _present(figure: Drawing, labels: Mapping[str, str]) -> list[str]:
    """Return the functions that a figure may show: of those that share a colour, the ones that it names."""
    written = "\n".join(text.get_text() for text in figure.findobj(Text))
    shared = Counter(labels.values())
    return [label for label, colour in labels.items() if shared[colour] == 1 or label in written]


def _key(figure: Drawing, shown: Mapping[str, str], signs: Mapping[str, str], *, grey: bool) -> None:
    """Say below a figure which functions are own, each in its colour behind its sign."""
    width, height = figure.get_size_inches()
    said = BROUGHT + ("; all others are grey" if grey else "")
    words = [(f"{signs[label]} {label}", colour, "bold") for label, colour in shown.items()]
    x, down = _LEFT, _BELOW
    for text, colour, weight in [*words, (said, palette.GREY, "normal")]:
        wide = text_width(text, SMALL, weight=weight)
        if x > _LEFT and x + wide > width:
            x, down = _LEFT, down + _LINE
        place: dict[str, Any] = {"va": "bottom", "fontsize": SMALL, "fontweight": weight}
        figure.text(x / width, -down / height, text, color=colour, **place)
        x += wide + 0.16


def _worded(texts: Iterable[Any], labels: Mapping[str, str]) -> None:
    """Give words that name an own function its colour."""
    if not labels:
        return
    longest = sorted(labels, key=len, reverse=True)
    named = re.compile(rf"(?:always )?({'|'.join(map(re.escape, longest))}){_JOINED}")
    for text in texts:
        found = named.match(text.get_text())
        if found:
            text.set_color(labels[found[1]])


def _drawn(artist: Artist) -> bool:
    return isinstance(artist, Line2D | Collection | Text) and artist.get_visible()


def _raised(artist: Any) -> str:
    """Return the colour of an artist, having made it heavier and put it on top where that is an own function's."""
    colour = _colour(artist)
    if colour not in palette.OWN:
        return colour
    artist.set_zorder(artist.get_zorder() + _ABOVE)
    if isinstance(artist, Text):
        artist.set_fontweight("bold")
    elif isinstance(artist, Line2D):
        artist.set_linewidth(_HEAVIER * artist.get_linewidth())
        artist.set_markersize(_LARGER * artist.get_markersize())
        artist.set_markeredgewidth(_LARGER * artist.get_markeredgewidth())
    else:
        artist.set_linewidth([_HEAVIER * float(width) for width in artist.get_linewidth()])
    return colour


def _colour(artist: Any) -> str:
    """Return the colour that an artist is drawn in, empty where it has none."""
    if isinstance(artist, Text):
        return str(to_hex(artist.get_color())) if artist.get_text().strip() else ""
    if isinstance(artist, Line2D):
        marks = artist.get_linestyle() in ("None", "none", "", " ")
        return str(to_hex(artist.get_markeredgecolor() if marks else artist.get_color()))
    for colours in (artist.get_edgecolor(), artist.get_facecolor()):
        if not isinstance(colours, str) and len(colours):
            return str(to_hex(colours[0]))
    return ""


def _swatched(axes: Axes, signs: Mapping[str, str]) -> None:
    """Put its sign before the title of a panel that is an own function's; a name that has no room there is cut."""
    title, wide = axes.get_title(loc="left"), axes.get_position().width * WIDTH
    for text in axes.get_children():
        if isinstance(text, Text) and title and text.get_text() == title and _colour(text) in palette.OWN:
            name = max((label for label in signs if title.startswith(label)), key=len, default="")
            sign = signs.get(name, palette.swatch_of_own(0))
            size, rest = float(text.get_fontsize()), title.removeprefix(name)
            beside = rest.partition("\n")[0]
            room = wide - text_width(f"{sign} {beside}", size, weight="bold")
            text.set_text(f"{sign} {fitted(name, size, room, weight='bold') if name else ''}{rest}")


def _darkened(texts: Iterable[Any]) -> None:
    """Write words of the others in a grey that can be read."""
    for text in texts:
        if _colour(text) == palette.REST:
            text.set_color(palette.GREY)
