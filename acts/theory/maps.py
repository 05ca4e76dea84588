"""Gaussian moments of a function and what they say about wide random networks: length map, its slope, χ."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from acts import elementwise
from acts.elementwise import Function
from acts.theory.quadrature import Rule, rule


@dataclass(frozen=True)
class Moments:
    """Gaussian moments of f at z ~ N(0, 1): E f, E f² and E f′²."""

    mean: float
    second: float
    slope_second: float


def moments(f: Function, **parameters: Any) -> Moments:
    """Return E f, E f² and E f′² at z ~ N(0, 1); parameters are those of the activation.

    f is a name, an Activation or a callable from float64 tensor to tensor. Raises ValueError where a moment diverges,
    where f is nan, and for a function that is not element-wise.
    """
    nodes = rule(elementwise.of(f, **parameters), 1.0, 1.0)
    mean = nodes.expect(nodes.value, 1.0)
    return Moments(float(mean), float(nodes.second(1.0)), float(nodes.slope_second(1.0)))


def length_map(f: Function, *, sigma_w: float, sigma_b: float = 0.0, q: float = 1.0, **parameters: Any) -> float:
    """Return the next layer's length, σ_w² E f(√q z)² + σ_b²."""
    view = elementwise.of(f, **parameters)
    second = float(view(np.zeros(1))[0]) ** 2 if q == 0 else rule(view, q, q, slopes=False).second(q)
    return float(sigma_w**2 * second + sigma_b**2)


def length_map_slope(f: Function, *, sigma_w: float, sigma_b: float = 0.0, q: float = 1.0, **parameters: Any) -> float:
    """Return the derivative of the length map by q, σ_w² E f(√q z)² (z² − 1) / 2q; σ_b does not enter.

    A fixed point is stable where it lies below 1. Raises ValueError for q that is not above 0.
    """
    del sigma_b
    return float(sigma_w**2 * rule(elementwise.of(f, **parameters), q, q, slopes=False).second_slope(q))


def chi(f: Function, *, sigma_w: float, q: float = 1.0, **parameters: Any) -> float:
    """Return χ₁ = σ_w² E f′(√q z)², the factor by which a layer multiplies the squared gradient."""
    view = elementwise.of(f, **parameters)
    second = float(view.slope(np.zeros(1))[0]) ** 2 if q == 0 else rule(view, q, q).slope_second(q)
    return float(sigma_w**2 * second)


def nodes(f: Function, low: float, high: float, **parameters: Any) -> Rule:
    """Return a quadrature rule for f that serves every length q in [low, high], where many expectations are wanted.

    The upper end falls to the last q at which the moments are finite; ``.high`` tells.
    """
    return rule(elementwise.of(f, **parameters), low, high)
