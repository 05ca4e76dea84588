"""Chapter 08 draws shares of gaps, changes, readings and caught networks, and says what was not measured."""

from collections.abc import Callable
from typing import Any
from zlib import crc32

import figure_records
import numpy as np
import pandas as pd
import pytest
import taken
from matplotlib.figure import Figure

from acts.figures import caught, changes, gaps, mechanisms, readings, style
from acts.records import check, frame

CATALOGUE = figure_records.catalogue()
SEEDS = range(6)
Row = dict[str, Any]
Drawing = Callable[[pd.DataFrame], Any]
DRAWINGS: dict[str, Drawing] = {
    "slope": lambda records: mechanisms.gap(records, CATALOGUE, study="slope"),
    "gradient": lambda records: mechanisms.gap(records, CATALOGUE, study="gradient"),
    "pairs": lambda records: mechanisms.pairs(records, CATALOGUE),
    "at_zero": lambda records: mechanisms.at_zero(records, CATALOGUE),
    "mixed": lambda records: mechanisms.mixed(records, CATALOGUE),
    "killed": lambda records: mechanisms.killed(records, CATALOGUE),
    "slopes": lambda records: mechanisms.slopes(records, CATALOGUE),
    "regions": lambda records: mechanisms.regions(records, CATALOGUE),
    "fit": lambda records: mechanisms.fit(records, CATALOGUE),
    "narrow": lambda records: mechanisms.narrow(records, CATALOGUE),
    "linear": lambda records: mechanisms.linear(records, CATALOGUE),
}
TABLES: dict[str, Drawing] = {
    "directions": lambda records: mechanisms.directions(records, CATALOGUE),
    "catches": lambda records: mechanisms.catches(records, CATALOGUE),
}


def trained(activation: str, study: str, level: float, **columns: Any) -> list[Row]:
    """Return one arm's rows over seeds: a level, times the same noise for all arms and a little of its own."""
    own = np.random.default_rng(crc32(f"{activation} {study} {sorted(columns.items(), key=str)}".encode()))
    shared = np.random.default_rng(0).normal(0, 0.2, len(SEEDS))
    values = level * np.exp(shared + own.normal(0, 0.01, len(SEEDS)))
    arm = f"{columns.pop('pick', 'best')};study={study}{columns.pop('factor', '')}"
    who = {
        "experiment": "mechanisms", "phase": "final", "dataset": "digits", "network": "mlp_4x32", "norm": "none",
        "optimizer": "sgd", "init": "he", "lr": 0.1, "device": "cpu", "dtype": "float32", "split": "test",
    }  # fmt: skip
    return [
        {**who, **columns, "activation": activation, "arm": arm, "seed": seed, "value": float(values[seed])}
        for seed in SEEDS
    ]


def gap_rows(study: str) -> list[Row]:
    sides = {("sigmoid", "lecun", "none"): 2.0, ("tanh", "lecun", "none"): 0.5}
    more: dict[str, dict[tuple[str, str, str], float]] = {
        "slope": {("sigmoid(stretch=4)", "lecun", "none"): 1.0, ("sigmoid(shift=-0.5)", "lecun", "none"): 2.0},
        "gradient": {("sigmoid", "chi", "none"): 0.25, ("sigmoid", "lecun", "batch"): 1.0},
    }
    levels = {**sides, **more[study]}
    return [
        row
        for (name, init, norm), level in levels.items()
        for row in trained(name, study, level, init=init, norm=norm, pick="each", metric="loss_area")
    ]


def changed() -> list[Row]:
    rows = [row for name, level in (("sigmoid", 1.0), ("sigmoid(shift=-0.5)", 0.8), ("relu", 0.5), ("elu", 0.5))
            for optimizer in ("sgd", "adam")
            for row in trained(name, "centring", level, metric="loss_area", optimizer=optimizer)]  # fmt: skip
    rows += [row for name in ("relu(at_zero=0)", "relu(at_zero=1)") for dtype in ("float32", "bfloat16")
             for row in trained(name, "zero", 0.1, metric="error", dtype=dtype)]  # fmt: skip
    rows += [row for name in ("relu(at_zero=0)", "relu(at_zero=1)") for dtype in ("float32", "bfloat16")
             for row in trained(name, "zero", 0.0 if dtype == "float32" else 1e-5, metric="at_zero_share",
                                dtype=dtype)]  # fmt: skip
    rows += [row for name, factor in (("tanh", ""), ("relu", ""), ("tanh", ";layers=tanh|relu"))
             for row in trained(name, "mixed", 0.1, metric="error", factor=factor)]  # fmt: skip
    rows += [row for share in (0.0, 0.5)
             for row in trained("relu", "killed", 0.1 + share, metric="error", factor=f";share={share:g}")]  # fmt: skip
    rows += trained("relu", "killed", 0.4, metric="error", network="mlp_4x16", factor=";share=0")
    return rows + [
        row
        for layer in (1, 2, 3, 4)
        for row in trained("prelu", "rectified", 0.1 * layer, metric="alpha", layer=layer, split=None)
    ]


