"""Trials give a run what its spec says, whatever its data set, network and activation, and whatever group it is in."""

import math
import time
from typing import Any

import numpy as np
import pytest
import torch

from acts import activations, datasets, training, trials
from acts.networks import Stack
from acts.trials import Trial

PLAIN = {
    "dataset": "wine", "network": "mlp_2x16", "optimizer": "adam", "steps": 12, "batch": 16, "evaluations": 3,
    "phase": "tune", "device": "cpu", "dtype": "float32", "scales": [1.4, 0.0, 1.4, 0.1, 1.0, 0.0, False],
    "split": 0, "seed": 0, "lr": 0.004,
}  # fmt: skip
TASKS = [
    ("wine", "mlp_2x16", "classification"),
    ("diabetes", "mlp_2x16", "regression"),
    ("waves", "resmlp_2x16", "regression"),
    ("digits", "autoencoder_16x4", "autoencoder"),
    ("digits", "cnn_1x4", "classification"),
    ("mnist1d", "rnn_1x8", "classification"),
    ("digits", "gru_1x8", "classification"),
    ("docstrings", "transformer_1x16", "text"),
]


def runs_of(count: int = 3, **changed: Any) -> list[dict[str, Any]]:
    return [{**PLAIN, **changed, "seed": seed, "lr": 0.001 * (1 + seed)} for seed in range(count)]


def trained(runs: list[dict[str, Any]], activation: str = "tanh") -> Trial:
    with training.one_thread():
        return trials.train(activations.get(activation), runs, watch="validation", rows=32)


@pytest.mark.parametrize(("dataset", "network", "task"), TASKS)
def test_every_task_is_trained_and_scored_in_its_own_unit(dataset: str, network: str, task: str) -> None:
    assert trials.task(dataset, network) == task
    trial = trained(runs_of(dataset=dataset, network=network))
    assert trial.history.losses.shape == (3, 12)
    assert trial.history.curve.shape == (3, 4)
    assert np.isfinite(trial.history.curve).all()
    scores = trial.score("validation", rows=32)
    assert list(scores) == (["loss", "accuracy"] if task in ("classification", "text") else ["loss"])
    np.testing.assert_allclose(scores["loss"], trial.history.curve[:, -1], rtol=1e-5)


@pytest.mark.parametrize(("dataset", "network", "task"), TASKS)
def test_networks_without_weights_score_as_a_constant_guess(dataset: str, network: str, task: str) -> None:
    trial = trained(runs_of(dataset=dataset, network=network, steps=1, evaluations=1))
    trial.stack.buffer.zero_()
    scores = trial.score("train", rows=100_000)
    wanted = 1.0 if task == "autoencoder" else datasets.guess(dataset)
    assert wanted == pytest.approx(
        1.0 if task in ("regression", "autoencoder") else math.log(trial.stack.network.outputs)
    )
    np.testing.assert_allclose(scores["loss"], wanted, rtol=2e-3)


def test_scores_are_those_of_the_rows_that_were_asked_for() -> None:
    trial = trained(runs_of(2, steps=40))
    data, split = datasets.load("wine"), datasets.split("wine", 0)
    rows = split.test[:20]
    x = torch.from_numpy(((data.x[rows] - split.centre) / split.scale).astype(np.float32)).expand(2, -1, -1)
    right = trial.stack.apply(x, trial.nonlinearity).argmax(-1).numpy() == data.y[rows]
    np.testing.assert_allclose(trial.score("test", rows=20)["accuracy"], right.mean(axis=1), rtol=1e-6)
    assert trial.score("test", rows=20)["accuracy"].min() > 0.4


@pytest.mark.parametrize("activation", ["relu", "rrelu", "prelu", "swiglu", "maxout", "crelu", "softmax", "xielu"])
@pytest.mark.parametrize("network", ["mlp_2x16", "gru_1x8"])
def test_every_sort_of_activation_learns(activation: str, network: str) -> None:
    changed = {"steps": 60, "dataset": "digits", "network": network, "batch": 32}
    trial = trained(runs_of(2, **changed), activation)
    assert (trial.history.losses[:, -10:].mean(axis=1) < trial.history.losses[:, :10].mean(axis=1)).all()
    learned = trial.stack.network.learned
    assert bool(learned) == bool(activations.get(activation).learnable)
    weights = trial.stack.network.weights
    assert weights == pytest.approx(trials.network("relu", "digits", network).weights, rel=0.06)


