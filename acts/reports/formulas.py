"""LaTeX into MathML Core and into Typst; both are strict, so a damaged formula is an error and never a guess."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from functools import cache
from html.entities import html5

import math_core
import tex2typst
import typst

PRIMES = "′″‴⁗"
OPENING, CLOSING = "([{|‖⌊⌈⟨", ")]}|‖⌋⌉⟩"
TALL = {"mfrac", "mtable", "munder", "mover", "munderover", "msqrt", "mroot"}
ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|apos|#\d+|#x[0-9a-fA-F]+);)([A-Za-z]+;)")
FENCES = {"Vert": r"\|", "vert": "|"}
SIDES = {"l": r"\left", "r": r"\right", "": ""}
BAR = re.compile(r"(?P<size>\\(?:left|right|middle|[bB]igg?[lrm]?)\s*)?\\(?P<side>[lr]?)(?P<bar>[vV]ert)(?![A-Za-z])")
# What the converter writes and today's Typst spells otherwise.
SPELLINGS = {"dot.circle": "dot.o", "plus.circle": "plus.o", "times.circle": "times.o", "minus.circle": "minus.o"}
RAISED_PRIMES = re.compile(r"\^\(('(?: ')+)\)")
UPRIGHT = re.compile(r"\\(?:mathrm|mathit)\s*\{([A-Za-z0-9 ]{2,})\}")


class FormulaError(ValueError):
    """A formula does not convert; the message says why in one line."""


@cache
def _converter() -> math_core.LatexToMathML:
    return math_core.LatexToMathML(fancy_error=False)


@cache
def to_mathml(tex: str, *, display: bool) -> str:
    """Return a formula as MathML Core. Raises FormulaError for what is no LaTeX mathematics."""
    try:
        markup = _converter().convert_with_local_state(tex, displaystyle=display)
    except math_core.LatexError as error:
        raise FormulaError(_reason(str(error))) from None
    root = ET.fromstring(ENTITY.sub(lambda match: html5[match.group(1)], markup))
    for node in list(root.iter()):
        _place_prime(node)
        _keep_low(node)
    return ET.tostring(root, encoding="unicode")


def _place_prime(node: ET.Element) -> None:
    """Set a prime beside its base: as a superscript Chromium draws it tiny, in a row it has its designed size."""
    if node.tag == "msup" and len(node) == 2 and node[1].tag == "mo" and (node[1].text or "") in PRIMES:
        node.tag = "mrow"
        node[1].attrib.update(lspace="0", rspace="0")


def _keep_low(node: ET.Element) -> None:
    """Keep fences around what is low from stretching: a browser gives them the room of their largest form."""
    if node.tag != "mrow" or len(node) < 2 or any(inner.tag in TALL for inner in node.iter()):
        return
    first, last = node[0], node[-1]
    if first.tag == last.tag == "mo" and (first.text or " ") in OPENING and (last.text or " ") in CLOSING:
        for fence in (first, last):
            fence.set("stretchy", "false")
            fence.attrib.pop("lspace", None)


def _reason(message: str) -> str:
    return " ".join(message.split())[:160]


@cache
def to_typst(tex: str) -> str:
    """Return a formula as Typst mathematics. Raises FormulaError for what the converter refuses."""
    prepared = UPRIGHT.sub(r"\\text{\1}", tex.replace('"', "”"))
    try:
        converted = tex2typst.tex2typst(_spaced_cases(BAR.sub(_fence, prepared)))
    except ValueError as error:
        raise FormulaError(_reason(str(error).split("Stack trace")[0])) from None
    return _respelt(converted if isinstance(converted, str) else converted[0])


def _fence(match: re.Match[str]) -> str:
    """Return a bar as the converter knows it; one that says its side is a fence, tight around what it holds."""
    return (match["size"] or SIDES[match["side"]]) + FENCES[match["bar"]]


def _respelt(converted: str) -> str:
    for old, new in SPELLINGS.items():
        converted = converted.replace(old, new)
    return RAISED_PRIMES.sub(lambda match: match.group(1).replace(" ", ""), converted)


def _spaced_cases(tex: str) -> str:
    """Return LaTeX whose ``cases`` keep a quad between value and condition, which Typst would close up."""

    def spaced(match: re.Match[str]) -> str:
        return match.group(0).replace("&", r"& \quad ")

    return re.sub(r"\\begin\{cases\}.*?\\end\{cases\}", spaced, tex, flags=re.DOTALL)


def check_set(formulas: Sequence[str]) -> dict[str, str]:
    """Return the formulas that Typst cannot set after all, each with its reason; none is the rule."""
    distinct = list(dict.fromkeys(formulas))
    if not distinct or not _complaint(distinct):
        return {}
    return {tex: reason for tex in distinct if (reason := _complaint([tex]))}


def _complaint(formulas: Sequence[str]) -> str:
    source = "\n\n".join(f"$ {to_typst(tex)} $" for tex in formulas)
    try:
        typst.compile(source.encode(), format="pdf", ignore_system_fonts=True)
    except typst.TypstError as error:
        return _reason(str(error).splitlines()[0])
    return ""
