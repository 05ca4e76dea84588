"""Claims: the catalogue is whole, a broken entry is one line, and a verdict follows the formula it rests on."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import exact_records
import pandas as pd
import pytest
import torch
from ruamel.yaml import YAML

import acts
from acts import claims, records
from acts.claims import exact, known, sentences
from acts.claims.catalogue import EXPERIMENTS, NOTEBOOKS, PATH, SOURCES, Exact
from acts.claims.facts import Case, Check
from acts.experiments import formulas

BY_ID = {claim.id: claim for claim in claims.catalogue()}
EXACT = [claim for claim in claims.catalogue() if isinstance(claim.rule, Exact)]


# the catalogue


def test_ninety_claims_in_order() -> None:
    assert list(BY_ID) == [f"C{number:02d}" for number in range(1, 91)]
    assert sum(claim.same_evidence_as is not None for claim in BY_ID.values()) == 9
    assert {claim.kind for claim in EXACT} >= {"exact"}
    assert all(isinstance(claim.rule, Exact) for claim in BY_ID.values() if claim.kind == "exact")


def test_every_claim_has_a_source_a_notebook_and_where_it_needs_one_a_margin() -> None:
    for claim in BY_ID.values():
        assert all(title in SOURCES for title in claim.sources)
        assert claim.experiment in EXPERIMENTS
        assert claim.notebook in NOTEBOOKS.values()
        if claim.rule.kind in ("contrast", "sweep"):
            assert claim.margin is not None, claim.id


def test_sources_are_cited_by_title_and_no_file_name() -> None:
    assert not re.search(r"\.txt|shared/|seeds/", PATH.read_text(encoding="utf-8"))


def test_datasets_and_activations_that_claims_may_name_are_those_there_are() -> None:
    from acts import datasets

    assert known.activations() == set(acts.names())
    own = {name for name in datasets.names() if not name.startswith(("pmlb_", "uci_"))}  # no claim is about one table
    assert {*own, "gaussian"} == set(known.DATASETS)


def test_a_rule_in_words_holds_no_shorthand() -> None:
    """`acts show C46` prints it to whoever meets the claim for the first time."""
    shorthand = re.compile(r"\b([A-Z]{2,}|vs|chi_1|sigma|log10)\b|[a-z]_[a-z]|f'|->|>=|\^|{|^exact$|^as C")
    allowed = re.compile(r"ReLU|\b(SGD|XOR|ELU|SELU|GELU|FAC|BCE|MSE|MNIST)\b")
    for claim in claims.catalogue():
        for told in (claim.measure, *claim.verdict.split(" / ")):
            assert not shorthand.search(allowed.sub("", told)), (claim.id, told)


def test_contradictions_point_at_each_other() -> None:
    pairs = {(claim.id, claim.contradicts) for claim in BY_ID.values() if claim.contradicts}
    assert ("C46", "C47") in pairs
    assert ("C31", "C41") in pairs
    assert {(b, a) for a, b in pairs} == pairs


def entry(name: str) -> dict:
    """Return a claim as it stands in the file."""
    return next(e for e in YAML(typ="safe", pure=True).load(PATH.read_text(encoding="utf-8")) if e["id"] == name)


def broken(name: str, **changes: object) -> dict:
    """Return a claim of the file with parts of its rule changed."""
    found = entry(name)
    return {**found, "rule": {**found["rule"], **changes}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "contrats"}, "claims.yaml: C25: rule: "),
        (
            {"experiment": "convergance"},
            "claims.yaml: C25: unknown experiment 'convergance'; did you mean 'convergence'?",
        ),
        ({"margin": None}, "claims.yaml: C25: rule.contrast.margin."),
        ({"quantifier": "always"}, "claims.yaml: C25: rule.contrast.quantifier: "),
        ({"wrong": 1}, "claims.yaml: C25: rule.contrast.wrong: "),
    ],
)
def test_a_broken_rule_is_one_line(change: dict, message: str) -> None:
    with pytest.raises(claims.ClaimError) as error:
        claims.parse(broken("C25", **change))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_contrast_without_margin_is_refused() -> None:
    found = entry("C25")
    del found["rule"]["margin"]
    with pytest.raises(claims.ClaimError, match=r"^claims.yaml: C25: rule.contrast.margin: Field required$"):
        claims.parse(found)


def test_a_rule_that_names_no_fact_of_its_own_is_refused() -> None:
    with pytest.raises(claims.ClaimError, match=r"C10: rule\.exact: unknown fact 'peek'; did you mean 'peak'"):
        claims.parse(broken("C10", effect="peek"))


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(claims.ClaimError, match="C10: sources: unknown source 'Hearsay'"):
        claims.parse({**entry("C10"), "sources": ["Hearsay"]})


def test_files_with_doubled_and_dangling_claims_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    yaml = YAML()
    yaml.dump([entry("C10"), entry("C10")], path)
    with pytest.raises(claims.ClaimError, match=r"^claims.yaml: C10: stands there twice$"):
        claims.load(path)
    yaml.dump([entry("C05")], path)
    with pytest.raises(claims.ClaimError, match=r"^claims.yaml: C05: unknown claim 'C01'"):
        claims.load(path)


@pytest.mark.parametrize(
    ("name", "what", "message"),
    [
        ("C10", {"activation": "sigmiod"}, "C10: unknown activation 'sigmiod'; did you mean 'sigmoid'? (44 known)"),
        ("C10", {"metric": "infinum"}, "C10: unknown metric 'infinum'; did you mean 'infimum'?"),
        ("C10", {"experiment": "formula"}, "C10: unknown experiment 'formula'; did you mean 'formulas'?"),
    ],
)
def test_judging_names_what_nobody_knows(name: str, what: dict, message: str) -> None:
    found = entry(name)
    facts = found["rule"]["facts"]
    claim = claims.parse(broken(name, facts={**facts, "low": {**facts["low"], **what}}))
    with pytest.raises(claims.ClaimError) as error:
        claims.judge(claim, records.frame([]))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_judging_names_an_unknown_data_set() -> None:
    claim = claims.parse(broken("C25", cells={"dataset": ["digitz"]}))
    with pytest.raises(claims.ClaimError, match="C25: unknown data set 'digitz'; did you mean 'digits'"):
        claims.judge(claim, records.frame([]))


def test_an_activation_that_only_the_records_know_may_be_named() -> None:
    claim = BY_ID["C28"].model_copy(update={"rule": _renamed(BY_ID["C28"].rule, "my_bump")})
    table = exact_records.measured()
    renamed = table[table["activation"] == "relu"].assign(activation="my_bump").astype(records.COLUMNS)
    assert claims.judge(claim, renamed).verdict == "refuted"


def _renamed(rule: Exact, name: str) -> Exact:
    facts = {key: fact.model_copy(update={"activation": name}) for key, fact in rule.facts.items()}
    return rule.model_copy(update={"facts": facts})


# exact verdicts

EXPECTED = {
    "C01": "supported", "C02": "true if", "C04": "refuted", "C05": "true if", "C10": "supported", "C24": "true if",
    "C27": "refuted", "C28": "refuted", "C38": "supported", "C39": "supported", "C48": "true if", "C52": "supported",
    "C62": "supported", "C64": "refuted", "C66": "refuted", "C67": "supported", "C71": "true if", "C72": "supported",
    "C74": "refuted", "C75": "true if", "C76": "supported", "C77": "supported", "C78": "supported", "C79": "true if",
}  # fmt: skip


def test_every_exact_claim_is_decided() -> None:
    assert {claim.id: claims.judge(claim, exact_records.measured()).verdict for claim in EXACT} == EXPECTED


@pytest.mark.parametrize("claim", EXACT, ids=lambda claim: claim.id)
def test_exact_verdicts_carry_effect_unit_interval_and_sentence(claim: claims.Claim) -> None:
    found = claims.judge(claim, exact_records.measured())
    assert found.effect == found.low == found.high
    assert found.level == 1.0
    assert found.n is None
    assert found.unit
    assert found.verdict != "true if" or re.match(r"if .+; not if .+", found.condition)
    word = found.verdict.capitalize().removesuffix(" if")
    assert re.match(rf"{word}( if .+; not if .+)?\. [A-Zσ0-9].+[\w%)]\.$", found.sentence), found.sentence
    assert not re.search(r"[{}]|nan|not a number", found.sentence)


@pytest.mark.parametrize("claim", EXACT, ids=lambda claim: claim.id)
def test_exact_claims_without_their_facts_are_not_decidable(claim: claims.Claim) -> None:
    table = exact_records.measured()
    name = next(iter(claim.rule.facts.values()))
    without = table[(table["activation"] != name.activation) | (table["metric"] != name.metric)]
    found = claims.judge(claim, without)
    assert found.verdict == "not decidable"
    assert name.metric in found.sentence
    assert claims.judge(claim, records.frame([])).verdict == "not measured here"


def test_templates_hold_no_typed_result() -> None:
    allowed = re.compile(r"\{[^}]*\}|\((?:19|20)\d\d\)|float32|x = |1/x|1 − [σf]|C\d\d")
    for claim in BY_ID.values():
        for template in claim.sentences.values():
            assert not re.search(r"\d", allowed.sub("", template)), f"{claim.id}: {template}"


def test_numbers_in_sentences_are_those_of_the_records() -> None:
    table = exact_records.measured().copy()
    peak = (table["activation"] == "sigmoid") & (table["metric"] == "derivative_supremum")
    table.loc[peak, "value"] = 0.375
    found = claims.judge(BY_ID["C10"], table)
    assert found.verdict == "refuted"
    assert "0.375" in found.sentence
    assert "the derivative" in found.condition


# a formula perturbed, a verdict changed


def perturbed(monkeypatch: pytest.MonkeyPatch, name: str, formula: str, body: object) -> pd.DataFrame:
    """Return the records with one activation replaced by another formula, as if the catalogue had said so."""
    measured = exact_records.measured()  # kept for other tests, so before anything is replaced
    other = dataclasses.replace(acts.get(name), formula=formula, body=body, fast=None)
    monkeypatch.setattr(formulas, "get", lambda word: other if word == name else acts.get(word))
    readers = [reader for reader, parts in formulas.PARTICULAR.items() if any(name in ask[1] for ask in parts.values())]
    fresh = [table for one in (name, *readers) for table in exact_records.tables(formulas.get(one))]
    return records.check(records.concat([measured[~measured["activation"].isin([name, *readers])], *fresh]))


@pytest.mark.parametrize(
    ("name", "formula", "body", "changed"),
    [
        (
            "sigmoid", "1 / (1 + exp(-3*x))", lambda x: torch.sigmoid(3 * x),
            {"C10": "refuted", "C75": "refuted", "C77": "refuted"},
        ),
        ("tanh", "x", lambda x: x + 0 * x, {"C02": "refuted", "C24": "supported"}),
        (
            "relu", "Piecewise((x, x > 0), (x/10, True))", lambda x: torch.where(x > 0, x, x / 10),
            {"C28": "supported"},
        ),
        ("leaky_relu", "x / 2", lambda x, alpha: x / 2 + 0 * alpha, {"C48": "refuted"}),
        ("identity", "sin(x)", torch.sin, {"C01": "refuted", "C05": "refuted"}),
        ("elu", "x / 2", lambda x, alpha: x / 2 + 0 * alpha, {"C62": "refuted"}),
        ("softsign", "x / (1 + x**2)", lambda x: x / (1 + x**2), {"C67": "refuted"}),
        (
            "softplus", "Piecewise((x, x > 0), (0, True))", lambda x, **_: torch.relu(x),
            {"C71": "refuted"},
        ),
        ("softmax", None, torch.sigmoid, {"C76": "refuted"}),
        ("softmax", None, lambda x: torch.softmax(3 * x, dim=-1), {"C75": "refuted"}),
        ("bilinear", None, lambda x: x[..., :1] + x[..., 1:], {"C05": "supported"}),
        (
            "swish", "x * exp(x) / (2 + exp(x))", lambda x, **_: x * torch.exp(x) / (2 + torch.exp(x)),
            {"C77": "refuted"},
        ),
        ("swish", "x", lambda x, **_: x + 0 * x, {"C77": "refuted", "C78": "refuted", "C79": "supported"}),
    ],
)  # fmt: skip
def test_perturbing_a_formula_changes_the_verdict(
    monkeypatch: pytest.MonkeyPatch, name: str, formula: str | None, body: object, changed: dict[str, str]
) -> None:
    table = perturbed(monkeypatch, name, formula, body)
    found = {claim: claims.judge(BY_ID[claim], table) for claim in changed}
    assert {claim: verdict.verdict for claim, verdict in found.items()} == changed
    assert all(changed[claim] != EXPECTED[claim] for claim in changed)
    assert not any(re.search(r"[{}]", verdict.sentence) for verdict in found.values())


def test_selu_constants_follow_the_formula_and_the_quotation(monkeypatch: pytest.MonkeyPatch) -> None:
    right = claims.parse(broken("C64", quoted={"quoted_scale": 1.0507, "quoted_alpha": 1.6733}))
    assert claims.judge(right, exact_records.measured()).verdict == "supported"
    formula = "Piecewise((x, x > 0), (alpha*x/(1 - x), True))"
    table = perturbed(monkeypatch, "elu", formula, lambda x, alpha: torch.where(x > 0, x, alpha * x / (1 + x.abs())))
    assert claims.judge(right, table).verdict == "refuted"


# the logic of a rule


def rule(quantifier: str, *held: bool) -> Exact:
    """Return a rule with one case for each wanted outcome."""
    facts = {"one": {"activation": "relu", "metric": "mean"}}
    cases = [{"when": f"case {i}", "checks": [["one", "==", 1.0 if good else 2.0]]} for i, good in enumerate(held)]
    return Exact.model_validate(
        {"kind": "exact", "facts": facts, "quantifier": quantifier, "cases": cases, "effect": "one", "unit": "it"}
    )


@pytest.mark.parametrize(
    ("quantifier", "held", "word"),
    [
        ("all", (True, True), "supported"),
        ("all", (True, False), "refuted"),
        ("some", (False, True), "supported"),
        ("some", (False, False), "refuted"),
        ("unstated", (True, True), "supported"),
        ("unstated", (True, False), "true if"),
        ("unstated", (False, False), "refuted"),
    ],
)
def test_quantifiers(quantifier: str, held: tuple[bool, ...], word: str) -> None:
    found = rule(quantifier, *held)
    assert exact.decide(found, [exact.holds(case, {"one": 1.0}) for case in found.cases]) == word


@pytest.mark.parametrize(
    ("op", "right", "within", "holds"),
    [
        ("<", 1.0, 0.0, False), ("<=", 1.0, 0.0, True), ("<=", 0.99, 0.02, True), ("<=", 0.9, 0.02, False),
        (">", 0.99, 0.0, True), (">=", 1.01, 0.02, True), (">=", 1.1, 0.02, False), ("==", 1.004, 5e-3, True),
        ("==", 1.006, 5e-3, False), ("!=", 1.006, 5e-3, True), ("!=", 1.0, 0.0, False),
        ("<", float("inf"), 0.0, True),
    ],
)  # fmt: skip
def test_comparisons(op: str, right: float, within: float, holds: bool) -> None:
    check = Check.model_construct(left="one", op=op, right=right, within=within)
    assert exact.compare(check, {"one": 1.0}) is holds


def test_infinite_facts_compare() -> None:
    check = Check(left="one", op="==", right="two")
    assert exact.compare(check, {"one": float("inf"), "two": float("inf")})
    assert exact.holds(Case(checks=(Check(left="one", op=">", right=1e6),)), {"one": float("inf")})


# numbers in words


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 4, "0"), (-0.0, 4, "0"), (1.0, 4, "1"), (-1.0, 4, "−1"), (0.25000000000000006, 4, "0.25"),
        (1.2234567, 4, "1.223"), (-103.972, 5, "−103.97"), (1234.4, 3, "1234"), (3.2e-14, 4, "3.2 × 10⁻¹⁴"),
        (1e-62, 4, "10⁻⁶²"), (-1.5e7, 4, "−1.5 × 10⁷"), (float("inf"), 4, "∞"), (float("-inf"), 4, "−∞"),
        (9.9999e-4, 2, "0.001"), (0.0009999, 2, "0.001"), (99999.7, 4, "10⁵"),
    ],
)  # fmt: skip
def test_numbers(value: float, digits: int, text: str) -> None:
    assert sentences.number(value, digits) == text


@pytest.mark.parametrize(
    ("exponent", "text"),
    [(0.0, "1"), (1e-15, "1"), (-30.1, "10⁻³⁰"), (3.0, "1000"), (-float("inf"), "0"), (7.4, "10⁷")],
)
def test_powers(exponent: float, text: str) -> None:
    assert sentences.power(exponent) == text


def test_templates_are_filled_and_never_evaluated() -> None:
    assert sentences.fill("{a:3} and {b}", {"a": 1 / 3, "b": "text {a}"}) == "0.333 and text {a}"
    assert sentences.fill("{a:percent}, {a:power}, {a:snap}", {"a": 1e-17}) == "0.00 %, 1, 0"
    assert sentences.fill("{a.__class__} {} {0}", {"a": 1.0}) == "{a.__class__} {} {0}"
    with pytest.raises(claims.ClaimError, match="asks for 'beta', which nothing measures"):
        sentences.fill("{beta}", {"alpha": 1.0})
    with pytest.raises(claims.ClaimError, match="unknown form 'euros'"):
        sentences.fill("{a:euros}", {"a": 1.0})


def test_a_template_that_asks_for_too_much_names_its_claim() -> None:
    claim = BY_ID["C28"].model_copy(update={"sentences": {"refuted": "It is {it}."}})
    with pytest.raises(claims.ClaimError, match=r"^C28: a sentence asks for 'it'"):
        claims.judge(claim, exact_records.measured())


def test_lists_in_words() -> None:
    assert sentences.listed([]) == ""
    assert sentences.listed(["a"]) == "a"
    assert sentences.listed(["a", "b", "c"]) == "a, b and c"
    assert sentences.listed(["a, b", "c"]) == "a, b; c"


def test_judging_never_imports_torch() -> None:
    code = "import acts.claims, sys; acts.claims.catalogue(); assert 'torch' not in sys.modules, 'torch'"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
