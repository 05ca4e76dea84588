"""Thumbnails: each chapter of a report as its title with a small picture, taken from the chapter's first figure."""

import base64
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from PIL import Image

from acts.reports.pictures import data_uri

SIZE = (320, 200)  # pixels: twice what is shown, for sharp screens
COLOURS = 48
TITLE = re.compile(r"^#\s+(.+?)\s*(\{[^}]*\})?\s*$", re.MULTILINE)
MARKUP = re.compile(r"[*_`$\\]|\[|\]\([^)]*\)|\]")


@dataclass(frozen=True)
class Leaf:
    """A chapter: its title, the place of its heading in the page, and its picture as a data URI; empty without one."""

    title: str
    anchor: str
    picture: str = ""


def leaves(notebooks: Sequence[Path], headings: Mapping[str, str]) -> Iterator[Leaf]:
    """Yield the chapters of executed notebooks; ``headings`` are the identifiers of a page's headings by their letters.

    A notebook that cannot be read or has no title is passed over.
    """
    for path in notebooks:
        try:
            notebook = nbformat.read(path, as_version=4)
        except (OSError, ValueError):
            continue
        title = _title(notebook)
        if title:
            yield Leaf(title, headings.get(letters(title), ""), _picture(notebook))


def letters(title: str) -> str:
    """Return a title as its letters and digits alone, for comparing."""
    return re.sub(r"\W+", "", MARKUP.sub("", title)).lower()


def _title(notebook: NotebookNode) -> str:
    prose = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = next((match for text in prose if (match := TITLE.search(text))), None)
    return MARKUP.sub("", found[1]) if found else ""


def _picture(notebook: NotebookNode) -> str:
    """Return the first figure that a notebook shows as PNG, made small, as a data URI; nothing where it shows none."""
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        if content := output.get("data", {}).get("image/png"):
            with suppress(OSError, ValueError):  # a damaged picture is no reason to have no index
                png = base64.b64decode(content if isinstance(content, str) else "".join(content))
                return data_uri(small(png), "image/png")
    return ""


def small(png: bytes) -> bytes:
    """Return the upper part of a picture as a small PNG in few colours, its paper transparent; the same every time."""
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGBA")
    tall = min(picture.height, round(picture.width * SIZE[1] / SIZE[0]))
    shown = picture.crop((0, 0, picture.width, tall))
    across = min(SIZE[0] / picture.width, SIZE[1] / tall)
    size = (max(1, round(picture.width * across)), max(1, round(tall * across)))
    stream = io.BytesIO()
    reduced = shown.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    flat = reduced.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    flat.save(stream, "PNG", optimize=True)
    return stream.getvalue()
