"""Likeness: which function of the catalogue another one resembles, and whether its shape is new.

A scale and an offset of the output, and a mirror, are absorbed by the weights and biases around a layer, so two curves
are as alike as the best scale · f(±x) + offset makes them, for inputs that are standard normal. A stretch of the input
is absorbed by the weights before, where the initialisation goes along; it is told beside.
"""

from functools import partial

import numpy as np
import pandas as pd

from acts import stats
from acts.claims.index import Index, indexed

SAME, ALIKE, AKIN = 1e-6, 0.001, 0.01  # shares of variance left up to which a shape is the same, alike, akin
STRETCHES = tuple(float(one) for one in np.geomspace(0.5, 2.0, 33))
COLUMNS = ("other", "share", "scale", "offset", "mirrored", "distance", "stretch", "stretched")


def curves(records: pd.DataFrame | Index) -> pd.DataFrame:
    """Return the values of every element-wise function on the common grid: a row an x, a column an activation."""
    rows = indexed(records).metric("formulas", "value", phase="exact")
    found = rows.assign(x=rows["arm"].str.extract(r"^x=([-+0-9.e]+)$", expand=False).astype(float))
    found = found.dropna(subset=["x"]).drop_duplicates(["x", "activation"])
    wide = found.pivot(index="x", columns="activation", values="value").sort_index()
    return wide[[name for name in wide if np.isfinite(wide[name]).all()]]


def neighbours(records: pd.DataFrame | Index, name: str) -> pd.DataFrame:
    """Return every other function by how much of the variance of a function it leaves unexplained, the nearest first.

    ``scale``, ``offset`` and ``mirrored`` make the other one the best likeness; ``distance`` is the root mean square
    difference without them; ``stretched`` is the share left where the input may be stretched too, by ``stretch``.
    Empty where the function has no finite curve. Looked for once for an index.
    """
    index = indexed(records)
    found: pd.DataFrame = index.kept(("neighbours", name), partial(_neighbours, index, name))
    return found


def _neighbours(index: Index, name: str) -> pd.DataFrame:
    wide = curves(index)
    if name not in wide or not wide[name].std():
        return pd.DataFrame(columns=list(COLUMNS))
    rows = [_beside(wide, name, str(other)) for other in wide.columns if other != name]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("share", ignore_index=True, kind="stable")


def _beside(wide: pd.DataFrame, name: str, other: str) -> dict[str, object]:
    x, own, that = wide.index.to_numpy(float), wide[name].to_numpy(float), wide[other].to_numpy(float)
    found = stats.likeness(x, own, that)
    stretched = stats.likeness(x, own, that, stretches=STRETCHES)
    about = {field: getattr(found, field) for field in ("share", "scale", "offset", "mirrored", "distance")}
    return {"other": other, **about, "stretch": stretched.stretch, "stretched": stretched.share}


def nearest(records: pd.DataFrame | Index) -> pd.Series:
    """Return for every function with a curve that is no constant the share that its nearest neighbour leaves."""
    wide = curves(records)
    x = wide.index.to_numpy(float)
    values = {str(name): wide[name].to_numpy(float) for name in wide if wide[name].std()}
    left = {
        name: min((stats.likeness(x, own, that).share for other, that in values.items() if other != name), default=1.0)
        for name, own in values.items()
    }
    return pd.Series(left, dtype=float)


def novelty(share: float) -> str:
    """Return whether a shape whose nearest neighbour leaves this share of its variance is new, in words."""
    if share <= SAME:
        return "the same shape"
    return "nearly the same shape" if share <= ALIKE else "a close relative" if share <= AKIN else "a shape of its own"
