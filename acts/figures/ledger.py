"""Ledger: what the review found, as sentences and tables; every number in them comes from the ledger."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from acts.figures.table import MISSING, Table, Text, number, unmeasured


def summary(found: Any) -> Text:
    """Return the counts of a ledger (``claims.summarise``) as a paragraph."""
    counts = found.by_verdict.set_index("verdict")["claims"]
    told = [f"{int(count)} {word}" for word, count in counts.items() if count]
    tests = (
        f"Behind them stand {found.tests} adjusted tests; {found.below_line} lie below the Benjamini–Hochberg line at "
        f"{number(100 * found.rate)} %, of which at most {number(found.false_below, 2)} are expected to be false."
        if found.tests
        else "No verdict of this configuration rests on a statistical test."
    )
    return Text(
        f"The literature’s {found.claims} claims ask {found.distinct} distinct questions. This configuration decides "
        f"{found.decided} claims ({found.distinct_decided} distinct questions): {_listed(told)}. {tests}"
    )


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def listing(ledger: pd.DataFrame) -> Table:
    """Return every claim with its verdict, effect, interval, number of pairs, margin and adjusted p."""
    columns = {
        "claim": "Claim", "statement": "As the literature states it", "verdict": "Verdict", "effect": "Effect",
        "interval": "Interval", "unit": "Unit", "n": "Pairs", "margin": "Margin", "p_holm": "p",
    }  # fmt: skip
    if ledger.empty:
        return unmeasured("the claims", columns)
    table = ledger.assign(interval=[_interval(row) for row in ledger.to_dict("records")])
    table["claim"] = [f"[{row['claim']}]({row['notebook']}.ipynb)" for row in ledger.to_dict("records")]
    note = f"p is adjusted by Holm inside each claim; {MISSING} where the claim has none. Intervals are at 95 %."
    return Table(table, columns, digits={"n": ".0f"}, numbers=("interval",), markdown=("claim",), note=note)


def _interval(row: dict[Any, Any]) -> str:
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return MISSING
    return f"{number(float(row['low']))} to {number(float(row['high']))}"


def contradictions(found: Any) -> Table:
    """Return the pairs of claims that pull against each other, with both verdicts."""
    columns = {
        "claim": "Claim", "statement": "One text says", "verdict": "Verdict",
        "other_claim": "Against", "other_statement": "Another says", "other_verdict": "Verdict of the other",
    }  # fmt: skip
    pairs = found.contradictions
    return Table(pairs, columns) if len(pairs) else unmeasured("no two claims are marked as opposed", columns)


def waiting(ledger: pd.DataFrame) -> Table:
    """Return the comparisons whose claims this configuration does not measure, with their claims."""
    columns = {"experiment": "Comparison", "count": "Claims", "claims": "Not measured here"}
    rows = ledger[ledger["verdict"] == "not measured here"] if len(ledger) else ledger
    if rows.empty:
        frame = pd.DataFrame([{"experiment": "every claim is measured", "count": 0, "claims": ""}])
        return Table(frame, columns)
    grouped = rows.groupby("experiment", sort=False)["claim"]
    table = pd.DataFrame({"count": grouped.size(), "claims": grouped.agg(", ".join)}).reset_index()
    table["experiment"] = table["experiment"].str.replace("_", " ")
    return Table(table.sort_values("count", ascending=False, kind="stable"), columns)


def stated(catalogue: Iterable[Any], *, experiment: str) -> Table:
    """Return the claims that a comparison decides, as the literature states them, with their rule and margin."""
    said = "As the literature states it"
    columns = {"claim": "Claim", "statement": said, "rule": "Supports / refutes", "margin": "Margin"}
    rows = [
        {"claim": claim.id, "statement": claim.claim, "rule": claim.verdict, "margin": _margin(claim)}
        for claim in catalogue
        if claim.experiment == experiment
    ]
    if not rows:
        return unmeasured("no claim rests on this comparison", columns)
    return Table(pd.DataFrame(rows), columns, numbers=("margin",))


def _margin(claim: Any) -> str:
    """Return a margin with its unit, where a claim has one."""
    if claim.margin is None:
        return MISSING
    unit = str(getattr(claim.rule, "unit", ""))
    return f"{number(claim.margin, 2)} {'%' if unit.startswith('%') else unit}".strip()