def read() -> list[Row]:
    rows = []
    for seed in SEEDS:
        who = {"experiment": "mechanisms", "seed": seed, "init": "he", "norm": "none", "device": "cpu"}
        for name, pieces in (("relu", 8.0), ("identity", 1.0)):
            rows += [{**who, "phase": "init", "activation": name, "dataset": "digits", "network": network,
                      "arm": "study=regions", "split": "test", "metric": "regions",
                      "value": pieces + (pieces > 1) * (depth + seed / 10)}
                     for depth, network in ((1, "mlp_1x32"), (2, "mlp_2x24"))]  # fmt: skip
            rows += [{**who, "phase": "init", "activation": name, "dataset": "gaussian", "network": network,
                      "arm": "study=narrow", "metric": metric, "value": share + seed / 100}
                     for share, network in ((0.2, "mlp_1x8"), (0.5, "mlp_1x16"))
                     for metric in ("reconstruction", "reconstruction_affine")]  # fmt: skip
        for name, cosine in (("relu", 0.2), ("elu", 0.3)):
            probe = {**who, "phase": "init", "activation": name, "dataset": "digits", "network": "mlp_4x32",
                     "split": "train", "arm": "study=negative"}  # fmt: skip
            rows.append({**probe, "metric": "natural_cosine", "value": cosine + seed / 1000})
            rows.append({**probe, "metric": "one_sign_share", "value": float(name == "relu")})
            rows.append({**probe, "metric": "one_sign_share", "layer": 2, "value": float(name == "relu")})
    fits = [(network, split) for network in ("mlp_1x32", "mlp_2x24") for split in ("train", "test")]
    for network, split in fits:
        rows += trained("relu", "fit", 0.3, dataset="waves", network=network, split=split, metric="loss")
    for network in ("mlp_1x4", "mlp_1x8"):
        rows += trained("relu", "narrow", 0.3, dataset="signs", network=network, metric="error")
    return rows


def linear() -> list[Row]:
    """Return caught networks on seven tasks: tanh at 0.8 of the linear network's test loss, sigmoid never caught."""
    rows = []
    for dataset in ("wine", "iris", "moons", "circles", "quantiles", "hastie", "diabetes"):
        noisy = "stopped_noise_loss" if dataset == "diabetes" else "stopped_noise_error"
        for name, level, step, met in (("identity", 1.0, 60, 1), ("tanh", 0.8, 15, 1), ("sigmoid", 1.5, 120, 0)):
            told = {("test", "stopped_loss"): level, ("test", noisy): level, ("train", "stopped_loss"): 1.0,
                    (None, "met"): met, (None, "stopped_step"): step}  # fmt: skip
            rows += [
                {**row, "arm": "study=linear", "value": value * (1 + 0.01 * row["seed"] * (value == 0.8))}
                for (split, metric), value in told.items()
                for row in trained(name, "linear", 1.0, dataset=dataset, split=split, metric=metric)
            ]
    return rows


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return check(frame([*gap_rows("slope"), *gap_rows("gradient"), *changed(), *read(), *linear()]))


# --- what is drawn ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_names_its_axes_and_panels_and_repeats_its_bytes(name: str, records: pd.DataFrame) -> None:
    figure = DRAWINGS[name](records)
    assert isinstance(figure, Figure)
    assert any(axes.get_xlabel() for axes in figure.axes)
    assert all(axes.get_title(loc="left") for axes in figure.axes)
    assert style.render(figure) == style.render(DRAWINGS[name](records))


@pytest.mark.parametrize("name", DRAWINGS)
def test_what_was_not_measured_is_said_and_no_panel_is_empty(name: str) -> None:
    figure = DRAWINGS[name](frame([]))
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert len(said) == 1
    assert said[0].startswith("not measured here: ")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_records_says_so(name: str) -> None:
    assert "not measured here" in TABLES[name](frame([])).to_markdown()
    assert mechanisms.trained(frame([])).markdown == "Nothing of this was measured here."
    assert mechanisms.zeros(frame([])).markdown == "Nothing of this was measured here."


# --- what the numbers are ---------------------------------------------------------------------------------------------


