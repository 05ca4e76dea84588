"""Explorers: figures of a page that a reader moves; the still picture stands for them in print and without script."""

import json
from html import escape

from acts.reports.cells import Picture
from acts.reports.document import TEMPLATES, Document

SCRIPTS = ("explorer.js",)


def beside(picture: Picture) -> str:
    """Return the markup that follows a still picture: the explorer's data, which the page's script draws from.

    The data are JSON in an element that no browser runs, with nothing in them that could end it.
    """
    if not picture.explorer:
        return ""
    data = picture.explorer.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    kind = escape(json.loads(picture.explorer)["kind"])
    return f'<div class="explorer" data-kind="{kind}" hidden><script type="application/json">{data}</script></div>'


def script(document: Document) -> str:
    """Return the script of a document's explorers, nothing where it has none."""
    if not any(picture.explorer for picture in document.pictures.values()):
        return ""
    return "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS)
