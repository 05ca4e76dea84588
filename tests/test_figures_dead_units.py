"""The figures of dead units show what the records say, name what is missing, and repeat byte for byte."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import figure_records
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text as Label

from acts import figures, wording
from acts.figures import style
from acts.figures.table import Table
from acts.records import frame

CATALOGUE = figure_records.catalogue()
SEEDS = 6
CELLS = [(dataset, optimizer) for dataset in ("digits", "mnist1d") for optimizer in ("plain_sgd", "sgd", "adam")]
DOSES, SHARES = (1, 3, 10, 30), {"relu": 0.2, "leaky_relu": 0.0, "elu": 0.1, "swish": 0.05}
EMPTY = frame([])
DRAWINGS: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "zero": lambda records: figures.dead_units.doses(records, CATALOGUE, metric="zero_share"),
    "stuck": lambda records: figures.dead_units.doses(records, CATALOGUE),
    "epochs": lambda records: figures.dead_units.epochs(records, CATALOGUE),
    "dormancy": lambda records: figures.dead_units.dormancy(records, CATALOGUE),
    "rescues": lambda records: figures.dead_units.rescues(records, CATALOGUE),
    "recycling": lambda records: figures.dead_units.recycling(records, CATALOGUE),
    "born": lambda records: figures.dead_units.born(records, CATALOGUE),
    "sparsity": lambda records: figures.dead_units.sparsity(records, CATALOGUE),
}
LINES = ("zero", "stuck", "epochs", "dormancy", "born", "sparsity")


def final(activation: str, cell: tuple[str, str], seed: int, arm: str) -> dict[str, Any]:
    return {"experiment": "dead_units", "activation": activation, "dataset": cell[0], "network": "mlp_4x32",
            "norm": "none", "optimizer": cell[1], "init": "he", "lr": 0.1, "seed": seed, "phase": "final", "arm": arm,
            "device": "cpu", "dtype": "float32"}  # fmt: skip


def dosed() -> list[dict[str, Any]]:
    rng, rows = np.random.default_rng(0), []
    for name, share in SHARES.items():
        for cell in CELLS:
            for dose in DOSES:
                for seed in range(SEEDS):
                    value = min(1.0, share * dose**0.5 + rng.uniform(0, 0.02))
                    who = final(name, cell, seed, f"study=dose;dose={dose};bias=0")
                    told = {"zero_share": value, "stuck_share": value, "units": 128.0,
                            "diverged": float(name == "elu" and dose == 30 and seed == 0)}  # fmt: skip
                    rows += [{**who, "metric": metric, "value": number} for metric, number in told.items()]
                    rows += [{**who, "step": 34 * epoch, "metric": "zero_share", "value": value * epoch / 3}
                             for epoch in range(4)]  # fmt: skip
                    for layer in (1, 2):
                        counts = {"ever_zero_units": 5, "revived_units": layer - 1, "zero_epochs": 10,
                                  "revivals": layer - 1}  # fmt: skip
                        rows += [{**who, "layer": layer, "metric": metric, "value": float(number)}
                                 for metric, number in counts.items()]  # fmt: skip
                    for power in range(1, 7):
                        arm = f"study=dose;dose={dose};bias=0;tau=1e-{power}"
                        dormant = {"arm": arm, "metric": "dormant_share", "value": value / power}
                        rows += [{**who, **dormant}] if dose == 10 else []
    return rows


def tried() -> list[dict[str, Any]]:
    rows = []
    for number, cell in enumerate(CELLS):
        for seed in range(SEEDS):
            for name, factor in {"relu": 1.0, "leaky_relu": 0.5, "swish": 0.7}.items():
                who = final(name, cell, seed, "study=rescue;rescue=function")
                rows.append({**who, "split": "test", "metric": "error", "value": 0.5 * factor * (1 + 0.01 * number)})
            for rescue, factor in {"lower_rate": 0.4, "batch_norm": 0.3, "bias": np.inf}.items():
                who = final("relu", cell, seed, f"study=rescue;rescue={rescue}")
                rows.append({**who, "split": "test", "metric": "error", "value": 0.5 * factor})
            for who_anew, factor in {"dead": 0.8, "live": 0.9, "none": 1.0}.items():
                for end in ("", ";bias=0"):
                    who = final("relu", cell, seed, f"study=recycle;recycled={who_anew}{end}")
                    value = 0.4 * factor * (1 + 0.02 * seed)
                    rows.append({**who, "split": "test", "metric": "error", "value": value})
    return rows


def others() -> list[dict[str, Any]]:
    rows = []
    for name in ("relu", "tanh"):
        for seed in range(SEEDS):
            for phase in ("init", "final"):
                for layer in (1, 2, 3, 4):
                    who = {**final(name, CELLS[1], seed, "study=sparsity"), "phase": phase, "layer": layer}
                    rows.append({**who, "metric": "zero_fraction", "value": 0.5 * (name == "relu")})
                    rows.append({**who, "metric": "effective_rank", "value": 0.6 - 0.1 * layer + 0.01 * seed})
    born = {"experiment": "dead_units", "activation": "relu", "dataset": "gaussian", "arm": "study=born"}
    for width in (2, 3):
        for layers in range(2, 8):
            own = {**born, "network": f"mlp_{layers - 1}x{width}"}
            bound = 1 - (1 - 0.5**width) ** (layers - 1)
            rows.append({**own, "phase": "exact", "metric": "born_dead_bound", "value": bound})
            rows += [{**own, "phase": "init", "seed": seed, "metric": "born_dead_share", "value": 0.8 * bound}
                     for seed in range(SEEDS)]  # fmt: skip
        exact = {"metric": "born_dead_probability", "value": 3 * 0.25**width - 2 * 0.125**width}
        rows.append({**born, "network": f"mlp_2x{width}", "phase": "exact", **exact})
    return rows


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return frame([*dosed(), *tried(), *others()])


@pytest.fixture(scope="module")
def drawn(records: pd.DataFrame) -> dict[str, Figure]:
    return {name: draw(records) for name, draw in DRAWINGS.items()}


@pytest.mark.parametrize("name", DRAWINGS)
def test_panels_have_titles_and_axes_say_their_unit(name: str, drawn: dict[str, Figure]) -> None:
    figure = drawn[name]
    assert any(axes.get_xlabel() for axes in figure.axes)
    assert all(axes.get_title(loc="left") for axes in figure.axes)
    if name in LINES:
        assert any("%" in axes.get_ylabel() for axes in figure.axes)


@pytest.mark.parametrize("name", DRAWINGS)
def test_what_was_not_measured_is_said(name: str) -> None:
    said = [text.get_text() for text in DRAWINGS[name](EMPTY).findobj(Label)]
    assert any("not measured here" in text for text in said)


@pytest.mark.parametrize("name", DRAWINGS)
def test_nothing_is_drawn_outside_the_figure(name: str, drawn: dict[str, Figure]) -> None:
    figure = drawn[name]
    FigureCanvasAgg(figure).draw()
    width = figure.get_figwidth() * figure.dpi
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box.x0 > -0.02 * width
        assert box.x1 < 1.04 * width


@pytest.mark.parametrize("name", [name for name in LINES if name != "born"])
def test_names_at_the_ends_of_lines_do_not_touch(name: str, drawn: dict[str, Figure]) -> None:
    figure = drawn[name]
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
        assert boxes
        for one, other in combinations(boxes, 2):
            above = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert above <= 0.15 * one.height or min(one.x1, other.x1) <= max(one.x0, other.x0)


@pytest.mark.parametrize("name", ["stuck", "recycling"])
def test_the_same_records_give_the_same_bytes(name: str, records: pd.DataFrame, drawn: dict[str, Figure]) -> None:
    shuffled = records.sample(frac=1, random_state=1, ignore_index=True)
    assert style.render(drawn[name]) == style.render(DRAWINGS[name](shuffled))


def test_a_dose_is_drawn_in_per_cent_of_the_units(records: pd.DataFrame, drawn: dict[str, Figure]) -> None:
    rows = records[(records["arm"] == "study=dose;dose=10;bias=0") & (records["metric"] == "stuck_share")]
    own = rows[(rows["dataset"] == "digits") & (rows["optimizer"] == "plain_sgd") & (rows["activation"] == "relu")]
    axes = drawn["stuck"].axes[0]
    heights = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.lines])
    assert np.isclose(heights, 100 * own["value"].mean()).any()


def test_marks_are_hollow_where_a_network_diverged(drawn: dict[str, Figure]) -> None:
    for axes in drawn["stuck"].axes:
        hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none" and len(line.get_xdata())]
        assert len(hollow) == 1
        assert len(hollow[0].get_xdata()) == 1


def test_revivals_are_summed_and_their_hazard_is_a_mean_over_networks(records: pd.DataFrame) -> None:
    table = figures.dead_units.revivals(records, CATALOGUE)
    assert isinstance(table, Table)
    assert table.frame["optimizer"].tolist() == ["plain SGD"] * 2 + ["SGD"] * 2 + ["Adam"] * 2
    networks = 2 * len(DOSES) * SEEDS
    assert set(table.frame["ever"]) == {str(5 * networks)}
    assert table.frame["back"].tolist() == ["0", str(networks)] * 3
    assert table.frame["share"].tolist() == ["0", "20"] * 3
    assert all(text.startswith("0.10") for text in table.frame["hazard"][1::2])


def test_divergence_is_counted_by_dose(records: pd.DataFrame) -> None:
    table = figures.dead_units.diverged(records, CATALOGUE).frame.set_index("activation")
    assert table.loc["ELU", "30"] == f"6 of {6 * SEEDS}"
    assert table.loc["ReLU", "30"] == f"0 of {6 * SEEDS}"


def test_tables_say_what_was_not_measured() -> None:
    for draw in (figures.dead_units.revivals, figures.dead_units.diverged):
        assert "not measured here" in draw(EMPTY, CATALOGUE).to_markdown()
    assert "Nothing of this" in figures.dead_units.measured(EMPTY).markdown


def test_the_telling_counts_networks_and_units(records: pd.DataFrame) -> None:
    said = figures.dead_units.measured(records).markdown
    networks = len(SHARES) * len(CELLS) * len(DOSES) * SEEDS
    assert f"{networks} networks, {wording.thousands(128 * networks)} units" in said
    assert "plain SGD, SGD, Adam" in said


def test_rescues_are_ratios_to_relu_left_alone(drawn: dict[str, Figure]) -> None:
    axes = drawn["rescues"].axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["Leaky ReLU", "Swish", "ReLU, tuned rate", "ReLU, BatchNorm", "ReLU, start bias 0.1"]
    points = {round(float(line.get_xdata()[0]), 3) for line in axes.lines if line.get_marker() == "o"}
    assert {0.5, 0.7} <= points
    assert [line for line in axes.lines if line.get_marker() == ">"]


def test_recycling_compares_all_three_copies(drawn: dict[str, Figure]) -> None:
    for axes, ratio in zip(drawn["recycling"].axes, (0.8, 0.9, 0.8 / 0.9), strict=True):
        points = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o"]
        assert len(points) == 12
        assert np.allclose(points, ratio)


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_finding_follows_the_records_and_the_data_can_be_taken_along(
    name: str, records: pd.DataFrame, drawn: dict[str, Figure]
) -> None:
    changed = records["activation"].eq("relu") & records["seed"].notna() & ~records["arm"].str.contains("=none")
    value = records["value"] * np.where(changed, 0.7, 1.0)
    figure, moved = drawn[name], DRAWINGS[name](records.assign(value=value))
    assert isinstance(figure, style.Drawing)
    assert isinstance(moved, style.Drawing)
    assert any(character.isdigit() for character in figure.finding)
    assert figure.finding != moved.finding
    assert figure.data is not None
    assert {"95 % low", "95 % high"} <= set(figure.data.columns)
    assert not any("_" in column for column in figure.data.columns)
    assert len(figure.data)


def test_panels_stand_in_rows_of_one_optimiser(drawn: dict[str, Figure]) -> None:
    assert [axes.get_title(loc="left") for axes in drawn["zero"].axes] == [
        f"{dataset}, {optimizer}" for optimizer in ("plain SGD", "SGD", "Adam") for dataset in ("digits", "MNIST-1D")
    ]


def test_born_dead_networks_lie_below_their_bound(drawn: dict[str, Figure]) -> None:
    data = drawn["born"].data  # type: ignore[attr-defined]
    assert np.allclose(data["born dead (%)"], 0.8 * data["upper bound (%)"])
    assert data["exact (%)"].notna().sum() == 2


def test_lost_runs_are_counted_behind_the_scale(drawn: dict[str, Figure]) -> None:
    for axes in drawn["rescues"].axes:
        assert [text.get_text() for text in axes.texts] == ["2 ∞"]
