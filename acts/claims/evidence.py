"""Evidence: the contrasts that decide a claim, part by part, as tables that a figure draws and a reader takes along."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, log1p
from typing import Any

import numpy as np
import pandas as pd

from acts import nearest, stats
from acts.claims import contrasts, exact, findings, pairs, trends
from acts.claims.catalogue import Claim, ClaimError, Compound, catalogue
from acts.claims.facts import Exact
from acts.claims.index import Index, indexed
from acts.claims.pairs import Cells, Primary
from acts.claims.rules import Contrast, Trend
from acts.claims.sides import BestOf, as_side, members, name

ENDS = ("effect", "low", "high")


@dataclass(frozen=True)
class Part:
    """One part of a claim, or the whole of a claim that has none (then ``name`` is empty).

    ``rows`` has a row a primary contrast: those of ``contrasts.table`` with ``place``, the levels of its cell by
    column, and ``activations``, the names of the functions on both sides. Where tasks are the replicates, ``tasks`` has
    a row a task: ``place``, and effect with interval over its seeds in the unit of the part; else it is empty.
    """

    name: str
    rule: Primary
    rows: pd.DataFrame
    tasks: pd.DataFrame

    @property
    def subject(self) -> str:
        """Return what the contrasts are about, in words."""
        return findings.subject(self.rule)


def named(claim: str) -> Claim:
    """Return a claim of the catalogue by its id; raises ClaimError for one that it does not have."""
    known = {one.id: one for one in catalogue()}
    if claim not in known:
        raise ClaimError(nearest.unknown("claim", claim, known))
    return known[claim]


def parts(claim: Claim, records: pd.DataFrame | Index) -> list[Part]:
    """Return the parts of a claim that contrasts decide and that have numbers here; none for other claims."""
    index = indexed(records)
    found = []
    for own, rule in _rules(claim.rule):
        if not isinstance(rule, Primary):
            continue
        rows = contrasts.table(claim.model_copy(update={"rule": rule}), index)
        if len(rows) and rows["effect"].notna().any():
            found.append(Part(own, rule, _told(rule, rows[rows["effect"].notna()]), _tasks(rule, index)))
    return found


def _rules(rule: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the rules that a rule is made of, each with its name; those of a part of parts carry both names."""
    if not isinstance(rule, Compound):
        yield name, rule
        return
    for own, part in rule.parts.items():
        yield from _rules(part, f"{name}: {own}" if name else own)


def _told(rule: Primary, rows: pd.DataFrame) -> pd.DataFrame:
    """Return contrasts with their places and the functions they compare."""
    columns = [column for column in rule.over if column in rows]
    places: Any = [
        tuple((column, row[column]) for column in columns if pd.notna(row[column])) for _, row in rows.iterrows()
    ]
    functions: Any = [tuple(sorted(_functions(rule, rival))) for rival in rows["rival"]]
    return rows.assign(place=places, activations=functions).reset_index(drop=True)


def _functions(rule: Primary, rival: str) -> set[str]:
    """Return the names of the functions that a contrast with a rival compares."""
    sides = rule.compared
    if isinstance(rule, Contrast):
        sides = (rule.a, *(side for side in rule.b if name(side) == rival))
    return {member.activation.partition("(")[0] for side in sides for member in members(side)}


def _tasks(rule: Primary, index: Index) -> pd.DataFrame:
    """Return the tasks whose mean is the contrast, where there is one contrast alone."""
    blank = pd.DataFrame(columns=["place", *ENDS, "n"])
    if not rule.tasks or (isinstance(rule, Contrast) and len(rule.b) > 1):
        return blank
    family: Cells = trends.collect(rule, index) if isinstance(rule, Trend) else pairs.collect(rule, index)
    rows = []
    for cell in (cell for cell in family.cells if not cell.reason):
        found = stats.compare(cell.first, cell.second)
        ends = {end: findings.shown(rule, getattr(found, end)) for end in ENDS}
        rows.append({"place": cell.place, **ends, "n": found.n})
    return pd.DataFrame(rows) if rows else blank


def difference(rule: Primary, value: float) -> float:
    """Return the difference behind a value in the reader's unit: on a log scale the log that ``shown`` made of it."""
    if rule.scale != "log":
        return value
    share = value / 100
    if rule.better == "lower":
        return inf if share >= 1 else -log1p(-share)
    return -inf if share <= -1 else log1p(share)


def conditions(found: list[Part]) -> dict[str, list[Any]]:
    """Return by column every level at which the parts were measured, in order, and the seeds under ``n``."""
    levels: dict[str, dict[Any, None]] = {}
    for part in found:
        table = part.tasks if len(part.tasks) else part.rows
        for place, count in zip(table["place"], table["n"], strict=True):
            for column, level in (*place, ("n", int(count))):
                levels.setdefault(str(column), {})[level] = None
    return {column: sorted(own, key=_order) for column, own in levels.items()}


def _order(level: Any) -> tuple[bool, Any]:
    return isinstance(level, str), level


def facts(claim: Claim, records: pd.DataFrame | Index) -> pd.DataFrame:
    """Return the numbers that an exact claim is decided by, a row a number: metric, activation, place, value."""
    rows = []
    for _, rule in _rules(claim.rule):
        if not isinstance(rule, Exact):
            continue
        values, _ = exact.look_up(rule.facts, indexed(records).rows("formulas"))
        for fact, value in ((rule.facts[own], value) for own, value in values.items()):
            given = ((column, getattr(fact, column)) for column in ("arm", "init", "network", "depth", "layer"))
            place = tuple((column, level) for column, level in given if level is not None)
            rows.append({"metric": fact.metric, "activation": fact.activation, "place": place, "value": value})
    return pd.DataFrame(rows, columns=["metric", "activation", "place", "value"])


def functions(claim: Claim) -> list[str]:
    """Return the names of the functions that a claim's rule compares or looks up, each once, in its order."""
    found: dict[str, None] = {}
    for _, rule in _rules(claim.rule):
        for own in _named(rule):
            found[own.partition("(")[0]] = None
    return list(found)


def _named(rule: Any) -> list[str]:
    if hasattr(rule, "compared"):
        return [member.activation for side in rule.compared for member in members(side)]
    facts = [fact.activation for fact in getattr(rule, "facts", {}).values()]
    listed = [*getattr(rule, "activations", ()), *getattr(rule, "extremes", ())]
    one = getattr(rule, "a", None) or getattr(rule, "activation", None)
    own = [] if one is None or isinstance(one, BestOf) else [as_side(one).activation]
    return [*own, *facts, *listed]


def finite(values: Any) -> np.ndarray:
    """Return the finite numbers among values."""
    numbers = np.asarray(values, dtype=float).ravel()
    return numbers[np.isfinite(numbers)]
