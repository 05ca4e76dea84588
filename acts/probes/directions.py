"""Directions: which way a step goes: signs of one example's gradients, and the natural gradient by Kronecker factors.

Source: Martens & Grosse, Optimizing neural networks with Kronecker-factored approximate curvature, 2015, sections 3
and 6.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Layer:
    """What one dense layer of a network met on some rows.

    ``inputs`` are what it was fed, ``errors`` the derivatives of each row's loss by its pre-activations for the actual
    target, ``guesses`` the same for targets that the network itself would draw, each weighted by the root of its
    probability: their outer products add up to the expectation.
    """

    inputs: Float[Tensor, "row input"]
    errors: Float[Tensor, "row unit"]
    guesses: Float[Tensor, "guess row unit"]

    @property
    def widened(self) -> Float[Tensor, "row wider"]:
        """Return the inputs with a 1 behind them, which is what the bias is fed."""
        return torch.cat([self.inputs, torch.ones_like(self.inputs[:, :1])], dim=1)

    @property
    def gradient(self) -> Float[Tensor, "wider unit"]:
        """Return the gradient of the mean loss by the weights, and by the bias in the last row."""
        return self.widened.T @ self.errors / len(self.errors)


def one_sign_share(inputs: Float[Tensor, "row input"], errors: Float[Tensor, "row unit"]) -> float:
    """Return of how many units' gradients by incoming weights, one example each, all numbers have one sign.

    The gradient of a unit's weights is its error times the inputs. Zeros have no sign; gradients of nothing but zeros
    do not count, and nan is returned where all are such.
    """
    one = ((inputs >= 0).all(dim=1) | (inputs <= 0).all(dim=1)) & (inputs != 0).any(dim=1)
    any_input = (inputs != 0).any(dim=1)
    moving = (errors != 0) & any_input[:, None]
    count = moving.sum()
    return float((moving & one[:, None]).sum() / count) if count else float("nan")


def kfac(layers: Sequence[Layer], *, damping: float) -> list[Float[Tensor, "wider unit"]]:
    """Return −F⁻¹∇ layer by layer, F the Fisher matrix with its blocks taken for Kronecker products A ⊗ G.

    A is the second moment of the widened inputs, G of the guesses. To each, √damping times its mean eigenvalue is added
    to every eigenvalue, so that the direction does not depend on any layer's scale. Damping 0 needs both invertible.
    """
    return [-_solved(_damped(_inputs(one), damping), one.gradient, _damped(_guesses(one), damping)) for one in layers]


def _inputs(layer: Layer) -> Tensor:
    return layer.widened.T @ layer.widened / len(layer.inputs)


def _guesses(layer: Layer) -> Tensor:
    flat = layer.guesses.flatten(0, 1)
    return flat.T @ flat / layer.guesses.shape[1]


def _damped(moment: Tensor, damping: float) -> Tensor:
    mean = moment.diagonal().mean()
    return moment + damping**0.5 * mean * torch.eye(len(moment), dtype=moment.dtype)


def _solved(left: Tensor, middle: Tensor, right: Tensor) -> Tensor:
    """Return left⁻¹ · middle · right⁻¹ for symmetric matrices."""
    return torch.linalg.solve(right, torch.linalg.solve(left, middle).T).T


def cosine(some: Sequence[Tensor], more: Sequence[Tensor]) -> float:
    """Return the cosine of the angle between two directions, each given layer by layer."""
    a, b = (torch.cat([part.flatten() for part in parts]) for parts in (some, more))
    return float(a @ b / (a.norm() * b.norm()))
