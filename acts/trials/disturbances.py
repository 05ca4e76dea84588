"""Disturbances: wrong training labels and noise on inputs, drawn from the seed of a split alone.

So whatever the activation, the init and the rate, networks of one split meet the same wrong labels and the same noise.
"""

import numpy as np

_LABELS, _INPUTS = 17, 19  # name the random streams


def flipped(y: np.ndarray, rows: np.ndarray, *, share: float, classes: int, split: int) -> np.ndarray:
    """Return class numbers of a whole set (row,), where this share of some rows, rounded, has a wrong class.

    Each wrong class is as likely as the others. Rows flipped at a smaller share are flipped alike at a larger one.
    """
    generator = np.random.default_rng([split, _LABELS])
    chosen = generator.permutation(np.sort(rows))
    turns = generator.integers(1, classes, size=len(rows))
    count = round(share * len(rows))
    found = y.copy()
    found[chosen[:count]] = (found[chosen[:count]] + turns[:count]) % classes
    return found


def noise(rows: int, inputs: int, *, reach: float, split: int) -> np.ndarray:
    """Return uniform noise (row, input) on [-reach, reach], the same draw at every reach, as float32."""
    drawn = np.random.default_rng([split, _INPUTS]).uniform(-1.0, 1.0, (rows, inputs))
    return (reach * drawn).astype(np.float32)
