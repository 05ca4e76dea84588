"""Rates: how the outcome responds to the learning rate, and how wide the band of good rates is."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.figures import cells, intervals, naming
from acts.figures.labels import End, at_ends
from acts.figures.palette import GREY
from acts.figures.scales import plain
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import number

GOOD = 0.10  # a rate is good when its loss area is at most this share above the best of its seed
_COLUMNS = {
    "dataset": "data set", "network": "network", "optimizer": "optimiser", "activation": "activation", "init": "init",
    "lr": "learning rate", "middle": "loss area (nats)", "low": "95 % low", "high": "95 % high", "n": "tuning seeds",
    "diverged": "share diverged", "picked": "seeds that chose it",
}  # fmt: skip
_DASHES: dict[str, object] = {"he": "solid", "lecun": (0, (4, 1.5)), "stable": (0, (1.2, 1.4))}


@drawn
def response(
    records: pd.DataFrame,
    catalogue: pd.DataFrame,
    *,
    optimizer: str = "sgd",
    dataset: str | None = None,
    network: str | None = None,
) -> Drawing:
    """Return loss area against learning rate, a panel an activation and a line an init, in one cell.

    Lines are geometric means over tuning seeds with their interval, crosses rates at which a run diverged; rings mark
    the tuned rates, their area the share of seeds that chose them. The cell is the deepest network on the first data
    set unless one is named.
    """
    tune = cells.tuning(records)
    tune = tune[tune["optimizer"] == optimizer]
    if tune.empty:
        return missing(f"learning-rate response with {naming.word(optimizer)}")
    network = network or max(tune["network"].unique(), key=naming.depth)
    dataset = dataset or str(tune.loc[tune["network"] == network, "dataset"].iloc[0])
    tune = cells.of(tune, dataset, network)
    if tune.empty:
        return missing(f"{naming.word(network)} on {naming.word(dataset)} with {naming.word(optimizer)}")
    points = _by_rate(tune)
    chosen = cells.tuned(records, dataset, network, optimizer)
    names = naming.ordered(catalogue, points["activation"])
    figure, grid = panels(len(names), 4, height=1.05, left=0.36, right=0.5, top=0.26, bottom=0.24, foot=0.36)
    limits, colours = _limits(points), naming.inks(catalogue, names)
    for place, (axes, name) in enumerate(zip(grid, names, strict=True)):
        colour, last = colours[name], place >= len(names) - 4
        _panel(axes, points[points["activation"] == name], chosen[chosen["activation"] == name], colour, limits)
        axes.set_title(naming.label(catalogue, name), color=colour)
        axes.set_xlabel("learning rate" if last else "")
        axes.set_ylabel("loss area (nats)" if place % 4 == 0 else "")
        axes.tick_params(labelbottom=last, labelleft=place % 4 == 0)
    words = "line: mean over tuning seeds, band: 95 % interval; ring: tuned rates, by their number; ×: a run diverged"
    figure.text(0.05, 0.0, words, color=GREY, fontsize=SMALL, va="bottom")
    picked = chosen.groupby(["activation", "init", "lr"]).size().rename("picked").reset_index()
    rows = points.merge(picked, on=["activation", "init", "lr"], how="left").fillna({"picked": 0})
    rows = rows.assign(dataset=dataset, network=network, optimizer=optimizer)
    figure.data = sheet(rows, catalogue, _COLUMNS)
    figure.finding = _told(points, chosen, names, catalogue)
    return figure


def _told(points: pd.DataFrame, chosen: pd.DataFrame, names: list[str], catalogue: pd.DataFrame) -> str:
    """Return every activation's lowest mean loss area, under which init, and its median tuned rate there."""
    said = []
    for name in names:
        own = points[points["activation"] == name].dropna(subset=["middle"])
        if len(own):
            best = own.iloc[int(own["middle"].argmin())]
            rates = chosen.loc[(chosen["activation"] == name) & (chosen["init"] == best["init"]), "lr"]
            rate = f", rate {number(float(rates.median()), 2)}" if len(rates) else ""
            area = number(float(best["middle"]), 2)
            said.append(f"{naming.label(catalogue, name)} {area} ({naming.word(str(best['init']))}{rate})")
    return f"Lowest mean loss area in nats, with its init and median tuned rate: {'; '.join(said)}."


def _by_rate(tune: pd.DataFrame) -> pd.DataFrame:
    found = []
    key: Any
    for key, part in tune.groupby(["activation", "init", "lr"]):
        activation, init, rate = key
        wild = ~np.isfinite(part["value"].to_numpy(float))
        middle, low, high = intervals.geometric(part["value"]) if not wild.any() else (np.nan,) * 3
        found.append((activation, init, float(rate), middle, low, high, float(wild.mean()), len(part)))
    return pd.DataFrame(found, columns=["activation", "init", "lr", "middle", "low", "high", "diverged", "n"])


