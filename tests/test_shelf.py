"""The shelf: reports/index.html puts configurations side by side, offline, and says where they differ."""

import base64
import html as markup
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread, imsave
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from test_browser import CHROMIUM, QUIET

from acts import compare
from acts.reports import shelf, thumbnails
from acts.reports.faults import ReportError

ROOT = Path(__file__).parents[1]
HOSTILE = "<script>alert(1)</script>\"'{{ 7 + 7 }}"
CLAIMS = [f"C{number:02}" for number in range(1, 7)]
LEDGERS = {
    "tiny": ["supported", "refuted", "inconclusive", "not measured here", "mixed", "supported"],
    "wide": ["supported", "supported", "true if", "not decidable", "mixed", "inconclusive"],
}
KINDS = ["alike", "differ", "alone", "open", "alike", "alone"]


def ledger(words: list[str]) -> pd.DataFrame:
    """Return a ledger of six claims, one of them with a statement that is hostile."""
    numbers = [1.0 if word != "not measured here" else np.nan for word in words]
    return pd.DataFrame(
        {
            "claim": CLAIMS, "verdict": words, "effect": numbers, "unit": "% less loss", "low": 0.5, "high": 1.5,
            "level": 0.95, "n": 12, "margin": 5.0, "sentence": "So.", "topic": ["Basics"] * 3 + ["Gates"] * 3,
            "statement": [f"Statement {name} {HOSTILE}" for name in CLAIMS], "notebook": "00_one",
            "experiment": "cost", "p_holm": np.nan, "q_fdr": np.nan, "source": "", "condition": "", "kind": "exact",
        }
    )  # fmt: skip


def picture(*, wide: int = 600, tall: int = 900) -> bytes:
    stream = io.BytesIO()
    pixels = np.zeros((tall, wide, 4))
    pixels[..., 3] = np.linspace(0, 1, wide)
    imsave(stream, pixels, format="png", metadata={"Software": None})
    return stream.getvalue()


