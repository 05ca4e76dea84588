"""Putting a new module into a place, and the step that puts the old one back."""

from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor, nn

from acts.replacing.finding import Place
from acts.replacing.wanted import Wanted


def made(model: nn.Module, place: Place, wish: Wanted) -> nn.Module:
    """Return a new module on the device, in the dtype and in the mode of what it replaces."""
    module = wish.make()
    near = next((each for each in _nearest(model, place) if each.is_floating_point() and each.dtype.itemsize > 1), None)
    if near is not None:
        module.to(device=near.device, dtype=near.dtype)
    return module.train((place.held if isinstance(place.held, nn.Module) else place.parent).training)


def _nearest(model: nn.Module, place: Place) -> Iterator[Tensor]:
    """Give the weights around a place, the nearest first."""
    if isinstance(place.held, nn.Module):
        yield from place.held.parameters()
    name = place.name
    while "." in name:
        name = name.rsplit(".", 1)[0]
        yield from model.get_submodule(name).parameters()
    yield from model.parameters()


def put(place: Place, module: nn.Module) -> None:
    """Register a module where an activation stood, in its order among the children."""
    if place.attribute in vars(place.parent):
        delattr(place.parent, place.attribute)
    place.parent.register_module(place.attribute, module)


def back(place: Place) -> Callable[[], None]:
    """Return the step that puts a place's old activation back."""

    def step() -> None:
        if not isinstance(place.held, nn.Module):
            delattr(place.parent, place.attribute)
        setattr(place.parent, place.attribute, place.held)

    return step


def fast_path(model: nn.Module, place: Place, wish: Wanted) -> Iterator[Callable[[], None]]:
    """Tell torch's encoder layers which activation they hold, as their fused inference computes ReLU or GELU alone.

    Gives the steps that undo it.
    """
    flag = "activation_relu_or_gelu"
    if place.attribute != "activation" or flag not in vars(place.parent):
        return
    fused = {"relu": 1, "gelu": 2}.get(wish.name, 0)
    yield _set(place.parent, flag, fused)
    for encoder in model.modules():
        if not fused and isinstance(encoder, nn.TransformerEncoder) and place.parent in set(encoder.layers):
            yield _set(encoder, "use_nested_tensor", False)


def _set(module: nn.Module, word: str, value: Any) -> Callable[[], None]:
    before = getattr(module, word)
    setattr(module, word, value)
    return lambda: setattr(module, word, before)


def lost(held: Any) -> str:
    """Return what goes with an old activation: hooks, and numbers it had learnt."""
    if not isinstance(held, nn.Module):
        return ""
    hooks = len(held._forward_hooks) + len(held._forward_pre_hooks) + len(held._backward_hooks)
    learnt = sum(weight.numel() for weight in held.parameters())
    parts = [f"its hooks ({hooks}) are not carried over"] if hooks else []
    parts += [f"its learnt numbers ({learnt}) are gone"] if learnt else []
    return "; ".join(parts)
