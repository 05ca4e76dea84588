"""What each activation function is: formula, code on two paths, parameters, family, source."""

import json
from typing import TYPE_CHECKING

import acts.activations.catalogue as _entries  # noqa: F401 - enters every function; `catalogue` below is the table
from acts.activations.activation import Activation
from acts.activations.module import ActivationModule
from acts.activations.registry import get, names, register, temporarily

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Activation", "ActivationModule", "catalogue", "get", "names", "register", "temporarily"]

COLUMNS = (
    "name", "label", "family", "year", "reference", "aliases", "formula", "latex", "derivative_latex", "elementwise",
    "parameters", "key",
)  # fmt: skip


def catalogue() -> "pd.DataFrame":
    """Return every registered function as one row of plain text, the content of catalogue.csv.

    ``aliases`` are separated by blanks, ``parameters`` are JSON (name to default), ``key`` is the bibliography key.
    """
    import pandas as pd

    rows = []
    for name in names():
        entry = get(name)
        row = {column: getattr(entry, column) for column in COLUMNS}
        row["aliases"], row["parameters"] = " ".join(entry.aliases), json.dumps(dict(entry.parameters))
        rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"year": "Int64", "elementwise": "bool"})
