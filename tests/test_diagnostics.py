"""Diagnostics against values worked out by hand, automatic differentiation, and depths that leave float64."""

import pytest
import torch

from acts import diagnostics
from acts.diagnostics import Pulled


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_readings_of_a_small_layer():
    before = torch.tensor([[[1.0, -2.0], [3.0, 0.0]]], dtype=torch.float64)
    found = diagnostics.layer(before, torch.relu(before))
    assert {metric: float(value) for metric, value in found.items()} == pytest.approx(
        {
            "log10_length": 0.5440680443502757,  # 14/4
            "mean": 1.0,
            "variance": 1.5,
            "zero_fraction": 0.5,
            "unit_mean_rms_ratio": (1.5 / 2.5) ** 0.5,  # units 1, 3 and 0, 0: mean of products 3 and 0
        }
    )


def test_readings_keep_leading_dimensions():
    found = diagnostics.layer(normal(3, 2, 5, 7), normal(3, 2, 5, 7))
    assert {tuple(value.shape) for value in found.values()} == {(3, 2)}


def test_centring_knows_units_from_the_layer():
    inputs, units = 8, 20_000
    noise = normal(inputs, units)
    offsets = normal(1, units, seed=1)
    assert float(diagnostics.unit_mean_rms_ratio(noise)) < 0.12
    assert float(diagnostics.unit_mean_rms_ratio(offsets.expand(inputs, units))) == pytest.approx(1.0)
    assert float(diagnostics.unit_mean_rms_ratio(noise + offsets)) == pytest.approx(0.5**0.5, abs=0.02)
    assert diagnostics.unit_mean_rms_ratio(torch.zeros(4, 3)).isnan()


def test_gradients_are_those_of_autograd():
    weights = [normal(6, 6, seed=seed) for seed in range(3)]
    first = normal(4, 6, seed=9).requires_grad_(True)
    h, slopes = first, []
    for matrix in weights:
        slopes.append(1 - torch.tanh(h.detach()) ** 2)
        h = 0.5 * torch.tanh(h) @ matrix
    vector = normal(4, 6, seed=10)
    (wanted,) = torch.autograd.grad(h, first, vector)
    pulled = Pulled.start(vector)
    for matrix, slope in zip(reversed(weights), reversed(slopes), strict=True):
        pulled = pulled.through(matrix, slope, scale=0.5)
    squared = wanted.square().sum(-1) / vector.square().sum(-1)
    assert pulled.log10 == pytest.approx(squared.log10())
    assert pulled.log10_ratio() == pytest.approx(squared.mean().log10())
    assert pulled.direction == pytest.approx(wanted / wanted.norm(dim=-1, keepdim=True))


@pytest.mark.parametrize("scale", [1e-200, 1e150])
def test_no_depth_under_or_overflows(scale):
    weights, slope = torch.eye(5, dtype=torch.float64), torch.ones(2, 5, dtype=torch.float64)
    pulled = Pulled.start(normal(2, 5))
    for _ in range(50):
        pulled = pulled.through(weights, slope, scale=scale)
    decades = 100 * torch.tensor(scale, dtype=torch.float64).log10()
    assert pulled.log10_ratio() == pytest.approx(decades)


def test_a_dead_layer_ends_the_gradient():
    pulled = Pulled.start(normal(2, 5)).through(torch.eye(5, dtype=torch.float64), torch.zeros(2, 5), scale=1.0)
    assert pulled.log10_ratio() == -torch.inf
    assert pulled.direction.abs().sum() == 0
