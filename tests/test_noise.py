"""Random numbers by place are uniform, unrelated between neighbours, and the same whatever is drawn beside them."""

import numpy as np
import pytest
import torch
from scipy import stats

from acts.noise import Noise, _mixed64, _rows64, _signed

SIZE = 4096
SEEDS = [0, 1, 2, 3, 1000, 1001, 2**40]


def numbers(seeds: list[int] = SEEDS, *, step: int = 0, place: int = 0, size: int = SIZE) -> np.ndarray:
    return Noise(torch.tensor(seeds), step).uniform(place, (size,)).numpy()


def test_numbers_are_uniform() -> None:
    drawn = np.stack([numbers(step=step, place=place) for step in range(4) for place in range(4)])
    assert drawn.min() >= 0
    assert drawn.max() < 1
    each = [stats.kstest(row, "uniform").pvalue for row in drawn.reshape(-1, SIZE)]
    assert stats.kstest(each, "uniform").pvalue > 1e-3
    for bit in range(24):
        share = np.mean((drawn * 2**24).astype(np.int64) >> bit & 1)
        assert share == pytest.approx(0.5, abs=4.5 * 0.5 / np.sqrt(drawn.size))


def test_low_rates_of_dropout_are_met() -> None:
    drawn = numbers(list(range(64)), size=64 * 64)
    for rate in (0.01, 0.1, 0.5):
        assert np.mean(drawn < rate) == pytest.approx(rate, abs=4.5 * np.sqrt(rate * (1 - rate) / drawn.size))


@pytest.mark.parametrize("lag", [1, 2, 32, 64])
def test_neighbours_in_a_row_are_unrelated(lag: int) -> None:
    drawn = numbers(list(range(32)))
    correlation = np.corrcoef(drawn[:, :-lag].ravel(), drawn[:, lag:].ravel())[0, 1]
    assert abs(correlation) < 4.5 / np.sqrt(drawn[:, lag:].size)


def test_pairs_of_neighbours_fill_the_square_evenly() -> None:
    drawn = numbers(list(range(64)), size=8192)
    cells = np.histogram2d(drawn[:, :-1:2].ravel(), drawn[:, 1::2].ravel(), bins=32)[0]
    assert 1e-4 < stats.chisquare(cells.ravel()).pvalue < 1 - 1e-4


def test_runs_steps_and_places_are_unrelated() -> None:
    rows = [numbers(SEEDS, step=step, place=place) for step in range(5) for place in range(5)]
    correlations = np.corrcoef(np.concatenate(rows))
    above = np.abs(correlations[np.triu_indices_from(correlations, 1)])
    assert above.max() < stats.norm.isf(1e-3 / above.size / 2) / np.sqrt(SIZE)


def test_a_run_draws_the_same_whatever_the_group_and_shape() -> None:
    together = numbers(list(range(20)), step=7, place=3)
    np.testing.assert_array_equal(numbers([11], step=7, place=3)[0], together[11])
    np.testing.assert_array_equal(numbers([4, 4, 19], step=7, place=3), together[[4, 4, 19]])
    shaped = Noise(torch.tensor([11]), 7).uniform(3, (64, 8, 8), dtype=torch.float64)
    assert shaped.shape == (1, 64, 8, 8)
    np.testing.assert_array_equal(shaped.flatten().numpy(), together[11])


def test_numbers_are_those_of_a_plain_calculation() -> None:
    def expected(seed: int, step: int, place: int, position: int) -> float:
        word = _mixed64((seed * 0x9E3779B97F4A7C15 + _mixed64(_mixed64(step) + place)) % 2**64)
        state = ((word >> 32 | 1) * position + word) % 2**32
        state = (state ^ state >> 16) * 0x7FEB352D % 2**32
        state = (state ^ state >> 15) * 0x846CA68B % 2**32
        return ((state ^ state >> 16) % 2**24) / 2**24

    drawn = numbers([5, 12], step=9, place=2)
    for position in (0, 1, 2, 77, SIZE - 1):
        assert drawn[:, position].tolist() == [expected(5, 9, 2, position), expected(12, 9, 2, position)]


def test_tensors_mix_as_numbers_do() -> None:
    given = [0, 1, 2**63 - 1, 2**63, 2**64 - 1, 0x123456789ABCDEF]
    mixed = _rows64(torch.tensor([_signed(number, 64) for number in given]))
    assert mixed.tolist() == [_signed(_mixed64(number), 64) for number in given]
