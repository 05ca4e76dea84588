"""Changes: one property changed and nothing else: centring, saturation, the slope at 0, mixed layers, dead units."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.figures import arms, intervals, naming
from acts.figures.dots import Dot, beside, log_limits, rows_of_dots
from acts.figures.labels import End, at_ends
from acts.figures.palette import FAMILIES, GREY
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.style import Drawing, drawn, key, missing, panels
from acts.figures.table import number

WORD = "mechanisms"
NET = ["dataset", "network"]
COLOURS = {"sgd": FAMILIES["rectifier"], "adam": FAMILIES["exponential"]}
PAIRS = (
    ("centring", "sigmoid(shift=-0.5)", "sigmoid", "σ − ½ ÷ σ"),
    ("centring", "relu(shift=-0.398942)", "relu", "ReLU − 0.4 ÷ ReLU"),
    ("centring", "softplus(shift=-0.693147)", "softplus", "softplus − ln 2 ÷ softplus"),
    ("centring", "elu", "relu", "ELU ÷ ReLU"),
    ("saturation", "elu", "leaky_relu(alpha=0.597636)", "ELU ÷ Leaky, same mean"),
)
MIXED = "layers"
START = 0.25  # of PReLU's slope


@drawn
def pairs(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the loss area of a changed function over that of the plain one, paired by seed, a panel a data set."""
    del catalogue
    found = ratios_of_pairs(records)
    if found.empty:
        return missing("centred functions against plain ones")
    rows = [name for *_, name in PAIRS if name in set(found["pair"])]
    return _forest(found, rows, of="pair", x="loss area, changed ÷ plain", metric="loss")


def ratios_of_pairs(records: pd.DataFrame) -> pd.DataFrame:
    """Return the paired ratios of loss areas, a row a pair of functions and cell."""
    parts = []
    for study, changed, plain, name in PAIRS:
        rows = arms.judged(records, WORD, study, "loss_area")
        rows = rows[rows["activation"].isin([changed, plain])]
        own = arms.ratios(rows, by=[*NET, "optimizer"], of="activation", base=plain)
        parts.append(own[own["activation"] == changed].assign(pair=name))
    return pd.concat(parts, ignore_index=True)


