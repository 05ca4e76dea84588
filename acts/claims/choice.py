"""Choice: does it matter at all which activation is taken? An omnibus test over blocks of equal conditions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acts import stats, wording
from acts.claims import pairs, sentences
from acts.claims.catalogue import Claim, ClaimError, Verdict, Word
from acts.claims.index import Index
from acts.claims.sentences import number
from acts.claims.surveys import Omnibus
from acts.records import paired, where

SEED = 6  # of the shuffles: the same records give the same p


@dataclass(frozen=True)
class Test:
    """One omnibus test: what it compares, its outcome, and how many seeds stand in its blocks."""

    metric: str
    arms: tuple[str, ...]
    found: stats.Omnibus
    seeds: int


def judge(claim: Claim, rule: Omnibus, index: Index) -> Verdict:
    """Return *supported* where ω² is surely above the share that matters in every test, *refuted* below the negligible.

    One test a metric, with and without the extremes; p by Holm over all of them.
    """
    wanted = [*rule.activations, *rule.extremes]
    missing = pairs.not_run(rule.experiment, wanted, index.activations(rule.experiment))
    if missing:
        return _blank(claim, "not measured here", missing)
    groups = dict.fromkeys((rule.activations, (*rule.activations, *rule.extremes)))
    tests: list[Test] = []
    for metric in rule.metrics:
        for arms in groups:
            outcome = _test(claim, rule, index, metric, arms)
            if isinstance(outcome, str):
                return _blank(claim, "not decidable", outcome)
            tests.append(outcome)
    return _verdict(claim, rule, tests)


def _test(claim: Claim, rule: Omnibus, index: Index, metric: str, arms: Sequence[str]) -> Test | str:
    """Return one test on logs, or why it cannot be made."""
    rows = where(pairs.chosen(index, rule, metric, over=()), activation=list(arms))
    if rows.empty:
        return f"the records of {rule.experiment} hold no {metric} for it"
    try:
        blocks = paired(rows, metric, index=rule.blocks).reindex(columns=list(arms))
    except ValueError as error:
        raise ClaimError(f"{claim.id}: {error}") from None
    gaps = blocks.isna().any()
    if gaps.any():
        lacking, holes = wording.activation(str(gaps.idxmax())), int(blocks.isna().sum().max())
        return f"the records lack {wording.metric(metric)} of {lacking} in {holes} of {len(blocks)} blocks"
    if (blocks <= 0).to_numpy().any():
        return f"{metric} is not positive, so it has no log"
    found = stats.omnibus(np.log(blocks.to_numpy(float)), rng=np.random.default_rng(SEED))
    return Test(metric, tuple(arms), found, rows["seed"].nunique())


def _verdict(claim: Claim, rule: Omnibus, tests: Sequence[Test]) -> Verdict:
    p_holm = stats.holm([test.found.p for test in tests])
    refuting = [i for i, test in enumerate(tests) if test.found.high < rule.negligible]
    weakest = refuting[0] if refuting else min(range(len(tests)), key=lambda i: tests[i].found.low)
    word = _word(rule, tests, float(p_holm.max()), bool(refuting))
    test = tests[weakest]
    names = ", ".join(wording.activation(name) for name in test.arms)
    place = f"{wording.metric(test.metric)} over {names}; {test.found.blocks} blocks of {', '.join(rule.blocks)}"
    verdict = Verdict(
        claim.id, word, effect=test.found.omega_squared, unit=rule.unit, low=test.found.low, high=test.found.high,
        level=test.found.level, n=test.seeds, margin=rule.matters, p_holm=float(p_holm[weakest]), condition=place,
        evidence=claim.evidence,
    )  # fmt: skip
    return sentences.write(
        claim, verdict, {"story": f"{_story(tests, weakest)} {rule.caveat}".strip()}, default="{story}"
    )


def _word(rule: Omnibus, tests: Sequence[Test], p: float, refuted: bool) -> Word:
    if refuted:
        return "refuted"
    matters = all(test.found.low > rule.matters for test in tests) and p <= stats.ALPHA
    return "supported" if matters else "inconclusive"


def _story(tests: Sequence[Test], weakest: int) -> str:
    told = [
        f"{number(test.found.omega_squared, 2)} [{number(test.found.low, 2)}, {number(test.found.high, 2)}] of the"
        f" {wording.metric(test.metric)} over {len(test.arms)} activations{' on ranks' if test.found.ranks else ''}"
        for test in tests
    ]
    leading = "Within blocks the choice explains this share of the variance (ω² with its 95 % interval):"
    names = sentences.listed([wording.activation(name) for name in tests[weakest].arms])
    weak = f"The weakest is the {wording.metric(tests[weakest].metric)} over {names}."
    return f"{leading} {'; '.join(told)}. {weak}"


def _blank(claim: Claim, word: Word, why: str) -> Verdict:
    verdict = Verdict(claim.id, word, condition=why, evidence=claim.evidence)
    return sentences.write(claim, verdict, {"why": why, "story": why}, default=f"{why[0].upper()}{why[1:]}.")
