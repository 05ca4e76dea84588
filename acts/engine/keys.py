"""Keys: what a run depends on, as one sha256; a comment or a docstring is not part of it.

A key covers the run's spec, the source of the rooms that its experiment lists, the experiment itself, the
activation's own function and formula (those of all that stand in a run's ``layers``), torch's version and the data.
Machine, threads and time stand elsewhere.
"""

import ast
import dataclasses
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

import acts
from acts import nearest
from acts.jobs import Job, canonical
from acts.params import plugins

# Activations and data sets enter a key one by one, so that a new entry invalidates nothing; these files are left out of
# their room. So are those that only find, check and fetch files whose sha256 is in a set's fingerprint.
CATALOGUES = (
    "activations/catalogue.py",
    *(f"datasets/{name}.py" for name in ("sources", "makers", "makers_packaged", "makers_published")),
    *(f"datasets/{name}.py" for name in ("shelf", "fetching")),
)
# What an activation says of itself for readers; no number depends on it.
DESCRIPTIVE = (
    "label",
    "aliases",
    "family",
    "year",
    "reference",
    "key",
    "promises",
    "typed_latex",
    "registered",
    "endless",
)


def sha256(text: str) -> str:
    """Return the hexadecimal sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


# --- the experiment ---------------------------------------------------------------------------------------------------


def resolve(experiment: str | ModuleType, path: str | None = None) -> ModuleType:
    """Return the module of an experiment, given by its word, by its file, or itself.

    Raises ValueError for a word that is no file and no package in acts/experiments.
    """
    if isinstance(experiment, ModuleType):
        return experiment
    if path is not None:
        return _from_file(experiment, path)
    name = f"acts.experiments.{experiment}"
    if experiment.startswith("_") or importlib.util.find_spec(name) is None:
        raise ValueError(nearest.unknown("experiment", experiment, words()))
    return importlib.import_module(name)


@cache
def _from_file(word: str, path: str) -> ModuleType:
    """Return a module loaded from a file outside the package."""
    name = f"acts_experiment_{word}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def words() -> list[str]:
    """Return the words of all experiments, each a file or a package."""
    folder = Path(acts.__file__).parent / "experiments"
    packages = (path.parent for path in folder.glob("*/__init__.py"))
    return sorted(path.stem for path in (*folder.glob("*.py"), *packages) if not path.stem.startswith("_"))


def address(module: ModuleType) -> str | None:
    """Return the file of an experiment that lives outside the package, None for our own."""
    return None if module.__name__.startswith("acts.experiments.") else str(module.__file__)


# --- source -----------------------------------------------------------------------------------------------------------


def normalised(source: str | bytes) -> str:
    """Return a source's syntax tree as text, without comments, layout and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _documented(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _documented(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a body begins with a docstring."""
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def files(room: str) -> Iterator[Path]:
    """Yield the Python files of a room, sorted, without catalogues."""
    folder = Path(acts.__file__).parent
    single = folder / f"{room}.py"
    if not single.is_file() and not (folder / room).is_dir():
        raise ValueError(f"unknown room {room!r}: no acts/{room}.py and no acts/{room}/")
    for path in [single] if single.is_file() else sorted((folder / room).rglob("*.py")):
        if path.relative_to(folder).as_posix() not in CATALOGUES:
            yield path


@cache
def room_source(room: str) -> str:
    """Return the sha256 of a room's normalised source, as it stood when this process first asked."""
    parts = [[path.name, normalised(path.read_text("utf-8"))] for path in files(room)]
    return sha256(canonical(parts))


@cache
def source(word: str, path: str, rooms: tuple[str, ...]) -> str:
    """Return the sha256 of all source that an experiment's runs go through: its rooms and its own file or files."""
    own = [[name, normalised(file.read_text("utf-8"))] for name, file in own_files(Path(path)).items()]
    return sha256(canonical({"word": word, "own": own, "rooms": {room: room_source(room) for room in rooms}}))


def own_files(path: Path) -> dict[str, Path]:
    """Return an experiment's Python files by name, those of its whole package where its file opens one."""
    if path.name != "__init__.py":
        return {path.name: path}
    return {file.relative_to(path.parent).as_posix(): file for file in sorted(path.parent.rglob("*.py"))}


def source_of(module: ModuleType) -> str:
    """Return the sha256 of an experiment's source."""
    return source(module.word, str(module.__file__), tuple(module.rooms))


# --- the activation ---------------------------------------------------------------------------------------------------


def function_source(name: str) -> str:
    """Return the sha256 of one activation: its formula, its numbers, and the source its function reaches."""
    from acts.activations import registry

    entry = registry.own(name.partition("(")[0])
    return _function_source(name, None if entry is None else (entry.formula, *entry.parameters.items()))


