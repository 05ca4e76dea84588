"""Honest statistics at the numbers in use: coverage, error rates and power of what claims rest on, by simulation.

Differences are normal, skewed or heavy-tailed about a known truth; a share found in so many runs may differ from the
true one by four Monte-Carlo standard errors.
"""

from math import exp, log, sqrt

import numpy as np
import pytest

from acts import claims, records, stats
from acts.claims.catalogue import DECIDED
from acts.stats import signflip

SYMMETRIC = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "skewed minus skewed": lambda rng, shape: rng.exponential(size=shape) - rng.exponential(size=shape),
    "heavy-tailed": lambda rng, shape: rng.standard_t(2.5, shape),
}


def slack(share, runs):
    """Return four standard errors of a share found in so many runs."""
    return 4 * sqrt(share * (1 - share) / runs)


@pytest.mark.parametrize("shape", SYMMETRIC)
@pytest.mark.parametrize(("n", "runs"), [(6, 3000), (12, 2000), (14, 1500), (16, 1200), (20, 500)])
def test_intervals_cover_ninety_five_times_in_a_hundred(n, runs, shape):
    """Seeds (6, 12, 20) and tasks (12 to 16): the exact share is 1 − 2⌊.025·2ⁿ⌋/2ⁿ."""
    values = SYMMETRIC[shape](np.random.default_rng([n, 1]), (runs, n))
    tails = np.array([min(signflip.p_above(row, 0.0), signflip.p_below(row, 0.0)) for row in values])
    exact = 1 - 2 * int(0.025 * 2**n) / 2**n
    assert np.mean(2 * tails > 0.05) == pytest.approx(exact, abs=slack(exact, runs))


@pytest.mark.parametrize("n", [12, 20])
def test_a_skewed_difference_costs_coverage_and_not_more_than_said(n):
    """The sign-flip test asks for symmetry; a difference as skewed as an exponential is covered 90 times in 100."""
    runs = 2000 if n == 12 else 500
    values = np.random.default_rng(n).exponential(size=(runs, n)) - 1.0
    tails = np.array([min(signflip.p_above(row, 0.0), signflip.p_below(row, 0.0)) for row in values])
    assert 0.88 <= np.mean(2 * tails > 0.05) <= 0.955


@pytest.mark.parametrize("n", [12, 14, 16])
def test_the_stated_minimum_detectable_effect_is_found_four_times_in_five(n):
    runs, effect = 1500, stats.minimum_detectable(1.0, n)
    values = np.random.default_rng(n).standard_normal((runs, n)) + effect
    found = np.mean([2 * signflip.p_above(row, 0.0) <= 0.05 for row in values])
    assert found == pytest.approx(0.8, abs=slack(0.8, runs) + 0.01)


@pytest.mark.parametrize(("ratio", "n"), [(0.5, 36), (0.75, 17), (1.0, 11)])
def test_equivalence_has_the_power_that_is_stated(ratio, n):
    runs = 600
    values = np.random.default_rng(n).standard_normal((runs, n))
    found = np.mean([
        max(signflip.p_above(row, -ratio), signflip.p_below(row, ratio)) <= 0.05 for row in values
    ])  # fmt: skip
    assert stats.pairs_for_equivalence(ratio) == n
    assert found == pytest.approx(0.8, abs=slack(0.8, runs) + 0.04)


@pytest.mark.parametrize("n", [6, 12, 20])
def test_ranks_keep_their_error_where_runs_diverge(n):
    rng, runs, rejected = np.random.default_rng([n, 3]), 400, 0
    for _ in range(runs):
        first, second = rng.standard_normal((2, n))
        first[rng.random(n) < 0.2] = -np.inf
        second[rng.random(n) < 0.2] = -np.inf
        rejected += stats.compare(first, second, use_ranks=True).p <= 0.05
    assert rejected / runs <= 0.05 + slack(0.05, runs)


def test_more_than_half_is_claimed_of_half_at_most_one_time_in_twenty():
    """Six of twelve tasks are surely beyond and six at the threshold: the worst case of "on at least seven"."""
    rng, runs = np.random.default_rng(8), 4000
    p_values = np.hstack([np.zeros((runs, 6)), rng.random((runs, 6))])
    claimed = np.mean([stats.at_least_p(row, 7) <= 0.05 for row in p_values.tolist()])
    assert claimed == pytest.approx(0.05, abs=slack(0.05, runs))


def test_the_ratio_of_spreads_is_covered():
    rng, runs, truth = np.random.default_rng(9), 1500, 1.5
    hits = []
    for _ in range(runs):
        table = truth * rng.standard_normal(6) + rng.standard_normal((12, 6)) + 2 * rng.standard_normal((12, 1))
        found = stats.spread(table)
        hits.append(found.low <= truth <= found.high)
        assert (2 * found.p_above(truth) <= 0.05) == (found.low >= truth)
    assert np.mean(hits) == pytest.approx(0.95, abs=slack(0.95, runs))


