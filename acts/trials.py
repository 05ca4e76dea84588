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

from acts import activations, datasets, networks, training
from acts.activations import Activation
from acts.jobs import Run
from acts.networks import Network, Nonlinearity, Scales, Stack
from acts.training import Feed, History

KIND = ("phase", "dataset", "network", "optimizer", "steps", "batch", "evaluations", "device", "dtype")
ROOM = {"cpu": 750_000, "cuda": 100_000_000}  # weights that learn together; on a CPU they should stay near the cache


@dataclass(frozen=True)
class Trial:
    """Trained networks, one a run, with what they did on the way."""

    runs: Sequence[Run]
    stack: Stack
    nonlinearity: Nonlinearity
    history: History

    def accuracy(self, part: str, *, rows: int) -> np.ndarray:
        """Return every run's share of right answers on at most so many rows of a part of its data."""
        return training.evaluate(self.stack, self.nonlinearity, feed(self.runs, part, rows=rows))[1].cpu().numpy()


def network(activation: str | Activation, dataset: str, name: str, norm: str = "none") -> Network:
    """Return the network of a name, made for an activation and a data set."""
    known, fan = datasets.source(dataset), nonlinearity(activations.get(activation)).fan
    return networks.network(name, shape=(known.inputs,), outputs=known.classes, norm=norm, fan=fan)


def nonlinearity(activation: Activation) -> Nonlinearity:
    """Return an activation as networks see it: its fast path, learnable parameters as raw numbers."""
    learned = {name: activation.unconstrain(name, activation.parameters[name]) for name in activation.learnable}
    fixed = {name: value for name, value in activation.parameters.items() if name not in learned}

    def values(raw: dict[str, Tensor]) -> dict[str, Any]:
        return {**fixed, **{name: activation.constrain(name, value) for name, value in raw.items()}}

    def call(h: Tensor, **raw: Tensor) -> Tensor:
        return activation.kernel(h, **values(raw))

    def random(h: Tensor, uniform: Tensor, **raw: Tensor) -> Tensor:
        assert activation.sample is not None
        return activation.sample(h, uniform, **values(raw))

    return Nonlinearity(call, learned, random if activation.stochastic else None, _fan(activation))


def _fan(activation: Activation) -> tuple[int, int]:
    """Return how many pre-activations become how many outputs, as two of them show."""
    given = 2 if activation.elementwise else activation.kernel(torch.zeros(2)).numel()
    return {1: (2, 1), 2: (1, 1), 4: (1, 2)}[given]


def groups(runs: Sequence[Run]) -> Iterator[list[int]]:
    """Yield the numbers of runs to train together: of one kind, and at most as many weights as there is room for."""
    kinds: dict[tuple[Any, ...], list[int]] = {}
    for number, run in enumerate(runs):
        kinds.setdefault(tuple(run[name] for name in KIND), []).append(number)
    for members in kinds.values():
        first = runs[members[0]]
        known = datasets.source(first["dataset"])
        sized = networks.network(first["network"], shape=(known.inputs,), outputs=known.classes)
        fitting = ROOM[first["device"]] // sized.weights
        size = max(1, fitting // training.PAD) * training.PAD
        yield from (members[start : start + size] for start in range(0, len(members), size))


def train(activation: Activation, runs: Sequence[Run], *, watch: str, rows: int) -> Trial:
    """Train runs of one kind; their loss curve is measured on so many fixed rows of the watched part."""
    first, own = runs[0], nonlinearity(activation)
    stack = networks.stack(
        network(activation, first["dataset"], first["network"], first.get("norm", "none")),
        [run["seed"] for run in runs],
        [_scales(run["scales"]) for run in runs],
        nonlinearity=own,
        dtype=getattr(torch, first["dtype"]),
        device=first["device"],
    )
    history = training.train(
        stack,
        own,
        feed=feed(runs, "train"),
        rates=[run["lr"] for run in runs],
        optimizer_name=first["optimizer"],
        steps=first["steps"],
        batch=first["batch"],
        watch=feed(runs, watch, rows=rows),
        evaluations=first["evaluations"],
    )
    return Trial(runs, stack, own, history)


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
