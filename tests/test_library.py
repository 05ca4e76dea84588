"""Activations in a user's own torch code: modules in networks, and swapping those of a model that is there already."""

import copy
import io
import math
import pickle
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch_models import MLP, Block, Calling, SmallResNet, SmallTransformer, Wrapped, deep

import acts
from acts import theory
from acts.activations import ActivationModule, own, registry

ELEMENTWISE = [name for name in acts.names() if acts.get(name).elementwise]
IMAGES = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
LETTERS = torch.randint(0, 11, (2, 6), generator=torch.Generator().manual_seed(2))
MODELS = {"resnet": (SmallResNet, nn.ReLU, IMAGES), "transformer": (SmallTransformer, nn.GELU, LETTERS)}


@pytest.fixture(autouse=True)
def same_draws():
    torch.manual_seed(0)


def made(kind, name):
    """Return a small model with an activation swapped in, and an input."""
    model, old, x = MODELS[kind]
    net = model()
    acts.replace(net, old, name)
    return net, x


# --- modules, over the whole catalogue --------------------------------------------------------------------------------


def test_a_users_own_network_takes_an_activation():
    from acts import get

    model = MLP(act=get("mish").module())
    x = torch.randn(5, 4)
    assert torch.equal(model.layers[1](x), F.mish(x))
    model(x).sum().backward()
    assert all(weight.grad is not None for weight in model.parameters())


@pytest.mark.parametrize("name", acts.names())
def test_a_module_keeps_state_in_copies_pickles_and_files(name):
    first = acts.get(name).module().eval()
    with torch.no_grad():
        for weight in first.parameters():
            weight.add_(0.375)
    x = torch.randn(3, 12)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    loaded = acts.get(name).module().eval()
    loaded.load_state_dict(torch.load(file, weights_only=True))
    replica = first._replicate_for_data_parallel()  # what nn.DataParallel gives to each device
    for word, weight in first._parameters.items():
        setattr(replica, word, weight * 1)
    for other in (loaded, copy.deepcopy(first), pickle.loads(pickle.dumps(first)), replica):
        assert torch.equal(other(x), first(x))
    empty = acts.get(name).module().to("meta").to_empty(device="cpu").eval()
    empty.reset_parameters()
    assert torch.equal(empty(x), acts.get(name).module().eval()(x))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", acts.names())
def test_a_module_computes_in_every_float_type(name, dtype):
    module = acts.get(name).module().eval()
    x = torch.linspace(-4, 4, 24).reshape(2, 12)
    want = acts.get(name)(x.double())
    slack = {torch.float64: 1e-6, torch.bfloat16: 0.05, torch.float16: 0.01}[dtype]
    for inner in (module, copy.deepcopy(module).to(dtype)):
        found = inner(x.to(dtype))
        assert found.dtype == dtype
        assert torch.allclose(found.double(), want, rtol=slack, atol=slack)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_module_keeps_the_layout_and_mixes_no_samples(name):
    module = acts.get(name).module().eval()
    x = torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    kept = name != "logsigmoid"  # torch's own gives the plain layout back
    assert module(x).is_contiguous(memory_format=torch.channels_last) == kept
    assert torch.allclose(torch.func.vmap(module)(x), module(x), atol=1e-6)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_network_learns_under_autocast(kind, name):
    net, x = made(kind, name)
    optimiser = torch.optim.SGD(net.parameters(), lr=1e-3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = net(x)
        loss = out.float().square().mean()
    loss.backward()
    assert out.dtype == torch.bfloat16
    assert all(weight.grad.isfinite().all() and weight.grad.dtype == torch.float32 for weight in net.parameters())
    optimiser.step()
    assert net(x).isfinite().all()


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("name", ["prelu", "xielu", "sinlu", "gelu"])
def test_a_network_of_learnable_activations_goes_through_a_file(kind, name):
    net, x = made(kind, name)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, ActivationModule):
                for weight in module.parameters():
                    weight.mul_(1.5)
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    other, _ = made(kind, name)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other.eval()(x), net.eval()(x))


