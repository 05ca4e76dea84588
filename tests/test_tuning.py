"""The rate is the minimum of the smoothed curve, diverged runs are worst, and an optimum on the edge grows the grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acts import tuning

finite = st.floats(0.0, 50.0)
losses = st.lists(st.one_of(finite, st.just(float("inf")), st.just(float("nan"))), min_size=1, max_size=12)


def grid(count: int, start: float = 0.001) -> list[float]:
    return [start * 2.0**step for step in range(count)]


def test_the_curve_is_smoothed_by_quarters() -> None:
    mean, diverged = tuning.smooth([4.0, 0.0, 8.0, 8.0])
    np.testing.assert_allclose(mean, [8 / 3, 3.0, 6.0, 8.0])
    np.testing.assert_allclose(diverged, 0)


def test_a_lucky_rate_between_bad_ones_is_not_chosen() -> None:
    assert tuning.choose(grid(6), [3.0, 1.0, 0.9, 1.0, 5.0, 0.8]).rate == grid(6)[2]


def test_the_rate_beside_a_divergence_is_avoided() -> None:
    choice = tuning.choose(grid(5), [3.0, 2.0, 1.0, 0.5, np.inf])
    assert choice.rate == grid(5)[2]
    assert choice.diverged == 0


def test_of_equal_rates_the_middle_one_is_chosen() -> None:
    assert tuning.choose(grid(5), [0.0] * 5) == tuning.Choice(grid(5)[2], 0.0, 0.0, 0)
    assert tuning.choose(grid(6), [1.0, 0.5, 0.5, 0.5, 0.5, 1.0]).rate == grid(6)[2]
    assert tuning.choose(grid(4), [np.inf] * 4).edge == -1


@given(losses)
def test_the_choice_is_of_the_grid_and_minimal(values: list[float]) -> None:
    rates = grid(len(values))
    choice = tuning.choose(rates, values)
    mean, diverged = tuning.smooth(values)
    at = rates.index(choice.rate)
    assert choice.rank == (diverged[at], mean[at])
    assert all(choice.rank <= rank for rank in zip(diverged, mean, strict=True))
    assert (choice.edge != 0) == (at in (0, len(values) - 1))


@given(st.lists(finite, min_size=3, max_size=12), st.integers(-3, 3), st.floats(0.01, 100))
def test_scales_of_rates_and_losses_do_not_matter(values: list[float], shift: int, factor: float) -> None:
    rates = grid(len(values))
    plain = tuning.choose(rates, [round(value, 3) for value in values])
    moved = tuning.choose([rate * 2.0**shift for rate in rates], [round(value, 3) for value in values])
    assert moved.rate == plain.rate * 2.0**shift
    scaled = tuning.choose(rates, [round(value, 3) * factor for value in values])
    assert scaled.loss == pytest.approx(plain.loss * factor, rel=1e-9, abs=1e-12)


@given(st.lists(finite, min_size=3, max_size=12), st.data())
def test_a_divergence_never_makes_its_rate_more_attractive(values: list[float], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(values) - 1))
    worse = [np.inf if number == at else value for number, value in enumerate(values)]
    chosen = tuning.choose(grid(len(values)), worse).rate
    assert chosen != grid(len(values))[at] or len(values) == 1


@given(st.integers(1, 8), st.sampled_from([-1, 0, 1]), st.integers(1, 3))
def test_a_grown_grid_keeps_its_rates_and_its_factor(count: int, edge: int, by: int) -> None:
    rates = grid(count)
    grown = tuning.grow(rates, edge, by=by)
    tuning.check(grown)
    assert len(grown) == count + by * abs(edge)
    assert (grown[-count:] if edge < 0 else grown[:count]) == rates


@given(st.floats(-14, 14), st.integers(3, 6), st.integers(0, 4))
def test_a_search_finds_the_valley_or_stops_on_its_edge(valley: float, count: int, growths: int) -> None:
    start, measured, rounds = grid(count, 1.0), dict[float, float](), 0
    while True:
        rates, choice = tuning.search(start, measured, growths=growths)
        missing = [rate for rate in rates if rate not in measured]
        assert (choice is None) == bool(missing)
        if choice is not None:
            break
        rounds += 1
        measured |= {rate: (np.log2(rate) - valley) ** 2 for rate in missing}
    assert rounds <= growths + 1
    assert len(rates) <= count + 2 * growths
    if choice.edge == 0:
        assert abs(np.log2(choice.rate) - valley) <= 0.5 + 1e-9
    else:
        assert rounds == growths + 1


def test_a_search_is_the_same_whatever_else_was_measured() -> None:
    measured = {rate: (np.log2(rate) - 1) ** 2 for rate in [2.0**step for step in range(-9, 10)]}
    rates, choice = tuning.search([0.5, 1.0, 2.0, 4.0, 8.0], measured, growths=2)
    assert rates == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert choice is not None
    assert choice.rate == 2.0


@pytest.mark.parametrize(
    ("rates", "said"),
    [([], "empty"), ([0.1, 0.3], "0.1 is followed by 0.3"), ([-1.0], "not positive"), ([0.2, 0.1], "followed")],
)
def test_a_grid_that_is_no_grid_is_refused(rates: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tuning.check(rates)


def test_a_curve_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="3 rates have 2 losses"):
        tuning.choose(grid(3), [1.0, 2.0])
