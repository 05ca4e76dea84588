"""An activation as a torch module."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acts.activations.activation import Activation, Value


class ActivationModule(nn.Module):
    """An activation as a torch module on its fast path, random in training mode where the function is.

    Learnable parameters are raw numbers: ``values()`` gives what enters the formula, ``reset_parameters()`` sets them
    back to where they start, as after ``to_empty()``. A parameter given as nn.Parameter stays the caller's.
    """

    def __init__(self, activation: Activation, parameters: Mapping[str, Value]):
        super().__init__()
        self.activation = activation
        self.fixed: dict[str, Value] = {}
        self.starts: dict[str, float] = {}
        self.held: tuple[str, ...] = ()
        given = activation.given(parameters)
        for name, value in given.items():
            if isinstance(value, nn.Parameter):
                self.register_parameter(name, value)
            elif name in activation.learnable:
                self.starts[name] = activation.unconstrain(name, float(value), **parameters)
                self.register_parameter(name, nn.Parameter(torch.tensor(self.starts[name])))
            elif isinstance(value, Tensor):
                self.register_buffer(name, value)
            else:
                self.fixed[name] = value
                continue
            self.held += (name,)

    def reset_parameters(self) -> None:
        """Set every learnable parameter back to where it starts."""
        for name, start in self.starts.items():
            nn.init.constant_(getattr(self, name), start)

    def values(self) -> dict[str, Value]:
        """Return the numbers and tensors that enter the formula now."""
        held: dict[str, Any] = {name: getattr(self, name) for name in self.held}
        learnt = {name: held.pop(name) for name in self.held if name in self.activation.learnable}
        plain = {**held, **self.fixed}
        return {**plain, **{name: self.activation.constrain(name, raw, **plain) for name, raw in learnt.items()}}

    def forward(self, x: Tensor) -> Tensor:
        """Return the activation of x."""
        if self.training and self.activation.sample is not None:
            return self.activation.sample(x, torch.rand_like(x), **self.values())
        return self.activation.kernel(x, **self.values())

    def extra_repr(self) -> str:
        """Return the activation's name and its fixed numbers."""
        return ", ".join([self.activation.name, *(f"{name}={value}" for name, value in self.fixed.items())])
