"""Tasks: a network learning a data set, which activations it was trained with, and how well each did on test rows."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from acts import params, stats
from acts import records as door
from acts.claims.outcomes import MARGINS
from acts.figures import intervals, naming
from acts.params import yaml12

EXPERIMENT = "generalization"
KEY = ["dataset", "network", "norm", "optimizer"]
BANDS = {metric: (1 - share, 1 / (1 - share)) for metric, share in MARGINS.items()}  # ratios inside the margin
UNITS = {
    "error": "test error (%)",
    "nats": "test loss (nats per character)",
    "variance": "test loss (% of variance)",
}
_KINDS = ("mlp", "resmlp", "autoencoder", "cnn", "rnn", "gru", "transformer")
_COLUMNS = [*KEY, "task", "metric", "unit", "activation", "seed", "init", "lr", "value", "diverged"]


def trained(records: pd.DataFrame, *, aside: bool = False, **conditions: Any) -> pd.DataFrame:
    """Return rows of the comparison, a network without normalisation under the word ``none``.

    Networks of one hidden layer and variants of an activation stand in figures of their own: they are left out, or with
    ``aside`` kept.
    """
    rows = door.where(records, experiment=EXPERIMENT, **conditions)
    rows = rows.assign(norm=rows["norm"].fillna("none"))
    return rows if aside else rows[~marked(rows["activation"], naming.variant) & ~marked(rows["network"], shallow)]


def marked(names: pd.Series, told: Callable[[object], bool]) -> np.ndarray:
    """Return which names something holds of; each name is asked about once."""
    holds = {name: told(name) for name in names.dropna().unique()}
    return np.array([holds.get(name, False) for name in names], dtype=bool)


def shallow(network: object) -> bool:
    """Return whether a network is a multilayer perceptron of one hidden layer."""
    return str(network).startswith("mlp_") and naming.depth(str(network)) == 1


def named(keys: pd.DataFrame) -> pd.DataFrame:
    """Return tasks, each once, with their title in column ``task``, simple networks first.

    The optimiser is part of a title only where the same network is trained with several.
    """
    found = keys[KEY].drop_duplicates().astype(object)
    several = found.duplicated(KEY[:3], keep=False)
    titles = [
        naming.task(row["dataset"], row["network"], row["norm"])
        + (f", {naming.word(row['optimizer'])}" if more else "")
        for row, more in zip(found.to_dict("records"), several, strict=True)
    ]
    ranks = [(_rank(network), title.casefold()) for network, title in zip(found["network"], titles, strict=True)]
    order = sorted(range(len(found)), key=ranks.__getitem__)
    return found.assign(task=titles).iloc[order].reset_index(drop=True)


def _rank(network: str) -> int:
    kind = str(network).partition("_")[0]
    return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def planned(config: str) -> pd.DataFrame:
    """Return the tasks that a configuration asks for, as published with its records, else as its file says."""
    provenance = params.root() / "reports" / config / "provenance.json"
    try:
        text = json.loads(provenance.read_text(encoding="utf-8"))["params"] if provenance.is_file() else ""
        text = text or params.load(config).text
        asked = yaml12.read(text).value["experiments"].get(EXPERIMENT) or {}
    except (OSError, KeyError, TypeError, ValueError):
        asked = {}
    rows = [{"norm": "none", **task} for task in asked.get("tasks", ())]
    found = pd.DataFrame(rows, columns=KEY).explode("dataset", ignore_index=True)
    return found[~marked(found["network"], shallow)].reset_index(drop=True)


def judged(records: pd.DataFrame, *, aside: bool = False) -> pd.DataFrame:
    """Return what is judged, a row a task, activation and seed: test error of classifiers, test loss of the others.

    Only runs whose arm picked its init together with its rate; one that diverged has an infinite value. With ``aside``
    also networks and variants that the tournament leaves out.
    """
    final = trained(records, aside=aside, phase="final")
    final = final[final["arm"].fillna("") == "best"]
    test = final[(final["split"] == "test").fillna(False)]
    rows = test[test["metric"].isin(list(MARGINS))].sort_values("step", na_position="last")
    rows = rows.drop_duplicates([*KEY, "activation", "seed", "metric"], keep="last")
    rows = rows[rows["metric"] == _metrics(rows).reindex(pd.MultiIndex.from_frame(rows[KEY])).to_numpy()]
    if rows.empty:
        return pd.DataFrame(columns=_COLUMNS)
    run = [*KEY, "activation", "seed"]
    lost = final[(final["metric"] == "diverged") & (final["value"] > 0)]
    failed = pd.MultiIndex.from_frame(rows[run]).isin(pd.MultiIndex.from_frame(lost[run])) | ~np.isfinite(rows["value"])
    guessed = pd.MultiIndex.from_frame(rows[KEY]).isin(
        pd.MultiIndex.from_frame(test.loc[test["metric"] == "accuracy", KEY].drop_duplicates())
    )
    units = [_unit(metric, with_accuracy) for metric, with_accuracy in zip(rows["metric"], guessed, strict=True)]
    value = rows["value"].mask(np.asarray(failed, bool), np.inf)
    found = rows.assign(value=value, diverged=np.asarray(failed, bool), unit=units).merge(named(rows), on=KEY)
    return found[_COLUMNS].reset_index(drop=True)


def _metrics(rows: pd.DataFrame) -> pd.Series:
    """Return the judged metric of every task: the error where there is one."""
    return rows.groupby(KEY)["metric"].agg(lambda metrics: "error" if (metrics == "error").any() else "loss")


def _unit(metric: str, guessed: object) -> str:
    """Return the key of a unit: a loss beside an accuracy is that of a guess, in nats; else a squared error."""
    return "error" if metric == "error" else "nats" if guessed else "variance"


def shown(unit: str, value: float) -> float:
    """Return a value in its unit as a reader sees it: an error and a share of variance in per cent."""
    return value if unit == "nats" else 100 * value


def each(found: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every task's title with its rows, in order."""
    for title in found["task"].unique():
        yield str(title), found[found["task"] == title]


