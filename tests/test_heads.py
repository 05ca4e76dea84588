"""Heads: output functions and losses as torch's own say them, with the answers and probabilities that go with them."""

import math
import re
from itertools import product

import numpy as np
import plain_loop
import pytest
import torch
from plain_loop import Settings
from torch import Tensor

from acts import datasets, networks, training, trials
from acts.networks import Nonlinearity, Scales
from acts.training import Feed, losses

CLASSES = [head for head in training.HEADS if not head.endswith("squared_error")]
HE = Scales((math.sqrt(2), 0.0), (math.sqrt(2), 0.1), (math.sqrt(2), 0.0))


def drawn(numbers: int, *, classes: int = 0, scale: float = 2.0) -> tuple[Tensor, Tensor]:
    """Return outputs (run, batch, number) and classes (run, batch)."""
    generator = torch.Generator().manual_seed(numbers)
    outputs = scale * torch.randn(3, 40, numbers, generator=generator, dtype=torch.float64)
    return outputs, torch.randint(classes or max(2, numbers), (3, 40), generator=generator)


def numbers_of(head: str, classes: int) -> int:
    return classes if classes > 2 or head.endswith("cross_entropy") else 1


@pytest.mark.parametrize(("head", "classes"), list(product(CLASSES, [2, 5])))
def test_a_head_is_what_torchs_own_losses_say(head: str, classes: int) -> None:
    outputs, targets = drawn(numbers_of(head, classes), classes=classes)
    leaf = outputs.clone().requires_grad_()
    found = training.LOSSES[head](leaf, targets)
    assert found.shape == (3, 40)
    found.mean(dim=1).sum().backward()
    for run in range(3):
        own = outputs[run].clone().requires_grad_()
        wanted = plain_loop.loss_of(head, own, targets[run])
        wanted.backward()
        torch.testing.assert_close(found[run].mean(), wanted)
        torch.testing.assert_close(leaf.grad[run], own.grad)  # type: ignore[index]


@pytest.mark.parametrize("output", ["linear", "relu"])
def test_a_head_of_quantities_is_a_squared_error(output: str) -> None:
    outputs, _ = drawn(2)
    targets = torch.linspace(-2, 2, 240, dtype=torch.float64).view(3, 40, 2)
    name = {"linear": "squared_error", "relu": "relu+squared_error"}[output]
    found = training.LOSSES[name](outputs, targets)
    for run in range(3):
        torch.testing.assert_close(found[run].mean(), plain_loop.loss_of(name, outputs[run], targets[run]))


def test_extreme_numbers_have_finite_losses_and_gradients() -> None:
    for head, sign in product(CLASSES, (-1, 1)):
        outputs = torch.full((1, 2, numbers_of(head, 2)), 1e6 * sign).requires_grad_()
        loss = training.LOSSES[head](outputs, torch.tensor([[0, 1]]))
        (gradient,) = torch.autograd.grad(loss.sum(), [outputs])
        assert loss.isfinite().all(), head
        assert gradient.isfinite().all(), head


@pytest.mark.parametrize("head", [head for head in CLASSES if not head.endswith("cross_entropy")])
def test_two_classes_are_told_apart_where_the_probability_passes_a_half(head: str) -> None:
    outputs, targets = drawn(1)
    likely = training.probabilities(head, outputs)
    assert ((likely >= 0) & (likely <= 1)).all()
    right = losses.SCORES[head]["accuracy"](outputs, targets)
    assert torch.equal(right, ((likely[..., 0] > 0.5) == (targets == 1)).double())
    brier = losses.SCORES[head]["brier"](outputs, targets)
    torch.testing.assert_close(brier, (likely[..., 0] - targets) ** 2)


PROBABILITIES = [
    ("sigmoid+bce", 0.0, 0.5), ("linear+bce", 2.0, 0.8807970779778823), ("relu+bce", -3.0, 0.5),
    ("linear+mse", 0.0, 0.5), ("linear+mse", 4.0, 1.0), ("tanh+hinge", 0.5, 0.7310585786300049),
    ("linear+hinge", -0.5, 0.25), ("relu+mse", 0.3, 0.3), ("sigmoid+mse", 2.0, 0.8807970779778823),
]  # fmt: skip


