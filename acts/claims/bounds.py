"""Bounds: claims that a measured quantity stays within a range, in every case that the claim leaves open."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from acts import stats, wording
from acts.claims import pairs, sentences
from acts.claims.catalogue import Claim, Verdict, Word
from acts.claims.index import Index
from acts.claims.sentences import number
from acts.claims.surveys import Bounds, Range
from acts.records import where

State = Literal["inside", "outside", "open"]
HEADINGS: dict[State, str] = {"inside": "It holds", "outside": "It fails", "open": "It stays open"}


@dataclass(frozen=True)
class Spot:
    """One metric at one place: its mean over networks with interval, and how surely it lies inside or outside.

    ``slack`` is the distance to the nearer bound of the range, negative outside.
    """

    case: str
    metric: str
    label: str
    effect: float
    low: float
    high: float
    n: int
    slack: float
    p_inside: float
    p_outside: float


def judge(claim: Claim, rule: Bounds, index: Index) -> Verdict:
    """Return *supported* where every case is inside, *refuted* where none is, *true if* where cases disagree.

    A case is inside when every interval lies within its range, outside when one lies beyond it after Holm.
    """
    missing = pairs.not_run(rule.experiment, [rule.activation], index.activations(rule.experiment))
    if missing:
        return _blank(claim, "not measured here", missing)
    by_formula = _by_formula(rule, index)
    if rule.formula and not by_formula:
        told = f"{wording.metric(rule.formula.metric)} of {wording.activation(rule.activation)}"
        return _blank(claim, "not decidable", f"the records hold no {told}")
    for span in rule.ranges:
        if pairs.chosen(index, rule, span.metric).empty:
            return _blank(claim, "not decidable", f"the records of {rule.experiment} hold no {span.metric} for it")
    spots, left_out = _spots(rule, index)
    if not spots:
        return _blank(claim, "not measured here", f"this configuration runs {rule.experiment} without {left_out[0]}")
    states = by_formula | {case: _state([spot for spot in spots if spot.case == case]) for case in _cases(spots)}
    few = stats.smallest_p(min(spot.n for spot in spots)) > stats.ALPHA
    word: Word = "not decidable" if few else _word(states)
    decisive = _decisive(spots, states, word)
    verdict = Verdict(
        claim.id, word, effect=decisive.effect, unit=rule.unit or decisive.metric, low=decisive.low, high=decisive.high,
        level=stats.LEVEL, n=decisive.n, p_holm=_p(spots, states, word, decisive),
        condition=_condition(rule, states, word), evidence=claim.evidence,
    )  # fmt: skip
    return sentences.write(claim, verdict, {"story": _story(rule, spots, states, left_out)}, default="{story}")


def _blank(claim: Claim, word: Word, why: str) -> Verdict:
    verdict = Verdict(claim.id, word, condition=why, evidence=claim.evidence)
    return sentences.write(claim, verdict, {"why": why, "story": why}, default=f"{why[0].upper()}{why[1:]}.")


def _by_formula(rule: Bounds, index: Index) -> dict[str, State]:
    """Return the state of the case that the formula decides; empty without such a case, or without its fact."""
    if rule.formula is None:
        return {}
    rows = where(index.metric("formulas", rule.formula.metric), phase="exact", activation=rule.activation)
    holds = bool((rows["value"].abs() <= rule.formula.at_most).all())
    return {rule.formula.when: "inside" if holds else "outside"} if len(rows) else {}


def _spots(rule: Bounds, index: Index) -> tuple[list[Spot], list[str]]:
    spots: list[Spot] = []
    left_out: list[str] = []
    for span in rule.ranges:
        rows = where(pairs.chosen(index, rule, span.metric), activation=rule.activation)
        levels, absent = pairs.grid(rows, rule.cells, rule.over)
        left_out += [name for name in absent if name not in left_out]
        for place in product(*([(column, level) for level in found] for column, found in levels.items())):
            values = where(rows, **dict(place))["value"].to_numpy(float)
            if len(values):
                spots.append(_spot(rule, span, dict(place), values))
    return spots, left_out


def _spot(rule: Bounds, span: Range, place: dict[str, Any], values: Float[np.ndarray, " network"]) -> Spot:
    whole = stats.compare(values)
    within = [(end, sign) for end, sign in ((span.low, 1.0), (span.high, -1.0)) if end is not None]
    beyond = [(end, sign) for end, sign in ((span.below, -1.0), (span.above, 1.0)) if end is not None]
    inside = max(stats.compare(sign * (values - end)).p_positive for end, sign in within)
    outside = min(stats.compare(sign * (values - end)).p_positive for end, sign in beyond)
    return Spot(
        case=str(place[rule.case]),
        metric=span.metric,
        label=wording.place(place.items()),
        effect=whole.effect,
        low=whole.low,
        high=whole.high,
        n=whole.n,
        slack=min(sign * (whole.effect - end) for end, sign in within),
        p_inside=min(1.0, 2 * inside),
        p_outside=min(1.0, 2 * outside),
    )


def _cases(spots: Sequence[Spot]) -> list[str]:
    return list(dict.fromkeys(spot.case for spot in spots))


def _state(spots: Sequence[Spot]) -> State:
    if max(spot.p_inside for spot in spots) <= stats.ALPHA:
        return "inside"
    return "outside" if min(stats.holm([spot.p_outside for spot in spots])) <= stats.ALPHA else "open"


def _word(states: dict[str, State]) -> Word:
    found = set(states.values())
    if found == {"inside"}:
        return "supported"
    if found == {"outside"}:
        return "refuted"
    return "true if" if {"inside", "outside"} <= found else "inconclusive"


def _decisive(spots: Sequence[Spot], states: dict[str, State], word: Word) -> Spot:
    """Return the spot nearest its bound where the claim holds as measured, else the one farthest beyond."""
    inside = [spot for spot in spots if states[spot.case] == "inside"]
    if word in ("supported", "true if") and inside:
        return min(inside, key=lambda spot: spot.slack)
    return min(spots, key=lambda spot: spot.slack)


def _p(spots: Sequence[Spot], states: dict[str, State], word: Word, decisive: Spot) -> float:
    """Return the largest p of what the word asserts: every spot inside, and one outside of each case that is."""
    if word == "inconclusive":
        return decisive.p_inside
    asserted = [spot.p_inside for spot in spots if states[spot.case] == "inside"]
    for case in _cases(spots):
        if states[case] == "outside":
            asserted.append(float(min(stats.holm([spot.p_outside for spot in spots if spot.case == case]))))
    return max(asserted, default=1.0)


def _condition(rule: Bounds, states: dict[str, State], word: Word) -> str:
    inside, outside = ([_spoken(rule, c) for c, found in states.items() if found == s] for s in ("inside", "outside"))
    if word == "true if":
        return f"if {', or if '.join(inside)}; not if {', nor if '.join(outside)}"
    return ", ".join(_level(rule, case) for case in states)


def _spoken(rule: Bounds, case: str) -> str:
    """Return a case in words; the formula's own case is words already."""
    by_formula = rule.formula is not None and case == rule.formula.when
    return case if by_formula else rule.cases.get(case, f"the {rule.case} is {wording.word(case)}")


