"""Figures say what they show: axes with units, names that do not touch, repeatable bytes, and gaps that are named."""

import math
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import figure_records
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import taken
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text as Label

from acts import claims, figures
from acts.figures import intervals, labels, naming, palette, responses, scales, style
from acts.figures.rates import octaves
from acts.figures.table import MISSING, Table, escape, number, tame
from acts.records import frame, where

CATALOGUE = figure_records.catalogue()
EMPTY = frame([])
Drawing = Callable[[pd.DataFrame], Any]

DRAWINGS: dict[str, Drawing] = {
    "curves": lambda records: figures.formulas.curves(records, CATALOGUE),
    "flow": lambda records: figures.gradient_flow.flow(records, CATALOGUE),
    "lengths": lambda records: figures.gradient_flow.lengths(records, CATALOGUE),
    "centring": lambda records: figures.gradient_flow.centring(records, CATALOGUE),
    "response": lambda records: figures.convergence.response(records, CATALOGUE),
    "response_adam": lambda records: figures.convergence.response(records, CATALOGUE, optimizer="adam"),
    "losses": lambda records: figures.convergence.losses(records, CATALOGUE),
    "differences": lambda records: figures.convergence.differences(records, CATALOGUE),
    "bands": lambda records: figures.convergence.bands(records, CATALOGUE),
    "forest": lambda records: figures.verdicts.forest(records, claims.ledger(records)),
    "tournament": lambda records: figures.generalization.tournament(records, CATALOGUE),
    "responses": lambda records: figures.generalization.responses(records, CATALOGUE),
    "gates": lambda records: figures.generalization.gates(records, CATALOGUE),
}
LEDGER_DRAWINGS: dict[str, Drawing] = {"tiles": figures.verdicts.tiles, "topics": figures.verdicts.topics}
TABLES: dict[str, Drawing] = {
    "formulas": lambda _: figures.formulas.formulas(CATALOGUE),
    "derivatives": lambda _: figures.formulas.derivatives(CATALOGUE),
    "properties": lambda records: figures.formulas.properties(records, CATALOGUE),
    "moments": lambda records: figures.formulas.moments(records, CATALOGUE),
    "factors": lambda records: figures.gradient_flow.factors(records, CATALOGUE),
    "inits": lambda records: figures.convergence.inits(records, CATALOGUE),
    "targets": lambda records: figures.convergence.targets(records, CATALOGUE),
    "diverged": lambda records: figures.convergence.diverged(records, CATALOGUE),
    "summary": lambda records: figures.generalization.summary(records, CATALOGUE),
    "results": lambda records: figures.generalization.results(records, CATALOGUE),
}
TELLINGS: dict[str, Drawing] = {
    "networks": figures.tellings.networks,
    "flows": lambda records: figures.tellings.flows(records, CATALOGUE),
    "runs": figures.tellings.runs,
    "against": lambda records: figures.tellings.against(records, CATALOGUE),
    "tournament": figures.tellings.tournament,
    "over_tasks": lambda records: figures.tellings.over_tasks(records, CATALOGUE),
    "gating": lambda records: figures.tellings.gating(records, CATALOGUE),
}


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return figure_records.everything()


@pytest.fixture(scope="module")
def drawn(records: pd.DataFrame) -> dict[str, Figure]:
    return {name: draw(records) for name, draw in DRAWINGS.items()}


@pytest.fixture(scope="module")
def ledger(records: pd.DataFrame) -> pd.DataFrame:
    return claims.ledger(records, config="cpu")


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Label) if text.get_text() and text.get_visible()]


def boxes(figure: Figure) -> list[tuple[str, Any]]:
    FigureCanvasAgg(figure).draw()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    return [(text.get_text(), text.get_window_extent(renderer)) for axes in figure.axes for text in axes.texts]


def svg(figure: Figure) -> str:
    return style.render(figure).decode()


# --- drawings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_labels_its_axes_and_names_every_panel(name: str, drawn: dict[str, Figure]) -> None:
    figure = drawn[name]
    across = [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]
    assert across, "no axis is named"
    assert all(axes.get_title(loc="left") for axes in figure.axes)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("flow", "log₁₀"), ("flow", "layers"), ("lengths", "log₁₀"), ("response", "nats"), ("losses", "nats"),
        ("losses", "step"), ("differences", "÷ that of ReLU"), ("bands", "octaves"), ("forest", "margins"),
        ("response", "learning rate"), ("centring", "÷"), ("tournament", "ratio to ReLU"), ("responses", "error (%)"),
        ("responses", "% of var."), ("responses", "learning rate"), ("gates", "nats per character"), ("gates", "ratio"),
    ],
)  # fmt: skip
def test_axes_state_their_unit(name: str, unit: str, drawn: dict[str, Figure]) -> None:
    said = {axes.get_xlabel() for axes in drawn[name].axes} | {axes.get_ylabel() for axes in drawn[name].axes}
    assert any(unit in text for text in said), said


