"""Conformance: what must hold of every activation, one function a requirement, for tests and for a user's own.

Each requirement takes an activation and raises AssertionError, one line with function, parameters and place, where it
does not hold. ``requirements(activation)`` says which apply. The standard is the oracle, never another piece of code.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import mpmath
import torch
from torch import Tensor

from acts.activations import symbols
from acts.activations.activation import Activation, short
from acts.activations.evaluate import evaluate
from acts.activations.formula import parse
from acts.activations.untypeset import untypeset

Requirement = Callable[[Activation], None]
EPSILON = 2.0**-52
ROUNDINGS = 12  # a body rounds at most about this often, each time half a unit in the last place
FLOOR = 1e-304  # below, e^x itself is subnormal and holds few digits; times |x| < 750 that reaches up to here
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
SIZES = (
    5e-324, 1e-310, 1e-300, 1e-160, 1e-80, 1e-30, 1e-9, 1e-5, 1e-3, 0.1, 0.25, 0.4999, 0.5, 0.7, 0.9999, 1.0, 1.3, 1.75,
    2.0, 2.4, 3.0, 3.7, 5.0, 6.0, 7.5, 9.01, 12.0, 16.64, 20.0, 20.01, 24.0, 26.0, 33.0, 36.8, 37.5, 38.4, 41.0, 90.0,
    300.0, 690.0, 708.0, 744.0, 746.0, 1e3, 1e4, 1e5, 1e10, 1e30, 1e100, 1e200, 1e300, math.inf,
)  # fmt: skip
READ_BACK = (-7.3, -2.9, -1.0, -0.3, 0.0, 0.2, 0.5, 1.0, 2.5, 6.0, 8.1)
ORDINARY = tuple(sign * k / 8 for k in range(1, 65) for sign in (-1, 1))


def requirements(activation: Activation) -> dict[str, Requirement]:
    """Return the requirements that apply, by name."""
    found: dict[str, Requirement] = {
        "dtype": keeps_dtype_and_shape, "batched": equals_its_loop, "typeset": typesets_its_formula,
        "module": has_a_faithful_module, "nan": passes_nan_on, "promises": keeps_its_promises,
    }  # fmt: skip
    if activation.elementwise:
        found |= {
            "value": equals_the_oracle, "derivative": slopes_like_the_oracle, "gradcheck": passes_gradcheck,
            "kernel": has_an_equal_kernel, "slope_of_kernel": has_an_equal_slope_of_kernel,
            "parameters": learns_its_parameters,
        }  # fmt: skip
    else:
        found |= {"value": equals_the_formula_of_its_inputs, "kernel": has_an_equal_kernel}
    return found


# what to try


def perturbed(activation: Activation) -> Iterator[dict[str, float]]:
    """Yield the default numbers, then a set in which every parameter has moved by its own factor and none is left."""
    yield dict(activation.parameters)
    if activation.parameters:
        moved = enumerate(activation.parameters.items())
        yield {name: value * (1.25 + k / 16) + 0.03125 for k, (name, value) in moved}


@lru_cache(maxsize=256)
def _points(activation: Activation, chosen: tuple[tuple[str, float], ...]) -> tuple[float, ...]:
    edges = activation.breaks(**dict(chosen))
    near = [step for edge in edges for step in (edge, math.nextafter(edge, -9e9), math.nextafter(edge, 9e9))]
    return tuple(sorted({0.0, *near, *SIZES, *(-size for size in SIZES)}))


@lru_cache(maxsize=1024)
def _truth(activation: Activation, chosen: tuple[tuple[str, float], ...], order: int) -> tuple[float, ...]:
    points = list(_points(activation, chosen))
    return tuple(float(value) for value in activation.oracle(points, order, **dict(chosen)))


def _say(activation: Activation, numbers: Mapping[str, float], problem: str) -> str:
    written = ", ".join(f"{name}={short(value)}" for name, value in numbers.items())
    return f"{activation.name}({written}): {problem}"


# value and derivative


def equals_the_oracle(activation: Activation) -> None:
    """The value is the oracle's from denormals to ±inf, at default and at perturbed parameters."""
    for numbers in perturbed(activation):
        _compare(activation, numbers, order=0, got=activation)


