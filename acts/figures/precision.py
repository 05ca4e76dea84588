"""Precision: errors of values and derivatives in units in the last place (ULP), and where they lose all digits."""

from typing import Any

import numpy as np
import pandas as pd

from acts import records as door
from acts.figures import naming
from acts.figures.errors import EXPERIMENT, PLACES, QUANTITIES, along, brief, measured, parts
from acts.figures.table import MISSING, Table, Text, escape, number, unmeasured

__all__ = ["along", "brief", "failures", "looked", "parts", "paths", "undefined"]

DTYPES = ("float64", "float32", "bfloat16", "float16")
_NOTHING = "Nothing of this was measured here."


def looked(records: pd.DataFrame, catalogue: pd.DataFrame) -> Text:
    """Return how many functions were looked at, at how many points, and how exact the accurate path was."""
    points, ulps = measured(records, "value_points"), measured(records, "value_ulp")
    if points.empty:
        return Text(_NOTHING)
    counts = points[(points["part"] == "all") & (points["dtype"] == "float64") & (points["path"] == "accurate")]
    accurate = ulps[(ulps["path"] == "accurate") & ulps["part"].isin(PLACES)]
    narrow = accurate[accurate["dtype"] != "float64"]["value"].max()
    wide = accurate[accurate["dtype"] == "float64"].sort_values("value").tail(1)
    worst = "".join(
        f"; in float64 the worst is {escape(naming.label(catalogue, row['activation']))} with "
        f"{number(row['value'], 2)} ULP at x = {number(_at(records, row, 'worst_x'), 4)}"
        for row in wide.to_dict("records")
    )
    return Text(
        f"Measured here: {counts['activation'].nunique()} functions at {int(counts['value'].min())} to "
        f"{int(counts['value'].max())} points each. On the accurate path the largest error of a value outside the "
        f"special places is {number(narrow, 2)} ULP in float32, bfloat16 and float16{worst}."
    )


def _at(records: pd.DataFrame, row: dict[Any, Any], what: str, quantity: str = "value") -> float:
    """Return another number of the worst point of a row, NaN where there is none."""
    own = door.where(
        records, experiment=EXPERIMENT, metric=f"{quantity}_{what}", activation=row["activation"], arm=row["arm"],
        dtype=row["dtype"],
    )  # fmt: skip
    return float(own["value"].iloc[0]) if len(own) else float("nan")


# --- other formats, and the other path --------------------------------------------------------------------------------


def paths(records: pd.DataFrame, catalogue: pd.DataFrame, *, quantity: str = "value") -> Table:
    """Return the largest error of each function outside special places: the fast path by dtype, and the accurate one.

    The accurate path computes in float64 and rounds once, so one column says it all.
    """
    columns = {"activation": "Activation", "accurate": "Accurate, float64"}
    columns |= {dtype: f"Fast, {dtype}" for dtype in DTYPES}
    rows = measured(records, f"{quantity}_ulp")
    rows = rows[rows["part"].isin(PLACES)]
    if rows.empty:
        return unmeasured("the precision of values and derivatives", columns)
    found = rows.groupby(["activation", "path", "dtype"])["value"].max()
    lines = []
    for name in naming.ordered(catalogue, rows["activation"]):
        line = {"activation": naming.label(catalogue, name)}
        line["accurate"] = _or_dash(found.get((name, "accurate", "float64")))
        lines.append(line | {dtype: _or_dash(found.get((name, "fast", dtype))) for dtype in DTYPES})
    note = f"Largest error of the {quantity} in ULP for 10⁻³⁰ ≤ |x| ≤ 1000."
    return Table(
        pd.DataFrame(lines),
        columns,
        numbers=[name for name in columns if name != "activation"],
        note=note,
        own=naming.own_labels(catalogue),
    )


def _or_dash(value: float | None) -> str:
    return MISSING if value is None else brief(value)


# --- where digits are lost --------------------------------------------------------------------------------------------


