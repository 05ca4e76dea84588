"""Statistics held against scipy, against enumeration, and calibrated by simulation with fixed seeds."""

import dataclasses
from itertools import product
from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as reference
from statsmodels.stats.multitest import multipletests

from acts import stats
from acts.stats import decision, ranks, signflip

SHAPES = {
    "normal": lambda rng, size: rng.normal(size=size),
    "skewed minus skewed": lambda rng, size: rng.lognormal(0, 1, size) - rng.lognormal(0, 1, size),
    "heavy tails": lambda rng, size: rng.standard_t(3, size),
}
quick = settings(max_examples=60, derandomize=True)
small = arrays(float, st.integers(6, 10), elements=st.integers(-20, 20).map(lambda k: k / 4))


def sample(n, *, shift=0.0, seed=0):
    return np.random.default_rng(seed).normal(shift, 1.0, n)


def signs(n):
    return np.array(list(product([1, -1], repeat=n)))


# The sign-flip test


@pytest.mark.parametrize("n", [6, 9, 12])
@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_sign_flip_p_is_scipys_permutation_test(n, alternative):
    values = sample(n, shift=0.4, seed=n)
    expected = reference.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=inf, alternative=alternative
    ).pvalue
    result = stats.compare(values)
    ours = {"greater": result.p_positive, "less": signflip.p_below(values, 0.0), "two-sided": result.p}[alternative]
    assert ours == pytest.approx(expected, rel=1e-12)


def test_sign_flip_p_at_twenty_pairs_counts_every_pattern():
    values = sample(20, shift=0.3, seed=4)
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
    assert signflip.p_above(values, 0.0) == np.mean(sums >= values.sum() - 1e-9)


def test_threshold_shifts_the_test():
    values = sample(11, shift=1.0)
    assert signflip.p_above(values, 0.7) == signflip.p_above(values - 0.7, 0.0)
    assert signflip.p_below(values, 0.7) == signflip.p_above(0.7 - values, 0.0)


def test_interval_is_the_stated_order_statistics():
    values = sample(8, seed=3)
    means = sorted(np.mean(values[list(map(bool, keep))]) for keep in product([0, 1], repeat=8) if any(keep))
    rank = int(0.025 * 2**8)
    assert len(means) == 255
    np.testing.assert_allclose(stats.sign_flip_interval(values), (means[rank - 1], means[-rank]), rtol=1e-12)


@quick
@given(small, st.integers(-24, 24))
def test_interval_and_p_never_disagree(values, quarter):
    threshold = quarter / 4
    for level in (0.95, 0.90):
        low, high = stats.sign_flip_interval(values, level=level)
        alpha = (1 - level) / 2
        assert (signflip.p_above(values, threshold) <= alpha) == (threshold < low - 1e-9)
        assert (signflip.p_below(values, threshold) <= alpha) == (threshold > high + 1e-9)


@quick
@given(small)
def test_ends_of_the_interval_are_not_rejected_and_just_beyond_they_are(values):
    low, high = stats.sign_flip_interval(values)
    if np.isfinite(low):
        assert signflip.p_above(values, low) > 0.025 >= signflip.p_above(values, low - 1e-6)
        assert signflip.p_below(values, high) > 0.025 >= signflip.p_below(values, high + 1e-6)


def test_two_sided_p_agrees_with_the_interval_over_many_samples():
    for seed in range(200):
        result = stats.compare(sample(12, shift=0.55, seed=seed))
        assert (result.p <= 0.05) == (result.low > 0 or result.high < 0)


def test_ties_never_count_as_evidence():
    tenth = np.full(12, 0.1)
    assert signflip.p_above(tenth, 0.1) == 1.0
    assert signflip.p_above(tenth, 0.0) == 2.0**-12
    assert stats.compare(np.zeros(12)).p == 1.0


def test_five_pairs_have_no_interval_and_six_do():
    assert stats.sign_flip_interval(sample(5)) == (-inf, inf)
    assert np.isfinite(stats.sign_flip_interval(sample(6))).all()
    assert [stats.smallest_p(n) for n in (1, 5, 6, 12)] == [1.0, 0.0625, 0.03125, 2 / 2**12]
    assert stats.compare(np.ones(5)).p == stats.smallest_p(5)


