"""Formulas: facts are computed from the catalogue's formula, land on known numbers, and follow the formula."""

import dataclasses
import math

import exact_records
import mpmath
import numpy as np
import pandas as pd
import pytest
import torch

import acts
from acts import facts, params, records
from acts.claims import known
from acts.experiments import formulas
from acts.jobs import Job, canonical


def value(activation: str, metric: str, **where: object) -> float:
    """Return one fact; conditions left out must be null."""
    open_ = dict.fromkeys(("arm", "init", "network", "depth", "layer"))
    rows = records.where(exact_records.measured(), activation=activation, metric=metric, **{**open_, **where})
    assert len(rows) == 1, rows
    return float(rows["value"].iloc[0])


def test_plan_is_one_job_an_activation_with_plain_run_specs() -> None:
    jobs = formulas.plan(params.load("cpu"), records.frame([]))
    assert [job.activation for job in jobs] == acts.names()
    specs = [(job.activation, canonical(dict(run))) for job in jobs for run in job.runs]
    assert len(specs) == len(set(specs))
    assert {run["phase"] for job in jobs for run in job.runs} == {"exact"}
    softmax = next(job for job in jobs if job.activation == "softmax")
    assert [run["part"] for run in softmax.runs] == ["classes"]
    assert "exp" in softmax.runs[0]["other_sigmoid"] or "sigmoid" in softmax.runs[0]["other_sigmoid"]


def test_metrics_are_those_that_claims_may_name() -> None:
    more = [
        *exact_records.tables(acts.get("tanh"), "curve", "inits"),
        *exact_records.tables(acts.get("hardtanh"), "properties"),
    ]
    emitted = set(records.concat([exact_records.measured(), *more])["metric"])
    assert emitted == set(known.METRICS["formulas"])


def test_every_general_fact_is_there_for_every_element_wise_function() -> None:
    table = exact_records.measured()
    for metric in ("odd_residual", "polynomial", "affine_residual", "xor_error", "mean", "explosion_sigma_w"):
        plain = records.where(table, metric=metric, arm=None)
        elementwise = [name for name in exact_records.NAMED if acts.get(name).elementwise]
        assert set(plain["activation"]) == set(elementwise), metric


def test_curve_has_value_and_two_derivatives_at_each_point() -> None:
    (table,) = exact_records.tables(acts.get("tanh"), "curve")
    at_one = table[table["arm"] == "x=1"].set_index("metric")["value"]
    assert at_one["value"] == pytest.approx(math.tanh(1), rel=1e-15)
    assert at_one["derivative"] == pytest.approx(1 - math.tanh(1) ** 2, rel=1e-14)
    assert at_one["second_derivative"] == pytest.approx(-2 * math.tanh(1) * (1 - math.tanh(1) ** 2), rel=1e-12)
    assert len(table) == 15


def test_slopes_cross_where_algebra_says() -> None:
    assert value("tanh", "steeper_until") == pytest.approx(math.acosh(1 + math.sqrt(3)), rel=1e-12)


def test_selu_constants_are_the_published_ones() -> None:
    assert value("selu", "constant_alpha") == pytest.approx(1.6732632423543772848, rel=1e-15)
    assert value("selu", "constant_scale") == pytest.approx(1.0507009873554804934, rel=1e-15)


def test_relu_rescaled_is_the_same_network() -> None:
    assert value("relu", "rescaled_difference") < 1e-14
    assert value("relu", "rescaled_chi") == pytest.approx(1.0, rel=1e-12)
    assert value("relu", "rescaled_slope") == pytest.approx(0.1)


def test_gradient_through_layers_is_the_product_of_factors() -> None:
    for init, variance in (("torch_default", 1 / 3), ("lecun", 1.0), ("he", 2.0)):
        expected = 100 * math.log10(variance / 2)
        assert value("relu", "log10_gradient", init=init, depth=100) == pytest.approx(expected, abs=1e-9)


def test_elu_gradient_grows_ever_more_slowly_under_he() -> None:
    logs = [value("elu", "log10_gradient", init="he", depth=depth) for depth in (100, 200, 400)]
    assert logs[0] > 3
    assert 0 < logs[2] - logs[1] < 2 * (logs[1] - logs[0])


def test_powers_of_the_identity_gain_nothing_from_width() -> None:
    for power, target in ((1, "sin"), (2, "sin"), (3, "abs")):
        arm = f"power={power};target={target}"
        narrow, wide = (value("identity", "fit_error", arm=arm, network=f"mlp_1x{width}") for width in (16, 256))
        assert wide == pytest.approx(narrow, rel=1e-6)
        assert wide > 0.05


