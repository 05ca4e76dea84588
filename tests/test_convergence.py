"""The convergence comparison plans from its records alone, measures what it planned, and repeats bit for bit."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reviewing
from reviewing import Reviewed

from acts import records, tuning
from acts.experiments import convergence
from acts.params import Params

SMALL: dict[str, Any] = {
    "activations": ("relu", "tanh"),
    "datasets": ("spirals",),
    "networks": ("mlp_2x8",),
    "optimizers": ("sgd", "adam"),
    "inits": ("he", "stable"),
    "seeds": 3,
    "steps": 30,
    "batch": 32,
    "evaluations": 6,
    "rates": {"sgd": (0.05, 0.1, 0.2), "adam": (0.01, 0.02, 0.04)},
    "growths": 1,
}


def params(**changed: Any) -> Params:
    asked = {"title": "small", "experiments": {"convergence": {**SMALL, **changed}}, "notebooks": ("a",)}
    return Params.model_validate(asked)


def review(asked: Params, *, alone: bool = False) -> Reviewed:
    return reviewing.review(convergence, asked, alone=alone)


@pytest.fixture(scope="module")
def reviewed() -> Reviewed:
    return review(params())


def final(table: pd.DataFrame, **conditions: Any) -> pd.DataFrame:
    return records.where(table, phase="final", **conditions)


def test_records_keep_the_rules_of_the_table(reviewed: Reviewed) -> None:
    table, _ = reviewed
    records.check(table)
    assert set(table["phase"]) == {"tune", "final"}
    assert set(table.loc[table["phase"] == "tune", "seed"]) == {1000, 1001, 1002}
    assert set(table.loc[table["phase"] == "final", "seed"]) == {0, 1, 2}
    assert not table["value"].isna().any()


def test_every_arm_is_paired_over_activations(reviewed: Reviewed) -> None:
    table, _ = reviewed
    for split in ("train", "test"):
        for optimizer in ("sgd", "adam"):
            best = final(table, arm="best", split=split, optimizer=optimizer)
            pairs = records.paired(best, "loss_area")
            assert pairs.shape == (3, 2)
            assert pairs.notna().all().all()
            for rule in ("he", "stable"):
                each = final(table, arm="each", split=split, optimizer=optimizer, init=rule)
                assert records.paired(each, "loss_area").notna().all().all()


def test_final_rates_are_those_that_tuning_chooses(reviewed: Reviewed) -> None:
    table, _ = reviewed
    tuned = records.where(table, phase="tune", metric="loss_area")
    arms = ["activation", "optimizer", "init", "seed"]
    for (activation, optimizer, rule, seed), curve in tuned.groupby(arms):
        measured = dict(zip(curve["lr"], curve["value"], strict=True))
        rates, choice = tuning.search(SMALL["rates"][optimizer], measured, growths=1)
        assert sorted(measured) == rates
        assert choice is not None
        where = {"activation": activation, "optimizer": optimizer, "init": rule, "seed": seed - 1000, "arm": "each"}
        assert final(table, metric="lr_tuned", **where)["value"].tolist() == [choice.rate]
        assert final(table, metric="lr_edge", **where)["value"].tolist() == [choice.edge]


def test_best_picks_the_init_whose_tuned_loss_is_lowest(reviewed: Reviewed) -> None:
    table, _ = reviewed
    tuned = records.where(table, phase="tune", metric="loss_area")
    for (activation, optimizer, seed), curves in tuned.groupby(["activation", "optimizer", "seed"]):
        ranks = {}
        for rule, curve in curves.sort_values("lr").groupby("init"):
            ranks[rule] = tuning.choose(curve["lr"].tolist(), curve["value"].tolist()).rank
        where = {"activation": activation, "optimizer": optimizer, "seed": seed - 1000}
        assert final(table, arm="best", metric="lr_tuned", **where)["init"].tolist() == [min(ranks, key=ranks.get)]


def test_both_arms_of_one_run_say_the_same(reviewed: Reviewed) -> None:
    table, _ = reviewed
    columns = ["activation", "optimizer", "seed", "init", "split"]
    for metric in ("loss_area", "accuracy"):
        best = final(table, arm="best", metric=metric).set_index(columns)["value"]
        each = final(table, arm="each", metric=metric).set_index(columns)["value"]
        assert len(best)
        assert (each.loc[best.index] == best).all()


def test_the_area_is_the_mean_of_the_curve(reviewed: Reviewed) -> None:
    table, _ = reviewed
    curves = final(table, arm="best", metric="loss", split="test")
    assert sorted(set(curves["step"])) == [0, 5, 10, 15, 20, 25, 30]
    columns = ["activation", "optimizer", "seed"]
    areas = final(table, arm="best", metric="loss_area", split="test").set_index(columns)["value"]
    means = curves[curves["step"] > 0].groupby(columns)["value"].mean()
    pd.testing.assert_series_equal(areas.sort_index(), means.sort_index(), check_names=False)
    train = final(table, arm="best", metric="loss", split="train").groupby(columns)["value"].mean()
    areas = final(table, arm="best", metric="loss_area", split="train").set_index(columns)["value"]
    np.testing.assert_allclose(areas.sort_index(), train.sort_index(), rtol=1e-9)


def test_a_target_has_steps_and_says_whether_it_is_reached(reviewed: Reviewed) -> None:
    table, _ = reviewed
    for share in convergence.TARGETS:
        target = final(table, arm=f"best;target={share:g}")
        steps = target[target["metric"] == "steps_to_loss"].set_index(["activation", "optimizer", "seed"])["value"]
        reached = target[target["metric"] == "reached"].set_index(["activation", "optimizer", "seed"])["value"]
        assert len(steps) == 12
        assert ((steps == 31) == (reached == 0)).all()
        assert steps.between(1, 31).all()


def test_a_plan_is_pure_and_keeps_what_is_done(reviewed: Reviewed) -> None:
    table, rounds = reviewed
    shuffled = table.sample(frac=1, random_state=0, ignore_index=True)
    assert convergence.plan(params(), shuffled) == rounds[-1] == convergence.plan(params(), table)
    names = [{reviewing.name(job, run) for job in planned for run in job.runs} for planned in rounds]
    for earlier, later in pairwise(names):
        assert earlier <= later
    assert all(job.seconds > 0 for job in rounds[-1])


def test_records_do_not_depend_on_how_runs_are_grouped(reviewed: Reviewed) -> None:
    table, _ = reviewed
    small = params(activations=("tanh",), optimizers=("adam",), inits=("stable",), seeds=2)
    apart, _ = review(small, alone=True)
    wanted = {"activation": "tanh", "optimizer": "adam", "init": "stable", "seed": [0, 1, 1000, 1001]}
    together = records.where(table, **wanted)
    together = together[together["arm"].fillna("each") == "each"]
    apart = apart[apart["arm"].fillna("each") == "each"]
    key = list(records.KEY)
    first, second = (t.sort_values(key, ignore_index=True) for t in (together, apart))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_one_more_seed_or_activation_asks_for_its_runs_alone(
    reviewed: Reviewed,
) -> None:
    table, rounds = reviewed
    before = {reviewing.name(job, run) for job in rounds[-1] for run in job.runs}
    more = convergence.plan(params(seeds=4, activations=("relu", "tanh", "elu")), table)
    new = [(job.activation, run) for job in more for run in job.runs if reviewing.name(job, run) not in before]
    assert new
    assert all(activation == "elu" or run["seed"] in (3, 1003) for activation, run in new)


def test_a_diverged_run_counts_as_worst() -> None:
    hot = params(
        activations=("relu",), optimizers=("sgd",), inits=("he",), seeds=2, growths=0, rates={"sgd": (5e3, 1e4)}
    )
    table, _ = review(hot)
    records.check(table)
    ended = final(table, arm="best")
    assert (ended[ended["metric"] == "diverged"]["value"] == 1).all()
    assert (ended[ended["metric"] == "diverged_step"]["value"] >= 1).all()
    assert np.isinf(ended[ended["metric"] == "loss_area"]["value"]).all()
    assert (ended[ended["metric"] == "accuracy"]["value"] == 0).all()
    targets = final(table, arm="best;target=0.5")
    assert (targets[targets["metric"] == "reached"]["value"] == 0).all()


def test_learned_parameters_are_trained() -> None:
    asked = params(activations=("prelu",), optimizers=("sgd",), inits=("he",), seeds=1, growths=0, steps=60)
    table, _ = review(asked)
    losses = final(table, metric="loss", split="test").sort_values("step")["value"].tolist()
    assert losses[-1] < losses[0]


def test_an_absent_set_leaves_its_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTS_DATA", raising=False)
    planned = convergence.plan(params(datasets=("spirals", "fashion_mnist_14")), records.frame([]))
    assert {run["dataset"] for job in planned for run in job.runs} == {"spirals"}


def test_an_init_that_a_function_does_not_have_is_left_out() -> None:
    planned = convergence.plan(params(activations=("softplus",), inits=("he", "critical")), records.frame([]))
    assert {run["init"] for job in planned for run in job.runs} == {"he"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"activations": ("gleu",)}, "unknown activation 'gleu'"),
        ({"activations": ("softmax",)}, "softmax is not element-wise"),
        ({"activations": ("rrelu",)}, "rrelu is random in training"),
        ({"datasets": ("digit",)}, "unknown data set 'digit'; did you mean 'digits'"),
        ({"rates": {"sgd": (0.1, 0.3), "adam": (0.1,)}}, "0.1 is followed by 0.3"),
    ],
)
def test_what_cannot_be_trained_is_said_before_any_work(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        convergence.plan(params(**changed), records.frame([]))


def test_all_activations_are_those_that_can_be_trained() -> None:
    trained = {job.activation for job in convergence.plan(params(activations="all", inits=("he",)), records.frame([]))}
    assert {"relu", "gelu", "prelu"} <= trained
    assert not trained & {"softmax", "rrelu", "glu"}


def test_a_configuration_without_the_comparison_asks_for_nothing() -> None:
    none = Params.model_validate({"title": "none", "experiments": {"formulas": {}}, "notebooks": ("a",)})
    assert convergence.plan(none, records.frame([])) == []