def test_shares_of_a_gap_are_of_logarithms_and_tanh_is_the_whole_of_it(records: pd.DataFrame) -> None:
    slope = gaps.shares(records, "slope").set_index("change")["middle"]
    assert slope["steeper: σ(4x)"] == pytest.approx(0.5, abs=0.02)
    assert slope["centred: σ(x) − ½"] == pytest.approx(0, abs=0.02)
    assert slope["both: tanh"] == pytest.approx(1)
    deep = gaps.shares(records, "gradient").set_index("change")
    assert deep["middle"]["gradient kept"] == pytest.approx(1.5, abs=0.02)
    assert deep["middle"]["BatchNorm"] == pytest.approx(0.5, abs=0.02)
    assert (deep["low"] < deep["middle"]).all()
    assert (deep["middle"] < deep["high"]).all()


def test_a_gap_that_may_be_none_is_not_shared_out(records: pd.DataFrame) -> None:
    rows = records[records["arm"] == "each;study=slope"].copy()
    flip = (rows["activation"] == "tanh") & (rows["seed"] % 2 == 0)
    rows.loc[flip, "value"] *= 16
    found = gaps.shares(rows, "slope")
    assert found["middle"].isna().all()
    figure = mechanisms.gap(rows, CATALOGUE, study="slope")
    assert "no gap to share with SGD" in [text.get_text() for axes in figure.axes for text in axes.texts]


def test_pairs_are_ratios_of_the_changed_function_to_the_plain_one(records: pd.DataFrame) -> None:
    found = changes.ratios_of_pairs(records)
    ratio = found.set_index(["pair", "optimizer"])["middle"]
    assert ratio["σ − ½ ÷ σ", "sgd"] == pytest.approx(0.8, rel=0.02)
    assert ratio["ELU ÷ ReLU", "adam"] == pytest.approx(1.0, rel=0.02)
    assert set(found["pair"]) == {"σ − ½ ÷ σ", "ELU ÷ ReLU"}


def test_caught_networks_are_compared_task_by_task_and_over_tasks(records: pd.DataFrame) -> None:
    found = caught.ratios(records, "stopped_loss")
    mean = found[found["task"] == caught.OVER].set_index("activation")
    assert mean["n"].tolist() == [7, 7]
    assert mean["middle"]["tanh"] == pytest.approx(0.8 * np.prod([1 + 0.01 * seed for seed in SEEDS]) ** (1 / 6))
    assert mean["middle"]["sigmoid"] == pytest.approx(1.5)
    table = mechanisms.catches(records, CATALOGUE).frame.set_index("activation")
    assert table.loc["tanh", ["met", "step", "ahead"]].tolist() == ["42 of 42", "25", "7 of 7"]
    assert table.loc["sigmoid", ["met", "step", "below", "ahead"]].tolist() == ["0 of 42", "200", "1.00", "0 of 7"]


def test_noise_is_scored_by_error_where_there_are_classes_and_by_loss_elsewhere(records: pd.DataFrame) -> None:
    found = caught.ratios(records, caught.NOISY)
    assert set(found["task"]) >= {"wine", "diabetes", caught.OVER}


def test_signs_and_cosines_stand_beside_each_other(records: pd.DataFrame) -> None:
    table = mechanisms.directions(records, CATALOGUE).frame.set_index("activation")
    assert table.loc["ReLU", "signs"].startswith("100")
    assert table.loc["ELU", "signs"].startswith("0")
    assert table.loc["ELU", "study=negative"].startswith("0.302")
    assert table.loc["ELU", "study=negative;damping=1"] == "–"


def test_pieces_fall_and_rise_as_records_say_and_dead_units_are_counted_by_those_that_live(
    records: pd.DataFrame,
) -> None:
    figure = mechanisms.regions(records, CATALOGUE)
    drawn = {tuple(np.round(line.get_ydata(), 6)) for axes in figure.axes for line in axes.lines}
    assert {(9.25, 10.25), (1.0, 1.0)} <= drawn
    live = {
        tuple(line.get_xdata()) for axes in mechanisms.killed(records, CATALOGUE).axes for line in axes.lines
        if line.get_marker() in ("o", "s")
    }  # fmt: skip
    assert live == {(32.0, 16.0)}


def test_the_absolute_value_is_called_that() -> None:
    assert readings.named(CATALOGUE, "leaky_relu(alpha=-1)") == "absolute value"
    assert readings.named(CATALOGUE, "relu") == "ReLU"


def test_words_say_what_was_measured_and_what_was_not(records: pd.DataFrame) -> None:
    said = mechanisms.trained(records).markdown
    assert "6 paired seeds" in said
    assert "Not measured in this configuration: saturation." in said
    assert "in float32, none of 12 networks has any" in mechanisms.zeros(records).markdown
    assert "in bfloat16, 12 of 12 networks have any" in mechanisms.zeros(records).markdown


@pytest.mark.parametrize("name", DRAWINGS)
def test_figures_say_their_finding_and_give_their_data(name: str, records: pd.DataFrame) -> None:
    taken.check(DRAWINGS[name], records)
