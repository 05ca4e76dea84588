"""What a configuration brings along is judged by the review's own rules, in a chapter of its own."""

import re

import claim_records
import numpy as np
import pandas as pd
import pytest

from acts import claims, params, records, stats, wording
from acts.claims import asking, likeness
from acts.claims.cards import Card
from acts.claims.powers import primary

OWN = "title: Mine\nformulas: {my_bump: x*exp(-x**2)}\nexperiments: {}\nnotebooks: [00_verdicts]\n"
ASKED = [claim for claim in claims.catalogue() if claim.subject]


# --- the chapter ------------------------------------------------------------------------------------------------------


def test_a_configuration_with_a_function_of_its_own_gets_one_chapter_more(review_folder):
    (review_folder / "params" / "mine.yaml").write_text(OWN)
    (review_folder / "params" / "plain.yaml").write_text(OWN.replace("formulas: {my_bump: x*exp(-x**2)}\n", ""))
    (review_folder / "params" / "twice.yaml").write_text(OWN.replace("[00_verdicts]", "[12_yours, 00_verdicts]"))
    assert params.load("mine").chapters == ("00_verdicts", "12_yours")
    assert params.load("plain").chapters == params.load("plain").notebooks == ("00_verdicts",)
    assert params.load("twice").chapters == ("12_yours", "00_verdicts")


# --- the same asked of another function -------------------------------------------------------------------------------


def twin(claim, word="supported"):
    """Return records on which a claim has a verdict, with a function that does all that its subject did."""
    made = claim_records.made(claim, word)
    own = made[made["activation"] == claim.subject]
    return records.concat([made, own.assign(activation=pd.array(["my_bump"] * len(own), dtype="string"))])


@pytest.mark.parametrize("claim", ASKED, ids=lambda claim: claim.id)
def test_a_function_that_does_what_the_subject_did_gets_its_verdict(claim):
    question, table = claims.asked(claim, "my_bump", label="My bump"), twin(claim)
    before, found = claims.judge(claim, table), claims.judge(question, table)
    numbers = ("verdict", "effect", "low", "high", "level", "n", "margin", "p_holm", "unit")
    assert [getattr(found, name) for name in numbers] == [getattr(before, name) for name in numbers]
    assert question.id == f"Y-my_bump-{claim.id}"
    assert not question.claim.startswith("{")
    assert "My bump" in question.claim


@pytest.mark.parametrize("name", ["C14", "C19", "C28", "C36", "C59"])  # a rule of every kind
def test_the_answer_follows_the_function_and_not_the_subject(name):
    claim = next(one for one in ASKED if one.id == name)
    question, table = claims.asked(claim, "my_bump"), twin(claim)
    refuting = claim_records.made(question, "refuted")
    rest = table[table["activation"] != "my_bump"]
    both = records.concat([refuting, rest]).drop_duplicates(claim_records.KEY).reset_index(drop=True)
    assert claims.judge(claim, both).verdict == claims.judge(claim, table).verdict
    assert claims.judge(question, both).verdict == claims.judge(question, refuting).verdict == "refuted"


def test_mechanisms_and_replications_are_asked_of_nothing_else():
    for claim in claims.catalogue():
        experiments = {getattr(rule, "experiment", "") for rule in primary(claim.rule)} | {claim.shown}
        if experiments & {"mechanisms", "replications"}:
            assert claims.asked(claim, "my_bump") is None, claim.id


def test_only_the_subject_is_replaced():
    claim = next(one for one in ASKED if one.id == "C25")
    rule = claims.asked(claim, "my_bump", label="My bump").rule
    assert (rule.a.activation, rule.a.name, rule.b) == ("my_bump", "My bump", claim.rule.b)
    same = ("cells", "over", "margin", "scale", "quantifier", "metric", "unit")
    assert all(getattr(rule, field) == getattr(claim.rule, field) for field in same)


def test_a_function_that_the_claim_compares_with_is_not_asked():
    claim = next(one for one in ASKED if one.id == "C25")
    assert claims.asked(claim, "tanh") is None
    assert claims.asked(next(one for one in claims.catalogue() if one.id == "C01"), "my_bump") is None


def test_a_default_is_judged_among_all_that_it_was_and_itself():
    claim = next(one for one in ASKED if one.id == "C42")
    rule = claims.asked(claim, "my_bump").rule
    assert rule.policy == "my_bump"
    assert rule.activations == (*claim.rule.activations, "my_bump")


