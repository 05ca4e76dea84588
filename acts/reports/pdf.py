"""The PDF of a document: Typst source from the tree, compiled to PDF/A-3a and PDF/UA-1 with the committed fonts."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import typst

from acts.reports import cards, fonts, marks, paging, pandoc, pictures, rasters, tables, tails, tree
from acts.reports.document import TEMPLATES, Document
from acts.reports.faults import ReportError
from acts.reports.formulas import to_typst
from acts.reports.tree import Node

STANDARDS: list[Any] = ["a-3a", "ua-1"]
FORM = "typst-citations"
TAGGED = "internal error: parent group"  # what Typst says of a figure that floats into a table over several pages
FIGURE_FAMILY = "Inter"
TALL = re.compile(r"\\(?:begin|[dt]?frac)\b")  # what makes a formula higher than its line
SHEETS = ("report.typ", "front.typ", "shapes.typ")


def render(document: Document) -> bytes:
    """Return the document as a PDF. Raises ReportError with Typst's reason where a standard or the source is broken.

    Typst cannot tag a figure that floats into a table which goes over several pages: then every figure stays in place.
    """
    try:
        return _compiled(document)
    except typst.TypstError as error:
        if TAGGED not in str(error) or not document.floats:
            raise ReportError(f"PDF: {_reason(str(error))}") from None
    try:
        return _compiled(replace(document, floats=False))
    except typst.TypstError as error:
        raise ReportError(f"PDF: {_reason(str(error))}") from None


def _compiled(document: Document) -> bytes:
    source, files = typeset(document)
    own: Any = {"font_paths": [fonts.FOLDER], "ignore_system_fonts": True}

    def project(source: str) -> Any:
        return {"main.typ": source.encode(), **files}

    source = tails.shortened(source, lambda source, what: typst.query(project(source), what, field="value", **own))
    stamp = document.front.stamp
    return typst.compile(project(source), format="pdf", pdf_standards=STANDARDS, timestamp=stamp, **own)


def _reason(message: str) -> str:
    return re.sub(r"^PDF/\S+ PDF/\S+ error: |^error: ", "", message.split("\nerror:")[0].splitlines()[0])[:300]


def typeset(document: Document) -> tuple[str, dict[str, bytes]]:
    """Return the Typst source of a document, and the files it reads by name."""
    page = _Sheet(document)
    cut = tree.raw("typst", "// acts-cut")
    text = paging.led(paging.turned(paging.bound(document.blocks), whole=document.whole))
    text = tails.chaptered(text) if document.whole else text
    blocks = page.fit([*paging.bound(document.abstract), cut, *text])
    written = pandoc.write(blocks, FORM).replace("align(center)[#table(", "align(left)[#ruled(")
    abstract, body = written.split("// acts-cut")
    files = {name: (TEMPLATES / name).read_bytes() for name in SHEETS}
    for key, picture in document.pictures.items():
        drawn = pictures.standalone(picture, family=FIGURE_FAMILY) if picture.form == "svg" else rasters.framed(picture)
        files[_file(key)] = drawn
    files |= {item.name: item.data for item in document.attachments}
    return "\n".join([_opening(document, fonts.spoken(abstract)), fonts.spoken(body)]), files


def _opening(document: Document, abstract: str) -> str:
    front = document.front
    facts = "".join(f"({quoted(fonts.spoken(k))}, {quoted(fonts.spoken(v))})," for k, v in front.facts)
    authors = "".join(f"{quoted(fonts.spoken(author))}," for author in front.authors)
    verdicts = "".join(f"({quoted(verdict)}, {count})," for verdict, count in front.verdicts)
    attached = "\n".join(
        f'#pdf.attach({quoted(item.name)}, relationship: "data", mime-type: {quoted(item.mime)}, '
        f"description: {quoted(item.description)})"
        for item in document.attachments
    )
    return f"""#import "report.typ": *
