"""Cards: a claim as a page shows it: verdict, statement, sources, its interval against the margin, the finding."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from acts.reports import marks, tree
from acts.reports.tree import Node

Fit = Callable[[list[Node]], list[Node]]

REACH = 100.0  # margins at which the axis ends; beyond it an interval ends in an arrow
DECADE = 1.2  # length of a factor of ten beyond the margin, where the margin itself is 1 long
HALF = 47.0  # of the width, in per cent, that either side of zero takes


@dataclass(frozen=True)
class Card:
    """The parts of a claim's division: its number, verdict, statement and sources, and the blocks that follow."""

    name: str
    verdict: list[Node]
    statement: list[Node]
    source: list[Node]
    rest: list[Node]


def parts(blocks: list[Node]) -> Card | None:
    """Return the parts of a claim's blocks; None where they are not written as a card."""
    first = blocks[0]["c"] if blocks and blocks[0]["t"] == "Para" else []
    if not first or first[0]["t"] != "Strong":
        return None
    spans = {kind: node for node in first for kind in ("verdict", "source") if _is(node, kind)}
    if "verdict" not in spans:
        return None
    statement = [node for node in first[1:] if node not in spans.values()]
    source = spans["source"]["c"][1] if "source" in spans else []
    return Card(tree.text(first[0]), [spans["verdict"]], _stripped(statement), source, blocks[1:])


def _is(node: Node, kind: str) -> bool:
    return node["t"] == "Span" and kind in tree.classes(node)


def _stripped(inlines: list[Node]) -> list[Node]:
    """Return inlines without the blanks at either end."""
    blank = ("Space", "SoftBreak")
    while inlines and inlines[0]["t"] in blank:
        inlines = inlines[1:]
    while inlines and inlines[-1]["t"] in blank:
        inlines = inlines[:-1]
    return inlines


def card(node: Node, row: Mapping[str, str], fit: Fit) -> list[Node]:
    """Return a claim's division as an article; ``row`` is the ledger's, empty where there is none."""
    (identifier, kinds, _), blocks = node["c"]
    verdict = next((kind for kind in kinds if kind in marks.SLUGS), "")
    own = f' id="{escape(identifier)}"' if identifier else ""
    opening = tree.raw("html", f'<article{own} class="claim {verdict}">')
    found = parts(blocks)
    if found is None:
        return [opening, *fit(blocks), tree.raw("html", "</article>")]
    return [
        opening,
        *_head(found, identifier, row, fit),
        *_measured(row),
        *fit(found.rest),
        tree.raw("html", "</article>"),
    ]


def _head(found: Card, identifier: str, row: Mapping[str, str], fit: Fit) -> list[Node]:
    """Return number, verdict and topic in one line, the statement, and where it is stated."""
    number = tree.span(("name",), tree.words(found.name))
    if identifier:
        number = tree.link(tree.words(found.name), f"#{identifier}", classes=("name",))
    topic = [{"t": "Space"}, tree.span(("topic",), tree.words(row["topic"]))] if row.get("topic") else []
    line = [number, {"t": "Space"}, *found.verdict, *topic]
    return [
        *_boxed("head", line, fit),
        *_boxed("statement", found.statement, fit),
        *(_boxed("source", found.source, fit) if found.source else []),
    ]


def _boxed(name: str, inlines: list[Node], fit: Fit) -> list[Node]:
    return [tree.raw("html", f'<p class="{name}">'), *fit([tree.plain(inlines)]), tree.raw("html", "</p>")]


def _measured(row: Mapping[str, str]) -> list[Node]:
    """Return the deciding number with its interval, drawn and written; nothing where the claim has no interval."""
    if not row.get("interval"):
        return []
    drawn = interval(row)
    margin = _number(row.get("margin", ""))
    pairs = f"{escape(row['n'])} pairs" if row.get("n") else ""
    set_before = f"margin {_short(margin)}" if margin else ""
    told = [f"<b>{escape(row['effect'])}</b>", escape(row["interval"]), pairs, escape(set_before)]
    middle = "margin" if margin else ""
    told_ends = "".join(f"<span>{word}</span>" for word in ("against the claim", middle, "for it"))
    words = f'<div class="ends" aria-hidden="true">{told_ends}</div>'
    picture = f'<div class="axis">{drawn}{words}</div>' if drawn else ""
    return [
        tree.raw("html", f'<div class="measured">{picture}<p>{" · ".join(part for part in told if part)}</p></div>')
    ]


def interval(row: Mapping[str, str]) -> str:
    """Return a ledger row's interval as a small SVG: the band is the margin, right of zero speaks for the claim.

    Where a margin is set the axis is in margins, linear within and logarithmic beyond, and the same on every card;
    else it is linear and reaches as far as the interval. Empty where the row has no interval or no such sides.
    """
    low, value, high = (_number(row.get(name, "")) for name in ("low", "value", "high"))
    margin = _number(row.get("margin", ""))
    if low is None or value is None or high is None or row.get("kind") != "experiment":
        return ""
    reach = max((abs(end) for end in (low, value, high) if math.isfinite(end)), default=0.0)
    scale = margin if margin else reach / 0.85 or 1.0

    def at(place: float) -> float:
        stretched = _stretched(place / scale) / _stretched(REACH) if margin else max(-1.0, min(1.0, place / scale))
        return 50.0 + HALF * stretched

    band = (
        f'<rect class="band" x="{at(-margin):.2f}%" width="{at(margin) - at(-margin):.2f}%" height="100%"/>'
        if margin
        else ""
    )
    ends = "".join(_arrow(sign) for sign, end in ((-1, low), (1, high)) if abs(end) / scale > REACH)
    label = escape(f"{row['effect']}, {row['interval']}")
    return (
        f'<svg class="interval" role="img" aria-label="{label}" width="100%" height="18">{band}'
        '<line class="base" x1="0" x2="100%" y1="9" y2="9"/>'
        '<line class="zero" x1="50%" x2="50%" y1="0" y2="100%"/>'
        f'<line class="span" x1="{at(low):.2f}%" x2="{at(high):.2f}%" y1="9" y2="9"/>'
        f'<circle cx="{at(value):.2f}%" cy="9" r="4"/>{ends}</svg>'
    )


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


def _short(value: float) -> str:
    return f"{value:g}"
