"""Precision: errors of values and derivatives in units in the last place (ULP), and where they lose all digits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from acts import records as door
from acts.figures import naming
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.palette import FAMILIES, GREY, ink_on
from acts.figures.style import Drawing, drawn, key, missing, panels
from acts.figures.table import MISSING, Table, Text, escape, number, unmeasured

EXPERIMENT = "precision"
DTYPES = ("float64", "float32", "bfloat16", "float16")
QUANTITIES = ("value", "derivative")
PARTS = {"tail_low": "x < −4", "center": "−4 … 4", "tail_high": "x > 4", "special": "special"}
PLACES = ("tail_low", "center", "tail_high")  # where a reader's numbers lie
GOOD = 4.0  # ULP, set before the run: what a careful implementation in its own precision stays within
LOST = 0.01  # the relative error above which a result counts as lost
FEW = ("sigmoid", "tanh", "softsign", "softplus", "gelu", "gelu_tanh", "swish", "mish", "hardswish")
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_TOP = 1e9  # of the curve's axis; beyond it, and infinite, is drawn at the edge
_NOTHING = "Nothing of this was measured here."


def measured(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the rows of a metric such as ``value_ulp`` with the factors of their arm as columns path, part and x."""
    rows = door.where(records, experiment=EXPERIMENT, metric=metric)
    arms = rows["arm"].astype("string")
    factors = {name: arms.str.extract(rf"(?:^|;){name}=([^;]+)", expand=False) for name in ("path", "part", "x")}
    return rows.assign(**factors)


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


# --- by part of the axis ----------------------------------------------------------------------------------------------


@drawn
def parts(records: pd.DataFrame, catalogue: pd.DataFrame, *, dtype: str = "float32", path: str = "fast") -> Figure:
    """Return the largest error of each function in each part of the axis as shaded cells with their numbers.

    One panel the values, one the derivatives; cells within 4 ULP are not shaded.
    """
    tables = {quantity: _largest(records, f"{quantity}_ulp", dtype=dtype, path=path) for quantity in QUANTITIES}
    if all(table.empty for table in tables.values()):
        return missing("the precision of values and derivatives")
    names = naming.ordered(catalogue, [name for table in tables.values() for name in table.index])
    figure, grid = panels(2, 2, height=0.155 * len(names), left=1.0, right=0.1, top=0.42, bottom=0.3, foot=0.12)
    for axes, (quantity, table) in zip(grid, tables.items(), strict=True):
        _cells(axes, table.reindex(names), [naming.label(catalogue, name) for name in names])
        axes.set_title(quantity, pad=16)
        axes.set_xlabel("largest error (ULP)")
    key(figure, [(f"shaded: more than {GOOD:g} ULP; ∞: nan, or infinity for a number", GREY)], x=1.0, y=0.0)
    _say(figure, tables)
    return figure


def _largest(records: pd.DataFrame, metric: str, *, dtype: str, path: str) -> pd.DataFrame:
    """Return the largest error, an activation a row and a part a column."""
    rows = measured(records, metric)
    rows = rows[(rows["path"] == path) & (rows["dtype"] == dtype) & rows["part"].isin(list(PARTS))]
    table = rows.pivot_table(index="activation", columns="part", values="value", aggfunc="max")
    return table.reindex(columns=list(PARTS))


def _cells(axes: Axes, table: pd.DataFrame, labels: list[str]) -> None:
    """Draw a table as cells shaded by the decades above the bound, each with its number."""
    for row, values in enumerate(table.to_numpy(float)):
        for column, value in enumerate(values):
            if np.isnan(value):
                axes.text(column, row, MISSING, ha="center", va="center_baseline", fontsize=6, color=GREY)
                continue
            colour = _shade(value)
            if colour:
                axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=colour, linewidth=0))
            ink = ink_on(colour) if colour else "#000000"
            axes.text(column, row, brief(value), ha="center", va="center_baseline", fontsize=6, color=ink)
    axes.set_xlim(-0.5, len(PARTS) - 0.5)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xticks(range(len(PARTS)), list(PARTS.values()))
    axes.set_yticks(range(len(labels)), labels)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("bottom")
    axes.tick_params(length=0, pad=2)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


_SHADES = ((GOOD, "#f3b8ad"), (1e2, "#e2806f"), (1e4, FAMILIES["exponential"]), (np.inf, "#7d1a0e"))


def _shade(value: float) -> str:
    """Return the colour of an error, empty where it is within the bound."""
    colour = ""
    for bound, shade in _SHADES:
        colour = shade if value > bound or (np.isinf(value) and np.isinf(bound)) else colour
    return colour


def brief(value: float) -> str:
    """Return an error in as few letters as a cell has room for: 0.5, 12, 4 × 10⁶, ∞."""
    if value >= 1000:
        return "∞" if np.isinf(value) else number(value, 1)
    return "0" if value < 0.005 else number(value, 2)


def _say(figure: Figure, tables: dict[str, pd.DataFrame]) -> None:
    """Put into the figure's words how many functions stay within the bound."""
    if not isinstance(figure, Drawing):
        return
    told = [
        f"{int((table[list(PLACES)].max(axis=1) <= GOOD).sum())} of {len(table)} {quantity}s stay within {GOOD:g} ULP"
        for quantity, table in tables.items()
    ]
    figure.finding = "Outside the special places " + " and ".join(told) + "."


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
    return Table(pd.DataFrame(lines), columns, numbers=[name for name in columns if name != "activation"], note=note)


