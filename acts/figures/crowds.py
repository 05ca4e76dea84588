"""Crowds: tasks that are too many to be drawn one by one, gathered by the kind of network and the archive."""

import pandas as pd

from acts import stats
from acts.figures import intervals, naming, tasks

MOST = 20  # tasks that are drawn one by one


def crowded(records: pd.DataFrame, config: str) -> bool:
    """Return whether the tasks that were run or asked for are too many to be drawn one by one."""
    return len(tasks.every(records, config)) > MOST


def groups(found: pd.DataFrame) -> pd.Series:
    """Return the group of every task: its kind of network, and the archive that its data are from."""
    names = [naming.group(row["dataset"], row["network"]) for row in found[["dataset", "network"]].to_dict("records")]
    return pd.Series(names, index=found.index, dtype=object)


def arranged(ratios: pd.DataFrame, records: pd.DataFrame, config: str) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return ratios by row, the rows in order, and the rows of which nothing was run.

    A row is a task, or a group of tasks where there is a crowd: then a ratio is the mean over the group's tasks, with
    an interval over tasks where they are enough for one.
    """
    if not crowded(records, config):
        return ratios, tasks.in_order(ratios["task"], records), tasks.absent(records, config)
    labels = _labels(records, config)
    rows = ratios.assign(task=ratios["task"].map(labels))
    found = [
        (row, activation, "error" if (part["metric"] == "error").all() else "loss", *_mean(part["middle"]), len(part))
        for (row, activation), part in rows.groupby(["task", "activation"], sort=False)
    ]
    gathered = pd.DataFrame(found, columns=["task", "activation", "metric", "middle", "low", "high", "n"])
    order, here = list(dict.fromkeys(labels.values())), set(gathered["task"])
    return gathered, [row for row in order if row in here], [row for row in order if row not in here]


def _labels(records: pd.DataFrame, config: str) -> dict[str, str]:
    """Return the row of every task: its group, with how many of its tasks were run."""
    every = tasks.every(records, config)
    group = groups(every)
    done, asked = every["here"].groupby(group).sum(), group.value_counts()
    counted = {name: f"{name} ({_share(int(done[name]), int(asked[name]))})" for name in asked.index}
    return dict(zip(every["task"], group.map(counted), strict=True))


def _share(done: int, asked: int) -> str:
    """Return a number of tasks, and how many were run where it is some but not all."""
    some = f"{done} of " if 0 < done < asked else ""
    return f"{some}{asked} task{'s' if asked > 1 else ''}"


def _mean(middles: pd.Series) -> tuple[float, float, float]:
    """Return the geometric mean over tasks, with an interval where they are enough for one."""
    middle, low, high = intervals.geometric(middles)
    enough = stats.smallest_p(len(middles)) <= 1 - intervals.LEVEL
    return (middle, low, high) if enough else (middle, float("nan"), float("nan"))


def gaps(records: pd.DataFrame, config: str) -> list[str]:
    """Return what was asked for and not run: tasks by their titles, those of a crowd by their groups."""
    if not crowded(records, config):
        return tasks.absent(records, config)
    every = tasks.every(records, config)
    absent = every[~every["here"]]
    counts = groups(absent).value_counts(sort=False)
    return [f"{name} ({_share(0, int(count))})" for name, count in counts.items()]


def examples(found: pd.DataFrame, titles: list[str]) -> list[str]:
    """Return the titles, or where they are a crowd the first of every group."""
    if len(titles) <= MOST:
        return titles
    first = found.drop_duplicates("task").set_index("task").loc[titles]
    return [str(title) for title in groups(first).drop_duplicates().index]
