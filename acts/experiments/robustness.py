"""Robustness: what trained networks bear, and where an activation stops being worth choosing.

Four studies, all tuned as ``acts.tuned`` says, with SGD and momentum, by the error on validation rows (by the loss
where there are no classes). Arms are ``best;study=…`` (init and rate picked together) and ``each;study=…`` (the rate
picked inside every init), phase ``final``, measured after the last step.

``noise``: test rows with uniform noise on [-a, a] added to the standardised inputs. Arm ``best;study=noise;a=1``:
``accuracy``; arm ``best;study=noise``: ``accuracy_area`` and ``error_area``, the mean over a from 0 to the reach.
``labels``: a share of the training rows has a wrong class, validation and test rows do not. Arm
``best;study=labels;flipped=0.2``.
``cells``: networks by depth, init, norm and residual sums. Arm ``best;study=cells``.
``heads``: output functions and losses. Arm ``best;study=heads;head=tanh+hinge``; the activation is that of the hidden
layers. ``calibration`` is the Brier score of the probability that the head says, ``calibration_fitted`` that of a
logistic function of its output number, fitted on validation rows (two classes alone).

All have ``error`` and ``accuracy`` (of classes), ``loss`` (in the unit of the head), for train and test rows,
``loss_area`` on test rows, ``lr_tuned``, ``lr_edge`` and ``diverged``. A diverged run has infinite loss and error, no
accuracy, and an ``error_area`` and ``calibration`` of 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from acts import activations, datasets, trials, tuned, tuning
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.params import Params, Robustness
from acts.trials import Trial, calibration
from acts.tuned import Row, Search

word = "robustness"
rooms = ("activations", "datasets", "networks", "noise", "training", "trials", "tuned")
budget = 300.0

ROWS = {"train": 1024, "validation": 1024, "test": 2048}  # rows, at most, that a run is scored on
NOISY = 1024  # rows, at most, that are scored under each noise
WATCHED = 256  # test rows on which the loss curve is measured

Scores = Mapping[str, np.ndarray]
Settings = dict[str, Any]


# --- plan -------------------------------------------------------------------------------------------------------------


def plan(params: Params, records: pd.DataFrame) -> list[Job]:
    """Return every job known so far: the tuning that the records ask for, and final runs of what is tuned.

    A data set that is not here and an init that an activation does not have are left out. Raises ValueError for a
    network or a head that does not take a data set, and for rates that do not rise by a factor of 2.
    """
    wanted = params.experiments.robustness
    if wanted is None:
        return []
    tuning.check(wanted.rates)
    curves = {metric: tuned.curves(records, word, metric) for metric in ("error", "loss")}
    jobs: list[Job] = []
    for name, search in _searches(wanted, params):
        dataset = search.fixed["dataset"]
        _check(name, search.fixed)
        if datasets.missing(dataset) is None:
            jobs += tuned.jobs(word, name, search, curves[judged(dataset)])
    return jobs


def judged(dataset: str) -> str:
    """Return the metric that networks are tuned and judged by on a data set."""
    return "error" if datasets.source(dataset).task == "classification" else "loss"


def _searches(wanted: Robustness, params: Params) -> Iterator[tuple[str, Search]]:
    """Yield every activation with its search, study by study."""
    shared = {
        "optimizer": "sgd", "schedule": "constant", "dropout": 0.0, "decay": 0.0, "batch": wanted.batch,
        "evaluations": wanted.evaluations, "device": params.device, "dtype": params.dtype,
    }  # fmt: skip
    for study, asked in wanted.studies().items():
        names = [activations.get(name).name for name in asked.activations]
        for net, dataset in ((one, dataset) for one in asked.nets for dataset in one.dataset):
            cell = {"dataset": dataset, "network": net.network, "norm": net.norm, "steps": net.steps}
            for tag, own in _factors(study, asked, net):
                scored = ROWS["train"] + ROWS["test"] + NOISY * len(own.get("noises", ()))
                search = Search(
                    {**shared, **cell, **own}, asked.inits, wanted.seeds, wanted.rates, wanted.growths,
                    while_tuning={"evaluations": 1}, scored={"tune": ROWS["validation"], "final": scored}, tag=tag,
                )  # fmt: skip
                yield from ((name, search) for name in names)


def _factors(study: str, asked: Any, net: Any) -> list[tuple[str, Settings]]:
    """Return the tag of each search that a study makes of a net, with what a run's spec says of it."""
    if study == "noise":
        noises = [float(f"{a:.6g}") for a in np.linspace(0, asked.reach, asked.levels)]
        return [("study=noise", {"noises": noises})]
    if study == "labels":
        return [(f"study=labels;flipped={share:g}", {"flipped": share}) for share in asked.flipped]
    if study == "heads":
        return [(f"study=heads;head={head}", {"head": head}) for head in net.heads]
    return [(f"study={study}", {})]


