"""Multilayer perceptrons: dense layers one after the other, with or without residual sums; and autoencoders."""

from dataclasses import dataclass

from torch import Tensor

from acts.networks.forward import Pass
from acts.networks.plan import Plan


@dataclass(frozen=True)
class Mlp:
    """Dense – norm – activation in every hidden layer, then a dense layer.

    ``units`` counts, for each hidden layer, the groups of ``fan[0]`` pre-activations that become ``fan[1]`` outputs.
    With ``residual`` a layer whose input is as wide as its output adds f(norm(Wx + b)) to its input; the branch is not
    rescaled, since it ends in the activation.
    """

    inputs: int
    units: tuple[int, ...]
    outputs: int
    fan: tuple[int, int]
    residual: bool = False
    stacked = True

    def declare(self, plan: Plan) -> None:
        """Declare every layer."""
        fed, given = self.fan
        widths = [self.inputs, *(given * units for units in self.units)]
        for layer, (width, units) in enumerate(zip(widths, self.units, strict=False)):
            plan.dense(f"hidden{layer}", width, fed * units, place="hidden" if layer else "first")
            plan.activation(f"hidden{layer}", fed * units)
        plan.dense("out", widths[-1], self.outputs, place="last")

    def forward(self, x: Tensor, go: Pass) -> Tensor:
        """Return outputs (run, batch, outputs) of inputs (run, batch, inputs)."""
        for layer in range(len(self.units)):
            h = go.activate(go.dense(x, f"hidden{layer}"), layer)
            x = x + h if self.residual and layer and h.shape == x.shape else h
        return go.dense(x, "out")
