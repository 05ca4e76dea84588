"""Paging: what of a document turns a page, and what must stay together on one."""

from acts.reports import marks, tables, tree
from acts.reports.tree import Node

LONGEST, PIECE = 60, 8  # letters of a word from which it may break, and after how many each
LEAD = 3  # blocks between a heading and a wide table that turn with it


def turned(blocks: list[Node]) -> list[Node]:
    """Return blocks in which a table too wide for an upright page has a turned one, with what leads up to it."""
    kept: list[Node] = []
    for block in blocks:
        if not _too_wide(block):
            kept.append(block)
            continue
        headings = [index for index, before in enumerate(kept[-LEAD:], len(kept[:-LEAD])) if before["t"] == "Header"]
        start = headings[-1] if headings else len(kept)
        while start and kept[start - 1]["t"] == "Header" and headings:
            start -= 1
        kept[start:] = [tree.raw("typst", "#page(flipped: true)["), *kept[start:], block, tree.raw("typst", "]")]
    return kept


def led(blocks: list[Node]) -> list[Node]:
    """Return blocks in which no figure floats past a heading over claims, and words that lead on stay where they do."""
    kept: list[Node] = []
    for block in blocks:
        if _is_claim(block) and kept and not _is_claim(kept[-1]):
            lead = kept.pop() if kept[-1]["t"] == "Para" else None
            at = len(kept) - 1 if kept and kept[-1]["t"] == "Header" else len(kept)
            kept.insert(at, tree.raw("typst", "#place.flush()"))
            kept += _kept(lead) if lead else []
        elif kept and kept[-1]["t"] == "Para" and _is_table(block):
            kept.append(tree.raw("typst", "#room()"))
        elif kept and kept[-1]["t"] == "Para" and tree.text(kept[-1]).rstrip().endswith(":"):
            kept += _kept(kept.pop())
        kept.append(block)
    return kept


def _is_table(block: Node) -> bool:
    return block["t"] == "Div" and "acts-table" in tree.classes(block)


def _kept(lead: Node) -> list[Node]:
    return [tree.raw("typst", "#lead["), lead, tree.raw("typst", "]")]


def _is_claim(block: Node) -> bool:
    return block["t"] == "Div" and "claim" in tree.classes(block)


def _too_wide(block: Node) -> bool:
    tables_in = tree.find(block, "Table") if block["t"] in ("Div", "Table") else []
    return any(tables.plan(marks.marked(table)).turned for table in tables_in)


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
