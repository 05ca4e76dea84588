"""Results: what was run on every task, and what every activation reached there, as tables."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from acts import stats
from acts.figures import crowds, intervals, naming, tasks
from acts.figures.table import MISSING, Table, number, unmeasured

_BOTH = ["task", "activation"]
_PARTS = ("activation", "value", "ratio")
_WORDS = {"error": "% wrong", "nats": "nats", "variance": "% variance"}


def summary(records: pd.DataFrame, catalogue: pd.DataFrame, *, config: str = "", reference: str = "relu") -> Table:
    """Return the tasks, a row each: what is judged, the reference's mean, the lowest mean, how many match it.

    The lowest is sought among the activations with the fewest diverged runs.
    An activation matches the lowest where the 95 % interval of their paired difference holds 0. Tasks that ``config``
    asks for and the records do not hold are named with a gap.
    """
    found = tasks.judged(records)
    gaps = crowds.gaps(records, config)
    name = naming.label(catalogue, reference)
    columns = {"task": "Task", "judged": "In", "reference": f"{name} [95 %]", "lowest": "Lowest",
               "value": "Its mean [95 %]", "match": "Tied"}  # fmt: skip
    if found.empty and not gaps:
        return unmeasured("the tasks of this comparison", columns)
    levels = tasks.levels(found)
    rows = [
        _task(
            found[found["task"] == task], levels[levels["task"] == task].set_index("activation"), catalogue, reference
        )
        for task in tasks.in_order(found["task"], records)
    ]
    rows += [{**dict.fromkeys(columns, MISSING), "task": gap, "judged": "not run"} for gap in gaps]
    return Table(pd.DataFrame(rows), columns, numbers=("reference", "value", "match"), own=naming.own_labels(catalogue))


def _task(part: pd.DataFrame, levels: pd.DataFrame, catalogue: pd.DataFrame, reference: str) -> dict[str, Any]:
    finite = levels[np.isfinite(levels["middle"])]
    finite = finite[finite["diverged"] == finite["diverged"].min()]
    row = {"task": part["task"].iloc[0], "judged": _WORDS[str(part["unit"].iloc[0])]}
    row["reference"] = spanned(levels.loc[reference].to_dict()) if reference in levels.index else MISSING
    if finite.empty:
        return {**row, "lowest": "all diverged", "value": MISSING, "match": MISSING}
    best = str(finite["middle"].idxmin())
    wide = part.pivot(index="seed", columns="activation", values="value")
    others = [name for name in wide.columns if name != best]
    alike = sum(_alike(wide[name], wide[best]) for name in others)
    return {
        **row,
        "lowest": naming.label(catalogue, best),
        "value": spanned(levels.loc[best].to_dict()),
        "match": f"{alike} of {len(others)}",
    }


def _alike(one: pd.Series, other: pd.Series) -> bool:
    """Return whether the paired difference has no interval, or one that holds 0."""
    both = one.notna() & other.notna()
    if not both.any():
        return True
    _, low, high = intervals.centre(stats.difference(one[both].to_numpy(float), other[both].to_numpy(float)))
    return not (low > 0 or high < 0)


def spanned(row: Mapping[Any, Any]) -> str:
    """Return a middle with its interval, where it has one."""
    known = pd.notna(row["low"]) and pd.notna(row["high"])
    return number(row["middle"]) + (f" [{number(row['low'])}, {number(row['high'])}]" if known else "")


def results(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Table:
    """Return what every activation reaches on every task, with its ratio to the reference, two activations a line.

    The first column names each task once, part by part below each other. Of a crowd of tasks one of every kind is
    listed.
    """
    found = tasks.judged(records)
    found = found[found["task"].isin(crowds.examples(found, tasks.in_order(found["task"], records)))]
    name = naming.label(catalogue, reference)
    headings = ("Activation", "Mean [95 %]", f"÷ {name} [95 %]")
    columns = {"task": "Task"} | {
        f"{part}{side}": text for side in (1, 2) for part, text in zip(_PARTS, headings, strict=True)
    }
    if found.empty:
        return unmeasured("the outcome of every activation on every task", columns)
    ratios = tasks.contrasts(found, reference=reference)[[*_BOTH, "middle", "low", "high", "correlation"]]
    both = tasks.levels(found).merge(ratios, on=_BOTH, how="left", suffixes=("", "_ratio"))
    order = naming.ordered(catalogue, found["activation"])
    rows = []
    for title in tasks.in_order(found["task"], records):
        part = both[both["task"] == title].sort_values("activation", key=lambda names: names.map(order.index))
        rows += _task_lines(found[found["task"] == title].iloc[0], part, catalogue)
    return Table(
        pd.DataFrame(rows),
        columns,
        numbers=[f"{part}{side}" for side in (1, 2) for part in _PARTS[1:]],
        own=naming.own_labels(catalogue),
    )


def _task_lines(task: pd.Series, part: pd.DataFrame, catalogue: pd.DataFrame) -> list[dict[str, str]]:
    """Return the lines of a task: in the first column what it is, then the activations in two halves."""
    correlation = part["correlation"].median()
    about = [
        naming.word(str(task["dataset"])),
        str(task["task"]).split(", ", 1)[1],
        f"{_WORDS[str(task['unit'])]}, n = {int(part['n'].max())}",
        *([f"median r = {number(float(correlation), '.2f')}"] if pd.notna(correlation) else []),
    ]
    cells = [_row(row, catalogue) for row in part.to_dict("records")]
    half = -(-len(cells) // 2)
    about = [*about[: half - 1], ", ".join(about[half - 1 :])] if len(about) > half else about
    empty = dict.fromkeys(_PARTS, " ")
    lines = []
    for place in range(half):
        second = cells[half + place] if half + place < len(cells) else empty
        sides = {f"{part}{side}": own[part] for side, own in ((1, cells[place]), (2, second)) for part in _PARTS}
        lines.append({"task": about[place] if place < len(about) else " ", **sides})
    return lines


def _row(row: dict[Any, Any], catalogue: pd.DataFrame) -> dict[str, str]:
    """Return one activation on one task in a reader's words."""
    lost = f" ({row['diverged']} lost)" if row["diverged"] else ""
    return {
        "activation": naming.label(catalogue, row["activation"]),
        "value": spanned(row) + lost,
        "ratio": spanned({end: row[f"{end}_ratio"] for end in ("middle", "low", "high")}),
    }