def test_clopper_pearson_is_scipys_and_three_over_n_is_about_it():
    assert stats.clopper_pearson(0, 12)[0] == 0
    assert stats.clopper_pearson(12, 12)[1] == 1
    low, high = stats.clopper_pearson(3, 12)
    assert stats.share_above_p(3, 12, low) == pytest.approx(0.025)
    assert low < 0.25 < high
    assert stats.none_below_p(1000.0, 3 / 1000) == pytest.approx(0.05, abs=0.001)
    with pytest.raises(ValueError, match="5 of 4 is no count"):
        stats.clopper_pearson(5, 4)


def test_rank_correlations_and_smoothed_curves_by_hand():
    assert stats.spearman([1.0, 3.0, 10.0, 30.0], [0.1, 0.2, 0.3, np.inf]) == pytest.approx(1)
    assert stats.spearman([1.0, 3.0, 10.0], [2.0, 2.0, 2.0]) == 0
    assert stats.least_smoothed([3.0, 1.0, 3.0]) == (0.0, pytest.approx(2.0))
    assert stats.least_smoothed([1.0, np.inf, 5.0, 4.0, 6.0])[0] == 0
    assert stats.least_smoothed([np.inf, np.inf])[1] == np.inf
    with pytest.raises(ValueError, match="no NaN"):
        stats.least_smoothed([np.nan])


# The whole of judging, on equal arms


NETWORKS = [f"{kind}_{size}x8" for kind in ("mlp", "cnn", "rnn", "transformer") for size in (1, 2, 3)]


def equal(seed, effects=(0.0, 0.0), seeds=12):
    """Return outcomes of two arms on twelve tasks, which share a seed's luck and differ by noise of 2 margins."""
    rng = np.random.default_rng([77, seed])
    luck = np.exp(0.2 * rng.standard_normal((len(NETWORKS), seeds)))
    rows = []
    for name, effect in zip(("relu", "tanh"), effects, strict=True):
        values = luck * np.exp(0.05 * rng.standard_normal(luck.shape) - effect)
        rows += [
            {"experiment": "generalization", "activation": name, "dataset": "digits", "network": network, "seed": at,
             "norm": "none", "optimizer": "adam", "phase": "final", "arm": "best", "split": "test", "metric": "error",
             "value": values[task, at]}
            for task, network in enumerate(NETWORKS) for at in range(seeds)
        ]  # fmt: skip
    return records.frame(rows)


def part(a, b, **changes):
    return {
        "kind": "contrast", "experiment": "generalization", "metric": "outcome", "scale": "margins", "a": a, "b": [b],
        "margin": {"error": 0.025, "loss": 0.05}, "unit": "margins", "over": ["dataset", "network"], "degree": "better",
        "cells": {"phase": "final", "arm": "best", "split": "test"}, "quantifier": "mean", **changes,
    }  # fmt: skip


def either_way(**changes):
    """Return a claim that says of equal arms that either is better on most tasks."""
    parts = {"one": part("relu", "tanh", **changes), "other": part("tanh", "relu", **changes)}
    return claims.parse({
        "id": "C00", "topic": "calibration", "sources": ["Gaussian error linear units (GELUs)"], "claim": "a gap",
        "measure": "A/A", "verdict": "A/A", "kind": "experiment",
        "rule": {"kind": "any_of", "experiment": "generalization", "parts": parts},
    })  # fmt: skip


def test_parts_over_tasks_find_nothing_between_equal_arms(record_property):
    """The claim is false in both directions; it may be supported one time in twenty, and the margin makes it rarer."""
    found = [claims.judge(either_way(), equal(seed)).verdict for seed in range(100)]
    record_property("supported", found.count("supported"))
    print(f"\nequal arms through parts and margins: {found.count('supported')} of 100 supported")
    assert found.count("supported") <= 9
    assert set(found) - set(DECIDED) <= {"inconclusive"}


def test_parts_over_tasks_find_a_difference_that_is_there():
    units = 3 * -log(1 - 0.025)
    assert claims.judge(either_way(), equal(1, (units, 0.0))).verdict == "supported"
    assert exp(-units) < 1


def test_a_ledger_of_true_nulls_has_as_many_false_verdicts_as_it_expects():
    """Of four hundred tests of equal arms about as many reject as the ledger says are to be expected."""
    values = np.random.default_rng(4).standard_t(4, (400, 12))
    p_values = [min(1.0, 2 * min(signflip.p_above(row, 0.0), signflip.p_below(row, 0.0))) for row in values]
    rejected = sum(p <= 0.05 for p in p_values)
    assert rejected == pytest.approx(20, abs=4 * sqrt(400 * 0.05 * 0.95))
    assert 17 <= stats.expected_false(p_values) <= 20
