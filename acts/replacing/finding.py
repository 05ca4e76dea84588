"""Where in a model the activations stand: modules, and functions that a module keeps as an attribute."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from torch import nn

from acts.activations.activation import Activation
from acts.activations.module import ActivationModule
from acts.activations.registry import UnknownActivation, get
from acts.replacing import native

ATTRIBUTE = r"(^|_)act(ivation)?(\d|_|$)"  # what other libraries call an attribute that holds an activation
Match = Callable[[Any], bool]


@dataclass(frozen=True, eq=False)
class Place:
    """One attribute of one module that holds an activation; ``name`` is its path from the model."""

    name: str
    parent: nn.Module
    attribute: str
    held: Any


def places(model: nn.Module) -> Iterator[Place]:
    """Give every child module and every kept function of a model, a shared one under each of its names."""
    for path, parent in model.named_modules(remove_duplicate=False):
        if isinstance(parent, ActivationModule):
            continue
        kept = {word: value for word, value in vars(parent).items() if callable(value) and not isinstance(value, type)}
        for word, value in {**parent._modules, **kept}.items():
            if value is not None:
                yield Place(f"{path}.{word}" if path else word, parent, word, value)


def described(held: Any) -> str:
    """Return what a place holds in a reader's words: ``nn.ReLU``, ``the function relu``, ``acts gelu``, a class."""
    found = native.named(held)
    if not isinstance(held, nn.Module):
        name = getattr(held, "__name__", None) or getattr(getattr(held, "func", None), "__name__", type(held).__name__)
        return f"the function {name}"
    if found is not None and type(held).__module__.startswith("acts."):
        return f"acts {found.name}"
    if type(held).__module__.startswith("torch."):
        return f"nn.{type(held).__name__}"
    return type(held).__name__ + ("" if found is None else f" ({found.name})")


def match(model: nn.Module, old: Any) -> Match:
    """Return the test whether a held module or function is what ``old`` asks for.

    Raises ValueError for what can ask for nothing and UnknownActivation for a word that is neither a class of the
    model nor an activation.
    """
    if isinstance(old, tuple | list | set | frozenset) and old:
        parts = [match(model, one) for one in old]
        return lambda held: any(part(held) for part in parts)
    if isinstance(old, type):
        return _of_class(old)
    if isinstance(old, str):
        return _of_word(model, old)
    if isinstance(old, Activation):
        return _of_activation(old)
    if not callable(old) or isinstance(old, nn.Module):
        raise ValueError(f"old is a class, a name, a function, a test or several of them, not {_short(old)}")
    return _of_callable(model, old)


def _of_class(wanted: type) -> Match:
    if not issubclass(wanted, nn.Module) or wanted is nn.Module:
        raise ValueError(f"old is the class of an activation, such as nn.ReLU, not {wanted.__name__}")

    def test(held: Any) -> bool:
        derived = isinstance(held, nn.ReLU6) and wanted is nn.Hardtanh  # in torch alone is ReLU6 a hard tanh
        return isinstance(held, wanted) and not derived

    return test


def _of_word(model: nn.Module, word: str) -> Match:
    last = word.rsplit(".", 1)[-1]
    classes = {type(place.held) for place in places(model) if type(place.held).__name__ == last}
    if classes:
        return lambda held: type(held) in classes
    if isinstance(known := getattr(nn, last, None), type) and known in native.CLASSES:
        return _of_class(known)
    try:
        return _of_activation(get(word))
    except UnknownActivation as error:
        raise UnknownActivation(f"{error}; and {kind(model)} holds no module of a class of that name") from None


def _of_activation(wanted: Activation) -> Match:
    def test(held: Any) -> bool:
        found = native.named(held)
        return found is not None and wanted.name in (found.name, found.name.split("(")[0])

    return test


def _of_callable(model: nn.Module, old: Callable[..., Any]) -> Match:
    """Return the test for one function that the model keeps; any other callable is a test of modules itself."""
    known = native.named(old)
    if known is not None or any(place.held is old for place in places(model)):
        return lambda held: not isinstance(held, nn.Module) and (held is old or _same(native.named(held), known))
    return lambda held: isinstance(held, nn.Module) and bool(old(held))


