"""Advice: what to try in a setting, what to expect of it and at which cost, and what a fixed habit loses.

A setting is a kind of network, a class of depths, a normalisation and an outcome; its tasks count alike. Whatever is
picked here is picked on one half of the seeds and scored on the other, so that a gain is not the luck of the pick.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from acts import stats
from acts.claims.outcomes import Task, array, shared, tasks
from acts.records import where

REFERENCE = "relu"
DEPTHS = ((1, 1), (2, 4), (5, 10_000))  # hidden layers that count as one class
LAYERED = ("mlp", "resmlp")  # kinds of which the depth matters to what is advised
CELLS = "best;study=cells"  # the arm of the robustness comparison whose networks are deep
STEP = "mode=eager"  # of the cost of a whole step

COLUMNS = (
    "kind", "depths", "norm", "metric", "tasks", "seeds", "arms", "best", "gain", "gain_low", "gain_high", "detectable",
    "try", "tied", "regret", "regret_low", "regret_high", "time", "time_low", "time_high", "device",
)  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """Tasks for which one piece of advice is given."""

    kind: str
    depths: str
    norm: str
    metric: str
    tasks: tuple[Task, ...]


# --- settings ---------------------------------------------------------------------------------------------------------


def settings(records: pd.DataFrame) -> list[Setting]:
    """Return the settings that the records have tasks for: those of the tournament, and deep ones of ``robustness``."""
    found: dict[tuple[str, str, str, str], list[Task]] = {}
    for experiment, arm in (("generalization", "best"), ("robustness", CELLS)):
        known = set(found)
        for task in tasks(records, experiment=experiment, arm=arm):
            key = (task.kind, _depths(task), task.norm, task.metric)
            if key not in known:
                found.setdefault(key, []).append(task)
    return [Setting(*key, tuple(own)) for key, own in sorted(found.items(), key=lambda item: _order(item[0]))]


def _depths(task: Task) -> str:
    if task.kind not in LAYERED:
        return ""
    low, high = next(span for span in DEPTHS if span[0] <= task.depth <= span[1])
    return str(low) if low == high else f"{low}–{high}" if high < 10_000 else f"{low}+"


def _order(key: tuple[str, str, str, str]) -> tuple[Any, ...]:
    kind, depths, norm, metric = key
    kinds = ("mlp", "resmlp", "autoencoder", "cnn", "rnn", "gru", "transformer")
    return kinds.index(kind) if kind in kinds else len(kinds), depths, norm != "none", norm, metric


# --- what to try ------------------------------------------------------------------------------------------------------


def advice(records: pd.DataFrame) -> pd.DataFrame:
    """Return a row a setting: what to try, the gain over ReLU in % of the outcome, regret, ties, and time of a step.

    ``gain`` is that of picking the best activation for the setting over keeping ReLU, cross-fitted; ``detectable`` says
    whether its 95 % interval excludes 0 and reaches beyond the margin. ``best`` has the best mean; ``try`` is the
    quickest of those that cannot be told apart from it, ReLU among them where nothing better is detectable. ``regret``
    (%) is that of one pick, made on the other tasks of the setting; NaN where there is one task alone. ``time`` is a
    step's, relative to ReLU's.
    """
    times = step_times(records)
    rows = [_advised(setting, times) for setting in settings(records)]
    return pd.DataFrame([row for row in rows if row], columns=list(COLUMNS))


def _advised(setting: Setting, times: pd.DataFrame) -> dict[str, Any]:
    arms = shared(setting.tasks)
    if REFERENCE not in arms or len(arms) < 2:
        return {}
    logs = array(setting.tasks, arms) * setting.tasks[0].margin
    if logs.shape[1] < 2:
        return {}
    relu = arms.index(REFERENCE)
    gain = _over_seeds(stats.regret(logs, relu, stats.oracle(logs, shared=True)))
    detectable = gain.low > 0 and gain.high > setting.tasks[0].margin
    best = int(logs.mean(axis=(0, 1)).argmax())
    tied = _tied(logs, best)
    near = [arm for arm in (best, *tied) if arm != relu] if detectable else [best, *tied, relu]
    chosen = min(dict.fromkeys(near), key=lambda arm: _time(times, arms[arm]))
    own = times[times["activation"] == arms[chosen]].to_dict("records")
    cost = {str(name): value for name, value in own[0].items() if name != "activation"} if own else {}
    return {
        "kind": setting.kind, "depths": setting.depths, "norm": setting.norm, "metric": setting.metric,
        "tasks": len(setting.tasks), "seeds": logs.shape[1], "arms": len(arms), "best": arms[best],
        **_percent("gain", gain), "detectable": detectable, "try": arms[chosen],
        "tied": [arms[arm] for arm in dict.fromkeys(near) if arm != chosen],
        **_percent("regret", _left_out(logs)), **cost,
    }  # fmt: skip


def _over_seeds(values: Float[np.ndarray, "task seed"]) -> stats.Comparison:
    """Return the mean over tasks with its interval over seeds; on ranks where a run diverged."""
    with np.errstate(invalid="ignore"):
        means = values.mean(axis=0)
    return stats.compare(np.where(np.isnan(means), 0.0, means))


def _tied(logs: Float[np.ndarray, "task seed arm"], best: int) -> list[int]:
    """Return the arms whose paired difference to the best one has an interval that holds 0."""
    others = [arm for arm in range(logs.shape[2]) if arm != best]
    found = {arm: _over_seeds(stats.regret(logs, arm, np.full(logs.shape[:2], best))) for arm in others}
    return [arm for arm in others if found[arm].low <= 0 <= found[arm].high]


def _left_out(logs: Float[np.ndarray, "task seed arm"]) -> stats.Comparison | None:
    """Return the regret, against the best of each task, of what is best on the setting's other tasks."""
    if len(logs) < 2:
        return None
    return _over_seeds(stats.regret(logs, stats.elsewhere(logs, range(len(logs)))))


