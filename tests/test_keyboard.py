"""The whole page is used without a mouse: every stop is seen, none holds the reader, and each does what it says."""

from collections.abc import Iterator
from typing import Any

import pytest
import small_review
import visits
from small_review import Made

pytestmark = visits.BROWSER_TESTS
STOPS = 120  # of a long page, the first so many
STOP = """() => {
  const node = document.activeElement, style = getComputedStyle(node), box = node.getBoundingClientRect();
  if (node === document.body) return null;
  if (!node.dataset.stop) node.dataset.stop = String(window.stops = (window.stops || 0) + 1);
  const bare = style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1;
  return {
    key: node.dataset.stop,
    name: `${node.localName}${node.id ? "#" + node.id : ""}.${node.className.baseVal ?? node.className} `
      + node.textContent.trim().slice(0, 40),
    unseen: box.width < 1 || box.height < 1 || box.bottom < 1 || box.top > innerHeight || box.right < 1
      || box.left > innerWidth,
    bare: bare && style.boxShadow === "none",
  };
}"""

SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
BESIDE = """(link) => {
  const preview = document.querySelector(".preview"), shown = preview.getBoundingClientRect();
  const aim = link.getBoundingClientRect(), apart = Math.max(shown.top - aim.bottom, aim.top - shown.bottom);
  return !preview.hidden && preview.style.visibility !== "hidden" && apart >= 0 && apart < 12;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with visits.browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def shared_visit(chromium: Any, review: Made) -> Iterator[visits.Visit]:
    with visits.visit(chromium, review.pages["report"]) as visit:
        yield visit


@pytest.fixture
def report(shared_visit: visits.Visit) -> visits.Visit:
    """Return the report, opened anew."""
    shared_visit.tab.goto("about:blank")
    shared_visit.tab.goto(shared_visit.page.absolute().as_uri())
    shared_visit.told.clear()
    return shared_visit


def press(visit: visits.Visit, *keys: str) -> None:
    for key in keys:
        visit.tab.keyboard.press(key)


def tab_to(visit: visits.Visit, selector: str, *, at_most: int = 60) -> None:
    """Press Tab until what a selector finds has the focus."""
    for _ in range(at_most):
        press(visit, "Tab")
        if visit.tab.evaluate("(where) => document.activeElement.matches(where)", selector):
            return
    raise AssertionError(f"{selector} is not among the next {at_most} stops; last: {visit.focused()}")


def focus_before(visit: visits.Visit, selector: str) -> None:
    """Put the focus on what stands before the first element that a selector finds, so that the next Tab reaches it."""
    visit.tab.locator(selector).first.scroll_into_view_if_needed()
    visit.tab.locator(selector).first.focus()
    press(visit, "Shift+Tab", "Tab")
    assert visit.tab.evaluate("(where) => document.activeElement.matches(where)", selector), visit.focused()


@pytest.mark.parametrize("name", small_review.PAGES)
def test_every_stop_is_seen_and_none_holds_the_reader(chromium: Any, review: Made, name: str) -> None:
    with visits.visit(chromium, review.pages[name]) as visit:
        seen: list[str] = []
        faults: list[str] = []
        stop = None
        for _ in range(STOPS):
            press(visit, "Tab")
            stop = visit.tab.evaluate(STOP)
            if stop is None or stop["key"] in seen:
                break
            seen.append(stop["key"])
            faults += [f"{fault}: {stop['name']}" for fault in ("unseen", "bare") if stop[fault]]
        assert stop is None or len(seen) == STOPS or stop["key"] == seen[0], f"held at {stop['name']}"
        assert len(seen) > 5
        assert faults == []
        assert visit.told == []


@pytest.mark.parametrize("name", small_review.PAGES)
def test_the_first_stop_skips_to_the_text(chromium: Any, review: Made, name: str) -> None:
    with visits.visit(chromium, review.pages[name]) as visit:
        press(visit, "Tab")
        assert visit.focused() == "a Skip to content"
        press(visit, "Enter", "Tab")
        assert visit.tab.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_contents_unfold_and_lead_to_a_section(report: visits.Visit) -> None:
    tab_to(report, "#contents summary")
    tab_to(report, "#contents .folds > button")
    press(report, "Enter")
    assert report.tab.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    tab_to(report, "#contents ul ul a")
    aim = report.tab.evaluate("document.activeElement.hash.slice(1)")
    press(report, "Enter")
    report.tab.wait_for_timeout(300)
    top = report.tab.evaluate(
        "(id) => document.getElementById(decodeURIComponent(id)).getBoundingClientRect().top", aim
    )
    assert -2 <= top < 200
    report.tab.wait_for_function("document.querySelector('#contents a[aria-current]')")
    assert report.tab.evaluate("document.querySelector('#contents a[aria-current]').hash.slice(1)") == aim
    press(report, "Tab")
    assert report.tab.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_search_finds_chooses_and_goes_there(report: visits.Visit) -> None:
    press(report, "/")
    report.tab.keyboard.type("derivative")
    assert report.focused().startswith("input#query")
    first = report.tab.get_attribute("#query", "aria-activedescendant")
    press(report, "ArrowDown")
    second = report.tab.get_attribute("#query", "aria-activedescendant")
    assert first != second
    assert report.tab.locator(f"#{second}").get_attribute("aria-selected") == "true"
    assert "derivative" in report.tab.locator(f"#{second} mark").first.inner_text().lower()
    press(report, "Enter")
    assert not report.tab.evaluate("document.getElementById('search').open")
    assert report.tab.evaluate("location.hash.length > 1")
    assert report.tab.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert report.tab.evaluate("""() => { const box = document.activeElement.getBoundingClientRect();
      return box.top < innerHeight && box.bottom > 0; }""")


def test_escape_leaves_the_search_where_it_was_begun(report: visits.Visit) -> None:
    tab_to(report, "#find")
    press(report, "Enter")
    report.tab.keyboard.type("<img src=x onerror=window.ran=1>")
    press(report, "Escape")
    if report.tab.evaluate("document.getElementById('search').open"):
        press(report, "Escape")  # the first one empties the field
    assert not report.tab.evaluate("document.getElementById('search').open")
    assert report.focused().startswith("button#find")
    assert report.tab.evaluate("window.ran") is None


def test_code_and_night_are_switched(report: visits.Visit) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    before = report.tab.evaluate(paper)
    tab_to(report, "#codes")
    press(report, "Space")
    assert report.tab.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert report.tab.evaluate("[...document.querySelectorAll('details.code')].every((one) => one.open)")
    tab_to(report, "#theme")
    press(report, "Enter")
    assert report.tab.evaluate(paper) != before
    press(report, "Enter")
    assert report.tab.evaluate(paper) == before


def test_a_column_is_sorted_up_down_and_as_it_was(report: visits.Visit) -> None:
    focus_before(report, "#tbl-formulas th:nth-child(1) button")
    column = "[...document.querySelectorAll('#tbl-formulas tbody tr')].map((row) => row.cells[0].textContent)"
    first = report.tab.evaluate(column)
    ways, orders = [], []
    for _ in range(3):
        press(report, "Enter")
        ways.append(report.tab.get_attribute("#tbl-formulas th:nth-child(1)", "aria-sort"))
        orders.append(report.tab.evaluate(column))
    assert ways == ["ascending", "descending", None]
    assert orders[0] == orders[1][::-1] != first
    assert orders[2] == first


def test_the_ledger_is_sifted_by_verdict(report: visits.Visit) -> None:
    rows = "[...document.querySelectorAll('#tbl-ledger tbody tr:not([hidden])')].map((row) => row.dataset.verdict)"
    focus_before(report, ".sift .chip.refuted")
    everything = report.tab.evaluate(rows)
    press(report, "Space")
    assert set(report.tab.evaluate(rows)) == {"refuted"}
    assert report.tab.locator(".sift [role=status]").inner_text().startswith(f"{everything.count('refuted')} of ")
    press(report, "Space")
    assert report.tab.evaluate(rows) == everything


def test_the_report_is_cited(report: visits.Visit) -> None:
    tab_to(report, ".cite summary")
    press(report, "Enter")
    assert report.tab.locator("#bibtex").is_visible()
    assert "@" in report.tab.locator("#bibtex").inner_text()
    tab_to(report, ".cite button", at_most=3)
    press(report, "Enter")
    told = "[...document.querySelectorAll('[role=status]')].map((node) => node.textContent).join()"
    report.tab.wait_for_function(f"/copied|copy it/i.test({told})")


def test_a_reference_shows_its_aim_to_the_focus(report: visits.Visit) -> None:
    focus_before(report, "main a[href='#eq-strange']")
    preview = report.tab.locator(".preview")
    assert preview.is_visible()
    assert preview.locator("math").count() == 1
    press(report, "Escape")
    assert not preview.is_visible()


def test_a_focus_that_moves_the_page_keeps_its_preview_beside_it(report: visits.Visit) -> None:
    where = "main a[href='#eq-strange']"
    focus_before(report, where)
    press(report, "Shift+Tab")
    report.tab.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    report.tab.wait_for_function(SETTLED)
    press(report, "Tab")
    report.tab.wait_for_function("scrollY > 0")
    link, preview = report.tab.locator(where).first, report.tab.locator(".preview")
    preview.wait_for(state="visible")
    for moved in (0, 60, -60):
        report.tab.evaluate("(by) => scrollBy({top: by, behavior: 'instant'})", moved)
        report.tab.wait_for_function(SETTLED)
        report.tab.wait_for_function(BESIDE, arg=link.element_handle())
    report.tab.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    preview.wait_for(state="hidden")
    press(report, "Escape")
    link.scroll_into_view_if_needed()
    report.tab.wait_for_function(SETTLED)
    assert not preview.is_visible()


@pytest.mark.parametrize("kind", ["activation", "depth"])
def test_a_slider_moves_and_says_its_value(report: visits.Visit, kind: str) -> None:
    where = f".explorer[data-kind={kind}]"
    report.tab.locator(f"figure:has({where})").scroll_into_view_if_needed()
    report.tab.wait_for_selector(f"{where} input[type=range]")
    sliders = report.tab.locator(f"{where} input[type=range]")
    for number in range(sliders.count()):
        slider = sliders.nth(number)
        slider.focus()
        before = slider.input_value(), report.tab.locator(where).inner_text()
        press(report, "ArrowRight" if slider.input_value() != slider.get_attribute("max") else "ArrowLeft")
        after = slider.input_value(), report.tab.locator(where).inner_text()
        assert before[0] != after[0]
        assert before[1] != after[1]
        assert slider.evaluate("(node) => node.labels.length > 0 || !!node.getAttribute('aria-label')")
        assert slider.get_attribute("aria-valuetext")
    assert sliders.count() >= 2
    assert report.told == []
