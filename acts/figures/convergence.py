"""Convergence: loss curves of tuned runs, paired differences from a reference, and what tuning chose."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from acts import records as door
from acts import stats
from acts.figures import cells, intervals, naming
from acts.figures.dots import Dot, log_limits, rows_of_dots
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.palette import GREY, PALE
from acts.figures.rates import GOOD, band_widths, octaves, response
from acts.figures.scales import plain
from acts.figures.style import SMALL, drawn, missing, panels
from acts.figures.table import MISSING, Table, unmeasured

__all__ = [
    "GOOD", "bands", "differences", "diverged", "inits", "losses", "octaves", "paired_ratios", "response",
    "targets",
]  # fmt: skip

MARGIN = 0.05  # of loss, set before the run
ALIKE = (1 - MARGIN, 1 / (1 - MARGIN))  # ratios inside the margin: 5 % less, or as much less seen from the other side


@drawn
def losses(records: pd.DataFrame, catalogue: pd.DataFrame, *, optimizer: str = "sgd") -> Figure:
    """Return test loss against step of the tuned runs, a panel a data set and network, a line an activation.

    Lines are geometric means over paired seeds (on ranks where a run diverged), bands their interval.
    """
    rows = cells.final(records, "loss")
    rows = rows[rows["optimizer"] == optimizer]
    if rows.empty:
        return missing(f"loss curves with {naming.word(optimizer)}")
    strokes = naming.strokes(catalogue, rows["activation"])
    present = sorted(cells.pairs(rows))
    height = max(1.5, needed_height(len(strokes)) + 0.05)
    figure, grid = panels(len(present), 2, height=height, left=0.55, right=1.0)
    for place, (axes, pair) in enumerate(zip(grid, present, strict=True)):
        _losses(axes, cells.of(rows, *pair), strokes, catalogue)
        axes.set_title(cells.titled(pair))
        axes.set_xlabel("step" if place >= len(present) - 2 else "")
        axes.set_ylabel("test loss (nats)" if place % 2 == 0 else "")
    return figure


def _losses(axes: Axes, rows: pd.DataFrame, strokes: dict[str, dict[str, object]], catalogue: pd.DataFrame) -> None:
    axes.set_yscale("log")
    ends = []
    for name in [one for one in strokes if one in set(rows["activation"])]:
        colour = str(strokes[name]["color"])
        own = rows[rows["activation"] == name].groupby("step")["value"].apply(intervals.geometric)
        curve = pd.DataFrame(own.tolist(), index=own.index.astype(int), columns=["middle", "low", "high"])
        axes.plot(curve.index, curve["middle"], color=colour, linestyle=strokes[name]["linestyle"], linewidth=1.1)
        axes.fill_between(curve.index, curve["low"], curve["high"], color=colour, alpha=0.09, linewidth=0)
        ends.append(End(naming.label(catalogue, name), float(curve["middle"].iloc[-1]), colour))
    axes.set_xlim(0, float(rows["step"].max()))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    plain(axes.yaxis, *axes.get_ylim(), count=6)
    at_ends(axes, [end for end in ends if np.isfinite(end.y)])


@drawn
def differences(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Figure:
    """Return loss area relative to a reference activation, paired by seed, a panel a data set and network.

    Points are geometric means of the paired ratios with the exact sign-flip interval (on ranks where a run diverged);
    the band is the margin inside which two activations count as practically equivalent.
    """
    ratios = paired_ratios(records, reference=reference)
    if ratios.empty:
        return missing(f"differences from {naming.label(catalogue, reference)}")
    limits = log_limits(ratios[["middle", "low", "high"]].to_numpy(float).ravel())
    x = f"loss area ÷ that of {naming.label(catalogue, reference)}"
    figure, grid = _dots(ratios, catalogue, x=x, limits=limits, log=True)
    for axes in grid:
        axes.axvspan(*ALIKE, color=PALE, alpha=0.4, linewidth=0, zorder=0)
        axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
    return figure


def paired_ratios(records: pd.DataFrame, *, reference: str = "relu") -> pd.DataFrame:
    """Return loss area over the reference's, a row a data set, network, optimiser and activation, with its interval."""
    keys = ["dataset", "network", "optimizer"]
    found = []
    for key, part in cells.final(records, "loss_area").groupby(keys):
        wide = part.pivot(index="seed", columns="activation", values="value")
        for activation in wide.columns.drop(reference, errors="ignore") if reference in wide else ():
            both = wide[[activation, reference]].dropna()
            if len(both):
                logs = stats.log_ratio(both[activation].to_numpy(float), both[reference].to_numpy(float))
                ends = [float(np.exp(end)) for end in intervals.centre(logs)]
                found.append((*key, activation, *ends, len(both)))
    return pd.DataFrame(found, columns=[*keys, "activation", "middle", "low", "high", "n"])


