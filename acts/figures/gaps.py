"""Gaps: which single change to sigmoid closes how much of what parts it from tanh."""

from typing import Any

import numpy as np
import pandas as pd

from acts import stats
from acts.figures import arms, intervals, naming
from acts.figures.dots import Dot, beside, rows_of_dots
from acts.figures.palette import FAMILIES, GREY, PALE
from acts.figures.sheets import sheet
from acts.figures.style import Drawing, drawn, key, missing
from acts.figures.table import number

WORD = "mechanisms"
CELL = ["dataset", "network", "optimizer"]
BASE, GOAL = ("sigmoid", "lecun", "none"), ("tanh", "lecun", "none")
CHANGES: dict[str, dict[tuple[str, str, str], str]] = {
    "slope": {
        ("sigmoid(stretch=4)", "lecun", "none"): "steeper: σ(4x)",
        ("sigmoid(shift=-0.5)", "lecun", "none"): "centred: σ(x) − ½",
        GOAL: "both: tanh",
    },
    "gradient": {
        ("sigmoid", "chi", "none"): "gradient kept",
        ("sigmoid(shift=-0.5)", "lecun", "none"): "centred",
        ("sigmoid(shift=-0.5)", "chi", "none"): "kept and centred",
        ("sigmoid", "lecun", "batch"): "BatchNorm",
        ("tanh", "chi", "none"): "tanh, gradient kept",
        GOAL: "tanh",
    },
}
_ENDS = (-0.75, 1.75)
_OPTIMIZERS = {"sgd": FAMILIES["rectifier"], "adam": FAMILIES["exponential"]}


def shares(records: pd.DataFrame, study: str) -> pd.DataFrame:
    """Return of every change the share of the gap that it closes, a row a cell and change, with its interval.

    The gap is the mean over seeds of log loss area of sigmoid minus that of tanh, both under LeCun's init; a share is
    the mean paired difference that a change makes, over the gap. The interval is that of the difference, the gap taken
    as it was measured. A cell whose gap's interval holds 0, or has none, has no share (nan).
    """
    rows = arms.judged(records, WORD, study, "loss_area", pick="each")
    found = []
    for cell, part in rows.groupby(CELL):
        wide = part.pivot_table(index="seed", columns=["activation", "init", "norm"], values="value", aggfunc="first")
        if BASE not in wide or GOAL not in wide:
            continue
        gap, low, high = _less(wide, GOAL)
        sure = np.isfinite([low, high]).all() and low * high > 0
        for side, name in CHANGES[study].items():
            if side in wide:
                ends = [end / gap if sure else np.nan for end in _less(wide, side)]
                found.append((*cell, name, *_rising(ends)))
    return pd.DataFrame(found, columns=[*CELL, "change", "middle", "low", "high"])


def _less(wide: pd.DataFrame, side: tuple[str, str, str]) -> tuple[float, float, float]:
    """Return by how much the log of the loss area is less than the base's, with its interval."""
    both = wide[[BASE, side]].dropna()
    base, other = (both[one].to_numpy(float) for one in (BASE, side))
    return intervals.centre(stats.log_ratio(base, other)) if len(both) else (np.nan, np.nan, np.nan)


def _rising(ends: list[float]) -> tuple[float, float, float]:
    middle, low, high = ends
    return middle, min(low, high), max(low, high)


@drawn
def gap(records: pd.DataFrame, catalogue: pd.DataFrame, *, study: str) -> Drawing:
    """Return the share of the gap from sigmoid to tanh that each change closes, a panel a data set."""
    found = shares(records, study)
    if found.empty:
        return missing("changes of sigmoid on the way to tanh")
    rows = [name for name in CHANGES[study].values() if name in set(found["change"])]
    present = list(found[["dataset", "network"]].drop_duplicates().itertuples(index=False, name=None))
    figure, grid = beside(len(present), 2, rows, row=0.27, bottom=0.42, foot=0.24)
    for axes, (dataset, network) in zip(grid, present, strict=True):
        own = found[(found["dataset"] == dataset) & (found["network"] == network)].to_dict("records")
        known = [row for row in own if np.isfinite(row["middle"])]
        rows_of_dots(axes, [_dot(row) for row in known], rows, limits=_ENDS)
        axes.axvspan(0.5, _ENDS[1], color=PALE, alpha=0.25, linewidth=0, zorder=0)
        for at in (0, 1):
            axes.axvline(at, color=GREY, linewidth=0.7, zorder=1)
        axes.set_xticks([0, 0.5, 1], ["0\nsigmoid", "½", "1\ntanh"])
        axes.set_title(f"{naming.word(dataset)}, {naming.word(network)}")
        gone = sorted({naming.word(row["optimizer"]) for row in own if not np.isfinite(row["middle"])})
        if gone:
            axes.text(
                0.5, 0.5, f"no gap to share with {' and '.join(gone)}", transform=axes.transAxes, fontsize=7,
                ha="center", va="center", color=GREY, style="italic",
            )  # fmt: skip
        axes.set_xlabel("share of the gap that is closed")
    present_optimizers = [one for one in _OPTIMIZERS if one in set(found["optimizer"])]
    words = [(f"{'●' if one == 'sgd' else '○'} {naming.word(one)}", _OPTIMIZERS[one]) for one in present_optimizers]
    key(figure, words, x=grid[0].get_position().x0 * figure.get_figwidth(), y=0.02)
    columns = {**arms.PLACE, "change": "change", "middle": "share of the gap", "low": "95 % low", "high": "95 % high"}
    figure.data = sheet(found, catalogue, columns)
    return _told(figure, found)


def _dot(row: dict[Any, Any]) -> Dot:
    colour = _OPTIMIZERS.get(row["optimizer"], GREY)
    return Dot(row["change"], row["middle"], row["low"], row["high"], colour, hollow=row["optimizer"] != "sgd")


def _told(figure: Drawing, found: pd.DataFrame) -> Drawing:
    """Write each share in words into a figure's finding."""
    said = [
        f"{naming.word(row['dataset'])}, {naming.word(row['optimizer'])}, {row['change']}: {number(row['middle'], 2)}"
        for row in found.to_dict("records")
    ]
    figure.finding = "Shares of the gap from sigmoid to tanh. " + "; ".join(said) + "."
    return figure
