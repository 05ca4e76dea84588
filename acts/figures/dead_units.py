"""Dead units: who dies at which rate and when, who comes back, what helps, and networks that are born dead."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from acts.figures import arms, intervals, naming
from acts.figures.born import born
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.rescues import recycling, rescues
from acts.figures.sparsity import sparsity
from acts.figures.style import drawn, missing, panels
from acts.figures.table import MISSING, Table, Text, escape, number, unmeasured

__all__ = [
    "born", "diverged", "dormancy", "doses", "epochs", "measured", "recycling", "rescues", "revivals", "sparsity",
]  # fmt: skip

WORD = "dead_units"
OPTIMIZERS = ("plain_sgd", "sgd", "adam")
CELL = ["dataset", "optimizer"]
_LEFT, _RIGHT = 0.55, 1.0
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
    """Return the pairs of data set and optimizer that occur, data set by data set."""
    found = rows[CELL].drop_duplicates().itertuples(index=False, name=None)
    return sorted(found, key=lambda cell: (cell[0], OPTIMIZERS.index(cell[1]) if cell[1] in OPTIMIZERS else 9))


def of(rows: pd.DataFrame, cell: tuple[str, str]) -> pd.DataFrame:
    """Return the rows of one data set and optimizer."""
    return rows[(rows["dataset"] == cell[0]) & (rows["optimizer"] == cell[1])]


def titled(cell: tuple[str, str]) -> str:
    """Return the title of a panel."""
    return f"{naming.word(cell[0])}, {naming.word(cell[1])}"


def measured(records: pd.DataFrame) -> Text:
    """Return what units were counted in: functions, data sets, optimizers, networks, seeds and runs."""
    rows = ended(records, "zero_share")
    if rows.empty:
        return Text("Nothing of this was measured here.")
    present = {column: sorted(rows[column].unique()) for column in ("dataset", "network")}
    present["optimizer"] = [one for one in OPTIMIZERS if one in set(rows["optimizer"])]
    names = {column: ", ".join(escape(naming.word(one)) for one in found) for column, found in present.items()}
    units = ended(records, "units")["value"].sum()
    return Text(
        f"Measured here: {rows['activation'].nunique()} activations at {rows['dose'].nunique()} multiples of ReLU's "
        f"rate and {rows['bias'].nunique()} start biases, on {names['dataset']}, in {names['network']}, with "
        f"{names['optimizer']}; {rows['seed'].nunique()} paired seeds, {len(rows)} networks, {units:.0f} units. "
        "SGD has momentum, plain SGD has none."
    )


# --- doses ------------------------------------------------------------------------------------------------------------


@drawn
def doses(records: pd.DataFrame, catalogue: pd.DataFrame, *, metric: str = "stuck_share", bias: float = 0.0) -> Figure:
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
    figure, grid = panels(len(present), 2, height=height, left=_LEFT, right=_RIGHT)
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
    return figure


def _lost(records: pd.DataFrame, bias: float) -> pd.DataFrame:
    """Return which share of the runs diverged, by cell, activation and dose."""
    rows = ended(records, "diverged")
    rows = rows[rows["bias"] == bias]
    return rows.groupby([*CELL, "activation", "dose"]).agg(lost=("value", "mean")).reset_index()


def _asides(count: int) -> np.ndarray:
    """Return factors close to 1, one a line, so that points at the same dose stay visible."""
    return 1.035 ** (np.arange(count) - (count - 1) / 2)


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
    axes.set_xlim(min(values) / 1.25, max(values) * 1.25)
    axes.xaxis.set_major_locator(FixedLocator(values))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: form(value)))
    axes.xaxis.set_minor_locator(NullLocator())


# --- time -------------------------------------------------------------------------------------------------------------


@drawn
def epochs(records: pd.DataFrame, catalogue: pd.DataFrame, *, activation: str = "relu", bias: float = 0.0) -> Figure:
    """Return the share of zero units by step, a panel a data set and optimizer, a line a dose."""
    rows = dosed(records, "zero_share")
    rows = rows[(rows["activation"] == activation) & (rows["bias"] == bias) & rows["step"].notna()]
    if rows.empty:
        return missing(f"zero units of {naming.label(catalogue, activation)} by epoch")
    found = arms.levels(rows, by=[*CELL, "dose", "step"])
    present, all_doses = cells(rows), sorted(rows["dose"].unique())
    colour = naming.colour(catalogue, activation)
    figure, grid = panels(len(present), 2, height=1.3, left=_LEFT, right=0.6)
    for place, (axes, cell) in enumerate(zip(grid, present, strict=True)):
        own = of(found, cell)
        axes.set_ylim(-4, 104)
        axes.set_xlim(0, float(own["step"].max()))
        ends = []
        for dose, part in own.groupby("dose"):
            weight = 0.6 + 0.5 * all_doses.index(dose)
            part = part.sort_values("step")
            steps, shares = part["step"].to_numpy(float), [100 * part[one] for one in ("middle", "low", "high")]
            axes.plot(steps, shares[0], color=colour, linewidth=weight)
            axes.fill_between(steps, shares[1], shares[2], color=colour, alpha=0.08, linewidth=0)
            ends.append(End(f"× {dose:g}", float(shares[0].iloc[-1]), colour))
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        at_ends(axes, ends)
        axes.set_title(titled(cell))
        axes.set_xlabel("step" if place >= len(present) - 2 else "")
        axes.set_ylabel("zero units (%)" if place % 2 == 0 else "")
    return figure


def revivals(records: pd.DataFrame, catalogue: pd.DataFrame, *, activation: str = "relu") -> Table:
    """Return how many units were ever zero and how many came back, by optimizer and layer, pooled over doses.

    The hazard is that of a zero unit to give something else after the next epoch: mean over networks, with interval.
    """
    columns = {"optimizer": "Optimizer", "layer": "Hidden layer", "ever": "Ever zero", "back": "Active at the end",
               "share": "of them (%)", "hazard": "Hazard an epoch [95 %]"}  # fmt: skip
    counts = {
        metric: dosed(records, metric) for metric in ("ever_zero_units", "revived_units", "zero_epochs", "revivals")
    }
    counts = {
        metric: rows[(rows["activation"] == activation) & rows["layer"].notna()] for metric, rows in counts.items()
    }
    if counts["ever_zero_units"].empty:
        return unmeasured(f"revival of units of {naming.label(catalogue, activation)}", columns)
    rows = []
    for optimizer in [one for one in OPTIMIZERS if one in set(counts["ever_zero_units"]["optimizer"])]:
        for layer in sorted(counts["ever_zero_units"]["layer"].unique()):
            rows.append(_revived(counts, optimizer, int(layer)))
    return Table(pd.DataFrame(rows), columns, numbers=("layer", "ever", "back", "share", "hazard"))


def _revived(counts: dict[str, pd.DataFrame], optimizer: str, layer: int) -> dict[str, str]:
    """Return one line of the table of revivals."""
    own = {
        metric: rows[(rows["optimizer"] == optimizer) & (rows["layer"] == layer)].groupby(["dataset", "seed"])["value"]
        for metric, rows in counts.items()
    }
    sums = {metric: groups.sum() for metric, groups in own.items()}
    at_risk = sums["zero_epochs"][sums["zero_epochs"] > 0]
    middle, low, high = intervals.centre(sums["revivals"].reindex(at_risk.index) / at_risk)
    ever, back = float(sums["ever_zero_units"].sum()), float(sums["revived_units"].sum())
    spread = f" [{number(low, 2)}, {number(high, 2)}]" if np.isfinite([low, high]).all() else ""
    return {
        "optimizer": naming.word(optimizer), "layer": str(layer), "ever": f"{ever:.0f}", "back": f"{back:.0f}",
        "share": number(100 * back / ever, 2) if ever else MISSING,
        "hazard": f"{number(middle, 2)}{spread}" if len(at_risk) else MISSING,
    }  # fmt: skip


# --- slopes -----------------------------------------------------------------------------------------------------------


def _power(value: float) -> str:
    """Return a power of ten as a reader writes it."""
    return f"10{str(round(np.log10(value))).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


@drawn
def dormancy(records: pd.DataFrame, catalogue: pd.DataFrame, *, dose: float = 10.0) -> Figure:
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
    figure, grid = panels(len(present), 2, height=height, left=_LEFT, right=_RIGHT)
    for place, (axes, cell) in enumerate(zip(grid, present, strict=True)):
        own = of(found, cell)
        axes.set_ylim(-4, 104)
        _logs(axes, sorted(own["tau"].unique()), _power)
        names = [one for one in strokes if one in set(own["activation"])]
        parts = {name: own[own["activation"] == name].sort_values("tau") for name in names}
        lines = ((part["tau"], part, strokes[name], naming.label(catalogue, name)) for name, part in parts.items())
        at_ends(axes, [_line(axes, *line) for line in lines])
        axes.set_title(titled(cell))
        axes.set_xlabel("τ, share of the steepest slope" if place >= len(present) - 2 else "")
        axes.set_ylabel("dormant units (%)" if place % 2 == 0 else "")
    return figure


def diverged(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return how many runs diverged, an activation a row and a dose a column, over all cells and biases."""
    rows = ended(records, "diverged")
    columns = {"activation": "Activation"}
    if rows.empty:
        return unmeasured("divergence by learning rate", columns)
    shown = sorted(rows["dose"].unique())
    groups = rows.groupby(["activation", "dose"])["value"].agg(["sum", "size"])
    table = [
        {"activation": naming.label(catalogue, name)} | {f"{dose:g}": _count(groups, (name, dose)) for dose in shown}
        for name in naming.ordered(catalogue, rows["activation"])
    ]
    columns |= {f"{dose:g}": f"× {dose:g}" for dose in shown}
    return Table(pd.DataFrame(table), columns, numbers=[f"{dose:g}" for dose in shown])


def _count(groups: pd.DataFrame, key: Any) -> str:
    if key not in groups.index:
        return MISSING
    many, total = (int(value) for value in groups.loc[key])
    return f"{many} of {total}"
