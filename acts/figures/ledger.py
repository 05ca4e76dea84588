"""Ledger: what the review found, as sentences and tables; every number in them comes from the ledger."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from acts import params
from acts.claims import findings
from acts.claims.catalogue import DECIDED
from acts.figures.table import MISSING, Table, Text, escape, number, unmeasured

_CLAIM = "Claim, seen in"
_SHORT = 10  # letters of a unit that a column has room for
_ENOUGH = 0.8  # power below which equality could hardly have been shown


def summary(found: Any) -> Text:
    """Return the counts of a ledger (``claims.summarise``) as a paragraph."""
    counts = found.by_verdict.set_index("verdict")["claims"]
    told = {word: f"{int(count)} {word}" for word, count in counts.items() if count}
    decided = _listed([one for word, one in told.items() if word in DECIDED]) or "none"
    rest = _listed([one for word, one in told.items() if word not in DECIDED])
    open_ = f" The rest stay open: {rest}." if rest else ""
    tests = (
        f"Behind them stand {found.tests} adjusted tests; {found.below_line} lie below the Benjamini–Hochberg line at "
        f"{number(100 * found.rate)} %, of which at most {number(found.false_below, 2)} are expected to be false."
        if found.tests
        else "No verdict of this configuration rests on a statistical test."
    )
    return Text(
        f"The literature’s {found.claims} claims ask {found.distinct} distinct questions. This configuration decides "
        f"{found.decided} of the claims ({found.distinct_decided} of the questions): {decided}.{open_} {tests}"
    )


def _listed(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def listing(ledger: pd.DataFrame) -> Table:
    """Return every claim with its verdict, and the effect with its interval, unit and number of pairs."""
    columns = {"claim": _CLAIM, "statement": "As the literature states it", "verdict": "Verdict", "effect": "Effect"}
    if ledger.empty:
        return unmeasured("the claims", columns)
    rows = ledger.to_dict("records")
    table = pd.DataFrame(
        {
            "claim": [_shown(row) for row in rows],
            "statement": ledger["statement"].tolist(),
            "verdict": ledger["verdict"].tolist(),
            "effect": [_effect(row) for row in rows],
        }
    )
    return Table(table, columns, markdown=("claim",))


def _shown(row: dict[Any, Any]) -> str:
    """Return a claim's number as a link to its card, and references to the figures and tables that it is seen in."""
    labels = "" if pd.isna(row["evidence"]) else str(row["evidence"])
    seen = ", ".join(f"@{label}" for label in labels.split())
    return _linked(row["claim"]) + (f" [{seen}]{{.seen}}" if seen else "")


def _effect(row: dict[Any, Any]) -> str:
    """Return an effect with its unit, interval and pairs; what mathematics decides is its own interval.

    Like a sentence it says "5 % more" and not "−5 % less".
    """
    if pd.isna(row["effect"]):
        return MISSING
    ends = (row[name] for name in ("effect", "low", "high"))
    effect, low, high = (float(end) if pd.notna(end) else float("nan") for end in ends)
    effect, low, high, unit = findings.told(effect, low, high, "" if pd.isna(row["unit"]) else str(row["unit"]))
    pairs = f"; n = {int(row['n'])}" if pd.notna(row["n"]) else ""
    if np.isinf(effect) or (number(effect) == "0" and not low < high):
        return f"{findings.sized(effect, unit)}{pairs}"
    interval = f" [{number(low)}, {number(high)}]" if low < high else ""
    return f"{number(effect)}{interval}{f' {unit}' if unit else ''}{pairs}"


def contradictions(found: Any) -> Table:
    """Return the pairs of claims that pull against each other, with both verdicts."""
    columns = {"one": "One text says", "verdict": "Verdict", "other": "Another says", "other_verdict": "Its verdict"}
    pairs = found.contradictions
    if not len(pairs):
        return unmeasured("no two claims are marked as opposed", columns)
    one, other = (
        [
            f"{_linked(name)}: {escape(text)}"
            for name, text in zip(pairs[f"{side}claim"], pairs[f"{side}statement"], strict=True)
        ]
        for side in ("", "other_")
    )
    return Table(pairs.assign(one=one, other=other), columns, markdown=("one", "other"))


def wrong(corrections: pd.DataFrame) -> Table:
    """Return the numbers that sources print and the computation does not confirm (``claims.corrections``)."""
    columns = {"claim": "Claim", "statement": "Where it stands", "quoted": "Printed", "found": "Computed",
               "error": "Difference"}  # fmt: skip
    if corrections.empty:
        return unmeasured("no printed number is wrong, or none was computed", columns)
    linked = corrections.assign(claim=[_linked(name) for name in corrections["claim"]])
    return Table(linked, columns, digits={"quoted": ".4f", "found": ".7f", "error": 2}, markdown=("claim",))


