"""The ledger: every claim of the catalogue judged from one records table, a row a claim."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import pandas as pd

from acts import stats
from acts.claims import contrasts, exact, known, sentences
from acts.claims.catalogue import NOTEBOOKS, Claim, Conjunction, Exact, Unmeasured, Verdict, Word, catalogue
from acts.records import where

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


def judge(claim: Claim, records: pd.DataFrame) -> Verdict:
    """Return the verdict on one claim.

    Raises ClaimError, one line, for a claim that names an activation, metric, data set or experiment nobody knows.
    """
    known.check(claim, records)
    verdict = _judged(claim, records)
    return replace(verdict, evidence=()) if verdict.verdict == "not measured here" else verdict


def _judged(claim: Claim, records: pd.DataFrame) -> Verdict:
    if isinstance(claim.rule, Exact):
        return exact.judge(claim, records)
    if isinstance(claim.rule, Unmeasured):
        return _unmeasured(claim, records)
    if isinstance(claim.rule, Conjunction):
        return _conjunction(claim, records)
    if where(records, experiment=claim.experiment).empty:
        return _not_run(claim)
    return contrasts.judge(claim, records)


def _not_run(claim: Claim) -> Verdict:
    blank = Verdict(claim.id, "not measured here", margin=claim.margin)
    wanted = f"This configuration does not run the comparison {claim.experiment}, which would decide it"
    return sentences.write(claim, blank, default=f"{wanted} ({NOTEBOOKS[claim.experiment]}).")


def _unmeasured(claim: Claim, records: pd.DataFrame) -> Verdict:
    """Return *not measured here*, with what mathematics already says where its numbers are in the records."""
    rule = claim.rule
    assert isinstance(rule, Unmeasured)
    rows = where(records, experiment="formulas", phase="exact")
    values, missing = exact.look_up(rule.facts, rows) if rule.facts else ({}, [])
    told = claim.sentences.get("not measured here", "") if values and not missing else ""
    blank = Verdict(claim.id, "not measured here")
    if where(records, experiment=claim.experiment).empty:
        closing = f"The comparison that decides it, {claim.experiment}, is not run here."
    else:
        closing = f"The comparison {claim.experiment} is run here, but no rule yet judges this claim on it."
    bare = claim.model_copy(update={"sentences": {}})
    return sentences.write(bare, blank, values, default=f"{told} {closing}".strip())


def _conjunction(claim: Claim, records: pd.DataFrame) -> Verdict:
    """Return the verdict of a claim made of others, which are judged here and named in the sentence."""
    rule = claim.rule
    assert isinstance(rule, Conjunction)
    by_id = {other.id: other for other in catalogue()}
    words = {member: judge(by_id[member], records).verdict for member in rule.members}
    word = _joined(list(words.values()), rule.refuted_by)
    told = ", ".join(f"{member} is {_quoted(found)}" for member, found in words.items())
    verdict = Verdict(claim.id, word, condition=told, evidence=claim.evidence)
    return sentences.write(claim, verdict, default="It stands on others: {condition}.")


def _joined(words: Sequence[Word], refuted_by: Sequence[Word]) -> Word:
    if any(word in refuted_by for word in words):
        return "refuted"
    if all(word == "supported" for word in words):
        return "supported"
    return "not measured here" if all(word == "not measured here" for word in words) else "inconclusive"


def _quoted(word: Word) -> str:
    return "true under a condition" if word == "true if" else word


def ledger(records: pd.DataFrame, *, config: str = "", claims: Sequence[Claim] | None = None) -> pd.DataFrame:
    """Return a row a claim: the columns of a verdict, then evidence, family-wide q and what the claim is.

    ``q_fdr`` is the Benjamini–Hochberg value over every claim that has a p; ``attrs["config"]`` is the configuration.
    """
    judged = list(claims) if claims is not None else catalogue()
    rows = [_row(claim, judge(claim, records)) for claim in judged]
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