def test_above_twenty_pairs_it_is_students_t():
    first, second = sample(30, shift=0.4), sample(30, seed=9)
    result, expected = stats.compare(first, second), reference.ttest_rel(first, second)
    assert result.p == pytest.approx(expected.pvalue, rel=1e-10)
    np.testing.assert_allclose((result.low, result.high), expected.confidence_interval(0.95), rtol=1e-10)
    above = reference.ttest_1samp(first - second, 0.1, alternative="greater").pvalue
    assert stats.compare(first, second, margin=0.1).p_superior == pytest.approx(above, rel=1e-10)


def test_equal_differences_above_twenty_pairs_give_no_warning_and_no_evidence_at_their_value():
    result = stats.compare(np.full(25, 0.5), margin=0.5)
    assert (result.low, result.high) == (0.5, 0.5)
    assert result.p_superior == 1.0
    assert result.p_positive == 0.5**25


# Ranks, for pairs in which a run diverged


@pytest.mark.parametrize("n", [6, 12, 25])
@pytest.mark.parametrize("threshold", [0.0, 0.25])
def test_signed_rank_p_is_scipys_exact_wilcoxon(n, threshold):
    values = sample(n, shift=0.4, seed=n)
    for alternative, test in (("greater", ranks.p_above), ("less", ranks.p_below)):
        expected = reference.wilcoxon(values - threshold, method="exact", alternative=alternative).pvalue
        assert test(values, threshold) == pytest.approx(expected, rel=1e-12)


@quick
@given(small)
def test_signed_rank_p_is_valid_with_ties_and_zeros(values):
    """Over all sign patterns of the same sizes, p ≤ α happens with probability at most α."""
    patterns = signs(min(len(values), 7))
    p_values = np.array([ranks.p_above(pattern * np.abs(values[:7]), 0.0) for pattern in patterns])
    for alpha in np.unique(p_values[p_values <= 0.2]):
        assert np.mean(p_values <= alpha) <= alpha + 1e-12


@quick
@given(small, st.integers(-24, 24))
def test_rank_interval_and_p_never_disagree(values, quarter):
    low, high = ranks.interval(values)
    assert (ranks.p_above(values, quarter / 4) <= 0.025) == (quarter / 4 < low)
    assert (ranks.p_below(values, quarter / 4) <= 0.025) == (quarter / 4 > high)


def test_diverged_runs_rank_worst_and_their_size_does_not_matter():
    values = sample(12, shift=0.5, seed=2)
    infinite, huge = values.copy(), values.copy()
    infinite[[1, 5]], huge[[1, 5]] = (inf, -inf), (1e6, -1e9)
    ours, finite = stats.compare(infinite, margin=0.1), stats.compare(huge, margin=0.1, use_ranks=True)
    assert ours.ranks
    assert finite.ranks
    assert ours.effect == pytest.approx(stats.hodges_lehmann(values[[0, *range(2, 5), *range(6, 12)]]), abs=0.5)
    assert abs(ours.p_superior - finite.p_superior) < 0.03
    assert ours.diverged == (2, 0)


def test_one_sided_divergence_equals_any_huge_finite_value():
    values = sample(12, shift=0.5, seed=2)
    infinite, huge = values.copy(), values.copy()
    infinite[[1, 5, 7]] = inf
    huge[[1, 5, 7]] = 1e3, 2e3, 3e3
    ours, finite = stats.compare(infinite, margin=0.1), stats.compare(huge, margin=0.1, use_ranks=True)
    assert (ours.p_superior, ours.p_inferior, ours.low) == (finite.p_superior, finite.p_inferior, finite.low)
    assert ours.p_superior == pytest.approx(
        reference.wilcoxon(huge - 0.1, alternative="greater", method="exact").pvalue
    )


