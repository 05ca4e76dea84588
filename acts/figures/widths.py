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
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import number

FLOW, LENGTH = "log10_gradient_ratio", "log10_length"
INITS = ("lecun", "he", "stable", "critical")  # biases of torch's default depend on the width
SHALLOW = 0.1  # depth over width up to which theory is expected to hold
APART = 1.5  # spread of lengths from which a cell is shown apart
_LINEAR, _MOST = 0.1, 3.0  # decades: nearly linear up to, shown up to
_MEAN, _LOGS = ["middle", "low", "high"], ["logs", "logs_low", "logs_high"]
_COLUMNS = ["activation", "init", "depth", "width", "ratio", *_MEAN, *_LOGS, "apart"]
_MEANS = {"log₁₀ of the mean": _MEAN, "mean of the logs": _LOGS}
_LOOKS = {"hollow": (GREY, "none"), "filled": (INK, INK), "pale": (PALE, PALE)}  # of widths: edge and face


def deviations(records: pd.DataFrame) -> pd.DataFrame:
    """Return measured gradient flow less theory in decades, a row an activation, init, depth and width.

    ``middle`` is log10 of the mean over networks, ``logs`` the mean of the logs, each with its interval; ``apart`` says
    that theory has lengths drift apart on the way, more than 1.5-fold.
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
            ends = *intervals.log10_of_mean(less), *intervals.centre(less)
            found.append((name, init, int(depth), width, int(depth) / width, *ends, apart))
    return pd.DataFrame(found, columns=_COLUMNS)


def _exact(rows: pd.DataFrame, metric: str) -> pd.Series:
    found = door.where(rows, metric=metric, phase="exact")
    return found.set_index(["activation", "init", "depth"])["value"]


@drawn
def widths(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return measured gradient flow less theory against depth over width, a point an activation, depth and width.

    A row an init; left log10 of the mean over networks, right the mean of the logs, with their intervals. Lines: the
    finite-width term, proportional to depth over width and fitted up to depth = width. Cells whose lengths drift apart
    are left out.
    """
    found = deviations(records)
    found = found[~found["apart"]]
    if found.empty:
        return missing("gradient flow at several widths, with the theory")
    inits = [init for init in INITS if init in set(found["init"])]
    shown = [(init, title) for init in inits for title in _MEANS]
    figure, grid = panels(len(shown), 2, height=1.2, left=0.5, right=0.1, top=0.27, bottom=0.2, foot=0.45)
    known = sorted(found["width"].unique())
    limits = 0.7 * found["ratio"].min(), 1.5 * found["ratio"].max()
    for place, (axes, (init, title)) in enumerate(zip(grid, shown, strict=True)):
        _scatter(axes, found[found["init"] == init], _MEANS[title], known, limits)
        axes.set_title(f"{naming.word(init)}: {title}")
        axes.set_xlabel("depth ÷ width" if place >= len(shown) - 2 else "", labelpad=2)
        axes.set_ylabel("measured − theory\n(powers of ten)" if place % 2 == 0 else "")
        axes.tick_params(labelbottom=place >= len(shown) - 2, labelleft=place % 2 == 0)
    looks = ", ".join(f"{look} {width}" for look, width in zip(_LOOKS, known, strict=False))
    figure.text(
        0.07, 0.0, f"width: {looks}; line: finite-width term; dotted: depth = width ÷ 10; ▲▼ beyond the scale",
        fontsize=SMALL, color=GREY, va="bottom",
    )  # fmt: skip
    figure.data = _taken(found, catalogue)
    figure.finding = told(found)
    return figure


