"""Selection: what to try in a setting, what a fixed habit loses, and where each activation falls behind."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from acts.claims import advice
from acts.claims.outcomes import MARGINS
from acts.figures import naming
from acts.figures.dots import Dot, rows_of_dots
from acts.figures.palette import GREY, INK, PALE, VERDICTS
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, missing, text_width
from acts.figures.table import Table, number, unmeasured

__all__ = ["grid", "habits", "recommendations", "setting"]

_ELSEWHERE = "the best of the other families"
_WORST = 8.0  # margins at which the shade of the grid is full
_MOST = 14  # activations that a grid has room for
_HEADINGS = {
    "setting": "Your network",
    "evidence": "Evidence",
    "try": "Try",
    "expect": "Expect, against ReLU",
    "tied": "As good, as far as can be told",
    "regret": "Regret of one pick (%)",
    "cost": "Time of a step, ReLU = 1",
}


def setting(kind: str, depths: str, norm: str, metric: str) -> str:
    """Return a setting in a reader's words, such as "MLP, 2–4 hidden layers, LayerNorm, classification"."""
    name = naming.group("", f"{kind}_1x1")
    name = f"{name[0].upper()}{name[1:]}"
    layers = f"{depths.replace('5+', '5 or more')} hidden layer{'s' if depths != '1' else ''}" if depths else ""
    task = {"mlp": "classification", "resmlp": "classification"}.get(kind, "") if metric == "error" else ""
    task = "regression" if metric == "loss" and kind in ("mlp", "resmlp") else task
    return ", ".join(part for part in (name, layers, naming.word(norm) if norm != "none" else "", task) if part)


