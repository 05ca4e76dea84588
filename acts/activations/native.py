"""Torch's own activations, as modules and as functions, and what each is called in the catalogue."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from acts.activations.activation import Activation
from acts.activations.module import ActivationModule
from acts.activations.registry import get

# class -> name, and which of its settings is which parameter
CLASSES: Mapping[type[nn.Module], tuple[str, Mapping[str, str]]] = {
    nn.Identity: ("identity", {}),
    nn.Sigmoid: ("sigmoid", {}),
    nn.Tanh: ("tanh", {}),
    nn.Softsign: ("softsign", {}),
    nn.LogSigmoid: ("logsigmoid", {}),
    nn.Tanhshrink: ("tanhshrink", {}),
    nn.Softmax: ("softmax", {}),
    nn.ReLU: ("relu", {}),
    nn.LeakyReLU: ("leaky_relu", {"negative_slope": "alpha"}),
    nn.PReLU: ("prelu", {}),
    nn.RReLU: ("rrelu", {"lower": "lower", "upper": "upper"}),
    nn.ReLU6: ("relu6", {}),
    nn.ELU: ("elu", {"alpha": "alpha"}),
    nn.CELU: ("celu", {"alpha": "alpha"}),
    nn.SELU: ("selu", {}),
    nn.Softplus: ("softplus", {"beta": "beta"}),
    nn.SiLU: ("swish", {}),
    nn.GELU: ("gelu", {}),
    nn.Mish: ("mish", {}),
    nn.Hardsigmoid: ("hardsigmoid", {}),
    nn.Hardswish: ("hardswish", {}),
    nn.Hardtanh: ("hardtanh", {"min_val": "min_val", "max_val": "max_val"}),
    nn.Softshrink: ("softshrink", {"lambd": "lambd"}),
    nn.Hardshrink: ("hardshrink", {"lambd": "lambd"}),
    nn.GLU: ("glu", {}),
}
_SETTINGS = dict(CLASSES.values())
_WORDS = {"silu": "swish"}  # functions whose name is not the catalogue's


@cache
def _functions() -> dict[Any, str]:
    """Return torch's functions, in place or not, and their catalogue names."""
    found: dict[Any, str] = {}
    for name in (*_SETTINGS, *_WORDS):
        for room in (F, torch, torch.Tensor):
            for word in (name, f"{name}_"):
                if callable(known := getattr(room, word, None)):
                    found[known] = _WORDS.get(name, name)
    return found


METHODS = frozenset(
    word for name in (*_SETTINGS, *_WORDS) for word in (name, f"{name}_") if hasattr(torch.Tensor, word)
)


def named(thing: Any) -> Activation | None:
    """Return the catalogue's activation that a module, a module's class or a function of torch computes, else None.

    Settings are kept: ``nn.LeakyReLU(0.2)`` is ``leaky_relu(alpha=0.2)``; so is a ``functools.partial``.
    """
    if isinstance(thing, Activation):
        return thing
    if isinstance(thing, ActivationModule):
        return thing.activation
    if isinstance(thing, nn.Module):
        return _of_module(thing)
    if isinstance(thing, type):
        return get(CLASSES[thing][0]) if thing in CLASSES else None
    return _of_function(thing, {})


def _of_module(module: nn.Module) -> Activation | None:
    if type(module) not in CLASSES:
        return None
    name, settings = CLASSES[type(module)]
    name = "gelu_tanh" if getattr(module, "approximate", "none") == "tanh" else name
    return _set(name, {own: getattr(module, word) for word, own in settings.items()})


def _of_function(thing: Callable[..., Any], told: Mapping[str, Any]) -> Activation | None:
    if isinstance(thing, partial):
        return None if thing.args else _of_function(thing.func, {**thing.keywords, **told})
    try:
        name = _functions().get(thing)
    except TypeError:  # not hashable
        return None
    if name is None:
        return None
    if told.get("approximate") == "tanh":
        return get("gelu_tanh")
    return _set(name, {own: told[word] for word, own in _SETTINGS[name].items() if word in told})


def _set(name: str, numbers: Mapping[str, Any]) -> Activation:
    plain = get(name)
    return plain.variant(**{word: float(value) for word, value in numbers.items() if value != plain.parameters[word]})
