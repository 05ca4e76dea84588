"""The page in a real browser: silent, self-contained, readable by day, by night and on a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_reports import BIBLIOGRAPHY, code, notebook, sample, shown

from acts.reports import document, html

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "references.bib").write_text(BIBLIOGRAPHY)
    numbers = "\n".join(["| name | " + "size | " * 14, "|:--|" + "--:|" * 14, *(
        f"| n{10 - row} | " + f"{'−' * (row % 2)}{row}.5 | " * 14 for row in range(8)
    )])  # fmt: skip
    wide = notebook("# Second\n\n## Part", code("#| label: tbl-wide\n#| tbl-cap: Wide\nt()", shown(markdown=numbers)))
    chapters = [("03_x", sample()), ("05_y", wide)]
    front = document.Front(title="Title", verdicts=(("supported", 3), ("refuted", 1)))
    made = document.build(chapters, front, bibliography=folder / "references.bib")
    (folder / "report.html").write_text(html.render(made), encoding="utf-8")
    return folder / "report.html"


@pytest.fixture
def opened(browser: Any, page_file: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    options = getattr(request, "param", {})
    context = browser.new_context(viewport={"width": options.pop("width", 1280), "height": 900}, **options)
    tab = context.new_page()
    tab.told = []
    tab.on("console", lambda message: tab.told.append(f"{message.type}: {message.text}"))
    tab.on("pageerror", lambda error: tab.told.append(f"error: {error}"))
    tab.on("request", lambda sent: None if sent.url.startswith(("file:", "data:")) else tab.told.append(sent.url))
    tab.goto(page_file.as_uri())
    yield tab
    context.close()


def background(tab: Any) -> str:
    return tab.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_page_asks_for_nothing_and_complains_of_nothing(opened: Any) -> None:
    opened.mouse.wheel(0, 5000)
    opened.wait_for_timeout(200)
    assert opened.told == []


def test_foreign_script_and_style_are_refused(opened: Any) -> None:
    opened.evaluate("""() => {
      for (const [tag, text] of [["script", "window.ran = true"], ["style", "body { color: red !important }"]]) {
        const made = document.createElement(tag); made.textContent = text; document.head.append(made);
      }
      const image = new Image(); image.src = "https://example.org/x.png"; document.body.append(image);
    }""")
    opened.wait_for_timeout(200)
    assert opened.evaluate("window.ran") is None
    assert opened.evaluate("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"
    assert len([line for line in opened.told if "Content Security Policy" in line]) >= 3


def test_formulas_are_drawn_as_mathematics(opened: Any) -> None:
    boxes = opened.evaluate("[...document.querySelectorAll('main math')].map(m => m.getBoundingClientRect().height)")
    assert len(boxes) == 5
    assert min(boxes) > 5


@pytest.mark.parametrize("opened", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_day_and_night_can_be_changed_and_are_kept(opened: Any) -> None:
    first = background(opened)
    opened.click("#theme")
    second = background(opened)
    assert {first, second} == {"rgb(255, 255, 255)", "rgb(20, 24, 30)"}
    opened.reload()
    assert background(opened) == second


@pytest.mark.parametrize("opened", [{"color_scheme": "dark"}], indirect=True)
def test_a_figure_takes_the_ink_of_the_night(opened: Any) -> None:
    ink = opened.evaluate("getComputedStyle(document.querySelector('svg.picture text')).fill")
    assert ink == opened.evaluate("getComputedStyle(document.body).color")


@pytest.mark.parametrize("opened", [{"width": 390}, {"width": 768}, {"width": 1280}], indirect=True)
def test_the_page_never_scrolls_sideways(opened: Any) -> None:
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wide = opened.evaluate("(() => { const box = document.querySelector('#tbl-wide .scroll');"
                           "return [box.scrollWidth, box.clientWidth] })()")  # fmt: skip
    assert wide[0] >= wide[1]


@pytest.mark.parametrize("opened", [{"width": 390}], indirect=True)
def test_the_contents_are_folded_on_a_phone(opened: Any) -> None:
    assert not opened.evaluate("document.getElementById('contents').open")
    opened.click("#contents summary")
    opened.click("#contents a >> nth=0")
    assert not opened.evaluate("document.getElementById('contents').open")


def test_a_column_is_sorted_by_its_numbers(opened: Any) -> None:
    def column(number: int) -> list[str]:
        return opened.evaluate(
            f"[...document.querySelectorAll('#tbl-wide tbody tr')].map(row => row.cells[{number}].textContent)"
        )

    opened.click("#tbl-wide th:nth-child(2) button")
    sizes = [float(text.replace("−", "-")) for text in column(1)]
    assert sizes == sorted(sizes)
    opened.click("#tbl-wide th:nth-child(2) button")
    assert [float(text.replace("−", "-")) for text in column(1)] == sizes[::-1]
    assert opened.get_attribute("#tbl-wide th:nth-child(2)", "aria-sort") == "descending"


def test_code_opens_and_closes_at_once(opened: Any) -> None:
    count = "document.querySelectorAll('details.code[open]').length"
    assert opened.evaluate(count) == 0
    opened.click("#codes")
    assert opened.evaluate(count) == opened.evaluate("document.querySelectorAll('details.code').length") > 0


def test_the_contents_follow_the_reader(opened: Any) -> None:
    opened.evaluate("document.getElementById('part').scrollIntoView({behavior: 'instant'})")
    opened.wait_for_timeout(300)
    assert "Part" in opened.text_content("#contents a[aria-current]")


def test_the_first_stop_of_the_keyboard_skips_to_the_text(opened: Any) -> None:
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Skip to content"
    opened.keyboard.press("Enter")
    assert opened.evaluate("location.hash") == "#text"


def test_a_figure_downloads_as_a_file(opened: Any, tmp_path: Path) -> None:
    with opened.expect_download() as waiting:
        opened.click("button[aria-label='SVG of fig-hinge']")
    waiting.value.save_as(tmp_path / "figure.svg")
    assert "<svg" in (tmp_path / "figure.svg").read_text(encoding="utf-8")


def test_a_reference_shows_what_it_refers_to(opened: Any) -> None:
    preview = opened.locator(".preview")
    assert not preview.is_visible()
    opened.hover("a.acts-reference[href='#eq-leaky']")
    preview.wait_for(state="visible")
    assert preview.locator("math").count() == 1
    opened.keyboard.press("Escape")
    assert not preview.is_visible()
    assert opened.told == []
