"""Index: a records table looked up by comparison and metric, so that ninety claims do not each read a million rows."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from acts.records import where

Place = tuple[Any, ...]
MEASURED = ("init", "final")  # the phases whose seeds are judged


class Index:
    """A records table with every (experiment, metric) at hand, and with what was run where.

    What is looked up once is kept. The rows of a comparison without any metric are those of all.
    """

    def __init__(self, records: pd.DataFrame) -> None:
        self.records = records
        self._kept: dict[Any, Any] = {}

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray, dict[tuple[str, str], int], int]:
        """Return the rows' numbers by (experiment, metric), their keys in that order, and the key of every pair."""
        words, experiments = pd.factorize(self.records["experiment"])
        names, metrics = pd.factorize(self.records["metric"])
        keys = np.asarray(words) * max(len(metrics), 1) + np.asarray(names)
        order = np.argsort(keys, kind="stable")
        known = {
            (str(word), str(name)): place * len(metrics) + at
            for place, word in enumerate(experiments)
            for at, name in enumerate(metrics)
        }
        return order, keys[order], known, len(metrics)

    def experiments(self) -> frozenset[str]:
        """Return the comparisons that the records hold."""
        return self.seen("experiment")

    def seen(self, column: str) -> frozenset[str]:
        """Return the levels of a column."""
        if ("seen", column) not in self._kept:
            self._kept["seen", column] = frozenset(self.records[column].dropna().unique())
        return self._kept["seen", column]

    def metric(self, experiment: str, metric: str) -> pd.DataFrame:
        """Return the rows of one metric of one comparison."""
        order, keys, known, _ = self._sorted
        key = known.get((experiment, metric), -1)
        if ("rows", key) not in self._kept:
            first, last = np.searchsorted(keys, [key, key + 1])
            self._kept["rows", key] = self.records.iloc[order[first:last] if key >= 0 else []]
        return self._kept["rows", key]

    def rows(self, experiment: str) -> pd.DataFrame:
        """Return all rows of one comparison."""
        if ("all", experiment) not in self._kept:
            order, keys, known, metrics = self._sorted
            own = [key // metrics for (word, _), key in known.items() if word == experiment][:1]
            first, last = np.searchsorted(keys, [own[0] * metrics, (own[0] + 1) * metrics]) if own else (0, 0)
            self._kept["all", experiment] = self.records.iloc[np.sort(order[first:last])]
        return self._kept["all", experiment]

    def activations(self, experiment: str) -> frozenset[str]:
        """Return the activations that a comparison was run with."""
        if ("with", experiment) not in self._kept:
            self._kept["with", experiment] = frozenset(self.rows(experiment)["activation"].unique())
        return self._kept["with", experiment]

    def runs(
        self, experiment: str, fixed: dict[str, Any], columns: Sequence[str]
    ) -> dict[tuple[str, Place], frozenset[int]]:
        """Return the seeds of every activation at every place, by any of the metrics, under conditions on runs."""
        key = ("runs", experiment, tuple(sorted(fixed.items(), key=str)), tuple(columns))
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


def indexed(records: "pd.DataFrame | Index") -> Index:
    """Return records as an index, which they may be already."""
    return records if isinstance(records, Index) else Index(records)
