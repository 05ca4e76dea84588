"""Convergence: how fast networks learn, every activation at the learning rate that suits it.

Each final seed has its own tuning: a run at every rate of a factor-2 grid under a seed of its own (1000 + seed), on the
final seed's training rows, scored on its validation rows by the very metric that is judged, the area under the loss
curve. Arm ``each`` tunes the rate inside every init, arm ``best`` picks init and rate together; both may be one run.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise, product
from math import log
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from acts import activations, datasets, networks, theory, training, tuning
from acts.activations import Activation
from acts.datasets import Split
from acts.jobs import Job, Run
from acts.networks import Scales, Shape
from acts.params import Convergence, Params
from acts.params.schema import Optimizer
from acts.records import frame, where
from acts.training import Feed, History

word = "convergence"
rooms = ("activations", "datasets", "networks", "training")
budget = 480.0

TUNING = 1000  # added to a final seed to name its tuning run
TARGETS = (0.5, 0.25, 0.125)  # of the loss of a uniform guess, ln(classes)
CURVE_ROWS = 256  # rows on which a loss curve is measured, at every evaluation
FINAL_ROWS = 2048  # rows, at most, on which accuracy is measured after the last step
GROUP = 750_000  # weights that learn together on the CPU: with their gradients they stay near the cache
GROUP_CUDA = 100_000_000

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
    scales = {rule: found for rule in wanted.inits if (found := _scales(activation, rule, _shape(dataset, network)))}
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


def _shape(dataset: str, network: str) -> Shape:
    known = datasets.source(dataset)
    return networks.shape(network, inputs=known.inputs, classes=known.classes)


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
    shape = _shape(runs[0]["dataset"], runs[0]["network"])
    passes = runs[0]["steps"] * runs[0]["batch"] / 64 + (runs[0]["evaluations"] + 1) * CURVE_ROWS / 64 / 3
    return Job(word, activation, tuple(runs), len(runs) * passes * (2.5e-5 + 7.5e-9 * shape.weights))


# --- measure ----------------------------------------------------------------------------------------------------------


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; runs of one kind are trained together."""
    activation = activations.get(job.activation)
    rows: list[list[dict[str, Any]]] = [[] for _ in job.runs]
    with training.one_thread():
        for members in _groups(job.runs):
            runs = [job.runs[member] for member in members]
            for member, found in zip(members, _train(activation, runs), strict=True):
                rows[member] = [{**_who(job.activation, job.runs[member]), **row} for row in found]
    table = frame(row for found in rows for row in found)
    ends = np.cumsum([len(found) for found in rows])
    return [table.iloc[end - len(found) : end] for found, end in zip(rows, ends, strict=True)]


def _groups(runs: Sequence[Run]) -> Iterator[list[int]]:
    """Yield the numbers of runs that can be trained together, at most as many as the cache likes."""
    kinds: dict[str, list[int]] = {}
    for number, run in enumerate(runs):
        kind = [run[name] for name in ("phase", "dataset", "network", "optimizer", "steps", "batch", "evaluations")]
        kinds.setdefault(str([*kind, run["device"], run["dtype"]]), []).append(number)
    for members in kinds.values():
        first = runs[members[0]]
        room = GROUP if first["device"] == "cpu" else GROUP_CUDA
        size = max(
            training.PAD, room // _shape(first["dataset"], first["network"]).weights // training.PAD * training.PAD
        )
        yield from (members[start : start + size] for start in range(0, len(members), size))


def _who(activation: str, run: Run) -> dict[str, Any]:
    columns = ("phase", "dataset", "network", "optimizer", "seed", "init", "lr", "device", "dtype")
    return {"experiment": word, "activation": activation, **{column: run[column] for column in columns}}


def _train(activation: Activation, runs: Sequence[Run]) -> Iterator[list[dict[str, Any]]]:
    """Train runs of one kind together and yield each one's rows."""
    first = runs[0]
    learned = {name: activation.unconstrain(name, activation.parameters[name]) for name in activation.learnable}

    def function(x: Tensor, **raw: Tensor) -> Tensor:
        return activation.kernel(x, **{name: activation.constrain(name, value) for name, value in raw.items()})

    stack = networks.stack(
        _shape(first["dataset"], first["network"]),
        [run["seed"] for run in runs],
        [_as_scales(run["scales"]) for run in runs],
        learned=learned,
        dtype=getattr(torch, first["dtype"]),
        device=first["device"],
    )
    tune = first["phase"] == "tune"
    history = training.train(
        stack,
        function,
        feed=_feed(runs, "train"),
        rates=[run["lr"] for run in runs],
        optimizer_name=first["optimizer"],
        steps=first["steps"],
        batch=first["batch"],
        watch=_feed(runs, "validation" if tune else "test", rows=CURVE_ROWS),
        evaluations=first["evaluations"],
    )
    if tune:
        yield from (_tuned(history, number) for number in range(len(runs)))
        return
    splits = ("train", "validation", "test")
    accuracy = {s: training.evaluate(stack, function, _feed(runs, s, rows=FINAL_ROWS))[1].tolist() for s in splits}
    classes = datasets.source(first["dataset"]).classes
    for number, run in enumerate(runs):
        yield list(_finished(run, history, number, classes, {s: accuracy[s][number] for s in splits}))


