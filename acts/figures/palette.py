"""Palette: which colour, dash and mark a family or a verdict is drawn with.

Dashes, marks and direct labels say once more what colour says, for a reader who sees grey.
"""

from collections.abc import Sequence
from zlib import crc32

from acts.colours import BY_NIGHT, FAMILIES, GREY, INK, OWN, PALE, PAPER, REST, SPARE, VERDICTS

__all__ = [
    "FAMILIES", "GREY", "HOLLOW", "INK", "OWN", "PALE", "PAPER", "REST", "VERDICTS", "dash", "families", "ink_on",
    "luminance", "mark", "mark_of_own", "of_family", "of_own", "quiet", "swatch_of_own",
]  # fmt: skip

HOLLOW = ("not decidable", "not measured here")  # drawn as an outline: nothing was decided

_DASHES: tuple[str | tuple[float, tuple[float, ...]], ...] = (
    "solid",
    (0.0, (4.0, 1.5)),
    (0.0, (1.2, 1.4)),
    (0.0, (5.0, 1.4, 1.2, 1.4)),
    (0.0, (7.0, 2.0)),
    (0.0, (3.0, 1.2, 1.0, 1.2, 1.0, 1.2)),
)
_OWN_MARKS = ("*", "h", "p", "d", "8")  # one more than colours, so that the two together do not repeat
_SWATCHES = ("■", "◆", "▲", "●")  # of the first functions, and of those that must share their colours
_MARKS = ("o", "s", "D", "^", "v", "P", "X", "<", ">")


def of_family(family: str) -> str:
    """Return the colour of a family; a family of the user's own gets the same spare colour every time."""
    return FAMILIES.get(family) or SPARE[crc32(family.encode()) % len(SPARE)]


def of_own(rank: int) -> str:
    """Return the colour of the rank-th function that the configuration brought along."""
    return OWN[rank % len(OWN)]


def mark_of_own(rank: int) -> str:
    """Return the point mark of the rank-th function that the configuration brought along; no family has it."""
    return _OWN_MARKS[rank % len(_OWN_MARKS)]


def swatch_of_own(rank: int) -> str:
    """Return the sign before the name of the rank-th function that the configuration brought along.

    Functions of one colour have different ones.
    """
    return _SWATCHES[rank // len(OWN) % len(_SWATCHES)]


def quiet(colour: str) -> str:
    """Return what a mark that shows no difference is drawn in: grey, unless it is an own function's or beside one."""
    return colour if colour in OWN or colour == REST else GREY


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
    """Return the ink to write with on a filled shape: that of the page or its ground on ours, else black or white."""
    if colour in BY_NIGHT:
        return INK if colour == PALE else PAPER
    return "#ffffff" if luminance(colour) < 0.22 else "#101010"


def dash(rank: int) -> str | tuple[float, tuple[float, ...]]:
    """Return the line pattern of the rank-th member of a family."""
    return _DASHES[rank % len(_DASHES)]


def mark(family: str) -> str:
    """Return the point mark of a family, so that families stay apart without colour."""
    order = list(FAMILIES)
    place = order.index(family) if family in order else len(order) + crc32(family.encode())
    return _MARKS[place % len(_MARKS)]
