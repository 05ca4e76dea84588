"""Networks: multilayer perceptrons stacked K at a time, as init and apply; the activation is handed in.

All weights of the K networks live in one buffer of shape (K, size), a network a row, and every layer is a view of it:
an optimiser then walks one tensor, and a row's bits do not depend on the rows beside it. A seed fixes one standard
normal draw, whatever the activation and the init; the init only rescales it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod, sqrt

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

ROW = 64  # a network's share of the buffer is a multiple of this many numbers, so no vector register spans two networks
_WEIGHTS = 11  # names the random stream of weights
_NAME = re.compile(r"mlp_([1-9]\d*)x([1-9]\d*)")

Function = Callable[..., Tensor]


@dataclass(frozen=True)
class Shape:
    """A multilayer perceptron's layer sizes, from its inputs over equally wide hidden layers to its classes."""

    depth: int
    width: int
    inputs: int
    classes: int

    @property
    def layers(self) -> list[tuple[int, int]]:
        """Return (fan in, fan out) of every layer of weights."""
        sizes = [self.inputs, *[self.width] * self.depth, self.classes]
        return list(pairwise(sizes))

    @property
    def weights(self) -> int:
        """Return how many weights and biases one network has."""
        return sum(fan_in * fan_out + fan_out for fan_in, fan_out in self.layers)


def shape(name: str, *, inputs: int, classes: int) -> Shape:
    """Return the shape that a name such as ``mlp_8x32`` (hidden layers × units) says; ValueError for another name."""
    found = _NAME.fullmatch(name)
    if not found:
        raise ValueError(f"unknown network {name!r}; a network is named mlp_<depth>x<width>, such as mlp_8x32")
    return Shape(int(found[1]), int(found[2]), inputs, classes)


@dataclass(frozen=True)
class Scales:
    """How the draw is rescaled: standard deviations (of weights, of biases) in the first, hidden and last layers.

    With ``uniform`` the draw is first made uniform, as torch's own layers are initialised.
    """

    first: tuple[float, float]
    hidden: tuple[float, float]
    last: tuple[float, float]
    uniform: bool = False


def draw(seed: int, size: int) -> np.ndarray:
    """Return the standard normal numbers, in double precision, that a seed gives a network of this size."""
    return np.random.default_rng([seed, _WEIGHTS]).standard_normal(size)


def scaled(normal: Tensor, shape: Shape, scales: Scales) -> Tensor:
    """Return one network's weights and biases: its normal draw, rescaled layer by layer."""
    by_layer = [scales.first, *[scales.hidden] * (shape.depth - 1), scales.last]
    factors = [
        torch.tensor(deviation, dtype=normal.dtype).expand(size)
        for (fan_in, fan_out), deviations in zip(shape.layers, by_layer, strict=True)
        for size, deviation in zip((fan_in * fan_out, fan_out), deviations, strict=True)
    ]
    return (_uniform(normal) if scales.uniform else normal) * torch.cat(factors)


def _uniform(normal: Tensor) -> Tensor:
    """Return the draw made uniform, still of variance 1, by the normal distribution function."""
    return sqrt(3) * (2 * torch.special.ndtr(normal) - 1)


@dataclass
class Stack:
    """K networks of one shape, the k-th in row k of ``buffer``; learned activation parameters are one a layer."""

    shape: Shape
    buffer: Float[Tensor, "run size"]
    learned: tuple[str, ...] = ()
    _sizes: list[tuple[int, ...]] = field(init=False)

    def __post_init__(self) -> None:
        layers = [size for fan_in, fan_out in self.shape.layers for size in ((fan_in, fan_out), (1, fan_out))]
        self._sizes = [*layers, *[(1, 1)] * (len(self.learned) * self.shape.depth)]

    def __len__(self) -> int:
        return len(self.buffer)

    def layers(self, buffer: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor, dict[str, Tensor]]]:
        """Yield a layer's weights (run, in, out), biases (run, 1, out) and learned parameters (run, 1, 1) by name."""
        rows = self.buffer if buffer is None else buffer
        used = [prod(size) for size in self._sizes]
        *parts, _ = rows.split([*used, rows.shape[1] - sum(used)], dim=1)
        views = [part.view(len(rows), *size) for part, size in zip(parts, self._sizes, strict=True)]
        depth, count = self.shape.depth, len(self.learned)
        for layer in range(depth + 1):
            own = views[2 * (depth + 1) + layer * count :][:count] if layer < depth else []
            yield views[2 * layer], views[2 * layer + 1], dict(zip(self.learned, own, strict=False))

    def apply(
        self,
        x: Float[Tensor, "run batch input"],
        function: Function,
        *,
        buffer: Float[Tensor, "run size"] | None = None,
        keep: list[Tensor] | None = None,
    ) -> Float[Tensor, "run batch class"]:
        """Return the logits; ``keep`` collects every hidden pre-activation (run, batch, unit), first layer first.

        ``function(h, **learned)`` is applied to every hidden pre-activation. ``buffer`` stands in for the stack's own,
        as a leaf that gradients are wanted for.
        """
        for layer, (weights, biases, learned) in enumerate(self.layers(buffer)):
            x = torch.baddbmm(biases, x, weights)
            if layer < self.shape.depth:
                if keep is not None:
                    keep.append(x)
                x = function(x, **learned)
        return x


def stack(
    shape: Shape,
    seeds: Sequence[int],
    scales: Sequence[Scales],
    *,
    learned: Mapping[str, float] | None = None,
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
) -> Stack:
    """Return K networks, one a seed and its scales; ``learned`` names the activation's learned parameters, at a start.

    The draw of a seed is made once and in double precision on the CPU, so weights agree over dtypes and devices.
    """
    start = dict(learned or {})
    used = shape.weights + len(start) * shape.depth
    buffer = torch.zeros(len(seeds), -(-used // ROW) * ROW, dtype=dtype)
    normal = {seed: torch.from_numpy(draw(seed, shape.weights)) for seed in sorted(set(seeds))}
    for row, (seed, own) in enumerate(zip(seeds, scales, strict=True)):
        buffer[row, : shape.weights] = scaled(normal[seed], shape, own)
        buffer[row, shape.weights : used] = torch.tensor(list(start.values()) * shape.depth, dtype=dtype)
    return Stack(shape, buffer.to(device), tuple(start))
