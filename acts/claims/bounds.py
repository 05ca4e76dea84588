"""Bounds: claims that a measured quantity stays within a range, in every case that the claim leaves open."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd
from jaxtyping import Float

from acts import stats
from acts.claims import pairs, sentences
from acts.claims.catalogue import Claim, Verdict, Word
from acts.claims.rules import Bounds, Range
from acts.claims.sentences import number
from acts.records import where

State = Literal["inside", "outside", "open"]


@dataclass(frozen=True)
class Spot:
    """One metric at one place: its mean over networks with interval, and how surely it lies inside or outside.

    ``slack`` is the distance to the nearer bound of the range, negative outside.
    """

    case: str
    label: str
    effect: float
    low: float
    high: float
    n: int
    slack: float
    p_inside: float
    p_outside: float


def judge(claim: Claim, rule: Bounds, records: pd.DataFrame) -> Verdict:
    """Return *supported* where every case is inside, *refuted* where none is, *true if* where cases disagree.

    A case is inside when every interval lies within its range, outside when one lies beyond it after Holm.
    """
    run = where(records, experiment=rule.experiment)
    missing = pairs.not_run(rule.experiment, "activation", [rule.activation], run)
    if missing:
        return _blank(claim, "not measured here", missing)
    failed = _premise(rule, records)
    if failed:
        return _blank(claim, "not decidable" if "no " in failed else "refuted", failed)
    for span in rule.ranges:
        if pairs.chosen(run, span.metric, rule.cells, rule.over).empty:
            return _blank(claim, "not decidable", f"the records of {rule.experiment} hold no {span.metric} for it")
    spots, left_out = _spots(rule, run)
    if not spots:
        return _blank(claim, "not measured here", f"this configuration runs {rule.experiment} without {left_out[0]}")
    states = {case: _state([spot for spot in spots if spot.case == case]) for case in _cases(spots)}
    few = stats.smallest_p(min(spot.n for spot in spots)) > stats.ALPHA
    word: Word = "not decidable" if few else _word(states)
    decisive = _decisive(spots, states, word)
    verdict = Verdict(
        claim.id, word, effect=decisive.effect, unit=rule.unit, low=decisive.low, high=decisive.high,
        level=stats.LEVEL, n=decisive.n, p_holm=_p(spots, states, word, decisive),
        condition=_condition(rule, states, word), evidence=claim.evidence,
    )  # fmt: skip
    return sentences.write(claim, verdict, {"story": _story(rule, spots, states, left_out)}, default="{story}")


def _blank(claim: Claim, word: Word, why: str) -> Verdict:
    verdict = Verdict(claim.id, word, condition=why, evidence=claim.evidence)
    return sentences.write(claim, verdict, {"why": why, "story": why}, default=f"{why[0].upper()}{why[1:]}.")


def _premise(rule: Bounds, records: pd.DataFrame) -> str:
    """Return why the premise does not hold, or an empty string."""
    if rule.premise is None:
        return ""
    name, most = rule.premise.metric, rule.premise.at_most
    rows = where(records, experiment="formulas", phase="exact", activation=rule.activation, metric=name)
    if rows.empty:
        return f"the records hold no {name} of {rule.activation}"
    worst = float(rows["value"].abs().max())
    return "" if worst <= most else f"{name} of {rule.activation} is {number(worst, 3)}, above {number(most, 2)}"


def _spots(rule: Bounds, run: pd.DataFrame) -> tuple[list[Spot], list[str]]:
    spots: list[Spot] = []
    left_out: list[str] = []
    for span in rule.ranges:
        rows = where(pairs.chosen(run, span.metric, rule.cells, rule.over), activation=rule.activation)
        levels, absent = pairs.grid(rows, rule.cells, rule.over)
        left_out += [name for name in absent if name not in left_out]
        for place in product(*([(column, level) for level in found] for column, found in levels.items())):
            values = where(rows, **dict(place))["value"].to_numpy(float)
            if len(values):
                spots.append(_spot(rule, span, dict(place), values))
    return spots, left_out


def _spot(rule: Bounds, span: Range, place: dict[str, Any], values: Float[np.ndarray, " network"]) -> Spot:
    whole = stats.compare(values)
    above = [(span.low, 1.0), (span.high, -1.0)]
    beyond = [(span.below, -1.0), (span.above, 1.0)]
    p_in = [stats.compare(sign * (values - end)).p_positive for end, sign in above if end is not None]
    p_out = [stats.compare(sign * (values - end)).p_positive for end, sign in beyond if end is not None]
    slack = min(sign * (whole.effect - end) for end, sign in above if end is not None)
    where_it_is = [pairs.named(column, level) for column, level in place.items()]
    return Spot(
        str(place[rule.case]), f"{span.metric} at {', '.join(where_it_is)}", whole.effect, whole.low, whole.high,
        whole.n, slack, min(1.0, 2 * max(p_in)), min(1.0, 2 * min(p_out)),
    )  # fmt: skip


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
    """Return the spot nearest its bound where the claim holds, else the one farthest beyond."""
    inside = [spot for spot in spots if states[spot.case] == "inside"]
    if word in ("supported", "true if") and inside:
        return min(inside, key=lambda spot: spot.slack)
    return min(spots, key=lambda spot: spot.slack)


def _p(spots: Sequence[Spot], states: dict[str, State], word: Word, decisive: Spot) -> float:
    """Return the largest p of what the word asserts: every spot inside, and one outside of each case that is."""
    if word == "inconclusive":
        return decisive.p_inside
    asserted = [spot.p_inside for spot in spots if states[spot.case] == "inside"]
    for case in (case for case, state in states.items() if state == "outside"):
        asserted.append(float(min(stats.holm([spot.p_outside for spot in spots if spot.case == case]))))
    return max(asserted, default=1.0)


def _condition(rule: Bounds, states: dict[str, State], word: Word) -> str:
    spoken = {
        state: [rule.cases.get(case, f"{rule.case} {case}") for case, found in states.items() if found == state]
        for state in ("inside", "outside")
    }
    if word == "true if":
        return f"if {' or '.join(spoken['inside'])}; not if {' or '.join(spoken['outside'])}"
    return f"{rule.case} {', '.join(states)}"


def _story(rule: Bounds, spots: Sequence[Spot], states: dict[str, State], left_out: Sequence[str]) -> str:
    told = [_case_told(rule, case, state, spots) for case, state in states.items()]
    if left_out:
        told.append(f"Not measured here: {', '.join(left_out)}.")
    return " ".join([*told, *[rule.caveat] * bool(rule.caveat)])


def _case_told(rule: Bounds, case: str, state: State, spots: Sequence[Spot]) -> str:
    own = [spot for spot in spots if spot.case == case]
    worst = min(own, key=lambda spot: spot.slack)
    words = {"inside": "within the range everywhere", "outside": "outside it", "open": "undecided"}
    name = rule.cases.get(case, f"{rule.case} {case}")
    ends = f"95 % interval [{number(worst.low, 3)}, {number(worst.high, 3)}], {worst.n} networks"
    opening = name[:1].upper() + name[1:]
    return f"{opening}: {words[state]}, at worst {worst.label} = {number(worst.effect, 3)} ({ends})."
