"""Losses: what networks are trained on and scored by, as one number for every network and point of its targets.

A loss with a plus, ``tanh+hinge``, is a head: an output function and what it is trained by. Two classes have one output
number, more have one each, every class against the rest; ``cross_entropy`` has one number for every class always.
``sigmoid+bce`` and ``linear+bce`` are one loss: the sigmoid is part of it.
"""

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from acts import nearest

MANY = 32  # classes from which torch's own cross-entropy is the faster one
Points = Callable[[Tensor, Tensor], Float[Tensor, "run point"]]

OUTPUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda z: z, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
}  # fmt: skip
ENDS = {"linear": (-1.0, 1.0), "tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "relu": (0.0, 1.0)}  # of no class, of class
JUDGES = {
    "cross_entropy": ("linear", "relu"), "bce": ("sigmoid", "linear", "relu"), "hinge": ("tanh", "linear"),
    "mse": ("linear", "tanh", "sigmoid", "relu"), "squared_error": ("relu",),
}  # fmt: skip


# --- plain ------------------------------------------------------------------------------------------------------------


def cross_entropy(outputs: Float[Tensor, "run ..."], targets: Tensor) -> Float[Tensor, "run point"]:
    """Return the cross-entropy in nats of outputs (run, ..., class) at every target, a class number or a token.

    Written out for few classes, because torch's own takes four times as long on ten, and half as long on a hundred.
    """
    if outputs.shape[-1] >= MANY:
        found = functional.cross_entropy(outputs.flatten(0, -2), targets.flatten(), reduction="none")
        return found.view(len(outputs), -1)
    below = outputs - outputs.detach().amax(-1, keepdim=True)
    at = below.gather(-1, targets[..., None]).squeeze(-1)
    return (below.exp().sum(-1).log() - at).flatten(1)


def squared_error(outputs: Float[Tensor, "run ..."], targets: Tensor) -> Float[Tensor, "run point"]:
    """Return the squared error of every output number, in variances where the targets are standardised."""
    return (outputs - targets).square().flatten(1)


def accuracy(outputs: Float[Tensor, "run ..."], targets: Tensor) -> Float[Tensor, "run point"]:
    """Return 1 where the largest output is the target's and 0 elsewhere."""
    return (outputs.argmax(-1) == targets).flatten(1).to(outputs.dtype)


# --- heads ------------------------------------------------------------------------------------------------------------


def members(outputs: Float[Tensor, "run batch number"], targets: Tensor) -> Float[Tensor, "run batch number"]:
    """Return 1 where an output number stands for its row's class and 0 elsewhere; a single number is for class 1."""
    count = outputs.shape[-1]
    found = targets[..., None] if count == 1 else functional.one_hot(targets, count)
    return found.to(outputs.dtype)


def logistic(output: str, outputs: Tensor, targets: Tensor) -> Float[Tensor, "run point"]:
    """Return the binary cross-entropy in nats of the sigmoid of what an output function gives, a mean over classes."""
    logits = outputs if output == "sigmoid" else OUTPUTS[output](outputs)
    found = functional.binary_cross_entropy_with_logits(logits, members(outputs, targets), reduction="none")
    return found.mean(-1)


def hinge(output: str, outputs: Tensor, targets: Tensor) -> Float[Tensor, "run point"]:
    """Return how far what an output function gives falls short of a margin of 1 on its class's side."""
    sides = 2 * members(outputs, targets) - 1
    return torch.relu(1 - sides * OUTPUTS[output](outputs)).mean(-1)


def distance(output: str, outputs: Tensor, targets: Tensor) -> Float[Tensor, "run point"]:
    """Return the squared distance to the ends that an output function is meant to reach, a mean over classes."""
    low, high = ENDS[output]
    wanted = low + (high - low) * members(outputs, targets)
    return (OUTPUTS[output](outputs) - wanted).square().mean(-1)


def probabilities(head: str, outputs: Tensor) -> Float[Tensor, "run batch number"]:
    """Return the probability that every output number gives its class, as the head itself says it.

    The sigmoid or the softmax where the loss holds one; elsewhere the place between the function's two ends, cut off at
    0 and 1.
    """
    output, judge = head.split("+")
    if judge == "bce":
        return torch.sigmoid(outputs if output == "sigmoid" else OUTPUTS[output](outputs))
    if judge == "cross_entropy":
        return OUTPUTS[output](outputs).softmax(-1)
    low, high = ENDS[output]
    return ((OUTPUTS[output](outputs) - low) / (high - low)).clamp(0, 1)


def right(head: str, outputs: Tensor, targets: Tensor) -> Float[Tensor, "run point"]:
    """Return 1 where the likeliest class is the target's and 0 elsewhere; class 1 of two needs more than a half."""
    if outputs.shape[-1] > 1:
        return accuracy(OUTPUTS[head.split("+")[0]](outputs), targets)
    return ((probabilities(head, outputs) > 0.5).squeeze(-1) == (targets == 1)).to(outputs.dtype)


def brier(head: str, outputs: Tensor, targets: Tensor) -> Float[Tensor, "run point"]:
    """Return the squared error of the probability of class 1 of two; of more, half the sum over classes."""
    found = (probabilities(head, outputs) - members(outputs, targets)).square().sum(-1)
    return found if outputs.shape[-1] == 1 else found / 2


def _through(output: str, judge: Points) -> Points:
    """Return a loss of what an output function makes of the outputs."""
    return lambda outputs, targets: judge(OUTPUTS[output](outputs), targets)


def _head(output: str, judge: str) -> Points:
    """Return the loss that a head's two words mean."""
    plain = {"cross_entropy": cross_entropy, "squared_error": squared_error}
    if judge in plain:
        return _through(output, plain[judge])
    return partial({"bce": logistic, "hinge": hinge, "mse": distance}[judge], output)


def _scores(name: str, loss: Points) -> dict[str, Points]:
    """Return the scores that go with a head: none but its loss where targets are quantities."""
    if name.endswith("squared_error"):
        return {"loss": loss}
    return {"loss": loss, "accuracy": partial(right, name), "brier": partial(brier, name)}


# --- the table --------------------------------------------------------------------------------------------------------

HEADS: dict[str, Points] = {
    f"{output}+{judge}": _head(output, judge) for judge, outputs in JUDGES.items() for output in outputs
}
LOSSES: dict[str, Points] = {"cross_entropy": cross_entropy, "squared_error": squared_error, **HEADS}
SCORES: dict[str, dict[str, Points]] = {
    "cross_entropy": {"loss": cross_entropy, "accuracy": accuracy},
    "squared_error": {"loss": squared_error},
    **{name: _scores(name, loss) for name, loss in HEADS.items()},
}


def known(name: str) -> str:
    """Return the name of a loss; ValueError for one that is unknown."""
    if name not in LOSSES:
        raise ValueError(nearest.unknown("loss", name, LOSSES))
    return name