@pytest.mark.parametrize(
    ("activation", "dataset", "network"),
    [("rrelu", "wine", "mlp_2x16"), ("swiglu", "xor", "mlp_2x32"), ("crelu", "digits", "mlp_2x32"),
     ("maxout", "mnist1d", "rnn_1x8"), ("xielu", "breast_cancer", "resmlp_2x16")],
)  # fmt: skip
def test_a_run_is_the_same_in_any_group(activation: str, dataset: str, network: str) -> None:
    about = {"dataset": dataset, "network": network, "dropout": 0.2, "norm": "batch", "decay": 0.01}
    runs = runs_of(11, schedule="cosine", **about)
    whole, part = trained(runs, activation), trained([runs[7], runs[2]], activation)
    np.testing.assert_array_equal(part.history.losses, whole.history.losses[[7, 2]])
    np.testing.assert_array_equal(part.score("test", rows=99)["loss"], whole.score("test", rows=99)["loss"][[7, 2]])


@pytest.mark.parametrize(
    "changed", [{"norm": "layer"}, {"schedule": "cosine"}, {"dropout": 0.3}, {"decay": 0.5}, {"optimizer": "adamw"}]
)
def test_what_a_spec_may_leave_out_changes_what_is_learned(changed: dict[str, Any]) -> None:
    plain, other = trained(runs_of(1)), trained(runs_of(1, **changed))
    if changed == {"optimizer": "adamw"}:  # without decay the two are one
        np.testing.assert_array_equal(plain.history.losses, other.history.losses)
    else:
        assert plain.history.losses[0, -1] != other.history.losses[0, -1]
    said = trained(runs_of(1, norm="none", schedule="constant", dropout=0.0, decay=0.0))
    np.testing.assert_array_equal(plain.history.losses, said.history.losses)


def test_learned_parameters_are_one_a_layer_or_one_a_unit() -> None:
    layers, units = (trained(runs_of(2, channelwise=each), "prelu") for each in (False, True))
    alphas = {name: part for name, part in units.stack.parts().items() if name.endswith("alpha")}
    assert [part.shape for part in alphas.values()] == [(2, 16), (2, 16)]
    assert all(len(part[0].unique()) > 1 for part in alphas.values())
    assert [part.numbers for part in layers.stack.network.learned] == [1, 1]


def test_groups_are_of_one_kind() -> None:
    runs = [*runs_of(2), *runs_of(2, norm="batch"), *runs_of(1, norm="none"), *runs_of(1, dropout=0.5)]
    assert list(trials.groups(runs)) == [[0, 1, 4], [2, 3], [5]]
    varied = [{**runs[0], "split": 3, "scales": [1.0] * 6 + [False], "seed": 9, "lr": 0.5}, runs[1]]
    assert list(trials.groups(varied)) == [[0, 1]]


def test_groups_stay_near_the_cache() -> None:
    sizes = [len(group) for group in trials.groups(runs_of(100, dataset="digits", network="mlp_8x64"))]
    assert sum(sizes) == 100
    assert set(sizes[:-1]) == {32}
    assert [len(group) for group in trials.groups(runs_of(9, network="mlp_4x1024"))] == [8, 1]
    wide = runs_of(100, dataset="digits", network="mlp_8x64", device="cuda")
    assert [len(group) for group in trials.groups(wide)] == [100]


def test_networks_that_gain_nothing_are_trained_alone_on_a_cpu() -> None:
    text = {"dataset": "docstrings", "network": "transformer_1x16"}
    assert not trials.network("relu", *text.values()).stacked
    assert [len(group) for group in trials.groups(runs_of(3, **text))] == [1, 1, 1]
    assert [len(group) for group in trials.groups(runs_of(3, **text, device="cuda"))] == [3]


