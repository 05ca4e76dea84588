"""A figure on a page: its data to take along, the files made from it, the line that says where it comes from."""

import base64
import gzip
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from acts import colours
from acts.figures import style
from acts.reports import cells, document, html, pictures, plates
from acts.reports.document import Front
from acts.reports.faults import Place

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FRAME = pd.DataFrame({"learning rate": [0.1, 1 / 3], "networks": [3, 4], "function": ["ReLU", 'a "quoted", name']})

LONG = pd.DataFrame({"x": range(230), "name, in words": ['a "b"\nc'] + ["<b>d</b>"] * 229})


def _drawing() -> style.Drawing:
    figure, (axes,) = style.panels(1, 1, height=1.0)
    axes.plot([1, 2], [3, 4])
    figure.finding = "The line rises from 3 to 4."
    figure.data = FRAME
    return figure


def _notebook(data: dict[str, str]) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("display_data", data, metadata={"image/svg+xml": {"alt": "Rises."}})
    source = "#| label: fig-x\n#| fig-cap: A line.\n#| fig-alt: A plot.\ndraw()"
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, outputs=[output])])


def test_a_drawing_gives_its_data_as_csv_beside_its_finding() -> None:
    shown, said = _drawing()._repr_mimebundle_()
    assert shown["text/csv"].splitlines() == [
        "learning rate,networks,function",
        "0.1,3,ReLU",
        '0.333333,4,"a ""quoted"", name"',
    ]
    assert said["image/svg+xml"] == {"alt": "The line rises from 3 to 4."}
    assert style.Drawing()._repr_mimebundle_() == ({}, {})


def test_a_picture_is_read_with_its_data() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    (cell,) = cells.read(_notebook({"image/svg+xml": svg, "text/csv": "x\n1\n"}), name="n")
    assert cell.outputs[0].picture is not None
    assert cell.outputs[0].picture.table == "x\n1\n"
    (cell,) = cells.read(_notebook({"image/svg+xml": svg}), name="n")
    assert cell.outputs[0].picture is not None
    assert cell.outputs[0].picture.table == ""


# --- on a page --------------------------------------------------------------------------------------------------------


def _picture(**given: Any) -> cells.Picture:
    return cells.Picture("svg", b"<svg/>", "alt", Place("05_x", 4, "draw()"), **given)


def _below(shown: list[cells.Picture], **given: Any) -> str:
    front = Front(commit="abc1234", records="0123456789ab", command="make <report>")
    return "".join(node["c"][1] for node in plates.below(shown, label="fig-x", front=front, **given))


def test_the_line_below_says_cell_commit_records_and_command_as_text() -> None:
    line = _below([_picture()])
    assert "05_x, cell 4 · commit abc1234 · records 0123456789ab · <code>make &lt;report&gt;</code>" in line
    assert "<a" not in line
    assert plates.below([], label="fig-x", front=Front()) == []


def test_data_travel_packed_one_file_a_picture() -> None:
    once, twice = _below([_picture(table="a,b\n1,2\n")]), _below([_picture(table="a\n1\n"), _picture(table="b\n2\n")])
    packed = re.findall(r'download="([^"]+)" href="data:application/gzip;base64,([^"]+)"', once + twice)
    told = {name: gzip.decompress(base64.b64decode(data)).decode() for name, data in packed}
    assert told == {"fig-x.csv.gz": "a,b\n1,2\n", "fig-x-1.csv.gz": "a\n1\n", "fig-x-2.csv.gz": "b\n2\n"}
    assert once == _below([_picture(table="a,b\n1,2\n")])


# --- in a browser -----------------------------------------------------------------------------------------------------


def in_browser(test: Any) -> Any:
    for mark in (
        pytest.mark.browser,
        pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
        pytest.mark.filterwarnings("ignore::ResourceWarning"),
    ):
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def page_of_figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figure = _drawing()
    figure.axes[0].set_title("Thick <title> & more")
    figure.axes[0].plot([1, 2], [4, 3], color=colours.FAMILIES["rectifier"], linewidth=12)
    figure.data = LONG
    data = {"image/svg+xml": style.render(figure).decode(), **figure._repr_mimebundle_()[0]}
    notebook = _notebook(data)
    notebook.metadata["language_info"] = {"name": "python"}
    built = document.build([("05_x", notebook)], Front(title="T", commit="abc"))
    path = tmp_path_factory.mktemp("plates") / "page.html"
    path.write_text(html.render(built), encoding="utf-8")
    return path


