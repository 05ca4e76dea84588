"""Article: the notebook of a write-up, the page and the PDF made from it, and the files put in their place."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from nbformat import NotebookNode, v4

from acts import params, staging
from acts.claims import Verdicts, evidence
from acts.claims.facts import Exact
from acts.figures import Table, ledger, style
from acts.figures import evidence as drawings
from acts.reports import document, html, matter, pdf, shelf
from acts.reports import ledger as ledgers
from acts.reports.document import Attachment, Document, Front
from acts.writeups import words
from acts.writeups.note import Asked, Note, bibliography, read

SETUP = """from acts import figures, writeups
from acts.writeups import Asked

note = writeups.read({config!r}, {asked!r})"""
FACTS = ("Configuration", "Device", "Processor", "Measured", "Commit", "Records")
FEW = 6  # functions whose formulas are listed
LONGEST = 60  # letters of a file's name


def write(config: str, asked: Asked, *, out: Path | None = None) -> list[Path]:
    """Write an article as notebook, page and PDF and return their paths, the page's first.

    They go to ``out``, by default reports/CONFIG/writeups, where the index of all reports links to them, and are named
    after the title. Raises WriteupError for what
    was asked wrongly and NotWritable where no file can be put.
    """
    note = read(config, asked)
    folder = staging.writable(out or params.root() / "reports" / note.config / "writeups")
    files = make(note)
    for name, content in files.items():
        _put(folder / name, content)
    if out is None and (params.root() / "reports" / "index.html").is_file():
        shelf.write(params.root())
    return [folder / name for name in files]


def make(note: Note) -> dict[str, bytes]:
    """Return an article's files by name: the page, the PDF and the notebook that both were made from."""
    notebook = compose(note)
    bound = bind(note, notebook)
    name = slug(note.asked.title)
    return {
        f"{name}.html": html.render(bound).encode(),
        f"{name}.pdf": pdf.render(bound),
        f"{name}.ipynb": f"{nbformat.writes(notebook)}\n".encode(),
    }


def _put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        staged.write_bytes(content)
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)


def slug(title: str) -> str:
    """Return a title as the name of a file: plain letters, digits and hyphens.

    A digest of the title ends the name where something of it is lost: what is longer, or in other letters.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", title).lower() if not unicodedata.combining(sign))
    name = "-".join(re.findall(r"[a-z0-9]+", plain))
    whole = name and len(name) <= LONGEST and not any(sign.isalnum() and not sign.isascii() for sign in plain)
    if whole:
        return name
    digest = hashlib.sha256(title.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 9].strip('-') or 'writeup'}-{digest}"


# --- the notebook -----------------------------------------------------------------------------------------------------


def compose(note: Note) -> NotebookNode:
    """Return the article as a notebook whose code cells are executed: it can be edited and exported again."""
    setup = SETUP.format(config=note.config, asked=note.asked)
    cells = [_prose(f"# {words.escape(note.asked.title)}"), _code(f"#| echo: false\n{setup}")]
    cells += [_prose(f"## Question\n\n{words.question(note)}"), *_functions(note)]
    cells += [_prose(f"## Method\n\n{words.method(note)}"), _rules(note)]
    cells += [_prose("## Findings"), *(cell for card in note.cards for cell in _findings(note, card.claim.id))]
    cells += [_prose(f"## Limits\n\n{words.limits(note)}")]
    cells += [_prose(f"## Provenance {{.unnumbered}}\n\n{words.provenance(note)}")]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def _prose(markdown: str) -> NotebookNode:
    return v4.new_markdown_cell(markdown)


def _code(source: str, shown: Any = None) -> NotebookNode:
    """Return a code cell with what its last line shows, as Jupyter would have stored it."""
    outputs = []
    if isinstance(shown, style.Drawing):
        data, metadata = shown._repr_mimebundle_()
        picture = {"image/svg+xml": style.render(shown).decode()}
        outputs = [v4.new_output("display_data", data={**picture, **data}, metadata=metadata)]
    elif shown is not None:
        outputs = [v4.new_output("display_data", data=shown._repr_mimebundle_())]
    return v4.new_code_cell(source, outputs=outputs, execution_count=1)


def _header(label: str, **texts: str) -> str:
    """Return the ``#|`` lines of a labelled cell."""
    lines = [f"#| label: {label}"]
    for name, text in texts.items():
        lines += [f"#| {name.replace('_', '-')}: >-", f"#|   {' '.join(text.split())}"]
    return "\n".join(lines)


def _functions(note: Note) -> Iterator[NotebookNode]:
    """Yield the formulas of the functions that the article is about, where they are few."""
    table = functions(note)
    if 0 < len(table.frame) <= FEW:
        header = _header("tbl-functions", tbl_cap="The functions that this article is about.")
        yield _code(f"{header}\nwriteups.article.functions(note)", table)


