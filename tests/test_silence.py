"""Every page asks for nothing, complains of nothing and breaks nothing of its own policy, whatever a reader does."""

from collections.abc import Iterator
from typing import Any

import pytest
import small_review
import visits
from small_review import Made

pytestmark = visits.BROWSER_TESTS
SMUGGLED = """() => {
  const made = (tag, text) => { const node = document.createElement(tag); node.textContent = text; return node; };
  document.head.append(made("script", "window.ran = 1"), made("style", "body { color: rgb(1, 2, 3) !important }"));
  const foreign = "<img src='https://example.org/x.png'><b onclick='window.ran = 1'>b</b>";
  document.body.insertAdjacentHTML("beforeend", foreign);
  document.body.lastElementChild.click();
  setTimeout("window.ran = 1");
  fetch("https://example.org/x.json").catch(() => {});
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with visits.browser() as browser:
        yield browser


def press_everything(visit: visits.Visit) -> int:
    """Click each button and summary that shows, move each slider, change each choice; return how many there were."""
    visit.tab.on("download", lambda download: download.cancel())
    return visit.tab.evaluate("""async () => {
      const seen = (node) => node.getClientRects().length > 0;
      const nodes = [...document.querySelectorAll("button, summary, input, select")].filter(seen);
      for (const node of nodes) {
        if (!node.isConnected) continue;
        if (node.localName === "select") node.selectedIndex = node.options.length - 1;
        else if (node.type === "range") node.value = node.max;
        else if (node.type === "search" || node.type === "text") node.value = "relu <b>";
        else { node.click(); continue; }
        node.dispatchEvent(new Event("input", { bubbles: true }));
        node.dispatchEvent(new Event("change", { bubbles: true }));
      }
      await new Promise((done) => setTimeout(done, 400));
      return nodes.length;
    }""")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", small_review.PAGES)
def test_a_page_is_silent_whatever_is_pressed(chromium: Any, review: Made, name: str, scheme: str) -> None:
    with visits.visit(chromium, review.pages[name], color_scheme=scheme) as visit:
        visit.walk()
        pressed = press_everything(visit)
        visit.tab.wait_for_timeout(200)
        assert pressed > 1
        assert visit.told == []
        assert visit.breaches() == []
        assert visit.tab.evaluate("window.ran") is None


@pytest.mark.parametrize("name", small_review.PAGES)
def test_a_page_refuses_what_is_smuggled_in(chromium: Any, review: Made, name: str) -> None:
    with visits.visit(chromium, review.pages[name]) as visit:
        visit.tab.evaluate(SMUGGLED)
        visit.tab.wait_for_timeout(300)
        assert visit.tab.evaluate("window.ran") is None
        assert visit.tab.evaluate("getComputedStyle(document.body).color") != "rgb(1, 2, 3)"
        refused = " ".join(visit.breaches())
        for directive in ("script-src", "style-src", "img-src", "connect-src"):
            assert directive in refused, refused
        assert not [line for line in visit.told if line.startswith("request") and "example.org" not in line]


@pytest.mark.parametrize("name", small_review.PAGES)
def test_a_page_reads_without_script(chromium: Any, review: Made, name: str) -> None:
    """Nothing to read waits for script, and no control stands there that would do nothing."""
    with visits.visit(chromium, review.pages[name], java_script_enabled=False) as visit:
        assert visit.tab.locator("h1").inner_text().strip()
        assert [text for text in visit.tab.locator("button:visible").all_inner_texts() if text] == []
        assert visit.tab.locator("main").bounding_box()["height"] > 500
