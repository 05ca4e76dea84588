"""Figures of curves and of speed can be taken along as tables, say their finding, and name rows and lines once."""

from collections.abc import Callable

import figure_records
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from acts import figures
from acts.figures import dots, labels
from acts.figures.sheets import sheet
from acts.figures.style import Drawing, own_style, panels
from acts.records import frame

CATALOGUE = figure_records.catalogue()
DRAWINGS: dict[str, Callable[[pd.DataFrame], Drawing]] = {
    "response": lambda records: figures.convergence.response(records, CATALOGUE),
    "losses": lambda records: figures.convergence.losses(records, CATALOGUE),
    "differences": lambda records: figures.convergence.differences(records, CATALOGUE),
    "bands": lambda records: figures.convergence.bands(records, CATALOGUE),
}


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return figure_records.convergence(datasets=("digits", "spirals"), optimizers=("sgd",))


@pytest.fixture(scope="module")
def moved(records: pd.DataFrame) -> pd.DataFrame:
    """Return records in which ELU learns much faster on wide ranges of rates, and others as they were."""
    return records.assign(value=records["value"].where(records["activation"] != "elu", records["value"] ** 2 / 9))


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_says_its_finding_and_gives_its_data(name: str, records: pd.DataFrame, moved: pd.DataFrame) -> None:
    figure, other = DRAWINGS[name](records), DRAWINGS[name](moved)
    assert figure.finding != other.finding
    assert "ELU" in other.finding
    assert figure.data is not None
    assert other.data is not None
    assert {"data set", "network", "activation", "95 % low", "95 % high"} <= set(figure.data.columns)
    assert not figure.data.equals(other.data)
    assert not any("_" in str(one) for one in [*figure.data.columns, *figure.data["activation"]] if "bump" not in one)


def test_curves_give_both_lines_and_say_what_lies_outside() -> None:
    facts = figure_records.formulas()
    ends = facts.assign(
        value=facts["value"].where((facts["metric"] != "supremum") | (facts["activation"] != "relu"), 6.0)
    )
    figure = figures.formulas.curves(ends, CATALOGUE)
    assert list(figure.data.columns) == ["activation", "x", "f(x)", "f′(x)"]
    assert figure.data["x"].abs().max() <= 4
    said = {axes.get_title(loc="left"): [text.get_text() for text in axes.texts] for axes in figure.axes}
    assert [name for name, texts in said.items() if "ends at 6" in texts] == ["ReLU"]
    assert sum("rectifier" in texts for texts in said.values()) == 1
    assert "0 are bounded" in figures.formulas.curves(facts, CATALOGUE).finding
    assert "1 are bounded" in figure.finding


def test_a_sheet_is_in_a_readers_words_and_leaves_out_what_is_not_there() -> None:
    rows = pd.DataFrame(
        {"activation": ["leaky_relu"], "optimizer": ["plain_sgd"], "depth": [2.0], "low": [np.nan], "other": [1]}
    )
    columns = {"activation": "activation", "optimizer": "optimiser", "depth": "depth", "low": "95 % low", "n": "n"}
    found = sheet(rows, CATALOGUE, columns)
    assert list(found.columns) == ["activation", "optimiser", "depth", "95 % low"]
    assert found.to_csv(index=False).splitlines()[1] == "Leaky ReLU,plain SGD,2,"
    assert len(sheet(frame([]), CATALOGUE, {"activation": "activation"})) == 0


def test_lines_that_end_in_one_place_share_a_bracket_and_keep_their_order() -> None:
    assert labels.bundles([0.5, 0.9, 0.5, 0.501], 0.1) == [[0, 2, 3], [1]]
    assert labels.bundles([0.5, 0.52], 0.1) == [[1, 0]]
    figure, (axes,) = panels(1, 1, height=1.0, right=1.0)
    axes.set_ylim(0, 1)
    ends = [labels.End(name, 0.0, "#0b62d8") for name in ("first", "second", "third", "fourth")]
    texts = labels.at_ends(axes, ends)
    FigureCanvasAgg(figure).draw()
    heights = {text.get_text(): text.get_position()[1] for text in texts}
    assert sorted(heights, key=heights.__getitem__, reverse=True) == ["first", "second", "third", "fourth"]
    assert len(axes.lines) == 2, "one line leads to the names and one stands beside them"


def test_rows_are_named_once() -> None:
    names = ["one", "a longer name"]
    with own_style():
        figure, grid = dots.beside(3, 2, names)
        for axes in grid:
            dots.rows_of_dots(axes, [dots.Dot("one", 1.0, 0.9, 1.1, "#0b62d8")], names, limits=(0.5, 2))
        FigureCanvasAgg(figure).draw()
        assert [len(axes.get_yticklabels()) for axes in grid] == [2, 0, 2]
        lefts = [box.x0 for axes in grid if (box := axes.get_tightbbox()) is not None]
        assert len(lefts) == 3
        assert min(lefts) >= 0


def test_a_cell_counts_the_seeds_that_chose_each_init(records: pd.DataFrame) -> None:
    table = figures.convergence.inits(records, CATALOGUE)
    assert set(table.frame["mlp_2x32 sgd"]) == {"4\u00a0·\u00a04\u00a0·\u00a04"}
    assert table.note == "Seeds that chose He · LeCun · stable."
    assert len(table.frame) == table.frame["activation"].nunique()


def test_how_many_runs_reach_a_target_is_said_where_not_all_do(records: pd.DataFrame) -> None:
    table = figures.convergence.targets(records, CATALOGUE).frame.set_index("activation")
    easy, hard = (f"sgd best;target={share}" for share in ("0.5", "0.25"))
    assert table.loc["ReLU", easy] == "40"
    assert "(0\u00a0of\u00a06)" in table.loc["identity", hard]


def test_a_function_that_only_rises_takes_its_minimum_up_to_a_place() -> None:
    facts = figure_records.formulas()
    changed = facts["activation"].eq("swish") & facts["metric"].eq("monotone")
    frame_ = figures.formulas.properties(facts.assign(value=facts["value"].mask(changed, 0.0)), CATALOGUE).frame
    table = frame_.set_index("label")["minimum"].str.replace("\u00a0", " ")
    assert table["ReLU"] == "0 for x ≤ 0"
    assert table["Swish"] == "0 at 0"


def test_lines_of_two_families_differ_without_colour(records: pd.DataFrame) -> None:
    figure = figures.convergence.losses(records, CATALOGUE)
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
    looks = {(line.get_marker(), str(line.get_linestyle()), str(line._unscaled_dash_pattern)) for line in lines}
    assert len(looks) == len(lines) == len(figure_records.SPEED)


def test_points_at_one_depth_stand_side_by_side_in_order() -> None:
    figure = figures.gradient_flow.flow(figure_records.gradient_flow(), CATALOGUE)
    bars = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    deepest = [float(line.get_xdata()[-1]) for line in bars]
    assert len(set(deepest)) == len(bars) == len(figure_records.FACTORS)
    assert max(deepest) - min(deepest) < 0.06 * max(deepest)


def test_a_long_name_leaves_room_for_the_panels() -> None:
    _, grid = dots.beside(3, 3, ["a name of the user's own that goes on and on and on " * 4])
    assert all(axes.get_position().width > 0.1 for axes in grid)
