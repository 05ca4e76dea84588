"""Shares of variance by task, the table of all results, shallow networks, and Leaky ReLU by its slope."""

import figure_records
import numpy as np
import pandas as pd
import pytest

from acts.figures import asides, generalization, shares, tasks
from acts.records import concat, frame

CATALOGUE = figure_records.catalogue()
ERRORS = {"sigmoid": 0.30, "tanh": 0.20, "relu": 0.25}


def finals(network, dataset, errors, *, seeds=8):
    rng = np.random.default_rng(len(dataset))
    rows = []
    for name, error in errors.items():
        for seed in range(seeds):
            who = {"experiment": "generalization", "activation": name, "dataset": dataset, "network": network,
                   "norm": "none", "optimizer": "adam", "seed": seed, "phase": "final", "arm": "best", "init": "he",
                   "lr": 0.01, "split": "test"}  # fmt: skip
            value = error * np.exp(0.02 * rng.standard_normal())
            rows += [{**who, "metric": "error", "value": value}, {**who, "metric": "accuracy", "value": 1 - value}]
    return frame(rows)


def tunes(network, dataset, *, effects, seeds=8, without=()):
    """Return tuning runs whose log errors are a sum of effects of activation, init, rate and seed."""
    rng = np.random.default_rng(0)
    rows = []
    drawn = {name: sd * rng.standard_normal(12) for name, sd in effects.items()}
    for a, name in enumerate(ERRORS):
        for i, init in enumerate(("he", "lecun", "stable")):
            for r, rate in enumerate((0.01, 0.02, 0.04, 0.08)):
                for seed in range(seeds):
                    log = drawn["activation"][a] + drawn["init"][i] + drawn["rate"][r] + drawn["seed"][seed]
                    who = {"experiment": "generalization", "activation": name, "dataset": dataset, "network": network,
                           "norm": "none", "optimizer": "adam", "seed": 1000 + seed, "phase": "tune", "init": init,
                           "lr": rate, "split": "validation", "metric": "error"}  # fmt: skip
                    if (name, init) not in without:
                        rows.append({**who, "value": 0.1 * np.exp(log + 0.01 * rng.standard_normal())})
    return frame(rows)


NONE = {"activation": 0.0, "init": 0.0, "rate": 0.0, "seed": 0.0}


@pytest.mark.parametrize("factor", ["activation", "init", "rate", "seed"])
def test_the_factor_that_moves_the_outcome_has_the_variance(factor):
    records = concat([finals("mlp_2x8", "wine", ERRORS), tunes("mlp_2x8", "wine", effects={**NONE, factor: 0.5})])
    (row,) = shares.table(records).to_dict("records")
    assert row[factor] > 0.95
    assert sum(row[part] for part in ("activation", "init", "rate", "seed", "rest")) == pytest.approx(1)
    assert row["runs"] == 3 * 3 * 4 * 8


def test_inits_that_some_lack_are_left_out_and_diverged_runs_count_as_the_worst():
    effects = {**NONE, "rate": 0.5}
    tune = tunes("mlp_2x8", "wine", effects=effects, without=(("relu", "stable"),))
    tune.loc[tune["lr"] == 0.08, "value"] = np.inf
    (row,) = shares.table(concat([finals("mlp_2x8", "wine", ERRORS), tune])).to_dict("records")
    assert row["runs"] == 3 * 2 * 4 * 8
    assert row["diverged"] == pytest.approx(0.25)
    assert row["rate"] > 0.8


def test_shares_are_drawn_to_a_hundred_per_cent():
    records = concat([finals("mlp_2x8", "wine", ERRORS), tunes("mlp_2x8", "wine", effects={**NONE, "seed": 0.5})])
    figure = generalization.shares(records, CATALOGUE)
    (axes,) = figure.axes
    assert sum(bar.get_width() for bar in axes.patches) == pytest.approx(100)
    assert "seed" in figure.finding
    assert "Not measured here" in generalization.shares(frame([]), CATALOGUE).finding


def shallow_records():
    parts = [finals(f"mlp_1x{width}", dataset, ERRORS) for width in (16, 128) for dataset in ("wine", "moons")]
    return concat([*parts, finals("mlp_2x8", "wine", ERRORS)])


def test_shallow_networks_stand_apart_from_the_tournament():
    records = shallow_records()
    assert set(tasks.judged(records)["network"]) == {"mlp_2x8"}
    assert set(tasks.judged(records, aside=True)["network"]) == {"mlp_1x16", "mlp_1x128", "mlp_2x8"}
    figure = generalization.shallow(records, CATALOGUE)
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
    assert titles == ["ReLU, MLP 1 × 16", "tanh, MLP 1 × 16", "ReLU, MLP 1 × 128", "tanh, MLP 1 × 128"]
    assert figure.finding == (
        "Of 8 contrasts with sigmoid, 8 are below 1, 8 of them with their whole interval; 0 have theirs above 1."
    )
    assert "Not measured here" in generalization.shallow(frame([]), CATALOGUE).finding


def sloped():
    errors = {"leaky_relu": 0.2, "relu": 0.21, "leaky_relu(alpha=0.1)": 0.19, "leaky_relu(alpha=0.5)": 0.24}
    return concat([finals("mlp_2x8", dataset, errors) for dataset in ("wine", "moons", "iris")])


def test_slopes_are_ratios_to_the_usual_one_and_variants_join_no_other_figure():
    records = sloped()
    assert set(tasks.judged(records)["activation"]) == {"leaky_relu", "relu"}
    found = asides.slope_ratios(records)
    means = found.groupby("alpha")["middle"].mean()
    assert list(means.index) == [0.0, 0.01, 0.1, 0.5]
    assert means[0.01] == 1
    assert means[0.1] == pytest.approx(0.95, rel=0.05)
    figure = generalization.slopes(records, CATALOGUE)
    assert "lowest at a slope of 0.1" in figure.finding
    plain = finals("mlp_2x8", "wine", ERRORS)
    assert "Not measured here" in generalization.slopes(plain, CATALOGUE).finding


def test_the_table_of_results_has_half_a_line_an_activation_and_names_each_task_once():
    table = generalization.results(concat([finals("mlp_2x8", "wine", {**ERRORS, "gelu": 0.2, "elu": 0.1})]), CATALOGUE)
    lines = table.frame
    assert isinstance(lines, pd.DataFrame)
    assert len(lines) == 3
    assert list(lines["task"])[:2] == ["wine", "MLP 2 × 8"]
    assert lines["task"].iloc[2].startswith("% wrong, n = 8, median r = ")
    named = [*lines["activation1"], *lines["activation2"].iloc[:2]]
    assert sorted(named) == sorted(["sigmoid", "tanh", "ReLU", "ELU", "GELU"])
    assert lines["activation2"].iloc[2] == " "
