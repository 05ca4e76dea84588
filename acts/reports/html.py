"""The HTML of a document: one file that needs nothing else, with MathML, inline SVG and a policy against the net."""

import base64
import hashlib
from html import escape

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from acts.reports import fonts, marks, pandoc, pictures, tables, tree
from acts.reports.document import TEMPLATES, Document
from acts.reports.formulas import to_mathml
from acts.reports.tree import Node

CUT = "<!--acts-cut-->"


def render(document: Document) -> str:
    """Return the document as one HTML page."""
    style = stylesheet()
    script = (TEMPLATES / "script.js").read_text(encoding="utf-8")
    abstract, contents, body = _written(document)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        front=document.front,
        abstract=Markup(abstract),
        contents=Markup(contents),
        body=Markup(body),
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script),
        attachments=[(item, pictures.data_uri(item.data, item.mime)) for item in document.attachments],
    )


def stylesheet() -> str:
    """Return the style of every page, its fonts included."""
    return fonts.faces() + (TEMPLATES / "style.css").read_text(encoding="utf-8")


def safe(markup: str) -> Markup:
    """Return text of ours that a template passes on as it is."""
    return Markup(markup)


def template(name: str) -> Template:
    """Return a template of a page; it escapes what it is given and refuses a name it is not given."""
    loader = FileSystemLoader(TEMPLATES)
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return pages.get_template(name)


def policy(style: str, script: str) -> str:
    """Return a content security policy that lets in this style and script by their hashes and nothing from outside."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src-elem {_hash(style)}; "
        "style-src-attr 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _written(document: Document) -> list[str]:
    """Return abstract, table of contents and body as HTML, by one call to pandoc."""
    cut = tree.raw("html", CUT)
    blocks = [*document.abstract, cut, *_contents(document), cut, *document.blocks]
    return pandoc.write(_Page(document).fit(blocks), "html5").split(CUT)


def _contents(document: Document) -> list[Node]:
    """Return the headings of the first two levels as nested lists of links."""
    chapters: list[list[Node]] = []
    sections: list[list[Node]] = []
    for heading in document.headings:
        number = [tree.span(("number",), tree.words(heading.number)), {"t": "Space"}] if heading.number else []
        entry = tree.plain([tree.link([*number, *_spoken(heading.inlines)], f"#{heading.identifier}")])
        if heading.level == 1 or not chapters:
            sections = []
            chapters.append([entry, {"t": "BulletList", "c": sections}])
        elif heading.level == 2:
            sections.append([entry])
    items = [item if item[1]["c"] else item[:1] for item in chapters]
    return [{"t": "BulletList", "c": items}] if items else []


def _spoken(inlines: list[Node]) -> list[Node]:
    """Return a heading's inlines without links and notes, which a link cannot hold."""

    def action(node: Node) -> list[Node] | None:
        match node["t"]:
            case "Note":
                return []
            case "Link":
                return node["c"][1]
            case "Cite":
                return node["c"][1]
        return None

    return tree.walk(inlines, action)


class _Page:
    """The rewriting of a tree's divisions into the markup of a page."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.numbers = {heading.identifier: heading.number for heading in document.headings}

    def fit(self, blocks: list[Node]) -> list[Node]:
        """Return blocks that pandoc's HTML writer can write as they are."""
        return tree.walk(blocks, self._action)

    def _action(self, node: Node) -> Node | list[Node] | None:
        match node["t"]:
            case "Math":
                return tree.raw_inline("html", to_mathml(node["c"][1], display=node["c"][0]["t"] == "DisplayMath"))
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
        filled = {"t": "Table", "c": tree.walk(table["c"], self._in_table)}
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
        lead = [tree.span(("label",), tree.words(f"{name} {number}.")), {"t": "Space"}] if number else []
        words = [
            inline for block in caption if block["t"] in ("Para", "Plain") for inline in [*block["c"], {"t": "Space"}]
        ]
        shown = [tree.plain(tree.walk([*lead, *words], self._action))] if lead or words else []
        return f' id="{escape(identifier)}"' if identifier else "", shown, content

    def _figure(self, node: Node) -> list[Node]:
        identifier, caption, content = self._captioned(node, "Figure")
        label = node["c"][0][0]
        shown = [block for piece in content for block in self.fit([piece])]
        return [
            tree.raw("html", f'<figure{identifier} class="figure">'),
            *shown,
            tree.raw("html", "<figcaption>"),
            *caption,
            tree.raw("html", f"{self._source(content, label)}</figcaption></figure>"),
        ]

    def _source(self, content: list[Node], label: str) -> str:
        """Return the line below a caption: where the figure comes from and the files to take along."""
        shown = [
            self.document.pictures[tree.values(node)["key"]] for node in content if "acts-picture" in _classes(node)
        ]
        if not shown:
            return ""
        links = []
        for picture in shown:
            data = pictures.standalone(picture) if picture.form == "svg" else picture.data
            uri = pictures.data_uri(data, pictures.MIMES[picture.form])
            name = escape(f"{label or 'figure'}.{picture.form}")
            links.append(f'<a download="{name}" href="{uri}">{picture.form.upper()}</a>')
        place = shown[0].place
        front = self.document.front
        told = [escape(text) for text in (f"{place.notebook}, cell {place.cell}", front.command, front.commit) if text]
        return f'<p class="origin">{" · ".join([*links, *told])}</p>'

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
            return [tree.raw("html", f'<div class="drawing">{pictures.inline(picture, prefix=f"{key}-")}</div>')]
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

    def _claim(self, node: Node) -> list[Node]:
        (identifier, kinds, _), blocks = node["c"]
        verdict = next((kind for kind in kinds if kind in marks.SLUGS), "")
        own = f' id="{escape(identifier)}"' if identifier else ""
        shown = self.fit(blocks)
        return [
            tree.raw("html", f'<article{own} class="claim {verdict}">'),
            *shown,
            tree.raw("html", "</article>"),
        ]


def _classes(node: Node) -> list[str]:
    return tree.classes(node) if node["t"] == "Div" else []
