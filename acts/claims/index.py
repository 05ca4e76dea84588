"""Index: a records table looked up by comparison and metric, so that ninety claims do not each read a million rows."""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from acts.records import where

Place = tuple[Any, ...]
KEYED = ("experiment", "metric", "phase")  # what rows are looked up by
MEASURED = ("init", "final")  # the phases whose seeds are judged


class Index:
    """A records table with every (experiment, metric) at hand, and with what was run where.

    What is looked up once is kept. The rows of a comparison without any metric are those of all.
    """

    def __init__(self, records: pd.DataFrame) -> None:
        self.records = records
        self._kept: dict[Any, Any] = {}

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray, dict[str, dict[str, int]]]:
        """Return the rows' numbers by (experiment, metric, phase), their keys in that order, and the code of words."""
        keys = np.zeros(len(self.records), dtype=np.int64)
        codes: dict[str, dict[str, int]] = {}
        for column in KEYED:
            own, levels = pd.factorize(self.records[column])
            codes[column] = {str(level): code for code, level in enumerate(levels)}
            keys = keys * max(len(levels), 1) + np.asarray(own)
        order = np.argsort(keys, kind="stable")
        return order, keys[order], codes

    def _slice(self, *words: str) -> np.ndarray:
        """Return the numbers of the rows of an experiment, of a metric in it, or of a phase of that."""
        order, keys, codes = self._sorted
        key = 0
        span = 1
        for place, column in enumerate(KEYED):
            size = max(len(codes[column]), 1)
            if place < len(words):
                if words[place] not in codes[column]:
                    return order[:0]
                key = key * size + codes[column][words[place]]
            else:
                span *= size
        first, last = np.searchsorted(keys, [key * span, (key + 1) * span])
        return np.sort(order[first:last])

    def experiments(self) -> frozenset[str]:
        """Return the comparisons that the records hold."""
        return self.seen("experiment")

    def seen(self, column: str) -> frozenset[str]:
        """Return the levels of a column."""
        if ("seen", column) not in self._kept:
            self._kept["seen", column] = frozenset(self.records[column].dropna().unique())
        return self._kept["seen", column]

    def metric(self, experiment: str, metric: str, *, phase: object = None) -> pd.DataFrame:
        """Return the rows of one metric of one comparison, and of one phase where a name is given."""
        words = (experiment, metric, phase) if isinstance(phase, str) else (experiment, metric)
        if ("rows", words) not in self._kept:
            self._kept["rows", words] = self.records.iloc[self._slice(*words)]
        return self._kept["rows", words]

    def rows(self, experiment: str) -> pd.DataFrame:
        """Return all rows of one comparison."""
        if ("all", experiment) not in self._kept:
            self._kept["all", experiment] = self.records.iloc[self._slice(experiment)]
        return self._kept["all", experiment]

    def activations(self, experiment: str) -> frozenset[str]:
        """Return the activations that a comparison was run with."""
        if ("with", experiment) not in self._kept:
            self._kept["with", experiment] = frozenset(self.rows(experiment)["activation"].unique())
        return self._kept["with", experiment]

    def kept(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return what was made under a key, making it at the first call."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def runs(
        self, experiment: str, fixed: dict[str, Any], columns: Sequence[str]
    ) -> dict[tuple[str, Place], frozenset[int]]:
        """Return the seeds of every activation at every place, by any of the metrics, under conditions on runs."""
        key = ("runs", experiment, frozen(fixed), tuple(columns))
        if key not in self._kept:
            self._kept[key] = _seeds(meet(self._runs(experiment), fixed), columns)
        return self._kept[key]

    def _runs(self, experiment: str) -> pd.DataFrame:
        """Return the runs of a comparison that may be judged, a row each and without what was measured of them."""
        if ("distinct", experiment) not in self._kept:
            rows = self.rows(experiment)
            kept = rows[rows["seed"].notna() & rows["phase"].isin(MEASURED)]
            self._kept["distinct", experiment] = kept.drop_duplicates(["activation", *RUN, "seed"])
        return self._kept["distinct", experiment]


RUN = ("phase", "arm", "dataset", "network", "init", "norm", "optimizer", "device", "dtype")


def _seeds(rows: pd.DataFrame, columns: Sequence[str]) -> dict[tuple[str, Place], frozenset[int]]:
    found: dict[tuple[str, Place], set[int]] = defaultdict(set)
    seeds = rows["seed"].tolist()
    for activation, place, seed in zip(rows["activation"], places(rows, columns), seeds, strict=True):
        found[activation, place].add(seed)
    return {key: frozenset(own) for key, own in found.items()}


def places(rows: pd.DataFrame, columns: Sequence[str]) -> list[Place]:
    """Return the levels of several columns row by row, None where one is null."""
    if not columns:
        return [()] * len(rows)
    levels = [[None if level is pd.NA else level for level in rows[column].tolist()] for column in columns]
    return list(zip(*levels, strict=True))


def meet(rows: pd.DataFrame, fixed: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows that meet conditions; a ``*`` in an arm stands for any value there."""
    arm = fixed.get("arm")
    if not isinstance(arm, str) or "*" not in arm:
        return where(rows, **fixed)
    shape = re.escape(arm).replace(r"\*", "[^;]+")
    kept = where(rows, **{column: level for column, level in fixed.items() if column != "arm"})
    return kept[kept["arm"].str.fullmatch(shape).fillna(False).astype(bool)]


def frozen(conditions: Mapping[str, Any]) -> Hashable:
    """Return conditions as something that can be looked up by."""
    told = ((column, tuple(level) if isinstance(level, list) else level) for column, level in conditions.items())
    return tuple(sorted(told, key=lambda one: one[0]))


def indexed(records: "pd.DataFrame | Index") -> Index:
    """Return records as an index, which they may be already."""
    return records if isinstance(records, Index) else Index(records)
