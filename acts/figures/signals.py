"""Signals: what depth makes of a signal and of its gradient with a configuration's own functions."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from acts import records as door
from acts.claims.index import Index, indexed
from acts.figures import intervals, naming
from acts.figures.gradient_flow import FLOW, INITS, summary
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.palette import GREY, dash
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing, panels
from acts.figures.table import MISSING, Table, number, unmeasured

REFERENCE = "relu"
USUAL = ("torch_default", "lecun", "he")  # inits under which is told what becomes of the gradient
DEEP = 100  # layers that it goes through


@drawn
def depths(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Drawing:
    """Return the squared gradient by depth, a panel a function (own ones, then ReLU) and a line an init.

    Points are log10 of the mean over networks with its interval, thin lines the theory at infinite width.
    """
    rows = indexed(records).records
    found, theory = summary(rows, FLOW, "depth"), _theory(rows)
    own = naming.brought(catalogue, {*found["activation"], *theory["activation"]})
    if not own:
        return missing("the gradient through deep networks of a function of one's own")
    names = [*own, *[one for one in (REFERENCE,) if one in set(found["activation"])]]
    inits = [init for init in INITS if init in set(found["init"]) | set(theory["init"])]
    height = max(1.8, needed_height(len(inits)) + 0.2)
    figure, grid = panels(len(names), 2, height=height, left=0.55, right=1.05, top=0.36, foot=0.18)
    for place, (axes, name) in enumerate(zip(grid, names, strict=True)):
        points, curve = (table[table["activation"] == name] for table in (found, theory))
        _panel(axes, points, curve, inits, naming.colour(catalogue, name) if name in own else GREY)
        axes.set_title(naming.label(catalogue, name))
        axes.set_xlabel("depth (layers)" if place >= len(names) - 2 else "")
        axes.set_ylabel("log₁₀ gradient flow" if place % 2 == 0 else "")
    figure.text(0.0, 0.0, "points: measured, with 95 % interval over networks; thin lines: theory at infinite width; "
                "vertical scales differ", fontsize=SMALL, color=GREY, va="bottom")  # fmt: skip
    known = theory.rename(columns={"value": "theory"}).drop_duplicates(["activation", "init", "at"])
    drawn_ = found[found["activation"].isin(names)].merge(known, on=["activation", "init", "at"], how="left")
    figure.data = sheet(drawn_, catalogue, {
        "activation": "activation", "init": "init", "at": "depth (layers)", "centre": "log₁₀ gradient flow",
        "low": "95 % low", "high": "95 % high", "n": "networks", "theory": "theory"})  # fmt: skip
    figure.finding = " ".join(_told(found[found["activation"] == name], catalogue, name) for name in names)
    return figure


def _theory(rows: pd.DataFrame) -> pd.DataFrame:
    found = door.where(rows, experiment="gradient_flow", metric=FLOW, phase="exact").dropna(subset=["depth"])
    return found[["activation", "init", "depth", "value"]].rename(columns={"depth": "at"}).sort_values("at")


def _panel(axes: Axes, points: pd.DataFrame, theory: pd.DataFrame, inits: list[str], colour: str) -> None:
    ends = []
    for place, init in enumerate(inits):
        own, line = points[points["init"] == init].sort_values("at"), theory[theory["init"] == init]
        if own.empty and line.empty:
            continue
        curve = line if len(line) else own.rename(columns={"centre": "value"})
        axes.plot(curve["at"], curve["value"], color=colour, linestyle=dash(place), linewidth=0.9, zorder=2)
        axes.errorbar(own["at"], own["centre"], yerr=intervals.bars(own["centre"], own["low"], own["high"]),
                      color=colour, linestyle="none", marker="o", markersize=2.6, elinewidth=0.8, zorder=3)  # fmt: skip
        last = float((own["centre"] if len(own) else line["value"]).dropna().iloc[-1:].sum())
        ends.append(End(naming.word(init), last, colour))
    axes.axhline(0, color=GREY, linewidth=0.6, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlim(0, None)
    at_ends(axes, ends)


def _told(own: pd.DataFrame, catalogue: pd.DataFrame, name: str) -> str:
    """Return the gradient flow of a function at the greatest depth, init by init, as a sentence."""
    deep = own[own["at"] == own["at"].max()]
    said = [
        f"{naming.word(row['init'])} {number(row['centre'])}"
        + (f" [{number(row['low'])}, {number(row['high'])}]" if pd.notna(row["low"]) else "")
        for row in deep.sort_values("init", key=lambda column: column.map(INITS.index)).to_dict("records")
    ]
    depth = int(deep["at"].max()) if len(deep) else 0
    return f"{naming.label(catalogue, name)}, log₁₀ gradient flow at depth {depth}: {', '.join(said)}."


# --- a table of what theory says --------------------------------------------------------------------------------------


def facts(records: pd.DataFrame | Index) -> pd.DataFrame:
    """Return what formulas say of depth, a row a function: stable init, length map, χ₁ at its fixed point.

    ``log_he`` and the like are log₁₀ of what a hundred layers make of the squared gradient under a usual init, from
    standard normal inputs on: χ₁ differs from layer to layer until lengths have settled.
    """
    every = door.where(indexed(records).records, experiment="formulas", phase="exact", arm=None)
    rows = every[every["depth"].isna()]
    stable = rows[rows["init"].eq("stable").fillna(False) & rows["layer"].isna()]
    wide = stable.drop_duplicates(["activation", "metric"]).pivot(index="activation", columns="metric", values="value")
    deep = every[every["metric"].eq("log10_gradient") & every["init"].isin(USUAL) & every["depth"].eq(DEEP)]
    logs = deep.drop_duplicates(["activation", "init"]).pivot(index="activation", columns="init", values="value")
    return wide.join(logs.rename(columns={init: f"log_{init}" for init in logs}), how="outer")


def signal(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Table:
    """Return the stable init, the length map's slope, χ₁ and the gradient at depth of own and some other functions."""
    columns = {"label": "Activation", "sigma_w": "stable $\\sigma_w$", "sigma_b": "stable $\\sigma_b$",
               "length_slope": "Slope of the length map", "chi": "$\\chi_1$ there"}  # fmt: skip
    columns |= {f"log_{init}": f"{DEEP} layers, {naming.word(init)}" for init in USUAL}
    index = indexed(records)
    found = facts(index)
    own = [name for name in naming.own(catalogue) if name in found.index]
    if not own:
        return unmeasured("what the formula of a function of one's own says of depth", columns)
    beside = [name for name in (REFERENCE, "tanh", "gelu") if name in found.index and name not in own]
    table = found.reindex(columns=list(columns)).loc[[*own, *beside]]
    table["label"] = [naming.label(catalogue, name) for name in table.index]
    note = f"{MISSING}: there is no such init for this function, or its theory leaves every scale."
    return Table(table, columns, digits=".3f", note=note, own=naming.own_labels(catalogue))