@pytest.mark.parametrize(("head", "z", "likely"), PROBABILITIES)
def test_a_probability_is_what_the_head_says_itself(head: str, z: float, likely: float) -> None:
    found = training.probabilities(head, torch.full((1, 1, 1), z, dtype=torch.float64))
    assert found.item() == pytest.approx(likely, abs=1e-12)


def test_many_classes_score_as_one_number_each() -> None:
    outputs, targets = drawn(5)
    likely = training.probabilities("linear+cross_entropy", outputs)
    torch.testing.assert_close(likely.sum(-1), torch.ones(3, 40, dtype=torch.float64))
    one_hot = torch.nn.functional.one_hot(targets, 5)
    found = losses.SCORES["linear+cross_entropy"]["brier"](outputs, targets)
    torch.testing.assert_close(found, (likely - one_hot).square().sum(-1) / 2)
    right = losses.SCORES["tanh+mse"]["accuracy"](outputs, targets)
    assert torch.equal(right, (outputs.argmax(-1) == targets).double())


@pytest.mark.parametrize("head", ["tanh+hinge", "sigmoid+bce", "relu+mse"])
def test_networks_with_a_head_learn_as_in_the_loop(head: str) -> None:
    network = networks.network("mlp_2x16", shape=(6,), outputs=1)
    generator = np.random.default_rng(0)
    x = generator.standard_normal((120, 6)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    settings, seeds, rates = Settings(20, 16, "sgd", head), [3, 4], [0.05, 0.1]
    stack = networks.stack(network, seeds, [HE, HE], nonlinearity=(relu := Nonlinearity(torch.relu)))
    rows = np.arange(120)
    feed = Feed.of_arrays(
        x, y, rows=[training.order(seed, rows, length=320) for seed in seeds], of=[0, 1],
        inputs=([np.zeros(())] * 2, [np.ones(())] * 2),
    )  # fmt: skip
    wanted = [
        plain_loop.losses(
            stack, run, torch.nn.ReLU, x=torch.from_numpy(x), y=torch.from_numpy(y), rows=rows, settings=settings,
            seed=seeds[run], rate=rates[run],
        )
        for run in range(2)
    ]  # fmt: skip
    history = training.train(
        stack, relu, feed=feed, rates=rates, optimizer_name="sgd", steps=20, batch=16, seeds=seeds, loss=head
    )
    np.testing.assert_allclose(history.losses, wanted, rtol=2e-4, atol=2e-5)


def test_heads_go_with_tasks() -> None:
    assert trials.loss("moons", "mlp_2x8") == "cross_entropy"
    assert trials.loss("moons", "mlp_2x8", "tanh+hinge") == "tanh+hinge"
    assert trials.loss("waves", "mlp_2x8", "linear+mse") == trials.loss("waves", "mlp_2x8") == "squared_error"
    assert trials.loss("waves", "mlp_2x8", "relu+mse") == "relu+squared_error"
    for dataset, head in (("waves", "tanh+hinge"), ("moons", "relu+squared_error"), ("moons", "hinge")):
        with pytest.raises(ValueError, match=re.escape(f"{dataset}: {head!r} is no head for ")):
            trials.loss(dataset, "mlp_2x8", head)
    with pytest.raises(ValueError, match="is no head for text; heads are none"):
        trials.loss("docstrings", "transformer_1x16", "linear+mse")


def test_two_classes_have_one_number_except_under_cross_entropy() -> None:
    sizes = {head: trials.network("relu", "moons", "mlp_2x8", "none", head).outputs for head in ("", *CLASSES)}
    assert {head for head, size in sizes.items() if size == 2} == {"", "linear+cross_entropy", "relu+cross_entropy"}
    assert trials.network("relu", "digits", "mlp_2x8", "none", "linear+mse").outputs == 10
    assert datasets.source("moons").outputs == 2
