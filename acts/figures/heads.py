"""Heads: output functions and losses against each other, by wrong answers and by the probabilities that they say."""

from typing import Any

import numpy as np
import pandas as pd

from acts.figures import arms, naming
from acts.figures.arms import apart, banded, ratios
from acts.figures.dots import Dot, beside, log_limits, rows_of_dots
from acts.figures.palette import FAMILIES, GREY, VERDICTS
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, key, missing
from acts.figures.table import MISSING, Table, unmeasured

WORD = "robustness"
NET = ["dataset", "network", "norm"]
BASE = "sigmoid+bce"
BINARY = ("sigmoid+bce", "tanh+hinge", "linear+hinge", "tanh+mse", "linear+mse")
METRICS = ("error", "calibration")
_OUTPUTS = {"relu": "ReLU"}
_LOSSES = {"bce": "binary cross-entropy", "mse": "squared error", "cross_entropy": "cross-entropy"}
_SHORT = {"bce": "BCE", "mse": "MSE", "cross_entropy": "cross-entropy"}
_RATIO = (FAMILIES["rectifier"], FAMILIES["exponential"])


def word(head: str, *, short: bool = True) -> str:
    """Return a head in a reader's words: tanh + hinge."""
    output, _, loss = head.partition("+")
    return f"{_OUTPUTS.get(output, output)} + {(_SHORT if short else _LOSSES).get(loss, loss)}"


