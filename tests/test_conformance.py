"""Every registered activation against every requirement; the catalogue makes the tests, and none names a function."""

import math

import pytest
import torch

import acts
from acts.activations import conformance

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
CASES = [(name, word) for name in acts.names() for word in conformance.requirements(acts.get(name))]


@pytest.mark.parametrize(("name", "word"), CASES)
def test_conforms(name, word):
    torch.manual_seed(0)
    activation = acts.get(name)
    conformance.requirements(activation)[word](activation)


@pytest.fixture(autouse=True)
def scratch():
    """A register that forgets, when the test ends, what the test entered."""
    with acts.activations.temporarily():
        yield


def registered(body, formula="Piecewise((x, x > 0), (alpha*(exp(x) - 1), True))", **options):
    """Enter a function under a name of its own; ELU's formula unless another is given."""
    body.__name__ = "trial"
    return acts.register(formula, "Doe 2030, A trial, arXiv:3001.00001", family="own", label="trial", **options)(body)


def refused(activation):
    """The words of the requirements that an activation does not meet."""
    words = set()
    for word, holds in conformance.requirements(activation).items():
        try:
            holds(activation)
        except (AssertionError, RuntimeError):
            words.add(word)
    return words


def right(x, alpha):
    below = torch.where(x > 0, 0.0, x)
    near = torch.where(below < -0.5, 0.0, below)
    far = torch.where(below < -0.5, below, -1.0)
    return torch.where(x > 0, x, alpha * torch.where(below < -0.5, torch.exp(far) - 1, torch.expm1(near)))


def test_a_right_function_meets_every_requirement():
    assert refused(registered(right, alpha=1.0, monotone=True, bounded=False)) == set()


def test_a_parameter_that_is_ignored_is_seen_at_a_default_of_one():
    wrong = registered(lambda x, alpha: right(x, 1 + 0 * alpha), alpha=1.0)
    assert {"value", "derivative"} <= refused(wrong)


def test_a_kernel_that_ignores_a_parameter_is_seen():
    wrong = registered(right, alpha=1.0, kernel=lambda x, alpha: torch.nn.functional.elu(x) + 0 * alpha)
    assert {"kernel", "slope_of_kernel", "parameters"} <= refused(wrong)


def test_a_slope_that_cancels_in_the_tail_is_seen():
    wrong = registered(
        lambda x, alpha: torch.where(x > 0, x, alpha * torch.expm1(torch.where(x > 0, 0.0, x))), alpha=1.0
    )
    assert "derivative" in refused(wrong)


def test_a_slope_that_is_nan_through_where_is_seen():
    wrong = registered(lambda x, alpha: torch.where(x > 0, x, alpha * (torch.exp(x) - 1)), alpha=1.0)
    assert "derivative" in refused(wrong)


def test_a_value_that_is_nan_at_minus_infinity_is_seen():
    wrong = registered(lambda x: x * torch.sigmoid(x), "x/(1 + exp(-x))")
    assert "value" in refused(wrong)


def test_the_other_slope_at_a_kink_is_seen():
    wrong = registered(lambda x: torch.where(x >= 0, x, 0.0), "Piecewise((x, x > 0), (0, True))")
    assert "derivative" in refused(wrong)


@pytest.mark.parametrize("promise", ["monotone", "odd", "bounded", "nonnegative"])
def test_a_false_promise_is_seen_either_way(promise):
    wave = registered(lambda x: x**3 - x, "x**3 - x", **{promise: promise != "odd"})
    assert "promises" in refused(wave)


def test_latex_of_another_function_is_seen():
    wrong = registered(right, alpha=1.0, latex=r"\alpha \left(e^{x} - 1\right)")
    assert refused(wrong) == {"typeset"}


def test_latex_of_the_same_function_passes():
    text = r"\begin{cases} \alpha \left(e^{x} - 1\right) & \text{if } x \leq 0 \\ x & \text{otherwise} \end{cases}"
    assert "typeset" not in refused(registered(right, alpha=1.0, latex=text))


def test_hidden_nan_is_seen():
    wrong = registered(lambda x: torch.where(x > 0, x, 0.0), "Piecewise((x, x > 0), (0, True))")
    assert refused(wrong) == {"nan"}


def test_a_lost_dtype_is_seen():
    wrong = registered(lambda x: 2 * x, "2*x", kernel=lambda x: 2 * x.double())
    assert "dtype" in refused(wrong)


def test_a_function_that_mixes_the_batch_is_seen():
    wrong = registered(lambda x: x - x.mean() + x.mean().detach(), "x")
    assert {"derivative", "gradcheck"} & refused(wrong)


def test_a_stochastic_module_with_another_mean_is_seen():
    wrong = registered(lambda x: 2 * x, "2*x", stochastic=lambda x, uniform: x * (1 + uniform))
    assert "module" in refused(wrong)


def test_a_gated_unit_with_its_halves_exchanged_is_seen():
    wrong = registered(
        lambda x: x.chunk(2, -1)[1] * x.chunk(2, -1)[0].sigmoid(),
        "a/(1 + exp(-b))",
        elementwise=False,
        inputs=("a", "b"),
    )
    assert "value" in refused(wrong)


def test_trials_leave_no_trace():
    assert "trial" not in acts.names()
    assert not math.isnan(float(acts.get(acts.names()[0])(torch.zeros(()))))
