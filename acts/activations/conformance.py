"""Conformance: what must hold of every activation, one function a requirement, for tests and for a user's own.

Each requirement takes an activation and raises AssertionError, one line with function, parameters and place, where it
does not hold. ``requirements(activation)`` says which apply. The standard is the oracle, never another piece of code.
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from acts.activations.activation import Activation
from acts.activations.truth import (
    equals_the_formula_of_its_inputs,
    equals_the_oracle,
    perturbed,
    points,
    say,
    slopes_like_the_oracle,
    typesets_its_formula,
)  # fmt: skip

Requirement = Callable[[Activation], None]
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
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
            "modes": slopes_alike_in_every_mode,
            "kernel": has_an_equal_kernel, "slope_of_kernel": has_an_equal_slope_of_kernel,
            "parameters": learns_its_parameters,
        }  # fmt: skip
    else:
        found |= {"value": equals_the_formula_of_its_inputs, "kernel": has_an_equal_kernel}
    return found


# shape, type, transforms


def passes_nan_on(activation: Activation) -> None:
    """Not-a-number in is not-a-number out, on both paths."""
    x = torch.full((2, 2 * len(activation.inputs)), math.nan, dtype=torch.float64)
    for path in (activation, activation.kernel):
        assert bool(path(x).isnan().all()), say(activation, {}, f"{path} hides nan")


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
            assert y.dtype == dtype, say(activation, {}, f"{dtype} becomes {y.dtype}")
            assert not activation.elementwise or y.shape == x.shape, say(activation, {}, f"shape {tuple(y.shape)}")
    if activation.elementwise:
        _rounds_once(activation)
        for shape in ((), (0,), (2, 0, 3)):
            empty = torch.ones(shape)
            assert activation(empty).shape == shape == activation.derivative(empty).shape


def _rounds_once(activation: Activation) -> None:
    numbers = dict(activation.parameters)
    for dtype in DTYPES:
        x = torch.tensor(points(activation, tuple(numbers.items())), dtype=torch.float64).to(dtype)
        for path in (activation, activation.derivative):
            want = path(x.double()).to(dtype)
            assert path(x).equal(want) or bool(torch.isclose(path(x), want, rtol=0, atol=0, equal_nan=True).all()), say(
                activation, {}, f"{dtype} is not float64 rounded"
            )


def equals_its_loop(activation: Activation) -> None:
    """Under torch.func.vmap it is what a loop over the batch gives, value and gradient alike."""
    x = _sample(activation)

    def total(row: Tensor) -> Tensor:
        return activation(row).square().sum()

    for one in (activation, activation.kernel, torch.func.grad(total)):
        batched = torch.func.vmap(one)(x)
        looped = torch.stack([one(row) for row in x])
        assert torch.allclose(batched, looped, rtol=1e-14, atol=1e-14), say(activation, {}, "vmap is not the loop")


def slopes_alike_in_every_mode(activation: Activation) -> None:
    """backward(), forward mode, vmap of grad and ``derivative`` give one slope, out to ±inf where it has a limit."""
    chosen = tuple(activation.parameters.items())
    x = torch.tensor(points(activation, chosen), dtype=torch.float64)
    want = activation.derivative(x)
    ways = {
        "backward": _slope(activation, x, {}),
        "forward mode": torch.func.jvp(activation, (x,), (torch.ones_like(x),))[1],
        "vmap of grad": torch.func.vmap(torch.func.grad(activation))(x),
    }
    for way, found in ways.items():
        same = want.isnan() | torch.isclose(found, want, rtol=1e-13, atol=1e-300)
        assert bool(same.all()), say(activation, {}, f"{way} differs at x = {x[~same].tolist()}")


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
        assert worst < 1e-12, say(activation, numbers, f"the kernel is off by {worst:.2g}")


def has_an_equal_slope_of_kernel(activation: Activation) -> None:
    """The fast path's slope is the accurate one to 1e-8, on kinks as well, and both are finite to ±1e4 in float32.

    Not closer, because torch's own hard sigmoid has 1/6 rounded to float32 in its slope.
    """
    for numbers in perturbed(activation):
        x = torch.tensor((*ORDINARY, *activation.breaks(**numbers), 0.0), dtype=torch.float64)
        slope = _slope(activation.kernel, x, numbers)
        worst = float((slope - activation.derivative(x, **numbers)).abs().max())
        assert worst < 1e-8, say(activation, numbers, f"the kernel's slope is off by {worst:.2g}")
        far = torch.tensor([-1e4, -300.0, -90.0, -30.0, 30.0, 90.0, 300.0, 1e4])
        for y in (activation.kernel(far, **numbers), _slope(activation.kernel, far, numbers)):
            assert bool(y.isfinite().all()), say(activation, numbers, "the kernel is not finite far out")


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
            assert torch.allclose(y, activation(x), rtol=1e-12, atol=1e-12), say(
                activation, {}, f"tensor {name} differs"
            )
            slope = torch.autograd.grad(y.sum() + 0 * held.sum(), held)[0].item()
            near = abs(slope - float(rise)) < 1e-4 * (1 + abs(slope))
            assert near, say(activation, {}, f"the gradient of {name} is {slope:.6g}, differences give {rise:.6g}")


def has_a_faithful_module(activation: Activation) -> None:
    """A module computes the kernel, is fresh each time, saves and loads, and is random only while it trains."""
    first, second = activation.module(), activation.module()
    x = _sample(activation, torch.float32)
    first.eval(), second.eval()
    assert first is not second
    assert torch.allclose(first(x), activation.kernel(x), rtol=1e-5, atol=1e-6), say(activation, {}, "module differs")
    with torch.no_grad():
        for weight in first.parameters():
            torch.nn.init.constant_(weight, float(weight) + 0.125)
    assert len(list(first.parameters())) == len(activation.learnable)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(x), second(x)), say(activation, {}, "its state does not round-trip")
    first.train()
    if not activation.stochastic:
        assert torch.equal(first(x), second(x)), say(activation, {}, "training mode differs")
        return
    draws = torch.stack([first(x) for _ in range(400)])
    assert float(draws.std(0).max()) > 0, say(activation, {}, "is declared stochastic and is not")
    spread = draws.std(0) / 20 + 1e-6
    assert bool(((draws.mean(0) - second(x)).abs() < 6 * spread).all()), say(activation, {}, "the mean is off")


# promises


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
        assert held[promise]() == wanted, say(activation, {}, f"{promise} = {wanted} is not kept")