@pytest.mark.parametrize("name", ["flow", "lengths", "centring", "response", "losses", "responses"])
def test_names_at_the_ends_of_lines_do_not_touch(name: str, drawn: dict[str, Figure]) -> None:
    found = boxes(drawn[name])
    assert len(found) > 5
    for (one, box), (other, second) in combinations(found, 2):
        overlap = min(box.y1, second.y1) - max(box.y0, second.y0)
        beside = min(box.x1, second.x1) - max(box.x0, second.x0)
        assert overlap <= 0.12 * box.height or beside <= 0, (one, other)


def test_the_forest_has_a_row_a_claim_with_its_words_beside_the_axis(records: pd.DataFrame) -> None:
    ledger = claims.ledger(records)
    figure = figures.verdicts.forest(records, ledger)
    FigureCanvasAgg(figure).draw()
    shown = {text for text in texts(figure) if re.fullmatch(r"C\d\d", text)}
    assert len(shown) >= 3
    assert not shown & set(ledger.loc[ledger["verdict"] == "not measured here", "claim"])
    axis = figure.axes[0].get_window_extent()
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert box.x1 <= axis.x0 + 1 or box.x0 >= axis.x1 - 1, text.get_text()
        assert box.x0 >= -1, text.get_text()
        assert box.x1 <= figure.bbox.x1 + 1, text.get_text()


@pytest.mark.parametrize("name", ["flow", "losses"])
def test_every_activation_is_named_beside_its_line(name: str, drawn: dict[str, Figure]) -> None:
    said = " ".join(texts(drawn[name]))
    assert all(label in said for label, _ in figure_records.NAMES.values())


@pytest.mark.parametrize(
    "name", ["curves", "flow", "losses", "differences", "bands", "tournament", "responses", "gates"]
)
def test_nothing_is_drawn_outside_the_figure(name: str, drawn: dict[str, Figure]) -> None:
    figure = drawn[name]
    FigureCanvasAgg(figure).draw()
    width, height = figure.get_size_inches() * figure.dpi
    for text in figure.findobj(Label):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 > -0.06 * width, text.get_text()
            assert box.x1 < 1.06 * width, text.get_text()
            assert box.y1 < 1.04 * height, text.get_text()


@pytest.mark.parametrize("name", ["flow", "response", "differences", "bands", "tournament", "responses", "gates"])
def test_an_interval_is_drawn_for_every_measured_point(name: str, drawn: dict[str, Figure]) -> None:
    for axes in drawn[name].axes:
        lines = [line for line in axes.lines if len(line.get_xdata()) > 1]
        assert len(axes.collections) + len(lines) >= 3


@pytest.mark.parametrize("name", ["flow", "differences", "tournament"])
def test_the_same_records_give_the_same_bytes(name: str, records: pd.DataFrame, drawn: dict[str, Figure]) -> None:
    again = DRAWINGS[name](records)
    assert style.render(drawn[name]) == style.render(again)
    assert style.render(drawn[name], "png") == style.render(again, "png")


def test_what_a_process_has_set_changes_no_figure(records: pd.DataFrame, drawn: dict[str, Figure]) -> None:
    with mpl.rc_context({"font.size": 20, "patch.force_edgecolor": True, "axes.facecolor": "red"}):
        again = DRAWINGS["differences"](records)
        assert style.render(again) == style.render(drawn["differences"])


def test_an_svg_keeps_text_as_text_is_transparent_and_has_no_date(drawn: dict[str, Figure]) -> None:
    markup = svg(drawn["flow"])
    assert ">sigmoid" in markup
    assert "dc:date" not in markup
    assert not re.search(r"fill:\s*#ffffff", markup)


def test_a_users_label_is_text_and_never_markup_or_mathematics(drawn: dict[str, Figure]) -> None:
    label = figure_records.NAMES["my_bump"][0]
    assert label.replace("&", "&amp;") in svg(drawn["losses"])


