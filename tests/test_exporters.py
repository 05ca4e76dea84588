"""The exporters: any executed notebook, from any folder, becomes a page and a PDF, or one line says why not."""

import base64
import io
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from acts.reports import cells
from acts.reports.exporters import HtmlExporter, PdfExporter
from acts.reports.faults import ReportError

NAME = "Мой блокнот & <co>"
TONGUES = "Überschrift, Функция активации, 活性化関数, 激活函数, 활성화, ελληνικά, العربية, ไทย, 😀."
SVG = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="100" height="60">
<style>.a{fill:red}</style><script>alert(1)</script><circle class="a" cx="30" cy="30" r="20" onclick="alert(2)"/>
<a xlink:href="https://example.org"><text x="5" y="50">linked</text></a>
<image href="https://example.org/x.png" width="10" height="10"/></svg>"""
PAGE = (
    '<h1>Loud</h1><p>html <b>bold</b><iframe src="https://example.org"></iframe><img src="https://example.org/y.png" \
alt="a remote picture"></p>'
)


def png(*, transparent: bool = False) -> str:
    """Return a figure as Jupyter stores it by default."""
    figure, axes = plt.subplots(figsize=(4, 3))
    frame = pd.DataFrame({"a": np.arange(20) % 7, "b": list("xy") * 10})
    sns.histplot(data=frame, x="a", hue="b", ax=axes)
    axes.set_title("plain, $x^2$")
    stream = io.BytesIO()
    figure.savefig(stream, format="png", transparent=transparent)
    plt.close(figure)
    return base64.b64encode(stream.getvalue()).decode()


def jpeg() -> str:
    figure, _ = plt.subplots(figsize=(2, 1))
    stream = io.BytesIO()
    figure.savefig(stream, format="jpeg")
    plt.close(figure)
    return base64.b64encode(stream.getvalue()).decode()


def styled() -> str:
    frame = pd.DataFrame({"имя": ["sigmoid", "<b>"], "loss": [0.125, 2.0]})
    return str(frame.style.set_caption("A styled table").to_html())


def shown(data: dict[str, str]) -> NotebookNode:
    return new_output("execute_result", data={"text/plain": "<Axes: xlabel='a'>", **data}, execution_count=1)


def strange() -> NotebookNode:
    """Return a notebook without a title whose outputs are those of other libraries."""
    plain = pd.DataFrame({"имя": ["sigmoid", "ReLU"], "loss": [0.1, 0.2]})
    outputs = [
        [shown({"image/png": png()}), shown({})],
        [shown({"image/png": png(transparent=True)})],
        [shown({"image/jpeg": jpeg()})],
        [shown({"text/html": plain.to_html(), "text/plain": str(plain)})],
        [shown({"text/html": styled()})],
        [shown({"text/html": styled()})],
        [shown({"image/svg+xml": SVG})],
        [shown({"text/latex": r"$\displaystyle \int_0^1 x\,dx$"})],
        [shown({"text/latex": r"\begin{tabular}{l}x\end{tabular}", "text/plain": "a tabular"})],
        [shown({"text/html": PAGE})],
        [new_output("stream", name="stderr", text="a warning\n")],
        [new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])],
        [new_output("display_data", data={"application/vnd.plotly.v1+json": {}, "text/plain": "a plotly figure"})],
    ]
    code = [new_code_cell(f"draw({number})", outputs=own, execution_count=1) for number, own in enumerate(outputs)]
    prose = [new_markdown_cell(f"{TONGUES}\n\n- [ ] task\n\n<div>raw</div>"), new_raw_cell("raw, for LaTeX")]
    made = new_notebook(cells=[*prose, *code], metadata={"kernelspec": {"name": "x", "display_name": "x"}})
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"
    return made


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the strange notebook in a folder that is no review's and has no bibliography."""
    path = tmp_path_factory.mktemp("far away") / f"{NAME}.ipynb"
    nbformat.write(strange(), path)
    return path


@pytest.fixture(scope="module")
def page(notebook: Path) -> str:
    return str(HtmlExporter().from_filename(str(notebook))[0])