def test_two_diverged_runs_of_a_pair_differ_by_nothing():
    np.testing.assert_array_equal(
        stats.difference(np.array([inf, inf, 1.0]), np.array([inf, 2.0, inf])), [0.0, inf, -inf]
    )
    result = stats.compare([-inf, 1.0, 2.0], [-inf, 0.5, 0.5])
    assert result.ranks
    assert result.diverged == (1, 1)


def test_hodges_lehmann_by_hand_and_on_extended_values():
    assert stats.hodges_lehmann(np.array([1.0, 2.0, 6.0])) == np.median([1, 1.5, 3.5, 2, 4, 6])
    assert stats.hodges_lehmann(np.array([inf] * 8 + [0.0] * 2)) == inf
    assert stats.hodges_lehmann(np.array([inf, -inf])) == 0.0


# Shapes, ratios, bad input


def test_log_ratio_of_losses():
    ratios = stats.log_ratio([1.0, 2.0, inf, 3.0, inf], [2.0, 1.0, 1.0, inf, inf])
    np.testing.assert_allclose(ratios, [-np.log(2), np.log(2), inf, -inf, 0.0])
    with pytest.raises(ValueError, match="above 0"):
        stats.log_ratio([0.0], [1.0])


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        (([1.0, np.nan], [1.0, 2.0]), {}, "pair 1 has a NaN"),
        (([1.0, 2.0], [1.0]), {}, "nonempty, flat"),
        (([],), {}, "nonempty, flat"),
        (([1.0, 2.0],), {"margin": -0.1}, "at least 0"),
    ],
)
def test_bad_pairs_say_what_is_wrong(arguments, keywords, message):
    with pytest.raises(ValueError, match=message):
        stats.compare(*arguments, **keywords)


def test_correlation_of_pairs():
    first = sample(12)
    assert stats.compare(first, 2 * first + 1).correlation == pytest.approx(1.0)
    assert np.isnan(stats.compare(first, np.ones(12)).correlation)
    assert np.isnan(stats.compare(first).correlation)


# Families


@quick
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_the_step_down_definition(p_values):
    order = np.argsort(p_values, kind="stable")
    m, running, expected = len(p_values), 0.0, np.empty(len(p_values))
    for step, index in enumerate(order):
        running = max(running, min(1.0, (m - step) * p_values[index]))
        expected[index] = running
    np.testing.assert_allclose(stats.holm(p_values), expected, atol=1e-12)


@pytest.mark.parametrize("p_values", [[0.04, 0.001, 0.2, 0.04], [0.5], np.linspace(0.001, 0.2, 12).tolist()])
def test_holm_is_statsmodels(p_values):
    np.testing.assert_allclose(stats.holm(p_values), multipletests(p_values, method="holm")[1], atol=1e-15)


@quick
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_benjamini_hochberg_is_the_step_up_definition(p_values):
    ordered, m = np.sort(p_values), len(p_values)
    adjusted = np.array([min(1.0, min(m * ordered[k] / (k + 1) for k in range(i, m))) for i in range(m)])
    expected = adjusted[np.argsort(np.argsort(p_values, kind="stable"))]
    np.testing.assert_allclose(stats.benjamini_hochberg(p_values), expected, atol=1e-12)


def test_expected_false_verdicts_lie_between_the_trivial_bounds():
    assert stats.expected_false([0.9] * 40) == pytest.approx(0.05 * 40)
    assert stats.expected_false([0.001] * 30 + [0.5] * 10) == pytest.approx(0.05 * 11 / 0.95)
    assert stats.expected_false([]) == 0.0


def test_expected_false_verdicts_match_a_simulated_ledger():
    """60 nulls and 40 real effects: the estimate covers the true expectation of 3 and stays below twice that."""
    rng = np.random.default_rng(5)
    estimates = [
        stats.expected_false(np.r_[rng.uniform(size=60), rng.beta(0.1, 20, size=40)].tolist()) for _ in range(300)
    ]
    assert 3.0 <= np.mean(estimates) <= 4.0


def test_families_refuse_what_is_no_p_value():
    with pytest.raises(ValueError, match=r"numbers in \[0, 1\]"):
        stats.holm([0.2, 1.2])
    with pytest.raises(ValueError, match="no count"):
        stats.monte_carlo_p(11, 10)
    assert stats.monte_carlo_p(0, 999) == 0.001
    assert len(stats.holm([])) == 0


