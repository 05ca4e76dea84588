"""A page is read on a phone, enlarged, and on paper, without a line that leaves it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import small_review
import visits
from small_review import Made

pytestmark = visits.BROWSER_TESTS
SCREENS = {
    "phone": {"width": 390, "height": 844, "device_scale_factor": 2, "has_touch": True, "is_mobile": True},
    "small phone": {"width": 320, "height": 640},
    "tablet": {"width": 820, "height": 1180},
    "laptop at 200 %": {"width": 640, "height": 400, "device_scale_factor": 2},
    "laptop": {"width": 1280, "height": 800},
}
PAPER = 718  # CSS pixels between the margins of A4
SPILT = """() => {
  const wide = document.documentElement.clientWidth;
  const held = (node) => { for (let up = node.parentElement; up; up = up.parentElement)
    if (getComputedStyle(up).overflowX !== "visible" || up.localName === "svg") return true; return false; };
  return [...document.querySelectorAll("body *")].filter((node) => {
    const box = node.getBoundingClientRect();
    return box.width > 0 && box.right > wide + 1 && getComputedStyle(node).position !== "fixed" && !held(node);
  }).map((node) => `${node.localName}.${node.className} ${node.textContent.trim().slice(0, 40)}`).slice(0, 5);
}"""
CUT = """() => [...document.querySelectorAll("body *")].filter((node) => {
  const style = getComputedStyle(node);
  return style.overflowX !== "visible" && node.localName !== "svg" && node.getClientRects().length
    && node.scrollWidth > node.clientWidth + 2 && node.clientWidth > 20;
}).map((node) => `${node.localName}.${node.className} ${node.scrollWidth} > ${node.clientWidth}`
  + ` ${node.textContent.trim().slice(0, 60)}`).slice(0, 8)"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with visits.browser() as browser:
        yield browser


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", small_review.PAGES)
def test_no_page_scrolls_sideways(chromium: Any, review: Made, name: str, screen: str) -> None:
    with visits.visit(chromium, review.pages[name], **SCREENS[screen]) as visit:
        visit.unfold()
        assert visit.tab.evaluate(SPILT) == []
        assert visit.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("name", ["report", "index"])
def test_what_a_finger_presses_is_large_enough(chromium: Any, review: Made, name: str) -> None:
    """24 CSS pixels a side, as WCAG 2.2 asks (2.5.8); links within a line of text are excepted there."""
    with visits.visit(chromium, review.pages[name], **SCREENS["phone"]) as visit:
        small = visit.tab.evaluate("""() => [...document.querySelectorAll("button, summary, input, select")]
          .filter((node) => node.getClientRects().length && !node.closest("[hidden]"))
          .map((node) => [node, node.getBoundingClientRect()])
          .filter(([node, box]) => (box.width < 24 || box.height < 24) && !(node.labels && node.labels.length))
          .map(([node, box]) => `${node.localName} ${node.textContent.trim().slice(0, 30)} `
            + `${Math.round(box.width)}×${Math.round(box.height)}`)""")
        assert sorted(set(small)) == []


@pytest.mark.parametrize("name", small_review.PAGES)
def test_paper_shows_no_control_and_cuts_nothing_off(chromium: Any, review: Made, name: str) -> None:
    with visits.visit(chromium, review.pages[name], width=PAPER, height=1000, color_scheme="dark") as visit:
        visit.tab.emulate_media(media="print", color_scheme="dark")
        visit.unfold()
        controls = "button:visible:not(th *, .tally *), input:visible, select:visible"
        assert visit.tab.locator(controls).all_inner_texts() == []
        assert visit.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert visit.tab.evaluate(CUT) == []
        assert visit.tab.evaluate("getComputedStyle(document.body).backgroundColor") in (
            "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)",
        )  # fmt: skip


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler's pdftotext")
def test_a_printed_page_holds_its_figures_and_words(chromium: Any, review: Made, tmp_path: Path) -> None:
    with visits.visit(chromium, review.pages["notebook"]) as visit:
        figures = visit.tab.locator("main svg.picture").count()
        visit.tab.pdf(path=str(tmp_path / "x.pdf"), format="A4")
        assert visit.told == []
    done = subprocess.run(["pdftotext", "-raw", tmp_path / "x.pdf", "-"], capture_output=True, text=True, check=True)
    assert figures == 1
    told = "".join(done.stdout.split())
    for words in ("Figure1.", "learningrate,active", "Mish"):
        assert words in told
    assert not re.search(r"Show code|Skip to content|◐", done.stdout)
