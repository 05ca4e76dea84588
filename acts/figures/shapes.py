"""Shapes: what a configuration's own functions look like, and which other function they resemble most."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.claims import likeness
from acts.claims.index import Index, indexed
from acts.figures import naming
from acts.figures.palette import GREY, INK, PALE
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import Table, number, unmeasured

_X = 4.0  # inputs that are drawn: nearly all of a standard normal
_LISTED = 5  # neighbours that a table names


def _known(index: Index, catalogue: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the neighbours of the functions of one's own that have some, of as many as a figure has room for."""
    found = {name: likeness.neighbours(index, name) for name in naming.own(catalogue)}
    return {name: found[name] for name in naming.brought(catalogue, [one for one in found if len(found[one])])}


@drawn
def shapes(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Drawing:
    """Return every own function over its nearest neighbour, a panel each: as it is, and scaled, shifted, mirrored."""
    index = indexed(records)
    known = _known(index, catalogue)
    if not known:
        return missing("the curve of a function of one's own")
    curves = likeness.curves(index)
    curves = curves[np.abs(curves.index.to_numpy(float)) <= _X]
    columns = 2 if len(known) <= 4 else 3
    height = 2.3 if len(known) <= 4 else 1.5
    figure, grid = panels(len(known), columns, height=height, left=0.5, right=0.2, top=0.36, bottom=0.42, foot=0.2)
    parts = []
    for place, (axes, (name, found)) in enumerate(zip(grid, known.items(), strict=True)):
        parts.append(_panel(axes, curves, name, found.iloc[0].to_dict(), catalogue))
        axes.set_xlabel("x" if place >= len(known) - columns else "")
        axes.set_ylabel("f(x)" if place % columns == 0 else "")
    figure.text(
        0.0, 0.0, "thick: the function; dashed: the neighbour as it is; thin: at its best scale, offset and mirroring",
        fontsize=SMALL, color=GREY, va="bottom",
    )  # fmt: skip
    figure.data = sheet(pd.concat(parts, ignore_index=True), catalogue, {
        "function": "function", "x": "x", "value": "f(x)", "other": "neighbour", "plain": "neighbour at x",
        "fitted": "neighbour, scaled, shifted, mirrored"})  # fmt: skip
    figure.finding = " ".join(_told(found, catalogue, name) for name, found in known.items())
    return figure


def _panel(axes: Axes, curves: pd.DataFrame, name: str, row: dict[Any, Any], catalogue: pd.DataFrame) -> pd.DataFrame:
    """Draw a function over its neighbour and return what was drawn."""
    x, own, other = curves.index.to_numpy(float), curves[name].to_numpy(float), curves[row["other"]].to_numpy(float)
    fitted = row["scale"] * (other[::-1] if row["mirrored"] else other) + row["offset"]
    colour, label = naming.colour(catalogue, name), naming.label(catalogue, row["other"])
    low, high = min(own.min(), fitted.min()), max(own.max(), fitted.max())
    room = 0.06 * (high - low or 1.0)
    axes.set_xlim(-_X, _X)
    axes.set_ylim(low - room, high + room)
    weight = np.exp(-(x**2) / 2)
    axes.fill_between(x, low - room, low - room + 0.5 * weight * (high - low), color=PALE, alpha=0.35, linewidth=0)
    axes.axhline(0, color=GREY, linewidth=0.5, zorder=1)
    axes.axvline(0, color=GREY, linewidth=0.5, zorder=1)
    axes.plot(x, other, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)), zorder=2)
    axes.plot(x, own, color=colour, linewidth=2.6, zorder=3, alpha=0.85)
    axes.plot(x, fitted, color=INK, linewidth=0.9, zorder=4)
    axes.set_title(f"{naming.label(catalogue, name)} over {label}", color=colour)
    frame = {"x": x, "value": own, "plain": other, "fitted": fitted}
    return pd.DataFrame(frame).assign(function=naming.label(catalogue, name), other=label)


def _told(found: pd.DataFrame, catalogue: pd.DataFrame, name: str) -> str:
    row = found.iloc[0].to_dict()
    return (
        f"{naming.label(catalogue, name)} is nearest to {naming.label(catalogue, row['other'])}, of which "
        f"{transformed(row)} leaves {percent(row['share'])} of its variance unexplained."
    )


def transformed(row: dict[Any, Any]) -> str:
    """Return a scaled, shifted and mirrored neighbour as a formula: 1.12 f(−x) + 0.3."""
    factor, offset = number(row["scale"]), float(row["offset"])
    scale = {"1.00": "", "1": "", "−1.00": "−", "−1": "−"}.get(factor, f"{factor} ")
    shift = "" if abs(offset) < 5e-4 else f" {'−' if offset < 0 else '+'} {number(abs(offset))}"
    return f"{scale}f({'−' if row['mirrored'] else ''}x){shift}"


def percent(share: float) -> str:
    """Return a share in per cent with two digits, and next to nothing as such."""
    return "under 0.001 %" if share < 1e-5 else f"{number(100 * share, 2)} %"


def neighbours(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Table:
    """Return the five nearest neighbours of every own function: what they leave unexplained, and the raw distance."""
    columns = {"function": "Function", "other": "Neighbour f", "best": "Best likeness", "share": "Unexplained",
               "stretched": "Stretched too", "distance": "Raw distance"}  # fmt: skip
    index = indexed(records)
    rows = [
        {"function": naming.label(catalogue, name), "other": naming.label(catalogue, row["other"]),
         "best": transformed(row), "share": percent(row["share"]), "stretched": percent(row["stretched"]),
         "distance": row["distance"]}
        for name, found in _known(index, catalogue).items()
        for row in found.head(_LISTED).to_dict("records")
    ]  # fmt: skip
    if not rows:
        return unmeasured("the curve of a function of one's own", columns)
    nearest = index.kept(("nearest",), lambda: likeness.nearest(index))
    others = nearest.drop([name for name in naming.own(catalogue) if name in nearest.index])
    return Table(pd.DataFrame(rows), columns, digits=2, numbers=("share", "stretched"), note=_around(others))


def _around(others: pd.Series) -> str:
    """Return how near the nearest neighbours of all other functions are, which says what is usual."""
    if others.empty:
        return ""
    median, far = percent(float(others.median())), int((others > likeness.AKIN).sum())
    return (
        f"Among the {len(others)} other functions the nearest neighbour leaves {median} in the median, and more than "
        f"{percent(likeness.AKIN)} for {far} of them."
    )
