"""Policies: claims of advice, judged by what a fixed habit loses against an oracle that picks on other seeds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from acts import stats, wording
from acts.claims import sentences, suites
from acts.claims.catalogue import Claim, Verdict, Word
from acts.claims.index import Index
from acts.claims.sentences import number
from acts.claims.suites import Filled, Suite
from acts.claims.surveys import ELSEWHERE, Policy
from acts.stats import Comparison, Decision

FEWEST = 4  # seeds, so that an oracle picks on two at least
TASKS = 12  # the fewest tasks that "in most cases" can be judged on
Lost = list[Float[np.ndarray, " _"] | None]  # by seed, or by task


def judge(claim: Claim, rule: Policy, index: Index) -> Verdict:
    """Return the verdict on a policy: whether its regret is below the bound, or above, by tasks or cell by cell."""
    suite = suites.collect(rule, rule.activations, index)
    if suite.unmeasured or suite.absent:
        word: Word = "not measured here" if suite.unmeasured else "not decidable"
        return _blank(claim, word, suite.unmeasured or suite.absent)
    if rule.quantifier == "mean":
        if len(suite.tasks) < TASKS:
            return _blank(claim, "not measured here", f"{len(suite.tasks)} tasks here; most cases need {TASKS}")
        if gap := next((f"{task.label}: {task.reason}" for task in suite.tasks if task.reason), ""):
            return _blank(claim, "not decidable", gap)
    if gap := _unfit(rule, suite):
        return _blank(claim, "not decidable", gap)
    found = [_shifted(rule, lost) for lost in _by_replicate(rule, _regrets(rule, rule.policy, suite.tasks))]
    quantifier: Any = "everywhere" if rule.quantifier == "mean" else rule.quantifier
    return _verdict(claim, rule, suite, found, stats.decide(found, quantifier=quantifier))


def _unfit(rule: Policy, suite: Suite) -> str:
    """Return why regrets cannot be had: too few seeds to pick and to score on, or tasks that cannot be stacked."""
    sizes = {len(task.seeds) for task in suite.tasks if not task.reason}
    if not sizes:
        return f"{suite.tasks[0].label}: {suite.tasks[0].reason}"
    if min(sizes) < FEWEST:
        return f"{min(sizes)} seeds are too few to pick on one half and score on the other"
    if ELSEWHERE in (rule.policy, *rule.beside):
        if len(sizes) > 1 or any(task.reason for task in suite.tasks):
            return "the tasks do not all have the same seeds"
        if len({task.family for task in suite.tasks}) < 2:
            return "all tasks are of one family, so there is no other to learn from"
    return ""


def _regrets(rule: Policy, policy: str, tasks: Sequence[Filled]) -> Lost:
    """Return the regret of a policy by task and seed, in margins; None where a task has a hole."""
    arms: dict[int, int] = {}
    if policy == ELSEWHERE:
        outcomes = np.stack([task.values / _margin(rule, task) for task in tasks])
        arms = dict(enumerate(stats.elsewhere(outcomes, [task.family for task in tasks]).tolist()))
    else:
        arms = dict.fromkeys(range(len(tasks)), rule.activations.index(policy))
    return [
        None if task.reason else stats.regret(task.values[None] / _margin(rule, task), np.array([arms[at]]))[0]
        for at, task in enumerate(tasks)
    ]


def _margin(rule: Policy, task: Filled) -> float:
    margin = rule.margins.get(task.metric) or next(iter(rule.margins.values()))
    return float(-np.log1p(-margin))


def _by_replicate(rule: Policy, lost: Lost) -> Lost:
    """Return the regrets whose mean is judged: of tasks, or of seeds task by task."""
    if rule.quantifier != "mean":
        return lost
    with np.errstate(invalid="ignore"):
        means = np.array([np.nan if one is None else one.mean() for one in lost])
    return [np.nan_to_num(means, nan=0.0, posinf=np.inf, neginf=-np.inf)]


def _shifted(rule: Policy, lost: Float[np.ndarray, "..."] | None) -> Comparison | None:
    """Return by how much regrets lie on the claim's side of the bound."""
    if lost is None:
        return None
    return stats.compare(rule.bound - lost if rule.better == "lower" else lost - rule.bound)


