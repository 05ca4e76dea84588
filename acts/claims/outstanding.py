"""Outstanding: of claims that the runs leave open, which contrast keeps them open and how many pairs would decide it.

The number supposes that the effect and the spread are what was measured; it is a plan for a next run with fresh seeds
and no finding. No rule is loosened for it.
"""

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import scipy

from acts import stats
from acts.claims import contrasts, trends
from acts.claims.catalogue import Claim, Compound, catalogue
from acts.claims.index import Index, indexed
from acts.claims.ledger import judge
from acts.claims.pairs import Primary, collect
from acts.claims.rules import Trend
from acts.stats import Comparison

OPEN = ("inconclusive", "not decidable")
LONGEST = 140  # letters of a reason
COLUMNS = ("claim", "verdict", "part", "where", "replicate", "pairs", "needed", "why")


def outstanding(records: pd.DataFrame | Index, *, claims: Sequence[Claim] | None = None) -> pd.DataFrame:
    """Return a row for every open claim and part: the contrast that needs most, its pairs, and the pairs it would need.

    ``replicate`` says what a pair is (seeds or tasks). ``needed`` is null where no number of pairs is known to decide,
    ``why`` then says why; of a claim that needs one contrast alone the easiest is shown, of the others the hardest.
    """
    index = indexed(records)
    rows: list[dict[str, Any]] = []
    for claim in claims if claims is not None else catalogue():
        verdict = judge(claim, index)
        if verdict.verdict not in OPEN:
            continue
        about = {"claim": claim.id, "verdict": verdict.verdict}
        own = [about | row for part, rule in _parts(claim) if (row := _row(claim, part, rule, index))]
        told = _reason(verdict.sentence) if verdict.verdict == "not decidable" else "no one contrast; see its sentence"
        rows += own or [about | {"why": told}]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"pairs": "Int64", "needed": "Int64"})


def _reason(sentence: str) -> str:
    """Return the first statement after the verdict's own words, cut where it is long."""
    told = sentence.partition(". ")[2].partition(". ")[0].rstrip(".")
    return told if len(told) <= LONGEST else f"{told[:LONGEST].rpartition(' ')[0]} …"


def _parts(claim: Claim) -> Iterator[tuple[str, Primary]]:
    """Yield the rules of a claim that primary contrasts decide, with the name of the part."""
    rule = claim.rule
    parts = rule.parts.items() if isinstance(rule, Compound) else [("", rule)]
    for name, part in parts:
        if isinstance(part, Primary):
            yield name, part


def _row(claim: Claim, part: str, rule: Primary, index: Index) -> dict[str, Any]:
    """Return the contrast that keeps a part open; nothing where the part is decided or was not run."""
    bare = claim.model_copy(update={"rule": rule, "sentences": {}})
    if contrasts.judge(bare, index).verdict != "inconclusive":
        return {}
    family = trends.collect(rule, index) if isinstance(rule, Trend) else collect(rule, index)
    family, found = contrasts.contrasts_of(rule, family)
    asked = [(needed(one, rule.degree), cell.label, one) for one, cell in zip(found, family.cells, strict=True) if one]
    waiting = [entry for entry in asked if stats.verdict_of(entry[2], degree=rule.degree) == "inconclusive"] or asked
    easiest = rule.quantifier in ("somewhere", "among", "most")
    count, label, shown = (min if easiest else max)(waiting, key=lambda entry: entry[0] or np.inf)
    lost = "" if np.isfinite(_spread(shown)) else "runs diverge, so that differences have no spread to plan with"
    why = "" if count else lost or "the effect lies on a threshold: more pairs would keep it there"
    return {
        "part": part, "where": label or "mean over tasks", "replicate": "tasks" if rule.tasks else "seeds",
        "pairs": shown.n, "needed": count, "why": why,
    }  # fmt: skip


def needed(found: Comparison, degree: str) -> int | None:
    """Return how many pairs tell the effect from the nearest threshold four times in five, if it is as measured."""
    spread = _spread(found)
    if not np.isfinite(spread) or spread == 0:
        return None
    thresholds = {"greatly": (3.0, -1.0), "little": (0.0, 3.0), "alternative": (-1.0,)}.get(degree, (1.0, -1.0))
    distances = [abs(found.effect - factor * found.margin) for factor in thresholds]
    return stats.pairs_needed(min(distances), spread)


def _spread(found: Comparison) -> float:
    """Return the standard deviation of the differences as the interval tells it, which ranks have too."""
    if found.n < 2:
        return np.nan
    critical = float(scipy.stats.t.ppf((1 + found.level) / 2, found.n - 1))
    return (found.high - found.low) / 2 / critical * sqrt(found.n)
