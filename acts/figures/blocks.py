"""Blocks: an activation against a reference in networks by depth, norm and residual sums, under every init."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.figures import arms, naming
from acts.figures.arms import apart, banded, ratios
from acts.figures.dots import Dot, log_limits, rows_of_dots
from acts.figures.palette import GREY, INK, OWN, quiet
from acts.figures.results import spanned
from acts.figures.scales import plain
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, fitted, missing, text_width
from acts.figures.table import MISSING, Table, unmeasured

WORD = "robustness"
NET = ["dataset", "network", "norm"]
INITS = ("torch_default", "he", "lecun", "stable", "critical")
PICKED = "picked with the rate"
_ROW, _TOP, _BOTTOM, _BETWEEN = 0.15, 0.42, 0.42, 0.14  # inches
_WIDEST = 30.0  # the largest ratio that is drawn to scale


@drawn
def blocks(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Drawing:
    """Return test error relative to a reference, a column of panels a network and a line of them an activation.

    Rows are inits, the last one the init that validation rows picked together with the rate. Filled dots have their
    whole interval beyond the margin.
    """
    found = contrasts(records, reference=reference)
    name = naming.label(catalogue, reference)
    if found.empty:
        return missing(f"error by depth, init, norm and residual sums against {name}")
    rows = [naming.word(init) for init in INITS if init in set(found["init"])] + [PICKED]
    nets, names = list(arms.nets(found, NET)), naming.ordered(catalogue, found["activation"])
    limits = log_limits(found[["middle", "low", "high"]].to_numpy(float).ravel(), widest=_WIDEST)
    colours = naming.inks(catalogue, names)
    figure, grid = _grid(rows, len(nets), len(names))
    for line, activation in enumerate(names):
        for column, net in enumerate(nets):
            axes = grid[line][column]
            own = found[(found[NET] == list(net)).all(axis=1) & (found["activation"] == activation)]
            colour = colours[activation]
            dots = [_dot(one, colour) for one in own.to_dict("records")]
            rows_of_dots(axes, dots, rows, limits=limits, log=True, apart=False)
            banded(axes)
            _named(axes, rows, first=column == 0, last=line == len(names) - 1)
            axes.set_title(_title(net) if line == 0 else "", fontsize=7.5)
        box = grid[line][0].get_position()
        label = naming.label(catalogue, activation)
        side = _side(label, f" ÷ {name}", WIDTH * box.x0) if colour in OWN else f"{label} ÷ {name}"
        figure.text(0.0, box.y1 + 0.05 / figure.get_figheight(), side, color=colour, fontsize=8, fontweight="bold")
    figure.text(0.5, 0.0, f"test error ÷ that of {name}", fontsize=8, ha="center", va="bottom")
    figure.finding = _told(found, catalogue, name)
    columns = {**arms.PLACE, "activation": "activation", "init": "init", "middle": f"test error, ratio to {name}"}
    figure.data = sheet(found, catalogue, {**columns, **arms.ENDS})
    return figure


def _side(label: str, base: str, room: float) -> str:
    """Return the name of a line of panels, cut where it would run into their titles."""
    return fitted(label, 8, room - text_width(base, 8, weight="bold"), weight="bold") + base


def contrasts(records: pd.DataFrame, *, reference: str) -> pd.DataFrame:
    """Return the ratio of test errors to a reference's, a row a network, init and activation."""
    each = arms.judged(records, WORD, "cells", "error", pick="each")
    best = arms.judged(records, WORD, "cells", "error")
    parts = [ratios(rows, by=[*NET, "init"], of="activation", base=reference)
             for rows in (each, best.assign(init=PICKED))]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _dot(row: dict[Any, Any], colour: str) -> Dot:
    far, init = apart(row), str(row["init"])
    name = init if init == PICKED else naming.word(init)
    return Dot(
        name,
        row["middle"],
        row["low"],
        row["high"],
        colour if far else quiet(colour),
        "D" if init == PICKED else "o",
        hollow=not far,
    )


def _grid(rows: list[str], columns: int, lines: int) -> tuple[Drawing, list[list[Axes]]]:
    """Return a figure of lines of panels that share the names of their rows, left of the first column."""
    left = 0.2 + max(text_width(row, SMALL) for row in rows)
    inside = len(rows) * _ROW
    tall = lines * (_TOP + inside) + _BOTTOM
    wide = (WIDTH - left - 0.08 - (columns - 1) * _BETWEEN) / columns
    figure = Drawing(figsize=(WIDTH, tall))
    grid = [
        [
            figure.add_axes(
                (
                    (left + column * (wide + _BETWEEN)) / WIDTH,
                    (_BOTTOM + (lines - 1 - line) * (_TOP + inside)) / tall,
                    wide / WIDTH,
                    inside / tall,
                )
            )
            for column in range(columns)
        ]
        for line in range(lines)
    ]
    return figure, grid


def _named(axes: Axes, rows: list[str], *, first: bool, last: bool) -> None:
    """Name rows in the first column and ratios in the last line; elsewhere they line up with those."""
    axes.set_yticks(range(len(rows)), rows if first else [""] * len(rows))
    axes.tick_params(axis="y", labelsize=SMALL, pad=6)
    plain(axes.xaxis, *axes.get_xlim(), count=4)
    axes.tick_params(axis="x", labelbottom=last)
    axes.axhline(len(rows) - 1.5, color=GREY, linewidth=0.4)
    for text in axes.get_yticklabels():
        text.set_color(INK)


def _title(net: tuple[str, ...]) -> str:
    """Return a network in words that fit a narrow panel, its norm or its sums below."""
    kind, _, sizes = net[1].partition("_")
    beside = "residual" if kind == "resmlp" else "plain" if net[2] == "none" else naming.word(net[2])
    return f"{sizes.replace('x', ' × ')}\n{beside}"


def _told(found: pd.DataFrame, catalogue: pd.DataFrame, name: str) -> str:
    """Return the ratios under picked inits as a sentence."""
    said = []
    for activation in naming.ordered(catalogue, found["activation"]):
        own = found[(found["activation"] == activation) & (found["init"] == PICKED)].to_dict("records")
        cells = ", ".join(f"{_title(tuple(row[one] for one in NET))} {spanned(row)}".replace("\n", " ") for row in own)
        said.append(f"{naming.label(catalogue, activation)}: {cells}")
    return f"Test error relative to {name} with picked inits. " + "; ".join(said) + "."


def reached(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return the mean test error of every activation in every network, with picked inits, in per cent."""
    rows = arms.judged(records, WORD, "cells", "error")
    if rows.empty:
        return unmeasured("error by depth, norm and residual sums", {"network": "Network"})
    found = arms.levels(rows, by=[*NET, "activation"])
    names = naming.ordered(catalogue, found["activation"])
    table = []
    for net in arms.nets(found, NET):
        own = found[(found[NET] == list(net)).all(axis=1)].set_index("activation")
        cells = {name: _level(own.loc[str(name)].to_dict()) if name in own.index else MISSING for name in names}
        table.append({"network": naming.task(*net), **cells})
    headings = {"network": "Network", **{name: naming.label(catalogue, name) for name in names}}
    return Table(pd.DataFrame(table), headings, numbers=names, own=naming.own_labels(catalogue))


def _level(row: dict[Any, Any]) -> str:
    if not np.isfinite(row["middle"]):
        return "diverged"
    return spanned({end: 100 * row[end] for end in ("middle", "low", "high")})