def test_answers_leave_out_what_was_not_run_and_what_was_asked_before():
    one, same = (next(claim for claim in ASKED if claim.id == name) for name in ("C46", "C81"))
    table = records.concat([twin(one), twin(same)]).drop_duplicates(claim_records.KEY).reset_index(drop=True)
    found = claims.answers(table, "my_bump", label="My bump")
    ids = [answer.original.id for answer in found]
    assert "C46" in ids
    assert "C81" not in ids  # the rule of C46
    assert not {"C25", "C60"} & set(ids)
    assert claims.answers(table, "unheard_of") == []


def test_a_number_in_favour_of_the_other_side_names_that_side():
    rules = {claim.id: (claim.rule, claim.subject) for claim in ASKED if claim.rule.kind == "contrast"}
    sides = {one: getattr(rule.a, "activation", rule.a) for one, (rule, _) in rules.items()}
    swapped = {one: (rules[one][0].unit, side) for one, side in sides.items() if side != rules[one][1]}
    assert {"C47", "C61", "C69", "C84"} <= set(swapped)
    for unit, other in swapped.values():
        assert unit.endswith(f" with {wording.activation(other)}")


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (
            claims.Verdict("Y-a-C46", "refuted", effect=-2.13, unit="% less test error", low=-3.9, high=-0.4, n=12),
            "refuted, 2.13 [0.4, 3.9] % more test error, n = 12",
        ),
        (
            claims.Verdict("Y-a-C28", "refuted", effect=-0.5, unit="slope", low=-0.5, high=-0.5, level=1.0,
                           condition="fails: negative inputs"),
            "refuted (fails: negative inputs); slope: −0.5",
        ),
        (
            claims.Verdict("Y-a-C18", "not decidable",
                           sentence="Not decidable. The records of gradient_flow hold no unit_mean_rms_ratio for it."),
            "not decidable: this configuration measures it in none of the settings that the claim is about",
        ),
        (
            claims.Verdict("Y-a-C49", "refuted", effect=-0.5, unit="slope", low=-0.5, high=-0.5, level=1.0,
                           condition="decided by “the derivative”; fails: the derivative"),
            "refuted (fails: the derivative); slope: −0.5",
        ),
        (
            claims.Verdict("Y-a-C46", "not decidable", sentence="Not decidable. All 6 runs of it diverged."),
            "not decidable: all 6 runs of it diverged",
        ),
        (
            claims.Verdict("Y-a-C79", "true if", effect=0.1, unit="slope", level=1.0, condition="if one unit is meant"),
            "true if one unit is meant; slope: 0.1",
        ),
    ],
)  # fmt: skip
def test_an_answer_in_words(verdict, said):
    assert asking.told(verdict) == said


def marked(**own):
    names = {"relu": "ReLU", **own}
    return pd.DataFrame({"name": list(names), "label": list(names.values()), "own": [n in own for n in names]})


def test_cards_say_what_one_s_own_answers_and_are_as_ever_without():
    claim = next(one for one in ASKED if one.id == "C46")
    table = twin(claim, "refuted")
    plain = claims.verdicts(table, "C46")
    assert claims.verdicts(table, "C46", catalogue=marked()) == plain
    assert claims.verdicts(table, "C46", catalogue=marked().drop(columns="own")) == plain
    shown = claims.verdicts(table, "C46", catalogue=marked(my_bump="My *bump*", absent="Absent"))
    (card,) = shown.cards
    assert [label for label, _ in card.asked] == ["My *bump*"]
    added = [line for line in card.to_markdown().splitlines() if line not in plain.cards[0].to_markdown().splitlines()]
    assert len(added) == 1
    assert re.match(r"The same asked of My \\\*bump\\\*: \*\*refuted\*\*, .* n \\= 24\.$", added[0]), added
    assert "The same asked of My *bump*: refuted, " in shown._repr_mimebundle_()["text/html"]


def test_a_card_of_a_claim_about_a_mechanism_says_nothing_more():
    claim = next(one for one in claims.catalogue() if one.id == "C13")
    card = claims.verdicts(claim_records.made(claim, "supported"), "C13", catalogue=marked(my_bump="My bump")).cards[0]
    assert card == Card(card.claim, card.verdict)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subject": None}, "C25: subject and asked go together"),
        ({"asked": "it is faster"}, "C25: asked: the sentence has no {name} for another function"),
        ({"sources": ()}, "C25: sources: a claim of the literature names one at least"),
        ({"id": "X25"}, "X25: id: "),
    ],
)
def test_a_broken_question_is_one_line(change, message):
    entry = next(one for one in ASKED if one.id == "C25").model_dump(exclude_unset=True)
    with pytest.raises(claims.ClaimError, match=re.escape(message)):
        claims.parse({**entry, **change})


