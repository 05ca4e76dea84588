"""Trainability: accuracy after a few steps by depth and weight scale, with the predicted edge of chaos drawn in."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from acts import records as door
from acts.figures import intervals, naming
from acts.figures.palette import GREY, ink_on
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import number

REACH = 6  # depth scales that a signal is said to train through (Schoenholz et al. 2017)
_EDGE = "#d42a1a"  # a red that stands out from the ramp, which a page leaves as it is by day and by night
_NEAR = 0.3  # of a cell: a line closer to a number than this runs through it
_RAMP = LinearSegmentedColormap.from_list("trained", ["#f1efe6", "#9cc3d9", "#2f78ad", "#123a66"])


@drawn
def trainability(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return a heat map of test accuracy an activation: the scale of the weights across, the depth upwards.

    Vertical line: the edge of chaos, none where it is unstable. Curve: six depth scales of correlations, where theory
    gives one. A cell in which networks diverged has an asterisk at its accuracy.
    """
    rows = door.where(records, experiment="gradient_flow", phase="final")
    cells = table(rows)
    if cells.empty:
        return missing("networks trained by depth and weight scale")
    exact = door.where(records, experiment="gradient_flow", phase="exact", init="given")
    names = naming.ordered(catalogue, cells["activation"])
    figure, grid = panels(len(names), min(2, len(names)), height=1.9, left=0.5, right=0.15, top=0.32)
    said, colours = [], naming.inks(catalogue, names)
    for place, (axes, name) in enumerate(zip(grid, names, strict=True)):
        own, facts = cells[cells["activation"] == name], exact[exact["activation"] == name]
        stated = facts[facts["arm"].isna()]
        known = dict(zip(stated["metric"].astype(str), stated["value"].astype(float), strict=True))
        said.append(_map(axes, own, facts, known, naming.label(catalogue, name)))
        axes.set_title(f"{naming.label(catalogue, name)}, {_titled(known)}", color=colours[name])
        axes.set_xlabel("scale of the weights")
        axes.set_ylabel("depth (layers)" if place % 2 == 0 else "")
    columns = {"activation": "activation", "depth": "depth (layers)", "sigma_w": "scale of the weights",
               "mean": "test accuracy", "low": "95 % low", "high": "95 % high", "size": "networks",
               "lost": "diverged"}  # fmt: skip
    figure.data = sheet(cells, catalogue, columns)
    figure.finding = " ".join(said)
    return _key(figure, len(names), int(cells["size"].max()))