def test_colour_follows_the_family_in_every_figure(drawn: dict[str, Figure]) -> None:
    for name in ("flow", "losses"):
        for axes in drawn[name].axes:
            for text in axes.texts:
                known = [family for label, family in figure_records.NAMES.values() if text.get_text() == label]
                if known:
                    assert text.get_color() == palette.of_family(known[0])


@pytest.mark.parametrize("name", LEDGER_DRAWINGS)
def test_the_ledger_is_drawn_with_its_counts(name: str, ledger: pd.DataFrame) -> None:
    figure = LEDGER_DRAWINGS[name](ledger)
    said = texts(figure)
    for word, count in ledger["verdict"].value_counts().items():
        assert word in said
        if name == "tiles":
            assert str(count) in said
    if name == "tiles":
        assert set(ledger["claim"]) <= set(said)


# --- gaps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_without_records_says_so(name: str) -> None:
    assert any("not measured here" in text for text in texts(DRAWINGS[name](EMPTY)))


@pytest.mark.parametrize("name", LEDGER_DRAWINGS)
def test_an_empty_ledger_says_so(name: str) -> None:
    assert any("not measured here" in text for text in texts(LEDGER_DRAWINGS[name](claims.ledger(EMPTY, claims=[]))))


@pytest.mark.parametrize("name", [name for name in TABLES if name not in ("formulas", "derivatives")])
def test_a_table_without_records_says_so(name: str) -> None:
    assert "not measured here" in TABLES[name](EMPTY).to_html()


@pytest.mark.parametrize("name", TELLINGS)
def test_a_sentence_without_records_says_so(name: str) -> None:
    assert "Nothing" in TELLINGS[name](EMPTY).markdown


def test_a_catalogue_that_is_not_published_says_so() -> None:
    assert "not published" in figures.formulas.formulas(CATALOGUE.iloc[:0]).to_html()
    assert "not published" in figures.formulas.derivatives(CATALOGUE.iloc[:0]).to_html()


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("kept", ["one activation", "few seeds", "no theory"])
def test_partial_records_draw_what_there_is(name: str, kept: str, records: pd.DataFrame) -> None:
    part = {
        "one activation": where(records, activation="relu"),
        "few seeds": records[records["seed"].isna() | records["seed"].isin([0, 1, 1000, 1001])],
        "no theory": records[(records["phase"] != "exact") | (records["experiment"] == "formulas")],
    }[kept]
    assert DRAWINGS[name](part).axes


def test_without_a_catalogue_names_serve_as_labels(records: pd.DataFrame) -> None:
    figure = figures.gradient_flow.flow(records, CATALOGUE.iloc[:0])
    assert any("leaky_relu" in text for text in texts(figure))


def test_a_run_that_diverged_is_shown_and_never_dropped(records: pd.DataFrame) -> None:
    lost = records.copy()
    hit = (lost["metric"] == "loss_area") & (lost["phase"] == "final") & (lost["activation"] == "elu")
    lost.loc[hit & (lost["seed"] == 0), "value"] = np.inf
    ratios = figures.convergence.paired_ratios(lost)
    assert (ratios.loc[ratios["activation"] == "elu", "n"] == 6).all()
    assert figures.convergence.differences(lost, CATALOGUE).axes
    table = figures.convergence.diverged(lost, CATALOGUE)
    assert "12 of 360" in table.to_html()


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_the_factor_per_layer_is_the_slope_that_the_records_were_made_with(records: pd.DataFrame) -> None:
    table = figures.gradient_flow.factors(records, CATALOGUE)
    row = table.frame.set_index("activation").loc["ReLU"]
    measured, theory = re.fullmatch(r"([\d.]+) \(([\d.]+)\)", row["lecun"]).groups()  # type: ignore[union-attr]
    assert float(theory) == 0.5
    assert math.isclose(float(measured), 0.5, rel_tol=0.05)


def test_a_mean_of_tiny_ratios_does_not_underflow_and_its_interval_holds_it() -> None:
    logs = np.array([-400.0, -400.2, -399.9, -400.1, -400.05, -399.95, -400.0, -400.3])
    middle, low, high = intervals.log10_of_mean(logs)
    assert low < middle < high < -399
    assert math.isclose(middle, -400 + math.log10(np.mean(10 ** (logs + 400))), rel_tol=1e-12)


def test_paired_ratios_cancel_what_the_seeds_share(records: pd.DataFrame) -> None:
    ratios = figures.convergence.paired_ratios(records)
    identity = ratios[ratios["activation"] == "identity"]
    assert np.allclose(identity["middle"], 2.2, rtol=0.06)
    assert ((identity["low"] < identity["middle"]) & (identity["middle"] < identity["high"])).all()