def _as_scales(numbers: Sequence[Any]) -> Scales:
    first, hidden, last = ((numbers[i], numbers[i + 1]) for i in (0, 2, 4))
    return Scales(first, hidden, last, uniform=numbers[6])


def _feed(runs: Sequence[Run], part: str, *, rows: int | None = None) -> Feed:
    """Return batches of a part of the data for runs of one data set: so many fixed rows, or the training order."""
    first = runs[0]
    data, dtype, device = datasets.load(first["dataset"]), getattr(torch, first["dtype"]), first["device"]
    sequences = list(dict.fromkeys((run["seed"], run["split"]) for run in runs))
    splits = [datasets.split(first["dataset"], split) for _, split in sequences]
    positions = [
        training.order(seed, split.train, length=first["steps"] * first["batch"])
        if rows is None
        else _part(split, part, rows)
        for (seed, _), split in zip(sequences, splits, strict=True)
    ]
    of = [sequences.index((run["seed"], run["split"])) for run in runs]

    def column(values: Iterable[np.ndarray]) -> Tensor:
        return torch.tensor(np.stack([value.reshape(1, -1) for value in values]), dtype=dtype, device=device)

    return Feed(
        x=torch.from_numpy(data.x).to(device),
        y=torch.from_numpy(data.y).to(device),
        rows=torch.from_numpy(np.stack(positions)).to(device),
        of=torch.tensor(of, device=device),
        centre=column(split.centre for split in splits),
        scale=column(split.scale for split in splits),
    )


def _part(split: Split, part: str, rows: int) -> np.ndarray:
    return getattr(split, part)[:rows]


# --- rows -------------------------------------------------------------------------------------------------------------


def _tuned(history: History, number: int) -> list[dict[str, Any]]:
    """Return a tuning run's rows: its point of the response curve, and whether it diverged."""
    return [
        {"split": "validation", "metric": "loss_area", "value": _area(history, number)},
        *_divergence(history, number),
    ]


def _area(history: History, number: int) -> float:
    """Return the mean loss (nats) over the evaluations after step 0."""
    return float(history.curve[number, 1:].mean())


def _divergence(history: History, number: int) -> list[dict[str, Any]]:
    step = int(history.diverged[number])
    rows = [{"metric": "diverged", "value": float(step > 0)}]
    return [*rows, {"metric": "diverged_step", "value": float(step)}] if step else rows


def _finished(
    run: Run, history: History, number: int, classes: int, accuracy: dict[str, float]
) -> Iterator[dict[str, Any]]:
    """Yield a final run's rows for each of its arms; curves and steps to target for arm ``best`` alone.

    A diverged run has infinite losses and no accuracy: 0, worse than any guess.
    """
    batches, healthy = history.losses[number], not history.diverged[number]
    for arm in run["arms"]:
        for row in _divergence(history, number):
            yield {"arm": arm, **row}
        yield {"arm": arm, "metric": "lr_tuned", "value": run["lr"]}
        yield {"arm": arm, "metric": "lr_edge", "value": float(run["edge"])}
        yield {"arm": arm, "split": "test", "metric": "loss_area", "value": _area(history, number)}
        yield {"arm": arm, "split": "train", "metric": "loss_area", "value": float(batches.mean())}
        for split, share in accuracy.items():
            yield {"arm": arm, "split": split, "metric": "accuracy", "value": share if healthy else 0.0}
    if "best" in run["arms"]:
        yield from _curve(history, number)
        yield from _targets(history, number, classes, run["steps"])


def _curve(history: History, number: int) -> Iterator[dict[str, Any]]:
    """Yield the loss by step: on test rows, and on the batches since the evaluation before."""
    at, batches = history.evaluated, history.losses[number]
    for step, loss in zip(at, history.curve[number], strict=True):
        yield {"arm": "best", "split": "test", "step": step, "metric": "loss", "value": float(loss)}
    for before, step in pairwise(at):
        mean = float(batches[before:step].mean())
        yield {"arm": "best", "split": "train", "step": step, "metric": "loss", "value": mean}


def _targets(history: History, number: int, classes: int, steps: int) -> Iterator[dict[str, Any]]:
    """Yield the steps to each target, one more than there are where it is not reached, and whether it is."""
    for share in TARGETS:
        reached = crossing(np.asarray(history.evaluated), history.curve[number], share * log(classes))
        named = {"arm": f"best;target={share:g}", "split": "test"}
        yield {**named, "metric": "steps_to_loss", "value": steps + 1.0 if reached is None else max(reached, 1.0)}
        yield {**named, "metric": "reached", "value": float(reached is not None)}


def crossing(steps: np.ndarray, losses: np.ndarray, target: float) -> float | None:
    """Return the step at which a loss curve first comes down to a target, on straight lines between points."""
    below = np.flatnonzero(losses <= target)
    if not below.size:
        return None
    at = int(below[0])
    if at == 0 or not np.isfinite(losses[at - 1]):
        return float(steps[at])
    share = (losses[at - 1] - target) / (losses[at - 1] - losses[at])
    return float(steps[at - 1] + share * (steps[at] - steps[at - 1]))
