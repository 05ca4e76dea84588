"""Whatever somebody writes into a title, a label, a caption, a ledger or a file's name is read as text, and no more."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
import small_review
import visits
from small_review import HOSTILE, Made

PLAIN = " ".join(HOSTILE.split())
LIVE = re.compile(rb"/(?:JavaScript|JS|Launch|OpenAction|AA|RichMedia|SubmitForm|ImportData)\b")

pytestmark = visits.BROWSER_TESTS


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with visits.browser() as browser:
        yield browser


def texts(visit: visits.Visit, selector: str) -> list[str]:
    found = visit.tab.evaluate("(where) => [...document.querySelectorAll(where)].map(n => n.textContent)", selector)
    return [" ".join(text.replace("\u200b", "").split()) for text in found]


def printed(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True)
    return re.sub(r"\s", "", done.stdout)


@pytest.mark.parametrize("name", small_review.PAGES)
def test_a_page_of_hostile_text_does_nothing(chromium: Any, review: Made, name: str) -> None:
    with visits.visit(chromium, review.pages[name]) as visit:
        visit.unfold()
        visit.walk()
        assert visit.tab.evaluate("window.ran") is None
        assert visit.breaches() == []
        assert visit.told == []
        assert visit.tab.locator("[src='x'], [onerror], [onclick], [onload], iframe, object, embed").count() == 0
        assert visit.tab.locator("[href^='javascript'], [formaction], a[target]").count() == 0


@pytest.mark.parametrize("name", small_review.PAGES)
def test_every_script_of_a_page_is_ours(review: Made, name: str) -> None:
    """What is executed has its hash in the policy; what is data cannot end its element."""
    page = review.pages[name].read_text(encoding="utf-8")
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL | re.IGNORECASE)
    assert page.lower().count("<script") == page.lower().count("</script>") == len(scripts)
    for attributes, content in scripts:
        assert "window.ran=1" not in content or "application/json" in attributes
    assert sum("application/json" not in attributes for attributes, _ in scripts) <= 1


READ = {
    "report": (
        "title", "main h1", "main .subtitle", "main .authors", "main .abstract", "main .facts dd", "main h2",
        "main figcaption", "main td", "main th", "main pre", "main svg.picture text", ".contents a",
        "#tbl-formulas td",
    ),
    "index": ("title", "h1"),
    "write-up": ("title", "h1"),
    "notebook": ("title", "h1", "main pre", "main figcaption", "main svg.picture text"),
}  # fmt: skip


@pytest.mark.parametrize("name", small_review.PAGES)
def test_hostile_text_is_read_as_it_was_written(chromium: Any, review: Made, name: str) -> None:
    with visits.visit(chromium, review.pages[name]) as visit:
        visit.unfold()
        lost = [where for where in READ[name] if not any(PLAIN in text for text in texts(visit, where))]
        assert lost == []


def test_a_hostile_alternative_is_what_a_screen_reader_says(chromium: Any, review: Made) -> None:
    with visits.visit(chromium, review.pages["report"]) as visit:
        alts = visit.tab.evaluate(
            "[...document.querySelectorAll('svg[role=img]')].map(n => n.getAttribute('aria-label'))"
        )
        assert any(PLAIN in " ".join(alt.split()) for alt in alts)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler's pdftotext")
@pytest.mark.parametrize("name", ["report", "write-up", "notebook"])
def test_paper_prints_hostile_text_and_holds_nothing_live(review: Made, name: str) -> None:
    paper = review.papers[name]
    assert LIVE.search(paper.read_bytes()) is None
    told = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
    assert PLAIN in " ".join(told.split())
    assert re.search(r"JavaScript:\s+no", told)
    assert re.sub(r"\s", "", HOSTILE)[:40] in printed(paper)


def test_nothing_was_written_outside_the_review(review: Made) -> None:
    assert {path.name for path in review.root.iterdir()} <= {
        "Makefile", "params", "notebooks", "reports", "foreign", "write-up", ".store",
    }  # fmt: skip
    assert {path.suffix for path in (review.root / "foreign").iterdir()} == {".ipynb", ".html", ".pdf"}


def test_the_sample_is_hostile_to_each_language() -> None:
    assert unescape(escape(HOSTILE)) == HOSTILE
    marks = ("<script", "onerror", "#panic", "$5", "\\input", "`", ":::", "javascript:", "@nobody", "{}", "%s", "]]>")
    assert [mark for mark in marks if mark not in HOSTILE] == []
