"""Powers: which contrasts could have shown that two sides are practically equal, had they been."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from acts import stats
from acts.claims import contrasts, pairs, trends
from acts.claims.catalogue import Claim, Compound, catalogue
from acts.claims.index import Index, indexed
from acts.claims.rules import Combination, Contrast, Sweep, Trend

COLUMNS = ("claim", "label", "n", "power")


def powers(records: pd.DataFrame | Index) -> pd.DataFrame:
    """Return a row a primary contrast with a margin: the power of its equivalence test if the true difference were 0.

    Computed from the spread of the paired differences; contrasts with a diverged run are judged on ranks and have none.
    """
    index = indexed(records)
    rows = [row for claim in catalogue() for rule in primary(claim.rule) for row in _of(claim, rule, index)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def primary(rule: Any) -> Iterator[Contrast | Sweep | Combination | Trend]:
    """Yield the rules of primary contrasts that a rule is made of."""
    if isinstance(rule, Compound):
        for part in rule.parts.values():
            yield from primary(part)
    elif isinstance(rule, Contrast | Sweep | Combination | Trend):
        yield rule


def _of(claim: Claim, rule: Contrast | Sweep | Combination | Trend, index: Index) -> Iterator[tuple[Any, ...]]:
    if not rule.threshold or rule.experiment not in index.experiments():
        return
    family = trends.collect(rule, index) if isinstance(rule, Trend) else pairs.collect(rule, index)
    family, _ = contrasts.contrasts_of(rule, family) if family.cells else (family, [])
    for cell in family.cells:
        differences = np.empty(0) if cell.reason else stats.difference(cell.first, cell.second)
        if len(differences) > 2 and np.isfinite(differences).all():
            spread = float(np.std(differences, ddof=1))
            power = stats.tost_power(len(differences), rule.threshold / spread) if spread else 1.0
            yield claim.id, cell.label, len(differences), power
