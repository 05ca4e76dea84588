"""Rescues: what helps networks whose units die, and whether letting dead units begin anew does."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.figures import arms, intervals, naming
from acts.figures.dots import Dot, beside, log_limits, rows_of_dots
from acts.figures.palette import FAMILIES, GREY, OWN, PALE, REST
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, missing
from acts.figures.table import MISSING, number

WORD = "dead_units"
_MEANS = {
    "lower_rate": "ReLU, tuned rate", "batch_norm": "ReLU, BatchNorm", "bias": "ReLU, start bias 0.1",
}  # fmt: skip
_PAIRS = {("dead", "none"): "dead units anew ÷ none", ("live", "none"): "live units anew ÷ none",
          ("dead", "live"): "dead ÷ live units anew"}  # fmt: skip
_OPTIMIZERS = ("plain_sgd", "sgd", "adam")
_RATIO = {"middle": "ratio", "low": "95 % low", "high": "95 % high", "n": "pairs"}
_WIDEST = 100.0
_ALIKE = (0.975, 1 / 0.975)  # ratios of error inside the margin


def _outcome(records: pd.DataFrame, study: str) -> pd.DataFrame:
    """Return the test error of a study's runs, or their test loss where no classes are told apart."""
    error = arms.studied(records, WORD, study, metric="error", split="test")
    loss = arms.studied(records, WORD, study, metric="loss", split="test")
    return pd.concat([error, loss[~loss["dataset"].isin(set(error["dataset"]))]])


@drawn
def rescues(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
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
    colours = naming.inks(catalogue, functions)
    colours |= dict.fromkeys(_MEANS, REST if set(OWN) & set(colours.values()) else FAMILIES["rectifier"])
    optimizers = [one for one in _OPTIMIZERS if one in set(found["optimizer"])]
    limits = log_limits(found["middle"].to_numpy(float), widest=_WIDEST, narrowest=2.0)
    figure, grid = beside(len(optimizers), 3, list(names.values()), row=0.26, between=0.55)
    groups = found.groupby(["optimizer", "who"])["middle"]
    means = [(*group, *intervals.geometric(part)) for group, part in groups]
    table = pd.DataFrame(means, columns=["optimizer", "who", "middle", "low", "high"])
    for axes, optimizer in zip(grid, optimizers, strict=True):
        part, means_of = found[found["optimizer"] == optimizer], table[table["optimizer"] == optimizer]
        dots = [
            Dot(names[row["who"]], row["middle"], row["low"], row["high"], colours[row["who"]])
            for row in means_of.to_dict("records")
        ]
        rows_of_dots(axes, dots, list(names.values()), limits=limits, log=True)
        _tasks(axes, part, list(names), limits)
        _equal(axes)
        axes.set_title(f"{naming.word(optimizer)}, {part['dataset'].nunique()} tasks")
        axes.set_xlabel("outcome ÷ that of ReLU alone")
    _note(figure, grid[0], "strokes: tasks; ▶: beyond the scale; n ∞: in n tasks a network diverged")
    tasks = found.assign(task=found["dataset"].map(naming.word))
    rows = pd.concat([tasks, table.assign(task="mean over tasks")], ignore_index=True)
    columns = {"optimizer": "optimiser", "rescue": "rescue", "task": "task", **_RATIO}
    figure.data = sheet(rows.assign(rescue=rows["who"].map(names)), catalogue, columns)
    figure.finding = _told(table, names, optimizers)
    return figure


def _told(table: pd.DataFrame, names: dict[str, str], optimizers: list[str]) -> str:
    """Return every rescue's mean ratio with its interval, optimizer by optimizer."""
    said = []
    for one in optimizers:
        own = table[table["optimizer"] == one].set_index("who")
        ratios = [f"{name} {spanned(own.loc[who].to_dict())}" for who, name in names.items() if who in own.index]
        said.append(f"{naming.word(one)}: {', '.join(ratios)}")
    return f"Outcome over that of ReLU alone, mean over tasks. {'; '.join(said)}."


def _note(figure: Drawing, axes: Axes, text: str) -> None:
    """Write what marks are below all panels."""
    figure.text(axes.get_position().x0, 0.02 / WIDTH, text, color=GREY, fontsize=SMALL, va="bottom")


def _equal(axes: Axes) -> None:
    """Draw the margin of practical equivalence and its middle."""
    axes.axvspan(*_ALIKE, color=PALE, alpha=0.4, linewidth=0, zorder=0)
    axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)


