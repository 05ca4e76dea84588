"""Answers: what a reader with a function of one's own wants to know first, in sentences whose numbers are measured."""

from typing import Any

import numpy as np
import pandas as pd

from acts import params
from acts import records as door
from acts.claims import likeness
from acts.claims.index import Index, indexed
from acts.claims.sentences import listed
from acts.figures import gradient_flow, naming, practice, questions, shapes, signals
from acts.figures.table import Text, escape, number

REFERENCE = "relu"
_TUNED = ("generalization", "convergence")  # comparisons whose runs are at rates tuned for each function
_PACES = {"better": "faster", "equal": "as fast", "worse": "slower", "open": "at a pace that stays open"}
_NONE = (
    "No function of one's own was measured in this configuration. One line in its params file brings one along: "
    "`formulas: {my_bump: \"x * exp(-x**2)\"}`."
)  # fmt: skip


def answer(records: pd.DataFrame | Index, catalogue: pd.DataFrame, *, config: str = "") -> Text:
    """Return two paragraphs for every own function: is it better than ReLU and others; at what cost, and is it new.

    A function that nothing was measured of is named with what the run said of it.
    """
    index = indexed(records)
    names = naming.own(catalogue)
    parts = [_paragraph(index, catalogue, name, config) for name in names]
    if len(names) > naming.MOST:
        parts.append(f"Figures of this chapter show the first {naming.MOST} of these {len(names)} functions.")
    return Text("\n\n".join(parts) if parts else _NONE)


def _paragraph(index: Index, catalogue: pd.DataFrame, name: str, config: str) -> str:
    label = escape(naming.label(catalogue, name))
    failed = failures(config, name)
    parts = ((questions.quality, questions.place), (speed, cost, dead, depth, shape, lost))
    told = [" ".join(one for part in group if (one := part(index, catalogue, name))) for group in parts]
    if not any(told):
        return f"**{label}.** Nothing was measured of it.{failed or ' The last run computed none of its jobs.'}"
    paragraphs = "\n\n".join(one for one in told if one)
    return f"**{label}.** {paragraphs}{failed}"


def failures(config: str, name: str) -> str:
    """Return what the last run could not do with a function, as a sentence of its own; empty where nothing failed."""
    path = params.root() / "reports" / config / ".failed"
    lines = path.read_text(encoding="utf-8").splitlines() if config and path.is_file() else []
    own = [line for line in lines if line.partition(": ")[0].endswith(f", {name}")]
    more = f" and {len(own) - 1} more jobs" if len(own) > 1 else ""
    return f" The run could not do all that was asked of it: {escape(own[0][:200])}{more}." if own else ""


# --- what it costs and suffers ----------------------------------------------------------------------------------------


def cost(index: Index, catalogue: pd.DataFrame, name: str) -> str:
    """Return the time of a training step with a function, and of the function alone, beside ReLU's."""
    del catalogue
    said: list[str] = []
    parts = ((practice.steps(index), "a training step takes"), (practice.elements(index), "the function alone"))
    for part, what in parts:
        row = part[part["activation"] == name]
        if len(row):
            low, middle, high = (float(row[end].iloc[0]) for end in ("low", "middle", "high"))
            ends = f" [{number(low, 3)}, {number(high, 3)}]" if np.isfinite([low, high]).all() else ""
            said.append(f"{what} {number(middle, 3)}{ends} times as long as with ReLU" if not said else
                        f"{what} {number(middle, 3)}{ends} times")  # fmt: skip
    return f"{said[0][0].upper()}{'; '.join(said)[1:]} (@fig-yours-cost)." if said else ""


def dead(index: Index, catalogue: pd.DataFrame, name: str) -> str:
    """Return how many of a function's units are zero or stuck at high learning rates, beside ReLU's."""
    other = escape(naming.label(catalogue, REFERENCE))
    said = []
    for metric, what in (("zero_share", "are zero on every row"), ("stuck_share", "are stuck")):
        found = practice.ills(index, metric)
        top = found[found["dose"] == found["dose"].max()].set_index("activation")["middle"] if len(found) else {}
        if name in top and REFERENCE in top:
            own, that = (100 * float(top[one]) for one in (name, REFERENCE))
            said.append(f"{number(own, 2)} % {what} (with {other} {number(that, 2)} %)")
            most = float(found["dose"].max())
    if not said:
        return ""
    lines = [f"Of its units, at {most:g} times ReLU's tuned rate, {' and '.join(said)} (@fig-yours-dead)."]
    for one in (name, REFERENCE):
        count, runs = practice.diverged(index, one)
        if count:
            lines.append(f"Of {escape(naming.label(catalogue, one))}'s {runs} runs there {count} diverged.")
    return " ".join(lines)