def _percent(name: str, found: stats.Comparison | None) -> dict[str, float]:
    """Return effect and interval of a difference of logs as per cent of the worse outcome."""
    ends = (found.effect, found.low, found.high) if found else (np.nan,) * 3
    return dict(zip((name, f"{name}_low", f"{name}_high"), (_share(end) for end in ends), strict=True))


def _share(difference: float) -> float:
    return 100 * (1 - exp(min(-difference, 700.0)))


# --- what it costs ----------------------------------------------------------------------------------------------------


def step_times(records: pd.DataFrame) -> pd.DataFrame:
    """Return the time of a whole step relative to ReLU's, a row an activation, with its interval over processes."""
    rows = where(records, experiment="cost", metric="step_time_ratio", dtype="float32")
    rows = rows[rows["arm"].fillna("").str.contains(STEP, regex=False)]
    found = []
    for activation, own in rows.groupby("activation"):
        means = own.assign(value=np.log(own["value"])).groupby("seed")["value"].mean()
        if len(means) > 1:
            spread = stats.compare(means.to_numpy(float))
            time, low, high = (float(np.exp(end)) for end in (spread.effect, spread.low, spread.high))
            device = str(own["device"].iloc[0])
            found.append({"activation": activation, "time": time, "time_low": low, "time_high": high, "device": device})
    return pd.DataFrame(found, columns=["activation", "time", "time_low", "time_high", "device"])


def _time(times: pd.DataFrame, activation: str) -> float:
    """Return an activation's time relative to ReLU, ∞ where it was not measured; ReLU's own is 1."""
    own = times.loc[times["activation"] == activation, "time"]
    return float(own.iloc[0]) if len(own) else 1.0 if activation == REFERENCE else np.inf


# --- habits -----------------------------------------------------------------------------------------------------------


def policies(records: pd.DataFrame) -> pd.DataFrame:
    """Return the regret of every fixed habit over the tournament's tasks, in margins, with its interval over tasks.

    ``policy`` is an activation, or "the best of the other families": what does best on the tasks of all other
    families. Compared are the activations that nearly all tasks have, on the tasks that have them all; a task on which
    few were tuned is no tournament. Empty where fewer than two tasks share two activations.
    """
    found, arms = _common(tasks(records))
    columns = ["policy", "regret", "low", "high", "tasks", "seeds"]
    if len(found) < 2 or len(arms) < 2:
        return pd.DataFrame(columns=columns)
    outcomes = array(found, arms)
    fitted = stats.elsewhere(outcomes, [task.family for task in found]) if len(families(found)) > 1 else None
    habits: list[tuple[str, Any]] = [(arm, place) for place, arm in enumerate(arms)]
    habits += [] if fitted is None else [("the best of the other families", fitted)]
    rows = [{"policy": name, **_habit(outcomes, policy)} for name, policy in habits]
    return pd.DataFrame(rows, columns=columns).sort_values("regret", ignore_index=True, kind="stable")


def _common(found: Sequence[Task]) -> tuple[list[Task], list[str]]:
    """Return the tasks with many activations that have all those which nine in ten of them have, and these."""
    most = max((task.values.shape[1] for task in found), default=0)
    wide = [task for task in found if 2 * task.values.shape[1] >= most]
    names = dict.fromkeys(str(arm) for task in wide for arm in task.values.columns)
    arms = [arm for arm in names if sum(task.complete([arm]) for task in wide) >= 0.9 * len(wide)]
    kept = [task for task in wide if task.complete(arms)]
    return kept, arms


def families(found: Sequence[Task]) -> list[tuple[str, str]]:
    """Return the families of tasks, each once."""
    return list(dict.fromkeys(task.family for task in found))


def _habit(outcomes: Float[np.ndarray, "task seed arm"], policy: Any) -> dict[str, float]:
    with np.errstate(invalid="ignore"):
        lost = stats.regret(outcomes, policy).mean(axis=1)
    means = stats.compare(np.where(np.isnan(lost), 0.0, lost))
    return {
        "regret": means.effect, "low": means.low, "high": means.high,
        "tasks": outcomes.shape[0], "seeds": outcomes.shape[1],
    }  # fmt: skip


def grid(records: pd.DataFrame) -> pd.DataFrame:
    """Return the regret of every activation in every setting, in margins, cross-fitted: a row each."""
    rows = []
    for setting in settings(records):
        arms = shared(setting.tasks)
        outcomes = array(setting.tasks, arms) if len(arms) > 1 else np.empty((0, 0, 0))
        if outcomes.size == 0 or outcomes.shape[1] < 2:
            continue
        about = {name: getattr(setting, name) for name in ("kind", "depths", "norm", "metric")}
        for place, arm in enumerate(arms):
            found = _over_seeds(stats.regret(outcomes, place))
            rows.append({**about, "activation": arm, "regret": found.effect, "low": found.low, "high": found.high})
    return pd.DataFrame(rows, columns=["kind", "depths", "norm", "metric", "activation", "regret", "low", "high"])
