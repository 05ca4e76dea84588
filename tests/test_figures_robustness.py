"""Figures of what trained networks bear show what the records hold, in a reader's words, and name what is missing."""

import re
from collections.abc import Callable
from typing import Any

import figure_records
import numpy as np
import pandas as pd
import pytest
import taken
from matplotlib.figure import Figure

from acts import figures
from acts.figures import arms, heads, style, tasks
from acts.figures.table import MISSING, Table
from acts.records import check, frame

CATALOGUE = figure_records.catalogue()
EMPTY = frame([])
NAMES = {"relu": 1.0, "elu": 0.8, "gelu": 0.995, "sigmoid": 1.6}
SEEDS = 8
INITS = ("torch_default", "he", "stable")
NETS = (("mlp_2x32", "none"), ("mlp_16x32", "none"), ("mlp_16x32", "batch"), ("resmlp_16x32", "none"))
Drawing = Callable[[pd.DataFrame], Any]
DRAWINGS: dict[str, Drawing] = {
    name: lambda records, name=name: getattr(figures.robustness, name)(records, CATALOGUE)
    for name in ("noise", "areas", "labels", "mislabelled", "blocks", "endings", "rectified")
}
TABLES: dict[str, Drawing] = {
    name: lambda records, name=name: getattr(figures.robustness, name)(records, CATALOGUE)
    for name in ("reached", "calibration")
}


def rows(arm: str, network: str, norm: str, told: dict[str, Any], **who: Any) -> list[dict[str, Any]]:
    """Return the rows of one run under an arm."""
    run = {"experiment": "robustness", "network": network, "norm": norm, "optimizer": "sgd", "lr": 0.1,
           "device": "cpu", "dtype": "float32", "phase": "final", "arm": arm, **who}  # fmt: skip
    return [{**run, "split": None if metric == "lr_tuned" else "test", "metric": metric, "value": value}
            for metric, value in told.items()]  # fmt: skip


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    found: list[dict[str, Any]] = []
    for seed in range(SEEDS):
        shared = float(np.exp(generator.normal(0, 0.1)))
        for name, factor in NAMES.items():
            who = {"activation": name, "dataset": "digits", "seed": seed, "init": "he"}
            error = 0.1 * factor * shared * float(np.exp(generator.normal(0, 0.01)))
            for a in (0, 1, 2, 3):
                found += rows(f"best;study=noise;a={a}", "mlp_4x32", "none", {"accuracy": 1 - error * (1 + a)}, **who)
            told = {"error": error, "error_area": 2.5 * error, "accuracy_area": 1 - 2.5 * error, "lr_tuned": 0.1}
            found += rows("best;study=noise", "mlp_4x32", "none", told, **who)
            for share in (0, 0.2, 0.4):
                arm = f"best;study=labels;flipped={share:g}"
                found += rows(arm, "mlp_4x32", "none", {"error": error * (1 + share)}, **who)
            found += cells(who, error)
        found += ends(seed, shared, generator)
    return check(frame(found))


def cells(who: dict[str, Any], error: float) -> list[dict[str, Any]]:
    """Return a run in every network under every init; sigmoid is lost where the network is deep and plain."""
    found = []
    for network, norm in NETS:
        lost = who["activation"] == "sigmoid" and (network, norm) == ("mlp_16x32", "none")
        for init in INITS:
            told = {"error": np.inf if lost and init == "he" else 0.9 if lost else error}
            found += rows("each;study=cells", network, norm, told, **{**who, "init": init})
        found += rows("best;study=cells", network, norm, {"error": 0.9 if lost else error}, **{**who, "init": "stable"})
    return found


def ends(seed: int, shared: float, generator: np.random.Generator) -> list[dict[str, Any]]:
    """Return a run under every head."""
    found = []
    who = {"activation": "relu", "seed": seed, "init": "he"}
    for dataset in ("moons", "breast_cancer"):
        for place, head in enumerate((*heads.BINARY, "relu+mse", "linear+cross_entropy", "relu+cross_entropy")):
            error = 0.05 * (1 + 0.2 * place) * shared * float(np.exp(generator.normal(0, 0.02)))
            told = {"error": error, "loss": 3 * error}
            if head in heads.BINARY:
                told |= {"calibration": 0.7 * error, "calibration_fitted": 0.6 * error}
            found += rows(f"best;study=heads;head={head}", "mlp_2x32", "none", told, **who, dataset=dataset)
    for head, loss in (("linear+mse", 0.5), ("relu+mse", 0.8)):
        arm = f"best;study=heads;head={head}"
        found += rows(arm, "mlp_2x32", "none", {"loss": loss * shared}, **who, dataset="waves")
    return found


@pytest.fixture(scope="module")
def drawn(records: pd.DataFrame) -> dict[str, Figure]:
    return {name: draw(records) for name, draw in DRAWINGS.items()}


