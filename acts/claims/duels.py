"""Duels: a function of one's own against every other one, tuned, over all tasks that both were trained on.

Each pair is a claim of its own, judged by the rule of "generally better": the replicate is a task, effects are in
margins of its outcome. The pairs are a family: what a duel says is Holm-adjusted over all of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from acts import params, stats, wording
from acts.claims import contrasts, pairs
from acts.claims.catalogue import Claim
from acts.claims.index import Index, indexed
from acts.claims.outcomes import MARGINS, PLACE
from acts.claims.rules import Contrast
from acts.params import ParamsError, yaml12

SHALLOW = ("mlp_1x16", "mlp_1x128")  # a set of tasks of their own, as in the claims on all tasks
FEWEST = contrasts.TASKS  # tasks from which on a duel is judged
UNIT = "margins less test error"
COLUMNS = (
    "rival", "effect", "low", "high", "wide_low", "wide_high", "n", "p", "p_differs", "word", "decided", "ranks",
    "diverged", "diverged_rival", "ratio",
)  # fmt: skip
Said = Literal["better", "equal", "worse", "open", "few"]


def against(name: str, rival: str, *, label: str = "", other: str = "") -> Claim:
    """Return the claim that a function is generally better than another; labels are what sentences call them."""
    label, other = label or wording.activation(name), other or wording.activation(rival)
    rule = {
        "kind": "contrast", "experiment": "generalization", "metric": "outcome",
        "a": {"activation": name, "label": label}, "b": [{"activation": rival, "label": other}],
        "cells": {"phase": "final", "arm": "best", "split": "test", "network": {"without": list(SHALLOW)}},
        "over": list(PLACE), "quantifier": "mean", "scale": "margins", "margin": dict(MARGINS), "unit": UNIT,
    }  # fmt: skip
    return Claim.model_validate({
        "id": f"Y-{name}-{re.sub(r'[^A-Za-z0-9]+', '_', rival).strip('_')}", "topic": "Yours",
        "claim": f"{label} is generally better than {other}", "kind": "experiment", "rule": rule,
        "measure": "mean over tasks of the paired difference in test outcome, in margins",
        "verdict": "better by more than a margin / worse, or practically equal",
    })  # fmt: skip


def rivals(records: pd.DataFrame | Index, name: str) -> list[str]:
    """Return the functions that a function can be set against, variants of one left out, in alphabetical order."""
    present = indexed(records).activations("generalization")
    return sorted(one for one in present if one != name and "(" not in one)


def duels(records: pd.DataFrame | Index, name: str) -> pd.DataFrame:
    """Return a row a rival, the best first: effect in margins, positive where the function is better, and its ends.

    ``low`` and ``high`` are the 95 % interval over n tasks, ``wide_low`` and ``wide_high`` the one that holds for all
    judged rivals at once (Bonferroni). ``word`` is what the duel says by itself, ``decided`` after Holm over the rivals
    with enough tasks: better or worse by more than a margin, practically equal, open, or too few tasks. ``p_differs``
    is Holm's p of no difference at all. Empty where the function has no task.
    """
    index = indexed(records)
    if name not in index.activations("generalization"):
        return pd.DataFrame(columns=list(COLUMNS))
    rows = [_duel(index, name, rival) for rival in rivals(index, name)]
    found = pd.DataFrame([row for row in rows if row], columns=[*COLUMNS, *_PARTS, "first", "second"])
    return _adjusted(found).sort_values("effect", ignore_index=True, kind="stable")


_PARTS = ("p_better", "p_worse", "p_equal")


def _duel(index: Index, name: str, rival: str) -> dict[str, Any] | None:
    """Return one duel with its p-values, each two-sided where its threshold is one-sided; None without a task."""
    rule = against(name, rival).rule
    assert isinstance(rule, Contrast)
    family = pairs.collect(rule, index)
    if not family.cells:
        return None
    family, (found,) = contrasts.contrasts_of(rule, family)
    (cell,) = family.cells
    if found is None:
        return None
    (diverged, lost) = (cell.lost.get(side.name, (0, 0))[0] for side in _sides(rule))
    return {
        "rival": rival, "effect": found.effect, "low": found.low, "high": found.high, "n": found.n, "p": found.p,
        "p_better": min(1.0, 2 * found.p_superior), "p_worse": min(1.0, 2 * found.p_inferior),
        "p_equal": found.p_equivalent, "ranks": found.ranks, "first": cell.first, "second": cell.second,
        "diverged": diverged, "diverged_rival": lost,
        "ratio": float(np.exp(-cell.ratio)) if cell.ratio is not None and np.isfinite(cell.ratio) else np.nan,
    }  # fmt: skip


def _sides(rule: Contrast) -> Sequence[Any]:
    return [rule.a, *rule.b]


def _adjusted(found: pd.DataFrame) -> pd.DataFrame:
    """Return duels with their words, by themselves and after Holm over those with enough tasks."""
    judged = found["n"] >= FEWEST
    count = int(judged.sum())
    single = found[list(_PARTS)].to_numpy(float)
    nearest = single.min(axis=1) if len(found) else np.empty(0)
    said = np.array(["better", "worse", "equal"])[single.argmin(axis=1)] if len(found) else np.empty(0, dtype=str)
    holm, differs = np.ones(len(found)), np.ones(len(found))
    if count:
        holm[judged] = stats.holm(nearest[judged].tolist())
        differs[judged] = stats.holm(found.loc[judged, "p"].astype(float).tolist())
    rows = zip(found.to_dict("records"), judged, strict=True)
    wide = [_wide(row, count) if enough else (np.nan, np.nan) for row, enough in rows]
    return found.assign(
        word=[_said(word, p, enough) for word, p, enough in zip(said, nearest, judged, strict=True)],
        decided=[_said(word, p, enough) for word, p, enough in zip(said, holm, judged, strict=True)],
        p_differs=differs,
        wide_low=[low for low, _ in wide],
        wide_high=[high for _, high in wide],
    )[list(COLUMNS)]


def _said(word: Any, p: float, enough: bool) -> Said:
    if not enough:
        return "few"
    return str(word) if p <= stats.ALPHA else "open"  # type: ignore[return-value]


def _wide(row: Mapping[Any, Any], count: int) -> tuple[float, float]:
    """Return the interval that holds for so many duels at once."""
    found = stats.compare(row["first"], row["second"], level=1 - (1 - stats.LEVEL) / count)
    return found.low, found.high


# --- places -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rank:
    """A place among functions by the mean over shared tasks; ``best`` and ``worst`` count sure differences alone."""

    place: int
    of: int
    best: int
    worst: int


def rank(found: pd.DataFrame) -> Rank | None:
    """Return the place among the rivals that share enough tasks with a function; None where there are none.

    A difference is sure where it differs from 0 after Holm: what is not surely better may stand behind.
    """
    judged = found[found["decided"] != "few"]
    if judged.empty:
        return None
    sure = judged["p_differs"] <= stats.ALPHA
    ahead, behind = judged["effect"] < 0, judged["effect"] > 0
    best, worst = 1 + int((sure & ahead).sum()), 1 + len(judged) - int((sure & behind).sum())
    return Rank(1 + int(ahead.sum()), 1 + len(judged), best, worst)


def best_other(found: pd.DataFrame) -> str | None:
    """Return the rival with the best mean against a function, of those with the most tasks that can be judged."""
    kept = found[found["decided"] != "few"]
    kept = kept if len(kept) else found[found["n"] == found["n"].max()] if len(found) else found
    return str(kept.sort_values("effect", kind="stable")["rival"].iloc[0]) if len(kept) else None


# --- task by task -----------------------------------------------------------------------------------------------------


def by_task(records: pd.DataFrame | Index, name: str, rival: str) -> pd.DataFrame:
    """Return a row a task that both were trained on: its place, effect in margins with 95 % interval over seeds, n.

    ``word`` says what the task by itself decides; where every run of a side diverged the effect is infinite.
    """
    rule = against(name, rival).rule
    assert isinstance(rule, Contrast)
    family = pairs.collect(rule, indexed(records))
    rows = []
    for cell in (cell for cell in family.cells if not cell.reason):
        found = stats.compare(cell.first, cell.second, margin=rule.threshold)
        word = {"supported": "better", "refuted": "worse", "inconclusive": "open", "not decidable": "few"}[
            stats.verdict_of(found)
        ]
        word = "equal" if word == "worse" and found.high >= -found.margin else word
        about = {"effect": found.effect, "low": found.low, "high": found.high, "n": found.n, "word": word}
        rows.append({**dict(cell.place), **about})
    return pd.DataFrame(rows, columns=[*PLACE, "effect", "low", "high", "n", "word"])


# --- what would be enough ---------------------------------------------------------------------------------------------


def enough() -> list[str]:
    """Return the configurations in params/ with enough tasks for duels to be judged, by name."""
    try:
        return [config for config, count in _tasks(params.root()).items() if count >= FEWEST]
    except ParamsError:
        return []


@cache
def _tasks(root: Path) -> dict[str, int]:
    """Return by configuration how many tasks it names that a duel is judged on."""
    found = {}
    for path in sorted((root / "params").glob("*.yaml")):
        try:
            asked = yaml12.read(path.read_text(encoding="utf-8")).value["experiments"]["generalization"]["tasks"]
            named = [task for task in asked if task["network"] not in SHALLOW]
            found[path.stem] = sum(len(pairs.as_list(task["dataset"])) for task in named)
        except (ValueError, KeyError, TypeError):  # a file that is no configuration promises nothing
            continue
    return found
