"""Paging: a printed book whose pages are full, whatever order its figures, tables and claims come in."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import printed
import pytest
import typst
from nbformat import NotebookNode, v4

from acts.reports import document, fonts, pdf, tails

TITLES = ("First", "Second")
WORDS = "A sentence that fills the line and goes on until it has been read to its end. "
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="500pt" height="{0}pt" viewBox="0 0 500 {0}">'
    '<rect width="500" height="{0}" fill="#b4b4b4"/></svg>'
)


def figure(label: str, height: int) -> NotebookNode:
    header = f"#| label: fig-{label}\n#| fig-cap: {WORDS * 3}\n#| fig-alt: A box"
    shown = v4.new_output("display_data", data={"image/svg+xml": PICTURE.format(height)})
    return v4.new_code_cell(f"{header}\ndraw()", outputs=[shown])


def table(label: str, rows: int, columns: int) -> str:
    cells = ("| " + " | ".join(["0.941 [0.896, 0.989]"] * columns) + " |\n") * rows
    head = "| " + " | ".join(f"column {at}" for at in range(columns)) + " |\n|" + "--:|" * columns + "\n"
    return f"{head}{cells}\n: {WORDS} {{#tbl-{label}}}"


def crowded(name: str, heights: tuple[int, ...]) -> NotebookNode:
    """Return a chapter of little text between tall figures, tables of all sizes, and claims at its end."""
    parts: list[NotebookNode] = [v4.new_markdown_cell(f"# {name}\n\n{WORDS * 12}")]
    for at, height in enumerate(heights):
        label = f"{name.lower()}-{at}"
        size = (34, 12) if at == 2 else (9 + 3 * at, 4)
        section = f"## Section\n\n{WORDS * 9}\n\nSee @fig-{label} and @tbl-{label}.\n\n{table(label, *size)}"
        parts += [v4.new_markdown_cell(section), figure(label, height)]
    card = f"::: {{.claim .mixed}}\n**C01** [mixed]{{.verdict}} Said [A text]{{.source}}\n\n{WORDS * 8}\n:::\n\n"
    parts.append(
        v4.new_markdown_cell(f"## Verdicts\n\nEach is written.\n\n{card * 6}## What is not shown\n\n{WORDS * 3}")
    )
    return v4.new_notebook(cells=parts)


@pytest.fixture(scope="module")
def book() -> document.Document:
    heights = ((470, 240, 330, 480, 180), (300, 520, 490, 200))
    chapters = [(f"0{at}", crowded(name, tall)) for at, (name, tall) in enumerate(zip(TITLES, heights, strict=True))]
    return document.build(chapters, document.Front(title="A"))


@pytest.fixture(scope="module")
def paper(book: document.Document, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("paging") / "book.pdf"
    path.write_bytes(pdf.render(book))
    return path


def ends(source: str, files: dict[str, bytes]) -> list[float]:
    """Return how far down its last upright page each chapter ends, as a share of it."""
    project = {"main.typ": source.encode(), **files}
    told = typst.query(project, tails.END, field="value", font_paths=[fonts.FOLDER], ignore_system_fonts=True)
    return [end["down"] for end in json.loads(told)]


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="needs poppler's pdftoppm and pdftotext")
def test_no_page_of_a_crowded_book_is_half_empty(paper: Path) -> None:
    pages, white = printed.sheets(paper), printed.blank(paper)
    last = printed.closing(pages, {f"{at} {title}" for at, title in enumerate(TITLES, start=1)})
    assert len(pages) == len(white) > 12
    assert len(last) == 2 * len(TITLES) + 1  # text and turned tables of each chapter, and the contents
    within = {page.number: share for page, share in zip(pages, white, strict=True) if page.number not in last}
    assert {number: round(share, 2) for number, share in within.items() if number > 1 and share > 0.3} == {}
    assert sum(within.values()) / len(within) < 0.13


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="needs poppler's pdfinfo")
def test_a_book_can_be_read_aloud(paper: Path) -> None:
    """It says its title and language, and its figures, tables and headings what they are, in the words given."""
    held = paper.read_bytes()
    for mark in (b"/Lang(en-GB)", b"/DisplayDocTitle true", b"/Marked true", b"pdfuaid:part>1<", b"/Outlines"):
        assert mark in held
    told = subprocess.run(["pdfinfo", "-struct-text", paper], capture_output=True, text=True, check=True).stdout
    counts = {kind: len(re.findall(rf"^\s*{kind}\b", told, re.MULTILINE)) for kind in ("Figure", "Table", "H1")}
    assert counts["Figure"] == counts["Table"] == 9
    assert counts["H1"] >= len(TITLES)
    assert printed.unembedded(paper) == []


def test_a_chapter_that_is_set_closer_ends_earlier(book: document.Document) -> None:
    source, files = pdf.typeset(book)
    before, after = ends(source, files), ends(tails._closer(source, {1}), files)
    assert len(before) == len(TITLES)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_chapters_are_set_closer_where_they_lose_their_tail_by_it() -> None:
    source = "#chapter(0)[ a ] #chapter(1)[ b ] #chapter(2)[ c ] #chapter(3)[ d ]"

    def ask(source: str, what: str) -> str:
        assert what == tails.END
        down = {0: 0.1, 1: 0.9, 2: 0.1, 3: -0.1} | ({2: 0.8} if "#chapter(2, close: true)" in source else {})
        return json.dumps([{"chapter": number, "down": share} for number, share in down.items()])

    assert tails.shortened(source, ask) == source.replace("#chapter(2)", "#chapter(2, close: true)")


def test_a_book_without_a_tail_is_asked_once() -> None:
    asked: list[str] = []

    def ask(source: str, _: str) -> str:
        asked.append(source)
        return '[{"chapter": 0, "down": 0.5}]'

    assert tails.shortened("#chapter(0)[ a ]", ask) == "#chapter(0)[ a ]"
    assert len(asked) == 1


def test_a_book_without_a_chapter_is_set_as_it_is() -> None:
    for text in ("Words.", "# Alone"):
        made = document.build([("x", document.note(text))], document.Front(title="A"))
        assert pdf.typeset(made)[0].count("#chapter(") == text.count("# ")
