"""LaTeX into MathML Core and into Typst; both are strict, so a damaged formula is an error and never a guess."""

import re
from functools import cache

import math_core
import tex2typst

PRIME = re.compile(r"<msup>((?:(?!<msup>).)*?)<mo>([′″‴⁗])</mo></msup>")
FENCES = {r"\lVert": r"\|", r"\rVert": r"\|", r"\Vert": r"\|", r"\lvert": "|", r"\rvert": "|", r"\vert": "|"}
# What the converter writes and today's Typst spells otherwise.
SPELLINGS = {"dot.circle": "dot.o", "plus.circle": "plus.o", "times.circle": "times.o", "minus.circle": "minus.o"}
PRIMES = re.compile(r"\^\(('(?: ')+)\)")
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
    # Chromium draws a prime that stands as a superscript tiny; beside its base it has its designed size.
    return PRIME.sub(r"<mrow>\1<mo lspace='0' rspace='0'>\2</mo></mrow>", markup)


def _reason(message: str) -> str:
    return " ".join(message.split())[:160]


@cache
def to_typst(tex: str) -> str:
    """Return a formula as Typst mathematics. Raises FormulaError for what the converter refuses."""
    prepared = UPRIGHT.sub(r"\\text{\1}", tex.replace('"', "”"))
    for fence, plain in FENCES.items():
        prepared = re.sub(re.escape(fence) + r"(?![A-Za-z])", plain.replace("\\", r"\\"), prepared)
    try:
        converted = tex2typst.tex2typst(_spaced_cases(prepared))
    except ValueError as error:
        raise FormulaError(_reason(str(error).split("Stack trace")[0])) from None
    return _respelt(converted if isinstance(converted, str) else converted[0])


def _respelt(converted: str) -> str:
    for old, new in SPELLINGS.items():
        converted = converted.replace(old, new)
    return PRIMES.sub(lambda match: match.group(1).replace(" ", ""), converted)


def _spaced_cases(tex: str) -> str:
    """Return LaTeX whose ``cases`` keep a quad between value and condition, which Typst would close up."""

    def spaced(match: re.Match[str]) -> str:
        return match.group(0).replace("&", r"& \quad ")

    return re.sub(r"\\begin\{cases\}.*?\\end\{cases\}", spaced, tex, flags=re.DOTALL)
