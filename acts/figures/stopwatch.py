"""Stopwatch: the time of every function alone, forward and backward, over that of ReLU."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.figures import naming, timings
from acts.figures.dots import Dot, beside, rows_of_dots
from acts.figures.palette import GREY
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, key, missing
from acts.figures.table import MISSING, Table, number, unmeasured

REFERENCE = "relu"


@drawn
def elements(records: pd.DataFrame, catalogue: pd.DataFrame, *, metric: str = "both_time_ratio") -> Drawing:
    """Return each function's time over that of ReLU on one tensor, a panel a size, and one of compiled functions.

    Filled marks are float32, hollow ones bfloat16.
    """
    found = timings.measured(records, metric)
    found = found[(found["size"] != "") & (found["mode"] != "copy") & found["dtype"].isin(["float32", "bfloat16"])]
    if found.empty:
        return missing("the time of functions alone")
    shown = [("eager", size) for size in timings.sizes(found[found["mode"] == "eager"])]
    shown += [("compiled", size) for size in timings.sizes(found[found["mode"] == "compiled"])[-1:]]
    rows = by_time(found[found["mode"] == "eager"], catalogue)
    figure, grid = beside(len(shown), 2, rows, row=0.145, top=0.26)
    ends = limits(found)
    for axes, (mode, size) in zip(grid, shown, strict=True):
        part = found[(found["mode"] == mode) & (found["size"] == str(size))]
        rows_of_dots(axes, dots(part, catalogue, hollow=part["dtype"] == "bfloat16"), rows, limits=ends, log=True)
        axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
        axes.set_title(f"{timings.worded(size)} elements{', compiled' if mode == 'compiled' else ''}")
        _unmeasured(axes, [row for row in rows if row not in set(_labels(part, catalogue))], rows)
    for axes in grid[-2:]:
        axes.set_xlabel("time ÷ that of ReLU")
    left = grid[0].get_position().x0 * figure.get_figwidth()
    key(figure, [("● float32   ○ bfloat16   vertical line: ReLU as it is, not compiled", GREY)], x=left, y=0.02)
    columns = {"activation": "activation", "mode": "mode", "size": "elements", "dtype": "number format",
               "middle": "time ÷ that of ReLU", "low": "95 % low", "high": "95 % high"}  # fmt: skip
    figure.data = sheet(found, catalogue, columns)
    tell(figure, found[(found["mode"] == "eager") & (found["size"] == str(timings.sizes(found)[-1]))], catalogue)
    return figure


def limits(found: pd.DataFrame) -> tuple[float, float]:
    """Return limits of a log axis that hold every point and 1, with room beside them."""
    ends = found["middle"].to_numpy(float)
    ends = ends[np.isfinite(ends) & (ends > 0)]
    return float(min(0.9, ends.min() / 1.15)), float(max(1.1, ends.max() * 1.15))


def by_time(found: pd.DataFrame, catalogue: pd.DataFrame) -> list[str]:
    """Return labels of activations, the quickest first by the geometric mean over what was measured."""
    level = np.log(found["middle"].clip(lower=1e-9)).groupby(found["activation"]).mean().sort_values(kind="stable")
    return [naming.label(catalogue, str(name)) for name in level.index]


def dots(part: pd.DataFrame, catalogue: pd.DataFrame, *, hollow: pd.Series) -> list[Dot]:
    """Return a point with its interval for every row, hollow where it is told."""
    colours = naming.inks(catalogue, part["activation"])
    return [
        Dot(
            naming.label(catalogue, row["activation"]), row["middle"], row["low"], row["high"],
            colours[row["activation"]], hollow=bool(light),
        )
        for row, light in zip(part.to_dict("records"), hollow, strict=True)
    ]  # fmt: skip


def _labels(part: pd.DataFrame, catalogue: pd.DataFrame) -> list[str]:
    return [naming.label(catalogue, str(name)) for name in part["activation"]]


def _unmeasured(axes: Axes, gaps: Sequence[str], rows: Sequence[str]) -> None:
    """Say in the rows that a panel has no point of that nothing was measured there."""
    for gap in gaps:
        axes.text(
            0.02, rows.index(gap), "not measured", transform=axes.get_yaxis_transform(), fontsize=SMALL - 1.5,
            ha="left", va="center_baseline", color=GREY, style="italic",
        )  # fmt: skip


def tell(figure: Drawing, part: pd.DataFrame, catalogue: pd.DataFrame) -> None:
    """Put the quickest and the slowest functions, with their ratios, into the figure's words."""
    part = part[(part["dtype"] == "float32") & (part["activation"] != REFERENCE)].sort_values("middle")
    if len(part):
        told = [f"{naming.label(catalogue, str(row['activation']))} {spanned(row)}" for row in part.to_dict("records")]
        figure.finding = f"Time relative to ReLU with its 95 % interval, the quickest first: {', '.join(told)}."


def times(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return forward and backward times over ReLU's on the largest tensor, eager and compiled, and saved bytes."""
    columns = {"activation": "Activation", "forward": "Forward [95 %]", "backward": "Backward [95 %]",
               "both": "Both [95 %]", "low": "Both, bfloat16", "compiled": "Both, compiled"}  # fmt: skip
    parts = {name: timings.measured(records, f"{name}_time_ratio") for name in ("forward", "backward", "both")}
    eager = parts["both"][parts["both"]["mode"] == "eager"]
    if eager.empty:
        return unmeasured("the time of functions alone", columns)
    size = str(timings.sizes(eager)[-1])
    rows = []
    for name in naming.ordered(catalogue, eager["activation"]):
        row = {"activation": naming.label(catalogue, name)}
        for stretch, table in parts.items():
            row[stretch] = _cell(table, activation=name, mode="eager", size=size, dtype="float32")
        both = parts["both"]
        row["low"] = _cell(both, activation=name, mode="eager", size=size, dtype="bfloat16", alone=True)
        row["compiled"] = _cell(both, activation=name, mode="compiled", dtype="float32", alone=True)
        rows.append(row)
    copied = parts["forward"]
    copied = copied[(copied["mode"] == "copy") & (copied["size"] == size) & (copied["dtype"] == "float32")]
    floor = f" A plain copy of the tensor takes {number(float(copied['middle'].iloc[0]), 2)}." if len(copied) else ""
    note = f"{timings.worded(int(size))} elements, float32; compiled functions too as ratios to ReLU as it is.{floor}"
    note = note[0].upper() + note[1:]
    return Table(
        pd.DataFrame(rows),
        columns,
        numbers=[name for name in columns if name != "activation"],
        note=note,
        own=naming.own_labels(catalogue),
    )


def _cell(table: pd.DataFrame, *, alone: bool = False, **where: str) -> str:
    """Return a middle with its interval (``alone``: without) as text; a dash where nothing was measured."""
    for column, value in where.items():
        table = table[table[column] == value]
    if table.empty:
        return MISSING
    row = table.iloc[-1]
    if alone or pd.isna(row["low"]):
        return number(row["middle"], 2)
    return f"{number(row['middle'], 2)} [{number(row['low'], 2)}, {number(row['high'], 2)}]"
