"""Losses: what networks are trained on and scored by, as one number for every network and point of its targets."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

MANY = 32  # classes from which torch's own cross-entropy is the faster one
Points = Callable[[Tensor, Tensor], Float[Tensor, "run point"]]


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


LOSSES: dict[str, Points] = {"cross_entropy": cross_entropy, "squared_error": squared_error}
SCORES: dict[str, dict[str, Points]] = {
    "cross_entropy": {"loss": cross_entropy, "accuracy": accuracy},
    "squared_error": {"loss": squared_error},
}


def known(name: str) -> str:
    """Return the name of a loss; ValueError for one that is unknown."""
    if name not in LOSSES:
        raise ValueError(f"unknown loss {name!r}; losses are {', '.join(LOSSES)}")
    return name
