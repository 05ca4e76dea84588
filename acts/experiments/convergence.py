"""Convergence: how fast networks learn, every activation at the learning rate that suits it.

Each final seed has its own tuning: a run at every rate of a factor-2 grid under a seed of its own (1000 + seed), on the
final seed's training rows, scored on its validation rows by the very metric that is judged, the area under the loss
curve. Arm ``each`` tunes the rate inside every init, arm ``best`` picks init and rate together; both may be one run.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from math import log
from typing import Any

import numpy as np
import pandas as pd

from acts import activations, datasets, theory, training, trials, tuning
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.networks import Shape
from acts.params import Convergence, Params
from acts.params.schema import Optimizer
from acts.records import frame, where
from acts.training import History

word = "convergence"
rooms = ("activations", "datasets", "networks", "training", "trials")
budget = 400.0

TUNING = 1000  # added to a final seed to name its tuning run
TARGETS = (0.75, 0.5, 0.25)  # of the loss of a uniform guess, ln(classes)
CURVE_ROWS = 256  # rows on which a loss curve is measured, at every evaluation
FINAL_ROWS = 2048  # rows, at most, on which accuracy is measured after the last step

Cell = tuple[str, str, str, Optimizer]  # activation, dataset, network, optimizer
Curves = dict[tuple[Any, ...], dict[float, float]]


# --- plan -------------------------------------------------------------------------------------------------------------


def plan(params: Params, records: pd.DataFrame) -> list[Job]:
    """Return every job known so far: the tuning that the records ask for, and final runs of what is tuned.

    A data set that is not here and an init that an activation does not have are left out. Raises ValueError for a
    named activation that cannot be trained in this comparison, and for rates that do not rise by a factor of 2.
    """
    wanted = params.experiments.convergence
    if wanted is None:
        return []
    for rates in wanted.rates.values():
        tuning.check(rates)
    here = [name for name in wanted.datasets if datasets.missing(name) is None]
    curves = _curves(records)
    jobs = []
    for cell in product(_trainable(wanted), here, wanted.networks, wanted.optimizers):
        tune, final = _runs(cell, wanted, curves, {"device": params.device, "dtype": params.dtype})
        jobs += [_job(cell[0], runs) for runs in (tune, final) if runs]
    return jobs


def _trainable(wanted: Convergence) -> list[str]:
    """Return the activations to train; of "all" those that work element by element and are not random."""
    if wanted.activations == "all":
        every = [activations.get(name) for name in activations.names()]
        return [one.name for one in every if one.elementwise and not one.stochastic]
    chosen = [activations.get(name) for name in wanted.activations]
    for one in chosen:
        if not one.elementwise or one.stochastic:
            why = "is random in training" if one.elementwise else "is not element-wise"
            raise ValueError(f"convergence: {one.name} {why}, which this comparison does not train")
    return [one.name for one in chosen]


def _curves(records: pd.DataFrame) -> Curves:
    """Return the tuning losses measured so far, a curve (rate to loss) for every arm and tuning seed."""
    rows = where(records, experiment=word, phase="tune", metric="loss_area")
    columns = ("activation", "dataset", "network", "optimizer", "init", "seed", "lr", "value")
    found: Curves = {}
    for *arm, rate, loss in zip(*(rows[column].tolist() for column in columns), strict=True):
        found.setdefault(tuple(arm), {})[rate] = loss
    return found


def _runs(cell: Cell, wanted: Convergence, curves: Curves, on: dict[str, str]) -> tuple[list[Run], list[Run]]:
    """Return a cell's tuning runs and those of its final runs whose tuning is complete."""
    activation, dataset, network, optimizer = cell
    scales = {
        rule: found for rule in wanted.inits if (found := _scales(activation, rule, trials.shape(dataset, network)))
    }
    fixed = {
        "dataset": dataset, "network": network, "optimizer": optimizer,
        "steps": wanted.steps, "batch": wanted.batch, "evaluations": wanted.evaluations, **on,
    }  # fmt: skip
    tune: list[Run] = []
    final: list[Run] = []
    for seed in range(wanted.seeds):
        choices: dict[str, tuning.Choice] = {}
        for rule, numbers in scales.items():
            measured = curves.get((*cell, rule, TUNING + seed), {})
            rates, choice = tuning.search(wanted.rates[optimizer], measured, growths=wanted.growths)
            shared = {**fixed, "split": seed, "init": rule, "scales": numbers}
            tune += [{**shared, "phase": "tune", "seed": TUNING + seed, "lr": rate} for rate in rates]
            if choice is not None:
                choices[rule] = choice
        if scales and len(choices) == len(scales):
            final += [_final(run, seed, choices) for run in ({**fixed, "init": r, "scales": scales[r]} for r in scales)]
    return tune, final


def _final(shared: dict[str, Any], seed: int, choices: dict[str, tuning.Choice]) -> Run:
    """Return the final run of a seed and an init, with the rate chosen and the arms that it speaks for."""
    choice = choices[shared["init"]]
    best = min(choices, key=lambda rule: choices[rule].rank)
    arms = ["each", "best"] if shared["init"] == best else ["each"]
    return {
        **shared,
        "phase": "final",
        "seed": seed,
        "split": seed,
        "lr": choice.rate,
        "edge": choice.edge,
        "arms": arms,
    }


@cache
def _init(activation: str, rule: str) -> theory.Init | None:
    """Return the init of a rule, None where the activation has none."""
    try:
        return theory.init(activation, rule)
    except ValueError:
        return None


