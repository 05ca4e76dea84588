"""Readings: what was read off networks: linear pieces, what a narrow layer tells, signs and directions of gradients."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts import records as door
from acts.figures import arms, naming
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.results import spanned
from acts.figures.scales import plain
from acts.figures.sheets import sheet
from acts.figures.style import Drawing, drawn, missing, panels
from acts.figures.table import MISSING, Table, number, unmeasured

WORD = "mechanisms"
ARM = "study=negative"
DAMPINGS = {f"{ARM};damping=0.0001": "0.0001", ARM: "0.01", f"{ARM};damping=1": "1"}
PHASES = {"init": "at the start", "final": "trained"}
PARTS = {**PHASES, "train": "training rows", "test": "test rows"}
ABSOLUTE = "leaky_relu(alpha=-1)"


def named(catalogue: pd.DataFrame, activation: str) -> str:
    """Return the label of an activation; Leaky ReLU of slope −1 by the name that everybody knows it by."""
    return "absolute value" if activation == ABSOLUTE else naming.label(catalogue, activation)


# --- depth ------------------------------------------------------------------------------------------------------------


@drawn
def regions(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the linear pieces met between test rows by depth at about equal numbers of weights, a panel a data set."""
    rows = door.where(records, experiment=WORD, arm="study=regions", metric="regions")
    if rows.empty:
        return missing("linear pieces between test rows")
    rows = rows.assign(at=rows["network"].map(naming.depth))
    found = arms.levels(rows, by=["dataset", "phase", "activation", "at"])
    return _panels(found, catalogue, x="hidden layers", y="linear pieces a segment", log=True)


