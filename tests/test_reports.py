"""The report: one document, two outputs, nothing foreign, nothing broken, the same bytes from the same inputs."""

import base64
import hashlib
import html as markup
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from acts.reports import book, cells, document, fonts, formulas, html, matter, pandoc, pdf, pictures, tables, tree
from acts.reports.exporters import HtmlExporter
from acts.reports.faults import Place, ReportError

ROOT = Path(__file__).parents[1]
HOSTILE = '<script>alert(1)</script> {} #panic("x") $5 \\input{x} `<b>` ::: [x](javascript:alert(1)) @nobody %s'
BIBLIOGRAPHY = """
@misc{hendrycks2016, author = {Hendrycks, Dan and Gimpel, Kevin}, title = {Gaussian Error Linear Units ({GELU}s)},
  year = {2016}, url = {https://arxiv.org/abs/1606.08415}}
@article{unused1999, author = {Nobody, N.}, title = {Never cited}, journal = {Nowhere}, year = {1999}}
"""
CARD = f"""::: {{#claim-C25 .claim .refuted}}
**C25** [refuted]{{.verdict}} {matter.escape(HOSTILE)} [@hendrycks2016; 活性化関数としてのReLU]{{.source}}

The gap is 0.12. See @fig-hinge. [C26](#claim-C26) pulls the other way.
:::
"""
PROSE = r"""# Does ReLU die?

As said [@hendrycks2016, p. 3]; see @fig-hinge, [-@tbl-slopes] and @eq-leaky. Введение, 活性化関数.[^n]

[^n]: A note with $x^2$.

## What is claimed

$$ f(x)=\begin{cases}\alpha x & x<0\\ x & x\ge 0\end{cases} $$ {#eq-leaky}

$$\begin{aligned} f'(x) &= \sigma(x) \\ &= f''(x) \end{aligned}$$

See [the claims](#what-is-claimed). <script>alert(2)</script> and <b onclick="x()">bold</b>.
"""


def svg() -> str:
    stream = io.BytesIO()
    with plt.rc_context({"svg.hashsalt": "acts", "svg.fonttype": "none"}):
        figure, axes = plt.subplots(figsize=(4, 2))
        axes.plot([-1, 0, 1], [0, 0, 1], color="black")
        axes.set_title("ReLU и <b>")
        figure.savefig(stream, format="svg", metadata={"Date": None})
        plt.close(figure)
    return stream.getvalue().decode()


def shown(**forms: str) -> NotebookNode:
    names = {"svg": "image/svg+xml", "png": "image/png", "markdown": "text/markdown", "html": "text/html",
             "text": "text/plain", "javascript": "application/javascript"}  # fmt: skip
    return new_output("display_data", data={names[name]: value for name, value in forms.items()})


