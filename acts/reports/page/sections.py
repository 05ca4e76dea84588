"""Sections: a book's chapters one by one, each with a line on what it took and links to its neighbours."""

from html import escape

from acts.reports import tree
from acts.reports.document import Document
from acts.reports.numbering import Heading
from acts.reports.page import contents, heights
from acts.reports.tree import Node


def parted(document: Document) -> list[Node]:
    """Return a document's blocks; those of a book with each chapter in a section that ends in a way on and a way back.

    What is no whole book, or has one chapter, stays as it is.
    """
    openings = [heading for heading in document.headings if heading.level == 1]
    if not document.whole or len(openings) < 2:
        return list(document.blocks)
    places = {heading.identifier: place for place, heading in enumerate(openings)}
    bylines = _bylines(document)
    before, chapters = _split(document.blocks, set(places))
    shown = list(before)
    for heading, *rest in chapters:
        identifier = heading["c"][1][0]
        tall = heights.about([heading, *rest], document.pictures)
        shown.append(tree.raw("html", f'<section class="chapter" style="--tall: {tall}">'))
        shown += [heading, *bylines.get(identifier, []), *rest, *_closing(openings, places[identifier])]
    return shown


def _split(blocks: list[Node], openings: set[str]) -> tuple[list[Node], list[list[Node]]]:
    """Return the blocks before the first of the openings, and those from each opening to the next."""
    starts = [place for place, block in enumerate(blocks) if block["t"] == "Header" and block["c"][1][0] in openings]
    ends = [*starts[1:], len(blocks)]
    return blocks[: starts[0]], [blocks[start:end] for start, end in zip(starts, ends, strict=True)]


def _closing(openings: list[Heading], current: int) -> list[Node]:
    """Return the end of a chapter's section, with links to the chapter before and to the next."""
    before = openings[current - 1] if current else None
    after = openings[current + 1] if current + 1 < len(openings) else None
    number = escape(openings[current].number or tree.text(openings[current].inlines))
    return [
        tree.raw("html", f'<nav class="turn" aria-label="On from chapter {number}">'),
        *_turn("previous", "Previous", before),
        *_turn("next", "Next", after),
        tree.raw("html", "</nav></section>"),
    ]


def _turn(kind: str, word: str, heading: Heading | None) -> list[Node]:
    if heading is None:
        return []
    number = [*tree.words(heading.number), {"t": "Space"}] if heading.number else []
    title = tree.span(("title",), [*number, *contents.spoken(heading.inlines)])
    label = [tree.span(("word",), tree.words(word)), {"t": "Space"}, title]
    return [tree.plain([tree.link(label, f"#{heading.identifier}", classes=(kind,))])]


def _bylines(document: Document) -> dict[str, list[Node]]:
    """Return the line under each chapter's heading: its notebook, and how long its measurements took."""
    took = dict(document.front.runtimes)
    lines = {}
    for name, identifier in document.chapters:
        told = [part for part in (f"{name}.ipynb" if took.get(name) else "", took.get(name, "")) if part]
        if told:
            lines[identifier] = [tree.raw("html", f'<p class="byline">{escape(" · ".join(told))}</p>')]
    return lines
