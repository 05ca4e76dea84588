"""Intervals: the centre of repeated measurements with the interval that the review uses everywhere."""

import numpy as np
import pandas as pd

from acts import stats

LEVEL = 0.95
_SMALLEST = 1e-300


def centre(values: pd.Series | np.ndarray) -> tuple[float, float, float]:
    """Return mean, low and high of the exact sign-flip interval; with infinite values the same on ranks.

    Ends are NaN where too few values were measured for an interval to exist (fewer than six at 95 %).
    """
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[~np.isnan(numbers)]
    if len(numbers) == 0:
        return np.nan, np.nan, np.nan
    if np.isinf(numbers).all():
        return float(numbers[0]), np.nan, np.nan
    if np.isinf(numbers).any():
        found = stats.compare(numbers)
        return found.effect, found.low, found.high
    low, high = stats.sign_flip_interval(numbers, level=LEVEL)
    if not np.isfinite([low, high]).all():
        low, high = np.nan, np.nan
    return float(numbers.mean()), float(low), float(high)


def geometric(values: pd.Series | np.ndarray) -> tuple[float, float, float]:
    """Return the geometric mean of positive values with its interval."""
    logs = np.log(np.maximum(np.asarray(values, dtype=float), _SMALLEST))
    middle, low, high = (float(np.exp(end)) for end in centre(logs))
    return middle, low, high


def geometric_ratio(values: np.ndarray, base: np.ndarray) -> tuple[float, float, float]:
    """Return the geometric mean of paired positive values over a base's with its interval; on ranks with infinities."""
    logs = stats.log_ratio(np.maximum(values, _SMALLEST), np.maximum(base, _SMALLEST))
    with np.errstate(over="ignore"):
        middle, low, high = (float(np.exp(end)) for end in centre(logs))
    return middle, low, high


def log10_of_mean(logs: pd.Series | np.ndarray) -> tuple[float, float, float]:
    """Return log10 of the mean of 10**logs with its interval, scaled so that nothing underflows."""
    values = np.asarray(logs, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return np.nan, np.nan, np.nan
    top = float(values.max())
    middle, low, high = (top + np.log10(max(end, _SMALLEST)) for end in centre(10.0 ** (values - top)))
    return float(middle), float(low), float(high)


def bars(middle: pd.Series, low: pd.Series, high: pd.Series) -> np.ndarray:
    """Return error-bar lengths for matplotlib, zero where there is no interval."""
    below, above = middle - low, high - middle
    return np.nan_to_num(np.clip(np.asarray([below, above], dtype=float), 0, None), posinf=0.0)