def test_a_network_that_does_not_take_the_data_says_whose_rows() -> None:
    with pytest.raises(ValueError, match=r"wine: cnn_2x16 takes pictures .*, not inputs of shape \(13,\)"):
        trials.network("relu", "wine", "cnn_2x16")


# --- memory -----------------------------------------------------------------------------------------------------------


def memory_for(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Let training of more networks than so many run out of memory."""
    real = training.train

    def train(stack: Stack, *rest: Any, **settings: Any) -> training.History:
        if len(stack) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real(stack, *rest, **settings)

    monkeypatch.setattr(training, "train", train)


def test_a_group_too_large_for_the_memory_is_halved(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    runs = runs_of(11, norm="batch")
    whole = trained(runs)
    memory_for(monkeypatch, 3)
    halved = trained(runs)
    assert whole.groups == (11,)
    assert halved.groups == (2, 3, 3, 3)
    assert halved.runs == runs
    assert "out of memory with 11 networks" in caplog.text
    for name in ("losses", "curve", "diverged"):
        np.testing.assert_array_equal(getattr(halved.history, name), getattr(whole.history, name))
    assert torch.equal(halved.stack.buffer, whole.stack.buffer)
    assert torch.equal(halved.stack.state, whole.stack.state)
    for name, scores in whole.score("test", rows=50).items():
        np.testing.assert_array_equal(halved.score("test", rows=50)[name], scores)


def test_a_network_too_large_for_the_memory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    memory_for(monkeypatch, 0)
    with pytest.raises(torch.OutOfMemoryError):
        trained(runs_of(2))


# --- cost -------------------------------------------------------------------------------------------------------------


def test_cost_grows_with_the_work() -> None:
    relu = activations.get("relu")
    one = trials.seconds(relu, runs_of(8, network="mlp_8x64"))
    assert 1.5 * one < trials.seconds(relu, runs_of(16, network="mlp_8x64")) < 2 * one
    assert trials.seconds(relu, runs_of(640, network="mlp_8x64")) == pytest.approx(
        10 * trials.seconds(relu, runs_of(64, network="mlp_8x64")), rel=0.01
    )
    assert trials.seconds(relu, runs_of(8, network="mlp_8x128")) > 2 * one
    assert trials.seconds(relu, runs_of(8, network="mlp_8x64", steps=48)) > 2.5 * one
    for costlier in ({"norm": "batch"}, {"dropout": 0.5}):
        assert trials.seconds(relu, runs_of(8, network="mlp_8x64", **costlier)) > one
    assert trials.seconds(activations.get("swiglu"), runs_of(8, network="mlp_8x64")) > one
    assert trials.seconds(relu, runs_of(8, network="mlp_8x64"), scored=10_000) > 2 * one
    assert trials.seconds(relu, []) == 0


@pytest.mark.parametrize(("dataset", "network"), [task[:2] for task in TASKS])
def test_cost_is_about_what_training_takes(dataset: str, network: str) -> None:
    count = 4 if network.startswith("transformer") else 32
    runs, relu = runs_of(count, dataset=dataset, network=network, batch=32, steps=30), activations.get("relu")
    trained(runs[:1], "relu")
    start = time.process_time()
    with training.one_thread():
        for members in trials.groups(runs):
            trials.train(relu, [runs[member] for member in members], watch="validation", rows=256)
    ratio = (time.process_time() - start) / trials.seconds(relu, runs)
    assert 0.1 < ratio < 10  # also with types checked at every call and other work on the machine


def test_an_error_is_at_least_half_a_mistake_of_the_rows_it_was_measured_on():
    """Else 0 would have no logarithm; ``rows`` counts only where the part has as many."""
    run, test = {"dataset": "digits", "split": 0}, len(datasets.split("digits", 0).test)
    assert trials.error(run, "test", 0.75, rows=10_000) == 0.25
    assert trials.error(run, "test", 1.0, rows=10_000) == 0.5 / test
    assert trials.error(run, "test", 1.0, rows=10) == 0.05