def code(source: str, *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return new_code_cell(source, outputs=list(outputs), execution_count=1, metadata={"tags": list(tags)})


def notebook(*parts: NotebookNode | str) -> NotebookNode:
    made = [new_markdown_cell(part) if isinstance(part, str) else part for part in parts]
    for index, cell in enumerate(made):
        cell["id"] = f"cell-{index}"
    return new_notebook(cells=made, metadata={"language_info": {"name": "python"}})


def sample() -> NotebookNode:
    slopes = f"| unit | slope | $\\chi_1$ |\n|:--|--:|--:|\n| {matter.escape(HOSTILE)} | 1 | 2 |\n| Mish | −0.1 | 3 |\n"
    return notebook(
        PROSE,
        code('config = "cpu"', tags=("parameters",)),
        code("x = '</pre><script>alert(3)</script>'  # {}"),
        code(
            '#| label: fig-hinge\n#| fig-cap: "A hinge, $f(x)$ [@hendrycks2016]."\n'
            '#| fig-alt: A "hinge" at <0>\nplot()',
            shown(svg=svg(), text="<Figure size 4x2>"),
        ),
        code('#| label: tbl-slopes\n#| tbl-cap: "Slopes."\ntable()', shown(markdown=slopes, html="<table></table>")),
        code("claims.verdicts(records)", shown(markdown=CARD)),
        code("print(1)", new_output("stream", text="\x1b[31mred\x1b[0m 10 %\rdone <i>\n")),
        code(
            "frame", shown(html="<table><tr><td onclick='x()'>7<script>alert(4)</script></td></tr></table>", text="7")
        ),
        code("live", shown(javascript="alert(5)", text="<IPython.core.display.Javascript object>")),
    )


@pytest.fixture(scope="module")
def bibliography(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bibliography") / "references.bib"
    path.write_text(BIBLIOGRAPHY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def front() -> document.Front:
    return document.Front(
        title=f"A title with {HOSTILE}", subtitle="Sub", authors=("A. Author", "Б. Автор"), abstract="*90*, $x$.",
        facts=(("Device", HOSTILE),), verdicts=(("supported", 3), ("not measured here", 9)), stamp=1_700_000_000,
        commit="abc1234", command="make report CONFIG=cpu",
    )  # fmt: skip


@pytest.fixture(scope="module")
def bound(front: document.Front, bibliography: Path) -> document.Document:
    attached = (document.Attachment("ledger.csv", "text/csv", "Every claim", b"claim,verdict\nC01,supported\n"),)
    return document.build([("03_x", sample())], front, bibliography=bibliography, attachments=attached)


@pytest.fixture(scope="module")
def page(bound: document.Document) -> str:
    return html.render(bound)


@pytest.fixture(scope="module")
def sheets(bound: document.Document) -> bytes:
    return pdf.render(bound)


@pytest.fixture(scope="module")
def typed(bound: document.Document) -> str:
    return pdf.typeset(bound)[0]


@pytest.fixture
def build(bibliography: Path) -> Callable[..., document.Document]:
    def made(*parts: NotebookNode | str, whole: bool = True) -> document.Document:
        return document.build([("05_y", notebook(*parts))], document.Front(), bibliography=bibliography, whole=whole)

    return made


# --- the page -------------------------------------------------------------------------------------------------------


def scripts(page: str) -> int:
    """How many elements of a page a browser would run."""
    return len(re.findall(r"<script(?! type=\"application/json\")", page))


def body(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def test_the_policy_lets_in_our_own_script_and_style_and_nothing_else(page: str) -> None:
    policy = markup.unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page).group(1))
    assert policy.startswith("default-src 'none'")
    for tag, directive in (("script", "script-src"), ("style", "style-src-elem")):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "script-src 'unsafe" not in policy


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    loaded = re.findall(r"""(?:\bsrc|xlink:href|@import|url)\s*[=(]\s*["']?([^"')\s>]+)""", page)
    assert loaded
    assert [address for address in loaded if not address.startswith(("data:", "#"))] == []
    assert re.findall(r"<(?:link|iframe|object|embed|base)\b(?![^>]*href=\"data:,\")", page) == []


def test_hostile_text_stays_text(page: str) -> None:
    assert scripts(page) == 1
    tags = " ".join(re.findall(r"<[a-zA-Z][^>]*>", body(page)))
    assert not re.search(r"\son[a-z]+\s*=", tags)
    assert "javascript:" not in tags
    for number in range(1, 6):
        assert f"<script>alert({number})" not in page
    assert markup.escape("<script>alert(1)</script> {} #panic") in page
    assert "alert(5)" not in page


def test_formulas_are_mathml(page: str) -> None:
    assert body(page).count("<math") >= 6
    assert "\\begin" not in re.sub(r"<pre.*?</pre>", "", body(page), flags=re.DOTALL)


def test_references_are_numbered_links(page: str) -> None:
    text = body(page)
    for label, shown_as in (("fig-hinge", "Figure\xa01"), ("tbl-slopes", "1"), ("eq-leaky", "Equation\xa01")):
        assert re.search(rf'<a href="#{label}"[^>]*>{shown_as}</a>', text), label
        assert f'id="{label}"' in text
    assert '<span class="label"><a href="#fig-hinge">Figure 1.</a></span>' in text
    assert '<span class="number">(1)</span>' in text


def test_every_link_inside_the_page_arrives(page: str) -> None:
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert {markup.unescape(target) for target in re.findall(r'href="#([^"]+)"', page)} <= set(identifiers)


def test_citations_are_written_out_and_only_the_cited_listed(page: str) -> None:
    assert "Hendrycks" in page
    assert "p. 3" in page.replace("\xa0", " ")
    assert "https://arxiv.org/abs/1606.08415" in page
    assert "Never cited" not in page


def test_code_is_folded_and_parameters_are_not_shown(page: str) -> None:
    assert '<details class="code">' in page
    assert "config" not in re.sub(r"<[^>]+>", "", body(page))


def test_figures_are_inline_labelled_and_take_the_colour_of_the_page(page: str) -> None:
    drawing = re.search(r"<svg.*?</svg>", body(page), re.DOTALL).group(0)
    assert 'role="img"' in drawing
    assert 'aria-label="A &quot;hinge&quot; at &lt;0&gt;"' in drawing
    assert "currentColor" in drawing
    assert not re.search(r"#000000|<style|<metadata|<script", drawing)
    assert {name.startswith("03_x-1-") for name in re.findall(r'\sid="([^"]+)"', drawing)} == {True}


def test_a_figure_is_stored_once_and_says_where_it_comes_from(page: str) -> None:
    assert "data:image/svg" not in body(page)
    assert "03_x, cell 4 · commit abc1234 · <code>make report CONFIG=cpu</code>" in page


def test_a_claim_is_a_card_with_its_verdict(page: str) -> None:
    card = re.search(r'<article id="claim-C25" class="claim refuted">.*?</article>', page, re.DOTALL).group(0)
    assert '<span class="verdict">refuted</span>' in card
    assert "claim-C26" not in card


def test_a_verdict_in_a_table_has_its_colour(build: Callable[..., document.Document]) -> None:
    table = "| claim | verdict |\n|:--|:--|\n| C01 | not measured here |\n"
    assert '<span class="word not-measured-here">not\xa0measured\xa0here</span>' in html.render(build("# T", table))


def test_a_reader_of_the_terminal_sees_the_last_line(page: str) -> None:
    assert "done &lt;i&gt;" in page
    assert "10 %" not in page


# --- the PDF --------------------------------------------------------------------------------------------------------


def test_the_pdf_claims_both_standards_and_carries_the_ledger(sheets: bytes) -> None:
    assert sheets.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>3</pdfaid:part>" in sheets
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in sheets
    assert b"<pdfuaid:part>1</pdfuaid:part>" in sheets
    assert b"ledger.csv" in sheets
    assert len(sheets) < 5_000_000


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler's pdftotext")
def test_the_pdf_reads_as_the_page_does(sheets: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(sheets)
    told = subprocess.run(["pdftotext", "-layout", tmp_path / "x.pdf", "-"], capture_output=True, text=True, check=True)
    text = " ".join(told.stdout.replace("\xa0", " ").split())
    for words in ("Does ReLU die?", "Figure 1. A hinge", "Table 1. Slopes.", "Hendrycks", "<script>alert(1)</script>",
                  "活性化関数", "Введение", "Contents", "References", "(1)"):  # fmt: skip
        assert words in text, words


def test_strings_cannot_become_typst(typed: str) -> None:
    assert '#panic("x")' not in re.sub(r'"(?:\\.|[^"\\])*"', "", typed)


def test_a_character_without_a_glyph_is_named_and_format_marks_go() -> None:
    assert fonts.spoken("a\U0001f600b\u200b\u202e") == "aU+1F600b"
    assert fonts.missing("Введение 活性化 σ′ ⁻¹² − ½") == []


def test_every_title_and_every_word_of_prose_has_its_glyphs() -> None:
    texts = {}
    for pattern in (
        "acts/claims.yaml",
        "acts/claims/catalogue.py",
        "reports/*.bib",
        "reports/*.yml",
        "notebooks/*.ipynb",
    ):
        texts |= {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob(pattern)}
    assert len(texts) > 4
    assert {name: gone for name, text in texts.items() if (gone := fonts.missing(text))} == {}


def test_fonts_carry_their_licence() -> None:
    names = {path.stem.split("-")[0] for path in fonts.FOLDER.glob("*.woff2")}
    told = (fonts.FOLDER / "OFL.txt").read_text() + (fonts.FOLDER / "README.md").read_text()
    assert names
    assert all(name in told for name in names)


# --- the same bytes -------------------------------------------------------------------------------------------------


def test_the_same_inputs_give_the_same_bytes(
    front: document.Front, bibliography: Path, page: str, sheets: bytes
) -> None:
    attached = (document.Attachment("ledger.csv", "text/csv", "Every claim", b"claim,verdict\nC01,supported\n"),)
    again = document.build([("03_x", sample())], front, bibliography=bibliography, attachments=attached)
    assert html.render(again) == page
    assert pdf.render(again) == sheets


# --- what fails, and where ------------------------------------------------------------------------------------------


def test_a_reference_to_nothing_fails_and_names_the_cell(build: Callable[..., document.Document]) -> None:
    with pytest.raises(ReportError, match=r"05_y, cell 2 \(See @fig-nothing\.\): @fig-nothing refers to nothing"):
        build("# T", "See @fig-nothing.")


def test_a_table_may_refer_to_what_a_configuration_does_not_show(build: Callable[..., document.Document]) -> None:
    drawn = code('#| label: fig-here\n#| fig-cap: "Here."\n#| fig-alt: Here\nplot()', shown(svg=svg()))
    page = html.render(build("# T", "C1 [@fig-nothing, @fig-here, @tbl-none]{.seen}; C2 [@tbl-none]{.seen}.", drawn))
    assert "Figure\xa01</a>; C2 ." in page
    assert "nothing" not in body(page)


def test_a_lone_chapter_shows_the_label_of_what_stands_elsewhere(build: Callable[..., document.Document]) -> None:
    page = html.render(build("# T", "See @fig-nothing and [there](#elsewhere).", whole=False))
    assert "<em>fig-nothing</em> and there." in page


@pytest.mark.parametrize(
    ("markdown", "message"),
    [
        ("$\\left{x$", r"cell 2 .*formula '\\\\left\{x' does not convert"),
        ("$\\nosuch{x}$", r"cell 2 .*Unknown command"),
        ("$x$ and $\\boxed{x}$", r"cell 2 .*formula '\\\\boxed\{x\}' does not convert: unknown variable"),
        ("As [@nobody2020] says", r"cell 2 .*@nobody2020 is not in references.bib"),
        ("See [there](#nowhere)", r"cell 2 .*#nowhere leads nowhere"),
        ("::: {.claim}\nopen", r"cell 2 .*opened and never closed"),
        ("```\nopen", r"cell 2 .*opened and never closed"),
        ("![x](https://example.org/x.png)", r"cell 2 .*not attached to the cell"),
        ("$$x$$ {#fig-x}", r"cell 2 .*must be \{#eq-"),
        ("$$x$$ {#eq-x}\n\n$$y$$ {#eq-x}", r"cell 2 .*eq-x was given before"),
        ("[@hendrycks2016; @eq-x]\n\n$$y$$ {#eq-x}", r"cell 2 .*use two brackets"),
    ],
)
def test_broken_prose_fails_with_its_cell(build: Callable[..., document.Document], markdown: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        build("# T", markdown, "After.")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("#| label: figure-x", "must be fig-… or tbl-…"),
        ("#| label: fig-x", "fig-x shows nothing"),
        ("#| labl: fig-x", "unknown header key 'labl'"),
        ("#| fig-cap: 'open", "the #| header is no YAML"),
        ("#| just words", "lines of `key: value`"),
    ],
)
def test_a_broken_header_fails_with_its_cell(
    build: Callable[..., document.Document], header: str, message: str
) -> None:
    with pytest.raises(ReportError, match=rf"05_y, cell 2 \(draw\(\)\): .*{re.escape(message)}"):
        build("# T", code(f"{header}\ndraw()"))


def test_two_chapters_may_use_the_same_words(bibliography: Path, front: document.Front) -> None:
    chapters = [(name, notebook("# T", "## Same\n\n[here](#same)[^a]\n\n[^a]: Note")) for name in ("a", "b")]
    page = html.render(document.build(chapters, front, bibliography=bibliography))
    assert re.findall(r'<a href="#(same[^"]*)">here', page) == ["same", "same-b"]
    assert ">2.1<" in page


def test_a_link_to_another_notebook_goes_to_its_chapter(bibliography: Path, front: document.Front) -> None:
    chapters = [("a", notebook("# First", "[next](b.ipynb) [gone](c.ipynb)")), ("b", notebook("# Second"))]
    page = html.render(document.build(chapters, front, bibliography=bibliography))
    assert '<a href="#second">next</a> gone' in page


# --- formulas -------------------------------------------------------------------------------------------------------


def test_primes_stand_beside_their_base() -> None:
    assert "<msup>" not in formulas.to_mathml("f'(x)", display=False)
    assert formulas.to_typst("f''(x)") == "f'' (x)"


def test_cases_keep_their_distance() -> None:
    assert "& quad" in formulas.to_typst(r"\begin{cases}0 & x<0\\ 1 & x\ge0\end{cases}")


def test_quotes_in_a_formula_cannot_leave_it() -> None:
    assert '"' not in formulas.to_typst(r'\text{a"b}').strip('"')


@pytest.mark.parametrize(
    "tex",
    [
        r"\left\lVert W^\top \odot \varphi'(z)\right\rVert_2^2",
        r"\frac{x}{1 + \left\vert {x}\right\vert }",
        r"\mathbb{E}_{z \sim \mathcal{N}(0,1)}\bigl[f(z)^2\bigr]",
        r"\operatorname{erf}\left(\frac{x}{\sqrt{2}}\right)",
        r"\begin{aligned}a &= b \\ &= c\end{aligned}",
        r"x \mapsto \max(0, x),\quad \chi_1 \approx 1 \pm 0.05\,\%",
    ],
)
def test_a_formula_stands_in_both_outputs(build: Callable[..., document.Document], tex: str) -> None:
    made = build("# T", f"Inline ${tex}$.\n\n$$ {tex} $$")
    assert html.render(made).count("<math") == 2
    assert pdf.render(made).startswith(b"%PDF")


# --- pictures, tables, cells ----------------------------------------------------------------------------------------


def test_a_foreign_picture_loses_what_could_run_or_fetch() -> None:
    raw = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9" '
        'onload="x()">'
        '<script>x()</script><image xlink:href="https://example.org/x.png"/><use xlink:href="#a"/>'
        '<rect id="a" style="fill:url(https://example.org/#a)" onclick="x()"/><foreignObject><b/></foreignObject></svg>'
    )
    drawn = pictures.inline(cells.Picture("svg", raw.encode(), "alt", Place("n", 1)), prefix="p-")
    assert not re.search(r"script|example|onload|onclick|foreignObject|<b", drawn)
    assert 'href="#p-a"' in drawn
    assert 'viewBox="0 0 9.0 9.0"' in drawn


def test_a_heavy_drawing_is_shown_as_pixels() -> None:
    heavy = svg() + " " * cells.SVG_LIMIT
    pixels = base64.b64encode(b"\x89PNG").decode()
    read = cells.read(notebook(code("x", shown(svg=heavy, png=pixels))), name="n")
    assert read[0].outputs[0].picture.form == "png"


def grid(*lines: str) -> tree.Node:
    return tree.find(pandoc.read("\n".join(lines)), "Table")[0]


def test_a_table_that_fits_keeps_its_natural_widths() -> None:
    assert tables.plan(grid("| a | b |", "|:--|--:|", "| x | 1 |")).mode == "natural"


def test_a_wide_table_wraps_its_words_within_the_line() -> None:
    plan = tables.plan(grid("| a | b |", "|:--|:--|", f"| {'word ' * 40} | {'word ' * 10} |"))
    assert plan.mode == "wrap"
    assert sum(plan.shares) <= 1
    assert plan.shares[0] > plan.shares[1]


def test_a_table_of_many_numbers_is_turned_or_shrunk() -> None:
    row = "| " + " | ".join(["−0.123456789"] * 9) + " |"
    assert tables.plan(grid(row, "|" + "--:|" * 9, row)).turned
    many = "| " + " | ".join(["−0.123456789"] * 30) + " |"
    assert tables.plan(grid(many, "|" + "--:|" * 30, many)).mode == "shrink"


def test_wide_tables_stay_on_the_page(build: Callable[..., document.Document]) -> None:
    row = "| " + " | ".join(["−0.123456789"] * 16) + " |"
    table = "\n".join([row, "|" + "--:|" * 16, row])
    made = build("# T", "## S", code("#| label: tbl-wide\n#| tbl-cap: Wide\nt()", shown(markdown=table)))
    assert "#page(flipped: true)[" in pdf.typeset(made)[0]
    assert pdf.render(made).startswith(b"%PDF")


# --- front and back matter ------------------------------------------------------------------------------------------

LEDGER = 'claim,verdict,sentence\nC01,supported,"a, b"\nC02,not measured here,c\nC03,refuted,d\n'
PROVENANCE = {
    "title": HOSTILE, "commit": "0123456789abcdef+", "measured": "2026-02-03T04:05:06+00:00", "dtype": "float32",
    "device": {"asked": "auto", "got": "cpu", "name": HOSTILE}, "versions": {"torch": "2"},
    "params": "a: 1\n```\n:::\n",
    "experiments": {"convergence": {"runs": 1200, "records": 5, "diverged": 1, "seconds": 2.5}}, "data": {"d": "ab"},
    "missing": {"fashion_mnist": f"put it there {HOSTILE}"}, "failed": [HOSTILE], "set_aside": 2,
}  # fmt: skip


def test_the_date_is_that_of_the_measurements() -> None:
    assert matter.stamp(PROVENANCE) == 1770091506
    assert matter.stamp({}) == matter.STAMP


def test_the_appendix_shows_every_string_as_text(bibliography: Path, front: document.Front) -> None:
    chapter = document.note(matter.appendix(PROVENANCE))
    made = document.build([("provenance", chapter)], front, bibliography=bibliography)
    page = html.render(made)
    assert scripts(page) == 1
    assert page.count(markup.escape(HOSTILE, quote=False)) >= 3
    assert pdf.render(made).startswith(b"%PDF")


@pytest.mark.parametrize("ticks", ["", "`", "``", "```", "````"])
def test_the_configuration_is_shown_as_it_was_written(ticks: str) -> None:
    written = f"# what {ticks}make report{ticks} runs\na: 1\n\nb: 2"
    blocks = pandoc.read(matter.appendix({**PROVENANCE, "params": written}))
    assert [block["c"][1] for block in tree.find(blocks, "CodeBlock")] == [written]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [1]", "title: Input should be a valid string"),
        ("titel: x", "title: Field required"),
        ("a: [", "no YAML"),
    ],
)
def test_a_wrong_title_page_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "book.yml").write_text(text)
    with pytest.raises(ReportError, match=re.escape(message)) as caught:
        matter.read_title(tmp_path / "book.yml")
    assert "\n" not in str(caught.value)


