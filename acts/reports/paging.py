"""Paging: what of a document turns a page, and what must stay together on one, or on a line."""

import re
from typing import Any

from acts.reports import marks, tables, tree
from acts.reports.tree import Node

LONGEST, PIECE = 60, 8  # letters of a word from which it may break, and after how many each
TURN = tree.raw("typst", "#page(flipped: true)[")
LEAD = 3  # blocks between a heading and a wide table that turn with it
INDEX = re.compile(r"(?<=[α-ω])_([a-z0-9])(?![A-Za-z0-9])")
POINTING = ("see", "in", "of", "than")  # words that stay with a link behind them
RELATIONS = ("=", "<", ">", "≤", "≥")
TIED = 8  # letters up to which a word stays on the line of the sign beside it
LINE, LOW = 108, 13  # letters in a line of a card, and lines of text up to which a card stays on one page


def turned(blocks: list[Node], *, whole: bool = True) -> list[Node]:
    """Return blocks in which a table too wide for an upright page has a turned one.

    One with a caption, which is spoken of by its number, stands at the end of its chapter, or of an article that is not
    ``whole``: the text goes on where it would have been. Another stays where it is, with what leads up to it.
    """
    kept: list[Node] = []
    waiting: list[Node] = []
    for block in blocks:
        if _is_heading(block, first=whole):
            kept += waiting
            waiting = []
        if not _too_wide(block):
            kept.append(block)
        elif _is_table(block):
            waiting += _on_its_side([block])
        else:
            start = _lead(kept)
            kept[start:] = _on_its_side([*kept[start:], block])
    return kept + waiting


def _is_heading(block: Node, *, first: bool) -> bool:
    """Return whether a block is a heading of the first level, or, where that is not asked, the one over references."""
    return block["t"] == "Header" and (block["c"][0] == 1 if first else block["c"][1][0] == "references")


def _on_its_side(blocks: list[Node]) -> list[Node]:
    return [TURN, *blocks, tree.raw("typst", "]")]


def _lead(kept: list[Node]) -> int:
    """Return where what leads up to the next block begins: at the headings shortly before it, or at the block."""
    start = next((at for at in reversed(range(len(kept))[-LEAD:]) if kept[at]["t"] == "Header"), len(kept))
    while start < len(kept) and start and kept[start - 1]["t"] == "Header":
        start -= 1
    return start


def led(blocks: list[Node]) -> list[Node]:
    """Return blocks in which words that lead up to claims, a table or a list stay where these do."""
    kept: list[Node] = []
    for block in blocks:
        if kept and kept[-1]["t"] == "Para":
            if _is_table(block):
                kept.append(tree.raw("typst", "#room()"))
            elif _is_claim(block) or tree.text(kept[-1]).rstrip().endswith(":"):
                kept += _kept(kept.pop())
        kept.append(block)
    return kept


def bound(content: Any) -> Any:
    """Return a tree in which short terms stay on one line: a number and its per cent, ``n = 12``, ``see Figure 1``."""
    if isinstance(content, dict):
        return {key: bound(value) for key, value in content.items()}
    if not isinstance(content, list):
        return content
    parts = [bound(part) for part in content]
    for at in range(1, len(parts) - 1):
        beside = parts[at - 1], parts[at + 1]
        pointed = _word(beside[0]).lower() in POINTING and _kind(beside[1]) == "Link"
        if _kind(parts[at]) in ("Space", "SoftBreak") and (pointed or _belong(*map(_word, beside))):
            parts[at] = {"t": "Str", "c": "\N{NO-BREAK SPACE}"}
    return parts


def _kind(part: Any) -> str:
    return str(part.get("t", "")) if isinstance(part, dict) else ""


def _word(part: Any) -> str:
    return str(part["c"]) if _kind(part) == "Str" else ""


def _belong(before: str, after: str) -> bool:
    if not before or not after or max(len(before), len(after)) > TIED:
        return False
    if after[0] == "%":
        return before[-1].isdigit()
    if "×" in (before, after):
        return before[-1].isdigit() or after[0].isdigit()
    return before in RELATIONS or after in RELATIONS


def low(card: list[Node]) -> bool:
    """Return whether a card is nothing but text and short enough to stay on one page."""
    found = [tree.text(block) for block in card if block["t"] in ("Para", "Plain")]
    lists = [block for block in card if block["t"] == "BulletList"]
    plain = len(found) + len(lists) == len(card)
    found += [tree.text(item) for block in lists for item in block["c"]]
    return plain and sum(1 + len(text) // LINE for text in found) <= LOW


def _is_table(block: Node) -> bool:
    return block["t"] == "Div" and "acts-table" in tree.classes(block)


def _kept(lead: Node) -> list[Node]:
    return [tree.raw("typst", "#lead["), lead, tree.raw("typst", "]")]


def _is_claim(block: Node) -> bool:
    return block["t"] == "Div" and "claim" in tree.classes(block)


def _too_wide(block: Node) -> bool:
    tables_in = tree.find(block, "Table") if block["t"] in ("Div", "Table") else []
    return any(tables.plan(marks.marked(table)).turned for table in tables_in)


def lowered(node: Node) -> list[Node] | None:
    """Return a word with the index of a Greek letter set low, such as ``σ_w``; None for others."""
    parts = INDEX.split(node["c"]) if node["t"] == "Str" else []
    if len(parts) < 2:
        return None
    words: list[Node] = [{"t": "Str", "c": part} for part in parts]
    return [{"t": "Subscript", "c": [word]} if at % 2 else word for at, word in enumerate(words) if word["c"]]


def broken(node: Node) -> list[Node] | None:
    """Return a word, or a piece of code, longer than a line may be with places where it can break; None for others."""
    content = node["c"] if node["t"] == "Str" else node["c"][1]
    if max(map(len, content.split()), default=0) <= LONGEST:
        return None
    pieces = [content[start : start + PIECE] for start in range(0, len(content), PIECE)]
    inlines = [
        {"t": "Str", "c": piece} if node["t"] == "Str" else {"t": "Code", "c": [node["c"][0], piece]}
        for piece in pieces
    ]
    mark = tree.raw_inline("typst", "#sym.zws;")
    return [part for inline in inlines for part in (inline, mark)][:-1]
