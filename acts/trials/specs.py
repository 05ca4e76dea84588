"""Specs: what a run's words mean: its task and loss, its network, its activation, and which runs learn together."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from acts import activations, datasets, networks, training
from acts.activations import Activation
from acts.jobs import Run
from acts.networks import Network, Nonlinearity

DEFAULTS: Mapping[str, Any] = {
    "norm": "none", "schedule": "constant", "dropout": 0.0, "decay": 0.0, "channelwise": False,
}  # fmt: skip
KIND = (
    "phase", "dataset", "network", "optimizer", "steps", "batch", "evaluations", "device", "dtype", *DEFAULTS
)  # fmt: skip
WEIGHTS = {"cpu": 1_100_000, "cuda": 100_000_000}  # that learn together; on a CPU they should stay near the cache
NUMBERS = {"cpu": 4_000_000, "cuda": 1_000_000_000}  # that layers hold of a batch, together


def spec(run: Run, name: str) -> Any:
    """Return what a run says under a name, or the default where it may leave it out."""
    return run[name] if name in run or name not in DEFAULTS else DEFAULTS[name]


def task(dataset: str, network: str) -> str:
    """Return classification, regression, text or autoencoder: an autoencoder's targets are its own inputs."""
    return "autoencoder" if network.startswith("autoencoder") else datasets.source(dataset).task


def loss(dataset: str, network: str) -> str:
    """Return what networks of a name are trained by on a data set: cross_entropy (nats), squared_error (variances)."""
    return "cross_entropy" if task(dataset, network) in ("classification", "text") else "squared_error"


def network(activation: str | Activation, dataset: str, name: str, norm: str = "none") -> Network:
    """Return the network of a name, made for an activation and a data set.

    Raises ValueError where the network does not take the data set's inputs.
    """
    return _sized(dataset, name, norm, nonlinearity(activations.get(activation)).fan)


@cache
def _sized(dataset: str, name: str, norm: str, fan: tuple[int, int] = (1, 1)) -> Network:
    known = datasets.source(dataset)
    outputs = known.inputs if task(dataset, name) == "autoencoder" else known.outputs
    try:
        return networks.network(
            name, shape=known.shape, outputs=outputs, norm=norm, fan=fan, tokens=known.task == "text"
        )
    except ValueError as error:
        raise ValueError(f"{dataset}: {error}") from None


def nonlinearity(activation: Activation, *, channelwise: bool = False) -> Nonlinearity:
    """Return an activation as networks see it: its fast path, learnable parameters as raw numbers.

    These are one number a layer, with ``channelwise`` one a unit or channel.
    """
    learned = {name: activation.unconstrain(name, activation.parameters[name]) for name in activation.learnable}
    fixed = {name: value for name, value in activation.parameters.items() if name not in learned}

    def values(raw: dict[str, Tensor]) -> dict[str, Any]:
        return {**fixed, **{name: activation.constrain(name, value) for name, value in raw.items()}}

    def call(h: Tensor, **raw: Tensor) -> Tensor:
        return activation.kernel(h, **values(raw))

    def random(h: Tensor, uniform: Tensor, **raw: Tensor) -> Tensor:
        assert activation.sample is not None
        return activation.sample(h, uniform, **values(raw))

    return Nonlinearity(call, learned, random if activation.stochastic else None, _fan(activation), channelwise)


def _fan(activation: Activation) -> tuple[int, int]:
    """Return how many pre-activations become how many outputs, as two of them show."""
    given = 2 if activation.elementwise else activation.kernel(torch.zeros(2)).numel()
    return {1: (2, 1), 2: (1, 1), 4: (1, 2)}[given]


def groups(runs: Sequence[Run]) -> Iterator[list[int]]:
    """Yield the numbers of runs to train together: of one kind, and at most as many weights as there is room for.

    On a CPU networks that gain nothing from it are trained one by one.
    """
    kinds: dict[tuple[Any, ...], list[int]] = {}
    for number, run in enumerate(runs):
        kinds.setdefault(tuple(spec(run, name) for name in KIND), []).append(number)
    for members in kinds.values():
        size = together(runs[members[0]])
        yield from (members[start : start + size] for start in range(0, len(members), size))


def together(run: Run) -> int:
    """Return how many runs like this one are trained together at most."""
    sized = _sized(run["dataset"], run["network"], spec(run, "norm"))
    if run["device"] == "cpu" and not sized.stacked:
        return 1
    numbers = run["batch"] * sized.operations / sized.spots[0].units
    fitting = min(WEIGHTS[run["device"]] / sized.weights, NUMBERS[run["device"]] / numbers)
    return max(1, int(fitting) // training.PAD) * training.PAD
