"""A user's own activations: a formula in a params file, or a Python file.

``admit`` enters what a configuration brings along, in whatever process is to compute with it. A formula is read by the
whitelist of ``formula`` and computed by ``compiled``; nothing of it is run as code. A Python file is the user's code
and is run as such.
"""

import importlib.util
import json
import math
import os
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import sympy
import torch

from acts.activations import compiled, registry, symbols
from acts.activations.activation import Activation
from acts.params import plugins

VARIABLE = "ACTS_OWN"  # in the environment of processes that we start: what they have to enter
PLACES = (-10.0, -3.0, -1.0, -0.1, 0.0, 0.1, 1.0, 3.0, 10.0)  # where a function has to have value and slope


class OwnError(ValueError):
    """An activation of the user's that cannot be used; the message is one line with its name and what is wrong."""


def admit(own: Mapping[str, Any]) -> list[str]:
    """Enter the activations of a configuration (``Params.own``) and return their names.

    What is entered already in the same form stays as it is. Raises OwnError.
    """
    names = [_formula(name, told) for name, told in own.get("formulas", {}).items()]
    for told in own.get("plugins", ()):
        names += plugin(Path(told["path"]), told.get("sha256", ""))
    return names


def from_environment() -> list[str]:
    """Enter what the process that started this one had entered, as ``hand_on`` left it."""
    return admit(json.loads(os.environ.get(VARIABLE, "{}")))


def hand_on(own: Mapping[str, Any]) -> None:
    """Leave what was entered to the processes that this one will start."""
    if own:
        os.environ[VARIABLE] = json.dumps(own)
    else:
        os.environ.pop(VARIABLE, None)


def _formula(name: str, told: Mapping[str, Any]) -> str:
    """Enter one formula with its parameters under a name, in place of an own one of that name."""
    entry = from_formula(
        name,
        str(told["formula"]),
        parameters=told.get("parameters", {}),
        learn=told.get("learn", ()),
        label=told.get("label", ""),
    )
    known = registry.own(name)
    if known is not None and _same(known, entry):
        return name
    registry.enter(entry, instead=known)
    return name


def _same(one: Activation, other: Activation) -> bool:
    fields = ("formula", "learnable", "label")
    return all(getattr(one, field) == getattr(other, field) for field in fields) and dict(one.parameters) == dict(
        other.parameters
    )


