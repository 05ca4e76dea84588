"""Replications: published settings rerun with paired seeds, beside the figures that were reported.

A setting with several rates takes, for each final seed, the one with the lowest loss on validation rows after a run of
its own under another seed; its arm begins with ``best``. Arms: ``best;study=gelu_mnist;dropout=0.5`` where there are
several shares of dropout, ``study=mish_depth`` where there is one.

Phase ``final``, after the last step: ``loss``, ``accuracy`` and ``error`` on train, validation and test rows without
dropout, ``batch_loss`` of train (with it, a mean over the last tenth of the steps), ``lr_tuned`` and ``diverged``. With
a reach, ``accuracy_area`` and ``error_area`` on test rows under uniform noise, and ``accuracy`` in arms with ``;a=1``.
Phase ``exact``, no seed: ``reported_loss`` or ``reported_accuracy``, the published figure, with the split that it is
about and the arm, to which ``;source=hendrycks2016`` adds where it stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from acts import activations, datasets, trials, tuned
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.params import Params
from acts.params.replications import Published
from acts.records import frame, where
from acts.trials import Trial
from acts.tuned import Row

word = "replications"
rooms = ("activations", "datasets", "networks", "noise", "training", "trials", "tuned")
budget = 60_000.0

ROWS = 10_000  # rows, at most, of each part that a network is scored on
LEVELS = 7  # of noise, from none to the reach
LAST = 10  # the batch loss is a mean over the last of so many parts of the steps

Settings = dict[str, Any]


# --- plan -------------------------------------------------------------------------------------------------------------


def plan(params: Params, records: pd.DataFrame) -> list[Job]:
    """Return every job known so far: the reported figures, tuning runs, and final runs of seeds that are tuned.

    Networks on a data set that is not here are left out, its reported figures are not.
    """
    wanted = params.experiments.replications
    if wanted is None:
        return []
    measured = _measured(records)
    jobs: list[Job] = []
    for setting in wanted.settings:
        jobs += [Job(word, activations.get(name).name, (_reported(setting, name),), 0.01) for name in setting.reported]
        if datasets.missing(setting.dataset) is not None:
            continue
        for name, (tag, cell) in product(setting.activations, _cells(setting, params)):
            known = activations.get(name)
            jobs += _jobs(known, list(_runs(known.name, setting, tag, cell, wanted.seeds, measured)))
    return jobs


def _cells(setting: Published, params: Params) -> Iterator[tuple[str, Settings]]:
    """Yield a setting's networks and shares of dropout: the tag of each and what its runs say of it."""
    for network, dropout in product(setting.networks, setting.dropout):
        yield _tag(setting, dropout), {
            "dataset": setting.dataset, "network": network, "norm": setting.norm, "optimizer": setting.optimizer,
            "schedule": "constant", "dropout": dropout, "decay": 0.0, "steps": setting.steps, "batch": setting.batch,
            "evaluations": 1, "init": setting.init, "device": params.device, "dtype": params.dtype,
        }  # fmt: skip


def _tag(setting: Published, dropout: float) -> str:
    """Return what tells a setting's arms apart."""
    return f"study={setting.word}" + (f";dropout={dropout:g}" if len(setting.dropout) > 1 else "")


def _runs(
    activation: str, setting: Published, tag: str, cell: Settings, seeds: int, measured: Mapping[tuple[Any, ...], float]
) -> Iterator[Run]:
    """Yield a cell's tuning runs where there is more than one rate, and final runs of the seeds whose rate is known."""
    scales = tuned.scales(activation, setting.init)
    if scales is None:
        raise ValueError(f"replications: {setting.word}: {activation} has no init {setting.init!r}")
    several = len(setting.rates) > 1
    for seed in range(seeds):
        tune = {**cell, "scales": scales, "split": seed, "phase": "tune", "seed": tuned.SEED + seed, "arms": [tag]}
        if several:
            yield from ({**tune, "lr": rate} for rate in setting.rates)
        key = (activation, cell["network"], tag, tuned.SEED + seed)
        losses = {rate: measured.get((*key, rate)) for rate in setting.rates}
        if several and None in losses.values():
            continue
        rate = min(setting.rates, key=lambda rate: losses[rate] or 0.0)
        arm = f"best;{tag}" if several else tag
        levels = [float(a) for a in np.linspace(0, setting.reach, LEVELS)] if setting.reach else []
        yield {**tune, "phase": "final", "seed": seed, "lr": rate, "edge": 0, "arms": [arm], "noises": levels}


