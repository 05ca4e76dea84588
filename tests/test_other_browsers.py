"""What differs between browsers: Firefox goes through a report; fingers, odd links and Safari's habits stand in."""

import re
from collections.abc import Iterator
from typing import Any

import firefox
import pytest
import visits
from small_review import Made

from acts.reports import html

RESTING = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
WITHOUT_ANCHORS = """
const supports = CSS.supports.bind(CSS);
CSS.supports = (name, ...value) => name === "overflow-anchor" ? false : supports(name, ...value);
addEventListener("DOMContentLoaded", () => { document.documentElement.style.overflowAnchor = "none"; });
"""


# --- Firefox --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory, review: Made) -> Iterator[firefox.Tab]:
    with firefox.tab(tmp_path_factory.mktemp("firefox") / "profile") as tab:
        tab.prepare(visits.NOTICED)
        tab.show(review.pages["report"])
        yield tab


@pytest.mark.skipif(not firefox.FIREFOX.exists(), reason="needs Debian's firefox-esr")
@pytest.mark.timeout(900)  # the first test of all that asks for the small review makes it
class TestFirefox:
    """One visit to the small review's report, in the order in which a reader would go."""

    def test_it_says_nothing_and_refuses_nothing(self, fox: firefox.Tab) -> None:
        assert fox.ask("[...document.querySelectorAll('main math')].length") > 3
        fox.until("document.fonts.check('12px Inter') && document.fonts.check('12px \"Libertinus Serif\"')")
        assert fox.ask("window.breaches") == []
        assert fox.told == []

    def test_a_search_finds_and_goes_there(self, fox: firefox.Tab) -> None:
        fox.press("/", "derivative")
        fox.until("document.querySelectorAll('#results mark').length")
        fox.press("Enter")
        assert not fox.ask("document.getElementById('search').open")
        fox.until("location.hash.length > 1")
        fox.until("((box) => box.top < innerHeight && box.bottom > 0)(document.activeElement.getBoundingClientRect())")

    def test_a_column_is_sorted(self, fox: firefox.Tab) -> None:
        column = "[...document.querySelectorAll('#tbl-formulas tbody tr')].map((row) => row.cells[0].textContent)"
        first = fox.ask(column)
        fox.point("#tbl-formulas th button", click=True)
        up = fox.ask(column)
        fox.point("#tbl-formulas th button", click=True)
        assert fox.ask(column) == up[::-1] != first

    def test_the_pointer_shows_a_preview(self, fox: firefox.Tab) -> None:
        fox.point("main a[href='#eq-strange']")
        fox.until("document.querySelector('.preview:not([hidden]) math')")
        fox.press("Escape")
        assert fox.ask("document.querySelector('.preview').hidden")

    @pytest.mark.parametrize("kind", ["activation", "depth"])
    def test_a_slider_moves_the_curves(self, fox: firefox.Tab, kind: str) -> None:
        where = f".explorer[data-kind={kind}]"
        fox.ask(f"document.querySelector('figure:has({where})').scrollIntoView({{behavior: 'instant'}})")
        fox.until(f"document.querySelector('.moving {where} .curve')")
        drawn = f"[...document.querySelectorAll('{where} .curve')].map((curve) => curve.getAttribute('d'))"
        before = fox.ask(drawn)
        fox.ask(f"document.querySelector('{where} input[type=range]').focus()")
        fox.press("ArrowRight")
        assert fox.ask(drawn) != before

    @pytest.mark.parametrize("width", [390, 1280])
    def test_nothing_is_wider_than_the_window(self, fox: firefox.Tab, review: Made, width: int) -> None:
        for page in review.pages.values():
            fox.show(page, width=width)
            assert fox.ask("document.documentElement.scrollWidth <= innerWidth"), page
        assert fox.told == []


# --- fingers, links and Safari, in Chromium -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with visits.browser() as browser:
        yield browser


def in_chromium(test: Any) -> Any:
    for mark in visits.BROWSER_TESTS:
        test = mark(test)
    return test


@in_chromium
def test_a_mouse_beside_a_touch_screen_shows_a_preview_and_a_finger_none(chromium: Any, review: Made) -> None:
    with visits.visit(chromium, review.pages["report"], has_touch=True) as visit:
        link, preview = visit.tab.locator("main a[href='#eq-strange']").first, visit.tab.locator(".preview")
        link.scroll_into_view_if_needed()
        box = link.bounding_box()
        finger = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        screen = visit.tab.context.new_cdp_session(visit.tab)
        screen.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
        visit.tab.wait_for_timeout(500)
        assert not preview.is_visible()
        screen.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
        link.hover()
        preview.wait_for(state="visible")


@in_chromium
def test_an_address_that_cannot_be_decoded_harms_nothing(chromium: Any, review: Made) -> None:
    with visits.visit(chromium, review.pages["report"]) as visit:
        visit.tab.goto("about:blank")
        visit.told.clear()
        visit.tab.goto(f"{review.pages['report'].absolute().as_uri()}#50%")
        figure = "figure:has(.explorer[data-kind=activation])"
        visit.tab.locator(figure).scroll_into_view_if_needed()
        visit.tab.wait_for_selector(f"{figure}.moving .curve")
        assert [line for line in visit.told if not line.startswith("request: ")] == []


@in_chromium
def test_what_is_read_keeps_its_place_where_the_browser_does_not_see_to_it(chromium: Any, review: Made) -> None:
    with visits.visit(chromium, review.pages["report"]) as visit:
        visit.tab.add_init_script(WITHOUT_ANCHORS)
        address = review.pages["report"].absolute().as_uri()
        visit.tab.goto("about:blank")
        visit.tab.goto(address + "#tbl-ledger")
        figure = "figure:has(.explorer[data-kind=depth])"
        read = visit.tab.locator(f"{figure} ~ *:not(figure, .plate, details)").first
        away = f"document.querySelector('{figure}').getBoundingClientRect().bottom"
        visit.tab.evaluate(f"scrollBy({{top: {away} + 1300, behavior: 'instant'}})")
        visit.tab.evaluate(RESTING)
        height = visit.tab.evaluate(f"document.querySelector('{figure}').offsetHeight")
        top = read.evaluate("(node) => node.getBoundingClientRect().top")
        visit.tab.evaluate("scrollBy({top: -200, behavior: 'instant'})")
        visit.tab.wait_for_selector(f"{figure}.moving", state="attached")
        visit.tab.evaluate(RESTING)
        assert visit.tab.evaluate(f"document.querySelector('{figure}').offsetHeight") != height
        assert abs(read.evaluate("(node) => node.getBoundingClientRect().top") - top - 200) < 2


def test_safari_can_read_the_style() -> None:
    """It keeps no place while what is above grows, and takes ``text-decoration`` with one word only."""
    style = html.stylesheet()
    rules = re.findall(r"@supports not \(overflow-anchor: auto\) \{[^@]*?\.chapter \{([^}]*)\}", style)
    assert [rule.strip() for rule in rules] == ["content-visibility: visible;"]
    assert {words for words in re.findall(r"text-decoration: ([^;}]*)", style) if " " in words} == set()
