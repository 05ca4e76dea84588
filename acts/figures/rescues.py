"""Rescues: what helps networks whose units die, and whether letting dead units begin anew does."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from acts.figures import arms, intervals, naming
from acts.figures.dots import Dot, log_limits, rows_of_dots
from acts.figures.palette import FAMILIES, GREY, PALE
from acts.figures.style import drawn, missing, panels

WORD = "dead_units"
_MEANS = {
    "lower_rate": "ReLU, tuned rate", "batch_norm": "ReLU, BatchNorm", "bias": "ReLU, start bias 0.1",
}  # fmt: skip
_PAIRS = {("dead", "none"): "dead units anew ÷ none", ("live", "none"): "live units anew ÷ none",
          ("dead", "live"): "dead ÷ live units anew"}  # fmt: skip
_WIDEST = 100.0
_ALIKE = (0.975, 1 / 0.975)  # ratios of error inside the margin


def _outcome(records: pd.DataFrame, study: str) -> pd.DataFrame:
    """Return the test error of a study's runs, or their test loss where no classes are told apart."""
    error = arms.studied(records, WORD, study, metric="error", split="test")
    loss = arms.studied(records, WORD, study, metric="loss", split="test")
    return pd.concat([error, loss[~loss["dataset"].isin(set(error["dataset"]))]])


@drawn
def rescues(records: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:
    """Return the outcome of each rescue over that of unrescued ReLU: small marks tasks, large ones the mean over them.

    The interval is over tasks; what a task's networks do is averaged over paired seeds first.
    """
    rows = _outcome(records, "rescue")
    if rows.empty:
        return missing("what helps networks whose units die")
    own = rows["rescue"] == "function"
    rows = rows.assign(who=np.where(own, rows["activation"], rows["rescue"]))
    found = arms.ratios(rows, by=["dataset", "optimizer"], of="who", base="relu")
    if found.empty:
        return missing("what helps networks whose units die")
    functions = naming.ordered(catalogue, [one for one in found["who"].unique() if one not in _MEANS])
    names = {one: naming.label(catalogue, one) for one in functions} | _MEANS
    names = {one: name for one, name in names.items() if one in set(found["who"])}
    optimizers = [one for one in ("plain_sgd", "sgd", "adam") if one in set(found["optimizer"])]
    limits = log_limits(found["middle"].to_numpy(float), widest=_WIDEST, narrowest=2.0)
    figure, grid = panels(
        len(optimizers), 2 if len(optimizers) > 1 else 1, height=0.24 * len(names) + 0.1, left=1.45, right=0.2
    )
    for axes, optimizer in zip(grid, optimizers, strict=True):
        part = found[found["optimizer"] == optimizer]
        dots = [_mean(name, part[part["who"] == one], _colour(catalogue, one)) for one, name in names.items()]
        rows_of_dots(axes, dots, list(names.values()), limits=limits, log=True)
        axes.tick_params(axis="y", pad=8)
        _tasks(axes, part, list(names), limits)
        axes.axvspan(*_ALIKE, color=PALE, alpha=0.4, linewidth=0, zorder=0)
        axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
        axes.set_title(f"{naming.word(optimizer)}, {part['dataset'].nunique()} tasks")
        axes.set_xlabel("outcome ÷ that of ReLU alone")
    return figure


def _colour(catalogue: pd.DataFrame, one: str) -> str:
    return FAMILIES["rectifier"] if one in _MEANS else naming.colour(catalogue, one)


def _mean(name: str, part: pd.DataFrame, colour: str) -> Dot:
    """Return the geometric mean over tasks of a rescue's ratio, with its interval."""
    return Dot(name, *intervals.geometric(part["middle"]), colour)


def _tasks(axes: Axes, part: pd.DataFrame, order: list[str], limits: tuple[float, float]) -> None:
    """Mark every task's ratio below its rescue's mean."""
    for row in part.to_dict("records"):
        x = float(np.clip(row["middle"], *limits))
        axes.plot([x], [order.index(row["who"]) + 0.28], marker="|", markersize=4, color=GREY, linestyle="none")


@drawn
def recycling(records: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:  # noqa: ARG001 - figures share one signature
    """Return the error after dead units began anew, over that without and over that after live ones did.

    A row is a data set and optimizer, and where it says so the start bias.
    """
    rows = _outcome(records, "recycle")
    if rows.empty:
        return missing("units that begin anew")
    bias = rows["bias"] if "bias" in rows else pd.Series(index=rows.index, dtype=object)
    cell = rows["dataset"].map(naming.word) + ", " + rows["optimizer"].map(naming.word)
    rows = rows.assign(cell=cell.where(bias.isna(), cell + ", bias 0"))
    found = {
        title: arms.ratios(rows, by=["cell"], of="recycled", base=base).query("recycled == @who")
        for (who, base), title in _PAIRS.items()
    }
    order = list(dict.fromkeys(rows.sort_values(["dataset", "optimizer", "cell"])["cell"]))
    values = np.concatenate([part[["middle", "low", "high"]].to_numpy(float).ravel() for part in found.values()])
    limits = log_limits(values, widest=_WIDEST)
    figure, grid = panels(3, 3, height=0.22 * len(order) + 0.1, left=0.15, right=0.12, top=0.28)
    _shift(grid)
    for place, (axes, (title, part)) in enumerate(zip(grid, found.items(), strict=True)):
        dots = [
            Dot(row["cell"], row["middle"], row["low"], row["high"], FAMILIES["rectifier"])
            for row in part.to_dict("records")
        ]
        rows_of_dots(axes, dots, order, limits=limits, log=True)
        axes.tick_params(axis="y", labelleft=place == 0, pad=8)
        axes.axvspan(*_ALIKE, color=PALE, alpha=0.4, linewidth=0, zorder=0)
        axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
        axes.set_title(title, fontsize=7.5)
        axes.set_xlabel("ratio of test errors")
    return figure


def _shift(grid: list[Axes]) -> None:
    """Make room for the names of rows at the left of the first of three panels."""
    left = 0.24
    for place, axes in enumerate(grid):
        box = axes.get_position()
        width = (1 - left) / len(grid)
        axes.set_position((left + place * width + 0.01, box.y0, width - 0.03, box.height))
