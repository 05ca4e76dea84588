"""The public face of the activations: names, errors, registering, parameters, modules, the two paths, the table."""

import copy
import io
import pickle
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import acts
from acts import activations

ROOT = Path(__file__).parent.parent
PROMISED = {
    "identity", "sigmoid", "tanh", "softsign", "softplus", "softmax", "relu", "relu6", "leaky_relu", "prelu",
    "rrelu", "elu", "celu", "selu", "swish", "hardswish", "hardsigmoid", "hardtanh", "logsigmoid", "tanhshrink",
    "softshrink", "hardshrink", "gelu", "gelu_tanh", "mish", "squared_relu", "star_relu", "lecun_tanh",
    "penalized_tanh", "telu", "elish", "eswish", "serf", "snake", "gcu", "xielu", "maxout", "crelu", "glu",
    "bilinear", "reglu", "geglu", "swiglu",
}  # fmt: skip
NATIVE = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softsign": F.softsign, "softplus": F.softplus, "relu": F.relu,
    "relu6": F.relu6, "leaky_relu": F.leaky_relu, "rrelu": F.rrelu, "elu": F.elu, "celu": F.celu, "selu": F.selu,
    "silu": F.silu, "hardswish": F.hardswish, "hardsigmoid": F.hardsigmoid, "hardtanh": F.hardtanh, "mish": F.mish,
    "logsigmoid": F.logsigmoid, "tanhshrink": F.tanhshrink, "softshrink": F.softshrink, "hardshrink": F.hardshrink,
    "gelu": F.gelu, "glu": F.glu, "prelu": lambda x: F.prelu(x, torch.tensor(0.25, dtype=x.dtype)),
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "softmax": lambda x: F.softmax(x, dim=-1),
}  # fmt: skip


@pytest.fixture(autouse=True)
def scratch():
    """A register that forgets, when the test ends, what the test entered."""
    with activations.temporarily():
        yield


def enter(name="my_bump", formula="x*exp(-x**2)", **options):
    def body(x, **parameters):
        return x * torch.exp(-x.square()) * (1 + 0 * sum(parameters.values()))

    body.__name__ = name
    return acts.register(formula, "Doe 2030, A bump", family="own", label="bump", **options)(body)


# names


def test_every_promised_name_is_there():
    assert set(acts.names()) >= PROMISED
    assert len(acts.names()) == len(set(acts.names()))


def test_silu_resolves_to_swish():
    assert acts.get("silu") is acts.get("swish")
    assert "silu" not in acts.names()


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("gleu", "gelu"), ("rleu", "relu"), ("Tanh", "tanh"), ("leaky-relu", "leaky_relu"), ("sliu", "silu")],
)
def test_an_unknown_name_is_answered_with_the_nearest(wrong, meant):
    message = f"unknown activation '{wrong}'; did you mean '{meant}'? ({len(acts.names())} known)"
    with pytest.raises(ValueError, match=re.escape(message)):
        acts.get(wrong)


@pytest.mark.parametrize(
    "wrong", ["", "x" * 10_000, "q", "relu(", "relu(alpha=1)", "leaky_relu(0.1)", "leaky_relu(alpha=a)"]
)
def test_nonsense_is_one_short_line(wrong):
    with pytest.raises(ValueError, match=r"^.{10,200}$"):
        acts.get(wrong)


@pytest.mark.parametrize("wrong", [None, 3, ["relu"]])
def test_what_is_neither_name_nor_callable_is_refused(wrong):
    with pytest.raises(ValueError, match="a name or a callable"):
        acts.get(wrong)


def test_an_activation_and_its_function_are_themselves():
    relu = acts.get("relu")
    assert acts.get(relu) is relu
    assert acts.get(relu.body) is relu


def test_a_callable_becomes_an_activation_without_a_formula():
    found = acts.get(lambda x: torch.where(x > 1, x, 0.5 * x))
    x = torch.tensor([-2.0, 3.0])
    assert found.formula is found.latex is found.derivative_latex is None
    assert found(x).tolist() == found.kernel(x).tolist() == [-1.0, 3.0]
    assert found.derivative(x).tolist() == [0.5, 1.0]
    assert found.breaks() == ()
    with pytest.raises(ValueError, match="has no formula"):
        found.oracle(1.0)


