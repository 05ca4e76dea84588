"""Readings: one side's values by place and seed, with the runs that diverged, from the rows that a rule asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, log, nan
from typing import Any

import pandas as pd

from acts.claims.catalogue import ClaimError
from acts.claims.index import RUN, Index, Place, frozen, meet, places
from acts.claims.rules import OUTCOME, Family
from acts.claims.sides import Side
from acts.claims.surveys import Policy, Spread

Asking = Family | Policy | Spread
TASK = ("dataset", "network")  # what tells whether an outcome is an error or a loss


@dataclass
class Reading:
    """The values of one side at one place by seed, of the metric named; ``lost`` are the seeds that diverged."""

    metric: str
    values: dict[int, float] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)


def conditions(rule: Asking, side: Side) -> dict[str, Any]:
    """Return what rows of a side must meet: the rule's conditions, and before them the side's own."""
    open_columns = {column for column in rule.over if column not in side.fixed}
    fixed = {c: level for c, level in rule.cells.items() if c not in open_columns and level != "last"}
    return {**fixed, **side.fixed}


def of_runs(fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conditions on runs alone, not on what was measured of them or with which activation."""
    return {
        column: tuple(level) if isinstance(level, list) else level for column, level in fixed.items() if column in RUN
    }


def rows_of(rule: Asking, side: Side, index: Index, *, metric: str | None = None) -> pd.DataFrame:
    """Return the rows of a side; of an outcome the errors where a task has any, else the losses."""
    wanted = metric or rule.metric
    if wanted != OUTCOME:
        asked = conditions(rule, side)
        rows = meet(index.metric(rule.experiment, wanted, phase=asked.get("phase")), asked)
        return last(rows) if rule.cells.get("step") == "last" else rows
    errors, losses = (rows_of(rule, side, index, metric=name) for name in ("error", "loss"))
    judged = index.kept(("judged", rule.experiment), lambda: _judged(rule.experiment, index))
    return pd.concat([errors, losses[[place not in judged for place in places(losses, TASK)]]])


def _judged(experiment: str, index: Index) -> frozenset[Place]:
    """Return the tasks of a comparison that have an error."""
    return frozenset(places(index.metric(experiment, "error").drop_duplicates(list(TASK)), TASK))


def last(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the last step of every run."""
    if not rows["step"].notna().any():
        return rows
    runs = rows.groupby(["activation", *TASK, "optimizer", "seed"], dropna=False)
    return rows[rows["step"] == runs["step"].transform("max")]


def read(rule: Asking, side: Side, index: Index) -> dict[Place, Reading]:
    """Return a side's values by place (the levels of ``over``) and seed; raises ClaimError where one has two values."""
    last_step = rule.cells.get("step") == "last"
    key = ("read", rule.experiment, rule.metric, frozen(conditions(rule, side)), rule.over, last_step)
    found: dict[Place, Reading] = index.kept(key, lambda: _read(rule, side, index))
    return found


def _read(rule: Asking, side: Side, index: Index) -> dict[Place, Reading]:
    rows = rows_of(rule, side, index)
    columns = [column for column in rule.over if column not in side.fixed]
    found: dict[Place, Reading] = {}
    told = zip(places(rows, columns), rows["seed"].tolist(), rows["metric"], rows["value"].tolist(), strict=True)
    for place, seed, metric, value in told:
        reading = found.setdefault(place, Reading(metric))
        if seed in reading.values:
            if _asked(rule, columns, place):
                raise ClaimError(_doubled(metric, side, columns, place, seed))
            continue
        if seed is not pd.NA and value == value:
            reading.values[seed] = value
    lost = diverged(rule, side, index)
    at = [number for number, column in enumerate(columns) if column in RUN]
    for place, reading in found.items():
        reading.lost = lost.get(tuple(place[number] for number in at), set()) | {
            seed for seed, value in reading.values.items() if abs(value) == inf
        }
    return found


def _asked(rule: Asking, columns: list[str], place: Place) -> bool:
    """Say whether a place has levels that the rule lists, where it lists any."""
    listed = {column: levels for column, levels in rule.cells.items() if isinstance(levels, list)}
    return all(level in listed.get(column, [level]) for column, level in zip(columns, place, strict=True))


def _doubled(metric: str, side: Side, columns: list[str], place: Place, seed: Any) -> str:
    where_ = {column: level for column, level in zip(columns, place, strict=True) if level is not None}
    told = {"activation": side.activation, **where_, "seed": seed}
    return f"records: {metric} has more than one value for {told}; fix arm, init, optimizer or step"


def diverged(rule: Asking, side: Side, index: Index) -> dict[Place, set[int]]:
    """Return the seeds of a side whose runs diverged, by the levels of those columns in ``over`` that runs have."""
    columns = [column for column in rule.over if column in RUN and column not in side.fixed]
    fixed = {**of_runs(conditions(rule, side)), "activation": side.activation}
    rows = index.metric(rule.experiment, "diverged", phase=fixed.get("phase"))
    rows = meet(rows[rows["value"] > 0], fixed)
    found: dict[Place, set[int]] = {}
    for place, seed in zip(places(rows, columns), rows["seed"].tolist(), strict=True):
        found.setdefault(place, set()).add(seed)
    return found


def oriented(
    value: float, *, failed: bool, scale: str, lower: bool, magnitude: bool = False, margin: float = 0.0
) -> float:
    """Return a value so that larger is better, on a scale; −∞ of a failed run, NaN where there is no log.

    ``margin`` is the share that counts as one on the scale of margins.
    """
    if failed:
        return -inf
    found = abs(value) if magnitude else value
    if scale != "linear":
        found = log(found) if found > 0 else nan
    if scale == "margins":
        found /= -log(1 - margin)
    return -found if lower else found
