"""Figures that a reader moves, in a real browser: right to 1e-6, moved by keyboard, still in print, deaf to tricks."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from torch import Tensor

import acts
from acts import records as door
from acts import theory, trees
from acts.activations import Activation, catalogue
from acts.experiments import formulas
from acts.facts import sliders
from acts.figures import explorer, render
from acts.figures.style import Drawing
from acts.jobs import Job
from acts.reports import cells, document, explorers, html
from acts.reports.faults import Place

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
MEASURED = ("leaky_relu", "swish", "tanh", "relu", "gelu")
PARTS = ("curve", "properties", "signal", "inits", "layers", "sliders")
FOLLOWED = ("identity", "tanh", "softsign", "relu", "hardtanh", "elu", "selu", "swish", "gelu", "hardshrink", "gcu")
GRID = np.linspace(-8, 8, 321) + 0.00123  # hits no round place where a formula may break
TRICK = '</script><img src="x" onerror="window.ran = true"><b>bold</b>'

in_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium")
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def measured(name: str) -> pd.DataFrame:
    runs = formulas.runs(acts.get(name), {"points": 41, "span": 5.0})
    kept = tuple(run for run in runs if run["part"] in PARTS)
    return door.concat(formulas.measure(Job("formulas", name, kept)))


@pytest.fixture(scope="module", autouse=True)
def own() -> Iterator[Activation]:
    with acts.activations.temporarily(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sliders, "STEPS", {0: 1, 1: 4, 2: 2, 3: 2})

        @acts.register("x*exp(-c*x**2)", "Nobody 2024", family="home-made", label="my bump", c=1.0)
        def my_bump(x: Tensor, c: float) -> Tensor:
            return x * (-c * x * x).exp()

        yield my_bump


@pytest.fixture(scope="module")
def records(own: Activation) -> pd.DataFrame:
    return door.check(door.concat([measured(name) for name in (*MEASURED, own.name)]))


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    return trees.beside(catalogue())


def page(drawings: dict[str, Drawing], path: Path) -> Path:
    made = [new_markdown_cell("# What moves?")]
    for label, drawing in drawings.items():
        data, metadata = drawing._repr_mimebundle_()
        data["image/svg+xml"] = render(drawing).decode()
        header = f"#| label: {label}\n#| fig-cap: A caption.\n#| fig-alt: Panels with curves of a few functions.\n"
        made.append(
            new_code_cell(header + "draw()", outputs=[new_output("display_data", data=data, metadata=metadata)])
        )
    book = new_notebook(cells=made, metadata={"language_info": {"name": "python"}})
    read = nbformat.reads(nbformat.writes(book), as_version=4)
    path.write_text(html.render(document.build([("01_x", read)], document.Front(title="Moving"))), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def drawings(records: pd.DataFrame, known: pd.DataFrame) -> dict[str, Drawing]:
    return {"fig-functions": explorer.activation(records, known), "fig-depths": explorer.depth(records, known)}


@pytest.fixture(scope="module")
def file(drawings: dict[str, Drawing], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page(drawings, tmp_path_factory.mktemp("explorer") / "report.html")


def visit(browser: Any, path: Path, **options: Any) -> Any:
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
    tab = context.new_page()
    tab.told = []
    tab.on("console", lambda message: tab.told.append(f"{message.type}: {message.text}"))
    tab.on("pageerror", lambda error: tab.told.append(f"error: {error}"))
    tab.goto(path.as_uri())
    return tab


def moving(tab: Any, label: str) -> Any:
    """Bring a figure into sight and return its explorer once it moves."""
    tab.locator(f"#{label}").scroll_into_view_if_needed()
    found = tab.locator(f"#{label}.moving .explorer")
    found.wait_for(timeout=5000)
    return found


@pytest.fixture(scope="module")
def tab(browser: Any, file: Path) -> Iterator[Any]:
    found = visit(browser, file)
    for label in ("fig-functions", "fig-depths"):
        moving(found, label)
    yield found
    found.context.close()


@pytest.fixture
def fresh(browser: Any, file: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    found = visit(browser, file, **getattr(request, "param", {}))
    yield found
    found.context.close()


def asked(tab: Any, name: str, letters: dict[str, float], points: np.ndarray) -> list[np.ndarray]:
    script = """([name, own, xs]) => document.querySelector('#fig-functions .explorer').explorer
      .evaluate(name, own, xs).map((ys) => Array.from(ys))"""
    return [np.array(ys, dtype=float) for ys in tab.evaluate(script, [name, letters, points.tolist()])]


def derivatives(activation: Activation, letters: dict[str, float], points: np.ndarray) -> list[np.ndarray]:
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    found = [activation(x, **letters)]
    for _ in range(2):
        slope = (
            torch.autograd.grad(found[-1].sum(), x, create_graph=True, allow_unused=True)[0]
            if found[-1].requires_grad
            else None
        )
        found.append(torch.zeros_like(x) if slope is None else slope)
    return [one.detach().numpy() for one in found]


def elementwise() -> list[str]:
    return [name for name in acts.names() if acts.get(name).elementwise]


def moved(activation: Activation, factor: float) -> dict[str, float]:
    return {name: default * factor for name, default in activation.parameters.items()}


# --- the script's functions are the catalogue's


@in_browser
@pytest.mark.parametrize("factor", [1.0, 0.6, 2.3], ids=["default", "smaller", "larger"])
def test_every_function_is_torchs_with_both_derivatives(tab: Any, factor: float, own: Activation) -> None:
    for name in [*elementwise(), own.name]:
        activation = acts.get(name)
        letters = moved(activation, factor)
        breaks = np.array(activation.variant(**letters).breaks() if letters else activation.breaks())
        points = GRID[np.abs(GRID[:, None] - breaks).min(axis=1, initial=1.0) > 1e-6]
        for order, (found, true) in enumerate(
            zip(asked(tab, name, letters, points), derivatives(activation, letters, points), strict=True)
        ):
            worst = np.abs(found - true) / np.maximum(1, np.abs(true))
            assert worst.max() < 1e-6, f"{name}{letters}, derivative {order}, at x = {points[worst.argmax()]}"


@in_browser
def test_a_slope_at_a_kink_is_torchs(tab: Any) -> None:
    for name in elementwise():
        activation = acts.get(name)
        points = np.array(activation.breaks())
        if len(points):
            found, true = asked(tab, name, {}, points), derivatives(activation, {}, points)
            assert np.allclose(found[:2], true[:2], atol=1e-12), name


@in_browser
def test_the_error_function_is_right_to_the_last_digits(tab: Any) -> None:
    points = np.linspace(-7, 7, 141)
    found = asked(tab, "gelu", {}, points)[0]
    true = [x / 2 * (1 + math.erf(x / math.sqrt(2))) for x in points]
    assert np.abs(found - true).max() < 1e-14


@in_browser
@pytest.mark.parametrize(
    "given",
    [
        {"sigmaW": math.sqrt(2), "sigmaB": 0.0, "start": 1.0, "depth": 8},
        {"sigmaW": 0.8, "sigmaB": 0.3, "start": 7.0, "depth": 40},
        {"sigmaW": 1.7, "sigmaB": 0.1, "start": 0.02, "depth": 20},
    ],
    ids=["he", "small", "large"],
)
def test_lengths_and_gradients_are_those_of_theory(tab: Any, given: dict[str, float], own: Activation) -> None:
    script = "([name, given]) => document.querySelector('#fig-depths .explorer').explorer.signal(name, given)"
    for name in [*elementwise(), own.name] if given["depth"] < 10 else FOLLOWED:
        found = tab.evaluate(script, [name, given])
        init = theory.Init("given", given["sigmaW"], given["sigmaB"])
        square = (given["start"] - given["sigmaB"] ** 2) / given["sigmaW"] ** 2
        true = theory.signal(name, init, int(given["depth"]), fan_in=1, mean_square=square)
        within = (true.q > 1e-28) & (true.q < 1e4)
        count = len(within) if within.all() else int(within.argmin())
        assert len(found["q"]) >= count
        assert np.allclose(found["q"][:count], true.q[:count], rtol=1e-6), name
        assert np.allclose(found["chi"][:count], true.chi[:count], rtol=1e-6, atol=1e-12), name


@in_browser
def test_a_length_settles_where_theory_says(tab: Any) -> None:
    script = "([name, given]) => document.querySelector('#fig-depths .explorer').explorer.settled(name, given)"
    for name, sigma_w, sigma_b in (("tanh", 1.4, 0.2), ("gelu", 1.339569, 0.486789), ("sigmoid", 2.0, 0.0)):
        found = tab.evaluate(script, [name, {"sigmaW": sigma_w, "sigmaB": sigma_b, "start": 1}])
        assert found == pytest.approx(theory.fixed_point(name, sigma_w=sigma_w, sigma_b=sigma_b), rel=1e-6)
    assert tab.evaluate(script, ["relu", {"sigmaW": 1.2, "sigmaB": 0, "start": 1}]) == 0
    assert tab.evaluate(script, ["identity", {"sigmaW": 1.2, "sigmaB": 0, "start": 1}]) == math.inf


@in_browser
def test_the_script_agrees_with_the_still_picture(tab: Any, drawings: dict[str, Drawing]) -> None:
    script = "([name, given]) => document.querySelector('#fig-depths .explorer').explorer.signal(name, given)"
    data, explored = drawings["fig-depths"].data, drawings["fig-depths"].explorer
    assert data is not None
    assert explored is not None
    he = data[(data["init"] == "He") & (data["activation"] == "GELU")]
    found = tab.evaluate(script, ["gelu", explored["start"]])
    assert np.allclose(found["q"], he["length q"], rtol=1e-6)
    assert np.allclose(found["chi"], he["gradient factor χ"], rtol=1e-6)


# --- a reader moves them


def card(found: Any, label: str) -> Any:
    cards = found.locator(".card").all()
    return next(one for one in cards if one.locator("select").evaluate("one => one.selectedOptions[0].text") == label)


def facts(one: Any) -> dict[str, str]:
    rows = one.locator("dl div").all()
    return {row.locator("dt").text_content(): row.locator("dd").text_content() for row in rows}


def number(text: str) -> float:
    return float(text.replace("−", "-"))


@in_browser
def test_a_slider_is_moved_by_keyboard_and_the_numbers_follow_the_table(fresh: Any, records: pd.DataFrame) -> None:
    swish = card(moving(fresh, "fig-functions"), "Swish")
    assert number(facts(swish)["minimum"].split(" at")[0]) == pytest.approx(-0.278, abs=5e-4)
    slider = swish.get_by_label("β of Swish")
    slider.focus()
    fresh.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "2"
    shown = facts(swish)
    rows = door.where(records, activation="swish", arm="beta=2").set_index("metric")["value"]
    assert number(shown["minimum"].split(" at")[0]) == pytest.approx(rows["minimum"], rel=5e-3)
    assert number(shown["minimum"].split("x = ")[1]) == pytest.approx(rows["minimum_x"], rel=5e-3)
    assert number(shown["Lipschitz constant"]) == pytest.approx(rows["lipschitz"], rel=5e-3)
    own = theory.stable_init("swish", beta=2.0)
    assert shown["stable init"] == f"σw {own.sigma_w:.3g}, σb {own.sigma_b:.3g}"
    fresh.wait_for_timeout(700)
    assert "Swish, β = 2" in fresh.locator("#fig-functions [role=status]").text_content()


@in_browser
def test_a_scale_of_the_input_moves_what_it_must(fresh: Any) -> None:
    found = moving(fresh, "fig-functions")
    before = facts(card(found, "Swish"))
    scale = found.get_by_label("input scale s")
    scale.focus()
    for _ in range(2):
        fresh.keyboard.press("ArrowRight")
    after = facts(card(found, "Swish"))
    assert scale.get_attribute("aria-valuetext") == "s = 2"
    assert after["minimum"].split(" at")[0] == before["minimum"].split(" at")[0]
    assert number(after["Lipschitz constant"]) == pytest.approx(2 * 1.09983932, rel=5e-3)
    own = theory.stable_init("swish", stretch=2.0)
    assert after["stable init"] == f"σw {own.sigma_w:.3g}, σb {own.sigma_b:.3g}"


@in_browser
def test_the_curves_are_drawn_where_the_numbers_stand(fresh: Any) -> None:
    found = moving(fresh, "fig-functions")
    paths = found.locator(".panel").first.locator("path.curve")
    before = [path.get_attribute("d") for path in paths.all()]
    slope = card(found, "Leaky ReLU").get_by_label("α of Leaky ReLU")
    slope.fill("0")
    after = [path.get_attribute("d") for path in paths.all()]
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, False, False]
    assert "M" not in after[0][1:], "a continuous curve is one line"
    slopes = found.locator(".panel").nth(1).locator("path.curve").first
    assert "M" in slopes.get_attribute("d")[1:], "a jump is a gap"
    slope.fill(slope.get_attribute("max"))
    assert "M" not in slopes.get_attribute("d")[1:], "at α = 1 the slope no longer jumps"


@in_browser
def test_functions_are_added_changed_and_taken_away_by_keyboard(fresh: Any, own: Activation) -> None:
    found = moving(fresh, "fig-functions")
    found.get_by_role("button", name="Add a function").focus()
    fresh.keyboard.press("Enter")
    assert found.locator(".card").count() == 4
    assert fresh.evaluate("document.activeElement.tagName") == "SELECT"
    found.locator(".card select").last.select_option(label=own.label)
    assert number(facts(card(found, own.label))["minimum"].split(" at")[0]) == pytest.approx(-0.429, abs=5e-4)
    assert found.locator(".name").all_text_contents().count(own.label) == 1
    assert found.get_by_role("button", name="Add a function").is_disabled()
    found.get_by_role("button", name="Remove tanh").click()
    assert found.locator(".card").count() == 3
    found.get_by_role("button", name="Start again").click()
    assert [one.evaluate("one => one.selectedOptions[0].text") for one in found.locator(".card select").all()] == [
        "Leaky ReLU", "tanh", "Swish",
    ]  # fmt: skip


@in_browser
def test_one_function_twice_has_two_dashes(fresh: Any) -> None:
    found = moving(fresh, "fig-functions")
    found.locator(".card select").first.select_option(label="Swish")
    dashes = [
        path.get_attribute("stroke-dasharray") for path in found.locator(".panel").first.locator("path.curve").all()
    ]
    assert len(set(dashes)) == 2


@in_browser
def test_an_init_sets_the_scales_and_a_hand_on_them_lets_it_go(fresh: Any) -> None:
    found = moving(fresh, "fig-depths")
    found.get_by_label("init").select_option(label="stable for GELU")
    assert facts(card(found, "GELU"))["q settles at"].startswith("1 (attracts: slope 0.873")
    assert facts(card(found, "GELU"))["χ in the last layer"] == "0.818"
    weights = found.get_by_label("σw, the scale of the weights")
    assert weights.get_attribute("aria-valuetext") == "1.34"
    weights.focus()
    fresh.keyboard.press("ArrowRight")
    assert found.get_by_label("init").evaluate("one => one.selectedOptions[0].text") == "as the sliders stand"
    depth = found.get_by_label("depth in layers")
    depth.focus()
    fresh.keyboard.press("End")
    assert "gradient² after 200 layers" in facts(card(found, "GELU"))


# --- a page stays a page


@in_browser
def test_nothing_is_said_and_the_still_picture_makes_room(fresh: Any) -> None:
    for label in ("fig-functions", "fig-depths"):
        moving(fresh, label)
        assert not fresh.locator(f"#{label} > .drawing").is_visible()
    assert fresh.told == []
    fresh.emulate_media(media="print")
    for label in ("fig-functions", "fig-depths"):
        assert fresh.locator(f"#{label} > .drawing").is_visible()
        assert not fresh.locator(f"#{label} .explorer").is_visible()


@in_browser
@pytest.mark.parametrize("fresh", [{"java_script_enabled": False}], indirect=True)
def test_without_script_the_still_picture_stands(fresh: Any) -> None:
    for label in ("fig-functions", "fig-depths"):
        assert fresh.locator(f"#{label} > .drawing svg").is_visible()
        assert not fresh.locator(f"#{label} .explorer").is_visible()


@in_browser
@pytest.mark.parametrize(
    "fresh", [{"viewport": {"width": width, "height": 844}} for width in (390, 320)], indirect=True
)
def test_a_phone_has_all_of_it_without_scrolling_sideways(fresh: Any) -> None:
    for label in ("fig-functions", "fig-depths"):
        found = moving(fresh, label)
        assert fresh.evaluate("document.documentElement.scrollWidth <= innerWidth")
        names = [one.evaluate("one => one.selectedOptions[0].text") for one in found.locator(".card select").all()]
        assert found.locator(".name").all_text_contents() == names
        boxes = [one.bounding_box() for one in found.locator("input, select, button, svg.plot").all()]
        width = fresh.evaluate("innerWidth")
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width + 0.5 for box in boxes)


@in_browser
@pytest.mark.parametrize("label", ["fig-functions", "fig-depths"])
def test_who_is_led_to_a_figure_finds_its_head(browser: Any, file: Path, label: str) -> None:
    found = visit(browser, file, viewport={"width": 1280, "height": 420})
    found.goto("about:blank")
    found.goto(f"{file.as_uri()}#{label}")
    found.locator(f"#{label}.moving .explorer").wait_for()
    top = f"document.getElementById('{label}').getBoundingClientRect().top"
    for _ in range(20):
        found.wait_for_timeout(250)
        if -1 <= found.evaluate(top) < 200:
            break
    found.wait_for_timeout(600)
    assert -1 <= found.evaluate(top) < 200
    found.context.close()


def tricked(drawing: Drawing, **changes: Any) -> Drawing:
    own = Drawing(figsize=(3, 1))
    own.explorer = json.loads(json.dumps(drawing.explorer)) | changes
    return own


@in_browser
def test_a_hostile_explorer_stays_text_or_stays_still(
    browser: Any, drawings: dict[str, Drawing], tmp_path: Path
) -> None:
    told = tricked(drawings["fig-functions"])
    assert told.explorer is not None
    first = told.explorer["functions"][told.explorer["chosen"][0]]
    first |= {"label": TRICK, "family": TRICK, "colour": 'red" onload="window.ran = true', "latex": TRICK}
    unknown = tricked(drawings["fig-depths"])
    assert unknown.explorer is not None
    for one in unknown.explorer["functions"]:
        one["tree"] = {"steps": [["x"], ["constructor", 0]], "outputs": [1, 1]}
    kinds = {
        f"fig-kind-{i}": tricked(drawings["fig-depths"], kind=kind) for i, kind in enumerate([TRICK, "constructor"])
    }
    figures = {"fig-told": told, "fig-unknown": unknown, **kinds}
    tab = visit(browser, page(figures, tmp_path / "report.html"))
    found = moving(tab, "fig-told")
    assert found.locator(".card select").first.evaluate("one => one.selectedOptions[0].text") == TRICK
    for label in ("fig-unknown", *kinds):
        tab.locator(f"#{label}").scroll_into_view_if_needed()
        tab.wait_for_timeout(400)
        assert tab.locator(f"#{label} > .drawing svg").is_visible()
        assert not tab.locator(f"#{label} .explorer").is_visible()
    assert tab.evaluate("window.ran") is None
    assert tab.locator("main img, main b").count() == 0
    assert [line for line in tab.told if not line.startswith("warning: this figure cannot be moved")] == []
    tab.context.close()


# --- without a browser


def test_a_figure_without_an_explorer_brings_no_script(drawings: dict[str, Drawing], tmp_path: Path) -> None:
    still = Drawing(figsize=(3, 1))
    with_one, without = (
        page(figures, tmp_path / name).read_text(encoding="utf-8")
        for name, figures in (("one.html", {"fig-a": drawings["fig-depths"]}), ("none.html", {"fig-a": still}))
    )
    assert "depthExplorer" in with_one
    assert "depthExplorer" not in without


def test_what_could_end_the_data_is_written_otherwise() -> None:
    picture = cells.Picture("svg", b"", "", Place("x", 1, ""), explorer=json.dumps({"kind": "depth", "label": TRICK}))
    markup = explorers.beside(picture)
    assert markup.count("</script>") == 1
    inside = markup.split('<script type="application/json">')[1].split("</script>")[0]
    assert json.loads(inside)["label"] == TRICK


def test_an_explorer_that_is_no_mapping_with_a_kind_is_left_out() -> None:
    foreign: tuple[Any, ...] = ("alert(1)", [1], {"functions": []}, None)
    for found in foreign:
        assert cells._explorer(found) == ""


def test_the_finding_and_the_data_come_from_the_records(records: pd.DataFrame, known: pd.DataFrame) -> None:
    lower = records.copy()
    lower.loc[(lower["activation"] == "swish") & (lower["metric"] == "minimum") & lower["arm"].isna(), "value"] = -0.5
    assert "−0.2785" in explorer.activation(records, known).finding
    assert "−0.5000" in explorer.activation(lower, known).finding
    data = explorer.activation(records, known).data
    assert data is not None
    assert list(data.columns) == ["activation", "x", "f(x)", "f′(x)", "f″(x)"]


def test_before_anything_is_measured_a_figure_says_so(known: pd.DataFrame) -> None:
    for draw in (explorer.activation, explorer.depth):
        assert draw(door.frame([]), known).explorer is None


def test_records_without_tables_still_move(records: pd.DataFrame, known: pd.DataFrame) -> None:
    old = records[~records["arm"].fillna("").str.contains("beta=|alpha=|scale=")]
    found = explorer.activation(old, known).explorer
    assert found is not None
    swish = next(one for one in found["functions"] if one["name"] == "swish")
    assert (found["scales"], swish["letters"], swish["others"]) == ([1.0], [], {"beta": 1.0})
    assert swish["table"]["sigma_w"][0][0] == pytest.approx(theory.stable_init("swish").sigma_w, rel=1e-5)
