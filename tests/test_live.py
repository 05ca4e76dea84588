"""A live notebook shows captions, figures and cards as the report does, and a report passes over what it has itself."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from acts import claims, colours, lab, records
from acts.claims import cards
from acts.figures import Table, Text, style
from acts.lab import captions, drawings, markup
from acts.reports import cells

CELLS = [
    new_markdown_cell("# What is shown?\n\nSee @fig-one and @tbl-two."),
    new_code_cell("import pandas as pd\nfrom acts import figures\nfigures.use_style()\nfigures.use_style()"),
    new_code_cell("#| label: fig-one\n#| fig-cap: >-\n#|   A *figure* of $x^2$.\n#| fig-alt: Nothing is drawn.\n"
                  "figures.style.missing('all of it')"),
    new_code_cell("#| label: tbl-two\n#| tbl-cap: A table.\nfigures.Table(pd.DataFrame({'a': [1.5]}), {'a': 'A'})"),
    new_code_cell("figures.style.LARGE = 1\nfigures.style.missing('all')"),
    new_code_cell("import matplotlib.pyplot as plt\nplt.figure().add_subplot().figure"),
    new_code_cell("#| label: fig-three\n#| fig-cap: Never seen.\n1 / 0", metadata={"tags": ["raises-exception"]}),
]  # fmt: skip


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """Return a notebook after a kernel has run it as JupyterLab would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        for name in ("ACTS_RENDER", "MPLBACKEND"):
            patch.delenv(name, raising=False)
        book = new_notebook(cells=[cell.copy() for cell in CELLS])
        return NotebookClient(book, timeout=120, kernel_name="python3").execute()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_kernel_shows_captions_beside_what_they_belong_to(executed: nbformat.NotebookNode) -> None:
    figure, table, large, foreign, failed = (cell.outputs for cell in executed.cells[2:])
    assert [one.data.get(lab.CAPTION) for one in figure] == [None, {"label": "fig-one"}]
    assert "<b>@fig-one</b> A <em>figure</em> of $x^2$." in figure[1].data["text/html"]
    assert [one.data.get(lab.CAPTION) for one in table] == [{"label": "tbl-two"}, None]
    assert [one.output_type for one in failed] == ["error"]
    drawn = figure[0].data["text/html"]
    assert 'fill="currentColor"' in drawn
    assert 'aria-label="Not measured here: all of it."' in drawn
    assert figure[0].metadata["image/svg+xml"]["needs_background"] == "light"
    assert "image/png" not in figure[0].data  # the kernel does not draw it a second and a third time
    assert large[0].data.keys() == {"text/plain", "image/png"}
    assert foreign[0].data.keys() == {"text/plain", "image/svg+xml", "image/png"}


def test_a_report_takes_the_figure_and_not_what_the_lab_showed_beside_it(executed: nbformat.NotebookNode) -> None:
    read = cells.read(executed, name="mine.ipynb")
    assert [[output.kind for output in cell.outputs] for cell in read[2:4]] == [["picture"], ["markdown"]]
    assert read[2].caption == "A *figure* of $x^2$."