@drawn
def bands(records: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:
    """Return the width of the good band of learning rates, a panel a data set and network."""
    widths = band_widths(records)
    if widths.empty:
        return missing("width of the good band of learning rates")
    highest = float(np.nanmax(widths[["middle", "high"]].to_numpy(float)))
    figure, _ = _dots(
        widths, catalogue, x="good rates span (octaves)", limits=(0.0, max(1.0, 1.05 * highest)), log=False
    )
    return figure


def _dots(
    found: pd.DataFrame, catalogue: pd.DataFrame, *, x: str, limits: tuple[float, float], log: bool
) -> tuple[Figure, list[Axes]]:
    """Return panels of data sets (columns) and networks (rows), an activation a line, an optimiser a mark."""
    pairs = cells.pairs(found)
    names = naming.ordered(catalogue, found["activation"])
    labels = {name: naming.label(catalogue, name) for name in names}
    strokes = naming.strokes(catalogue, names)
    columns = max(1, min(3, found["dataset"].nunique()))
    figure, grid = panels(len(pairs), columns, height=0.21 * len(names) + 0.1, left=0.85, right=0.14, foot=0.2)
    for place, (axes, pair) in enumerate(zip(grid, pairs, strict=True)):
        dots = [
            Dot(labels[row["activation"]], row["middle"], row["low"], row["high"],
                str(strokes[row["activation"]]["color"]), hollow=row["optimizer"] != "sgd")
            for row in cells.of(found, *pair).to_dict("records")
        ]  # fmt: skip
        rows_of_dots(axes, dots, list(labels.values()), limits=limits, log=log)
        axes.set_title(cells.titled(pair))
        axes.set_xlabel(x if place >= len(pairs) - columns else "")
    _key(figure, [one for one in cells.OPTIMIZERS if one in set(found["optimizer"])])
    return figure, grid


def _key(figure: Figure, optimizers: list[str]) -> None:
    """Say below the panels which mark is which optimiser: SGD filled, the others hollow."""
    width, height = figure.get_size_inches()
    for place, one in enumerate(optimizers):
        x = (0.9 + 0.7 * place) / width
        face = GREY if one == "sgd" else "none"
        mark = Line2D([x], [0.06 / height], marker="o", markersize=4, markeredgecolor=GREY, markerfacecolor=face)
        figure.add_artist(mark)
        figure.text(x + 0.08 / width, 0.0, naming.word(one), fontsize=SMALL, color=GREY, va="bottom")


def inits(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return how often each init was picked together with the rate, an activation and network a row."""
    rows = cells.final(records, "loss_area").dropna(subset=["init"])
    if rows.empty:
        return unmeasured("the init that each arm picked", {"activation": "Activation"})
    counts = rows.groupby(["activation", "network", "optimizer", "init"]).size()
    shown = [(one, init) for one in cells.OPTIMIZERS for init in cells.INITS
             if one in set(rows["optimizer"]) and init in set(rows["init"])]  # fmt: skip
    table = []
    for network in sorted(rows["network"].unique(), key=naming.depth):
        for name in naming.ordered(catalogue, rows.loc[rows["network"] == network, "activation"]):
            picked = {f"{one} {init}": int(counts.get((name, network, one, init), 0)) for one, init in shown}
            table.append({"activation": naming.label(catalogue, name), "network": naming.word(network), **picked})
    headings = {f"{one} {init}": f"{naming.word(one)}, {naming.word(init)}" for one, init in shown}
    return Table(pd.DataFrame(table), {"activation": "Activation", "network": "Network", **headings})


def targets(
    records: pd.DataFrame, catalogue: pd.DataFrame, *, dataset: str | None = None, network: str | None = None
) -> Table:
    """Return the median steps to three target losses and how many runs reach them, in one cell.

    Runs that do not reach a target count as longer than the run; a target is a share of the loss of a uniform guess.
    The cell is the deepest network on the first data set unless one is named.
    """
    rows = door.where(records, experiment=cells.EXPERIMENT, phase="final", metric="steps_to_loss", split="test")
    if rows.empty:
        return unmeasured("steps to a target loss", {"activation": "Activation"})
    network = network or max(rows["network"].unique(), key=naming.depth)
    dataset = dataset or str(rows.loc[rows["network"] == network, "dataset"].iloc[0])
    rows = cells.of(rows, dataset, network)
    rows = rows.assign(share=rows["arm"].str.extract(r"target=([\d.]+)", expand=False).astype(float))
    reached = cells.of(door.where(records, metric="reached"), dataset, network)
    key = ["activation", "optimizer", "arm"]
    steps, hit = rows.groupby(key)["value"].median(), reached.groupby(key)["value"].agg(["sum", "size"])
    shown = rows[["optimizer", "arm", "share"]].drop_duplicates().sort_values(["optimizer", "share"], ascending=False)
    headings = {f"{one} {arm}": f"{naming.word(one)}, {100 * share:g} %" for one, arm, share in shown.to_numpy()}
    table = [
        {"activation": naming.label(catalogue, name)}
        | {f"{one} {arm}": _reached(steps, hit, (name, one, arm)) for one, arm, _ in shown.to_numpy()}
        for name in naming.ordered(catalogue, rows["activation"])
    ]
    return Table(pd.DataFrame(table), {"activation": "Activation", **headings}, numbers=list(headings))


def _reached(steps: pd.Series, hit: pd.DataFrame, key: Any) -> str:
    if key not in steps.index or key not in hit.index:
        return MISSING
    count, total = (int(value) for value in hit.loc[key])
    middle = f"{steps[key]:.0f}" if count * 2 > total else f"> {steps[key] - 1:.0f}"
    return f"{middle} ({count} of {total})"


def diverged(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return the share of runs that diverged, an activation a row, tuning and final runs of each optimiser a column."""
    rows = door.where(records, experiment=cells.EXPERIMENT, metric="diverged")
    run = ["activation", "dataset", "network", "optimizer", "init", "lr", "seed", "phase"]
    rows = rows.drop_duplicates(run)
    if rows.empty:
        return unmeasured("divergence", {"activation": "Activation"})
    shown = [(phase, one) for phase in ("tune", "final") for one in cells.OPTIMIZERS if one in set(rows["optimizer"])]
    grouped = rows.groupby(["activation", "phase", "optimizer"])["value"].agg(["sum", "size"])
    table = [
        {"activation": naming.label(catalogue, name)}
        | {f"{phase} {one}": _share(grouped, (name, phase, one)) for phase, one in shown}
        for name in naming.ordered(catalogue, rows["activation"])
    ]
    words = {"tune": "tuning", "final": "final"}
    headings = {f"{phase} {one}": f"{naming.word(one)}, {words[phase]}" for phase, one in shown}
    return Table(pd.DataFrame(table), {"activation": "Activation", **headings}, numbers=list(headings))


def _share(grouped: pd.DataFrame, key: Any) -> str:
    if key not in grouped.index:
        return MISSING
    count, total = (int(value) for value in grouped.loc[key])
    return f"{count} of {total:,}".replace(",", " ")