@pytest.mark.parametrize("name", ["prelu", "xielu", "gelu"])
def test_many_networks_run_at_once_as_one_by_one(name):
    nets = [MLP(acts.get(name).module()) for _ in range(3)]
    x = torch.randn(5, 4)
    weights, buffers = torch.func.stack_module_state(nets)
    both = torch.func.vmap(lambda w, b: torch.func.functional_call(nets[0], (w, b), (x,)))(weights, buffers)
    assert torch.allclose(both, torch.stack([net(x) for net in nets]), atol=1e-6)


@pytest.mark.parametrize("name", ["prelu", "mish", "rrelu"])
def test_checkpointing_gives_the_same_gradients(name):
    module, x = acts.get(name).module(), torch.randn(6, 8, requires_grad=True)
    torch.manual_seed(3)
    (want,) = torch.autograd.grad(module(x).square().sum(), x)
    torch.manual_seed(3)
    (found,) = torch.autograd.grad(checkpoint(module, x, use_reentrant=False).square().sum(), x)
    assert torch.equal(found, want)


def test_a_frozen_activation_passes_gradients_on():
    module, x = acts.get("prelu").module().requires_grad_(False), torch.randn(4, requires_grad=True)
    module(x).sum().backward()
    assert x.grad is not None
    assert module.alpha.grad is None


# --- compiled and exported --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("name", ["gelu", "xielu"])
def test_a_network_compiles_in_one_graph(kind, name):
    net, x = made(kind, name)
    net.eval()
    torch._dynamo.reset()
    assert torch.allclose(torch.compile(net, backend="eager", fullgraph=True)(x), net(x), atol=1e-6)


@pytest.mark.parametrize("kind", MODELS)
def test_a_network_is_exported_and_loaded(kind):
    net, x = made(kind, "prelu")
    file = io.BytesIO()
    torch.export.save(torch.export.export(net.eval(), (x,)), file)
    file.seek(0)
    assert torch.allclose(torch.export.load(file).module()(x), net(x), atol=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # within torch's code generator
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_generated_code_is_the_same_function(name, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))  # a shared one may hold what a killed process left
    torch._dynamo.reset()
    module, x = acts.get(name).module().eval(), torch.randn(4, 12)
    assert torch.allclose(torch.compile(module, fullgraph=True)(x), module(x), atol=1e-5)


@pytest.mark.parametrize("formula", ["x*sigmoid(beta*x)", "where(x > beta, x, sqrt(1 + x**2) - 1)"])
def test_a_users_formula_compiles_in_one_graph(formula):
    with registry.temporarily():
        entry = own.from_formula("mine", formula, parameters={"beta": 1.0}, learn=("beta",))
        module, x = entry.module(), torch.randn(5, 4)
        torch._dynamo.reset()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "Guards may run slower on Python 3.13.0")
            compiled = torch.compile(module, backend="eager", fullgraph=True)(x)
        assert torch.allclose(compiled, module(x), atol=1e-6)
        assert torch.allclose(torch.export.export(module, (x,)).module()(x), module(x), atol=1e-6)


def test_a_compiled_model_sees_the_new_activation():
    net, x = SmallResNet().eval(), IMAGES
    torch._dynamo.reset()
    compiled = torch.compile(net, backend="eager")
    compiled(x)
    report = acts.replace(compiled, nn.ReLU, "mish")
    assert report.swaps[0].name == "relu"
    assert torch.allclose(compiled(x), net(x), atol=1e-6)


# --- finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old", [nn.ReLU, "ReLU", "nn.ReLU", "relu", acts.get("relu"), (nn.Tanh, nn.ReLU), lambda m: isinstance(m, nn.ReLU)]
)
def test_an_activation_is_found_in_every_way_it_can_be_named(old):
    net = SmallResNet()
    report = acts.replace(net, old, "gelu")
    assert [swap.name for swap in report.swaps] == ["relu", "blocks.0.act", "blocks.1.act"]
    assert report.left == ()
    assert not any(isinstance(module, nn.ReLU) for module in net.modules())
    assert torch.equal(net.relu(IMAGES), F.gelu(IMAGES))


