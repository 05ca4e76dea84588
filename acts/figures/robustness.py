"""Robustness: accuracy under noise and wrong labels, where depth decides, and what the last layer is good for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from acts import wording
from acts.figures import arms, naming
from acts.figures.arms import apart, banded, levels, ratios
from acts.figures.blocks import blocks, reached
from acts.figures.dots import Dot, beside, log_limits, rows_of_dots
from acts.figures.heads import calibration, endings, rectified
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.palette import quiet
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.style import Drawing, drawn, missing, panels
from acts.figures.table import Text, number

__all__ = [
    "areas",
    "blocks",
    "calibration",
    "endings",
    "labels",
    "mislabelled",
    "noise",
    "reached",
    "rectified",
    "trained",
]

WORD = "robustness"
NET = ["dataset", "network", "norm"]


def trained(records: pd.DataFrame) -> Text:
    """Return what was trained here: studies, activations, data sets, pairs, judged and tuning runs."""
    found = [arms.studied(records, WORD, study, metric="lr_tuned") for study in ("noise", "labels", "cells", "heads")]
    rows = pd.concat(found)
    if rows.empty:
        return Text("Nothing of this was measured here.")
    run = ["activation", *NET, "arm", "init", "seed"]
    tuned = records[(records["experiment"] == WORD) & (records["phase"] == "tune") & (records["metric"] == "diverged")]
    judged, behind = (wording.thousands(len(one)) for one in (rows.drop_duplicates(run), tuned))
    sets = rows["dataset"].nunique()
    return Text(
        f"Measured here: {rows['activation'].nunique()} activations on {sets} data set{'s' * (sets > 1)} with "
        f"{rows['seed'].nunique()} paired seeds; {judged} final runs, behind them {behind} tuning runs."
    )


# --- curves -----------------------------------------------------------------------------------------------------------


@drawn
def noise(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return test accuracy against the reach of the noise, a panel a data set and a line an activation."""
    rows = arms.judged(records, WORD, "noise", "accuracy")
    rows = rows[rows["a"].notna()] if "a" in rows else rows.iloc[:0]
    if rows.empty:
        return missing("accuracy under noise on the inputs")
    return _curves(
        rows.assign(at=rows["a"].astype(float)), catalogue, x="reach a of the noise on [−a, a]", y="test accuracy (%)"
    )


