"""Stacks: K networks of one architecture, all their numbers in one buffer, a network a row.

Every part is a view of the buffer: an optimiser then walks one tensor, and a row's bits do not depend on the rows
beside it. A seed fixes one standard normal draw, whatever the activation and the init; the init only rescales it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from acts.networks.forward import Pass
from acts.networks.network import Network
from acts.networks.nonlinearity import Nonlinearity
from acts.networks.parts import Scales, draw, drawn, started
from acts.noise import Noise


@dataclass
class Stack:
    """K networks, the k-th in row k of ``buffer``; ``state`` holds BatchNorm's running statistics, a row a network."""

    network: Network
    buffer: Float[Tensor, "run size"]
    state: Float[Tensor, "run statistic"]

    def __len__(self) -> int:
        return len(self.buffer)

    def pick(self, runs: Int[Tensor, " run"]) -> "Stack":
        """Return a copy of some of the networks."""
        return Stack(self.network, self.buffer[runs], self.state[runs])

    def parts(self) -> dict[str, Tensor]:
        """Return every part's view (run, *size) by name."""
        return self.network.views(self.buffer)

    def apply(
        self,
        x: Float[Tensor, "run batch input"] | Int[Tensor, "run batch position"],
        nonlinearity: Nonlinearity,
        *,
        buffer: Float[Tensor, "run size"] | None = None,
        keep: list[Tensor] | None = None,
        training: bool = False,
        dropout: float = 0.0,
        noise: Noise | None = None,
    ) -> Float[Tensor, "run batch *output"]:
        """Return the outputs (run, batch, output), of tokens (run, batch, position, output).

        ``keep`` collects what enters every activation, (run, batch, …, unit), first layer first. ``buffer`` stands in
        for the stack's own, as a leaf that gradients are wanted for. In ``training`` BatchNorm takes the batch's
        statistics and updates ``state``, and dropout (after every activation) and random activations take ``noise``.
        """
        rows = self.buffer if buffer is None else buffer
        if len(self) == 1 or self.network.stacked or rows.device.type != "cpu":
            go = Pass(
                self.network, self.network.views(rows), self.state, nonlinearity, keep=keep, training=training,
                dropout=dropout, noise=noise,
            )  # fmt: skip
            return self.network.architecture.forward(x, go)
        found, kept = [], []
        for run, (own, state) in enumerate(zip(rows.split(1), self.state.split(1), strict=True)):
            single, of_one = Stack(self.network, own, state), list[Tensor]()
            its = None if noise is None else Noise(noise.keys[run : run + 1], noise.step)
            outputs = single.apply(
                x[run : run + 1], nonlinearity, keep=of_one, training=training, dropout=dropout, noise=its
            )
            found.append(outputs)
            kept.append(of_one)
        if keep is not None:
            keep.extend(torch.cat(same) for same in zip(*kept, strict=True))
        return torch.cat(found)


def stack(
    network: Network,
    seeds: Sequence[int],
    scales: Sequence[Scales],
    *,
    nonlinearity: Nonlinearity,
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
) -> Stack:
    """Return K networks, one a seed and its scales, with the nonlinearity's learned parameters at their start.

    The draw of a seed is made once and in double precision on the CPU, so weights agree over dtypes and devices.
    """
    own = network.learning(nonlinearity)
    buffer = torch.zeros(len(seeds), own.size, dtype=dtype)
    normal = {seed: torch.from_numpy(draw(seed, drawn(own.layout))) for seed in sorted(set(seeds))}
    for row, (seed, scale) in enumerate(zip(seeds, scales, strict=True)):
        numbers = started(own.layout, normal[seed], scale)
        buffer[row, : len(numbers)] = numbers
    state = torch.zeros(len(seeds), own.states, dtype=dtype)
    for start, spot in zip(own.statistics, own.spots, strict=False):
        state[:, start + spot.units : start + 2 * spot.units] = 1.0
    return Stack(own, buffer.to(device), state.to(device))