def test_a_pattern_of_paths_chooses_places():
    for where in ("blocks.1", "blocks.1.*", ["*1.act"], lambda path: path.startswith("blocks.1")):
        assert [swap.name for swap in acts.replace(SmallResNet(), nn.ReLU, "gelu", where=where).swaps] == [
            "blocks.1.act"
        ]


def test_variants_and_aliases_are_told_apart():
    net = nn.Sequential(nn.LeakyReLU(0.2), nn.LeakyReLU(), nn.SiLU())
    assert len(acts.replace(copy.deepcopy(net), "leaky_relu", "relu")) == 2
    assert [swap.name for swap in acts.replace(copy.deepcopy(net), "leaky_relu(alpha=0.2)", "relu").swaps] == ["0"]
    assert [swap.name for swap in acts.replace(net, "swish", "relu").swaps] == ["2"]


def test_relu6_is_not_taken_for_the_hard_tanh_that_torch_derives_it_from():
    net = nn.Sequential(nn.ReLU6(), nn.Hardtanh())
    assert [swap.name for swap in acts.replace(net, nn.Hardtanh, "tanh").swaps] == ["1"]


def test_another_librarys_class_goes_by_its_values_or_its_name():
    net = nn.Sequential(nn.Linear(4, 4), Wrapped())
    assert len(acts.replace(copy.deepcopy(net), "Wrapped", "relu")) == 1
    with pytest.raises(ValueError, match=r"it holds Wrapped \(gelu_tanh\) at 1$"):
        acts.replace(net, "gelu", "relu")
    assert len(acts.replace(net, "gelu_tanh", "relu")) == 1


def test_acts_own_modules_are_swapped_again():
    net, _ = made("resnet", "mish")
    acts.replace(net, "mish", "xielu")
    assert len(acts.replace(net, ActivationModule, "relu")) == 3


# --- what stands there afterwards -------------------------------------------------------------------------------------


def test_one_module_at_several_places_stays_one():
    shared = nn.ReLU()
    net = nn.Sequential(nn.Linear(4, 4), shared, nn.Linear(4, 4), shared)
    report = acts.replace(copy.deepcopy(net), nn.ReLU, "prelu")
    assert (len(report), report.learnable, report.swaps[0].also) == (1, 1, ("3",))
    apart = acts.replace(net, nn.ReLU, "prelu", shared=False)
    assert (len(apart), apart.learnable) == (2, 2)
    assert net[1] is not net[3]


def test_learnable_parameters_are_fresh_at_every_place():
    net, x = made("resnet", "prelu")
    alphas = {id(module.alpha) for module in net.modules() if isinstance(module, ActivationModule)}
    assert len(alphas) == 3
    net(x).sum().backward()
    assert all(module.alpha.grad is not None for module in net.modules() if isinstance(module, ActivationModule))


def test_device_type_and_mode_are_kept():
    net = SmallResNet().to(torch.float64).eval()
    net.blocks[1].train()
    acts.replace(net, nn.ReLU, "prelu")
    assert net.relu.alpha.dtype == torch.float64
    assert (net.relu.training, net.blocks[1].act.training) == (False, True)
    meta = SmallResNet().to("meta")
    acts.replace(meta, nn.ReLU, "prelu")
    assert meta.blocks[0].act.alpha.device.type == "meta"
    assert "meta device" in acts.replace(meta, "prelu", "gelu").advice.reason


def test_hooks_and_learnt_numbers_that_go_are_named():
    net = nn.Sequential(nn.PReLU(7), nn.ReLU())
    net[1].register_forward_hook(lambda *_: None)
    told = str(acts.replace(net, (nn.PReLU, nn.ReLU), "gelu"))
    assert "its learnt numbers (7) are gone" in told
    assert "its hooks (1) are not carried over" in told


