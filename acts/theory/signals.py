"""What an infinitely wide network does layer by layer: its lengths and the factors of its gradients."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from acts import elementwise
from acts.elementwise import Elementwise, Function
from acts.theory.edges import slope_second_at_zero
from acts.theory.inits import Init
from acts.theory.quadrature import Array, Rule, rule

WINDOW = 30.0


@dataclass(frozen=True, eq=False)
class Signal:
    """Lengths q and gradient factors χ of the pre-activations of hidden layers 1, 2, … (one entry a layer).

    ``elasticity`` is by how many per cent the next length grows when a length grows by one, the slope of the length map
    on logarithmic scales: above 1, lengths that differ by chance are driven apart. Layers beyond float64 (a length that
    explodes) are left out.
    """

    q: Array
    chi: Array
    elasticity: Array

    def spread(self, layer: int) -> float:
        """Return d ln q at a layer by d ln q of the first, nan beyond the layers; above 1 where lengths drift apart."""
        if layer > len(self.q):
            return float("nan")
        return float(np.prod(np.abs(self.elasticity[: layer - 1])))

    def log10_gradient_ratio(self, depth: int) -> float:
        """Return log10 of (‖Jᵀv‖²/n₁) / (‖v‖²/n_depth) from layer ``depth`` back to layer 1, nan beyond the layers."""
        if depth > len(self.q):
            return float("nan")
        with np.errstate(divide="ignore"):
            return float(np.log10(self.chi[: depth - 1]).sum())


def signal(f: Function, init: Init, depth: int, *, fan_in: int, mean_square: float = 1.0, **parameters: Any) -> Signal:
    """Return lengths and gradient factors of ``depth`` hidden layers, the transient from the input included.

    The exact finite product over layers at infinite width: q₁ = σ_w² mean x² + σ_b² with the first layer's scales, then
    the length map; χ_l = σ_w² E f′(√q_l z)². ``fan_in`` enters where the bias depends on it.
    """
    view = elementwise.of(f, **parameters)
    first, hidden = init.first(fan_in=fan_in, mean_square=mean_square), init.hidden(fan_in=fan_in)
    sigma_w_squared = hidden.weight**2 * fan_in
    elasticity: list[float] = []
    lengths, factors = [first.weight**2 * fan_in * mean_square + first.bias**2], []
    reader = _Reader(view)
    for _ in range(depth):
        second, slope_second, second_slope = reader(lengths[-1])
        factors.append(sigma_w_squared * slope_second)
        lengths.append(sigma_w_squared * second + hidden.bias**2)
        elasticity.append(sigma_w_squared * second_slope * lengths[-2] / lengths[-1] if lengths[-1] > 0 else 1.0)
        if not np.isfinite([lengths[-1], factors[-1]]).all():
            break
    return Signal(np.array(lengths[: len(factors)]), np.array(factors), np.array(elasticity))


class _Reader:
    """Reads E f², E f′² and the slope of E f² at any length, keeping the last quadrature rule as long as it reaches."""

    def __init__(self, view: Elementwise) -> None:
        self.view = view
        self.found: Rule | None = None

    def __call__(self, q: float) -> tuple[float, float, float]:
        if q < 1e-280:
            at_zero = slope_second_at_zero(self.view)
            return float(self.view(np.zeros(1))[0]) ** 2, at_zero, at_zero
        if self.found is None or not self.found.low <= q <= self.found.high:
            try:
                self.found = rule(self.view, q / WINDOW, q * WINDOW)
            except ValueError:
                return np.inf, np.inf, np.inf
            if self.found.high < q:
                return np.inf, np.inf, np.inf
        found = self.found
        return float(found.second(q)), float(found.slope_second(q)), float(found.second_slope(q))
