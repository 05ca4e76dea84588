"""The ledger: ninety rows with whole sentences, conjunctions, families, cards that escape what they show."""

import html.parser
import importlib
import re
from math import inf, log

import exact_records
import pandas as pd
import pytest

from acts import claims, records, stats
from acts.claims import cards, catalogue, contrasts, findings
from acts.claims.catalogue import DECIDED, Compound, Conjunction
from acts.claims.ledger import FIRST, TYPES
from acts.figures.ledger import stated

BY_ID = {claim.id: claim for claim in claims.catalogue()}
HOSTILE = "</p><script>alert(1)</script> [x](javascript:y) {=html} `z` | ::: @fig-a $e$ ![i](j) \n\n# h"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Return the ledger of the records that mathematics alone gives."""
    return claims.ledger(exact_records.measured(), config="smoke")


def test_ninety_rows_with_the_stated_columns_first(table: pd.DataFrame) -> None:
    assert tuple(table.columns[: len(FIRST)]) == FIRST
    assert ",".join(FIRST) == "claim,verdict,effect,unit,low,high,level,n,margin,p_holm,condition,sentence"
    assert list(table["claim"]) == list(BY_ID)
    assert dict(table.dtypes.astype(str)) == TYPES
    assert table.attrs["config"] == "smoke"


def test_every_claim_has_a_verdict_of_the_vocabulary_and_a_whole_sentence(table: pd.DataFrame) -> None:
    assert set(table["verdict"]) <= set(claims.VOCABULARY)
    for row in table.itertuples():
        opening = row.verdict.capitalize().removesuffix(" if")
        assert row.sentence.startswith(opening), row.sentence
        assert row.sentence.endswith("."), row.sentence
        assert not re.search(r"[{}]|\bnan\b|  | \.|\.\.", row.sentence), row.sentence
    assert table["verdict"].isin(DECIDED).sum() >= 24


def test_no_records_means_nothing_measured() -> None:
    empty = claims.ledger(records.frame([]))
    assert set(empty["verdict"]) == {"not measured here"}
    assert empty["effect"].isna().all()


def test_the_ledger_survives_a_csv(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.csv"
    table.to_csv(path, index=False)
    back = pd.read_csv(path)
    assert list(back["sentence"]) == list(table["sentence"])
    assert back["effect"].dropna().tolist() == pytest.approx(table["effect"].dropna().tolist(), rel=1e-15)


def test_margins_stand_beside_claims_that_need_one(table: pd.DataFrame) -> None:
    margins = table.set_index("claim")["margin"]
    for claim in BY_ID.values():
        if not isinstance(claim.rule, Compound):  # whose margin is that of the part that decides
            assert pd.isna(margins[claim.id]) == (claim.margin is None), claim.id


def told(monkeypatch: pytest.MonkeyPatch, **words: str) -> dict[str, claims.Verdict]:
    """Return the verdicts on claims whose members got the given ones."""
    module = importlib.import_module("acts.claims.ledger")
    judge = claims.judge
    known = {name: claims.Verdict(name, word) for name, word in words.items()}  # type: ignore[arg-type]
    monkeypatch.setattr(module, "judge", lambda claim, rows: known.get(claim.id) or judge(claim, rows))
    return {name: judge(BY_ID[name], records.frame([])) for name in ("C63", "C90")}


@pytest.mark.parametrize(
    ("members", "claim", "word"),
    [
        ({"C57": "supported", "C59": "supported"}, "C63", "supported"),
        ({"C57": "supported", "C59": "refuted"}, "C63", "refuted"),
        ({"C57": "supported", "C59": "not measured here"}, "C63", "inconclusive"),
        ({"C57": "not measured here", "C59": "not measured here"}, "C63", "not measured here"),
        ({"C57": "mixed", "C59": "supported"}, "C63", "inconclusive"),
        ({"C25": "mixed", "C26": "supported", "C42": "not measured here"}, "C90", "refuted"),
        ({"C25": "supported", "C26": "refuted", "C42": "supported"}, "C90", "refuted"),
        ({"C25": "supported", "C26": "supported", "C42": "supported"}, "C90", "supported"),
    ],
)
def test_a_conjunction_falls_with_a_member_only(
    monkeypatch: pytest.MonkeyPatch, members: dict[str, str], claim: str, word: str
) -> None:
    found = told(monkeypatch, **members)[claim]
    assert found.verdict == word
    assert all(member in found.sentence for member in BY_ID[claim].rule.members)
    assert isinstance(BY_ID[claim].rule, Conjunction)


def test_false_discoveries_are_counted_over_the_whole_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    ps = {"C25": 0.001, "C19": 0.02, "C68": 0.9}
    fake = {name: claims.Verdict(name, "supported", effect=1.0, p_holm=p) for name, p in ps.items()}
    monkeypatch.setattr(contrasts, "judge", lambda claim, _: fake[claim.id])
    rows = pd.DataFrame([{"experiment": "convergence", "activation": "relu", "phase": "final", "metric": "loss_area"}])
    known = [BY_ID[name] for name in ps]
    table = claims.ledger(records.frame(rows.to_dict("records")), claims=known).set_index("claim")
    expected = stats.benjamini_hochberg(list(ps.values()))
    assert table["q_fdr"].tolist() == pytest.approx(list(expected))
    counted = claims.summarise(table.reset_index())
    assert (counted.tests, counted.below_line) == (3, 2)
    assert counted.false_below == pytest.approx(0.1)
    assert counted.expected_false == pytest.approx(stats.expected_false(list(ps.values())))


def test_summary_counts_what_the_ledger_holds(table: pd.DataFrame) -> None:
    counted = claims.summarise(table)
    assert counted.claims == 90
    assert counted.distinct == 81
    assert counted.decided == table["verdict"].isin(DECIDED).sum()
    assert counted.distinct_decided == counted.decided - 3
    assert list(counted.by_verdict["verdict"]) == list(claims.VOCABULARY)
    assert counted.by_verdict["claims"].sum() == counted.by_topic["claims"].sum() == 90
    assert counted.by_topic["decided"].sum() == counted.decided
    assert list(counted.contradictions["claim"]) == ["C21", "C31", "C46", "C70"]
    assert (counted.tests, counted.expected_false) == (0, 0.0)


def test_numbers_that_sources_print_wrong_are_listed() -> None:
    wrong = claims.corrections(exact_records.measured()).set_index("claim")
    assert sorted(set(wrong.index)) == ["C64", "C74"]
    assert wrong.loc["C64", "quoted"] == 1.6726
    assert wrong.loc["C64", "found"] == pytest.approx(1.67326324, rel=1e-8)
    assert wrong.loc["C64", "error"] == pytest.approx(-6.632423544e-4, rel=1e-6)
    assert len(wrong.loc[["C74"]]) == 3
    assert claims.corrections(records.frame([])).empty


def test_sources_are_listed_with_language_gloss_and_how_many_claims_they_make() -> None:
    table = claims.sources()
    assert set(table["language"]) == {"Japanese", "Russian", "English"}
    assert table["claims"].sum() == sum(len(claim.sources) for claim in BY_ID.values())
    assert (table["gloss"].str.len() > 0)[table["key"] == ""].all()


def test_verdicts_shows_the_claims_asked_for() -> None:
    shown = claims.verdicts(exact_records.measured(), "C28", "C10")
    assert [card.claim.id for card in shown.cards] == ["C10", "C28"]
    by_word = claims.verdicts(exact_records.measured(), experiment="formulas")
    assert len(by_word.cards) == 23
    with pytest.raises(claims.ClaimError, match="unknown claim 'C91'; did you mean 'C19"):
        claims.verdicts(exact_records.measured(), "C91")


def test_a_card_is_a_fenced_div_with_claim_source_verdict_and_evidence() -> None:
    claim = BY_ID["C46"].model_copy(update={"evidence": ("fig-forest",)})
    verdict = claims.Verdict("C46", "refuted", sentence="Refuted. It is so.", evidence=("fig-forest",))
    text = cards.Card(claim, verdict).to_markdown()
    assert text.startswith("::: {#claim-C46 .claim .refuted}\n")
    assert text.endswith("\n:::")
    assert "Leaky ReLU is generally better than ReLU" in text
    assert "活性化関数としてのReLU" in text
    assert "It is so\\. See @fig-forest." in text
    assert "[C47](#claim-C47)" in text


def test_primary_papers_are_cited_by_key() -> None:
    bundle = claims.verdicts(records.frame([]), "C88")._repr_mimebundle_()
    assert "[@hendrycks2016]{.source}" in bundle["text/markdown"]
    assert "Gaussian error linear units" in bundle["text/html"]


class Tags(html.parser.HTMLParser):
    """Collects the tags of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.found.add(tag)