def _check(name: str, fixed: Mapping[str, Any]) -> None:
    """Raise ValueError where a network, an activation or a head does not take a data set."""
    dataset, head = fixed["dataset"], fixed.get("head", "")
    try:
        trials.network(name, dataset, fixed["network"], fixed["norm"], head)
        trials.loss(dataset, fixed["network"], head)
    except ValueError as error:
        raise ValueError(f"robustness: {fixed['network']}: {error}") from None
    if ("flipped" in fixed or "noises" in fixed) and judged(dataset) != "error":
        raise ValueError(f"robustness: {dataset} has no classes: noise and wrong labels are studied by accuracy")


# --- measure ----------------------------------------------------------------------------------------------------------


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; runs of one kind are trained together."""
    return tuned.measure(job, _rows)


def _rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Train runs of one kind together and yield what each one's rows say; tuning sees no test row."""
    tune = runs[0]["phase"] == "tune"
    trial = trials.train(activation, runs, watch="validation" if tune else "test", rows=WATCHED)
    parts = ("validation",) if tune else ("train", "test")
    scores = {part: trial.score(part, rows=ROWS[part]) for part in parts}
    noisy = {} if tune else {a: trial.score("test", rows=NOISY, noise=a) for a in runs[0].get("noises", ())}
    fitted = [] if tune else list(_fitted(trial))
    for number, run in enumerate(runs):
        rows = [*_measured(trial, number, scores), *tuned.divergence(trial.history, number)]
        if tune:
            yield [row for row in rows if row["metric"] in (judged(run["dataset"]), "diverged")]
            continue
        rows += [*_area(trial, number), *tuned.chosen(run), *fitted[number : number + 1]]
        told = [("", row) for row in rows] + list(_noisy(trial, number, noisy))
        yield [{"arm": arm + factor, **row} for arm in run["arms"] for factor, row in told]


def _measured(trial: Trial, number: int, scores: Mapping[str, Scores]) -> Iterator[Row]:
    """Yield a run's metrics on each part of its data."""
    run, healthy = trial.runs[number], not trial.history.diverged[number]
    for part, found in scores.items():
        told = {"loss": float(found["loss"][number]) if healthy else np.inf}
        if "accuracy" in found:
            told["accuracy"] = float(found["accuracy"][number]) if healthy else 0.0
            told["error"] = trials.error(run, part, told["accuracy"], rows=ROWS[part]) if healthy else np.inf
        if "brier" in found:
            told["calibration"] = float(found["brier"][number]) if healthy else 1.0
        yield from ({"split": part, "metric": metric, "value": value} for metric, value in told.items())


def _area(trial: Trial, number: int) -> list[Row]:
    """Return the area under a run's loss curve on test rows."""
    return [{"split": "test", "metric": "loss_area", "value": float(trial.history.area()[number])}]


def _noisy(trial: Trial, number: int, noisy: Mapping[float, Scores]) -> Iterator[tuple[str, Row]]:
    """Yield a run's accuracy under each noise, after what its arm adds, and the mean over all noise."""
    if not noisy:
        return
    healthy = not trial.history.diverged[number]
    accuracy = [float(found["accuracy"][number]) if healthy else 0.0 for found in noisy.values()]
    for a, value in zip(noisy, accuracy, strict=True):
        yield f";a={a:g}", {"split": "test", "metric": "accuracy", "value": value}
    levels = list(noisy)
    area = float(np.trapezoid(accuracy, levels)) / (levels[-1] - levels[0])
    yield "", {"split": "test", "metric": "accuracy_area", "value": area}
    yield "", {"split": "test", "metric": "error_area", "value": 1 - area}


def _fitted(trial: Trial) -> Iterator[Row]:
    """Yield every run's Brier score on test rows under the logistic function that suits its validation rows.

    None where the head has more output numbers than one, or where no head was asked for.
    """
    if not trial.runs[0].get("head") or trial.stack.network.outputs > 1 or judged(trial.runs[0]["dataset"]) != "error":
        return
    outputs = (trial.outputs(part, rows=ROWS[part]) for part in ("validation", "test"))
    for number, (kept, told) in enumerate(zip(*outputs, strict=True)):
        value = 1.0
        if not trial.history.diverged[number]:
            function = calibration.fit(kept[0][:, 0].astype(float), kept[1])
            value = calibration.brier(told[0][:, 0].astype(float), told[1], *function)
        yield {"split": "test", "metric": "calibration_fitted", "value": value}
