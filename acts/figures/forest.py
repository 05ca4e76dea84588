"""Forest: every primary contrast behind the claims, a panel a claim, each in its own unit with its own margin."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from acts import claims
from acts.claims import contrasts
from acts.figures import naming
from acts.figures.dots import Dot, rows_of_dots
from acts.figures.palette import GREY, PALE, VERDICTS
from acts.figures.style import WIDTH, drawn, missing

_ROW, _TOP, _BOTTOM = 0.125, 0.3, 0.42  # inches
_LABELS, _RIGHT = 1.72, 0.12
_WORST = -150.0  # the most that a percentage may stretch an axis


@drawn
def forest(records: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:
    """Return the paired differences that claims rest on, positive in the claim's favour, two columns of panels.

    Colour is what a contrast says by itself; the band is the margin, and dots outside the scale become arrows.
    """
    found = tables(records)
    if not found:
        return missing("the contrasts behind the claims")
    columns = _columns(found)
    tall = max(sum(_height(table) for _, table in column) for column in columns)
    figure = Figure(figsize=(WIDTH, tall))
    width = WIDTH / 2
    for place, column in enumerate(columns):
        top = tall
        for claim, table in column:
            inside = _height(table) - _TOP - _BOTTOM
            box = (place * width + _LABELS, top - _TOP - inside, width - _LABELS - _RIGHT, inside)
            axes = figure.add_axes(tuple(side / (WIDTH, tall)[at % 2] for at, side in enumerate(box)))  # type: ignore[arg-type]
            _panel(axes, claim, table, catalogue)
            top -= _height(table)
    return figure


def tables(records: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    """Return the claims that contrasts decide, each with a row a contrast that has a number."""
    found = []
    for claim in claims.catalogue():
        if claim.rule.kind in ("contrast", "sweep"):
            table = contrasts.table(claim, records)
            table = table[table["effect"].notna()] if len(table) else table
            if len(table):
                found.append((claim, table.reset_index(drop=True)))
    return found


def _columns(found: list[tuple[Any, pd.DataFrame]]) -> list[list[tuple[Any, pd.DataFrame]]]:
    """Return the panels in two columns of about equal height, each in the order of the claims."""
    columns: list[list[tuple[Any, pd.DataFrame]]] = [[], []]
    heights = [0.0, 0.0]
    for claim, table in sorted(found, key=lambda pair: -len(pair[1])):
        shorter = int(heights[1] < heights[0])
        columns[shorter].append((claim, table))
        heights[shorter] += _height(table)
    return [sorted(column, key=lambda pair: pair[0].id) for column in columns]


def _height(table: pd.DataFrame) -> float:
    return _TOP + _ROW * max(len(table), 2) + _BOTTOM


def _panel(axes: Axes, claim: Any, table: pd.DataFrame, catalogue: pd.DataFrame) -> None:
    rows = table.to_dict("records")
    names = [_name(row, claim.rule.over, catalogue) for row in rows]
    dots = [
        Dot(name, row["effect"], row["low"], row["high"], VERDICTS.get(row["verdict"], GREY))
        for name, row in zip(names, rows, strict=True)
    ]
    margin = float(table["margin"].iloc[0])
    rows_of_dots(axes, dots, names, limits=_limits(table, margin))
    axes.axvspan(-margin, margin, color=PALE, alpha=0.4, linewidth=0, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(axis="y", labelsize=6)
    rivals = list(dict.fromkeys(row["rival"] for row in rows if row["rival"]))
    against = f" vs {', '.join(naming.label(catalogue, rival) for rival in rivals)}" if rivals else ""
    axes.set_title(f"{claim.id}  {naming.label(catalogue, claim.rule.a)}{against}", x=-_LABELS / 1.66, fontsize=7.5)
    axes.set_xlabel(str(table["unit"].iloc[0]), fontsize=7, loc="right")


def _name(row: dict[Any, Any], over: tuple[str, ...], catalogue: pd.DataFrame) -> str:
    """Return what sets a contrast apart from the others of its claim."""
    rival = [naming.label(catalogue, row["rival"])] if row["rival"] else []
    places = [_place(column, row[column]) for column in over if column in row and pd.notna(row[column])]
    return ", ".join([*rival, *places])


def _place(column: str, value: object) -> str:
    return f"{column} {value}" if column in ("depth", "layer", "step") else naming.word(str(value))


def _limits(table: pd.DataFrame, margin: float) -> tuple[float, float]:
    ends = table[["effect", "low", "high"]].to_numpy(float)
    finite = ends[np.isfinite(ends)]
    low, high = min(finite.min(), -1.6 * margin, 0.0), max(finite.max(), 1.6 * margin, 0.0)
    low = max(low, _WORST) if "%" in str(table["unit"].iloc[0]) else low
    room = 0.04 * (high - low)
    return float(low - room), float(high + room)
