"""Spread: claims that the choice of activation matters much, beside what the luck of a seed does."""

from collections.abc import Sequence

from acts import stats, wording
from acts.claims import sentences, suites
from acts.claims.catalogue import Claim, Verdict, Word
from acts.claims.index import Index
from acts.claims.sentences import number
from acts.claims.suites import Filled, Suite
from acts.claims.surveys import Spread

Told = tuple[Filled, stats.Spread]


def judge(claim: Claim, rule: Spread, index: Index) -> Verdict:
    """Return *supported* where the ratio surely exceeds a bound on most tasks, *refuted* where it stays below another.

    On most tasks means on more than half of them, by a test of that very sentence; a task with a hole counts as one on
    which nothing is sure.
    """
    suite = suites.collect(rule, rule.activations, index)
    if suite.unmeasured or suite.absent:
        word: Word = "not measured here" if suite.unmeasured else "not decidable"
        return _blank(claim, word, suite.unmeasured or suite.absent)
    if len(suite.tasks) < rule.tasks:
        return _blank(
            claim, "not measured here", f"{len(suite.tasks)} tasks here; a claim about most needs {rule.tasks}"
        )
    told = [(task, stats.spread(task.values)) for task in suite.tasks if not task.reason and len(task.seeds) > 1]
    needed = len(suite.tasks) // 2 + 1
    if len(told) < needed:
        gap = next(task for task in suite.tasks if task.reason)
        return _blank(claim, "not decidable", f"{gap.label}: {gap.reason}")
    return _verdict(claim, rule, suite, told, needed, _beside(rule, index))


def _verdict(claim: Claim, rule: Spread, suite: Suite, told: Sequence[Told], needed: int, beside: str) -> Verdict:
    total = len(suite.tasks)
    above = _sure([2 * found.p_above(rule.beyond) for _, found in told], total, needed)
    below = _sure([2 * found.p_below(rule.below) for _, found in told], total, needed)
    word: Word = "inconclusive"
    if above <= stats.ALPHA:
        word = "supported"
    elif below <= stats.ALPHA:
        word = "refuted"
    ranked = sorted(told, key=lambda one: one[1].high if word == "refuted" else -one[1].low)
    task, found = ranked[needed - 1]
    p = below if word == "refuted" else above
    verdict = Verdict(
        claim.id, word, effect=found.ratio, unit=rule.unit, low=found.low, high=found.high, level=found.level,
        n=found.seeds, margin=rule.beyond, p_holm=p, evidence=claim.evidence,
        condition=f"{total} tasks; decided at {task.label}",
    )  # fmt: skip
    counts = (sum(one.low > rule.beyond for _, one in told), sum(one.high < rule.below for _, one in told))
    over, under = (count or "none" for count in counts)
    story = (
        f"The ratio surely exceeds {number(rule.beyond)} on {over} of {total} tasks and lies surely below"
        f" {number(rule.below)} on {under}; more than half, {needed}, would decide (p = {number(p, 2)}). The"
        f" {_ordinal(needed)} strongest, {task.label}, has {_ratio(found)}."
    )
    gaps = [f"{one.label}, {one.reason}" for one in suite.tasks if one.reason]
    story += f" Not decidable on {len(gaps)} ({gaps[0]})." if gaps else ""
    whole = (story, beside, sentences.absent(suite.left_out), rule.caveat)
    values: dict[str, float | str] = {"story": " ".join(part for part in whole if part)}
    return sentences.write(claim, verdict, values, default="{story}")


def _sure(p_values: Sequence[float], total: int, needed: int) -> float:
    """Return the p of "on fewer tasks than needed"; tasks without a value count as 1."""
    known = [min(1.0, p) for p in p_values]
    return stats.at_least_p([*known, *[1.0] * (total - len(known))], needed)


def _ratio(found: stats.Spread) -> str:
    ranks = " on ranks" if found.ranks else ""
    return f"{number(found.ratio, 3)} (95 % interval [{number(found.low, 3)}, {number(found.high, 3)}]{ranks})"


def _ordinal(place: int) -> str:
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"


def _beside(rule: Spread, index: Index) -> str:
    """Return the middle task's ratio with the extremes among the activations, which decides nothing."""
    if not rule.extremes:
        return ""
    suite = suites.collect(rule, (*rule.activations, *rule.extremes), index)
    found = [stats.spread(task.values) for task in suite.tasks if not task.reason and len(task.seeds) > 1]
    if not found:
        return ""
    middle = sorted(found, key=lambda one: one.ratio)[len(found) // 2]
    names = sentences.listed([wording.spoken(name) for name in rule.extremes])
    return f"With {names} too the middle one of {len(found)} tasks has {_ratio(middle)}."


def _blank(claim: Claim, word: Word, why: str) -> Verdict:
    verdict = Verdict(claim.id, word, condition=why, evidence=claim.evidence)
    return sentences.write(claim, verdict, {"why": why, "story": why}, default=f"{why[0].upper()}{why[1:]}.")
