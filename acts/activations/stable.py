"""Building blocks whose float64 value and autograd slope keep full relative accuracy over the whole line.

Autograd differentiates what is written, so each is written such that no term of its derivative cancels: the slope of
``exp(-x)`` forms survives where ``1 - s`` has long rounded to 0. Every ``where`` hands the branch that is not taken a
harmless argument, because 0 times infinity in the backward pass is nan. All are plain compositions and therefore work
under ``torch.func`` and at any order of derivative. Tensors are float64 in and out, of any shape.
"""

from collections.abc import Callable
from math import sqrt

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]
FAR = 750.0  # e^-750 is 0 in float64


def either(condition: Tensor, *, yes: Function, no: Function, x: Tensor, rest: float = 0.0) -> Tensor:
    """Return yes(x) where the condition holds and no(x) elsewhere; each sees ``rest`` where it does not count."""
    first = yes(torch.where(condition, x, rest))
    return torch.where(condition, first, no(torch.where(condition, rest, x)))


def gated(x: Tensor, body: Function, *, low: float = -FAR, high: float = FAR) -> Tensor:
    """Return body(x) on (low, high), 0 below and x above: a function that is x times a gate from 0 to 1.

    Beyond the ends the gate is 0 or 1 to the last bit, so that -inf gives 0 with slope 0, where -inf times 0 is nan.
    """
    inside = (x > low) & (x < high)
    return torch.where(inside, body(torch.where(inside, x, 0.0)), torch.where(x <= low, 0.0, x))


def expm1(x: Tensor) -> Tensor:
    """Return e^x − 1; far below 0 written with exp, whose slope e^x autograd does not compute as (e^x − 1) + 1."""
    return either(x < -0.5, yes=lambda u: torch.exp(u) - 1, no=torch.expm1, x=x)


def sigmoid(x: Tensor) -> Tensor:
    """Return 1/(1 + e^-x) with slope e/(1 + e)², e = e^-|x|, which is s(x)s(−x) and not s(1 − s)."""
    positive = x > 0
    e = torch.exp(torch.where(positive, -x, x))
    return torch.where(positive, 1 / (1 + e), e / (1 + e))


def tanh(x: Tensor) -> Tensor:
    """Return tanh(x) with slope 4e/(1 + e)², e = e^-2|x|, which is 0 only where e is."""
    positive = x > 0
    size = torch.where(positive, x, -x)
    found = either(size < 0.5, yes=_tanh_near, no=_tanh_far, x=size)
    return torch.where(positive, found, -found)


def _tanh_near(size: Tensor) -> Tensor:
    m = torch.expm1(-2 * size)
    return -m / (2 + m)


def _tanh_far(size: Tensor) -> Tensor:
    e = torch.exp(-2 * size)
    return (1 - e) / (1 + e)


def softplus(x: Tensor) -> Tensor:
    """Return ln(1 + e^x) as max(x, 0) + log1p(e^-|x|); there is no threshold to jump at."""
    positive = x > 0
    return torch.where(positive, x, 0.0) + torch.log1p(torch.exp(torch.where(positive, -x, x)))


def tanh_remainder(x: Tensor) -> Tensor:
    """Return x − tanh(x); near 0, where the difference cancels to x³/3, by Lambert's continued fraction."""
    return either(torch.abs(x) < 1.0, yes=_lambert, no=lambda u: u - tanh(u), x=x)


def _lambert(x: Tensor) -> Tensor:
    square, level = x * x, torch.full_like(x, 21.0)
    for odd in range(19, 3, -2):
        level = odd + square / level
    part = square / (3 + square / level)
    return x * (part / (1 + part))


def normal_tail(t: Tensor) -> Tensor:
    """Return t·Q(t) for t ≥ 0, Q the upper tail of the standard normal distribution.

    Q = φ(t) √(π/2) erfcx(t/√2). The square in φ is split at sixteenths, t = h + r with h² exact, because one rounding
    of t² costs t²/2 units in the last place.
    """
    h = torch.round(t.detach() * 16) / 16
    bell = torch.exp(-h * h / 2) * torch.exp(-(t - h) * (t + h) / 2)
    return t * bell * (0.5 * torch.special.erfcx(t / sqrt(2.0)))


def gelu(x: Tensor) -> Tensor:
    """Return x·Φ(x) as max(x, 0) − |x|·Q(|x|), right to the end of float64 at −38."""
    positive = x > 0
    size = torch.where(positive, x, -x)
    tail = either(size < 40.0, yes=normal_tail, no=lambda u: 0 / u, x=size, rest=1.0)
    return torch.where(positive, x, 0.0) - tail
