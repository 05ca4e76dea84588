"""The register: names to activations; ``register`` enters one, ``get`` finds one."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from acts import nearest
from acts.activations.activation import PROMISES, Activation

OWN = "own"  # the family of what a user brings along
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
LONGEST = 40  # characters of a label

_entries: dict[str, Activation] = {}
_aliases: dict[str, str] = {}


class UnknownActivation(ValueError):
    """A name that no activation has; the message is one line with the nearest name that one has."""


def names() -> list[str]:
    """Return the names of all registered activations in the order of the catalogue."""
    _fill()
    return list(_entries)


def get(wanted: Any, /) -> Activation:
    """Return the activation of a name, an alias, a variant like ``leaky_relu(alpha=0.1)``, or around a callable.

    Raises ValueError with the nearest known name for an unknown one.
    """
    if isinstance(wanted, Activation):
        return wanted
    if not isinstance(wanted, str):
        return _around(wanted)
    _fill()
    name = _aliases.get(wanted, wanted)
    if name in _entries:
        return _entries[name]
    if "(" in wanted:
        return _variant(wanted)
    raise UnknownActivation(nearest.unknown("activation", wanted, _entries, aliases=_aliases))


def register(
    formula: str,
    reference: str,
    *,
    family: str,
    label: str,
    aliases: Sequence[str] = (),
    year: int | None = None,
    kernel: Callable[..., Any] | None = None,
    latex: str | None = None,
    constants: Mapping[str, str] | None = None,
    learn: Sequence[str] = (),
    floors: Mapping[str, float | str] | None = None,
    stochastic: Callable[..., Any] | None = None,
    elementwise: bool = True,
    inputs: Sequence[str] = ("x",),
    key: str | None = None,
    monotone: bool | None = None,
    odd: bool | None = None,
    bounded: bool | None = None,
    nonnegative: bool | None = None,
    **parameters: float,
) -> Callable[[Callable[..., Any]], Activation]:
    """Return a decorator that enters a function of (x, **parameters) under its own name.

    ``constants`` are named numbers as text, ``learn`` the parameters that a module trains and ``floors`` their lower
    bounds, ``stochastic`` the function in training mode, of (x, uniform numbers in [0, 1) of the shape of x,
    **parameters), ``inputs`` the letters of a function that is not element-wise. Every promise is tested. Raises
    ValueError for a name that is taken and for a formula that cannot be read.
    """
    _check_lists(aliases=aliases, learn=learn, inputs=inputs)
    promises = dict(zip(PROMISES, (monotone, odd, bounded, nonnegative), strict=True))

    def enter(body: Callable[..., Any]) -> Activation:
        entry = Activation(
            name=body.__name__,
            body=body,
            label=label,
            family=family,
            aliases=tuple(aliases),
            year=year if year is not None else _year(reference),
            reference=reference,
            key=key or _key(reference),
            formula=formula,
            parameters={name: _number(name, value) for name, value in parameters.items()},
            constants=constants or {},
            inputs=tuple(inputs),
            learnable=tuple(learn),
            floors=floors or {},
            promises={name: held for name, held in promises.items() if held is not None},
            fast=kernel,
            sample=stochastic,
            typed_latex=latex,
            elementwise=elementwise,
            registered=True,
        )
        _enter(entry)
        return entry

    return enter


@contextmanager
def temporarily() -> Iterator[None]:
    """Undo on leaving whatever was registered within."""
    restore = _restorer()
    try:
        yield
    finally:
        restore()


@contextmanager
def whole() -> Iterator[None]:
    """Undo whatever was registered within where that ends in an error."""
    restore = _restorer()
    try:
        yield
    except BaseException:
        restore()
        raise


def _restorer() -> Callable[[], None]:
    """Return a function that puts the register back to what it is now."""
    _fill()
    entries, aliases = dict(_entries), dict(_aliases)

    def restore() -> None:
        _entries.clear()
        _aliases.clear()
        _entries.update(entries)
        _aliases.update(aliases)

    return restore


def own(name: str) -> Activation | None:
    """Return the user's own activation that a name or a variant's name begins with, None where there is none."""
    _fill()
    entry = _entries.get(name.partition("(")[0])
    return entry if entry is not None and entry.family == OWN else None


def enter(entry: Activation, *, instead: Activation | None = None) -> None:
    """Enter an activation that was made elsewhere, in place of another; ValueError for a name that is taken."""
    _fill()
    if instead is not None:
        del _entries[instead.name]
    _enter(entry)


def _fill() -> None:
    import_module("acts.activations.catalogue")
    import_module("acts.activations.installed")


def _enter(entry: Activation) -> None:
    known = {name.lower(): name for name in (*_entries, *_aliases)}
    for name in (entry.name, *entry.aliases):
        if not NAME.fullmatch(name):
            raise ValueError(f"{nearest.shown(name)} cannot name an activation; use letters, digits and _")
        if name in known.values():
            raise ValueError(f"activation {name!r} is already registered")
        if name.lower() in known:
            raise ValueError(f"activation {name!r} differs from {known[name.lower()]!r} in capital letters alone")
    _check_label(entry)
    _check_letters(entry)
    entry.symbolic  # noqa: B018 - reads the formula, so that a bad one fails here
    _entries[entry.name] = entry
    _aliases.update(dict.fromkeys(entry.aliases, entry.name))


def _check_lists(**lists: Sequence[str]) -> None:
    for word, given in lists.items():
        if isinstance(given, str):
            raise ValueError(f"{word} is a list of names, [{given!r}]")


def _check_label(entry: Activation) -> None:
    """Raise ValueError for a label that is none or another's: readers know functions by it.

    Formulas of configurations may come and go in one process; those of one configuration are told apart elsewhere.
    """
    if not entry.label.strip():
        raise ValueError(f"{entry.name}: label is blank; give it another")
    if len(entry.label) > LONGEST or not entry.label.isprintable():
        raise ValueError(f"{entry.name}: label must be one line of at most {LONGEST} visible characters")
    for other in _entries.values():
        if plain(other.label) == plain(entry.label) and not (other.family == entry.family == OWN):
            raise ValueError(f"{entry.name}: label {entry.label!r} is that of {other.name}; give it another")


def plain(label: str) -> str:
    """Return what a reader tells a label by, whatever its capital letters and blanks."""
    return "".join(label.split()).casefold()


def _check_letters(entry: Activation) -> None:
    for name in (*entry.learnable, *entry.floors):
        if name not in entry.parameters:
            raise ValueError(f"{entry.name}: {name!r} is to be learnt and is no parameter")
    taken = inspect.signature(entry.body).parameters
    loose = any(part.kind is part.VAR_KEYWORD for part in taken.values())
    for name in entry.parameters:
        if name in entry.inputs or (name not in taken and not loose):
            raise ValueError(f"{entry.name}: its function does not take the parameter {name!r}")


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"the default of {name!r} must be a number, not {value!r}")
    return float(value)


def _around(wanted: Any) -> Activation:
    if not callable(wanted):
        raise ValueError(f"an activation is a name or a callable, not {type(wanted).__name__}")
    for entry in _entries.values():
        if entry.body is wanted:
            return entry
    name = getattr(wanted, "__name__", type(wanted).__name__)
    name = "anonymous" if name == "<lambda>" else name
    return Activation(name=name, body=wanted, label=name)


def _variant(wanted: str) -> Activation:
    """Return the variant that text like ``leaky_relu(alpha=0.1)`` describes."""
    try:
        call = ast.parse(wanted, mode="eval").body
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)) or call.args:
            raise ValueError
        values = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        if not all(type(value) in (int, float) for value in values.values()):
            raise ValueError
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise ValueError(f"unknown activation {wanted[:60]!r}; a variant is written leaky_relu(alpha=0.1)") from None
    return get(call.func.id).variant(**values)


def _year(reference: str) -> int | None:
    found = re.search(r"\b(1[89]|20)\d\d\b", reference)
    return int(found[0]) if found else None


def _key(reference: str) -> str:
    """Return the bibliography key of a reference line: first surname in plain letters, and year."""
    import unicodedata

    first = re.match(r"[^\W\d_]+", reference)
    if not first:
        return ""
    plain = unicodedata.normalize("NFKD", first[0]).encode("ascii", "ignore").decode().lower()
    return f"{plain}{_year(reference) or ''}"
