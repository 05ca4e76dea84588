"""Cost: time and memory of functions alone and in a whole training step, as ratios to ReLU in the same process."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from acts import records as door
from acts.figures import intervals, naming, tasks, timings
from acts.figures.dots import Dot, beside, log_limits, rows_of_dots
from acts.figures.labels import End, at_ends, needed_height, spread
from acts.figures.palette import GREY, PALE
from acts.figures.results import spanned
from acts.figures.scales import plain
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, key, missing, panels
from acts.figures.table import MISSING, Table, Text, escape, number, unmeasured

REFERENCE = "relu"
CONTROL = "identity"
MARGIN = 0.05  # of a whole step, set before the run: less is no difference that anyone would notice
NOTICED = 0.2  # of a whole step: what the claims call expensive
FEW = ("sigmoid", "tanh", "softsign", "relu", "elu", "swish", "gelu", "mish")  # as many lines as a panel bears
_LEAST = -15.0  # per cent: a share below 0 is noise, and more of it need not be seen
_BESIDE = 0.03  # of the time with ReLU: names of what is a little quicker stand left of it, clear of slower ones
_FARTHEST = 3.0  # the largest ratio of outcomes that is drawn to scale
_NOTHING = "Nothing of this was measured here."


# --- what was measured ------------------------------------------------------------------------------------------------


def processes(records: pd.DataFrame) -> Text:
    """Return how many processes were measured on what, and whether there was a compiler."""
    rows = door.where(records, experiment=timings.EXPERIMENT)
    if rows.empty:
        return Text(_NOTHING)
    compiler = rows.loc[rows["metric"] == "compiler", "value"]
    compiled = "compiled functions were not asked for"
    if len(compiler):
        there = bool((compiler > 0).all())
        compiled = "a compiler was there" if there else "there was no C++ compiler, so nothing was compiled"
    step = timings.leveled(rows[rows["metric"] == "step_ns"])
    typical = step.groupby(["network", "batch"])["value"].median().reset_index()
    order = sorted(typical.to_dict("records"), key=lambda row: (timings.width_of(row["network"]), int(row["batch"])))
    took = ", ".join(
        f"{escape(naming.word(row['network']))} at batch {row['batch']} in {number(row['value'] / 1e6, 2)} ms"
        for row in order
    )
    steps = f" A step with ReLU took, by the median process: {took}." if took else ""
    return Text(
        f"Measured here: {rows['activation'].nunique()} functions in each of {rows['seed'].nunique()} fresh processes "
        f"on {', '.join(sorted(rows['device'].unique()))}; {compiled}.{steps}"
    )


# --- one function alone -----------------------------------------------------------------------------------------------


@drawn
def elements(records: pd.DataFrame, catalogue: pd.DataFrame, *, metric: str = "both_time_ratio") -> Drawing:
    """Return each function's time over that of ReLU on one tensor, a panel a size, and one of compiled functions.

    Filled marks are float32, hollow ones bfloat16.
    """
    found = timings.measured(records, metric)
    found = found[(found["size"] != "") & (found["mode"] != "copy") & found["dtype"].isin(["float32", "bfloat16"])]
    if found.empty:
        return missing("the time of functions alone")
    shown = [("eager", size) for size in timings.sizes(found[found["mode"] == "eager"])]
    shown += [("compiled", size) for size in timings.sizes(found[found["mode"] == "compiled"])[-1:]]
    rows = _by_time(found[found["mode"] == "eager"], catalogue)
    figure, grid = beside(len(shown), 2, rows, row=0.145, top=0.26)
    limits = _limits(found)
    for axes, (mode, size) in zip(grid, shown, strict=True):
        part = found[(found["mode"] == mode) & (found["size"] == str(size))]
        rows_of_dots(axes, _dots(part, catalogue, hollow=part["dtype"] == "bfloat16"), rows, limits=limits, log=True)
        axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
        axes.set_title(f"{timings.worded(size)} elements{', compiled' if mode == 'compiled' else ''}")
        _unmeasured(axes, [row for row in rows if row not in set(_labels(part, catalogue))], rows)
    for axes in grid[-2:]:
        axes.set_xlabel("time ÷ that of ReLU")
    left = grid[0].get_position().x0 * figure.get_figwidth()
    key(figure, [("● float32   ○ bfloat16   vertical line: ReLU as it is, not compiled", GREY)], x=left, y=0.02)
    columns = {"activation": "activation", "mode": "mode", "size": "elements", "dtype": "number format",
               "middle": "time ÷ that of ReLU", "low": "95 % low", "high": "95 % high"}  # fmt: skip
    figure.data = sheet(found, catalogue, columns)
    _found(figure, found[(found["mode"] == "eager") & (found["size"] == str(timings.sizes(found)[-1]))], catalogue)
    return figure


def _limits(found: pd.DataFrame) -> tuple[float, float]:
    """Return limits of a log axis that hold every point and 1, with room beside them."""
    ends = found["middle"].to_numpy(float)
    ends = ends[np.isfinite(ends) & (ends > 0)]
    return float(min(0.9, ends.min() / 1.15)), float(max(1.1, ends.max() * 1.15))


def _by_time(found: pd.DataFrame, catalogue: pd.DataFrame) -> list[str]:
    """Return labels of activations, the quickest first by the geometric mean over what was measured."""
    level = np.log(found["middle"].clip(lower=1e-9)).groupby(found["activation"]).mean().sort_values(kind="stable")
    return [naming.label(catalogue, str(name)) for name in level.index]


def _dots(part: pd.DataFrame, catalogue: pd.DataFrame, *, hollow: pd.Series) -> list[Dot]:
    colours = naming.inks(catalogue, part["activation"])
    return [
        Dot(
            naming.label(catalogue, row["activation"]), row["middle"], row["low"], row["high"],
            colours[row["activation"]], hollow=bool(light),
        )
        for row, light in zip(part.to_dict("records"), hollow, strict=True)
    ]  # fmt: skip


def _labels(part: pd.DataFrame, catalogue: pd.DataFrame) -> list[str]:
    return [naming.label(catalogue, str(name)) for name in part["activation"]]


def _unmeasured(axes: Axes, gaps: Sequence[str], rows: Sequence[str]) -> None:
    """Say in the rows that a panel has no point of that nothing was measured there."""
    for gap in gaps:
        axes.text(
            0.02, rows.index(gap), "not measured", transform=axes.get_yaxis_transform(), fontsize=SMALL - 1.5,
            ha="left", va="center_baseline", color=GREY, style="italic",
        )  # fmt: skip


def _found(figure: Drawing, part: pd.DataFrame, catalogue: pd.DataFrame) -> None:
    """Put the quickest and the slowest functions, with their ratios, into the figure's words."""
    part = part[(part["dtype"] == "float32") & (part["activation"] != REFERENCE)].sort_values("middle")
    if len(part):
        told = [f"{naming.label(catalogue, str(row['activation']))} {spanned(row)}" for row in part.to_dict("records")]
        figure.finding = f"Time relative to ReLU with its 95 % interval, the quickest first: {', '.join(told)}."