@pytest.mark.parametrize("new", [nn.SiLU, nn.SiLU(), F.silu, "silu", acts.get("swish")])
def test_the_new_one_may_be_torchs_own(new):
    net = SmallResNet()
    assert acts.replace(net, nn.ReLU, new).new == "swish"
    assert torch.equal(net.relu(IMAGES), F.silu(IMAGES))


def test_the_new_one_may_be_the_users_own():
    class Bump(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.b = nn.Parameter(torch.tensor(0.5))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * torch.exp(-self.b * x * x)

    net = SmallResNet()
    report = acts.replace(net, nn.ReLU, Bump)
    assert (report.new, report.learnable) == ("Bump", 3)
    assert len({id(module.b) for module in net.modules() if isinstance(module, Bump)}) == 3
    assert acts.replace(SmallResNet(), nn.ReLU, lambda x: x * torch.sin(x)).advice.layers


def test_the_users_own_module_is_kept_though_it_computes_what_is_known():
    net = SmallResNet()
    assert acts.replace(net, nn.ReLU, Wrapped).new == "Wrapped"
    assert isinstance(net.blocks[0].act, Wrapped)
    assert net.blocks[0].act is not net.blocks[1].act
    many = nn.PReLU(8)
    acts.replace(net, Wrapped, many, where="relu")
    assert net.relu.weight.shape == (8,)
    assert net.relu is not many


def test_a_module_with_numbers_of_its_own_is_judged_by_them():
    steep = acts.replace(deep(2, 16), nn.ReLU, acts.get("swish").module(beta=4.0)).advice.layers[1]
    assert steep.keeping == pytest.approx(theory.moments("swish(beta=4)").second ** -0.5)


# --- torch's own Transformer ------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize(("new", "flag"), [("mish", 0), ("gelu", 2), ("relu", 1)])
def test_fused_inference_computes_the_new_function(new, flag):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="relu" if flag != 1 else "gelu")
    net = nn.TransformerEncoder(layer, 2)
    acts.replace(net, "relu" if flag != 1 else F.gelu, new)
    x, hidden = torch.randn(2, 5, 8), torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
    net.eval()
    slow = net(x, src_key_padding_mask=hidden)
    with torch.no_grad():
        fast = net(x, src_key_padding_mask=hidden)
    assert torch.allclose(fast[0], slow[0], atol=1e-5)
    assert torch.allclose(fast[1, :3], slow[1, :3], atol=1e-5)
    assert net.layers[0].activation_relu_or_gelu == flag
    assert net.layers[0].linear1.weight.grad is None