def test_the_width_of_the_good_band_is_measured_in_octaves() -> None:
    rates = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    assert octaves(rates, np.ones(5)) == 4.0
    assert octaves(rates, np.array([np.inf] * 5)) == 0.0
    one = octaves(rates, np.array([9.0, 9.0, 1.0, 9.0, 9.0]))
    assert 0 < one < 0.2
    step = math.log(1.1) / math.log(9)
    assert math.isclose(one, 2 * step)


def test_the_stable_rule_names_the_term_that_binds(records: pd.DataFrame) -> None:
    assert set(figures.formulas.moments(records, CATALOGUE).frame["rule"]) == {"length"}


def test_sentences_are_made_of_numbers_from_the_records(records: pd.DataFrame) -> None:
    assert "6 random networks" in figures.tellings.networks(records).markdown
    assert "6 paired seeds" in figures.tellings.runs(records).markdown
    assert "80" in figures.tellings.against(records, CATALOGUE).markdown
    assert "Over 50 layers" in figures.tellings.flows(records, CATALOGUE).markdown


def test_the_summary_counts_what_the_ledger_holds(ledger: pd.DataFrame) -> None:
    told = figures.verdicts.summary(claims.summarise(ledger)).markdown
    for word, count in ledger["verdict"].value_counts().items():
        assert f"{count} {word}" in told


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_headings_for_readers_and_no_raw_names(name: str, records: pd.DataFrame) -> None:
    table = TABLES[name](records)
    head = table.to_markdown().strip().splitlines()[0]
    assert "_" not in re.sub(r"\$[^$]*\$", "", head)
    assert len(table.frame)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_of_a_table_has_as_many_cells_as_the_head(name: str, records: pd.DataFrame) -> None:
    lines = [line for line in TABLES[name](records).to_markdown().splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


def test_a_table_shows_both_forms_and_aligns_numbers_right() -> None:
    table = Table(pd.DataFrame({"a": ["x"], "b": [-1.5]}), {"a": "Name", "b": "Loss (nats)"})
    bundle = table._repr_mimebundle_()
    assert "−1.50" in bundle["text/markdown"]
    assert re.search(r"-+: \|\n", bundle["text/markdown"])
    assert 'text-align:right">−1.50' in bundle["text/html"]


def test_text_of_a_user_is_escaped_in_both_forms() -> None:
    table = Table(pd.DataFrame({"a": ["<b>|*x*$y$ [@z]</b>"]}), {"a": "Name"})
    assert r"\<b\>\|\*x\*\$y\$ \[\@z\]" in table.to_markdown()
    assert "&lt;b&gt;" in table.to_html()


def test_mathematics_may_hold_bars_and_markdown_may_cite() -> None:
    frame_ = pd.DataFrame({"m": [r"\left|x\right|", None], "c": ["[@nair2010]", None]})
    said = Table(frame_, {"m": "$f$", "c": "Source"}, math=("m",), markdown=("c",)).to_markdown()
    assert r"$\left\vert x\right\vert$" in said
    assert "[@nair2010]" in said
    assert said.count(MISSING) == 2


def test_a_function_of_the_users_own_shows_its_reference_as_text() -> None:
    own = CATALOGUE.assign(key=[None, *CATALOGUE["key"][1:]], reference="me *and* you")
    said = figures.formulas.formulas(own).to_markdown()
    assert r"me \*and\* you" in said
    assert "@None" not in said
    assert "@nan" not in said


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(ValueError, match="no column 'b'; columns are a"):
        Table(pd.DataFrame({"a": [1]}), {"b": "B"})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.5, "−1.50"), (0.0123456, "0.0123"), (9.999, "10.0"),
        (123456.7, "1.23 × 10⁵"), (-2.5e-9, "−2.50 × 10⁻⁹"), (math.nan, "–"), (math.inf, "∞"), (-math.inf, "−∞"),
        (0.9999999999999, "1"), (-123.4, "−123"),
    ],
)  # fmt: skip
def test_numbers_are_written_for_readers(value: float, shown: str) -> None:
    assert number(value) == shown


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_escaping_leaves_no_special_character_bare(text: str) -> None:
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", escape(text))
    assert not re.search(r"[\\`*_{}\[\]<>#|$^~@]", bare)


