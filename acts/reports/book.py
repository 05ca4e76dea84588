"""The book: a configuration's notebooks executed and bound into report.html and report.pdf, and the shelf of all."""

import csv
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from acts import params, staging
from acts.params.own import YOURS
from acts.reports import document, execution, guide, html, matter, pdf, shelf, timings
from acts.reports import ledger as ledgers
from acts.reports.document import Attachment, Document
from acts.reports.faults import ReportError

DATA = ("records.parquet", "catalogue.csv", "ledger.csv")
LEDGER = "Every claim with its verdict, interval and sentence"


def render(config: str, *, say: Callable[[str], None] = lambda line: print(f"  {line}", flush=True)) -> Path:
    """Execute a configuration's notebooks and publish them with report.html, report.pdf and the index.

    Returns the report's folder. Raises ReportError, which names notebook and cell; the report before is then whole.
    """
    root, loaded = params.root(), params.load(config)
    config, names = loaded.name, loaded.chapters
    folder = root / "reports" / config
    if not (folder / "records.parquet").is_file():
        raise ReportError(f"reports/{config}/records.parquet is not there; first run: python -m acts run {config}")
    with staging.moved(folder, last="report.pdf") as staged:
        ran = execution.run_all(
            [root / "notebooks" / f"{name}.ipynb" for name in names], config,
            outputs=[staged / f"{name}.ipynb" for name in names],
            key=inputs_key(root, config), earlier=folder, say=say,
        )  # fmt: skip
        bound = bind([(one.name, nbformat.read(one.path, as_version=4)) for one in ran], config, root=root)
        page, sheets = both(bound)
        (staged / "report.html").write_text(page, encoding="utf-8")
        say(f"report.html: {len(page.encode()) / 1e6:.1f} MB")
        (staged / "report.pdf").write_bytes(sheets)
        say(f"report.pdf: {len(sheets) / 1e6:.1f} MB")
    if YOURS not in names:
        (folder / f"{YOURS}.ipynb").unlink(missing_ok=True)
    index(root)
    return folder


def both(bound: Document) -> tuple[str, bytes]:
    """Return a document as a page and as a PDF, made side by side: pandoc and Typst work outside Python's lock."""
    with ThreadPoolExecutor(1) as pool:
        sheets = pool.submit(pdf.render, bound)
        page = html.render(bound)
        return page, sheets.result()


def bind(notebooks: Sequence[tuple[str, NotebookNode]], config: str, *, root: Path) -> Document:
    """Return a configuration's document from executed notebooks, its ledger and its provenance."""
    folder = root / "reports" / config
    provenance = matter.read_provenance(folder)
    ledger = _text(folder / "ledger.csv")
    verdicts = matter.counts(ledger)
    front = matter.front(
        matter.read_title(root / "reports" / "book.yml"), config, verdicts, provenance,
        claims=ledgers.rows(ledger), chapters=[name for name, _ in notebooks], records=_digest(folder / DATA[0]),
        brought=_brought(folder / DATA[1]) if YOURS in dict(notebooks) else (),
    )  # fmt: skip
    attached = _attachments(ledger)
    ending = "\n".join([matter.appendix(provenance), timings.section(root, provenance)])
    closing = [("provenance", document.note(ending))] if provenance else []
    opening = [guided] if (guided := guide.chapter(front, appendix=bool(provenance))) else []
    return document.build(
        [*opening, *notebooks, *closing], front, bibliography=root / "reports" / "references.bib", attachments=attached
    )


def _attachments(ledger: str) -> tuple[Attachment, ...]:
    """Return the ledger as the two files a reader takes along; nothing where there is none."""
    if not ledger:
        return ()
    return (
        Attachment("ledger.csv", "text/csv", LEDGER, ledger.encode()),
        Attachment("ledger.json", "application/json", LEDGER, ledgers.to_json(ledger).encode()),
    )


def _brought(path: Path) -> tuple[str, ...]:
    """Return the labels of the functions that a catalogue marks as brought along; nothing where there is none."""
    rows = csv.DictReader(_text(path).splitlines())
    return tuple(row["label"] for row in rows if row.get("own") == "True")


def _digest(path: Path) -> str:
    """Return a file's sha256 in hex digits; nothing where there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inputs_key(root: Path, config: str) -> str:
    """Return one word for everything a configuration's notebooks read: records, ledger, parameters and code."""
    files = [root / "reports" / config / name for name in DATA] + [root / "params" / f"{config}.yaml"]
    package = Path(__file__).parents[1]
    code = [path for end in ("*.py", "*.yaml") for path in package.rglob(end) if "reports" not in path.parts[-3:-1]]
    digest = hashlib.sha256()
    for path in [*files, *sorted(code), package / "reports" / "execution.py"]:
        digest.update(f"{path.name}\0".encode() + (path.read_bytes() if path.is_file() else b"") + b"\0")
    return digest.hexdigest()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def index(root: Path) -> Path:
    """Write reports/index.html, which puts the configurations that have a report side by side."""
    return shelf.write(root)