def from_formula(
    name: str, formula: str, *, parameters: Mapping[str, float], learn: Sequence[str] = (), label: str = ""
) -> Activation:
    """Return the activation that a formula in x and its parameters' letters describes, checked but not entered.

    Raises OwnError for what is no formula, has no derivative, or has no finite value or slope at ordinary inputs.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise OwnError(f"{name[:60]!r} cannot name an activation; use small letters, digits and _, a letter first")
    for letter in parameters:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", letter) or letter in ("x", "shift", "stretch", "at_zero"):
            raise OwnError(f"{name}: {letter[:40]!r} cannot name a parameter")
    try:
        entry = Activation(
            name=name, body=torch.clone, label=label or name, family="own", formula=formula, registered=True,
            reference="own", endless=False, parameters=dict(parameters), learnable=tuple(learn),
        )  # fmt: skip
        folded = entry.folded
        body = compiled.function(folded)
    except ValueError as error:
        raise OwnError(f"{name}: {error}") from None
    _vet(entry, folded)
    object.__setattr__(entry, "body", body)
    return entry


def _vet(entry: Activation, folded: sympy.Expr) -> None:
    """Raise OwnError unless the formula speaks of x, uses its parameters, and has value and slope where it should."""
    if isinstance(folded, sympy.Tuple):
        raise OwnError(f"{entry.name}: formula {entry.formula!r} has {len(folded)} values, and a function has one")
    letters = {letter.name for letter in folded.free_symbols}
    if "x" not in letters:
        raise OwnError(f"{entry.name}: formula {entry.formula!r} does not depend on x")
    for name in entry.parameters:
        if name not in letters:
            raise OwnError(f"{entry.name}: formula {entry.formula!r} has no parameter {name!r}")
    if symbols.derivative(folded).has(sympy.Derivative, sympy.Subs):
        raise OwnError(f"{entry.name}: formula {entry.formula!r} has no derivative")
    for order, word in ((0, "value"), (1, "slope")):
        for place in PLACES:
            if not _finite(entry, place, order):
                raise OwnError(f"{entry.name}: formula {entry.formula!r} has no finite {word} at x = {place:g}")


def _finite(entry: Activation, place: float, order: int) -> bool:
    try:
        found = entry.oracle(place, order=order)
    except (ValueError, ArithmeticError, mpmath.libmp.NoConvergence):
        return False
    return math.isfinite(float(found))


def fault(entry: Activation) -> str:
    """Return in one line why no network can be trained with an activation, nothing where one can.

    It is put on a few float32 numbers, as networks do; what it prints is not shown.
    """
    x = torch.linspace(-2, 2, 12).reshape(3, 4).requires_grad_()
    try:
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            y = entry.module()(x)
            if told := _misfit(x, y, elementwise=entry.elementwise):
                return told
            torch.autograd.grad(y.sum(), x)
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
    return ""


def _misfit(x: torch.Tensor, y: Any, *, elementwise: bool) -> str:
    if not isinstance(y, torch.Tensor):
        return f"returns {type(y).__name__}, not a tensor"
    if elementwise and y.shape != x.shape:
        return f"returns the shape {tuple(y.shape)} where {tuple(x.shape)} is given"
    if y.dtype != x.dtype:
        return f"returns {y.dtype} where {x.dtype} is given".replace("torch.", "")
    return "" if y.requires_grad else "has no gradient"


def plugin(path: Path, sha256: str = "") -> list[str]:
    """Run a Python file of the user's, once in a process, and return the names that it registers.

    It may import what lies beside it. Raises OwnError where it cannot be run, where it and what it imports do not have
    that sha256, if one is given, and where one of them was edited since this process ran it.
    """
    if not path.is_file():
        raise OwnError(f"plugin {path}: no such file")
    found = plugins.digest(path)
    if sha256 and found != sha256:
        raise OwnError(f"plugin {path}: another file here than where the run was started")
    entries = _run(path.resolve(), found)
    for entry in entries:
        if entry.name not in registry.names():
            registry.enter(entry)
    return [entry.name for entry in entries]


@cache
def _run(path: Path, sha256: str) -> tuple[Activation, ...]:  # noqa: ARG001 - another text is another run
    """Run a file of that sha256 and return what it registers."""
    before, loaded, name = set(registry.names()), set(sys.modules), f"acts_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise OwnError(f"plugin {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    earlier, sys.modules[name] = sys.modules.get(name), module
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # last, so that what lies there hides nothing
    try:
        with registry.whole():
            spec.loader.exec_module(module)
            return _brought(path, [registry.get(one) for one in registry.names() if one not in before])
    except (Exception, SystemExit) as error:
        edited = "already registered" in str(error) and getattr(earlier, "__file__", "") == str(path)
        del sys.modules[name]
        sys.modules |= {name: earlier} if earlier else {}
        for beside in set(plugins.modules(path)) - loaded:  # when both are mended, both are read anew
            sys.modules.pop(beside, None)
        if edited:
            told = "edited since this process ran it; restart the kernel, or the cluster's workers"
            raise OwnError(f"plugin {path}: {told}") from None
        raise OwnError(_blamed(path, error)) from None


def _brought(path: Path, entries: list[Activation]) -> tuple[Activation, ...]:
    """Return what a file registers; OwnError where that is nothing, or not what a reader of the file expects."""
    if not entries:
        raise OwnError("registers no activation; decorate a function with acts.register(...)")
    seen = plugins.registered_in(path)
    for name in sorted({*seen, *(entry.name for entry in entries)}):
        if name not in seen or name not in registry.names():
            raise OwnError(f"{name} should be registered by @acts.register(...) over a function of that name")
    for name, file in plugins.modules(path).items():
        taken = getattr(sys.modules.get(name), "__file__", str(file))
        if taken != str(file):
            raise OwnError(f"imports {name}, but {taken} has that name already; rename {file.name}")
    return tuple(entries)


def _blamed(path: Path, error: BaseException) -> str:
    """Return what went wrong in a file in one line, with the line on which it did."""
    told = " ".join(str(error).split())[:200]
    if isinstance(error, OwnError):
        return f"plugin {path}: {told}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines, told = [error.lineno], str(error.msg)
    place = f"{path}:{lines[-1]}" if lines and lines[-1] else str(path)
    return f"plugin {place}: {type(error).__name__}: {told}"
