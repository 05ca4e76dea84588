"""Rounding: numbers that floating-point formats can hold, and errors in units in the last place of a format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
import torch

Array = np.ndarray
DIGITS = 400  # at which an oracle's numbers are split
GOLDEN = (5**0.5 - 1) / 2  # its multiples, less their whole part, fill an interval evenly at every length


@dataclass(frozen=True)
class Format:
    """A floating-point format: bits of its significand, the smallest normal exponent and its largest number."""

    bits: int
    lowest: int
    largest: float

    @property
    def smallest_normal(self) -> float:
        """Return the smallest number that has all bits."""
        return 2.0**self.lowest

    def ulp(self, values: Array) -> Array:
        """Return the distance between neighbours at each value, that of the smallest normal number below it."""
        known = np.isfinite(values) & (values != 0)
        exponents = np.where(known, np.frexp(np.where(known, values, 1.0))[1] - 1, self.lowest)
        return np.exp2(np.maximum(exponents, self.lowest).astype(float) - (self.bits - 1))


def of(dtype: str) -> Format:
    """Return the format of a torch dtype given by its name."""
    told = torch.finfo(getattr(torch, dtype))
    return Format(1 - round(np.log2(told.eps)), round(np.log2(told.tiny)), float(told.max))


@dataclass(frozen=True)
class Exact:
    """True values to about 106 bits: each the sum of a double and a rest."""

    nearest: Array
    rest: Array

    @staticmethod
    def split(values: Sequence[Any]) -> "Exact":
        """Return mpmath's numbers as sums of a double and a rest; where the double is not finite the rest is 0."""
        with mpmath.workdps(DIGITS):
            nearest = [float(value) for value in values]
            rests = [float(v - n) if np.isfinite(n) else 0.0 for v, n in zip(values, nearest, strict=True)]
        return Exact(np.array(nearest), np.array(rests))

    def __getitem__(self, chosen: Array) -> "Exact":
        """Return the chosen values."""
        return Exact(self.nearest[chosen], self.rest[chosen])


def errors(got: Array, want: Exact, form: Format) -> Array:
    """Return the error of each result in units in the last place of the true value.

    Where the true value is not finite, or rounds to infinity, the error is 0 for that very result and else infinite;
    nan for a number is infinitely wrong.
    """
    true = want.nearest
    beyond = np.abs(true) / 2 >= form.largest / 2 + form.ulp(np.array(form.largest)) / 4
    with np.errstate(all="ignore"):
        apart = np.abs((got - true) - want.rest) / form.ulp(true)
    apart = np.where(np.isfinite(got), apart, np.inf)
    apart = np.where(beyond, np.where((np.abs(got) == np.inf) & (np.sign(got) == np.sign(true)), 0.0, np.inf), apart)
    return np.where(np.isnan(true), np.where(np.isnan(got), 0.0, np.inf), apart)


# --- where to look ----------------------------------------------------------------------------------------------------


def held(values: Array, dtype: str) -> Array:
    """Say of each value whether a dtype holds it exactly, nan and infinities included."""
    kept = torch.from_numpy(values).to(getattr(torch, dtype)).double().numpy()
    finite = np.isfinite(kept) | ~np.isfinite(values)
    return ((kept == values) | (np.isnan(kept) & np.isnan(values))) & finite


def shortened(values: Array, bits: int) -> Array:
    """Return each value with no more than so many bits of significand, rounded; beyond the largest it is infinite."""
    significand, exponents = np.frexp(values)
    with np.errstate(over="ignore"):
        return np.ldexp(np.round(significand * 2.0**bits) / 2.0**bits, exponents)


def evenly(count: int, low: float, high: float) -> Array:
    """Return numbers that fill an interval evenly, the same ones always."""
    return low + (high - low) * np.modf(GOLDEN * np.arange(1, count + 1))[0]


def special(dtypes: Sequence[str]) -> Iterator[float]:
    """Yield what formats have at their ends: zero, the smallest, about 1e±30, the largest, infinity and nan."""
    yield from (0.0, float("nan"))
    ends = [float("inf"), *shortened(np.array([1e-30, 1e30]), 8).tolist()]
    for form in map(of, dtypes):
        ends += [form.smallest_normal, form.smallest_normal * 2.0 ** (1 - form.bits), form.largest]
    for end in ends:
        yield from (end, -end)


def beside(places: Sequence[float], dtypes: Sequence[str]) -> Iterator[float]:
    """Yield each place, as every format holds it, and its neighbours there."""
    for dtype in dtypes:
        form = of(dtype)
        for place in shortened(np.array(places), form.bits).tolist():
            step = float(form.ulp(np.array(place)))
            yield from (place - step, place, place + step)