@pytest.fixture(params=["light", "dark"])
def seen(browser: Any, page_of_figures: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 900, "height": 900})
    page = context.new_page()
    page.told = []
    page.on("console", lambda message: page.told.append(message.text))
    page.on("pageerror", lambda error: page.told.append(str(error)))
    page.goto(page_of_figures.as_uri())
    yield page
    context.close()


def _taken(page: Any, word: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.locator(".plate .take", has_text=word).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


@in_browser
def test_a_figure_is_taken_along_as_vectors_in_the_colours_of_paper(seen: Any, tmp_path: Path) -> None:
    path = _taken(seen, "SVG", tmp_path)
    assert path.name == "fig-x.svg"
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    assert root.get("width", "").endswith("pt")
    text = path.read_text(encoding="utf-8")
    assert colours.FAMILIES["rectifier"] in text
    assert "Thick &lt;title&gt; &amp; more" in text
    assert not re.search(r"currentColor|var\(", text)
    assert re.search(r"@font-face.*Inter.*data:font/woff2", text, re.DOTALL)
    assert seen.told == []


@in_browser
def test_a_figure_is_taken_along_as_pixels_for_print_in_the_fonts_of_the_page(seen: Any, tmp_path: Path) -> None:
    path = _taken(seen, "PNG", tmp_path)
    image = Image.open(path).convert("RGB")
    wide = float(seen.locator(".drawing svg").get_attribute("viewBox").split()[2])
    assert image.width == round(wide * 300 / 72)
    colour = tuple(int(colours.FAMILIES["rectifier"][at : at + 2], 16) for at in (1, 3, 5))
    counted = {shade: count for count, shade in image.getcolors(1_000_000)}
    assert counted.get(colour, 0) > 1000
    assert counted.get((255, 255, 255), 0) > 10 * counted.get((0, 0, 0), 0) > 0
    assert seen.told == []


@in_browser
def test_data_are_taken_along_as_csv_and_shown_as_a_table(seen: Any, tmp_path: Path) -> None:
    path = _taken(seen, "CSV", tmp_path)
    assert path.name == "fig-x.csv"
    assert pd.read_csv(path).equals(
        pd.DataFrame({"x": range(230), "name, in words": ['a "b"\nc'] + ["<b>d</b>"] * 229})
    )
    toggle = seen.locator(".plate .take", has_text="Data")
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.press("Enter")
    table = seen.locator(".plate .data table")
    table.wait_for()
    assert toggle.get_attribute("aria-expanded") == "true"
    assert table.locator("tbody tr").count() == 200
    assert table.locator("th").all_text_contents() == ["x", "name, in words"]
    assert table.locator("tr").nth(1).locator("td").all_text_contents() == ["0", 'a "b"\nc']
    assert table.locator("tr").nth(2).locator("td").all_text_contents() == ["1", "<b>d</b>"]
    assert "first 200 of 230 rows" in seen.locator(".plate .data p").text_content()
    toggle.press("Enter")
    assert not table.is_visible()
    assert seen.told == []


@in_browser
def test_a_slim_picture_looks_like_the_one_that_was_drawn(browser: Any) -> None:
    figure, (left, right) = style.panels(2, 2, height=1.6)
    for axes in (left, right):
        axes.errorbar(range(30), [((7 * at) % 11) / 3 for at in range(30)], yerr=0.3, fmt="o--", mfc="none")
        axes.fill_between(range(30), 0, [at / 10 for at in range(30)], alpha=0.2)
        axes.set_title("A title")
    raw = cells.Picture("svg", style.render(figure), "alt", Place("n", 1))
    page = browser.new_page(viewport={"width": 760, "height": 400}, device_scale_factor=2)
    shots = []
    for picture in (raw, pictures.slimmed(raw)):
        page.set_content(f'<img style="width: 720px" src="{pictures.data_uri(picture.data, "image/svg+xml")}">')
        page.locator("img").evaluate("image => image.decode()")
        shots.append(np.asarray(Image.open(io.BytesIO(page.locator("img").screenshot())).convert("L")).astype(int))
    page.close()
    assert shots[0].shape == shots[1].shape
    assert (shots[0] < 128).sum() > 1000
    assert (abs(shots[0] - shots[1]) > 100).mean() < 2e-4
