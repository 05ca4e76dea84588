"""Outcomes: what tuned arms reach on each task, in margins, so that tasks of different kinds can be set side by side.

A task is judged by its error where classes are told apart and by its loss elsewhere. One margin is the smallest ratio
of two outcomes that would matter: 2.5 % of an error, 5 % of a loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import pandas as pd
from jaxtyping import Float

from acts.records import where

MARGINS = {"error": 0.025, "loss": 0.05}  # shares of the reference arm's outcome
PLACE = ("dataset", "network", "norm", "optimizer")


@dataclass(frozen=True)
class Task:
    """One task of one comparison: a row a seed and a column an activation, in margins, larger being better.

    A run that diverged has −∞, one that was not measured NaN.
    """

    experiment: str
    dataset: str
    network: str
    norm: str
    optimizer: str
    metric: str
    values: pd.DataFrame

    @property
    def kind(self) -> str:
        """Return the kind of network, such as mlp or transformer."""
        return self.network.partition("_")[0]

    @property
    def depth(self) -> int:
        """Return the number of hidden layers, of blocks, or of recurrent layers."""
        return 3 if self.kind == "autoencoder" else int(self.network.partition("_")[2].partition("x")[0])

    @property
    def family(self) -> tuple[str, str]:
        """Return what tasks alike have in common: recurrent or other networks of a kind, and how they are judged."""
        return "recurrent" if self.kind in ("rnn", "gru") else self.kind.removeprefix("res"), self.metric

    @property
    def margin(self) -> float:
        """Return one margin as a difference of logarithms."""
        return -log(1 - MARGINS[self.metric])

    def complete(self, arms: Sequence[str]) -> bool:
        """Say whether every seed has a value of every arm."""
        return set(arms) <= set(self.values.columns) and not self.values[list(arms)].isna().to_numpy().any()


def tasks(records: pd.DataFrame, *, experiment: str = "generalization", arm: str = "best") -> list[Task]:
    """Return the tasks of a comparison with the test outcomes of one arm, in the order of their names.

    Raises ValueError where something was measured twice, that is where the arm leaves a condition open.
    """
    final = where(records, experiment=experiment, phase="final", split="test", arm=arm)
    found = []
    for place, rows in final.groupby(list(PLACE), dropna=False, sort=True):
        metric = next((name for name in MARGINS if (rows["metric"] == name).any()), None)
        if metric is None:
            continue
        own = rows[rows["metric"] == metric]
        if own.duplicated(["seed", "activation"]).any():
            raise ValueError(f"{experiment}: {metric} of {'/'.join(map(str, place))} was measured twice for one seed")
        table = own.pivot(index="seed", columns="activation", values="value").astype(float)
        oriented = table.where(table > 0).map(np.log) / log(1 - MARGINS[metric])
        dataset, network, norm, optimizer = map(str, place)
        values = oriented.mask(np.isinf(table), -np.inf)
        found.append(Task(experiment, dataset, network, norm, optimizer, metric, values))
    return found


def shared(found: Sequence[Task]) -> list[str]:
    """Return the activations that every task has whole, in the order of the first."""
    first = [str(arm) for arm in found[0].values.columns] if found else []
    return [arm for arm in first if all(task.complete([arm]) for task in found)]


def array(found: Sequence[Task], arms: Sequence[str]) -> Float[np.ndarray, "task seed arm"]:
    """Return the outcomes of arms on tasks, over the seeds that all tasks have.

    Raises ValueError, one line, for a task that lacks an arm at some seed.
    """
    for task in found:
        if not task.complete(arms):
            lacking = next(arm for arm in arms if not task.complete([arm]))
            raise ValueError(f"{task.dataset} {task.network} has not every seed of {lacking}")
    seeds = sorted(set.intersection(*(set(task.values.index) for task in found)))
    return np.stack([task.values.loc[seeds, list(arms)].to_numpy(float) for task in found])