# Power


def test_pairs_needed_for_equivalence():
    assert [stats.pairs_for_equivalence(ratio) for ratio in (0.5, 0.75, 1.0)] == [36, 17, 11]
    with pytest.raises(ValueError, match="too small"):
        stats.pairs_for_equivalence(0.001)


def test_equivalence_power_of_many_pairs_is_the_normal_one():
    expected = 2 * reference.norm.cdf(0.03 * sqrt(10_000) - reference.norm.ppf(0.95)) - 1
    assert stats.tost_power(10_000, 0.03) == pytest.approx(expected, abs=1e-3)
    assert stats.tost_power(3, 0.1) < 0.02


def test_equivalence_power_is_what_a_simulation_finds():
    rng, n, ratio = np.random.default_rng(0), 12, 0.9
    values = rng.normal(size=(200_000, n))
    half = reference.t.ppf(0.95, n - 1) * values.std(axis=1, ddof=1) / sqrt(n)
    found = np.mean(np.abs(values.mean(axis=1)) + half < ratio)
    assert stats.tost_power(n, ratio) == pytest.approx(found, abs=4 * sqrt(0.25 / 200_000))


@pytest.mark.parametrize("n", [8, 12, 20])
def test_minimum_detectable_effect_is_found_four_times_in_five_by_the_exact_test(n):
    shift = stats.minimum_detectable(1.0, n)
    rng, runs = np.random.default_rng(n), 800
    found = np.mean([2 * signflip.p_above(rng.normal(shift, 1, n), 0.0) <= 0.05 for _ in range(runs)])
    assert found == pytest.approx(0.8, abs=0.02 + 4 * sqrt(0.16 / runs))


def test_minimum_detectable_effect_scales_and_needs_six_pairs():
    assert stats.minimum_detectable(2.0, 12) == pytest.approx(2 * stats.minimum_detectable(1.0, 12))
    assert stats.minimum_detectable(1.0, 5) == inf
    assert stats.minimum_detectable(1.0, 12, power=0.9) > stats.minimum_detectable(1.0, 12)


def test_binomial_standard_error():
    assert stats.binomial_se(0.9, 1000) == pytest.approx(sqrt(0.09 / 1000))
    with pytest.raises(ValueError, match="no standard error"):
        stats.binomial_se(1.1, 10)


# Omnibus


def blocks(*, effect, seed=0, shape=(24, 5)):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) + 3 * rng.normal(size=(shape[0], 1)) + effect * np.arange(shape[1])


def test_omnibus_of_two_arms_is_the_paired_test():
    table = blocks(effect=0.6, shape=(12, 2))
    result = stats.omnibus(table, rng=np.random.default_rng(1), draws=4000)
    assert result.f == pytest.approx(reference.ttest_rel(table[:, 1], table[:, 0]).statistic ** 2)
    exact = stats.compare(table[:, 1], table[:, 0]).p
    assert result.p == pytest.approx(exact, abs=4 * sqrt(exact / 4000) + 1e-3)


def test_omnibus_interval_inverts_the_noncentral_f():
    table = blocks(effect=0.5)
    result = stats.omnibus(table, rng=np.random.default_rng(1), draws=99)
    total = table.size
    for end, share in ((result.low, 0.975), (result.high, 0.025)):
        assert reference.ncf.cdf(result.f, 4, 92, total * end / (1 - end)) == pytest.approx(share, abs=1e-6)
    assert result.low < result.omega_squared < result.high


def test_omnibus_finds_the_true_share_of_variance_and_ranks_when_a_run_diverged():
    table = blocks(effect=0.5, shape=(4000, 5))
    true_share = 0.25 * np.var(np.arange(5)) / (0.25 * np.var(np.arange(5)) + 1)
    result = stats.omnibus(table, rng=np.random.default_rng(1), draws=19)
    assert result.omega_squared == pytest.approx(true_share, abs=0.02)
    table = blocks(effect=0.5)
    table[0, 0] = inf
    assert stats.omnibus(table, rng=np.random.default_rng(1), draws=99).ranks


