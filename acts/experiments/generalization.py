"""Generalization: the tournament, where every activation is tuned on every task and reports on unseen rows.

A task is a data set, a network, a norm and an optimiser; its steps, batch, schedule, dropout and decay are the same for
all. The judged metric, tuned on validation rows and reported on test rows, is ``error`` where classes are to be told
apart and ``loss`` elsewhere (mean squared error of standardised targets, nats a character), after the last step.

Records, all with dataset, network, norm, optimizer, init, lr, seed, device and dtype:

``tune``, seed 1000 + s for final seed s, one run a tried rate and init, no arm: split validation with ``loss``,
``accuracy`` and ``error`` (the response curve), and ``diverged``.
``final``, seed s, arm ``each`` (rate tuned inside every init) and ``best`` (init and rate picked together; the same run
under both arms where it is the pick): splits train, validation and test with ``loss``, ``accuracy`` and ``error``;
``loss_area`` of test (mean of the evaluations after step 0) and train (mean batch loss); without a split ``lr_tuned``,
``lr_edge`` (−1 or 1 on the smallest or largest rate tried, else 0), ``diverged`` and, of a diverged run,
``diverged_step``.

``error`` is 1 − accuracy, and half a mistake where there is none, so that its logarithm exists; tasks that do not tell
classes apart have none, and only classes and characters have ``accuracy``. A diverged run has infinite loss and error
and an accuracy of 0. No row has a step: all is measured after the last.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from acts import activations, datasets, trials, tuned, tuning
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.params import Generalization, Params, Task
from acts.trials import Trial
from acts.tuned import Row, Search

word = "generalization"
rooms = ("activations", "datasets", "networks", "noise", "training", "trials", "tuned")
budget = 850.0

ROWS = {"train": 1024, "validation": 1024, "test": 2048}  # rows, at most, that a run is scored on
WATCHED = 256  # test rows on which the loss curve is measured
PER_TEXT = 16  # a row of text is many characters to score: so much fewer rows of it

Scores = Mapping[str, np.ndarray]


# --- plan -------------------------------------------------------------------------------------------------------------


def plan(params: Params, records: pd.DataFrame) -> list[Job]:
    """Return every job known so far: the tuning that the records ask for, and final runs of what is tuned.

    A data set that is not here and an init that an activation does not have are left out. Raises ValueError for a
    network that does not take a task's data, and for rates that do not rise by a factor of 2.
    """
    wanted = params.experiments.generalization
    if wanted is None:
        return []
    curves = {metric: tuned.curves(records, word, metric) for metric in ("error", "loss")}
    jobs: list[Job] = []
    for task in wanted.tasks:
        tuning.check(task.rates)
        for dataset in task.dataset:
            names = _fitting(task, dataset)
            if datasets.missing(dataset) is None:
                search, measured = _search(task, dataset, wanted, params), curves[judged(dataset, task.network)]
                jobs += [job for name in names for job in tuned.jobs(word, name, search, measured)]
    return jobs


def judged(dataset: str, network: str) -> str:
    """Return the metric that a task is tuned and judged by."""
    return "error" if trials.task(dataset, network) == "classification" else "loss"


def _fitting(task: Task, dataset: str) -> list[str]:
    """Return the names of a task's activations after trying the network on them and on the data."""
    every = activations.names() if task.activations == "all" else task.activations
    names = [activations.get(name).name for name in every]
    for name in names:
        try:
            trials.network(name, dataset, task.network, task.norm)
        except ValueError as error:
            raise ValueError(f"generalization: {task.network}: {error}") from None
    return names


def _search(task: Task, dataset: str, wanted: Generalization, params: Params) -> Search:
    """Return a task's search; while tuning, the loss is watched at the ends alone."""
    fixed = {
        "dataset": dataset, "network": task.network, "norm": task.norm, "optimizer": task.optimizer,
        "schedule": task.schedule, "dropout": task.dropout, "decay": task.decay,
        "steps": task.steps, "batch": task.batch, "evaluations": wanted.evaluations,
        "device": params.device, "dtype": params.dtype,
    }  # fmt: skip
    scored = {"tune": _rows_of(fixed, ROWS["validation"]), "final": _rows_of(fixed, sum(ROWS.values()))}
    return Search(
        fixed, task.inits or wanted.inits, wanted.seeds, task.rates, wanted.growths,
        while_tuning={"evaluations": 1}, scored=scored,
    )  # fmt: skip


# --- measure ----------------------------------------------------------------------------------------------------------


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; runs of one kind are trained together."""
    return tuned.measure(job, _rows)


def _rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Train runs of one kind together and yield what each one's rows say; tuning sees no test row."""
    tune = runs[0]["phase"] == "tune"
    watched = "validation" if tune else "test"
    trial = trials.train(activation, runs, watch=watched, rows=_rows_of(runs[0], WATCHED))
    parts = ("validation",) if tune else tuple(ROWS)
    scores = {part: trial.score(part, rows=_rows_of(runs[0], ROWS[part])) for part in parts}
    for number, run in enumerate(runs):
        rows = list(_measured(trial, number, scores))
        if tune:
            yield [*rows, *tuned.divergence(trial.history, number)]
        else:
            rows += [*_areas(trial, number), *tuned.divergence(trial.history, number), *tuned.chosen(run)]
            yield [{"arm": arm, **row} for arm in run["arms"] for row in rows]


def _rows_of(run: Run, rows: int) -> int:
    return rows // PER_TEXT if trials.task(run["dataset"], run["network"]) == "text" else rows


def _measured(trial: Trial, number: int, scores: Mapping[str, Scores]) -> Iterator[Row]:
    """Yield a run's metrics on each part of its data."""
    run, healthy = trial.runs[number], not trial.history.diverged[number]
    for part, found in scores.items():
        told = {"loss": float(found["loss"][number]) if healthy else np.inf}
        if "accuracy" in found:
            told["accuracy"] = float(found["accuracy"][number]) if healthy else 0.0
        if judged(run["dataset"], run["network"]) == "error":
            told["error"] = trials.error(run, part, told["accuracy"], rows=ROWS[part]) if healthy else np.inf
        yield from ({"split": part, "metric": metric, "value": value} for metric, value in told.items())


def _areas(trial: Trial, number: int) -> list[Row]:
    """Return the area under a run's loss curve on test rows, and under its batch losses."""
    areas = {"test": trial.history.area()[number], "train": trial.history.losses[number].mean()}
    return [{"split": split, "metric": "loss_area", "value": float(area)} for split, area in areas.items()]
