"""Initialisations as numbers: σ_w and σ_b of every layer for torch_default, lecun, he, stable, critical and chi.

Weights have variance σ_w² / fan_in and biases variance σ_b². The rules are those of the review's fair comparison:
``stable`` and ``critical`` follow from the function, the other three do not. ``chi`` asks for no fixed length: it only
lets the gradient through at q = 1, for every function, with which two functions can be compared.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from acts import elementwise, nearest
from acts.elementwise import Elementwise, Function
from acts.theory.curves import SPAN, Curves, curves
from acts.theory.edges import critical_init
from acts.theory.maps import moments

RULES = ("torch_default", "lecun", "he", "stable", "critical")
SLOPE_TARGET = 0.9
JUMPS_WITHIN = 8.0  # jumps are looked for on [-8, 8], four standard deviations at q = 4


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
        jumps=bool(elementwise.jumps(view, np.linspace(-JUMPS_WITHIN, JUMPS_WITHIN, 4001)).size),
    )


def _over(a: float, b: float) -> float:
    return a / b if b > 0 else np.inf


def _finite_curves(view: Elementwise, low: float, high: float) -> Curves:
    found = curves(view, low, high)
    if found.high < high * (1 - 1e-9):
        raise ValueError(f"{view.name} has no such init: E f² or E f′² is not finite up to q = {high:g}")
    return found


class Scales(NamedTuple):
    """Standard deviations of one layer's weights and biases."""

    weight: float
    bias: float


@dataclass(frozen=True)
class Init:
    """One init of a whole network, as numbers: σ_w, σ_b of the hidden layers and the length q it aims at.

    ``q`` is None where the rule aims at no length. With ``bias_over_fan_in`` the bias variance is σ_b² / fan_in, as in
    nn.Linear, whose draws are uniform (``uniform``) where all others are normal.
    """

    rule: str
    sigma_w: float
    sigma_b: float
    q: float | None = None
    bias_over_fan_in: bool = False
    uniform: bool = False

    def first(self, *, fan_in: int, mean_square: float = 1.0) -> Scales:
        """Return the scales of the layer that reads inputs of that mean square: it starts at length q, if there is one.

        Then σ_w² = (q − σ_b²) / mean x²; else it is a layer like the others.
        """
        if self.q is None:
            return self.hidden(fan_in=fan_in)
        variance = max(0.0, self.q - self.sigma_b**2) / mean_square
        return Scales(float(np.sqrt(variance / fan_in)), self.sigma_b)

    def hidden(self, *, fan_in: int) -> Scales:
        """Return the scales of a layer between hidden units."""
        bias = self.sigma_b / np.sqrt(fan_in) if self.bias_over_fan_in else self.sigma_b
        return Scales(float(self.sigma_w / np.sqrt(fan_in)), float(bias))

    def last(self, *, fan_in: int) -> Scales:
        """Return the scales of the output layer: LeCun's without bias where the rule aims at a length."""
        return self.hidden(fan_in=fan_in) if self.q is None else Scales(float(fan_in**-0.5), 0.0)


def init(f: Function, rule: str, **parameters: Any) -> Init:
    """Return the init that a rule gives a function: torch_default, lecun, he, stable, critical or chi.

    torch_default is nn.Linear's (σ_w² = ⅓, σ_b² = ⅓ / fan_in, uniform), lecun σ_w² = 1 and he σ_w² = 2 without bias, in
    every layer, chi σ_w² = 1/E f′² without bias, so that χ₁ = 1 at q = 1, where it starts. Raises ValueError for an
    unknown rule, and where f has no such init.
    """
    third = float(3**-0.5)
    if rule == "torch_default":
        return Init(rule, third, third, bias_over_fan_in=True, uniform=True)
    if rule in ("lecun", "he"):
        return Init(rule, float(np.sqrt(2.0 if rule == "he" else 1.0)), 0.0)
    if rule == "chi":
        slope_second = moments(f, **parameters).slope_second
        if not slope_second > 0:
            raise ValueError(f"{elementwise.of(f, **parameters).name} has no init chi: E f′² = 0")
        return Init(rule, float(slope_second**-0.5), 0.0, q=1.0)
    if rule not in RULES:
        raise ValueError(nearest.unknown("init", rule, (*RULES, "chi")))
    found = (stable_init if rule == "stable" else critical_init)(f, **parameters)
    return Init(rule, found.sigma_w, found.sigma_b, found.q)
