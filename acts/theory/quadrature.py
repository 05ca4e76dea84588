"""Gaussian expectations of any element-wise function, E g(√q z) with z ~ N(0, 1), for a whole range of q at once.

Gauss-Lobatto panels on the line are halved until parent and children agree, so kinks and jumps at unknown places are
bisected down to the last bit, and one set of nodes serves every q of the range.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from acts.elementwise import Elementwise

Array = np.ndarray

ORDER = 16
TOLERANCE = 1e-13
REACHES = (12.0, 20.0, 38.0)  # half-widths in standard deviations; beyond 38 the normal density is below 1e-313
ROUNDS = 100
SPECK, SPECK_SHARE = 1e-12, 1e-8  # panels this narrow that hold this share of a moment surround a pole
INSIDE = 1e-13  # the outermost nodes stand this far inside, so that a break at an end is met from its own side
FEATURES = 1e-3  # panels near 0 are at least this fine, whatever the standard deviation
UNKNOWN_STEP = 0.15  # standard deviations a panel where breaks are unknown: no node of its halves is .01 from the next
BULK = 7.0  # standard deviations within which that holds; outside lies less than 3e-12 of the mass
PANELS = 100_000
NEGLIGIBLE = 1e-14  # share of a moment that may lie in the outermost tenth of the reach
BROKEN = 1e-10  # error of a panel of one bit, relative to the moment, above which the moment diverges
WHAT = ("E f", "E f²", "E f² z²", "E f′²")


@dataclass(frozen=True, eq=False)
class Rule:
    """Nodes and weights on the line and what a function is there, good for expectations at every q in [low, high]."""

    name: str
    low: float
    high: float
    x: Array
    weight: Array
    value: Array
    slope: Array

    def expect(self, values: Array, q: float | Array) -> Array:
        """Return E g(√q z) for values of g at the nodes, one number for each q.

        Raises ValueError for q outside the range of the rule.
        """
        scales = np.atleast_1d(np.asarray(q, dtype=float))
        if (scales < self.low * (1 - 1e-9)).any() or (scales > self.high * (1 + 1e-9)).any():
            raise ValueError(f"q = {scales} lies outside [{self.low:g}, {self.high:g}], the range of {self.name}")
        found = (_density(self.x, scales) * self.weight) @ values
        return found if np.ndim(q) else found[0]

    def second(self, q: float | Array) -> Array:
        """Return E f(√q z)²."""
        return self.expect(self.value**2, q)

    def second_slope(self, q: float | Array) -> Array:
        """Return the derivative of E f(√q z)² by q, E f² (z² − 1) / 2q, which holds across jumps too."""
        moment = self.expect((self.x * self.value) ** 2, q)
        return (moment / q - self.second(q)) / (2 * np.asarray(q))

    def slope_second(self, q: float | Array) -> Array:
        """Return E f′(√q z)²."""
        return self.expect(self.slope**2, q)


def _density(x: Array, q: Array) -> Array:
    return np.exp(-(x**2) / (2 * q[:, None])) / np.sqrt(2 * np.pi * q[:, None])


@cache
def _lobatto() -> tuple[Array, Array]:
    """Return nodes and weights of Gauss-Lobatto quadrature on [−1, 1].

    Its nodes include the ends: a jump between an end and the nearest node of an open rule would go unseen.
    """
    polynomial = np.polynomial.Legendre.basis(ORDER - 1)
    nodes = np.r_[-1.0, np.sort(polynomial.deriv().roots().real), 1.0]
    return nodes, 2 / (ORDER * (ORDER - 1) * polynomial(nodes) ** 2)


@dataclass(frozen=True, eq=False)
class _Panels:
    """Panels of the line, the nodes in them, and their integrals (and those of absolute values) for each probe."""

    start: Array  # (panel,)
    stop: Array
    x: Array  # (panel, node)
    value: Array
    slope: Array
    integral: Array  # (panel, probe, moment)
    size: Array
    lone: Array  # the size where the two outermost nodes alone make most of it, as beside a pole, else 0

    def pick(self, keep: Array) -> "_Panels":
        return _Panels(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))

    @staticmethod
    def join(parts: list["_Panels"]) -> "_Panels":
        return _Panels(*(np.concatenate([getattr(p, name) for p in parts]) for name in _Panels.__dataclass_fields__))


def rule(f: Elementwise, low: float, high: float, *, slopes: bool = True, step: float = 0.5) -> Rule:
    """Return nodes that integrate f, f², f² z² and f′² against N(0, q) for every q in [low, high].

    ``step`` is the width of the first panels in units of √low; without ``slopes`` f′ is left out and reads as 0. The
    upper end of the range falls to the last q at which the moments are finite. Raises ValueError where f is nan, and
    where a moment diverges even at ``low``.
    """
    if not (low > 0 and low <= high < np.inf):
        raise ValueError(f"q must be above 0 and finite, not {high if low > 0 else low}")
    probes = np.geomspace(low, high, 1 + int(np.ceil(np.log(high / low) / np.log(3))))
    for reach in REACHES:
        panels, holds = _refine(f, _edges(f, low, reach * np.sqrt(high), step), probes, slopes)
        open_tail = _open_tails(panels, reach * np.sqrt(high), strict=reach < REACHES[-1])
        if not (holds & open_tail).any():
            break
    good = (holds & ~open_tail).all(axis=1)
    if not good[0]:
        raise ValueError(_reason(f, panels, low, holds[0], open_tail[0]))
    last = probes[np.flatnonzero(np.cumprod(good))[-1]]
    width = (panels.stop - panels.start)[:, None] / 2 * _lobatto()[1]
    usable = np.exp(-(panels.x**2) / (2 * last)) > 0
    nodes = (panels.x, width, panels.value, panels.slope)
    return Rule(f.name, low, float(last), *(array[usable] for array in nodes))


def _edges(f: Elementwise, low: float, limit: float, step: float) -> Array:
    """Return panel ends from −limit to limit: narrow around 0, then in proportion to |x|, and at every known break.

    However large q is, panels shrink towards 0, where functions have their features.
    """
    fine, bulk = (min(step, UNKNOWN_STEP) * np.sqrt(low), BULK * np.sqrt(low)) if f.breaks is None else (0.0, 0.0)
    ends = [0.0]
    while ends[-1] < limit:
        width = fine if ends[-1] < bulk else max(step * np.sqrt(low), 0.2 * ends[-1])
        ends.append(min(ends[-1] + width, limit))
    decades = max(0.0, np.log10(limit / FEATURES))
    features = np.geomspace(FEATURES, max(limit, FEATURES), 1 + int(8 * decades)) if decades else np.empty(0)
    breaks = [b for b in f.breaks or () if abs(b) < limit]
    return np.unique(np.r_[-np.array(ends), ends, -features, features, breaks])


def _evaluate(f: Elementwise, start: Array, stop: Array, probes: Array, slopes: bool) -> _Panels:
    nodes, weights = _lobatto()
    half = (stop - start)[:, None] / 2
    x = (stop + start)[:, None] / 2 + half * np.clip(nodes, INSIDE - 1, 1 - INSIDE)
    with np.errstate(all="ignore"):
        value = f(x)
        slope = f.slope(x) if slopes else np.zeros_like(x)
        moments = np.stack([value, value**2, (x * value) ** 2, slope**2], axis=-1)
    mass = _density(x.ravel(), probes).reshape(-1, *x.shape) * half * weights
    finite = np.isfinite(moments)
    known = np.where(finite, moments, 0.0)
    integral = np.einsum("qpn,pnm->pqm", mass, known)
    size = np.einsum("qpn,pnm->pqm", mass, np.abs(known))
    rim = np.einsum("qpn,pnm->pqm", mass[..., [0, -1]], np.abs(known[:, [0, -1]]))
    lone = np.where(rim > 0.5 * size, size, 0.0)
    if not finite.all():
        lost = np.einsum("qpn,pnm->pqm", mass > 0, ~finite)
        integral[lost] = size[lost] = np.inf
    return _Panels(start, stop, x, value, slope, integral, size, lone)


def _refine(f: Elementwise, edges: Array, probes: Array, slopes: bool) -> tuple[_Panels, Array]:
    """Return panels halved until each agrees with its halves, and whether that came off, by (probe, moment)."""
    active = _evaluate(f, edges[:-1], edges[1:], probes, slopes)
    done: list[_Panels] = []
    holds = np.isfinite(active.size).all(axis=0)
    for left_over in reversed(range(ROUNDS)):
        total = np.sum([part.size.sum(axis=0) for part in (*done, active)], axis=0)
        holds &= np.isfinite(total)
        middle = (active.start + active.stop) / 2
        children = _evaluate(f, np.r_[active.start, middle], np.r_[middle, active.stop], probes, slopes)
        halves = np.add(*np.split(children.integral, 2))
        error = np.abs(np.subtract(halves, active.integral, where=holds, out=np.zeros_like(halves)))
        error = np.maximum(error, np.where(holds, active.lone, 0.0))
        bad = (error > TOLERANCE * np.where(holds, total, np.inf)).any(axis=(1, 2))
        atom = (middle <= active.start) | (middle >= active.stop)
        stuck = bad & (atom | (left_over == 0) | (2 * bad.sum() > PANELS))
        holds &= ~(error[stuck] > BROKEN * total).any(axis=0)
        split = bad & ~stuck
        done.append(active.pick(~split))
        if not split.any():
            break
        active = children.pick(np.r_[split, split])
    panels = _Panels.join(done)
    speck = panels.stop - panels.start < SPECK * (np.sqrt(probes[0]) + np.abs(panels.start))
    heavy = panels.size[speck].sum(axis=0) > SPECK_SHARE * panels.size.sum(axis=0)
    return panels, holds & ~heavy


def _open_tails(panels: _Panels, limit: float, *, strict: bool) -> Array:
    """Return for each (probe, moment) whether a share that counts lies at the rim; strictly, whether all is still 0."""
    rim = np.maximum(np.abs(panels.start), np.abs(panels.stop)) > 0.9 * limit
    total = panels.size.sum(axis=0)
    with np.errstate(invalid="ignore"):
        at_rim = panels.size[rim].sum(axis=0) > NEGLIGIBLE * total
    return at_rim | (total == 0) if strict else at_rim


def _reason(f: Elementwise, panels: _Panels, low: float, holds: Array, open_tail: Array) -> str:
    """Return in one line why the moments at q = low cannot be had."""
    for values, what in ((panels.value, "f"), (panels.slope, "f′")):
        lost = np.isnan(values) & (np.exp(-(panels.x**2) / (2 * low)) > 0)
        if lost.any():
            return f"{f.name}: {what} is nan at x = {panels.x[lost][0]:.6g}, so it has no Gaussian moments"
    what = WHAT[int(np.argmax(~holds | open_tail))]
    return f"{f.name}: {what} at q = {low:.6g} does not converge: a pole, or tails that outgrow the normal density"
