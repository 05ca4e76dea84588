"""Linear: what a nonlinear network is worth at the training loss of a linear one.

First the linear network (identity) is tuned by its validation loss after the last step, and trained. Then every other
activation is trained for twice as many steps at most, watched on the same training rows, and caught where its training
loss first comes down to the linear network's final one of the same seed; its rate is the one whose caught network has
the smallest validation loss, a network that does not come down counting as diverged.

Rows of phase final: arm ``study=linear``, split test, ``stopped_loss``, with classes ``stopped_error`` and
``stopped_noise_error`` (test rows with uniform noise on [−1, 1] on standardised inputs), else ``stopped_noise_loss``;
split train, ``stopped_loss`` on the watched rows; without a split ``met`` (whether it came down), ``stopped_step``,
``lr_tuned``, ``lr_edge``, ``diverged``. The linear network has the same metrics after its last step. A network that
does not come down is scored as it ends, with ``met`` 0. Tuning: arm ``study=linear``, split validation,
``stopped_loss``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from acts import activations, datasets, trials, tuned, tuning
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.params import Params
from acts.params.probes import LinearTask, Probes
from acts.probes import Stopping
from acts.records import where
from acts.trials import Trial
from acts.tuned import Row, Search

TAG = "study=linear"
REFERENCE = "identity"
WATCHED = 256  # training rows on which losses are compared
ROWS = {"validation": 1024, "test": 1024}  # rows, at most, that a run is scored on
NOISE = 1.0
LONGER = 2  # times as many steps as the linear network's, at most, to come down to its loss


# --- plan -------------------------------------------------------------------------------------------------------------


def plan(wanted: Probes, params: Params, records: pd.DataFrame, *, word: str, seeds: int) -> Iterator[Job]:
    """Yield every job known so far: the linear networks, then the others of the seeds whose target is known."""
    linear = wanted.linear
    if linear is None:
        return
    curves = tuned.curves(records, word, "stopped_loss")
    names = [activations.get(name).name for name in linear.activations]
    for task in linear.tasks:
        tuning.check(task.rates)
        for dataset in (one for one in task.dataset if datasets.missing(one) is None):
            search = _search(task, dataset, params, seeds, inits=linear.inits, looks=linear.looks)
            yield from tuned.jobs(word, REFERENCE, search, curves)
            targets = _targets(records, word, search.fixed)
            longer = replace(search, fixed={**search.fixed, "steps": LONGER * task.steps})
            for name in names if targets else ():
                yield from _aimed(tuned.jobs(word, name, longer, curves), targets)


def _search(task: LinearTask, dataset: str, params: Params, seeds: int, *, inits: Sequence[str], looks: int) -> Search:
    """Return the search of one task; a linear network is watched at its ends alone."""
    fixed = {
        "study": "linear", "dataset": dataset, "network": task.network, "norm": "none", "optimizer": task.optimizer,
        "steps": task.steps, "batch": task.batch, "evaluations": 1, "every": max(1, LONGER * task.steps // looks),
        "device": params.device, "dtype": params.dtype,
    }  # fmt: skip
    watched = looks * WATCHED
    scored = {"tune": watched + ROWS["validation"], "final": watched + 2 * ROWS["test"]}
    return Search(fixed, inits, seeds, task.rates, growths=1, scored=scored, tag=TAG)


def _targets(records: pd.DataFrame, word: str, cell: Mapping[str, Any]) -> dict[int, float]:
    """Return the final training loss of the linear network of every seed."""
    rows = where(
        records, experiment=word, activation=REFERENCE, phase="final", arm=TAG, split="train", metric="stopped_loss",
        **{column: cell[column] for column in tuned.CELL},
    )  # fmt: skip
    return {int(seed): float(f"{value:.9g}") for seed, value in zip(rows["seed"], rows["value"], strict=True)}


def _aimed(jobs: Iterator[Job], targets: Mapping[int, float]) -> Iterator[Job]:
    """Yield jobs whose runs know their targets, without the runs that have none yet or have an infinite one."""
    for job in jobs:
        known = job.only([np.isfinite(targets.get(run["split"], np.inf)) for run in job.runs])
        if known.runs:
            yield replace(known, runs=tuple({**run, "target": targets[run["split"]]} for run in known.runs))


# --- measure ----------------------------------------------------------------------------------------------------------


def rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Train runs of one kind together and yield what each one's rows say, as it was caught or as it ended."""
    aimed = "target" in runs[0]

    def visiting(group: Sequence[Run]) -> Stopping:
        first = group[0]
        return Stopping(
            trials.feed(group, "train", rows=WATCHED), trials.nonlinearity(activation),
            targets=[run["target"] for run in group], every=first["every"],
            loss=trials.loss(first["dataset"], first["network"]),
        )  # fmt: skip

    trial = trials.train(activation, runs, watch="train", rows=WATCHED, visiting=visiting if aimed else None)
    caught = _caught(trial) if aimed else _ended(trial)
    part = "validation" if runs[0]["phase"] == "tune" else "test"
    clean = caught.trial.score(part, rows=ROWS[part])
    noisy = caught.trial.score(part, rows=ROWS[part], noise=NOISE) if part == "test" else {}
    for number, run in enumerate(runs):
        told = list(_scored(run, number, caught, part=part, clean=clean, noisy=noisy))
        told += tuned.divergence(trial.history, number)
        if part == "test":
            told = [{"arm": TAG, **row} for row in (*told, *_way(caught, number), *tuned.chosen(run))]
            yield told if "best;" + TAG in run["arms"] else []
        else:
            yield told


