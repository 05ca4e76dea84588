"""Forest: every primary contrast behind the claims, a panel a claim, each in its own unit with its own margin."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from acts import claims
from acts.claims import contrasts, sides
from acts.figures import naming
from acts.figures.dots import Dot, rows_of_dots
from acts.figures.palette import GREY, PALE, VERDICTS
from acts.figures.style import WIDTH, drawn, missing, text_width

_ROW, _TOP, _BOTTOM = 0.125, 0.3, 0.42  # inches
_SIZE, _GAP, _RIGHT = 6, 0.14, 0.12  # of a row's label in points, between label and axis and right of it in inches
_LEAST, _MOST = 1.2, 2.2  # inches that the labels take
_WORST = -150.0  # the most that a percentage may stretch an axis


@drawn
def forest(records: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:
    """Return the paired differences that claims rest on, positive in the claim's favour, two columns of panels.

    Colour is what a contrast says by itself; the band is the margin, and dots outside the scale become arrows.
    """
    found = tables(records)
    if not found:
        return missing("the contrasts behind the claims")
    named = [name for claim, table in found for name in _names(claim, table, catalogue)]
    labels = min(_MOST, max(_LEAST, _GAP + max(text_width(name, _SIZE) for name in named)))
    columns = _columns(found)
    tall = max(sum(_height(table) for _, table in column) for column in columns)
    figure = Figure(figsize=(WIDTH, tall))
    width = WIDTH / 2
    for place, column in enumerate(columns):
        top = tall
        for claim, table in column:
            inside = _height(table) - _TOP - _BOTTOM
            box = (place * width + labels, top - _TOP - inside, width - labels - _RIGHT, inside)
            axes = figure.add_axes(tuple(side / (WIDTH, tall)[at % 2] for at, side in enumerate(box)))  # type: ignore[arg-type]
            _panel(axes, claim, table, catalogue)
            axes.set_title(_title(claim, table, catalogue), x=-labels / (width - labels - _RIGHT), fontsize=7.5)
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
    names = _names(claim, table, catalogue)
    dots = [
        Dot(name, row["effect"], row["low"], row["high"], VERDICTS.get(row["verdict"], GREY))
        for name, row in zip(names, rows, strict=True)
    ]
    margin = float(table["margin"].iloc[0])
    rows_of_dots(axes, dots, names, limits=_limits(table, margin))
    axes.axvspan(-margin, margin, color=PALE, alpha=0.4, linewidth=0, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(axis="y", labelsize=_SIZE)
    axes.set_xlabel(str(table["unit"].iloc[0]), fontsize=7, loc="right")


def _title(claim: Any, table: pd.DataFrame, catalogue: pd.DataFrame) -> str:
    against = f" vs {', '.join(naming.label(catalogue, rival) for rival in _rivals(table))}" if _rivals(table) else ""
    return f"{claim.id}  {naming.label(catalogue, sides.name(claim.rule.a))}{against}"


def _rivals(table: pd.DataFrame) -> list[str]:
    return [str(rival) for rival in dict.fromkeys(table["rival"]) if rival]


def _names(claim: Any, table: pd.DataFrame, catalogue: pd.DataFrame) -> list[str]:
    """Return what sets each contrast apart from the others of its claim; a lone rival stands in the title."""
    several = len(_rivals(table)) > 1
    names = []
    for row in table.to_dict("records"):
        rival = [naming.label(catalogue, row["rival"])] if several else []
        places = [_place(column, row[column]) for column in claim.rule.over if pd.notna(row.get(column))]
        names.append(", ".join([*rival, *places]))
    return names


def _place(column: str, value: object) -> str:
    return f"{column} {value}" if column in ("depth", "layer", "step") else naming.word(str(value))


def _limits(table: pd.DataFrame, margin: float) -> tuple[float, float]:
    ends = table[["effect", "low", "high"]].to_numpy(float)
    finite = ends[np.isfinite(ends)]
    low, high = min(finite.min(), -1.6 * margin, 0.0), max(finite.max(), 1.6 * margin, 0.0)
    low = max(low, _WORST) if "%" in str(table["unit"].iloc[0]) else low
    room = 0.04 * (high - low)
    return float(low - room), float(high + room)
