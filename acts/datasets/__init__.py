"""Datasets: how to make ``(x, y)`` arrays, offline by default.

Some are generated from a seed, some come with scikit-learn, published ones are read from the torchvision-layout folder
that the environment variable ACTS_DATA names. Nothing is ever downloaded unless ``fetch`` is called. A split depends
on the set and a seed alone.
"""

import ast
import hashlib
import inspect
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np

from acts.datasets import shelf, splits
from acts.datasets.fetching import FetchError, fetch
from acts.datasets.sources import DatasetError, Source, names, source
from acts.datasets.splits import Split

__all__ = [
    "Dataset",
    "DatasetError",
    "FetchError",
    "Source",
    "Split",
    "fetch",
    "fingerprint",
    "guess",
    "load",
    "missing",
    "names",
    "source",
    "split",
]


@dataclass(frozen=True)
class Dataset:
    """A loaded set: inputs ``x`` and targets ``y``, whose first dimension is the row.

    ``x`` is (row, input), uint8 or float32, flattened from ``shape``; ``y`` is a class number, int64 (row,), or a
    quantity, float32 (row, target). Of a text, both are characters as int64 (row, position), ``y`` the next ones.
    ``outputs`` counts the classes, targets or characters.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    task: str
    shape: tuple[int, ...]
    outputs: int
    sha256: str

    @property
    def classes(self) -> int:
        """The number of classes; a set of another task has none."""
        return source(self.name).classes


def guess(name: str) -> float:
    """Return the loss of the best constant guess: ln(classes) or ln(characters) in nats, 1 for standardised targets."""
    known = source(name)
    return 1.0 if known.task == "regression" else math.log(known.outputs)


def missing(name: str) -> str | None:
    """Return None when a set can be loaded here, else one line that says what to put where, with its sha256.

    A file that is there but damaged counts as missing; a packaged set does when its package holds another one.
    """
    known = source(name)
    for file in known.files:
        if line := shelf.fault(name, known.folder, file):
            return line
    if known.content:
        try:
            _load(name, None)
        except DatasetError as error:
            return str(error)
    return None


def fingerprint(name: str) -> str:
    """Return the sha256 of what defines a set and its splits, known even where the set itself is absent.

    Published files count by their sha256, a generated set by its generator's code and settings.
    """
    known = source(name)
    chosen = splits.stretches if known.task == "text" else splits.rows
    definition = {
        "code": [_code(part) for part in (known.make, splits.split, chosen, splits.standard)],
        "shares": [splits.VALIDATION, splits.TEST, known.held_out, known.columns],
        "settings": known.settings,
        "form": [known.task, known.shape, known.outputs],
        "content": [known.content, [[file.name, file.sha256] for file in known.files]],
    }
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()


@cache
def _code(function: Callable[..., Any]) -> str:
    """Return a function's code without comments and docstring, so that only a change of meaning changes it."""
    tree = ast.parse(dedent(inspect.getsource(function)))
    body = tree.body[0].body  # type: ignore[attr-defined]
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        del body[0]
    return ast.dump(tree)


def load(name: str) -> Dataset:
    """Return a set, read or made once a process.

    Raises DatasetError for an unknown name, an absent set, a file whose sha256 is not the published one, and content
    that is not what is known of the set.
    """
    if absent := missing(name):
        raise DatasetError(absent)
    return _load(name, _root(name))


def split(name: str, seed: int) -> Split:
    """Return the rows of a set that train, choose and report under a seed, drawn once a process."""
    load(name)
    return _split(name, _root(name), seed)


def _root(name: str) -> Path | None:
    return shelf.root() if source(name).files else None


@lru_cache(maxsize=8)
def _load(name: str, root: Path | None) -> Dataset:
    known = source(name)
    paths = [root / known.folder / file.name for file in known.files if root]
    x, y = known.make(*([paths] if paths else []), **dict(known.settings))
    if known.task != "text":
        x = x if x.dtype == np.uint8 else x.astype(np.float32)
    y = y.astype(np.float32 if known.task == "regression" else np.int64)
    _check(name, known, x, y)
    return Dataset(name, x, y, known.task, known.shape, known.outputs, fingerprint(name))


def _check(name: str, known: Source, x: np.ndarray, y: np.ndarray) -> None:
    """Raise DatasetError where a set is not what is known of it."""
    if x.shape != (known.rows, known.inputs):
        raise DatasetError(f"{name}: {len(x):,} rows of {x[0].size} inputs, expected {known.rows:,} of {known.inputs}")
    if known.task != "regression" and not 0 <= y.min() <= y.max() < known.outputs:
        raise DatasetError(f"{name}: classes from {y.min()} to {y.max()}, expected 0 to {known.outputs - 1}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise DatasetError(f"{name}: some numbers are missing or infinite")
    found = _content(x, y) if known.content else ""
    if found != known.content:
        raise DatasetError(
            f"{name} is not here: the installed scikit-learn holds another one, sha256 {found}, expected "
            f"{known.content}; install the version in requirements.lock"
        )


def _content(x: np.ndarray, y: np.ndarray) -> str:
    """Return the sha256 of a set's numbers."""
    return hashlib.sha256(np.ascontiguousarray(x).tobytes() + np.ascontiguousarray(y).tobytes()).hexdigest()


@lru_cache(maxsize=256)
def _split(name: str, root: Path | None, seed: int) -> Split:
    known, data = source(name), _load(name, root)
    return splits.split(data.x, data.y, seed, task=known.task, held_out=known.held_out, columns=known.columns)
