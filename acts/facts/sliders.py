"""Facts on the grids that a reader slides over: what a function's parameters and a scale of its input change."""

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from acts import elementwise
from acts.activations import Activation
from acts.activations.activation import short
from acts.elementwise import Elementwise
from acts.facts.row import Row, row
from acts.properties.extremes import Line, bound, line, supremum
from acts.theory.curves import SPAN, Curves, curves
from acts.theory.inits import SLOPE_TARGET, stable_init

MOST = 3  # parameters that are slid over, the first ones; others stay at their defaults
STEPS = {0: 1, 1: 16, 2: 8, 3: 4}  # steps of each slider, by how many a function has
REACH = 4.0  # a slider ends at this multiple of the default, or at 1 where that is less
SCALES = tuple(2.0 ** (k / 2) for k in range(-4, 5))  # of the input: f(s x)
LEAST = 1e-6  # share of a moment's height below which its curve is not trusted
PROBES = np.linspace(-3, 3, 25)


def grids(activation: Activation) -> dict[str, tuple[float, ...]]:
    """Return the levels of each parameter that is slid over, rising, its default among them.

    They are even from 0 to four times the default, or to 1 where that is more; in even ratios from a quarter of the
    default to four times it where the function has no value at 0.
    """
    chosen = list(activation.parameters)[:MOST]
    return {name: _levels(activation, name, STEPS[len(chosen)]) for name in chosen}


def _levels(activation: Activation, name: str, steps: int) -> tuple[float, ...]:
    default = activation.parameters[name]
    if default == 0:
        levels = np.linspace(-1, 1, 2 * (steps // 2) + 1)
    elif _defined(activation, name):
        levels = np.copysign(np.linspace(0, max(1.0, REACH * abs(default)), steps + 1), default)
    else:
        levels = default * np.geomspace(1 / REACH, REACH, 2 * (steps // 2) + 1)
    near = np.abs(levels - default) < 1e-9 * (1 + abs(default))
    kept = {float(f"{level:.4g}") + 0.0 for level in levels[~near]}
    return tuple(sorted({*kept, default}))


def _defined(activation: Activation, name: str) -> bool:
    """Return whether the function has values where a parameter is 0."""
    try:
        values = elementwise.of(activation.variant(**{name: 0.0}))(PROBES)
    except (ValueError, ArithmeticError):
        return False
    return bool(np.isfinite(values).all())


def of(activation: Activation) -> Iterator[Row]:
    """Yield bounds, minimum and Lipschitz constant at every combination of levels, and the stable init by scale.

    The arm names the levels, ``alpha=0.5``, then the scale of the input, ``alpha=0.5;scale=2``. A scale moves bounds
    and places in ways that need no table. What does not exist has no row.
    """
    if activation.formula is None:
        return
    found = grids(activation)
    for levels in itertools.product(*found.values()):
        own = dict(zip(found, levels, strict=True))
        if own:
            yield from _bounds(elementwise.of(activation, **own), written(own))
        yield from _inits(activation, own)


def written(levels: Mapping[str, float]) -> str:
    """Return levels as an arm of records."""
    return ";".join(f"{name}={short(float(f'{level:.6g}'))}" for name, level in levels.items())


def _bounds(view: Elementwise, arm: str) -> Iterator[Row]:
    """Yield what of ``properties`` a reader watches; smoothness and tails, which take longer, are left out."""
    try:
        known = line(view)
    except ValueError:
        return
    bottom = supremum(view.negative(), Line(known.x, -known.value, -known.slope, known.jumps, known.kinks))
    steepest = max(bound(view.slope, known.x, known.slope), bound(view.negative().slope, known.x, -known.slope))
    yield row("infimum", -bottom.value + 0.0, arm=arm)
    if bottom.x is not None:
        yield row("minimum", -bottom.value + 0.0, arm=arm)
        yield row("minimum_x", bottom.x, arm=arm)
    yield row("lipschitz", np.inf if len(known.jumps) else steepest, arm=arm)


def _inits(activation: Activation, own: Mapping[str, float]) -> Iterator[Row]:
    """Yield σ_w and σ_b of the stable init of f(s x) for every scale s, from one pair of moment curves of f."""
    view = elementwise.of(activation, **own)
    try:
        moments = curves(view, SCALES[0] ** 2 / SPAN, SPAN * SCALES[-1] ** 2)
    except ValueError:
        return
    for scale in SCALES:
        try:
            found = _stable(moments, scale) or _by_itself(activation, own, scale)
        except ValueError:
            continue
        for metric, value in zip(("sigma_w", "sigma_b"), found, strict=True):
            yield row(metric, value, arm=written({**own, "scale": scale}), init="stable")


def _stable(moments: Curves, scale: float) -> tuple[float, float] | None:
    """Return σ_w and σ_b of f(s x): its moments at q are those of f at s² q, its slopes are s times as steep.

    None where the curves are not finite that far, or too near 0 beside their height to be read.
    """
    q = scale**2
    if moments.high < SPAN * q * (1 - 1e-9):
        return None
    second, slope_second = float(moments.second(q)), float(moments.slope_second(q))
    if second < LEAST * float(moments.second(moments.high)) or slope_second < LEAST:
        return None
    steepest = q * moments.steepest(q, q / SPAN, SPAN * q)
    variance = min(1 / second, 1 / (q * slope_second), SLOPE_TARGET / steepest if steepest > 0 else np.inf)
    return float(np.sqrt(variance)), float(np.sqrt(max(0.0, 1 - variance * second)))


def _by_itself(activation: Activation, own: Mapping[str, float], scale: float) -> tuple[float, float]:
    """Return the same from f(s x) as a function of its own, which takes longer; ValueError where there is none."""
    found = stable_init(activation, **own, stretch=scale)
    return found.sigma_w, found.sigma_b
