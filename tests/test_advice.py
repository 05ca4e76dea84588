"""Advice is what the records support: made-up outcomes come out as they were made, and equal ones as no difference."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import taken

from acts import figures, records
from acts.claims import advice, outcomes
from acts.figures import selection

ARMS = ("relu", "gelu", "tanh")
CATALOGUE = pd.DataFrame(
    {
        "name": ["relu", "gelu", "tanh"],
        "label": ["ReLU", "GELU", "tanh"],
        "family": ["rectifier", "smooth gated", "sigmoidal"],
    }
)


def task(dataset: str, network: str, means: dict[str, float], *, metric: str = "error", **more: Any) -> list[dict]:
    """Return final rows of one task: outcomes around given means, the noise of a seed shared by all arms."""
    noise = np.random.default_rng(list(f"{dataset} {network}".encode()))
    shared, own = noise.normal(0, 0.1, 12), {arm: noise.normal(0, 0.02, 12) for arm in means}
    who = {"experiment": "generalization", "phase": "final", "split": "test", "arm": "best", "norm": "none"}
    who |= {"dataset": dataset, "network": network, "optimizer": "adam", "device": "cpu", "dtype": "float32", **more}
    return [
        {
            **who,
            "activation": arm,
            "seed": seed,
            "metric": metric,
            "value": mean * np.exp(shared[seed] + own[arm][seed]),
        }
        for arm, mean in means.items()
        for seed in range(12)
    ]


def times(**ratios: float) -> list[dict]:
    who = {"experiment": "cost", "phase": "final", "arm": "mode=eager;batch=64", "network": "mlp_4x64"}
    who |= {"dtype": "float32", "device": "cpu", "metric": "step_time_ratio"}
    return [
        {**who, "activation": arm, "seed": seed, "value": ratio * (1 + 0.001 * seed)}
        for arm, ratio in ratios.items()
        for seed in range(12)
    ]


def table(*parts: list[dict]) -> pd.DataFrame:
    return records.frame(row for part in parts for row in part)


def test_an_outcome_in_margins_is_its_log_over_the_margins():
    (found,) = outcomes.tasks(table(task("digits", "mlp_2x32", {"relu": 0.1, "gelu": 0.05})))
    difference = (found.values["gelu"] - found.values["relu"]).mean()
    assert difference == pytest.approx(np.log(2) / -np.log(0.975), rel=0.05)
    assert (found.metric, found.kind, found.depth, found.family) == ("error", "mlp", 2, ("mlp", "error"))


def test_a_diverged_run_is_worst_and_a_missing_one_is_a_gap():
    rows = table(task("digits", "mlp_2x32", {"relu": 0.1, "gelu": 0.05}))
    rows.loc[0, "value"] = np.inf
    (found,) = outcomes.tasks(rows.drop(index=1))
    assert found.values.loc[0, "relu"] == -np.inf
    assert not found.complete(["relu"])
    assert outcomes.shared([found]) == ["gelu"]
    with pytest.raises(ValueError, match="digits mlp_2x32 has not every seed of relu"):
        outcomes.array([found], ["relu"])


def test_what_is_clearly_better_is_advised_with_its_gain():
    (row,) = advice.advice(table(task("digits", "mlp_2x32", {"relu": 0.10, "gelu": 0.08, "tanh": 0.12}))).to_dict(
        "records"
    )
    assert (row["try"], row["best"], row["detectable"], row["tied"]) == ("gelu", "gelu", True, [])
    assert row["gain"] == pytest.approx(20, abs=2)
    assert row["gain_low"] < row["gain"] < row["gain_high"]
    assert np.isnan(row["regret"])


def test_of_equals_the_quickest_is_advised_and_no_difference_is_claimed():
    rows = table(
        task("digits", "mlp_2x32", dict.fromkeys(ARMS, 0.1)), times(relu=1.0, gelu=1.3, tanh=0.9)
    )  # fmt: skip
    (row,) = advice.advice(rows).to_dict("records")
    assert not row["detectable"]
    assert row["try"] == "tanh"
    assert row["time"] == pytest.approx(0.905, abs=0.01)
    (told,) = selection.recommendations(rows, CATALOGUE).frame.to_dict("records")
    assert told["expect"].startswith(("no detectable difference", "practically the same"))


def test_a_difference_within_the_margin_is_practically_the_same():
    rows = table(task("docs", "transformer_1x32", {"relu": 1.0, "gelu": 0.98}, metric="loss"))
    (row,) = advice.advice(rows).to_dict("records")
    assert row["gain_low"] > 0
    assert not row["detectable"]
    (told,) = selection.recommendations(rows, CATALOGUE).frame.to_dict("records")
    assert told["expect"].startswith("practically the same")
    assert told["setting"] == "Transformer"


def test_settings_part_depth_norm_and_outcome_and_deep_cells_come_from_robustness():
    equal = dict.fromkeys(ARMS, 0.1)
    deep = task("digits", "mlp_16x32", equal, experiment="robustness", arm="best;study=cells")
    shallow = task("digits", "mlp_2x32", equal, experiment="robustness", arm="best;study=cells")
    rows = table(
        task("digits", "mlp_3x32", equal), task("waves", "mlp_2x32", equal, metric="loss"),
        task("iris", "mlp_1x16", equal), task("digits", "resmlp_8x32", equal, norm="layer"), deep, shallow,
    )  # fmt: skip
    found = [(one.kind, one.depths, one.norm, one.metric, len(one.tasks)) for one in advice.settings(rows)]
    assert found == [
        ("mlp", "1", "none", "error", 1), ("mlp", "2–4", "none", "error", 1), ("mlp", "2–4", "none", "loss", 1),
        ("mlp", "5+", "none", "error", 1), ("resmlp", "5+", "layer", "error", 1),
    ]  # fmt: skip


def test_habits_are_ranked_by_regret_and_the_fitted_one_is_scored_where_it_was_not_made():
    """GELU is best on pictures and tanh in recurrent networks: what is best elsewhere is wrong in both."""
    parts = [task(f"d{i}", "cnn_2x8", {"relu": 0.1, "gelu": 0.05, "tanh": 0.08}) for i in range(4)]
    parts += [task(f"d{i}", "rnn_1x8", {"relu": 0.1, "gelu": 0.08, "tanh": 0.05}) for i in range(4)]
    found = advice.policies(table(*parts)).set_index("policy")
    one = np.log(0.08 / 0.05) / -np.log(0.975)
    assert found.loc["the best of the other families", "regret"] == pytest.approx(one, rel=0.1)
    assert found.loc["gelu", "regret"] == pytest.approx(one / 2, rel=0.15)
    assert found.loc["relu", "regret"] > found.loc["tanh", "regret"] > 0
    assert (found["tasks"] == 8).all()


def test_a_task_on_which_few_were_tuned_is_no_part_of_the_tournament():
    many = dict.fromkeys(("relu", "gelu", "tanh", "elu", "swish", "mish"), 0.1)
    parts = [task(f"d{i}", "mlp_2x8", many) for i in range(3)] + [task("e", "mlp_1x8", {"relu": 0.1, "tanh": 0.2})]
    assert set(advice.policies(table(*parts))["tasks"]) == {3}


def test_nothing_measured_is_said_and_not_drawn():
    empty = records.frame([])
    assert advice.advice(empty).empty
    assert advice.policies(empty).empty
    assert "not measured here" in selection.recommendations(empty, CATALOGUE).to_markdown().replace("\\", "")
    for draw in (selection.grid, selection.habits):
        assert draw(empty, CATALOGUE).finding.startswith("Not measured here")


def test_figures_say_their_finding_with_numbers():
    parts = [task(f"d{i}", "cnn_2x8", {"relu": 0.1, "gelu": 0.05, "tanh": 0.08}) for i in range(6)]
    rows = table(*parts)
    assert "always GELU" in selection.habits(rows, CATALOGUE).finding
    assert "tanh" in selection.grid(table(task("a", "cnn_2x8", {"relu": 0.1, "tanh": 0.3})), CATALOGUE).finding
    assert figures.render(selection.grid(rows, CATALOGUE)) == figures.render(selection.grid(rows, CATALOGUE))


def test_where_relu_is_best_there_is_nothing_to_gain():
    rows = table(task("digits", "mlp_2x32", {"relu": 0.05, "gelu": 0.1, "tanh": 0.1}))
    (told,) = selection.recommendations(rows, CATALOGUE).frame.to_dict("records")
    assert told["try"] == "ReLU"
    assert told["expect"].startswith("nothing to gain")


def test_figures_give_their_data():
    parts = [task(f"d{i}", "cnn_2x8", {"relu": 0.1, "gelu": 0.05, "tanh": 0.08}) for i in range(6)]
    for draw in (selection.grid, selection.habits):
        taken.check(lambda rows, draw=draw: draw(rows, CATALOGUE), table(*parts))
