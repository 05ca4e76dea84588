"""Reconstruction: how much of a layer's input can still be told from its outputs. Pure numpy, double precision."""

import numpy as np
from jaxtyping import Bool, Float

TINY = 1e-9  # of the largest eigenvalue; directions below are not told


def recovered(
    preactivation: Float[np.ndarray, "row unit"],
    told: Bool[np.ndarray, "row unit"],
    weights: Float[np.ndarray, "input unit"],
) -> Float[np.ndarray, "row input"]:
    """Return the input of least length that gives the told pre-activations h = xW, row by row.

    This is the decoder of one who knows W and, of every unit in ``told``, its pre-activation; it finds the part of an
    input that lies in the span of those units' weights, and 0 for the rest. Source: Moore-Penrose inverse of the
    columns of W that are told.
    """
    known = told.astype(float)
    gram = np.einsum("iu,ru,ju->rij", weights, known, weights, optimize=True)
    values, vectors = np.linalg.eigh(gram)
    kept = values > TINY * values[:, -1:]
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    seen = (known * preactivation) @ weights.T
    along = np.einsum("rij,ri->rj", vectors, seen)
    return np.asarray(np.einsum("rij,rj->ri", vectors, inverse * along))


def regressed(
    outputs: Float[np.ndarray, "row unit"], inputs: Float[np.ndarray, "row input"], fitted: int
) -> Float[np.ndarray, "rest input"]:
    """Return the inputs of the rows after the first ``fitted`` by the affine map of outputs that fits those best.

    This is the decoder of one who knows nothing but examples. Source: ordinary least squares.
    """
    wider = np.column_stack([outputs, np.ones(len(outputs))])
    coefficients, *_ = np.linalg.lstsq(wider[:fitted], inputs[:fitted], rcond=None)
    return np.asarray(wider[fitted:] @ coefficients)


def explained(inputs: Float[np.ndarray, "row input"], decoded: Float[np.ndarray, "row input"]) -> float:
    """Return R², the share of the inputs' variance that decoded ones explain, over all numbers of all rows together."""
    left = np.square(inputs - decoded).sum()
    return float(1 - left / np.square(inputs - inputs.mean(axis=0)).sum())