def _shown(rule: Policy, found: Comparison) -> tuple[float, float, float]:
    """Return the regret and its interval, from how far it lies on the claim's side of the bound."""
    if rule.better == "lower":
        return rule.bound - found.effect, rule.bound - found.high, rule.bound - found.low
    return rule.bound + found.effect, rule.bound + found.low, rule.bound + found.high


def _verdict(
    claim: Claim, rule: Policy, suite: Suite, found: Sequence[Comparison | None], decision: Decision
) -> Verdict:
    if decision.deciding is None:
        gap = next((f"{task.label}: {task.reason}" for task in suite.tasks if task.reason), decision.note)
        return _blank(claim, "not decidable", gap)
    deciding = found[decision.deciding]
    assert deciding is not None
    effect, low, high = _shown(rule, deciding)
    task = suite.tasks[decision.deciding].label if rule.quantifier != "mean" else f"{len(suite.tasks)} tasks"
    verdict = Verdict(
        claim.id, decision.word, effect=effect, unit=rule.unit, low=low, high=high, level=deciding.level,
        n=deciding.n, margin=rule.bound, p_holm=decision.p, condition=task, evidence=claim.evidence,
    )  # fmt: skip
    oracle = f"The oracle picks among {len(rule.activations)} activations, on the other half of the seeds."
    notes = tuple(note for note in (oracle, sentences.absent(suite.left_out)) if note)
    verdict = replace(verdict, notes=notes)
    story = " ".join(part for part in (_story(rule, suite, found, decision), rule.caveat, *notes) if part)
    return sentences.write(claim, verdict, {"story": story}, default="{story}")


def _story(rule: Policy, suite: Suite, found: Sequence[Comparison | None], decision: Decision) -> str:
    deciding = found[decision.deciding or 0]
    assert deciding is not None
    at = "" if rule.quantifier == "mean" else f" {wording.place(suite.tasks[decision.deciding or 0].place)}"
    ending = [
        f"bound {number(rule.bound)}",
        f"p = {number(decision.p or 0.0, 2)}",
        *[decision.note] * bool(decision.note),
    ]
    told = [f"{_named(rule.policy)}{at} {_told(rule, deciding, '; ' + ', '.join(ending))}."]
    if len(found) > 1:
        told.append(sentences.counted([sentences.SIDES.get(part, part) for part in decision.parts], "settings"))
    for policy in rule.beside:
        other = _by_replicate(rule, _regrets(rule, policy, suite.tasks))
        compared = _shifted(rule, other[decision.deciding or 0])
        told += [f"{_named(policy)} {_told(rule, compared)}."] if compared else []
    return " ".join(told)


def _told(rule: Policy, found: Comparison, closing: str = "") -> str:
    """Return what is lost with its interval; a loss below nothing is told as a gain."""
    effect, low, high = _shown(rule, found)
    verb = "loses"
    if effect < 0:
        verb, effect, low, high = "gains", -effect, -high, -low
    what = "tasks" if rule.quantifier == "mean" else "seeds"
    ranks = " on ranks" if found.ranks else ""
    size = "nothing" if number(effect, 3) == "0" else f"{number(effect, 3)} margins"
    ends = f"95 % interval [{number(low, 3)}, {number(high, 3)}], {found.n} {what}{ranks}"
    return f"{verb} {size} ({ends}{closing})"


def _named(policy: str) -> str:
    return (
        "Taking what is best on the other families"
        if policy == ELSEWHERE
        else f"Always taking {wording.spoken(policy)}"
    )


def _blank(claim: Claim, word: Word, why: str) -> Verdict:
    verdict = Verdict(claim.id, word, condition=why, evidence=claim.evidence)
    return sentences.write(claim, verdict, {"why": why, "story": why}, default=f"{why[0].upper()}{why[1:]}.")
