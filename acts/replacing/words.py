"""Activations that a model keeps as a word: in its configuration, or in an attribute by which it chooses a function."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from acts.activations.registry import get
from acts.replacing import native
from acts.replacing.finding import ATTRIBUTE, Place, above, listing

CONFIG = "config"  # where transformers, and what is built like it, keep the numbers a model is made from


def words(model: nn.Module, places: list[Place]) -> list[str]:
    """Return a line for each word that still names an activation which stood at one of the places."""
    old = {known.name.split("(")[0] for place in places if (known := native.named(place.held)) is not None}
    lines, kept = dict[int, str](), dict[str, list[str]]()
    for path, module in _around(model, places):
        config = getattr(module, CONFIG, None)
        for key, word in _named(config, old):
            where = f"{path}.{CONFIG}.{key}" if path else f"{CONFIG}.{key}"
            told = f"{where} still says {word!r}: what is made or loaded from it has the old activation"
            lines.setdefault(id(config), told)
        for key, word in _named(module, old):
            told = f"{type(module).__name__}.{key} still says {word!r}, by which it may choose a function of its own"
            kept.setdefault(told, []).append(path or "the model itself")
    return [*lines.values(), *(f"{told}, at {listing(paths)}" for told, paths in kept.items())]


def _around(model: nn.Module, places: list[Place]) -> Iterator[tuple[str, nn.Module]]:
    """Give the modules that hold the places, the outermost first."""
    paths = {"", *(path for place in places for path in above(place.name))}
    for path in sorted(paths, key=lambda each: (each.count("."), bool(each))):
        yield path, model.get_submodule(path)


def _named(owner: Any, old: set[str]) -> Iterator[tuple[str, str]]:
    """Give the attributes that name an activation by their name, and whose word is an old one or none of ours."""
    held: Mapping[str, Any] = owner if isinstance(owner, Mapping) else getattr(owner, "__dict__", {})
    for key, word in held.items():
        if isinstance(word, str) and isinstance(key, str) and re.search(ATTRIBUTE, key):
            try:
                known = get(word).name.split("(")[0]
            except ValueError:
                known = None
            if known is None or known in old:
                yield key, word
