"""Trained: what the tuned studies measure of their networks after the last step.

Rows of phase ``final`` have, under every arm: ``error`` (classes) and ``loss`` on train and test rows, ``loss_area`` on
test rows and of the training batches, ``lr_tuned``, ``lr_edge`` and ``diverged``; where slopes are learned ``alpha`` of
each layer and ``alpha_change``, what training made of its start, with their mean over layers without a layer; in study
``zero`` ``at_zero_share`` on train and test rows, the share of pre-activations that are exactly 0. Rows of phase
``tune`` have the judged metric on validation rows and ``diverged``. A diverged run has infinite losses and error.
Networks of ``fit`` and of ``centring`` that carry the arm ``best`` are probed as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from acts import trials, tuned
from acts.activations import Activation
from acts.experiments.mechanisms import probes
from acts.jobs import Job, Run
from acts.trials import Trial
from acts.tuned import Row

ROWS = {"train": 1024, "validation": 1024, "test": 2048}  # rows, at most, that a run is scored on
WATCHED = 256  # rows on which a loss curve is measured
JUDGED = {
    **dict.fromkeys(("centring", "slope", "gradient", "saturation"), "loss_area"),
    **dict.fromkeys(("zero", "mixed", "rectified", "killed", "fit", "narrow"), "outcome"),
}

Scores = Mapping[str, np.ndarray]


def judged(run: Mapping[str, Any]) -> str:
    """Return the metric that a run's rate is tuned by: loss_area, or the outcome, error of classes and loss else."""
    found = JUDGED[run["study"]]
    classes = trials.task(run["dataset"], run["network"]) == "classification"
    return found if found == "loss_area" else "error" if classes else "loss"


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; runs of one kind are trained together."""
    return tuned.measure(job, _rows)


def _rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Train runs of one kind together and yield what each one's rows say; tuning sees no test row."""
    tune = runs[0]["phase"] == "tune"
    trial = trials.train(activation, runs, watch="validation" if tune else "test", rows=WATCHED)
    if tune:
        yield from _tuned(trial)
        return
    scores = {part: trial.score(part, rows=ROWS[part]) for part in ("train", "test")}
    probed = list(probes.trained(activation, trial))
    zeros = _zeros(trial) if runs[0]["study"] == "zero" else {}
    for number, run in enumerate(runs):
        rows = [row for part, found in scores.items() for row in _scored(trial, number, part, found)]
        rows += [*_areas(trial, number), *_slopes(activation, trial, number)]
        rows += [_row(part, "at_zero_share", shares[number]) for part, shares in zeros.items()]
        rows += [*tuned.divergence(trial.history, number), *tuned.chosen(run)]
        yield [*({"arm": arm, **row} for arm in run["arms"] for row in rows), *probed[number]]


def _tuned(trial: Trial) -> Iterator[list[Row]]:
    """Yield a tuning run's point of the response curve, and whether it diverged."""
    metric = judged(trial.runs[0])
    if metric != "loss_area":
        scores = trial.score("validation", rows=ROWS["validation"])
    for number in range(len(trial.runs)):
        if metric == "loss_area":
            found = _row("validation", metric, trial.history.area()[number])
        else:
            found = next(row for row in _scored(trial, number, "validation", scores) if row["metric"] == metric)
        yield [found, *tuned.divergence(trial.history, number)]


def _scored(trial: Trial, number: int, part: str, scores: Scores) -> Iterator[Row]:
    """Yield a run's loss on a part of its data, and its error in telling classes apart: half a mistake at least."""
    run, healthy = trial.runs[number], not trial.history.diverged[number]
    told = {"loss": float(scores["loss"][number]) if healthy else np.inf}
    if "accuracy" in scores:
        own = trials.error(run, part, scores["accuracy"][number], rows=ROWS[part])
        told["error"] = own if healthy else np.inf
    yield from (_row(part, metric, value) for metric, value in told.items())


def _areas(trial: Trial, number: int) -> list[Row]:
    """Return the area under a run's loss curve on test rows, and under its batch losses."""
    areas = {"test": trial.history.area()[number], "train": trial.history.losses[number].mean()}
    return [_row(split, "loss_area", area) for split, area in areas.items()]


def _row(split: str, metric: str, value: float) -> Row:
    return {"split": split, "metric": metric, "value": float(value)}


@torch.no_grad()
def _zeros(trial: Trial) -> dict[str, np.ndarray]:
    """Return, by part of the data, every network's share of pre-activations that are exactly 0."""
    found = {}
    for part in ("train", "test"):
        kept: list[torch.Tensor] = []
        rows = trials.feed(trial.runs, part, rows=WATCHED)
        trial.stack.apply(rows.batch(0, len(rows))[0], trial.nonlinearity, keep=kept)
        found[part] = torch.stack([(h == 0).double().mean(dim=(1, 2)) for h in kept]).mean(dim=0).cpu().numpy()
    return found


def _slopes(activation: Activation, trial: Trial, number: int) -> Iterator[Row]:
    """Yield the learned slope of every layer (of a diverged run none), and how far it went from its start."""
    if "alpha" not in activation.learnable or trial.history.diverged[number]:
        return
    start, parts = activation.parameters["alpha"], trial.stack.parts()
    raw = [parts[f"{spot.name}.alpha"][number] for spot in trial.stack.network.spots]
    slopes = [float(activation.constrain("alpha", value).double().mean()) for value in raw]
    for layer, slope in [*enumerate(slopes, start=1), (None, float(np.mean(slopes)))]:
        yield {"layer": layer, "metric": "alpha", "value": slope}
        yield {"layer": layer, "metric": "alpha_change", "value": slope - start}
