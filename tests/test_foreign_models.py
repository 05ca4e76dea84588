"""``acts.replace`` on models as other libraries write them: gates, squeezes, words, wrappers, odd weights."""

from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_models import Wrapped, deep

import acts
from acts.replacing import native
from acts.replacing.flow import inputs_first


@pytest.fixture(autouse=True)
def same_draws():
    torch.manual_seed(0)


class Clipped(nn.Module):
    """GELU as far as 10 and flat beyond."""

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x).clip(-10, 10)


class QuickGELU(nn.Module):
    """The GELU of CLIP."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(torch.tensor(1.702) * x)


class Inplace(nn.PReLU):
    """A class that takes one more argument than torch's, as timm's do."""

    def forward(self, x: Tensor) -> Tensor:
        return F.prelu(x, self.weight)


class Backwards(nn.ReLU):
    """Derived from torch's ReLU, and another function."""

    def forward(self, x: Tensor) -> Tensor:
        return -F.relu(-x)


class Renamed(nn.GELU):
    """Derived from torch's GELU without a change."""


class HardGate(nn.Module):
    """A function that the catalogue does not have."""

    def forward(self, x: Tensor) -> Tensor:
        return 0.5 * x * (x + 2).clamp(0, 2)


class Kept(nn.Module):
    """Keeps a function inside a module, as the GELU of transformers does."""

    def __init__(self) -> None:
        super().__init__()
        self.act = F.gelu

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x)