def chapter(title: str, png: bytes | None) -> nbformat.NotebookNode:
    data = {"text/plain": "x"} | ({"image/png": base64.b64encode(png).decode()} if png else {})
    shown = new_code_cell("draw()", outputs=[new_output("display_data", data=data)], execution_count=1)
    return new_notebook(cells=[new_markdown_cell(f"{title}\n\nWords."), shown])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a review with two reports, of which the wider has more runs and a chapter whose name is hostile."""
    folder = tmp_path_factory.mktemp("review")
    for name in ("params", "notebooks", "reports"):
        (folder / name).mkdir()
    (folder / "Makefile").touch()
    shutil.copy(ROOT / "reports" / "book.yml", folder / "reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACTS_ROOT", str(folder))
        for runs, (name, words) in enumerate(LEDGERS.items(), start=1):
            (folder / "params" / f"{name}.yaml").write_text("title: T\nexperiments: {}\nnotebooks: [00_one]\n")
            publish(folder / "reports" / name, words, runs=1000 * runs)
        yield folder


def publish(folder: Path, words: list[str], *, runs: int) -> None:
    folder.mkdir()
    ledger(words).to_csv(folder / "ledger.csv", index=False)
    cards = "".join(f'<article id="claim-{name}"></article>' for name in CLAIMS[:3])
    heading = '<h2 id="one-a"><span class="number">1</span> Is <em>one</em>, a? <a class="anchor">#</a></h2>'
    (folder / "report.html").write_text(f"<!DOCTYPE html>{heading}{cards}")
    (folder / "report.pdf").write_bytes(b"%PDF")
    (folder / "records.parquet").write_bytes(b"PAR1")
    told = {"title": HOSTILE, "commit": "c" * 40, "measured": "2026-01-02", "device": {"got": "cpu", "name": HOSTILE},
            "experiments": {"cost": {"runs": runs, "seconds": 90.0},
                            "dead_units": {"runs": 1, "seconds": 30.0}}}  # fmt: skip
    (folder / "provenance.json").write_text(json.dumps(told))
    nbformat.write(chapter("# Is *one*, a?", picture()), folder / "00_one.ipynb")
    nbformat.write(chapter(f"# {HOSTILE}", b"no picture"), folder / "01_two.ipynb")
    (folder / "02_broken.ipynb").write_text("{")
    (folder / "writeups").mkdir()
    (folder / "writeups" / "a-note.html").write_text(f"<title>{markup.escape(HOSTILE)}</title>")


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return shelf.write(root).read_text(encoding="utf-8")


# --- what it says ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "kind"),
    [
        (["supported", "supported"], "alike"),
        (["supported", "refuted"], "differ"),
        (["supported", "refuted", "inconclusive"], "differ"),
        (["supported", "inconclusive"], "alone"),
        (["not measured here", "not decidable"], "open"),
        (["mixed"], "alike"),
    ],
)
def test_verdicts_agree_where_all_that_decide_say_the_same(verdicts: list[str], kind: str) -> None:
    assert shelf.kind(verdicts) == kind


def test_rows_differ_where_the_comparison_of_ledgers_says_so(root: Path) -> None:
    volumes = [shelf.volume(root / "reports" / name) for name in LEDGERS]
    rows = shelf.compared(volumes)
    assert [row["kind"] for row in rows] == KINDS
    sides = compare.sides(*LEDGERS)
    assert [row["claim"] for row in rows if row["kind"] == "differ"] == [row["claim"] for row in sides.apart]
    assert [row["claim"] for row in rows if row["kind"] == "alone"] == [row["claim"] for row in sides.one]
    assert sum(row["kind"] == "alike" for row in rows) == sides.agree


def test_the_page_marks_what_differs_and_links_each_verdict_to_its_card(page: str) -> None:
    rows = re.findall(r'<tr class="(\w+)" data-kind.*?</tr>', page, re.DOTALL)
    assert rows == KINDS
    assert page.count('class="differs"') == 1
    assert 'href="wide/report.html#claim-C01">supported</a>' in page
    assert "#claim-C06" not in page  # whose card that page does not show
    assert page.index("wide/report.html") < page.index("tiny/report.html")  # more runs stand first


def test_the_page_says_what_all_of_it_comes_to(page: str) -> None:
    totals = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd></div>", page.partition("</header>")[2]))
    told = {"configurations": "2", "claims decided somewhere": "5 of 6", "decided differently": "1",
            "runs": "3\N{NO-BREAK SPACE}002", "of one core": "4 min"}  # fmt: skip
    assert {name: totals[name] for name in told} == told
    costs = page.partition('id="costs"')[2]
    assert '<th scope="row">dead units</th><td>0.5 · 1 runs</td>' in costs
    assert '<tfoot><tr><th scope="row">all</th><td>2 · 2\N{NO-BREAK SPACE}001 runs</td>' in costs


def test_every_file_it_links_to_is_there(page: str, root: Path) -> None:
    targets = {target.partition("#")[0] for target in re.findall(r'href="([^"#][^"]*)"', page)} - {"data:,"}
    assert len(targets) == 12
    assert [target for target in targets if not (root / "reports" / target).is_file()] == []


def test_chapters_stand_in_small_with_their_titles(page: str, root: Path) -> None:
    volume = shelf.volume(root / "reports" / "tiny")
    assert [leaf.title for leaf in volume.chapters] == ["Is one, a?", HOSTILE]
    assert [leaf.anchor for leaf in volume.chapters] == ["one-a", ""]
    assert [bool(leaf.picture) for leaf in volume.chapters] == [True, False]  # a damaged picture is left out
    assert page.count("data:image/png;base64,") == 2
    assert page.count('href="tiny/report.html#one-a"') == 1


def test_a_small_picture_is_small_the_upper_part_and_the_same_every_time() -> None:
    made = thumbnails.small(picture())
    assert made == thumbnails.small(picture())
    assert len(made) < 12_000
    pixels = imread(io.BytesIO(made))
    assert pixels.shape[:2] == (200, 320)
    assert pixels[100, 5, 3] < 0.1 < 0.9 < pixels[100, 315, 3]  # paper stays paper
    flat = imread(io.BytesIO(thumbnails.small(picture(wide=800, tall=100))))
    assert flat.shape[:2] == (40, 320)


def test_what_others_wrote_stays_text(page: str) -> None:
    assert page.count("<script") == 1
    assert "alert(1)</script>" not in page.replace(markup.escape(HOSTILE), "")
    assert "14" not in re.findall(r"'\{\{.{0,20}", markup.unescape(page))
    assert markup.escape(HOSTILE, quote=False) in page.replace("&#34;", '"').replace("&#39;", "'")
    assert re.search(r"default-src 'none'; script-src 'sha256-", markup.unescape(page))


def test_written_twice_it_is_the_same(page: str, root: Path) -> None:
    assert shelf.write(root).read_text(encoding="utf-8") == page


def test_without_reports_it_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    (tmp_path / "reports").mkdir()
    shutil.copy(ROOT / "reports" / "book.yml", tmp_path / "reports")
    assert "No report yet" in shelf.write(tmp_path).read_text()


def test_a_damaged_provenance_is_said(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "reports" / "tiny", tmp_path / "tiny")
    (tmp_path / "tiny" / "provenance.json").write_text("{")
    with pytest.raises(ReportError, match=r"reports/tiny/provenance\.json is no JSON"):
        shelf.volume(tmp_path / "tiny")


# --- in a browser ---------------------------------------------------------------------------------------------------


@pytest.fixture(params=[{"viewport": {"width": 1280, "height": 900}}])
def tab(page: str, root: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    assert page
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        opened = chromium.new_context(**request.param).new_page()
        opened.told = []
        opened.on("console", lambda message: opened.told.append(message.text))
        opened.on("pageerror", lambda error: opened.told.append(str(error)))
        opened.on(
            "request", lambda sent: None if sent.url.startswith(("file:", "data:")) else opened.told.append(sent.url)
        )
        opened.goto((root / "reports" / "index.html").as_uri())
        yield opened
        chromium.close()


BROWSER = (
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
)


def in_browser(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that opens the page."""
    for mark in BROWSER:
        test = mark(test)
    return test


