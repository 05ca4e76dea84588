"""Stacks: K networks of one architecture, all their numbers in one buffer, a network a row.

Every part is a view of the buffer: an optimiser then walks one tensor, and a row's bits do not depend on the rows
beside it. A seed fixes one standard normal draw, whatever the activation and the init; the init only rescales it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from acts.networks.forward import Pass
from acts.networks.network import Network
from acts.networks.nonlinearity import Nonlinearity
from acts.networks.parts import Scales, draw, drawn, started
from acts.noise import Noise

GROUP, BATCH = 8, 32  # networks and rows of which multiples are full: no kernel has anything left over


@dataclass
class Stack:
    """K networks, the k-th in row k of ``buffer``; ``state`` holds BatchNorm's running statistics, a row a network.

    Where ``compute`` is a type, weights and inputs are rounded to it for every pass and outputs come back in the
    buffer's type: what learns keeps its full precision, as in training with mixed precision.
    """

    network: Network
    buffer: Float[Tensor, "run size"]
    state: Float[Tensor, "run statistic"]
    compute: torch.dtype | None = None

    def __len__(self) -> int:
        return len(self.buffer)

    def pick(self, runs: Int[Tensor, " run"]) -> "Stack":
        """Return a copy of some of the networks."""
        return replace(self, buffer=self.buffer[runs], state=self.state[runs])

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
        if self.compute is not None:
            buffer = (self.buffer if buffer is None else buffer).to(self.compute)
            rounded = Stack(self.network, buffer, self.state.to(self.compute))
            x = x.to(self.compute) if x.is_floating_point() else x
            found = rounded.apply(x, nonlinearity, keep=keep, training=training, dropout=dropout, noise=noise)
            return found.to(self.buffer.dtype)
        whole = self if buffer is None else Stack(self.network, buffer, self.state)
        how = partial(Pass, nonlinearity=nonlinearity, training=training, dropout=dropout)
        if self.buffer.device.type != "cpu" or (self.network.stacked and training):
            return whole._forward(x, how, keep, noise)
        return whole._filled(x, how, keep) if self.network.stacked else whole._one_by_one(x, how, keep, noise)

    def _forward(
        self, x: Tensor, how: Callable[..., Pass], keep: list[Tensor] | None, noise: Noise | None = None
    ) -> Tensor:
        """Return the outputs of all networks by one pass."""
        go = how(self.network, self.parts(), self.state, keep=keep, noise=noise)
        return self.network.architecture.forward(x, go)

    def _filled(self, x: Tensor, how: Callable[..., Pass], keep: list[Tensor] | None) -> Tensor:
        """Return the outputs of an evaluation of full groups and batches, repeating the last network and the last row.

        Kernels take other paths for what is left over, which would show in the last bits.
        """
        runs, batch = x.shape[:2]
        if runs % GROUP == 0 and batch % BATCH == 0:
            return self._forward(x, how, keep)
        networks = torch.arange(runs + -runs % GROUP).clamp_(max=runs - 1)
        rows = torch.arange(batch + -batch % BATCH).clamp_(max=batch - 1)
        full: list[Tensor] | None = None if keep is None else []
        outputs = self.pick(networks)._forward(x[networks][:, rows], how, full)
        if keep is not None and full is not None:
            keep.extend(h[:runs, :batch] for h in full)
        return outputs[:runs, :batch]

    def _one_by_one(
        self, x: Tensor, how: Callable[..., Pass], keep: list[Tensor] | None, noise: Noise | None
    ) -> Tensor:
        """Return the outputs of every network by a pass of its own."""
        found, kept = [], []
        for run, (own, state) in enumerate(zip(self.buffer.split(1), self.state.split(1), strict=True)):
            its = None if noise is None else Noise(noise.keys[run : run + 1], noise.step)
            kept.append(list[Tensor]())
            single = Stack(self.network, own, state)
            found.append(single._forward(x[run : run + 1], how, None if keep is None else kept[-1], its))
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
    compute: torch.dtype | None = None,
    device: str | torch.device = "cpu",
) -> Stack:
    """Return K networks, one a seed and its scales, with the nonlinearity's learned parameters at their start.

    The draw of a seed is made once and in double precision on the CPU, so weights agree over dtypes and devices. Raises
    ValueError for BatchNorm computed in another type than its running statistics are kept in.
    """
    if compute is not None and network.norm == "batch":
        raise ValueError(f"{network.name}: BatchNorm cannot be computed in {compute} with statistics in {dtype}")
    own = network.learning(nonlinearity)
    buffer = torch.zeros(len(seeds), own.size, dtype=dtype)
    normal = {seed: torch.from_numpy(draw(seed, drawn(own.layout))) for seed in sorted(set(seeds))}
    for row, (seed, scale) in enumerate(zip(seeds, scales, strict=True)):
        numbers = started(own.layout, normal[seed], scale)
        buffer[row, : len(numbers)] = numbers
    state = torch.zeros(len(seeds), own.states, dtype=dtype)
    for start, spot in zip(own.statistics, own.spots, strict=False):
        state[:, start + spot.units : start + 2 * spot.units] = 1.0
    return Stack(own, buffer.to(device), state.to(device), compute)