class InputsFirst(nn.Module):
    """The linear layer of GPT-2: its weight has the inputs first."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(inputs, outputs)), nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return torch.addmm(self.bias, x, self.weight)


class Gated(nn.Module):
    """The feed-forward part of Llama; with ``joined``, that of Phi-3."""

    def __init__(self, width: int = 8, *, joined: bool = False) -> None:
        super().__init__()
        self.joined, self.act_fn = joined, nn.SiLU()
        self.gate, self.up = nn.Linear(width, width * (1 + joined)), nn.Linear(width, width)
        self.down = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate(x).chunk(2, -1) if self.joined else (self.gate(x), self.up(x))
        return self.down(self.act_fn(gate) * up)


class Squeeze(nn.Module):
    """A convolution whose channels are weighed by what their means say, as in EfficientNet."""

    def __init__(self, *, module: bool) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv2d(3, 8, 3), nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1) if module else None
        self.reduce, self.expand = nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)
        self.act1, self.scale = nn.ReLU(), nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.conv(x))
        mean = x.mean((2, 3), keepdim=True) if self.pool is None else self.pool(x)
        return x * self.scale(self.expand(self.act1(self.reduce(mean))))


class Worded(nn.Module):
    """Chooses its function by a word and leaves the module aside, as Mamba does; has a configuration."""

    def __init__(self) -> None:
        super().__init__()
        self.config = SimpleNamespace(hidden_act="silu", model_type="gelu", output_act="tanh")
        self.linear, self.act, self.activation = nn.Linear(4, 4), nn.SiLU(), "silu"
        self.last, self.out = nn.SiLU(), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.out(getattr(F, self.activation)(self.linear(x))))


# --- which function it is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (Clipped(), None),
        (QuickGELU(), "swish(beta=1.702)"),
        (Inplace(), "prelu"),
        (Backwards(), None),
        (Renamed(approximate="tanh"), "gelu_tanh"),
        (HardGate(), None),
        (nn.ReLU6(), "relu6"),
    ],
)
def test_a_class_of_another_library_is_what_it_computes(module, name):
    found = native.named(module)
    assert (None if found is None else found.name) == name


def test_the_quick_gelu_is_a_swish():
    net = nn.Sequential(nn.Linear(4, 4), QuickGELU())
    assert len(acts.replace(net, "swish", "relu")) == 1


@pytest.mark.parametrize("where", ["meta", "bfloat16"])
def test_a_class_is_known_whatever_the_defaults_of_the_moment_are(where):
    native._values.cache_clear()
    kind = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.bfloat16 if where == "bfloat16" else kind)
        with torch.device("meta" if where == "meta" else "cpu"):
            assert native.named(Wrapped()).name == "gelu_tanh"
            found = native.named(QuickGELU())  # makes a tensor of its own, which bfloat16 rounds
    finally:
        torch.set_default_dtype(kind)
    assert native.named(Wrapped()).name == "gelu_tanh"
    assert (None if found is None else found.name) == ("swish(beta=1.702)" if where == "meta" else None)


def test_what_a_model_holds_names_modules_nobody_knows_and_nothing_inside_one_that_is_known():
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act1, self.extractor, self.gelu = HardGate(), nn.Sequential(nn.Linear(2, 2)), Kept()

    with pytest.raises(ValueError, match=r"it holds HardGate at act1; Kept \(gelu\) at gelu$"):
        acts.replace(Model(), nn.Tanh, "relu")


# --- where a chain's init is not made ---------------------------------------------------------------------------------


@pytest.mark.parametrize("example", [None, torch.randn(3, 8)], ids=["traced", "run"])
@pytest.mark.parametrize("joined", [False, True])
def test_a_gate_is_left_alone(joined, example):
    report = acts.replace(Gated(joined=joined), "silu", "gelu", init="stable", example=example)
    assert [layer.name for layer in report.advice.layers] == ["gate"]
    assert "multiplies another signal" in report.advice.layers[0].note
    assert report.applied == 0


@pytest.mark.parametrize("example", [None, torch.randn(3, 4)], ids=["traced", "run"])
def test_a_mask_and_a_learnt_scale_make_no_gate(example):
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear, self.act, self.scale = nn.Linear(4, 4), nn.ReLU(), nn.Parameter(torch.ones(4))

        def forward(self, x: Tensor) -> Tensor:
            return self.act(self.linear(x)) * self.scale * (x > 0) * 2

    assert [layer.note for layer in acts.replace(Scaled(), "relu", "gelu", example=example).advice.layers] == [""]


@pytest.mark.parametrize("example", [None, 1e-3 * torch.randn(3, 3, 6, 6)], ids=["traced", "run"])
@pytest.mark.parametrize("module", [False, True])
def test_a_squeeze_is_left_alone(module, example):
    net = Squeeze(module=module)
    notes = {layer.name: layer.note for layer in acts.replace(net, "relu", "gelu", example=example).advice.layers}
    assert "multiplies another signal" in notes["conv"]
    assert "mean over positions" in notes["reduce"]
    note = acts.replace(net, "sigmoid", "tanh", example=example).advice.layers[0].note
    assert "multiplies another signal" in note


def test_a_signal_that_is_lost_before_a_layer_is_not_mended_by_it():
    chain = deep(4, 16)
    with torch.no_grad():
        for layer in chain[:4:2]:
            layer.weight.mul_(1e-3)
            layer.bias.zero_()
    acts.replace(chain, "relu", "tanh", where=["5", "7"])
    report = acts.replace(chain, "tanh", "gelu", where="5", example=torch.randn(8, 16), init="stable")
    assert "the signal is lost before it" in report.advice.layers[0].note
    assert report.applied == 0
    assert acts.replace(chain, "relu", "gelu", where="1", example=1e-4 * torch.randn(8, 16)).advice.layers[0].note == ""


def test_a_layer_with_its_inputs_first_is_rescaled_by_them():
    net = nn.Sequential(InputsFirst(64, 16), nn.ReLU(), nn.Linear(16, 4))
    report = acts.replace(net, "relu", "gelu", init="stable")
    assert report.applied == 1
    wanted = acts.theory.init("gelu", "stable").first(fan_in=64)
    assert float(net[0].weight.detach().square().mean()) ** 0.5 == pytest.approx(wanted.weight, rel=1e-5)
    assert not inputs_first(nn.Linear(8, 8))
    assert not inputs_first(nn.Embedding(8, 8))


@pytest.mark.parametrize("spoil", [lambda net: net.insert(0, nn.LazyLinear(4)), None])
def test_weights_that_cannot_be_measured_keep_no_model_from_new_activations(spoil, monkeypatch):
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    if spoil is None:
        monkeypatch.setattr("acts.replacing.advice._size", Mock(side_effect=ZeroDivisionError))
    else:
        spoil(net)
    report = acts.replace(net, "relu", "gelu")
    assert len(report) == 1
    assert "before the first call" in report.advice.reason or "could not be computed (Zero" in report.advice.reason


def test_weights_that_are_not_finite_are_left_alone():
    net = deep(2, 4)
    nn.init.constant_(net[0].weight, float("nan"))
    notes = [layer.note for layer in acts.replace(net, "relu", "gelu").advice.layers]
    assert notes == ["its weights are not finite", ""]


def test_an_init_that_fails_half_way_leaves_every_weight_as_it_was():
    net = deep(3, 8)
    nn.init.zeros_(net[2].bias)  # is to be drawn, after the first layer is rescaled
    before = [weight.clone() for weight in net.parameters()]
    with pytest.raises(TypeError):
        acts.replace(net, "relu", "gelu").advice.apply(generator="none")
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))


# --- words and wrappers -----------------------------------------------------------------------------------------------


def test_an_activation_that_is_never_called_and_the_words_that_name_it_are_told():
    net, x = Worded(), torch.randn(3, 4)
    report = acts.replace(net, "silu", "gelu", example=x)
    assert report.advice.uncalled == ("act",)
    assert [layer.name for layer in report.advice.layers] == ["out"]
    told = str(report).splitlines()
    assert "  config.hidden_act still says 'silu': what is made or loaded from it has the old activation" in told
    assert (
        "  Worded.activation still says 'silu', by which it may choose a function of its own, at the model itself"
        in (told)
    )
    assert "  1 not called on the way through the model, which may compute there as before: act" in told
    assert len(report.words) == 2
    with pytest.raises(ValueError, match=r"act not called on the way through Worded, which computes there as before"):
        acts.replace(net, "gelu", "relu", where="act", init="stable", example=x)


def test_words_of_other_activations_are_not_told():
    net = Worded()
    net.last = nn.Tanh()
    assert acts.replace(net, "tanh", "gelu").words == (
        "config.output_act still says 'tanh': what is made or loaded from it has the old activation",
    )


def test_a_model_that_is_wrapped_for_several_processes_is_refused():
    class DistributedDataParallel(nn.Module):  # the real one needs a process group
        def __init__(self, module: nn.Module) -> None:
            super().__init__()
            self.module = module

    with pytest.raises(ValueError, match=r"wrapped by DistributedDataParallel, .*; replace before wrapping$"):
        acts.replace(DistributedDataParallel(deep(2, 4)), "relu", "prelu")
    assert nn.parallel.DistributedDataParallel.__name__ == DistributedDataParallel.__name__


def test_a_learnable_number_may_be_a_vector_of_one():
    net = deep(2, 4)
    acts.replace(net, "relu", acts.get("prelu").module(alpha=nn.Parameter(torch.full((1,), 0.25))))
    assert [net[at].alpha.shape for at in (1, 3)] == [(1,), (1,)]  # fully_shard refuses scalars
    assert net[1].alpha is not net[3].alpha
    assert net(torch.randn(3, 4)).isfinite().all()


@pytest.mark.parametrize("name", [name for name in acts.names() if acts.get(name).elementwise and name != "prelu"])
def test_symbolic_traces_compute_the_same(name):
    net, x = nn.Sequential(nn.Linear(4, 6), acts.get(name).module()).eval(), torch.randn(3, 4)
    assert torch.allclose(torch.fx.symbolic_trace(net)(x), net(x))


# --- what is asked wrongly --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "more", "told"),
    [
        (nn.ReLU, lambda: 1, {}, r"anonymous is no function of one tensor \(TypeError"),
        (nn.ReLU, lambda x: x.sum(), {}, r"anonymous gives the shape \(\) where a tensor of shape \(2, 12\) goes in"),
        (nn.ReLU, lambda x: x.numpy(), {}, r"anonymous gives ndarray where"),
        ((), "gelu", {}, r"old is a class, a name, .*, not \(\)"),
        (nn.ReLU, "gelu", {"where": 3}, "where is a pattern of paths, several of them, or a test of paths, not 3"),
        (nn.ReLU, "gelu", {"where": ["0", 3]}, "or a test of paths, not 3"),
    ],
)
def test_what_is_asked_wrongly_is_one_line_and_changes_nothing(old, new, more, told):
    net = deep(2, 4)
    before = list(net)
    with pytest.raises(ValueError, match=told) as raised:
        acts.replace(net, old, new, **more)
    assert "\n" not in str(raised.value)
    assert list(net) == before


def test_several_may_be_a_set():
    assert len(acts.replace(nn.Sequential(nn.ReLU(), nn.Tanh()), {nn.ReLU, "tanh"}, "gelu")) == 2
