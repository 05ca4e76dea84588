"""Widths: how far networks of finite width stand from the theory of infinite width, and lengths that drift apart."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from acts import records as door
from acts import stats
from acts.figures import intervals, naming
from acts.figures.palette import GREY, INK, PALE
from acts.figures.scales import plain
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import number

FLOW, LENGTH = "log10_gradient_ratio", "log10_length"
INITS = ("lecun", "he", "stable", "critical")  # biases of torch's default depend on the width
SHALLOW = 0.1  # depth over width up to which theory is expected to hold
APART = 1.5  # spread of lengths from which a cell is shown apart
_LINEAR, _MOST = 0.1, 3.0  # decades: linear up to, shown up to
_COLUMNS = ["activation", "init", "depth", "width", "ratio", "middle", "low", "high", "logs", "apart"]
_SHADES = (GREY, INK, PALE)


def deviations(records: pd.DataFrame) -> pd.DataFrame:
    """Return measured gradient flow less theory in decades, a row an activation, init, depth and width.

    ``middle`` is log10 of the mean over networks with its interval, ``logs`` the mean of the logs; ``apart`` says that
    theory has lengths drift apart on the way, more than 1.5-fold.
    """
    rows = door.where(records, experiment="gradient_flow", init=INITS).dropna(subset=["depth"])
    key = ["activation", "init", "depth"]
    theory, spread = (_exact(rows, metric) for metric in (FLOW, "length_spread"))
    measured = door.where(rows, metric=FLOW, phase="init").merge(theory.rename("theory"), on=key)
    found = []
    group: Any
    for group, part in measured.groupby([*key, "network"]):
        name, init, depth, network = group
        width = naming.width(str(network))
        less = (part["value"] - part["theory"]).to_numpy(float)
        apart = bool(spread.get((name, init, depth), 1.0) > APART)
        if width and np.isfinite(less).all():
            ends = intervals.log10_of_mean(less)
            found.append((name, init, int(depth), width, int(depth) / width, *ends, less.mean(), apart))
    return pd.DataFrame(found, columns=_COLUMNS)


def _exact(rows: pd.DataFrame, metric: str) -> pd.Series:
    found = door.where(rows, metric=metric, phase="exact")
    return found.set_index(["activation", "init", "depth"])["value"]


@drawn
def widths(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return measured gradient flow less theory against depth over width, a panel an init, a point an activation.

    Filled: log10 of the mean over networks; hollow: the mean of the logs. Lines: the finite-width term, proportional to
    depth over width and fitted to either up to depth = width. Cells whose lengths drift apart are left out.
    """
    del catalogue
    found = deviations(records)
    found = found[~found["apart"]]
    if found.empty:
        return missing("gradient flow at several widths, with the theory")
    inits = [init for init in INITS if init in set(found["init"])]
    figure, grid = panels(len(inits), 2, height=1.75, left=0.6, foot=0.22)
    known = sorted(found["width"].unique())
    limits = 0.7 * found["ratio"].min(), 1.5 * found["ratio"].max()
    for place, (axes, init) in enumerate(zip(grid, inits, strict=True)):
        _scatter(axes, found[found["init"] == init], known, limits)
        axes.set_title(naming.word(init))
        axes.set_xlabel("depth ÷ width")
        axes.set_ylabel("measured − theory (decades)" if place % 2 == 0 else "")
    shades = ", ".join(f"{shade} {width}" for shade, width in zip(("grey", "black", "pale"), known, strict=False))
    figure.text(
        0.0, 0.0, f"width: {shades}; filled: log₁₀ of the mean, hollow: mean of the logs; dotted: depth = width ÷ 10",
        fontsize=SMALL, color=GREY, va="bottom",
    )  # fmt: skip
    figure.finding = told(found)
    return figure


def _scatter(axes: Axes, own: pd.DataFrame, known: list[int], limits: tuple[float, float]) -> None:
    """Draw an init's cells and the finite-width terms of both means."""
    line = np.geomspace(*limits, 200)
    for what, filled, dash in (("middle", True, "solid"), ("logs", False, (0, (4, 1.5)))):
        for width, shade in zip(known, _SHADES, strict=False):
            part = own[own["width"] == width]
            axes.plot(
                part["ratio"] * (1.05 if filled else 0.95), part[what].clip(-_MOST, _MOST), linestyle="none",
                marker="o", markersize=2.6, color=shade, markerfacecolor=shade if filled else "none",
                markeredgewidth=0.6, zorder=3,
            )  # fmt: skip
        term = slope(own, what)
        axes.plot(line, np.clip(term * line, -_MOST, _MOST), color=GREY, linestyle=dash, linewidth=0.9, zorder=2)
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    plain(axes.xaxis, *limits)
    axes.set_yscale("symlog", linthresh=_LINEAR)
    axes.set_ylim(-1.1 * _MOST, 1.1 * _MOST)
    axes.yaxis.set_major_locator(FixedLocator([-3, -1, -0.3, -0.1, 0, 0.1, 0.3, 1, 3]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, "g")))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.axvline(SHALLOW, color=GREY, linewidth=0.8, linestyle=":", zorder=1)
    axes.axhline(0, color=PALE, linewidth=0.8, zorder=1)