def falls(ledger: pd.DataFrame, *words: str) -> Table:
    """Return the claims that got one of the words, each with the number that decided it and where that is seen."""
    columns = {"claim": _CLAIM, "statement": "As the literature states it", "told": "What was found"}
    rows = ledger[ledger["verdict"].isin(words)] if len(ledger) else ledger
    if rows.empty:
        return unmeasured(f"no claim is {' or '.join(words)} here", columns)
    found = rows.to_dict("records")
    told = [_condition(row) if _worded(row) else _effect(row) for row in found]
    return Table(rows.assign(claim=[_shown(row) for row in found], told=told), columns, markdown=("claim",))


def _condition(row: dict[Any, Any]) -> str:
    return f"True {row['condition']}" if row["verdict"] == "true if" else str(row["condition"])


def _worded(row: dict[Any, Any]) -> bool:
    """Say whether a condition tells more than a number: of what is true if, and of a claim made of others."""
    return bool(row["verdict"] == "true if" or pd.isna(row["effect"]))


def sensitivity(config: str) -> pd.DataFrame:
    """Return the claims of a published configuration with their verdicts judged in other ways; empty without any."""
    path = params.root() / "reports" / config / "sensitivity.csv"
    columns = ["claim", "verdict", "fragile", "because"]
    return pd.read_csv(path) if path.is_file() else pd.DataFrame(columns=columns)


def _linked(claim: str) -> str:
    return f"[{claim}](#claim-{claim})"


def sure(found: Any, sensitivity: pd.DataFrame, powers: pd.DataFrame) -> Table:
    """Return what qualifies the verdicts as a whole: questions, tests, false ones to expect, fragile ones, power."""
    fragile = sensitivity.loc[sensitivity["fragile"].astype(bool), "claim"].tolist() if len(sensitivity) else []
    weak = int((powers["power"] < _ENOUGH).sum()) if len(powers) else 0
    rows = [
        ("Claims, and distinct questions among them", f"{found.claims}, {found.distinct}"),
        ("Decided claims, and distinct questions", f"{found.decided}, {found.distinct_decided}"),
        ("Tests behind them, adjusted within each claim", f"{found.tests}"),
        (f"Tests below the Benjamini–Hochberg line at {number(100 * found.rate)} %", f"{found.below_line}"),
        ("Of those expected to be false, at most", number(found.false_below, 2)),
        ("False verdicts expected if each test were judged alone", number(found.expected_false, 2)),
        ("Verdicts that another margin, init or half of the seeds turns", f"{len(fragile)}"),
        ("Which these are", ", ".join(map(_linked, fragile)) or MISSING),
        ("Contrasts with a margin, told with an interval of means", f"{len(powers)}"),
        ("Of those too noisy to show equality four times in five", f"{weak}"),
    ]
    frame = pd.DataFrame(rows, columns=["what", "count"])
    return Table(frame, {"what": "What", "count": "How many"}, markdown=("count",))


def waiting(ledger: pd.DataFrame) -> Table:
    """Return the comparisons whose claims this configuration does not measure, with their claims."""
    columns = {"experiment": "Comparison", "count": "Claims", "claims": "Not measured here"}
    rows = ledger[ledger["verdict"] == "not measured here"] if len(ledger) else ledger
    if rows.empty:
        frame = pd.DataFrame([{"experiment": "every claim is measured", "count": 0, "claims": ""}])
        return Table(frame, columns)
    grouped = rows.groupby("experiment", sort=False)["claim"]
    table = pd.DataFrame(
        {"count": grouped.size(), "claims": grouped.agg(lambda names: ", ".join(map(_linked, names)))}
    ).reset_index()
    table["experiment"] = table["experiment"].str.replace("_", " ")
    return Table(table.sort_values("count", ascending=False, kind="stable"), columns, markdown=("claims",))


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
    if all(row["margin"] == MISSING for row in rows):
        del columns["margin"]
    return Table(pd.DataFrame(rows), columns)


def _margin(claim: Any) -> str:
    """Return a claim's margin with its unit, of a claim of parts each margin once."""
    parts = getattr(claim.rule, "parts", None)
    found = [_of_rule(part) for part in parts.values()] if parts else [_of_rule(claim.rule)]
    told = [one for one in dict.fromkeys(found) if one != MISSING]
    return ", ".join(told) or MISSING


def _of_rule(rule: Any) -> str:
    """Return a rule's margin; of a unit only what is short, since the rule says the rest in words."""
    margin = getattr(rule, "shown_margin", None)
    if margin is None:
        return MISSING
    if margin == 0:
        return "direction only"
    if getattr(rule, "scale", "") == "margins" or getattr(rule, "kind", "") == "policy":
        return ", ".join(f"{number(100 * share, 2)} % of {name}" for name, share in rule.margins.items())
    unit = str(getattr(rule, "unit", ""))
    unit = "%" if unit.startswith("%") else unit if len(unit) <= _SHORT else ""
    return f"{number(margin, 2)} {unit}".strip()