def _or_dash(value: float | None) -> str:
    return MISSING if value is None else brief(value)


# --- along the axis ---------------------------------------------------------------------------------------------------


@drawn
def along(records: pd.DataFrame, catalogue: pd.DataFrame, *, few: Sequence[str] = FEW) -> Figure:
    """Return the fast path's largest error along the axis in float32, for those of a few that leave the bound."""
    tables = {quantity: _binned(records, f"{quantity}_ulp") for quantity in QUANTITIES}
    if all(table.empty for table in tables.values()):
        return missing("errors along the axis")
    figure, grid = panels(2, 2, height=max(2.1, needed_height(len(few)) + 0.2), left=0.55, right=0.95)
    for place, (axes, (quantity, table)) in enumerate(zip(grid, tables.items(), strict=True)):
        worst = table.groupby("activation")["value"].max()
        _curves(axes, table, [name for name in few if worst.get(name, 0.0) > GOOD], catalogue)
        axes.axhline(GOOD, color=GREY, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
        axes.set_title(quantity)
        axes.set_xlabel("x")
        axes.set_ylabel("largest error (ULP)" if place == 0 else "")
    return figure


def _binned(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the curve's points, with x as a number."""
    rows = measured(records, metric).dropna(subset=["x"])
    return rows.assign(x=rows["x"].astype(float)).sort_values("x")


def _curves(axes: Axes, table: pd.DataFrame, names: list[str], catalogue: pd.DataFrame) -> None:
    """Draw the curves of some functions, each named where it is highest."""
    strokes, ends = naming.strokes(catalogue, names), []
    axes.set_yscale("log")
    axes.set_ylim(0.3, _TOP)
    powers = range(0, 10, 2)
    axes.set_yticks([10.0**power for power in powers], [f"10{str(power).translate(RAISED)}" for power in powers])
    axes.set_xlim(-20, 20)
    for name in strokes:
        line = table[table["activation"] == name]
        height = line["value"].clip(0.3, _TOP)
        colour = str(strokes[name]["color"])
        axes.plot(line["x"], height, color=colour, linestyle=strokes[name]["linestyle"], linewidth=0.9)
        top = int(np.argmax(height))
        ends.append(End(naming.label(catalogue, name), float(height.iloc[top]), colour, x=float(line["x"].iloc[top])))
    at_ends(axes, ends)


# --- where digits are lost --------------------------------------------------------------------------------------------


def failures(records: pd.DataFrame, catalogue: pd.DataFrame, *, dtype: str = "float32") -> Table:
    """Return where the fast path has lost all digits: the stretch of x, and its worst point with what should be."""
    columns = {"activation": "Activation", "quantity": "Of", "stretch": "Wrong for x", "x": "Worst at",
               "got": "Comes out as", "true": "Should be", "special": "nan from"}  # fmt: skip
    lines = []
    for quantity in QUANTITIES:
        for name in measured(records, f"{quantity}_lost")["activation"].drop_duplicates():
            line = _failure(records, name, quantity, dtype)
            if line:
                lines.append({**line, "name": name, "activation": naming.label(catalogue, name), "quantity": quantity})
    if measured(records, "value_ulp").empty:
        return unmeasured("where functions are wrong", columns)
    if not lines:
        return Table(pd.DataFrame([dict.fromkeys(columns, MISSING) | {"activation": "none"}]), columns)
    order = naming.ordered(catalogue, [line["name"] for line in lines])
    lines.sort(key=lambda line: (order.index(line["name"]), line["quantity"] != "value"))
    note = f"PyTorch's own functions, or ours where it has none, in {dtype}, for 10⁻³⁰ ≤ |x| ≤ 1000."
    return Table(pd.DataFrame(lines), columns, numbers=("stretch", "x", "got", "true", "special"), note=note)


def _failure(records: pd.DataFrame, name: str, quantity: str, dtype: str) -> dict[str, str]:
    """Return one line of the table, empty where nothing is lost."""
    rows = door.where(records, experiment=EXPERIMENT, activation=name, dtype=dtype)
    values = {
        (arm.rpartition("part=")[2], metric): value
        for arm, metric, value in zip(rows["arm"], rows["metric"], rows["value"], strict=True)
        if str(arm).startswith("path=fast;part=")
    }
    low, high = (values.get(("all", f"{quantity}_lost_{end}"), np.nan) for end in ("low", "high"))
    undefined = values.get(("all", f"{quantity}_undefined_x"), np.nan)
    if np.isnan(low) and np.isnan(undefined):
        return {}
    line = dict.fromkeys(("stretch", "x", "got", "true", "special"), MISSING)
    if not np.isnan(undefined):
        line["special"] = number(undefined, 2)
    if not np.isnan(low):
        line["stretch"] = _stretch(low, high, values.get(("all", f"{quantity}_lost_near"), np.nan))
        part = max(PLACES, key=lambda one: values.get((one, f"{quantity}_ulp"), 0.0))
        for cell, what in (("x", "worst_x"), ("got", "worst_got"), ("true", "worst_true")):
            line[cell] = number(values.get((part, f"{quantity}_{what}"), np.nan), 3)
    return line


def _stretch(low: float, high: float, near: float) -> str:
    """Return from where to where digits are lost; of both sides of 0 by the distance from it."""
    if low < 0 < high:
        return f"±{number(near, 3)} … ±{number(max(-low, high), 3)}".replace(" ", "\u00a0")
    return f"{number(low, 3)} … {number(high, 3)}".replace(" ", "\u00a0") if high > low else number(low, 3)