def test_omnibus_rejects_a_true_null_as_often_as_it_says():
    rng = np.random.default_rng(6)
    p_values = [stats.omnibus(blocks(effect=0.0, seed=s, shape=(10, 4)), rng=rng, draws=99).p for s in range(300)]
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=4 * sqrt(0.0475 / 300))


def test_omnibus_needs_a_table():
    with pytest.raises(ValueError, match="2 blocks"):
        stats.omnibus(np.ones((5, 1)), rng=np.random.default_rng(0))


# Calibration at the numbers of pairs in use


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("n", "runs"), [(8, 4000), (12, 4000), (20, 2000)])
def test_coverage_is_what_the_interval_says(n, runs, shape):
    """The exact coverage is 1 − 2⌊.025·2ⁿ⌋/2ⁿ, never below 95 %."""
    rng, truth = np.random.default_rng([n, len(shape)]), 0.7
    values = SHAPES[shape](rng, (runs, n)) + truth
    tails = np.array([(signflip.p_above(row, truth), signflip.p_below(row, truth)) for row in values])
    covered = np.mean(2 * tails.min(axis=1) > 0.05)
    exact = 1 - 2 * int(0.025 * 2**n) / 2**n
    assert exact >= 0.95
    assert covered == pytest.approx(exact, abs=4 * sqrt(exact * (1 - exact) / runs))


@pytest.mark.parametrize("n", [8, 12])
def test_coverage_counted_on_the_interval_itself(n):
    rng = np.random.default_rng(n)
    hits = []
    for _ in range(800):
        result = stats.compare(SHAPES["skewed minus skewed"](rng, n) + 0.7)
        hits.append(result.low <= 0.7 <= result.high)
    assert np.mean(hits) == pytest.approx(0.952, abs=4 * sqrt(0.0475 / 800))


@pytest.mark.parametrize("use_ranks", [False, True])
def test_two_equal_arms_are_told_apart_at_most_one_time_in_twenty(use_ranks):
    """Arms share a seed's luck (correlated, skewed losses) and a run diverges now and then when ranks are used."""
    rng, runs, rejected = np.random.default_rng(12), 3000, 0
    for _ in range(runs):
        luck = rng.normal(size=12)
        first, second = (-np.exp(luck + rng.normal(size=12)) for _ in range(2))
        if use_ranks:
            first[rng.random(12) < 0.1] = -inf
            second[rng.random(12) < 0.1] = -inf
        result = stats.compare(first, second, use_ranks=use_ranks)
        rejected += result.p <= 0.05
    assert 0.02 <= rejected / runs <= 0.05 + 4 * sqrt(0.0475 / runs)


@pytest.mark.parametrize("n", [12, 20])
def test_equivalence_is_claimed_at_the_margin_at_most_one_time_in_twenty(n):
    rng, runs, margin = np.random.default_rng(n), 1000, 2.0
    claimed = [
        signflip.p_below(rng.normal(margin, 1, n), margin) <= 0.05 for _ in range(runs)
    ]  # the far side, D ≤ −m, is rejected always at this distance
    assert np.mean(claimed) == pytest.approx(int(0.05 * 2**n) / 2**n, abs=4 * sqrt(0.0475 / runs))
    near = [stats.compare(rng.normal(margin, 1, 12), margin=margin).p_equivalent <= 0.05 for _ in range(300)]
    assert np.mean(near) <= 0.05 + 4 * sqrt(0.0475 / 300)


def test_holm_keeps_the_family_wise_error():
    rng, runs = np.random.default_rng(3), 2000
    false = 0
    for _ in range(runs):
        p_values = [stats.compare(rng.normal(0, 1, 8)).p for _ in range(4)]
        p_values += [0.001, 0.002]  # two real effects beside four nulls
        false += bool((stats.holm(p_values)[:4] <= 0.05).any())
    assert false / runs <= 0.05 + 4 * sqrt(0.0475 / runs)