def _scales(activation: str, rule: str, shape: Shape) -> list[Any] | None:
    """Return the deviations of weights and biases in first, hidden and last layers, and whether draws are uniform.

    Ten digits: enough for any network, and the same on every machine. Inputs have mean square 1.
    """
    init = _init(activation, rule)
    if init is None:
        return None
    layers = (init.first(fan_in=shape.inputs), init.hidden(fan_in=shape.width), init.last(fan_in=shape.width))
    return [*(float(f"{number:.10g}") for layer in layers for number in layer), init.uniform]


def _job(activation: str, runs: list[Run]) -> Job:
    """Return a job with a rough cost: a run's steps and evaluations at the price of its weights."""
    shape = trials.shape(runs[0]["dataset"], runs[0]["network"])
    passes = runs[0]["steps"] * runs[0]["batch"] / 64 + (runs[0]["evaluations"] + 1) * CURVE_ROWS / 64 / 3
    return Job(word, activation, tuple(runs), len(runs) * passes * (3e-5 + 9e-9 * shape.weights))


# --- measure ----------------------------------------------------------------------------------------------------------


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; runs of one kind are trained together."""
    activation = activations.get(job.activation)
    rows: list[list[dict[str, Any]]] = [[] for _ in job.runs]
    with training.one_thread():
        for members in trials.groups(job.runs):
            runs = [job.runs[member] for member in members]
            for member, run, found in zip(members, runs, _rows(activation, runs), strict=True):
                rows[member] = [{**_who(job.activation, run), **row} for row in found]
    table = frame(row for found in rows for row in found)
    ends = np.cumsum([len(found) for found in rows])
    return [table.iloc[end - len(found) : end] for found, end in zip(rows, ends, strict=True)]


def _who(activation: str, run: Run) -> dict[str, Any]:
    columns = ("phase", "dataset", "network", "optimizer", "seed", "init", "lr", "device", "dtype")
    return {"experiment": word, "activation": activation, **{column: run[column] for column in columns}}


def _rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[dict[str, Any]]]:
    """Train runs of one kind together and yield what each one's rows say."""
    tune = runs[0]["phase"] == "tune"
    trial = trials.train(activation, runs, watch="validation" if tune else "test", rows=CURVE_ROWS)
    if tune:
        yield from (_tuned(trial.history, number) for number in range(len(runs)))
        return
    shares = {part: trial.accuracy(part, rows=FINAL_ROWS) for part in ("train", "validation", "test")}
    for number, run in enumerate(runs):
        accuracy = {part: float(share[number]) for part, share in shares.items()}
        yield list(_finished(run, trial.history, number, accuracy))


# --- rows -------------------------------------------------------------------------------------------------------------


def _tuned(history: History, number: int) -> list[dict[str, Any]]:
    """Return a tuning run's rows: its point of the response curve, and whether it diverged."""
    area = {"split": "validation", "metric": "loss_area", "value": float(history.area()[number])}
    return [area, *_divergence(history, number)]


def _divergence(history: History, number: int) -> list[dict[str, Any]]:
    step = int(history.diverged[number])
    rows = [{"metric": "diverged", "value": float(step > 0)}]
    return [*rows, {"metric": "diverged_step", "value": float(step)}] if step else rows


def _finished(run: Run, history: History, number: int, accuracy: dict[str, float]) -> Iterator[dict[str, Any]]:
    """Yield a final run's rows for each of its arms; curves and steps to target for arm ``best`` alone.

    A diverged run has infinite losses and no accuracy: 0, worse than any guess.
    """
    areas = {"test": history.area()[number], "train": history.losses[number].mean()}
    healthy = not history.diverged[number]
    for arm in run["arms"]:
        yield from ({"arm": arm, **row} for row in _divergence(history, number))
        yield {"arm": arm, "metric": "lr_tuned", "value": run["lr"]}
        yield {"arm": arm, "metric": "lr_edge", "value": float(run["edge"])}
        for split, area in areas.items():
            yield {"arm": arm, "split": split, "metric": "loss_area", "value": float(area)}
        for split, share in accuracy.items():
            yield {"arm": arm, "split": split, "metric": "accuracy", "value": share if healthy else 0.0}
    if "best" in run["arms"]:
        yield from _curve(history, number)
        yield from _targets(history, number, run)


def _curve(history: History, number: int) -> Iterator[dict[str, Any]]:
    """Yield the loss by step: on test rows, and on the batches since the evaluation before."""
    curves = {"test": (history.evaluated, history.curve), "train": (history.evaluated[1:], history.running())}
    for split, (steps, losses) in curves.items():
        for step, loss in zip(steps, losses[number], strict=True):
            yield {"arm": "best", "split": split, "step": step, "metric": "loss", "value": float(loss)}


def _targets(history: History, number: int, run: Run) -> Iterator[dict[str, Any]]:
    """Yield the steps to each target, one more than there are where it is not reached, and whether it is."""
    guess = log(datasets.source(run["dataset"]).classes)
    for share in TARGETS:
        step = training.crossing(history.evaluated, history.curve[number], share * guess)
        named = {"arm": f"best;target={share:g}", "split": "test"}
        yield {**named, "metric": "steps_to_loss", "value": run["steps"] + 1.0 if step is None else max(step, 1.0)}
        yield {**named, "metric": "reached", "value": float(step is not None)}