#show: report.with(
  title: {quoted(fonts.spoken(front.title))},
  subtitle: {quoted(fonts.spoken(front.subtitle))},
  authors: ({authors}),
  facts: ({facts}),
  verdicts: ({verdicts}),
  claims: ({_topics(front.claims) if document.whole else ""}),
  abstract: [{abstract}],
  whole: {"true" if document.whole else "false"},
)
{attached}
"""


def _topics(claims: Sequence[Mapping[str, str]]) -> str:
    """Return the claims for the list in front, gathered by topic in the ledger's order, as Typst's arrays."""
    topics: dict[str, list[str]] = {}
    for claim in claims:
        words = (claim["claim"], claim["statement"], claim["verdict"], marks.slug(claim["verdict"]))
        told = ", ".join(quoted(fonts.spoken(word)) for word in words)
        topics.setdefault(claim["topic"].partition(" (")[0].rstrip(","), []).append(f"({told}),")
    return "".join(f"({quoted(fonts.spoken(topic))}, ({''.join(rows)}),)," for topic, rows in topics.items())


def quoted(content: str) -> str:
    """Return a string as Typst's string literal."""
    return json.dumps(content, ensure_ascii=False).replace("\\b", "").replace("\\f", "")


def _file(key: str) -> str:
    return f"{key}.svg"