@drawn
def at_zero(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the error of ReLU with another slope at exactly 0 over that with slope 0, a panel a data set."""
    del catalogue
    rows = arms.judged(records, WORD, "zero", "error")
    found = arms.ratios(rows, by=[*NET, "optimizer", "dtype"], of="activation", base="relu(at_zero=0)")
    if found.empty:
        return missing("ReLU with another slope at 0")
    slopes = {"relu(at_zero=0.5)": "slope ½ at 0", "relu(at_zero=1)": "slope 1 at 0"}
    parts = [slopes.get(name, name) for name in found["activation"]]
    found = found.assign(row=[f"{part}, {dtype}" for part, dtype in zip(parts, found["dtype"], strict=True)])
    return _forest(found, sorted(set(found["row"])), of="row", x="test error ÷ that with slope 0", metric="error")


def _forest(found: pd.DataFrame, rows: Sequence[str], *, of: str, x: str, metric: str) -> Drawing:
    """Return panels of paired ratios by data set, SGD filled and Adam hollow, with the margin as a band."""
    limits = log_limits(found[["middle", "low", "high"]].to_numpy(float).ravel(), widest=8.0)
    present = list(found[NET].drop_duplicates().itertuples(index=False, name=None))
    figure, grid = beside(len(present), 2, rows, row=0.27)
    for axes, (dataset, network) in zip(grid, present, strict=True):
        own = found[(found["dataset"] == dataset) & (found["network"] == network)].to_dict("records")
        dots = [
            Dot(row[of], row["middle"], row["low"], row["high"], COLOURS.get(row["optimizer"], GREY),
                hollow=row["optimizer"] != "sgd")
            for row in own
        ]  # fmt: skip
        rows_of_dots(axes, dots, list(rows), limits=limits, log=True)
        arms.banded(axes, metric)
        axes.set_title(f"{naming.word(dataset)}, {naming.word(network)}")
        axes.set_xlabel(x)
    optimizers(figure, found, x=grid[0].get_position().x0 * figure.get_figwidth())
    columns = {**arms.PLACE, of: "compared", "middle": x, **arms.ENDS}
    figure.data = sheet(found, pd.DataFrame(), columns)
    beyond = [row for row in found.to_dict("records") if arms.apart(row, metric)]
    said = "; ".join(f"{row[of]} on {naming.word(row['dataset'])} with {naming.word(row['optimizer'])} {spanned(row)}"
                     for row in beyond)  # fmt: skip
    span = f"ratios run from {number(found['middle'].min())} to {number(found['middle'].max())}"
    figure.finding = f"{len(beyond)} of {len(found)} intervals lie beyond the margin: {said or span}."
    return figure


def optimizers(figure: Drawing, found: pd.DataFrame, *, x: float) -> None:
    """Say below the panels which mark is which optimiser, where there are two."""
    there = [one for one in COLOURS if one in set(found["optimizer"])]
    if len(there) < 2:
        return
    words = [(f"{'●' if one == 'sgd' else '○'} {naming.word(one)}", COLOURS[one]) for one in there]
    key(figure, words, x=x, y=0.02)


@drawn
def mixed(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the test error of stacks whose layers alternate, below that of stacks of one function, by data set."""
    rows = arms.judged(records, WORD, "mixed", "error")
    if rows.empty:
        return missing("layers that alternate between two functions")
    layers = rows[MIXED] if MIXED in rows else pd.Series(index=rows.index, dtype=object)
    rows = rows.assign(stack=layers.where(layers.notna(), rows["activation"]).astype(str))
    names = sorted(set(rows["stack"]), key=lambda name: ("|" in name, name))
    words = {name: " / ".join(naming.label(catalogue, part) for part in name.split("|")) for name in names}
    found = arms.levels(rows, by=[*NET, "optimizer", "stack"])
    ends = 100 * found[["middle", "low", "high"]].replace(np.inf, np.nan)
    present = list(found[NET].drop_duplicates().itertuples(index=False, name=None))
    figure, grid = beside(len(present), 2, list(words.values()), row=0.22)
    for axes, (dataset, network) in zip(grid, present, strict=True):
        own = found[(found["dataset"] == dataset) & (found["network"] == network)].to_dict("records")
        dots = [
            Dot(words[row["stack"]], 100 * row["middle"], 100 * row["low"], 100 * row["high"],
                COLOURS.get(row["optimizer"], GREY), hollow=row["optimizer"] != "sgd")
            for row in own
        ]  # fmt: skip
        here = ends[(found["dataset"] == dataset) & (found["network"] == network)]
        rows_of_dots(axes, dots, list(words.values()), limits=_around(here.to_numpy(float)))
        axes.axhline(sum("|" not in name for name in names) - 0.5, color=GREY, linewidth=0.4)
        axes.set_title(f"{naming.word(dataset)}, {naming.word(network)}")
        axes.set_xlabel("test error (%)")
    optimizers(figure, found, x=grid[0].get_position().x0 * figure.get_figwidth())
    figure.finding = _levels(found, words)
    columns = {**arms.PLACE, "stack": "layers", "middle": "test error (%)", **arms.ENDS, "n": "seeds"}
    figure.data = sheet(found.assign(stack=found["stack"].map(words), **ends), pd.DataFrame(), columns)
    return figure


def _around(values: np.ndarray) -> tuple[float, float]:
    """Return limits of a linear axis with room beside what is drawn."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.08 * (high - low) or 0.5
    return low - room, high + room


def _levels(found: pd.DataFrame, words: dict[str, str]) -> str:
    said = []
    for (dataset, optimizer), part in found.groupby(["dataset", "optimizer"]):
        best: dict[Any, Any] = part.sort_values("middle").to_dict("records")[0]
        said.append(f"{naming.word(str(dataset))} with {naming.word(str(optimizer))}: lowest {words[best['stack']]}, "
                    f"{spanned({end: 100 * best[end] for end in ('middle', 'low', 'high')})} %")  # fmt: skip
    return "Test error. " + "; ".join(said) + "."


@drawn
def killed(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return test error against live units a layer: a share of the units dead from the start, or a narrower network."""
    del catalogue
    rows = arms.judged(records, WORD, "killed", "error")
    if rows.empty:
        return missing("networks with units that are dead from the start")
    share = rows["share"].astype(float)
    width = rows["network"].str.extract(r"x(\d+)$", expand=False).astype(int)
    widest = int(width.max())
    rows = rows.assign(live=(width * (1 - share)).round(), share=share, width=width)
    present = list(rows[["dataset", "optimizer"]].drop_duplicates().itertuples(index=False, name=None))
    figure, grid = panels(len(present), 2, height=1.7, left=0.55, right=1.05)
    for place, (axes, (dataset, optimizer)) in enumerate(zip(grid, present, strict=True)):
        own = rows[(rows["dataset"] == dataset) & (rows["optimizer"] == optimizer)]
        lines = {"units dead": own[own["width"] == widest], "narrower": own[own["share"] == 0]}
        axes.set_xlim(widest, min(rows["live"]))
        axes.set_xticks(sorted(set(rows["live"])))
        _lines(axes, lines)
        axes.set_title(f"{naming.word(dataset)}, {naming.word(optimizer)}")
        axes.set_xlabel("live units a layer, at the start")
        axes.set_ylabel("test error (%)" if place % 2 == 0 else "")
    found = _of_killed(rows, widest)
    columns = {**arms.PLACE, "line": "network has", "live": "live units a layer", "middle": "test error (%)"}
    figure.data = sheet(found, pd.DataFrame(), {**columns, **arms.ENDS, "n": "seeds"})
    figure.finding = _fewest(found)
    return figure


def _of_killed(rows: pd.DataFrame, widest: int) -> pd.DataFrame:
    """Return the mean error of every line's points, in per cent."""
    lines = {"dead units": rows[rows["width"] == widest], "fewer units": rows[rows["share"] == 0]}
    parts = [arms.levels(own.assign(value=100 * own["value"]), by=["dataset", "optimizer", "live"]).assign(line=name)
             for name, own in lines.items()]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _fewest(found: pd.DataFrame) -> str:
    """Return the errors with the fewest live units, as a sentence."""
    said = []
    for (dataset, optimizer), own in found.groupby(["dataset", "optimizer"], sort=False):
        last = own[own["live"] == own["live"].min()]
        told = ", ".join(f"{spanned(row)} % with {row['line']}" for row in last.to_dict("records"))
        cell = f"{naming.word(str(dataset))} with {naming.word(str(optimizer))}"
        said.append(f"{cell}, at {own['live'].min():g} live units: {told}")
    return f"Test error. {'; '.join(said)}."


def _lines(axes: Axes, lines: dict[str, pd.DataFrame]) -> None:
    """Draw means over seeds with their intervals by live units, and name each line at its end."""
    ends = []
    for (name, own), colour in zip(lines.items(), (FAMILIES["exponential"], FAMILIES["rectifier"]), strict=True):
        found = arms.levels(own, by=["live"]).sort_values("live", ascending=False)
        middle, low, high = (100 * found[end].replace(np.inf, np.nan) for end in ("middle", "low", "high"))
        axes.plot(found["live"], middle, color=colour, marker="o" if name == "narrower" else "s")
        axes.fill_between(found["live"], low, high, color=colour, alpha=0.12, linewidth=0)
        if len(found) and np.isfinite(middle.iloc[-1]):
            ends.append(End(name, float(middle.iloc[-1]), colour))
    at_ends(axes, ends)


@drawn
def slopes(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the negative slope that PReLU learns, by layer, a panel a data set."""
    del catalogue
    rows = arms.studied(records, WORD, "rectified", metric="alpha")
    rows = rows[(rows["pick"] == "best") & rows["layer"].notna()] if len(rows) else rows
    if rows.empty:
        return missing("the slopes that PReLU learns")
    present = list(rows[NET].drop_duplicates().itertuples(index=False, name=None))
    figure, grid = panels(len(present), 2, height=1.7, left=0.55, right=0.6)
    for place, (axes, (dataset, network)) in enumerate(zip(grid, present, strict=True)):
        own = rows[(rows["dataset"] == dataset) & (rows["network"] == network)]
        _trails(axes, own)
        axes.set_xticks(sorted(set(own["layer"].astype(int))))
        axes.set_title(f"{naming.word(dataset)}, {naming.word(network)}")
        axes.set_xlabel("layer")
        axes.set_ylabel("learned negative slope α" if place % 2 == 0 else "")
    figure.finding = _learned(rows)
    found = arms.levels(rows, by=[*NET, "optimizer", "layer"]).assign(line="mean")
    each = rows.assign(line=[f"seed {seed}" for seed in rows["seed"]], middle=rows["value"])
    columns = {**arms.PLACE, "layer": "layer", "line": "line", "middle": "learned slope α", **arms.ENDS}
    figure.data = sheet(pd.concat([found, each], ignore_index=True), pd.DataFrame(), columns)
    return figure


def _trails(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw every seed's slopes by layer, faintly, and their mean with its interval."""
    axes.axhline(START, color=GREY, linewidth=0.7, zorder=1)
    ends = [End("start", START, GREY)]
    for optimizer, own in rows.groupby("optimizer"):
        colour = COLOURS.get(str(optimizer), GREY)
        for _, one in own.groupby("seed"):
            one = one.sort_values("layer")
            axes.plot(one["layer"].astype(int), one["value"], color=colour, linewidth=0.5, alpha=0.3)
        found = own.groupby("layer")["value"].apply(intervals.centre)
        middles = [row[0] for row in found]
        bars = np.array([[row[0] - row[1], row[2] - row[0]] for row in found]).T
        at = [int(layer) for layer in found.index]
        axes.errorbar(
            at, middles, yerr=np.nan_to_num(bars), color=colour, marker="o", elinewidth=1.1,
            markerfacecolor=colour if optimizer == "sgd" else "none",
        )  # fmt: skip
        ends.append(End(naming.word(str(optimizer)), float(middles[-1]), colour))
    at_ends(axes, ends)


def _learned(rows: pd.DataFrame) -> str:
    said = []
    for (dataset, optimizer), own in rows.groupby(["dataset", "optimizer"]):
        mean = own.groupby("layer")["value"].mean()
        cell = f"{naming.word(str(dataset))} with {naming.word(str(optimizer))}"
        said.append(f"{cell} from {mean.min():.2f} to {mean.max():.2f}")
    return "Mean learned slopes by layer: " + "; ".join(said) + "."