def _tasks(axes: Axes, part: pd.DataFrame, order: list[str], limits: tuple[float, float]) -> None:
    """Mark every task's ratio below its rescue's mean, and count those that are infinite behind the scale."""
    for who, own in part.groupby("who"):
        line = order.index(str(who))
        inside = own.loc[np.isfinite(own["middle"]), "middle"].clip(*limits)
        axes.plot(inside, [line + 0.28] * len(inside), marker="|", markersize=4, color=GREY, linestyle="none")
        lost = int((own["middle"] == np.inf).sum())
        if lost:
            axes.annotate(
                f"{lost} ∞", (1, line), xytext=(8, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                fontsize=SMALL, color=GREY, va="center_baseline",
            )  # fmt: skip


@drawn
def recycling(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the error after dead units began anew, over that without and over that after live ones did.

    A row is a data set and optimizer, and where it says so the start bias.
    """
    rows = _outcome(records, "recycle")
    if rows.empty:
        return missing("units that begin anew")
    bias = rows["bias"] if "bias" in rows else pd.Series(index=rows.index, dtype=object)
    cell = rows["dataset"].map(naming.word) + ", " + rows["optimizer"].map(naming.word)
    rows = rows.assign(cell=cell.where(bias.isna(), cell + ", start bias 0"))
    found = pd.concat(
        arms.ratios(rows, by=["cell"], of="recycled", base=base).query("recycled == @who").assign(compared=title)
        for (who, base), title in _PAIRS.items()
    )
    rank = {one: place for place, one in enumerate(_OPTIMIZERS)}
    known = rows.assign(rank=rows["optimizer"].map(rank)).sort_values(["dataset", "rank", "cell"], kind="stable")
    order = list(dict.fromkeys(known["cell"]))
    limits = log_limits(found[["middle", "low", "high"]].to_numpy(float).ravel(), widest=_WIDEST)
    figure, grid = beside(3, 3, order, row=0.22)
    for axes, title in zip(grid, _PAIRS.values(), strict=True):
        dots = [
            Dot(row["cell"], row["middle"], row["low"], row["high"], FAMILIES["rectifier"])
            for row in found[found["compared"] == title].to_dict("records")
        ]
        rows_of_dots(axes, dots, order, limits=limits, log=True)
        _equal(axes)
        axes.set_title(title, fontsize=SMALL + 0.5)
        axes.set_xlabel("ratio of test errors")
    _note(figure, grid[0], "▶: beyond the scale, as where a network diverged; below 1 the first of the two does better")
    figure.data = sheet(found, catalogue, {"cell": "data set and optimiser", "compared": "compared", **_RATIO})
    figure.finding = _compared(found)
    return figure


def _compared(found: pd.DataFrame) -> str:
    """Return in how many rows each comparison lies below 1, above it, or is open."""
    said = []
    for title in _PAIRS.values():
        own = found[found["compared"] == title]
        known = own.dropna(subset=["low", "high"])
        below, above = int((known["high"] < 1).sum()), int((known["low"] > 1).sum())
        span = f"{number(float(own['middle'].min()))} to {number(float(own['middle'].max()))}" if len(own) else MISSING
        said.append(f"{title} {span}, the interval below 1 in {below} and above 1 in {above} of {len(own)} rows")
    return f"Ratios of test errors: {'; '.join(said)}."
