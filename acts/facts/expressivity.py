"""Facts about what small networks with a function can compute: affine maps, XOR, a curve by least squares."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from acts.activations import Activation
from acts.facts.row import Row, row

Array = np.ndarray
Scalar = Callable[[Array], Array]

DRAW = 0  # every random number here comes from this one seed
DEPTHS = (1, 2, 4, 8, 16, 32)
WIDTHS = (4, 16, 64, 256)
INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([0.0, 1.0, 1.0, 0.0])
UNITS = (  # (weight, bias) of two hidden units, mild to steep: some functions bend only far from 0
    ((1.0, 0.0), (1.0, -1.0)), ((0.75, -0.25), (1.0, -1.0)), ((2.0, -1.0), (1.0, 0.5)), ((4.0, -2.0), (4.0, 2.0)),
)  # fmt: skip
TARGETS: dict[str, Scalar] = {"sin": np.sin, "abs": np.abs, "step": lambda x: np.heaviside(x, 0.5)}
BATTERY: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "1/x": lambda x: 1 / x,
    "constant": lambda x: torch.ones_like(x) + 0 * x,
    "step": lambda x: torch.heaviside(x.detach(), torch.tensor(0.5, dtype=x.dtype)) + 0 * x,
    "x": lambda x: x,
    "sin": torch.sin,
    "x^2": lambda x: x**2,
    "abs": torch.abs,
}


def of(activation: Activation) -> Iterator[Row]:
    """Yield what holds of every element-wise function: how far from affine a three-layer network is, and XOR."""
    yield row("affine_residual", affine_residual(_scalar(activation), 3), depth=3)
    yield row("xor_error", xor_error(_scalar(activation)))


def identity(activation: Activation) -> Iterator[Row]:
    """Yield the affine residual by depth, XOR by an affine map, and fits by powers of the identity."""
    f = _scalar(activation)
    for depth in DEPTHS:
        if depth != 3:
            yield row("affine_residual", affine_residual(f, depth), depth=depth)
    yield row("xor_affine_error", _least_squares_error(INPUTS, XOR))
    for power in (1, 2, 3):
        yield from _fits(_power(f, power), f"power={power};")
    for name, function in BATTERY.items():
        yield from _tried(name, function)


def _power(f: Scalar, power: int) -> Scalar:
    return lambda x: f(x) ** power


def fits(activation: Activation) -> Iterator[Row]:
    """Yield the error of one hidden layer by width and target."""
    yield from _fits(_scalar(activation), "")


def _fits(f: Scalar, arm: str) -> Iterator[Row]:
    for width in WIDTHS:
        for target, error in fit_errors(f, width).items():
            yield row("fit_error", error, arm=f"{arm}target={target}", network=f"mlp_1x{width}")


def _tried(name: str, function: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[Row]:
    """Yield three marks of usefulness: undefined on a share of inputs, mean squared slope, XOR by two units."""
    x = (torch.arange(-300, 301, dtype=torch.float64) / 100).requires_grad_(True)
    y = function(x)
    (slopes,) = torch.autograd.grad(y.sum(), x)
    good = torch.isfinite(y)
    yield row("battery_undefined", (~good).double().mean(), arm=f"f={name}")
    yield row("battery_slope_second", (slopes[torch.isfinite(slopes)] ** 2).mean(), arm=f"f={name}")
    yield row("battery_xor_error", xor_error(lambda v: function(torch.from_numpy(v)).numpy()), arm=f"f={name}")


def _scalar(activation: Activation) -> Scalar:
    return lambda x: activation(torch.from_numpy(np.asarray(x, dtype=float))).numpy()


def affine_residual(f: Scalar, depth: int) -> float:
    """Return the share of a random network's output, in rms, that no affine map of its input explains.

    ``depth`` hidden layers of 16 units on 2 inputs, weights N(0, 1/fan_in), biases N(0, 1); 256 inputs from N(0, 1).
    nan where the output overflows.
    """
    draw = np.random.default_rng(DRAW)
    inputs = draw.standard_normal((256, 2))
    hidden = inputs
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(depth):
            weights = draw.standard_normal((hidden.shape[1], 16)) / np.sqrt(hidden.shape[1])
            hidden = f(hidden @ weights + draw.standard_normal(16))
        output = hidden @ draw.standard_normal(16)
        spread = np.sqrt(np.mean((output - output.mean()) ** 2))
    return float(np.sqrt(np.mean(_unexplained(inputs, output) ** 2)) / spread) if np.isfinite(spread) else float("nan")


def _unexplained(inputs: Array, output: Array) -> Array:
    design = np.column_stack([inputs, np.ones(len(inputs))])
    return output - design @ np.linalg.lstsq(design, output, rcond=None)[0]


def _least_squares_error(inputs: Array, output: Array) -> float:
    return float(np.abs(_unexplained(inputs, output)).max())


def xor_error(f: Scalar) -> float:
    """Return the largest error on the four cases of XOR of two hidden units whose outer weights are solved for.

    Both units see x₁ + x₂ with weights and biases from a short fixed list; the best pair counts.
    """
    total = INPUTS.sum(axis=1)
    hidden = [np.column_stack([f(w * total + b) for w, b in pair]) for pair in UNITS]
    errors = [_least_squares_error(layer, XOR) for layer in hidden if np.isfinite(layer).all()]
    return min(errors, default=float("inf"))


def gate(activation: Activation) -> Iterator[Row]:
    """Yield the largest error on XOR of x₁ + x₂ − 2·f(x₁, x₂), where f multiplies its two halves."""
    halves = torch.from_numpy(INPUTS)
    product = activation(halves).numpy()[:, 0]
    yield row("xor_error", np.abs(INPUTS.sum(axis=1) - 2 * product - XOR).max(), arm="f=product")


def fit_errors(f: Scalar, width: int) -> dict[str, float]:
    """Return the rms errors, relative to each target's rms, of one hidden layer fitted to 401 points of [−3, 3].

    Hidden weights are drawn once and nested (a wider layer keeps the narrower one's units): slopes N(0, 2²), kinks
    uniform over the interval; the outer weights and bias are solved by least squares.
    """
    draw = np.random.default_rng(DRAW)
    slopes, kinks = 2 * draw.standard_normal(max(WIDTHS)), draw.uniform(-3, 3, max(WIDTHS))
    x = np.linspace(-3, 3, 401)
    y = np.column_stack([target(x) for target in TARGETS.values()])
    layer = f(slopes[:width] * (x[:, None] - kinks[:width]))
    errors = np.sqrt(np.mean(_unexplained(layer, y) ** 2, axis=0) / np.mean(y**2, axis=0))
    return dict(zip(TARGETS, errors.tolist(), strict=True))
