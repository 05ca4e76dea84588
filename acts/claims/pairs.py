"""Pairs: the values that a rule compares, taken from the records cell by cell, with a reason where there are none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from acts.claims.catalogue import ClaimError
from acts.claims.rules import Contrast, Sweep
from acts.records import paired, where

Values = Float[np.ndarray, " pair"]
RUN_COLUMNS = ("phase", "arm", "dataset", "network", "init", "norm", "optimizer")


@dataclass(frozen=True)
class Cell:
    """One primary contrast: where it stands, its rival, and oriented values by seed, larger being better.

    A run that diverged has −∞. ``reason`` says why the cell is not decidable; it has no values then.
    """

    place: tuple[tuple[str, Any], ...]
    rival: str
    first: Values
    second: Values
    reason: str = ""

    @property
    def label(self) -> str:
        """Return the levels of the cell in words, the rival first."""
        return ", ".join([self.rival] * bool(self.rival) + [named(column, level) for column, level in self.place])


@dataclass(frozen=True)
class Family:
    """The primary contrasts of a rule; ``unmeasured`` says what this configuration does not run at all.

    ``left_out`` are wanted levels that the records do not have, of which the others stand without them.
    """

    cells: tuple[Cell, ...] = ()
    left_out: tuple[str, ...] = ()
    unmeasured: str = ""
    absent: str = ""


def named(column: str, level: Any) -> str:
    """Return a level for running text; a number needs its column beside it."""
    return f"{column} {level}" if isinstance(level, int | float | np.number) else str(level)


def collect(rule: Contrast | Sweep, records: pd.DataFrame) -> Family:
    """Return the primary contrasts of a rule, or what is missing: an activation not run, a metric not recorded."""
    run = where(records, experiment=rule.experiment)
    rivals = rule.b if isinstance(rule, Contrast) else ("",)
    missing = not_run(rule.experiment, "activation", [rule.a, *filter(None, rivals)], run)
    if missing:
        return Family(unmeasured=missing)
    rows = chosen(run, rule.metric, rule.cells, rule.over)
    if rows.empty:
        return Family(absent=f"the records of {rule.experiment} hold no {rule.metric} for it")
    levels, left_out = grid(rows, rule.cells, rule.over)
    for column, found in levels.items():
        if not found:
            wanted = ", ".join(named(column, level) for level in as_list(rule.cells[column]))
            return Family(unmeasured=f"this configuration does not run {rule.experiment} with {wanted}")
    diverged = _diverged(run, rule.cells)
    cells = []
    for place in product(*([(column, level) for level in found] for column, found in levels.items())):
        here = where(rows, **dict(place))
        if here["activation"].isin([rule.a, *rivals]).any():
            cells += [_cell(rule, place, rival, here, diverged) for rival in rivals]
    return Family(tuple(cells), tuple(left_out))


def not_run(experiment: str, column: str, wanted: Sequence[str], run: pd.DataFrame) -> str:
    """Return a line that names the first wanted level an experiment was not run with, and where to add it."""
    present = set(run[column].dropna().unique())
    lacking = [level for level in wanted if level not in present]
    if not lacking:
        return ""
    key = f"experiments.{experiment}.{'activations' if column == 'activation' else column + 's'}"
    return f"this configuration runs {experiment} without {', '.join(lacking)} (add to {key} in its params file)"


def chosen(run: pd.DataFrame, metric: str, cells: Mapping[str, Any], over: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a metric that meet the fixed conditions; the columns in ``over`` stay open."""
    fixed = {column: level for column, level in cells.items() if column not in over and level != "last"}
    rows = where(run, metric=metric, **fixed)
    if cells.get("step") == "last" and rows["step"].notna().any():
        keys = ["activation", "dataset", "network", "optimizer", "seed"]
        rows = rows[rows["step"] == rows.groupby(keys, dropna=False)["step"].transform("max")]
    return rows