def body(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def test_a_notebook_without_a_title_is_called_by_its_name(page: str) -> None:
    assert "<title>Мой блокнот &amp; &lt;co&gt;</title>" in page


def test_all_that_other_libraries_show_is_there(page: str) -> None:
    text = body(page)
    assert text.count("data:image/png;base64,") >= 2
    assert "data:image/jpeg;base64," in text
    assert text.count("<table") == 3
    assert text.count("A styled table") == 2  # twice the same identifier, as pandas gives it
    for said in (
        "имя",
        "<math",
        "a tabular",
        "a warning",
        "division by zero",
        "a plotly figure",
        "linked",
        TONGUES[:40],
    ):
        assert said in text, said


def test_what_other_libraries_bring_along_is_not(page: str) -> None:
    text = body(page)
    assert "example.org/" not in text.replace('href="https://example.org"', "")
    for refused in ("alert(1)", "alert(2)", "<iframe", "<h1>Loud", "raw, for LaTeX", "<div>raw"):
        assert refused not in text, refused
    assert "a remote picture" in text
    assert page.count("<script>") == 1


def test_what_a_plotting_call_returns_is_not_said_beside_the_picture(page: str) -> None:
    assert "Axes: xlabel" not in body(page)
    lone = new_notebook(cells=[new_code_cell("x", outputs=[shown({})], execution_count=1)])
    assert [output.kind for output in cells.read(lone, name="n")[0].outputs] == ["text"]


@pytest.mark.parametrize(
    ("text", "handle"),
    [("<Axes: xlabel='a'>", True), ("[<matplotlib.lines.Line2D at 0x7f>]", True), ("Text(0.5, 1.0, 'x')", True),
     ("(array([1., 2.]), <BarContainer>)", True), ("0.25", False), ("a < b", False)],
)  # fmt: skip
def test_a_handle_is_told_from_a_finding(text: str, handle: bool) -> None:
    own = [shown({"image/png": png()}), new_output("execute_result", data={"text/plain": text}, execution_count=1)]
    read = cells.read(new_notebook(cells=[new_code_cell("x", outputs=own, execution_count=1)]), name="n")
    assert ("text" not in {output.kind for output in read[0].outputs}) == handle


def test_it_is_a_pdf_of_a_few_pages_in_which_figures_stand_in_their_place(notebook: Path) -> None:
    sheets, _ = PdfExporter().from_filename(str(notebook))
    assert sheets.startswith(b"%PDF")
    assert sheets == PdfExporter().from_filename(str(notebook))[0]
    (notebook.parent / "x.pdf").write_bytes(sheets)
    words = subprocess.run(
        ["pdftotext", str(notebook.parent / "x.pdf"), "-"], capture_output=True, text=True, check=True
    )
    assert words.stdout.index(NAME) < words.stdout.index("cell 3")  # no figure floats above the title
    assert "Contents" not in words.stdout


def test_a_damaged_picture_is_one_line_that_names_its_cell(notebook: Path) -> None:
    bad = new_output("display_data", data={"image/png": base64.b64encode(b"no picture").decode()})
    made = new_notebook(cells=[new_markdown_cell("# T"), new_code_cell("draw()", outputs=[bad], execution_count=1)])
    path = notebook.with_name("bad.ipynb")
    nbformat.write(made, path)
    with pytest.raises(ReportError, match=r"^bad, cell 2 \(draw\(\)\): a picture is no PNG that can be read$"):
        PdfExporter().from_filename(str(path))


def test_a_citation_without_a_bibliography_is_one_line(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTS_ROOT", str(notebook.parent))
    path = notebook.with_name("cites.ipynb")
    nbformat.write(new_notebook(cells=[new_markdown_cell("# T\n\nSaid [@nobody1999].")]), path)
    with pytest.raises(ReportError, match=r"^cites, cell 1 .*@nobody1999 has no references\.bib$"):
        HtmlExporter().from_filename(str(path))


def test_jupyter_finds_the_exporters_by_name(notebook: Path) -> None:
    path = notebook.with_name("small.ipynb")
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Small\n\nText.")]), path)
    jupyter = Path(sys.executable).with_name("jupyter")
    for kind, name in (("acts-html", "small.html"), ("acts-pdf", "small.pdf")):
        command = [str(jupyter), "nbconvert", "--to", kind, path.name]
        done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert (path.parent / name).stat().st_size > 1000
