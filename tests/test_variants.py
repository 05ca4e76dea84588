"""Shift, stretch and the slope at 0, for every element-wise function of the catalogue."""

import math
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import mpmath
import numpy as np
import pandas as pd
import pytest
import torch

import acts
from acts import theory
from acts.activations import conformance, variants
from acts.activations.symbols import derivative
from acts.engine import keys
from acts.figures import naming

ELEMENTWISE = [name for name in acts.names() if acts.get(name).elementwise]
KINKED = [name for name in ELEMENTWISE if 0.0 in acts.get(name).breaks()]
PLACES = (-38.0, -6.4, -2.3, -1.1, -0.37, -1e-3, 1e-3, 0.29, 0.8, 1.6, 3.3, 7.7, 20.5)
SHIFT, STRETCH = -0.375, 2.5
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")


def moved(name):
    return acts.get(f"{name}(shift={SHIFT}, stretch={STRETCH})")


def slopes(function, x):
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(function(leaf).sum(), leaf)[0]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_value_and_slope_are_those_of_the_plain_formula_elsewhere(name):
    plain, variant = acts.get(name), moved(name)
    x = torch.tensor(PLACES, dtype=torch.float64)
    for order, got in ((0, variant(x)), (1, variant.derivative(x))):
        for place, found in zip(PLACES, got.tolist(), strict=True):
            want = mpmath.mpf(plain.oracle(STRETCH * place, order)) * STRETCH**order + SHIFT * (order == 0)
            size = abs(want) + abs(SHIFT) + abs(place * plain.oracle(STRETCH * place, order + 1))
            assert abs(found - want) <= 12 * 2.0**-53 * size, (place, order)
            assert abs(variant.oracle(place, order) - want) <= mpmath.mpf(2) ** -45 * size, "the formula differs"


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_fast_path_follows(name):
    plain, variant = acts.get(name), moved(name)
    x = torch.linspace(-6.03, 6.01, 97, dtype=torch.float64)
    assert torch.allclose(variant.kernel(x), plain.kernel(STRETCH * x) + SHIFT, rtol=1e-14, atol=1e-14)
    assert torch.allclose(slopes(variant.kernel, x), slopes(variant, x), rtol=1e-7, atol=2e-8)
    single = variant.kernel(x.float())
    assert single.dtype == torch.float32
    assert torch.equal(single, plain.kernel(STRETCH * x.float()) + SHIFT)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("word", ["dtype", "batched", "typeset", "module", "nan", "promises", "gradcheck"])
def test_a_variant_conforms(name, word):
    chosen = f"{name}(shift=-0.375, stretch=2{', at_zero=0.25' if name in KINKED else ''})"
    variant = acts.get(chosen)
    assert variant.name == chosen
    conformance.requirements(variant)[word](variant)


@pytest.mark.parametrize("name", KINKED)
def test_the_slope_at_zero_is_the_one_chosen(name):
    x = torch.tensor([-2.0, -0.0, 0.0, 5e-324, 2.0], dtype=torch.float64)
    plain = acts.get(name)
    for slope in (0.0, 0.5, 1.0):
        variant = acts.get(name).variant(at_zero=slope)
        assert torch.equal(variant(x), plain(x))
        for path in (variant, variant.kernel):
            found = slopes(path, x)
            assert found[1:3].tolist() == [slope, slope]
            assert torch.allclose(found[[0, 3, 4]], slopes(plain, x)[[0, 3, 4]], rtol=1e-7)
        assert float(variant.oracle(0.0, 1)) == slope
        assert variant.oracle(0.0) == plain.oracle(0.0)