def _same(found: Activation | None, known: Activation | None) -> bool:
    return found is not None and known is not None and found.name == known.name


def activations(old: Any) -> set[str]:
    """Return the catalogue's names of what ``old`` asks for, none for a test of modules."""
    if isinstance(old, tuple | list | set | frozenset):
        return set[str]().union(*(activations(one) for one in old))
    if isinstance(old, str):
        known = native.named(getattr(nn, old.rsplit(".", 1)[-1], None))
        try:
            known = known or get(old)
        except ValueError:
            return set()
    else:
        known = native.named(old)
    return set() if known is None else {known.name.split("(")[0]}


def chosen(where: Any) -> Callable[[str], bool]:
    """Return the test whether a place's path is one of those that ``where`` lets through.

    A pattern such as ``layer3.*`` (fnmatch) matches a path, or a module above it; a callable is asked itself. Raises
    ValueError for what is neither.
    """
    if where is None:
        return lambda _: True
    if callable(where):
        return lambda name: bool(where(name))
    patterns = list(where) if isinstance(where, tuple | list | set | frozenset) else [where]
    if wrong := [each for each in patterns if not isinstance(each, str)]:
        raise ValueError(f"where is a pattern of paths, several of them, or a test of paths, not {_short(wrong[0])}")
    return lambda name: any(fnmatchcase(name, each) or fnmatchcase(name, f"{each}.*") for each in patterns)


def found(model: nn.Module, old: Any, where: Any) -> list[Place]:
    """Return the places that are asked for, the outermost where one stands inside another.

    Raises ValueError for a place that holds no activation, such as a layer with weights.
    """
    test, let = match(model, old), chosen(where)
    listed = [place for place in places(model) if let(place.name) and test(place.held)]
    names = {place.name for place in listed}
    kept = [place for place in listed if not any(name in names for name in above(place.name))]
    for place in kept:
        _require_activation(place)
    return kept


def above(name: str) -> Iterator[str]:
    """Give the paths of the modules that hold a path, the innermost first."""
    while "." in name:
        name = name.rsplit(".", 1)[0]
        yield name


def _require_activation(place: Place) -> None:
    held = place.held
    ours = native.named(held) is not None or not isinstance(held, nn.Module)
    torchs = type(held).__module__.startswith("torch.")
    activations = type(held).__module__ == "torch.nn.modules.activation" and type(held) is not nn.MultiheadAttention
    if not ours and torchs and not activations:
        raise ValueError(f"{place.name} is {described(held)}, which is no activation function")
    if not ours and not torchs and any(weight.ndim > 1 for weight in held.parameters()):
        raise ValueError(f"{place.name} is {described(held)}, which holds layers with weights")


def kind(model: nn.Module) -> str:
    """Return the name of a model's class."""
    return type(model).__name__


def present(model: nn.Module) -> str:
    """Return one line on the activations that a model holds, with where they stand.

    Modules are among them that go by the name of an activation, though nobody here knows what they compute.
    """
    groups: dict[str, list[str]] = {}
    seen = set[str]()
    for place in places(model):
        known = native.named(place.held)
        holds = _looks_like_one(place) if known is None else known.name != "identity"
        if holds and not any(name in seen for name in above(place.name)):
            seen.add(place.name)
            groups.setdefault(described(place.held), []).append(place.name)
    return "; ".join(f"{what} at {listing(names)}" for what, names in groups.items())


def _looks_like_one(place: Place) -> bool:
    """Return whether a module of another library is called an activation, there or by its class, and has no layers."""
    held = place.held
    if not isinstance(held, nn.Module) or type(held).__module__.startswith("torch."):
        return False
    small = not list(held.children()) and all(weight.ndim < 2 for weight in held.parameters())
    told = re.search(ATTRIBUTE, place.attribute) or re.search("Act(ivation|[A-Z]|$)", type(held).__name__)
    return small and told is not None


def listing(names: list[str], most: int = 3) -> str:
    """Return the first names of a list and how many there are beyond."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _short(value: Any) -> str:
    return repr(value)[:60]
