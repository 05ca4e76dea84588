"""Listing: the catalogue of activations as the table that lies beside records, for figures that never meet torch."""

import os
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from acts import activations, trees


def table(own: Collection[str]) -> pd.DataFrame:
    """Return every registered activation, a row each; ``own`` are the names of those that a configuration brings."""
    found = trees.beside(activations.catalogue())
    return found.assign(own=found["name"].isin(own))


def ensure(path: Path, own: Collection[str]) -> None:
    """Write the table at a path unless one lies there that knows all of a configuration's own functions.

    A file that is not this table is left alone; whoever reads it will say what is wrong.
    """
    if path.is_file() and set(own) <= _known(path, own):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        table(own).to_csv(staged, index=False)
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)


def _known(path: Path, own: Collection[str]) -> set[str]:
    """Return the names that a published table lists; of a file that is none, those asked for, as it is to stay."""
    try:
        return set(pd.read_csv(path, keep_default_na=False)["name"])
    except (ValueError, KeyError):
        return set(own)