def test_well_known_functions_come_out():
    x = torch.linspace(-9, 9, 181, dtype=torch.float64)
    assert torch.allclose(acts.get("sigmoid(shift=-0.5)")(x), torch.tanh(x / 2) / 2, rtol=0, atol=2e-16)
    assert torch.allclose(acts.get("tanh(stretch=0.5)")(x), 2 * torch.sigmoid(x) - 1, rtol=0, atol=4e-16)
    assert torch.equal(acts.get("leaky_relu(alpha=-1)")(x), x.abs())
    assert torch.equal(acts.get("relu(stretch=-1)")(x), torch.relu(-x))
    assert torch.equal(acts.get("relu(at_zero=1)").kernel(x), torch.relu(x))


def test_kernels_keep_infinity_and_what_is_no_number():
    ends = torch.tensor([-math.inf, math.inf, math.nan])
    for path in ("__call__", "kernel"):
        found = getattr(acts.get("relu(shift=-0.5, stretch=2, at_zero=0.5)"), path)(ends)
        assert found[:2].tolist() == [-0.5, math.inf]
        assert found[2].isnan()
    assert slopes(acts.get("relu(at_zero=0.5)"), ends)[:2].tolist() == [0.0, 1.0]


# --- what follows from the formula ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "softplus", "elu", "swish", "gelu"])
def test_moments_and_inits_follow(name):
    plain, variant = theory.moments(name), theory.moments(f"{name}(shift=-0.375)")
    assert variant.mean == pytest.approx(plain.mean - 0.375, abs=1e-9)
    assert variant.second == pytest.approx(plain.second - 0.75 * plain.mean + 0.140625, rel=1e-8)
    assert variant.slope_second == pytest.approx(plain.slope_second, rel=1e-8)
    stretched = theory.moments(name, stretch=2.0)
    assert stretched.second == pytest.approx(theory.length_map(name, sigma_w=1.0, q=4.0), rel=1e-8)
    assert stretched.slope_second == pytest.approx(4 * theory.chi(name, sigma_w=1.0, q=4.0), rel=1e-7)
    stable = theory.stable_init(f"{name}(shift=-0.375)")
    second = theory.moments(f"{name}(shift=-0.375)").second
    assert stable.sigma_w**2 * second + stable.sigma_b**2 == pytest.approx(1.0)


def test_a_shifted_rectifier_has_mean_zero():
    assert theory.moments("relu(shift=-0.3989422804014327)").mean == pytest.approx(0.0, abs=1e-12)


def test_a_derivative_of_the_formula_is_typeset():
    variant = acts.get("sigmoid(stretch=4)")
    assert r"\text{stretch}" in variant.latex
    assert derivative(variant.folded).free_symbols == derivative(variant.symbolic).free_symbols


# --- names, workers, keys ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("sigmoid(stretch=4.0,shift=-0.50)", "sigmoid(shift=-0.5, stretch=4)"),
        ("logistic(shift=-0.5)", "sigmoid(shift=-0.5)"),
        ("relu(at_zero=0)", "relu(at_zero=0)"),
        ("leaky_relu(at_zero=1,shift=0.25,alpha=0.3)", "leaky_relu(alpha=0.3, shift=0.25, at_zero=1)"),
    ],
)
def test_names_are_canonical_and_bring_the_function_back(asked, name):
    variant = acts.get(asked)
    assert variant.name == name
    assert acts.get(name).parameters == variant.parameters
    assert pickle.loads(pickle.dumps(variant)).name == name


def test_a_variant_of_a_variant_keeps_what_was_set():
    once = acts.get("leaky_relu(alpha=0.3)").variant(shift=1)
    twice = once.variant(stretch=2)
    assert twice.name == "leaky_relu(alpha=0.3, shift=1, stretch=2)"
    assert twice.variant(shift=0.5).name == "leaky_relu(alpha=0.3, shift=0.5, stretch=2)"
    assert float(twice(torch.tensor(-1.0))) == pytest.approx(0.4)
    assert acts.get("hardtanh(min_val=-2)").variant(max_val=3).name == "hardtanh(min_val=-2, max_val=3)"


