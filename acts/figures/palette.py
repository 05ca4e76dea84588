"""Palette: one colour per family and per verdict, wherever it is drawn.

Every colour keeps a contrast of at least 3 : 1 against white and against a dark page, so their lightness is close by
necessity; hue is chosen to stay apart under protanopia and deuteranopia, and dashes, marks and direct labels say the
same thing once more for a reader who sees grey. Tests hold all of this.
"""

from collections.abc import Sequence
from zlib import crc32

INK = "#000000"  # text and axes; the HTML page maps black to the colour of its own text
GREY = "#7c7c7c"
PALE = "#b4b4b4"  # grids and what stands in the background

FAMILIES: dict[str, str] = {
    "rectifier": "#0b62d8",
    "exponential": "#c9331f",
    "sigmoidal": "#14752b",
    "smooth gated": "#ab2c95",
    "hard": "#73a009",
    "shrinkage": "#189ddc",
    "periodic": "#ea61b8",
    "gated unit": "#607dfe",
    "control": GREY,
}
_SPARE = ("#16936a", "#ac1eb8", "#d4495b")

VERDICTS: dict[str, str] = {
    "supported": "#14752b",
    "equivalent": "#0b62d8",
    "true if": "#73a009",
    "mixed": "#ab2c95",
    "refuted": "#c9331f",
    "inconclusive": GREY,
    "not decidable": GREY,
    "not measured here": GREY,
}
HOLLOW = ("not decidable", "not measured here")  # drawn as an outline: nothing was decided

_DASHES: tuple[str | tuple[float, tuple[float, ...]], ...] = (
    "solid",
    (0.0, (4.0, 1.5)),
    (0.0, (1.2, 1.4)),
    (0.0, (5.0, 1.4, 1.2, 1.4)),
    (0.0, (7.0, 2.0)),
    (0.0, (3.0, 1.2, 1.0, 1.2, 1.0, 1.2)),
)
_MARKS = ("o", "s", "D", "^", "v", "P", "X", "<", ">")


def of_family(family: str) -> str:
    """Return the colour of a family; a family of the user's own gets the same spare colour every time."""
    return FAMILIES.get(family) or _SPARE[crc32(family.encode()) % len(_SPARE)]


def families(present: Sequence[str]) -> list[str]:
    """Return the families that occur, each once, in the palette's order, the user's own behind them."""
    seen = dict.fromkeys(present)
    return [family for family in FAMILIES if family in seen] + [family for family in seen if family not in FAMILIES]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as ``#0b62d8``, from 0 (black) to 1 (white)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str) -> str:
    """Return the ink to write with on a filled shape: white, or nearly black on the lighter colours."""
    return "#ffffff" if luminance(colour) < 0.22 else "#101010"


def dash(rank: int) -> str | tuple[float, tuple[float, ...]]:
    """Return the line pattern of the rank-th member of a family."""
    return _DASHES[rank % len(_DASHES)]


def mark(family: str) -> str:
    """Return the point mark of a family, so that families stay apart without colour."""
    order = list(FAMILIES)
    place = order.index(family) if family in order else len(order) + crc32(family.encode())
    return _MARKS[place % len(_MARKS)]
