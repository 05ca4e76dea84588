"""Variance shares and intercepts find what simulated tables were made of."""

import numpy as np
import pytest

from acts import stats


def crossed(sds, levels, noise, seed):
    """Return a crossed table of random main effects with given standard deviations, and noise."""
    rng = np.random.default_rng(seed)
    table = noise * rng.standard_normal(levels)
    for axis, (sd, count) in enumerate(zip(sds, levels, strict=True)):
        shape = [1] * len(levels)
        shape[axis] = count
        table = table + sd * rng.standard_normal(count).reshape(shape)
    return table


def test_shares_are_those_of_known_variances_on_average():
    sds, noise, levels = (1.0, 0.5, 2.0, 0.0), 0.7, (12, 8, 9, 10)
    found = np.mean([stats.variance_shares(crossed(sds, levels, noise, seed)) for seed in range(200)], axis=0)
    variances = np.array([*np.square(sds), noise**2])
    np.testing.assert_allclose(found, variances / variances.sum(), atol=0.05)


def test_shares_are_exact_where_effects_are_fixed_numbers():
    effects = np.array([-1.0, 0.0, 1.0])[:, None] + np.zeros((3, 4))
    assert stats.variance_shares(effects) == pytest.approx([1, 0, 0])
    table = crossed((1.0, 1.0), (5, 4), 0.3, 1)
    a, b = table.mean(axis=1), table.mean(axis=0)
    rest = ((table - a[:, None] - b + table.mean()) ** 2).sum() / 12
    parts = np.array([a.var(ddof=1) - rest / 4, b.var(ddof=1) - rest / 5, rest])
    np.testing.assert_allclose(stats.variance_shares(table), parts / parts.sum(), rtol=1e-9)


def test_shares_neither_depend_on_level_nor_on_scale_nor_on_the_order_of_axes():
    table = crossed((1.0, 0.2, 0.4), (6, 3, 5), 0.3, 3)
    first = stats.variance_shares(table)
    np.testing.assert_allclose(stats.variance_shares(7 - 3 * table), first)
    np.testing.assert_allclose(stats.variance_shares(table.transpose(2, 0, 1))[[1, 2, 0, 3]], first)
    assert first.sum() == pytest.approx(1)


def test_pure_noise_goes_to_the_rest():
    found = [stats.variance_shares(crossed((0, 0, 0), (6, 5, 4), 1.0, seed))[-1] for seed in range(50)]
    assert np.mean(found) > 0.9


def test_what_cannot_be_shared_out_is_said():
    with pytest.raises(ValueError, match="two levels or more; the table has 1×3"):
        stats.variance_shares(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="finite"):
        stats.variance_shares(np.array([[1.0, np.inf], [0.0, 1.0]]))
    with pytest.raises(ValueError, match="more values than effects"):
        stats.variance_shares(np.array([1.0, 2.0]))
    assert np.isnan(stats.variance_shares(np.ones((3, 3)))).all()


def test_an_intercept_is_that_of_the_line_and_its_interval_holds_it_as_often_as_it_says():
    middle, low, high = stats.intercept([np.array([2.0, 2.0]), np.array([3.0, 3.0])], [0.5, 1.0])
    assert middle == pytest.approx(1)
    assert low == pytest.approx(high)
    rng, held = np.random.default_rng(0), 0
    for _ in range(1000):
        groups = [1 + 4 * place + spread * rng.standard_normal(12) for place, spread in ((1 / 64, 0.3), (1 / 256, 0.1))]
        _, low, high = stats.intercept(groups, [1 / 64, 1 / 256])
        held += low <= 1 <= high
    assert 930 <= held <= 985


def test_an_intercept_needs_two_places():
    with pytest.raises(ValueError, match="two places or more, not 2 at 1"):
        stats.intercept([np.zeros(3), np.zeros(3)], [0.1, 0.1])
    with pytest.raises(ValueError, match="two values or more"):
        stats.intercept([np.zeros(3), np.zeros(1)], [0.1, 0.2])


def test_a_factor_that_explains_less_than_chance_has_no_share():
    table = np.array([[1.0, -1.0], [-1.0, 1.0]])  # both factors have no effect, all is interaction
    assert stats.variance_shares(table).tolist() == [0.0, 0.0, 1.0]
