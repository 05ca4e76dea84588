"""Explorers: figures of a page that a reader moves; the still picture stands for them in print and without script."""

import json
from html import escape
from typing import Any

from acts.reports.cells import Picture
from acts.reports.document import TEMPLATES, Document
from acts.reports.formulas import FormulaError, to_mathml

SCRIPTS = (
    "explorer_trees.js",
    "explorer_plots.js",
    "explorer_activation.js",
    "explorer_depth.js",
    "explorer_start.js",
)


def beside(picture: Picture) -> str:
    """Return the markup that follows a still picture: the explorer's data, which the page's script draws from.

    The data are JSON in an element that no browser runs, with nothing in them that could end it.
    """
    if not picture.explorer:
        return ""
    known = json.loads(picture.explorer)
    data = picture.explorer.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        f'<div class="explorer" data-kind="{escape(known["kind"])}" hidden>'
        f'<script type="application/json">{data}</script>{_formulas(known)}</div>'
    )


def _formulas(known: dict[str, Any]) -> str:
    """Return the formulas of an explorer's functions, which the script shows beside their sliders."""
    functions = known.get("functions")
    written = [
        f'<span data-formula="{place}">{_formula(one)}</span>'
        for place, one in enumerate(functions if isinstance(functions, list) else ())
        if isinstance(one, dict) and isinstance(one.get("latex"), str)
    ]
    return f'<div class="formulas">{"".join(written)}</div>' if written else ""


def _formula(function: dict[str, Any]) -> str:
    try:
        return to_mathml(f"f(x) = {function['latex']}", display=False)
    except FormulaError:
        return ""


def script(document: Document) -> str:
    """Return the script of a document's explorers, a function of its own; nothing where it has none."""
    if not any(picture.explorer for picture in document.pictures.values()):
        return ""
    parts = [(TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS]
    return "\n".join(["(() => {", '"use strict";', *parts, "})();\n"])
