"""Search: what a page can be searched for, as a list that travels in it: headings, captions, claims, sources, prose."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape

from acts.reports import cards, marks, tree
from acts.reports.document import Document
from acts.reports.formulas import to_mathml
from acts.reports.page import claims
from acts.reports.tree import Node

KINDS = ("section", "figure", "table", "equation", "claim", "reference", "prose")
NAMES = {"acts-figure": "figure", "acts-table": "table", "acts-equation": "equation"}
TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Entry:
    """One thing to find: its kind, where it stands, the words that name it and the words it says.

    Prose has no name and stands at its section's heading.
    """

    kind: str
    identifier: str
    name: str
    text: str


def to_json(document: Document) -> str:
    """Return the index as JSON that may stand inside a page: rows of kind's place, identifier, name and text."""
    rows = [[KINDS.index(one.kind), one.identifier, one.name, one.text] for one in entries(document)]
    return inert(json.dumps(rows, ensure_ascii=False, separators=(",", ":")))


def inert(content: str) -> str:
    """Return JSON in which no string can end the element that holds it."""
    return content.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def entries(document: Document) -> Iterator[Entry]:
    """Yield what can be found in a document, in its order."""
    numbers = {heading.identifier: heading.number for heading in document.headings}
    where = ""
    for block in document.blocks:
        if block["t"] == "Header":
            where = block["c"][1][0]
            yield Entry("section", where, numbers.get(where, ""), words(block["c"][2]))
        else:
            yield from _found(block, where)


def _found(found: Node, where: str) -> Iterator[Entry]:
    match found["t"]:
        case "Para" | "Plain":
            said = words(found["c"])
            if said:
                yield Entry("prose", where, "", said)
        case "Div":
            yield from _division(found, where)
        case "BulletList":
            yield from _each((inner for item in found["c"] for inner in item), where)
        case "OrderedList":
            yield from _each((inner for item in found["c"][1] for inner in item), where)
        case "DefinitionList":
            for term, definitions in found["c"]:
                inner = [words(block) for blocks in definitions for block in blocks]
                yield Entry("prose", where, "", " ".join([words(term), *inner]))
        case "BlockQuote":
            yield from _each(found["c"], where)


def _each(blocks: Iterable[Node], where: str) -> Iterator[Entry]:
    for block in blocks:
        yield from _found(block, where)


def _division(block: Node, where: str) -> Iterator[Entry]:
    (identifier, kinds, _), blocks = block["c"]
    kind = next((NAMES[name] for name in kinds if name in NAMES), "")
    if kind:
        said = words(blocks if kind == "equation" else blocks[0]["c"][1])
        if identifier:
            number = tree.values(block).get("number", "")
            yield Entry(kind, identifier, f"{kind.capitalize()} {number}".strip(), said)
    elif "claim" in kinds:
        verdict = next((word for word in marks.VOCABULARY if marks.slug(word) in kinds), "")
        yield Entry("claim", identifier, verdict, _claim(blocks))
    elif "csl-entry" in kinds:
        yield Entry("reference", identifier, "", words(blocks))
    elif "acts-code" not in kinds and "acts-stream" not in kinds:
        yield from _each(blocks, where)


def _claim(blocks: list[Node]) -> str:
    """Return what a card says: its statement, its finding, and last where it is stated."""
    head = cards.head(blocks[0]) if blocks else None
    if head is None:
        return " ".join(words(block) for block in blocks)
    statement, source = claims.parted(head.said)
    said = words(statement)
    ended = said if said.endswith((".", "?", "!")) else f"{said}."
    return " ".join(filter(None, [ended, *(words(block) for block in blocks[1:]), words(source)]))


def words(node: Node | list[Node]) -> str:
    """Return a tree's words on one line, formulas as the letters they show."""
    return " ".join(tree.text(tree.walk([node] if isinstance(node, dict) else node, _spelled)).split())


def _spelled(node: Node) -> Node | None:
    if node["t"] in ("Plain", "Para"):  # words of two blocks stand apart
        return {"t": node["t"], "c": [*tree.walk(node["c"], _spelled), {"t": "Space"}]}
    if node["t"] != "Math":
        return None
    return {"t": "Str", "c": unescape(TAG.sub("", to_mathml(node["c"][1], display=node["c"][0]["t"] == "DisplayMath")))}
