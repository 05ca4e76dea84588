"""Tables on paper: how wide each column wants to be and must be, so that none leaves the margin."""

import re
from dataclasses import dataclass
from math import ceil
from typing import Any

from acts.reports import tree
from acts.reports.tree import Node

PORTRAIT, LANDSCAPE = 96.0, 148.0  # letters of a table's type in the width of a page, upright and turned
SIZES = (1.0, 0.92, 0.85, 0.78)  # of a table's type, before anything else is tried
PADDING = 2.3  # letters that the gap beside a column takes
NAME = 14  # letters up to which a name stays on one line
UNBROKEN = 24  # letters up to which a number, or a range of numbers, stays on one line
PROSE = 26.0  # letters from which a column is read rather than scanned
LONG, TALL, MANY = 24, 2.0, 7  # a table of more rows, so many lines wide, of so many columns reads better turned
BREADTHS = (
    ("bdghnopqu", 1.07), ("acekrsvxyz", 0.97), ("0123456789−+=≤≥×", 1.13), (" \u00a0fijltrI.,;:'|!()[]/-", 0.58),
    ("mwMW%—", 1.5), ("ABCDEFGHJKLNOPQRSTUVXYZ", 1.18),
)  # fmt: skip
COMMAND = re.compile(r"\\[A-Za-z]+")
ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[a-z*]+\}")


@dataclass(frozen=True)
class Plan:
    """How a table is set: mode natural, wrap or shrink; the size of its type; column shares to wrap; page turned."""

    mode: str
    size: float = 1.0
    shares: tuple[float, ...] = ()
    turned: bool = False


def cells(table: Node) -> list[list[list[Node]]]:
    """Return a table's rows, the head's first, as lists of cells, each the cell's blocks."""
    _, _, _, head, bodies, foot = table["c"]
    groups = [head[1], *(part for body in bodies for part in (body[2], body[3])), foot[1]]
    return [[cell[4] for cell in row[1]] for group in groups for row in group]


def rows(table: Node) -> int:
    """Return how many rows a table has, head and foot included."""
    return len(cells(table))


def lines(table: Node, plan: Plan) -> int:
    """Return about how many lines of type a table takes when set by a plan; a formula counts as one line."""
    line = LANDSCAPE if plan.turned else PORTRAIT
    rooms = [(share * line - PADDING) / plan.size for share in plan.shares]
    told = [[breadth(tree.text(_drawn(cell))) for cell in row] for row in cells(table)]
    if not rooms:
        return len(told)
    return sum(max(ceil(wide / max(room, 1.0)) for wide, room in zip(row, rooms, strict=True)) for row in told)


def plan(table: Node) -> Plan:
    """Return how a table fits a page: as it is, with wrapped cells, on a turned page, or drawn smaller.

    One that wraps and goes over pages is set in the second of the sizes.
    """
    wanted, needed = widths(table)
    read = max(wanted, default=0.0) > 2 * PROSE and _total(needed, 1.0) <= PORTRAIT
    smallest = SIZES[1] if read else SIZES[-1]
    if _total(wanted, smallest) <= PORTRAIT:
        return Plan("natural")
    long = rows(table) > LONG and _total(wanted, 1.0) > TALL * PORTRAIT and len(wanted) >= MANY
    sizes = SIZES[1:] if rows(table) > LONG else SIZES
    for line, turned in ((LANDSCAPE, True),) if long else ((PORTRAIT, False), (LANDSCAPE, True)):
        for size in sizes:
            if _total(needed, size) <= line:
                return Plan("wrap", size, _shares(wanted, needed, size=size, line=line), turned)
    return Plan("shrink", turned=True)


def _total(columns: list[float], size: float) -> float:
    """Return how wide columns are together at a size of type, gaps included, which stay as they are."""
    return size * sum(columns) + PADDING * len(columns)


def _shares(wanted: list[float], needed: list[float], *, size: float, line: float) -> tuple[float, ...]:
    """Return each column's part of the line: a short column gets its wish, longer ones more, but not in proportion.

    A column gets what it needs, or as much of its wish as the square root of it among the others': rows then are low.
    """
    low, high = 0.0, max(wanted, default=0.0)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _total(_parts(wanted, needed, middle), size) <= line else (low, middle)
    parts = [size * part + PADDING for part in _parts(wanted, needed, low)]
    return tuple(round(part / max(line, sum(parts)), 4) for part in parts)


def _parts(wanted: list[float], needed: list[float], root: float) -> list[float]:
    return [min(want, max(need, root * want**0.5)) for want, need in zip(wanted, needed, strict=True)]


def sized(table: Node, plan: Plan) -> Node:
    """Return the table with the column widths of a plan, and with none of its own."""
    shares = plan.shares or (None,) * len(table["c"][2])
    specs = [[spec[0], _width(share)] for spec, share in zip(table["c"][2], shares, strict=True)]
    return {"t": "Table", "c": [*table["c"][:2], specs, *table["c"][3:]]}


def _width(share: float | None) -> Any:
    return {"t": "ColWidthDefault"} if share is None else {"t": "ColWidth", "c": share}


def widths(table: Node) -> tuple[list[float], list[float]]:
    """Return each column's natural width and the least that it can do with, in letters without the gap beside them.

    A number, a range of numbers and a name of a few words stay on one line; of prose the longest word does.
    """
    sides = [spec[0]["t"] for spec in table["c"][2]]
    wanted, needed = [], []
    for side, column in zip(sides, zip(*cells(table), strict=True), strict=True):
        lines = [tree.text(_drawn(cell)) for cell in column]
        wanted.append(max(map(breadth, lines), default=0.0))
        limit = UNBROKEN if side == "AlignRight" else NAME
        whole = [breadth(line) for line in lines[1:] if len(line) <= limit]
        pieces = [breadth(piece) for line in lines for piece in _pieces(line)]
        needed.append(max([*whole, *pieces], default=0.0))
    return wanted, needed


def breadth(line: str) -> float:
    """Return about how many letters of usual width a line is wide: capitals and figures are wider, commas are not."""
    return sum(next((size for letters, size in BREADTHS if letter in letters), 1.0) for letter in line)


def _pieces(line: str) -> list[str]:
    return re.split(r"[ \u2010-\u2014/]|(?<=-)", line)


def _drawn(blocks: list[Node]) -> list[Node]:
    """Return blocks whose formulas are unbreakable strings about as long as they are wide."""

    def action(node: Node) -> Node | None:
        return {"t": "Str", "c": "x" * formula_width(node["c"][1])} if node["t"] == "Math" else None

    return tree.walk(blocks, action)


def formula_width(tex: str) -> int:
    """Return about how many letters wide a formula is; the widest of its lines counts."""
    lines = ENVIRONMENT.sub("", tex).split(r"\\")
    return max(1, max(round(0.95 * len(re.sub(r"[\s{}^_&]", "", COMMAND.sub("x", line)))) for line in lines))
