"""Initialisations as numbers: σ_w and σ_b of every layer for torch_default, lecun, he, stable and critical.

Weights have variance σ_w² / fan_in and biases variance σ_b². The rules are those of the review's fair comparison:
``stable`` and ``critical`` follow from the function, the other three do not.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from acts import elementwise
from acts.elementwise import Elementwise, Function
from acts.theory.curves import Curves, curves

RULES = ("torch_default", "lecun", "he", "stable", "critical")
SLOPE_TARGET = 0.9
JUMPS_WITHIN = 8.0  # jumps are looked for on [-8, 8], four standard deviations at q = 4
SPAN = 4.0  # secants are taken from q to every length in [q/4, 4q]


@dataclass(frozen=True)
class StableInit:
    """An init with its length at q = 1 and every secant of the length map around it at most 0.9.

    ``rule`` says which term binds: ``length`` (1/E f², no bias), ``gradient`` (1/E f′², so χ₁ = 1) or ``slope``
    (0.9/Ŝ). ``slope`` is that of the length map at q, ``steepest`` its largest secant, ``jumps`` whether f jumps (then
    χ leaves out the jumps, where the slope is not a number).
    """

    sigma_w: float
    sigma_b: float
    q: float
    slope: float
    chi: float
    rule: str
    steepest: float
    jumps: bool


def stable_init(f: Function, **parameters: Any) -> StableInit:
    """Return q = 1, σ_w² = min(1/E f², 1/E f′², 0.9/Ŝ), σ_b² = 1 − σ_w² E f², Ŝ the largest |secant| of E f² on [¼, 4].

    Raises ValueError where E f² is not finite up to q = 4 and where E f′² = 0.
    """
    view = elementwise.of(f, **parameters)
    found = _finite_curves(view, 1 / SPAN, SPAN)
    second, slope_second = float(found.second(1.0)), float(found.slope_second(1.0))
    if not slope_second > 0:
        raise ValueError(f"{view.name} has no stable init: E f′² = 0, its gradient vanishes at every weight scale")
    steepest = found.steepest(1.0, 1 / SPAN, SPAN)
    terms = {"length": 1 / second, "gradient": 1 / slope_second, "slope": _over(SLOPE_TARGET, steepest)}
    binding = min(terms, key=lambda word: terms[word])
    variance = terms[binding]
    return StableInit(
        sigma_w=float(np.sqrt(variance)),
        sigma_b=0.0 if binding == "length" else float(np.sqrt(max(0.0, 1 - variance * second))),
        q=1.0,
        slope=float(variance * found.second_slope(1.0)),
        chi=variance * slope_second,
        rule=binding,
        steepest=variance * steepest,
        jumps=bool(elementwise.jumps(view, -JUMPS_WITHIN, JUMPS_WITHIN).size),
    )


def _over(a: float, b: float) -> float:
    return a / b if b > 0 else np.inf


def _finite_curves(view: Elementwise, low: float, high: float) -> Curves:
    found = curves(view, low, high)
    if found.high < high * (1 - 1e-9):
        raise ValueError(f"{view.name} has no such init: E f² or E f′² is not finite up to q = {high:g}")
    return found
