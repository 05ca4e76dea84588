"""A chapter: one notebook's cells read by one call to pandoc, each cell's blocks kept apart so that errors name it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from acts.reports import cells, pandoc, pictures, tree
from acts.reports.cells import Cell, Output, Picture
from acts.reports.faults import Place, ReportError
from acts.reports.tree import Node

SCHEMES = ("http://", "https://", "mailto:", "#")
KEPT = ("key", "number", "start")
MARK = "acts-mark"


@dataclass
class Part:
    """The blocks of one cell."""

    place: Place
    blocks: list[Node]


@dataclass
class Chapter:
    """A name, the parts in order, and the pictures they show by key."""

    name: str
    parts: list[Part]
    pictures: dict[str, Picture] = field(default_factory=dict)


class _Script:
    """The markdown of a chapter with a mark before each piece, and the pieces found again in pandoc's tree."""

    def __init__(self, content: Sequence[Cell]) -> None:
        self.pieces: list[tuple[Place, str]] = []
        self.keys: dict[tuple[int, str], int] = {}
        for index, cell in enumerate(content):
            self._add(index, "prose", cell.place, cell.markdown)
            self._add(index, "caption", cell.place, cell.caption)
            for number, output in enumerate(cell.outputs):
                if output.kind == "markdown":
                    self._add(index, f"output-{number}", cell.place, output.text)

    def _add(self, index: int, role: str, place: Place, text: str) -> None:
        if text.strip():
            self.keys[index, role] = len(self.pieces)
            self.pieces.append((place, text))

    def read(self) -> list[list[Node]]:
        """Return the blocks of each piece; ReportError names the cell that leaves a fence or a division open."""
        digest = hashlib.sha256("\0".join(text for _, text in self.pieces).encode()).hexdigest()[:16]
        mark = f"{MARK}-{digest}"
        joined = "".join(f"``` {mark}\n{n}\n```\n\n{text}\n\n" for n, (_, text) in enumerate(self.pieces))
        found: list[list[Node]] = []
        for block in pandoc.read(joined) if joined else []:
            if block["t"] == "CodeBlock" and mark in block["c"][0][1]:
                self._check(len(found), int(block["c"][1]))
                found.append([])
            else:
                found[-1].append(block)
        self._check(len(found), len(self.pieces))
        return found

    def _check(self, expected: int, seen: int) -> None:
        if expected != seen:
            raise ReportError(f"{self.pieces[expected - 1][0]}: a fence (``` or :::) is opened and never closed")


def read(content: Sequence[Cell], *, name: str) -> Chapter:
    """Return a chapter of cells. ReportError names the cell of whatever cannot be shown."""
    script = _Script(content)
    pieces = script.read()
    chapter = Chapter(name, [])
    for index, cell in enumerate(content):
        roles = {role: pieces[at] for (owner, role), at in script.keys.items() if owner == index}
        blocks = roles["prose"] if "prose" in roles else _code(cell, roles, chapter)
        blocks = _harmless(blocks, cell, chapter)
        if blocks:
            chapter.parts.append(Part(cell.place, blocks))
    return chapter


def _code(cell: Cell, roles: dict[str, list[Node]], chapter: Chapter) -> list[Node]:
    code = [tree.div("", ("acts-code",), [tree.code_block(cell.source, "python")])] if cell.source else []
    shown = [
        block
        for number, output in enumerate(cell.outputs)
        for block in _shown(output, roles.get(f"output-{number}", []), cell, chapter)
    ]
    if cell.label:
        if cell.label.startswith("fig-"):
            return [numbered("acts-figure", cell.label, roles.get("caption", []), [*shown, *code])]
        return [numbered("acts-table", cell.label, roles.get("caption", []), shown), *code]
    return shown + code


def numbered(kind: str, label: str, caption: list[Node], shown: list[Node]) -> Node:
    """Return a figure or table: a division whose first child holds the caption."""
    return tree.div(label, (kind,), [tree.div("", ("acts-caption",), caption), *shown])


