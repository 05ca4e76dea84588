"""Nonlinearity: the activation as a network sees it, without a name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

Function = Callable[..., Tensor]


@dataclass(frozen=True)
class Nonlinearity:
    """What every hidden pre-activation goes through: ``call(h, **learned)``, which works on the last dimension at most.

    ``learned`` names the learned parameters and their raw starts; each is one number a layer, with ``channelwise`` one
    a unit or channel. ``random(h, uniform, **learned)`` is the form in training of a random function, given numbers
    in [0, 1) of h's shape. ``fan`` is (a, b): a pre-activations become b outputs. ``turns`` are functions without
    learned parameters that layers take in turn instead of ``call``, the first one in the first layer.
    """

    call: Function
    learned: Mapping[str, float] = field(default_factory=dict)
    random: Callable[..., Any] | None = None
    fan: tuple[int, int] = (1, 1)
    channelwise: bool = False
    turns: tuple[Function, ...] = ()

    def at(self, spot: int) -> Function:
        """Return the function of the i-th activation."""
        return self.turns[spot % len(self.turns)] if self.turns else self.call