def test_the_committed_title_page_is_read() -> None:
    assert matter.read_title(ROOT / "reports" / "book.yml").title


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("params", "notebooks", "reports/tiny"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "Makefile").touch()
    tiny = "title: Tiny\nexperiments:\n  formulas: {activations: all, points: 5, span: 2}\nnotebooks: [03_x]\n"
    (tmp_path / "params" / "tiny.yaml").write_text(tiny)
    shutil.copy(ROOT / "reports" / "book.yml", tmp_path / "reports")
    (tmp_path / "reports" / "references.bib").write_text(BIBLIOGRAPHY)
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    return tmp_path


def test_the_index_lists_every_report_with_its_verdicts(review: Path) -> None:
    tiny = review / "reports" / "tiny"
    (tiny / "ledger.csv").write_text(LEDGER)
    (tiny / "provenance.json").write_text(json.dumps(PROVENANCE))
    (tiny / "report.html").touch()
    (review / "reports" / "unfinished").mkdir()
    page = book.index(review).read_text(encoding="utf-8")
    assert 'href="tiny/report.html"' in page
    assert "<b>2</b> of 3 claims decided" in page
    assert "unfinished" not in page


def test_without_records_it_says_what_to_run(review: Path) -> None:
    with pytest.raises(ReportError, match=r"reports/tiny/records\.parquet is not there; first run: .* run tiny"):
        book.render("tiny")
    assert review.is_dir()


