"""Claims: a claim's card as a page shows it, with the deciding interval drawn against the margin, and a quotable id."""

import math
import re
from collections.abc import Callable, Mapping
from html import escape

from acts.reports import cards, marks, tree
from acts.reports.cards import Head
from acts.reports.ledger import number
from acts.reports.tree import Node

Fit = Callable[[list[Node]], list[Node]]

REACH = 100.0  # margins at which the axis ends; beyond it an interval ends in an arrow
DECADE = 1.2  # length of a factor of ten beyond the margin, where the margin itself is 1 long
REPLICATES = ("pairs", "tasks", "seeds", "networks", "processes")  # what an interval may be over
HALF = 47.0  # of the width, in per cent, that either side of zero takes


def card(node: Node, row: Mapping[str, str], fit: Fit) -> list[Node]:
    """Return a claim's division as an article; ``row`` is the ledger's, empty where there is none."""
    (identifier, kinds, _), blocks = node["c"]
    verdict = next((kind for kind in kinds if kind in marks.SLUGS), "")
    own = f' id="{escape(identifier)}"' if identifier else ""
    opening, closing = tree.raw("html", f'<article{own} class="claim {verdict}">'), tree.raw("html", "</article>")
    head = cards.head(blocks[0]) if blocks else None
    if head is None:
        return [opening, *fit(blocks), closing]
    return [opening, *_head(head, identifier, row, fit), *_measured(row), *fit(blocks[1:]), closing]


def _head(head: Head, identifier: str, row: Mapping[str, str], fit: Fit) -> list[Node]:
    """Return id, verdict and topic in one line, the statement, and where it is stated."""
    name = tree.words(head.claim)
    own = tree.link(name, f"#{identifier}", classes=("name",)) if identifier else tree.span(("name",), name)
    topic = [{"t": "Space"}, tree.span(("topic",), tree.words(row["topic"]))] if row.get("topic") else []
    line = [own, {"t": "Space"}, tree.span(("verdict",), head.verdict), *topic]
    statement, source = parted(head.said)
    return [
        *_boxed("head", line, fit),
        *_boxed("statement", statement, fit),
        *(_boxed("source", source, fit) if source else []),
    ]


def parted(said: list[Node]) -> tuple[list[Node], list[Node]]:
    """Return what a claim says, and where it is said, as inlines; the latter empty where no source is named."""
    sources = [node for node in said if node["t"] == "Span" and "source" in tree.classes(node)]
    statement = [node for node in said if node not in sources]
    while statement and statement[-1]["t"] in ("Space", "SoftBreak"):
        statement.pop()
    return statement, [inline for source in sources for inline in source["c"][1]]


def _boxed(name: str, inlines: list[Node], fit: Fit) -> list[Node]:
    return [tree.raw("html", f'<p class="{name}">'), *fit([tree.plain(inlines)]), tree.raw("html", "</p>")]


def _measured(row: Mapping[str, str]) -> list[Node]:
    """Return the deciding number with its interval, drawn and written; nothing where the claim has no interval."""
    if not row.get("interval"):
        return []
    margin = _number(row.get("margin", ""))
    counted = f"{escape(row['n'])} {_replicate(row)}" if row.get("n") else ""
    per_cent = "\N{NO-BREAK SPACE}%" if row.get("unit", "").startswith("%") else ""
    before = f"margin {number(margin)}{per_cent}" if margin else ""
    told = [f"<b>{escape(row['effect'])}</b>", escape(row["interval"]), counted, before]
    drawn = interval(row)
    ends = "".join(f"<span>{word}</span>" for word in ("against the claim", "margin", "for it"))
    axis = f'<div class="axis">{drawn}<div class="ends" aria-hidden="true">{ends}</div></div>' if drawn else ""
    return [tree.raw("html", f'<div class="measured">{axis}<p>{" · ".join(part for part in told if part)}</p></div>')]


def interval(row: Mapping[str, str]) -> str:
    """Return a ledger row's interval as a small SVG: the band is the margin, right of zero speaks for the claim.

    The axis is in margins, linear within one and logarithmic beyond, and the same on every card. Empty where the row
    has no interval, or no margin: of a quantity held against bounds, zero does not part what speaks for the claim from
    what speaks against it.
    """
    ends = cards.margins(row)
    if ends is None or row.get("kind") != "experiment":
        return ""
    low, value, high = (f"{_place(end):.2f}%" for end in ends)
    side = _place(1.0) - 50.0
    band = f'<rect class="band" x="{50 - side:.2f}%" width="{2 * side:.2f}%" height="100%"/>'
    arrows = "".join(_arrow(sign) for sign, end in ((-1, ends[0]), (1, ends[2])) if sign * end > REACH)
    return (
        f'<svg class="interval" role="img" aria-label="{escape(cards.found(row))}" width="100%" height="18">'
        f"{band}"
        '<line class="base" x1="0" x2="100%" y1="9" y2="9"/><line class="zero" x1="50%" x2="50%" y1="0" y2="100%"/>'
        f'<line class="span" x1="{low}" x2="{high}" y1="9" y2="9"/><circle cx="{value}" cy="9" r="4"/>{arrows}</svg>'
    )


def _replicate(row: Mapping[str, str]) -> str:
    """Return what was counted, as the claim's sentence names it: pairs, tasks, seeds; pairs where it names nothing."""
    named = re.search(rf"\b{re.escape(row['n'])} ({'|'.join(REPLICATES)})\b", row.get("sentence", ""))
    return named[1] if named else REPLICATES[0]


def _place(margins: float) -> float:
    """Return where a value stands on the axis, in per cent of its width."""
    return 50.0 + HALF * _stretched(margins) / _stretched(REACH)


def _stretched(margins: float) -> float:
    """Return a place on the axis: linear within one margin, by powers of ten beyond, ending where the axis does."""
    size = min(abs(margins), REACH)
    return math.copysign(size if size <= 1 else 1 + DECADE * math.log10(size), margins)


def _arrow(sign: int) -> str:
    path = "M7 2 L0 9 L7 16" if sign < 0 else "M-7 2 L0 9 L-7 16"
    return f'<svg class="beyond" x="{0 if sign < 0 else 100}%" overflow="visible"><path d="{path}"/></svg>'


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value
