"""Regions: how many linear pieces networks have between test rows, by depth at about equal numbers of weights.

A run is one network. Its row: arm ``study=regions``, split test, metric ``regions``, the mean number of linear pieces
on the segments between consecutive test rows, standardised; 1 for a linear network. Phase ``init`` for networks as
they start; ``final`` for those that the study ``fit`` trained.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from acts import activations, datasets, probes, trials, tuned
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.networks import Stack
from acts.params import Params
from acts.params.probes import Probes
from acts.probes import Dense
from acts.tuned import Row

ARM = "study=regions"
SEGMENTS = 32
SECONDS = 0.008  # of one network


def plan(wanted: Probes, params: Params, *, word: str, seeds: int) -> Iterator[Job]:
    """Yield a job for every activation; ValueError for one that is not linear on either side of 0."""
    for name in wanted.regions.activations if wanted.regions else ():
        function = activations.get(name)
        slopes(function)
        runs = tuple(_runs(function.name, wanted, params, seeds))
        if runs:
            yield Job(word, function.name, runs, SECONDS * len(runs))


def _runs(name: str, wanted: Probes, params: Params, seeds: int) -> Iterator[Run]:
    """Yield a run for every network and seed, on the data that are here."""
    assert wanted.regions is not None
    for net in wanted.regions.nets:
        for dataset in (one for one in net.dataset if datasets.missing(one) is None):
            for init, network in ((init, network) for init in wanted.regions.inits for network in net.networks):
                numbers = tuned.scales(name, init)
                shared = {
                    "study": "regions", "phase": "init", "dataset": dataset, "network": network, "norm": "none",
                    "init": init, "scales": numbers, "device": "cpu", "dtype": params.dtype,
                }  # fmt: skip
                yield from ({**shared, "seed": seed, "split": seed} for seed in range(seeds) if numbers)


def slopes(activation: Activation) -> tuple[float, float]:
    """Return the slopes of a function below and above 0; ValueError where it is not linear on either side."""
    grid = torch.linspace(0.01, 8, 200, dtype=torch.float64)
    found = []
    for side in (-grid, grid):
        steep = (activation(side) / side) if activation.elementwise else torch.full((2,), torch.nan)
        found.append(float(steep[0]))
        if not torch.allclose(steep, steep[0].expand_as(steep)):
            raise ValueError(f"mechanisms: {activation.name} has other bends than one at 0, so no regions are counted")
    return found[0], found[1]


def reads(_: Activation) -> bool:
    """Say whether trained networks with an activation are read."""
    return True


def rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Yield the rows of networks of one kind as they start."""
    return read(activation, trials.started(activation, runs), runs)


def read(activation: Activation, stack: Stack, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Yield the rows of networks of one kind, whatever they have learned."""
    for value in _counted(activation, stack, runs):
        yield [{"arm": ARM, "split": "test", "metric": "regions", "value": value}]


def _counted(activation: Activation, stack: Stack, runs: Sequence[Run]) -> Iterator[float]:
    """Yield the mean number of pieces on the segments between test rows, a network each."""
    below, above = slopes(activation)
    parts = {name: part.detach().double().cpu().numpy() for name, part in stack.parts().items()}
    names = [spot.name for spot in stack.network.spots] + ["out"]
    for number, run in enumerate(runs):
        layers = [Dense(parts[f"{name}.weights"][number], parts[f"{name}.bias"][number, 0]) for name in names]
        scaled = [Dense(above * one.weights, above * one.bias) for one in layers[:-1]] + layers[-1:]
        yield float(probes.pieces(scaled, path(run), slope=below / above).mean())


def path(run: Run) -> np.ndarray:
    """Return the test rows, standardised, between which pieces are counted."""
    data, split = datasets.load(run["dataset"]), datasets.split(run["dataset"], run["split"])
    return np.asarray((data.x[split.test[: SEGMENTS + 1]] - split.centre) / split.scale, float)