def functions(note: Note) -> Table:
    """Return the formulas of the activations that are highlighted, of all that the claims compare where none is."""
    names = list(note.activations) or [
        name for card in note.cards for name in drawings.activations(card.claim.id, note.catalogue)
    ]
    rows = note.catalogue[note.catalogue["name"].isin(names)]
    columns = {"label": "Activation", "latex": "$f(x)$", "source": "Source"}
    sources = [
        f"@{key}" if key in note.sources else words.escape(text)
        for key, text in zip(rows["key"].fillna(""), rows["reference"].fillna(""), strict=True)
    ]
    return Table(rows.assign(source=sources), columns, math=("latex",), markdown=("source",))


def _rules(note: Note) -> NotebookNode:
    header = _header("tbl-rules", tbl_cap="What supports and what refutes each claim, and where it was measured.")
    return _code(f"{header}\nwriteups.article.rules(note)", rules(note))


def rules(note: Note) -> Table:
    """Return each claim's rule and margin, fixed before the runs, and where it was measured."""
    columns = {"claim": "Claim", "rule": "Supports / refutes", "margin": "Margin", "where": "Measured on"}
    rows = []
    for card in note.cards:
        told = ledger.stated([card.claim], experiment=card.claim.shown).frame.iloc[0]
        name = f"[{card.claim.id}](#claim-{card.claim.id})"
        where = words.measured_on(note, card)
        rows.append({"claim": name, "rule": told["rule"], "margin": told["margin"], "where": where})
    return Table(pd.DataFrame(rows), columns, markdown=("claim",))


def _findings(note: Note, claim: str) -> Iterator[NotebookNode]:
    """Yield a claim's card and the figure of its contrasts, or the table of the numbers that decide it."""
    yield _code(f"writeups.card(note, {claim!r})", card(note, claim))
    found = next(one for one in note.cards if one.claim.id == claim)
    label = shown_as(note, claim)
    if label.startswith("fig-"):
        figure = drawings.contrasts(note.index, note.catalogue, claim, activations=note.activations)
        header = _header(label, fig_cap=words.caption(note, found), fig_alt=f"Intervals behind {claim}.")
        call = f"figures.evidence.contrasts(note.index, note.catalogue, {claim!r}, activations=note.activations)"
        yield _code(f"{header}\n{call}", figure)
    elif label:
        header = _header(label, tbl_cap=f"The numbers that decide {claim}, from the formulas.")
        yield _code(
            f"{header}\nfigures.evidence.facts(note.index, note.catalogue, {claim!r})",
            drawings.facts(note.index, note.catalogue, claim),
        )


def shown_as(note: Note, claim: str) -> str:
    """Return the label of the figure or table behind a claim, nothing where its sentence says all there is."""
    found = next(one for one in note.cards if one.claim.id == claim)
    if evidence.parts(found.claim, note.index):
        return f"fig-{claim.lower()}"
    exact = isinstance(found.claim.rule, Exact) and len(evidence.facts(found.claim, note.index))
    return f"tbl-{claim.lower()}" if exact else ""


def card(note: Note, claim: str) -> Verdicts:
    """Return a claim's card, whose evidence is the figure or table of this article."""
    found = next(one for one in note.cards if one.claim.id == claim)
    label = shown_as(note, claim)
    verdict = replace(found.verdict, evidence=(label,) if label else ())
    return Verdicts((replace(found, verdict=verdict),))


# --- page and PDF -----------------------------------------------------------------------------------------------------


def bind(note: Note, notebook: NotebookNode) -> Document:
    """Return the document of an article's notebook, whose first heading gives way to the front."""
    body = v4.new_notebook(cells=notebook.cells[1:], metadata=notebook.metadata)
    for cell in (cell for cell in body.cells if cell.cell_type == "markdown"):
        cell.source = re.sub(r"^## ", "# ", cell.source)
    bound = document.build(
        [(slug(note.asked.title), body)], front(note), bibliography=bibliography(),
        attachments=_attachments(note), whole=False,
    )  # fmt: skip
    return replace(bound, floats=True)


def front(note: Note) -> Front:
    """Return what stands above the article."""
    review = matter.read_title(params.root() / "reports" / "book.yml")
    title = matter.Title(title=note.asked.title, authors=list(note.asked.authors))
    verdicts = {word: sum(card.verdict.verdict == word for card in note.cards) for word in matter.VOCABULARY}
    verdicts = {word: count for word, count in verdicts.items() if count}
    made = matter.front(title, note.config, verdicts, note.provenance, records=note.digest)
    facts = tuple((name, value) for name, value in made.facts if name in FACTS)
    return replace(
        made, subtitle=f"A write-up from: {review.title}", abstract=words.abstract(note), command=words.command(note),
        facts=facts,
    )  # fmt: skip


def _attachments(note: Note) -> tuple[Attachment, ...]:
    """Return the ledger's rows of the claims as the two files that a reader takes along."""
    rows = [note.ledger[card.claim.id] for card in note.cards]
    text = pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")
    said = "The claims of this article with verdict, interval and sentence"
    return (
        Attachment("ledger.csv", "text/csv", said, text.encode()),
        Attachment("ledger.json", "application/json", said, ledgers.to_json(text).encode()),
    )
