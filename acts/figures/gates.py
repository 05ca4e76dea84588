"""Gates: gated units against the plain functions that they gate with, at matched numbers of weights."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from acts.figures import naming, palette, tasks
from acts.figures.dots import Dot, log_limits, rows_of_dots
from acts.figures.palette import GREY, INK, PALE
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, missing, text_width
from acts.figures.table import number

PLAIN = {"glu": "sigmoid", "bilinear": "identity", "reglu": "relu", "geglu": "gelu", "swiglu": "swish"}
_ROW, _TOP, _BOTTOM = 0.17, 0.3, 0.5  # inches
_COLUMNS = ["task", "kind", "label", "activation", "metric", "middle", "low", "high", "n"]


@drawn
def gates(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Drawing:
    """Return, for every task with gated units, the outcome by function and the paired effect of gating.

    Left: mean over seeds with its interval, gated units in colour, or in black beside own functions. Right: each gated
    unit over the plain function it gates with, and below, in grey, each plain function over the reference: what the
    gate does beside what the function does.
    """
    found = with_gates(tasks.judged(records))
    gated = [task for task, _ in tasks.each(found)]
    if not gated:
        return missing("gated units against plain feed-forward layers")
    effects = contrasts(found, catalogue, reference=reference)
    heights = [_ROW * max(2, *_rows(found, effects, task)) for task in gated]
    tall = sum(height + _TOP + _BOTTOM for height in heights)
    figure, shades = Drawing(figsize=(WIDTH, tall)), _shades(catalogue, found["activation"])
    top = tall
    for task, height in zip(gated, heights, strict=True):
        top -= _TOP + height
        left, right = _pair(figure, y=top, height=height, effects=effects)
        _levels(left, found[found["task"] == task], catalogue, shades)
        _effects(right, effects[effects["task"] == task], shades)
        left.set_title(task)
        right.set_title(f"gated ÷ plain; plain ÷ {naming.label(catalogue, reference)}")
        top -= _BOTTOM
    figure.finding = told(effects, reference=naming.label(catalogue, reference))
    levels = tasks.levels(found).assign(of="mean on test rows")
    named = [naming.label(catalogue, one) for one in levels["activation"]]
    shown = pd.concat([levels.assign(label=named), effects.assign(of="ratio")], ignore_index=True)
    columns = {"task": "task", "label": "what", "of": "is", "unit": "unit", "middle": "value", "low": "95 % low",
               "high": "95 % high"}  # fmt: skip
    figure.data = sheet(shown.assign(unit=shown["unit"].map(tasks.UNITS)), catalogue, columns)
    return figure


def with_gates(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of tasks in which gated units were trained."""
    gated = found.loc[found["activation"].isin(list(PLAIN)), "task"]
    return found[found["task"].isin(gated)]


def contrasts(found: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> pd.DataFrame:
    """Return paired ratios, gated over plain (kind ``gate``) and plain over the reference (kind ``function``)."""
    rows = []
    for _, part in tasks.each(found):
        present = naming.ordered(catalogue, part["activation"])
        wanted = [("gate", one, PLAIN[one]) for one in present if PLAIN.get(one, "") in present]
        wanted += [("function", one, reference) for one in present if one not in PLAIN and one != reference]
        for kind, one, other in wanted:
            pair = tasks.contrasts(part[part["activation"].isin([one, other])], reference=other)
            label = f"{naming.label(catalogue, one)} ÷ {naming.label(catalogue, other)}"
            rows += [{**row, "kind": kind, "label": label} for row in pair.to_dict("records")]
    return pd.DataFrame(rows, columns=_COLUMNS).dropna(subset=["middle"])


def told(effects: pd.DataFrame, *, reference: str) -> str:
    """Return the effects of gating with their intervals, and the span of the plain functions', by task."""
    several = effects["task"].nunique() > 1
    parts = []
    for task, own in tasks.each(effects):
        said = [f"{row['label']} {spanned(row)}" for row in own[own["kind"] == "gate"].to_dict("records")]
        plain = own.loc[own["kind"] == "function", "middle"]
        where = f"{task}: " if several else ""
        if said:
            parts.append(f"{where}Ratio of gated to plain with its 95 % interval: {'; '.join(said)}.")
        if len(plain):
            parts.append(f"{where}Plain functions ÷ {reference}: {number(plain.min())} to {number(plain.max())}.")
    return " ".join(parts)


def _rows(found: pd.DataFrame, effects: pd.DataFrame, task: str) -> tuple[int, int]:
    return found.loc[found["task"] == task, "activation"].nunique(), int((effects["task"] == task).sum())


def _pair(figure: Drawing, *, y: float, height: float, effects: pd.DataFrame) -> tuple[Axes, Axes]:
    """Return the two panels of a task, y inches from the foot, with room for the names of their rows."""
    tall = figure.get_figheight()
    first, second = 0.85, 0.16 + max([0.7, *(text_width(label, SMALL) for label in effects["label"])])
    wide = (WIDTH - first - second - 0.45) / 2
    places = (first, first + wide + 0.25 + second)
    left, right = (figure.add_axes((x / WIDTH, y / tall, wide / WIDTH, height / tall)) for x in places)
    return left, right


def _shades(catalogue: pd.DataFrame, names: Iterable[str]) -> dict[str, str]:
    """Return what functions are drawn in: gated units stand out of grey, in black where own ones have the colours."""
    inks, own = naming.inks(catalogue, names), naming.own(catalogue)
    gated = INK if palette.REST in inks.values() else ""
    return {
        name: colour if name in own else (gated or colour) if name in PLAIN else GREY for name, colour in inks.items()
    }


def _levels(axes: Axes, found: pd.DataFrame, catalogue: pd.DataFrame, shades: Mapping[str, str]) -> None:
    levels = tasks.levels(found).sort_values("middle", kind="stable")
    names = {name: naming.label(catalogue, name) for name in levels["activation"]}
    dots = [
        Dot(names[row["activation"]], row["middle"], row["low"], row["high"],
            shades[row["activation"]])
        for row in levels.to_dict("records")
    ]  # fmt: skip
    ends = levels[["middle", "low", "high"]].to_numpy(float)
    ends = ends[np.isfinite(ends)]
    low, high = (float(ends.min()), float(ends.max())) if len(ends) else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.05 * max(abs(high), 1e-3)
    rows_of_dots(axes, dots, list(names.values()), limits=(low - room, high + room))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel(tasks.UNITS[str(levels["unit"].iloc[0])])


def _effects(axes: Axes, effects: pd.DataFrame, shades: Mapping[str, str]) -> None:
    if effects.empty:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no pair was run", transform=axes.transAxes, ha="center", color=GREY, style="italic")
        return
    rows = effects.to_dict("records")
    dots = [
        Dot(row["label"], row["middle"], row["low"], row["high"],
            shades[row["activation"]])
        for row in rows
    ]  # fmt: skip
    limits = log_limits(effects[["middle", "low", "high"]].to_numpy(float).ravel(), widest=4.0, narrowest=1.06)
    rows_of_dots(axes, dots, [row["label"] for row in rows], limits=limits, log=True)
    low, high = tasks.BANDS[str(rows[0]["metric"])]
    axes.axvspan(low, high, color=PALE, alpha=0.3, linewidth=0, zorder=0)
    axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
    axes.axhline((effects["kind"] == "gate").sum() - 0.5, color=PALE, linewidth=0.6, zorder=0)
    axes.set_xlabel("ratio of test losses" if rows[0]["metric"] == "loss" else "ratio of test errors")
