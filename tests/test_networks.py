"""Stacked networks are the networks of torch.nn, one a row; a seed draws them and an init only rescales."""

from math import sqrt

import pytest
import torch
from beartype import beartype
from jaxtyping import TypeCheckError, jaxtyped
from scipy import stats as scipy_stats
from torch import Tensor, nn

from acts import networks, theory, training
from acts.networks import Scales, Shape, Stack

PLAIN = Scales((0.3, 0.1), (0.4, 0.2), (0.5, 0.0))


def single(stack: Stack, run: int) -> nn.Sequential:
    """Return one of the stack's networks as torch's own layers, without its activations."""
    layers = []
    for weights, biases, _ in stack.layers():
        layer = nn.Linear(weights.shape[1], weights.shape[2], dtype=weights.dtype)
        with torch.no_grad():
            layer.weight.copy_(weights[run].T)
            layer.bias.copy_(biases[run, 0])
        layers.append(layer)
    return nn.Sequential(*layers)


def scales(rule: str, shape: Shape, activation: str = "relu") -> Scales:
    law = theory.init(activation, rule)
    first, hidden, last = law.first(fan_in=shape.inputs), law.hidden(fan_in=shape.width), law.last(fan_in=shape.width)
    return Scales(tuple(first), tuple(hidden), tuple(last), law.uniform)


def test_a_stack_computes_what_single_networks_compute() -> None:
    shape = networks.shape("mlp_3x16", inputs=5, classes=4)
    stack = networks.stack(shape, [3, 4, 5], [PLAIN] * 3, dtype=torch.float64)
    x, kept = torch.randn(3, 7, 5, dtype=torch.float64), []
    logits = stack.apply(x, torch.tanh, keep=kept)
    for run in range(3):
        h = x[run]
        for layer, linear in enumerate(single(stack, run)):
            h = linear(h)
            if layer < shape.depth:
                torch.testing.assert_close(kept[layer][run], h, rtol=1e-12, atol=1e-14)
                h = torch.tanh(h)
        torch.testing.assert_close(logits[run], h, rtol=1e-12, atol=1e-14)
    assert len(kept) == shape.depth


def test_the_shape_counts_its_weights() -> None:
    shape = networks.shape("mlp_8x32", inputs=64, classes=10)
    layers = [nn.Linear(64, 32), *(nn.Linear(32, 32) for _ in range(7)), nn.Linear(32, 10)]
    assert shape.weights == sum(p.numel() for layer in layers for p in layer.parameters())


@pytest.mark.parametrize("name", ["mlp", "mlp_8", "mlp_0x32", "mlp_8x", "cnn_8x32", "mlp_8x32x2", "mlp_08x32"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"unknown network '{name}'"):
        networks.shape(name, inputs=2, classes=2)


def test_a_seed_draws_the_same_network_in_any_company_and_dtype() -> None:
    shape = networks.shape("mlp_2x8", inputs=3, classes=2)
    alone = networks.stack(shape, [7], [PLAIN]).buffer[0]
    among = networks.stack(shape, [1, 7, 2, 7], [PLAIN] * 4).buffer
    assert torch.equal(alone, among[1])
    assert torch.equal(among[1], among[3])
    assert not torch.equal(among[0], among[1])
    wide = networks.stack(shape, [7], [PLAIN], dtype=torch.float64).buffer[0]
    assert torch.equal(wide.float(), alone)


def test_an_init_only_rescales_the_draw() -> None:
    shape = networks.shape("mlp_4x32", inputs=16, classes=3)
    he, lecun = (networks.stack(shape, [5], [scales(rule, shape)]).buffer for rule in ("he", "lecun"))
    torch.testing.assert_close(he, lecun * sqrt(2), rtol=1e-6, atol=0)
    ours, uniform = (networks.stack(shape, [5], [scales(rule, shape, "tanh")]) for rule in ("stable", "torch_default"))
    for (a, b, _), (c, d, _), (fan_in, _) in zip(ours.layers(), uniform.layers(), shape.layers, strict=True):
        assert torch.equal(a.flatten().argsort(), c.flatten().argsort())
        assert max(c.abs().max(), d.abs().max()) <= 1 / sqrt(fan_in)
        assert b.abs().max() > 0 or fan_in == shape.width


def test_torch_default_is_distributed_as_in_nn_linear() -> None:
    shape = networks.shape("mlp_1x64", inputs=100, classes=50)
    stack = networks.stack(shape, [0], [scales("torch_default", shape)])
    weights, biases, _ = next(stack.layers())
    for ours, fan_in in ((weights, 100), (biases, 100)):
        test = scipy_stats.kstest(ours.flatten().numpy(), "uniform", (-1 / sqrt(fan_in), 2 / sqrt(fan_in)))
        assert test.pvalue > 1e-3


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_a_stable_start_keeps_its_length(activation: str) -> None:
    function = {"tanh": torch.tanh, "gelu": nn.functional.gelu}[activation]
    shape = networks.shape("mlp_12x256", inputs=100, classes=2)
    stack = networks.stack(shape, list(range(8)), [scales("stable", shape, activation)] * 8)
    x = torch.randn(8, 200, 100, generator=torch.Generator().manual_seed(0))
    kept: list[Tensor] = []
    stack.apply(x, function, keep=kept)
    lengths = torch.stack([h.pow(2).mean() for h in kept])
    assert 0.75 < lengths.min() <= lengths.max() < 1.35


def test_learned_parameters_are_one_a_layer_and_a_network() -> None:
    shape = networks.shape("mlp_2x4", inputs=3, classes=2)
    stack = networks.stack(shape, [0, 1], [PLAIN] * 2, learned={"alpha": 0.25, "beta": -1.0}, dtype=torch.float64)
    seen = [learned for _, _, learned in stack.layers()]
    assert [sorted(names) for names in seen] == [["alpha", "beta"], ["alpha", "beta"], []]
    assert seen[1]["alpha"].shape == (2, 1, 1)
    assert float(seen[1]["beta"][1]) == -1.0
    seen[0]["alpha"][0] = 3.0
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    moved = stack.apply(x, lambda h, alpha, beta: alpha * h.clamp(min=0) + beta * h.clamp(max=0))
    seen[0]["alpha"][0] = 0.25
    before = stack.apply(x, lambda h, alpha, beta: alpha * h.clamp(min=0) + beta * h.clamp(max=0))
    assert not torch.allclose(moved[0], before[0])
    assert torch.equal(moved[1], before[1])


def test_shapes_are_what_annotations_say() -> None:
    shape = networks.shape("mlp_2x8", inputs=3, classes=2)
    stack = networks.stack(shape, [0, 1], [PLAIN] * 2)
    apply = jaxtyped(typechecker=beartype)(Stack.apply)
    losses = jaxtyped(typechecker=beartype)(training.losses)
    logits = apply(stack, torch.zeros(2, 5, 3), torch.tanh)
    assert losses(logits, torch.zeros(2, 5, dtype=torch.long)).shape == (2,)
    with pytest.raises(TypeCheckError, match="x"):
        apply(stack, torch.zeros(5, 3), torch.tanh)
    with pytest.raises(TypeCheckError, match="classes"):
        losses(logits, torch.zeros(2, 4, dtype=torch.long))