def test_a_bound_book_ends_in_provenance_and_references(review: Path) -> None:
    tiny = review / "reports" / "tiny"
    (tiny / "ledger.csv").write_text(LEDGER)
    (tiny / "provenance.json").write_text(json.dumps(PROVENANCE))
    made = book.bind([("03_x", sample())], "tiny", root=review)
    titles = [tree.text(heading.inlines) for heading in made.headings if heading.level == 1]
    assert titles == ["How to read this", "Does ReLU die?", "Provenance", "References"]
    assert made.attachments[0].data == LEDGER.encode()


# --- nbconvert ------------------------------------------------------------------------------------------------------


def test_a_notebook_far_from_the_review_finds_its_bibliography(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path / "review"))
    (tmp_path / "review" / "reports").mkdir(parents=True)
    (tmp_path / "review" / "reports" / "references.bib").write_text(BIBLIOGRAPHY)
    (tmp_path / "away").mkdir()
    page, _ = HtmlExporter().from_notebook_node(sample(), {"metadata": {"name": "x", "path": str(tmp_path / "away")}})
    assert "References" in page


@pytest.mark.parametrize(("form", "opening"), [("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-1.7")])
def test_nbconvert_finds_the_exporter_by_name(tmp_path: Path, form: str, opening: bytes) -> None:
    nbformat.write(sample(), str(tmp_path / "one.ipynb"))
    (tmp_path / "references.bib").write_text(BIBLIOGRAPHY)
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", f"acts-{form}", "one.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = (tmp_path / f"one.{form}").read_bytes()
    assert made.startswith(opening)
    assert b"Does ReLU die?" in made or form == "pdf"