def slopes_like_the_oracle(activation: Activation) -> None:
    """The autograd slope is the oracle's in the same places, kinks included."""
    for numbers in perturbed(activation):
        _compare(activation, numbers, order=1, got=activation.derivative)


def _compare(activation: Activation, numbers: dict[str, float], *, order: int, got: Callable[..., Tensor]) -> None:
    """Hold code against the oracle within rounding.

    One rounding of x moves f by ε|x f′|, one of the result by ε|f|; twelve of either are allowed, half a unit each.
    """
    chosen = tuple(numbers.items())
    points = _points(activation, chosen)
    want, bend = _truth(activation, chosen, order), _truth(activation, chosen, order + 1)
    found = got(torch.tensor(points, dtype=torch.float64), **numbers).tolist()
    for x, f, slope, y in zip(points, want, bend, found, strict=True):
        if math.isnan(f):
            continue
        moved = abs(x * slope) if math.isfinite(x * slope) else 0.0
        allowed = ROUNDINGS / 2 * EPSILON * (abs(f) + moved) + FLOOR
        near = y == f or abs(y - f) <= allowed or (abs(f) == math.inf and abs(y) > 1e308 and y * f > 0)
        what = "value" if order == 0 else "slope"
        assert near, _say(activation, numbers, f"{what} at x = {x!r} is {y!r}, the formula gives {f!r}")


def passes_nan_on(activation: Activation) -> None:
    """Not-a-number in is not-a-number out, on both paths."""
    x = torch.full((2, 2 * len(activation.inputs)), math.nan, dtype=torch.float64)
    for path in (activation, activation.kernel):
        assert bool(path(x).isnan().all()), _say(activation, {}, f"{path} hides nan")


# shape, type, transforms


