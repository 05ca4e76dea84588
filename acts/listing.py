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
    if path.is_file():
        known = pd.read_csv(path)
        if "name" not in known or set(own) <= set(known["name"]):
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        table(own).to_csv(staged, index=False)
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)
