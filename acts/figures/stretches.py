"""Stretches: what part of a whole training step, and of the memory that it keeps, is a function's."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from acts.figures import intervals, naming, timings
from acts.figures.dots import beside, rows_of_dots
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.palette import GREY, PALE
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.stopwatch import by_time, dots, limits, tell
from acts.figures.style import Drawing, drawn, key, missing, panels
from acts.figures.table import Table, unmeasured

CONTROL = "identity"
MARGIN = 0.05  # of a whole step, set before the run: less is no difference that anyone would notice
NOTICED = 0.2  # of a whole step: what the claims call expensive
FEW = ("sigmoid", "tanh", "softsign", "relu", "elu", "swish", "gelu", "mish")  # as many lines as a panel bears
_LEAST = -15.0  # per cent: a share below 0 is noise, and more of it need not be seen


@drawn
def steps(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the time of a whole training step over that with ReLU, a panel a network; small batches are filled."""
    found = timings.measured(records, "step_time_ratio")
    if found.empty:
        return missing("the time of whole training steps")
    rows, networks = by_time(found, catalogue), timings.by_width(found)
    figure, grid = beside(len(networks), 3, rows, row=0.155, top=0.26)
    ends = limits(found)
    batches = sorted(found["batch"].unique(), key=int)
    for axes, network in zip(grid, networks, strict=True):
        part = found[(found["network"] == network) & found["batch"].isin([batches[0], batches[-1]])]
        rows_of_dots(axes, dots(part, catalogue, hollow=part["batch"] != batches[0]), rows, limits=ends, log=True)
        axes.axvspan(1 - MARGIN, 1 + MARGIN, color=PALE, alpha=0.4, linewidth=0, zorder=0)
        axes.axvline(1 + NOTICED, color=GREY, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
        axes.set_title(naming.word(network))
    for axes in grid[-3:]:
        axes.set_xlabel("time of a step ÷ that with ReLU")
    large = f"   ○ {batches[-1]}" if len(batches) > 1 else ""
    said = f"● batch {batches[0]}{large}   band: within {100 * MARGIN:g} % of ReLU   dashes: {100 * NOTICED:g} % more"
    key(figure, [(said, GREY)], x=grid[0].get_position().x0 * figure.get_figwidth(), y=0.02)
    columns = {"network": "network", "batch": "batch", "activation": "activation",
               "middle": "time of a step ÷ that with ReLU", "low": "95 % low", "high": "95 % high"}  # fmt: skip
    figure.data = sheet(found, catalogue, columns)
    smallest = found[(found["network"] == networks[0]) & (found["batch"] == batches[0])]
    tell(figure, smallest.assign(dtype="float32"), catalogue)
    figure.finding = f"{naming.word(networks[0])}, batch {batches[0]}. {figure.finding}"
    return figure


@drawn
def shares(records: pd.DataFrame, catalogue: pd.DataFrame, *, few: Sequence[str] = FEW) -> Drawing:
    """Return what share of a whole step is gone without activations, against the width, a panel a batch."""
    found = timings.measured(records, "share_time_ratio")
    found = found[found["activation"].isin([*few, *naming.own(catalogue)])]
    if found.empty:
        return missing("the share of a training step")
    found = found.assign(width=found["network"].map(timings.width_of), middle=100 * found["middle"])
    found = found.assign(low=100 * found["low"], high=100 * found["high"])
    strokes = naming.strokes(catalogue, found["activation"])
    batches = sorted(found["batch"].unique(), key=int)
    figure, grid = panels(len(batches), 2, height=max(2.0, needed_height(len(strokes)) + 0.1), left=0.5, right=0.95)
    for place, (axes, batch) in enumerate(zip(grid, batches, strict=True)):
        ends = []
        for name, stroke in strokes.items():
            line = found[(found["activation"] == name) & (found["batch"] == batch)].sort_values("width")
            if line.empty:
                continue
            axes.errorbar(
                line["width"], line["middle"], yerr=intervals.bars(line["middle"], line["low"], line["high"]),
                color=str(stroke["color"]), linestyle=stroke["linestyle"], marker=str(stroke["marker"]), markersize=2.6,
                linewidth=0.9, elinewidth=0.8,
            )  # fmt: skip
            ends.append(End(naming.label(catalogue, name), float(line["middle"].iloc[-1]), str(stroke["color"])))
        axes.set_xscale("log", base=2)
        widths = sorted(found["width"].unique())
        axes.set_xticks(widths, [str(width) for width in widths])
        lowest, highest = float(found["middle"].min()), float(found["middle"].max())
        axes.set_ylim(max(_LEAST, min(0.0, lowest - 1)), max(1.0, 1.06 * highest))
        axes.yaxis.set_major_locator(MaxNLocator(6))
        axes.axhline(0, color=GREY, linewidth=0.6, zorder=1)
        axes.set_title(f"batch {batch}")
        axes.set_xlabel("width of the hidden layers")
        axes.set_ylabel("share of the step (%)" if place % 2 == 0 else "")
        at_ends(axes, ends)
    columns = {"network": "network", "width": "width", "batch": "batch", "activation": "activation",
               "middle": "share of the step (%)", "low": "95 % low", "high": "95 % high"}  # fmt: skip
    figure.data = sheet(found, catalogue, columns)
    figure.finding = _largest(found, catalogue)
    return figure


def _largest(found: pd.DataFrame, catalogue: pd.DataFrame) -> str:
    """Return the largest shares in the narrowest and in the widest network, as a sentence."""
    said = []
    for width in (found["width"].min(), found["width"].max()):
        row = found[found["width"] == width].sort_values("middle").to_dict("records")[-1]
        said.append(f"at width {width} {naming.label(catalogue, row['activation'])}, batch {row['batch']}, "
                    f"{spanned(row)} %")  # fmt: skip
    return f"The largest share of a step: {'; '.join(said)}."


def memory(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return the bytes an element that a function keeps for backward, alone, and that a network keeps with it."""
    columns = {"activation": "Activation", "alone": "Alone, float32", "low": "Alone, bfloat16",
               "network": "In a network, float32", "own": "Of these its own"}  # fmt: skip
    found = timings.measured(records, "saved_bytes")
    if found.empty:
        return unmeasured("bytes kept for the backward pass", columns)
    within = found[found["network"] != ""].groupby("activation")["middle"].median()
    rows = []
    for name in naming.ordered(catalogue, found["activation"]):
        alone = found[(found["activation"] == name) & (found["network"] == "")]
        values = {kind: alone.loc[alone["dtype"] == kind, "middle"] for kind in ("float32", "bfloat16")}
        rows.append({
            "activation": naming.label(catalogue, name),
            "alone": float(values["float32"].median()), "low": float(values["bfloat16"].median()),
            "network": float(within.get(name, np.nan)),
            "own": float(within.get(name, np.nan) - within.get(CONTROL, np.nan)),
        })  # fmt: skip
    note = "Bytes per element of the hidden layers. A network keeps every layer's input, whatever the activation."
    return Table(pd.DataFrame(rows), columns, digits=2, note=note, own=naming.own_labels(catalogue))
