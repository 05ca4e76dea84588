"""The tournament plans from its records alone, tunes on validation rows by the judged metric, and repeats itself."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reviewing
from reviewing import Reviewed

from acts import datasets, records, tuning
from acts.experiments import generalization
from acts.params import Params

CLASSES: dict[str, Any] = {
    "dataset": "moons", "network": "mlp_2x8", "activations": ("relu", "tanh"), "optimizer": "adam",
    "steps": 30, "batch": 16, "rates": (0.01, 0.02, 0.04),
}  # fmt: skip
QUANTITY = {**CLASSES, "dataset": "diabetes", "optimizer": "sgd", "dropout": 0.1, "rates": (0.02, 0.04)}
CODES = {**CLASSES, "dataset": "digits", "network": "autoencoder_16x4", "norm": "layer", "inits": ("lecun",)}
TASKS = (CLASSES, QUANTITY, CODES)


def params(*tasks: dict[str, Any], **changed: Any) -> Params:
    given = {"seeds": 2, "inits": ("he", "stable"), "growths": 1, "evaluations": 3, "tasks": tasks or TASKS, **changed}
    return Params.model_validate({"title": "small", "experiments": {"generalization": given}, "notebooks": ("a",)})


def review(asked: Params, *, alone: bool = False) -> Reviewed:
    return reviewing.review(generalization, asked, alone=alone)


@pytest.fixture(scope="module")
def reviewed() -> Reviewed:
    return review(params())


def final(table: pd.DataFrame, **conditions: Any) -> pd.DataFrame:
    return records.where(table, phase="final", **conditions)


def test_records_keep_the_rules_of_the_table(reviewed: Reviewed) -> None:
    table, _ = reviewed
    records.check(table)
    assert set(table.loc[table["phase"] == "tune", "seed"]) == {1000, 1001}
    assert set(table.loc[table["phase"] == "final", "seed"]) == {0, 1}
    assert set(table.loc[table["phase"] == "tune", "split"].dropna()) == {"validation"}
    assert not table[["value", "norm", "init", "lr"]].isna().any().any()
    assert table["step"].isna().all()


def test_a_task_has_the_metrics_that_suit_it(reviewed: Reviewed) -> None:
    table, _ = reviewed
    everywhere = {"loss", "loss_area", "lr_tuned", "lr_edge", "diverged"}
    told = {"moons": {"error", "accuracy"}, "diabetes": set(), "digits": set()}
    for dataset, more in told.items():
        assert set(final(table, dataset=dataset)["metric"]) == everywhere | more
        tuned = records.where(table, phase="tune", dataset=dataset)
        assert set(tuned["metric"]) == {"loss", "diverged"} | more
    scored = final(table, arm="best", metric="loss").groupby(["dataset", "activation", "seed"])["split"]
    assert scored.apply(set).apply(lambda found: found == {"train", "validation", "test"}).all()


def test_an_error_is_what_accuracy_lacks_and_never_nothing(reviewed: Reviewed) -> None:
    table, _ = reviewed
    columns = ["phase", "arm", "activation", "init", "lr", "seed", "split"]
    rows = records.where(table, dataset="moons")
    error, accuracy = (rows[rows["metric"] == one].set_index(columns)["value"] for one in ("error", "accuracy"))
    parts = datasets.split("moons", 0)
    counts = {part: min(generalization.ROWS[part], len(getattr(parts, part))) for part in generalization.ROWS}
    floor = error.index.get_level_values("split").map({part: 0.5 / count for part, count in counts.items()})
    assert (error == np.maximum(1 - accuracy.loc[error.index], floor)).all()


def test_every_arm_is_paired_over_activations(reviewed: Reviewed) -> None:
    table, _ = reviewed
    for dataset, metric in (("moons", "error"), ("diabetes", "loss"), ("digits", "loss")):
        pairs = records.paired(final(table, dataset=dataset, arm="best", split="test"), metric)
        assert pairs.shape == (2, 2)
        assert pairs.notna().all().all()


def test_final_rates_are_those_that_tuning_chooses_by_the_judged_metric(reviewed: Reviewed) -> None:
    table, _ = reviewed
    for task in TASKS:
        metric = generalization.judged(task["dataset"], task["network"])
        tuned = records.where(table, phase="tune", metric=metric, dataset=task["dataset"])
        for (activation, rule, seed), curve in tuned.groupby(["activation", "init", "seed"]):
            measured = dict(zip(curve["lr"], curve["value"], strict=True))
            rates, choice = tuning.search(task["rates"], measured, growths=1)
            assert sorted(measured) == rates
            assert choice is not None
            where = {"dataset": task["dataset"], "activation": activation, "init": rule, "seed": seed - 1000}
            rows = final(table, arm="each", **where)
            assert rows.loc[rows["metric"] == "lr_tuned", "value"].tolist() == [choice.rate]
            assert rows.loc[rows["metric"] == "lr_edge", "value"].tolist() == [choice.edge]
            assert set(rows["lr"]) == {choice.rate}


def test_the_judged_metric_is_error_of_classes_and_else_loss() -> None:
    assert generalization.judged("digits", "mlp_2x8") == "error"
    for dataset, network in (
        ("digits", "autoencoder_16x4"),
        ("diabetes", "mlp_2x8"),
        ("docstrings", "transformer_1x16"),
    ):
        assert generalization.judged(dataset, network) == "loss"


def test_both_arms_of_one_run_say_the_same(reviewed: Reviewed) -> None:
    table, _ = reviewed
    columns = ["dataset", "activation", "seed", "init", "split", "metric"]
    best, each = (final(table, arm=arm).set_index(columns)["value"] for arm in ("best", "each"))
    assert len(best) < len(each)
    assert (each.loc[best.index] == best).all()


def poisoned(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Make every data set's test rows under a seed nonsense: wild inputs and false targets."""
    load, tested = datasets.load, {task["dataset"]: datasets.split(task["dataset"], seed).test for task in TASKS}

    def fake(which: str) -> datasets.Dataset:
        data, rows = load(which), tested[which]
        x, y = data.x.copy(), data.y.copy()
        x[rows] = 255 - x[rows] if x.dtype == np.uint8 else -5 * x[rows]
        y[rows] = (y[rows] + 1) % data.outputs if y.dtype == np.int64 else -y[rows]
        return replace(data, x=x, y=y)

    monkeypatch.setattr(datasets, "load", fake)


