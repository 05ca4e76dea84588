"""Trials: runs given by plain specs, those of one kind trained together on their data set.

A run says ``dataset``, ``network``, ``seed`` (weights and order), ``split`` (the seed of its split), ``scales``,
``lr``, ``optimizer``, ``steps``, ``batch``, ``evaluations``, ``phase``, ``device`` and ``dtype``. Runs of one kind
differ in seed, split, scales and lr alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from acts import datasets, networks, training
from acts.activations import Activation
from acts.jobs import Run
from acts.networks import Function, Scales, Shape, Stack
from acts.training import Feed, History

KIND = ("phase", "dataset", "network", "optimizer", "steps", "batch", "evaluations", "device", "dtype")
ROOM = {"cpu": 750_000, "cuda": 100_000_000}  # weights that learn together; on a CPU they should stay near the cache


@dataclass(frozen=True)
class Trial:
    """Trained networks, one a run, with what they did on the way."""

    runs: Sequence[Run]
    stack: Stack
    function: Function
    history: History

    def accuracy(self, part: str, *, rows: int) -> np.ndarray:
        """Return every run's share of right answers on at most so many rows of a part of its data."""
        return training.evaluate(self.stack, self.function, feed(self.runs, part, rows=rows))[1].cpu().numpy()


def shape(dataset: str, network: str) -> Shape:
    """Return the layer sizes that a named network has on a data set."""
    known = datasets.source(dataset)
    return networks.shape(network, inputs=known.inputs, classes=known.classes)


def groups(runs: Sequence[Run]) -> Iterator[list[int]]:
    """Yield the numbers of runs to train together: of one kind, and at most as many weights as there is room for."""
    kinds: dict[tuple[Any, ...], list[int]] = {}
    for number, run in enumerate(runs):
        kinds.setdefault(tuple(run[name] for name in KIND), []).append(number)
    for members in kinds.values():
        first = runs[members[0]]
        fitting = ROOM[first["device"]] // shape(first["dataset"], first["network"]).weights
        size = max(1, fitting // training.PAD) * training.PAD
        yield from (members[start : start + size] for start in range(0, len(members), size))


def train(activation: Activation, runs: Sequence[Run], *, watch: str, rows: int) -> Trial:
    """Train runs of one kind; their loss curve is measured on so many fixed rows of the watched part."""
    first = runs[0]
    learned = {name: activation.unconstrain(name, activation.parameters[name]) for name in activation.learnable}

    def function(x: Tensor, **raw: Tensor) -> Tensor:
        return activation.kernel(x, **{name: activation.constrain(name, value) for name, value in raw.items()})

    stack = networks.stack(
        shape(first["dataset"], first["network"]),
        [run["seed"] for run in runs],
        [_scales(run["scales"]) for run in runs],
        learned=learned,
        dtype=getattr(torch, first["dtype"]),
        device=first["device"],
    )
    history = training.train(
        stack,
        function,
        feed=feed(runs, "train"),
        rates=[run["lr"] for run in runs],
        optimizer_name=first["optimizer"],
        steps=first["steps"],
        batch=first["batch"],
        watch=feed(runs, watch, rows=rows),
        evaluations=first["evaluations"],
    )
    return Trial(runs, stack, function, history)


def _scales(numbers: Sequence[Any]) -> Scales:
    first, hidden, last = ((numbers[i], numbers[i + 1]) for i in (0, 2, 4))
    return Scales(first, hidden, last, uniform=numbers[6])


def feed(runs: Sequence[Run], part: str, *, rows: int | None = None) -> Feed:
    """Return at most so many fixed rows of a part of the data, or all of them over and over in training order.

    Runs are of one data set; those of one seed and split share a sequence.
    """
    first = runs[0]
    data, length = datasets.load(first["dataset"]), first["steps"] * first["batch"]
    sequences = list(dict.fromkeys((run["seed"], run["split"]) for run in runs))
    splits = [datasets.split(data.name, split) for _, split in sequences]
    parts = [getattr(split, part)[:rows] for split in splits]
    if rows is None:
        parts = [training.order(seed, own, length=length) for (seed, _), own in zip(sequences, parts, strict=True)]
    return Feed.of_arrays(
        data.x,
        data.y,
        rows=parts,
        of=[sequences.index((run["seed"], run["split"])) for run in runs],
        centre=[split.centre for split in splits],
        scale=[split.scale for split in splits],
        dtype=getattr(torch, first["dtype"]),
        device=first["device"],
    )
