"""Kinds of networks: which architecture a name's first word means, and which inputs it takes."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Protocol, runtime_checkable

from torch import Tensor

from acts.networks.cnn import Cnn
from acts.networks.forward import Pass
from acts.networks.mlp import Mlp
from acts.networks.plan import Plan
from acts.networks.recurrent import Recurrent
from acts.networks.transformer import HEAD, Transformer

SMALL = 4096  # positions × channels; convolutions of up to so many numbers are faster for many networks at once


@runtime_checkable
class Architecture(Protocol):
    """What a kind of network is: the parts that it declares, and its forward pass."""

    @property
    def stacked(self) -> bool:
        """Return whether several such networks are to learn together on a CPU."""

    def declare(self, plan: Plan) -> None:
        """Declare parts and activations."""

    def forward(self, x: Tensor, go: Pass) -> Tensor:
        """Return the outputs of inputs (run, batch, …)."""


@dataclass(frozen=True)
class Request:
    """What is asked for: a name with its two numbers, the shape of one input, the outputs, the norm."""

    name: str
    first: int
    second: int
    shape: tuple[int, ...]
    outputs: int
    norm: str
    tokens: bool

    def refuse(self, takes: str) -> ValueError:
        """Return the error that says what the network takes instead."""
        given = f"{self.shape[0]} tokens" if self.tokens else f"inputs of shape {self.shape}"
        return ValueError(f"{self.name} takes {takes}, not {given}")


Make = Callable[[int, tuple[int, int]], Architecture]  # so many units of a fan → the architecture


def _mlp(asked: Request) -> tuple[Make, int]:
    inputs, residual = _flat(asked), asked.name.startswith("res")
    return lambda units, fan: Mlp(inputs, (units,) * asked.first, asked.outputs, fan, residual), asked.second


def _autoencoder(asked: Request) -> tuple[Make, int]:
    """Return a narrow code between two equal layers; with another fan both shrink alike."""
    inputs, share = _flat(asked), asked.second / asked.first

    def make(units: int, fan: tuple[int, int]) -> Mlp:
        return Mlp(inputs, (units, max(1, round(share * units)), units), asked.outputs, fan)

    return make, asked.first


def _flat(asked: Request) -> int:
    if asked.tokens:
        raise asked.refuse("numbers")
    return prod(asked.shape)


def _cnn(asked: Request) -> tuple[Make, int]:
    if asked.tokens or len(asked.shape) != 3:
        raise asked.refuse("pictures (channel, row, column)")
    channels, rows, columns = asked.shape
    if min(rows, columns) >> asked.first < 1:
        raise ValueError(f"{asked.name} halves pictures {asked.first} times, too often for {rows} × {columns}")
    stacked = rows * columns * asked.second <= SMALL
    return (
        lambda units, fan: Cnn((channels, rows, columns), asked.first, units, asked.outputs, fan, stacked),
        asked.second,
    )


def _recurrent(asked: Request) -> tuple[Make, int]:
    if asked.tokens or len(asked.shape) not in (2, 3):
        raise asked.refuse("sequences (position, feature) and pictures (channel, row, column)")
    gated = asked.name.startswith("gru")
    return (
        lambda units, fan: Recurrent(asked.shape, asked.first, units, asked.outputs, fan, gated),
        asked.second,
    )


def _transformer(asked: Request) -> tuple[Make, int]:
    """Return blocks whose feed-forward layer is four times as wide as the sum; gated ones keep the weights."""
    if not asked.tokens:
        raise asked.refuse("tokens")
    if asked.norm != "none":
        raise ValueError(f"{asked.name} has LayerNorm of its own; its norm is none, not {asked.norm}")
    (positions,) = asked.shape
    blocks, width = asked.first, asked.second
    if width > HEAD and width % HEAD:
        raise ValueError(f"{asked.name}: the width must be a multiple of {HEAD} above {HEAD}, not {width}")
    return lambda units, fan: Transformer(positions, blocks, width, units, asked.outputs, fan), 4 * width


KINDS: dict[str, Callable[[Request], tuple[Make, int]]] = {
    "mlp": _mlp,
    "resmlp": _mlp,
    "cnn": _cnn,
    "rnn": _recurrent,
    "gru": _recurrent,
    "transformer": _transformer,
    "autoencoder": _autoencoder,
}