# The decision rule: what each word means

M = 0.10


def contrast(centre, *, spread=0.01, n=12):
    return stats.compare(centre + spread * np.linspace(-1, 1, n), margin=M)


SURE = {
    "far better": contrast(0.5),
    "better": contrast(0.2),
    "slightly better": contrast(0.05),
    "same": contrast(0.0),
    "slightly worse": contrast(-0.05),
    "worse": contrast(-0.2),
    "vague": contrast(0.1, spread=1.0),
    "vague but positive": contrast(0.2, spread=0.3),
}


@pytest.mark.parametrize(
    ("degree", "words"),
    [
        ("better", "supported supported refuted refuted refuted refuted inconclusive inconclusive"),
        ("greatly", "supported inconclusive refuted refuted refuted refuted inconclusive inconclusive"),
        ("little", "inconclusive supported supported refuted refuted refuted inconclusive inconclusive"),
        ("alternative", "supported supported supported supported supported refuted inconclusive supported"),
        ("no_difference", "refuted refuted equivalent equivalent equivalent refuted inconclusive inconclusive"),
    ],
)
def test_one_contrast_by_degree(degree, words):
    found = [stats.decide([item], degree=degree).word for item in SURE.values()]
    assert found == words.split()
    assert [stats.decide([item], degree=degree, quantifier="mean").word for item in SURE.values()] == found
    assert [stats.verdict_of(item, degree=degree) for item in SURE.values()] == found


def test_a_one_sided_p_counts_twice_and_an_equivalence_is_an_alternative_by_itself():
    """Two one-sided tests reject D ≤ −m at their own level, so nothing is doubled where they found equality."""
    found = stats.compare(np.linspace(-1, 1, 12), margin=1.0)
    worse = dataclasses.replace(found, p_inferior=0.03, p_superior=1.0)
    assert decision.reversal_p(worse, "better") == pytest.approx(0.06)
    alike = dataclasses.replace(found, p_acceptable=0.03, p_equivalent=0.04)
    assert decision.support_p(alike, "alternative") == pytest.approx(0.04)
    assert decision.support_p(dataclasses.replace(alike, p_equivalent=0.2), "alternative") == pytest.approx(0.06)


def test_direction_is_named_when_the_interval_excludes_zero():
    assert stats.decide([SURE["vague but positive"]]).note == "direction known"
    assert stats.decide([SURE["vague"]]).note == ""
    assert stats.decide([SURE["better"]], degree="greatly").note == "direction known"
    assert stats.decide([SURE["better"]]).note == ""


@pytest.mark.parametrize(
    ("names", "degree", "quantifier", "word"),
    [
        (["better", "far better"], "better", "everywhere", "supported"),
        (["better", "worse"], "better", "everywhere", "mixed"),
        (["slightly better", "worse"], "better", "everywhere", "refuted"),
        (["better", "slightly better"], "better", "everywhere", "refuted"),
        (["vague", "worse"], "better", "everywhere", "refuted"),
        (["better", "vague"], "better", "everywhere", "inconclusive"),
        (["better", "slightly better"], "little", "everywhere", "supported"),
        (["same", "worse"], "alternative", "everywhere", "mixed"),
        (["same", "slightly worse"], "no_difference", "everywhere", "equivalent"),
        (["same", "worse"], "no_difference", "everywhere", "refuted"),
        (["better", "worse"], "no_difference", "everywhere", "refuted"),
        (["better", "worse"], "better", "somewhere", "supported"),
        (["worse", "worse"], "better", "somewhere", "inconclusive"),
        (["same", "vague"], "better", "somewhere", "inconclusive"),
        (["same", "worse"], "no_difference", "somewhere", "equivalent"),
    ],
)
def test_families_of_contrasts(names, degree, quantifier, word):
    assert stats.decide([SURE[name] for name in names], degree=degree, quantifier=quantifier).word == word


