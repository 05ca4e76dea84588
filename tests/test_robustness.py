"""The comparison of what trained networks bear plans from its records alone and answers every word of its claims."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import reviewing
from reviewing import Reviewed

from acts import datasets, records, tuning
from acts.experiments import robustness
from acts.params import Params

NET: dict[str, Any] = {"dataset": "moons", "network": "mlp_2x8", "steps": 24}
STUDIES: dict[str, Any] = {
    "noise": {"activations": ("relu", "tanh"), "inits": ("he", "lecun"), "levels": 4, "nets": (NET,)},
    "labels": {"activations": ("relu", "tanh"), "inits": ("he",), "flipped": (0, 0.4), "nets": (NET,)},
    "cells": {
        "activations": ("relu", "tanh"), "inits": ("he", "critical"),
        "nets": (NET, {**NET, "norm": "batch"}, {**NET, "network": "resmlp_2x8"}),
    },
    "heads": {
        "activations": ("relu",), "inits": ("he",),
        "nets": (
            {**NET, "heads": ("sigmoid+bce", "tanh+hinge", "linear+cross_entropy", "relu+cross_entropy")},
            {**NET, "dataset": ("waves",), "heads": ("linear+mse", "relu+mse")},
        ),
    },
}  # fmt: skip
RATES = (0.05, 0.1, 0.2)
REACHES = [0.0, 1.0, 2.0, 3.0]


def params(**changed: Any) -> Params:
    given = {"seeds": 2, "growths": 1, "evaluations": 3, "batch": 16, "rates": RATES, **STUDIES, **changed}
    return Params.model_validate({"title": "small", "experiments": {"robustness": given}, "notebooks": ("a",)})


def alone(study: str, **changed: Any) -> Params:
    """Return a configuration with one study, its settings changed."""
    others = dict.fromkeys(STUDIES)
    return params(**{**others, study: {**STUDIES[study], **changed}})


@pytest.fixture(scope="module")
def reviewed() -> Reviewed:
    return reviewing.review(robustness, params())


def final(table: pd.DataFrame, arm: str, **conditions: Any) -> pd.DataFrame:
    return records.where(table, phase="final", arm=arm, **conditions)


def test_records_keep_the_rules_of_the_table(reviewed: Reviewed) -> None:
    table, _ = reviewed
    records.check(table)
    assert set(table["phase"]) == {"tune", "final"}
    assert set(table.loc[table["phase"] == "tune", "seed"]) == {1000, 1001}
    assert not table[["value", "norm", "init", "lr", "arm"]].isna().any().any()
    assert table["step"].isna().all()
    assert set(records.where(table, phase="tune")["metric"]) == {"error", "loss", "diverged"}


def test_every_arm_is_there_and_paired(reviewed: Reviewed) -> None:
    table, _ = reviewed
    arms = {"study=noise", *(f"study=noise;a={a:g}" for a in REACHES), "study=labels;flipped=0",
            "study=labels;flipped=0.4", "study=cells", "study=heads;head=sigmoid+bce", "study=heads;head=tanh+hinge",
            "study=heads;head=linear+cross_entropy", "study=heads;head=relu+cross_entropy",
            "study=heads;head=linear+mse", "study=heads;head=relu+mse"}  # fmt: skip
    found = set(records.where(table, phase="final")["arm"])
    assert found == {f"{pick};{arm}" for pick in ("best", "each") for arm in arms}
    for arm, metric in (("study=noise", "accuracy_area"), ("study=noise;a=2", "accuracy"),
                        ("study=labels;flipped=0.4", "error")):  # fmt: skip
        pairs = records.paired(final(table, f"best;{arm}", split="test"), metric)
        assert pairs.shape == (2, 2)
        assert pairs.notna().all().all()
    cells = final(table, "best;study=cells", split="test", metric="error")
    assert len(cells) == 2 * 2 * 3
    assert set(cells["norm"]) == {"none", "batch"}
    inits = final(table, "each;study=cells", split="test", metric="loss_area")["init"]
    assert set(inits) == {"he", "critical"}


def test_areas_are_means_over_the_noise(reviewed: Reviewed) -> None:
    table, _ = reviewed
    key = ["activation", "init", "seed"]
    area, error = (final(table, "each;study=noise", metric=f"{one}_area").set_index(key)["value"]
                   for one in ("accuracy", "error"))  # fmt: skip
    levels = pd.concat(
        [final(table, f"each;study=noise;a={a:g}", metric="accuracy").set_index(key)["value"] for a in REACHES], axis=1
    )
    wanted = levels.to_numpy() @ np.array([0.5, 1, 1, 0.5]) / 3
    np.testing.assert_allclose(area.loc[levels.index], wanted)
    np.testing.assert_allclose(error.loc[levels.index], 1 - wanted)
    quiet = final(table, "each;study=noise", metric="accuracy", split="test").set_index(key)["value"]
    count = len(datasets.split("moons", 0).test)
    assert count <= robustness.NOISY
    np.testing.assert_allclose(levels[levels.columns[0]].iloc[:, 0], quiet.loc[levels.index])


def test_networks_without_wrong_labels_are_those_of_the_study_of_noise(reviewed: Reviewed) -> None:
    table, _ = reviewed
    key = ["activation", "seed", "lr"]
    one, other = (final(table, f"each;study={arm}", init="he", metric="error", split="test").set_index(key)["value"]
                  for arm in ("noise", "labels;flipped=0"))  # fmt: skip
    pd.testing.assert_series_equal(one.sort_index(), other.sort_index())


def test_final_rates_are_those_that_tuning_chooses_by_the_judged_metric(reviewed: Reviewed) -> None:
    table, _ = reviewed
    cell = ["activation", "dataset", "network", "norm", "init", "seed", "arm"]
    checked = 0
    for dataset in ("moons", "waves"):
        tuned = records.where(table, phase="tune", metric=robustness.judged(dataset), dataset=dataset)
        for (activation, _, network, norm, rule, seed, arm), curve in tuned.groupby(cell):
            measured = dict(zip(curve["lr"], curve["value"], strict=True))
            rates, choice = tuning.search(RATES, measured, growths=1)
            assert sorted(measured) == rates
            assert choice is not None
            where = {"dataset": dataset, "activation": activation, "network": network, "norm": norm, "init": rule}
            rows = final(table, f"each;{arm}", seed=seed - 1000, metric="lr_tuned", **where)
            assert rows["value"].tolist() == [choice.rate]
            checked += 1
    assert checked == 2 * (2 * 2 + 2 * 2 + 2 * 2 * 3 + 4 + 2)


def test_heads_for_two_classes_say_how_well_they_know(reviewed: Reviewed) -> None:
    table, _ = reviewed
    for head in ("sigmoid+bce", "tanh+hinge"):
        rows = final(table, f"best;study=heads;head={head}", split="test")
        assert {"error", "calibration", "calibration_fitted"} <= set(rows["metric"])
        scores = rows[rows["metric"].str.startswith("calibration")]["value"]
        assert scores.between(0, 1).all()
    assert "calibration_fitted" not in set(final(table, "best;study=heads;head=relu+cross_entropy")["metric"])
    quantities = final(table, "best;study=heads;head=relu+mse", split="test")
    assert set(quantities["metric"]) == {"loss", "loss_area"}
    assert set(quantities["dataset"]) == {"waves"}


def test_a_head_that_cannot_say_negative_numbers_pays_for_every_one_of_them(reviewed: Reviewed) -> None:
    table, _ = reviewed
    loss = final(table, "best;study=heads;head=relu+mse", metric="loss", split="test").set_index("seed")["value"]
    data = datasets.load("waves")
    for seed in (0, 1):
        split = datasets.split("waves", seed)
        targets = (data.y[split.test] - split.target_centre) / split.target_scale
        assert loss[seed] >= np.square(np.minimum(targets, 0)).mean() > 0.3


def test_a_plan_is_pure_and_a_seed_more_asks_for_its_runs_alone(reviewed: Reviewed) -> None:
    table, rounds = reviewed
    shuffled = table.sample(frac=1, random_state=0, ignore_index=True)
    assert robustness.plan(params(), shuffled) == rounds[-1] == robustness.plan(params(), table)
    before = {reviewing.name(job, run) for job in rounds[-1] for run in job.runs}
    asked = robustness.plan(params(seeds=3), table)
    new = [run for job in asked for run in job.runs if reviewing.name(job, run) not in before]
    assert new
    assert all(run["split"] == 2 for run in new)
    assert all(job.seconds > 0 for job in asked)


def test_records_do_not_depend_on_how_runs_are_grouped(reviewed: Reviewed) -> None:
    small = alone("noise", activations=("tanh",), inits=("he",))
    given = small.experiments.robustness
    assert given is not None
    apart, _ = reviewing.review(robustness, small, alone=True)
    together = records.where(reviewed[0], activation="tanh", init="he")
    together = together[together["arm"].str.contains("study=noise") & ~together["arm"].str.startswith("best")]
    apart = apart[~apart["arm"].str.startswith("best")]
    first, second = (one.sort_values(list(records.KEY), ignore_index=True) for one in (together, apart))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_a_diverged_run_counts_as_worst() -> None:
    hot = {**STUDIES["heads"], "nets": ({**NET, "heads": ("linear+mse",)},)}
    noise = {**STUDIES["noise"], "activations": ("relu",), "inits": ("he",)}
    asked = params(labels=None, cells=None, heads=hot, noise=noise, rates=(5e3, 1e4), growths=0, seeds=1)
    table, _ = reviewing.review(robustness, asked)
    records.check(table)
    rows = records.where(table, phase="final", split="test")
    lost = records.where(table, phase="final", metric="diverged", value=1.0)
    assert set(lost["arm"]) >= {"best;study=noise", "best;study=heads;head=linear+mse"}
    assert np.isinf(rows[rows["metric"].isin(["loss", "error", "loss_area"])]["value"]).all()
    assert (rows[rows["metric"].isin(["accuracy", "accuracy_area"])]["value"] == 0).all()
    assert (rows[rows["metric"].isin(["error_area", "calibration", "calibration_fitted"])]["value"] == 1).all()


@pytest.mark.parametrize(
    ("study", "changed", "said"),
    [
        ("noise", {"activations": ("gleu",)}, "unknown activation 'gleu'"),
        ("noise", {"nets": ({**NET, "dataset": "moon"},)}, "unknown data set 'moon'"),
        ("noise", {"nets": ({**NET, "dataset": "waves"},)}, "robustness: waves has no classes"),
        ("labels", {"nets": ({**NET, "dataset": "diabetes"},)}, "robustness: diabetes has no classes"),
        ("cells", {"nets": ({**NET, "network": "cnn_2x8"},)}, "robustness: cnn_2x8: moons: cnn_2x8 takes pictures"),
        ("heads", {"nets": ({**NET, "dataset": "waves", "heads": ("tanh+hinge",)},)}, "is no head for regression"),
    ],
)
def test_what_cannot_be_trained_is_said_before_any_work(study: str, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        robustness.plan(alone(study, **changed), records.frame([]))


def test_rates_rise_by_a_factor_of_two() -> None:
    with pytest.raises(ValueError, match=r"0.1 is followed by 0.3"):
        robustness.plan(params(rates=(0.1, 0.3)), records.frame([]))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (dict.fromkeys(STUDIES), "asks for no study"),
        ({"noise": {**STUDIES["noise"], "nets": (NET, NET)}}, "mlp_2x8 on moons with norm none stands twice in noise"),
        ({"heads": {**STUDIES["heads"], "nets": ({**NET, "heads": ("tanh+bec",)},)}}, "pattern"),
    ],
)
def test_a_section_that_makes_no_sense_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        params(**changed)


def test_an_absent_set_leaves_its_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTS_DATA", raising=False)
    planned = robustness.plan(alone("noise", nets=({**NET, "dataset": ("moons", "mnist")},)), records.frame([]))
    assert {run["dataset"] for job in planned for run in job.runs} == {"moons"}


def test_a_configuration_without_the_comparison_asks_for_nothing() -> None:
    none = Params.model_validate({"title": "none", "experiments": {"formulas": {}}, "notebooks": ("a",)})
    assert robustness.plan(none, records.frame([])) == []
