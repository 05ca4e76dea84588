"""Variants: any element-wise function moved up, squeezed along x, or given another slope at its kink in 0.

``shift`` is added to the output, ``stretch`` multiplies the input, ``at_zero`` is the slope at exactly 0. Once set they
are parameters like the function's own: formula, limits, moments and inits follow from them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

SETTINGS = ("shift", "stretch", "at_zero")
KEPT = ("bounded", "monotone")  # promises that a shift and a stretch above 0 leave as they are


def check(name: str, settings: Mapping[str, float], breaks: tuple[float, ...]) -> None:
    """Raise ValueError for a stretch of 0, and at_zero where ``breaks`` has no kink."""
    if settings.get("stretch") == 0:
        raise ValueError(f"{name}: stretch must not be 0")
    if "at_zero" in settings and 0.0 not in breaks:
        raise ValueError(f"{name} has no kink at 0, so at_zero cannot choose a slope there")


def formula(text: str, settings: Mapping[str, float]) -> str:
    """Return a formula in x as that of the function with these settings, their values left as letters."""
    if "stretch" in settings:
        text = _put(text, "(stretch*x)")
    if "shift" in settings:
        text = f"{text} + shift"
    if "at_zero" in settings:
        text = f"where(x < 0, {text}, where(x > 0, {text}, {_put(text, '0')} + at_zero*x))"
    return text


def _put(text: str, instead: str) -> str:
    return re.sub(r"\bx\b", instead, text)


def moved(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of (x, …, **parameters) that also takes the settings.

    What declines its arguments (NotImplemented) still does. The input at exactly 0 enters as a constant, so that only
    ``at_zero`` gives a slope there.
    """

    def whole(x: Tensor, *rest: Any, shift: Any = None, stretch: Any = None, at_zero: Any = None, **own: Any) -> Any:
        inside = x if at_zero is None else torch.where(x == 0, 0.0, x)
        found = function(inside if stretch is None else inside * stretch, *rest, **own)
        if found is NotImplemented:
            return found
        if at_zero is not None:
            found = found + at_zero * torch.where(x == 0, x, 0.0)
        return found if shift is None else found + shift

    return whole


def promises(held: Mapping[str, bool], settings: Mapping[str, float]) -> dict[str, bool]:
    """Return what is still promised of a function with these settings."""
    if settings.get("stretch", 1.0) < 0:
        return {name: value for name, value in held.items() if name == "bounded"}
    return {name: value for name, value in held.items() if name in KEPT}
