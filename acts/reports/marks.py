"""Marks inside tables that both outputs share: a verdict's word gets its colour, a column of prose its room."""

from typing import Any

from acts.reports import tables, tree
from acts.reports.tree import Node

VOCABULARY = (
    "supported", "refuted", "mixed", "true if", "equivalent", "inconclusive", "not decidable", "not measured here",
)  # fmt: skip


def slug(verdict: str) -> str:
    """Return a verdict as a class name."""
    return verdict.replace(" ", "-")


SHORT = 12  # letters of a cell that stay on one line: Leaky ReLU, hard-swish, % wrong
SLUGS = tuple(slug(verdict) for verdict in VOCABULARY)


def marked(table: Node) -> Node:
    """Return a table whose cells that are a verdict's word are marked, and whose prose and short cells are named so."""
    wide = [want > tables.PROSE for want in tables.widths(table)[0]]
    caption, specs, head, bodies, foot = table["c"][1:]
    new_bodies = [[body[0], body[1], body[2], [_row(row, wide) for row in body[3]]] for body in bodies]
    return {"t": "Table", "c": [table["c"][0], caption, specs, head, new_bodies, foot]}


def _row(row: list[Any], wide: list[bool]) -> list[Any]:
    return [row[0], [_cell(cell, is_wide) for cell, is_wide in zip(row[1], wide, strict=True)]]


def _cell(cell: list[Any], wide: bool) -> list[Any]:
    attributes, side, down, across, blocks = cell
    word = tree.text(blocks).replace("\N{NO-BREAK SPACE}", " ").strip()
    if word in VOCABULARY:
        unbroken = {"t": "Str", "c": word.replace(" ", "\N{NO-BREAK SPACE}")}
        blocks = [tree.plain([tree.span(("word", slug(word)), [unbroken])])]
    classes = [*attributes[1], *(["prose"] if wide else ["short"] if 0 < len(word) <= SHORT else [])]
    return [[attributes[0], classes, attributes[2]], side, down, across, blocks]
