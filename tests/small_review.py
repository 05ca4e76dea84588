"""A small review made by the command line from nothing, in which every text that someone else could write is hostile.

Titles, authors, labels of functions, a claim's sentence, captions, alternatives, cells of a table and names of files
carry markup, script, Typst, TeX, markdown and format fields. What a reader gets from it is what the browser tests open.
"""

import csv
import fcntl
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from acts.reports import matter

HERE = Path(__file__).parents[1]
HOSTILE = (
    '<script>window.ran=1</script><img src=x onerror="window.ran=1"> \'{}\' ${x} &lt; </svg>]]> #panic("x") '
    "$5 %s \\input{x} `b` ::: [x](javascript:ran=1) @nobody -->"
)
QUOTED = "'" + HOSTILE.replace("'", "''") + "'"  # as YAML writes it
FILE_NAME = "a <b onclick=x> \"c\" 'd' & {e} #f %g"  # a notebook's; no slash, which no file name can hold
LABELLED, TOLD = "tanh", "C27"  # whose label, and whose sentence in the ledger, are hostile
CONFIG = f"""\
title: {QUOTED}
engine: serial
experiments:
  formulas: {{activations: [identity, sigmoid, tanh, relu, leaky_relu, swish, gelu], points: 61, span: 6}}
  gradient_flow: {{activations: [tanh, relu], inits: [he, stable], depths: [2, 5], width: 16, seeds: 2}}
  convergence:
    activations: [sigmoid, tanh, relu]
    datasets: [digits]
    networks: [mlp_2x32]
    optimizers: [sgd, adam]
    inits: [lecun]
    seeds: 6
    steps: 20
    batch: 32
    evaluations: 5
    rates: {{sgd: [0.05, 0.1], adam: [0.002, 0.004]}}
    growths: 0
notebooks: [00_verdicts, 01_catalogue, 03_gradient_flow, 98_strange]
"""
CHAPTERS = ("00_verdicts", "01_catalogue", "03_gradient_flow")
WRITE_UP = ("--claims", "C19,C25", "--activations", "relu,tanh,sigmoid", "--title", HOSTILE, "--config", "tiny")
FOREIGN = '<table><tr><td onclick="window.ran=1">7<script>window.ran=1</script></td></tr></table>'
DRAWN = """\
import io

from IPython.display import SVG
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(5, 2))
axes.plot([0, 1], [0, 1], label=hostile, gid=hostile)
axes.set_title(hostile, parse_math=False, fontsize=5)
axes.set_ylabel("learning rate, active")
drawn = io.StringIO()
with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "acts"}):
    figure.savefig(drawn, format="svg", metadata={"Date": None})
plt.close(figure)
SVG(drawn.getvalue())"""


@dataclass(frozen=True)
class Made:
    """What a reader gets, by path; ``root`` is the review's folder, as ACTS_ROOT names it."""

    root: Path

    @property
    def folder(self) -> Path:
        """The report's folder."""
        return self.root / "reports" / "tiny"

    @property
    def pages(self) -> dict[str, Path]:
        """Every HTML page by what it is."""
        return {
            "report": self.folder / "report.html",
            "index": self.root / "reports" / "index.html",
            "write-up": next((self.root / "write-up").glob("*.html")),
            "notebook": self.root / "foreign" / f"{FILE_NAME}.html",
        }

    @property
    def papers(self) -> dict[str, Path]:
        """Every PDF by what it is."""
        return {
            "report": self.folder / "report.pdf",
            "write-up": next((self.root / "write-up").glob("*.pdf")),
            "notebook": self.root / "foreign" / f"{FILE_NAME}.pdf",
        }


PAGES = ("report", "index", "write-up", "notebook")


