"""Doses: units that are zero, stuck or dormant at multiples of ReLU's tuned rate, by rate, in time, by threshold."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from acts.figures import arms, intervals, naming
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.sheets import sheet
from acts.figures.style import Drawing, drawn, missing, panels
from acts.figures.table import number

WORD = "dead_units"
OPTIMIZERS = ("plain_sgd", "sgd", "adam")
CELL = ["dataset", "optimizer"]
REFERENCE = "relu"
_LEFT, _RIGHT, _BOTTOM, _FOOT = 0.55, 1.0, 0.26, 0.2
_WHAT = {"zero_share": "zero units (%)", "stuck_share": "stuck units (%)", "flat_share": "flat units (%)"}


def dosed(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric of the runs at multiples of ReLU's rate, with dose and bias as numbers."""
    rows = arms.studied(records, WORD, "dose", metric=metric)
    rows = rows.assign(**{name: rows.get(name, pd.Series(dtype=object)) for name in ("dose", "bias", "tau")})
    return rows.assign(dose=rows["dose"].astype(float), bias=rows["bias"].astype(float))


def ended(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric after the last step, of all layers together, at the one τ that counts by default."""
    rows = dosed(records, metric)
    return rows[rows["step"].isna() & rows["layer"].isna() & rows["tau"].isna()]


def cells(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the pairs of data set and optimizer that occur, optimizer by optimizer."""
    found = rows[CELL].drop_duplicates().itertuples(index=False, name=None)
    return sorted(found, key=lambda cell: (OPTIMIZERS.index(cell[1]) if cell[1] in OPTIMIZERS else 9, cell[0]))


def of(rows: pd.DataFrame, cell: tuple[str, str]) -> pd.DataFrame:
    """Return the rows of one data set and optimizer."""
    return rows[(rows["dataset"] == cell[0]) & (rows["optimizer"] == cell[1])]


def titled(cell: tuple[str, str]) -> str:
    """Return the title of a panel."""
    return f"{naming.word(cell[0])}, {naming.word(cell[1])}"


@drawn
def doses(records: pd.DataFrame, catalogue: pd.DataFrame, *, metric: str = "stuck_share", bias: float = 0.0) -> Drawing:
    """Return a share of units after the last step against the dose, a panel a data set and optimizer.

    Lines are means over networks, bars their interval; doses are multiples of the rate tuned for ReLU. A mark is hollow
    where one of its networks diverged.
    """
    rows = ended(records, metric)
    rows = rows[rows["bias"] == bias]
    if rows.empty:
        return missing(f"{_WHAT[metric][:-4]} by learning rate")
    found = arms.levels(rows, by=[*CELL, "activation", "dose"]).merge(_lost(records, bias), how="left")
    strokes = naming.strokes(catalogue, rows["activation"])
    present = cells(rows)
    height = max(1.3, needed_height(len(strokes)) + 0.1)
    figure, grid = panels(len(present), 2, height=height, left=_LEFT, right=_RIGHT, bottom=_BOTTOM, foot=_FOOT)
    for place, (axes, cell) in enumerate(zip(grid, present, strict=True)):
        own = of(found, cell)
        axes.set_ylim(-4, 104)
        _logs(axes, sorted(own["dose"].unique()), "× {:g}".format)
        names = [one for one in strokes if one in set(own["activation"])]
        parts = {name: own[own["activation"] == name].sort_values("dose") for name in names}
        ends = [
            _line(axes, part["dose"] * aside, part, strokes[name], naming.label(catalogue, name))
            for (name, part), aside in zip(parts.items(), _asides(len(names)), strict=True)
        ]
        at_ends(axes, ends)
        axes.set_title(titled(cell))
        axes.set_xlabel("learning rate ÷ ReLU's tuned rate" if place >= len(present) - 2 else "")
        axes.set_ylabel(_WHAT[metric] if place % 2 == 0 else "")
    figure.data = _taken(found, catalogue, {"dose": "learning rate ÷ ReLU's tuned rate"}, _WHAT[metric])
    figure.finding = _told(found, catalogue, _WHAT[metric].removesuffix(" (%)"))
    return figure


def _taken(rows: pd.DataFrame, catalogue: pd.DataFrame, across: Mapping[str, str], what: str) -> pd.DataFrame:
    """Return the points as rows, shares in per cent."""
    shares = [one for one in ("middle", "low", "high", "lost") if one in rows]
    rows = rows.assign(**{one: 100 * rows[one] for one in shares})
    columns = {"dataset": "data set", "optimizer": "optimiser", "activation": "activation", **across, "middle": what,
               "low": "95 % low", "high": "95 % high", "n": "networks", "lost": "diverged (%)"}  # fmt: skip
    return sheet(rows, catalogue, columns)


def _told(found: pd.DataFrame, catalogue: pd.DataFrame, what: str) -> str:
    """Return the reference's shares at the lowest and highest dose, panel by panel, and the most among the others."""
    ends = found["dose"].min(), found["dose"].max()
    own = found[found["activation"] == REFERENCE].set_index([*CELL, "dose"])["middle"]
    said = []
    for cell in cells(found):
        if all((*cell, end) in own.index for end in ends):
            low, high = (number(100 * float(own[(*cell, end)]), 2) for end in ends)
            said.append(f"{titled(cell)} {low} % and {high} %")
    rest = found[(found["activation"] != REFERENCE) & (found["dose"] == ends[1])].dropna(subset=["middle"])
    label = naming.label(catalogue, REFERENCE)
    most = ""
    if len(rest):
        top = rest.loc[rest["middle"].idxmax()]
        name, where = naming.label(catalogue, str(top["activation"])), titled((top["dataset"], top["optimizer"]))
        most = f" The most of another function there: {name} {number(100 * float(top['middle']), 2)} % ({where})."
    spread = f"{what[0].upper()}{what[1:]} of {label} at {ends[0]:g} and {ends[1]:g} times its tuned rate"
    return (f"{spread}: {'; '.join(said)}." if said else f"{label} was not measured.") + most


def _lost(records: pd.DataFrame, bias: float) -> pd.DataFrame:
    """Return which share of the runs diverged, by cell, activation and dose."""
    rows = ended(records, "diverged")
    rows = rows[rows["bias"] == bias]
    return rows.groupby([*CELL, "activation", "dose"]).agg(lost=("value", "mean")).reset_index()


def _asides(count: int, *, step: float = 1.035) -> np.ndarray:
    """Return factors close to 1, one a line, so that points at the same place stay visible."""
    return step ** (np.arange(count) - (count - 1) / 2)


def _line(axes: Axes, x: pd.Series, part: pd.DataFrame, stroke: dict[str, Any], name: str) -> End:
    """Draw means with their intervals in per cent, hollow where runs were lost, and return where the line ends."""
    middle, low, high = (100 * part[column] for column in ("middle", "low", "high"))
    own: dict[str, Any] = {"color": stroke["color"], "marker": stroke["marker"], "markersize": 3.2}
    axes.errorbar(
        x, middle, yerr=intervals.bars(middle, low, high), color=own["color"], linestyle=stroke["linestyle"],
        linewidth=1.0, elinewidth=0.8,
    )  # fmt: skip
    lost = part["lost"].fillna(0) > 0 if "lost" in part else pd.Series(False, index=part.index)
    for which, face in ((lost, "none"), (~lost, own["color"])):
        axes.plot(x[which], middle[which], **own, markerfacecolor=face, markeredgewidth=0.8, linestyle="none")
    return End(name, float(middle.iloc[-1]), str(stroke["color"]))


def _logs(axes: Axes, values: list[float], form: Callable[[float], str]) -> None:
    """Set a log axis across that is written at the values alone."""
    axes.set_xscale("log")
    room = max(1.25, (max(values) / min(values)) ** 0.04)
    axes.set_xlim(min(values) / room, max(values) * room)
    axes.xaxis.set_major_locator(FixedLocator(values))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: form(value)))
    axes.xaxis.set_minor_locator(NullLocator())