# --- what cannot be swapped -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (nn.Tanh, "gelu", r"no Tanh in SmallResNet; it holds nn.ReLU at relu, blocks.0.act, blocks.1.act$"),
        ("rleu", "gelu", "unknown activation 'rleu'; did you mean 'relu'"),
        (nn.ReLU, "gleu", "unknown activation 'gleu'; did you mean 'gelu'"),
        (nn.ReLU, "swiglu", "swiglu halves the last dimension and cannot stand at relu in the place of nn.ReLU"),
        (nn.ReLU, "crelu", "crelu doubles the last dimension"),
        (nn.ReLU, "softmax", "softmax works on the whole last dimension"),
        (nn.Conv2d, "gelu", "stem is nn.Conv2d, which is no activation function"),
        (Block, "gelu", "blocks.0 is Block, which holds layers with weights"),
        (nn.ReLU, nn.Linear, "Linear cannot be made without arguments"),
        (nn.ReLU, dict, "the new activation is a name, a callable or a module, not the class dict"),
        (nn.Module, "gelu", "old is the class of an activation"),
        (3, "gelu", "old is a class, a name"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(old, new, told):
    net = SmallResNet()
    before = [id(module) for module in net.modules()]
    with pytest.raises(ValueError, match=told) as raised:
        acts.replace(net, old, new)
    assert "\n" not in str(raised.value)
    assert [id(module) for module in net.modules()] == before


def test_functions_that_are_called_are_named_with_their_place():
    with pytest.raises(ValueError, match=r"not swappable: Calling.forward calls F.relu$"):
        acts.replace(Calling(), "relu", "gelu")
    report = acts.replace(nn.Sequential(nn.ReLU(), Calling()), "relu", "gelu")
    assert [(call.module, call.why) for call in report.left] == [("1", "Calling.forward calls F.relu")]
    assert "  not replaced: Calling.forward calls F.relu, at 1" in str(report).splitlines()
    with pytest.raises(ValueError, match=r"calls \.tanh\(\), nn.GRU computes tanh inside its own kernel"):
        acts.replace(Calling(), nn.Tanh, "gelu")


def test_a_gated_unit_is_swapped_for_another_of_its_width():
    net = nn.Sequential(nn.Linear(4, 8), nn.GLU(), nn.Linear(4, 2))
    acts.replace(net, nn.GLU, "swiglu")
    x = torch.randn(3, 8)
    assert torch.allclose(net[1](x), x[:, :4] * F.silu(x[:, 4:]))
    with pytest.raises(ValueError, match="relu keeps the width and cannot stand at 1"):
        acts.replace(net, "swiglu", "relu")
    with pytest.raises(ValueError, match="cannot stand at 0"):
        acts.replace(nn.Sequential(nn.GLU(dim=1)), nn.GLU, "swiglu")


def test_the_model_itself_cannot_be_replaced():
    with pytest.raises(ValueError, match=r"the model is itself nn.ReLU; make another activation"):
        acts.replace(nn.ReLU(), nn.ReLU, "gelu")
    with pytest.raises(ValueError, match="replace works on a torch module, not on str"):
        acts.replace("net", nn.ReLU, "gelu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls its own script deprecated
        scripted = torch.jit.trace(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), torch.randn(1, 2))
    with pytest.raises(ValueError, match=r"the model is compiled by torch.jit; replace activations before"):
        acts.replace(scripted, "ReLU", "gelu")


# --- advice on the init -----------------------------------------------------------------------------------------------


def lengths(net, x):
    """Return the mean square of the output of every linear layer but the last."""
    found = []
    with torch.no_grad():
        for module in net:
            x = module(x)
            if isinstance(module, nn.Linear):
                found.append(float(x.square().mean()))
    return found[:-1]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_advice_keeps_a_signal_through_twenty_layers(name):
    net, x = deep().eval(), torch.randn(32, 256)
    report = acts.replace(net, nn.ReLU, name)
    before = lengths(net, x)
    assert len(report.advice.layers) == 20
    assert report.advice.apply() == 20
    after = lengths(net, x)
    assert all(1 / 2.5 < q < 2.5 for q in after), after
    assert abs(math.log(after[-1])) < abs(math.log(before[-1] + 1e-30))


def trained(net, x, labels):
    """Return the loss after forty steps of Adam."""
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(40):
        optimiser.zero_grad()
        loss = F.cross_entropy(net(x), labels)
        loss.backward()
        optimiser.step()
    return loss.item()


@pytest.mark.parametrize(("name", "learns"), [("relu", True), ("tanh", True), ("gelu", True), ("sigmoid", False)])
def test_a_deep_chain_learns_after_the_advice_and_not_before(name, learns):
    plain, x = deep(20, 64), torch.randn(128, 64)
    labels = (x[:, 0] * x[:, 1] > 0).long()
    rescaled = copy.deepcopy(plain)
    acts.replace(plain, nn.ReLU, name)
    acts.replace(rescaled, nn.ReLU, name, init="stable")
    assert trained(plain, x, labels) > 0.65
    assert (trained(rescaled, x, labels) < 0.35) == learns


def test_nothing_is_rescaled_unasked():
    net = deep(3, 16)
    before = [weight.clone() for weight in net.parameters()]
    report = acts.replace(net, nn.ReLU, "gelu")
    assert report.applied == 0
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))