def test_a_learned_parameter_stays_learned():
    module = acts.get("prelu(alpha=0.5, shift=-1)").module()
    assert [name for name, _ in module.named_parameters()] == ["alpha"]
    assert module(torch.tensor([-2.0])).tolist() == [-2.0]
    shift = torch.nn.Parameter(torch.tensor(0.25))
    free = acts.get("relu(shift=0)").module(shift=shift)
    free(torch.ones(3)).sum().backward()
    assert float(shift.grad) == 3.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("sigmoid(at_zero=0)", "sigmoid has no kink at 0, so at_zero cannot choose a slope there"),
        ("relu6(stretch=0)", "relu6: stretch must not be 0"),
        ("relu(shift=1e999)", "relu: shift must be a finite number, not inf"),
        ("leaky_relu(alpha=-1e999)", "leaky_relu: alpha must be a finite number, not -inf"),
        ("relu(lift=1)", "relu has no parameter 'lift'"),
        ("crelu(shift=1)", "crelu has no parameter 'shift'"),
    ],
)
def test_what_cannot_be_set_is_refused_in_one_line(wrong, message):
    with pytest.raises(ValueError, match=message.split("(")[0]) as refused:
        acts.get(wrong)
    assert "\n" not in str(refused.value)


def test_a_function_of_ones_own_has_no_settings():
    with pytest.raises(ValueError, match="no parameter 'shift'"):
        acts.get(torch.tanh).variant(shift=1.0)


def at_one(variant):
    return variant.name, float(variant(torch.tensor(1.0, dtype=torch.float64)))


def test_variants_reach_other_processes():
    wanted = [acts.get(name) for name in ("sigmoid(shift=-0.5)", "relu(shift=-0.398942, at_zero=0.5)")]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(at_one, wanted))
    assert found == [at_one(variant) for variant in wanted]


def test_every_setting_has_a_key_of_its_own():
    names = ["relu", "relu(shift=0)", "relu(shift=0.5)", "relu(stretch=0.5)", "relu(at_zero=0.5)", "relu(at_zero=1)"]
    found = {name: keys.function_source(name) for name in names}
    assert len(set(found.values())) == len(names)
    assert keys.function_source("relu(shift=0.50)") == found["relu(shift=0.5)"]


def test_the_plain_function_is_part_of_a_variants_key():
    inner = keys.reach(acts.get("softsign").body)
    whole = keys.reach(acts.get("softsign(shift=1)").body)
    assert set(inner) < set(whole)
    assert any("'at_zero'" in line for line in set(whole) - set(inner))


def test_promises_that_a_setting_breaks_are_dropped():
    held = {"monotone": True, "odd": True, "bounded": False, "nonnegative": True}
    assert variants.promises(held, {"shift": 1.0}) == {"monotone": True, "bounded": False}
    assert variants.promises(held, {"stretch": -1.0}) == {"bounded": False}


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("sigmoid(shift=-0.5)", "sigmoid − 0.5"),
        ("sigmoid(stretch=4)", "sigmoid(4x)"),
        ("relu(shift=-0.398942)", "ReLU − 0.399"),
        ("relu(at_zero=0.5)", "ReLU, slope 0.5 at 0"),
        ("leaky_relu(alpha=0.3)", "Leaky ReLU (α = 0.3)"),
        ("leaky_relu(alpha=0.3, shift=0.25, stretch=-2)", "Leaky ReLU(−2x) (α = 0.3) + 0.25"),
    ],
)
def test_labels_read_as_a_formula_would(name, label):
    table = pd.DataFrame({"name": ["sigmoid", "relu", "leaky_relu"], "label": ["sigmoid", "ReLU", "Leaky ReLU"]})
    assert naming.label(table, name) == label


def test_the_init_that_keeps_the_gradient_has_a_readers_name():
    assert naming.word("chi") == "χ₁ = 1"


def test_the_catalogue_is_as_it_was():
    assert not any(set(variants.SETTINGS) & set(acts.get(name).parameters) for name in acts.names())
    assert np.isfinite([acts.get(name)(torch.zeros(())).item() for name in ELEMENTWISE]).all()
