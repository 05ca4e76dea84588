"""Regret is what a policy loses against a choice that was made on other seeds; luck in picking earns nothing."""

import numpy as np
import pytest

from acts import stats
from acts.stats import regrets


def clear(tasks: int = 2, seeds: int = 6) -> np.ndarray:
    """Return outcomes of three arms: 0, 1 and 2 on the first task, the other way round on the next."""
    one = np.tile([0.0, 1.0, 2.0], (seeds, 1))
    return np.stack([one if task % 2 == 0 else one[:, ::-1] for task in range(tasks)])


def test_the_oracle_is_the_best_arm_and_regret_the_distance_to_it():
    outcomes = clear()
    assert (regrets.oracle(outcomes) == np.array([[2] * 6, [0] * 6])).all()
    assert (stats.regret(outcomes, 1) == 1).all()
    assert (stats.regret(outcomes, 2) == np.array([[0] * 6, [2] * 6])).all()
    assert (stats.regret(outcomes, np.array([2, 0])) == 0).all()


def test_a_pick_is_made_on_the_other_half_of_the_seeds():
    """An arm that shines on the first half alone is picked for the second half, where it fails."""
    outcomes = np.zeros((1, 4, 2))
    outcomes[0, :2, 1], outcomes[0, 2:, 1] = 5.0, -1.0
    assert regrets.oracle(outcomes).tolist() == [[0, 0, 1, 1]]
    assert stats.regret(outcomes, 0).tolist() == [[0.0, 0.0, -1.0, -1.0]]


def test_of_equal_arms_the_oracle_gains_nothing_on_average():
    """Picked and scored on the same 12 seeds, the best of 10 seems 1.54 / √12 = 0.44 sd better (order statistics)."""
    rng = np.random.default_rng(4)
    outcomes = rng.standard_normal((4000, 12, 10))
    found = stats.regret(outcomes, 0).mean(axis=1)
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean()) < 4 * error
    naive = outcomes.mean(axis=1).max(axis=1) - outcomes.mean(axis=1)[:, 0]
    assert naive.mean() > 0.4


def test_one_arm_for_all_tasks_is_the_best_of_their_mean():
    outcomes = clear(3)
    assert (regrets.oracle(outcomes, shared=True) == 2).all()
    assert stats.regret(outcomes, 2, regrets.oracle(outcomes, shared=True)).sum() == 0


def test_a_fitted_policy_sees_no_task_of_the_family():
    outcomes = clear(3)
    assert regrets.elsewhere(outcomes, ["a", "b", "a"]).tolist() == [0, 2, 0]
    with pytest.raises(ValueError, match="every task is of the family 'a'"):
        regrets.elsewhere(outcomes, ["a", "a", "a"])


def test_a_diverged_run_of_the_policy_is_infinite_regret_and_of_both_none():
    outcomes = np.zeros((1, 4, 2))
    outcomes[0, 0, 0] = -np.inf
    outcomes[0, 3] = -np.inf
    found = stats.regret(outcomes, 0, np.ones((1, 4), dtype=np.int64))
    assert found.tolist() == [[np.inf, 0.0, 0.0, 0.0]]


def test_one_seed_cannot_be_halved():
    with pytest.raises(ValueError, match="at least 2 seeds"):
        stats.regret(np.zeros((1, 1, 2)), 0)
