"""Facts about outputs read as class probabilities: softmax, the sigmoid, and k sigmoids side by side."""

from collections.abc import Iterator

import torch

from acts.activations import Activation
from acts.facts.row import Row, row

EXAMPLE = (4.0, 1.0, -4.0)  # the inputs of the literature's worked example
HALF = 0.5
RATE = 0.1


def softmax(activation: Activation, sigmoid: Activation) -> Iterator[Row]:
    """Yield the worked example, the sum, what two classes have in common with a sigmoid, and how many can be likely."""
    share = activation(torch.tensor(EXAMPLE, dtype=torch.float64))
    for place, value in enumerate(share, start=1):
        yield row("probability", value, arm=f"class={place}")
    yield row("probability_sum", share.sum())
    pairs = torch.cartesian_prod(*[torch.linspace(-20, 20, 81, dtype=torch.float64)] * 2)
    difference = activation(pairs)[:, 0] - sigmoid(pairs[:, 0] - pairs[:, 1])
    yield row("binary_residual", difference.abs().max())
    yield row("step_factor", _step_of_two(activation) / _step_of_one(sigmoid))
    yield row("likely_classes", _most_likely(activation), arm="f=softmax")
    yield row("likely_classes", _most_likely(sigmoid), arm="f=sigmoid")


def _step_of_two(softmax_: Activation) -> float:
    """Return how far one gradient step moves the difference of two logits, from 0, cross-entropy of class 1."""
    logits = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(-softmax_(logits)[0, 0].log(), logits)
    return RATE * float(slope[0, 1] - slope[0, 0])


def _step_of_one(sigmoid: Activation) -> float:
    """Return how far the same step moves the one logit of a sigmoid, from 0."""
    logit = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(-sigmoid(logit)[0].log(), logit)
    return -RATE * float(slope)


def _most_likely(activation: Activation) -> int:
    """Return the largest number of three classes that are above one half at once, over a grid of logits."""
    grid = torch.cartesian_prod(*[torch.linspace(-6, 6, 13, dtype=torch.float64)] * 3)
    return int((activation(grid) > HALF).sum(dim=1).max())
