"""Trainability: accuracy after a few steps by depth and weight scale, with the predicted edge of chaos drawn in."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from acts import records as door
from acts.figures import naming
from acts.figures.palette import FAMILIES, GREY, ink_on
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import number

REACH = 6  # depth scales that a signal is said to train through (Schoenholz et al. 2017)
_EDGE = FAMILIES["exponential"]  # a red that stands out from the ramp
_RAMP = LinearSegmentedColormap.from_list("trained", ["#f1efe6", "#9cc3d9", "#2f78ad", "#123a66"])


@drawn
def trainability(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return a heat map of test accuracy an activation: the scale of the weights across, the depth upwards.

    Vertical line: the edge of chaos, none where it is unstable. Curve: six depth scales of correlations, where theory
    gives one. A cell in which networks diverged has their number below its accuracy.
    """
    rows = door.where(records, experiment="gradient_flow", phase="final")
    cells = table(rows)
    if cells.empty:
        return missing("networks trained by depth and weight scale")
    exact = door.where(records, experiment="gradient_flow", phase="exact", init="given")
    names = naming.ordered(catalogue, cells["activation"])
    figure, grid = panels(len(names), min(2, len(names)), height=1.9, left=0.5, right=0.15, top=0.32)
    said = []
    for place, (axes, name) in enumerate(zip(grid, names, strict=True)):
        own, facts = cells[cells["activation"] == name], exact[exact["activation"] == name]
        stated = facts[facts["arm"].isna()]
        known = dict(zip(stated["metric"].astype(str), stated["value"].astype(float), strict=True))
        said.append(_map(axes, own, facts, known, naming.label(catalogue, name)))
        axes.set_title(f"{naming.label(catalogue, name)}, {_titled(known)}", color=naming.colour(catalogue, name))
        axes.set_xlabel("scale of the weights")
        axes.set_ylabel("depth (layers)" if place % 2 == 0 else "")
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
    """Return mean test accuracy and the number of diverged networks, a row an activation, depth and weight scale."""
    rows = rows[rows["arm"].str.startswith("sigma_w=").fillna(False)].dropna(subset=["depth"])
    rows = rows.assign(sigma_w=rows["arm"].str.removeprefix("sigma_w=").astype(float))
    key = ["activation", "depth", "sigma_w"]
    accuracy = rows[rows["metric"] == "accuracy"].groupby(key)["value"].agg(["mean", "size"])
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
    wide = own.pivot(index="depth", columns="sigma_w", values="mean").loc[depths, scales]
    lost = own.pivot(index="depth", columns="sigma_w", values="lost").loc[depths, scales].to_numpy(float)
    axes.pcolormesh(
        np.arange(len(scales) + 1) - 0.5, np.arange(len(depths) + 1) - 0.5, wide.to_numpy(float),
        cmap=_RAMP, vmin=0, vmax=1, rasterized=True, linewidth=0,
    )  # fmt: skip
    for row, column in np.ndindex(wide.shape):
        value = float(wide.to_numpy(float)[row, column])
        red, green, blue, _ = _RAMP(value)
        ink = ink_on(f"#{int(255 * red):02x}{int(255 * green):02x}{int(255 * blue):02x}")
        text = number(100 * value, ".0f") if lost[row, column] == 0 else f"{number(100 * value, '.0f')}*"
        ground = {"facecolor": _RAMP(value), "edgecolor": "none", "boxstyle": "square,pad=0.15"}
        axes.text(column, row, text, ha="center", va="center", fontsize=SMALL - 1.5, color=ink, bbox=ground, zorder=5)
    at = np.arange(len(scales), dtype=float)
    if "edge_sigma_w" in known and _held(known) and scales[0] <= known["edge_sigma_w"] <= scales[-1]:
        axes.axvline(np.interp(known["edge_sigma_w"], scales, at), color=_EDGE, linewidth=1.4)
    _reach(axes, facts, scales, depths, known)
    axes.xaxis.set_major_locator(FixedLocator(at.tolist()))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{scale:g}" for scale in scales]))
    axes.yaxis.set_major_locator(FixedLocator(list(range(len(depths)))))
    axes.yaxis.set_major_formatter(FixedFormatter([str(depth) for depth in depths]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(-0.5, len(scales) - 0.5)
    axes.set_ylim(-0.5, len(depths) - 0.5)
    axes.grid(False)
    best = wide.iloc[-1].idxmax()
    return (
        f"{label}: at depth {depths[-1]} accuracy is highest, {number(100 * float(wide.iloc[-1].max()), '.0f')} %, "
        f"at a weight scale of {best:g}; {_titled(known)}."
    )


def _reach(axes: Axes, facts: pd.DataFrame, scales: list[float], depths: list[int], known: dict[str, float]) -> None:
    """Draw six depth scales of correlations over the weight scale, on the axes of the cells."""
    rows = facts[facts["metric"] == "correlation_depth"]
    if rows.empty or ("edge_slope" in known and not _held(known)):
        return
    curve = pd.Series(
        REACH * rows["value"].to_numpy(float), rows["arm"].str.partition("=")[2].astype(float)
    ).sort_index()
    x = np.interp(curve.index.to_numpy(float), scales, np.arange(len(scales)))
    y = np.interp(np.log(curve), np.log(depths), np.arange(len(depths)), left=np.nan, right=len(depths))
    below = curve.to_numpy(float) < depths[0]
    axes.plot(x, np.where(below, np.nan, y), color=_EDGE, linewidth=1.1, linestyle=(0, (4, 1.5)))
