"""Suites: outcomes of several activations on every task, for rules about the whole suite rather than about a pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from acts import wording
from acts.claims import pairs, readings
from acts.claims.index import RUN, Index, Place
from acts.claims.outcomes import PLACE, Task
from acts.claims.readings import Reading
from acts.claims.sides import Side
from acts.claims.surveys import Policy, Spread


@dataclass(frozen=True)
class Suite:
    """Tasks with logs of outcomes, larger being better; the reason says why a task, or the whole, has none."""

    tasks: tuple["Filled", ...] = ()
    left_out: tuple[str, ...] = ()
    unmeasured: str = ""
    absent: str = ""


@dataclass(frozen=True)
class Filled:
    """One task: a row a seed and a column an activation, the metric, and why it cannot be had where it cannot."""

    place: tuple[tuple[str, Any], ...]
    metric: str
    seeds: tuple[int, ...]
    values: Float[np.ndarray, "seed arm"]
    reason: str = ""

    @property
    def label(self) -> str:
        """Return the task in words."""
        return wording.place(self.place).removeprefix("on ")

    @property
    def family(self) -> tuple[str, str]:
        """Return what tasks alike have in common."""
        at = {column: str(level) for column, level in self.place}
        dataset, network, norm, optimizer = (at.get(column, "") for column in PLACE)
        return Task("", dataset, network, norm, optimizer, self.metric, pd.DataFrame()).family


def collect(rule: Policy | Spread, activations: Sequence[str], index: Index) -> Suite:
    """Return the tasks that were run with all activations; one that was run with some of them alone is left out."""
    if missing := pairs.not_run(rule.experiment, activations, index.activations(rule.experiment)):
        return Suite(unmeasured=missing)
    sides = [Side(activation=activation) for activation in activations]
    read = {side: readings.read(rule, side, index) for side in sides}
    found = dict.fromkeys(place for one in read.values() for place in one)
    tasks: list[Filled] = []
    left_out: list[str] = []
    for place in sorted((place for place in found if _wanted(rule, place)), key=str):
        expected = {side: _seeds(rule, side, place, index) for side in sides}
        task = _filled(rule, place, {side: read[side].get(place, Reading(rule.metric)) for side in sides}, expected)
        lacking = [side.name for side in sides if not expected[side]]
        if lacking:
            left_out.append(pairs.without(task.place, lacking[0]))
        else:
            tasks.append(task)
    if not found:
        return Suite(absent=f"the records of {rule.experiment} hold no {rule.metric} for it")
    if not tasks:
        names = ", ".join(wording.activation(one) for one in activations)
        return Suite(unmeasured=f"this configuration runs no task of {rule.experiment} with {names}")
    return Suite(tuple(tasks), tuple(left_out))


def _wanted(rule: Policy | Spread, place: Place) -> bool:
    asked = zip(rule.over, place, strict=True)
    return all(level in pairs.as_list(rule.cells[column], [level]) for column, level in asked if column in rule.cells)


def _seeds(rule: Policy | Spread, side: Side, place: Place, index: Index) -> frozenset[int]:
    columns = [column for column in rule.over if column in RUN]
    fixed = readings.of_runs(readings.conditions(rule, side))
    at = tuple(level for column, level in zip(rule.over, place, strict=True) if column in RUN)
    return index.runs(rule.experiment, fixed, columns).get((side.activation, at), frozenset())


def _filled(
    rule: Policy | Spread, place: Place, read: dict[Side, Reading], expected: dict[Side, frozenset[int]]
) -> Filled:
    """Return a task; every activation needs every seed that any of them has."""
    where_ = tuple((column, level) for column, level in zip(rule.over, place, strict=True) if level is not None)
    seeds = sorted(frozenset().union(*expected.values(), *(reading.values for reading in read.values())))
    metrics = {reading.metric for reading in read.values() if reading.values}
    metric = min(metrics, default=rule.metric)
    empty = np.empty((0, len(read)))
    for side, reading in read.items():
        gaps = [seed for seed in seeds if seed not in reading.values]
        if gaps:
            return Filled(where_, metric, (), empty, f"seed {gaps[0]} of {side.name} is missing")
    if len(metrics) > 1:
        return Filled(where_, metric, (), empty, "some activations have an error and others a loss alone")
    columns = [
        [readings.oriented(one.values[s], failed=s in one.lost, scale="log", lower=True) for s in seeds]
        for one in read.values()
    ]
    values = np.array(columns, dtype=float).T
    reason = f"{metric} is not positive, so it has no log" if np.isnan(values).any() else ""
    return Filled(where_, metric, tuple(seeds), empty if reason else values, reason)
