"""Specs: what a run's words mean: its task and loss, its network, its activation, and which runs learn together."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, SupportsFloat

import torch
from torch import Tensor

from acts import activations, datasets, networks, training
from acts.activations import Activation
from acts.jobs import Run
from acts.networks import Network, Nonlinearity

DEFAULTS: Mapping[str, Any] = {
    "norm": "none", "schedule": "constant", "dropout": 0.0, "decay": 0.0, "channelwise": False,
    "head": "", "flipped": 0.0, "layers": "", "absorb": 0.0, "killed": 0.0,
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


def loss(dataset: str, network: str, head: str = "") -> str:
    """Return what networks of a name are trained by on a data set: cross_entropy (nats), squared_error (variances).

    A head, ``tanh+hinge``, says an output function and a loss instead. Raises ValueError for one that training does not
    know or that does not go with the task.
    """
    kind = task(dataset, network)
    if not head:
        return "cross_entropy" if kind in ("classification", "text") else "squared_error"
    of_quantities = {"linear+mse": "squared_error", "relu+mse": "relu+squared_error"}
    of_classes = {name: name for name in training.HEADS if not name.endswith("squared_error")}
    known = {"classification": of_classes, "text": {}}.get(kind, of_quantities)
    if head not in known:
        raise ValueError(f"{dataset}: {head!r} is no head for {kind}; heads are {', '.join(known) or 'none'}")
    return known[head]


def network(activation: str | Activation, dataset: str, name: str, norm: str = "none", head: str = "") -> Network:
    """Return the network of a name, made for an activation, a data set and a head.

    Raises ValueError where the network does not take the data set's inputs.
    """
    return _sized(dataset, name, norm, nonlinearity(activations.get(activation)).fan, head)


@cache
def _sized(dataset: str, name: str, norm: str, fan: tuple[int, int] = (1, 1), head: str = "") -> Network:
    known = datasets.source(dataset)
    outputs = known.inputs if task(dataset, name) == "autoencoder" else known.outputs
    if known.task == "classification" and outputs == 2 and head and not head.endswith("cross_entropy"):
        outputs = 1  # two classes need one number
    try:
        return networks.network(
            name, shape=known.shape, outputs=outputs, norm=norm, fan=fan, tokens=known.task == "text"
        )
    except ValueError as error:
        raise ValueError(f"{dataset}: {error}") from None


def nonlinearity(activation: Activation, *, channelwise: bool = False, layers: str = "") -> Nonlinearity:
    """Return an activation as networks see it: its fast path, learnable parameters as raw numbers.

    These are one number a layer, with ``channelwise`` one a unit or channel. ``layers`` (``tanh|relu``) are activations
    that layers take in turn, none of them random, with learned parameters or not element-wise.
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

    drawn = random if activation.stochastic else None
    turns = tuple(_plain(name).kernel for name in layers.split("|")) if layers else ()
    return Nonlinearity(call, learned, drawn, _fan(activation), channelwise, turns)


def _plain(name: str) -> Activation:
    """Return an activation that may stand in some layers alone; ValueError for one that needs parts or numbers."""
    found = activations.get(name)
    if found.learnable or found.stochastic or not found.elementwise:
        raise ValueError(f"{found.name} cannot be mixed with others: it is learned, random or not element-wise")
    return found


def _fan(activation: Activation) -> tuple[int, int]:
    """Return how many pre-activations become how many outputs, as two of them show."""
    given = 2 if activation.elementwise else activation.kernel(torch.zeros(2)).numel()
    return {1: (2, 1), 2: (1, 1), 4: (1, 2)}[given]


def error(run: Run, part: str, accuracy: SupportsFloat, *, rows: int) -> float:
    """Return 1 − an accuracy on at most so many rows of a part of a run's data, and half a mistake where there is none.

    So its logarithm exists.
    """
    count = min(rows, len(getattr(datasets.split(run["dataset"], run["split"]), part)))
    return max(1 - float(accuracy), 0.5 / count)


def groups(runs: Sequence[Run]) -> Iterator[list[int]]:
    """Yield the numbers of runs to train together: of one kind, and at most as many weights as there is room for.

    On a CPU networks that gain nothing from it are trained one by one.
    """
    kinds: dict[tuple[Any, ...], list[int]] = {}
    kind = itemgetter(*KIND)
    for number, run in enumerate(runs):
        kinds.setdefault(kind({**DEFAULTS, **run}), []).append(number)
    for members in kinds.values():
        size = together(runs[members[0]])
        yield from (members[start : start + size] for start in range(0, len(members), size))


def together(run: Run) -> int:
    """Return how many runs like this one are trained together at most."""
    sized = _sized(run["dataset"], run["network"], spec(run, "norm"), head=spec(run, "head"))
    if run["device"] == "cpu" and not sized.stacked:
        return 1
    numbers = run["batch"] * sized.operations / sized.spots[0].units
    fitting = min(WEIGHTS[run["device"]] / sized.weights, NUMBERS[run["device"]] / numbers)
    return max(1, int(fitting) // training.PAD) * training.PAD