def _taken(found: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Return the points as rows, of both means."""
    names = dict(zip(_MEAN, ("measured − theory (powers of ten)", "95 % low", "95 % high"), strict=True))
    who = {"activation": "activation", "init": "init", "depth": "depth (layers)", "width": "width (units)"}
    parts = [
        found[[*who, *columns]].set_axis([*who, *_MEAN], axis=1).assign(mean=title) for title, columns in _MEANS.items()
    ]
    return sheet(pd.concat(parts, ignore_index=True), catalogue, {**who, "mean": "mean", **names})


def _scatter(axes: Axes, own: pd.DataFrame, columns: list[str], known: list[int], limits: tuple[float, float]) -> None:
    """Draw an init's cells with their intervals, and the finite-width term."""
    for width, (shade, face), aside in zip(known, _LOOKS.values(), (0.96, 1.04, 1.0), strict=False):
        part = own[own["width"] == width]
        x, (middle, low, high) = part["ratio"] * aside, (part[column] for column in columns)
        ends = np.stack([low, high, np.full(len(part), np.nan)], axis=1).clip(-_MOST, _MOST)
        axes.plot(np.repeat(x, 3), ends.ravel(), color=shade, linewidth=0.5, alpha=0.45, zorder=2)
        inside = middle.abs() <= _MOST
        mark: dict[str, Any] = {"color": shade, "markerfacecolor": face, "markeredgewidth": 0.6, "linestyle": "none"}
        axes.plot(x[inside], middle[inside], marker="o", markersize=2.2, zorder=3, **mark)
        for sign, arrow in ((1, "^"), (-1, "v")):
            beyond = x[~inside & (sign * middle > 0)]
            edge = np.full(len(beyond), sign * _MOST)
            axes.plot(beyond, edge, marker=arrow, markersize=3.2, zorder=3, **mark)
    line = np.geomspace(*limits, 100)
    term = slope(own, columns[0]) * line
    axes.plot(line, np.where(np.abs(term) > _MOST, np.nan, term), color=GREY, linewidth=1.0, zorder=2)
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    plain(axes.xaxis, *limits)
    axes.set_yscale("asinh", linear_width=_LINEAR)
    axes.set_ylim(-1.15 * _MOST, 1.15 * _MOST)
    axes.yaxis.set_major_locator(FixedLocator([-3, -1, -0.3, 0, 0.3, 1, 3]))
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
            said.append(f"in {share} % of {int(part.sum())} cells at depths of {words} a tenth of the width")
    return f"The 95 % interval of the mean over networks holds the theory {' and '.join(said)}."


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
    figure, grid = panels(len(names), min(3, len(names)), height=1.6, left=0.5, right=0.1, bottom=0.36, foot=0.2)
    said = []
    for place, (axes, name) in enumerate(zip(grid, names, strict=True)):
        colour = naming.colour(catalogue, name)
        for part, shade, width in ((stable, GREY, 0.7), (gain, colour, 0.9)):
            for _, own in part[part["activation"] == name].sort_values("layer").groupby("seed"):
                axes.plot(own["layer"].astype(int), own["value"], color=shade, linewidth=width, alpha=0.85)
        label = naming.label(catalogue, name)
        axes.set_title(f"{label}: slope {number(slopes[name], '.2f')}" if name in slopes else label, color=colour)
        axes.set_xlabel("layer", labelpad=2)
        axes.set_xlim(0, deepest)
        axes.set_ylabel("log₁₀ length q" if place % 3 == 0 else "")
        axes.axhline(0, color=PALE, linewidth=0.8, zorder=1)
        ends = gain[(gain["activation"] == name) & (gain["layer"] == deepest)]["value"]
        said.append(f"{label} from {number(10 ** ends.min(), 2)} to {number(10 ** ends.max(), 2)}")
    figure.text(
        0.07, 0.0, "colour: gain with its fixed point at q = 1; grey: stable init; a line a network; scales differ",
        fontsize=SMALL, color=GREY, va="bottom",
    )  # fmt: skip
    lines = pd.concat([gain, stable[stable["activation"].isin(names)]])
    headings = {"activation": "activation", "init": "init", "seed": "network", "layer": "layer"}
    figure.data = sheet(lines.sort_values([*headings]), catalogue, {**headings, "value": "log₁₀ length q"})
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
            f"Extrapolated to infinite width, along a line in 1/width at depths up to the smallest width, it holds the "
            f"theory in {number(100 * float(np.mean(held)), '.0f')} % of {len(held)} cells."
        )
    if len(apart):
        cells = apart.drop_duplicates(["activation", "init"])
        pairs = "1 pair" if len(cells) == 1 else f"{len(cells)} pairs"
        said.append(
            f"Left out are {len(apart)} of {len(found)} means: those of {pairs} of activation and init whose lengths, "
            f"by theory, drift apart more than {APART:g}-fold."
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
