"""Probes of mechanisms: the studies that read networks instead of only scoring them.

``regions``, ``narrow`` and ``negative`` read networks as they start, ``linear`` catches them at a training loss; each
study's module says what its rows are. A run's ``study`` says which one it belongs to. Trained networks are read too,
at the rate and init that tuning picked: those of the study ``fit`` for ``regions``, those of ``centring`` for
``negative`` where the activation is one that the study is about.
"""

from collections.abc import Iterator
from itertools import groupby

import pandas as pd
import torch

from acts import activations, training, trials, tuned
from acts.activations import Activation
from acts.experiments.mechanisms import linear, narrow, negative, regions
from acts.jobs import Job, Run
from acts.params import Params
from acts.records import frame
from acts.trials import Trial
from acts.tuned import Row

UNTRAINED = {"regions": regions, "narrow": narrow, "negative": negative}
TRAINED = {"fit": regions, "centring": negative}


def plan(params: Params, records: pd.DataFrame) -> list[Job]:
    """Return every job known so far of the studies that a configuration asks for."""
    asked = params.experiments.mechanisms
    if asked is None or asked.probes is None:
        return []
    word, seeds = "mechanisms", asked.seeds
    jobs = [job for study in UNTRAINED.values() for job in study.plan(asked.probes, params, word=word, seeds=seeds)]
    return [*jobs, *linear.plan(asked.probes, params, records, word=word, seeds=seeds)]


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; the runs of a job are of one study."""
    study = job.runs[0]["study"]
    return tuned.measure(job, linear.rows) if study == "linear" else _untrained(job, study)


def trained(activation: Activation, trial: Trial) -> Iterator[list[Row]]:
    """Yield what probes read off each final network of arm ``best``, nothing of most studies and of what diverged."""
    study = TRAINED.get(trial.runs[0]["study"])
    healthy = [not step for step in trial.history.diverged]
    chosen = [
        number
        for number, run in enumerate(trial.runs)
        if study and study.reads(activation) and healthy[number] and any(arm.startswith("best") for arm in run["arms"])
    ]
    found: dict[int, list[Row]] = {}
    if study and chosen:
        stack = trial.stack.pick(torch.tensor(chosen))
        found = dict(zip(chosen, study.read(activation, stack, [trial.runs[number] for number in chosen]), strict=True))
    yield from (found.get(number, []) for number in range(len(trial.runs)))


def _untrained(job: Job, study: str) -> list[pd.DataFrame]:
    """Return one records table a run; networks of one data set and size are made together."""
    activation = activations.get(job.activation)
    found: list[pd.DataFrame] = []
    with training.one_thread():
        for _, members in groupby(job.runs, key=_kind):
            runs = [{**trials.DEFAULTS, **run} for run in members]
            own = UNTRAINED[study].rows(activation, runs)
            found += [frame(_named(job, run, rows)) for run, rows in zip(runs, own, strict=True)]
    return found


def _kind(run: Run) -> tuple[str, ...]:
    return run.get("dataset", ""), run["network"]


def _named(job: Job, run: Run, rows: list[Row]) -> Iterator[Row]:
    columns = ("phase", "network", "norm", "init", "seed", "device", "dtype")
    who = {"experiment": job.experiment, "activation": job.activation, "dataset": run.get("dataset", "gaussian")}
    return ({**who, **{column: run[column] for column in columns}, **row} for row in rows)