def test_a_module_is_a_callable_too():
    found = acts.get(nn.GELU())
    assert found.name == "GELU"
    assert torch.equal(found(torch.ones(2)), F.gelu(torch.ones(2)))


# definitions


@pytest.mark.parametrize("name", NATIVE)
def test_torchs_definition_and_defaults_hold(name):
    x = torch.linspace(-9, 9, 402, dtype=torch.float64).reshape(3, 134)
    assert torch.allclose(acts.get(name)(x), NATIVE[name](x), rtol=1e-12, atol=1e-12)
    assert torch.allclose(acts.get(name).kernel(x), NATIVE[name](x), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("name", [name for name in NATIVE if name not in ("softmax", "glu")])
def test_torchs_slope_at_every_kink_holds(name):
    activation = acts.get(name)
    x = torch.tensor([0.0, *activation.breaks()], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(NATIVE[name](x).sum(), x)
    assert torch.allclose(activation.derivative(x), slope, rtol=0, atol=1e-8)


def test_constants_of_the_papers():
    star, hard = acts.get("star_relu"), acts.get("hardsigmoid")
    assert star.parameters == pytest.approx({"s": 0.894427190999916, "b": -0.447213595499958}, rel=1e-15)
    x = torch.linspace(-5, 5, 101, dtype=torch.float64)
    assert torch.allclose(hard(x), F.relu6(x + 3) / 6, rtol=1e-15, atol=1e-16)
    assert acts.get("penalized_tanh")(torch.tensor([-20.0, 20.0])).tolist() == [-0.25, 1.0]
    assert float(acts.get("lecun_tanh")(torch.tensor(1.0).double())) == pytest.approx(1.0, abs=1e-5)
    assert dict(acts.get("xielu").parameters) == {"alpha_p": 0.8, "alpha_n": 0.8, "beta": 0.5}


@pytest.mark.parametrize("name", ["swish", "mish", "gelu", "gelu_tanh", "hardswish"])
def test_where_torch_is_nan_the_accurate_path_is_not(name):
    ends = torch.tensor([-torch.inf, -1e30, 1e30, torch.inf])
    assert acts.get(name)(ends).tolist() == pytest.approx([0.0, 0.0, 1e30, torch.inf])
    assert acts.get(name).derivative(ends).tolist() == [0.0, 0.0, 1.0, 1.0]


def test_deep_tails_have_their_digits():
    gelu = acts.get("gelu")
    for x in (-5.0, -10.0, -37.0):
        assert float(gelu(torch.tensor(x, dtype=torch.float64))) == pytest.approx(float(gelu.oracle(x)), rel=1e-14)
        assert float(gelu(torch.tensor(x))) == pytest.approx(float(gelu.oracle(x)), rel=1e-7, abs=1e-45)
    assert 0 < float(acts.get("sigmoid").derivative(torch.tensor(60.0))) < 1e-25


# parameters


def test_parameters_move_the_function():
    x = torch.tensor([-2.0, 1.0])
    assert acts.get("leaky_relu")(x, alpha=0.5).tolist() == [-1.0, 1.0]
    assert acts.get("leaky_relu").kernel(x, alpha=0.5).tolist() == [-1.0, 1.0]
    assert torch.allclose(acts.get("celu")(x, alpha=2.0), F.celu(x, 2.0))


def test_an_unknown_parameter_is_named_with_those_known():
    with pytest.raises(ValueError, match=re.escape("elu has no parameter 'beta'; its parameters: alpha")):
        acts.get("elu")(torch.ones(1), beta=1.0)
    with pytest.raises(ValueError, match="its parameters: none"):
        acts.get("relu").module(alpha=1.0)


def test_integers_are_refused():
    with pytest.raises(ValueError, match=r"takes a tensor of floats, not torch\.int64"):
        acts.get("relu")(torch.arange(3))


def test_a_parameter_may_differ_along_a_batch_and_be_learnt():
    x = torch.randn(4, 5, 6, dtype=torch.float64)
    for name, parameter in (("prelu", "alpha"), ("swish", "beta"), ("xielu", "alpha_n"), ("softplus", "beta")):
        activation = acts.get(name)
        values = torch.linspace(0.3, 1.4, 4, dtype=torch.float64).reshape(4, 1, 1).requires_grad_()
        for path in (activation, activation.kernel):
            y = path(x, **{parameter: values})
            alone = torch.stack([path(x[k], **{parameter: values[k].item()}) for k in range(4)])
            assert torch.allclose(y, alone, rtol=1e-13, atol=1e-13)
            (slope,) = torch.autograd.grad(y.sum(), values)
            assert slope.shape == (4, 1, 1)
            assert bool((slope != 0).all())


def test_a_variant_has_its_numbers_and_its_name_brings_it_back():
    steep = acts.get("leaky_relu").variant(alpha=0.1)
    assert steep.name == "leaky_relu(alpha=0.1)"
    assert acts.get(steep.name).parameters == {"alpha": 0.1}
    assert float(steep(torch.tensor(-1.0))) == pytest.approx(-0.1)
    assert acts.get("hardtanh(min_val=-2, max_val=3)").breaks() == (-2.0, 3.0)
    assert steep.variant(alpha=0.2).name == "leaky_relu(alpha=0.2)"
    with pytest.raises(ValueError, match="has no parameter 'slope'"):
        acts.get("leaky_relu(slope=0.1)")


# modules


def test_modules_are_fresh_and_train_what_the_papers_train():
    trained = {name: len(list(acts.get(name).module().parameters())) for name in acts.names()}
    assert {name: n for name, n in trained.items() if n} == {"prelu": 1, "xielu": 2, "sinlu": 2}
    assert acts.get("prelu").module().alpha is not acts.get("prelu").module().alpha


def test_swish_learns_beta_when_it_is_given_as_a_parameter():
    beta = nn.Parameter(torch.tensor(2.0))
    module = acts.get("swish").module(beta=beta)
    assert list(module.parameters()) == [beta]
    module(torch.tensor([1.0, -3.0])).sum().backward()
    assert float(beta.grad) != 0


def test_xielu_keeps_its_constraints_whatever_the_optimiser_does():
    module = acts.get("xielu").module()
    assert {name: torch.as_tensor(value).item() for name, value in module.values().items()} == pytest.approx(
        {"alpha_p": 0.8, "alpha_n": 0.8, "beta": 0.5}
    )
    with torch.no_grad():
        for raw in module.parameters():
            raw.fill_(-30.0)
    assert module.values()["alpha_p"].item() > 0
    assert module.values()["alpha_n"].item() >= 0.5
    with pytest.raises(ValueError, match=r"alpha_n must be above 0\.5"):
        acts.get("xielu").module(alpha_n=0.4)


def test_rrelu_draws_in_training_and_takes_the_mean_in_evaluation():
    module, x = acts.get("rrelu").module(lower=0.1, upper=0.3), -torch.ones(10_000)
    torch.manual_seed(1)
    drawn = module.train()(x)
    assert -0.3 <= float(drawn.min()) < -0.29
    assert -0.11 < float(drawn.max()) <= -0.1
    assert float(drawn.mean()) == pytest.approx(-0.2, abs=0.003)
    assert module.eval()(x).unique().tolist() == pytest.approx([-0.2])


@pytest.mark.parametrize("name", ["relu", "prelu", "xielu", "rrelu", "leaky_relu(alpha=0.1)"])
def test_modules_copy_pickle_and_save(name):
    module, x = acts.get(name).module().eval(), torch.randn(3, 4)
    assert torch.equal(copy.deepcopy(module)(x), module(x))
    assert torch.equal(pickle.loads(pickle.dumps(module))(x), module(x))
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    fresh = acts.get(name).module().eval()
    fresh.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(fresh(x), module(x))
    assert acts.get(name).name in repr(module)


def test_no_module_changes_its_input():
    for name in acts.names():
        activation = acts.get(name)
        x = torch.linspace(-2, 2, 12).reshape(2, 6)
        before = x.clone()
        activation.module()(x), activation(x), activation.kernel(x)
        assert torch.equal(x, before), name


# registering


def test_a_user_function_is_entered_under_its_own_name():
    bump = enter(aliases=("bump",), gamma=1.0, S=2)
    assert acts.get("my_bump") is acts.get("bump") is bump
    assert bump.parameters == {"gamma": 1.0, "S": 2.0}
    assert (bump.label, bump.family, bump.year, bump.key) == ("bump", "own", 2030, "doe2030")
    assert bump.latex == r"x e^{- x^{2}}"
    assert "my_bump" in set(activations.catalogue()["name"])


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"name": "gelu"}, "activation 'gelu' is already registered"),
        ({"aliases": ("silu",)}, "activation 'silu' is already registered"),
        ({"name": "a-b"}, "cannot name an activation"),
        ({"formula": "x*delta"}, "unknown name 'delta'"),
        ({"formula": "__import__('os')"}, "unknown function '__import__'"),
        ({"alpha": "1"}, "the default of 'alpha' must be a number"),
        ({"alpha": True}, "the default of 'alpha' must be a number"),
        ({"learn": ("tau",)}, "'tau' is to be learnt and is no parameter"),
    ],
)
def test_a_bad_entry_is_refused_and_leaves_no_trace(options, complaint):
    before = acts.names()
    with pytest.raises(ValueError, match=re.escape(complaint)):
        enter(**options)
    assert acts.names() == before