@cache
def _function_source(name: str, own: tuple[Any, ...] | None) -> str:  # noqa: ARG001 - a user's may change meanwhile
    """Return the sha256 of the activation that has a name now."""
    from acts import activations

    activation = activations.get(name)
    parts = {
        field.name: _part(getattr(activation, field.name))
        for field in dataclasses.fields(activation)
        if field.name not in DESCRIPTIVE
    }
    return sha256(canonical(parts))


def _part(value: Any) -> Any:
    """Return one field of an activation as plain values; code as its source."""
    if callable(value):
        return reach(value)
    return sorted([str(key), repr(item)] for key, item in value.items()) if isinstance(value, Mapping) else repr(value)


def reach(function: Any) -> list[str]:
    """Return the normalised source of a function, of all that it names in its own file, and of the files it imports.

    What is imported counts whole, where it lies in the file's own folder or package; our own rooms stand elsewhere.
    """
    code = getattr(function, "__code__", None)
    cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    held = [line for cell in cells if callable(cell) for line in reach(cell)]
    if code is None or not Path(code.co_filename).is_file():
        return [str(getattr(function, "__qualname__", type(function).__qualname__)), *held]
    tree = _tree(code.co_filename)
    own = [_undecorated(node) for node in ast.walk(tree) if _starts_at(node, code.co_firstlineno)]
    named = _definitions(tree)
    found: dict[str, ast.AST] = {f"line {position}": node for position, node in enumerate(own)}
    waiting = list(own)
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Name) and node.id in named and node.id not in found:
                found[node.id] = _undecorated(named[node.id])
                waiting.append(found[node.id])
    imported = [normalised(file.read_bytes()) for file in plugins.files(Path(code.co_filename))[1:]]
    return [normalised(ast.unparse(node)) for node in found.values()] + held + imported


def _undecorated(node: ast.AST) -> ast.AST:
    """Return a definition without its decorators: what they say of formula and numbers is in the key."""
    if not isinstance(node, ast.FunctionDef):
        return node
    bare = ast.FunctionDef(**{name: getattr(node, name) for name in node._fields if hasattr(node, name)})
    bare.decorator_list = []
    return ast.fix_missing_locations(bare)


@cache
def _tree(path: str) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(Path(path).read_bytes())


def _starts_at(node: ast.AST, line: int) -> bool:
    """Say whether a function starts on a line, decorators included."""
    if isinstance(node, ast.Lambda):
        return node.lineno == line
    if not isinstance(node, ast.FunctionDef):
        return False
    return line in (node.lineno, *(decorator.lineno for decorator in node.decorator_list))


@cache
def _definitions(tree: ast.Module) -> dict[str, ast.AST]:
    """Return what a file defines at its top, by name."""
    named: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            named[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named.update({target.id: node for target in targets if isinstance(target, ast.Name)})
    return named


# --- the run ----------------------------------------------------------------------------------------------------------


@cache
def data(name: str) -> str:
    """Return the sha256 of a data set."""
    from acts import datasets

    return datasets.fingerprint(name)


@cache
def torch_version() -> str:
    """Return torch's version without importing it, "none" where it is not installed."""
    try:
        return version("torch")
    except PackageNotFoundError:
        return "none"


def keys(job: Job, module: ModuleType) -> list[str]:
    """Return the key of every run of a job, in order."""
    rooms = tuple(module.rooms)
    about: dict[str, Any] = {
        "experiment": job.experiment,
        "activation": job.activation,
        "source": source_of(module),
        "function": function_source(job.activation) if rooms else None,
        "torch": torch_version(),
    }
    if job.others:
        about["others"] = {name: function_source(name) for name in job.others}
    shared = sha256(canonical(about))
    return [
        sha256(canonical({"shared": shared, "run": dict(run), "data": _data(run, rooms), **_layers(run)}))
        for run in job.runs
    ]


def _layers(run: Any) -> dict[str, list[str]]:
    """Return the functions of the activations that a run's layers take in turn, nothing where it names none."""
    return {"layers": [function_source(name) for name in run["layers"].split("|")]} if run.get("layers") else {}


def _data(run: Any, rooms: tuple[str, ...]) -> str | None:
    """Return the fingerprint of the data set that a run names."""
    name = run.get("dataset")
    return data(name) if name is not None and "datasets" in rooms else None


def together(run_keys: list[str]) -> str:
    """Return the name of a job: the sha256 of its runs' keys, shortened to 40 digits."""
    return sha256("\n".join(run_keys))[:40]