def test_the_rule_is_the_one_of_the_review():
    net = deep(3, 64)
    report = acts.replace(net, nn.ReLU, "gelu", init="stable")
    wanted = theory.init("gelu", "stable")
    assert report.applied == 3
    inner = report.advice.layers[1]
    assert (inner.wanted_gain, inner.wanted_bias) == pytest.approx((wanted.sigma_w, wanted.sigma_b))
    assert inner.keeping == pytest.approx(theory.moments("gelu").second ** -0.5)
    net.requires_grad_(False)
    assert float(net[2].weight.square().mean()) * 64 == pytest.approx(wanted.sigma_w**2, rel=1e-5)
    assert float(net[2].bias.square().mean()) == pytest.approx(wanted.sigma_b**2, rel=1e-5)
    assert acts.replace(deep(2, 8), nn.ReLU, "gelu", init="he").advice.layers[0].wanted_gain == pytest.approx(2**0.5)


def test_the_first_layer_starts_from_the_input_that_is_shown():
    net = deep(2, 32)
    report = acts.replace(net, nn.ReLU, "tanh", init="stable", example=3 * torch.randn(64, 32))
    first = report.advice.layers[0]
    bias = theory.init("tanh", "stable").sigma_b
    assert first.wanted_gain == pytest.approx((1 - bias**2) ** 0.5 / 3, rel=0.05)
    assert len(report.advice.layers) == 2


def test_biases_of_zero_are_drawn():
    net = deep(2, 400)
    for module in net:
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
    twin = copy.deepcopy(net)
    advice = acts.replace(net, nn.ReLU, "gelu").advice
    advice.apply(generator=torch.Generator().manual_seed(4))
    acts.replace(twin, nn.ReLU, "gelu").advice.apply(generator=torch.Generator().manual_seed(4))
    assert torch.equal(net[2].bias, twin[2].bias)
    net.requires_grad_(False)
    drawn = net[2].bias.clone()
    assert float(drawn.std()) == pytest.approx(theory.init("gelu", "stable").sigma_b, rel=0.15)
    advice.apply(generator=torch.Generator().manual_seed(5))  # again: there is nothing left to draw
    assert torch.allclose(net[2].bias, drawn * float(net[2].bias.norm() / drawn.norm()), atol=1e-6)


def test_a_layer_without_bias_is_told_what_it_lacks():
    layers = acts.replace(deep(3, 32, bias=False), nn.ReLU, "swish").advice.layers
    assert layers[0].growth is None
    assert layers[1].growth == pytest.approx(
        theory.length_map_slope("swish", sigma_w=theory.moments("swish").second ** -0.5)
    )
    assert f"without a bias 1 % becomes {layers[1].growth:.2f} % a layer" in str(
        acts.replace(deep(3, 32, bias=False), nn.ReLU, "swish").advice
    )


def test_a_normalisation_sets_the_scale_and_a_skip_is_left_alone():
    advice = acts.replace(SmallResNet(), nn.ReLU, "gelu").advice
    assert [layer.name for layer in advice.layers] == ["stem"]
    assert set(advice.normalised) == {"blocks.0.act", "blocks.1.act"}

    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.act = nn.Linear(4, 4), nn.Linear(4, 4), nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.act(self.b(self.act(self.a(x))) + x)

    notes = {layer.name: layer.note for layer in acts.replace(Plain(), nn.ReLU, "gelu").advice.layers}
    assert notes["a"] == ""
    assert "joins others" in notes["b"]