def _limits(points: pd.DataFrame) -> tuple[float, float, float, float]:
    """Return the limits of rate and of loss area that all panels share; the highest losses may leave the panel."""
    areas = points["middle"].dropna()
    low, high = (float(areas.min()), float(min(areas.max(), 4 * areas.median()))) if len(areas) else (0.1, 1.0)
    return float(points["lr"].min()) / 1.3, float(points["lr"].max()) * 1.3, low / 1.25, high * 1.45


def _panel(
    axes: Axes, points: pd.DataFrame, chosen: pd.DataFrame, colour: str, limits: tuple[float, float, float, float]
) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*limits[:2])
    axes.set_ylim(*limits[2:])
    ends = []
    for init in [one for one in cells.INITS if one in set(points["init"])]:
        own = points[points["init"] == init].sort_values("lr")
        _curve(axes, own, colour, _DASHES.get(init, "solid"), top=limits[3] / 1.1)
        _rings(axes, own, chosen[chosen["init"] == init], colour)
        last = own["middle"].dropna()
        if len(last):
            ends.append(End(naming.word(init), float(last.iloc[-1]), colour, x=float(own["lr"][last.index[-1]])))
    at_ends(axes, ends, size=SMALL - 0.5, reach=6)
    plain(axes.xaxis, *limits[:2], count=3)
    plain(axes.yaxis, *limits[2:], count=4)


def _curve(axes: Axes, own: pd.DataFrame, colour: str, dashes: object, *, top: float) -> None:
    axes.plot(own["lr"], own["middle"], color=colour, linestyle=dashes, linewidth=1.0, zorder=2)
    axes.fill_between(
        own["lr"].to_numpy(float), own["low"].to_numpy(float), own["high"].to_numpy(float),
        color=colour, alpha=0.15, linewidth=0, zorder=1,
    )  # fmt: skip
    wild = own.loc[own["diverged"] > 0, "lr"]
    axes.plot(wild, [top] * len(wild), marker="x", color=colour, linestyle="none", markersize=3.5)


def _rings(axes: Axes, own: pd.DataFrame, chosen: pd.DataFrame, colour: str) -> None:
    counts = chosen["lr"].value_counts()
    at = dict(zip(own["lr"], own["middle"], strict=True))
    for rate, count in zip(counts.index.astype(float), counts, strict=True):
        if rate in at:
            size = 60 * count / max(len(chosen), 1) + 6
            axes.scatter([rate], [at[rate]], s=size, facecolors="none", edgecolors=colour, linewidths=0.9, zorder=3)


def band_widths(records: pd.DataFrame) -> pd.DataFrame:
    """Return the width of the good band with its interval over tuning seeds, under the init best for each seed."""
    keys = ["dataset", "network", "optimizer", "activation"]
    found = []
    for key, part in cells.tuning(records)[[*keys, "seed", "init", "lr", "value"]].groupby(keys):
        widths = [_under_best_init(own) for _, own in part[["seed", "init", "lr", "value"]].groupby("seed")]
        found.append((*key, *intervals.centre(np.array(widths)), len(widths)))
    return pd.DataFrame(found, columns=[*keys, "middle", "low", "high", "n"])


def _under_best_init(runs: pd.DataFrame) -> float:
    init = runs["init"].iloc[int(runs["value"].argmin())]
    own = runs[runs["init"] == init].sort_values("lr")
    return octaves(own["lr"].to_numpy(float), own["value"].to_numpy(float))


def octaves(rates: np.ndarray, areas: np.ndarray) -> float:
    """Return how many factors of two the good rates around the best one span, interpolated in log rate and log loss.

    Rates ascend; a rate is good when its loss area is at most 10 % above the best. The ends of the grid bound the
    width from below.
    """
    logs = np.log(np.where(np.isfinite(areas), areas, np.finfo(float).max))
    best = int(np.argmin(logs))
    if not np.isfinite(areas[best]):
        return 0.0
    excess, position = logs - logs[best] - np.log1p(GOOD), np.log2(rates)
    return _reach(position[best:], excess[best:]) + _reach(position[best::-1], excess[best::-1])


def _reach(position: np.ndarray, excess: np.ndarray) -> float:
    """Return how far it is from the first position to where the excess turns positive, or to the last position."""
    over = np.flatnonzero(excess > 0)
    if not len(over):
        return float(abs(position[-1] - position[0]))
    at = int(over[0])
    share = -excess[at - 1] / (excess[at] - excess[at - 1])
    return float(abs(position[at - 1] + share * (position[at] - position[at - 1]) - position[0]))
