"""What to read off a network: lengths, moments, zeros and centring of a layer, gradients pulled back through layers.

Everything takes tensors whose last two dimensions are (input, unit) and reads off one number for each leading index,
so many networks are read at once. Readings are meant for float64, without flushing of denormals.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


def length(preactivation: Float[Tensor, "*run input unit"]) -> Float[Tensor, "*run"]:
    """Return q, the mean square of the pre-activations over inputs and units."""
    return preactivation.square().mean(dim=(-2, -1))


def mean(activation: Float[Tensor, "*run input unit"]) -> Float[Tensor, "*run"]:
    """Return the mean activation over inputs and units."""
    return activation.mean(dim=(-2, -1))


def variance(activation: Float[Tensor, "*run input unit"]) -> Float[Tensor, "*run"]:
    """Return the variance of the activations over inputs and units together."""
    return activation.var(dim=(-2, -1), correction=0)


def zero_fraction(activation: Float[Tensor, "*run input unit"]) -> Float[Tensor, "*run"]:
    """Return the share of activations that are exactly 0."""
    return (activation == 0).to(activation.dtype).mean(dim=(-2, -1))


def unit_mean_rms_ratio(activation: Float[Tensor, "*run input unit"]) -> Float[Tensor, "*run"]:
    """Return the rms over units of each unit's mean over the data, divided by the rms activation.

    0 for units centred one by one, 1 for units that do not react to the input. The squared means are estimated from
    products of different inputs, so a few inputs give no false offset; nan where all activations are 0.
    """
    inputs = activation.shape[-2]
    total, squares = activation.sum(dim=-2), activation.square().sum(dim=-2)
    squared_mean = (total.square() - squares).mean(dim=-1) / (inputs * (inputs - 1))
    return (squared_mean.clamp(min=0) / (squares.mean(dim=-1) / inputs)).sqrt()


def layer(
    preactivation: Float[Tensor, "*run input unit"], activation: Float[Tensor, "*run input unit"]
) -> dict[str, Tensor]:
    """Return every reading of one layer by metric, each of shape (*run)."""
    return {
        "log10_length": length(preactivation).log10(),
        "mean": mean(activation),
        "variance": variance(activation),
        "zero_fraction": zero_fraction(activation),
        "unit_mean_rms_ratio": unit_mean_rms_ratio(activation),
    }


@dataclass(frozen=True)
class Pulled:
    """A gradient on its way back: its direction, of length 1 over units, and log10 of its squared length."""

    direction: Float[Tensor, "*run input unit"]
    log10: Float[Tensor, "*run input"]

    @staticmethod
    def start(vector: Float[Tensor, "*run input unit"]) -> "Pulled":
        """Return a vector as a gradient whose squared length counts as 1."""
        pulled = _renormalised(vector, torch.zeros_like(vector[..., 0]))
        return Pulled(pulled.direction, torch.zeros_like(pulled.log10))

    def through(self, weights: Float[Tensor, "fan_in fan_out"], slope: Tensor, *, scale: Tensor | float) -> "Pulled":
        """Return the gradient one layer earlier: through weights (times scale), then the activation's slope there.

        Its length is set to 1 and the logarithm of its square added up, so that no depth under- or overflows.
        """
        flat = self.direction.reshape(-1, self.direction.shape[-1]) @ weights.T
        shape = (*self.direction.shape[:-1], weights.shape[0])
        return _renormalised(flat.view(shape) * scale * slope, self.log10)

    def log10_ratio(self) -> Float[Tensor, "*run"]:
        """Return log10 of the mean over inputs of the squared length, relative to the start, for equal widths."""
        largest = self.log10.amax(dim=-1, keepdim=True)
        kept = torch.where(largest.isfinite(), largest, torch.zeros_like(largest))
        return (10 ** (self.log10 - kept)).mean(dim=-1).log10() + kept.squeeze(-1)


def _renormalised(vector: Tensor, log10: Tensor) -> Pulled:
    largest = vector.abs().amax(dim=-1, keepdim=True)
    largest = torch.where(largest > 0, largest, torch.ones_like(largest))
    norm = (vector / largest).square().sum(dim=-1, keepdim=True).sqrt()
    added = 2 * (norm.log10() + largest.log10()).squeeze(-1)
    return Pulled(vector / largest / torch.where(norm > 0, norm, torch.ones_like(norm)), log10 + added)