class _Sheet:
    """The rewriting of a tree's divisions into calls of the template's functions."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def fit(self, blocks: list[Node]) -> list[Node]:
        """Return blocks that pandoc's Typst writer can write as they are."""
        return tree.walk(blocks, self._action)

    def _action(self, node: Node) -> Node | list[Node] | None:
        match node["t"]:
            case "Math":
                return tree.raw_inline("typst", _formula(node["c"][1], form="inline"))
            case "Table":
                return self._grid(node)
            case "Div":
                return self._division(node)
            case "Span":
                return self._span(node)
            case "Str" | "Code":
                return paging.lowered(node) or paging.broken(node)
        return None

    def _grid(self, node: Node) -> list[Node]:
        table = marks.marked(node)
        plan = tables.plan(table)
        filled = {"t": "Table", "c": tree.walk(tables.sized(table, plan)["c"], self._in_table)}
        return self._wrapped(f"#fit({quoted(plan.mode)}, {plan.size})[", [filled], "]")

    def _in_table(self, node: Node) -> Node | list[Node] | None:
        if node["t"] == "Math":
            return tree.raw_inline("typst", _formula(node["c"][1], form="display"))
        return self._action(node)

    def _division(self, node: Node) -> list[Node] | None:
        kinds = tree.classes(node)
        if node["c"][0][0] == "refs":
            return self._wrapped("#references[", self.fit(node["c"][1]), "]")
        for kind, write in (
            ("acts-figure", self._figure),
            ("acts-table", self._table),
            ("acts-picture", self._picture),
            ("acts-equation", self._equation),
            ("acts-code", lambda _: []),
            ("acts-stream", self._stream),
            ("claim", self._claim),
            ("listing", lambda node: self._wrapped("#listing[", self.fit(node["c"][1]), "]")),
        ):
            if kind in kinds:
                return write(node)
        callout = next((kind for kind in kinds if kind.startswith("callout-")), "")
        if callout:
            return self._wrapped(f"#callout({quoted(callout)})[", self.fit(node["c"][1]), f"]{_label(node)}")
        return None

    def _wrapped(self, before: str, blocks: list[Node], after: str) -> list[Node]:
        return [tree.raw("typst", before), *blocks, tree.raw("typst", after)]

    def _caption(self, node: Node, name: str) -> list[Node]:
        number = tree.values(node).get("number", "")
        lead = [{"t": "Strong", "c": tree.words(f"{name} {number}.")}, {"t": "Space"}] if number else []
        blocks = node["c"][1][0]["c"][1]
        words = [
            inline for block in blocks if block["t"] in ("Para", "Plain") for inline in [*block["c"], {"t": "Space"}]
        ]
        return [tree.plain(tree.walk([*lead, *words], self._action))] if lead or words else []

    def _figure(self, node: Node) -> list[Node]:
        caption = self._caption(node, "Figure")
        floats = "" if self.document.floats else "floats: false, "
        content = self.fit(node["c"][1][1:])
        return [
            tree.raw("typst", f"#picture-figure({floats}origin: {quoted(self._origin(node))}, caption: ["), *caption,
            tree.raw("typst", "])["), *content,
            tree.raw("typst", f"]{_label(node)}"),
        ]  # fmt: skip

    def _origin(self, node: Node) -> str:
        """Return where a figure was drawn: notebook and cell."""
        keys = [
            tree.values(div)["key"] for div in tree.find(node["c"][1], "Div") if "acts-picture" in tree.classes(div)
        ]
        places = [self.document.pictures[key].place for key in keys]
        return fonts.spoken(f"{places[0].notebook}, cell {places[0].cell}") if places else ""

    def _table(self, node: Node) -> list[Node]:
        caption = self._caption(node, "Table")
        grids = tree.find(node["c"][1], "Table")
        lines = sum(tables.lines(grid, tables.plan(grid)) for grid in map(marks.marked, grids))
        return [
            tree.raw("typst", f"#table-figure(lines: {lines}, caption: ["), *caption, tree.raw("typst", "])["),
            *self.fit(node["c"][1][1:]), tree.raw("typst", f"]{_label(node)}"),
        ]  # fmt: skip

    def _picture(self, node: Node) -> list[Node]:
        key = tree.values(node)["key"]
        picture = self.document.pictures[key]
        alt = quoted(fonts.spoken(picture.alt))
        return [tree.raw("typst", f"#drawing({quoted(_file(key))}, alt: {alt})")]

    def _equation(self, node: Node) -> list[Node]:
        formula = tree.find(node["c"][1], "Math")[0]["c"][1]
        number = tree.values(node).get("number", "")
        mark = quoted(f"({number})") if number else "none"
        return [tree.raw("typst", f"#displayed({_formula(formula, form='block')}, number: {mark}){_label(node)}")]

    def _stream(self, node: Node) -> list[Node]:
        return [tree.raw("typst", f"#stream({quoted(fonts.spoken(tree.text(node['c'][1])))})")]

    def _claim(self, node: Node) -> list[Node]:
        verdict = next((kind for kind in tree.classes(node) if kind in marks.SLUGS), "")
        blocks = node["c"][1]
        head = cards.head(blocks[0]) if blocks else None
        if head is None:
            return self._wrapped(f"#claim({quoted(verdict)})[", self.fit(blocks), f"]{_label(node)}")
        row = next((row for row in self.document.front.claims if row["claim"] == head.claim), {})
        found = quoted(fonts.spoken(cards.found(row)))
        whole = "true" if paging.low(blocks) else "false"
        ends = cards.margins(row)
        interval = f"({', '.join(f'{end:.4g}' for end in ends)})" if ends else "none"
        parts = [("name", head.name), ("verdict", head.verdict), ("said", head.said)]
        called = [tree.raw("typst", f"#claim({quoted(verdict)}, whole: {whole}, found: {found}, interval: {interval}")]
        for name, inlines in parts:
            called += [
                tree.raw("typst", f", {name}: ["),
                tree.plain(tree.walk(inlines, self._action)),
                tree.raw("typst", "]"),
            ]
        return [*called, tree.raw("typst", ")["), *self.fit(blocks[1:]), tree.raw("typst", f"]{_label(node)}")]

    def _span(self, node: Node) -> list[Node] | None:
        kinds = tree.classes(node)
        for kind in ("verdict", "source", "word", "pin"):
            if kind in kinds:
                inner: list[Any] = tree.walk(node["c"][1], self._action)
                call = f"#word({quoted(kinds[-1])})[" if kind == "word" else f"#{kind}["
                return [tree.raw_inline("typst", call), *inner, tree.raw_inline("typst", "]")]
        return None


def _label(node: Node) -> str:
    identifier = node["c"][0][0]
    return f"#label({quoted(identifier)})" if identifier else ""


def _formula(tex: str, *, form: str) -> str:
    """Return a formula as Typst's: in a line, in a line at full size (display), or as the argument of a block."""
    converted = to_typst(tex)
    alt = quoted(fonts.spoken(" ".join(tex.split())))
    if form == "block":
        return f"math.equation(block: true, alt: {alt}, $ {converted} $.body)"
    if form == "display":
        equation = f"math.equation(alt: {alt}, $display({converted})$.body)"
        return f"#tall({equation})" if TALL.search(tex) else f"#{equation}"
    return f"#math.equation(alt: {alt}, ${converted}$.body)"
