"""The document model: notebooks joined into one pandoc tree, numbered, with references and citations resolved."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, v4

from acts.reports import cells, chapters, numbering, pandoc, tree, typography
from acts.reports.cells import Picture
from acts.reports.chapters import Chapter
from acts.reports.faults import ReportError
from acts.reports.numbering import Heading
from acts.reports.tree import Node

TEMPLATES = Path(__file__).parent / "templates"
STYLE = TEMPLATES / "author-date.csl"
AT_ONCE = 4  # chapters that wait for pandoc together


@dataclass(frozen=True)
class Front:
    """What stands before the text: title, subtitle, authors, abstract in markdown, facts such as the configuration.

    ``stamp`` is the second of the epoch a PDF carries as its date; ``commit``, ``command`` and ``records``, the first
    twelve digits of the sha256 of the records, stand under each figure. ``cite`` is this report in BibTeX; ``runtimes``
    says how long what a chapter shows took to compute; ``claims`` are the ledger's rows as acts.reports.ledger tells.
    """

    title: str = ""
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    abstract: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[tuple[str, int], ...] = ()
    stamp: int = 0
    commit: str = ""
    command: str = ""
    records: str = ""
    cite: str = ""
    runtimes: tuple[tuple[str, str], ...] = ()
    claims: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Attachment:
    """A file the reader can take along: a name, a MIME type, a description, the bytes."""

    name: str
    mime: str
    description: str
    data: bytes


@dataclass(frozen=True)
class Document:
    """One report: its front, the abstract's and the text's blocks, headings in order, pictures by key.

    ``whole`` says that it is the book; what is not is set as an article of a few pages. Where ``floats``, a figure on
    paper goes to the head or the foot of a page, else it stays where it was drawn. ``chapters`` are the notebooks'
    names, each with the identifier of its first heading.
    """

    front: Front
    abstract: list[Node]
    blocks: list[Node]
    headings: list[Heading]
    pictures: dict[str, Picture]
    attachments: tuple[Attachment, ...] = ()
    whole: bool = True
    chapters: tuple[tuple[str, str], ...] = ()
    floats: bool = True


def build(
    notebooks: Sequence[tuple[str, NotebookNode]],
    front: Front,
    *,
    bibliography: Path | None = None,
    attachments: tuple[Attachment, ...] = (),
    whole: bool = True,
) -> Document:
    """Return the document of named notebooks, a chapter each; a single one without a front gives its title.

    Of a document that is not the whole book, what it refers to in other chapters is shown by its label.
    Raises ReportError, which names notebook and cell, for whatever a reader would see broken.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        read = list(pool.map(lambda named: _chapter(*named), notebooks))
    if not front.title and read:
        front = _titled(front, read[0])
    abstract = _chapter("abstract", _note(front.abstract))
    numbers = numbering.number([*read, abstract], whole=whole)
    everything = [abstract, *read]
    _check_citations(everything, bibliography)
    sections = [
        tree.div("", ("acts-part", f"part-{index}"), [block for part in chapter.parts for block in part.blocks])
        for index, chapter in enumerate(everything)
    ]
    cited = _cited(sections, bibliography)
    blocks = _joined_code([block for section in cited[1:] for block in _unwrapped(section)])
    headings = numbers.headings + _closing_heading(blocks)
    pictures = {key: picture for chapter in everything for key, picture in chapter.pictures.items()}
    openings = tuple((chapter.name, numbering.opening(chapter)) for chapter in read)
    return Document(front, _unwrapped(cited[0]), blocks, headings, pictures, attachments, whole, openings, floats=whole)


def _chapter(name: str, notebook: NotebookNode) -> Chapter:
    chapter = chapters.read(cells.read(notebook, name=name), name=name)
    for part in chapter.parts:
        part.blocks = typography.typeset(part.blocks)
    return chapter


def _note(markdown: str) -> NotebookNode:
    return v4.new_notebook(cells=[v4.new_markdown_cell(markdown)])


def note(markdown: str) -> NotebookNode:
    """Return a notebook of one markdown cell, for chapters that are generated and not written."""
    return _note(markdown)


def _titled(front: Front, chapter: Chapter) -> Front:
    """Return a front with the chapter's first heading as its title; the chapter's other headings move up a level."""
    headings = [block for part in chapter.parts for block in part.blocks if block["t"] == "Header"]
    if not headings:
        return Front(**{**vars(front), "title": chapter.name})
    first = headings[0]
    for part in chapter.parts:
        part.blocks = [block for block in part.blocks if block is not first]
    if first["c"][0] == 1:
        for heading in headings[1:]:
            heading["c"][0] = max(1, heading["c"][0] - 1)
    return Front(**{**vars(front), "title": tree.text(first["c"][2])})


def bibliography_keys(bibliography: Path) -> set[str]:
    """Return the keys of a BibTeX file."""
    return set(re.findall(r"^\s*@\w+\s*\{\s*([^,\s]+)\s*,", bibliography.read_text(encoding="utf-8"), re.MULTILINE))


def _check_citations(read: Sequence[Chapter], bibliography: Path | None) -> None:
    known = bibliography_keys(bibliography) if bibliography else set()
    for chapter in read:
        for part in chapter.parts:
            for cite in tree.find(part.blocks, "Cite"):
                for citation in cite["c"][0]:
                    if citation["citationId"] not in known:
                        where = f"is not in {bibliography.name}" if bibliography else "has no references.bib"
                        raise ReportError(f"{part.place}: @{citation['citationId']} {where}")


def _cited(sections: list[Node], bibliography: Path | None) -> list[Node]:
    if bibliography is None or not tree.find(sections, "Cite"):
        return sections
    return pandoc.cite(sections, bibliography=bibliography, style=STYLE)


def _unwrapped(section: Node) -> list[Node]:
    if section["t"] == "Div" and "acts-part" in tree.classes(section):
        return section["c"][1]
    return [_heading_of_references(), section]


def _joined_code(blocks: list[Node]) -> list[Node]:
    """Return blocks in which the code of cells that follow each other without a word between is one."""
    joined: list[Node] = []
    for block in blocks:
        if joined and _is_code(block) and _is_code(joined[-1]):
            source = f"{tree.text(joined[-1])}\n\n{tree.text(block)}"
            joined[-1] = tree.div("", ("acts-code",), [tree.code_block(source, "python")])
        else:
            joined.append(block)
    return joined


def _is_code(block: Node) -> bool:
    return block["t"] == "Div" and "acts-code" in tree.classes(block)


def _heading_of_references() -> Node:
    attributes: list[Any] = tree.attributes("references", ("unnumbered",))
    return {"t": "Header", "c": [1, attributes, tree.words("References")]}


def _closing_heading(blocks: list[Node]) -> list[Heading]:
    closing = [block for block in blocks if block["t"] == "Header" and block["c"][1][0] == "references"]
    return [Heading(1, "", "references", tree.words("References"))] if closing else []