def _shown(output: Output, blocks: list[Node], cell: Cell, chapter: Chapter) -> list[Node]:
    match output.kind:
        case "picture" if output.picture:
            shown = picture_block(output.picture, chapter)
            return [shown] if cell.label else [numbered("acts-figure", "", [], [shown])]
        case "markdown":
            return blocks
        case "html":
            return _foreign(output.text)
        case "error":
            title = tree.paragraph([{"t": "Strong", "c": tree.words("This cell failed.")}])
            return [tree.div("", ("callout-error",), [title, tree.code_block(output.text, "")])]
        case _:
            return [tree.div("", ("acts-stream",), [tree.code_block(output.text.rstrip("\n"), "")])]


def _foreign(markup: str) -> list[Node]:
    """Return what a library's own HTML says: text, lists and tables; a heading is a line and an image its words."""

    def action(node: Node) -> Node | list[Node] | None:
        match node["t"]:
            case "Header":
                return tree.paragraph([{"t": "Strong", "c": tree.walk(node["c"][2], action)}])
            case "Image":
                return tree.walk(node["c"][1], action)
            case "Figure":
                return tree.walk(node["c"][2], action)
        return None

    blocks = pandoc.read(markup, "html-native_divs-native_spans-raw_html")
    return tree.walk(tree.without_identifiers(blocks), action)


def picture_block(picture: Picture, chapter: Chapter) -> Node:
    """Return the division that stands for a picture, which the chapter keeps under the division's key."""
    key = f"{chapter.name}-{len(chapter.pictures) + 1}"
    chapter.pictures[key] = pictures.slimmed(picture)
    return tree.div("", ("acts-picture",), [], key=key)


def _harmless(blocks: list[Node], cell: Cell, chapter: Chapter) -> list[Node]:
    """Return blocks with tables and pictures of prose made divisions, and no foreign attribute, scheme or file."""

    def action(node: Node) -> Node | list[Node] | None:
        match node["t"]:
            case "Figure":
                return _prose_figure(node, cell, chapter, action)
            case "Image":
                raise ReportError(f"{cell.place}: an image must stand in a paragraph of its own")
            case "Table":
                return _prose_table(node, action)
            case "Link":
                return _harmless_link(node, action)
            case "RawBlock" | "RawInline":
                return []
        return None

    return tree.walk(tree.without_attributes(blocks, KEPT), action)


def _prose_figure(node: Node, cell: Cell, chapter: Chapter, action: tree.Action) -> Node:
    attributes, caption, content = node["c"]
    image = tree.find(content, "Image")[0]
    target = image["c"][2][0]
    picture = cell.attachments.get(target.removeprefix("attachment:"))
    if picture is None:
        raise ReportError(f"{cell.place}: image {target[:60]!r} is not attached to the cell; a report fetches nothing")
    words = " ".join(tree.text(image["c"][1]).split()) or cells.first_line(target)
    label = attributes[0] or image["c"][0][0]
    shown = picture_block(Picture(picture.form, picture.data, words, cell.place), chapter)
    return numbered("acts-figure", label, tree.walk(caption[1], action), [shown])


def _prose_table(node: Node, action: tree.Action) -> list[Node]:
    attributes, caption = node["c"][:2]
    label, words = attributes[0], tree.walk(caption[1], action)
    bare: list[Any] = [["", [], []], [None, []], *tree.walk(node["c"][2:], action)]
    table = {"t": "Table", "c": bare}
    return [numbered("acts-table", label, words, [table])] if label or words else [table]


def _harmless_link(node: Node, action: tree.Action) -> list[Node]:
    inlines, (target, _) = tree.walk(node["c"][1], action), node["c"][2]
    if target.lower().startswith(SCHEMES) or target.endswith(".ipynb"):
        return [tree.link(inlines, target)]
    return inlines
