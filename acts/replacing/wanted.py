"""What is to stand in the place of an old activation, and whether it can."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from acts.activations.activation import Activation
from acts.activations.module import ActivationModule
from acts.activations.registry import get
from acts.replacing import native
from acts.replacing.finding import Place, described

WIDTH = 12  # an even number of units, to see whether a function halves or doubles them


@dataclass(frozen=True, eq=False)
class Wanted:
    """The new function: its name, what theory reads, how a module of it is made."""

    name: str
    function: Any
    make: Callable[[], nn.Module]

    @property
    def activation(self) -> Activation | None:
        """The new function where it is one of ours, None for a caller's module."""
        return self.function if isinstance(self.function, Activation) else None


def wanted(new: Any) -> Wanted:
    """Return what a caller asks for; torch's own modules without weights become ours, those of others are kept.

    Raises ValueError for what is neither an activation nor a module, and for a class that cannot be made.
    """
    if not isinstance(new, nn.Module | type):
        activation = get(new if isinstance(new, str) else native.named(new) or new)
        if activation.elementwise:
            _require_shape(activation)
        return Wanted(activation.name, activation, activation.module)
    module = _first(new) if isinstance(new, type) else new
    known = native.named(module) if type(module) in native.CLASSES else None
    if known is not None and not any(True for _ in module.parameters()):
        return Wanted(known.name, known, known.module)
    make = new if isinstance(new, type) else lambda: copy.deepcopy(module)
    if isinstance(module, ActivationModule):
        known = module.activation.variant(**_changed(module))
    return Wanted(type(module).__name__ if known is None else known.name, known or module, make)


def _require_shape(activation: Activation) -> None:
    """Raise ValueError for a function that fails on a matrix or gives something else than one of the same shape."""
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=()), torch.device("cpu"):
            found: Any = activation(torch.zeros(2, WIDTH))
    except Exception as error:
        told = " ".join(str(error).split())[:160]
        raise ValueError(f"{activation.name} is no function of one tensor ({type(error).__name__}: {told})") from None
    if not isinstance(found, torch.Tensor) or found.shape != (2, WIDTH):
        what = f"the shape {tuple(found.shape)}" if isinstance(found, torch.Tensor) else type(found).__name__
        raise ValueError(f"{activation.name} gives {what} where a tensor of shape (2, {WIDTH}) goes in")


def _first(kind: type) -> nn.Module:
    """Return a module of a class, made without arguments."""
    if not issubclass(kind, nn.Module):
        raise ValueError(f"the new activation is a name, a callable or a module, not the class {kind.__name__}")
    try:
        return kind()
    except TypeError as error:
        raise ValueError(f"{kind.__name__} cannot be made without arguments ({error}); give a module") from None


def _changed(module: ActivationModule) -> dict[str, float]:
    """Return the fixed numbers of a module that are not the function's defaults."""
    defaults = module.activation.parameters
    return {word: float(value) for word, value in module.fixed.items() if value != defaults[word]}


def _shape(activation: Activation | None) -> float:
    """Return 0 for an element-wise function, else by how much it multiplies the width of the last dimension."""
    if activation is None or activation.elementwise:
        return 0.0
    return activation(torch.zeros(1, WIDTH)).shape[-1] / WIDTH


def require_width(place: Place, wish: Wanted) -> None:
    """Raise ValueError where the new function would give another width, or mix units that the old keeps apart."""
    before, after = _shape(native.named(place.held)), _shape(wish.activation)
    last = getattr(place.held, "dim", -1) == -1
    if (before == after and (last or after == 0)) or (after == 0 and before == 1):
        return
    what = {0.0: "keeps the width", 0.5: "halves the last dimension", 2.0: "doubles the last dimension"}
    does = what.get(after, "works on the whole last dimension")
    raise ValueError(f"{wish.name} {does} and cannot stand at {place.name} in the place of {described(place.held)}")
