"""Exact claims: decided by numbers that follow from a formula, compared as the catalogue of claims says.

A rule is data (facts, comparisons, cases), never code in a string; this module looks the facts up and compares.
"""

import math
from collections.abc import Mapping

import pandas as pd

from acts.claims import sentences
from acts.claims.catalogue import Claim, Verdict, Word
from acts.claims.facts import Case, Check, Derived, Elsewhere, Exact, Fact
from acts.records import where

PLACE = ("activation", "metric", "arm", "init", "network", "depth", "layer")
ABSENT = "beyond what was followed"  # how a sentence tells an optional fact that is not there
Key = tuple[str | int | None, ...]


def judge(claim: Claim, records: pd.DataFrame) -> Verdict:
    """Return the verdict on a claim whose rule is exact; *not decidable* where a fact is absent.

    The number that decides is its own interval, at level 1 and without seeds.
    """
    rule = claim.rule
    if not isinstance(rule, Exact):
        raise TypeError(f"{claim.id} is not an exact claim but {rule.kind}")
    rows = where(records, experiment=rule.experiment, phase="exact")
    if rows.empty:
        blank = Verdict(claim.id, "not measured here")
        return sentences.write(claim, blank, default="This configuration does not run the comparison formulas.")
    numbers, missing = look_up(rule.facts, rows)
    if missing:
        blank = Verdict(claim.id, "not decidable", condition=f"missing: {missing[0]}", evidence=claim.evidence)
        return sentences.write(claim, blank, default=f"The records hold no {missing[0]}.")
    numbers |= rule.quoted
    numbers |= {name: derive(made, numbers) for name, made in rule.derived.items()}
    held = [holds(case, numbers) for case in rule.cases]
    word, values = decide(rule, held), _telling(rule, held, numbers)
    values |= count(rule.elsewhere, rows) if rule.elsewhere else {}
    values = {**dict.fromkeys(rule.facts, ABSENT), **values}
    effect = numbers[rule.effect]
    verdict = Verdict(
        claim.id, word, effect=effect, unit=rule.unit, low=effect, high=effect, level=1.0,
        condition=_condition(word, values), evidence=claim.evidence,
    )  # fmt: skip
    return sentences.write(claim, verdict, values)


def _telling(rule: Exact, held: list[bool], numbers: Mapping[str, float]) -> dict[str, float | str]:
    """Return what a sentence may ask for: the numbers, the counts of cases, and the cases that hold and that fail."""
    named = [
        (sentences.fill(case.when, numbers), good) for case, good in zip(rule.cases, held, strict=True) if case.when
    ]
    holding, failing = ([when for when, good in named if good is wanted] for wanted in (True, False))
    lists = {
        "holding": sentences.listed(holding), "failing": sentences.listed(failing),
        "inside": " or ".join(holding), "outside": " or ".join(failing),
    }  # fmt: skip
    return {**numbers, "held": float(sum(held)), "cases": float(len(held)), **lists}


def _condition(word: Word, values: Mapping[str, float | str]) -> str:
    if word == "true if":
        return f"if {values['inside']}; not if {values['outside']}"
    if word == "refuted":
        return f"fails: {values['failing']}" if values["failing"] else ""
    return str(values["holding"])


def look_up(facts: Mapping[str, Fact], rows: pd.DataFrame) -> tuple[dict[str, float], list[str]]:
    """Return the facts' values by name, and a readable line for each that is needed and not there."""
    wanted = rows[rows["metric"].isin([fact.metric for fact in facts.values()])]
    places = wanted[list(PLACE)].astype(object).where(wanted[list(PLACE)].notna(), None)
    known: dict[Key, float] = dict(zip(map(tuple, places.itertuples(index=False)), wanted["value"], strict=True))
    values, missing = {}, []
    for name, fact in facts.items():
        key = tuple(getattr(fact, column) for column in PLACE)
        if key in known and not math.isnan(known[key]):
            values[name] = float(known[key])
        elif not fact.optional:
            missing.append(" ".join([f"{fact.metric} of {fact.activation}", *_open(fact)]))
    return values, missing


def _open(fact: Fact) -> list[str]:
    given = {column: getattr(fact, column) for column in PLACE[2:]}
    return [f"{column} {value}" for column, value in given.items() if value is not None]


def count(elsewhere: Elsewhere, rows: pd.DataFrame) -> dict[str, float | str]:
    """Return how many activations the comparison holds of (``elsewhere``), of how many measured (``functions``)."""
    found = where(
        rows, metric=elsewhere.metric, arm=elsewhere.arm, init=elsewhere.init, depth=elsewhere.depth
    ).drop_duplicates("activation")
    check = Check(left="it", op=elsewhere.op, right=elsewhere.value)
    held = [compare(check, {"it": float(value)}) for value in found["value"]]
    return {"elsewhere": float(sum(held)), "functions": float(len(held)), **_told(sum(held), len(held))}


def _told(some: int, of_all: int) -> dict[str, str]:
    """Return the count as words (``those``) and what it says about the function in question (``particular``)."""
    those = f"all {of_all}" if some == of_all else f"{some or 'none'} of the {of_all}"
    return {"those": those, "particular": "no peculiarity of" if 2 * some > of_all else "a peculiarity of"}


def derive(made: Derived, values: Mapping[str, float]) -> float:
    """Return a number made of two others; a ratio to 0 is infinite."""
    left, right = values[made.left], values[made.right]
    if made.op == "minus":
        return left - right
    return left / right if right else math.inf


def compare(check: Check, values: Mapping[str, float]) -> bool:
    """Return whether one comparison holds; == and != mean within and beyond the stated tolerance."""
    left, right = (values[side] if isinstance(side, str) else side for side in (check.left, check.right))
    near = left == right or abs(left - right) <= check.within
    below, above = left < right, left > right
    return {
        "<": below, "<=": below or near, ">": above, ">=": above or near, "==": near, "!=": not near,
    }[check.op]  # fmt: skip


def holds(case: Case, values: Mapping[str, float]) -> bool:
    """Return whether every comparison of a case holds."""
    return all(compare(check, values) for check in case.checks)


def decide(rule: Exact, held: list[bool]) -> Word:
    """Return the verdict for the cases that held, by the rule's quantifier."""
    if rule.quantifier == "some":
        return "supported" if any(held) else "refuted"
    if all(held):
        return "supported"
    return "true if" if rule.quantifier == "unstated" and any(held) else "refuted"