def test_a_contrast_that_records_cannot_give():
    better, worse = SURE["better"], SURE["worse"]
    assert stats.decide([None]).word == "not decidable"
    assert stats.decide([better, None]).word == "not decidable"
    assert stats.decide([worse, None]).word == "refuted"
    assert stats.decide([better, worse, None]).word == "mixed"
    assert stats.decide([better, None], quantifier="somewhere").word == "supported"
    assert stats.decide([worse, None], quantifier="somewhere").word == "not decidable"


def test_too_few_pairs_are_not_decidable_and_say_so():
    decision = stats.decide([contrast(0.5, n=5)])
    assert decision.word == "not decidable"
    assert decision.note == "5 pairs cannot reach p = 0.05 (smallest 0.0625)"
    assert stats.decide([contrast(0.5, n=6)]).word == "supported"


def weak(seed):
    """A contrast with a one-sided p against the margin of 3/2⁷: enough alone, not among several."""
    values = M + np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, -0.4]) + 1e-6 * seed
    return stats.compare(values, margin=M)


def test_everywhere_is_uncorrected_and_somewhere_is_corrected():
    item = weak(0)
    assert 0.0125 < 2 * item.p_superior <= 0.05
    assert stats.decide([weak(seed) for seed in range(5)]).word == "supported"
    assert stats.decide([item, *[SURE["vague"]] * 4], quantifier="somewhere").word == "inconclusive"
    assert stats.decide([item], quantifier="somewhere").word == "supported"


def test_one_reversal_among_many_needs_holm():
    reversed_weakly = stats.compare(-(M + np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, -0.4])), margin=M)
    assert stats.decide([reversed_weakly]).word == "refuted"
    assert stats.decide([reversed_weakly, *[SURE["vague"]] * 4]).word == "inconclusive"
    assert stats.decide([SURE["better"], reversed_weakly, *[SURE["vague"]] * 4]).word == "inconclusive"


def test_the_deciding_contrast_and_its_p_are_told():
    decision = stats.decide([SURE["better"], weak(0), SURE["far better"]])
    assert decision.deciding == 1
    assert decision.p == pytest.approx(2 * weak(0).p_superior)
    assert decision.parts == ("supported",) * 3
    assert decision.p_holm[0] == pytest.approx(3 * 2 / 2**12)


def test_a_word_and_its_interval_never_disagree():
    for seed in range(300):
        result = stats.compare(sample(12, shift=0.25, seed=seed) * 0.3, margin=M)
        word = stats.decide([result]).word
        assert (word == "supported") == (result.low > M)
        inside = result.inner_low > -M and result.inner_high < M
        assert (word == "refuted") == (result.high < -M or inside)
        same = stats.decide([result], degree="no_difference").word
        assert (same == "equivalent") == inside


def test_decide_needs_contrasts_and_one_mean():
    with pytest.raises(ValueError, match="0 contrasts"):
        stats.decide([])
    with pytest.raises(ValueError, match="2 contrasts"):
        stats.decide([SURE["same"]] * 2, quantifier="mean")


def near(centre: float, spread: float = 0.01) -> stats.Comparison:
    """Return twelve pairs around a difference, at a margin of .05."""
    noise = np.random.default_rng(3).normal(0, spread, 12)
    return stats.compare(centre + noise - noise.mean(), margin=0.05)


@pytest.mark.parametrize(
    ("centres", "word"),
    [((-0.2, 0.2), "supported"), ((-0.2, 0.0), "refuted"), ((0.0, 0.0), "refuted"), ((-0.2, 0.05), "inconclusive")],
)
def test_a_difference_may_go_either_way(centres: tuple[float, ...], word: str) -> None:
    assert stats.decide([near(centre) for centre in centres], degree="different").word == word


@pytest.mark.parametrize(
    ("centres", "word"),
    [((-0.2, -0.2), "refuted"), ((-0.2, 0.0), "supported"), ((-0.2, -0.05), "inconclusive")],
)
def test_a_claim_about_a_list_falls_when_all_of_it_does(centres: tuple[float, ...], word: str) -> None:
    found = [near(centre) for centre in centres]
    assert stats.decide(found, degree="alternative", quantifier="among").word == word
    assert stats.decide(found, degree="alternative", quantifier="somewhere").word != "refuted"
