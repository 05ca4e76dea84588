"""Infimum and supremum of a function on the whole line, and whether and where they are attained.

A dense set of points, refined at every local extreme, and a look at both ends out to 10³⁰⁰. A value that is reached
only by rounding (sigmoid(40) = 1) is told from one that is reached (relu(−1) = 0) by how it is left: a plateau ends
like a power of the distance, an asymptote over the width of the function itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from acts.elementwise import Elementwise, jumps

Array = np.ndarray

INNER, STEP = 32.0, 1 / 512  # evenly spaced points on [−INNER, INNER]
TINY, HUGE = 1e-12, 1e30  # geometric spacing below STEP and beyond INNER
ENDS = (1e32, 1e60, 1e120, 1e240)  # where each end of the line is looked at, over two decades
GROWS = 1e-2  # relative growth from the last look but one to the last that counts as unbounded
ROUNDS = 70
POLE = 1e100  # a value or slope beyond this near 0 is a pole, as the slope of the square root
ASYMPTOTE = 0.03
ZOOMS, FOLD = 12, 17


@dataclass(frozen=True)
class Extreme:
    """One bound of a function: its value, and the point nearest 0 that attains it, None where none does."""

    value: float
    x: float | None


@dataclass(frozen=True, eq=False)
class Line:
    """The points at which a function is known: dense near 0, sparse far away, on both sides of every break."""

    x: Array
    value: Array
    slope: Array
    jumps: Array  # where the value jumps
    kinks: Array  # where the slope jumps


def line(f: Elementwise) -> Line:
    """Return the points at which f is looked at; raises ValueError where f or its slope is nan near 0."""
    if f.breaks is None:
        broken, bent = jumps(f, _cells()), jumps(f.slope, _cells())
    else:
        broken, bent = _breaking(f, f.breaks), _breaking(f.slope, f.breaks)
    x = _points(np.r_[f.breaks or (), broken, bent])
    with np.errstate(all="ignore"):
        value, slope = f(x), f.slope(x)
    inner = np.abs(x) <= INNER
    for values, what, allowed in ((value, "f", 0), (slope, "f′", 3)):
        lost = np.isnan(values) & inner
        if lost.sum() > allowed:
            raise ValueError(f"{f.name}: {what} is nan at x = {x[lost][np.abs(x[lost]).argmin()]:.6g}")
    for values in (value, slope):
        pole = inner & (np.abs(values) > POLE)
        values[pole] = np.copysign(np.inf, values[pole])
    known = ~np.isnan(value)
    x, value, slope = x[known], value[known], slope[known]
    slope = slope[np.maximum.accumulate(np.where(np.isnan(slope), 0, np.arange(len(x))))]  # nan takes its neighbour's
    return Line(x, value, slope, broken, bent)


def _cells() -> Array:
    far = np.geomspace(INNER, 1e6, 400)[1:]
    return np.r_[-far[::-1], np.linspace(-INNER, INNER, 4001), far]


def _breaking(g: Callable[[Array], Array], breaks: tuple[float, ...]) -> Array:
    """Return the breaks at which g jumps."""
    at = np.array(breaks, dtype=float)
    left, right = g(np.nextafter(at, -np.inf)), g(np.nextafter(at, np.inf))
    return at[np.abs(right - left) > 1e-9 * (1 + np.abs(left) + np.abs(right))]


def _points(breaks: Array) -> Array:
    inner = np.arange(-INNER, INNER + STEP / 2, STEP)
    outer = np.r_[np.geomspace(INNER, 1e4, 4000), np.geomspace(1e4, HUGE, 1500)]
    small = np.r_[1e-300, 1e-100, np.geomspace(TINY, STEP, 60)]
    near = np.r_[breaks, np.nextafter(breaks, -np.inf), np.nextafter(breaks, np.inf)]
    return np.unique(np.r_[inner, outer, -outer, small, -small, near])


def supremum(f: Elementwise, known: Line) -> Extreme:
    """Return the least upper bound of f and the point nearest 0 that attains it; of two, the positive one."""
    end = _at_ends(f)
    x, value, peaks = _with_peaks(f, known)
    best = float(value.max())
    if best == np.inf or end > best + 4 * np.spacing(abs(best)):
        return Extreme(max(end, best), None)
    equal = value >= best - 2 * np.spacing(abs(best))
    for first, last in sorted(_runs(equal), key=lambda run: abs(_nearest(x[run[0] : run[1] + 1]))):
        inside = x[first : last + 1]
        if inside[-1] - inside[0] < 4 * STEP:
            exact = np.intersect1d(inside, peaks)
            return Extreme(best, _nearest(exact if len(exact) else inside))
        met = first + np.flatnonzero(value[first : last + 1] >= best)
        edge = _edge(f, x, int(met[0]), int(met[-1]), best)
        if edge is not None:
            return Extreme(best, edge)
    return Extreme(best, None)


def _nearest(x: Array) -> float:
    """Return the point nearest 0, of two the positive one."""
    return float(x[np.lexsort((-x, np.abs(x)))[0]]) + 0.0


def bound(g: Callable[[Array], Array], x: Array, value: Array) -> float:
    """Return the least upper bound of a function given by points and evaluation, such as a slope."""
    end = _at_ends(g)
    best = float(value.max())
    if not np.isfinite(best) or end == np.inf:
        return np.inf
    inside = np.flatnonzero((value[1:-1] >= value[:-2]) & (value[1:-1] >= value[2:])) + 1
    close = inside[value[inside] >= best - 1e-2 * (1 + abs(best))]
    close = close[np.argsort(value[close])[-512:]]
    low, high = x[close - 1], x[close + 1]
    for _ in range(ZOOMS):
        grid = np.linspace(low, high, FOLD)
        heights = g(grid.ravel()).reshape(grid.shape)
        top = np.clip(heights.argmax(axis=0), 1, FOLD - 2)
        best = max(best, float(heights.max(initial=best)))
        low, high = np.take_along_axis(grid, np.stack([top - 1, top + 1]), axis=0)
    return max(best, end)


def _at_ends(g: Callable[[Array], Array]) -> float:
    """Return the supremum of g over both far ends: inf where it keeps growing, −inf where nothing is known."""
    found = [-np.inf]
    for sign in (1.0, -1.0):
        looks = []
        for start in ENDS:
            with np.errstate(all="ignore"):
                values = g(sign * np.geomspace(start, 100 * start, 1024))
            if np.isnan(values).any():
                break
            looks.append(float(values.max()))
        if len(looks) > 1 and looks[-1] > looks[-2] + GROWS * max(abs(looks[-2]), 1.0):
            return np.inf
        found.extend(looks[-1:])
    return max(found)


def _with_peaks(f: Elementwise, known: Line) -> tuple[Array, Array, Array]:
    """Return points and values with every local maximum added to the last bit, and those maxima."""
    x, value = known.x, known.value
    inside = np.flatnonzero((value[1:-1] >= value[:-2]) & (value[1:-1] >= value[2:])) + 1
    inside = inside[(known.slope[inside - 1] > 0) & (known.slope[inside + 1] < 0)]
    left, right = x[inside - 1], x[inside + 1]
    for _ in range(ROUNDS if len(inside) else 0):
        middle = (left + right) / 2
        up = f.slope(middle) > 0
        left, right = np.where(up, middle, left), np.where(up, right, middle)
    peaks = np.where(f(left) > f(right), left, right) if len(inside) else left
    order = np.argsort(np.r_[x, peaks], kind="stable")
    return np.r_[x, peaks][order], np.r_[value, f(peaks)][order], peaks


def _runs(equal: Array) -> list[tuple[int, int]]:
    """Return first and last index of every run of True, in order."""
    steps = np.diff(np.r_[0, equal.astype(int), 0])
    runs = list(zip(np.flatnonzero(steps == 1).tolist(), (np.flatnonzero(steps == -1) - 1).tolist(), strict=True))
    return runs


def _edge(f: Elementwise, x: Array, first: int, last: int, best: float) -> float | None:
    """Return the point of a plateau that is nearest 0, or None where it is an asymptote that has only been rounded."""
    if x[first] <= 0 <= x[last]:
        return 0.0
    inner, outer = (x[first - 1], x[first]) if x[first] > 0 else (x[last + 1], x[last])
    for _ in range(ROUNDS):
        middle = np.array([(inner + outer) / 2])
        met = f(middle)[0] >= best
        inner, outer = (inner, float(middle[0])) if met else (float(middle[0]), outer)
    away = np.geomspace(1e-16, 1e3, 2000) * (1 + abs(outer))
    missing = best - f(outer - np.sign(outer) * away)
    scale = min(1.0, float(missing.max()))
    near = away[np.argmax(missing >= 1e-10 * scale)]
    far = away[np.argmax(missing >= 1e-1 * scale)]
    real = near < ASYMPTOTE * far or near <= 1e-9 * (1 + abs(outer))
    return float(outer) if real else None
