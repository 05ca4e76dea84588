"""What stands where on the pages of a PDF, read back by poppler's pdftotext and pdffonts."""

import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

SIDE = 25 / 25.4 * 72  # points of the margin left and right
HEAD, FOOT = 24 / 25.4 * 72, 22 / 25.4 * 72  # what running head and page number have for themselves
BLEED = 10 / 25.4 * 72  # by which a wide figure may stand out
GAP = 0.08  # of the height between head and foot, from which an empty band counts
SLACK = 2.5  # points by which punctuation may hang over, and a box of a word is larger than its ink


@dataclass(frozen=True)
class Word:
    """A word with its box, in points from the page's upper left corner."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


@dataclass
class Sheet:
    """A page: its number, its size in points and its words in lines."""

    number: int
    width: float
    height: float
    lines: list[list[Word]] = field(default_factory=list)

    def body(self) -> list[list[Word]]:
        """Return the lines between the running head and the page number, from top to bottom."""
        within = [line for line in self.lines if line[0].top > HEAD and line[-1].bottom < self.height - FOOT]
        return sorted(within, key=lambda line: (line[0].bottom, line[0].left))


def sheets(pdf: Path) -> list[Sheet]:
    """Return the pages of a PDF."""
    command = ["pdftotext", "-bbox-layout", str(pdf), "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    root = ET.fromstring(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", told))
    return [_sheet(page, number) for number, page in enumerate(root.findall(".//{*}page"), start=1)]


def _sheet(page: ET.Element, number: int) -> Sheet:
    made = Sheet(number, float(page.get("width", 0)), float(page.get("height", 0)))
    for line in page.findall(".//{*}line"):
        boxes = [(word, [float(word.get(name, 0)) for name in ("xMin", "yMin", "xMax", "yMax")]) for word in line]
        made.lines.append([Word(*box, word.text or "") for word, box in boxes])
    made.lines = [line for line in made.lines if line]
    return made


def text(line: list[Word]) -> str:
    """Return a line's words."""
    return " ".join(word.text for word in line)


def outside(pages: list[Sheet], drawn: str = "") -> Iterator[str]:
    """Yield every word that leaves the margins of its page; one that a figure holds may go further by its bleed."""
    for page in pages:
        for word in (word for line in page.lines for word in line):
            side = SIDE - SLACK - (BLEED if re.fullmatch(drawn, word.text) else 0)
            if word.left < side or word.right > page.width - side or word.bottom > page.height - 30:
                yield f"page {page.number}: {word.text!r} from {word.left:.0f} to {word.right:.0f} of {page.width:.0f}"


def orphans(pages: list[Sheet], headings: set[str]) -> Iterator[str]:
    """Yield every heading, and every caption of a table, that is the last line of its page."""
    for page in pages:
        lines = page.body()
        last = text(lines[-1]) if lines else ""
        if last in headings or re.match(r"Table \d+\. ", last):
            yield f"page {page.number}: ends in {last!r}"


def lone_captions(pages: list[Sheet]) -> Iterator[str]:
    """Yield every page on which a figure's caption stands without the figure: nothing above it, or text at once."""
    for page in pages:
        lines = page.body()
        if lines and re.match(r"Figure \d+\. ", text(lines[0])):
            yield f"page {page.number}: begins with {text(lines[0])!r}"


def unembedded(pdf: Path) -> list[str]:
    """Return the fonts of a PDF that it does not carry."""
    told = subprocess.run(["pdffonts", str(pdf)], capture_output=True, text=True, check=True).stdout
    row = re.compile(r"^(\S+).*?\s(yes|no)\s+(?:yes|no)\s+(?:yes|no)\s+\d+\s+\d+$", re.MULTILINE)
    return [name for name, carried in row.findall(told) if carried == "no"]


def overlapping(pages: list[Sheet]) -> Iterator[str]:
    """Yield every two words that lie on each other; a root's sign lies on what is under it."""
    for page in pages:
        words = sorted((word for line in page.lines for word in line), key=lambda word: word.top)
        for index, one in enumerate(words):
            for other in words[index + 1 :]:
                if other.top >= one.bottom:
                    break
                if _overlap(one, other) and "√" not in (one.text, other.text):
                    yield f"page {page.number}: {one.text!r} and {other.text!r}"


def _overlap(one: Word, other: Word) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across > SLACK and down > 0.5 * min(one.bottom - one.top, other.bottom - other.top)


def blank(pdf: Path) -> list[float]:
    """Return for each page the share of its height between head and foot that lies in empty bands."""
    told = subprocess.run(["pdftoppm", "-r", "36", "-gray", str(pdf)], capture_output=True, check=True).stdout
    found = []
    while told:
        size = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", told)
        assert size is not None
        across, down = int(size[1]), int(size[2])
        page = np.frombuffer(told, np.uint8, across * down, size.end()).reshape(down, across)
        told = told[size.end() + across * down :]
        inked = (page[round(HEAD / 2) : -round(FOOT / 2)] < 245).any(axis=1)
        ends = np.flatnonzero(np.concatenate([[True], inked, [True]]))
        bands = (np.diff(ends) - 1) / len(inked)
        found.append(float(bands[bands >= GAP].sum()))
    return found


def closing(pages: list[Sheet], chapters: set[str]) -> set[int]:
    """Return the numbers of the last pages of chapters, known by their titles, and of the last before turned ones."""
    last = {len(pages)}
    for page, after in pairwise(pages):
        begun = any(text(line) in chapters for line in after.body()[:1])
        if begun or (page.width < page.height and after.width > after.height):
            last.add(page.number)
    return last
