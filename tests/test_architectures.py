"""Every architecture is the one of torch's own layers: outputs, gradients, running statistics, and bits in company."""

import pytest
import torch
from plain_networks import Plain, plain
from torch import Tensor, nn

from acts import activations, networks, trials
from acts.networks import Network, Nonlinearity, Scales, Stack
from acts.noise import Noise

SCALES = Scales((1.1, 0.1), (1.4, 0.2), (0.9, 0.1))
INPUTS = {
    "mlp_3x16": (7,), "resmlp_3x16": (7,), "autoencoder_16x4": (9,), "cnn_2x4": (1, 8, 8), "cnn_1x32": (3, 11, 13),
    "rnn_2x8": (6, 3), "gru_2x8": (2, 5, 4), "transformer_2x32": (6,),
}  # fmt: skip
NORMS = [(name, norm) for name in INPUTS for norm in networks.NORMS if norm == "none" or "transformer" not in name]
GELU = Nonlinearity(nn.functional.gelu)
BATCH = 8


def made(name: str, norm: str = "none", fan: tuple[int, int] = (1, 1)) -> Network:
    tokens = name.startswith("transformer")
    outputs = 9 if name.startswith("autoencoder") else 5
    return networks.network(name, shape=INPUTS[name], outputs=outputs, norm=norm, fan=fan, tokens=tokens)


def inputs(network: Network, runs: int, dtype: torch.dtype = torch.float64, *, batch: int = BATCH) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    if network.tokens:
        return torch.randint(0, network.outputs, (runs, batch, *network.shape), generator=generator)
    return torch.randn(runs, batch, network.inputs, generator=generator, dtype=torch.float64).to(dtype)


def stacked(network: Network, nonlinearity: Nonlinearity, runs: int = 3, dtype: torch.dtype = torch.float64) -> Stack:
    """Return networks whose every number is away from its start, so that each one's place shows."""
    stack = networks.stack(network, list(range(runs)), [SCALES] * runs, nonlinearity=nonlinearity, dtype=dtype)
    shaken = torch.randn(stack.buffer.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    stack.buffer += 0.1 * shaken.to(dtype)
    return stack


def agree(
    network: Network,
    nonlinearity: Nonlinearity,
    module: type[nn.Module],
    *,
    training: bool = True,
    dropout: float = 0.0,
    runs: int = 3,
    steps: int = 2,
) -> None:
    """Compare outputs, gradients and running statistics with torch's own layers, step by step, in float64."""
    stack, x = stacked(network, nonlinearity, runs), inputs(network, runs)
    singles: list[Plain] = [plain(stack, run, module, dropout=dropout).train(training) for run in range(runs)]
    for step in range(steps):
        noise = Noise(torch.arange(4, 4 + runs), step)
        leaf = stack.buffer.detach().requires_grad_()
        found = stack.apply(x, nonlinearity, buffer=leaf, training=training, dropout=dropout, noise=noise)
        found.square().sum().backward()
        gradients = network.learning(nonlinearity).views(leaf.grad)
        assert leaf.grad.isfinite().all()
        for run, single in enumerate(singles):
            single.noise = Noise(noise.keys[run : run + 1], step)
            single.zero_grad()
            wanted = single(x[run])
            wanted.square().sum().backward()
            torch.testing.assert_close(found[run], wanted, rtol=1e-10, atol=1e-10)
            assert single.gradients().keys() == gradients.keys()
            for name, gradient in single.gradients().items():
                torch.testing.assert_close(gradients[name][run], gradient, rtol=1e-10, atol=1e-10, msg=name)
            _same_statistics(stack, run, single)


def _same_statistics(stack: Stack, run: int, single: Plain) -> None:
    if stack.network.norm == "batch":
        wanted = [each for norm in single.norms for each in (norm.running_mean, norm.running_var)]
        torch.testing.assert_close(stack.state[run], torch.cat(wanted), rtol=1e-10, atol=1e-12)


class Gelu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.gelu(x)


class RandomSlope(nn.Module):
    """RReLU on numbers that it is handed."""

    uniform: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, (1 / 8 + (1 / 3 - 1 / 8) * self.uniform) * x)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize(("name", "norm"), NORMS)
def test_training_passes_are_those_of_torchs_own_layers(name: str, norm: str, dropout: float) -> None:
    agree(made(name, norm), GELU, Gelu, dropout=dropout)


@pytest.mark.parametrize(("name", "norm"), NORMS)
def test_evaluations_are_those_of_torchs_own_layers(name: str, norm: str) -> None:
    agree(made(name, norm), GELU, Gelu, training=False, dropout=0.4)


@pytest.mark.parametrize("name", INPUTS)
def test_a_random_activation_takes_its_own_numbers(name: str) -> None:
    own = trials.nonlinearity(activations.get("rrelu"))
    agree(made(name), own, RandomSlope, dropout=0.3)


@pytest.mark.parametrize("activation", activations.names())
@pytest.mark.parametrize("name", INPUTS)
def test_every_activation_works_in_every_network(name: str, activation: str) -> None:
    entry = activations.get(activation)
    own = trials.nonlinearity(entry)
    network = made(name, fan=own.fan)
    agree(network, own, entry.module, training=not entry.stochastic, runs=2, steps=1)


