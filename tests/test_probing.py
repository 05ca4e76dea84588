"""Studies that read networks measure what they are asked for, alone as in company, and catch what they aim at."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from reviewing import Reviewed, review

from acts import trials, tuned
from acts.activations import get
from acts.experiments import mechanisms
from acts.experiments.mechanisms import linear, narrow, negative, regions
from acts.params import Params
from acts.records import check, frame, where

SHIFTED = "relu(shift=-0.398942)"
PROBES: dict[str, Any] = {
    "regions": {
        "activations": ("relu", "leaky_relu", "identity"), "inits": ("stable",),
        "nets": ({"dataset": "waves", "networks": ("mlp_1x12", "mlp_2x6")},),
    },
    "narrow": {
        "activations": ("relu", "leaky_relu", "leaky_relu(alpha=-1)", "crelu", "identity"), "inputs": 6,
        "networks": ("mlp_1x6", "mlp_1x12"),
    },
    "negative": {
        "activations": ("relu", SHIFTED, "elu"), "inits": ("he",), "datasets": ("spirals",), "networks": ("mlp_2x8",),
    },
    "linear": {
        "activations": ("tanh", "sigmoid"), "inits": ("stable",), "looks": 8,
        "tasks": ({"dataset": ("moons", "waves"), "network": "mlp_2x8", "optimizer": "adam", "steps": 12, "batch": 16,
                   "rates": (0.01, 0.02)},),
    },
}  # fmt: skip
STUDIES = (
    {"study": "fit", "datasets": "waves", "networks": ("mlp_2x6",), "optimizers": ("adam",), "inits": ("stable",),
     "steps": 8, "batch": 16, "rates": {"adam": (0.01, 0.02)}},
    {"study": "centring", "datasets": "spirals", "networks": ("mlp_2x8",), "optimizers": ("sgd",), "inits": ("he",),
     "steps": 8, "batch": 16, "rates": {"sgd": (0.05, 0.1)}},
)  # fmt: skip


def asked(**parts: Any) -> Params:
    section = {"seeds": 2, "growths": 0, "evaluations": 2, **parts}
    return Params.model_validate(
        {"title": "probes", "notebooks": ("08_mechanisms",), "experiments": {"mechanisms": section}}
    )


@pytest.fixture(scope="module")
def reviewed() -> Reviewed:
    return review(mechanisms, asked(probes=PROBES, studies=STUDIES))


def values(reviewed: Reviewed, **conditions: Any) -> pd.DataFrame:
    return where(reviewed[0], **conditions)


def test_records_keep_the_rules_of_the_table_and_name_every_study(reviewed: Reviewed) -> None:
    records = check(reviewed[0])
    arms = {"study=regions", "study=narrow", "study=negative", "study=linear"}
    assert arms <= set(records["arm"])
    assert (where(records, arm="study=narrow")["dataset"] == "gaussian").all()
    assert not where(records, phase="init")["lr"].notna().any()


def test_a_probe_says_the_same_alone_as_in_company() -> None:
    few = {
        "regions": {**PROBES["regions"], "activations": ("relu",)},
        "narrow": {**PROBES["narrow"], "activations": ("relu",)},
        "negative": {**PROBES["negative"], "activations": (SHIFTED,)},
        "linear": {**PROBES["linear"], "activations": ("tanh",)},
    }
    few["linear"]["tasks"] = ({**PROBES["linear"]["tasks"][0], "dataset": "moons"},)
    params = asked(probes=few)
    together, alone = (review(mechanisms, params, alone=alone)[0] for alone in (False, True))
    order = [column for column in together if column != "value"]
    tables = [table.sort_values(order, ignore_index=True) for table in (together, alone)]
    pd.testing.assert_frame_equal(*tables)


def test_a_linear_network_has_one_piece_and_rectifiers_have_more(reviewed: Reviewed) -> None:
    rows = values(reviewed, arm="study=regions", metric="regions", phase="init")
    assert len(rows) == 3 * 2 * 2
    pieces = rows.groupby("activation")["value"].min()
    assert pieces["identity"] == 1
    assert rows[rows["activation"] == "identity"]["value"].max() == 1
    assert pieces["relu"] > 1


def test_trained_networks_are_read_at_the_rate_that_tuning_picked(reviewed: Reviewed) -> None:
    for metric, names in (("regions", {"relu", "leaky_relu"}), ("natural_cosine", {"relu", SHIFTED, "elu"})):
        rows = values(reviewed, metric=metric, phase="final")
        rows = rows[~rows["arm"].str.contains("damping")]
        assert set(rows["activation"]) == names
        assert len(rows) == 2 * len(names)
        assert rows["lr"].notna().all()


def test_a_layer_tells_what_its_function_leaves(reviewed: Reviewed) -> None:
    rows = values(reviewed, arm="study=narrow", metric="reconstruction")
    found = rows.groupby(["network", "activation"])["value"].mean().unstack("activation")
    np.testing.assert_allclose(found["leaky_relu"], found["identity"], atol=1e-9)
    assert (found["identity"] > 0.999).all()
    assert (abs(found["leaky_relu(alpha=-1)"]) < 0.02).all()
    assert 0.3 < found.loc["mlp_1x6", "relu"] < 0.7
    assert found.loc["mlp_1x12", "relu"] > found.loc["mlp_1x6", "relu"] + 0.2
    assert found.loc["mlp_1x12", "crelu"] > 0.999


@pytest.mark.parametrize("study", [regions, narrow])
@pytest.mark.parametrize("name", ["tanh", "softplus", "relu6"])
def test_functions_that_bend_elsewhere_are_refused(study: Any, name: str) -> None:
    part = {"regions": regions, "narrow": narrow}
    (word,) = [word for word, module in part.items() if module is study]
    wanted = asked(probes={word: {**PROBES[word], "activations": (name,)}})
    with pytest.raises(ValueError, match=f"mechanisms: {name} has other bends than one at 0"):
        mechanisms.plan(wanted, frame([]))


def test_outputs_of_one_sign_give_gradients_of_one_sign(reviewed: Reviewed) -> None:
    shares = values(reviewed, metric="one_sign_share").groupby("activation")["value"].agg(["min", "max"])
    assert shares.loc["relu"].tolist() == [1, 1]
    assert shares.loc["elu", "max"] < 0.5
    cosines = values(reviewed, metric="natural_cosine")
    assert cosines["value"].between(-1e-9, 1 + 1e-9).all()
    assert set(cosines["arm"]) == {"study=negative", "study=negative;damping=0.0001", "study=negative;damping=1"}


def run(**changes: Any) -> dict[str, Any]:
    spec = {
        "dataset": "spirals", "network": "mlp_2x8", "norm": "none", "seed": 0, "split": 0, "init": "he",
        "scales": tuned.scales("relu", "he"), "device": "cpu", "dtype": "float64", "phase": "init", "batch": 16,
        "steps": 1, "evaluations": 1, "optimizer": "sgd", "lr": 0.1, "study": "negative",
    }  # fmt: skip
    return {**trials.DEFAULTS, **spec, **changes}


def test_layers_meet_the_gradient_that_training_follows() -> None:
    function, one = get("elu"), run()
    stack = trials.started(function, [one])
    layers = negative.met(function, stack, one)
    x, y = trials.feed([one], "train", rows=negative.ROWS).batch(0, negative.ROWS)
    leaf = stack.buffer.clone().requires_grad_()
    outputs = stack.apply(x, trials.nonlinearity(function), buffer=leaf, training=True)
    loss = torch.nn.functional.cross_entropy(outputs[0], y[0])
    (gradient,) = torch.autograd.grad(loss, leaf)
    for layer, name in zip(layers, ("hidden0", "hidden1", "out"), strict=True):
        parts = stack.network.views(gradient)
        torch.testing.assert_close(layer.gradient[:-1], parts[f"{name}.weights"][0])
        torch.testing.assert_close(layer.gradient[-1:], parts[f"{name}.bias"][0])


def test_guesses_have_the_second_moment_of_targets_that_a_network_would_draw() -> None:
    function, one = get("tanh"), run()
    layers = negative.met(function, trials.started(function, [one]), one)
    chance = torch.softmax(_outputs(function, one), dim=-1)
    last = layers[-1].guesses
    slow = torch.diag_embed(chance) - chance[:, :, None] * chance[:, None, :]
    torch.testing.assert_close(torch.einsum("gru,grv->ruv", last, last), slow)


def _outputs(function: Any, one: dict[str, Any]) -> torch.Tensor:
    x, _ = trials.feed([one], "train", rows=negative.ROWS).batch(0, negative.ROWS)
    return trials.started(function, [one]).apply(x, trials.nonlinearity(function))[0]


def test_a_shifted_function_starts_as_the_plain_one_and_only_its_gradients_turn() -> None:
    planned = mechanisms.plan(asked(probes={"negative": PROBES["negative"]}), frame([]))
    (job,) = [job for job in planned if job.activation == SHIFTED]
    assert {one["absorb"] for one in job.runs} == {-0.398942}
    plain, moved = run(), run(absorb=-0.398942)
    torch.testing.assert_close(_outputs(get("relu"), plain), _outputs(get(SHIFTED), moved))


def test_networks_are_caught_at_the_loss_at_which_the_linear_one_of_their_seed_ended(reviewed: Reviewed) -> None:
    train = values(reviewed, arm="study=linear", phase="final", metric="stopped_loss", split="train")
    met = values(reviewed, arm="study=linear", phase="final", metric="met")
    key = ["dataset", "seed", "activation"]
    loss, caught = train.set_index(key)["value"].unstack(), met.set_index(key)["value"].unstack()
    assert (caught["identity"] == 1).all()
    for name in ("tanh", "sigmoid"):
        down = caught[name] == 1
        assert (loss[name][down] <= loss["identity"][down] * (1 + 1e-6)).all()
        assert (loss[name][~down] > loss["identity"][~down]).all()
    assert caught[["tanh", "sigmoid"]].to_numpy().any()


def test_linear_networks_come_first_and_the_others_know_their_targets(reviewed: Reviewed) -> None:
    aimed = [job for job in reviewed[1][0] if job.runs[0]["study"] == "linear"]
    assert {job.activation for job in aimed} == {"identity"}
    last = [one for job in reviewed[1][-1] for one in job.runs if one["study"] == "linear"]
    assert {one["steps"] for one in last if "target" in one} == {linear.LONGER * 12}
    assert {one["steps"] for one in last if "target" not in one} == {12}
    targets = {(one["dataset"], one["split"], one["target"]) for one in last if "target" in one}
    assert len(targets) == 2 * 2


def test_what_does_not_come_down_is_infinite_while_tuning_and_scored_as_it_ends(reviewed: Reviewed) -> None:
    out_of_reach = [{**one, "target": 1e-9, "lr": 0.01} for job in reviewed[1][-1] for one in job.runs
                    if one["study"] == "linear" and job.activation == "tanh" and one["dataset"] == "moons"]  # fmt: skip
    tune, final = ([one for one in out_of_reach if one["phase"] == phase][:1] for phase in ("tune", "final"))
    (tuning,) = linear.rows(get("tanh"), tune)
    assert [row["value"] for row in tuning if row["metric"] == "stopped_loss"] == [np.inf]
    (ended,) = linear.rows(get("tanh"), final)
    told = {row["metric"]: row["value"] for row in ended if row.get("split") != "train"}
    assert (told["met"], told["stopped_step"]) == (0, linear.LONGER * 12)
    assert np.isfinite([told["stopped_loss"], told["stopped_error"], told["stopped_noise_error"]]).all()


def test_noise_is_scored_by_error_where_there_are_classes_and_by_loss_elsewhere(reviewed: Reviewed) -> None:
    found = values(reviewed, arm="study=linear", phase="final", split="test")
    metrics = {str(name): set(rows["metric"]) for name, rows in found.groupby("dataset")}
    assert metrics["moons"] == {"stopped_loss", "stopped_error", "stopped_noise_error"}
    assert metrics["waves"] == {"stopped_loss", "stopped_noise_loss"}