def test_weights_that_are_not_free_are_left_alone():
    net = deep(5, 8)
    nn.utils.parametrizations.weight_norm(net[0])
    net[4].weight = net[2].weight
    nn.init.zeros_(net[6].weight)
    report = acts.replace(net, nn.ReLU, "gelu", init="stable")
    assert not net[6].weight.any()
    assert str(report).splitlines()[6:] == [
        "init stable applied to 1 of 5 layers",
        "  0: its weights are parametrised",
        "  2: its weights are shared: 2.weight, 4.weight",
        "  4: its weights are shared: 2.weight, 4.weight",
        "  6: its weights are 0 on purpose",
    ]


class Branching(nn.Module):
    """Decides by its input which way to go, so that no symbolic trace goes through."""

    def __init__(self) -> None:
        super().__init__()
        self.way = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.way(x) if x.sum() > 0 else -self.way(x)


def test_a_model_that_cannot_be_traced_needs_an_example():
    net = Branching()
    report = acts.replace(net, nn.ReLU, "gelu")
    assert "give one: example=x" in report.advice.reason
    with pytest.raises(ValueError, match="no advice to apply"):
        report.advice.apply()
    net = Branching()
    before = net.way[1], net.way[0].weight.clone()
    with pytest.raises(ValueError, match=r"init 'stable' cannot be applied: .*give one: example=x"):
        acts.replace(net, nn.ReLU, "gelu", init="stable")
    assert net.way[1] is before[0]
    assert torch.equal(net.way[0].weight, before[1])
    assert acts.replace(net, nn.ReLU, "gelu", init="stable", example=torch.randn(3, 4)).applied == 1


class Chained(nn.Module):
    """Calls a method of what its first layer gives, before an activation reads it."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.method, self.first, self.act = method, nn.Linear(4, 4), nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(getattr(self.first(x), self.method)())


@pytest.mark.parametrize("example", [None, torch.randn(3, 4)], ids=["traced", "run"])
@pytest.mark.parametrize(("method", "fed"), [("tanh", False), ("relu_", False), ("sigmoid", False), ("neg", True)])
def test_an_activation_called_as_a_method_stands_between_a_layer_and_the_next(method, fed, example):
    advice = acts.replace(Chained(method), nn.ReLU, "gelu", example=example).advice
    assert [one.name for one in advice.layers] == ["first"] * fed
    assert advice.unknown == (() if fed else ("act",))


def test_looking_at_an_example_leaves_no_trace():
    net, x = Branching().train(), torch.randn(3, 4)
    state = torch.get_rng_state()
    acts.replace(net, nn.ReLU, "gelu", example=(x,))
    assert torch.equal(torch.get_rng_state(), state)
    assert net.training
    assert vars(x) == {}
    assert not any(module._forward_hooks for module in net.modules())


def test_kept_functions_come_back_when_the_init_cannot_be():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    with pytest.raises(ValueError, match="cannot be applied"):
        acts.replace(layer, "relu", "mish", init="stable")
    assert layer.activation is F.relu
    assert layer.activation_relu_or_gelu == 1
    with pytest.raises(ValueError, match="unknown init 'stabel'"):
        acts.replace(layer, "relu", "mish", init="stabel")
    assert layer.activation is F.relu
    report = acts.replace(layer, "relu", "mish", init="stable", example=torch.randn(2, 3, 8))
    assert [one.name for one in report.advice.layers] == ["linear1"]


def test_the_report_reads_as_a_table():
    told = str(acts.replace(nn.Sequential(deep(2, 16), Block(3, nn.ReLU())), nn.ReLU, "prelu")).splitlines()
    assert told[0] == "3 activations replaced by prelu, 3 learnable numbers: build the optimiser after this"
    assert told[1:4] == ["  0.1: was nn.ReLU", "  0.3: was nn.ReLU", "  1.act: was nn.ReLU"]
    assert told[4].split() == ["init", "stable", "gain", "σ_w", "bias", "σ_b", "gain", "without", "biases"]
    assert told[5].index("→") == told[6].index("→") < told[4].index("bias")
    many = str(acts.replace(deep(20, 4), nn.ReLU, "gelu")).splitlines()
    assert many[13] == "  … and 8 more"
    assert many[-1] == "  … and 8 more layers"