def levels(found: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of every task and activation with its interval, on ranks where a run diverged."""
    rows = []
    for key, part in found.groupby(["task", "activation"], sort=False):
        unit = str(part["unit"].iloc[0])
        ends = [shown(unit, end) for end in intervals.centre(part["value"])]
        rows.append((*_two(key), unit, *ends, len(part), int(part["diverged"].sum())))
    return pd.DataFrame(rows, columns=["task", "activation", "unit", "middle", "low", "high", "n", "diverged"])


def _two(key: Any) -> tuple[str, str]:
    task, activation = key
    return str(task), str(activation)


def contrasts(found: pd.DataFrame, *, reference: str = "relu") -> pd.DataFrame:
    """Return what is judged as a ratio to the reference's, a row a task and activation, paired by seed."""
    rows = []
    for task, part in each(found):
        wide = part.pivot(index="seed", columns="activation", values="value")
        metric = str(part["metric"].iloc[0])
        for activation in wide.columns.drop(reference, errors="ignore") if reference in wide else ():
            both = wide[[activation, reference]].dropna()
            if len(both):
                own, base = (both[name].to_numpy(float) for name in (activation, reference))
                pairing = stats.correlation(own, base)
                rows.append((task, activation, metric, *ratio(own, base), len(both), pairing))
    return pd.DataFrame(rows, columns=["task", "activation", "metric", "middle", "low", "high", "n", "correlation"])


def ratio(own: np.ndarray, base: np.ndarray) -> tuple[float, float, float]:
    """Return the geometric mean of paired ratios with its interval: NaN where every run of the base diverged."""
    return (np.nan, np.nan, np.nan) if np.isinf(base).all() else intervals.geometric_ratio(own, base)


def over_tasks(ratios: pd.DataFrame) -> pd.DataFrame:
    """Return an activation's mean ratio over tasks with its interval, a task one replicate, where tasks are enough."""
    rows = []
    for activation, part in ratios.dropna(subset=["middle"]).groupby("activation", sort=False):
        if stats.smallest_p(len(part)) <= 1 - intervals.LEVEL:
            rows.append((activation, *intervals.geometric(part["middle"]), len(part)))
    return pd.DataFrame(rows, columns=["activation", "middle", "low", "high", "n"])


def in_order(titles: pd.Series, records: pd.DataFrame) -> list[str]:
    """Return the titles that occur, in the order of tasks."""
    present = set(titles)
    return [title for title in named(trained(records, phase="final"))["task"] if title in present]


def every(records: pd.DataFrame, config: str) -> pd.DataFrame:
    """Return the tasks that were run or that a configuration asks for, with their title and whether they were run."""
    asked = planned(config) if config else pd.DataFrame(columns=KEY)
    run = trained(records, phase="final")[KEY].drop_duplicates().astype(object)
    both = named(pd.concat([part for part in (run, asked) if len(part)] or [asked]))
    done = set(run.itertuples(index=False, name=None))
    return both.assign(here=[key in done for key in both[KEY].itertuples(index=False, name=None)])


def absent(records: pd.DataFrame, config: str) -> list[str]:
    """Return the titles of tasks that a configuration asks for and that no final run of the records belongs to."""
    found = every(records, config)
    return [str(title) for title, here in zip(found["task"], found["here"], strict=True) if not here]


def curves(records: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return the response curves of the tasks found: the judged metric on validation rows by activation and rate.

    Geometric means over tuning seeds, each under the init that was best for it; NaN where a run diverged.
    Each seed is scaled to the mean level of all, so that intervals do not hold what its split makes harder for all.
    """
    columns = ["task", "activation", "unit", "lr", "middle", "low", "high", "n"]
    tune = trained(records, phase="tune", split="validation")
    titled = found[[*KEY, "task", "metric", "unit"]].drop_duplicates()
    tune = tune.merge(titled, on=[*KEY, "metric"])
    if tune.empty:
        return pd.DataFrame(columns=columns)
    seed = ["task", "activation", "seed"]
    lowest = tune.sort_values(["value", "init"], kind="stable").drop_duplicates(seed)[[*seed, "init"]]
    tune = _levelled(tune.merge(lowest, on=[*seed, "init"]))
    rows = []
    for (*key, unit), arm in tune.groupby(["task", "activation", "unit"]):
        for rate, part in arm.groupby(arm["lr"].astype(float)):
            rows.append((*_two(key), str(unit), rate, *_middle(str(unit), part["value"]), len(part)))
    return pd.DataFrame(rows, columns=columns)


def _levelled(tune: pd.DataFrame) -> pd.DataFrame:
    """Return values divided by what their seed shares on a task, over the activations and rates that every seed has."""
    logs = np.log(tune["value"].where(np.isfinite(tune["value"]) & (tune["value"] > 0)))
    arm = tune.groupby(["task", "activation", "lr"])
    whole = (arm["value"].transform("size") == tune.groupby("task")["seed"].transform("nunique")) & (
        logs.notna().groupby([tune[one] for one in ("task", "activation", "lr")]).transform("all")
    )
    shared = logs.where(whole)
    own = shared.groupby([tune["task"], tune["seed"]]).transform("mean")
    level = shared.groupby(tune["task"]).transform("mean")
    return tune.assign(value=tune["value"] / np.exp((own - level).fillna(0.0)))


def _middle(unit: str, values: pd.Series) -> tuple[float, float, float]:
    """Return the centre of finite values with its interval, in the reader's unit; NaN where one is infinite."""
    if not np.isfinite(values.to_numpy(float)).all():
        return np.nan, np.nan, np.nan
    middle, low, high = (shown(unit, end) for end in intervals.geometric(values))
    return middle, low, high
