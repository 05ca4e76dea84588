"""Rules of claims: each of the ninety can come out both ways on records made for it, and names what there is."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import claim_records
import pytest

from acts import claims, records
from acts.claims import known
from acts.claims.catalogue import EXPERIMENTS, Claim, Compound, Conjunction
from acts.claims.rules import Combination, Contrast, Sweep, Trend
from acts.claims.surveys import Policy

CLAIMS = claims.catalogue()
BY_ID = {claim.id: claim for claim in CLAIMS}
EVERY = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ENDLESS = {"C17": "a claim that some task exists; a finite list of tasks never refutes it, says its verdict line"}
SAME = ("supported", "equivalent")  # a claim of no difference that holds is equivalent


def parts(rule: Any) -> Iterator[Any]:
    """Yield every rule that a rule is made of."""
    if isinstance(rule, Compound):
        for part in rule.parts.values():
            yield from parts(part)
    else:
        yield rule


@cache
def judged(name: str, word: str) -> claims.Verdict:
    """Return the verdict on records made so that it is the word."""
    return claims.judge(BY_ID[name], claim_records.made(BY_ID[name], word))


@EVERY
def test_every_rule_can_be_supported(claim: Claim) -> None:
    found = judged(claim.id, "supported")
    assert found.verdict in SAME, found.sentence


@EVERY
def test_every_rule_can_be_refuted(claim: Claim) -> None:
    found = judged(claim.id, "refuted")
    if claim.id in ENDLESS:
        assert "never refuted" in claim.verdict
        assert found.verdict == "inconclusive"
    else:
        assert found.verdict == "refuted", found.sentence


@EVERY
def test_sentences_on_either_side_are_whole(claim: Claim) -> None:
    for word in ("supported", "refuted"):
        told = judged(claim.id, word).sentence
        assert told.endswith((".", ".)")), told
        assert not re.search(r"[{}]|\bnan\b|not a number|  | \.|\.\.|;\.|,\.|= None|_", _without_names(told)), told


def _without_names(text: str) -> str:
    """Return a text without σ_w and σ_b, the only underscores that a reader should meet."""
    return re.sub(r"σ_[wb]", "name", text)


@EVERY
def test_every_claim_is_judged_by_a_rule_of_a_known_comparison(claim: Claim) -> None:
    assert claim.rule.kind != "unmeasured"
    assert claim.experiment in EXPERIMENTS
    known.check(claim, records.frame([]))


@EVERY
def test_margins_are_those_set_beforehand(claim: Claim) -> None:
    for rule in parts(claim.rule):
        if isinstance(rule, Contrast | Combination | Policy) and rule.metric in ("outcome", "error", "loss_area"):
            allowed = {"error": 0.025, "error_area": 0.025, "loss": 0.05, "loss_area": 0.05}
            assert all(margin in (0, allowed[metric]) for metric, margin in rule.margins.items()), claim.id
        if isinstance(rule, Contrast) and rule.metric.endswith("_time_ratio"):
            assert rule.margin in (0.05, 0.2, 0.3333333), claim.id


@EVERY
def test_a_rule_of_measurement_says_where_its_claim_is_shown(claim: Claim) -> None:
    assert claim.sentences or isinstance(claim.rule, Conjunction), claim.id
    assert claim.evidence or not (NOTEBOOKS / f"{claim.notebook}.ipynb").exists(), claim.id


def test_directions_without_a_margin_are_few_and_named() -> None:
    bare = {claim.id for claim in CLAIMS for rule in parts(claim.rule)
            if isinstance(rule, Contrast | Sweep | Combination | Trend) and rule.margin == 0}  # fmt: skip
    assert bare == {"C11", "C12", "C20", "C21", "C22", "C26", "C34", "C45", "C80", "C86", "C88"}


def test_pairs_that_pull_against_each_other_are_opposed() -> None:
    pairs = {frozenset((claim.id, claim.contradicts)) for claim in CLAIMS if claim.contradicts}
    assert pairs == {
        frozenset(pair) for pair in (("C21", "C22"), ("C31", "C41"), ("C46", "C47"), ("C70", "C73"))
    }  # fmt: skip


def test_about_eighty_questions_are_distinct() -> None:
    assert sum(claim.same_evidence_as is None for claim in CLAIMS) == 81


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metric": "eror"}, "unknown metric 'eror'; did you mean 'error'"),
        ({"experiment": "mechanism"}, "unknown experiment 'mechanism'; did you mean 'mechanisms'"),
        ({"a": {"activation": "sigmiod(shift=-0.5)"}}, "unknown activation 'sigmiod"),
        ({"b": [{"best_of": ["tanh", "relo"]}]}, "unknown activation 'relo'; did you mean 'relu'"),
        ({"cells": {"dataset": ["digitz"]}}, "unknown data set 'digitz'; did you mean 'digits'"),
    ],
)
def test_a_part_that_names_what_nobody_knows_is_one_line(change: dict[str, Any], message: str) -> None:
    plain = {"kind": "contrast", "experiment": "mechanisms", "metric": "error", "a": "relu", "b": ["tanh"],
             "scale": "log", "margin": 0.025, "unit": "% less"}  # fmt: skip
    rule = {"kind": "all_of", "experiment": "mechanisms", "parts": {"one": plain, "other": {**plain, **change}}}
    entry = BY_ID["C13"].model_dump() | {"rule": rule}
    with pytest.raises(claims.ClaimError) as error:
        claims.judge(claims.parse(entry), records.frame([]))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["contrast", "combination", "policy"])
def test_a_part_without_a_margin_is_refused(kind: str) -> None:
    sides = {"contrast": {"a": "relu", "b": ["tanh"], "unit": "less"}, "policy": {
        "policy": "relu", "activations": ["relu", "tanh"]}, "combination": {"unit": "less", "terms": [
            {"activation": "relu", "weight": 1}, {"activation": "tanh", "weight": -1}]}}[kind]  # fmt: skip
    bare = {"kind": kind, "experiment": "mechanisms", "metric": "error", **sides}
    rule = {"kind": "all_of", "experiment": "mechanisms", "parts": {"one": bare, "other": bare}}
    with pytest.raises(claims.ClaimError, match=r"margin: Field required$"):
        claims.parse(BY_ID["C13"].model_dump() | {"rule": rule})