@drawn
def endings(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return test error and Brier score relative to sigmoid with cross-entropy, a panel a data set of two classes.

    Filled dots are errors, hollow ones Brier scores of the probability that the head says.
    """
    found = {metric: ratios(_binary(records, metric), by=NET, of="head", base=BASE) for metric in METRICS}
    both = pd.concat(found.values())
    if both.empty:
        return missing("output functions and losses for two classes")
    heads = [head for head in BINARY if head in set(both["head"])]
    limits = log_limits(both[["middle", "low", "high"]].to_numpy(float).ravel(), widest=10.0)
    present = list(arms.nets(both, NET))
    figure, grid = beside(len(present), 3, [word(head) for head in heads], row=0.24)
    for place, (axes, net) in enumerate(zip(grid, present, strict=True)):
        dots = [
            Dot(word(row["head"]), row["middle"], row["low"], row["high"], colour, hollow=metric != "error")
            for metric, colour in zip(found, _RATIO, strict=True)
            for row in found[metric][(found[metric][NET] == list(net)).all(axis=1)].to_dict("records")
        ]
        rows_of_dots(axes, dots, [word(head) for head in heads], limits=limits, log=True)
        banded(axes)
        axes.set_title(naming.word(net[0]))
        axes.set_xlabel(f"÷ that of {word(BASE)}" if place >= len(present) - 3 else "")
    beyond = [row for row in found["error"].to_dict("records") if apart(row)]
    said = "; ".join(f"{word(row['head'])} on {naming.word(row['dataset'])} {spanned(row)}" for row in beyond)
    count = f"{len(beyond)} of {len(found['error'])} intervals of the error lie beyond the margin"
    figure.finding = f"{count}: {said}." if said else f"{count}."
    left = grid[0].get_position().x0 * figure.get_figwidth()
    key(figure, [("● test error", _RATIO[0]), ("○ Brier score", _RATIO[1])], x=left, y=0.02)
    kinds = dict(zip(METRICS, ("test error", "Brier score"), strict=True))
    shown = pd.concat([part.assign(of=kinds[metric]) for metric, part in found.items()], ignore_index=True)
    columns = {**arms.PLACE, "head": "output + loss", "of": "of", "middle": f"ratio to {word(BASE)}", **arms.ENDS}
    figure.data = sheet(shown.assign(head=shown["head"].map(word)), catalogue, columns)
    return figure


def _binary(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric of the heads that are compared on data sets which have the one they are compared with."""
    rows = arms.judged(records, WORD, "heads", metric)
    if rows.empty:
        return rows.assign(head=pd.Series(dtype=object))
    rows = rows[rows["head"].isin(BINARY)]
    return rows[rows["dataset"].isin(rows.loc[rows["head"] == BASE, "dataset"])]


def calibration(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return the Brier score, in hundredths, of a logistic function fitted to each head, a row a data set."""
    del catalogue
    found = arms.levels(_binary(records, "calibration_fitted"), by=["dataset", "head"])
    columns = {"dataset": "Data set", **{head: word(head) for head in BINARY if head in set(found["head"])}}
    if found.empty:
        return unmeasured("calibration of output functions and losses", columns)
    table = [
        {"dataset": naming.word(dataset), **{head: _hundredths(found, dataset, head) for head in BINARY}}
        for dataset in dict.fromkeys(found["dataset"])
    ]
    return Table(pd.DataFrame(table), columns, numbers=BINARY)


def _hundredths(found: pd.DataFrame, dataset: str, head: str) -> str:
    own = found[(found["dataset"] == dataset) & (found["head"] == head)].to_dict("records")
    if not own or not np.isfinite(own[0]["middle"]):
        return MISSING
    return spanned({end: 100 * own[0][end] for end in ("middle", "low", "high")})


@drawn
def rectified(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return what a network with ReLU on its outputs gets wrong, or its loss, over the same without, a row a task."""
    found = _rectified(records)
    if found.empty:
        return missing("ReLU on the outputs")
    losses = [loss for loss in _LOSSES if loss in set(found["loss"])]
    rows = list(dict.fromkeys(naming.word(one) for one in found["dataset"]))
    limits = log_limits(found[["middle", "low", "high"]].to_numpy(float).ravel(), widest=30.0)
    figure, grid = beside(len(losses), 3, rows, foot=0.12)
    for axes, loss in zip(grid, losses, strict=True):
        dots = [_versus(row) for row in found[found["loss"] == loss].to_dict("records")]
        rows_of_dots(axes, dots, rows, limits=limits, log=True, apart=False)
        banded(axes)
        axes.set_title(_LOSSES[loss])
        axes.set_xlabel("with ReLU ÷ without")
        for gap in [row for row in rows if row not in {dot.row for dot in dots}]:
            axes.text(
                0.5, rows.index(gap), "not asked here", transform=axes.get_yaxis_transform(), fontsize=SMALL - 1,
                ha="center", va="center_baseline", color=GREY, style="italic",
            )  # fmt: skip
    worse = [row for row in found.to_dict("records") if apart(row, row["metric"]) and row["low"] > 1]
    said = "; ".join(f"{naming.word(row['dataset'])}, {_LOSSES[row['loss']]} {spanned(row)}" for row in worse)
    count = f"In {len(worse)} of {len(found)} cells ReLU on the outputs is worse by more than the margin"
    figure.finding = f"{count}: {said}." if said else f"{count}."
    columns = {
        **arms.PLACE,
        "loss": "loss",
        "metric": "judged by",
        "middle": "ratio, with ReLU to without",
        **arms.ENDS,
    }
    figure.data = sheet(found.assign(loss=found["loss"].map(_LOSSES)), catalogue, columns)
    return figure


def _rectified(records: pd.DataFrame) -> pd.DataFrame:
    """Return the ratio of ReLU to no function on the outputs, a row a data set and loss."""
    parts = []
    for metric in ("error", "loss"):
        rows = arms.judged(records, WORD, "heads", metric)
        if rows.empty:
            continue
        rows = rows.assign(output=rows["head"].str.partition("+")[0], loss=rows["head"].str.partition("+")[2])
        parts.append(ratios(rows, by=[*NET, "loss"], of="output", base="linear").assign(metric=metric))
    found = pd.concat(parts) if parts else pd.DataFrame(columns=[*NET, "loss", "output", *arms.RATIO, "metric"])
    found = found[found["output"] == "relu"]
    return found.drop_duplicates([*NET, "loss"]).reset_index(drop=True)  # the error where there is one


def _versus(row: dict[Any, Any]) -> Dot:
    far = apart(row, row["metric"])
    colour = VERDICTS["refuted" if row["low"] > 1 else "supported"] if far else GREY
    return Dot(naming.word(row["dataset"]), row["middle"], row["low"], row["high"], colour, hollow=not far)