def _measured(records: pd.DataFrame) -> dict[tuple[Any, ...], float]:
    """Return the validation loss of every tuning run so far."""
    rows = where(records, experiment=word, phase="tune", metric="loss", split="validation")
    columns = ("activation", "network", "arm", "seed", "lr", "value")
    return {tuple(key): value for *key, value in zip(*(rows[one].tolist() for one in columns), strict=True)}


def _jobs(activation: Activation, runs: Sequence[Run]) -> Iterator[Job]:
    """Yield runs as jobs, those that may learn together in one."""
    for members in trials.groups(runs):
        own = tuple(runs[member] for member in members)
        yield Job(word, activation.name, own, trials.seconds(activation, own, scored=3 * ROWS))


def _reported(setting: Published, activation: str) -> Run:
    """Return the run that writes down the published figures of an activation."""
    cells = [(network, _tag(setting, dropout)) for network, dropout in product(setting.networks, setting.dropout)]
    several = "best;" if len(setting.rates) > 1 else ""
    return {
        "phase": "exact", "dataset": setting.dataset, "norm": setting.norm, "metric": setting.metric,
        "split": setting.split, "cells": [[network, several + tag] for network, tag in cells],
        "values": list(setting.reported[activation]), "source": setting.source,
    }  # fmt: skip


# --- measure ----------------------------------------------------------------------------------------------------------


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order."""
    if job.runs[0]["phase"] == "exact":
        return [frame(_figures(job.activation, run)) for run in job.runs]
    return tuned.measure(job, _rows)


def _figures(activation: str, run: Run) -> Iterator[Row]:
    """Yield a row a published figure."""
    shared = {"experiment": word, "activation": activation, "phase": "exact", "metric": f"reported_{run['metric']}"}
    for (network, arm), value in zip(run["cells"], run["values"], strict=True):
        where_ = {"dataset": run["dataset"], "network": network, "norm": run["norm"], "split": run["split"]}
        yield {**shared, **where_, "arm": f"{arm};source={run['source']}", "value": float(value)}


def _rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Train runs of one kind together and yield what each one's rows say; tuning sees validation rows alone."""
    tune = runs[0]["phase"] == "tune"
    trial = trials.train(activation, runs, watch="validation", rows=256)
    parts = ("validation",) if tune else ("train", "validation", "test")
    scores = {part: trial.score(part, rows=ROWS) for part in parts}
    noisy = {} if tune else {a: trial.score("test", rows=ROWS, noise=a)["accuracy"] for a in runs[0]["noises"]}
    for number, run in enumerate(runs):
        rows = [*_scored(trial, number, scores), *tuned.divergence(trial.history, number)]
        if tune:
            yield [row for row in rows if row["metric"] in ("loss", "diverged")]
            continue
        rows.append({"metric": "lr_tuned", "value": run["lr"]})
        (arm,) = run["arms"]
        told = [("", row) for row in rows] + list(_noisy(trial, number, noisy))
        yield [{"arm": arm + factor, **row} for factor, row in told]


def _scored(trial: Trial, number: int, scores: Mapping[str, Mapping[str, np.ndarray]]) -> Iterator[Row]:
    """Yield a run's loss, accuracy and error on each part of its data, and the loss of its last batches."""
    healthy = not trial.history.diverged[number]
    for part, found in scores.items():
        accuracy = float(found["accuracy"][number]) if healthy else 0.0
        told = {"loss": float(found["loss"][number]) if healthy else np.inf, "accuracy": accuracy}
        told["error"] = trials.error(trial.runs[number], part, accuracy, rows=ROWS) if healthy else np.inf
        yield from ({"split": part, "metric": metric, "value": value} for metric, value in told.items())
    losses = trial.history.losses[number]
    last = float(losses[-max(1, len(losses) // LAST) :].mean())
    yield {"split": "train", "metric": "batch_loss", "value": last}


def _noisy(trial: Trial, number: int, noisy: Mapping[float, np.ndarray]) -> Iterator[tuple[str, Row]]:
    """Yield a run's accuracy under each noise, after what its arm adds, and the means over all noise."""
    if not noisy:
        return
    healthy = not trial.history.diverged[number]
    accuracy = [float(found[number]) if healthy else 0.0 for found in noisy.values()]
    for a, value in zip(noisy, accuracy, strict=True):
        yield f";a={a:g}", {"split": "test", "metric": "accuracy", "value": value}
    area = float(np.trapezoid(accuracy, list(noisy))) / max(noisy)
    yield "", {"split": "test", "metric": "accuracy_area", "value": area}
    yield "", {"split": "test", "metric": "error_area", "value": 1 - area}
