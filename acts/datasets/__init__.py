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
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np

from acts.datasets import splits
from acts.datasets.sources import DatasetError, Source, names, source
from acts.datasets.splits import Split

__all__ = [
    "Dataset",
    "DatasetError",
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
    """Return None when a set can be loaded here, else one line that says what to put where, with its sha256."""
    known = source(name)
    for file, sha256, _ in known.files:
        path = _place(known, file)
        if path is None or not path.is_file():
            where = f"$ACTS_DATA/{known.folder}" if path else f"<folder>/{known.folder} and set ACTS_DATA=<folder>"
            return f"{name} is not here: put {file} under {where} (sha256 {sha256})"
    return None


def _place(known: Source, file: str) -> Path | None:
    root = os.environ.get("ACTS_DATA")
    return Path(root) / known.folder / file if root else None


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


def _code(function: Callable[..., Any]) -> str:
    """Return a function's code without comments and docstring, so that only a change of meaning changes it."""
    tree = ast.parse(dedent(inspect.getsource(function)))
    body = tree.body[0].body  # type: ignore[attr-defined]
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        del body[0]
    return ast.dump(tree)


def load(name: str) -> Dataset:
    """Return a set, read or made once a process.

    Raises ValueError for an unknown name, for an absent set, and for a file whose sha256 is not the published one.
    """
    absent = missing(name)
    if absent:
        raise ValueError(absent)
    return _load(name, _root(name))


def split(name: str, seed: int) -> Split:
    """Return the rows of a set that train, choose and report under a seed, drawn once a process."""
    load(name)
    return _split(name, _root(name), seed)


def _root(name: str) -> str | None:
    return os.environ.get("ACTS_DATA") if source(name).files else None


@lru_cache(maxsize=8)
def _load(name: str, root: str | None) -> Dataset:
    known = source(name)
    paths = [_checked(Path(str(root)) / known.folder / file, sha256) for file, sha256, _ in known.files]
    x, y = known.make(*([paths] if paths else []), **dict(known.settings))
    if known.task != "text":
        x = x if x.dtype == np.uint8 else x.astype(np.float32)
    y = y.astype(np.float32 if known.task == "regression" else np.int64)
    return Dataset(name, x, y, known.task, known.shape, known.outputs, fingerprint(name))


@lru_cache(maxsize=256)
def _split(name: str, root: str | None, seed: int) -> Split:
    known, data = source(name), _load(name, root)
    return splits.split(data.x, data.y, seed, task=known.task, held_out=known.held_out, columns=known.columns)


def _checked(path: Path, sha256: str) -> Path:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise ValueError(f"{path}: damaged, or another file: its sha256 is {found}, expected {sha256}")
    return path


def fetch(name: str) -> list[Path]:
    """Download a published set into the folder ACTS_DATA, each file checked by sha256; only ever on request.

    Raises ValueError when ACTS_DATA is not set or the set is not a published one.
    """
    import pooch

    known, root = source(name), os.environ.get("ACTS_DATA")
    if not known.files:
        raise ValueError(f"{name} needs no download: it is made here")
    if not root:
        raise ValueError(f"{name}: set ACTS_DATA to the folder that {known.folder} is to be put in")
    registry = {file: f"sha256:{sha256}" for file, sha256, _ in known.files}
    urls = {file: address for file, _, address in known.files}
    store = pooch.create(path=Path(root) / known.folder, base_url="", registry=registry, urls=urls)
    return [Path(store.fetch(file)) for file in registry]