def recommendations(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return a row a setting: what to try there, what to expect of it, what is as good, and what it costs."""
    found = advice.advice(records)
    if found.empty:
        return unmeasured("tasks on which ReLU and another activation were both tuned", _HEADINGS)
    rows = [_recommended(row, catalogue) for row in found.to_dict("records")]
    return Table(pd.DataFrame(rows), _HEADINGS, own=naming.own_labels(catalogue))


def _recommended(row: dict, catalogue: pd.DataFrame) -> dict[str, str]:
    tied = [naming.label(catalogue, one) for one in naming.ordered(catalogue, row["tied"])]
    plural = "s" if row["tasks"] > 1 else ""
    return {
        "setting": setting(row["kind"], row["depths"], row["norm"], row["metric"]),
        "evidence": f"{row['tasks']} task{plural}, {row['seeds']} seeds, {row['arms']} activations",
        "try": naming.label(catalogue, row["try"]),
        "expect": _expected(row),
        "tied": ", ".join(tied) if len(tied) < row["arms"] - 1 else f"all {row['arms']} that were tried",
        "regret": f"{number(row['regret'], 2)} {_ends(row, 'regret')}" if pd.notna(row["regret"]) else "one task alone",
        "cost": f"{number(row['time'], 3)} {_ends(row, 'time')}" if pd.notna(row["time"]) else "",
    }


def _expected(row: dict) -> str:
    """Return the gain over ReLU, and plainly where there is none that can be detected or none that matters."""
    if row["best"] == advice.REFERENCE and row["gain"] == row["gain_low"] == row["gain_high"] == 0:
        return "nothing to gain: ReLU is best in either half of the seeds"
    flipped = row["gain"] < 0
    sign = -1 if flipped else 1
    low, high = sorted(sign * row[end] for end in ("gain_low", "gain_high"))
    told = f"{number(sign * row['gain'], 2)} % {'more' if flipped else 'less'} {row['metric']}"
    told = f"{told} {_ends({'gain_low': low, 'gain_high': high}, 'gain')}"
    if row["detectable"]:
        return told
    small = row["gain_low"] > 0 or max(abs(row["gain_low"]), abs(row["gain_high"])) < 100 * MARGINS[row["metric"]]
    return f"{'practically the same' if small else 'no detectable difference'}: {told}"


def _ends(row: dict, name: str) -> str:
    ends = (row[f"{name}_low"], row[f"{name}_high"])
    return f"[{number(ends[0], 2)}, {number(ends[1], 2)}]" if np.isfinite(ends).all() else "(no interval)"


@drawn
def habits(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return the regret of always taking one activation, over the tournament's tasks, in margins with its interval."""
    found = advice.policies(records)
    if found.empty:
        return missing("two tasks that share two activations")
    names = {one: _habit(catalogue, one) for one in found["policy"]}
    colours = naming.inks(catalogue, [one for one in names if one != _ELSEWHERE])
    rows = [names[one] for one in found["policy"]]
    left = 0.2 + max(text_width(row, SMALL) for row in rows)
    tall = 0.19 * len(rows) + 0.5
    figure = Drawing(figsize=(WIDTH, tall))
    axes = figure.add_axes((left / WIDTH, 0.42 / tall, 1 - (left + 0.1) / WIDTH, 0.19 * len(rows) / tall))
    ends = found[["regret", "low", "high"]].to_numpy(float)
    ends = ends[np.isfinite(ends)]
    limits = (float(min(-1.5, ends.min(initial=0.0))), float(np.clip(ends.max(initial=2.0) * 1.04, 2.5, 20.0)))
    axes.add_patch(Rectangle((-1, -0.5), 2, len(rows), color=PALE, alpha=0.3, lw=0))
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    dots = [
        Dot(names[row["policy"]], row["regret"], row["low"], row["high"], colours.get(row["policy"], INK))
        for row in found.to_dict("records")
    ]
    rows_of_dots(axes, dots, rows, limits=limits, apart=False)
    axes.set_xlabel("regret (margins)")
    figure.finding = _told(found, names)
    columns = {"policy": "habit", "regret": "regret (margins)", "low": "95 % low", "high": "95 % high",
               "tasks": "tasks", "seeds": "seeds"}  # fmt: skip
    figure.data = sheet(found.assign(policy=found["policy"].map(names)), catalogue, columns)
    return figure


def _habit(catalogue: pd.DataFrame, policy: str) -> str:
    return policy if policy == _ELSEWHERE else f"always {naming.label(catalogue, policy)}"


def _told(found: pd.DataFrame, names: dict[str, str]) -> str:
    said = [
        f"{names[row['policy']]} {number(row['regret'], 2)} [{number(row['low'], 2)}, {number(row['high'], 2)}]"
        for row in found.to_dict("records")
    ]
    return f"Regret in margins with its 95 % interval over {found['tasks'].iloc[0]} tasks: {'; '.join(said)}."


@drawn
def grid(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return every setting's regret of every activation as a grid of shades, numbers written in, in margins."""
    found = advice.grid(records)
    if found.empty:
        return missing("settings in which two activations were tuned")
    about = ["kind", "depths", "norm", "metric"]
    found = found.assign(row=[setting(*key) for key in found[about].itertuples(index=False)])
    rows = list(dict.fromkeys(found["row"]))
    counts = found["activation"].value_counts()
    own = [one for one in naming.own(catalogue) if one in counts.index]
    kept = {*own, *[one for one in counts.index if one not in own][: max(0, _MOST - len(own))]}
    columns = [one for one in naming.ordered(catalogue, found["activation"]) if one in kept]
    left = 0.2 + max(text_width(row, SMALL) for row in rows)
    tall = 0.24 * len(rows) + 0.95
    figure = Drawing(figsize=(WIDTH, tall))
    axes = figure.add_axes((left / WIDTH, 0.05 / tall, 1 - (left + 0.05) / WIDTH, 0.24 * len(rows) / tall))
    _framed(axes, rows, [naming.label(catalogue, one) for one in columns])
    for row in found[found["activation"].isin(columns)].to_dict("records"):
        _cell(axes, columns.index(row["activation"]), rows.index(row["row"]), row)
    columns_of = {"row": "setting", "activation": "activation", "regret": "regret (margins)", "low": "95 % low",
                  "high": "95 % high"}  # fmt: skip
    figure.data = sheet(found, catalogue, columns_of)
    figure.finding = _least(found, catalogue)
    return figure


def _least(found: pd.DataFrame, catalogue: pd.DataFrame) -> str:
    """Return the largest regret, and of every setting the smallest, as sentences."""
    worst = found.sort_values("regret").iloc[-1]
    best = found.loc[found.groupby("row", sort=False)["regret"].idxmin()]
    said = [
        f"{row['row']}: {naming.label(catalogue, row['activation'])} {number(row['regret'], 3)}"
        for row in best.to_dict("records")
    ]
    name = naming.label(catalogue, worst["activation"])
    largest = f"The largest regret, {number(worst['regret'], 3)} margins, is that of {name} in {worst['row']}."
    return f"{largest} The smallest, in margins: {'; '.join(said)}."


def _framed(axes: Axes, rows: list[str], columns: list[str]) -> None:
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), rows, fontsize=SMALL)
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="left", rotation_mode="anchor", fontsize=SMALL)
    axes.xaxis.set_ticks_position("top")
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _cell(axes: Axes, column: int, row: int, found: dict) -> None:
    """Draw one regret: the deeper, the farther behind; bold where its interval lies beyond one margin."""
    regret = float(found["regret"])
    depth = float(np.clip(regret / _WORST, 0, 1))
    axes.add_patch(
        Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=VERDICTS["refuted"], alpha=0.6 * depth, lw=0)
    )
    text = number(regret, ".1f") if abs(regret) < 100 else ("∞" if np.isinf(regret) else ">99")
    sure = bool(found["low"] > 1)
    axes.text(
        column, row, text, ha="center", va="center_baseline", fontsize=SMALL - 0.5,
        color=INK, fontweight="bold" if sure else "normal",
    )  # fmt: skip
