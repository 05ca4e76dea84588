"""Sparsity: how many outputs of a layer are zero, and how many directions they span, before and after training."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from acts import records as door
from acts.figures import arms, intervals, naming
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.sheets import sheet
from acts.figures.style import Drawing, drawn, missing, panels
from acts.figures.table import number

_METRICS = {"zero_fraction": "zero outputs (%)", "effective_rank": "effective rank (% of width)"}
_TITLES = {"zero_fraction": "zeros", "effective_rank": "rank"}
_PHASES = {"init": "before training", "final": "after training"}


@drawn
def sparsity(
    records: pd.DataFrame, catalogue: pd.DataFrame, *, dataset: str = "digits", optimizer: str | None = None
) -> Drawing:
    """Return zeros and effective rank by hidden layer, before and after training, a line an activation."""
    rows = door.where(
        records, experiment="dead_units", arm="study=sparsity", metric=list(_METRICS), dataset=dataset
    ).dropna(subset=["layer"])
    optimizer = optimizer or (str(rows["optimizer"].iloc[0]) if len(rows) else "sgd")
    rows = rows[rows["optimizer"] == optimizer]
    if rows.empty:
        return missing("zeros and effective rank of hidden layers")
    found = arms.levels(rows, by=["metric", "phase", "activation", "layer"])
    strokes = naming.strokes(catalogue, rows["activation"])
    height = max(1.3, needed_height(len(strokes)) + 0.1)
    figure, grid = panels(4, 2, height=height, left=0.55, right=1.0, bottom=0.26, foot=0.2)
    shown = [(metric, phase) for metric in _METRICS for phase in _PHASES]
    for place, (axes, (metric, phase)) in enumerate(zip(grid, shown, strict=True)):
        own = found[(found["metric"] == metric) & (found["phase"] == phase)]
        axes.set_ylim(-4, 104)
        ends = []
        for name in [one for one in strokes if one in set(own["activation"])]:
            part, stroke = own[own["activation"] == name].sort_values("layer"), strokes[name]
            middle, low, high = (100 * part[column] for column in ("middle", "low", "high"))
            axes.errorbar(
                part["layer"].to_numpy(float), middle, yerr=intervals.bars(middle, low, high), color=stroke["color"],
                linestyle=stroke["linestyle"], marker=stroke["marker"], markersize=2.8, linewidth=1.0, elinewidth=0.8,
            )  # fmt: skip
            ends.append(End(naming.label(catalogue, name), float(middle.iloc[-1]), str(stroke["color"])))
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        at_ends(axes, [end for end in ends if np.isfinite(end.y)])
        axes.set_title(f"{_TITLES[metric]} {_PHASES[phase]}")
        axes.set_xlabel("hidden layer" if place > 1 else "")
        axes.set_ylabel(_METRICS[metric] if place % 2 == 0 else "")
    columns = {"what": "measured", "when": "when", "activation": "activation", "layer": "hidden layer",
               "middle": "mean (%)", "low": "95 % low", "high": "95 % high", "n": "networks"}  # fmt: skip
    shares = {end: 100 * found[end] for end in ("middle", "low", "high")}
    what, when = found["metric"].map(_METRICS), found["phase"].map(_PHASES)
    figure.data = sheet(found.assign(what=what, when=when, **shares), catalogue, columns)
    figure.finding = f"On {naming.word(dataset)} with {naming.word(optimizer)}: {_told(found, catalogue)}"
    return figure


def _told(found: pd.DataFrame, catalogue: pd.DataFrame) -> str:
    """Return, after training and over the layers, whose mean of zeros and of rank is highest and lowest."""
    said = []
    for metric, what in _METRICS.items():
        own = found[(found["metric"] == metric) & (found["phase"] == "final")]
        means = 100 * own.groupby("activation")["middle"].mean().sort_values()
        if len(means):
            ends = [
                f"{number(float(means[name]), 2)} % ({naming.label(catalogue, str(name))})"
                for name in means.index[[0, -1]]
            ]
            said.append(f"mean over layers of {what.partition(' (')[0]} after training from {ends[0]} to {ends[1]}")
    return f"{'; '.join(said)}."
