"""The HTML of a document: one file that needs nothing else, with MathML, inline SVG and a policy against the net."""

import base64
import hashlib
import re
from datetime import UTC, datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from acts.reports import explorers, fonts, pandoc, pictures, tree
from acts.reports.document import TEMPLATES, Document
from acts.reports.page import contents, markup, search, sections, tones

CUT = "<!--acts-cut-->"
EMPTY_HEAD = re.compile(r"<th([^>]*)></th>")  # names no column, as the corner over an index
STYLES = ("style.css", "frame.css", "claims.css", "search.css", "plates.css", "explorer.css", "print.css")
FIRST = "theme"  # runs before the page is painted
READ = ("contents", "search", "preview", "reach", "tables", "ledger", "codes", "downloads", "quote")  # when it is read


def render(document: Document) -> str:
    """Return the document as one HTML page."""
    style = stylesheet()
    program = script(document)
    abstract, listed, body = _written(document)
    return template("report.html.j2").render(
        front=document.front,
        year=datetime.fromtimestamp(document.front.stamp, UTC).year,
        description=search.words(document.abstract),
        index=Markup(search.to_json(document)),
        abstract=Markup(abstract),
        contents=Markup(listed),
        body=Markup(body),
        style=Markup(style),
        script=Markup(program),
        policy=policy(style, program),
        attachments=[(item, pictures.data_uri(item.data, item.mime)) for item in document.attachments],
    )


def stylesheet() -> str:
    """Return the style of every page, its fonts included."""
    own = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in STYLES)
    return fonts.faces() + tones.stylesheet() + own


def script(document: Document) -> str:
    """Return the script of a document's page, its parts one after the other, each a function of its own."""
    first, *read = ((TEMPLATES / f"{name}.js").read_text(encoding="utf-8") for name in (FIRST, *READ))
    opening = 'addEventListener("DOMContentLoaded", () => {'
    return "\n".join([first, opening, *read, explorers.script(document), "});\n"])


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
    blocks = [*document.abstract, cut, *contents.blocks(document), cut, *sections.parted(document)]
    written = pandoc.write(markup.Page(document).fit(blocks), "html5")
    return EMPTY_HEAD.sub(r"<td\1></td>", written).split(CUT)
