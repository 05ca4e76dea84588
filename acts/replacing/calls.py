"""Activations that no module stands for: functions called in a forward pass, and kernels that hold them inside.

They are found by reading the source of the model's classes.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import torch
from torch import nn

from acts.activations.registry import get
from acts.replacing import native
from acts.replacing.finding import described

INSIDE = ((nn.LSTM, nn.LSTMCell), ("sigmoid", "tanh")), ((nn.GRU, nn.GRUCell), ("sigmoid", "tanh"))


@dataclass(frozen=True)
class Call:
    """An activation that cannot be swapped: the module that computes it, which one, and why, in words."""

    module: str
    activation: str
    why: str


def calls(model: nn.Module) -> list[Call]:
    """Return the activations that a model's modules call or hold inside themselves."""
    found = []
    for name, module in model.named_modules():
        if native.named(module) is None:
            written = _written(cast(Any, type(module)))
            found += [Call(name, activation, why) for activation, why in (*_inside(module), *written)]
    return found


def _inside(module: nn.Module) -> Iterator[tuple[str, str]]:
    """Give the activations that a recurrent layer of torch computes together with its weights."""
    for classes, names in INSIDE:
        if isinstance(module, classes):
            for name in names:
                yield name, f"{described(module)} computes {name} inside its own kernel"
    if isinstance(module, nn.RNN | nn.RNNCell):
        name = str(module.nonlinearity)
        yield name, f"{described(module)} computes {name} inside its own kernel (tanh or relu: its nonlinearity=)"
    if isinstance(module, nn.MultiheadAttention):
        yield "softmax", "nn.MultiheadAttention computes softmax inside itself"


@lru_cache(maxsize=512)
def _written(kind: Any) -> tuple[tuple[str, str], ...]:
    """Return the activations that the methods of a class call as functions, each with its words."""
    found: dict[str, str] = {}
    for owner in kind.__mro__:
        if owner.__module__.startswith(("torch.", "acts.", "builtins")):
            continue
        for method in vars(owner).values():
            if inspect.isfunction(method):
                for word, name in _called(method):
                    found.setdefault(name, f"{kind.__name__}.{method.__name__} calls {word}")
    return tuple(found.items())


def _called(method: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """Give how each activation is written that a method calls, and its name."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    except (OSError, TypeError, SyntaxError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _activation(node.func, method)) is not None:
            written = ast.unparse(node.func)
            yield written if _path(node.func) else f".{written.rsplit('.', 1)[-1]}()", name


def _activation(called: ast.expr, method: Callable[..., Any]) -> str | None:
    """Return the activation that a called expression names: a function it can be looked up as, or a tensor's method."""
    path = _path(called)
    if path and path[0] in method.__globals__:
        known = native.named(_looked_up(method.__globals__[path[0]], path[1:]))
        return None if known is None else known.name
    own = bool(path) and path[0] in method.__code__.co_varnames[:1]  # self.relu(x) calls a child
    if isinstance(called, ast.Attribute) and called.attr in native.METHODS and not own:
        return get(called.attr.rstrip("_")).name
    return None


def _path(called: ast.expr) -> list[str]:
    """Return the words of a dotted name, none where it is another expression."""
    words: list[str] = []
    while isinstance(called, ast.Attribute):
        words.append(called.attr)
        called = called.value
    return [called.id, *reversed(words)] if isinstance(called, ast.Name) else []


def _looked_up(value: Any, words: list[str]) -> Any:
    for word in words:
        if not inspect.ismodule(value):
            return None
        value = vars(value).get(word)
    return None if isinstance(value, type | torch.Tensor) else value