@pytest.mark.parametrize("name", DRAWINGS)
def test_panels_are_named_their_axes_too_and_intervals_drawn(name: str, drawn: dict[str, Figure]) -> None:
    figure = drawn[name]
    assert figure.axes
    texts = [text.get_text() for text in figure.texts]
    assert any(axes.get_xlabel() for axes in figure.axes) or any("÷" in text for text in texts)
    if name != "blocks":
        assert all(axes.get_title(loc="left") for axes in figure.axes)
    for axes in figure.axes:
        spans = [line for line in axes.lines if len(set(np.round(np.asarray(line.get_xdata(), float), 9))) > 1]
        assert spans or axes.collections
    assert figure.finding  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", DRAWINGS)
def test_nothing_leaves_the_page(name: str, drawn: dict[str, Figure]) -> None:
    svg = style.render(drawn[name]).decode()
    width = float(re.search(r'<svg[^>]*\swidth="([\d.]+)pt"', svg)[1])  # type: ignore[index]
    assert width <= 72 * (style.WIDTH + 0.35)


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_raw_word_of_the_records_is_shown(name: str, drawn: dict[str, Figure]) -> None:
    svg = style.render(drawn[name]).decode()
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert texts
    assert not [text for text in texts if re.search(r"[a-z]_[a-z]|mlp|study|\+(bce|mse|hinge)", text)]


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_missing_part_says_so(name: str) -> None:
    figure = DRAWINGS[name](EMPTY)
    assert "not measured here" in figure.axes[0].texts[0].get_text()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_a_row_a_part_or_says_what_is_missing(name: str, records: pd.DataFrame) -> None:
    table: Table = TABLES[name](records)
    assert len(table.frame) == {"reached": len(NETS), "calibration": 2}[name]
    assert MISSING not in table.frame.to_numpy().ravel()
    assert "not measured here" in TABLES[name](EMPTY).to_markdown()


def test_networks_stand_from_shallow_to_deep_and_residual_ones_last(records: pd.DataFrame) -> None:
    found = list(figures.robustness.reached(records, CATALOGUE).frame["network"])
    assert found == ["digits, MLP 2 × 32", "digits, MLP 16 × 32", "digits, MLP 16 × 32, BatchNorm",
                     "digits, residual MLP 16 × 32"]  # fmt: skip


def test_ratios_are_those_that_the_records_were_made_with(records: pd.DataFrame) -> None:
    rows = arms.judged(records, "robustness", "noise", "error_area")
    found = arms.ratios(rows, by=["dataset", "network", "norm"], of="activation", base="relu").set_index("activation")
    for name, factor in NAMES.items():
        if name != "relu":
            assert found.loc[name, "middle"] == pytest.approx(factor, rel=0.02)
            assert found.loc[name, "low"] < factor < found.loc[name, "high"]
            assert found.loc[name, "n"] == SEEDS


def test_dots_are_filled_where_the_interval_lies_beyond_the_margin(drawn: dict[str, Figure]) -> None:
    marks = {round(float(line.get_xdata()[0]), 6): line.get_markerfacecolor()
             for line in drawn["areas"].axes[0].lines if line.get_marker() == "o"}  # fmt: skip
    low, high = tasks.BANDS["error"]
    assert len(marks) == 3
    for ratio, face in marks.items():
        assert (face == "none") == (low < ratio < high), ratio


def test_a_lost_network_is_an_arrow_and_a_diverged_one_never_dropped(drawn: dict[str, Figure]) -> None:
    arrows = [line for axes in drawn["blocks"].axes for line in axes.lines if line.get_marker() == ">"]
    assert len(arrows) == 1


def test_studies_are_told_apart_by_their_arms(records: pd.DataFrame) -> None:
    noise, labels = (arms.studied(records, "robustness", study, metric="error") for study in ("noise", "labels"))
    assert set(labels["flipped"]) == {"0", "0.2", "0.4"}
    assert len(noise) == SEEDS * len(NAMES)
    assert arms.factors("best;study=heads;head=tanh+hinge") == {"pick": "best", "study": "heads", "head": "tanh+hinge"}


def test_what_was_trained_is_counted(records: pd.DataFrame) -> None:
    said = figures.robustness.trained(records).markdown
    assert said == (
        "Measured here: 4 activations on 1 data set with 8 paired seeds; 32 final runs, behind them 0 tuning runs."
    )
    assert "Nothing" in figures.robustness.trained(EMPTY).markdown


def test_relu_on_outputs_is_judged_by_the_loss_where_there_are_no_classes(records: pd.DataFrame) -> None:
    found = heads._rectified(records).set_index(["dataset", "loss"])
    assert found.loc[("waves", "mse"), "middle"] == pytest.approx(1.6)
    assert found.loc[("waves", "mse"), "metric"] == "loss"
    assert set(found.drop(("waves", "mse"))["metric"]) == {"error"}
    assert set(found["output"]) == {"relu"}


@pytest.mark.parametrize("name", DRAWINGS)
def test_figures_say_their_finding_and_give_their_data(name: str, records: pd.DataFrame) -> None:
    taken.check(DRAWINGS[name], records)
