"""Signals: lengths and gradients in a few random networks, layer by layer, beside the theory of infinite width.

Inputs are standard normal; the networks are those of the review's chapter on gradient flow, one a seed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from acts import diagnostics, theory
from acts.activations import Activation
from acts.theory import Init

NETWORKS = 4
INPUTS = 16
DRAWS = 202  # that are kept for the next move of a slider: those of a hundred layers, the input and the gradient


@dataclass(frozen=True)
class Flow:
    """What was measured of one function: (network, layer), layers from 1; and what theory says, a number a layer.

    ``length`` is log10 of q, the mean square of the pre-activations; ``gradient`` is log10 of the mean squared gradient
    by a layer's pre-activations over that of the last one. ``inside`` holds the first network's pre-activations of the
    first, the middle and the last layer, divided by their root mean square.
    """

    length: np.ndarray
    gradient: np.ndarray
    length_theory: np.ndarray
    gradient_theory: np.ndarray
    inside: dict[int, np.ndarray]


def flow(activation: Activation, init: Init, *, depth: int, width: int, seed: int) -> Flow:
    """Return lengths and gradients of random networks of a function; where numbers overflow they are not finite."""
    weights, biases = _drawn(depth, width, seed, uniform=init.uniform)
    first, hidden = init.first(fan_in=width), init.hidden(fan_in=width)
    y = _normal(seed, 2, (NETWORKS, INPUTS, width))
    lengths, slopes, inside = [], [], {}
    for layer in range(1, depth + 1):
        scale = first if layer == 1 else hidden
        h = (y @ weights[layer - 1]) * scale.weight + biases[layer - 1] * scale.bias
        lengths.append(diagnostics.length(h).log10())
        if layer in (1, (depth + 1) // 2, depth):
            inside[layer] = (h[0] / h[0].square().mean().sqrt()).flatten().numpy()
        y, slope = _both(activation, h)
        slopes.append(slope)
    gradients = _pulled(weights, slopes, hidden.weight, seed)
    signal = theory.signal(activation, init, depth, fan_in=width)
    with np.errstate(divide="ignore"):
        length_theory, chi = np.log10(signal.q), np.log10(signal.chi[: depth - 1])
    back = np.concatenate([np.cumsum(chi[::-1])[::-1], [0.0]]) if len(signal.q) == depth else np.full(depth, np.nan)
    return Flow(torch.stack(lengths, dim=1).numpy(), gradients.numpy(), length_theory[:depth], back, inside)


def _drawn(depth: int, width: int, seed: int, *, uniform: bool) -> tuple[list[Tensor], list[Tensor]]:
    """Return weights (network, input, unit) and biases (network, 1, unit) of variance 1 for every layer."""
    draw = _uniform if uniform else _normal
    shapes = [(NETWORKS, width, width), (NETWORKS, 1, width)]
    drawn = [[draw(seed, 3 + 2 * layer + part, shape) for layer in range(depth)] for part, shape in enumerate(shapes)]
    return drawn[0], drawn[1]


@lru_cache(DRAWS)
def _uniform(seed: int, stream: int, shape: tuple[int, ...]) -> Tensor:
    return 3**0.5 * (2 * torch.special.ndtr(_normal(seed, stream, shape)) - 1)


@lru_cache(DRAWS)
def _normal(seed: int, stream: int, shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy(np.random.default_rng([seed, stream]).standard_normal(shape))


def _both(activation: Activation, h: Tensor) -> tuple[Tensor, Tensor]:
    """Return value and slope by one pass of autograd over the fast path, over the accurate one where that overflows."""
    y, slope = _sloped(activation.kernel, h)
    return (y, slope) if y.isfinite().all() and slope.isfinite().all() else _sloped(activation, h)


def _sloped(function: Callable[[Tensor], Tensor], h: Tensor) -> tuple[Tensor, Tensor]:
    h = h.detach().requires_grad_(True)
    y = function(h)
    (slope,) = torch.autograd.grad(y.sum(), h, materialize_grads=True)
    return y.detach(), slope


def _pulled(weights: list[Tensor], slopes: list[Tensor], scale: float, seed: int) -> Tensor:
    """Return log10 of the mean squared gradient by layer (network, layer), relative to the last layer.

    The gradient is renormalised at every layer, so that no depth under- or overflows.
    """
    gradient = _normal(seed, 1, tuple(slopes[-1].shape))
    gradient = gradient / gradient.norm(dim=-1, keepdim=True)
    norms = [torch.ones(gradient.shape[:-1], dtype=torch.float64)]
    for weight, slope in zip(reversed(weights[1:]), reversed(slopes[:-1]), strict=True):
        gradient = (gradient @ weight.mT) * (scale * slope)
        norm = gradient.norm(dim=-1, keepdim=True)
        gradient = gradient / torch.where(norm > 0, norm, 1.0)
        norms.append(norm.squeeze(-1))
    squares = 2 * torch.stack(norms[::-1], dim=1).log10().flip(1).cumsum(1).flip(1)
    largest = squares.amax(dim=-1, keepdim=True)
    return (10 ** (squares - largest)).mean(dim=-1).log10() + largest.squeeze(-1)
