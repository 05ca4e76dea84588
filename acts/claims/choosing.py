"""Choosing: which of several sides tuning found best at a place; no run that judges has a part in it."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from acts import stats
from acts.claims import readings
from acts.claims.index import RUN, Index, Place, places
from acts.claims.rules import OUTCOME, Family
from acts.claims.sides import BestOf, Side
from acts.records import where

FREE = ("phase", "arm", "split", "init", "lr")  # of a side's conditions, what tuning rows have otherwise
KEYS = tuple(column for column in RUN if column != "phase")  # what tells one tuned run from another
SPLIT = "validation"
Curves = dict[int, dict[str, dict[float, float]]]
FACTOR = 2.0  # between neighbours of a grid of rates


def choose(rule: Family, side: BestOf, place: Place, index: Index) -> tuple[Side | None, str]:
    """Return the member that tuning found best at a place, or None and why none can be chosen.

    Divergence within a choice's neighbourhood on the grid is worse than every loss; of equals it is the first.
    """
    ranks = []
    tuned = {member: _tuned(rule, side, member, place, index) for member in side.members}
    seeds = frozenset().union(*tuned.values())
    for member, by_seed in tuned.items():
        gaps = sorted(seed for seed in seeds if seed not in by_seed)
        if gaps or not by_seed:
            which = f"of tuning seed {gaps[0]} " if by_seed else ""
            return None, f"the records {which}do not say how {member.name} was tuned"
        found = [_least(curves) for _, curves in sorted(by_seed.items())]
        if None in found:
            return None, f"the rates that {member.name} was tuned over have a gap"
        ranks.append([rank for rank in found if rank])
    best = min(range(len(ranks)), key=lambda at: _rank(ranks[at]))
    return side.members[best], ""


def _tuned(rule: Family, side: BestOf, member: Side, place: Place, index: Index) -> Curves:
    """Return by tuning seed and init the response curve (rate to validation metric) of a member at a place."""
    metric = side.metric or rule.metric
    at = {c: level for c, level in zip(rule.over, place, strict=True) if c in RUN and c not in ("phase", "arm")}
    asked = readings.conditions(rule, member)
    arm, *rest = str(asked.get("arm") or "").split(";")
    free = FREE if arm == "best" else tuple(column for column in FREE if column != "init")
    fixed = {c: level for c, level in asked.items() if c in RUN and c not in free}
    wanted = {**fixed, **at, "arm": ";".join(rest) or None}
    for name in ("error", "loss") if metric == OUTCOME else (metric,):
        found: Curves = defaultdict(lambda: defaultdict(dict))
        for key, curves in _tables(rule.experiment, name, index).get(member.activation, {}).items():
            if all(_meets(key[KEYS.index(column)], level) for column, level in wanted.items()):
                for seed, rate, value in curves:
                    found[seed][key[KEYS.index("init")]][rate] = value
        if found:
            return found
    return {}


def _meets(level: Any, wanted: Any) -> bool:
    return level in wanted if isinstance(wanted, list | tuple) else level == wanted


def _tables(experiment: str, metric: str, index: Index) -> dict[str, dict[Place, list[tuple[int, float, float]]]]:
    """Return by activation and tuned run what tuning measured on validation rows: seed, rate and value."""

    def made() -> dict[str, dict[Place, list[tuple[int, float, float]]]]:
        rows = where(index.metric(experiment, metric, phase="tune"), split=SPLIT)
        found: dict[str, dict[Place, list[tuple[int, float, float]]]] = defaultdict(lambda: defaultdict(list))
        told = (rows[column].tolist() for column in ("activation", "seed", "lr", "value"))
        for key, activation, seed, rate, value in zip(places(rows, KEYS), *told, strict=True):
            found[activation][key].append((seed, rate, value))
        return found

    known: dict[str, dict[Place, list[tuple[int, float, float]]]] = index.kept(("tuned", experiment, metric), made)
    return known


def _least(curves: dict[str, dict[float, float]]) -> tuple[float, float] | None:
    """Return the best of the smoothed curves of a seed: the weight that diverged and the value; None with a gap."""
    found = []
    for curve in curves.values():
        rates = sorted(curve)
        if any(abs(high - FACTOR * low) > 1e-6 * high for low, high in pairwise(rates)):
            return None
        found.append(stats.least_smoothed([curve[rate] for rate in rates]))
    return min(found)


def _rank(found: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return what members are compared by: the weight that diverged, then the mean log (an error of 0 is tiny)."""
    values = np.array([value for _, value in found])
    finite = values[np.isfinite(values)]
    logs = np.log(np.maximum(finite, np.finfo(float).tiny)) if len(finite) else np.array([np.inf])
    return float(np.mean([lost for lost, _ in found])), float(logs.mean())