@drawn
def fit(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return training and test loss after tuned training by depth at about equal numbers of weights."""
    rows = arms.studied(records, WORD, "fit", metric="loss")
    rows = rows[(rows["pick"] == "best") & rows["split"].isin(["train", "test"])] if len(rows) else rows
    if rows.empty:
        return missing("fit by depth at equal numbers of weights")
    rows = rows.assign(at=rows["network"].map(naming.depth), phase=rows["split"], value=100 * rows["value"])
    found = arms.levels(rows, by=["dataset", "phase", "activation", "at"])
    return _panels(found, catalogue, x="hidden layers", y="squared error (% of variance)")


def _panels(found: pd.DataFrame, catalogue: pd.DataFrame, *, x: str, y: str, log: bool = False) -> Drawing:
    """Return a line an activation by depth, a panel a data set and phase or part of the data."""
    present = sorted(
        found[["dataset", "phase"]].drop_duplicates().itertuples(index=False, name=None),
        key=lambda pair: (list(PARTS).index(pair[1]), pair[0]),
    )
    strokes = naming.strokes(catalogue, found["activation"])
    columns = 2 if len(present) <= 4 else 3
    figure, grid = panels(
        len(present), columns, height=max(1.4, needed_height(len(strokes)) + 0.1), left=0.5, right=0.85
    )
    for place, (axes, (dataset, phase)) in enumerate(zip(grid, present, strict=True)):
        own = found[(found["dataset"] == dataset) & (found["phase"] == phase)]
        _lines(axes, own, strokes, catalogue, log=log)
        axes.set_xticks(sorted(set(own["at"].astype(int))))
        axes.set_title(f"{naming.word(dataset)}, {PARTS[str(phase)]}")
        axes.set_xlabel(x if place >= len(present) - columns else "")
        axes.set_ylabel(y if place % columns == 0 else "")
    figure.finding = _ends_told(found, catalogue)
    told = found.assign(phase=found["phase"].map(PARTS), at=found["at"].astype(int))
    headings = {"dataset": "data set", "phase": "part", "activation": "activation", "at": x, "middle": y, **arms.ENDS}
    figure.data = sheet(told, catalogue, {**headings, "n": "networks"})
    return figure


def _lines(
    axes: Axes, rows: pd.DataFrame, strokes: Mapping[str, Mapping[str, object]], catalogue: pd.DataFrame,
    *, log: bool = False, base: float | None = None,
) -> None:  # fmt: skip
    """Draw means with their intervals along ``at``, a line an activation, named at its end."""
    if log:
        axes.set_yscale("log")
    ends = []
    for name in [one for one in strokes if one in set(rows["activation"])]:
        own = rows[rows["activation"] == name].sort_values("at")
        style: Any = {"color": strokes[name]["color"], "linestyle": strokes[name]["linestyle"]}
        middle = own["middle"].replace(np.inf, np.nan)
        axes.plot(own["at"].astype(float), middle, marker="o", markersize=2.5, **style)
        axes.fill_between(
            own["at"].astype(float), own["low"], own["high"], color=style["color"], alpha=0.1, linewidth=0
        )
        last = middle.dropna()
        if len(last):
            ends.append(End(named(catalogue, name), float(last.iloc[-1]), str(style["color"])))
    if log:
        plain(axes.yaxis, *axes.get_ylim(), count=5)
    if base is not None:
        axes.set_xscale("log", base=base)
    at_ends(axes, ends)


def _ends_told(found: pd.DataFrame, catalogue: pd.DataFrame) -> str:
    """Return where the lines begin and end, as sentences."""
    said = []
    for (dataset, phase, name), own in found.groupby(["dataset", "phase", "activation"]):
        own = own.sort_values("at")
        first, last = own.iloc[0], own.iloc[-1]
        line = f"{naming.word(str(dataset))}, {PARTS[str(phase)]}, {named(catalogue, str(name))}"
        ends = [f"{number(one['middle'])} with {one['at']}" for one in (first, last)]
        said.append(f"{line}: {ends[0]} and {ends[1]} hidden layers")
    return ". ".join(said) + "."


# --- width ------------------------------------------------------------------------------------------------------------


@drawn
def narrow(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return what a first layer still tells of its input, by width: before training, and by the error that remains."""
    told = door.where(records, experiment=WORD, arm="study=narrow", phase="init")
    errors = arms.judged(records, WORD, "narrow", "error")
    share = "share of the input recovered (R²)"
    parts = [
        ("decoder that knows W", share, door.where(told, metric="reconstruction"), 16),
        ("decoder fitted to examples", share, door.where(told, metric="reconstruction_affine"), 16),
        ("sign patterns, trained", "test error (%)", errors.assign(value=100 * errors["value"]), 4),
    ]
    parts = [part for part in parts if len(part[2])]
    if not parts:
        return missing("what a narrow layer tells of its input")
    shown = pd.concat([rows["activation"] for _, _, rows, _ in parts])
    strokes = naming.strokes(catalogue, shown)
    figure, grid = panels(len(parts), 3, height=1.8, left=0.5, right=0.86)
    every = []
    for axes, (title, y, rows, inputs) in zip(grid, parts, strict=True):
        width = rows["network"].str.extract(r"x(\d+)$", expand=False).astype(float)
        found = arms.levels(rows.assign(at=width / inputs), by=["activation", "at"])
        if y == share:
            axes.set_ylim(-0.12, 1.25)  # room above for names, clear of the title
            axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        _lines(axes, found, strokes, catalogue, base=2)
        axes.set_xticks(sorted(set(found["at"])), [_fraction(at) for at in sorted(set(found["at"]))])
        axes.set_title(title)
        axes.set_xlabel("outputs of the layer per input")
        axes.set_ylabel(y)
        every.append(found.assign(title=title, unit=y))
    found = pd.concat(every, ignore_index=True)
    found = found.assign(activation=[named(catalogue, one) for one in found["activation"]])
    columns = {"title": "panel", "activation": "activation", "at": "outputs per input", "unit": "unit"}
    figure.data = sheet(found, catalogue, {**columns, "middle": "value", **arms.ENDS, "n": "networks"})
    figure.finding = _kept(found)
    return figure


def _kept(found: pd.DataFrame) -> str:
    """Return what each panel shows at one output per input, or at the fewest that there are, as sentences."""
    said = []
    for title, own in found.groupby("title", sort=False):
        at = 1.0 if (own["at"] == 1.0).any() else float(own["at"].min())
        rows = own[own["at"] == at].sort_values("middle", ascending=False).to_dict("records")
        values = ", ".join(f"{row['activation']} {spanned(row)}" for row in rows)
        what = f"{str(title)[0].upper()}{str(title)[1:]}, {own['unit'].iloc[0]}"
        said.append(f"{what}, at {_fraction(at)} outputs per input: {values}")
    return ". ".join(said) + "."


def _fraction(at: float) -> str:
    return {0.25: "¼", 0.5: "½"}.get(at, f"{at:g}")


# --- negative outputs -------------------------------------------------------------------------------------------------


def directions(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return signs of gradients and cosines with the natural gradient, an activation, data set and phase a row."""
    rows = door.where(records, experiment=WORD, metric=["one_sign_share", "natural_cosine"])
    rows = rows[rows["layer"].isna() & rows["arm"].isin(list(DAMPINGS))]
    columns = {
        "activation": "Activation", "dataset": "Data set", "phase": "Network", "signs": "One sign, %",
        ARM: f"Cosine [95 %], damping {DAMPINGS[ARM]}",
        **{arm: f"damping {word}" for arm, word in DAMPINGS.items() if arm != ARM},
    }  # fmt: skip
    if rows.empty:
        return unmeasured("signs of gradients and directions of steps", columns)
    found = arms.levels(_over_inits(rows), by=["dataset", "phase", "activation", "metric", "arm"])
    table = []
    for dataset in sorted(set(found["dataset"])):
        for phase in [one for one in PHASES if one in set(found["phase"])]:
            own = found[(found["dataset"] == dataset) & (found["phase"] == phase)]
            for name in naming.ordered(catalogue, own["activation"]):
                cells = own[own["activation"] == name].set_index(["metric", "arm"])
                table.append({
                    "activation": naming.label(catalogue, name), "dataset": naming.word(dataset),
                    "phase": PHASES[phase], "signs": _cell(cells, ("one_sign_share", ARM), 100),
                    **{arm: _cell(cells, ("natural_cosine", arm), 1) for arm in DAMPINGS},
                })  # fmt: skip
    return Table(pd.DataFrame(table), columns, numbers=["signs", *DAMPINGS])


def _over_inits(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one value a seed: the mean over the inits and optimisers under which its networks were read."""
    keys = ["dataset", "phase", "activation", "metric", "arm", "seed"]
    return rows.groupby(keys)["value"].mean().reset_index()


def _cell(cells: pd.DataFrame, key: tuple[str, str], times: float) -> str:
    if key not in cells.index:
        return MISSING
    row = cells.loc[[key]].to_dict("records")[0]
    ends = {end: times * row[end] for end in ("middle", "low", "high")}
    return spanned(ends) if key == ("natural_cosine", ARM) else number(ends["middle"])
