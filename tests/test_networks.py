"""Stacked networks are the networks of torch.nn, one a row; a seed draws them and an init only rescales."""

from math import sqrt
from typing import get_args

import pytest
import torch
from beartype import beartype
from jaxtyping import TypeCheckError, jaxtyped
from pydantic.fields import FieldInfo
from scipy import stats as scipy_stats
from torch import Tensor, nn

from acts import networks, theory
from acts.networks import Network, Nonlinearity, Scales, Stack
from acts.params import sections

PLAIN = Scales((0.8, 0.1), (1.6, 0.2), (2.0, 0.0))
TANH = Nonlinearity(torch.tanh)


def named(name: str, *, inputs: int, classes: int) -> Network:
    return networks.network(name, shape=(inputs,), outputs=classes)


def drawn(network: Network, seeds: list[int], scales: Scales = PLAIN, dtype: torch.dtype = torch.float32) -> Stack:
    return networks.stack(network, seeds, [scales] * len(seeds), nonlinearity=TANH, dtype=dtype)


def scales(rule: str, activation: str = "relu") -> Scales:
    law = theory.init(activation, rule)
    return Scales(*(tuple(layer(fan_in=1)) for layer in (law.first, law.hidden, law.last)), law.uniform)


def test_the_network_counts_its_weights() -> None:
    network = named("mlp_8x32", inputs=64, classes=10)
    layers = [nn.Linear(64, 32), *(nn.Linear(32, 32) for _ in range(7)), nn.Linear(32, 10)]
    assert network.weights == sum(p.numel() for layer in layers for p in layer.parameters())
    assert network.operations == sum(layer.weight.numel() for layer in layers)


@pytest.mark.parametrize("name", ["mlp", "mlp_8", "mlp_0x32", "mlp_8x", "vgg_8x32", "mlp_8x32x2", "mlp_08x32"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"unknown network '{name}'"):
        named(name, inputs=2, classes=2)


def test_configurations_allow_the_very_same_names() -> None:
    (field,) = (one for one in get_args(sections.Network)[1:] if isinstance(one, FieldInfo))
    (pattern,) = (one.pattern for one in field.metadata if hasattr(one, "pattern"))
    assert pattern == f"^{networks.NAMES}$"
    assert all(networks.known(text.split()[0]) is None for text in networks.EXAMPLES.values())


def test_a_seed_draws_the_same_network_in_any_company_and_dtype() -> None:
    network = named("mlp_2x8", inputs=3, classes=2)
    alone = drawn(network, [7]).buffer[0]
    among = drawn(network, [1, 7, 2, 7]).buffer
    assert torch.equal(alone, among[1])
    assert torch.equal(among[1], among[3])
    assert not torch.equal(among[0], among[1])
    wide = drawn(network, [7], dtype=torch.float64).buffer[0]
    assert torch.equal(wide.float(), alone)


def test_an_init_only_rescales_the_draw() -> None:
    network = named("mlp_4x32", inputs=16, classes=3)
    he, lecun = (drawn(network, [5], scales(rule)).buffer for rule in ("he", "lecun"))
    torch.testing.assert_close(he, lecun * sqrt(2), rtol=1e-6, atol=0)
    ours, uniform = (drawn(network, [5], scales(rule, "tanh")).parts() for rule in ("stable", "torch_default"))
    for part in network.parts:
        assert torch.equal(ours[part.name].flatten().argsort(), uniform[part.name].flatten().argsort())
        assert uniform[part.name].abs().max() <= 1 / sqrt(part.fan_in)


def test_torch_default_is_distributed_as_in_nn_linear() -> None:
    network = named("mlp_1x64", inputs=100, classes=50)
    parts = drawn(network, [0], scales("torch_default")).parts()
    weights, biases = parts["hidden0.weights"], parts["hidden0.bias"]
    for ours, fan_in in ((weights, 100), (biases, 100)):
        test = scipy_stats.kstest(ours.flatten().numpy(), "uniform", (-1 / sqrt(fan_in), 2 / sqrt(fan_in)))
        assert test.pvalue > 1e-3


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_a_stable_start_keeps_its_length(activation: str) -> None:
    function = {"tanh": torch.tanh, "gelu": nn.functional.gelu}[activation]
    network = named("mlp_12x256", inputs=100, classes=2)
    stack = drawn(network, list(range(8)), scales("stable", activation))
    x = torch.randn(8, 200, 100, generator=torch.Generator().manual_seed(0))
    kept: list[Tensor] = []
    stack.apply(x, Nonlinearity(function), keep=kept)
    lengths = torch.stack([h.pow(2).mean() for h in kept])
    assert 0.75 < lengths.min() <= lengths.max() < 1.35


def bent(h: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    return alpha * h.clamp(min=0) + beta * h.clamp(max=0)


@pytest.mark.parametrize(("channelwise", "size"), [(False, 1), (True, 4)])
def test_learned_parameters_are_one_a_layer_or_a_unit(channelwise: bool, size: int) -> None:
    nonlinearity = Nonlinearity(bent, {"alpha": 0.25, "beta": -1.0}, channelwise=channelwise)
    network = named("mlp_2x4", inputs=3, classes=2)
    stack = networks.stack(network, [0, 1], [PLAIN] * 2, nonlinearity=nonlinearity, dtype=torch.float64)
    parts = stack.parts()
    assert [name for name in parts if "." in name and name.split(".")[1] in ("alpha", "beta")] == [
        "hidden0.alpha", "hidden0.beta", "hidden1.alpha", "hidden1.beta",
    ]  # fmt: skip
    assert parts["hidden1.beta"].shape == (2, size)
    assert float(parts["hidden1.beta"][1, -1]) == -1.0
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    before = stack.apply(x, nonlinearity)
    parts["hidden0.alpha"][0, -1] = 3.0
    moved = stack.apply(x, nonlinearity)
    assert not torch.allclose(moved[0], before[0])
    assert torch.equal(moved[1], before[1])
    assert not stack.network.decayed[network.weights :].any()


def test_shapes_are_what_annotations_say() -> None:
    network = named("mlp_2x8", inputs=3, classes=2)
    stack = drawn(network, [0, 1])
    apply = jaxtyped(typechecker=beartype)(Stack.apply)
    assert apply(stack, torch.zeros(2, 5, 3), TANH).shape == (2, 5, 2)
    with pytest.raises(TypeCheckError, match="x"):
        apply(stack, torch.zeros(5, 3), TANH)
