"""``replace``: other activations in a model, in place, with a report of what was swapped, what not, and the init."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from acts.replacing import finding, native
from acts.replacing.advice import Advice, advise, require_rule
from acts.replacing.calls import Call, calls
from acts.replacing.finding import Place, described
from acts.replacing.following import Untraceable, follow
from acts.replacing.placing import back, fast_path, lost, made, put
from acts.replacing.report import Replacement, Swap
from acts.replacing.wanted import Wanted, require_width, wanted
from acts.replacing.words import words

# Wrappers that have taken note of a model's parameters, by name, since they are imported where they are used alone.
WRAPPERS = ("DistributedDataParallel", "FullyShardedDataParallel", "FSDPModule", "DeepSpeedEngine")


def replace(
    model: nn.Module,
    old: Any,
    new: Any,
    *,
    init: str | None = None,
    where: Any = None,
    example: Any = None,
    shared: bool = True,
) -> Replacement:
    """Put another activation in the place of every ``old`` one in a model, and return the report.

    ``old`` is a class (``nn.ReLU``), the name of a class or of an activation (``"ReLU"``, ``"relu"``), a function that
    modules keep (``F.relu``), a test of modules, or several of these; ``where`` are patterns of paths (``"layer3.*"``)
    or a test of paths. ``new`` is a name, a variant, an Activation, a callable, or a module's class. A module that
    stands at several places stays one module unless ``shared`` is false. With ``init``, a rule such as ``"stable"``,
    the layers that feed the new activations are rescaled; ``example`` is an input with which to find them where the
    model cannot be traced symbolically. Raises ValueError, the model unchanged, where nothing is found, where the new
    function changes the width, and where ``init`` cannot be applied.
    """
    model = _unwrapped(model)
    require_rule(init or "stable")
    wish = wanted(new)
    places = _places(model, old, where)
    said = words(model, places)
    for place in places:
        require_width(place, wish)
    undo: list[Callable[[], None]] = []
    try:
        swaps, placed = _swap(model, places, wish, shared, undo)
        advice = _advice(model, placed, wish, init, example)
        applied = advice.apply() if init is not None else 0
    except BaseException:
        for step in reversed(undo):
            step()
        raise
    return Replacement(wish.name, tuple(swaps), tuple(_left(model, old, placed)), advice, applied, tuple(said))


def _unwrapped(model: Any) -> nn.Module:
    """Return the model itself, without the wrapper of torch.compile; raises ValueError for one that is distributed."""
    if not isinstance(model, nn.Module):
        raise ValueError(f"replace works on a torch module, not on {type(model).__name__}")
    for module in model.modules():
        if wrapper := next((kind.__name__ for kind in type(module).__mro__ if kind.__name__ in WRAPPERS), None):
            raise ValueError(f"the model is wrapped by {wrapper}, which knows its parameters; replace before wrapping")
    inner = getattr(model, "_orig_mod", model)
    return inner if isinstance(inner, nn.Module) else model


def _places(model: nn.Module, old: Any, where: Any) -> list[Place]:
    """Return the places asked for; raises ValueError, with what there is, where there are none."""
    found = finding.found(model, old, where)
    for name, parent in [("the model", model), *((place.name, place.parent) for place in found)]:
        if isinstance(parent, torch.jit.ScriptModule):
            raise ValueError(f"{name} is compiled by torch.jit; replace activations before scripting or tracing")
    if found:
        return found
    if native.named(model) is not None:
        raise ValueError(f"the model is itself {described(model)}; make another activation: acts.get(name).module()")
    there = finding.present(model)
    limit = "" if where is None else f" where {where!r}" if isinstance(where, str) else " where asked"
    told = f"it holds {there}" if there else "it holds no activation as a module"
    raise ValueError(f"no {_asked(old)} in {type(model).__name__}{limit}; {told}{_unswappable(model, old)}")


def _unswappable(model: nn.Module, old: Any) -> str:
    """Return what else computes an activation in a model, that which was asked for if there is any."""
    asked = finding.activations(old)
    every = calls(model)
    lines = [call.why for call in every if call.activation in asked] or [call.why for call in every]
    return f"; not swappable: {finding.listing(list(dict.fromkeys(lines)))}" if lines else ""


def _asked(old: Any) -> str:
    if isinstance(old, tuple | list | set | frozenset):
        return " or ".join(_asked(one) for one in old)
    return old if isinstance(old, str) else str(getattr(old, "__name__", getattr(old, "name", old)))


def _swap(
    model: nn.Module, places: list[Place], wish: Wanted, shared: bool, undo: list[Callable[[], None]]
) -> tuple[list[Swap], dict[nn.Module, str]]:
    """Put the new modules in and return the swaps, and the modules with their paths."""
    groups: dict[Any, list[Place]] = {}
    for place in places:
        one = (id(place.held),) if shared and isinstance(place.held, nn.Module) else (id(place.parent), place.attribute)
        groups.setdefault(one, []).append(place)
    swaps, placed = [], dict[nn.Module, str]()
    for first, *others in groups.values():
        module = made(model, first, wish)
        for place in (first, *others):
            put(place, module)
            undo.append(back(place))
            undo.extend(fast_path(model, place, wish))
        learnable = sum(weight.numel() for weight in module.parameters())
        also = tuple(dict.fromkeys(place.name for place in others))
        swaps.append(Swap(first.name, also, described(first.held), learnable, lost(first.held)))
        placed[module] = first.name
    return swaps, placed


def _advice(model: nn.Module, placed: dict[nn.Module, str], wish: Wanted, init: str | None, example: Any) -> Advice:
    """Return the advice on the layers that feed the new activations; raises ValueError where ``init`` needs it."""
    rule = init or "stable"
    if wish.activation is not None and not wish.activation.elementwise:
        found = Advice(rule, reason=f"{wish.name} is not element-wise")
    else:
        try:
            found = advise(model, follow(model, placed, example), wish.function, rule=rule)
        except Untraceable as error:
            found = Advice(rule, reason=str(error))
        except Exception as error:  # weights of a kind that torch cannot measure, or a function that theory cannot
            told = " ".join(str(error).split())[:160]
            found = Advice(rule, reason=f"it could not be computed ({type(error).__name__}: {told})")
    if init is not None and found.reason:
        raise ValueError(f"init {init!r} cannot be applied: {found.reason}")
    return found


def _left(model: nn.Module, old: Any, placed: dict[nn.Module, str]) -> Iterator[Call]:
    """Give the activations of the kind asked for that no module stands for."""
    asked = finding.activations(old)
    for call in calls(model):
        if call.activation in asked and call.module not in placed.values():
            yield call