def test_an_executed_notebook_becomes_a_page_with_each_caption_once(
    executed: nbformat.NotebookNode, tmp_path: Path
) -> None:
    """What docs/notebooks.md tells to run."""
    book = executed.copy()
    book.cells = book.cells[:4]
    nbformat.write(book, tmp_path / "mine.ipynb")
    for command in ("jupyter nbconvert --to acts-html mine.ipynb", "jupyter nbconvert --to acts-pdf mine.ipynb"):
        jupyter, *words = command.split()
        done = subprocess.run(
            [Path(sys.executable).with_name(jupyter), *words], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    page = (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert "@fig-one" not in page
    assert page.count("<figcaption") == 2
    assert (tmp_path / "mine.pdf").stat().st_size > 1000


def test_nothing_is_live_while_a_report_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shell:
        kernel = object()

    monkeypatch.setattr("IPython.get_ipython", Shell)
    monkeypatch.delenv("ACTS_RENDER", raising=False)
    assert lab.live()
    monkeypatch.setenv("ACTS_RENDER", "1")
    assert not lab.live()
    shown, _ = style.missing("x")._repr_mimebundle_()
    assert "text/html" not in shown


@pytest.mark.parametrize("source", ["x = 1", "#| label: [", "#| just words", "", "#| - a list\nx"])
def test_a_header_that_cannot_be_read_says_nothing(source: str) -> None:
    assert captions.header(source) == {}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (r"1 \< 2 \& \*so\*", "1 &lt; 2 &amp; *so*"),
        ("**so** *it* is `a<b`", "<strong>so</strong> <em>it</em> is <code>a&lt;b</code>"),
        ("[C46](#claim-C46) and [@maas2013; @he2015]", '<a href="#claim-C46">C46</a> and [@maas2013; @he2015]'),
        ("[refuted]{.verdict}", '<span class="verdict">refuted</span>'),
        ("$x < y$ for [x](javascript:alert)", "$x &lt; y$ for x"),
        (r"[a \] b](https://example.org/x?y=1)", '<a href="https://example.org/x?y=1">a ] b</a>'),
        ('<img src=x onerror="y">', "&lt;img src=x onerror=&quot;y&quot;&gt;"),
    ],
)
def test_markdown_of_ours_becomes_html_and_nothing_else_does(text: str, made: str) -> None:
    assert markup.inline(text) == made


def test_lists_may_have_lists_inside() -> None:
    told = "Before\nthat.\n\n- *one* (x)\n  - inner\n- two\n\nAfter."
    assert markup.blocks(told) == (
        "<p>Before that.</p><ul><li><em>one</em> (x)<ul><li>inner</li></ul></li><li>two</li></ul><p>After.</p>"
    )


def test_a_figure_takes_the_ink_and_the_colours_of_the_theme() -> None:
    svg = (
        '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg xmlns="http://www.w3.org/2000/svg"><metadata>m</metadata>'
        '<defs><clipPath id="p1"/></defs><path id="a" clip-path="url(#p1)" style="stroke: #1459d6; fill: #000000"/>'
        '<use href="#a" fill="#123456"/></svg>'
    )
    page = drawings.page(svg, alt='a "b"')
    assert page.index("<svg") > 0
    assert "<?xml" not in page
    assert "metadata" not in page
    assert "stroke: var(--acts-1459d6,#1459d6); fill: currentColor" in page
    assert f"--acts-1459d6:{colours.BY_NIGHT['#1459d6']}" in page
    own = re.search(r'id="(f[0-9a-f]{7})-a"', page)[1]
    assert f"url(#{own}-p1)" in page
    assert f'href="#{own}-a"' in page
    assert 'fill="#123456"' in page
    assert 'aria-label="a &quot;b&quot;"' in page


def test_a_drawing_of_one_svg_inside_another_keeps_both() -> None:
    assert drawings.page("<svg><svg></svg></svg>").count("<svg") == 2


def test_tables_and_sentences_are_set_in_the_lab_as_in_the_report() -> None:
    frame = pd.DataFrame({"claim": ["[C46](#claim-C46)"], "value": [-1.5]})
    table = Table(frame, {"claim": "Claim", "value": "Value"}, markdown=["claim"], note="So *it* is.")
    assert '<a href="#claim-C46">C46</a>' in table.to_html()
    assert table.to_html().endswith("<p>So <em>it</em> is.</p>")
    assert Text("One.\n\n- **two**")._repr_mimebundle_()["text/html"] == (
        "<p>One.</p><ul><li><strong>two</strong></li></ul>"
    )


def test_a_card_has_its_verdict_in_colour_its_sentence_and_its_links() -> None:
    claim = claims.catalogue()[0]
    verdict = claims.Verdict(claim.id, "refuted", sentence="Refuted. It is so.", evidence=("fig-forest",))
    page = cards.Card(claim, verdict).to_html()
    assert f'id="claim-{claim.id}"' in page
    assert drawings.shown(colours.VERDICTS["refuted"]) in page
    assert "It is so. See @fig-forest." in page
    bundle = claims.verdicts(records.frame([]), claim.id)._repr_mimebundle_()
    assert bundle["text/html"].startswith('<div class="acts-claims"><style>')
    assert ":::" not in bundle["text/html"]
