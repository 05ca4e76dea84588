"""Stopping: networks as they stood when their training loss first came down to a target."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from acts import training
from acts.networks import Nonlinearity, Stack
from acts.training import Feed


class Stopping:
    """A visitor of a training that keeps a copy of every network at the first look at which it meets its target.

    It looks every so many steps, at the losses of ``watched`` (fixed rows, a network each); a network that never meets
    its target is kept as it ends. ``steps`` (0 where it began so low), ``losses`` and ``met`` say where that was.
    """

    def __init__(
        self, watched: Feed, nonlinearity: Nonlinearity, *, targets: Sequence[float], every: int, loss: str
    ) -> None:
        self._watched, self._nonlinearity, self._every, self._loss = watched, nonlinearity, every, loss
        self._targets = torch.tensor(targets, dtype=torch.float64)
        self._runs = torch.arange(len(targets))
        self._kept: Stack | None = None
        self.met = torch.zeros(len(targets), dtype=torch.bool)
        self.steps = torch.zeros(len(targets), dtype=torch.long)
        self.losses = torch.full((len(targets),), torch.inf, dtype=torch.float64)

    def seat(self, runs: Int[Tensor, " row"]) -> None:
        """Take note of which network stands in each row of the group."""
        self._runs = runs.cpu()

    def before(self, step: int, group: Stack) -> Bool[Tensor, "row size"] | None:
        """Look at the networks, where it is time to."""
        if step % self._every == 0:
            self._look(step, group, self._runs)
        return None

    def after(self, step: int, group: Stack, gradient: Float[Tensor, "row size"]) -> None:
        """Leave gradients alone."""

    def ended(self, step: int, stack: Stack) -> Stack:
        """Return the networks as they were caught, given the trained ones in their own order after the last step."""
        runs = torch.arange(len(stack))
        found = self._look(step, stack, runs)
        rest = runs[~self.met]
        self._keep(rest, stack, rest)
        self.steps[rest], self.losses[rest] = step, found[rest]
        assert self._kept is not None
        return self._kept

    def _look(self, step: int, stack: Stack, runs: Tensor) -> Tensor:
        """Keep what meets its target for the first time, and return the losses."""
        found = training.evaluate(stack, self._nonlinearity, self._watched.pick(runs), loss=self._loss)["loss"]
        found = found.double().cpu().nan_to_num(nan=torch.inf)
        rows = torch.nonzero((found <= self._targets[runs]) & ~self.met[runs]).flatten()
        own = runs[rows]
        self._keep(own, stack, rows)
        self.met[own], self.steps[own], self.losses[own] = True, step, found[rows]
        return found

    def _keep(self, runs: Tensor, stack: Stack, rows: Tensor) -> None:
        if self._kept is None:
            size = len(self._targets)
            buffer, state = (part.new_zeros(size, part.shape[1]) for part in (stack.buffer, stack.state))
            self._kept = replace(stack, buffer=buffer, state=state)
        self._kept.buffer[runs] = stack.buffer[rows]
        self._kept.state[runs] = stack.state[rows]
