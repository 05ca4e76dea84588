"""Regions: how many linear pieces a piecewise linear network has along the segments of a path. Pure numpy.

A network whose function has one kink, at 0, is affine between the points of a segment where some unit changes sign.
Those points are found layer by layer: between the ones that are known every pre-activation of the next layer is affine,
so that its zeros are where straight lines cross 0.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

APART = 1e-10  # of a segment; points that lie nearer are one
ALIKE = 1e-9  # of the steepest piece; slopes that differ less are one


class Dense(NamedTuple):
    """One dense layer: weights (in, out) and bias (out,)."""

    weights: np.ndarray
    bias: np.ndarray


def pieces(layers: Sequence[Dense], path: np.ndarray, *, slope: float) -> np.ndarray:
    """Return how many linear pieces the network has on each segment between consecutive points (point, input).

    Hidden layers go through x for x > 0 and ``slope`` · x below; the last layer goes through nothing. Neighbouring
    stretches on which all outputs have the same slope are one piece, so a linear network has one.
    """
    path = np.asarray(path, float)
    knots = _knots(layers, path, slope)
    middles = (knots[:-1] + knots[1:]) / 2
    segment = np.minimum(middles.astype(int), len(path) - 2)
    steep = _slopes(layers, _at(path, middles), np.diff(path, axis=0)[segment], slope)
    turns = np.linalg.norm(np.diff(steep, axis=0), axis=1) > ALIKE * np.linalg.norm(steep, axis=1).max(initial=0.0)
    inside = segment[1:] == segment[:-1]
    return 1 + np.bincount(segment[1:][turns & inside], minlength=len(path) - 1)


def _knots(layers: Sequence[Dense], path: np.ndarray, slope: float) -> np.ndarray:
    """Return the places on a path, rising, where a unit changes sign, and its own points; a segment is 1 long."""
    ends = np.arange(len(path), dtype=float)
    knots = ends
    for depth in range(1, len(layers)):
        h = _preactivation(layers[:depth], _at(path, knots), slope)
        left, right = h[:-1], h[1:]
        interval, unit = np.nonzero(left * right < 0)
        share = left[interval, unit] / (left[interval, unit] - right[interval, unit])
        found = knots[interval] + share * np.diff(knots)[interval]
        knots = _distinct(np.concatenate([knots, found]), ends)
    return knots


def _distinct(places: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return places in rising order without those that lie next to another one; the ends all stay."""
    places = np.sort(places[np.abs(places - np.rint(places)) > APART])
    places = places[np.diff(places, prepend=-np.inf) > APART]
    return np.sort(np.concatenate([ends, places]))


def _at(path: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the points (place, input) at places on a path."""
    segment = np.minimum(places.astype(int), len(path) - 2)
    share = (places - segment)[:, None]
    return (1 - share) * path[segment] + share * path[segment + 1]


def _preactivation(layers: Sequence[Dense], x: np.ndarray, slope: float) -> np.ndarray:
    """Return what the last of some layers makes of inputs (row, input), before its function."""
    *before, last = layers
    for layer in before:
        h = x @ layer.weights + layer.bias
        x = np.where(h > 0, h, slope * h)
    return np.asarray(x @ last.weights + last.bias)


def _slopes(layers: Sequence[Dense], x: np.ndarray, direction: np.ndarray, slope: float) -> np.ndarray:
    """Return the derivative of all outputs along a direction at each point, (row, output)."""
    *before, last = layers
    for layer in before:
        h = x @ layer.weights + layer.bias
        direction = (direction @ layer.weights) * np.where(h > 0, 1.0, slope)
        x = np.where(h > 0, h, slope * h)
    return np.asarray(direction @ last.weights)
