"""The ledger: every claim of the catalogue judged from one records table, a row a claim."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import pandas as pd

from acts import stats
from acts.claims import bounds, choice, compounds, contrasts, exact, known, planned, policies, rare, sentences, spread
from acts.claims.catalogue import NOTEBOOKS, Claim, Compound, Conjunction, Verdict, Word, catalogue
from acts.claims.facts import Exact
from acts.claims.index import Index, indexed
from acts.claims.rules import Combination, Contrast, Sweep, Trend
from acts.claims.surveys import Bounds, Omnibus, Rare, Spread

FIRST = (
    "claim", "verdict", "effect", "unit", "low", "high", "level", "n", "margin", "p_holm", "condition", "sentence",
)  # fmt: skip
TYPES = {
    **dict.fromkeys(("effect", "low", "high", "level", "margin", "p_holm", "q_fdr"), "Float64"),
    "n": "Int64",
    **dict.fromkeys(("claim", "verdict", "unit", "condition", "sentence", "evidence"), "string"),
    **dict.fromkeys(("same_evidence_as", "contradicts", "topic", "kind", "experiment", "notebook"), "string"),
    **dict.fromkeys(("statement", "source"), "string"),
}


def judge(claim: Claim, records: pd.DataFrame | Index) -> Verdict:
    """Return the verdict on one claim; an ``Index`` of the records spares reading them anew for every claim.

    Raises ClaimError, one line, for a claim that names an activation, metric, data set or experiment nobody knows.
    """
    index = indexed(records)
    known.check(claim, index)
    verdict = _judged(claim, index)
    return replace(verdict, evidence=()) if verdict.verdict == "not measured here" else verdict


def _judged(claim: Claim, index: Index) -> Verdict:
    rule = claim.rule
    if isinstance(rule, Exact):
        return exact.judge(claim, index.rows("formulas"))
    if isinstance(rule, Conjunction):
        return _conjunction(claim, index)
    if isinstance(rule, Compound):
        return compounds.judge(claim, rule, index, by=_judged)
    if rule.experiment not in index.experiments():
        return _not_run(claim)
    if isinstance(rule, Contrast | Sweep | Combination | Trend):
        return contrasts.judge(claim, index)
    if isinstance(rule, Bounds):
        return bounds.judge(claim, rule, index)
    if isinstance(rule, Omnibus):
        return choice.judge(claim, rule, index)
    if isinstance(rule, Rare):
        return rare.judge(claim, rule, index)
    return spread.judge(claim, rule, index) if isinstance(rule, Spread) else policies.judge(claim, rule, index)


def _not_run(claim: Claim) -> Verdict:
    blank = Verdict(claim.id, "not measured here", margin=claim.margin)
    word = claim.experiment
    wanted = f"This configuration does not run the comparison {word}, which would decide it"
    return sentences.write(claim, blank, default=f"{wanted} ({NOTEBOOKS[word]}; {planned.would(word)}).")


def _conjunction(claim: Claim, index: Index) -> Verdict:
    """Return the verdict of a claim made of others, which are judged here and named in the sentence."""
    rule = claim.rule
    assert isinstance(rule, Conjunction)
    by_id = {other.id: other for other in catalogue()}
    words = {member: judge(by_id[member], index).verdict for member in rule.members}
    word = joined(list(words.values()), rule.refuted_by)
    told = ", ".join(f"{member} is {_quoted(found)}" for member, found in words.items())
    verdict = Verdict(claim.id, word, condition=told, evidence=claim.evidence)
    stands = [f"{member} (“{by_id[member].claim}”) is {_quoted(found)}" for member, found in words.items()]
    return sentences.write(claim, verdict, {"members": "; ".join(stands)}, default="It stands on others: {members}.")


def joined(words: Sequence[Word], refuted_by: Sequence[Word]) -> Word:
    """Return the word for a claim that stands on others with these words."""
    if any(word in refuted_by for word in words):
        return "refuted"
    if all(word == "supported" for word in words):
        return "supported"
    return "not measured here" if all(word == "not measured here" for word in words) else "inconclusive"


def _quoted(word: Word) -> str:
    return "true under a condition" if word == "true if" else word


def ledger(records: pd.DataFrame | Index, *, config: str = "", claims: Sequence[Claim] | None = None) -> pd.DataFrame:
    """Return a row a claim: the columns of a verdict, then evidence, family-wide q and what the claim is.

    ``q_fdr`` is the Benjamini–Hochberg value over every claim that has a p; ``attrs["config"]`` is the configuration.
    """
    judged = list(claims) if claims is not None else catalogue()
    index = indexed(records)
    rows = [_row(claim, judge(claim, index)) for claim in judged]
    table = pd.DataFrame(rows, columns=[*FIRST, *(name for name in TYPES if name not in FIRST)]).astype(TYPES)
    tested = table["p_holm"].dropna().astype(float)
    if len(tested):
        table["q_fdr"] = pd.Series(stats.benjamini_hochberg(tested.tolist()), index=tested.index, dtype="Float64")
    table.attrs["config"] = config
    return table[[*FIRST, *(name for name in TYPES if name not in FIRST)]]


def _row(claim: Claim, verdict: Verdict) -> dict[str, object]:
    row = asdict(verdict) | {"evidence": " ".join(verdict.evidence), "q_fdr": None}
    about = {name: getattr(claim, name) for name in ("same_evidence_as", "contradicts", "topic", "kind")}
    where_shown = {"experiment": claim.experiment, "notebook": claim.notebook}
    return row | about | where_shown | {"statement": claim.claim, "source": "; ".join(claim.sources)}
