"""Trial: trained networks with what they did on the way, and how well they do in the end."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from acts import datasets, networks, training
from acts.activations import Activation
from acts.datasets import Dataset, Split
from acts.jobs import Run
from acts.networks import Nonlinearity, Scales, Stack
from acts.training import Feed, History, Visitor
from acts.trials import disturbances, starts
from acts.trials.specs import loss, network, nonlinearity, spec, task

log = logging.getLogger(__name__)

Visiting = Callable[[Sequence[Run]], Visitor]


@dataclass(frozen=True)
class Trial:
    """Trained networks, one a run, with what they did on the way.

    ``groups`` says how many each learned together: one number, unless a device's memory was too small for all at once.
    ``visitors`` are those that saw them learn, one a group, where any were wanted.
    """

    runs: Sequence[Run]
    stack: Stack
    nonlinearity: Nonlinearity
    history: History
    groups: tuple[int, ...] = ()
    visitors: tuple[Visitor, ...] = ()

    def score(self, part: str, *, rows: int, noise: float = 0.0) -> dict[str, np.ndarray]:
        """Return every run's scores on at most so many fixed rows of a part of its data, by metric.

        ``loss`` in nats, or in variances of the targets; ``accuracy`` too where the targets are classes or characters,
        and ``brier`` where a head says probabilities. ``noise`` is uniform on [-noise, noise], on standardised inputs.
        """
        found = [self._scored(runs, part, rows, noise) for runs in np.split(np.arange(len(self.runs)), self._ends())]
        return {name: np.concatenate([one[name] for one in found]) for name in found[0]}

    def outputs(self, part: str, *, rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield every run's output numbers (row, number) and targets on at most so many fixed rows of its data."""
        for chosen in torch.arange(len(self.runs), device=self.stack.buffer.device).split(training.PAD):
            own = feed([self.runs[run] for run in chosen.tolist()], part, rows=rows)
            x, targets = own.batch(0, len(own))
            with torch.no_grad():
                found = self.stack.pick(chosen).apply(x, self.nonlinearity)
            yield from zip(found.cpu().numpy(), targets.cpu().numpy(), strict=True)

    def _ends(self) -> np.ndarray:
        return np.cumsum(self.groups)[:-1]

    def _scored(self, runs: np.ndarray, part: str, rows: int, noise: float) -> dict[str, np.ndarray]:
        own = [self.runs[run] for run in runs]
        scores = training.evaluate(
            self.stack.pick(torch.from_numpy(runs).to(self.stack.buffer.device)), self.nonlinearity,
            feed(own, part, rows=rows, noise=noise), loss=_loss(own[0]),
        )  # fmt: skip
        return {name: values.cpu().numpy() for name, values in scores.items()}


def train(
    activation: Activation, runs: Sequence[Run], *, watch: str, rows: int, visiting: Visiting | None = None
) -> Trial:
    """Train runs of one kind; their loss curve is measured on so many fixed rows of the watched part.

    ``visiting`` makes a visitor for those that are trained together. Where a GPU's memory is too small for all of them,
    each half is trained on its own.
    """
    try:
        return _train(activation, runs, watch=watch, rows=rows, visiting=visiting)
    except torch.OutOfMemoryError:
        if len(runs) == 1:
            raise
    log.warning("out of memory with %d networks of %s together: halved", len(runs), runs[0]["network"])
    torch.cuda.empty_cache()
    half = len(runs) // 2
    halves = (runs[:half], runs[half:])
    return _joined([train(activation, part, watch=watch, rows=rows, visiting=visiting) for part in halves])


def _joined(trials: Sequence[Trial]) -> Trial:
    """Return one trial of the runs of several of one kind."""
    first = trials[0]
    buffer, state = (torch.cat([getattr(trial.stack, name) for trial in trials]) for name in ("buffer", "state"))
    return Trial(
        [run for trial in trials for run in trial.runs],
        replace(first.stack, buffer=buffer, state=state),
        first.nonlinearity,
        History.joined([trial.history for trial in trials]),
        tuple(size for trial in trials for size in trial.groups),
        tuple(visitor for trial in trials for visitor in trial.visitors),
    )


