"""Fonts: the few committed subsets, and which characters the PDF can show."""

import base64
import unicodedata
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
SOFT_HYPHEN = "\N{SOFT HYPHEN}"
# family, slant, weights, file
FACES = (
    ("Inter", "normal", "100 500", "Inter-Regular"),
    ("Inter", "italic", "100 900", "Inter-Italic"),
    ("Inter", "normal", "501 900", "Inter-SemiBold"),
    ("Libertinus Serif", "normal", "100 500", "LibertinusSerif-Regular"),
    ("Libertinus Serif", "italic", "100 900", "LibertinusSerif-Italic"),
    ("Libertinus Serif", "normal", "501 900", "LibertinusSerif-Semibold"),
    ("New Computer Modern Math", "normal", "100 900", "NewCMMath-Regular"),
    ("Noto Sans CJK JP", "normal", "100 900", "NotoSansCJKjp-Regular"),
)


@cache
def faces() -> str:
    """Return the part of a style sheet that carries the fonts of a page."""
    rules = []
    for family, slant, weights, name in FACES:
        data = base64.b64encode((FOLDER / f"{name}.woff2").read_bytes()).decode()
        rules.append(
            f'@font-face{{font-family:"{family}";font-style:{slant};font-weight:{weights};font-display:swap;'
            f'src:url("data:font/woff2;base64,{data}")format("woff2")}}\n'
        )
    return "".join(rules)


@cache
def coverage() -> frozenset[int]:
    """Return the characters that the PDF's fonts have: those committed here and those Typst brings."""
    from fontTools.ttLib import TTFont

    codes = {0x0A, 0x0D, 0x09}
    for path in sorted(FOLDER.glob("*.otf")):
        with TTFont(path, lazy=True) as font:
            codes |= set(font.getBestCmap())
    for line in (FOLDER / "embedded.txt").read_text(encoding="ascii").split():
        low, high = line.split("-")
        codes |= set(range(int(low, 16), int(high, 16) + 1))
    return frozenset(codes)


def missing(content: str) -> list[str]:
    """Return the characters of a text that no font of the PDF has, each once, sorted."""
    return sorted({char for char in content if ord(char) not in coverage()})


def spoken(content: str) -> str:
    """Return a text in which a character that no font of the PDF has stands as its code point, and format marks go."""
    marks = {ord(char): "" for char in set(content) if unicodedata.category(char) == "Cf" and char != SOFT_HYPHEN}
    return content.translate({ord(char): f"U+{ord(char):04X}" for char in missing(content)} | marks)
