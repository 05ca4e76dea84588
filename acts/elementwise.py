"""Element-wise functions on the real line: one view of a name, an Activation or any callable, in float64.

Everything that follows from a formula alone (properties, theory) reads functions through this view: values and slopes
of numpy arrays, and the places where the formula is known to break.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from acts.activations import Activation, get

Array = np.ndarray
JUMP = 1e-9  # a step larger than this, relative to the values beside it, over the width of one bit is a jump
STEEP = 1e-4  # and it keeps this share of the largest step met on the way, where a slope keeps almost nothing
Function = str | Activation | Callable[..., torch.Tensor]


@dataclass(frozen=True, eq=False)
class Elementwise:
    """A function of one number: its name, what evaluates it, and the places where it is known to break.

    ``breaks`` and ``activation`` are None where nothing is known, as for a plain callable.
    """

    name: str
    value: Callable[[torch.Tensor], torch.Tensor]
    derivative: Callable[[torch.Tensor], torch.Tensor] | None = None
    breaks: tuple[float, ...] | None = None
    activation: Activation | None = None

    def __call__(self, x: Array | float) -> Array:
        """Return the values at x."""
        with torch.no_grad():
            return self._checked(torch.as_tensor(x, dtype=torch.float64)).numpy()

    def slope(self, x: Array | float) -> Array:
        """Return the slopes at x: the declared derivative, or that of autograd."""
        points = torch.as_tensor(x, dtype=torch.float64)
        if self.derivative is not None:
            with torch.no_grad():
                return self.derivative(points).numpy()
        points = points.clone().requires_grad_(True)
        y = self._checked(points)
        if not y.requires_grad:
            return np.zeros(points.shape)
        (slope,) = torch.autograd.grad(y.sum(), points, allow_unused=True)
        return np.zeros(points.shape) if slope is None else slope.numpy()

    def negative(self) -> "Elementwise":
        """Return −f."""
        slope = self.derivative
        turned = None if slope is None else lambda x: -slope(x)
        return Elementwise(f"-{self.name}", lambda x: -self._checked(x), turned, self.breaks)

    def _checked(self, x: torch.Tensor) -> torch.Tensor:
        y = self.value(x)
        if not isinstance(y, torch.Tensor) or y.shape != x.shape:
            got = tuple(y.shape) if isinstance(y, torch.Tensor) else type(y).__name__
            raise ValueError(f"{self.name} is not element-wise: {tuple(x.shape)} in, {got} out")
        return y.to(torch.float64)


def of(f: Function, **parameters: Any) -> Elementwise:
    """Return the view of a name, an Activation or a callable from tensor to tensor, parameters put in.

    Raises ValueError for a function that is not element-wise or not deterministic, and for an unknown name.
    """
    if isinstance(f, str | Activation):
        return _of_activation(get(f), parameters)
    if not callable(f):
        raise ValueError(f"{f!r} is no activation: give a name, an Activation or a callable on tensors")
    name = getattr(f, "__name__", type(f).__name__)
    view = Elementwise(name, lambda x: f(x, **parameters) if parameters else f(x))
    _require_elementwise(view)
    return view


def _of_activation(activation: Activation, parameters: dict[str, Any]) -> Elementwise:
    variant = activation.variant(**parameters) if parameters else activation
    if not variant.elementwise:
        raise ValueError(f"{variant.name} is not element-wise: what follows from a function of one number is undefined")
    breaks = None if variant.formula is None else tuple(variant.breaks())
    view = Elementwise(variant.name, variant, variant.derivative, breaks, variant)
    if variant.formula is None:
        _require_elementwise(view)
    return view


def _require_elementwise(view: Elementwise) -> None:
    """Raise ValueError unless a value depends on its own input alone and repeats."""
    points = np.array([-1.7, -0.3, 0.2, 0.9, 2.1])
    together = view(points)
    alone = np.concatenate([view(points[i : i + 1]) for i in range(len(points))])
    if not np.allclose(together, alone, rtol=1e-9, atol=1e-12, equal_nan=True):
        raise ValueError(
            f"{view.name} is not element-wise (or not deterministic): f(x) of one number depends on others"
        )


def jumps(g: Callable[[Array], Array], edges: Array, *, rounds: int = 60) -> Array:
    """Return where g jumps, to the last bit: in every cell between edges the half with the larger step is followed.

    A step that is left when the cell has shrunk to nothing is a jump; of two jumps inside one cell the larger counts.
    """
    left, right = edges[:-1], edges[1:]
    with np.errstate(all="ignore"):
        at_left, at_right = np.nan_to_num(g(left)), np.nan_to_num(g(right))
        largest = np.zeros_like(left)
        for _ in range(rounds):
            middle = (left + right) / 2
            at_middle = np.nan_to_num(g(middle))
            lower = np.abs(at_middle - at_left) > np.abs(at_right - at_middle)
            left, at_left = np.where(lower, left, middle), np.where(lower, at_left, at_middle)
            right, at_right = np.where(lower, middle, right), np.where(lower, at_middle, at_right)
            step = np.abs(at_right - at_left)
            largest = np.maximum(largest, step)
        found = (step > JUMP * (1 + np.abs(at_left) + np.abs(at_right))) & (step > STEEP * largest)
    return np.unique(((left + right) / 2)[found])