def test_test_rows_change_no_choice(reviewed: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned(monkeypatch, seed=0)
    other, _ = review(params(seeds=1))
    same = reviewed[0][reviewed[0]["seed"].isin([0, 1000])]
    key = list(records.KEY)
    first, second = (table.sort_values(key, ignore_index=True) for table in (same, other))
    seen = first["split"].fillna("") != "test"
    pd.testing.assert_frame_equal(first[seen], second[seen], check_exact=True)
    assert (first["value"] != second["value"])[~seen].mean() > 0.9


def test_validation_rows_do_change_what_is_measured(reviewed: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    split = datasets.split

    def swapped(which: str, seed: int) -> datasets.Split:
        found = split(which, seed)
        return replace(found, validation=found.test, test=found.validation)

    monkeypatch.setattr(datasets, "split", swapped)
    (job, *_) = generalization.plan(params(CLASSES, seeds=1), records.frame([]))
    table = records.concat(generalization.measure(job))
    before = records.where(reviewed[0], phase="tune", dataset="moons", seed=1000, activation=job.activation)
    assert set(records.where(table, metric="loss")["value"]) != set(records.where(before, metric="loss")["value"])


def test_a_plan_is_pure_and_keeps_what_is_done(reviewed: Reviewed) -> None:
    table, rounds = reviewed
    shuffled = table.sample(frac=1, random_state=0, ignore_index=True)
    assert generalization.plan(params(), shuffled) == rounds[-1] == generalization.plan(params(), table)
    names = [{reviewing.name(job, run) for job in planned for run in job.runs} for planned in rounds]
    for earlier, later in pairwise(names):
        assert earlier <= later
    assert all(job.seconds > 0 for job in rounds[-1])


def test_records_do_not_depend_on_how_runs_are_grouped(reviewed: Reviewed) -> None:
    one = {**CODES, "activations": ("tanh",)}
    apart, _ = review(params(one, seeds=1), alone=True)
    together = records.where(reviewed[0], dataset="digits", activation="tanh", seed=[0, 1000])
    key = list(records.KEY)
    first, second = (table.sort_values(key, ignore_index=True) for table in (together, apart))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_one_more_seed_or_activation_or_task_asks_for_its_runs_alone(reviewed: Reviewed) -> None:
    table, rounds = reviewed
    before = {reviewing.name(job, run) for job in rounds[-1] for run in job.runs}
    wider = {**CLASSES, "activations": ("relu", "tanh", "elu")}
    more = {**CLASSES, "dataset": "xor"}
    asked = generalization.plan(params(wider, QUANTITY, CODES, more, seeds=3), table)
    new = [(job.activation, run) for job in asked for run in job.runs if reviewing.name(job, run) not in before]
    assert new
    assert all(one == "elu" or run["split"] == 2 or run["dataset"] == "xor" for one, run in new)


def test_a_diverged_run_counts_as_worst() -> None:
    hot = {**CLASSES, "activations": ("relu",), "optimizer": "sgd", "inits": ("he",), "rates": (5e3, 1e4)}
    table, _ = review(params(hot, growths=0))
    records.check(table)
    rows = final(table, arm="best")
    assert (rows[rows["metric"] == "diverged"]["value"] == 1).all()
    assert (rows[rows["metric"] == "diverged_step"]["value"] >= 1).all()
    assert np.isinf(rows[rows["metric"].isin(["loss", "error", "loss_area"])]["value"]).all()
    assert (rows[rows["metric"] == "accuracy"]["value"] == 0).all()


def test_a_task_on_several_data_sets_is_one_on_each() -> None:
    together = generalization.plan(params({**CLASSES, "dataset": ("moons", "xor")}), records.frame([]))
    apart = generalization.plan(params(CLASSES, {**CLASSES, "dataset": "xor"}), records.frame([]))
    assert together == apart


def test_an_absent_set_leaves_its_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTS_DATA", raising=False)
    planned = generalization.plan(params(CLASSES, {**CLASSES, "dataset": "mnist"}), records.frame([]))
    assert {run["dataset"] for job in planned for run in job.runs} == {"moons"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"activations": ("gleu",)}, "unknown activation 'gleu'"),
        ({"dataset": "moon"}, "unknown data set 'moon'; did you mean 'moons'"),
        ({"network": "cnn_2x8"}, "generalization: cnn_2x8: moons: cnn_2x8 takes pictures"),
        ({"dataset": "docstrings"}, "generalization: mlp_2x8: docstrings: mlp_2x8 takes numbers"),
        ({"rates": (0.1, 0.3)}, "0.1 is followed by 0.3"),
    ],
)
def test_what_cannot_be_trained_is_said_before_any_work(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        generalization.plan(params({**CLASSES, **changed}), records.frame([]))


def test_a_configuration_without_the_comparison_asks_for_nothing() -> None:
    none = Params.model_validate({"title": "none", "experiments": {"formulas": {}}, "notebooks": ("a",)})
    assert generalization.plan(none, records.frame([])) == []