@drawn
def epochs(records: pd.DataFrame, catalogue: pd.DataFrame, *, activation: str = "relu", bias: float = 0.0) -> Drawing:
    """Return the share of zero units by step, a panel a data set and optimizer, a line a dose.

    What the configuration brought along is drawn beside it at the highest dose.
    """
    every = dosed(records, "zero_share")
    every = every[(every["bias"] == bias) & every["step"].notna()]
    rows = every[every["activation"] == activation]
    if rows.empty:
        return missing(f"zero units of {naming.label(catalogue, activation)} by epoch")
    others = [one for one in naming.own(catalogue) if one != activation]
    top = every[every["activation"].isin(others) & (every["dose"] == rows["dose"].max())]
    beside = arms.levels(top, by=[*CELL, "activation", "dose", "step"]) if len(top) else top
    found = arms.levels(rows, by=[*CELL, "dose", "step"])
    present, all_doses = cells(rows), sorted(rows["dose"].unique())
    colours = naming.inks(catalogue, [activation, *top["activation"]])
    right = 0.6 if top.empty else _RIGHT
    figure, grid = panels(len(present), 2, height=1.3, left=_LEFT, right=right, bottom=_BOTTOM, foot=_FOOT)
    for place, (axes, cell) in enumerate(zip(grid, present, strict=True)):
        own = of(found, cell)
        axes.set_ylim(-4, 104)
        axes.set_xlim(0, float(own["step"].max()))
        ends = []
        for dose, part in own.groupby("dose"):
            weight = 0.6 + 0.5 * all_doses.index(dose)
            ends.append(_grown(axes, part, colours[activation], weight, f"× {dose:g}"))
        for name, part in of(beside, cell).groupby("activation") if len(beside) else ():
            ends.append(
                _grown(axes, part, colours[str(name)], 1.0, f"{naming.label(catalogue, str(name))} × {all_doses[-1]:g}")
            )
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        at_ends(axes, ends)
        axes.set_title(titled(cell))
        axes.set_xlabel("step" if place >= len(present) - 2 else "")
        axes.set_ylabel("zero units (%)" if place % 2 == 0 else "")
    across = {"dose": "learning rate ÷ ReLU's tuned rate", "step": "step"}
    found = found.assign(activation=activation)
    shown = pd.concat([found, beside]) if len(beside) else found
    figure.data = _taken(shown, catalogue, across, "zero units (%)")
    figure.finding = _ended(found, naming.label(catalogue, activation))
    return figure


