"""Splits: which rows train, choose and report, drawn by a seed; inputs are standardised on training rows alone."""

from dataclasses import dataclass

import numpy as np

VALIDATION = 0.2  # share of the rows (of those outside a published test set) that choose the learning rate
TEST = 0.2  # share of the rows that report, where no test set is published
_STREAM = 7  # names the random stream of splits


@dataclass(frozen=True)
class Split:
    """Row numbers of the three parts, each in random order, and how inputs are standardised.

    ``(x - centre) / scale`` has mean 0 and mean square 1 over the training rows; both are scalars or one a column.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    centre: np.ndarray
    scale: np.ndarray


def split(x: np.ndarray, seed: int, *, held_out: int, columns: bool) -> Split:
    """Return training, validation and test rows drawn by the seed; a published test set stays the test set."""
    generator, own = np.random.default_rng([seed, _STREAM]), len(x) - held_out
    order = generator.permutation(own)
    test = own + generator.permutation(held_out) if held_out else order[: round(TEST * own)]
    rest = order if held_out else order[len(test) :]
    validated = round(VALIDATION * own)
    train = rest[validated:]
    return Split(train, rest[:validated], test, *standard(x[train], columns=columns))


def standard(rows: np.ndarray, *, columns: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return centre and scale, one a column or one for all; a constant column stays 0 and the others make up for it."""
    axis = 0 if columns else None
    centre = np.asarray(rows.mean(axis=axis, dtype=np.float64))
    deviation = np.sqrt(np.square(rows - centre.astype(np.float32)).mean(axis=axis, dtype=np.float64))
    varies = deviation > 0
    return centre, np.where(varies, deviation, 1.0) * np.sqrt(np.mean(varies))
