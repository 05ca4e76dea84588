"""Drawings: an SVG of ours as HTML whose ink and colours are those of the reader's theme, light or dark."""

import re
from hashlib import sha256
from html import escape

from acts import colours

NIGHTS = '[data-jp-theme-light="false"]', ".vscode-dark", ".vscode-high-contrast"  # who says that it is night
_ID = re.compile(r'((?<![\w-])id="|url\(#|href="#)')
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_HEAD = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_NOTES = re.compile(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", re.DOTALL)


def page(svg: bytes | str, *, alt: str = "") -> str:
    """Return a figure for a live page: its ids its own, black the colour of the page's text."""
    text = svg.decode() if isinstance(svg, bytes) else svg
    own = "f" + sha256(text.encode()).hexdigest()[:7]
    text = _ID.sub(lambda found: f"{found[0]}{own}-", _NOTES.sub("", _HEAD.sub("", text, count=1)))
    text = _COLOUR.sub(lambda found: shown(found[0]), text)
    named = f' role="img" aria-label="{escape(alt)}"' if alt else ' aria-hidden="true"'
    text = text.replace("<svg", f'<svg{named} fill="currentColor"', 1)
    style = "overflow-x:auto;color:var(--jp-content-font-color1,inherit)"
    return f'<div class="acts-drawing" style="{style}">{stylesheet()}{text}</div>'


def shown(colour: str) -> str:
    """Return a colour as a live page writes it: ink is the page's own, ours are variables, others stay."""
    if colour == colours.INK:
        return "currentColor"
    return f"var({_variable(colour)},{colour})" if colour in colours.BY_NIGHT else colour


def stylesheet() -> str:
    """Return what our colours are by night, for whatever of ours stands on the page."""
    nights = ";".join(f"{_variable(day)}:{night}" for day, night in colours.BY_NIGHT.items())
    inside = ",".join(f"{night} :is(.acts-drawing,.acts-claims)" for night in NIGHTS)
    sizes = ".acts-drawing svg{background:none}.acts-drawing>svg{width:100%;max-width:56rem;height:auto}"
    return f"<style>{sizes}{inside}{{{nights}}}</style>"


def _variable(colour: str) -> str:
    return f"--acts-{colour.removeprefix('#')}"
