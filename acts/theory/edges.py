"""Where wide random networks neither forget nor explode: edge of chaos, critical init, fixed points, depth scales."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import brentq

from acts import elementwise
from acts.elementwise import Elementwise, Function
from acts.theory.curves import SPAN, Curves, curves
from acts.theory.quadrature import Array, Rule, rule

SECANT_LIMIT = 0.99
NOISE = 1e-11  # relative size below which a difference of moments counts as 0
SMALLEST, LARGEST = 1e-6, 1e6  # lengths searched, in units of max(1, σ_b²)
WINDOW = 100.0
NEAR_ZERO = 1e-9


@dataclass(frozen=True)
class EdgeOfChaos:
    """A point with χ₁ = 1 at its own length q; ``slope`` is that of the length map there.

    A slope above 1 means that the length is not held (the point is unstable, no line is drawn there). ``any_q`` is
    True where every length solves, as for ReLU at σ_b = 0; q is then given as 1.
    """

    sigma_w: float
    sigma_b: float
    q: float
    slope: float
    any_q: bool = False

    @property
    def stable(self) -> bool:
        """Return whether the length map holds this length."""
        return self.slope < 1


@dataclass(frozen=True)
class CriticalInit:
    """An init with χ₁ = 1 whose length map has secant slopes up to 0.99 on [q/4, 4q].

    ``marginal`` is True for positively homogeneous functions, such as ReLU: every length is kept, the slope is 1.
    """

    sigma_w: float
    sigma_b: float
    q: float
    slope: float
    chi: float
    steepest: float
    marginal: bool = False


def edge_of_chaos(f: Function, *, sigma_b: float, **parameters: Any) -> EdgeOfChaos:
    """Return the edge of chaos at σ_b: q = σ_b² + E f²/E f′², σ_w = (E f′²)^-½, expectations at z ~ N(0, q).

    Of several solutions the one with the smallest q (for σ_b = 0 that is q = 0 where f(0) = 0 and f′(0) ≠ 0, the limit
    of small lengths). Raises ValueError where no length up to 10⁶ max(1, σ_b²) solves.
    """
    sigma_b = float(sigma_b)
    if not (np.isfinite(sigma_b) and sigma_b >= 0):
        raise ValueError(f"sigma_b must be a number of at least 0, not {sigma_b}")
    view = elementwise.of(f, **parameters)
    if sigma_b == 0:
        special = _edge_without_bias(view)
        if special is not None:
            return special
    lowest = sigma_b**2 if sigma_b else SMALLEST
    for found in _windows(view, lowest, LARGEST * max(1.0, sigma_b**2)):
        grid = np.geomspace(found.low, found.high, 161)
        roots = _crossings(partial(_excess, found, sigma_b), grid)
        if roots:
            return _edge_at(found, roots[0], sigma_b)
    raise ValueError(f"{view.name} has no edge of chaos at sigma_b = {sigma_b:g}: {_why_none(found, sigma_b)}")


def _why_none(found: Rule, sigma_b: float) -> str:
    """Return why no length solves q = σ_b² + E f²/E f′², told from the largest lengths at which f has moments."""
    if not found.slope.any():
        return "E f′² = 0"
    if _homogeneous(found):
        return "E f²/E f′² = q at every length, which leaves nothing for σ_b²"
    side = "below" if _excess(found, sigma_b, found.high) > 0 else "above"
    return f"E f²/E f′² stays {side} q − σ_b² up to q = {found.high:.3g}"


def _bias_variance(found: Rule | Curves, q: float | Array) -> Array:
    """Return the σ_b² that puts the edge of chaos at length q, q − E f²/E f′²; −inf where E f′² is 0."""
    slope_second = np.asarray(found.slope_second(q))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(slope_second > 0, found.second(q) / slope_second, np.inf)
    return q - ratio


def _excess(found: Rule, sigma_b: float, q: float) -> float:
    """Return by how much the σ_b² of the edge at length q exceeds the one wanted, in units of q."""
    return float(_bias_variance(found, q) - sigma_b**2) / q


def _edge_at(found: Rule, q: float, sigma_b: float, *, any_q: bool = False) -> EdgeOfChaos:
    variance = 1 / float(found.slope_second(q))
    return EdgeOfChaos(float(np.sqrt(variance)), sigma_b, q, variance * float(found.second_slope(q)), any_q)


def _edge_without_bias(view: Elementwise) -> EdgeOfChaos | None:
    """Return the edge at σ_b = 0 where it holds at every length, or in the limit of small ones."""
    found = rule(view, 1 / SPAN, SPAN)
    if _homogeneous(found):
        return _edge_at(found, 1.0, 0.0, any_q=True)
    at_zero = slope_second_at_zero(view)
    if abs(float(view(np.zeros(1))[0])) < NEAR_ZERO and at_zero > NEAR_ZERO:
        return EdgeOfChaos(at_zero**-0.5, 0.0, 0.0, 1.0)
    return None


def _homogeneous(found: Rule | Curves) -> bool:
    """Return whether E f² = q E f′² at every length, so that the edge of chaos has no bias and no preferred length."""
    grid = np.geomspace(found.low, found.high, 9)
    return bool((np.abs(_bias_variance(found, grid)) < NOISE * grid).all())


def slope_second_at_zero(view: Elementwise) -> float:
    """Return the limit of E f′(√q z)² for small q, the mean square of the two one-sided slopes at 0."""
    return float(np.mean(view.slope(np.array([-1e-12, 1e-12])) ** 2))


def _windows(view: Elementwise, low: float, high: float) -> Iterator[Rule]:
    """Yield quadrature rules over neighbouring ranges of q, from low upwards, until moments diverge or high is met."""
    top = low
    while top < high:
        top = min(low * WINDOW, high)
        found = rule(view, low, top)
        yield found
        if found.high < top * (1 - 1e-9):
            return
        low = top / 1.2  # windows overlap, so no root hides on a border


def _crossings(g: Callable[[float], float], grid: Array) -> list[float]:
    """Return where g changes sign along the grid, ignoring values that are noise."""
    heights = np.array([g(q) for q in grid])
    told = np.flatnonzero(np.abs(heights) > NOISE)
    pairs = [(a, b) for a, b in itertools.pairwise(told) if heights[a] * heights[b] < 0]
    return [float(brentq(g, grid[a], grid[b], xtol=1e-300, rtol=1e-14)) for a, b in pairs]


def critical_init(f: Function, **parameters: Any) -> CriticalInit:
    """Return χ₁ = 1 with every secant slope from q into [q/4, 4q] at most 0.99, at the q nearest 1 (on a log scale).

    At every q it takes σ_w² = 1/E f′² and σ_b² = q − E f²/E f′², so q is the length map's fixed point. Positively
    homogeneous functions are marginal: q = 1, no bias, slope 1. Raises ValueError where no q from 16⁻⁴ to 16⁴ will do.
    """
    view = elementwise.of(f, **parameters)
    near = curves(view, 1 / SPAN**2, SPAN**2)
    if near.high > SPAN:
        if not float(near.slope_second(1.0)) > 0:
            raise ValueError(f"{view.name} has no critical init: E f′² = 0, no gradient at any weight scale")
        if _homogeneous(rule(view, 1 / SPAN, SPAN)):
            return _critical_at(view, near, 1.0, marginal=True)
        if _violation(near, 1.0) <= 0:
            return _critical_at(view, near, 1.0)
    for distance in range(4):
        found = [q for sign in (1, -1) for q in _feasible(view, sign, 16.0**distance, 16.0 ** (distance + 1))]
        if found:
            q = min(found, key=lambda q: abs(np.log(q)))
            return _critical_at(view, curves(view, q / SPAN, q * SPAN), q)
    raise ValueError(f"{view.name} has no critical init: no length q has χ₁ = 1 and secant slopes up to .99")


def _violation(found: Curves, q: float) -> float:
    """Return by how much q breaks the critical init's conditions, at most 0 where it keeps them."""
    slope_second = float(found.slope_second(q))
    if slope_second <= NEAR_ZERO * float(found.slope_second(found.high)):
        return np.inf
    steepest = found.steepest(q, max(q / SPAN, found.low), min(q * SPAN, found.high)) / slope_second
    return max(steepest - SECANT_LIMIT, -float(_bias_variance(found, q)) / q)


