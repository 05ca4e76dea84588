"""Wrong labels and noise depend on the split alone and hit what they should; scores become probabilities."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit

from acts import activations, datasets, training, trials
from acts.trials import Trial, calibration, disturbances

PLAIN = {
    "dataset": "wine", "network": "mlp_2x16", "optimizer": "sgd", "steps": 60, "batch": 16, "evaluations": 2,
    "phase": "final", "device": "cpu", "dtype": "float32", "scales": [1.4, 0.0, 1.4, 0.1, 1.0, 0.0, False],
    "split": 0, "seed": 0, "lr": 0.05,
}  # fmt: skip


def trained(*changes: dict[str, Any], activation: str = "relu") -> Trial:
    runs = [{**PLAIN, **changed} for changed in changes]
    with training.one_thread():
        return trials.train(activations.get(activation), runs, watch="test", rows=32)


# --- labels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_a_share_of_the_training_rows_has_a_wrong_class_and_no_other_row(share: float) -> None:
    data, split = datasets.load("wine"), datasets.split("wine", 3)
    found = disturbances.flipped(data.y, split.train, share=share, classes=3, split=3)
    wrong = np.flatnonzero(found != data.y)
    assert len(wrong) == round(share * len(split.train))
    assert set(wrong) <= set(split.train)
    assert found.min() >= 0
    assert found.max() <= 2


def test_a_larger_share_flips_the_same_rows_alike_and_more() -> None:
    y, rows = np.arange(400) % 5, np.arange(300)
    less, more = (disturbances.flipped(y, rows, share=share, classes=5, split=1) for share in (0.2, 0.4))
    hit = less != y
    assert (more[hit] == less[hit]).all()
    assert (more != y).sum() == 120
    other = disturbances.flipped(y, rows, share=0.2, classes=5, split=2)
    assert (other != less).any()
    assert (disturbances.flipped(y, rows[::-1], share=0.2, classes=5, split=1) == less).all()


def test_every_wrong_class_is_as_likely() -> None:
    y = np.zeros(6000, int)
    found = disturbances.flipped(y, np.arange(6000), share=1.0, classes=4, split=0)
    counts = np.bincount(found, minlength=4)
    assert counts[0] == 0
    assert abs(counts[1:] - 2000).max() < 150


def test_networks_are_trained_on_the_flipped_classes_and_scored_on_the_true_ones() -> None:
    runs = [{**PLAIN, "flipped": 0.5, "seed": seed, "split": seed % 2} for seed in (0, 1)]
    feed, plain = (trials.feed(part, "train") for part in (runs, [{**run, "flipped": 0.0} for run in runs]))
    (x, told), (same, true) = feed.batch(0, 40), plain.batch(0, 40)
    assert torch.equal(x, same)
    assert 0.3 < (told != true).float().mean() < 0.7
    for part in ("validation", "test"):
        assert trials.feed(runs, part, rows=30).instead is None
    scores = trained({"flipped": 0.5}).score("test", rows=99)["accuracy"]
    assert scores < trained({"flipped": 0.0}).score("test", rows=99)["accuracy"]


def test_a_tuning_run_meets_the_labels_of_its_final_run() -> None:
    final, tune = {**PLAIN, "flipped": 0.4}, {**PLAIN, "flipped": 0.4, "seed": 1000, "phase": "tune"}
    told = []
    for run in (final, tune):
        feed = trials.feed([run], "train")
        found = dict(zip(feed.rows[0].tolist(), feed.instead[0].tolist(), strict=True))  # type: ignore[index]
        told.append(found)
    shared = set(told[0]) & set(told[1])
    assert len(shared) > 50
    assert all(told[0][row] == told[1][row] for row in shared)


# --- noise ------------------------------------------------------------------------------------------------------------


def test_noise_is_uniform_within_its_reach_and_one_draw_stretched() -> None:
    small, large = (disturbances.noise(500, 20, reach=reach, split=4) for reach in (0.5, 3.0))
    assert small.dtype == np.float32
    np.testing.assert_allclose(large, 6 * small, rtol=1e-6)
    assert abs(large).max() <= 3
    assert large.std() == pytest.approx(np.sqrt(3), rel=0.02)
    assert (disturbances.noise(500, 20, reach=3.0, split=5) != large).mean() > 0.99


def test_noise_is_added_to_standardised_inputs_of_the_rows_that_are_scored() -> None:
    runs = [{**PLAIN, "split": split} for split in (0, 1)]
    quiet, noisy = (trials.feed(runs, "test", rows=20, noise=a).batch(5, 15)[0] for a in (0.0, 2.0))
    wanted = np.stack([disturbances.noise(20, 13, reach=2.0, split=split)[5:15] for split in (0, 1)])
    np.testing.assert_allclose((noisy - quiet).numpy(), wanted, atol=1e-6)


def test_accuracy_falls_with_noise_and_none_is_none() -> None:
    trial = trained({}, {"seed": 1, "split": 1, "lr": 0.1})
    for name, values in trial.score("test", rows=99).items():
        np.testing.assert_array_equal(trial.score("test", rows=99, noise=0.0)[name], values)
    levels = [trial.score("test", rows=99, noise=a)["accuracy"].mean() for a in (0.0, 2.0, 20.0)]
    assert levels[0] > levels[1] > levels[2]
    again = trained({}, {"seed": 1, "split": 1, "lr": 0.1}).score("test", rows=99, noise=2.0)["accuracy"]
    assert again.mean() == levels[1]


# --- probabilities ----------------------------------------------------------------------------------------------------


def test_outputs_are_those_that_scores_are_made_of() -> None:
    trial = trained({"dataset": "moons", "head": "tanh+hinge"}, {"dataset": "moons", "head": "tanh+hinge", "seed": 1})
    right = trial.score("test", rows=50)["accuracy"]
    for number, (outputs, targets) in enumerate(trial.outputs("test", rows=50)):
        assert outputs.shape == (50, 1)
        assert ((outputs[:, 0] > 0) == (targets == 1)).mean() == pytest.approx(right[number], abs=1e-6)


def test_a_fit_finds_the_function_that_scores_were_drawn_from() -> None:
    generator = np.random.default_rng(0)
    scores = 3 + 5 * generator.standard_normal(20_000)
    classes = (generator.random(20_000) < expit(0.8 * scores - 1.5)).astype(int)
    slope, offset = calibration.fit(scores, classes)
    assert slope == pytest.approx(0.8, rel=0.05)
    assert offset == pytest.approx(-1.5, rel=0.08)
    best = calibration.brier(scores, classes, slope, offset)
    assert best == pytest.approx(np.mean((expit(0.8 * scores - 1.5) - classes) ** 2), rel=0.01)
    assert best < min(calibration.brier(scores, classes, factor * slope, offset) for factor in (0.5, 2.0))


@pytest.mark.parametrize(
    ("scores", "classes"),
    [([-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1]), ([1.0, 1.0, 1.0], [0, 1, 1]), ([0.0, 1e6, 2e6], [0, 1, 0]), ([5.0], [1])],
)
def test_a_fit_exists_for_separable_constant_and_wild_scores(scores: list[float], classes: list[int]) -> None:
    slope, offset = calibration.fit(np.array(scores), np.array(classes))
    assert np.isfinite([slope, offset]).all()
    assert calibration.brier(np.array(scores), np.array(classes), slope, offset) <= 0.26
