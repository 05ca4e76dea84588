"""Pairs: the values that a rule compares, taken from the records cell by cell, with a reason where there are none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from acts import wording
from acts.claims import choosing, planned, readings
from acts.claims.index import RUN, Index, Place, indexed
from acts.claims.readings import Reading
from acts.claims.rules import Combination, Contrast, Family, Sweep, Trend
from acts.claims.sides import AnySide, BestOf, Side, as_side, members, name
from acts.claims.surveys import Bounds, Omnibus
from acts.records import where

Values = Float[np.ndarray, " pair"]
Primary = Contrast | Sweep | Combination | Trend
EMPTY = np.empty(0)


@dataclass(frozen=True)
class Cell:
    """One primary contrast: where it stands, its rival, and oriented values by seed, larger being better.

    A run that diverged has −∞; ``lost`` says of every side how many of its runs did, of how many. ``unit`` is one
    margin as a difference of logs on the scale of margins, ``ratio`` a mean log ratio that values no longer show,
    ``picked`` what tuning chose. ``reason`` says why the cell is not decidable; it has no values then.
    """

    place: tuple[tuple[str, Any], ...]
    rival: str
    first: Values
    second: Values
    reason: str = ""
    lost: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    unit: float = 1.0
    ratio: float | None = None
    picked: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the cell in words, the rival first: against tanh on digits (MLP 8 × 32, SGD)."""
        told = (f"against {self.rival}" if self.rival else "", wording.place(self.place))
        return " ".join(part for part in told if part)


@dataclass(frozen=True)
class Cells:
    """The primary contrasts of a rule; ``unmeasured`` says what this configuration does not run at all.

    ``left_out`` are wanted levels that the records do not have, of which the others stand without them.
    """

    cells: tuple[Cell, ...] = ()
    left_out: tuple[str, ...] = ()
    unmeasured: str = ""
    absent: str = ""


# --- what is there ----------------------------------------------------------------------------------------------------


def collect(rule: Primary, records: pd.DataFrame | Index) -> Cells:
    """Return the primary contrasts of a rule, or what is missing: an activation not run, a metric not recorded."""
    index = indexed(records)
    sides = rule.compared
    wanted = dict.fromkeys(member.activation for side in sides for member in members(side))
    if missing := not_run(rule.experiment, list(wanted), index.activations(rule.experiment)):
        return Cells(unmeasured=missing)
    read = {side: _read(rule, side, index) for side in sides}
    found = list(dict.fromkeys(place for one in read.values() for place in one))
    if not found:
        return Cells(absent=f"the records of {rule.experiment} hold no {rule.metric} for it")
    levels, left_out = _levels(rule, found)
    for column, present in levels.items():
        if not present:
            asked = ", ".join(wording.level(column, level) for level in as_list(rule.cells[column], []))
            return Cells(unmeasured=f"this configuration does not run {rule.experiment} with {asked}")
    cells: list[Cell] = []
    for place in (place for place in product(*levels.values()) if place in set(found)):
        lacking = _lacking(rule, sides, place, index) if rule.tasks or rule.quantifier != "everywhere" else ""
        left_out += [lacking] * bool(lacking)
        cells += [] if lacking else _at(rule, place, read, index)
    if not cells:
        both = " and ".join(wording.activation(one) for one in wanted)
        return Cells(unmeasured=f"this configuration runs no task of {rule.experiment} with {both}")
    return Cells(tuple(cells), tuple(left_out))


def _read(rule: Primary, side: AnySide, index: Index) -> dict[Place, dict[Side, Reading]]:
    """Return by place the readings of every member that a side has; only those with values are there."""
    found: dict[Place, dict[Side, Reading]] = {}
    for member in members(side):
        for place, reading in readings.read(rule, member, index).items():
            found.setdefault(place, {})[member] = reading
    return found


def _levels(rule: Primary, found: Sequence[Place]) -> tuple[dict[str, list[Any]], list[str]]:
    """Return the levels of every column in ``over`` that the sides have, and the wanted ones that they do not."""
    levels: dict[str, list[Any]] = {}
    left_out: list[str] = []
    for at, column in enumerate(rule.over):
        present = dict.fromkeys(place[at] for place in found)
        ordered = sorted(present, key=lambda level: (level is None, level))
        wanted = as_list(rule.cells[column], ordered) if column in rule.cells else ordered
        levels[column] = [level for level in wanted if level in present]
        left_out += [wording.level(column, level) for level in wanted if level not in present]
    return levels, left_out


