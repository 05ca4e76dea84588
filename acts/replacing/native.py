"""Which activation of the catalogue a foreign module or function computes: torch's by their names, others by values."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acts.activations.activation import Activation
from acts.activations.module import ActivationModule
from acts.activations.registry import get, names

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
VARIANTS = ("swish(beta=1.702)",)  # what other libraries call a class of its own, here the quick GELU of CLIP


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
    """Return the catalogue's activation that a module, a class or a function of torch computes, None for others.

    Settings are kept: ``nn.LeakyReLU(0.2)`` is ``leaky_relu(alpha=0.2)``, and so is a ``functools.partial``. A class
    derived from torch's is what it derives from unless it computes something else. A module of another library without
    weights is called once, on a few numbers, and goes by the values it gives.
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
    kind: Any = next((each for each in type(module).__mro__ if each in CLASSES), None)
    if kind is None or (type(module).forward is not kind.forward and kind is not nn.PReLU):
        return _of_values(module)
    name, settings = CLASSES[kind]
    name = "gelu_tanh" if getattr(module, "approximate", "none") == "tanh" else name
    return _set(name, {own: getattr(module, word) for word, own in settings.items()})


def _of_values(module: nn.Module) -> Activation | None:
    """Return the function whose values a module without weights gives, none for the identity.

    The numbers are computed on the CPU in float32, whatever the defaults of the moment are.
    """
    bare = not any(True for _ in (*module.children(), *module.parameters(), *module.buffers()))
    if not bare or type(module).__module__.startswith("torch.") or type(module).forward is nn.Module.forward:
        return None
    known, values = _values()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=()), torch.device("cpu"):
            found = module.forward(_numbers())
        if found.shape != values.shape[1:]:
            return None
        near = torch.isclose(found, values, rtol=1e-5, atol=1e-5).all(1)
    except Exception:  # it is no function of one tensor
        return None
    return get(known[int(near.nonzero()[0])]) if bool(near.any()) else None


def _numbers() -> Tensor:
    """Return numbers close to 0 and far from it, where a clipped function is told from the one it clips."""
    near = torch.linspace(-9.0, 9.0, 31, dtype=torch.float32, device="cpu")
    far = torch.tensor([-40.0, -25.0, -12.0, 12.0, 25.0, 40.0], dtype=torch.float32, device="cpu")
    return torch.cat([near, far])


@cache
def _values() -> tuple[list[str], Tensor]:
    """Return the names of the element-wise functions, and their values at the numbers a foreign module is called on."""
    entries = [get(name) for name in (*names(), *VARIANTS) if name != "identity"]
    known = [one for one in entries if one.elementwise and one.body.__module__ == "acts.activations.catalogue"]
    with torch.device("cpu"):
        return [entry.name for entry in known], torch.stack([entry(_numbers()) for entry in known])


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