def _key(figure: Drawing, count: int, networks: int) -> Drawing:
    """Say what cells and lines are, in the free place of an odd grid."""
    lines = (
        f"cells: test accuracy in %, mean of {networks} networks;",
        "with * some of them diverged, which counts as 0",
        "red line: edge of chaos, where it is stable",
        f"dashed: {REACH} depth scales of correlations",
    )
    if count > 2 and count % 2:
        y = 0.5 / -(-count // 2)
        figure.text(0.56, y, "\n".join(lines), fontsize=SMALL, color=GREY, va="center", linespacing=1.7)
    return figure


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return mean test accuracy with its interval and how many networks diverged, by activation, depth and scale."""
    rows = rows[rows["arm"].str.startswith("sigma_w=").fillna(False)].dropna(subset=["depth"])
    rows = rows.assign(sigma_w=rows["arm"].str.removeprefix("sigma_w=").astype(float))
    key = ["activation", "depth", "sigma_w"]
    groups = rows[rows["metric"] == "accuracy"].groupby(key)["value"]
    ends = [(*group, *intervals.centre(part), len(part)) for group, part in groups]
    accuracy = pd.DataFrame(ends, columns=[*key, "mean", "low", "high", "size"]).set_index(key)
    lost = rows[rows["metric"] == "diverged"].groupby(key)["value"].sum()
    return accuracy.assign(lost=lost).fillna({"lost": 0}).reset_index()


def _titled(known: dict[str, float]) -> str:
    """Return the scale of the biases and what is known of the edge of chaos there."""
    scale = f"biases {known.get('sigma_b', np.nan):g}"
    if "edge_sigma_w" not in known:
        return f"{scale}: no edge"
    return f"{scale}: edge at {number(known['edge_sigma_w'], 3)}" + ("" if _held(known) else ", unstable")


def _held(known: dict[str, float]) -> bool:
    """Say whether the edge of chaos is drawn: its length map is not steeper than 1, but for rounding."""
    return known.get("edge_slope", np.inf) <= 1 + 1e-6


def _map(axes: Axes, own: pd.DataFrame, facts: pd.DataFrame, known: dict[str, float], label: str) -> str:
    """Draw one activation's cells, its edge and its depth scale; return what they show as a sentence."""
    depths, scales = sorted(own["depth"].unique()), sorted(own["sigma_w"].unique())
    at = np.arange(len(scales), dtype=float)
    edge = float("nan")
    if "edge_sigma_w" in known and _held(known) and scales[0] <= known["edge_sigma_w"] <= scales[-1]:
        edge = float(np.interp(known["edge_sigma_w"], scales, at))
        axes.axvline(edge, color="#ffffff", linewidth=2.6, zorder=1.9)
        axes.axvline(edge, color=_EDGE, linewidth=1.4, zorder=2)
    curve = _reach(axes, facts, scales, depths, known)
    for row in own.to_dict("records"):
        place = scales.index(row["sigma_w"]), depths.index(row["depth"])
        crossed = abs(place[0] - edge) < _NEAR or (len(curve) and np.min(np.hypot(*(curve - place).T)) < _NEAR)
        _cell(axes, place, row, crossed=bool(crossed))
    axes.xaxis.set_major_locator(FixedLocator(at.tolist()))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{scale:g}" for scale in scales]))
    axes.yaxis.set_major_locator(FixedLocator(list(range(len(depths)))))
    axes.yaxis.set_major_formatter(FixedFormatter([str(depth) for depth in depths]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(-0.5, len(scales) - 0.5)
    axes.set_ylim(-0.5, len(depths) - 0.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.grid(False)
    deep = own[own["depth"] == depths[-1]]
    best = deep.loc[deep["mean"].idxmax()]
    return (
        f"{label}: at depth {depths[-1]} accuracy is highest, {number(100 * float(best['mean']), '.0f')} %, "
        f"at a weight scale of {best['sigma_w']:g}; {_titled(known)}."
    )


def _cell(axes: Axes, place: tuple[int, int], row: dict[Any, Any], *, crossed: bool) -> None:
    """Draw one cell and its accuracy, over the lines where one runs through the number."""
    colour = to_hex(_RAMP(float(row["mean"])))
    column, line = place
    axes.add_patch(Rectangle((column - 0.485, line - 0.475), 0.97, 0.95, facecolor=colour, linewidth=0, zorder=1))
    if crossed:
        axes.add_patch(Rectangle((column - 0.3, line - 0.2), 0.6, 0.4, facecolor=colour, linewidth=0, zorder=3))
    text = number(100 * float(row["mean"]), ".0f") + ("*" if row["lost"] else "")
    axes.text(column, line, text, ha="center", va="center_baseline", fontsize=SMALL - 1, color=ink_on(colour), zorder=4)


def _reach(
    axes: Axes, facts: pd.DataFrame, scales: list[float], depths: list[int], known: dict[str, float]
) -> np.ndarray:
    """Draw six depth scales of correlations over the weight scale; return points of it, on the axes of the cells."""
    rows = facts[facts["metric"] == "correlation_depth"]
    if rows.empty or ("edge_slope" in known and not _held(known)):
        return np.empty((0, 2))
    curve = pd.Series(
        REACH * rows["value"].to_numpy(float), rows["arm"].str.partition("=")[2].astype(float)
    ).sort_index()
    x = np.interp(curve.index.to_numpy(float), scales, np.arange(len(scales)))
    y = np.interp(np.log(curve), np.log(depths), np.arange(len(depths)), left=np.nan, right=len(depths))
    y = np.where(curve.to_numpy(float) < depths[0], np.nan, y)
    axes.plot(x, y, color="#ffffff", linewidth=2.3, zorder=1.9)
    axes.plot(x, y, color=_EDGE, linewidth=1.2, linestyle=(0, (4, 1.5)), zorder=2)
    fine = np.linspace(0, len(x) - 1, 40 * len(x))
    points = np.stack([np.interp(fine, np.arange(len(x)), ends) for ends in (x, y)], axis=1)
    return points[np.isfinite(points).all(axis=1)]
