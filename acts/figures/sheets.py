"""Sheets: what a figure draws as a table to take along, one row a mark, in a reader's words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from acts.figures import naming

_WORDS = ("dataset", "network", "optimizer", "init", "norm")


def sheet(rows: pd.DataFrame, catalogue: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the named columns of what is drawn under a reader's headings; columns that are not there are left out.

    Activations stand under their labels, data sets, networks, optimisers and inits in words; whole numbers are kept
    whole where none is missing.
    """
    found = {}
    for column in [one for one in columns if one in rows.columns]:
        values = rows[column]
        if column == "activation":
            values = values.map({one: naming.label(catalogue, str(one)) for one in values.unique()})
        elif column in _WORDS:
            values = values.map({one: naming.word(str(one)) for one in values.dropna().unique()})
        found[columns[column]] = _whole(values)
    return pd.DataFrame(found).reset_index(drop=True)


def _whole(values: pd.Series) -> pd.Series:
    """Return whole numbers as such, so that a seed or a depth is not written with a point."""
    if not pd.api.types.is_float_dtype(values) or values.isna().any():
        return values
    numbers = values.to_numpy(float)
    whole = len(numbers) and np.isfinite(numbers).all() and (numbers == numbers.round()).all()
    return values.astype("int64") if whole else values
