"""Properties against the review's own numbers, the formulas at 400 digits, and functions whose answers are known."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

import acts
from acts import properties

INF = math.inf
ELEMENTWISE = [name for name in acts.names() if acts.get(name).elementwise]


def close(value, digits=10):
    return pytest.approx(value, rel=10**-digits, abs=10**-digits)


# --- numbers of the review's page SCIENCE.md --------------------------------------------------------------------------


def test_swish_has_the_published_extrema():
    found = properties.of("swish")
    assert found.minimum == close((-1.278464542761073795, -0.278464542761073795), 14)
    assert found.derivative_range[1] == close(1.09983932012886692, 14)
    steepest = torch.tensor(2.39935728051546767, dtype=torch.float64)
    assert float(acts.get("swish").derivative(steepest)) == close(found.derivative_range[1], 14)


# --- answers that are known -------------------------------------------------------------------------------------------

KNOWN = {  # minimum, maximum, range, lipschitz, monotone, smoothness
    "identity": (None, None, (-INF, INF), 1, True, INF),
    "relu": ((0, 0), None, (0, INF), 1, True, 0),
    "relu6": ((0, 0), (6, 6), (0, 6), 1, True, 0),
    "leaky_relu": (None, None, (-INF, INF), 1, True, 0),
    "squared_relu": ((0, 0), None, (0, INF), INF, True, 1),
    "sigmoid": (None, None, (0, 1), 0.25, True, INF),
    "tanh": (None, None, (-1, 1), 1, True, INF),
    "softsign": (None, None, (-1, 1), 1, True, 1),
    "softplus": (None, None, (0, INF), 1, True, INF),
    "logsigmoid": (None, None, (-INF, 0), 1, True, INF),
    "tanhshrink": (None, None, (-INF, INF), 1, True, INF),
    "elu": (None, None, (-1, INF), 1, True, 1),
    "hardtanh": ((-1, -1), (1, 1), (-1, 1), 1, True, 0),
    "hardsigmoid": ((-3, 0), (3, 1), (0, 1), 1 / 6, True, 0),
    "hardswish": ((-1.5, -0.375), None, (-0.375, INF), 1.5, False, 0),
    "hardshrink": (None, None, (-INF, INF), INF, True, -1),
    "softshrink": (None, None, (-INF, INF), 1, True, 0),
    "snake": (None, None, (-INF, INF), 2, True, INF),
    "gcu": (None, None, (-INF, INF), INF, False, INF),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_properties(name):
    minimum, maximum, reach, lipschitz, monotone, smoothness = KNOWN[name]
    found = properties.of(name)
    for got, wanted in ((found.minimum, minimum), (found.maximum, maximum)):
        assert (got is None) == (wanted is None)
        assert wanted is None or got == close(wanted, 13)
    assert found.range == close(reach, 13)
    assert found.lipschitz == close(lipschitz, 13)
    assert (found.monotone, found.smoothness) == (monotone, smoothness)


CALLABLES = {
    "clamp": (lambda x: torch.clamp(x, -1.3, 0.7), (-1.3, -1.3), (0.7, 0.7), (-1.3, 0.7), (0, 1), 0),
    "wide clamp": (lambda x: torch.clamp(x, -100, 200), (-100, -100), (200, 200), (-100, 200), (0, 1), 0),
    "abs": (torch.abs, (0, 0), None, (0, INF), (-1, 1), 0),
    "cube": (lambda x: x**3, None, None, (-INF, INF), (0, INF), INF),
    "shifted fourth power": (lambda x: (x - 0.3) ** 4, (0.3, 0), None, (0, INF), (-INF, INF), INF),
    "fast sin": (lambda x: torch.sin(10 * x), (-math.pi / 20, -1), (math.pi / 20, 1), (-1, 1), (-10, 10), INF),
    "cos": (torch.cos, (math.pi, -1), (0, 1), (-1, 1), (-1, 1), INF),
    "exp": (torch.exp, None, None, (0, INF), (0, INF), INF),
    "bump": (lambda x: torch.exp(-(x**2)), None, (0, 1), (0, 1), (-((2 / math.e) ** 0.5), (2 / math.e) ** 0.5), INF),
    "constant": (lambda x: 0 * x + 2, (0, 2), (0, 2), (2, 2), (0, 0), INF),
    "step": (lambda x: (x > 0.3).double(), (0, 0), (0.3, 1), (0, 1), (0, 0), -1),
    "cubed relu": (lambda x: torch.relu(x) ** 3, (0, 0), None, (0, INF), (0, INF), 2),
    "root": (lambda x: x.abs().sqrt(), (0, 0), None, (0, INF), (-INF, INF), 0),
    "steep elu": (lambda x: F.elu(x, 2.0), None, None, (-2, INF), (0, 2), 0),
    "slow tanh": (lambda x: torch.tanh(x / 100), None, None, (-1, 1), (0, 0.01), INF),
    "logarithm": (lambda x: torch.log1p(x.abs()), (0, 0), None, (0, INF), (-1, 1), 0),
    "pole": (lambda x: 1 / x, None, None, (-INF, INF), (-INF, 0), -1),
    "arctangent": (torch.atan, None, None, (-math.pi / 2, math.pi / 2), (0, 1), INF),
    "smooth plateau": (lambda x: torch.relu(x - 3) ** 2 + 1, (0, 1), None, (1, INF), (0, INF), 1),
    "plateau of one side": (lambda x: -(torch.relu(x + 3) ** 2), None, (-3, 0), (-INF, 0), (-INF, 0), 1),
}


@pytest.mark.parametrize("name", CALLABLES)
def test_known_properties_of_callables(name):
    f, minimum, maximum, reach, slopes, smoothness = CALLABLES[name]
    found = properties.of(f)
    for got, wanted in ((found.minimum, minimum), (found.maximum, maximum)):
        assert (got is None) == (wanted is None)
        if wanted is not None:
            assert (abs(got[0]), got[1]) == close((abs(wanted[0]), wanted[1]), 9)
    assert found.range == close(reach, 13)
    assert found.derivative_range == close(slopes, 12)
    assert found.smoothness == smoothness


def test_parameters_and_variants():
    narrow = properties.of("swish", beta=2.0)
    assert narrow.minimum == close((-1.278464542761073795 / 2, -0.278464542761073795 / 2), 13)
    assert properties.of("swish(beta=2)").minimum == narrow.minimum
    assert properties.of(acts.get("swish").variant(beta=2.0)).minimum == narrow.minimum
    assert properties.of("leaky_relu(alpha=0.1)").derivative_range == close((0.1, 1.0), 13)
    assert [properties.of("elu", alpha=alpha).smoothness for alpha in (1.0, 1.5)] == [1, 0]


def test_tails_side_by_side():
    sigmoid = properties.of("sigmoid").tail_threshold(1e-3)
    edge = math.log(3998 + math.sqrt(3998**2 - 4)) - math.log(2)  # s(1 − s) = 1/4000
    assert (float(sigmoid), sigmoid.left, sigmoid.right) == close((edge, -edge, edge))
    relu = properties.of("relu").tail_threshold(1e-6)
    assert (float(relu), relu.left, relu.right) == (INF, 0.0, INF)
    hardtanh = properties.of("hardtanh").tail_threshold(0.5)
    assert (hardtanh.left, hardtanh.right) == close((-1, 1), 13)
    softsign = properties.of("softsign").tail_threshold(1e-4)
    assert float(softsign) == close(99.0)
    assert properties.of(torch.sin).tail_threshold(0.1).right == INF
    mirrored = properties.of(lambda x: torch.relu(-x)).tail_threshold(0.1)
    assert (mirrored.left, mirrored.right) == (-INF, 0.0)


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda: properties.of("softmax"), "softmax is not element-wise"),
        (lambda: properties.of(lambda x: torch.softmax(x, 0)), "is not element-wise"),
        (lambda: properties.of("gleu"), "unknown activation 'gleu'"),
        (lambda: properties.of(torch.sqrt), "sqrt: f is nan at x = -1e-300"),
        (lambda: properties.of("tanh").tail_threshold(0.0), r"tau must lie in \(0, 1\], not 0"),
        (lambda: properties.of("gcu").tail_threshold(0.1), "gcu: sup .* is inf"),
        (lambda: properties.of(torch.sign).tail_threshold(0.1), "sign: sup .* is 0"),
    ],
)
def test_what_has_no_answer_says_why_in_one_line(ask, why):
    with pytest.raises(ValueError, match=why) as caught:
        ask()
    assert "\n" not in str(caught.value)


# --- every entry of the catalogue -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_extrema_are_those_of_the_formula(name):
    found, activation = properties.of(name), acts.get(name)
    for place, side in ((found.minimum, -1), (found.maximum, 1)):
        if place is None:
            continue
        x, value = place
        assert float(activation.oracle(x)) == close(value, 13)
        around = [x + step for step in (-1e-3, 1e-3)]
        assert all(side * (value - float(activation.oracle(point))) >= -1e-14 for point in around)
        if x and not any(abs(x - kink) < 1e-9 for kink in activation.breaks()):
            assert abs(float(activation.oracle(x, order=1))) < 1e-12


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_bounds_hold_and_promises_are_kept(name):
    found, activation = properties.of(name), acts.get(name)
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(20_000, generator=generator, dtype=torch.float64) * 10
    for values, (low, high) in ((activation(x), found.range), (activation.derivative(x), found.derivative_range)):
        assert low - 1e-12 <= float(values.min())
        assert float(values.max()) <= high + 1e-12
    promises = activation.promises
    assert promises.get("monotone", found.monotone) == found.monotone
    assert promises.get("bounded", math.isfinite(sum(found.range))) == all(map(math.isfinite, found.range))
    assert promises.get("nonnegative", found.range[0] >= 0) == (found.range[0] >= 0)
    assert found.zero_at_zero == (float(activation.oracle(0.0)) == 0)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_smoothness_is_that_of_one_sided_derivatives(name):
    found, activation = properties.of(name), acts.get(name)
    if not activation.breaks():
        assert found.smoothness == INF
        return
    orders = [order for order in range(4) if _breaks_at(activation, order)]
    assert found.smoothness == (min(orders) - 1 if orders else INF)


def _breaks_at(activation, order):
    """Say whether the derivative of an order has different limits on the two sides of some break."""
    for place in activation.breaks():
        sides = [[float(activation.oracle(place + side * 2.0**-k, order=order)) for k in (30, 31)] for side in (-1, 1)]
        left, right = (2 * near - far for far, near in sides)  # extrapolated to the break
        if abs(left - right) > 1e-6:
            return True
    return False


# --- laws -------------------------------------------------------------------------------------------------------------


@settings(max_examples=12)
@given(st.floats(0.1, 10.0), st.floats(-3.0, 3.0), st.floats(0.3, 3.0))
def test_scaling_and_shifting_move_the_answers_along(height, shift, pace):
    plain = properties.of("gelu")
    moved = properties.of(lambda x: height * F.gelu(pace * (x - shift)))
    x, value = plain.minimum
    assert moved.minimum == close((shift + x / pace, height * value), 9)
    assert moved.range[1] == INF
    assert moved.derivative_range == close(tuple(height * pace * slope for slope in plain.derivative_range), 9)
    assert moved.smoothness == INF


@settings(max_examples=12)
@given(st.floats(-20.0, -0.05), st.floats(0.05, 20.0))
def test_plateaus_end_where_the_function_says(low, high):
    found = properties.of(lambda x: torch.clamp(x, low, high))
    assert np.array([found.minimum, found.maximum]) == close(np.array([[low, low], [high, high]]), 12)
    assert (found.smoothness, found.monotone) == (0, True)