def slope(own: pd.DataFrame, what: str) -> float:
    """Return the finite-width term: the slope through 0 of a mean over depth ÷ width, up to depth = width."""
    part = own[own["ratio"] <= 1]
    ratio, value = part["ratio"].to_numpy(float), part[what].to_numpy(float)
    return float(ratio @ value / (ratio @ ratio)) if len(part) else float("nan")


def told(found: pd.DataFrame) -> str:
    """Return how many intervals hold the theory up to a tenth of the width and beyond, as a sentence."""
    known = found.dropna(subset=["low", "high"])
    if known.empty:
        return ""
    held = (known["low"] <= 0) & (known["high"] >= 0)
    said = []
    for words, part in (("at most", known["ratio"] <= SHALLOW), ("more than", known["ratio"] > SHALLOW)):
        if part.any():
            share = number(100 * float(held[part].mean()), ".0f")
            said.append(f"at depths of {words} a tenth of the width {share} % of {int(part.sum())} intervals")
    return f"The 95 % interval of the mean over networks holds the theory {', and '.join(said)}."


@drawn
def drifting(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the length of every network by layer where the length map is steeper than 1 at its fixed point.

    A panel an activation: each line one network started at q = 1 with the gain that should keep it; in grey the same
    activation under the stable init.
    """
    rows = door.where(records, experiment="gradient_flow", phase="init", metric=LENGTH).dropna(subset=["layer"])
    gain = rows[rows["init"] == "gain"]
    if gain.empty:
        return missing("lengths at an unstable fixed point")
    deepest, network = int(gain["layer"].max()), _widest(rows, gain)
    stable = rows[(rows["init"] == "stable") & (rows["network"] == network) & (rows["layer"] <= deepest)]
    slopes = door.where(records, experiment="gradient_flow", metric="length_slope").set_index("activation")["value"]
    names = naming.ordered(catalogue, gain["activation"])
    figure, grid = panels(len(names), min(3, len(names)), height=1.6, left=0.5, right=0.1)
    said = []
    for place, (axes, name) in enumerate(zip(grid, names, strict=True)):
        colour = naming.colour(catalogue, name)
        for part, shade, width in ((stable, GREY, 0.7), (gain, colour, 0.9)):
            for _, own in part[part["activation"] == name].sort_values("layer").groupby("seed"):
                axes.plot(own["layer"].astype(int), own["value"], color=shade, linewidth=width, alpha=0.85)
        label = naming.label(catalogue, name)
        axes.set_title(f"{label}: slope {number(slopes[name], '.2f')}" if name in slopes else label, color=colour)
        axes.set_xlabel("layer")
        axes.set_ylabel("log₁₀ length q" if place % 3 == 0 else "")
        axes.axhline(0, color=PALE, linewidth=0.8, zorder=1)
        ends = gain[(gain["activation"] == name) & (gain["layer"] == deepest)]["value"]
        said.append(f"{label} from {number(10 ** ends.min(), 2)} to {number(10 ** ends.max(), 2)}")
    figure.finding = f"Started at 1, lengths at layer {deepest} range by network: {'; '.join(said)}."
    return figure


def _widest(rows: pd.DataFrame, gain: pd.DataFrame) -> str | None:
    """Return the network under other inits that is as wide as those at the gain."""
    width = naming.width(str(gain["network"].iloc[0]))
    same = [
        one for one in rows.loc[rows["init"] == "stable", "network"].dropna().unique() if naming.width(one) == width
    ]
    return str(same[0]) if same else None


def agreement(records: pd.DataFrame) -> str:
    """Return how often intervals of measured gradient flow hold the theory: by depth, and read off at 1/width = 0."""
    found = deviations(records)
    if found.empty:
        return ""
    apart, steady = found[found["apart"]], found[~found["apart"]]
    said = [told(steady)]
    held = [low <= 1 <= high for low, high in intercepts(records, steady)]
    if held:
        said.append(
            f"Read off where 1/width is 0 on a line through the widths, at depths up to the smallest of them, "
            f"{number(100 * float(np.mean(held)), '.0f')} % of {len(held)} do."
        )
    if len(apart):
        cells = apart.drop_duplicates(["activation", "init"])
        said.append(
            f"Left out are {len(apart)} of {len(found)} means, of {len(cells)} pairs of activation and init "
            f"under which theory has lengths drift apart more than {APART:g}-fold."
        )
    return " ".join(said)


def intercepts(records: pd.DataFrame, steady: pd.DataFrame) -> list[tuple[float, float]]:
    """Return the interval of measured over predicted gradient at infinite width, for cells of several widths."""
    rows = door.where(records, experiment="gradient_flow", init=INITS, metric=FLOW).dropna(subset=["depth"])
    key = ["activation", "init", "depth"]
    theory = _exact(rows, FLOW)
    measured = dict(list(rows[rows["phase"] == "init"].groupby(key)))
    found = []
    place: Any
    for place, cells in steady.groupby(key):
        if cells["width"].nunique() > 1 and cells["ratio"].max() <= 1:
            part = measured[place]
            ratios = 10 ** (part["value"] - theory[place])
            groups = [group.to_numpy(float) for _, group in ratios.groupby(part["network"])]
            places = [1 / naming.width(str(network)) for network in sorted(part["network"].unique())]
            if min(map(len, groups)) > 1:
                found.append(stats.intercept(groups, places)[1:])
    return found