def times(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return forward and backward times over ReLU's on the largest tensor, eager and compiled, and saved bytes."""
    columns = {"activation": "Activation", "forward": "Forward [95 %]", "backward": "Backward [95 %]",
               "both": "Both [95 %]", "low": "Both, bfloat16", "compiled": "Both, compiled"}  # fmt: skip
    parts = {name: timings.measured(records, f"{name}_time_ratio") for name in ("forward", "backward", "both")}
    eager = parts["both"][parts["both"]["mode"] == "eager"]
    if eager.empty:
        return unmeasured("the time of functions alone", columns)
    size = str(timings.sizes(eager)[-1])
    rows = []
    for name in naming.ordered(catalogue, eager["activation"]):
        row = {"activation": naming.label(catalogue, name)}
        for stretch, table in parts.items():
            row[stretch] = _cell(table, activation=name, mode="eager", size=size, dtype="float32")
        both = parts["both"]
        row["low"] = _cell(both, activation=name, mode="eager", size=size, dtype="bfloat16", alone=True)
        row["compiled"] = _cell(both, activation=name, mode="compiled", dtype="float32", alone=True)
        rows.append(row)
    copied = parts["forward"]
    copied = copied[(copied["mode"] == "copy") & (copied["size"] == size) & (copied["dtype"] == "float32")]
    floor = f" A plain copy of the tensor takes {number(float(copied['middle'].iloc[0]), 2)}." if len(copied) else ""
    note = f"{timings.worded(int(size))} elements, float32; compiled functions too as ratios to ReLU as it is.{floor}"
    note = note[0].upper() + note[1:]
    return Table(
        pd.DataFrame(rows),
        columns,
        numbers=[name for name in columns if name != "activation"],
        note=note,
        own=naming.own_labels(catalogue),
    )


def _cell(table: pd.DataFrame, *, alone: bool = False, **where: str) -> str:
    """Return a middle with its interval (``alone``: without) as text; a dash where nothing was measured."""
    for column, value in where.items():
        table = table[table[column] == value]
    if table.empty:
        return MISSING
    row = table.iloc[-1]
    if alone or pd.isna(row["low"]):
        return number(row["middle"], 2)
    return f"{number(row['middle'], 2)} [{number(row['low'], 2)}, {number(row['high'], 2)}]"


# --- in a network -----------------------------------------------------------------------------------------------------


@drawn
def steps(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the time of a whole training step over that with ReLU, a panel a network; small batches are filled."""
    found = timings.measured(records, "step_time_ratio")
    if found.empty:
        return missing("the time of whole training steps")
    rows, networks = _by_time(found, catalogue), timings.by_width(found)
    figure, grid = beside(len(networks), 3, rows, row=0.155, top=0.26)
    limits = _limits(found)
    batches = sorted(found["batch"].unique(), key=int)
    for axes, network in zip(grid, networks, strict=True):
        part = found[(found["network"] == network) & found["batch"].isin([batches[0], batches[-1]])]
        rows_of_dots(axes, _dots(part, catalogue, hollow=part["batch"] != batches[0]), rows, limits=limits, log=True)
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
    _found(figure, smallest.assign(dtype="float32"), catalogue)
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


# --- memory and accuracy ----------------------------------------------------------------------------------------------


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


@drawn
def accuracy(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return test outcome against the time of a step, an activation a point with both intervals.

    Upwards is the mean over the tournament's tasks of error, or loss, as a ratio to ReLU's; across is the mean over
    the networks and batches whose steps were timed.
    """
    found = tasks.judged(records)
    outcome = tasks.over_tasks(tasks.contrasts(found)) if len(found) else pd.DataFrame()
    time = timings.mean_step(records)
    if outcome.empty or time.empty:
        return missing("outcomes on tasks beside the time of a step")
    both = outcome.merge(time, on="activation", suffixes=("", "_time"))
    both = both[both["activation"] != REFERENCE]
    if both.empty:
        return missing("outcomes on tasks beside the time of a step")
    figure, (axes,) = panels(1, 1, height=3.4, left=0.6, right=0.6, top=0.3)
    axes.set_yscale("log")
    low, high = log_limits(both["middle"].to_numpy(float), widest=_FARTHEST, narrowest=1.25)
    axes.set_ylim(low, high)
    points: list[dict] = [*both.to_dict("records"), {"activation": REFERENCE, "middle": 1.0, "middle_time": 1.0}]
    heights = [float(np.clip(np.log(row["middle"]), np.log(low), np.log(high))) for row in points]
    apart = 1.2 * SMALL / 72 / 3.4 * np.log(high / low)
    colours = naming.inks(catalogue, [row["activation"] for row in points])
    names = spread(heights, apart, low=np.log(low) + apart / 2, high=np.log(high) - apart / 2)
    for row, height, own in zip(points, names, heights, strict=True):
        label = naming.label(catalogue, row["activation"])
        _bargain(axes, label, row, colour=colours[row["activation"]], y=float(np.exp(own)), name=float(np.exp(height)))
    plain(axes.yaxis, low, high)
    axes.axhline(1, color=GREY, linewidth=0.6, zorder=1)
    axes.axvline(1, color=GREY, linewidth=0.6, zorder=1)
    axes.set_xlabel("time of a step ÷ that with ReLU")
    axes.set_ylabel("error or loss ÷ that of ReLU")
    columns = {"activation": "activation", "middle": "error or loss ÷ that of ReLU", "low": "95 % low",
               "high": "95 % high", "n": "tasks", "middle_time": "time of a step ÷ that with ReLU",
               "low_time": "time, 95 % low", "high_time": "time, 95 % high"}  # fmt: skip
    figure.data = sheet(both, catalogue, columns)
    told = [
        f"{naming.label(catalogue, row['activation'])} {spanned(row)} at {number(row['middle_time'], 3)} times the time"
        for row in both.sort_values("middle").to_dict("records")
    ]
    figure.finding = f"Outcome relative to ReLU, the best first: {'; '.join(told)}."
    return figure


def _bargain(axes: Axes, label: str, row: dict, *, colour: str, y: float, name: float) -> None:
    """Draw an activation with its intervals, where it has them, and its name at a height that no other takes."""
    x = row["middle_time"]
    if "low" in row:
        axes.plot([row["low_time"], row["high_time"]], [y] * 2, color=colour, linewidth=0.8)
        axes.plot([x] * 2, [row["low"], row["high"]], color=colour, linewidth=0.8)
    inside = y == row["middle"] or "low" not in row
    axes.plot([x], [y], marker="o" if inside else "^", color=colour, linestyle="none", clip_on=inside)
    left = 1 - _BESIDE < x < 1
    axes.annotate(
        label,
        (x, name),
        xytext=(-4 if left else 4, 1.5),
        textcoords="offset points",
        color=colour,
        fontsize=SMALL,
        ha="right" if left else "left",
        va="bottom",
    )
