"""Trends: how a metric goes with a numeric factor that arms spell or a column holds, seed by seed, as a correlation."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from acts import stats, wording
from acts.claims import readings
from acts.claims.index import Index, Place
from acts.claims.pairs import EMPTY, Cell, Cells, as_list, not_run
from acts.claims.readings import Reading
from acts.claims.rules import Trend
from acts.claims.sides import FIXED, Side, as_side

FEWEST = 3  # levels that a trend can be read from
Level = tuple[float, Mapping[Place, Reading]]


def collect(rule: Trend, index: Index) -> Cells:
    """Return a cell a place whose values are correlations by seed, pointing as the claim does; or what is missing."""
    side = as_side(rule.a)
    if missing := not_run(rule.experiment, [side.activation], index.activations(rule.experiment)):
        return Cells(unmeasured=missing)
    levels = [(number, readings.read(rule, at, index)) for number, at in _sides(rule, side, index)]
    if len(levels) < FEWEST:
        return Cells(absent=f"the records of {rule.experiment} hold {len(levels)} levels of {rule.along} for it")
    found = list(dict.fromkeys(place for _, read in levels for place in read))
    found = [place for place in found if _wanted(rule, place)]
    if not found:
        return Cells(absent=f"the records of {rule.experiment} hold no {rule.metric} for it")
    cells = tuple(_cell(rule, side, place, levels) for place in sorted(found, key=str))
    return Cells(cells, tuple(_left_out(rule, found)))


def _sides(rule: Trend, side: Side, index: Index) -> list[tuple[float, Side]]:
    """Return the levels of the factor that the records have, smallest first, each with the side at that level."""
    rows = index.metric(rule.experiment, rule.metric)
    rows = rows[rows["activation"] == side.activation]
    if rule.along in FIXED:
        levels = sorted(rows[rule.along].dropna().unique().tolist())
        asked = as_list(rule.cells[rule.along]) if rule.along in rule.cells else levels
        levels = [level for level in levels if level in asked]
        return [(float(level), _with(side, rule.along, level)) for level in levels]
    pattern = str(readings.conditions(rule, side).get("arm") or "")
    shape = re.compile(re.escape(pattern).replace(r"\*", "([^;]+)"))
    factor = re.compile(rf"(?:^|;){re.escape(rule.along)}=([^;]+)")
    found = []
    for arm in rows["arm"].dropna().unique().tolist():
        told = factor.search(arm)
        if shape.fullmatch(arm) and told:
            found.append((float(told.group(1)), _with(side, "arm", arm)))
    return sorted(found, key=lambda one: one[0])


def _with(side: Side, column: str, level: object) -> Side:
    return Side.model_validate({**side.fixed, "label": side.name, column: level})


def _wanted(rule: Trend, place: Place) -> bool:
    asked = zip(rule.over, place, strict=True)
    return all(level in as_list(rule.cells[column]) for column, level in asked if column in rule.cells)


def _left_out(rule: Trend, found: Sequence[Place]) -> list[str]:
    present = [{place[at] for place in found} for at in range(len(rule.over))]
    wanted = {column: as_list(rule.cells[column]) for column in rule.over if column in rule.cells}
    return [
        wording.level(column, level)
        for at, column in enumerate(rule.over)
        for level in wanted.get(column, [])
        if level not in present[at]
    ]


def _cell(rule: Trend, side: Side, place: Place, levels: Sequence[Level]) -> Cell:
    """Return the correlations at a place; every seed needs every level, so that all seeds see the same factor."""
    where_ = tuple((column, level) for column, level in zip(rule.over, place, strict=True) if level is not None)
    read = [(number, found.get(place, Reading(rule.metric))) for number, found in levels]
    seeds = sorted(frozenset().union(*(reading.values for _, reading in read)))
    for number, reading in read:
        gaps = [seed for seed in seeds if seed not in reading.values]
        if gaps:
            return Cell(where_, "", EMPTY, EMPTY, f"seed {gaps[0]} is missing at {rule.along} {number:g}")
    numbers = [number for number, _ in read]
    rising = [stats.spearman(numbers, [_value(rule, reading, seed) for _, reading in read]) for seed in seeds]
    first = np.array(rising)
    lost = sum(len(reading.lost & set(seeds)) for _, reading in read)
    return Cell(where_, "", first, np.zeros(len(first)), lost={side.name: (lost, len(seeds) * len(read))})


def _value(rule: Trend, reading: Reading, seed: int) -> float:
    """Return a value that points as the claim does; one that is not finite is the worst there is."""
    value = abs(reading.values[seed]) if rule.magnitude else reading.values[seed]
    if not np.isfinite(value):
        return -np.inf
    return value if rule.better == "higher" else -value
