"""Visits: what looks at networks while they learn, step by step, and may set some of their numbers anew."""

from typing import Protocol, runtime_checkable

from jaxtyping import Bool, Float, Int
from torch import Tensor

from acts.networks import Stack


@runtime_checkable
class Visitor(Protocol):
    """One who sees the group of a training at every step; the group lies in an order of its own, padded."""

    def seat(self, runs: Int[Tensor, " row"]) -> None:
        """Take note of which of the networks each row of the group is; some stand there more than once."""

    def before(self, step: int, group: Stack) -> Bool[Tensor, "row size"] | None:
        """Look at the networks before a step (from 0), and return which of their numbers it has set anew, if any."""

    def after(self, step: int, group: Stack, gradient: Float[Tensor, "row size"]) -> None:
        """Look at the gradients that a step is about to follow."""
