"""Typography: what plain text writes with the keys at hand, set as print has it."""

import re

from acts.reports import tree
from acts.reports.tree import Node

_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])|(?<=s)'(?=[,.;:)]?$)")
_SUBSCRIPT = re.compile(r"(?<=[α-ω])_([a-z0-9])(?![a-z0-9])")


def typeset(blocks: list[Node]) -> list[Node]:
    """Return blocks whose words have curved apostrophes, and a Greek letter's index below it; code stays as it is."""
    return tree.walk(blocks, _word)


def _word(node: Node) -> list[Node] | None:
    if node["t"] != "Str" or not ("'" in node["c"] or "_" in node["c"]):
        return None
    content = node["c"] if node["c"].startswith("'") else _APOSTROPHE.sub("\N{RIGHT SINGLE QUOTATION MARK}", node["c"])
    parts = _SUBSCRIPT.split(content)
    return [_part(part, index % 2 == 1) for index, part in enumerate(parts) if part]


def _part(content: str, low: bool) -> Node:
    letters: Node = {"t": "Str", "c": content}
    return {"t": "Subscript", "c": [letters]} if low else letters
