"""Every page passes axe-core by day, by night and on a phone, with all that is folded on it opened."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import small_review
import visits

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"width": 390, "color_scheme": "light"},
}

pytestmark = [
    *visits.BROWSER_TESTS,
    pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core: make axe"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with visits.browser() as browser:
        yield browser


def violations(visit: visits.Visit, *, within: str = "html") -> list[str]:
    """Return what axe-core has against a page: the rule, how often, and the first place."""
    visit.tab.evaluate(AXE.read_text(encoding="utf-8"))
    found = visit.tab.evaluate("async (where) => (await axe.run(where)).violations", within)
    return [
        f"{one['id']} ({len(one['nodes'])}×): {one['help']}; {one['nodes'][0]['html'][:300]}; "
        f"{' '.join(one['nodes'][0]['failureSummary'].split())[:300]}"
        for one in found
    ]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", small_review.PAGES)
def test_axe_finds_nothing(chromium: Any, review: small_review.Made, name: str, look: str) -> None:
    with visits.visit(chromium, review.pages[name], **LOOKS[look]) as visit:
        visit.unfold()
        assert "\n".join(violations(visit)) == ""


def test_axe_sees_what_is_wrong(chromium: Any, tmp_path: Path) -> None:
    bad = "<html><title>x</title><main><h1>x</h1><p style='color:#999'>pale</p><img src='data:,'><button></button>"
    (tmp_path / "bad.html").write_text(bad)
    with visits.visit(chromium, tmp_path / "bad.html") as visit:
        rules = {line.split()[0] for line in violations(visit)}
    assert {"html-has-lang", "color-contrast", "image-alt", "button-name"} <= rules


def test_the_lock_names_axe_and_no_host() -> None:
    lock = (AXE.parents[2] / "package-lock.json").read_text(encoding="utf-8")
    assert '"axe-core"' in lock
    assert "integrity" in lock
    assert "://" not in lock
    assert "resolved" not in lock
