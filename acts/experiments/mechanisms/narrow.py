"""Narrow: how much of an input the first layer still tells, by its width.

A run is one layer with normal weights of variance 1 / inputs and no bias, on standard normal inputs. Rows: dataset
gaussian, network ``mlp_1xN`` where N counts the outputs of the layer (a function that makes two outputs of one
pre-activation has N/2 units), phase init, arm ``study=narrow``, metrics

``reconstruction``: R² of the input of least length that gives the pre-activations which the outputs tell. Its decoder
knows W and the function: of ReLU an active unit tells its pre-activation and an inactive one nothing; of an increasing
function every unit does; of the absolute value none, as it has lost the sign.
``reconstruction_affine``: R², on fresh rows, of the affine map of the outputs that fits as many rows best.
``told_share``: the mean number of units that tell, over that of inputs, each row's at most 1: what ``reconstruction``
would be if weights stood at right angles.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from acts import activations, probes
from acts.activations import Activation
from acts.experiments.mechanisms.regions import slopes
from acts.jobs import Job, Run
from acts.params import Params
from acts.params.probes import Probes
from acts.tuned import Row

ROWS = 256  # inputs that are decoded one by one; fitted and fresh ones are four times as many each
_STREAM = 41  # names the random stream of weights and inputs
SECONDS = 0.01  # of one layer


def plan(wanted: Probes, _: Params, *, word: str, seeds: int) -> Iterator[Job]:
    """Yield a job for every activation; ValueError for one whose outputs are not known to tell or not to tell."""
    narrow = wanted.narrow
    for name in narrow.activations if narrow else ():
        assert narrow is not None
        function = activations.get(name)
        _tells(function, np.zeros((1, 1)))
        shared = {
            "study": "narrow", "phase": "init", "inputs": narrow.inputs, "norm": "none", "init": "lecun",
            "device": "cpu", "dtype": "float64",
        }  # fmt: skip
        runs = tuple(
            {**shared, "network": network, "width": int(network.split("x")[1]), "seed": seed}
            for network in narrow.networks
            for seed in range(seeds)
        )
        yield Job(word, function.name, runs, SECONDS * len(runs))


def _fan(activation: Activation) -> int:
    """Return how many outputs a function makes of one pre-activation."""
    return 1 if activation.elementwise else activation.kernel(torch.zeros(1, dtype=torch.float64)).numel()


def _tells(activation: Activation, h: np.ndarray) -> np.ndarray:
    """Return which pre-activations the outputs tell."""
    if activation.name.split("(")[0] == "crelu":
        return np.ones_like(h, dtype=bool)
    below, above = slopes(activation)
    if below == 0:
        return np.asarray(h > 0)
    return np.full_like(h, below * above > 0, dtype=bool)


def rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Yield the rows of layers, one after the other."""
    for run in runs:
        found = _read(activation, run)
        yield [{"arm": "study=narrow", "metric": metric, "value": value} for metric, value in found.items()]


def _read(activation: Activation, run: Run) -> dict[str, float]:
    """Return what one layer tells of its inputs."""
    inputs, units = run["inputs"], max(1, run["width"] // _fan(activation))
    generator = np.random.default_rng([run["seed"], _STREAM])
    weights = generator.standard_normal((inputs, units)) / np.sqrt(inputs)
    x = generator.standard_normal((8 * ROWS, inputs))
    h = x @ weights
    outputs = activation.kernel(torch.from_numpy(h)).numpy()
    told = _tells(activation, h)[:ROWS]
    fresh = x[4 * ROWS :]
    return {
        "reconstruction": probes.explained(x[:ROWS], probes.recovered(h[:ROWS], told, weights)),
        "reconstruction_affine": probes.explained(fresh, probes.regressed(outputs, x, 4 * ROWS)),
        "told_share": float(np.minimum(1.0, told.sum(axis=1) / inputs).mean()),
    }
