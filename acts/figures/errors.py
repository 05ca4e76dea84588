"""Errors: the largest error of values and derivatives by part of the axis and along it, drawn."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from acts import records as door
from acts.figures import naming
from acts.figures.palette import GREY, PALE, ink_on
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, missing, panels, text_width
from acts.figures.table import MISSING, number

EXPERIMENT = "precision"
QUANTITIES = ("value", "derivative")
PARTS = {"tail_low": "x < −4", "center": "−4 … 4", "tail_high": "x > 4", "special": "special"}
PLACES = ("tail_low", "center", "tail_high")  # where a reader's numbers lie
GOOD = 4.0  # ULP, set before the run: what a careful implementation in its own precision stays within
FEW = ("sigmoid", "tanh", "softsign", "softplus", "gelu", "gelu_tanh", "swish", "mish", "hardswish")
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SHADES = {GOOD: "#f3b8ad", 1e2: "#e2806f", 1e4: "#c9331f", np.inf: "#7d1a0e"}  # above, and for infinity
_WORDS = {GOOD: f"> {GOOD:g}", 1e2: "> 100", 1e4: "> 10 000 ULP", np.inf: "nan, or infinity, for a number"}
_BOTTOM, _TOP = 0.3, 1e9  # of the axis of errors; what is beyond is drawn at its end
_ROW = 0.155  # inches


def measured(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the rows of a metric such as ``value_ulp`` with the factors of their arm as columns path, part and x."""
    rows = door.where(records, experiment=EXPERIMENT, metric=metric)
    arms = rows["arm"].astype("string")
    factors = {name: arms.str.extract(rf"(?:^|;){name}=([^;]+)", expand=False) for name in ("path", "part", "x")}
    return rows.assign(**factors)


def brief(value: float) -> str:
    """Return an error in as few letters as a cell has room for: 0.5, 12, 4 × 10⁶, ∞."""
    if np.isinf(value):
        return "∞"
    if value >= 1000:
        mantissa, power = f"{value:.0e}".split("e")
        return f"{mantissa} × 10{str(int(power)).translate(RAISED)}"
    if value < 0.005:
        return "0"
    return number(value, ".1f") if 0.995 <= value < 9.95 else number(value, 2)


# --- by part of the axis ----------------------------------------------------------------------------------------------


@drawn
def parts(records: pd.DataFrame, catalogue: pd.DataFrame, *, dtype: str = "float32", path: str = "fast") -> Drawing:
    """Return the largest error of each function in each part of the axis as shaded cells with their numbers.

    One panel the values, one the derivatives; cells within 4 ULP are not shaded.
    """
    tables = {quantity: _largest(records, f"{quantity}_ulp", dtype=dtype, path=path) for quantity in QUANTITIES}
    if all(table.empty for table in tables.values()):
        return missing("the precision of values and derivatives")
    names = naming.ordered(catalogue, [name for table in tables.values() for name in table.index])
    labels = [naming.label(catalogue, name) for name in names]
    left = (0.15 + max(text_width(label, SMALL) for label in labels)) / WIDTH
    figure, grid = panels(2, 2, height=_ROW * len(names), left=0.1, right=0.1, top=0.42, bottom=0.1, foot=0.3)
    for place, (axes, (quantity, table)) in enumerate(zip(grid, tables.items(), strict=True)):
        box = axes.get_position()
        wide = (1 - left) / 2
        axes.set_position((left + place * wide + 0.01, box.y0, wide - 0.03, box.height))
        _cells(axes, table.reindex(names))
        _rows(axes, catalogue, names, labels if place == 0 else [""] * len(names))
        axes.set_title(f"{quantity}, largest error (ULP)", pad=16)
        axes.set_xlabel("part of the axis", labelpad=3)
    _swatches(figure, left * WIDTH)
    figure.data = _taken(tables, catalogue)
    figure.finding = _within(tables, catalogue)
    return figure


def _largest(records: pd.DataFrame, metric: str, *, dtype: str, path: str) -> pd.DataFrame:
    """Return the largest error, an activation a row and a part a column."""
    rows = measured(records, metric)
    rows = rows[(rows["path"] == path) & (rows["dtype"] == dtype) & rows["part"].isin(list(PARTS))]
    table = rows.pivot_table(index="activation", columns="part", values="value", aggfunc="max")
    return table.reindex(columns=list(PARTS))


def _cells(axes: Axes, table: pd.DataFrame) -> None:
    """Draw a table as cells shaded by the decades above the bound, each with its number."""
    for row, values in enumerate(table.to_numpy(float)):
        for column, value in enumerate(values):
            colour = "" if np.isnan(value) else _shade(value)
            if colour:
                axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=colour, linewidth=0))
            ink = GREY if np.isnan(value) else ink_on(colour) if colour else "#000000"
            text = MISSING if np.isnan(value) else brief(value)
            axes.text(column, row, text, ha="center", va="center_baseline", fontsize=6, color=ink)


def _shade(value: float) -> str:
    """Return the colour of an error, empty where it is within the bound."""
    colour = ""
    for bound, shade in _SHADES.items():
        colour = shade if value > bound or (np.isinf(value) and np.isinf(bound)) else colour
    return colour


