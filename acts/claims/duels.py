"""Duels: a function of one's own against every other one, tuned, over all tasks that both were trained on.

A duel is asked two questions, in margins of the tasks' outcomes. *Here*: which is better on the mean of these very
tasks, were they run again with fresh seeds? The replicate is a seed, its value the mean over tasks. *In general*: which
is better on the mean of tasks like these? The replicate is a task, and the pair is a claim judged by the rule of
"generally better". Seeds make the first interval narrow; the second is as wide as tasks differ, whatever the seeds.
What a duel says is Holm-adjusted over all rivals, one question at a time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from acts import params, stats, wording
from acts.claims import contrasts, pairs
from acts.claims.catalogue import Claim
from acts.claims.index import Index, indexed
from acts.claims.outcomes import MARGINS, PLACE
from acts.claims.outstanding import needed
from acts.claims.rules import Contrast
from acts.params import ParamsError, yaml12

SHALLOW = ("mlp_1x16", "mlp_1x128")  # a set of tasks of their own, as in the claims on all tasks
FEWEST = contrasts.TASKS  # tasks from which on a duel is judged in general
SEEDS = 6  # from which on it can be judged on its own tasks: of fewer no exact p is 5 % or less
UNIT = "margins less test error"
COLUMNS = (
    "rival", "effect", "low", "high", "inner_low", "inner_high", "n", "tasks", "p", "p_differs", "word", "decided",
    "needed", "found_from", "ranks", "diverged", "diverged_rival", "ratio",
)  # fmt: skip
Question = Literal["here", "general"]


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


def duels(records: pd.DataFrame | Index, name: str, question: Question = "general") -> pd.DataFrame:
    """Return a row a rival, the best first: effect in margins, positive where the function is better, and its ends.

    ``low`` and ``high`` are the 95 % interval over n seeds (``here``) or tasks (``general``), ``inner_low`` and
    ``inner_high`` the 90 % interval of the test of equality. ``word`` is what the duel says by itself, ``decided``
    after Holm over the rivals with replicates enough: better or worse by more than a margin, practically equal, open,
    or too few. ``p_differs`` is Holm's p of no difference at all; ``needed`` how many replicates would decide an open
    duel four times in five, were effect and spread as measured; ``found_from`` the difference that so many find as
    often. Empty where the function has no task. Fought once for an index.
    """
    index = indexed(records)
    found: dict[str, pd.DataFrame] = index.kept(("duels", name), partial(_both, index, name))
    return found[question]


def _both(index: Index, name: str) -> dict[str, pd.DataFrame]:
    names = rivals(index, name) if name in index.activations("generalization") else []
    rows = [asked for rival in names if (asked := _duel(index, name, rival))]
    tables = {}
    for question in ("here", "general"):
        table = _adjusted(pd.DataFrame([row[question] for row in rows], columns=[*COLUMNS, *_PARTS, "enough"]))
        tables[question] = table[list(COLUMNS)].sort_values("effect", ignore_index=True, kind="stable")
    return tables


def _duel(index: Index, name: str, rival: str) -> dict[str, dict[str, Any]]:
    """Return one duel by question; nothing without a task that both sides have whole."""
    rule = _rule(name, rival)
    family = pairs.collect(rule, index)
    tasks, (found,) = contrasts.contrasts_of(rule, family) if family.cells else (family, [None])
    if found is None:
        return {}
    (cell,) = tasks.cells
    (diverged, lost) = (cell.lost.get(side.name, (0, 0))[0] for side in (rule.a, *rule.b))  # type: ignore[union-attr]
    ratio = float(np.exp(-cell.ratio)) if cell.ratio is not None and np.isfinite(cell.ratio) else np.nan
    about = {"rival": rival, "tasks": found.n, "diverged": diverged, "diverged_rival": lost, "ratio": ratio}
    here = stats.compare(by_seed(family.cells), margin=rule.threshold)
    return {
        "here": about | _numbers(here) | {"enough": here.smallest_p <= stats.ALPHA},
        "general": about | _numbers(found) | {"enough": found.n >= FEWEST},
    }


def _rule(name: str, rival: str) -> Contrast:
    rule = against(name, rival).rule
    assert isinstance(rule, Contrast)
    return rule


def by_seed(cells: Sequence[pairs.Cell]) -> pairs.Values:
    """Return the mean over tasks of the paired differences, a value a seed; as many seeds as every task has.

    Infinite where a run diverged, 0 where as many did on either side.
    """
    seeds = min(len(cell.first) for cell in cells)
    rows = np.stack([stats.difference(cell.first[:seeds], cell.second[:seeds]) for cell in cells])
    return pairs.weighted(np.full(len(rows), 1 / len(rows)), rows)


# --- what a comparison says -------------------------------------------------------------------------------------------

_PARTS = ("p_better", "p_worse", "p_equal")


def _numbers(found: stats.Comparison) -> dict[str, Any]:
    """Return a comparison as a row, each p-value two-sided where its threshold is one-sided."""
    same = ("effect", "low", "high", "inner_low", "inner_high", "n", "p", "ranks")
    return {field: getattr(found, field) for field in same} | {
        "p_better": min(1.0, 2 * found.p_superior),
        "p_worse": min(1.0, 2 * found.p_inferior),
        "p_equal": found.p_equivalent,
        "needed": needed(found, "better"),
        "found_from": found.margin + found.minimum_detectable,
    }


def _adjusted(found: pd.DataFrame) -> pd.DataFrame:
    """Return rows with their words, by themselves and after Holm over those that have replicates enough."""
    enough = found["enough"].to_numpy(bool)
    single = found[list(_PARTS)].to_numpy(float).reshape(-1, len(_PARTS))
    said = np.array([part.removeprefix("p_") for part in _PARTS])[single.argmin(axis=1)]
    nearest = single.min(axis=1)
    holm, differs = np.ones(len(found)), np.ones(len(found))
    if enough.any():
        holm[enough] = stats.holm(nearest[enough].tolist())
        differs[enough] = stats.holm(found.loc[enough, "p"].astype(float).tolist())
    return found.assign(word=_words(said, nearest, enough), decided=_words(said, holm, enough), p_differs=differs)


def _words(said: np.ndarray, p_values: np.ndarray, enough: np.ndarray) -> np.ndarray:
    return np.where(enough, np.where(p_values <= stats.ALPHA, said, "open"), "few").astype(object)


# --- places -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rank:
    """A place among functions by the mean over shared tasks; ``best`` and ``worst`` count sure differences alone."""

    place: int
    of: int
    best: int
    worst: int


def rank(found: pd.DataFrame) -> Rank | None:
    """Return the place among the rivals that a function can be judged against; None where there are none.

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
    kept = kept if len(kept) else found[found["tasks"] == found["tasks"].max()] if len(found) else found
    return str(kept.sort_values("effect", kind="stable")["rival"].iloc[0]) if len(kept) else None


# --- task by task -----------------------------------------------------------------------------------------------------


def by_task(records: pd.DataFrame | Index, name: str, rival: str) -> pd.DataFrame:
    """Return a row a task that both were trained on: its place, effect in margins with 95 % interval over seeds, n.

    ``word`` says what the task by itself decides, ``decided`` what is left of it after Holm over the tasks; where every
    run of a side diverged the effect is infinite.
    """
    rule = _rule(name, rival)
    rows = []
    for cell in pairs.collect(rule, indexed(records)).cells:
        if not cell.reason:
            found = stats.compare(cell.first, cell.second, margin=rule.threshold)
            rows.append({**dict(cell.place), **_numbers(found), "enough": found.smallest_p <= stats.ALPHA})
    columns = [*PLACE, "effect", "low", "high", "n", "word", "decided"]
    return _adjusted(pd.DataFrame(rows, columns=[*columns[:-2], "p", *_PARTS, "enough"]))[columns]


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
