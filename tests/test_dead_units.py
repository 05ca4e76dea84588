"""The comparison of dead units plans from its records alone, and its records say what its arms did."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reviewing
from reviewing import Reviewed

from acts import records, tuning, units
from acts.experiments import dead_units
from acts.params import Params

RATES = {"plain_sgd": (0.1, 0.2, 0.4), "adam": (0.01, 0.02)}
SMALL: dict[str, Any] = {
    "network": "mlp_2x8",
    "seeds": 2,
    "steps": 10,
    "epochs": 3,
    "batch": 32,
    "evaluations": 2,
    "rates": RATES,
    "growths": 0,
    "dose": {
        "activations": ("relu", "leaky_relu"),
        "datasets": ("iris",),
        "optimizers": ("plain_sgd",),
        "doses": (1.0, 10.0, 100.0),
        "biases": (0.0, -1.0),
    },
    "sparsity": {"activations": ("relu", "tanh"), "datasets": ("iris",), "optimizers": ("plain_sgd",)},
    "rescue": {"activations": ("relu", "rrelu", "prelu"), "datasets": ("iris", "waves"), "optimizers": ("adam",)},
    "recycle": {"datasets": ("iris",), "optimizers": ("plain_sgd",)},
    "born": {"widths": (2,), "layers": 4, "networks": 300},
}
UNITS = 16


def params(**changed: Any) -> Params:
    asked = {"title": "small", "experiments": {"dead_units": {**SMALL, **changed}}, "notebooks": ("a",)}
    return Params.model_validate(asked)


@pytest.fixture(scope="module")
def reviewed() -> Reviewed:
    return reviewing.review(dead_units, params())


def of(table: pd.DataFrame, arm: str, metric: str, **conditions: Any) -> pd.DataFrame:
    return records.where(table, arm=arm, metric=metric, **conditions)


def test_records_keep_the_rules_of_the_table(reviewed: Reviewed) -> None:
    table, _ = reviewed
    records.check(table)
    assert set(table["phase"]) == {"tune", "final", "init", "exact"}
    assert not table["value"].isna().any()
    trained = table[table["phase"].isin(["tune", "final"])]
    named = ["dataset", "network", "norm", "optimizer", "init", "lr", "seed", "device", "dtype"]
    assert trained[named].notna().all().all()
    assert set(table.loc[table["phase"] == "tune", "seed"]) == {1000, 1001}


def test_every_arm_that_a_rule_may_name_is_there(reviewed: Reviewed) -> None:
    table, _ = reviewed
    doses = [f"study=dose;dose={dose};bias={bias}" for dose in (1, 10, 100) for bias in (0, -1)]
    curves = [f"study=dose;dose={dose};bias=0;tau=1e-{power}" for dose in (1, 10) for power in range(1, 7)]
    rescues = [f"study=rescue;rescue={one}" for one in ("function", "lower_rate", "batch_norm", "bias")]
    recycled = [f"study=recycle;recycled={who}{end}" for who in ("dead", "live", "none") for end in ("", ";bias=0")]
    others = ["study=sparsity", "study=born", "best;study=tuned", "each;study=tuned", "study=tuned"]
    assert set(table["arm"]) == {*doses, *curves, *rescues, *recycled, *others}


def test_doses_are_multiples_of_the_rate_that_relus_tuning_chose(reviewed: Reviewed) -> None:
    table, _ = reviewed
    tuned = of(table, "study=tuned", "loss_area", split="validation")
    for (dataset, optimizer, seed), curve in tuned.groupby(["dataset", "optimizer", "seed"]):
        choice = tuning.choose(RATES[optimizer], curve.sort_values("lr")["value"].tolist())
        cell = {"dataset": dataset, "optimizer": optimizer, "seed": seed - 1000}
        assert of(table, "best;study=tuned", "lr_tuned", **cell)["value"].tolist() == [choice.rate]
        final = records.where(table, phase="final", **cell).dropna(subset=["arm"])
        factor = final["arm"].str.extract(r"dose=(\d+)", expand=False).astype(float)
        np.testing.assert_allclose(final["lr"][factor.notna()], factor.dropna() * choice.rate)
        for rescue, multiple in (("function", 10), ("bias", 10), ("batch_norm", 10), ("lower_rate", 1)):
            rates = records.where(final, arm=f"study=rescue;rescue={rescue}")["lr"]
            np.testing.assert_allclose(rates, multiple * choice.rate)


def test_a_dose_of_one_without_a_shift_is_the_tuned_run_itself(reviewed: Reviewed) -> None:
    table, _ = reviewed
    cell = {"dataset": "iris", "optimizer": "plain_sgd", "activation": "relu"}
    for metric in ("error", "loss", "loss_area"):
        tuned = of(table, "best;study=tuned", metric, split="test", **cell).sort_values("seed")
        dosed = of(table, "study=dose;dose=1;bias=0", metric, split="test", **cell).sort_values("seed")
        assert tuned["value"].tolist() == dosed["value"].tolist()


def test_shares_overall_are_means_over_layers_and_match_the_last_epoch(reviewed: Reviewed) -> None:
    table, _ = reviewed
    rows = records.where(table, experiment="dead_units", phase="final", arm="study=dose;dose=10;bias=-1")
    key = ["activation", "seed"]
    for metric in ("zero_share", "stuck_share", "flat_share"):
        own = rows[rows["metric"] == metric]
        overall = own[own["layer"].isna() & own["step"].isna()].set_index(key)["value"]
        layered = own[own["layer"].notna()].groupby(key)["value"].mean()
        assert len(overall) == 4
        np.testing.assert_allclose(overall.sort_index(), layered.sort_index())
        if metric != "flat_share":
            steps = own[own["step"].notna()].sort_values("step")
            last = steps.groupby(key)["value"].last()
            np.testing.assert_allclose(overall.sort_index(), last.sort_index())
            first = {"zero_share": 0, "stuck_share": 3}[metric]
            assert sorted(set(steps["step"])) == list(range(first, 13, 3))


def test_zero_units_are_flat_and_leaky_ones_are_neither(reviewed: Reviewed) -> None:
    table, _ = reviewed
    arm = "study=dose;dose=10;bias=0"
    for name in ("relu", "leaky_relu"):
        zero, flat = (
            of(table, arm, metric, activation=name, step=None).sort_values(["seed", "layer"])["value"].to_numpy()
            for metric in ("zero_share", "flat_share")
        )
        assert (flat == zero).all()
        assert not flat.any() or name == "relu"


def test_relus_curve_over_the_threshold_is_level(reviewed: Reviewed) -> None:
    table, _ = reviewed
    shares = [of(table, f"study=dose;dose=10;bias=0;tau=1e-{power}", "dormant_share", activation="relu")
              for power in range(1, 7)]  # fmt: skip
    values = [share.sort_values("seed")["value"].tolist() for share in shares]
    assert all(one == values[0] for one in values)
    leaky = [of(table, f"study=dose;dose=1;bias=0;tau=1e-{power}", "dormant_share", activation="leaky_relu")
             for power in (3, 2)]  # fmt: skip
    assert not any(one["value"].any() for one in leaky)


def test_the_first_layer_never_revives_without_momentum(reviewed: Reviewed) -> None:
    table, _ = reviewed
    rows = records.where(table, metric="revivals", activation="relu", optimizer="plain_sgd", layer=1)
    assert len(rows) == 12
    assert not rows["value"].any()


def test_copies_are_one_network_until_units_begin_anew(reviewed: Reviewed) -> None:
    table, _ = reviewed
    for ending, bias in (("", -1), (";bias=0", 0)):
        counts = {
            who: of(table, f"study=recycle;recycled={who}{ending}", "recycled_units").sort_values("seed")["value"]
            for who in ("dead", "live", "none")
        }
        assert not counts["none"].any()
        assert (counts["live"].to_numpy() <= counts["dead"].to_numpy()).all()
        assert counts["dead"].any()
        for metric in ("error", "loss", "zero_share"):
            none = of(table, f"study=recycle;recycled=none{ending}", metric, layer=None).sort_values("seed")
            same = of(table, f"study=dose;dose=10;bias={bias}", metric, activation="relu", layer=None, step=None)
            assert none["value"].tolist() == same.sort_values("seed")["value"].tolist()


def test_rescues_are_what_they_say(reviewed: Reviewed) -> None:
    table, _ = reviewed
    rows = table[table["arm"].fillna("").str.startswith("study=rescue")]
    assert set(records.where(rows, arm="study=rescue;rescue=function")["activation"]) == {"relu", "rrelu", "prelu"}
    others = rows[rows["arm"] != "study=rescue;rescue=function"]
    assert set(others["activation"]) == {"relu"}
    normed = rows["arm"] == "study=rescue;rescue=batch_norm"
    assert (rows.loc[normed, "norm"] == "batch").all()
    assert (rows.loc[~normed, "norm"] == "none").all()
    assert "error" not in set(records.where(rows, dataset="waves")["metric"])
    for arm, part in rows.groupby("arm"):
        wide = part[(part["metric"] == "loss") & (part["split"] == "test")].groupby(["dataset", "activation"]).size()
        assert (wide == 2).all(), arm


def test_sparsity_is_read_before_and_after(reviewed: Reviewed) -> None:
    table, _ = reviewed
    for phase in ("init", "final"):
        zeros = records.where(table, arm="study=sparsity", phase=phase, metric="zero_fraction")
        assert set(zeros["layer"].dropna()) == {1, 2}
        assert (zeros.loc[zeros["activation"] == "tanh", "value"] == 0).all()
        assert zeros.loc[zeros["activation"] == "relu", "value"].between(0.1, 0.95).all()
        ranks = records.where(table, arm="study=sparsity", phase=phase, metric="effective_rank")["value"]
        assert ranks.between(1 / 8, 1).all()


def test_births_are_counted_in_blocks_beside_their_theory(reviewed: Reviewed) -> None:
    table, _ = reviewed
    counted = records.where(table, arm="study=born", metric="born_dead_share")
    assert set(counted["network"]) == {"mlp_1x2", "mlp_2x2", "mlp_3x2"}
    assert set(counted["seed"]) == {0, 1}
    assert (counted.groupby("network")["value"].nunique() >= 1).all()
    mean = counted.groupby("network")["value"].mean()["mlp_2x2"]
    exact = of(table, "study=born", "born_dead_probability", phase="exact")
    assert exact["network"].tolist() == ["mlp_2x2"]
    assert mean == pytest.approx(exact["value"].iloc[0], abs=0.1)
    bounds = of(table, "study=born", "born_dead_bound").set_index("network")["value"]
    assert bounds["mlp_3x2"] == pytest.approx(units.bound(2, 4))
    assert bounds["mlp_3x2"] == pytest.approx(1 - 0.75**3)


def test_a_plan_is_pure_and_keeps_what_is_done(reviewed: Reviewed) -> None:
    table, rounds = reviewed
    shuffled = table.sample(frac=1, random_state=0, ignore_index=True)
    assert dead_units.plan(params(), shuffled) == rounds[-1]
    names = [{reviewing.name(job, run) for job in planned for run in job.runs} for planned in rounds]
    assert all(earlier <= later for earlier, later in pairwise(names))
    assert len(names[-1]) == sum(len(job.runs) for job in rounds[-1])
    assert all(job.seconds > 0 for job in rounds[-1])


def test_records_do_not_depend_on_how_runs_are_grouped(reviewed: Reviewed) -> None:
    table, _ = reviewed
    only = {"dose": None, "sparsity": None, "rescue": None, "born": None}
    apart, _ = reviewing.review(dead_units, params(**only), alone=True)
    together = table[table["arm"].isin(set(apart["arm"])) & (table["optimizer"] == "plain_sgd")]
    key = list(records.KEY)
    first, second = (one.sort_values(key, ignore_index=True) for one in (together, apart))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"network": "cnn_2x8"}, "cnn_2x8 is no multilayer perceptron"),
        ({"sparsity": {**SMALL["sparsity"], "activations": ("glu",)}}, "glu is not element-wise"),
        ({"sparsity": {**SMALL["sparsity"], "activations": ("gleu",)}}, "unknown activation 'gleu'"),
        ({"rates": {**RATES, "adam": (0.1, 0.3)}}, "0.1 is followed by 0.3"),
        ({"rates": {"adam": (0.1, 0.2)}}, "rates has no grid for the optimizer 'plain_sgd'"),
    ],
)
def test_what_cannot_be_trained_is_said_before_any_work(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        dead_units.plan(params(**changed), records.frame([]))


def test_a_configuration_without_the_comparison_asks_for_nothing() -> None:
    none = Params.model_validate({"title": "none", "experiments": {"formulas": {}}, "notebooks": ("a",)})
    assert dead_units.plan(none, records.frame([])) == []


def test_runs_take_whole_epochs() -> None:
    planned = dead_units.plan(params(steps=400, epochs=2), records.frame([]))
    trained = [run for job in planned for run in job.runs if "epoch" in run]
    assert {(run["dataset"], run["epoch"], run["steps"]) for run in trained} == {
        ("iris", 3, 402), ("waves", 38, 418),
    }  # fmt: skip
