"""Visits to a page in Debian's chromium that notice every request, message, fault and breach of the policy."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pictures import CHROMIUM, QUIET

BROWSER_TESTS = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.timeout(900),  # the first test of all that asks for the small review makes it
]
NOTICED = """
window.breaches = [];
addEventListener("securitypolicyviolation", (event) =>
  window.breaches.push(`${event.violatedDirective} refuses ${event.blockedURI} ${event.sample}`.trim()));
"""
UNFOLDED = """() => {
  for (const node of document.querySelectorAll("*"))
    if (getComputedStyle(node).contentVisibility === "auto") node.style.contentVisibility = "visible";
  for (const node of document.querySelectorAll("details")) node.open = true;
}"""


@contextmanager
def browser() -> Iterator[Any]:
    """Give a browser; the tests that ask for it are skipped where Playwright is not."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield chromium
        chromium.close()


class Visit:
    """A tab that shows one page; ``told`` is all that the page said, asked for or was refused."""

    def __init__(self, context: Any, page: Path) -> None:
        self.tab = context.new_page()
        self.told: list[str] = []
        self.tab.add_init_script(NOTICED)
        self.tab.on("console", lambda message: self.told.append(f"{message.type}: {message.text}"))
        self.tab.on("pageerror", lambda error: self.told.append(f"error: {error}"))
        self.tab.on("dialog", lambda dialog: (self.told.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.tab.on("request", self._asked)
        self.page = page
        self.tab.goto(page.absolute().as_uri())

    def _asked(self, request: Any) -> None:
        if request.url != self.page.absolute().as_uri() and not request.url.startswith(("data:", "blob:")):
            self.told.append(f"request: {request.url}")

    def breaches(self) -> list[str]:
        """Return what the policy refused."""
        return self.tab.evaluate("window.breaches")

    def unfold(self) -> None:
        """Open what is folded and lay out what is only laid out when it is near."""
        self.tab.evaluate(UNFOLDED)

    def walk(self) -> None:
        """Scroll from top to bottom, a screen at a time."""
        self.tab.evaluate("""async () => {
          for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight) {
            scrollTo({top, behavior: "instant"});
            await new Promise(requestAnimationFrame);
          }
        }""")

    def focused(self) -> str:
        """Return what has the focus: its tag, its identifier and how it is called."""
        return self.tab.evaluate("""() => {
          const node = document.activeElement;
          const name = node.getAttribute("aria-label") || node.textContent.trim().replace(/\\s+/g, " ").slice(0, 60);
          return `${node.localName}${node.id ? "#" + node.id : ""} ${name}`.trim();
        }""")


@contextmanager
def visit(chromium: Any, page: Path, *, width: int = 1280, height: int = 900, **options: Any) -> Iterator[Visit]:
    """Give a visit to a page; ``options`` are those of Playwright's new context, as ``color_scheme``."""
    context = chromium.new_context(viewport={"width": width, "height": height}, **options)
    yield Visit(context, page)
    context.close()
