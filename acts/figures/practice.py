"""Practice: what own functions cost, whether their units die, how fast they learn and what they bear."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts.claims.index import Index, indexed
from acts.figures import arms, doses, intervals, naming, timings
from acts.figures.convergence import ALIKE, paired_ratios
from acts.figures.dots import Dot, beside, log_limits, rows_of_dots
from acts.figures.labels import End, at_ends, needed_height
from acts.figures.palette import GREY, INK, PALE, REST
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.style import Drawing, drawn, missing, panels
from acts.figures.table import number
from acts.figures.tasks import BANDS

REFERENCE = "relu"
ILLS = {"zero_share": "zero units (%)", "stuck_share": "stuck units (%)"}
_STEPS = (0.95, 1.05)  # of a whole step, inside the margin


# --- cost -------------------------------------------------------------------------------------------------------------


def elements(records: pd.DataFrame | Index) -> pd.DataFrame:
    """Return the time of forward and backward over ReLU's on the largest tensor, a row a function."""
    found = timings.measured(indexed(records).records, "both_time_ratio")
    found = found[(found["mode"] == "eager") & (found["dtype"] == "float32") & (found["size"] != "")]
    return found[found["size"] == str(timings.sizes(found)[-1])] if len(found) else found


def steps(records: pd.DataFrame | Index) -> pd.DataFrame:
    """Return the time of a whole step over that with ReLU, mean over networks and batches, a row a function."""
    found = timings.mean_step(indexed(records).records)
    return found.rename(columns={"middle_time": "middle", "low_time": "low", "high_time": "high"})