def not_run(experiment: str, wanted: Sequence[str], present: frozenset[str]) -> str:
    """Return a line that names the wanted activations that an experiment was not run with, and where they would be."""
    lacking = [level for level in wanted if level not in present]
    if not lacking:
        return ""
    add = f"add to experiments.{experiment}.activations in its params file"
    named_in = planned.would(experiment, lacking, or_else=add)
    return f"this configuration runs {experiment} without {', '.join(map(wording.activation, lacking))} ({named_in})"


def _lacking(rule: Primary, sides: Sequence[AnySide], place: Place, index: Index) -> str:
    """Return a task that is not run with one of the activations at all, which is no hole, in words."""
    for member in (member for side in sides for member in members(side)):
        if not _seeds(rule, member, place, index):
            return without(zip(rule.over, place, strict=True), member.name)
    return ""


def without(place: Iterable[tuple[str, Any]], name: str) -> str:
    """Return a task and what it is not run with, in words: Swish on digits (CNN 2 × 16, Adam)."""
    return f"{name} {wording.place(place)}"


def _seeds(rule: Primary, side: Side, place: Place, index: Index) -> frozenset[int]:
    """Return the seeds of a side's runs at a place by whatever was measured of them."""
    columns = [column for column in rule.over if column in RUN]
    fixed = readings.of_runs(readings.conditions(rule, side))
    at = tuple(level for column, level in zip(rule.over, place, strict=True) if column in RUN)
    return index.runs(rule.experiment, fixed, columns).get((side.activation, at), frozenset())


# --- cells ------------------------------------------------------------------------------------------------------------

Read = Mapping[AnySide, Mapping[Place, Mapping[Side, Reading]]]


def _at(rule: Primary, place: Place, read: Read, index: Index) -> list[Cell]:
    """Return the cells at a place: one a rival, or the only one."""
    if isinstance(rule, Contrast):
        return [_cell(rule, place, [rule.a, rival], read, index, rival=name(rival)) for rival in rule.b]
    return [_cell(rule, place, rule.compared, read, index)]


def _cell(rule: Primary, place: Place, sides: Sequence[AnySide], read: Read, index: Index, *, rival: str = "") -> Cell:
    """Return one contrast; complete pairs only, so a seed on one side alone makes the cell not decidable."""
    where_ = tuple((column, level) for column, level in zip(rule.over, place, strict=True) if level is not None)
    chosen: list[tuple[Side, Reading]] = []
    picked = []
    for side in sides:
        found = read[side].get(place, {})
        member: Side | None = as_side(side) if not isinstance(side, BestOf) else None
        if isinstance(side, BestOf):
            member, why = choosing.choose(rule, side, place, index)
            if member is None:
                return Cell(where_, rival, EMPTY, EMPTY, why)
            picked.append(member.name)
        assert member is not None
        chosen.append((member, found.get(member, Reading(rule.metric))))
    seeds = sorted(frozenset().union(*(reading.values for _, reading in chosen), *(
        _seeds(rule, member, place, index) for member, _ in chosen
    )))  # fmt: skip
    if reason := _why_not(rule, chosen, seeds):
        return Cell(where_, rival, EMPTY, EMPTY, reason)
    columns = [_oriented(rule, reading, seeds, dict(where_).get("depth")) for _, reading in chosen]
    if any(np.isnan(column).any() for column in columns):
        return Cell(where_, rival, EMPTY, EMPTY, f"{chosen[0][1].metric} is not positive, so it has no log")
    lost = _lost(sides, [len(one.lost & set(seeds)) for _, one in chosen], runs=len(seeds))
    first, second = _values(rule, columns)
    unit = -np.log1p(-_margin(rule, chosen[0][1].metric)) if rule.scale == "margins" else 1.0
    return Cell(where_, rival, first, second, lost=lost, unit=float(unit), picked=tuple(picked))


def _why_not(rule: Primary, chosen: Sequence[tuple[Side, Reading]], seeds: Sequence[int]) -> str:
    """Return why complete pairs cannot be had, or an empty string; of many tasks one may be wholly lost."""
    for side, reading in chosen:
        gaps = [seed for seed in seeds if seed not in reading.values]
        if gaps:
            missing = len(gaps) == len(seeds)
            return f"{side.name} has no runs there" if missing else f"seed {gaps[0]} of {side.name} is missing"
    if len({reading.metric for _, reading in chosen}) > 1:
        return "one side has an error and the other a loss alone"
    lost = [] if rule.tasks or rule.as_recorded else [side for side, one in chosen if set(seeds) <= one.lost]
    return f"all {len(seeds)} runs of {lost[0].name} diverged" if lost else ""


