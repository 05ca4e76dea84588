"""The infinite-width theory against the review's own numbers, closed forms, and its own definitions."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from torch.nn import functional as F

import acts
from acts import theory
from acts.theory import depths

QUICK = settings(max_examples=25)


def close(value, digits=10):
    return pytest.approx(value, rel=10**-digits, abs=10**-digits)


# --- numbers of the review's page SCIENCE.md --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mean", "second", "slope_second"),
    [
        ("relu", 0.398942280, 0.5, 0.5),
        ("tanh", 0.0, 0.394294490, 0.464402902),
        ("elu", 0.160520572, 0.644945417, 0.668102001),
        ("swish", 0.206620964, 0.355775520, 0.379482352),
    ],
)
def test_moments_are_the_published_ones(name, mean, second, slope_second):
    found = theory.moments(name)
    assert (found.mean, found.second, found.slope_second) == pytest.approx((mean, second, slope_second), abs=6e-10)


def test_slope_of_swish_at_its_gain_is_the_published_one():
    gain = theory.moments("swish").second ** -0.5
    assert theory.length_map_slope("swish", sigma_w=gain, sigma_b=0.0, q=1.0) == pytest.approx(1.172594, abs=6e-7)


@pytest.mark.parametrize(
    ("name", "sigma_b", "sigma_w", "q", "stable"),
    [
        ("tanh", 0.1, 1.193401, 0.273301, True),
        ("tanh", 0.5, 1.549674, 1.317939, True),
        ("elu", 0.2, 1.229251, 1.106931, True),
        ("swish", 0.2, 1.679532, 0.689453, False),
    ],
)
def test_edges_of_chaos_are_the_published_ones(name, sigma_b, sigma_w, q, stable):
    found = theory.edge_of_chaos(name, sigma_b=sigma_b)
    assert (found.sigma_w, found.q) == pytest.approx((sigma_w, q), abs=6e-7)
    assert found.stable is stable


@pytest.mark.parametrize("name", ["gelu", "swish", "mish"])
def test_points_that_are_published_as_unstable_are(name):
    assert theory.edge_of_chaos(name, sigma_b=0.2).slope > 1


@pytest.mark.parametrize(
    ("name", "sigma_w", "sigma_b", "slope", "chi", "rule"),
    [
        ("gelu", 1.339569, 0.486789, 0.872962, 0.817999, "slope"),
        ("relu", 1.341641, 0.316228, 0.9, 0.9, "slope"),
        ("tanh", 1.467414, 0.388542, 0.391465, 1.0, "gradient"),
    ],
)
def test_stable_inits_are_the_published_ones(name, sigma_w, sigma_b, slope, chi, rule):
    found = theory.stable_init(name)
    wanted = (sigma_w, sigma_b, 1.0, slope, chi)
    assert (found.sigma_w, found.sigma_b, found.q, found.slope, found.chi) == pytest.approx(wanted, abs=6e-7)
    assert found.rule == rule


@pytest.mark.parametrize(
    ("name", "sigma_w", "sigma_b", "q", "slope"),
    [
        ("gelu", 1.401469, 0.472656, 5.343632, 0.989067),
        ("relu", math.sqrt(2), 0.0, 1.0, 1.0),
        ("tanh", 1.467414, 0.388542, 1.0, 0.391465),
    ],
)
def test_critical_inits_are_the_published_ones(name, sigma_w, sigma_b, q, slope):
    found = theory.critical_init(name)
    assert (found.sigma_w, found.sigma_b, found.slope) == pytest.approx((sigma_w, sigma_b, slope), abs=1e-6)
    assert found.q == pytest.approx(q, abs=1e-5)  # the secant limit moves q by 400 times its own error
    assert found.marginal is (name == "relu")


@pytest.mark.parametrize("name", ["softplus", "squared_relu"])
def test_functions_published_without_critical_init_have_none(name):
    with pytest.raises(ValueError, match="has no critical init"):
        theory.critical_init(name)


def test_relu_has_its_edge_at_one_point_only():
    found = theory.edge_of_chaos("relu", sigma_b=0.0)
    assert (found.sigma_w, found.any_q) == (close(math.sqrt(2)), True)
    with pytest.raises(ValueError, match=r"relu has no edge of chaos at sigma_b = 0\.1: .* at every length"):
        theory.edge_of_chaos("relu", sigma_b=0.1)


# --- closed forms -----------------------------------------------------------------------------------------------------

POWER_SLOPE = 4.5 / math.sqrt(2 * math.pi)  # E (9/4) |z|
CLOSED = {
    "identity": (lambda x: x, 0, 1, 1),
    "leaky": (lambda x: F.leaky_relu(x, 0.1), 0.9 / math.sqrt(2 * math.pi), 0.505, 0.505),
    "abs": (lambda x: x.abs(), math.sqrt(2 / math.pi), 1, 1),
    "cube": (lambda x: x**3, 0, 15, 27),
    "exp": (torch.exp, math.exp(0.5), math.exp(2), math.exp(2)),
    "sin": (torch.sin, 0, -math.expm1(-2) / 2, (1 + math.exp(-2)) / 2),
    "fast sin": (lambda x: torch.sin(10 * x), 0, 0.5, 50),
    "faster sin": (lambda x: torch.sin(1000 * x), 0, 0.5, 5e5),
    "erf": (torch.erf, 0, 2 / math.pi * math.asin(2 / 3), 4 / math.pi / math.sqrt(5)),
    "bump": (lambda x: torch.exp(-(x**2)), 3**-0.5, 5**-0.5, 4 * 5**-1.5),
    "wide": (lambda x: torch.exp(0.2 * x**2), 0.6**-0.5, 0.2**-0.5, 0.16 * 0.2**-1.5),
    "sign": (torch.sign, 0, 1, 0),
    "power": (
        lambda x: x.abs() ** 1.5,
        2**0.75 * math.gamma(1.25) / math.pi**0.5,
        (8 / math.pi) ** 0.5,
        4.5 / (2 * math.pi) ** 0.5,
    ),
    "far": (lambda x: torch.relu(x - 20), None, None, float(mpmath.ncdf(-20))),
    "constant": (lambda x: 0 * x + 2, 2, 4, 0),
}


@pytest.mark.parametrize("name", CLOSED)
def test_moments_in_closed_form(name):
    f, *wanted = CLOSED[name]
    found = theory.moments(f)
    for got, value in zip((found.mean, found.second, found.slope_second), wanted, strict=True):
        assert value is None or got == pytest.approx(value, rel=1e-11, abs=1e-15 if value else 1e-14)


@settings(QUICK, max_examples=15)
@given(st.floats(-2.5, 2.5), st.floats(0.01, 4.0))
def test_kinks_and_jumps_at_unknown_places_cost_no_digit(low, width):
    high = low + width
    inside = float(mpmath.ncdf(high) - mpmath.ncdf(low))
    assert theory.moments(lambda x: ((x > low) & (x < high)).double()).second == close(inside)
    assert theory.moments(lambda x: torch.clamp(x, low, high)).slope_second == close(inside)


def test_a_staircase_of_jumps_is_summed_exactly():
    wanted = sum(k * k * (mpmath.ncdf(k + 1) - mpmath.ncdf(k)) for k in range(-20, 20))
    assert theory.moments(torch.floor).second == close(float(wanted), 11)


@pytest.mark.parametrize("q", [1e-20, 0.01, 1.0, 7.0, 1e4])
def test_maps_of_sin_and_relu_at_every_length(q):
    assert theory.length_map(torch.sin, sigma_w=1.5, sigma_b=0.3, q=q) == close(0.09 - 2.25 * math.expm1(-2 * q) / 2)
    assert theory.length_map_slope(torch.sin, sigma_w=1.5, sigma_b=0.3, q=q) == close(2.25 * math.exp(-2 * q))
    assert theory.chi(torch.sin, sigma_w=1.5, q=q) == close(2.25 * (1 + math.exp(-2 * q)) / 2)
    assert theory.length_map("relu", sigma_w=1.0, q=q) == pytest.approx(q / 2, rel=1e-12)


def test_slope_of_the_length_map_counts_jumps():
    def second(q):
        return theory.length_map("hardshrink", sigma_w=1.0, q=q)

    step = 1e-4
    difference = (second(1 + step) - second(1 - step)) / (2 * step)
    assert theory.length_map_slope("hardshrink", sigma_w=1.0, q=1.0) == pytest.approx(difference, rel=1e-7)


def test_maps_at_length_zero_read_the_origin():
    assert theory.length_map("sigmoid", sigma_w=2.0, sigma_b=0.5, q=0.0) == 1.25
    assert theory.chi("tanh", sigma_w=2.0, q=0.0) == 4.0


def test_parameters_and_variants_reach_the_integrals():
    wide = theory.moments("leaky_relu", alpha=0.5)
    assert wide.second == close(0.625)
    assert theory.moments(acts.get("leaky_relu").variant(alpha=0.5)) == wide
    assert theory.moments("leaky_relu(alpha=0.5)") == wide


# --- edges of chaos ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma_b", [0.05, 0.3, 2.0])
def test_edges_in_closed_form(sigma_b):
    bias = sigma_b**2
    sine = theory.edge_of_chaos(torch.sin, sigma_b=sigma_b)
    q = brentq(lambda q: q - math.tanh(q) - bias, bias, bias + 1.5, xtol=1e-15)
    assert (sine.q, sine.sigma_w) == (close(q), close((2 / (1 + math.exp(-2 * q))) ** 0.5))
    exponential = theory.edge_of_chaos(torch.exp, sigma_b=sigma_b)
    assert (exponential.q, exponential.sigma_w) == (close(1 + bias), close(math.exp(-1 - bias)))
    square = theory.edge_of_chaos("squared_relu", sigma_b=sigma_b)
    assert (square.q, square.sigma_w, square.slope) == (close(4 * bias), close((8 * bias) ** -0.5), close(1.5))


def test_edge_without_bias():
    small = theory.edge_of_chaos("tanh", sigma_b=0.0)
    assert (small.sigma_w, small.q, small.slope) == (close(1.0), 0.0, 1.0)
    assert theory.edge_of_chaos(torch.exp, sigma_b=0.0).q == close(1.0)
    assert theory.edge_of_chaos("leaky_relu", sigma_b=0.0).sigma_w == close((2 / 1.0001) ** 0.5)


@QUICK
@given(st.floats(0.2, 3.0), st.floats(0.2, 3.0), st.floats(0.05, 1.5))
def test_edges_keep_their_definition(height, pace, sigma_b):
    def f(x):
        return height * torch.tanh(pace * x)

    found = theory.edge_of_chaos(f, sigma_b=sigma_b)
    assert theory.chi(f, sigma_w=found.sigma_w, q=found.q) == close(1.0)
    assert theory.length_map(f, sigma_w=found.sigma_w, sigma_b=sigma_b, q=found.q) == close(found.q)


# --- inits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in acts.names() if acts.get(name).elementwise])
def test_every_stable_init_keeps_its_definition(name):
    found = theory.stable_init(name)
    scale, moments = found.sigma_w**2, theory.moments(name)
    assert theory.length_map(name, sigma_w=found.sigma_w, sigma_b=found.sigma_b) == close(1.0)
    assert found.chi == close(scale * moments.slope_second)
    assert found.chi <= 1 + 1e-9
    assert found.steepest <= 0.9 + 1e-9
    terms = {"length": found.sigma_b, "gradient": found.chi - 1, "slope": found.steepest - 0.9}
    assert terms[found.rule] == close(0.0)
    others = np.array([0.25, 0.5, 0.9, 0.999, 1.001, 2.0, 4.0])
    lengths = [theory.length_map(name, sigma_w=found.sigma_w, q=q) for q in others]
    secants = (np.array(lengths) - scale * moments.second) / (others - 1)
    assert np.abs(secants).max() <= found.steepest + 1e-8


def test_stable_init_flags_jumps():
    assert theory.stable_init("hardshrink").jumps
    assert theory.stable_init(lambda x: x + (x > 0.3)).jumps
    assert not theory.stable_init("relu").jumps


@QUICK
@given(st.floats(0.05, 20.0))
def test_scaling_a_function_only_scales_sigma_w(factor):
    plain, scaled = theory.stable_init("gelu"), theory.stable_init(lambda x: factor * F.gelu(x))
    assert scaled.sigma_w * factor == close(plain.sigma_w)
    assert (scaled.sigma_b, scaled.slope, scaled.chi) == close((plain.sigma_b, plain.slope, plain.chi))


@pytest.mark.parametrize("name", ["swish", "mish", "hardswish", "snake", "sigmoid", "selu"])
def test_critical_inits_keep_their_definition(name):
    found = theory.critical_init(name)
    assert theory.chi(name, sigma_w=found.sigma_w, q=found.q) == close(1.0)
    assert theory.length_map(name, sigma_w=found.sigma_w, sigma_b=found.sigma_b, q=found.q) == close(found.q, 9)
    assert found.steepest <= 0.99 + 1e-9
    others = found.q * np.array([0.25, 0.3, 0.5, 0.8, 1.2, 2.0, 3.0, 4.0])
    lengths = [theory.length_map(name, sigma_w=found.sigma_w, sigma_b=found.sigma_b, q=q) for q in others]
    assert np.abs((np.array(lengths) - found.q) / (others - found.q)).max() <= found.steepest + 1e-8


def test_inits_as_numbers():
    default = theory.init("relu", "torch_default")
    assert default.uniform
    assert default.hidden(fan_in=12) == pytest.approx((1 / 6, 1 / 6))
    assert theory.init("relu", "he").first(fan_in=50) == pytest.approx((0.2, 0.0))
    assert theory.init("tanh", "lecun").last(fan_in=4) == (0.5, 0.0)
    stable = theory.init("relu", "stable")
    assert stable.first(fan_in=10, mean_square=0.5) == pytest.approx((math.sqrt(0.9 / 0.5 / 10), math.sqrt(0.1)))
    assert stable.last(fan_in=4) == (0.5, 0.0)
    with pytest.raises(ValueError, match=r"unknown init 'xavier' \(known: torch_default, lecun, he, stable, critical"):
        theory.init("relu", "xavier")


# --- depth ------------------------------------------------------------------------------------------------------------


def test_signal_is_the_product_over_layers():
    he = theory.signal("relu", theory.init("relu", "torch_default"), 40, fan_in=256)
    assert he.log10_gradient_ratio(40) == close(39 * math.log10(1 / 6))
    q = 1 / 3 + 1 / 768
    for layer in range(40):
        assert he.q[layer] == close(q)
        q = q / 6 + 1 / 768
    stable = theory.signal("gelu", theory.init("gelu", "stable"), 100, fan_in=64, mean_square=3.0)
    assert stable.q == close(np.ones(100), 8)


def test_signal_ends_where_lengths_leave_float64():
    found = theory.signal("squared_relu", theory.init("squared_relu", "he"), 50, fan_in=8)
    assert 3 < len(found.q) < 20
    assert math.isnan(found.log10_gradient_ratio(50))


def test_depth_scales_in_the_ordered_phase():
    found = theory.depth_scale("tanh", sigma_w=1.0, sigma_b=0.3)
    assert theory.length_map("tanh", sigma_w=1.0, sigma_b=0.3, q=found.q) == close(found.q)
    assert found.gradient == close(-1 / math.log(theory.chi("tanh", sigma_w=1.0, q=found.q)))
    assert (found.correlation_point, found.correlation) == (1.0, found.gradient)
    small = theory.depth_scale("tanh", sigma_w=0.5)
    assert (small.q, small.gradient) == (0.0, close(-1 / math.log(0.25)))
    assert theory.depth_scale("relu", sigma_w=math.sqrt(2)).gradient == math.inf


def test_depth_scale_in_the_chaotic_phase_in_closed_form():
    sigma_w, sigma_b = 2.0, 0.4
    found = theory.depth_scale(torch.sin, sigma_w=sigma_w, sigma_b=sigma_b)
    q = brentq(lambda q: sigma_b**2 - sigma_w**2 * math.expm1(-2 * q) / 2 - q, 0.1, 5, xtol=1e-15)

    def correlated(c):
        return (sigma_w**2 * math.exp(-q) * math.sinh(q * c) + sigma_b**2) / q

    c = brentq(lambda c: correlated(c) - c, 0.0, 0.99, xtol=1e-15)
    rate = sigma_w**2 * math.exp(-q) * math.cosh(q * c)
    assert (found.q, found.correlation_point) == (close(q), close(c))
    assert found.correlation == close(-1 / math.log(rate))


def test_hermite_coefficients_sum_to_the_second_moment():
    squares = depths.hermite(theory.quadrature.Elementwise("cube", lambda x: x**3), 2.0, terms=5)
    assert squares.sum() == close(15 * 8)
    assert squares[[1, 3]] == close(np.array([9 * 8.0, 6 * 8.0]))


# --- no answer --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda: theory.moments(lambda x: torch.exp(x**2)), "does not converge"),
        (lambda: theory.moments(lambda x: torch.exp(x**2 / 4)), "E f² at q = 1 does not converge"),
        (lambda: theory.moments(lambda x: 1 / x), "does not converge"),
        (lambda: theory.moments(lambda x: 1 / (x - 0.3)), "does not converge"),
        (lambda: theory.moments(torch.tan), "does not converge"),
        (lambda: theory.moments(lambda x: x.abs().sqrt()), "E f′² at q = 1 does not converge"),
        (lambda: theory.moments(torch.sqrt), "sqrt: f is nan at x = "),
        (lambda: theory.moments("softmax"), "softmax is not element-wise"),
        (lambda: theory.moments(lambda x: torch.softmax(x, 0)), "is not element-wise"),
        (lambda: theory.moments(lambda x: x.sum()), r"is not element-wise: \(5,\) in, \(\) out"),
        (lambda: theory.moments(F.dropout), "not deterministic"),
        (lambda: theory.moments("gleu"), "unknown activation 'gleu'"),
        (lambda: theory.moments(3), "3 is no activation"),
        (lambda: theory.stable_init(torch.sign), "sign has no stable init: E f′² = 0"),
        (lambda: theory.stable_init(lambda x: torch.exp(x**2 / 8)), "not finite up to q = 4"),
        (lambda: theory.critical_init(torch.sign), "E f′² = 0"),
        (lambda: theory.edge_of_chaos(torch.sign, sigma_b=0.1), "E f′² = 0"),
        (lambda: theory.edge_of_chaos("softplus", sigma_b=0.2), "softplus has no edge of chaos at sigma_b = 0.2"),
        (lambda: theory.edge_of_chaos("tanh", sigma_b=-1), "sigma_b must be a number of at least 0, not -1"),
        (lambda: theory.length_map_slope("tanh", sigma_w=1.0, q=0.0), "q must be above 0 and finite, not 0"),
        (lambda: theory.chi("tanh", sigma_w=1.0, q=math.nan), "q must be above 0"),
        (lambda: theory.depth_scale("relu", sigma_w=2.0), "grows without bound"),
    ],
)
def test_what_has_no_answer_says_why_in_one_line(ask, why):
    with pytest.raises(ValueError, match=why) as caught:
        ask()
    assert "\n" not in str(caught.value)
