"""Convergence: how fast networks learn, every activation at the learning rate that suits it.

Rates are tuned for every final seed as ``acts.tuned`` says, by the very metric that is judged, the area under the loss
curve: arm ``each`` inside every init, arm ``best`` init and rate together.
"""

from collections.abc import Iterator, Sequence
from itertools import product

import pandas as pd

from acts import activations, datasets, training, trials, tuned, tuning
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.params import Convergence, Params
from acts.training import History
from acts.tuned import Row, Search

word = "convergence"
rooms = ("activations", "datasets", "networks", "noise", "training", "trials", "tuned")
budget = 400.0

TARGETS = (0.75, 0.5, 0.25)  # of the loss of a constant guess, such as ln(classes)
CURVE_ROWS = 256  # rows on which a loss curve is measured, at every evaluation
FINAL_ROWS = 2048  # rows, at most, on which accuracy is measured after the last step


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
    curves = tuned.curves(records, word, "loss_area")
    jobs: list[Job] = []
    for name, *cell in product(_trainable(wanted), here, wanted.networks, wanted.optimizers):
        jobs += tuned.jobs(word, name, _search(cell, wanted, params), curves)
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


def _search(cell: Sequence[str], wanted: Convergence, params: Params) -> Search:
    """Return the search of one cell: data set, network, optimiser."""
    dataset, network, optimizer = cell
    fixed = {
        "dataset": dataset, "network": network, "norm": "none", "optimizer": optimizer,
        "schedule": "constant", "dropout": 0.0, "decay": 0.0,
        "steps": wanted.steps, "batch": wanted.batch, "evaluations": wanted.evaluations,
        "device": params.device, "dtype": params.dtype,
    }  # fmt: skip
    rates = wanted.rates[optimizer]  # type: ignore[index]
    return Search(fixed, wanted.inits, wanted.seeds, rates, wanted.growths, scored={"final": FINAL_ROWS})


# --- measure ----------------------------------------------------------------------------------------------------------


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; runs of one kind are trained together."""
    return tuned.measure(job, _rows)


def _rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Train runs of one kind together and yield what each one's rows say."""
    tune = runs[0]["phase"] == "tune"
    trial = trials.train(activation, runs, watch="validation" if tune else "test", rows=CURVE_ROWS)
    if tune:
        yield from (_tuned(trial.history, number) for number in range(len(runs)))
        return
    shares = {part: trial.score(part, rows=FINAL_ROWS)["accuracy"] for part in ("train", "validation", "test")}
    for number, run in enumerate(runs):
        accuracy = {part: float(share[number]) for part, share in shares.items()}
        yield list(_finished(run, trial.history, number, accuracy))


# --- rows -------------------------------------------------------------------------------------------------------------


def _tuned(history: History, number: int) -> list[Row]:
    """Return a tuning run's rows: its point of the response curve, and whether it diverged."""
    area = {"split": "validation", "metric": "loss_area", "value": float(history.area()[number])}
    return [area, *tuned.divergence(history, number)]


def _finished(run: Run, history: History, number: int, accuracy: dict[str, float]) -> Iterator[Row]:
    """Yield a final run's rows for each of its arms; curves and steps to target for arm ``best`` alone.

    A diverged run has infinite losses and no accuracy: 0, worse than any guess.
    """
    areas = {"test": history.area()[number], "train": history.losses[number].mean()}
    healthy = not history.diverged[number]
    for arm in run["arms"]:
        yield from ({"arm": arm, **row} for row in (*tuned.divergence(history, number), *tuned.chosen(run)))
        for split, area in areas.items():
            yield {"arm": arm, "split": split, "metric": "loss_area", "value": float(area)}
        for split, share in accuracy.items():
            yield {"arm": arm, "split": split, "metric": "accuracy", "value": share if healthy else 0.0}
    if "best" in run["arms"]:
        yield from _curve(history, number)
        yield from _targets(history, number, run)


def _curve(history: History, number: int) -> Iterator[Row]:
    """Yield the loss by step: on test rows, and on the batches since the evaluation before."""
    curves = {"test": (history.evaluated, history.curve), "train": (history.evaluated[1:], history.running())}
    for split, (steps, losses) in curves.items():
        for step, loss in zip(steps, losses[number], strict=True):
            yield {"arm": "best", "split": split, "step": step, "metric": "loss", "value": float(loss)}


def _targets(history: History, number: int, run: Run) -> Iterator[Row]:
    """Yield the steps to each target, one more than there are where it is not reached, and whether it is."""
    guess = datasets.guess(run["dataset"])
    for share in TARGETS:
        step = training.crossing(history.evaluated, history.curve[number], share * guess)
        named = {"arm": f"best;target={share:g}", "split": "test"}
        yield {**named, "metric": "steps_to_loss", "value": run["steps"] + 1.0 if step is None else max(step, 1.0)}
        yield {**named, "metric": "reached", "value": float(step is not None)}
