"""Recurrent networks, vanilla and gated: layers that read a sequence position by position, then a dense layer.

Input and state are one input of joint fan-in, so both kinds of weights have one deviation. Dropout acts on what a layer
hands upward, not on its state.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from acts.networks.forward import Pass, product
from acts.networks.plan import Plan


@dataclass(frozen=True)
class Recurrent:
    """Layers h ← f(norm(W [x, h] + b)) or, ``gated``, gated recurrent units whose candidate is that; then dense.

    Inputs are sequences (position, feature), or pictures read row by row. A layer has ``units`` groups of ``fan[0]``
    pre-activations, which become ``fan[1]`` numbers of its state; the dense layer reads the last state. A reset gate
    stands before every pre-activation, inside the sum as in torch's own layer, an update gate before every number of
    the state.
    """

    shape: tuple[int, ...]
    layers: int
    units: int
    outputs: int
    fan: tuple[int, int]
    gated: bool
    stacked = True

    @property
    def sequence(self) -> tuple[int, int]:
        """Return positions and features of an input."""
        channels, positions, features = self.shape if len(self.shape) == 3 else (1, *self.shape)
        return positions, channels * features

    def declare(self, plan: Plan) -> None:
        """Declare every layer."""
        fed, given = (one * self.units for one in self.fan)
        positions, features = self.sequence
        for layer in range(self.layers):
            for name, width in self._kinds(layer, fed, given):
                place = "plain" if name.startswith("gates") else "hidden"
                for source, rows in (("x", features), ("h", given)):
                    plan.weights(f"{name}.{source}", rows, width, place=place, fan_in=features + given, times=positions)
                plan.bias(name, width, fan_in=features + given, place=place)
            if self.gated:
                plan.bias(f"hidden{layer}.inner", fed, fan_in=features + given, place="plain")
            plan.activation(f"hidden{layer}", fed)
            features = given
        plan.dense("out", features, self.outputs, place="last")

    def _kinds(self, layer: int, fed: int, given: int) -> list[tuple[str, int]]:
        """Return the names and widths of a layer's sums."""
        return [*([(f"gates{layer}", fed + given)] if self.gated else []), (f"hidden{layer}", fed)]

    def forward(self, x: Tensor, go: Pass) -> Tensor:
        """Return outputs (run, batch, outputs) of flattened sequences (run, batch, inputs)."""
        h = x.unflatten(-1, self.shape)
        if len(self.shape) == 3:
            h = h.movedim(2, 3).flatten(3)
        h = h.transpose(1, 2)
        for layer in range(self.layers):
            h = self._layer(h, layer, go)
        return go.dense(h[:, -1], "out")

    def _layer(self, x: Tensor, layer: int, go: Pass) -> Tensor:
        """Return a layer's states (run, position, batch, unit) at every position of its input."""
        positions, batch = x.shape[1:3]
        fed, given = (one * self.units for one in self.fan)
        names = [name for name, _ in self._kinds(layer, fed, given)]
        by_x, by_h, bias = (torch.cat([go.parts[f"{name}.{kind}"] for name in names], -1)
                            for kind in ("x.weights", "h.weights", "bias"))  # fmt: skip
        sums = product(bias, x.flatten(1, 2), by_x).unflatten(1, (positions, batch)).unbind(1)
        numbers = go.numbers((len(x), positions, batch, fed), layer, x.dtype)
        state, states, kept = x.new_zeros(len(x), batch, given), [], []
        for position, sum_ in enumerate(sums):
            before, gates = self._before(sum_, state, by_h, layer, go)
            before = go.normalised(before, layer)
            kept.append(before)
            after = go.function(before, layer, None if numbers is None else numbers[:, position])
            state = after if gates is None else torch.lerp(after, state, gates)
            states.append(state)
        if go.keep is not None:
            go.keep.append(torch.stack(kept, 2))
        return go.dropped(torch.stack(states, 1), layer)

    def _before(self, sums: Tensor, state: Tensor, by_h: Tensor, layer: int, go: Pass) -> tuple[Tensor, Tensor | None]:
        """Return the pre-activations at one position and, where gated, the share of the state that stays."""
        if not self.gated:
            return torch.baddbmm(sums, state, by_h), None
        fed, given = (one * self.units for one in self.fan)
        recurrent = torch.bmm(state, by_h)
        gates = torch.sigmoid(sums[..., : fed + given] + recurrent[..., : fed + given])
        reset, stay = gates.split([fed, given], -1)
        inner = recurrent[..., fed + given :] + go.parts[f"hidden{layer}.inner.bias"]
        return torch.addcmul(sums[..., fed + given :], reset, inner), stay
