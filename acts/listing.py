"""Listing: the catalogue of activations as the table that lies beside records, for figures that never meet torch."""

import json
import os
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from acts import activations, trees

TOLD = ("label", "formula", "parameters")  # of a function; the table's other columns follow from these


def table(own: Collection[str]) -> pd.DataFrame:
    """Return every registered activation, a row each; ``own`` are the names of those that a configuration brings."""
    found = trees.beside(activations.catalogue())
    return found.assign(own=found["name"].isin(own))


def ensure(path: Path, own: Collection[str]) -> None:
    """Write the table at a path unless one lies there that knows a configuration's own functions as they are now.

    A file that is not this table is left alone; whoever reads it will say what is wrong.
    """
    if path.is_file() and _known(path, own):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        table(own).to_csv(staged, index=False)
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)


def _known(path: Path, own: Collection[str]) -> bool:
    """Say whether a published table has functions as they are entered now; one that is no such table is to stay."""
    try:
        listed = pd.read_csv(path, keep_default_na=False)
        marked = listed[listed["own"]].set_index("name")[list(TOLD)]
    except (ValueError, KeyError):
        return True
    published = dict(zip(marked.index, marked.itertuples(index=False, name=None), strict=True))
    return all(published.get(name) == _told(activations.get(name)) for name in own)


def _told(entry: activations.Activation) -> tuple[str, ...]:
    """Return what a published table says of a function that its user may edit."""
    return entry.label, entry.formula or "", json.dumps(dict(entry.parameters))
