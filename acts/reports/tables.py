"""Tables on paper: how wide each column wants to be and must be, so that none leaves the margin."""

import re
from typing import Any

from acts.reports import tree
from acts.reports.tree import Node

LINE = 92.0  # characters of the table's type that fit the text width
COMMAND = re.compile(r"\\[A-Za-z]+")


def cells(table: Node) -> list[list[list[Node]]]:
    """Return a table's rows, the head's first, as lists of cells, each the cell's blocks."""
    _, _, _, head, bodies, foot = table["c"]
    groups = [head[1], *(part for body in bodies for part in (body[2], body[3])), foot[1]]
    return [[cell[4] for cell in row[1]] for group in groups for row in group]


def rows(table: Node) -> int:
    """Return how many rows a table has, head and foot included."""
    return len(cells(table))


def mode(table: Node) -> str:
    """Return Typst's word for a table wider than the line: "natural", "wrap" where words can break, else "shrink"."""
    wanted, needed = _widths(table)
    if sum(wanted) <= LINE:
        return '"natural"'
    return '"wrap"' if sum(needed) <= LINE else '"shrink"'


def sized(table: Node) -> Node:
    """Return the table with column widths where it must wrap, and with none where it has room."""
    wanted, needed = _widths(table)
    total = sum(wanted)
    if total <= LINE or sum(needed) > LINE:
        shares: list[float | None] = [None] * len(wanted)
    else:
        spare = LINE - sum(needed)
        asked = [want - need for want, need in zip(wanted, needed, strict=True)]
        shares = [(need + spare * ask / (sum(asked) or 1.0)) / LINE for need, ask in zip(needed, asked, strict=True)]
    specs = [[spec[0], _width(share)] for spec, share in zip(table["c"][2], shares, strict=True)]
    return {"t": "Table", "c": [*table["c"][:2], specs, *table["c"][3:]]}


def _width(share: float | None) -> Any:
    return {"t": "ColWidthDefault"} if share is None else {"t": "ColWidth", "c": round(share, 4)}


def _widths(table: Node) -> tuple[list[float], list[float]]:
    """Return each column's natural width and its widest unbreakable piece, in characters with the gap beside them."""
    columns = list(zip(*cells(table), strict=False))
    wanted = [max((_line(cell) for cell in column), default=0.0) + 2 for column in columns]
    needed = [max((_piece(cell) for cell in column), default=0.0) + 2 for column in columns]
    return wanted, needed


def _line(blocks: list[Node]) -> float:
    return float(len(tree.text(_drawn(blocks))))


def _piece(blocks: list[Node]) -> float:
    pieces = re.split(r"[ \u2010-\u2014/]|(?<=-)", tree.text(_drawn(blocks)).replace("\xa0", "x"))
    return float(max((len(piece) for piece in pieces), default=0))


def _drawn(blocks: list[Node]) -> list[Node]:
    """Return blocks whose formulas are unbreakable strings about as long as they are wide."""

    def action(node: Node) -> Node | None:
        if node["t"] != "Math":
            return None
        bare = re.sub(r"[\s{}^_&]|\\\\", "", COMMAND.sub("x", node["c"][1]))
        return {"t": "Str", "c": "x" * max(1, round(len(bare) * 0.9))}

    return tree.walk(blocks, action)