@drawn
def labels(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return test error against the share of wrong training labels, a panel a data set and a line an activation."""
    rows = arms.judged(records, WORD, "labels", "error")
    if rows.empty:
        return missing("error after training on wrong labels")
    at = 100 * rows["flipped"].astype(float)
    return _curves(rows.assign(at=at), catalogue, x="wrong training labels (%)", y="test error (%)")


def _curves(rows: pd.DataFrame, catalogue: pd.DataFrame, *, x: str, y: str) -> Drawing:
    """Return panels of means over seeds with their interval, in per cent."""
    strokes = naming.strokes(catalogue, rows["activation"])
    present = list(arms.nets(rows))
    height = max(1.9, needed_height(len(strokes)) + 0.05)
    figure, grid = panels(len(present), 2, height=height, left=0.55, right=1.0)
    for place, (axes, net) in enumerate(zip(grid, present, strict=True)):
        found = levels(_of(rows, net), by=["activation", "at"])
        ends = []
        for name in strokes:
            own, colour = found[found["activation"] == name].sort_values("at"), str(strokes[name]["color"])
            if own.empty:
                continue
            middle, low, high = (100 * own[end].replace(np.inf, np.nan) for end in ("middle", "low", "high"))
            axes.plot(own["at"], middle, color=colour, linestyle=strokes[name]["linestyle"], linewidth=1.2)
            axes.fill_between(own["at"], low, high, color=colour, alpha=0.1, linewidth=0)
            ends.append(End(naming.label(catalogue, name), float(middle.iloc[-1]), colour))
        axes.set_xlim(float(rows["at"].min()), float(rows["at"].max()))
        ticks = sorted(found["at"].unique())
        axes.set_xticks(ticks if len(ticks) < 8 else ticks[:: -(-len(ticks) // 8)])
        at_ends(axes, [end for end in ends if np.isfinite(end.y)])
        axes.set_title(naming.task(*net))
        axes.set_xlabel(x)
        axes.set_ylabel(y if place % 2 == 0 else "")
    figure.finding = _ended(rows, catalogue, y)
    found = levels(rows.assign(value=100 * rows["value"]), by=[*NET, "activation", "at"])
    columns = {**arms.PLACE, "activation": "activation", "at": x, "middle": y, **arms.ENDS, "n": "seeds"}
    figure.data = sheet(found, catalogue, columns)
    return figure


def _ended(rows: pd.DataFrame, catalogue: pd.DataFrame, y: str) -> str:
    """Return where every line ends at the right, as sentences."""
    said = []
    last = rows[rows["at"] == rows["at"].max()]
    for net in arms.nets(last, NET):
        found = levels(_of(last, net), by=["activation"]).sort_values("middle").to_dict("records")
        ends = ", ".join(f"{naming.label(catalogue, row['activation'])} {number(100 * row['middle'])}" for row in found)
        said.append(f"{naming.task(*net)}: {ends}.")
    return f"At the right end, {y}. " + " ".join(said)


def _of(rows: pd.DataFrame, net: Sequence[str]) -> pd.DataFrame:
    """Return the rows of one network on one data set."""
    return rows[(rows[NET] == list(net)).all(axis=1)]


# --- paired -----------------------------------------------------------------------------------------------------------


@drawn
def areas(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Drawing:
    """Return the mean error over all noise relative to a reference, paired by seed, a panel a data set."""
    rows = arms.judged(records, WORD, "noise", "error_area")
    found = ratios(rows, by=NET, of="activation", base=reference)
    name = naming.label(catalogue, reference)
    if found.empty:
        return missing(f"mean error over all noise against {name}")
    return _dots(found, catalogue, x=f"mean error over all noise ÷ that of {name}", row="activation")


@drawn
def mislabelled(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Drawing:
    """Return test error relative to a reference at every share of wrong labels, paired by seed."""
    rows = arms.judged(records, WORD, "labels", "error")
    if rows.empty:
        return missing("error after training on wrong labels, relative")
    found = ratios(rows, by=[*NET, "flipped"], of="activation", base=reference)
    name = naming.label(catalogue, reference)
    if found.empty:
        return missing(f"error after training on wrong labels against {name}")
    return _dots(found, catalogue, x=f"test error ÷ that of {name}", row="activation")


def _dots(found: pd.DataFrame, catalogue: pd.DataFrame, *, x: str, row: str) -> Drawing:
    """Return panels of paired ratios, an activation a row, with the margin as a band; beyond it dots are filled."""
    keys = [column for column in (*NET, "flipped") if column in found]
    present = list(arms.nets(found, keys))
    names = naming.ordered(catalogue, found[row])
    texts = {name: naming.label(catalogue, name) for name in names}
    limits = log_limits(found[["middle", "low", "high"]].to_numpy(float).ravel(), widest=8.0)
    columns, colours = min(3, len(present)), naming.inks(catalogue, names)
    figure, grid = beside(len(present), columns, list(texts.values()), foot=0.12)
    for place, (axes, net) in enumerate(zip(grid, present, strict=True)):
        own = found[(found[keys] == list(net)).all(axis=1)]
        dots = [_dot(texts[one[row]], one, colours[one[row]]) for one in own.to_dict("records")]
        rows_of_dots(axes, dots, list(texts.values()), limits=limits, log=True, apart=False)
        banded(axes)
        axes.set_title(_titled(keys, net))
        axes.set_xlabel(x if place >= len(present) - columns else "")
    figure.finding = told(found, catalogue, row)
    share = {"flipped": "wrong training labels (share)"}
    headings = {**arms.PLACE, **share, "activation": "activation", "middle": x, **arms.ENDS}
    figure.data = sheet(found, catalogue, headings)
    return figure


def _titled(keys: Sequence[str], net: Sequence[str]) -> str:
    """Return a panel's title: the network and data set, or the share of wrong labels where that tells panels apart."""
    if "flipped" in keys:
        return f"{naming.word(net[0])}, {100 * float(net[keys.index('flipped')]):g} % wrong"
    return naming.task(*net)


def told(found: pd.DataFrame, catalogue: pd.DataFrame, column: str) -> str:
    """Return how many paired ratios lie beyond the margin, and where, as a sentence."""
    beyond = [row for row in found.to_dict("records") if apart(row)]
    named = "; ".join(
        f"{naming.label(catalogue, row[column])} on {naming.word(row['dataset'])}{_share(row)} {spanned(row)}"
        for row in beyond
    )
    return f"{len(beyond)} of {len(found)} intervals lie beyond the margin" + (f": {named}." if named else ".")


def _share(row: dict[Any, Any]) -> str:
    """Return which share of labels was wrong, where that tells ratios apart."""
    return f" with {100 * float(row['flipped']):g} % wrong labels" if "flipped" in row else ""


def _dot(name: str, row: dict[Any, Any], colour: str) -> Dot:
    far = apart(row)
    return Dot(name, row["middle"], row["low"], row["high"], colour if far else quiet(colour), hollow=not far)
