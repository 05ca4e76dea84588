"""Training many networks at once gives each what a plain loop over torch modules would give it alone."""

import contextlib
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from acts import networks, training
from acts.networks import Nonlinearity, Scales, Stack
from acts.training import Feed, History

NETWORK = networks.network("mlp_3x32", shape=(6,), outputs=4)
BATCH = 32
STEPS = 25
X = np.random.default_rng(0).normal(2.0, 3.0, (300, 6))
Y = (X[:, 0] > 2).astype(np.int64) + 2 * (X[:, 1] * X[:, 2] > 4)
RATES = {"sgd": [0.02, 0.05, 0.1], "adam": [0.001, 0.004, 0.02]}
FUNCTIONS = {
    "relu": torch.relu,
    "gelu": nn.functional.gelu,
    "mish": nn.functional.mish,
    "softsign": nn.functional.softsign,
}


HE = Scales((float(np.sqrt(2)), 0.0), (float(np.sqrt(2)), 0.1), (float(np.sqrt(2)), 0.0))


def feed_of(seeds: list[int], *, steps: int = STEPS, dtype: torch.dtype = torch.float32, rows: int = 0) -> Feed:
    """Return training batches for networks of these seeds, or so many fixed rows."""
    distinct = sorted(set(seeds))
    orders = [training.order(seed, np.arange(200), length=steps * BATCH) for seed in distinct]
    x = X.astype(np.float32) if dtype is torch.float32 else X
    return Feed.of_arrays(
        x,
        Y,
        rows=[np.arange(200, 200 + rows) for _ in distinct] if rows else orders,
        of=[distinct.index(seed) for seed in seeds],
        inputs=([np.full((), 2.0)] * len(distinct), [np.full((), 3.0)] * len(distinct)),
        dtype=dtype,
    )


def run(
    members: list[tuple[int, float]],
    optimizer: str,
    function: Callable[..., Tensor] = torch.relu,
    *,
    dtype: torch.dtype = torch.float32,
    learned: dict[str, float] | None = None,
    steps: int = STEPS,
) -> tuple[Stack, History]:
    """Train networks given by (seed, rate) together."""
    seeds = [seed for seed, _ in members]
    nonlinearity = Nonlinearity(function, learned or {})
    stack = networks.stack(NETWORK, seeds, [HE] * len(seeds), dtype=dtype, nonlinearity=nonlinearity)
    with training.one_thread():
        history = training.train(
            stack,
            nonlinearity,
            feed=feed_of(seeds, steps=steps, dtype=dtype),
            rates=[rate for _, rate in members],
            optimizer_name=optimizer,
            steps=steps,
            batch=BATCH,
            seeds=seeds,
            watch=feed_of(seeds, rows=64, dtype=dtype),
            evaluations=5,
        )
    return stack, history


def module(seed: int, activation: Callable[[], nn.Module]) -> nn.Sequential:
    """Return one network of torch's own layers with the weights that the seed draws."""
    stack = networks.stack(NETWORK, [seed], [HE], nonlinearity=Nonlinearity(torch.relu), dtype=torch.float64)
    parts, layers = stack.parts(), []
    for name in ("hidden0", "hidden1", "hidden2", "out"):
        weights, bias = parts[f"{name}.weights"], parts[f"{name}.bias"]
        linear = nn.Linear(weights.shape[1], weights.shape[2], dtype=torch.float64)
        linear.weight.data, linear.bias.data = weights[0].T.clone(), bias[0, 0].clone()
        layers += [linear, activation()] if name != "out" else [linear]
    return nn.Sequential(*layers)