def _sample(activation: Activation, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return ordinary inputs, never on a kink, in a shape that every function takes."""
    width = 2 * len(activation.inputs)
    return torch.linspace(-3.9, 4.1, 6 * width, dtype=torch.float64).reshape(2, 3, width).to(dtype)


def keeps_dtype_and_shape(activation: Activation) -> None:
    """All four float types come back as they went in, the accurate path rounded once; element-wise keeps the shape."""
    for dtype in DTYPES:
        x = _sample(activation, dtype)
        for path in (activation, activation.kernel):
            y = path(x)
            assert y.dtype == dtype, _say(activation, {}, f"{dtype} becomes {y.dtype}")
            assert not activation.elementwise or y.shape == x.shape, _say(activation, {}, f"shape {tuple(y.shape)}")
    if activation.elementwise:
        _rounds_once(activation)
        for shape in ((), (0,), (2, 0, 3)):
            empty = torch.ones(shape)
            assert activation(empty).shape == shape == activation.derivative(empty).shape


def _rounds_once(activation: Activation) -> None:
    numbers = dict(activation.parameters)
    for dtype in DTYPES:
        x = torch.tensor(_points(activation, tuple(numbers.items())), dtype=torch.float64).to(dtype)
        for path in (activation, activation.derivative):
            want = path(x.double()).to(dtype)
            assert path(x).equal(want) or bool(torch.isclose(path(x), want, rtol=0, atol=0, equal_nan=True).all()), (
                _say(activation, {}, f"{dtype} is not float64 rounded")
            )


def equals_its_loop(activation: Activation) -> None:
    """Under torch.func.vmap it is what a loop over the batch gives, value and gradient alike."""
    x = _sample(activation)

    def total(row: Tensor) -> Tensor:
        return activation(row).square().sum()

    for one in (activation, torch.func.grad(total)):
        batched = torch.func.vmap(one)(x)
        looped = torch.stack([one(row) for row in x])
        assert torch.allclose(batched, looped, rtol=1e-14, atol=1e-14), _say(activation, {}, "vmap is not the loop")


def passes_gradcheck(activation: Activation) -> None:
    """Finite differences agree with first and second derivatives and with forward mode, away from kinks."""
    places = (-5.3, -2.7, -1.1, -0.3, 0.2, 0.8, 1.7, 4.6)
    for numbers in perturbed(activation):
        edges = activation.breaks(**numbers)
        kept = [u for u in places if all(abs(u - edge) > 1e-3 for edge in edges)]
        x = torch.tensor(kept, dtype=torch.float64, requires_grad=True)
        bound = _bind(activation, numbers)
        torch.autograd.gradcheck(bound, x, check_forward_ad=True)
        torch.autograd.gradgradcheck(bound, x)


def _bind(activation: Activation, numbers: Mapping[str, float]) -> Callable[[Tensor], Tensor]:
    return lambda x: activation(x, **numbers)


# the fast path


def has_an_equal_kernel(activation: Activation) -> None:
    """On ordinary inputs the fast path is the accurate one to 1e-12 in float64, at every set of numbers."""
    width = len(activation.inputs)
    x = torch.tensor(ORDINARY, dtype=torch.float64).reshape(-1, width * 2 if width != 3 else 1)
    x = x if width != 3 else torch.stack((x[:-2, 0], x[1:-1, 0], x[2:, 0]), dim=-1)
    for numbers in perturbed(activation):
        gap = (activation(x, **numbers) - activation.kernel(x, **numbers)).abs()
        worst = float((gap / (1 + activation(x, **numbers).abs())).max())
        assert worst < 1e-12, _say(activation, numbers, f"the kernel is off by {worst:.2g}")


def has_an_equal_slope_of_kernel(activation: Activation) -> None:
    """The fast path's slope is the accurate one to 1e-8, on kinks as well, and both are finite to ±1e4 in float32.

    Not closer, because torch's own hard sigmoid has 1/6 rounded to float32 in its slope.
    """
    for numbers in perturbed(activation):
        x = torch.tensor((*ORDINARY, *activation.breaks(**numbers), 0.0), dtype=torch.float64)
        slope = _slope(activation.kernel, x, numbers)
        worst = float((slope - activation.derivative(x, **numbers)).abs().max())
        assert worst < 1e-8, _say(activation, numbers, f"the kernel's slope is off by {worst:.2g}")
        far = torch.tensor([-1e4, -300.0, -90.0, -30.0, 30.0, 90.0, 300.0, 1e4])
        for y in (activation.kernel(far, **numbers), _slope(activation.kernel, far, numbers)):
            assert bool(y.isfinite().all()), _say(activation, numbers, "the kernel is not finite far out")


def _slope(function: Callable[..., Tensor], x: Tensor, numbers: Mapping[str, float]) -> Tensor:
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(function(leaf, **numbers).sum(), leaf)[0]


# parameters and modules


def learns_its_parameters(activation: Activation) -> None:
    """Both paths take tensors for parameters, equal to the numbers, and pass gradients to every one of them."""
    x = torch.tensor(ORDINARY, dtype=torch.float64) + 1 / 17
    for name, value in activation.parameters.items():
        step = 2.0**-20
        rise = (activation(x, **{name: value + step}) - activation(x, **{name: value - step})).sum() / (2 * step)
        for path in (activation, activation.kernel):
            held = torch.full((1,), value, dtype=torch.float64, requires_grad=True)
            y = path(x, **{name: held})
            assert torch.allclose(y, activation(x), rtol=1e-12, atol=1e-12), _say(
                activation, {}, f"tensor {name} differs"
            )
            slope = torch.autograd.grad(y.sum() + 0 * held.sum(), held)[0].item()
            near = abs(slope - float(rise)) < 1e-4 * (1 + abs(slope))
            assert near, _say(activation, {}, f"the gradient of {name} is {slope:.6g}, differences give {rise:.6g}")


def has_a_faithful_module(activation: Activation) -> None:
    """A module computes the kernel, is fresh each time, saves and loads, and is random only while it trains."""
    first, second = activation.module(), activation.module()
    x = _sample(activation, torch.float32)
    first.eval(), second.eval()
    assert first is not second
    assert torch.allclose(first(x), activation.kernel(x), rtol=1e-5, atol=1e-6), _say(activation, {}, "module differs")
    with torch.no_grad():
        for weight in first.parameters():
            torch.nn.init.constant_(weight, float(weight) + 0.125)
    assert len(list(first.parameters())) == len(activation.learnable)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(x), second(x)), _say(activation, {}, "its state does not round-trip")
    first.train()
    if not activation.stochastic:
        assert torch.equal(first(x), second(x)), _say(activation, {}, "training mode differs")
        return
    draws = torch.stack([first(x) for _ in range(400)])
    assert float(draws.std(0).max()) > 0, _say(activation, {}, "is declared stochastic and is not")
    spread = draws.std(0) / 20 + 1e-6
    assert bool(((draws.mean(0) - second(x)).abs() < 6 * spread).all()), _say(activation, {}, "the mean is off")


# promises and print


def keeps_its_promises(activation: Activation) -> None:
    """Every declared promise holds on a grid and at the ends; a promise declared False has a counterexample."""
    width = len(activation.inputs)
    grid = torch.cat((torch.linspace(-60, 60, 6001), torch.tensor([-1e6, -1e3, 1e3, 1e6]))).double().sort().values
    x = grid if activation.elementwise else torch.stack([torch.roll(grid, 17 * k) for k in range(width)], dim=-1)
    y = activation(x)
    held = {
        "monotone": lambda: bool((y.diff() >= -1e-15 * y[1:].abs()).all()),
        "odd": lambda: bool((activation(-x) == -y).all()),
        "bounded": lambda: float(y.abs().max()) < 1e3,
        "nonnegative": lambda: bool((y >= 0).all()),
    }
    for promise, wanted in activation.promises.items():
        assert held[promise]() == wanted, _say(activation, {}, f"{promise} = {wanted} is not kept")


def typesets_its_formula(activation: Activation) -> None:
    """Formula and derivative as printed, read back, have the values of the formula; only print has no part in it."""
    names = (*activation.inputs, *activation.parameters, *activation.constants)
    shown = [(activation.latex, activation.symbolic)]
    if activation.elementwise:
        shown.append((activation.derivative_latex, symbols.derivative(activation.symbolic)))
    for text, meant in shown:
        assert text is not None
        read = parse(untypeset(text, names), names)
        for place in READ_BACK:
            values = {name: mpmath.mpf(place) + 0.37 * k for k, name in enumerate(activation.inputs)}
            values |= {name: mpmath.mpf(value) * 1.3 + 0.01 for name, value in activation.parameters.items()}
            values |= {name: mpmath.mpf(value) for name, value in activation.constants.items()}
            with mpmath.workdps(40):
                gaps = [abs(a - b) for a, b in zip(_parts(read, values), _parts(meant, values), strict=True)]
            assert max(gaps) < 1e-30, _say(activation, {}, f"the page shows {text}, another function at {place}")


def _parts(expression: object, values: Mapping[str, mpmath.mpf]) -> list[mpmath.mpf]:
    parts = expression if isinstance(expression, symbols.sympy.Tuple) else (expression,)
    return [evaluate(part, values) for part in parts]


def equals_the_formula_of_its_inputs(activation: Activation) -> None:
    """A function that is not element-wise has the formula's outputs, first output first, and right gradients."""
    rows = [[0.71 * k - 2.23 + 1.3 * j * (-1) ** k for j, _ in enumerate(activation.inputs)] for k in range(8)]
    x = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
    y = activation(x)
    for row, got in zip(rows, y.tolist(), strict=True):
        values = {name: mpmath.mpf(u) for name, u in zip(activation.inputs, row, strict=True)}
        for want, found in zip(_parts(activation.symbolic, values), got, strict=False):
            assert abs(found - float(want)) <= 8 * EPSILON * max(1.0, abs(float(want))), _say(
                activation, {}, f"at {row} gives {found!r}, the formula {float(want)!r}"
            )
    torch.autograd.gradcheck(activation, x)