def _level(rule: Bounds, case: str) -> str:
    own = rule.formula is not None and case == rule.formula.when
    return case if own else wording.level(rule.case, case)


def _story(rule: Bounds, spots: Sequence[Spot], states: dict[str, State], left_out: Sequence[str]) -> str:
    """Return what every case shows, those that agree behind one heading, and what was asked of each metric."""
    told = [f"The claim asks for {sentences.listed([_asked(span) for span in rule.ranges])}."]
    for state, heading in HEADINGS.items():
        own = [_case_told(rule, case, spots) for case in _cases(spots) if states[case] == state]
        told += [f"{heading}: {'; '.join(own)}."] * bool(own)
    replicates = "processes" if rule.experiment == "cost" else "networks"
    told.append(f"Intervals are of 95 % over {min(spot.n for spot in spots)} {replicates}.")
    return " ".join(part for part in (*told, sentences.absent(left_out), rule.caveat) if part)


def _asked(span: Range) -> str:
    """Return a range in words: a mean between −0.1 and 0.1."""
    ends = [number(end, 3) for end in (span.low, span.high) if end is not None]
    if len(ends) == 2:
        return f"a {wording.metric(span.metric)} between {ends[0]} and {ends[1]}"
    return f"a {wording.metric(span.metric)} of {'less' if span.low is None else 'more'} than {ends[0]}"


def _case_told(rule: Bounds, case: str, spots: Sequence[Spot]) -> str:
    """Return the value of a case that lies nearest its bound, or farthest beyond, with its place and interval."""
    own = [spot for spot in spots if spot.case == case]
    worst = min(own, key=lambda spot: spot.slack)
    what = f"a {wording.metric(worst.metric)} of " if len(rule.ranges) > 1 else ""
    return f"{what}{number(worst.effect, 3)} [{number(worst.low, 3)}, {number(worst.high, 3)}] {worst.label}"