def _train(activation: Activation, runs: Sequence[Run], *, watch: str, rows: int, visiting: Visiting | None) -> Trial:
    """Train runs of one kind together."""
    visitor = visiting(runs) if visiting else None
    first, stack, own = runs[0], started(activation, runs), _own(activation, runs[0])
    history = training.train(
        stack,
        own,
        feed=feed(runs, "train"),
        rates=[run["lr"] for run in runs],
        optimizer_name=first["optimizer"],
        steps=first["steps"],
        batch=first["batch"],
        seeds=[run["seed"] for run in runs],
        loss=_loss(first),
        **{name: spec(first, name) for name in ("schedule", "dropout", "decay")},
        watch=feed(runs, watch, rows=rows),
        evaluations=first["evaluations"],
        visitor=visitor,
    )
    return Trial(runs, stack, own, history, (len(runs),), () if visitor is None else (visitor,))


def _own(activation: Activation, run: Run) -> Nonlinearity:
    return nonlinearity(activation, channelwise=spec(run, "channelwise"), layers=spec(run, "layers"))


def _loss(run: Run) -> str:
    return loss(run["dataset"], run["network"], spec(run, "head"))


def started(activation: Activation, runs: Sequence[Run]) -> Stack:
    """Return the networks of runs of one kind before their first step."""
    first = runs[0]
    found = networks.stack(
        network(activation, first["dataset"], first["network"], spec(first, "norm"), spec(first, "head")),
        [run["seed"] for run in runs],
        [_scales(run["scales"]) for run in runs],
        nonlinearity=_own(activation, first),
        dtype=_kept(first),
        compute=torch.bfloat16 if first["dtype"] == "bfloat16" else None,
        device=first["device"],
    )
    starts.begin(found, **{name: spec(first, name) for name in ("absorb", "killed")})
    return found


def _kept(run: Run) -> torch.dtype:
    """Return the type in which a run keeps its weights and data; with bfloat16 only passes are computed in that."""
    return torch.float32 if run["dtype"] == "bfloat16" else getattr(torch, run["dtype"])


def _scales(numbers: Sequence[Any]) -> Scales:
    first, hidden, last = ((numbers[i], numbers[i + 1]) for i in (0, 2, 4))
    turns = tuple(zip(numbers[7::2], numbers[8::2], strict=True))
    return Scales(first, hidden, last, uniform=numbers[6], turns=turns)


def feed(runs: Sequence[Run], part: str, *, rows: int | None = None, noise: float = 0.0) -> Feed:
    """Return at most so many fixed rows of a part of the data, or all of them over and over in training order.

    Runs are of one data set; those of one seed and split share a sequence. Training rows have the labels that their
    runs flip; fixed rows have the noise that is asked for.
    """
    first = runs[0]
    data, kind = datasets.load(first["dataset"]), task(first["dataset"], first["network"])
    sequences = list(dict.fromkeys((run["seed"], run["split"]) for run in runs))
    splits = [datasets.split(data.name, split) for _, split in sequences]
    parts = [getattr(split, part)[:rows] for split in splits]
    if rows is None:
        length = first["steps"] * first["batch"]
        parts = [training.order(seed, own, length=length) for (seed, _), own in zip(sequences, parts, strict=True)]
    found = Feed.of_arrays(
        data.x,
        None if kind == "autoencoder" else data.y,
        rows=parts,
        of=[sequences.index((run["seed"], run["split"])) for run in runs],
        inputs=None if kind == "text" else _shifts(splits, "centre", "scale"),
        targets=_shifts(splits, "target_centre", "target_scale") if kind == "regression" else None,
        dtype=_kept(first),
        device=first["device"],
    )
    numbers = [split for _, split in sequences]
    if share := spec(first, "flipped") if part == "train" else 0.0:
        wrong = [_flipped(data, split, rows, share) for split, rows in zip(numbers, parts, strict=True)]
        found = replace(found, instead=torch.from_numpy(np.stack(wrong)).to(first["device"]))
    if noise:
        drawn = [disturbances.noise(len(parts[0]), data.x[0].size, reach=noise, split=split) for split in numbers]
        found = replace(found, noise=torch.from_numpy(np.stack(drawn)).to(first["device"], _kept(first)))
    return found


def _flipped(data: Dataset, split: int, rows: np.ndarray, share: float) -> np.ndarray:
    """Return the classes of rows after a share of the training rows' was flipped."""
    train = datasets.split(data.name, split).train
    return disturbances.flipped(data.y, train, share=share, classes=data.classes, split=split)[rows]


def _shifts(splits: Sequence[Split], centre: str, scale: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [getattr(split, centre) for split in splits], [getattr(split, scale) for split in splits]
