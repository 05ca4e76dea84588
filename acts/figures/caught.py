"""Caught: nonlinear networks at the training loss of a linear one: test loss and error under noise, task by task."""

from typing import Any

import numpy as np
import pandas as pd

from acts import records as door
from acts.figures import arms, intervals, naming
from acts.figures.dots import Dot, beside, log_limits, rows_of_dots
from acts.figures.palette import GREY
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing
from acts.figures.table import MISSING, Table, unmeasured

WORD, ARM, REFERENCE = "mechanisms", "study=linear", "identity"
TASK = ["dataset", "network", "optimizer"]
OVER = "all tasks"
NOISY = ["stopped_noise_error", "stopped_noise_loss"]


def rows(records: pd.DataFrame, metrics: str | list[str]) -> pd.DataFrame:
    """Return what caught networks measure on test rows."""
    return door.where(records, experiment=WORD, arm=ARM, phase="final", split="test", metric=metrics)


def over_tasks(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over tasks of the log ratios of every activation with its interval over tasks, as ratios."""
    means = []
    for name, own in found.groupby("activation"):
        logs = np.log(own["middle"].to_numpy(float))
        ends = [float(np.exp(end)) for end in intervals.centre(logs)]
        means.append((OVER, name, *ends, len(own)))
    return pd.DataFrame(means, columns=["task", "activation", *arms.RATIO])


def ratios(records: pd.DataFrame, metrics: str | list[str]) -> pd.DataFrame:
    """Return what each activation measures over the linear network, paired by seed, a row a task, then over tasks."""
    found = arms.ratios(rows(records, metrics), by=TASK, of="activation", base=REFERENCE)
    found = found.assign(task=[naming.word(dataset) for dataset in found["dataset"]])
    return pd.concat([found, over_tasks(found)], ignore_index=True)


@drawn
def linear(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return test loss, and error under noise, over the linear network's at its training loss, by task."""
    loss, noisy = ratios(records, "stopped_loss"), ratios(records, NOISY)
    if loss.empty:
        return missing("nonlinear networks at the training loss of a linear one")
    tasks = [*sorted(set(loss["task"]) - {OVER}, key=str.casefold), OVER]
    names = naming.ordered(catalogue, loss["activation"])
    both = pd.concat([loss, noisy])
    limits = log_limits(both[["middle", "low", "high"]].to_numpy(float).ravel(), widest=4.0)
    colours = naming.inks(catalogue, names)
    figure, grid = beside(len(names), 3, tasks, row=0.19)
    for place, (axes, name) in enumerate(zip(grid, names, strict=True)):
        colour = colours[name]
        dots = [_dot(row, colour, hollow=hollow) for table, hollow in ((loss, False), (noisy, True))
                for row in table[table["activation"] == name].to_dict("records")]  # fmt: skip
        rows_of_dots(axes, dots, tasks, limits=limits, log=True)
        arms.banded(axes, "loss")
        axes.axhline(len(tasks) - 1.5, color=GREY, linewidth=0.4)
        axes.set_title(naming.label(catalogue, name), color=colour)
        axes.set_xlabel("÷ that of the linear network" if place >= len(names) - 3 else "")
    words = "filled: test loss; hollow: error under noise; band: margin of practical equivalence; ▶: beyond the scale"
    figure.text(grid[0].get_position().x0, 0.0, words, color=GREY, fontsize=SMALL, va="bottom")
    both = pd.concat([loss.assign(of="test loss"), noisy.assign(of="error under noise")], ignore_index=True)
    columns = {"task": "task", "activation": "activation", "of": "of", "middle": "ratio to the linear network",
               "low": "95 % low", "high": "95 % high", "n": "pairs, or tasks"}  # fmt: skip
    figure.data = sheet(both, catalogue, columns)
    means = loss[loss["task"] == OVER].to_dict("records")
    figure.finding = "Test loss over that of the linear network, mean over tasks: " + "; ".join(
        f"{naming.label(catalogue, row['activation'])} {spanned(row)}" for row in means
    ) + "."  # fmt: skip
    return figure


def _dot(row: dict[Any, Any], colour: str, *, hollow: bool) -> Dot:
    return Dot(row["task"], row["middle"], row["low"], row["high"], colour, hollow=hollow)


def catches(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return how many networks came down to the linear network's loss, when, and how far below it they were caught."""
    columns = {
        "activation": "Activation", "met": "Came down", "step": "Median step, % of the linear network's",
        "below": "Training loss ÷ target", "ahead": "Tasks with a lower test loss",
    }  # fmt: skip
    met = door.where(records, experiment=WORD, arm=ARM, phase="final", metric="met")
    if met.empty:
        return unmeasured("networks at the training loss of a linear one", columns)
    step = _beside(records, "stopped_step", None)
    trained = _beside(records, "stopped_loss", "train")
    loss = ratios(records, "stopped_loss")
    loss = loss[loss["task"] != OVER]
    table = []
    for name in naming.ordered(catalogue, loss["activation"]):
        own, ahead = met[met["activation"] == name]["value"], loss[loss["activation"] == name]
        table.append({
            "activation": naming.label(catalogue, name), "met": f"{int(own.sum())} of {len(own)}",
            "step": _median(step, name, 100), "below": _median(trained, name, 1),
            "ahead": f"{int((ahead['high'] < 1).sum())} of {len(ahead)}",
        })  # fmt: skip
    return Table(pd.DataFrame(table), columns, numbers=["met", "step", "below", "ahead"])


def _beside(records: pd.DataFrame, metric: str, split: str | None) -> pd.DataFrame:
    """Return a metric over that of the linear network of the same task and seed, a column an activation."""
    found = door.where(records, experiment=WORD, arm=ARM, phase="final", metric=metric, split=split)
    wide = found.pivot_table(index=[*TASK, "seed"], columns="activation", values="value", aggfunc="first")
    return wide.div(wide[REFERENCE], axis=0) if REFERENCE in wide else wide.iloc[:0]


def _median(ratios_of: pd.DataFrame, name: str, times: float) -> str:
    found = ratios_of[name].dropna() if name in ratios_of else pd.Series(dtype=float)
    return format(times * float(found.median()), ".2f" if times == 1 else ".0f") if len(found) else MISSING
