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
    """Return every claim with its verdict, and the effect with its interval, unit and number of pairs."""
    columns = {"claim": "Claim", "statement": "As the literature states it", "verdict": "Verdict", "effect": "Effect"}
    if ledger.empty:
        return unmeasured("the claims", columns)
    rows = ledger.to_dict("records")
    table = pd.DataFrame(
        {
            "claim": [f"[{row['claim']}]({row['notebook']}.ipynb)" for row in rows],
            "statement": ledger["statement"].tolist(),
            "verdict": ledger["verdict"].tolist(),
            "effect": [_effect(row) for row in rows],
        }
    )
    return Table(table, columns, markdown=("claim",))


def _effect(row: dict[Any, Any]) -> str:
    """Return an effect with its unit, interval and pairs; what mathematics decides is its own interval."""
    if pd.isna(row["effect"]):
        return MISSING
    unit = "" if pd.isna(row["unit"]) else f" {row['unit']}"
    measured = pd.notna(row["low"]) and pd.notna(row["high"]) and row["low"] != row["high"]
    ends = f" [{number(float(row['low']))}, {number(float(row['high']))}]" if measured else ""
    pairs = f"; n = {int(row['n'])}" if pd.notna(row["n"]) else ""
    return f"{number(float(row['effect']))}{ends}{unit}{pairs}"


def contradictions(found: Any) -> Table:
    """Return the pairs of claims that pull against each other, with both verdicts."""
    columns = {"one": "One text says", "verdict": "Verdict", "other": "Another says", "other_verdict": "Its verdict"}
    pairs = found.contradictions
    if not len(pairs):
        return unmeasured("no two claims are marked as opposed", columns)
    one, other = (pairs[f"{side}claim"] + ": " + pairs[f"{side}statement"] for side in ("", "other_"))
    return Table(pairs.assign(one=one, other=other), columns)


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
        if claim.shown == experiment
    ]
    if not rows:
        return unmeasured("no claim rests on this comparison", columns)
    return Table(pd.DataFrame(rows), columns, numbers=("margin",))


def _margin(claim: Any) -> str:
    """Return a margin with its unit, where a claim has one."""
    if claim.margin is None:
        return MISSING
    if claim.margin == 0:
        return "direction only"
    unit = str(getattr(claim.rule, "unit", ""))
    return f"{number(claim.margin, 2)} {'%' if unit.startswith('%') else unit}".strip()
