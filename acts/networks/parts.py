"""Parts: the stretches of a network's row of numbers, and how a seed's draw is scaled to start each."""

import re
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np
import torch
from torch import Tensor

_WEIGHTS = 11  # names the random stream of weights
DRAWN = ("weights", "bias", "embedding")


@dataclass(frozen=True)
class Part:
    """One stretch of a network's row: ``size`` is the shape of one network's view of it.

    ``place`` is first, hidden or last, as Scales name them, or plain for weights that no activation precedes (LeCun,
    no bias); ``kind`` is weights, bias, embedding (drawn), gain, shift or learned (``start`` everywhere). ``scale``
    multiplies the deviation of what is drawn.
    """

    name: str
    size: tuple[int, ...]
    fan_in: int
    place: str
    kind: str
    start: float = 0.0
    scale: float = 1.0

    @property
    def numbers(self) -> int:
        """Return how many numbers the part has."""
        return prod(self.size)


@dataclass(frozen=True)
class Scales:
    """How a seed's draw is rescaled: (σ_w, σ_b) of the layers that read inputs, activations, and that give outputs.

    Weights have deviation σ_w / √fan_in and biases σ_b. With ``uniform`` the draw is first made uniform and biases
    have σ_b / √fan_in, as torch's own layers are initialised. Where layers take several activations in turn, ``turns``
    has a hidden pair for each; the hidden layer numbered i takes that of the activation before it, number i − 1.
    """

    first: tuple[float, float]
    hidden: tuple[float, float]
    last: tuple[float, float]
    uniform: bool = False
    turns: tuple[tuple[float, float], ...] = ()

    def deviation(self, part: Part) -> float:
        """Return the standard deviation of a drawn part's numbers."""
        if part.kind == "embedding":
            return part.scale
        of_weights, of_biases = (1.0, 0.0) if part.place == "plain" else self._pair(part)
        if part.kind == "weights":
            return float(part.scale * of_weights / sqrt(part.fan_in))
        return float(part.scale * of_biases / (sqrt(part.fan_in) if self.uniform else 1.0))

    def _pair(self, part: Part) -> tuple[float, float]:
        """Return σ_w and σ_b of the layer that a part belongs to."""
        numbered = re.match(r"hidden(\d+)\.", part.name) if self.turns and part.place == "hidden" else None
        pair: tuple[float, float] = getattr(self, part.place)
        return self.turns[(int(numbered[1]) - 1) % len(self.turns)] if numbered else pair


def draw(seed: int, size: int) -> np.ndarray:
    """Return the standard normal numbers, in double precision, that a seed gives a network of this size."""
    return np.random.default_rng([seed, _WEIGHTS]).standard_normal(size)


def drawn(parts: tuple[Part, ...]) -> int:
    """Return how many numbers of these parts a seed draws."""
    return sum(part.numbers for part in parts if part.kind in DRAWN)


def started(parts: tuple[Part, ...], normal: Tensor, scales: Scales) -> Tensor:
    """Return one network's numbers at the start: its normal draw rescaled part by part, the others as they begin."""
    shaped = _uniform(normal) if scales.uniform else normal
    found, at = [], 0
    for part in parts:
        if part.kind in DRAWN:
            found.append(shaped[at : at + part.numbers] * scales.deviation(part))
            at += part.numbers
        else:
            found.append(torch.full((part.numbers,), part.start, dtype=normal.dtype))
    return torch.cat(found)


def _uniform(normal: Tensor) -> Tensor:
    """Return the draw made uniform, still of variance 1, by the normal distribution function."""
    return sqrt(3) * (2 * torch.special.ndtr(normal) - 1)