def _rows(axes: Axes, catalogue: pd.DataFrame, names: list[str], labels: list[str]) -> None:
    """Name the rows in the colours of their families, with a line between two families, and the columns above."""
    axes.set_xlim(-0.5, len(PARTS) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("bottom")
    axes.set_xticks(range(len(PARTS)), list(PARTS.values()))
    axes.set_yticks(range(len(names)), labels)
    axes.tick_params(length=0, pad=2)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    families, colours = [naming.family(catalogue, name) for name in names], naming.inks(catalogue, names)
    for place, (tick, name) in enumerate(zip(axes.get_yticklabels(), names, strict=True)):
        tick.set_color(colours[name])
        if place and families[place] != families[place - 1]:
            axes.axhline(place - 0.5, color=PALE, linewidth=0.5, zorder=0)


def _swatches(figure: Drawing, x: float) -> None:
    """Say at the foot what the shades stand for."""
    height = figure.get_figheight()
    for bound, colour in _SHADES.items():
        figure.add_artist(Rectangle((x / WIDTH, 0.01 / height), 0.16 / WIDTH, 0.1 / height, facecolor=colour))
        figure.text((x + 0.21) / WIDTH, 0.0, _WORDS[bound], fontsize=SMALL, color=GREY, va="bottom")
        x += 0.42 + text_width(_WORDS[bound], SMALL)


def _taken(tables: dict[str, pd.DataFrame], catalogue: pd.DataFrame) -> pd.DataFrame:
    """Return the cells as rows."""
    long = [
        table.rename_axis("activation").reset_index().melt("activation", value_name="ulp").assign(of=quantity)
        for quantity, table in tables.items()
    ]
    rows = pd.concat(long, ignore_index=True).dropna(subset=["ulp"])
    rows = rows.assign(part=rows["part"].map(PARTS))
    headings = {"activation": "activation", "of": "of", "part": "part of the axis", "ulp": "largest error (ULP)"}
    return sheet(rows, catalogue, headings)


def _within(tables: dict[str, pd.DataFrame], catalogue: pd.DataFrame) -> str:
    """Return how many functions stay within the bound, and which is furthest from it, as a sentence."""
    told, furthest = [], []
    for quantity, table in tables.items():
        worst = table[list(PLACES)].max(axis=1).dropna()
        told.append(f"{int((worst <= GOOD).sum())} of {len(table)} {quantity}s stay within {GOOD:g} ULP")
        if len(worst):
            name = naming.label(catalogue, str(worst.idxmax()))
            furthest.append(f"of a {quantity} {brief(float(worst.max()))} ULP ({name})")
    return f"Outside the special places {' and '.join(told)}; the largest error is {', '.join(furthest)}."


# --- along the axis ---------------------------------------------------------------------------------------------------


@drawn
def along(records: pd.DataFrame, catalogue: pd.DataFrame, *, few: Sequence[str] = FEW) -> Drawing:
    """Return the fast path's largest error along the axis in float32, a panel each of a few that leave the bound.

    The value is drawn thin, the derivative thick, the bound as a band; what was computed without an error is not drawn.
    """
    rows = pd.concat([_binned(records, quantity) for quantity in QUANTITIES], ignore_index=True)
    if rows.empty:
        return missing("errors along the axis")
    worst = rows.groupby("activation")["value"].max()
    wanted = [*few, *naming.own(catalogue)]
    names = naming.ordered(catalogue, [name for name in wanted if worst.get(name, 0.0) > GOOD])
    if not names:
        return missing("a function of a few common ones that leaves the bound")
    colours = naming.inks(catalogue, names)
    figure, grid = panels(len(names), 4, height=1.05, left=0.36, right=0.06, top=0.26, bottom=0.2, foot=0.42)
    for place, (axes, name) in enumerate(zip(grid, names, strict=True)):
        _along(axes, rows[rows["activation"] == name], colours[name])
        axes.set_title(naming.label(catalogue, name), color=colours[name])
        axes.tick_params(labelbottom=place >= len(names) - 4, labelleft=place % 4 == 0)
        axes.set_xlabel("x" if place >= len(names) - 4 else "", labelpad=1)
        axes.set_ylabel("largest error (ULP)" if place % 4 == 0 else "")
    words = f"thick: derivative; thin: value; band: within {GOOD:g} ULP. What is exact is not drawn."
    figure.text(0.36 / WIDTH, 0.0, words, color=GREY, fontsize=SMALL, va="bottom")
    shown = rows[rows["activation"].isin(names)]
    headings = {"activation": "activation", "of": "of", "x": "x", "value": "largest error (ULP)"}
    figure.data = sheet(shown, catalogue, headings)
    figure.finding = _largest_along(shown, names, catalogue)
    return figure


def _binned(records: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return the curve's points, with x as a number."""
    rows = measured(records, f"{quantity}_ulp").dropna(subset=["x"])
    return rows.assign(x=rows["x"].astype(float), of=quantity).sort_values(["activation", "x"])


def _along(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    """Draw the errors of a function's value and derivative."""
    axes.set_yscale("log")
    axes.set_ylim(_BOTTOM, _TOP)
    axes.set_xlim(-20, 20)
    axes.set_xticks([-20, -10, 0, 10, 20])
    powers = range(0, 9, 4)
    axes.set_yticks([10.0**power for power in powers], [f"10{str(power).translate(RAISED)}" for power in powers])
    axes.minorticks_off()
    axes.axhspan(_BOTTOM, GOOD, color=PALE, alpha=0.35, linewidth=0, zorder=0)
    for quantity, width in (("value", 0.7), ("derivative", 1.5)):
        line = rows[rows["of"] == quantity]
        height = line["value"].where(line["value"] > _BOTTOM).clip(upper=_TOP)
        axes.plot(line["x"], height, color=colour, linewidth=width, zorder=2)


def _largest_along(rows: pd.DataFrame, names: list[str], catalogue: pd.DataFrame) -> str:
    """Return each function's largest errors and where they lie, as a sentence."""
    said = []
    for name in names:
        own = rows[rows["activation"] == name]
        top = own.iloc[int(own["value"].argmax())]
        said.append(
            f"{naming.label(catalogue, name)} {brief(float(top['value']))} ULP of its {top['of']} near "
            f"x = {number(float(top['x']), 3)}"
        )
    return f"Largest errors: {'; '.join(said)}."