class _Caught(NamedTuple):
    """Networks as they are scored: a trial of them, whether each met its target, at which step, at which loss."""

    trial: Trial
    met: np.ndarray
    steps: np.ndarray
    losses: np.ndarray


def _caught(trial: Trial) -> _Caught:
    """Return the networks as their visitors caught them."""
    ends = np.cumsum(trial.groups)
    stacks, steps = [], trial.runs[0]["steps"]
    visitors = [visitor for visitor in trial.visitors if isinstance(visitor, Stopping)]
    for visitor, end, size in zip(visitors, ends, trial.groups, strict=True):
        stacks.append(visitor.ended(steps, trial.stack.pick(torch.arange(end - size, end))))
    buffer, state = (torch.cat([getattr(one, name) for one in stacks]) for name in ("buffer", "state"))
    stack = replace(trial.stack, buffer=buffer, state=state)
    met, at, losses = (
        torch.cat([getattr(visitor, name) for visitor in visitors]).numpy() for name in ("met", "steps", "losses")
    )
    return _Caught(replace(trial, stack=stack), met, at, losses)


def _ended(trial: Trial) -> _Caught:
    """Return the networks after their last step, each of which is its own target."""
    count = len(trial.runs)
    steps = np.full(count, trial.runs[0]["steps"])
    return _Caught(trial, np.ones(count, bool), steps, trial.score("train", rows=WATCHED)["loss"])


def _scored(
    run: Run, number: int, caught: _Caught, *, part: str, clean: Mapping[str, np.ndarray],
    noisy: Mapping[str, np.ndarray],
) -> Iterator[Row]:  # fmt: skip
    """Yield losses and errors; infinite where a tuning run does not come down to its target, or has diverged."""
    healthy = not caught.trial.history.diverged[number] or caught.met[number]
    good = healthy and (caught.met[number] or part == "test")
    told = {"stopped_loss": clean["loss"][number]}
    if part == "test" and "accuracy" in clean:
        told["stopped_error"] = trials.error(run, part, clean["accuracy"][number], rows=ROWS[part])
        told["stopped_noise_error"] = trials.error(run, part, noisy["accuracy"][number], rows=ROWS[part])
    elif part == "test":
        told["stopped_noise_loss"] = noisy["loss"][number]
    for metric, value in told.items():
        yield {"split": part, "metric": metric, "value": float(value) if good and np.isfinite(value) else np.inf}


def _way(caught: _Caught, number: int) -> Iterator[Row]:
    """Yield how a final run came to be scored where it was."""
    loss = float(caught.losses[number])
    yield {"split": "train", "metric": "stopped_loss", "value": loss if np.isfinite(loss) else np.inf}
    yield {"metric": "met", "value": float(caught.met[number])}
    yield {"metric": "stopped_step", "value": float(caught.steps[number])}