@pytest.mark.parametrize("word", claims.VOCABULARY)
def test_an_answer_parts_into_its_verdict_and_the_rest(word):
    assert asking.parted(f"{word}: why") == (word, ": why")
    assert asking.parted(word) == (word, "")


def test_own_functions_are_those_that_are_marked():
    marked = pd.DataFrame({"name": ["a", "b", "c"], "label": ["A", "B", "C"], "own": [True, False, float("nan")]})
    assert asking.own(marked) == {"a": "A"}
    assert asking.own(marked.drop(columns="own")) == asking.own(None) == {}


def test_the_file_of_claims_holds_none_of_one_s_own(tmp_path):
    entry = next(one for one in ASKED if one.id == "C46").model_dump_json(exclude_unset=True)
    (tmp_path / "claims.yaml").write_text(f"- {entry.replace('C46', 'Y-a-b')}\n", encoding="utf-8")
    with pytest.raises(claims.ClaimError, match="Y-a-b: ids of the catalogue are C and two digits"):
        claims.load(tmp_path / "claims.yaml")


# --- likeness ---------------------------------------------------------------------------------------------------------

X = np.linspace(-6, 6, 241)


def drawn(**functions):
    """Return the curve records of functions of x."""
    rows = [
        {"experiment": "formulas", "activation": name, "phase": "exact", "metric": "value", "arm": f"x={x:g}",
         "value": float(value)}
        for name, function in functions.items()
        for x, value in zip(X, function(X), strict=True)
    ]  # fmt: skip
    return records.frame(rows)


def test_scale_offset_and_mirror_are_no_difference():
    table = drawn(my_bump=lambda x: 3 - 2 * np.exp(-x), exponential=np.exp, tanh=np.tanh, relu=lambda x: x * (x > 0))
    found = likeness.neighbours(table, "my_bump")
    first = found.iloc[0]
    assert first["other"] == "exponential"
    assert first["share"] == pytest.approx(0, abs=1e-12)
    assert (first["scale"], first["offset"]) == (pytest.approx(-2), pytest.approx(3))
    assert bool(first["mirrored"])
    assert first["distance"] > 1
    assert found["share"].is_monotonic_increasing
    assert likeness.novelty(first["share"]) == "the same shape"


def test_the_share_left_is_that_of_a_regression_under_a_normal_input():
    rng = np.random.default_rng(0)
    x = rng.normal(size=400_000)
    correlation = np.corrcoef(np.tanh(x), x)[0, 1]
    (row,) = likeness.neighbours(drawn(tanh=np.tanh, identity=lambda x: x), "tanh").to_dict("records")
    assert row["share"] == pytest.approx(1 - correlation**2, rel=0.02)
    assert row["distance"] == pytest.approx(np.sqrt(np.mean((np.tanh(x) - x) ** 2)), rel=0.02)


def test_a_stretched_twin_is_told_beside():
    table = drawn(my_bump=lambda x: np.tanh(1.5 * x), tanh=np.tanh, relu=lambda x: x * (x > 0))
    (first, _) = likeness.neighbours(table, "my_bump").to_dict("records")
    assert first["other"] == "tanh"
    assert first["share"] > 0.001
    assert first["stretched"] < first["share"] / 10
    assert first["stretch"] == pytest.approx(1.5, rel=0.05)


def test_constants_and_functions_with_holes_are_like_nothing():
    table = drawn(my_bump=lambda x: 0 * x + 1, hole=lambda x: np.where(x > 0, x, np.nan), tanh=np.tanh, relu=np.abs)
    assert likeness.neighbours(table, "my_bump").empty
    assert likeness.neighbours(table, "hole").empty
    assert set(likeness.neighbours(table, "tanh")["other"]) == {"my_bump", "relu"}
    assert set(likeness.nearest(table).index) == {"tanh", "relu"}


@pytest.mark.parametrize("share", [1e-9, 5e-4, 5e-3, 0.4])
def test_novelty_grows_with_the_share(share):
    words = ["the same shape", "nearly the same shape", "a close relative", "a shape of its own"]
    assert likeness.novelty(share) == words[[1e-9, 5e-4, 5e-3, 0.4].index(share)]


def test_likeness_refuses_what_has_no_answer():
    with pytest.raises(ValueError, match="symmetric"):
        stats.likeness(X + 1, np.tanh(X), X)
    with pytest.raises(ValueError, match="constant"):
        stats.likeness(X, 0 * X, X)
    with pytest.raises(ValueError, match="finite"):
        stats.likeness(X, np.tanh(X), np.full_like(X, np.inf))
