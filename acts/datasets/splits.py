"""Splits: which rows train, choose and report, drawn by a seed; inputs are standardised on training rows alone."""

from dataclasses import dataclass

import numpy as np

VALIDATION = 0.2  # share of the rows (of those outside a published test set) that choose the learning rate
TEST = 0.2  # share of the rows that report, where no test set is published
_STREAM = 7  # names the random stream of splits


@dataclass(frozen=True)
class Split:
    """Row numbers of the three parts, and the mean and scale of the training rows (scalars or one a column).

    ``mean_square`` is the mean of x² over standardised training rows: 1, or less where a column is constant.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    mean_square: float


def split(x: np.ndarray, seed: int, *, held_out: int, columns: bool) -> Split:
    """Return training, validation and test rows drawn by the seed; a published test set stays the test set."""
    own = len(x) - held_out
    order = np.random.default_rng([seed, _STREAM]).permutation(own)
    tested = 0 if held_out else round(TEST * own)
    validated = tested + round(VALIDATION * own)
    test = np.arange(own, len(x)) if held_out else np.sort(order[:tested])
    train, validation = np.sort(order[validated:]), np.sort(order[tested:validated])
    return Split(train, validation, test, *standard(x[train], columns=columns))


def standard(rows: np.ndarray, *, columns: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """Return mean, scale and the mean square after standardising; a constant column keeps its scale of 1."""
    axis = 0 if columns else None
    centre = np.asarray(rows.mean(axis=axis, dtype=np.float64))
    deviation = np.asarray(rows.std(axis=axis, dtype=np.float64))
    return centre, np.where(deviation > 0, deviation, 1.0), float(np.mean(deviation > 0))
