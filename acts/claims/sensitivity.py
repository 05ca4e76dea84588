"""Sensitivity: every claim judged again under another margin, on either half of the seeds and under another init.

A decided verdict is fragile where one of these changes it to another decided word. One that merely becomes inconclusive
with half of the seeds has not flipped: half of the seeds can show less.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from acts.claims.catalogue import DECIDED, Claim, Compound, Conjunction, catalogue
from acts.claims.facts import Exact
from acts.claims.index import MEASURED, Index, indexed
from acts.claims.ledger import joined, judge
from acts.claims.rules import Family
from acts.claims.sides import Model
from acts.claims.surveys import Omnibus, Policy, Rare, Spread

INITS = ("he", "lecun", "stable")
HALVES = ("first", "second")
LARGEST = 0.999  # share that a scaled margin may be
Half = Literal["first", "second"]


@dataclass(frozen=True)
class Variation:
    """One way to judge again: margins times a factor, one half of the seeds, or one init in place of the tuned one."""

    name: str
    margins: float = 1.0
    seeds: Half | None = None
    init: str | None = None

    def of(self, claim: Claim) -> Claim | None:
        """Return the claim as the variation has it, None where that changes nothing about it."""
        rule: Any = claim.rule
        if isinstance(rule, Exact):
            return None
        if self.margins != 1:
            rule = _changed(rule, lambda part: _scaled(part, self.margins))
        if self.init is not None:
            rule = _changed(rule, lambda part: _under(part, str(self.init)))
        same = rule == claim.rule and self.seeds is None
        return None if same else claim.model_copy(update={"rule": rule})


VARIATIONS = (
    Variation("half_margin", margins=0.5),
    Variation("double_margin", margins=2.0),
    Variation("first_seeds", seeds="first"),
    Variation("second_seeds", seeds="second"),
    *(Variation(f"init_{init}", init=init) for init in INITS),
)


def fragile(records: pd.DataFrame | Index, *, claims: Sequence[Claim] | None = None) -> pd.DataFrame:
    """Return a row a claim: its verdict, its verdict under each variation (null where that changes nothing), a flag.

    ``fragile`` says that a decided verdict becomes another decided word under some variation; ``because`` names those.
    A claim that stands on others follows them.
    """
    judged = list(claims) if claims is not None else catalogue()
    index = indexed(records)
    halves = {half: _half(index, half) for half in HALVES}
    words = {claim.id: judge(claim, index).verdict for claim in judged}
    table = pd.DataFrame({"claim": list(words), "verdict": list(words.values())})
    for variation in VARIATIONS:
        own = halves[variation.seeds] if variation.seeds else index
        again = {claim.id: _word(variation.of(claim), own) for claim in judged}
        again |= _following(judged, words, again)
        table[variation.name] = pd.array([again[name] for name in table["claim"]], dtype="string")
    names = [variation.name for variation in VARIATIONS]
    flips = [[name for name in names if _flips(row["verdict"], row[name])] for row in table.to_dict("records")]
    return table.assign(fragile=[bool(own) for own in flips], because=[", ".join(own) for own in flips])


def _word(claim: Claim | None, index: Index) -> str | None:
    return None if claim is None or isinstance(claim.rule, Conjunction) else judge(claim, index).verdict


def _following(judged: Sequence[Claim], words: Mapping[str, str], again: Mapping[str, str | None]) -> dict[str, str]:
    """Return the words of claims that stand on others, where one of those got another look."""
    found = {}
    for claim in judged:
        if isinstance(rule := claim.rule, Conjunction) and all(member in words for member in rule.members):
            new = [again.get(member) or words[member] for member in rule.members]
            if any(again.get(member) for member in rule.members):
                found[claim.id] = str(joined(new, rule.refuted_by))  # type: ignore[arg-type]
    return found


def _flips(word: str, other: object) -> bool:
    return word in DECIDED and other in DECIDED and other != word


# --- variations -------------------------------------------------------------------------------------------------------


def _changed(rule: Any, change: Callable[[Any], Any]) -> Any:
    """Return a rule with a change made to it, or to every part of a compound."""
    if isinstance(rule, Compound):
        return rule.model_copy(update={"parts": {name: _changed(part, change) for name, part in rule.parts.items()}})
    return change(rule)


def _scaled(rule: Any, factor: float) -> Any:
    """Return a rule with every threshold that counts as its margin times a factor."""
    if isinstance(rule, Family):
        return rule.model_copy(update={"margin": _times(rule.margin, factor, share=rule.scale != "linear")})
    names = {Policy: ("bound",), Omnibus: ("matters", "negligible"), Spread: ("beyond", "below"), Rare: ("limit",)}
    kept = next((own for kind, own in names.items() if isinstance(rule, kind)), ())
    share = not isinstance(rule, Policy | Spread)
    return rule.model_copy(update={name: _times(getattr(rule, name), factor, share=share) for name in kept})


def _times(margin: Any, factor: float, *, share: bool) -> Any:
    if isinstance(margin, dict):
        return {name: _times(one, factor, share=share) for name, one in margin.items()}
    return min(margin * factor, LARGEST) if share else margin * factor


def _under(rule: Any, init: str) -> Any:
    """Return a rule on runs of one init, each tuned, where it asks for the best of all; any other rule as it is."""
    cells = getattr(rule, "cells", {})
    if not _best(cells.get("arm")) or "init" in (*cells, *getattr(rule, "over", ())):
        return rule
    changed = {"cells": {**cells, "arm": _each(cells["arm"]), "init": init}}
    for name in ("a", "b", "terms"):
        if hasattr(rule, name):
            changed[name] = _each_side(getattr(rule, name))
    return rule.model_copy(update=changed)


def _best(arm: object) -> bool:
    return isinstance(arm, str) and arm.split(";")[0] == "best"


def _each(arm: Any) -> Any:
    return f"each{arm.removeprefix('best')}" if _best(arm) else arm


def _each_side(side: Any) -> Any:
    """Return sides whose own arm, if they have one, is that of each init."""
    if isinstance(side, tuple):
        return tuple(_each_side(one) for one in side)
    if not isinstance(side, Model):
        return side
    if hasattr(side, "best_of"):
        return side.model_copy(update={"best_of": _each_side(side.best_of)})
    arm = getattr(side, "arm", None)
    return side.model_copy(update={"arm": _each(arm)}) if _best(arm) else side


def _half(index: Index, half: str) -> Index:
    """Return the records with one half of the judged seeds of every comparison; what was tuned stays."""
    records = index.records
    measured = (records["phase"].isin(MEASURED) & records["seed"].notna()).to_numpy()
    seeds = records["seed"].fillna(-1).to_numpy(dtype=np.int64)
    words, _ = pd.factorize(records["experiment"])
    keep = ~measured
    for word in np.unique(words):
        own = measured & (words == word)
        there = np.unique(seeds[own])
        wanted = there[: len(there) // 2] if half == "first" else there[len(there) // 2 :]
        keep |= own & np.isin(seeds, wanted)
    return Index(records[keep])