def shown(tab: Any) -> list[str]:
    """Return the claims whose rows can be seen."""
    rows = "[...document.querySelectorAll('#compared tbody tr')].filter(r => r.checkVisibility())"
    return tab.evaluate(f"{rows}.map(r => r.cells[0].textContent.trim().slice(0, 3))")


@in_browser
def test_claims_are_sifted_by_agreement_verdict_topic_and_words(tab: Any) -> None:
    assert shown(tab) == CLAIMS
    tab.select_option("#kind", "differ")
    assert shown(tab) == ["C02"]
    assert tab.text_content("#status") == "1 of 6 claims"
    tab.select_option("#kind", "")
    tab.select_option("#word", "true-if")
    assert shown(tab) == ["C03"]
    tab.select_option("#word", "")
    tab.select_option("#topic", "Gates")
    assert shown(tab) == CLAIMS[3:]
    tab.fill("#words", "statement c05")
    assert shown(tab) == ["C05"]
    tab.fill("#words", "")
    tab.select_option("#topic", "")
    assert tab.text_content("#status") == "All 6 claims"
    tab.click("#compared thead button >> nth=0")
    tab.click("#compared thead button >> nth=0")
    assert shown(tab) == CLAIMS[::-1]
    assert tab.told == []


@in_browser
@pytest.mark.parametrize("tab", [{"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"}], indirect=True)
def test_on_a_phone_by_night_it_fits_and_asks_for_nothing(tab: Any) -> None:
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    tab.click("#theme")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.told == []