@pytest.mark.parametrize("name", ["relu", "tanh"])
@pytest.mark.parametrize("target", ["sin", "abs", "step"])
def test_fits_improve_with_width(name: str, target: str) -> None:
    errors = [value(name, "fit_error", arm=f"target={target}", network=f"mlp_1x{w}") for w in (4, 16, 64, 256)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 4


def test_affine_fit_explains_the_identity_and_nothing_else() -> None:
    assert value("identity", "affine_residual", depth=32) < 1e-12
    others = records.where(exact_records.measured(), metric="affine_residual", depth=3)
    assert (others.set_index("activation")["value"].drop("identity") > 0.01).all()


def test_xor_error_is_that_of_the_best_outer_weights() -> None:
    assert facts.expressivity.xor_error(lambda x: np.maximum(x, 0)) < 1e-12
    assert facts.expressivity.xor_error(lambda x: 3 * x - 1) == pytest.approx(0.5)
    assert facts.expressivity.xor_error(lambda x: x**2) < 1e-12


def test_two_units_of_every_bent_function_compute_xor() -> None:
    bent = [acts.get(name) for name in acts.names() if acts.get(name).elementwise and name != "identity"]
    errors = {a.name: row["value"] for a in bent for row in facts.expressivity.of(a) if row["metric"] == "xor_error"}
    assert max(errors.values()) < 1e-9, errors


def test_float32_slope_of_softplus_dies_where_its_exponential_does() -> None:
    edge = value("softplus", "float32_slope_zero")
    for x, dead in ((edge - 0.01, True), (edge + 0.01, False)):
        point = torch.tensor([x], dtype=torch.float32, requires_grad=True)
        torch.nn.functional.softplus(point).sum().backward()
        assert bool(point.grad == 0) is dead


def test_softmax_example_and_its_step() -> None:
    shares = [value("softmax", "probability", arm=f"class={k}") for k in (1, 2, 3)]
    with mpmath.workdps(30):
        exponentials = [mpmath.e**x for x in (4, 1, -4)]
        assert shares == pytest.approx([float(e / sum(exponentials)) for e in exponentials], rel=1e-14)
    assert value("softmax", "step_factor") == pytest.approx(2.0)
    assert value("softmax", "likely_classes", arm="f=softmax") == 1
    assert value("softmax", "likely_classes", arm="f=sigmoid") == 3


def test_slope_bounds_hold_on_a_dense_grid() -> None:
    x = torch.linspace(1e-6, 30, 20_001, dtype=torch.float64)
    for name in ("tanh", "swish", "elu", "leaky_relu"):
        for side, arm in ((-1, "x<0"), (1, "x>0")):
            slopes = acts.get(name).derivative(side * x)
            assert value(name, "slope_infimum", arm=arm) <= float(slopes.min()) + 1e-12
            assert value(name, "slope_supremum", arm=arm) >= float(slopes.max()) - 1e-12


def test_polynomials_are_told_from_the_rest() -> None:
    bent = dataclasses.replace(acts.get("identity"), formula="x**3 - 2*x")
    assert facts.algebra.is_polynomial(bent)
    assert facts.algebra.is_polynomial(acts.get("identity"))
    for name in ("relu", "softsign", "tanh", "swish"):
        assert not facts.algebra.is_polynomial(acts.get(name)), name


def test_curvature_of_softsign_jumps() -> None:
    assert value("softsign", "curvature_left") == pytest.approx(2.0)
    assert value("softsign", "curvature_right") == pytest.approx(-2.0)


def test_a_user_function_gets_the_general_facts() -> None:
    bump = acts.get(lambda x: x * torch.exp(-(x**2)))
    assert math.isclose(sum(r["value"] for r in facts.signal.of(bump) if r["metric"] == "mean"), 0.0, abs_tol=1e-12)


def test_another_formula_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    softmax = acts.get("softmax")
    before = list(formulas.runs(softmax, {}))
    steeper = dataclasses.replace(acts.get("sigmoid"), formula="1 / (1 + exp(-2*x))")
    monkeypatch.setattr(formulas, "get", lambda name: steeper if name == "sigmoid" else acts.get(name))
    assert list(formulas.runs(softmax, {})) != before


def test_measure_returns_a_table_a_run_in_order() -> None:
    runs = [run for run in formulas.runs(acts.get("relu"), {"points": 3, "span": 1.0}) if run["part"] != "inits"]
    found = formulas.measure(Job("formulas", "relu", tuple(runs)))
    assert [len(table) > 0 for table in found] == [True] * len(runs)
    assert isinstance(found[0], pd.DataFrame)
    assert set(found[0]["metric"]) >= {"infimum", "lipschitz", "smoothness"}
