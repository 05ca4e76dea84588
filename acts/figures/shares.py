"""Shares: how much of the variance of a task's outcomes goes with the activation, the init, the rate and the seed."""

import numpy as np
import pandas as pd

from acts import stats
from acts.figures import crowds, tasks
from acts.figures.palette import FAMILIES, GREY, INK, PALE, PAPER, ink_on
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, key, missing, text_width
from acts.figures.table import number

FACTORS = ("activation", "init", "lr", "seed")
_COLOURS = {
    "activation": FAMILIES["rectifier"], "init": FAMILIES["hard"], "rate": FAMILIES["exponential"], "seed": GREY,
    "rest": PALE,
}  # fmt: skip
_ROW = 0.19  # inches
_WRITTEN = 4.0  # per cent: a share that has room for its number


def table(records: pd.DataFrame) -> pd.DataFrame:
    """Return shares of the variance of log outcomes on validation rows, a row a task, from its tuning runs.

    Balanced: the inits that every activation has and the rates that every arm and seed tried. A diverged run counts as
    the worst finite one of its task, its share of the runs stands in ``diverged``.
    """
    judged = tasks.judged(records)
    titled = judged[[*tasks.KEY, "task", "metric"]].drop_duplicates()
    tune = tasks.trained(records, phase="tune", split="validation").merge(titled, on=[*tasks.KEY, "metric"])
    rows = []
    for title in tasks.in_order(judged["task"], records):
        cube, diverged = _cube(tune[tune["task"] == title])
        if cube is not None:
            rows.append((title, *stats.variance_shares(cube), diverged, cube.size))
    return pd.DataFrame(rows, columns=["task", *_COLOURS, "diverged", "runs"])


def _cube(part: pd.DataFrame) -> tuple[np.ndarray | None, float]:
    """Return log outcomes by activation, init, rate and seed, and the share of diverged runs; None if not crossed."""
    part = part.assign(lr=part["lr"].astype(float))
    inits = part.groupby("init")["activation"].nunique()
    part = part[part["init"].isin(inits.index[inits == part["activation"].nunique()])]
    tried = part.groupby("lr").size()
    part = part[part["lr"].isin(tried.index[tried == tried.max()])]
    sizes = [part[factor].nunique() for factor in FACTORS]
    if not len(part) or min(sizes) < 2 or len(part) != np.prod(sizes):
        return None, float("nan")
    values = part.sort_values(list(FACTORS))["value"].to_numpy(float)
    finite = np.isfinite(values) & (values > 0)
    worst = values[finite].max()
    return np.log(np.where(finite, np.minimum(values, worst), worst)).reshape(sizes), float(1 - finite.mean())


@drawn
def shares(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return a bar a task, parted by what its variance goes with: activation, init, rate, seed, and the rest."""
    del catalogue
    found = table(records)
    found = (
        found[found["task"].isin(crowds.examples(tasks.judged(records), list(found["task"])))] if len(found) else found
    )
    if found.empty:
        return missing("tuning runs that cross activations, inits, rates and seeds")
    left = 0.15 + max(text_width(title, SMALL) for title in found["task"])
    top, inside = 0.3, _ROW * len(found)
    figure = Drawing(figsize=(WIDTH, top + inside + 0.42))
    tall = top + inside + 0.42
    axes = figure.add_axes((left / WIDTH, 0.42 / tall, (WIDTH - left - 0.1) / WIDTH, inside / tall))
    start = np.zeros(len(found))
    for part, colour in _COLOURS.items():
        share = 100 * found[part].to_numpy(float)
        axes.barh(range(len(found)), share, left=start, facecolor=colour, edgecolor=PAPER, height=0.72, linewidth=0.9)
        for row in np.flatnonzero(share >= _WRITTEN).tolist():
            axes.text(start[row] + share[row] / 2, row, f"{share[row]:.0f}", ha="center", va="center_baseline",
                      fontsize=SMALL - 1, color=INK if part == "rest" else ink_on(colour))  # fmt: skip
        start += share
    axes.set_yticks(range(len(found)), list(found["task"]))
    axes.tick_params(axis="y", labelsize=SMALL, length=0)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the variance of log outcomes (%)")
    axes.grid(False)
    words = [(f"■ {name}", colour) for name, colour in _COLOURS.items()]
    key(figure, words, x=left, y=tall - 0.2)
    percent = {f"{part} (% of variance)": 100 * found[part] for part in _COLOURS}
    figure.data = pd.DataFrame({"task": found["task"], **percent, "tuning runs": found["runs"]})
    figure.finding = told(found)
    return figure


def told(found: pd.DataFrame) -> str:
    """Return the medians over tasks, as a sentence."""
    said = [f"{name} {number(100 * float(found[name].median()), '.0f')} %" for name in _COLOURS]
    return f"Median share of the variance over {len(found)} tasks: {', '.join(said)}."
