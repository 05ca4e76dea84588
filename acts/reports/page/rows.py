"""Rows: a table's rows that stand for claims, tagged with what a reader may sift them by."""

from collections.abc import Mapping
from typing import Any

from acts.reports import marks, tree
from acts.reports.tree import Node


def tagged(table: Node, claims: Mapping[str, Mapping[str, str]]) -> Node:
    """Return a table whose rows that begin with the number of a claim of the ledger carry its verdict and topic."""
    attributes, caption, specs, head, bodies, foot = table["c"]
    new = [[*body[:3], [_row(row, claims) for row in body[3]]] for body in bodies]
    return {"t": "Table", "c": [attributes, caption, specs, head, new, foot]}


def _row(row: list[Any], claims: Mapping[str, Mapping[str, str]]) -> list[Any]:
    (identifier, classes, values), cells = row
    begins = tree.text(cells[0][4]).split()[:1] if cells else []
    claim = claims.get(begins[0]) if begins else None
    if claim is None:
        return row
    told = [["verdict", marks.slug(claim.get("verdict", ""))], ["topic", claim.get("topic", "")]]
    return [[identifier, classes, [*values, *told]], cells]