def depth(index: Index, catalogue: pd.DataFrame, name: str) -> str:
    """Return what depth makes of the gradient by theory, and what was measured at the greatest depth."""
    del catalogue
    facts = signals.facts(index)
    if name not in facts.index:
        return ""
    row: dict[Any, Any] = facts.loc[name].to_dict()
    logs = {init: float(row.get(f"log_{init}", np.nan)) for init in signals.USUAL}
    said = [f"{_power(log)} ({naming.word(init)})" for init, log in logs.items() if np.isfinite(log)]
    told = f"Through {signals.DEEP} layers its squared gradient changes in theory by a factor of {listed(said)}"
    return f"{told}{_measured(index, name)} (@tbl-yours-signal, @fig-yours-depths)." if said else ""


def _power(log: float) -> str:
    """Return a power of ten with one decimal in its exponent, as mathematics."""
    return f"$10^{{{number(log, '.1f').replace('−', '-')}}}$"


def _measured(index: Index, name: str) -> str:
    """Return the measured gradient at the greatest depth under the stable init, as the end of a sentence."""
    found = gradient_flow.summary(index.records, gradient_flow.FLOW, "depth")
    own = found[(found["activation"] == name) & (found["init"] == "stable")]
    if own.empty:
        return ""
    row = own.sort_values("at").iloc[-1]
    return f"; measured at {int(row['at'])} layers under its stable init, by {_power(row['centre'])}"


def speed(index: Index, catalogue: pd.DataFrame, name: str) -> str:
    """Return whether a function learns faster than ReLU, setting by setting, by the area under the loss curve."""
    found = practice.settings(index)
    own = found[(found["activation"] == name) & (found["group"] == "loss area")]
    if own.empty:
        return ""
    words = pd.Series([practice.verdict(row) for row in own.to_dict("records")])
    counts = {word: int((words == one).sum()) for one, word in _PACES.items()}
    told = listed([f"{word} in {count}" for word, count in counts.items() if count])
    log = float(np.log(own["middle"].astype(float)).mean())
    area = f", with {number(np.exp(log), 3)} times the area under the loss curve on average" if np.isfinite(log) else ""
    other, many = escape(naming.label(catalogue, REFERENCE)), "s" * (len(own) > 1)
    return f"Beside {other} it learns {told} of {len(own)} setting{many}{area} (@fig-yours-settings)."


# --- what it is -------------------------------------------------------------------------------------------------------


def shape(index: Index, catalogue: pd.DataFrame, name: str) -> str:
    """Return which function another one resembles most, and whether its shape is new."""
    found = likeness.neighbours(index, name)
    if found.empty:
        return ""
    row = found.iloc[0].to_dict()
    other = escape(naming.label(catalogue, str(row["other"])))
    left = escape(shapes.percent(row["share"]))
    what = likeness.novelty(float(row["share"]))
    opening = {
        "the same shape": f"Its shape is that of {other}, but for scale, offset and mirror",
        "nearly the same shape": f"Its shape is nearly that of {other}",
        "a close relative": f"Its shape is a close relative of {other}",
        "a shape of its own": f"Its shape is its own: the nearest is {other}",
    }[what]
    return f"{opening}, which leaves {left} of its variance unexplained (@fig-yours-shapes)."


def lost(index: Index, catalogue: pd.DataFrame, name: str) -> str:
    """Return how many tuned runs of a function diverged, where some did; ReLU's beside them."""
    runs = door.where(index.records, metric="diverged", phase="final", arm="best", experiment=_TUNED)
    counts = {one: runs.loc[runs["activation"] == one, "value"] for one in (name, REFERENCE)}
    own, that = counts[name], counts[REFERENCE]
    if own.empty or not (own > 0).any():
        return ""
    beside = f"; of ReLU's {number(100 * float((that > 0).mean()), 2)} %" if len(that) else ""
    every = "All" if (own > 0).all() else f"{number(100 * float((own > 0).mean()), 2)} %"
    del catalogue
    return f"{every} of its {len(own)} tuned runs diverged and count as the worst{beside}."