def test_a_parameter_that_the_function_does_not_take_is_refused():
    def plain(x):
        return x

    with pytest.raises(ValueError, match="plain: its function does not take the parameter 'beta'"):
        acts.register("x", "Doe 2030", family="own", label="own", beta=1.0)(plain)


# not element-wise


def test_what_is_not_element_wise_says_so_in_one_line():
    for name in acts.names():
        activation = acts.get(name)
        if not activation.elementwise:
            for ask in (lambda a: a.derivative(torch.ones(4)), lambda a: a.breaks(), lambda a: a.oracle(1.0, order=1)):
                with pytest.raises(ValueError, match=f"^{name} is not element-wise, so it has no [a-z]+$"):
                    ask(activation)
            assert activation.derivative_latex is None


def test_an_odd_width_cannot_be_halved():
    for name in ("glu", "maxout"):
        with pytest.raises(ValueError, match="must be even"):
            acts.get(name)(torch.ones(2, 3))


# the table and its sources


def test_the_table_has_a_row_a_function_and_only_text():
    table = activations.catalogue()
    assert table["name"].tolist() == acts.names()
    assert table.columns[:10].tolist() == [
        "name", "label", "family", "year", "reference", "aliases", "formula", "latex", "derivative_latex",
        "elementwise",
    ]  # fmt: skip
    assert not table.drop(columns="derivative_latex").isna().any().any()
    assert table["label"].is_unique
    assert (table["derivative_latex"].isna() == ~table["elementwise"]).all()
    assert table["year"].between(1960, 2026).all()
    assert table["family"].nunique() <= 10


def bibliography():
    text = (ROOT / "reports" / "references.bib").read_text(encoding="utf-8")
    entries = re.findall(r"@\w+\{(\w+),(.*?)\n\}", text, flags=re.DOTALL)
    assert len(entries) == len({key for key, _ in entries})
    return dict(entries)


def plain(text):
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_every_reference_is_in_the_bibliography_with_the_same_year_and_title():
    entries = bibliography()
    for name in acts.names():
        activation = acts.get(name)
        assert activation.key in entries, f"{name}: no entry {activation.key}"
        entry = entries[activation.key]
        title = re.search(r"title = \{(.*)\},\n", entry)[1]
        assert plain(title) in plain(activation.reference), name
        assert f"year = {{{activation.year}}}" in entry, name
        arxiv = re.search(r"arXiv:(\d{4}\.\d{5})", activation.reference)
        assert arxiv is None or f"eprint = {{{arxiv[1]}}}" in entry, name
