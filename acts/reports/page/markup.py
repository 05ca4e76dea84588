"""Markup: the rewriting of a document's tree into what pandoc's HTML writer passes on as a page."""

import re
import xml.etree.ElementTree as ET
from html import escape

from acts.reports import cards, explorers, marks, pictures, plates, tables, tree
from acts.reports.document import Document
from acts.reports.formulas import to_mathml
from acts.reports.page import claims, rows
from acts.reports.tree import Node

MARK = re.compile(r"[.,;:!?)\]]+")
VIEW_BOX = re.compile(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')


class Page:
    """The rewriting of a tree's divisions into the markup of a page."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.ledger = {row["claim"]: row for row in document.front.claims}
        self.numbers = {heading.identifier: heading.number for heading in document.headings}

    def fit(self, blocks: list[Node]) -> list[Node]:
        """Return blocks that pandoc's HTML writer can write as they are."""
        return tree.walk(blocks, self._action)

    def _action(self, node: Node) -> Node | list[Node] | None:
        match node["t"]:
            case "Math":
                return tree.raw_inline("html", to_mathml(node["c"][1], display=node["c"][0]["t"] == "DisplayMath"))
            case "Para" | "Plain":
                return {"t": node["t"], "c": tree.walk(_held(node["c"]), self._action)}
            case "Header":
                return self._heading(node)
            case "Table":
                return self._grid(node)
            case "Div":
                return self._division(node)
        return None

    def _grid(self, node: Node) -> list[Node]:
        """Return a table in a box of its own that scrolls sideways; its formulas at full size."""
        wide = " wide" if sum(tables.widths(node)[0]) > tables.PORTRAIT else ""
        box = f'<div class="scroll{wide}" role="group" aria-label="Table" tabindex="0">'
        table = marks.marked(tables.sized(node, tables.Plan("natural")))
        table = rows.tagged(table, self.ledger)
        head = tree.walk(table["c"][3], _named)
        filled = {"t": "Table", "c": tree.walk([*table["c"][:3], head, *table["c"][4:]], self._in_table)}
        return [tree.raw("html", box), filled, tree.raw("html", "</div>")]

    def _in_table(self, node: Node) -> Node | list[Node] | None:
        if node["t"] == "Math":
            markup = to_mathml(node["c"][1], display=False)
            return tree.raw_inline("html", markup.replace("<math", '<math displaystyle="true"', 1))
        return self._action(node)

    def _heading(self, node: Node) -> Node:
        level, attributes, inlines = node["c"]
        number = self.numbers.get(attributes[0], "")
        lead = [tree.span(("number",), tree.words(number)), {"t": "Space"}] if number else []
        anchor = tree.raw_inline(
            "html", f'<a class="anchor" href="#{escape(attributes[0])}" aria-label="Link to this section">#</a>'
        )
        shown = [*lead, *tree.walk(inlines, self._action), {"t": "Space"}, anchor]
        return {"t": "Header", "c": [min(6, level + 1), attributes, shown]}

    def _division(self, node: Node) -> list[Node] | None:
        kinds = tree.classes(node)
        for kind, write in (
            ("acts-figure", self._figure),
            ("acts-table", self._table),
            ("acts-picture", self._picture),
            ("acts-equation", self._equation),
            ("acts-code", self._code),
            ("listing", self._listing),
            ("claim", self._claim),
        ):
            if kind in kinds:
                return write(node)
        return None

    def _captioned(self, node: Node, name: str) -> tuple[str, list[Node], list[Node]]:
        """Return the identifier's markup, the caption's blocks with the number before, and the content."""
        (identifier, _, _), blocks = node["c"]
        caption, content = blocks[0]["c"][1], blocks[1:]
        number = tree.values(node).get("number", "")
        label = tree.words(f"{name} {number}.")
        named = [tree.link(label, f"#{identifier}")] if identifier else label
        lead = [tree.span(("label",), named), {"t": "Space"}] if number else []
        words = [
            inline for block in caption if block["t"] in ("Para", "Plain") for inline in [*block["c"], {"t": "Space"}]
        ]
        shown = [tree.plain(tree.walk([*lead, *words], self._action))] if lead or words else []
        return f' id="{escape(identifier)}"' if identifier else "", shown, content

    def _figure(self, node: Node) -> list[Node]:
        identifier, caption, content = self._captioned(node, "Figure")
        code = [block for piece in content if "acts-code" in _classes(piece) for block in piece["c"][1]]
        drawn = [piece for piece in content if "acts-code" not in _classes(piece)]
        shown = [self.document.pictures[tree.values(piece)["key"]] for piece in drawn if _is_picture(piece)]
        return [
            tree.raw("html", f'<figure{identifier} class="figure">'),
            *[block for piece in drawn for block in self.fit([piece])],
            tree.raw("html", "<figcaption>"),
            *caption,
            tree.raw("html", "</figcaption></figure>"),
            *plates.below(shown, label=node["c"][0][0], front=self.document.front, code=code),
        ]

    def _table(self, node: Node) -> list[Node]:
        identifier, caption, content = self._captioned(node, "Table")
        return [
            tree.raw("html", f'<figure{identifier} class="table"><figcaption>'),
            *caption,
            tree.raw("html", "</figcaption>"),
            *self.fit(content),
            tree.raw("html", "</figure>"),
        ]

    def _picture(self, node: Node) -> list[Node]:
        key = tree.values(node)["key"]
        picture = self.document.pictures[key]
        if picture.form == "svg":
            drawn = pictures.inline(picture, prefix=f"{key}-")
            still = f'<div class="drawing"{_sides(drawn)}>{drawn}</div>'
            return [tree.raw("html", still + explorers.beside(picture))]
        uri = pictures.data_uri(picture.data, pictures.MIMES[picture.form])
        return [tree.raw("html", f'<div class="drawing"><img alt="{escape(picture.alt)}" src="{uri}"></div>')]

    def _equation(self, node: Node) -> list[Node]:
        identifier = node["c"][0][0]
        number = tree.values(node).get("number", "")
        formula = tree.find(node["c"][1], "Math")[0]["c"][1]
        mark = f'<span class="number">({number})</span>' if number else ""
        own = f' id="{escape(identifier)}"' if identifier else ""
        markup = to_mathml(formula, display=True)
        return [tree.raw("html", f'<div{own} class="equation"><div class="formula">{markup}</div>{mark}</div>')]

    def _code(self, node: Node) -> list[Node]:
        return [
            tree.raw("html", '<details class="code"><summary>Code</summary>'),
            *node["c"][1],
            tree.raw("html", "</details>"),
        ]

    def _listing(self, node: Node) -> list[Node]:
        """Return a long file folded under how long it is; printed it stands open."""
        lines = tree.text(node["c"][1]).count("\n") + 1
        return [
            tree.raw("html", f'<details class="listing"><summary>The file, {lines} lines</summary>'),
            *self.fit(node["c"][1]),
            tree.raw("html", "</details>"),
        ]

    def _claim(self, node: Node) -> list[Node]:
        head = cards.head(node["c"][1][0]) if node["c"][1] else None
        name = node["c"][0][0].removeprefix("claim-") or (head.claim if head else "")
        return claims.card(node, self.ledger.get(name, {}), self.fit)


def _named(node: Node) -> Node | None:
    """Return a formula of a table's head as markup with a name, which a button made of it needs."""
    if node["t"] != "Math":
        return None
    drawn = to_mathml(node["c"][1], display=False)
    name = escape("".join(ET.fromstring(drawn).itertext()))
    return tree.raw_inline("html", drawn.replace("<math", f'<math displaystyle="true" aria-label="{name}"', 1))


def _held(inlines: list[Node]) -> list[Node]:
    """Return inlines in which no line ends between a formula and the mark that follows it."""
    held: list[Node] = []
    for node in inlines:
        mark = MARK.match(node["c"]) if node["t"] == "Str" else None
        if mark and held and held[-1]["t"] == "Math" and held[-1]["c"][0]["t"] == "InlineMath":
            held[-1] = tree.span(("held",), [held[-1], {"t": "Str", "c": mark[0]}])
            held += [{"t": "Str", "c": node["c"][mark.end() :]}] if node["c"][mark.end() :] else []
        else:
            held.append(node)
    return held


def _classes(node: Node) -> list[str]:
    return tree.classes(node) if node["t"] == "Div" else []


def _is_picture(node: Node) -> bool:
    return "acts-picture" in _classes(node)


def _sides(drawn: str) -> str:
    """Return an SVG's proportions as a style, so that a page knows its height before it draws it."""
    box = VIEW_BOX.search(drawn)
    return f' style="--across: {box.group(1)}; --down: {box.group(2)}"' if box else ""
