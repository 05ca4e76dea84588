"""Probes read networks rightly: each against a slow way of counting, and where the answer is known exactly."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from acts import networks, probes, trials
from acts.activations import get
from acts.probes import Dense, Layer, Stopping

SLOPES = {"relu": 0.0, "leaky": 0.01, "abs": -1.0, "identity": 1.0}
ARRAY = np.array


# --- regions ----------------------------------------------------------------------------------------------------------


def random_layers(seed: int, *sizes: int) -> list[Dense]:
    generator = np.random.default_rng(seed)
    pairs = itertools.pairwise(sizes)
    return [Dense(generator.normal(size=pair) / np.sqrt(pair[0]), generator.normal(size=pair[1])) for pair in pairs]


def outputs(layers: list[Dense], x: np.ndarray, slope: float) -> np.ndarray:
    for layer in layers[:-1]:
        h = x @ layer.weights + layer.bias
        x = np.where(h > 0, h, slope * h)
    return x @ layers[-1].weights + layers[-1].bias


def counted(layers: list[Dense], start: np.ndarray, end: np.ndarray, slope: float, points: int = 400_001) -> int:
    """Count pieces on a fine grid: a bend is where second differences are not 0, next to each other counts once."""
    x = start + np.linspace(0, 1, points)[:, None] * (end - start)
    bends = np.abs(np.diff(outputs(layers, x, slope), n=2, axis=0)).max(axis=1) > 1e-10
    return 1 + int(np.count_nonzero(bends[1:] & ~bends[:-1]) + bends[0])


@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
@pytest.mark.parametrize("sizes", [(3, 7, 2), (2, 5, 5, 1), (4, 4, 4, 4, 3)])
def test_pieces_are_those_that_a_fine_grid_shows(sizes: tuple[int, ...], slope: float) -> None:
    layers = random_layers(len(sizes), *sizes)
    path = 2 * np.random.default_rng(1).normal(size=(5, sizes[0]))
    slow = [counted(layers, start, end, slope) for start, end in itertools.pairwise(path)]
    assert probes.pieces(layers, path, slope=slope).tolist() == slow


def tents(depth: int) -> list[Dense]:
    """Return a network that folds [0, 1] so many times: x → 2 max(0, x) − 4 max(0, x − ½) in every layer."""
    fold, bend = ARRAY([[2.0, 2.0], [-4.0, -4.0]]), ARRAY([0.0, -0.5])
    first = Dense(ARRAY([[1.0, 1.0]]), bend)
    return [first, *[Dense(fold, bend)] * (depth - 1), Dense(fold[:, :1], ARRAY([0.0]))]


@pytest.mark.parametrize("depth", [1, 2, 3, 6, 9])
def test_a_line_that_is_folded_again_and_again_doubles_its_pieces(depth: int) -> None:
    path = ARRAY([[0.0], [1.0]])
    assert probes.pieces(tents(depth), path, slope=0.0).tolist() == [2**depth]


def test_pieces_are_of_the_function_and_not_of_the_signs_of_units() -> None:
    hinge = Dense(ARRAY([[1.0, 1.0, 1.0]]), ARRAY([0.0, -1.0, -2.0]))
    path = ARRAY([[-1.0], [3.0], [0.5]])
    assert probes.pieces([hinge, Dense(np.ones((3, 1)), np.zeros(1))], path, slope=0.0).tolist() == [4, 3]
    assert probes.pieces([hinge, Dense(ARRAY([[1.0], [0.0], [1.0]]), np.zeros(1))], path, slope=0.0).tolist() == [3, 2]
    doubled = Dense(ARRAY([[1.0, 1.0]]), ARRAY([-1.0, -1.0]))
    assert probes.pieces([doubled, Dense(ARRAY([[1.0], [-1.0]]), np.zeros(1))], path, slope=0.0).tolist() == [1, 1]
    assert probes.pieces(random_layers(0, 3, 9, 9, 2), np.eye(3), slope=1.0).tolist() == [1, 1]


# --- reconstruction ---------------------------------------------------------------------------------------------------


def test_the_recovered_input_is_the_shortest_that_gives_what_is_told() -> None:
    generator = np.random.default_rng(2)
    x, weights = generator.normal(size=(40, 6)), generator.normal(size=(6, 9))
    h = x @ weights
    told = generator.random(h.shape) < 0.4
    slow = np.zeros_like(x)
    for row, units in enumerate(told):
        if units.any():
            slow[row] = np.linalg.lstsq(weights[:, units].T, h[row, units], rcond=None)[0]
    np.testing.assert_allclose(probes.recovered(h, told, weights), slow, atol=1e-7)


@pytest.mark.parametrize("units", [4, 8, 16])
def test_units_at_right_angles_tell_as_much_as_there_are_of_them(units: int) -> None:
    generator, inputs = np.random.default_rng(3), 16
    x = generator.normal(size=(8000, inputs))
    weights = np.linalg.qr(generator.normal(size=(inputs, inputs)))[0][:, :units]
    h = x @ weights
    for told, share in ((h > 0, 0.5), (np.ones_like(h, dtype=bool), 1.0), (np.zeros_like(h, dtype=bool), 0.0)):
        found = probes.explained(x, probes.recovered(h, told, weights))
        assert found == pytest.approx(share * units / inputs, abs=0.01)
        assert probes.recovered(h, told, weights) == pytest.approx(x) or share * units < inputs


def test_examples_alone_tell_all_of_a_line_and_nothing_of_a_size() -> None:
    generator = np.random.default_rng(4)
    x, weights = generator.normal(size=(6000, 5)), generator.normal(size=(5, 5))
    h = x @ weights
    fitted = 3000
    assert probes.explained(x[fitted:], probes.regressed(h + 3, x, fitted)) == pytest.approx(1)
    assert abs(probes.explained(x[fitted:], probes.regressed(np.abs(h), x, fitted))) < 0.02
    mean = np.tile(x.mean(axis=0), (len(x), 1))
    assert probes.explained(x, mean) == pytest.approx(0)


# --- directions -------------------------------------------------------------------------------------------------------


def slow_one_sign(inputs: Tensor, weights: Tensor, function: Callable[[Tensor], Tensor]) -> float:
    """Count, by a gradient for each example and unit, those whose numbers that are not 0 all have one sign."""
    one, any_at_all = 0, 0
    for x in inputs:
        for unit in range(weights.shape[1]):
            incoming = weights[:, unit].clone().requires_grad_()
            (gradient,) = torch.autograd.grad(function(x @ incoming).sum(), incoming)
            signs = set(gradient.sign().tolist()) - {0.0}
            any_at_all += bool(signs)
            one += len(signs) == 1
    return one / any_at_all


@pytest.mark.parametrize("name", ["relu", "elu", "sigmoid", "tanh"])
def test_one_sign_is_what_single_gradients_show(name: str) -> None:
    torch.manual_seed(0)
    function = get(name)
    inputs = function(torch.randn(20, 3, dtype=torch.float64))
    weights = torch.randn(3, 4, dtype=torch.float64)
    h = (inputs @ weights).requires_grad_()
    (errors,) = torch.autograd.grad(function(h).sum(), h)
    found = probes.one_sign_share(inputs, errors)
    assert found == pytest.approx(slow_one_sign(inputs, weights, function))
    if name in ("relu", "sigmoid"):
        assert found == 1


def test_gradients_of_zeros_do_not_count() -> None:
    inputs = torch.tensor([[1.0, 2.0], [1.0, -1.0], [0.0, 0.0]])
    assert probes.one_sign_share(inputs, torch.tensor([[1.0], [1.0], [1.0]])) == 0.5
    assert probes.one_sign_share(inputs, torch.tensor([[1.0], [0.0], [1.0]])) == 1
    assert np.isnan(probes.one_sign_share(inputs, torch.zeros(3, 1)))


def linear_layer(rows: int = 200, inputs: int = 4, units: int = 3) -> tuple[Layer, Tensor, Tensor]:
    """Return a linear layer under half the squared error, its weights at a random start, and the best ones."""
    torch.manual_seed(1)
    x, y = torch.randn(rows, inputs, dtype=torch.float64) + 1, torch.randn(rows, units, dtype=torch.float64)
    start = torch.randn(inputs + 1, units, dtype=torch.float64)
    wider = torch.cat([x, torch.ones(rows, 1, dtype=torch.float64)], dim=1)
    guesses = torch.eye(units, dtype=torch.float64)[:, None, :].expand(units, rows, units)
    return Layer(x, wider @ start - y, guesses), start, torch.linalg.lstsq(wider, y).solution


def test_one_natural_step_of_a_linear_layer_ends_at_the_least_squares_solution() -> None:
    layer, start, best = linear_layer()
    (step,) = probes.kfac([layer], damping=0.0)
    torch.testing.assert_close(start + step, best)


def test_the_kronecker_product_is_what_is_solved_and_much_damping_leaves_the_gradient() -> None:
    layer, _, _ = linear_layer()
    layer = Layer(layer.inputs, layer.errors, torch.randn(5, 200, 3, dtype=torch.float64))
    wider = layer.widened
    moments = wider.T @ wider / 200, torch.einsum("gru,grv->uv", layer.guesses, layer.guesses) / 200
    damped = [one + 0.1 * one.trace() / len(one) * torch.eye(len(one), dtype=torch.float64) for one in moments]
    slow = -torch.linalg.solve(torch.kron(*damped), layer.gradient.flatten())
    (step,) = probes.kfac([layer], damping=0.01)
    torch.testing.assert_close(step.flatten(), slow)
    assert probes.cosine([-layer.gradient], [step]) == pytest.approx(
        float(-layer.gradient.flatten() @ slow / (layer.gradient.norm() * slow.norm()))
    )
    assert probes.cosine([-layer.gradient], probes.kfac([layer], damping=1e12)) == pytest.approx(1)


def test_a_cosine_is_of_all_layers_together() -> None:
    one, two = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert probes.cosine([one, two], [one, two]) == pytest.approx(1)
    assert probes.cosine([one, two], [one, -two]) == pytest.approx(0)
    assert probes.cosine([one], [two]) == pytest.approx(0)


# --- stopping ---------------------------------------------------------------------------------------------------------


def runs(*rates: float) -> list[dict[str, object]]:
    spec = {
        "dataset": "digits", "network": "mlp_2x8", "optimizer": "sgd", "steps": 40, "batch": 16, "evaluations": 8,
        "phase": "final", "device": "cpu", "dtype": "float32", "scales": [1.0, 0.0, 1.4, 0.0, 1.0, 0.0, False],
    }  # fmt: skip
    return [{**spec, "seed": seed, "split": seed, "lr": rate} for seed, rate in enumerate(rates)]


def test_networks_are_caught_where_they_first_meet_their_target() -> None:
    asked, targets = runs(0.1, 0.0125, 0.05), [1.5, 0.01, 99.0]
    function = get("tanh")
    watched = trials.feed(asked, "train", rows=64)

    def visiting(_: object) -> Stopping:
        return Stopping(watched, trials.nonlinearity(function), targets=targets, every=5, loss="cross_entropy")

    trial = trials.train(function, asked, watch="train", rows=64, visiting=visiting)
    (stopping,) = trial.visitors
    kept = stopping.ended(40, trial.stack)
    curve = trial.history.curve
    slow = [int(np.argmax(curve[0] <= 1.5)) * 5, 40, 0]
    assert stopping.met.tolist() == [True, False, True]
    assert stopping.steps.tolist() == slow
    assert 0 < slow[0] < 40
    for run, step in enumerate(slow):
        assert float(stopping.losses[run]) == pytest.approx(curve[run, step // 5], rel=1e-6)
    torch.testing.assert_close(kept.buffer[1], trial.stack.buffer[1])
    torch.testing.assert_close(kept.buffer[2], trials.started(function, asked).buffer[2])
    shorter = trials.train(function, [{**asked[0], "steps": slow[0], "evaluations": 1}], watch="train", rows=64)
    assert torch.equal(kept.buffer[0], shorter.stack.buffer[0])
    assert isinstance(kept, networks.Stack)
