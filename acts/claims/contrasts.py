"""Contrasts: claims that paired runs decide, from the records to a verdict by the rule that stands in the catalogue."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from acts import stats
from acts.claims import findings, pairs, sentences, trends
from acts.claims.catalogue import Claim, ClaimError, Verdict, Word
from acts.claims.index import Index, indexed
from acts.claims.pairs import Cell, Cells, Primary
from acts.claims.rules import Trend
from acts.stats import Comparison, Decision

TASKS = 12  # the fewest tasks that "usually" can be judged on

COLUMNS = (
    "rival", "label", "effect", "low", "high", "inner_low", "inner_high", "unit", "margin", "n", "p", "p_holm",
    "verdict", "ranks", "correlation", "minimum_detectable", "diverged", "diverged_rival", "reason",
)  # fmt: skip


def judge(claim: Claim, records: pd.DataFrame | Index) -> Verdict:
    """Return the verdict on a claim that primary contrasts decide.

    Raises ClaimError, one line, for a rule of another kind or one that leaves a condition open.
    """
    rule = claim.rule
    if not isinstance(rule, Primary):
        raise ClaimError(f"{claim.id}: a rule of kind {rule.kind!r} is not decided by contrasts")
    family = _collect(claim, rule, records)
    if family.unmeasured or family.absent or not family.cells:
        return unanswered(claim, family)
    family, found = contrasts_of(rule, family)
    tasks = [len(cell.first) for cell in family.cells if not cell.reason]
    if rule.tasks and tasks and min(tasks) < TASKS:
        few = f"{min(tasks)} tasks here; a claim about most cases needs {TASKS}"
        return unanswered(claim, Cells(unmeasured=few))
    decision = _decide(rule, found)
    return _verdict(claim, rule, family, found, decision)


def table(claim: Claim, records: pd.DataFrame | Index) -> pd.DataFrame:
    """Return a row a primary contrast: its levels, effect and interval in the reader's unit, p, Holm p and verdict.

    ``rival`` is the other arm (empty in a sweep), ``inner_low`` and ``inner_high`` the 90 % interval, ``verdict`` what
    the contrast says by itself; a contrast that is not decidable has NaN and a ``reason``. Empty where nothing is
    measured. Raises ClaimError for a claim that no contrasts decide.
    """
    rule = claim.rule
    if not isinstance(rule, Primary):
        raise ClaimError(f"{claim.id}: a rule of kind {rule.kind!r} has no contrasts")
    family = _collect(claim, rule, records)
    if not family.cells:
        return pd.DataFrame(columns=[*rule.over, *COLUMNS])
    family, found = contrasts_of(rule, family)
    decision = _decide(rule, found)
    rows = [_row(rule, cell, found[i], decision, i) for i, cell in enumerate(family.cells)]
    columns = [column for column in rule.over if any(column in dict(cell.place) for cell in family.cells)]
    return pd.DataFrame(rows, columns=[*columns, *COLUMNS])


def contrasts_of(rule: Primary, family: Cells) -> tuple[Cells, list[Comparison | None]]:
    """Return the family with a comparison a cell, None where a cell has a reason; for ``mean`` a cell a rival."""
    if rule.tasks:
        family = _by_task(family)
    return family, [
        None if cell.reason else stats.compare(cell.first, cell.second, margin=rule.threshold) for cell in family.cells
    ]


def unanswered(claim: Claim, family: Cells) -> Verdict:
    """Return *not measured here* or *not decidable* with what is missing."""
    word: Word = "not measured here" if family.unmeasured else "not decidable"
    why = family.unmeasured or family.absent or "no cell of the records holds both sides"
    blank = Verdict(claim.id, word, margin=claim.margin, condition=why, evidence=claim.evidence)
    return sentences.write(claim, blank, {"why": why}, default=f"{why[0].upper()}{why[1:]}.")


def _collect(claim: Claim, rule: Primary, records: pd.DataFrame | Index) -> Cells:
    try:
        return trends.collect(rule, indexed(records)) if isinstance(rule, Trend) else pairs.collect(rule, records)
    except ClaimError as error:
        raise ClaimError(f"{claim.id}: {error}") from None


def _decide(rule: Primary, found: list[Comparison | None]) -> Decision:
    """Return the decision over the family; several rivals, each judged on its tasks, must all agree."""
    quantifier: Any = "everywhere" if rule.quantifier == "mean" else rule.quantifier
    return stats.decide(found, degree=rule.degree, quantifier=quantifier, at_least=rule.at_least or 1)


def _by_task(family: Cells) -> Cells:
    """Return a cell a rival whose values are task means over seeds: the replicate of "usually" is the task."""
    rivals = dict.fromkeys(cell.rival for cell in family.cells)
    return Cells(tuple(_tasks(rival, family.cells) for rival in rivals), family.left_out)


def _tasks(rival: str, cells: Sequence[Cell]) -> Cell:
    own = [cell for cell in cells if cell.rival == rival]
    reason = next((f"{cell.label}, {cell.reason}" for cell in own if cell.reason), "")
    if reason:
        return Cell((), rival, np.empty(0), np.empty(0), reason)
    means = np.array([stats.compare(cell.first, cell.second).effect for cell in own])
    lost: dict[str, tuple[int, int]] = {}
    for arm, (count, runs) in ((arm, counts) for cell in own for arm, counts in cell.lost.items()):
        before = lost.get(arm, (0, 0))
        lost[arm] = (before[0] + count, before[1] + runs)
    ratio = float(np.mean(means * [cell.unit for cell in own]))
    picked = tuple(name for cell in own for name in cell.picked)
    return Cell((), rival, means, np.zeros(len(means)), lost=lost, ratio=ratio, picked=picked)


def _verdict(claim: Claim, rule: Primary, family: Cells, found: list[Comparison | None], decision: Decision) -> Verdict:
    notes = findings.notes(family, found) if decision.deciding is not None else ()
    place = findings.condition(rule, family, decision)
    verdict = Verdict(
        claim.id, decision.word, unit=rule.unit, margin=rule.shown_margin, p_holm=decision.p, condition=place,
        evidence=claim.evidence, notes=notes, **_numbers(rule, found, decision),
    )  # fmt: skip
    values: dict[str, float | str] = {
        "story": " ".join([findings.story(rule, family, found, decision), *notes]),
        "contrasts": float(len(found)),
        "supporting": _count(decision, "supported"),
    }
    values |= {"against": _count(decision, "refuted"), "undecided": _count(decision, "inconclusive")}
    return sentences.write(claim, verdict, values, default="{story}")


def _count(decision: Decision, word: str) -> float:
    return float(decision.parts.count(word))


def _numbers(rule: Primary, found: Sequence[Comparison | None], decision: Decision) -> dict[str, Any]:
    """Return effect, interval, level and n of the contrast that decides, in the reader's unit."""
    deciding = found[decision.deciding] if decision.deciding is not None else None
    if deciding is None:
        return {"n": max((one.n for one in found if one), default=None)}
    inner = findings.by_equivalence(rule, deciding, decision)
    ends = (deciding.inner_low, deciding.inner_high) if inner else (deciding.low, deciding.high)
    low, high = (findings.shown(rule, end) for end in ends)
    level = stats.EQUIVALENCE_LEVEL if inner else deciding.level
    return {"effect": findings.shown(rule, deciding.effect), "low": low, "high": high, "level": level, "n": deciding.n}


def _row(rule: Primary, cell: Cell, found: Comparison | None, decision: Decision, place: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        **dict(cell.place), "rival": cell.rival, "label": cell.label, "unit": rule.unit, "margin": rule.shown_margin,
        "n": 0, "p_holm": decision.p_holm[place], "verdict": decision.parts[place], "reason": cell.reason,
    }  # fmt: skip
    if found is None:
        return row
    numbers = ("effect", "low", "high", "inner_low", "inner_high", "minimum_detectable")
    row |= {name: findings.shown(rule, getattr(found, name)) for name in numbers}
    lost = dict(zip(("diverged", "diverged_rival"), found.diverged, strict=True))
    return row | lost | {name: getattr(found, name) for name in ("n", "p", "ranks", "correlation")}
