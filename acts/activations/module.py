"""An activation as a torch module."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from acts.activations.activation import Activation, Value


class ActivationModule(nn.Module):
    """An activation as a torch module on its fast path, random in training mode where the function is.

    Learnable parameters are raw numbers: ``values()`` gives what enters the formula.
    """

    def __init__(self, activation: Activation, parameters: Mapping[str, Value]):
        super().__init__()
        self.activation = activation
        self.fixed: dict[str, Value] = {}
        given = activation.given(parameters)
        for name, value in given.items():
            if isinstance(value, nn.Parameter):
                self.register_parameter(name, value)
            elif name in activation.learnable:
                raw = activation.unconstrain(name, float(value), **parameters)
                self.register_parameter(name, nn.Parameter(torch.tensor(raw)))
            elif isinstance(value, Tensor):
                self.register_buffer(name, value)
            else:
                self.fixed[name] = value

    def values(self) -> dict[str, Value]:
        """Return the numbers and tensors that enter the formula now."""
        held = {**dict(self.named_buffers(recurse=False)), **self.fixed}
        learnt = dict(self.named_parameters(recurse=False))
        return {**held, **{name: self._value(name, raw, held) for name, raw in learnt.items()}}

    def _value(self, name: str, raw: Tensor, held: Mapping[str, Value]) -> Tensor:
        return self.activation.constrain(name, raw, **held) if name in self.activation.learnable else raw

    def forward(self, x: Tensor) -> Tensor:
        """Return the activation of x."""
        if self.training and self.activation.sample is not None:
            return self.activation.sample(x, torch.rand_like(x), **self.values())
        return self.activation.kernel(x, **self.values())

    def extra_repr(self) -> str:
        """Return the activation's name and its fixed numbers."""
        return ", ".join([self.activation.name, *(f"{name}={value}" for name, value in self.fixed.items())])