def strange() -> nbformat.NotebookNode:
    """Return a notebook, not executed, that says, draws and tabulates what is hostile."""
    caption = "'" + matter.escape(HOSTILE).replace("'", "''") + "'"
    table = (
        "from IPython.display import Markdown, HTML\n"
        f"Markdown('| unit | slope |\\n|:--|--:|\\n| ' + {matter.escape(HOSTILE)!r} + ' | 1 |\\n| Mish | −0.1 |')"
    )
    figure = f"#| label: fig-strange\n#| fig-cap: {caption}\n#| fig-alt: {QUOTED}\n{DRAWN}"
    cells = [
        new_markdown_cell(f"# {matter.escape(HOSTILE)}"),
        new_code_cell('config = "cpu"', metadata={"tags": ["parameters"]}),
        new_code_cell(f"hostile = {HOSTILE!r}"),
        new_markdown_cell(f"## {matter.escape(HOSTILE)}\n\n{HOSTILE.replace(' @nobody', '').replace('::: ', '')}"),
        new_markdown_cell("See @fig-strange, @tbl-strange and @eq-strange.\n\n$$ f'(x) = \\sigma(x) $$ {#eq-strange}"),
        new_code_cell(figure),
        new_code_cell(f"#| label: tbl-strange\n#| tbl-cap: {caption}\n{table}"),
        new_code_cell("print(hostile)"),
        new_code_cell(f"HTML({FOREIGN!r})"),
        new_code_cell("import pandas\npandas.DataFrame({hostile: [hostile, 'Mish'], 'slope': [1.5, -0.1]})"),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"strange-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def laid_out(root: Path) -> None:
    """Write what a review is made from: parameters, notebooks, title page and bibliography."""
    for name in ("params", "notebooks", "reports", "foreign", "write-up"):
        (root / name).mkdir(parents=True)
    (root / "Makefile").touch()
    (root / "params" / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    title = f"title: {QUOTED}\nsubtitle: {QUOTED}\nauthors: [{QUOTED}, B. Author]\nopening: {QUOTED}\n"
    (root / "reports" / "book.yml").write_text(title, encoding="utf-8")
    shutil.copy(HERE / "reports" / "references.bib", root / "reports")
    for chapter in CHAPTERS:
        shutil.copy(HERE / "notebooks" / f"{chapter}.ipynb", root / "notebooks")
    nbformat.write(strange(), str(root / "notebooks" / "98_strange.ipynb"))


def acts(root: Path, *arguments: str, **environment: str) -> str:
    """Return what ``python -m acts`` says in a review's folder; its fault is an AssertionError with its own words."""
    return command(root, "-m", "acts", *arguments, **environment)


def command(root: Path, *arguments: str, **environment: str) -> str:
    """Return what a command of this Python prints, given in a review's folder."""
    given = {**os.environ, "ACTS_ROOT": str(root), "OMP_NUM_THREADS": "1", **environment}
    for own in ("ACTS_STORE", "MPLBACKEND"):  # the kernels' own; the tests' would keep plain figures from being shown
        given.pop(own, None)
    done = subprocess.run([sys.executable, *arguments], cwd=root, env=given, capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments[:3]}: {done.stderr[-2000:]}"
    return done.stdout


def spoilt(path: Path, key: str, name: str, field: str) -> None:
    """Make one field of one row of a table in CSV hostile."""
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    (row,) = [row for row in rows if row[key] == name]
    row[field] = HOSTILE
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def make(root: Path) -> Made:
    """Run, judge and render the review, write two of its claims up and export its strangest notebook."""
    laid_out(root)
    acts(root, "run", "tiny")
    acts(root, "judge", "tiny")
    made = Made(root)
    spoilt(made.folder / "catalogue.csv", "name", LABELLED, "label")
    spoilt(made.folder / "ledger.csv", "claim", TOLD, "sentence")
    acts(root, "render", "tiny")
    written_up(root)
    exported(made)
    return made


def written_up(root: Path, **environment: str) -> None:
    """Write an article about two claims of the review."""
    acts(root, "writeup", *WRITE_UP, "--out", str(root / "write-up"), **environment)


def exported(made: Made, **environment: str) -> None:
    """Make the strangest executed notebook, copied elsewhere under a hostile name, a page and a paper of its own."""
    folder = made.root / "foreign"
    shutil.copy(made.folder / "98_strange.ipynb", folder / f"{FILE_NAME}.ipynb")
    for form in ("html", "pdf"):
        command(folder, "-m", "jupyter", "nbconvert", "--to", f"acts-{form}", f"{FILE_NAME}.ipynb", **environment)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "small-review.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def shared(folder: Path) -> Made:
    """Return the review in a folder, made by the first process that asks; a fault is said to all that ask after it."""
    root, fault, whole = (folder / f"small-review{end}" for end in ("", ".fault", ".whole"))
    with _alone(folder):
        if not root.exists():
            try:
                make(root)
                whole.touch()
            except Exception as error:
                fault.write_text(str(error) or type(error).__name__)
                raise
        assert whole.exists(), fault.read_text() if fault.exists() else "the small review was not finished"
    return Made(root)