@drawn
def cost(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Drawing:
    """Return what every function costs relative to ReLU: alone on the largest tensor, and in a whole training step."""
    parts = {"the function alone": elements(records), "a whole training step": steps(records)}
    parts = {what: part for what, part in parts.items() if len(part) and naming.brought(catalogue, part["activation"])}
    if not parts:
        return missing("the time that a function of one's own takes")
    own = naming.brought(catalogue, pd.concat(list(parts.values()))["activation"])
    last = list(parts.values())[-1].sort_values("middle", kind="stable")["activation"]
    rows = list(dict.fromkeys([*last, *(name for part in parts.values() for name in part["activation"])]))
    labels = {str(name): naming.label(catalogue, str(name)) for name in rows}
    figure, grid = beside(len(parts), 2, list(labels.values()), row=0.15)
    for axes, (what, part) in zip(grid, parts.items(), strict=True):
        colours = {name: naming.colour(catalogue, name) if name in own else REST for name in labels}
        dots = [Dot(labels[row["activation"]], row["middle"], row["low"], row["high"], colours[row["activation"]])
                for row in part.to_dict("records")]  # fmt: skip
        limits = log_limits(part[["middle", "low", "high"]].to_numpy(float).ravel(), widest=60.0)
        rows_of_dots(axes, dots, list(labels.values()), limits=limits, log=True)
        axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
        if what == "a whole training step":
            axes.axvspan(*_STEPS, color=PALE, alpha=0.4, linewidth=0, zorder=0)
        axes.set_title(f"{what[0].upper()}{what[1:]}")
        axes.set_xlabel("time ÷ that with ReLU")
    told = pd.concat([part.assign(what=what) for what, part in parts.items()], ignore_index=True)
    figure.data = sheet(told, catalogue, {"activation": "activation", "what": "of", "middle": "time ÷ that with ReLU",
                                          "low": "95 % low", "high": "95 % high"})  # fmt: skip
    said = [
        f"{naming.label(catalogue, row['activation'])} {spanned(row)} ({row['what']})"
        for row in told[told["activation"].isin(own)].to_dict("records")
    ]
    figure.finding = f"Time relative to ReLU's with its 95 % interval: {'; '.join(said)}."
    return figure


# --- dead units -------------------------------------------------------------------------------------------------------


def ills(records: pd.DataFrame | Index, metric: str) -> pd.DataFrame:
    """Return a share of units by activation and dose: the mean over settings, with its interval over seeds."""
    rows = doses.ended(indexed(records).records, metric)
    rows = rows[rows["bias"] == 0.0]
    if rows.empty:
        return pd.DataFrame(columns=["activation", "dose", *arms.RATIO])
    means = rows.groupby(["activation", "dose", "seed"])["value"].mean().reset_index()
    return arms.levels(means, by=["activation", "dose"])


def diverged(records: pd.DataFrame | Index, name: str) -> tuple[int, int]:
    """Return how many runs of a function diverged at the highest multiple of ReLU's rate, and of how many."""
    rows = doses.ended(indexed(records).records, "diverged")
    rows = rows[(rows["bias"] == 0.0) & (rows["dose"] == rows["dose"].max()) & (rows["activation"] == name)]
    return int((rows["value"] > 0).sum()), len(rows)


@drawn
def dead(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Drawing:
    """Return the shares of zero and of stuck units by multiples of ReLU's tuned rate, a panel each."""
    parts = {metric: ills(records, metric) for metric in ILLS}
    parts = {metric: part for metric, part in parts.items() if naming.brought(catalogue, part["activation"])}
    if not parts:
        return missing("dead units of a function of one's own")
    own = naming.brought(catalogue, pd.concat(list(parts.values()))["activation"])
    height = max(1.7, needed_height(len(own) + 1) + 0.2)
    figure, grid = panels(len(parts), 2, height=height, left=0.55, right=1.0, bottom=0.44)
    for axes, (metric, part) in zip(grid, parts.items(), strict=True):
        _doses(axes, part, own, catalogue)
        axes.set_ylabel(ILLS[metric])
        axes.set_xlabel("learning rate ÷ ReLU's tuned rate")
    told = pd.concat([_percent(part).assign(what=ILLS[metric].removesuffix(" (%)")) for metric, part in parts.items()])
    headings = {"activation": "activation", "what": "units", "dose": "learning rate ÷ ReLU's tuned rate",
                "middle": "share (%)", "low": "95 % low", "high": "95 % high", "n": "seeds"}  # fmt: skip
    figure.data = sheet(told, catalogue, headings)
    figure.finding = " ".join(_ill(part, ILLS[metric].removesuffix(" (%)"), own, catalogue)
                              for metric, part in parts.items())  # fmt: skip
    return figure


def _percent(part: pd.DataFrame) -> pd.DataFrame:
    return part.assign(**{end: 100 * part[end] for end in ("middle", "low", "high")})


def _doses(axes: Axes, part: pd.DataFrame, own: Sequence[str], catalogue: pd.DataFrame) -> None:
    """Draw own functions and ReLU with their names, the others as thin grey lines without."""
    doses_ = sorted(float(one) for one in part["dose"].unique())
    room = max(1.25, (max(doses_) / min(doses_)) ** 0.05)
    axes.set_xscale("log")
    axes.set_xlim(min(doses_) / room, max(doses_) * room)
    axes.set_xticks(doses_, [f"× {dose:g}" for dose in doses_])
    axes.minorticks_off()
    axes.set_ylim(-4, 104)
    ends = []
    for name in naming.ordered(catalogue, part["activation"])[::-1]:
        line = _percent(part[part["activation"] == name].sort_values("dose"))
        if name not in (*own, REFERENCE):
            axes.plot(line["dose"], line["middle"], color=REST, linewidth=0.6, alpha=0.6, zorder=1)
            continue
        colour = naming.colour(catalogue, name) if name in own else INK
        axes.errorbar(line["dose"], line["middle"], yerr=intervals.bars(line["middle"], line["low"], line["high"]),
                      color=colour, marker="o", markersize=3.2, linewidth=1.2, elinewidth=0.8, zorder=3)  # fmt: skip
        ends.append(End(naming.label(catalogue, name), float(line["middle"].iloc[-1]), colour))
    at_ends(axes, ends)


def _ill(part: pd.DataFrame, what: str, own: Sequence[str], catalogue: pd.DataFrame) -> str:
    """Return the shares of own functions and ReLU at the highest rate as a sentence."""
    top = part["dose"].max()
    said = [
        f"{naming.label(catalogue, name)} {number(100 * float(row['middle'].iloc[0]), 2)} %"
        for name in (*own, REFERENCE)
        if len(row := part[(part["activation"] == name) & (part["dose"] == top)])
    ]
    return f"{what[0].upper()}{what[1:]} at {top:g} times ReLU's tuned rate: {', '.join(said)}."


# --- speed and robustness ---------------------------------------------------------------------------------------------


def settings(records: pd.DataFrame | Index) -> pd.DataFrame:
    """Return every function over ReLU, paired by seed, setting by setting: speed, noise on inputs, wrong labels.

    ``group`` is the question, ``row`` the setting in words, ``metric`` what decides the margin.
    """
    rows = indexed(records).records
    speed = paired_ratios(rows)
    speed = speed.assign(group="loss area", metric="loss", row=[
        f"{naming.word(one['dataset'])}, {naming.word(one['network'])}, {naming.word(one['optimizer'])}"
        for one in speed.to_dict("records")
    ])  # fmt: skip
    found = [speed, *(_robust(rows, study) for study in ("noise", "labels"))]
    columns = ["group", "row", "metric", "activation", "middle", "low", "high", "n"]
    return pd.concat([part.reindex(columns=columns) for part in found if len(part)] or [speed.reindex(columns=columns)])


def _robust(rows: pd.DataFrame, study: str) -> pd.DataFrame:
    """Return error areas under noise, or errors after training on wrong labels, over ReLU's."""
    metric, group = ("error_area", "error under noise") if study == "noise" else ("error", "error after wrong labels")
    judged = arms.judged(rows, "robustness", study, metric)
    by = ["dataset", "network", *(["flipped"] if study == "labels" else [])]
    if judged.empty:
        return judged
    judged = judged[judged["flipped"].astype(float) > 0] if study == "labels" else judged
    found = arms.ratios(judged, by=by, of="activation", base=REFERENCE)
    words = [
        f"{naming.word(one['dataset'])}, {naming.word(one['network'])}"
        + (f", {100 * float(one['flipped']):g} %" if "flipped" in one else "")
        for one in found.to_dict("records")
    ]
    return found.assign(group=group, row=words, metric="error")


@drawn
def beside_relu(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Drawing:
    """Return own functions over ReLU in speed and robustness, a panel a function and a row a setting.

    Paired ratios with exact intervals over seeds, filled where the interval lies beyond the margin; to the left the own
    function is the better one.
    """
    found = settings(records)
    names = naming.brought(catalogue, found["activation"])
    if not names:
        return missing("speed and robustness of a function of one's own")
    found = found[found["activation"].isin(names)].assign(row=lambda rows: rows["group"] + ": " + rows["row"])
    rows = found["row"].unique().tolist()
    limits = log_limits(found[["middle", "low", "high"]].to_numpy(float).ravel(), widest=4.0)
    figure, grid = beside(len(names), 3, rows, row=0.17)
    for axes, name in zip(grid, names, strict=True):
        colour, own = naming.colour(catalogue, name), found[found["activation"] == name]
        rows_of_dots(axes, [_ratio(row, colour) for row in own.to_dict("records")], rows, limits=limits, log=True,
                     apart=False)  # fmt: skip
        axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
        for row in own.to_dict("records"):
            low, high = _margin(row)
            axes.fill_betweenx([rows.index(row["row"]) - 0.5, rows.index(row["row"]) + 0.5], low, high, color=PALE,
                               alpha=0.3, linewidth=0, zorder=0)  # fmt: skip
        axes.set_title(naming.label(catalogue, name), color=colour)
        axes.set_xlabel("ratio to ReLU")
    headings = {"activation": "function", "row": "setting", "middle": "ratio to ReLU", **arms.ENDS}
    figure.data = sheet(found, catalogue, headings)
    figure.finding = " ".join(_sides(found[found["activation"] == name], catalogue, name) for name in names)
    return figure


def _margin(row: dict[Any, Any]) -> tuple[float, float]:
    return ALIKE if row["metric"] == "loss" else BANDS["error"]


def verdict(row: dict[Any, Any]) -> str:
    """Return what a ratio to ReLU says by itself: better, worse, equal or open; smaller is better."""
    low, high = _margin(row)
    if row["high"] < low or row["low"] > high:
        return "better" if row["high"] < low else "worse"
    return "equal" if low < row["low"] and row["high"] < high else "open"


def _ratio(row: dict[Any, Any], colour: str) -> Dot:
    word = verdict(row)
    shade = {"better": colour, "worse": INK}.get(word, GREY)
    return Dot(row["row"], row["middle"], row["low"], row["high"], shade, hollow=word in ("open", "equal"))


def _sides(own: pd.DataFrame, catalogue: pd.DataFrame, name: str) -> str:
    """Return how many settings of each kind say what, as a sentence."""
    said = []
    for group, part in own.groupby("group", sort=False):
        words = pd.Series([verdict(row) for row in part.to_dict("records")])
        counts = [f"{int((words == word).sum())} {word}" for word in ("better", "equal", "worse", "open")
                  if (words == word).any()]  # fmt: skip
        middle = number(float(np.exp(np.log(part["middle"].astype(float)).mean())))
        said.append(f"{group} {', '.join(counts)} of {len(part)} (mean ratio {middle})")
    return f"{naming.label(catalogue, name)} beside ReLU: {'; '.join(said)}."
