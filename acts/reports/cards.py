"""Cards: what the head of a claim's card holds, and its numbers as the ledger has them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from acts.reports import tree
from acts.reports.ledger import TOO_LARGE
from acts.reports.tree import Node

DIVERGED = 1e50  # margins beyond which an effect stands for runs that diverged


@dataclass(frozen=True)
class Head:
    """The first paragraph of a card in parts: the claim's id, and its name, verdict and statement with its source."""

    claim: str
    name: list[Node]
    verdict: list[Node]
    said: list[Node]


def head(block: Node) -> Head | None:
    """Return a card's first paragraph in parts; nothing where it is none such."""
    if block["t"] not in ("Para", "Plain"):
        return None
    inlines = block["c"]
    at = next((index for index, inline in enumerate(inlines) if _is(inline, "verdict")), -1)
    bold = next((inline for inline in inlines[: max(at, 0)] if inline["t"] == "Strong"), None)
    if bold is None:
        return None
    return Head(tree.text(bold), _trimmed(inlines[:at]), inlines[at]["c"][1], _trimmed(inlines[at + 1 :]))


def _is(inline: Node, kind: str) -> bool:
    return inline["t"] == "Span" and kind in tree.classes(inline)


def _trimmed(inlines: list[Node]) -> list[Node]:
    spaces = ("Space", "SoftBreak")
    while inlines and inlines[0]["t"] in spaces:
        inlines = inlines[1:]
    while inlines and inlines[-1]["t"] in spaces:
        inlines = inlines[:-1]
    return inlines


def found(row: Mapping[str, str]) -> str:
    """Return a claim's deciding number in a line: effect and interval; nothing for one that has no interval."""
    return f"{row['effect']}, {row['interval']}" if row.get("interval") else ""


def margins(row: Mapping[str, str]) -> tuple[float, float, float] | None:
    """Return low end, effect and high end in margins, positive in the claim's favour; nothing without a margin."""
    try:
        margin, *ends = (float(row.get(name) or "nan") for name in ("margin", "low", "value", "high"))
    except ValueError:
        return None
    if not margin > 0 or not row.get("interval") or any(math.isnan(end) for end in ends):
        return None
    low, value, high = (max(-TOO_LARGE, min(TOO_LARGE, end)) / margin for end in ends)
    return low, value, high
