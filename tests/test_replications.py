"""Published settings are rerun as they stand in the configuration, and stand beside the figures that were reported."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import reviewing
from reviewing import Reviewed

from acts import datasets, params, records
from acts.experiments import replications
from acts.params import Params

TUNED: dict[str, Any] = {
    "word": "tuned", "source": "hendrycks2016", "dataset": "digits", "networks": ("mlp_2x16",),
    "activations": ("relu", "gelu"), "init": "lecun", "optimizer": "adam", "rates": (0.01, 0.001),
    "dropout": (0, 0.5), "batch": 32, "steps": 30, "reach": 3, "metric": "loss", "split": "train",
    "reported": {"gelu": (0.1, 0.2), "relu": (0.3, 0.4)},
}  # fmt: skip
FIXED: dict[str, Any] = {
    "word": "fixed", "source": "misra2019", "dataset": "digits", "networks": ("mlp_2x16", "mlp_3x16"), "norm": "batch",
    "activations": ("relu", "mish"), "init": "lecun", "optimizer": "plain_sgd", "rates": (0.01,), "dropout": (0.25,),
    "batch": 32, "steps": 30, "metric": "accuracy", "split": "test", "reported": {"mish": (0.9, 0.8)},
}  # fmt: skip


def asked(*settings: dict[str, Any], seeds: int = 3) -> Params:
    given = {"seeds": seeds, "settings": settings or (TUNED, FIXED)}
    return Params.model_validate({"title": "small", "experiments": {"replications": given}, "notebooks": ("a",)})


@pytest.fixture(scope="module")
def reviewed() -> Reviewed:
    return reviewing.review(replications, asked())


def final(table: pd.DataFrame, arm: str, **conditions: Any) -> pd.DataFrame:
    return records.where(table, phase="final", arm=arm, **conditions)


def test_records_keep_the_rules_and_name_the_arms(reviewed: Reviewed) -> None:
    table, _ = reviewed
    records.check(table)
    plain = set(records.where(table, phase="final", metric="loss")["arm"])
    assert plain == {"best;study=tuned;dropout=0", "best;study=tuned;dropout=0.5", "study=fixed"}
    assert set(final(table, "study=fixed")["network"]) == {"mlp_2x16", "mlp_3x16"}
    assert set(records.where(table, phase="tune")["arm"]) == {"study=tuned;dropout=0", "study=tuned;dropout=0.5"}


def test_what_is_judged_is_paired(reviewed: Reviewed) -> None:
    table, _ = reviewed
    loss = records.paired(final(table, "best;study=tuned;dropout=0.5", split="train"), "loss")
    area = records.paired(final(table, "best;study=tuned;dropout=0"), "error_area")
    accuracy = records.paired(final(table, "study=fixed", network="mlp_3x16", split="test"), "accuracy")
    for pairs in (loss, area, accuracy):
        assert pairs.shape == (3, 2)
        assert pairs.notna().all().all()
    assert {"loss", "accuracy", "error"} <= set(final(table, "study=fixed", split="validation")["metric"])


def test_each_seed_takes_the_rate_with_the_lowest_validation_loss(reviewed: Reviewed) -> None:
    table, _ = reviewed
    tuned = records.where(table, phase="tune", metric="loss")
    assert len(tuned) == 2 * 2 * 2 * 3
    for (activation, arm, seed), curve in tuned.groupby(["activation", "arm", "seed"]):
        best = float(curve.loc[curve["value"].idxmin(), "lr"])
        own = final(table, f"best;{arm}", activation=activation, seed=seed - 1000, metric="lr_tuned")
        assert own["value"].tolist() == [best]
    assert set(final(table, "study=fixed")["lr"]) == {0.01}


def test_reported_figures_are_those_of_the_configuration(reviewed: Reviewed) -> None:
    table, _ = reviewed
    exact = records.where(table, phase="exact")
    told = {(row["activation"], row["network"], row["arm"]): row["value"] for row in exact.to_dict("records")}
    assert told == {
        ("gelu", "mlp_2x16", "best;study=tuned;dropout=0;source=hendrycks2016"): 0.1,
        ("gelu", "mlp_2x16", "best;study=tuned;dropout=0.5;source=hendrycks2016"): 0.2,
        ("relu", "mlp_2x16", "best;study=tuned;dropout=0;source=hendrycks2016"): 0.3,
        ("relu", "mlp_2x16", "best;study=tuned;dropout=0.5;source=hendrycks2016"): 0.4,
        ("mish", "mlp_2x16", "study=fixed;source=misra2019"): 0.9,
        ("mish", "mlp_3x16", "study=fixed;source=misra2019"): 0.8,
    }
    assert set(exact["metric"]) == {"reported_loss", "reported_accuracy"}
    assert exact["seed"].isna().all()


def test_dropout_is_for_training_and_noise_for_test_rows(reviewed: Reviewed) -> None:
    table, _ = reviewed
    key = ["activation", "seed"]
    rows = final(table, "best;study=tuned;dropout=0.5", split="train").set_index(key)
    loss, batches = (rows[rows["metric"] == one]["value"] for one in ("loss", "batch_loss"))
    assert (batches > loss).all()
    levels = [final(table, f"best;study=tuned;dropout=0;a={a:g}")["value"].mean() for a in (0, 1, 3)]
    assert levels[0] > levels[1] > levels[2]
    assert "study=fixed;a=0" not in set(table["arm"])


def test_a_plan_is_pure_and_waits_for_its_tuning(reviewed: Reviewed) -> None:
    table, rounds = reviewed
    first, *_, last = rounds
    phases = [[run["phase"] for job in planned for run in job.runs] for planned in (first, last)]
    assert phases[0].count("final") == 2 * 2 * 3
    assert phases[1].count("final") == 2 * 2 * 3 + 2 * 2 * 3
    assert replications.plan(asked(), table.sample(frac=1, random_state=0)) == last
    assert all(job.seconds > 0 for job in last)


def test_figures_stand_where_the_data_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTS_DATA", raising=False)
    planned = replications.plan(asked({**TUNED, "dataset": "mnist"}), records.frame([]))
    assert {run["phase"] for job in planned for run in job.runs} == {"exact"}
    assert datasets.missing("mnist") is not None


def test_the_long_review_alone_reruns_what_was_published() -> None:
    full = params.load("full").experiments.replications
    assert full is not None
    assert [setting.word for setting in full.settings] == ["gelu_mnist", "mish_depth"]
    for config in ("smoke", "cpu", "gpu", "cluster"):
        assert params.load(config).experiments.replications is None
    gelu, mish = full.settings
    assert gelu.reported["relu"] == (0.009, 0.345)
    assert mish.reported["mish"][-1] == 0.852


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"reported": {"gelu": (0.1,)}}, "reported has 1 figures for 'gelu'; the setting has 2 cells"),
        ({"reported": {"elu": (0.1, 0.2)}}, "reported has 'elu', which is not among the activations"),
        ({"metric": "f1"}, "loss"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        asked({**TUNED, **changed})


def test_two_settings_of_one_word_are_refused() -> None:
    with pytest.raises(ValueError, match="'tuned' stands twice"):
        asked(TUNED, TUNED)


def test_an_init_that_a_function_does_not_have_is_said() -> None:
    with pytest.raises(ValueError, match="replications: tuned: softplus has no init 'critical'"):
        replications.plan(asked({**TUNED, "activations": ("softplus",), "init": "critical", "reported": {}}),
                          records.frame([]))  # fmt: skip


def test_a_diverged_run_is_worst() -> None:
    hot = {**FIXED, "norm": "none", "rates": (1e4,), "reported": {}, "reach": 3, "networks": ("mlp_2x16",)}
    table, _ = reviewing.review(replications, asked(hot, seeds=1))
    rows = records.where(table, phase="final", activation="relu")
    assert rows[rows["metric"] == "diverged"]["value"].tolist() == [1.0]
    assert np.isinf(rows[rows["metric"].isin(["loss", "error", "batch_loss"])]["value"]).all()
    assert (rows[rows["metric"].str.startswith("accuracy")]["value"] == 0).all()
