"""Births: how often a ReLU network is dead before it has learned anything.

Networks have one input, zero biases and symmetric weights, so their output is linear on either side of 0 and an input
on each side shows whether all is dead: some layer gives 0 for both. L counts layers of weights, L − 1 of them hidden.
"""

import numpy as np
from jaxtyping import Float

_WEIGHTS = 41  # names the random stream
_AT_ONCE = 4096  # networks


def born_dead(seed: int, *, width: int, layers: int, networks: int) -> Float[np.ndarray, " length"]:
    """Return the share of random networks that are born dead, for every L from 2 to ``layers``.

    One network of the greatest length is drawn and cut off to give the shorter ones.
    """
    generator = np.random.default_rng([seed, _WEIGHTS, width])
    dead = np.zeros(layers - 1)
    for start in range(0, networks, _AT_ONCE):
        y = np.tile(np.array([[1.0], [-1.0]]), (min(_AT_ONCE, networks - start), 1, 1))
        for hidden in range(layers - 1):
            weights = generator.standard_normal((len(y), y.shape[2], width))
            y = np.maximum(y @ weights, 0.0)
            alive = (y > 0).any(axis=(1, 2))
            dead[hidden:] += len(y) - alive.sum()
            y = y[alive] / y[alive].max(axis=(1, 2), keepdims=True)
    return dead / networks


def bound(width: int, layers: int) -> float:
    """Return what the probability is at most, for any number of inputs: 1 − (1 − 2^−N)^(L − 1)."""
    return 1 - (1 - 0.5**width) ** (layers - 1)


def two_layers(width: int) -> float:
    """Return the probability at L = 3 and one input, exactly: 3 · 4^−N − 2 · 8^−N."""
    return 3 * 0.25**width - 2 * 0.125**width