def test_taming_leaves_no_bar_and_no_blank_at_the_edge() -> None:
    assert tame(r" |x|\| ") == r"\vert x\vert \Vert"


# --- words ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_labels_keep_their_distance_order_and_panel(wanted: list[float]) -> None:
    placed = labels.spread(wanted, 0.05, low=0.0, high=1.0)
    ordered = [placed[at] for at in np.argsort(wanted, kind="stable")]
    assert all(second - first >= 0.05 - 1e-9 for first, second in pairwise(ordered))
    assert min(placed) >= -1e-9
    assert max(placed) <= 1 + 1e-9


def test_labels_that_have_room_stay_where_their_lines_end() -> None:
    assert labels.spread([0.9, 0.1, 0.5], 0.05, low=0.0, high=1.0) == pytest.approx([0.9, 0.1, 0.5])


@given(st.floats(1e-4, 10), st.floats(1.05, 1e4))
def test_ticks_are_few_round_and_inside(low: float, ratio: float) -> None:
    found = scales.ticks(low, low * ratio, count=5)
    assert len(found) <= 5
    assert all(low <= tick <= low * ratio for tick in found)


def test_words_are_a_readers() -> None:
    assert naming.word("mlp_8x32") == "MLP 8 × 32"
    assert naming.word("resmlp_8x32") == "residual MLP 8 × 32"
    assert naming.word("autoencoder_32x8") == "autoencoder 32–8–32"
    assert naming.word("pmlb_red_wine") == "red wine (PMLB)"
    assert naming.task("digits", "cnn_2x8") == "digits, CNN 2 × 8"
    assert naming.task("digits", "transformer_2x32", "batch") == "digits, Transformer 2 × 32, BatchNorm"
    assert naming.word("fashion_mnist") == "Fashion-MNIST"
    assert naming.label(CATALOGUE, "leaky_relu(alpha=0.1)") == "Leaky ReLU (α = 0.1)"
    assert naming.label(CATALOGUE, "unheard_of") == "unheard_of"


def test_figures_never_meet_torch() -> None:
    code = (
        "import sys; from acts import figures; figures.use_style(); figures.formulas; figures.gradient_flow; "
        "figures.convergence; figures.generalization; figures.verdicts; figures.tellings; "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["forest", "tournament", "responses", "gates"])
def test_figures_of_many_tasks_say_their_finding_and_give_their_data(name: str, records: pd.DataFrame) -> None:
    taken.check(DRAWINGS[name], records, told=name not in ("forest", "responses"))


@pytest.mark.parametrize("name", LEDGER_DRAWINGS)
def test_figures_of_the_ledger_count_it_in_words_and_data(name: str, records: pd.DataFrame) -> None:
    ledger = claims.ledger(records)
    figure, other = LEDGER_DRAWINGS[name](ledger), LEDGER_DRAWINGS[name](ledger.iloc[:-3])
    assert figure.finding != other.finding
    assert not figure.data.equals(other.data)


def test_claims_of_the_ledger_lead_to_their_cards_and_to_what_they_are_seen_in(records: pd.DataFrame) -> None:
    ledger = claims.ledger(records)
    told = figures.verdicts.listing(ledger).to_markdown()
    seen = ledger[ledger["evidence"] != ""]
    assert len(seen) > 3
    for claim, evidence in zip(seen["claim"], seen["evidence"], strict=True):
        assert f"[{claim}](#claim-{claim}) [@{evidence.split()[0]}" in told
    supported = ledger.iloc[[0]].assign(verdict="refuted", effect=0.0, low=0.0, high=0.0, unit="% less loss area", n=12)
    assert "no difference in loss area; n" in figures.verdicts.falls(supported, "refuted").to_markdown()


def test_a_long_title_is_broken_where_its_longer_line_is_shortest() -> None:
    assert responses._parted("digits, residual MLP 8 × 32, LayerNorm") == "digits, residual MLP 8 × 32\nLayerNorm"
    assert responses._parted("digits, CNN 2 × 16") == "digits\nCNN 2 × 16"
    assert responses._parted("digits") == "digits"


@pytest.mark.parametrize(("low", "high"), [(0.87, 1.39), (0.95, 1.05), (0.5, 1.05), (0.05, 3.5), (1.0, 20.0)])
def test_a_log_axis_has_at_least_three_numbers(low: float, high: float) -> None:
    found = scales.ticks(low, high)
    assert 3 <= len(found) <= 6
    assert all(low <= tick <= high for tick in found)