@pytest.mark.parametrize(("name", "kind"), [("rnn_2x8", nn.RNN), ("gru_2x8", nn.GRU)])
def test_with_tanh_a_recurrent_network_is_torchs_own(name: str, kind: type[nn.RNNBase]) -> None:
    stack = stacked(made(name), Nonlinearity(torch.tanh), runs=1)
    features = {"rnn_2x8": 3, "gru_2x8": 8}[name]
    module, parts = kind(features, 8, num_layers=2, batch_first=True, dtype=torch.float64), stack.parts()
    with torch.no_grad():
        for layer in range(2):
            names = [f"gates{layer}", f"hidden{layer}"] if kind is nn.GRU else [f"hidden{layer}"]
            for ours, theirs in (("x", "ih"), ("h", "hh")):
                joined = torch.cat([parts[f"{one}.{ours}.weights"][0] for one in names], 1).T
                getattr(module, f"weight_{theirs}_l{layer}").copy_(joined)
            getattr(module, f"bias_ih_l{layer}").copy_(torch.cat([parts[f"{one}.bias"][0, 0] for one in names]))
            getattr(module, f"bias_hh_l{layer}").zero_()
            if kind is nn.GRU:
                getattr(module, f"bias_hh_l{layer}")[16:] = parts[f"hidden{layer}.inner.bias"][0, 0]
    x = inputs(made(name), 1)
    rows = x.view(BATCH, *INPUTS[name])
    rows = rows.transpose(1, 2).flatten(2) if rows.ndim == 4 else rows
    states = module(rows)[0][:, -1]
    wanted = states @ parts["out.weights"][0] + parts["out.bias"][0]
    torch.testing.assert_close(stack.apply(x, Nonlinearity(torch.tanh))[0], wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize(("name", "norm"), NORMS)
def test_bits_do_not_depend_on_the_group(name: str, norm: str, dropout: float) -> None:
    own = trials.nonlinearity(activations.get("rrelu"))
    network = made(name, norm)
    stack, x = stacked(network, own, 16, torch.float32), inputs(network, 16, torch.float32, batch=32)

    def passed(runs: list[int]) -> list[Tensor]:
        part = stack.pick(torch.tensor(runs))
        leaf, noise = part.buffer.requires_grad_(), Noise(torch.tensor(runs), 3)
        found = part.apply(x[runs], own, buffer=leaf, training=True, dropout=dropout, noise=noise)
        found.square().flatten(1).mean(1).sum().backward()
        later, few = part.apply(x[runs], own), part.pick(torch.arange(min(3, len(runs))))
        uneven = few.apply(x[runs[:3], :19], own)
        assert torch.equal(uneven, later[:3, :19])
        return [found.detach(), leaf.grad, part.state, later.detach()]

    together = passed(list(range(16)))
    groups = [list(range(15, 7, -1)), [3, 9, 1, 12, 3, 3, 3, 3]]
    if not network.stacked:
        groups += [[5], [2, 0, 11]]
    for runs in groups:
        for alone, among in zip(passed(runs), together, strict=True):
            assert torch.equal(alone, among[runs])


@pytest.mark.parametrize("name", INPUTS)
def test_learned_numbers_of_units_are_those_of_a_layer_taken_apart(name: str) -> None:
    def bent(h: Tensor, alpha: Tensor) -> Tensor:
        return torch.where(h > 0, h, alpha * h)

    found = []
    for channelwise in (False, True):
        own = Nonlinearity(bent, {"alpha": 0.25}, channelwise=channelwise)
        stack = networks.stack(made(name), [0, 1], [SCALES] * 2, nonlinearity=own, dtype=torch.float64)
        leaf, kept = stack.buffer.detach().requires_grad_(), list[Tensor]()
        stack.apply(inputs(made(name), 2), own, buffer=leaf, keep=kept).square().sum().backward()
        gradients = stack.network.views(leaf.grad)
        found.append({part: each for part, each in gradients.items() if part.endswith("alpha")})
        if channelwise:
            assert [len(each[0]) for each in found[-1].values()] == [h.shape[-1] for h in kept]
    for part, whole in found[0].items():
        assert whole.abs().min() > 0
        torch.testing.assert_close(found[1][part].sum(1, keepdim=True), whole, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("fan", [(2, 1), (1, 2)])
@pytest.mark.parametrize(
    ("name", "most"),
    [("mlp_8x32", 0.05), ("resmlp_4x32", 0.05), ("cnn_2x16", 0.08), ("rnn_1x32", 0.05), ("gru_1x32", 0.05),
     ("autoencoder_32x8", 0.05), ("transformer_2x32", 0.01)],
)  # fmt: skip
def test_functions_that_change_the_width_get_as_many_weights(name: str, fan: tuple[int, int], most: float) -> None:
    shape = {"cnn": (1, 8, 8), "rnn": (40, 1), "gru": (40, 1), "transformer": (48,)}.get(name.split("_")[0], (64,))
    asked = {"shape": shape, "outputs": 30, "tokens": name.startswith("transformer")}
    ordinary, other = networks.network(name, **asked), networks.network(name, fan=fan, **asked)
    assert other.weights == pytest.approx(ordinary.weights, rel=most)
    assert other.fan == fan
    if name.startswith("transformer"):
        hidden = {(2, 1): 2 * 85, (1, 2): 85}[fan]
        assert other.spots[0].units == pytest.approx(hidden, abs=2)