def _lost(sides: Sequence[AnySide], diverged: Sequence[int], *, runs: int) -> dict[str, tuple[int, int]]:
    """Return by side how many runs diverged, of how many; terms of one function are told as one."""
    told: dict[str, tuple[int, int]] = {}
    short = [as_side(side).function if not isinstance(side, BestOf) else side.name for side in sides]
    one_each = len(set(short)) == len(short) or len(short) > 2
    for own, side, count in zip(short, sides, diverged, strict=True):
        called = own if one_each else name(side)
        before = told.get(called, (0, 0))
        told[called] = (before[0] + count, before[1] + runs)
    return told


def _margin(rule: Family, metric: str) -> float:
    return rule.margins.get(metric, 0.0) or next(iter(rule.margins.values()))


def _oriented(rule: Primary, reading: Reading, seeds: Sequence[int], depth: int | None) -> Values:
    """Return a side's values at the seeds so that larger is better, on the rule's scale."""
    steps = max(depth - 1, 1) if rule.per_layer and depth is not None else 1
    told: dict[str, Any] = {"scale": rule.scale, "lower": rule.better == "lower", "magnitude": rule.magnitude}
    told |= {"margin": _margin(rule, reading.metric)} if rule.scale == "margins" else {}
    failed = set() if rule.as_recorded else reading.lost
    found = [readings.oriented(reading.values[s] / steps, failed=s in failed, **told) for s in seeds]
    return np.array(found, dtype=float)


def _values(rule: Primary, columns: Sequence[Values]) -> tuple[Values, Values]:
    """Return both sides of the contrast that a rule makes of its sides' values."""
    if isinstance(rule, Contrast):
        return columns[0], columns[1]
    if isinstance(rule, Combination):
        return weighted(np.array([term.weight for term in rule.terms]), np.stack(columns)), np.zeros(len(columns[0]))
    bound = rule.bound if isinstance(rule, Sweep) else 0.0
    return columns[0], np.full(len(columns[0]), -bound if rule.better == "lower" else bound)


def weighted(weights: Float[np.ndarray, " term"], columns: Float[np.ndarray, "term pair"]) -> Values:
    """Return weighted sums by pair; where runs diverged the sign of their weights together decides, 0 where it is 0."""
    lost = np.isinf(columns)
    sums = weights @ np.where(lost, 0.0, columns)
    infinite = weights @ np.where(lost, np.sign(columns), 0.0)
    infinite = np.where(np.abs(infinite) < 1e-12, 0.0, infinite)
    return np.where(lost.any(axis=0), np.where(infinite == 0, 0.0, np.copysign(np.inf, infinite)), sums)


# --- rows as other rules choose them ----------------------------------------------------------------------------------


def chosen(index: Index, rule: Bounds | Omnibus, metric: str, *, over: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the rows of a metric that meet a rule's fixed conditions; the columns in ``over`` stay open."""
    free = (rule.over if isinstance(rule, Bounds) else ()) if over is None else over
    fixed = {column: level for column, level in rule.cells.items() if column not in free and level != "last"}
    rows = where(index.metric(rule.experiment, metric, phase=fixed.get("phase")), **fixed)
    return readings.last(rows) if rule.cells.get("step") == "last" else rows


def grid(rows: pd.DataFrame, cells: Mapping[str, Any], over: Sequence[str]) -> tuple[dict[str, list[Any]], list[str]]:
    """Return the levels of every column in ``over`` that the rows have, and the wanted ones that they do not."""
    levels, left_out = {}, []
    for column in over:
        present = rows[column].dropna().unique().tolist()
        wanted = as_list(cells[column]) if column in cells else sorted(present)
        levels[column] = [level for level in wanted if level in present]
        left_out += [wording.level(column, level) for level in wanted if level not in present]
    return levels, left_out


def as_list(value: Any, present: Sequence[Any] = ()) -> list[Any]:
    """Return a level or several levels as a list; of ``{without: […]}`` those present ones that it does not name."""
    if isinstance(value, dict):
        return [level for level in present if level not in value["without"]]
    return list(value) if isinstance(value, list | tuple) else [value]


def levels_of(cells: Sequence[Cell]) -> Iterator[tuple[str, list[Any]]]:
    """Yield each column of the cells with its levels in order."""
    for column in dict.fromkeys(column for cell in cells for column, _ in cell.place):
        yield column, list(dict.fromkeys(dict(cell.place)[column] for cell in cells if column in dict(cell.place)))
