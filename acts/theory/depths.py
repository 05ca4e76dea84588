"""How deep a signal reaches: the length a wide random network settles at, and its depth scales there."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from acts import elementwise
from acts.elementwise import Elementwise, Function
from acts.theory.edges import NOISE, slope_second_at_zero
from acts.theory.quadrature import Array, Rule, rule

HERMITE_TERMS = 400
FARTHEST = 1e12  # the length map is followed from q = 1 up to this length, and down to its inverse


@dataclass(frozen=True)
class DepthScale:
    """Layers over which a wide network forgets: lengths, correlations and gradients change as e^(−layers / scale).

    ``correlation_point`` is the correlation to which two inputs are drawn (1 in the ordered phase), ``slope`` and
    ``chi`` the length map's slope and χ₁ at the length ``q``. A scale is infinite where nothing is forgotten.
    """

    q: float
    slope: float
    chi: float
    correlation_point: float
    length: float
    correlation: float
    gradient: float


def fixed_point(f: Function, *, sigma_w: float, sigma_b: float = 0.0) -> float:
    """Return the length to which the length map draws a signal of q = 1; 0 where it shrinks away.

    Raises ValueError where the length grows without bound.
    """
    return _fixed_point(elementwise.of(f), sigma_w, sigma_b)


def _fixed_point(view: Elementwise, sigma_w: float, sigma_b: float) -> float:
    def excess(found: Rule, q: float) -> float:
        return float(sigma_w**2 * found.second(q) + sigma_b**2) / q - 1

    start = excess(rule(view, 1.0, 1.0, slopes=False), 1.0)
    if abs(start) < 1e-13:
        return 1.0
    factor = 2.0 if start > 0 else 0.5
    q = 1.0
    while 1 / FARTHEST < q < FARTHEST:
        low, high = sorted((q, q * factor))
        found = rule(view, low, high, slopes=False)
        if found.high >= high * (1 - 1e-9) and start * excess(found, q * factor) <= 0:
            return float(brentq(lambda t, r=found: excess(r, t), low, high, xtol=1e-300, rtol=1e-14))
        if found.high < high * (1 - 1e-9):
            break
        q *= factor
    if start > 0:
        raise ValueError(f"{view.name}: at sigma_w = {sigma_w:g}, sigma_b = {sigma_b:g} the length grows without bound")
    return 0.0


def depth_scale(f: Function, *, sigma_w: float, sigma_b: float = 0.0, **parameters: Any) -> DepthScale:
    """Return how many layers lengths, correlations and gradients survive at the length a network settles at.

    In the ordered phase (χ₁ ≤ 1) correlations are drawn to 1 and forgotten at the rate χ₁, as gradients; in the chaotic
    phase to a point below 1 found from the Hermite series of f. Raises ValueError where the length grows without bound.
    """
    view = elementwise.of(f, **parameters)
    q = _fixed_point(view, sigma_w, sigma_b)
    if q == 0:
        slope = chi = sigma_w**2 * slope_second_at_zero(view)
        point, rate = 1.0, chi
    else:
        found = rule(view, q, q)
        slope, chi = sigma_w**2 * float(found.second_slope(q)), sigma_w**2 * float(found.slope_second(q))
        point, rate = (1.0, chi) if chi <= 1 + NOISE else _correlation_point(view, q, sigma_w, sigma_b)
    return DepthScale(q, slope, chi, point, _scale(slope), _scale(rate), _scale(chi))


def _scale(rate: float) -> float:
    """Return the number of layers over which a factor of ``rate`` a layer makes e."""
    logarithm = abs(np.log(abs(rate))) if rate else np.inf
    return float(1 / logarithm) if logarithm > 1e-12 else np.inf


def hermite(view: Elementwise, q: float, terms: int = HERMITE_TERMS) -> Array:
    """Return the squared coefficients a_k² of f(√q z) in normalised Hermite polynomials.

    For z, z′ with correlation c, E f(√q z) f(√q z′) = Σ a_k² cᵏ.
    """
    found = rule(view, q, q, slopes=False, step=0.1)
    z = found.x / np.sqrt(q)
    before, now = np.zeros_like(z), np.ones_like(z)
    squares = np.empty(terms)
    for k in range(terms):
        squares[k] = float(found.expect(found.value * now, q)) ** 2
        before, now = now, (z * now - np.sqrt(k) * before) / np.sqrt(k + 1)
    return squares


def _correlation_point(view: Elementwise, q: float, sigma_w: float, sigma_b: float) -> tuple[float, float]:
    """Return the correlation below 1 that the chaotic phase draws to, and the map's slope there."""
    squares = sigma_w**2 * hermite(view, q)
    orders = np.arange(len(squares))
    missing = q - sigma_b**2 - squares.sum()  # what the terms left out add, all of it at c = 1

    def excess(c: float) -> float:
        return float((squares @ c**orders + missing * c ** len(squares) + sigma_b**2) / q - c)

    top = 1 - 1e-3
    if excess(0.0) <= 0:
        return 0.0, float(squares[1] / q)
    while excess(top) >= 0 and 1 - top > 1e-12:
        top = 1 - (1 - top) / 4
    c = float(brentq(excess, 0.0, top, xtol=1e-15))
    return c, float((orders[1:] * squares[1:]) @ c ** (orders[1:] - 1) / q)
