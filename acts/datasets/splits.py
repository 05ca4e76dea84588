"""Splits: which rows train, choose and report, drawn by a seed; numbers are standardised on training rows alone."""

from dataclasses import dataclass

import numpy as np

VALIDATION = 0.2  # share of the rows (of those outside a published test set) that choose the learning rate
TEST = 0.2  # share of the rows that report, where no test set is published
_STREAM = 7  # names the random stream of splits


@dataclass(frozen=True)
class Split:
    """Row numbers of the three parts, each in random order, and how inputs and targets are standardised.

    ``(x - centre) / scale`` has mean 0 and mean square 1 over the training rows; both are scalars or one a column.
    ``(y - target_centre) / target_scale`` has too, a number each a target; they are 0 and 1 where y is no quantity.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    target_centre: np.ndarray
    target_scale: np.ndarray


def split(x: np.ndarray, y: np.ndarray, seed: int, *, task: str, held_out: int, columns: bool) -> Split:
    """Return the split of a set that a seed draws, standardised as its task asks: tokens not at all."""
    train, validation, test = (stretches if task == "text" else rows)(len(x), seed, held_out=held_out)
    plain = np.zeros(()), np.ones(())
    inputs = plain if task == "text" else standard(x[train], columns=columns)
    targets = standard(y[train], columns=True) if task == "regression" else plain
    return Split(train, validation, test, *inputs, *targets)


def rows(count: int, seed: int, *, held_out: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return training, validation and test rows drawn by the seed; a published test set stays the test set."""
    generator, own = np.random.default_rng([seed, _STREAM]), count - held_out
    order = generator.permutation(own)
    test = own + generator.permutation(held_out) if held_out else order[: round(TEST * own)]
    rest = order if held_out else order[len(test) :]
    validated = round(VALIDATION * own)
    return rest[validated:], rest[:validated], test


def stretches(count: int, seed: int, *, held_out: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return training, validation and test rows that are stretches of a text, bent to a ring and cut by the seed.

    A row that neighbours a test row is likely a test row too, so that no page is half learned and half examined.
    """
    if held_out:
        raise ValueError("a text with a published test set is not known here")
    generator = np.random.default_rng([seed, _STREAM])
    ring = np.roll(np.arange(count), -int(generator.integers(count)))
    tested, validated = round(TEST * count), round(VALIDATION * count)
    parts = ring[tested + validated :], ring[tested : tested + validated], ring[:tested]
    return tuple(generator.permutation(part) for part in parts)  # type: ignore[return-value]


def standard(rows: np.ndarray, *, columns: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return centre and scale, one a column or one for all; a constant column stays 0 and the others make up for it."""
    axis = 0 if columns else None
    centre = np.asarray(rows.mean(axis=axis, dtype=np.float64))
    deviation = np.sqrt(np.square(rows - centre.astype(np.float32)).mean(axis=axis, dtype=np.float64))
    varies = deviation > 0
    return centre, np.asarray(np.where(varies, deviation, 1.0) * np.sqrt(np.mean(varies)))