def _grown(axes: Axes, part: pd.DataFrame, colour: str, weight: float, name: str) -> End:
    """Draw one mean by step with its interval, in per cent, and return where the line ends."""
    part = part.sort_values("step")
    steps, shares = part["step"].to_numpy(float), [100 * part[one] for one in ("middle", "low", "high")]
    axes.plot(steps, shares[0], color=colour, linewidth=weight)
    axes.fill_between(steps, shares[1], shares[2], color=colour, alpha=0.08, linewidth=0)
    return End(name, float(shares[0].iloc[-1]), colour)


def _ended(found: pd.DataFrame, label: str) -> str:
    """Return the share of zero units at the highest dose after the first epoch and at the end, panel by panel."""
    top, said = found["dose"].max(), []
    for cell in cells(found):
        own = of(found, cell)
        own = own[own["dose"] == top].sort_values("step")
        later = own[own["step"] > own["step"].min()]
        if len(later):
            first, last = (number(100 * float(later["middle"].iloc[at]), 2) for at in (0, -1))
            said.append(f"{titled(cell)} {first} % and {last} %")
    return f"Zero units of {label} at {top:g} times its tuned rate, after one epoch and at the end: {'; '.join(said)}."


def _power(value: float) -> str:
    """Return a power of ten as a reader writes it."""
    return f"10{str(round(np.log10(value))).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


@drawn
def dormancy(records: pd.DataFrame, catalogue: pd.DataFrame, *, dose: float = 10.0) -> Drawing:
    """Return the share of dormant units against τ at one dose, a panel a data set and optimizer."""
    rows = dosed(records, "dormant_share")
    rows = rows[rows["tau"].notna() & (rows["dose"] == dose)]
    if rows.empty:
        return missing("dormant units by the threshold on the slope")
    rows = rows.assign(tau=rows["tau"].astype(float))
    found = arms.levels(rows, by=[*CELL, "dose", "activation", "tau"]).merge(_lost(records, 0.0), how="left")
    strokes = naming.strokes(catalogue, rows["activation"])
    present = cells(rows)
    height = max(1.2, needed_height(len(strokes)) + 0.1)
    figure, grid = panels(len(present), 2, height=height, left=_LEFT, right=_RIGHT, bottom=_BOTTOM, foot=_FOOT)
    for place, (axes, cell) in enumerate(zip(grid, present, strict=True)):
        own = of(found, cell)
        axes.set_ylim(-4, 104)
        _logs(axes, sorted(own["tau"].unique()), _power)
        names = [one for one in strokes if one in set(own["activation"])]
        parts = {name: own[own["activation"] == name].sort_values("tau") for name in names}
        ends = [
            _line(axes, part["tau"] * aside, part, strokes[name], naming.label(catalogue, name))
            for (name, part), aside in zip(parts.items(), _asides(len(names), step=1.13), strict=True)
        ]
        at_ends(axes, ends)
        axes.set_title(titled(cell))
        axes.set_xlabel("τ, share of the steepest slope" if place >= len(present) - 2 else "")
        axes.set_ylabel("dormant units (%)" if place % 2 == 0 else "")
    figure.data = _taken(found.sort_values([*CELL, "activation", "tau"]), catalogue, {"tau": "τ"}, "dormant units (%)")
    figure.finding = _faded(found, catalogue, dose)
    return figure


def _faded(found: pd.DataFrame, catalogue: pd.DataFrame, dose: float) -> str:
    """Return the mean over panels of dormant units at the lowest and the highest threshold, function by function."""
    means = found.groupby(["activation", "tau"])["middle"].mean()
    low, high = found["tau"].min(), found["tau"].max()
    said = [
        f"{naming.label(catalogue, name)} {number(100 * means[name, low], 2)} % and "
        f"{number(100 * means[name, high], 2)} %"
        for name in naming.ordered(catalogue, found["activation"])
        if {(name, low), (name, high)} <= set(means.index)
    ]
    return (
        f"Dormant units at {dose:g} times ReLU's tuned rate, mean over panels, at τ = {_power(low)} and "
        f"τ = {_power(high)}: {'; '.join(said)}."
    )
