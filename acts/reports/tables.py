"""Tables on paper: how wide each column wants to be and must be, so that none leaves the margin."""

import re
from dataclasses import dataclass
from typing import Any

from acts.reports import tree
from acts.reports.tree import Node

PORTRAIT, LANDSCAPE = 96.0, 148.0  # letters of a table's type in the width of a page, upright and turned
SIZES = (1.0, 0.92, 0.85, 0.78)  # of a table's type, before anything else is tried
PADDING = 2.3  # letters that the gap beside a column takes
UNBROKEN = 24  # letters up to which a number, or a range of numbers, stays on one line
PROSE = 28.0  # letters from which a column is read rather than scanned
LONG, TALL, MANY = 24, 2.0, 7  # a table of more rows, so many lines wide, of so many columns reads better turned
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


def plan(table: Node) -> Plan:
    """Return how a table fits a page: as it is, with wrapped cells, on a turned page, or drawn smaller."""
    wanted, needed = widths(table)
    if sum(wanted) * SIZES[-1] <= PORTRAIT:
        return Plan("natural")
    long = rows(table) > LONG and sum(wanted) > TALL * PORTRAIT and len(wanted) >= MANY
    for line, turned in ((LANDSCAPE, True),) if long else ((PORTRAIT, False), (LANDSCAPE, True)):
        for size in SIZES:
            if sum(needed) <= line / size:
                return Plan("wrap", size, _shares(wanted, needed, line / size), turned)
    return Plan("shrink", turned=True)


def _shares(wanted: list[float], needed: list[float], line: float) -> tuple[float, ...]:
    """Return each column's part of the line: a short column gets its wish, longer ones more, but not in proportion.

    A column gets what it needs, or as much of its wish as the square root of it among the others': rows then are low.
    """
    low, high = 0.0, max(wanted)
    for _ in range(40):
        middle = (low + high) / 2
        parts = [min(want, max(need, middle * want**0.5)) for want, need in zip(wanted, needed, strict=True)]
        low, high = (middle, high) if sum(parts) <= line else (low, middle)
    parts = [min(want, max(need, low * want**0.5)) for want, need in zip(wanted, needed, strict=True)]
    return tuple(round(part / max(line, sum(parts)), 4) for part in parts)


def sized(table: Node, plan: Plan) -> Node:
    """Return the table with the column widths of a plan, and with none of its own."""
    shares = plan.shares or (None,) * len(table["c"][2])
    specs = [[spec[0], _width(share)] for spec, share in zip(table["c"][2], shares, strict=True)]
    return {"t": "Table", "c": [*table["c"][:2], specs, *table["c"][3:]]}


def _width(share: float | None) -> Any:
    return {"t": "ColWidthDefault"} if share is None else {"t": "ColWidth", "c": share}


def widths(table: Node) -> tuple[list[float], list[float]]:
    """Return each column's natural width and its widest unbreakable piece, in letters with the gap beside them."""
    sides = [spec[0]["t"] for spec in table["c"][2]]
    wanted, needed = [], []
    for side, column in zip(sides, zip(*cells(table), strict=True), strict=True):
        lines = [tree.text(_drawn(cell)) for cell in column]
        wanted.append(max(map(len, lines), default=0) + PADDING)
        body = lines[1:] if side == "AlignRight" else []
        whole = [len(line) for line in body if len(line) <= UNBROKEN]
        needed.append(max([*whole, *(len(piece) for line in lines for piece in _pieces(line))], default=0) + PADDING)
    return wanted, needed


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
