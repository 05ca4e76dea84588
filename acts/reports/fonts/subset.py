"""Makes the committed fonts anew from the full ones: ``python subset.py FOLDER``; needs fonttools and brotli.

FOLDER holds the originals by the names in ``FACES``. Run it when ``fonts.missing`` names a character of a title.
"""

import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LATIN = [(0x20, 0x7E), (0xA0, 0x17F), (0x218, 0x21B), (0x1E9E, 0x1E9E)]
GREEK = [(0x370, 0x3FF)]
CYRILLIC = [(0x400, 0x45F), (0x490, 0x491)]
SIGNS = [
    (0x2010, 0x2027), (0x202F, 0x203A), (0x2044, 0x2044), (0x2070, 0x209C), (0x20AC, 0x20AC), (0x2100, 0x214F),
    (0x2190, 0x2199), (0x21A9, 0x21AA), (0x2200, 0x22FF), (0x25A0, 0x25FF), (0x2713, 0x2717), (0xFB00, 0xFB04),
]  # fmt: skip
TEXT = [*LATIN, *GREEK, *CYRILLIC, *SIGNS]
MATH = [
    (0x20, 0x7E), (0xA0, 0xFF), (0x391, 0x3F5), (0x2010, 0x2057), (0x2061, 0x2064), (0x2070, 0x208E), (0x2100, 0x214F),
    (0x2190, 0x2199), (0x21A6, 0x21A6), (0x21D0, 0x21D4), (0x2200, 0x223F), (0x2243, 0x228B), (0x2295, 0x22A5),
    (0x22C0, 0x22C9), (0x2308, 0x230B), (0x2322, 0x2323), (0x23DC, 0x23DF), (0x27E8, 0x27E9), (0x27F5, 0x27F8),
    (0x2A7D, 0x2A7E), (0x1D400, 0x1D467), (0x1D49C, 0x1D4CF), (0x1D538, 0x1D56B), (0x1D6A4, 0x1D71B),
    (0x1D7CE, 0x1D7D7),
]  # fmt: skip
KANA = [(0x3000, 0x30FF), (0xFF01, 0xFF5E)]
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "liga", "tnum", "lnum", "sups", "subs", "ssty", "dtls", "calt"]
# committed name: (original, face within a collection, characters, forms)
FACES = {
    "Inter-Regular": ("Inter-Regular.otf", 0, TEXT, ("otf", "woff2")),
    "Inter-Italic": ("Inter-Italic.otf", 0, TEXT, ("otf", "woff2")),
    "Inter-SemiBold": ("Inter-SemiBold.otf", 0, TEXT, ("otf", "woff2")),
    "LibertinusSerif-Regular": ("LibertinusSerif-Regular.otf", 0, TEXT, ("woff2",)),
    "LibertinusSerif-Italic": ("LibertinusSerif-Italic.otf", 0, TEXT, ("woff2",)),
    "LibertinusSerif-Semibold": ("LibertinusSerif-Semibold.otf", 0, TEXT, ("woff2",)),
    "NewCMMath-Regular": ("NewCMMath-Regular.otf", 0, MATH, ("woff2",)),
    "NotoSansCJKjp-Regular": ("NotoSansCJK-Regular.ttc", 0, KANA, ("otf", "woff2")),
}
# Families that Typst brings along; what they cover is written down, for the wheel does not hand them out.
EMBEDDED = ("LibertinusSerif-Regular.otf", "NewCMMath-Regular.otf", "DejaVuSansMono.otf")


def quoted_ideographs() -> set[int]:
    """Return every ideograph that stands in the repository's titles and prose."""
    names = ("acts/claims/*.py", "acts/claims.yaml", "reports/*.bib", "reports/*.yml", "notebooks/*.ipynb")
    texts = (path.read_text(encoding="utf-8") for name in names for path in ROOT.glob(name))
    return {ord(char) for text in texts for char in text if unicodedata.name(char, "").startswith("CJK UNIFIED")}


def _codes(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {code for low, high in ranges for code in range(low, high + 1)}


def make(name: str, originals: Path) -> None:
    """Write one face's subset beside this file, in each of its forms."""
    original, face, ranges, forms = FACES[name]
    codes = _codes(ranges) | (quoted_ideographs() if ranges is KANA else set())
    for form in forms:
        options = Options(layout_features=FEATURES, hinting=False, desubroutinize=False, notdef_outline=True)
        options.flavor = "woff2" if form == "woff2" else None
        font = TTFont(originals / original, fontNumber=face, recalcTimestamp=False)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=codes)
        subsetter.subset(font)
        font.flavor = options.flavor
        font.save(HERE / f"{name}.{form}")


def write_coverage(originals: Path) -> None:
    """Write the ranges of characters that Typst's own families cover, a range a line in hexadecimal."""
    covered = {code for name in EMBEDDED for code in TTFont(originals / name).getBestCmap()}
    starts = [code for code in sorted(covered) if code - 1 not in covered]
    ends = [code for code in sorted(covered) if code + 1 not in covered]
    lines = [f"{low:X}-{high:X}" for low, high in zip(starts, ends, strict=True)]
    (HERE / "embedded.txt").write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    for word in FACES:
        make(word, Path(sys.argv[1]))
    write_coverage(Path(sys.argv[1]))