def failures(records: pd.DataFrame, catalogue: pd.DataFrame, *, dtype: str = "float32") -> Table:
    """Return where the fast path has lost all digits: the stretch of x, and its worst point with what should be."""
    columns = {"activation": "Activation", "quantity": "Of", "stretch": "Wrong for x", "x": "Worst at",
               "got": "Comes out as", "true": "Should be"}  # fmt: skip
    if measured(records, "value_ulp").empty:
        return unmeasured("where functions are wrong", columns)
    lines = []
    for quantity in QUANTITIES:
        for name in measured(records, f"{quantity}_lost")["activation"].drop_duplicates():
            line = _failure(_worst(records, name, dtype), quantity)
            if line:
                lines.append({**line, "name": name, "activation": naming.label(catalogue, name), "quantity": quantity})
    order = naming.ordered(catalogue, [line["name"] for line in lines])
    lines.sort(key=lambda line: (order.index(line["name"]), line["quantity"] != "value"))
    lines = lines or [dict.fromkeys(columns, MISSING) | {"activation": "none"}]
    note = f"PyTorch's own functions, or ours where it has none, in {dtype}, for 10⁻³⁰ ≤ |x| ≤ 1000."
    return Table(
        pd.DataFrame(lines),
        columns,
        numbers=("stretch", "x", "got", "true"),
        note=note,
        own=naming.own_labels(catalogue),
    )


def _worst(records: pd.DataFrame, name: str, dtype: str) -> dict[tuple[str, str], float]:
    """Return what is known of a function's fast path, by part of the axis and metric."""
    rows = door.where(records, experiment=EXPERIMENT, activation=name, dtype=dtype)
    return {
        (arm.rpartition("part=")[2], metric): float(value)
        for arm, metric, value in zip(rows["arm"], rows["metric"], rows["value"], strict=True)
        if str(arm).startswith("path=fast;part=")
    }


def _failure(values: dict[tuple[str, str], float], quantity: str) -> dict[str, str]:
    """Return one line of the table, empty where nothing is lost."""
    low, high = (values.get(("all", f"{quantity}_lost_{end}"), np.nan) for end in ("low", "high"))
    if np.isnan(low):
        return {}
    part = max(PLACES, key=lambda one: values.get((one, f"{quantity}_ulp"), 0.0))
    worst = {
        cell: number(values.get((part, f"{quantity}_{what}"), np.nan), 3)
        for cell, what in (("x", "worst_x"), ("got", "worst_got"), ("true", "worst_true"))
    }
    return {"stretch": _stretch(low, high, values.get(("all", f"{quantity}_lost_near"), np.nan)), **worst}


def undefined(records: pd.DataFrame, catalogue: pd.DataFrame, *, dtype: str = "float32") -> Table:
    """Return from which x on the fast path gives nan, or infinity, in place of a number, value beside derivative."""
    columns = {"activation": "Activation", "value": "Value, from x =", "derivative": "Derivative, from x ="}
    rows = door.where(records, experiment=EXPERIMENT, metric=[f"{one}_undefined_x" for one in QUANTITIES], dtype=dtype)
    rows = rows[rows["arm"].astype("string").fillna("").eq("path=fast;part=all")]
    if measured(records, "value_ulp").empty:
        return unmeasured("where functions are not numbers", columns)
    known = rows.set_index(["activation", "metric"])["value"]
    lines = [
        {"activation": naming.label(catalogue, name)}
        | {one: number(float(known.get((name, f"{one}_undefined_x"), np.nan)), 2) for one in QUANTITIES}
        for name in naming.ordered(catalogue, rows["activation"])
    ]
    lines = lines or [dict.fromkeys(columns, MISSING) | {"activation": "none"}]
    return Table(pd.DataFrame(lines), columns, numbers=QUANTITIES, own=naming.own_labels(catalogue))


def _stretch(low: float, high: float, near: float) -> str:
    """Return from where to where digits are lost; of both sides of 0 by the distance from it."""
    if low < 0 < high:
        return f"±{number(near, 3)} … ±{number(max(-low, high), 3)}".replace(" ", "\u00a0")
    return f"{number(low, 3)} … {number(high, 3)}".replace(" ", "\u00a0") if high > low else number(low, 3)
