"""Markup: the markdown that the report's own tables, cards and sentences are written in, as HTML for a live notebook.

It reads what this project writes (paragraphs, lists, emphasis, links, classed spans, code, citations, mathematics) and
escapes everything else; mathematics stays in dollars, which JupyterLab typesets.
"""

import re
from html import escape

_INSIDE = r"(?:\\.|[^\[\]\\]|\[(?:\\.|[^\[\]\\])*\])*"
_TOKEN = re.compile(
    r"\\(?P<plain>.)"
    r"|\$(?P<math>[^$\s](?:[^$]*[^$\s])?)\$"
    r"|`(?P<code>[^`]+)`"
    r"|\*\*(?P<strong>(?:\\.|[^*\\])+)\*\*"
    r"|\*(?P<em>(?:\\.|[^*\\])+)\*"
    rf"|\[(?P<text>{_INSIDE})\](?:\((?P<href>[^()\s]+)\)|\{{\.(?P<class>[\w-]+)\}})?",
    re.DOTALL,
)
_ITEM = re.compile(r"(?P<indent> *)- (?P<text>.*)", re.DOTALL)
_LINK = re.compile(r"(?:https?://|#|[\w./-]+\.(?:ipynb|html|pdf|csv)$)", re.ASCII)


def inline(text: str) -> str:
    """Return a run of markdown as HTML, with nothing in it that is not escaped."""
    made, at = [], 0
    for found in _TOKEN.finditer(text):
        made += [escape(text[at : found.start()]), _token(found)]
        at = found.end()
    return "".join([*made, escape(text[at:])])


def _token(found: re.Match[str]) -> str:
    if found["plain"] is not None:
        return _plain(found["plain"])
    if found["math"] is not None:
        return f"${escape(found['math'])}$"
    for name in ("code", "strong", "em"):
        if found[name] is not None:
            return f"<{name}>{escape(found[name]) if name == 'code' else inline(found[name])}</{name}>"
    return _bracket(found)


def _plain(character: str) -> str:
    """Return an escaped character; a dollar is kept from the typesetter of mathematics."""
    return '<span class="mathjax_ignore tex2jax_ignore">$</span>' if character == "$" else escape(character)


def _bracket(found: re.Match[str]) -> str:
    """Return a link, a span of a class, or the brackets as they stand, citations among them."""
    text = inline(found["text"])
    if found["href"] and _LINK.match(found["href"]):
        return f'<a href="{escape(found["href"])}">{text}</a>'
    if found["class"]:
        return f'<span class="{found["class"]}">{text}</span>'
    return text if found["href"] else f"[{text}]"


def blocks(text: str) -> str:
    """Return paragraphs and nested lists of markdown as HTML."""
    made: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line for line in block.splitlines() if line.strip()]
        if lines and all(_ITEM.match(line) for line in lines):
            made.append(_listed(lines))
        elif lines:
            made.append(f"<p>{inline(' '.join(line.strip() for line in lines))}</p>")
    return "".join(made)


def _listed(lines: list[str]) -> str:
    """Return lines that begin with a dash as a list, those that are indented further as lists inside."""
    made, depth = "", -1
    for line in lines:
        found = _ITEM.match(line)
        assert found is not None
        own = len(found["indent"]) // 2
        made += "<ul><li>" * (own - depth) if own > depth else "</li>" + "</ul></li>" * (depth - own) + "<li>"
        made, depth = made + inline(found["text"]), own
    return made + "</li></ul>" * (depth + 1)