def _feasible(view: Elementwise, sign: int, near: float, far: float) -> list[float]:
    """Return the length nearest 1 between near and far (their inverses for sign −1) that a critical init may have."""
    ends = sorted((near**sign, far**sign))
    try:
        found = curves(view, ends[0] / SPAN, ends[1] * SPAN)
    except ValueError:
        return []
    grid = np.geomspace(near**sign, far**sign, 33)
    grid = grid[grid <= found.high / SPAN * (1 + 1e-9)]
    fits = [_violation(found, q) <= 0 for q in grid]
    if True not in fits:
        return []
    first = fits.index(True)
    if first == 0:
        return [float(grid[0])]
    inside = sorted(grid[first - 1 : first + 1])
    local = curves(view, inside[0] / SPAN, inside[1] * SPAN)
    return [float(brentq(lambda q: _violation(local, q), *inside, xtol=1e-300, rtol=1e-13))]


def _critical_at(view: Elementwise, found: Curves, q: float, *, marginal: bool = False) -> CriticalInit:
    here = rule(view, q, q)
    variance = 1 / float(here.slope_second(q))
    bias_variance = float(_bias_variance(here, q))
    if marginal or bias_variance < NOISE * q:
        bias_variance = 0.0
    return CriticalInit(
        sigma_w=float(np.sqrt(variance)),
        sigma_b=float(np.sqrt(bias_variance)),
        q=q,
        slope=variance * float(here.second_slope(q)),
        chi=1.0,
        steepest=variance * found.steepest(q, q / SPAN, min(q * SPAN, found.high)),
        marginal=marginal,
    )
