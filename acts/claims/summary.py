"""The ledger counted: what an executive page says about ninety claims, as numbers and small tables."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from acts import stats
from acts.claims import exact
from acts.claims.catalogue import DECIDED, SOURCES, VOCABULARY, Claim, Exact, catalogue
from acts.records import where

RATE = 0.05


@dataclass(frozen=True)
class Summary:
    """Counts over a ledger.

    ``distinct`` counts questions, that is claims that do not rest on another's evidence. ``below_line`` tests lie below
    the Benjamini–Hochberg line at ``rate``; ``false_below`` of them are expected to be false at most, and
    ``expected_false`` of all ``tests`` judged at that rate one by one. ``contradictions`` are pairs of claims that pull
    against each other, a row a pair, both sides with their verdict.
    """

    claims: int
    decided: int
    distinct: int
    distinct_decided: int
    tests: int
    below_line: int
    false_below: float
    expected_false: float
    rate: float
    by_verdict: pd.DataFrame
    by_topic: pd.DataFrame
    contradictions: pd.DataFrame


def summarise(ledger: pd.DataFrame) -> Summary:
    """Return the counts of a ledger."""
    decided = ledger["verdict"].isin(DECIDED)
    distinct = ledger["same_evidence_as"].isna()
    tested = ledger["p_holm"].dropna().astype(float).tolist()
    below = int((ledger["q_fdr"].dropna() <= RATE).sum())
    return Summary(
        claims=len(ledger),
        decided=int(decided.sum()),
        distinct=int(distinct.sum()),
        distinct_decided=int((decided & distinct).sum()),
        tests=len(tested),
        below_line=below,
        false_below=RATE * below,
        expected_false=stats.expected_false(tested, alpha=RATE) if tested else 0.0,
        rate=RATE,
        by_verdict=_by_verdict(ledger),
        by_topic=_by_topic(ledger),
        contradictions=_contradictions(ledger),
    )


def sources() -> pd.DataFrame:
    """Return the texts that claims come from, with language, English gloss, bibliography key and number of claims."""
    cited = [title for claim in catalogue() for title in claim.sources]
    rows = [(s.title, s.language, s.gloss, s.key, cited.count(s.title)) for s in SOURCES.values()]
    return pd.DataFrame(rows, columns=["title", "language", "gloss", "key", "claims"])


def corrections(records: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers that a source prints and the computation does not confirm, a row a number.

    Columns claim, statement, number (its name in the rule), quoted, found, error (quoted − found), source.
    """
    columns = ["claim", "statement", "number", "quoted", "found", "error", "source"]
    rows = [row for claim in catalogue() for row in _misquoted(claim, records)]
    return pd.DataFrame(rows, columns=columns)


def _misquoted(claim: Claim, records: pd.DataFrame) -> Iterator[tuple[str | float, ...]]:
    rule = claim.rule
    if not isinstance(rule, Exact):
        return
    values, _ = exact.look_up(rule.facts, where(records, experiment=rule.experiment, phase="exact"))
    for check in (check for case in rule.cases for check in case.checks if check.op == "=="):
        if check.left in values and check.right in rule.quoted:
            found, quoted = values[str(check.left)], rule.quoted[str(check.right)]
            if not exact.compare(check, {**values, **rule.quoted}):
                told = (str(check.left), quoted, found, quoted - found, "; ".join(claim.sources))
                yield claim.id, claim.claim, *told


def _by_verdict(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return ``verdict, claims`` in the order of the vocabulary, a verdict that nothing got included."""
    counts = ledger["verdict"].value_counts().reindex(list(VOCABULARY), fill_value=0)
    return pd.DataFrame({"verdict": list(VOCABULARY), "claims": counts.to_numpy(dtype=int)})


def _by_topic(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return a row a topic, in the catalogue's order: claims, decided, and a column a verdict."""
    table = pd.crosstab(ledger["topic"], ledger["verdict"]).reindex(columns=list(VOCABULARY), fill_value=0)
    table = table.reindex(list(dict.fromkeys(ledger["topic"])))
    table.insert(0, "claims", table.sum(axis=1))
    table.insert(1, "decided", table[list(DECIDED)].sum(axis=1))
    return table.rename_axis(columns=None).reset_index()


def _contradictions(ledger: pd.DataFrame) -> pd.DataFrame:
    rows = ledger.dropna(subset=["contradicts"])[["claim", "contradicts", "statement", "verdict"]]
    other = ledger[["claim", "statement", "verdict"]].add_prefix("other_")
    pairs = rows.merge(other, left_on="contradicts", right_on="other_claim")
    pairs = pairs[pairs["claim"] < pairs["other_claim"]]
    return pairs.drop(columns="contradicts").reset_index(drop=True)
