"""What follows from a formula alone: range, extrema, Lipschitz constant, monotonicity, smoothness, flat tails."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from acts import elementwise
from acts.elementwise import Array, Elementwise, Function
from acts.properties.extremes import Line, bound, line, supremum
from acts.properties.smoothness import smoothness

__all__ = ["Properties", "TailThreshold", "of"]

ROUNDING = 1e-12  # slopes of the wrong sign up to this size are rounding
FAR = 1e30


class TailThreshold(float):
    """The |x| beyond which a function is flat, inf where one side never is; each side is kept too.

    f is flat on x < ``left`` and on x > ``right``; a side that never becomes flat is −inf, respectively inf.
    """

    left: float
    right: float

    def __new__(cls, left: float, right: float) -> "TailThreshold":
        """Return the threshold of two sides."""
        threshold = super().__new__(cls, max(-left, right, 0.0))
        threshold.left, threshold.right = left, right
        return threshold


@dataclass(frozen=True)
class Properties:
    """Properties of one function on the whole real line.

    ``minimum`` and ``maximum`` are (x, value), None where the bound is not attained; where it is on a plateau x is the
    point nearest 0. ``range`` and ``derivative_range`` are (infimum, supremum), attained or not; ``lipschitz`` is
    sup |f′|, inf for a function that jumps. ``monotone`` means never falling or never rising. ``smoothness`` is the
    largest k with f in Cᵏ (inf, 0 for kinks, −1 for jumps).
    """

    name: str
    minimum: tuple[float, float] | None
    maximum: tuple[float, float] | None
    range: tuple[float, float]
    derivative_range: tuple[float, float]
    lipschitz: float
    monotone: bool
    smoothness: float
    zero_at_zero: bool
    view: Elementwise = field(repr=False, compare=False)
    known: Line = field(repr=False, compare=False)

    def tail_threshold(self, tau: float) -> TailThreshold:
        """Return where the tails are flat: beyond it |f′| < τ · sup |f′|.

        Raises ValueError for τ outside (0, 1] and for a function whose slopes have no finite, positive bound.
        """
        if not 0 < tau <= 1:
            raise ValueError(f"tau must lie in (0, 1], not {tau}")
        steepest = max(map(abs, self.derivative_range))
        if not 0 < steepest < np.inf:
            raise ValueError(f"{self.name}: sup |f′| is {steepest:g}, so no share of it says where the tails are flat")
        return TailThreshold(-self._flat_from(-1, tau * steepest), self._flat_from(1, tau * steepest))

    def _flat_from(self, sign: int, least: float) -> float:
        """Return the smallest t such that |f′(sign · x)| < least for every x > t."""

        def steep(x: Array) -> Array:
            return np.abs(self.view.slope(sign * x)) >= least

        x = np.sort(sign * self.known.x)
        found = np.flatnonzero(steep(x))
        if not len(found):
            return -np.inf
        last = found[-1]
        if last == len(x) - 1 or steep(np.geomspace(FAR, 1e300, 2000)).any():
            return np.inf
        low, high = x[last], x[last + 1]
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if steep(np.array([middle]))[0] else (low, middle)
        return float(high)


def of(f: Function, **parameters: Any) -> Properties:
    """Return the properties of a name, an Activation or a callable from float64 tensor to tensor, parameters put in.

    Places and values are right to about 1e-12. A callable is looked at 512 times a unit on [−32, 32] and ever more
    sparsely out to 10³⁰⁰. Raises ValueError for a function that is not element-wise, and where it is nan near 0.
    """
    view = elementwise.of(f, **parameters)
    known = line(view)
    turned = Line(known.x, -known.value, -known.slope, known.jumps, known.kinks)
    top, bottom = supremum(view, known), supremum(view.negative(), turned)
    steepest_up = _snap(bound(view.slope, known.x, known.slope))
    steepest_down = _snap(-bound(view.negative().slope, known.x, -known.slope))
    return Properties(
        name=view.name,
        minimum=None if bottom.x is None else (bottom.x, -bottom.value + 0.0),
        maximum=None if top.x is None else (top.x, top.value + 0.0),
        range=(-bottom.value + 0.0, top.value + 0.0),
        derivative_range=(steepest_down, steepest_up),
        lipschitz=np.inf if len(known.jumps) else max(abs(steepest_down), abs(steepest_up)),
        monotone=_monotone(known, steepest_down, steepest_up),
        smoothness=smoothness(view, known.jumps, known.kinks),
        zero_at_zero=bool(abs(view(np.zeros(1))[0]) < ROUNDING),
        view=view,
        known=known,
    )


def _snap(slope: float) -> float:
    """Return the slope, 0 where it is smaller than the rounding of its evaluation."""
    return 0.0 if abs(slope) < 8 * np.finfo(float).eps else slope


def _monotone(known: Line, down: float, up: float) -> bool:
    """Return whether neither slopes nor steps have two signs."""
    with np.errstate(invalid="ignore"):
        steps = np.nan_to_num(np.diff(known.value))
    slack = ROUNDING * (1 + np.abs(known.value[1:]))
    rising = down >= -ROUNDING and bool((steps >= -slack).all())
    falling = up <= ROUNDING and bool((steps <= slack).all())
    return rising or falling