def slow_losses(seed: int, rate: float, optimizer: str, activation: Callable[[], nn.Module]) -> list[float]:
    """Return the batch losses of one network trained in a plain loop."""
    network, rows = module(seed, activation), training.order(seed, np.arange(200), length=STEPS * BATCH)
    if optimizer == "sgd":
        climber: torch.optim.Optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9)
    else:
        climber = torch.optim.Adam(network.parameters(), lr=rate)
    found = []
    for at in range(0, STEPS * BATCH, BATCH):
        batch = rows[at : at + BATCH]
        loss = nn.functional.cross_entropy(network(torch.from_numpy((X[batch] - 2) / 3)), torch.from_numpy(Y[batch]))
        climber.zero_grad()
        loss.backward()
        climber.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_losses_are_those_of_a_loop_over_modules(optimizer: str, name: str) -> None:
    class Layer(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return FUNCTIONS[name](x)

    members = [(seed, rate) for seed in (0, 5) for rate in RATES[optimizer]]
    _, history = run(members, optimizer, FUNCTIONS[name], dtype=torch.float64)
    for number, (seed, rate) in enumerate(members):
        np.testing.assert_allclose(history.losses[number], slow_losses(seed, rate, optimizer, Layer), rtol=1e-10)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_learned_parameters_learn_as_in_a_module(optimizer: str) -> None:
    members = [(1, RATES[optimizer][1]), (2, RATES[optimizer][0])]

    def function(x: Tensor, alpha: Tensor) -> Tensor:
        return torch.where(x > 0, x, alpha * x)

    stack, history = run(members, optimizer, function, dtype=torch.float64, learned={"alpha": 0.25})
    for number, (seed, rate) in enumerate(members):
        slow = slow_losses(seed, rate, optimizer, lambda: nn.PReLU(dtype=torch.float64))
        np.testing.assert_allclose(history.losses[number], slow, rtol=1e-10)
    assert all((part != 0.25).all() for name, part in stack.parts().items() if name.endswith("alpha"))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_bits_do_not_depend_on_the_group(optimizer: str, name: str) -> None:
    members = [(seed, rate) for seed in range(7) for rate in RATES[optimizer]]
    stack, together = run(members, optimizer, FUNCTIONS[name])
    for picked in ([4], [0, 9, 20], list(range(3, 14)), list(range(20, 2, -1))):
        part, apart = run([members[number] for number in picked], optimizer, FUNCTIONS[name])
        assert torch.equal(part.buffer, stack.buffer[picked])
        np.testing.assert_array_equal(apart.losses, together.losses[picked])
        np.testing.assert_array_equal(apart.curve, together.curve[picked])


def test_order_depends_on_the_seed_alone_and_visits_every_row_once_an_epoch() -> None:
    rows = np.array([3, 5, 8, 13, 21])
    order = training.order(4, rows, length=13)
    assert len(order) == 13
    for start in (0, 5):
        np.testing.assert_array_equal(np.sort(order[start : start + 5]), rows)
    np.testing.assert_array_equal(order[:7], training.order(4, rows, length=7))
    assert not np.array_equal(order, training.order(5, rows, length=13))


def test_networks_of_one_seed_see_the_same_batches() -> None:
    x, y = feed_of([2, 0, 2]).batch(32, 64)
    assert torch.equal(x[0], x[2])
    assert not torch.equal(x[0], x[1])
    rows = training.order(2, np.arange(200), length=64)[32:]
    np.testing.assert_allclose(x[0], (X[rows] - 2) / 3, rtol=1e-5)
    np.testing.assert_array_equal(y[0], Y[rows])


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 1e6), ("adam", 1e12)])
def test_a_divergence_is_recorded_with_its_step_and_touches_no_other(optimizer: str, rate: float) -> None:
    healthy = [(seed, RATES[optimizer][0]) for seed in range(3)]
    _, alone = run(healthy, optimizer)
    _, mixed = run([healthy[0], (9, rate), *healthy[1:]], optimizer)
    assert mixed.diverged[[0, 2, 3]].tolist() == [0, 0, 0]
    step = int(mixed.diverged[1])
    assert 1 <= step <= STEPS
    assert np.isfinite(mixed.losses[1, : step - 1]).all()
    assert np.isinf(mixed.losses[1, step - 1 :]).all()
    assert np.isinf(mixed.curve[1, -1])
    assert np.isinf(mixed.area()[1])
    np.testing.assert_array_equal(mixed.losses[[0, 2, 3]], alone.losses)


def test_a_divergence_in_the_last_step_is_seen() -> None:
    _, one_step = run([(0, 1e30)], "sgd", steps=1)
    assert one_step.diverged[0] == 2
    assert np.isfinite(one_step.losses).all()
    assert np.isinf(one_step.curve[0, -1])


def test_the_curve_is_the_loss_on_the_watched_rows() -> None:
    stack, history = run([(0, 0.05), (1, 0.05)], "sgd")
    assert history.evaluated == (0, 5, 10, 15, 20, 25)
    x = torch.from_numpy(((X[200:264] - 2) / 3).astype(np.float32)).expand(2, -1, -1)
    logits = stack.apply(x, Nonlinearity(torch.relu))
    labels = torch.from_numpy(Y[200:264])
    for number in range(2):
        assert history.curve[number, -1] == pytest.approx(
            float(nn.functional.cross_entropy(logits[number], labels)), rel=1e-5
        )
    scores = training.evaluate(stack, Nonlinearity(torch.relu), feed_of([0, 1], rows=64), rows=50)
    np.testing.assert_allclose(scores["loss"], history.curve[:, -1], rtol=1e-5)
    np.testing.assert_allclose(scores["accuracy"], (logits.argmax(-1) == labels).float().mean(1), rtol=1e-6)
    np.testing.assert_allclose(history.area(), history.curve[:, 1:].mean(axis=1))
    for at, (before, after) in enumerate(pairwise(history.evaluated)):
        np.testing.assert_allclose(history.running()[:, at], history.losses[:, before:after].mean(axis=1))


def test_training_learns() -> None:
    _, history = run([(seed, 0.05) for seed in range(3)], "sgd", steps=150)
    assert (history.curve[:, -1] < 0.6 * history.curve[:, 0]).all()


def test_threads_and_denormals_are_put_back() -> None:
    before = torch.get_num_threads()
    tiny = torch.full((1,), 1e-40)
    with contextlib.suppress(KeyboardInterrupt), training.one_thread():
        assert torch.get_num_threads() == 1
        assert float(tiny * 0.5) == 0
        raise KeyboardInterrupt
    assert torch.get_num_threads() == before
    assert float(tiny * 0.5) > 0


def test_an_unknown_optimizer_is_named() -> None:
    with pytest.raises(ValueError, match="unknown optimizer 'lion'; optimizers are sgd, adam, adamw"):
        run([(0, 0.1)], "lion")


def test_evaluations_are_equal_shares_of_the_steps() -> None:
    assert training.evaluation_steps(200, 4) == (0, 50, 100, 150, 200)
    assert training.evaluation_steps(3, 10) == (0, 1, 2, 3)
    assert training.evaluation_steps(10, 0) == ()


@pytest.mark.parametrize(
    ("losses", "step"),
    [([2, 1, 0.5], 10.0), ([2, 1.5, 0.5], 15.0), ([0.9, 3, 3], 0.0), ([2, 3, 1.1], None), ([np.inf, 0.5, 0.4], 10.0)],
)
def test_a_crossing_lies_on_the_line_between_points(losses: list[float], step: float | None) -> None:
    assert training.crossing((0, 10, 20), np.array(losses), 1.0) == step