def grid(rows: pd.DataFrame, cells: Mapping[str, Any], over: Sequence[str]) -> tuple[dict[str, list[Any]], list[str]]:
    """Return the levels of every column in ``over`` that the rows have, and the wanted ones that they do not."""
    levels, left_out = {}, []
    for column in over:
        present = rows[column].dropna().unique().tolist()
        wanted = as_list(cells[column]) if column in cells else sorted(present)
        levels[column] = [level for level in wanted if level in present]
        left_out += [named(column, level) for level in wanted if level not in present]
    return levels, left_out


def as_list(value: Any) -> list[Any]:
    """Return a level or several levels as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _diverged(run: pd.DataFrame, cells: Mapping[str, Any]) -> pd.DataFrame:
    """Return the runs that diverged, a row each; conditions on a run alone apply, not those on what it measured."""
    fixed = {column: cells[column] for column in ("phase", "arm") if column in cells}
    rows = where(run, metric="diverged", **fixed)
    return rows[rows["value"] > 0]


def _cell(rule: Contrast | Sweep, place: Sequence[Any], rival: str, here: pd.DataFrame, diverged: pd.DataFrame) -> Cell:
    """Return one contrast; complete pairs only, so a seed on one side alone makes the cell not decidable."""
    arms = [rule.a, rival] if rival else [rule.a]
    try:
        table = paired(where(here, activation=arms), rule.metric, index=("seed",)).reindex(columns=arms)
    except ValueError as error:
        raise ClaimError(str(error)) from None
    lost = where(diverged, activation=arms, **{column: level for column, level in place if column in RUN_COLUMNS})
    failed = pd.DataFrame({arm: _failed(table[arm], arm, lost) for arm in arms})
    reason = _why_not(table, failed)
    empty = np.empty(0)
    if reason:
        return Cell(tuple(place), rival, empty, empty, reason)
    depth = dict(place).get("depth")
    sides = [oriented(rule, table[arm].to_numpy(float), failed[arm].to_numpy(bool), depth) for arm in arms]
    if isinstance(rule, Sweep):
        sides.append(np.full(len(table), -rule.bound if rule.better == "lower" else rule.bound))
    if any(np.isnan(side).any() for side in sides):
        return Cell(tuple(place), rival, empty, empty, f"{rule.metric} is not positive, so it has no log")
    return Cell(tuple(place), rival, sides[0], sides[1])


def _failed(values: pd.Series, arm: str, lost: pd.DataFrame) -> Bool[np.ndarray, " pair"]:
    """Return which runs of an arm diverged, by their own record or by an infinite value."""
    seeds = lost.loc[lost["activation"] == arm, "seed"]
    return np.asarray(values.index.isin(seeds) | np.isinf(values.to_numpy(float)))


def _why_not(table: pd.DataFrame, failed: pd.DataFrame) -> str:
    """Return why complete pairs cannot be had, or an empty string."""
    for arm in table.columns:
        gaps = table.index[table[arm].isna()]
        if len(gaps) == len(table):
            return f"{arm} has no runs there"
        if len(gaps):
            return f"seed {gaps[0]} of {arm} is missing"
    lost = [arm for arm in table.columns if failed[arm].all()]
    return f"all {len(table)} runs of {lost[0]} diverged" if lost else ""


def oriented(rule: Contrast | Sweep, values: Values, failed: Bool[np.ndarray, " pair"], depth: int | None) -> Values:
    """Return values so that larger is better, on the rule's scale; −∞ for a failed run, NaN where there is no log."""
    found = np.abs(values) if rule.magnitude else values
    if rule.per_layer and depth is not None:
        found = found / max(depth - 1, 1)
    if rule.scale == "log":
        found = np.log(np.where(found > 0, found, np.nan))
    return np.where(failed, -np.inf, -found if rule.better == "lower" else found)


def levels_of(cells: Sequence[Cell]) -> Iterator[tuple[str, list[Any]]]:
    """Yield each column of the cells with its levels in order."""
    for column in dict.fromkeys(column for cell in cells for column, _ in cell.place):
        yield column, list(dict.fromkeys(dict(cell.place)[column] for cell in cells))