def test_cards_escape_every_text() -> None:
    claim = BY_ID["C46"].model_copy(update={"claim": HOSTILE})
    card = cards.Card(claim, claims.Verdict("C46", "refuted", sentence=f"Refuted. {HOSTILE}"))
    tags = Tags()
    tags.feed(card.to_html())
    assert tags.found <= {"div", "p", "b", "small", "a", "span"}  # a link to another claim; a span keeps a dollar plain
    body = card.to_markdown().split("\n")
    assert not any(line.startswith(("#", "<", "|")) for line in body)
    assert [line for line in body if line.startswith(":::")] == [body[0], ":::"]
    assert not re.search(r"(?<!\\)[<`$@!]", "\n".join(body[1:]))


def test_cards_are_read_by_pandoc_as_plain_text() -> None:
    import pypandoc

    claim = BY_ID["C46"].model_copy(update={"claim": HOSTILE})
    card = cards.Card(claim, claims.Verdict("C46", "refuted", sentence=f"Refuted. {HOSTILE}"))
    page = pypandoc.convert_text(card.to_markdown(), "html", format="markdown")
    tags = Tags()
    tags.feed(page)
    assert tags.found <= {"div", "p", "strong", "span", "a"}
    assert 'class="claim refuted"' in page
    assert page.count("href=") == page.count('href="#claim-C47"')


def test_an_effect_against_the_claim_is_told_the_other_way_round():
    assert findings.told(-5.0, -8.0, -2.0, "% less time") == (5.0, 2.0, 8.0, "% more time")
    assert findings.told(5.0, 2.0, 8.0, "% less time") == (5.0, 2.0, 8.0, "% less time")
    assert findings.told(-5.0, -8.0, -2.0, "points") == (-5.0, -8.0, -2.0, "points")


def test_a_ratio_to_a_run_that_diverged_is_infinite_and_no_number():
    rule = next(claim.rule for claim in catalogue() if claim.id == "C25")
    assert findings.shown(rule, -inf) == -inf
    assert findings.shown(rule, inf) == 100
    assert findings.shown(rule, log(2)) == pytest.approx(50)


def test_a_chapter_states_the_margin_of_every_part_of_its_claims():
    table = stated(catalogue(), experiment="cost").frame.set_index("claim")["margin"]
    assert table["C83"] == "5 %, 2.5 % of error, 5 % of loss"
    assert table["C23"] == "20 %"
    assert stated(catalogue(), experiment="dead_units").frame["margin"].str.len().max() < 60
