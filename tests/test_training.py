"""Training many networks at once gives each what a plain loop over torch modules would give it alone."""

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
import plain_loop
import pytest
import torch
from plain_loop import Settings
from torch import Tensor, nn

from acts import activations, networks, training, trials
from acts.networks import Network, Nonlinearity, Scales, Stack
from acts.training import Feed, History
from acts.training.losses import LOSSES

HE = Scales((math.sqrt(2), 0.0), (math.sqrt(2), 0.1), (math.sqrt(2), 0.0))
TRAINED, WATCHED = 200, 64
TARGETS = np.array([1.0, 5.0]), np.array([9.0, 0.5])  # what quantities are standardised by
USUAL = Settings(steps=25, batch=32)
RATES = {
    "sgd": [0.02, 0.05, 0.1], "plain_sgd": [0.1, 0.2, 0.5], "adam": [0.001, 0.004, 0.02], "adamw": [0.001, 0.004, 0.02],
}  # fmt: skip
RELU = Nonlinearity(torch.relu)
FUNCTIONS = {
    "relu": torch.relu,
    "gelu": nn.functional.gelu,
    "mish": nn.functional.mish,
    "softsign": nn.functional.softsign,
}
ARCHITECTURES = {
    "mlp_3x16": ("classes", (6,)),
    "resmlp_3x16": ("quantities", (6,)),
    "autoencoder_8x2": ("inputs", (6,)),
    "cnn_2x4": ("kinds", (1, 6, 6)),
    "rnn_1x8": ("classes", (5, 2)),
    "gru_1x8": ("quantities", (5, 2)),
    "transformer_1x16": ("tokens", (8,)),
}
NORMS = [(name, norm) for name in ARCHITECTURES for norm in networks.NORMS if norm == "none" or "trans" not in name]


@dataclass(frozen=True)
class Task:
    """Networks to train and the rows to train them on, as they come; y is None where the inputs are the targets."""

    network: Network
    x: np.ndarray
    y: np.ndarray | None

    @property
    def loss(self) -> str:
        return "squared_error" if self.y is None or self.y.dtype == np.float32 else "cross_entropy"


@cache
def task(name: str = "mlp_3x32", norm: str = "none") -> Task:
    targets, shape = ARCHITECTURES.get(name, ("classes", (6,)))
    generator = np.random.default_rng(0)
    x = generator.normal(2.0, 3.0, (TRAINED + WATCHED, math.prod(shape))).astype(np.float32)
    ys = {
        "classes": (x[:, 0] > 2).astype(np.int64) + 2 * (x[:, 1] * x[:, 2] > 4),
        "kinds": (x.mean(1) > 2).astype(np.int64) + 2 * (x.std(1) > 3),
        "quantities": np.stack([x[:, 0] * x[:, 1], 5 + np.sin(x[:, 2])], axis=1),
        "inputs": None,
        "tokens": generator.integers(0, 7, x.shape),
    }
    outputs = {"classes": 4, "kinds": 4, "quantities": 2, "inputs": x.shape[1], "tokens": 7}[targets]
    network = networks.network(name, shape=shape, outputs=outputs, norm=norm, tokens=targets == "tokens")
    return Task(network, np.roll(ys["tokens"], -1, axis=1) if targets == "tokens" else x, ys[targets])


def feed_of(
    own: Task,
    seeds: list[int],
    *,
    settings: Settings = USUAL,
    dtype: torch.dtype = torch.float32,
    watched: int = 0,
) -> Feed:
    """Return training batches for networks of these seeds, or so many fixed rows."""
    distinct = sorted(set(seeds))
    length = settings.steps * settings.batch
    orders = [training.order(seed, np.arange(TRAINED), length=length) for seed in distinct]
    tokens, quantities = own.network.tokens, own.loss == "squared_error" and own.y is not None
    return Feed.of_arrays(
        own.x,
        own.y,
        rows=[np.arange(TRAINED, TRAINED + watched) for _ in distinct] if watched else orders,
        of=[distinct.index(seed) for seed in seeds],
        inputs=None if tokens else ([np.full((), 2.0)] * len(distinct), [np.full((), 3.0)] * len(distinct)),
        targets=([TARGETS[0]] * len(distinct), [TARGETS[1]] * len(distinct)) if quantities else None,
        dtype=dtype,
    )


def run(
    own: Task,
    members: Sequence[tuple[int, float]],
    settings: Settings = USUAL,
    nonlinearity: Nonlinearity = RELU,
    *,
    dtype: torch.dtype = torch.float32,
) -> tuple[Stack, History]:
    """Train networks given by (seed, rate) together."""
    seeds = [seed for seed, _ in members]
    stack = networks.stack(own.network, seeds, [HE] * len(seeds), dtype=dtype, nonlinearity=nonlinearity)
    with training.one_thread():
        history = training.train(
            stack,
            nonlinearity,
            feed=feed_of(own, seeds, settings=settings, dtype=dtype),
            rates=[rate for _, rate in members],
            optimizer_name=settings.optimizer,
            steps=settings.steps,
            batch=settings.batch,
            seeds=seeds,
            loss=own.loss,
            schedule=settings.schedule,
            dropout=settings.dropout,
            decay=settings.decay,
            watch=feed_of(own, seeds, dtype=dtype, watched=WATCHED),
            evaluations=5,
        )
    return stack, history


def agrees_with_the_loop(
    own: Task,
    members: Sequence[tuple[int, float]],
    settings: Settings,
    nonlinearity: Nonlinearity,
    module: Callable[[], nn.Module],
) -> None:
    """Compare the losses of every step with those of a plain loop over torch's own layers, in float64."""
    x = torch.from_numpy(own.x) if own.network.tokens else (torch.from_numpy(own.x).double() - 2) / 3
    y = x if own.y is None else torch.from_numpy(own.y)
    if own.y is not None and own.loss == "squared_error":
        y = (y.double() - torch.from_numpy(TARGETS[0])) / torch.from_numpy(TARGETS[1])
    seeds = [seed for seed, _ in members]
    start = networks.stack(own.network, seeds, [HE] * len(seeds), dtype=torch.float64, nonlinearity=nonlinearity)
    _, history = run(own, members, settings, nonlinearity, dtype=torch.float64)
    for number, (seed, rate) in enumerate(members):
        wanted = plain_loop.losses(
            start, number, module, x=x, y=y, rows=np.arange(TRAINED), settings=replace(settings, loss=own.loss),
            seed=seed, rate=rate,
        )  # fmt: skip
        np.testing.assert_allclose(history.losses[number], wanted, rtol=1e-10)


def of_function(function: Callable[[Tensor], Tensor]) -> Callable[[], nn.Module]:
    class Layer(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return function(x)

    return Layer


# --- the same losses as a plain loop ----------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", training.OPTIMIZERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_losses_are_those_of_a_loop_over_modules(optimizer: str, name: str) -> None:
    members = [(seed, rate) for seed in (0, 5) for rate in RATES[optimizer]]
    function = FUNCTIONS[name]
    settings = replace(USUAL, optimizer=optimizer)
    agrees_with_the_loop(task(), members, settings, Nonlinearity(function), of_function(function))


@pytest.mark.parametrize("optimizer", training.OPTIMIZERS)
@pytest.mark.parametrize("schedule", training.SCHEDULES)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_learns_as_in_the_loop(name: str, schedule: str, optimizer: str) -> None:
    pairs = ((0.0, 0.0), (0.3, 0.05)) if schedule == "constant" else ((0.3, 0.0), (0.0, 0.05))
    for dropout, decay in pairs:
        settings = Settings(15, 4, optimizer, schedule=schedule, dropout=dropout, decay=decay)
        members = [(3, RATES[optimizer][0] / 4)]
        agrees_with_the_loop(
            task(name), members, settings, Nonlinearity(nn.functional.gelu), of_function(nn.functional.gelu)
        )


@pytest.mark.parametrize(("name", "norm"), [pair for pair in NORMS if pair[1] != "none"])
def test_every_norm_learns_as_in_the_loop(name: str, norm: str) -> None:
    settings = Settings(20, 8, "adamw", schedule="cosine", dropout=0.3, decay=0.05)
    members = [(3, 0.004), (4, 0.001)]
    gelu = nn.functional.gelu
    agrees_with_the_loop(task(name, norm), members, settings, Nonlinearity(gelu), of_function(gelu))


@pytest.mark.parametrize("optimizer", training.OPTIMIZERS)
def test_learned_parameters_learn_as_in_a_module_and_do_not_decay(optimizer: str) -> None:
    own = trials.nonlinearity(activations.get("prelu"))
    members = [(1, RATES[optimizer][1]), (2, RATES[optimizer][0])]
    settings = replace(USUAL, optimizer=optimizer, decay=0.1)
    agrees_with_the_loop(task(), members, settings, own, activations.get("prelu").module)
    stack, _ = run(task(), members, settings, own)
    (start,) = own.learned.values()
    learned = [part for name, part in stack.parts().items() if name.endswith(".alpha")]
    assert len(learned) == 3
    assert all((part != start).all() for part in learned)


def test_a_random_activation_learns_as_in_the_loop() -> None:
    class RandomSlope(nn.Module):
        uniform: Tensor | None = None

        def forward(self, x: Tensor) -> Tensor:
            return torch.where(x > 0, x, (1 / 8 + (1 / 3 - 1 / 8) * self.uniform) * x)

    own = trials.nonlinearity(activations.get("rrelu"))
    agrees_with_the_loop(task(), [(3, 0.004), (8, 0.001)], replace(USUAL, dropout=0.2), own, RandomSlope)


def test_schedules_start_and_end_where_they_should() -> None:
    assert [training.share("constant", step, 4) for step in range(4)] == [1, 1, 1, 1]
    assert [training.share("cosine", step, 4) for step in (0, 2, 4)] == pytest.approx([1, 0.5, 0], abs=1e-15)
    warm = [training.share("warmup_cosine", step, 40) for step in range(41)]
    assert warm[:5] == [0.25, 0.5, 0.75, 1, 1]
    assert warm[22] == pytest.approx(0.5)
    assert warm[40] == pytest.approx(0, abs=1e-15)
    assert training.share("warmup_cosine", 0, 1) == 1


# --- the same bits in any company -------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", training.OPTIMIZERS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_bits_do_not_depend_on_the_group(optimizer: str, name: str) -> None:
    members = [(seed, rate) for seed in range(7) for rate in RATES[optimizer]]
    same_bits(
        task(), members, ([4], [0, 9, 20], list(range(3, 14)), list(range(20, 2, -1))),
        replace(USUAL, optimizer=optimizer), Nonlinearity(FUNCTIONS[name]),
    )  # fmt: skip


@pytest.mark.parametrize("optimizer", training.OPTIMIZERS)
@pytest.mark.parametrize(("name", "norm"), NORMS)
def test_bits_of_every_architecture_do_not_depend_on_the_group(name: str, norm: str, optimizer: str) -> None:
    settings = Settings(6, 12, optimizer, schedule="warmup_cosine", dropout=0.2, decay=0.01)
    members = [(seed, rate) for seed in range(3) for rate in RATES[optimizer]]
    own = trials.nonlinearity(activations.get("rrelu"))
    same_bits(task(name, norm), members, ([4], [8, 2, 5]), settings, own)


@pytest.mark.parametrize("batch", [4, 20])
@pytest.mark.parametrize(
    ("name", "norm"), [("mlp_2x7", "none"), ("mlp_2x21", "none"), ("mlp_2x21", "batch"), ("mlp_2x9", "layer")]
)
def test_bits_do_not_depend_on_the_group_at_odd_widths(name: str, norm: str, batch: int) -> None:
    settings = Settings(6, batch, "adam", dropout=0.1)
    members = [(seed, 0.004) for seed in range(19)]
    same_bits(task(name, norm), members, ([4], [18, 0, 7]), settings, Nonlinearity(torch.tanh))


def same_bits(
    own: Task,
    members: Sequence[tuple[int, float]],
    picks: Sequence[list[int]],
    settings: Settings,
    nonlinearity: Nonlinearity,
) -> None:
    """Compare what networks do among all with what they do among those picked, bit for bit, in float32."""
    stack, together = run(own, members, settings, nonlinearity)
    for picked in picks:
        part, apart = run(own, [members[number] for number in picked], settings, nonlinearity)
        np.testing.assert_array_equal(part.buffer, stack.buffer[picked])
        np.testing.assert_array_equal(part.state, stack.state[picked])
        np.testing.assert_array_equal(apart.losses, together.losses[picked])
        np.testing.assert_array_equal(apart.curve, together.curve[picked])


# --- order and batches ------------------------------------------------------------------------------------------------


def test_order_depends_on_the_seed_alone_and_visits_every_row_once_an_epoch() -> None:
    rows = np.array([3, 5, 8, 13, 21])
    order = training.order(4, rows, length=13)
    assert len(order) == 13
    for start in (0, 5):
        np.testing.assert_array_equal(np.sort(order[start : start + 5]), rows)
    np.testing.assert_array_equal(order[:7], training.order(4, rows, length=7))
    assert not np.array_equal(order, training.order(5, rows, length=13))


def test_networks_of_one_seed_see_the_same_batches() -> None:
    own = task()
    x, y = feed_of(own, [2, 0, 2]).batch(32, 64)
    assert torch.equal(x[0], x[2])
    assert not torch.equal(x[0], x[1])
    rows = training.order(2, np.arange(TRAINED), length=64)[32:]
    np.testing.assert_allclose(x[0], (own.x[rows] - 2) / 3, rtol=1e-5)
    assert own.y is not None
    np.testing.assert_array_equal(y[0], own.y[rows])


def test_targets_are_standardised_tokens_are_not_and_an_autoencoders_are_its_inputs() -> None:
    numbers, tokens, pictures = (task(name) for name in ("resmlp_3x16", "transformer_1x16", "autoencoder_8x2"))
    assert numbers.y is not None
    assert tokens.y is not None
    _, y = feed_of(numbers, [0, 1], watched=10).batch(0, 10)
    wanted = (numbers.y[TRAINED : TRAINED + 10] - TARGETS[0]) / TARGETS[1]
    np.testing.assert_allclose(y[1], wanted, rtol=1e-4)
    x, y = feed_of(tokens, [0, 1], watched=10).batch(0, 10)
    np.testing.assert_array_equal(x[1], tokens.x[TRAINED : TRAINED + 10])
    np.testing.assert_array_equal(y[1], tokens.y[TRAINED : TRAINED + 10])
    x, y = feed_of(pictures, [0, 1]).batch(0, 10)
    assert torch.equal(x, y)
    assert x.dtype == torch.float32


# --- divergence -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 1e6), ("adam", 1e12), ("adamw", 1e12)])
def test_a_divergence_is_recorded_with_its_step_and_touches_no_other(optimizer: str, rate: float) -> None:
    settings = replace(USUAL, optimizer=optimizer)
    healthy = [(seed, RATES[optimizer][0]) for seed in range(3)]
    _, alone = run(task(), healthy, settings)
    _, mixed = run(task(), [healthy[0], (9, rate), *healthy[1:]], settings)
    assert mixed.diverged[[0, 2, 3]].tolist() == [0, 0, 0]
    step = int(mixed.diverged[1])
    assert 1 <= step <= settings.steps
    assert np.isfinite(mixed.losses[1, : step - 1]).all()
    assert np.isinf(mixed.losses[1, step - 1 :]).all()
    assert np.isinf(mixed.curve[1, -1])
    assert np.isinf(mixed.area()[1])
    np.testing.assert_array_equal(mixed.losses[[0, 2, 3]], alone.losses)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_and_loss_may_diverge(name: str) -> None:
    _, history = run(task(name), [(0, 0.004), (1, 1e30)], replace(USUAL, optimizer="sgd", steps=8))
    assert history.diverged[0] == 0
    assert 1 <= history.diverged[1] <= 9
    assert np.isfinite(history.losses[0]).all()
    assert np.isinf(history.curve[1, -1])


def test_a_divergence_in_the_last_step_is_seen() -> None:
    _, one_step = run(task(), [(0, 1e30)], replace(USUAL, optimizer="sgd", steps=1))
    assert one_step.diverged[0] == 2
    assert np.isfinite(one_step.losses).all()
    assert np.isinf(one_step.curve[0, -1])


def test_histories_of_groups_are_joined() -> None:
    members = [(seed, rate) for seed in range(4) for rate in (0.05, 1e30)]
    _, whole = run(task(), members, replace(USUAL, optimizer="sgd"))
    parts = [run(task(), part, replace(USUAL, optimizer="sgd"))[1] for part in (members[:3], members[3:])]
    joined = History.joined(parts)
    assert joined.evaluated == whole.evaluated
    for name in ("losses", "curve", "diverged"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


# --- the curve --------------------------------------------------------------------------------------------------------


def test_the_curve_is_the_loss_on_the_watched_rows() -> None:
    own = task()
    stack, history = run(own, [(0, 0.05), (1, 0.05)], replace(USUAL, optimizer="sgd"))
    assert history.evaluated == (0, 5, 10, 15, 20, 25)
    x = torch.from_numpy((own.x[TRAINED:] - 2) / 3).expand(2, -1, -1)
    logits = stack.apply(x, RELU)
    assert own.y is not None
    labels = torch.from_numpy(own.y[TRAINED:])
    for number in range(2):
        assert history.curve[number, -1] == pytest.approx(
            float(nn.functional.cross_entropy(logits[number], labels)), rel=1e-5
        )
    scores = training.evaluate(stack, RELU, feed_of(own, [0, 1], watched=WATCHED), rows=50)
    np.testing.assert_allclose(scores["loss"], history.curve[:, -1], rtol=1e-5)
    np.testing.assert_allclose(scores["accuracy"], (logits.argmax(-1) == labels).float().mean(1), rtol=1e-6)
    np.testing.assert_allclose(history.area(), history.curve[:, 1:].mean(axis=1))
    for at, (before, after) in enumerate(pairwise(history.evaluated)):
        np.testing.assert_allclose(history.running()[:, at], history.losses[:, before:after].mean(axis=1))


@pytest.mark.parametrize("name", ["resmlp_3x16", "autoencoder_8x2", "transformer_1x16"])
def test_other_targets_are_scored_by_their_own_loss(name: str) -> None:
    own = task(name, "layer" if name.startswith("auto") else "none")
    nonlinearity = Nonlinearity(torch.tanh)
    stack, history = run(own, [(0, 0.004), (1, 0.004)], nonlinearity=nonlinearity)
    feed = feed_of(own, [0, 1], watched=WATCHED)
    x, y = feed.batch(0, WATCHED)
    outputs = stack.apply(x, nonlinearity)
    for number in range(2):
        wanted = plain_loop.loss_of(own.loss, outputs[number], y[number])
        assert history.curve[number, -1] == pytest.approx(float(wanted), rel=1e-5)
    scores = training.evaluate(stack, nonlinearity, feed, loss=own.loss, rows=7)
    np.testing.assert_allclose(scores["loss"], history.curve[:, -1], rtol=1e-5)
    if own.network.tokens:
        np.testing.assert_allclose(scores["accuracy"], (outputs.argmax(-1) == y).float().mean((1, 2)), rtol=1e-6)
    else:
        assert list(scores) == ["loss"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_training_learns(name: str) -> None:
    settings = Settings(100, 32, "adam", schedule="warmup_cosine", decay=1e-3)
    _, history = run(task(name), [(seed, 0.01) for seed in range(2)], settings, Nonlinearity(torch.tanh))
    assert (history.running()[:, -1] < 0.9 * history.running()[:, 0]).all()


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_threads_and_denormals_are_put_back() -> None:
    before = torch.get_num_threads()
    tiny = torch.full((1,), 1e-40)
    with contextlib.suppress(KeyboardInterrupt), training.one_thread():
        assert torch.get_num_threads() == 1
        assert float(tiny * 0.5) == 0
        raise KeyboardInterrupt
    assert torch.get_num_threads() == before
    assert float(tiny * 0.5) > 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"optimizer": "lion"}, r"unknown optimizer 'lion' \(known: sgd, plain_sgd, adam, adamw"),
        ({"schedule": "step"}, r"unknown schedule 'step' \(known: constant, cosine, warmup_cosine"),
    ],
)
def test_an_unknown_word_is_named(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(task(), [(0, 0.1)], replace(USUAL, **wrong))


def test_an_unknown_loss_is_named() -> None:
    own = task()
    stack = networks.stack(own.network, [0], [HE], nonlinearity=RELU)
    with pytest.raises(ValueError, match=rf"unknown loss 'hinge' \({len(LOSSES)} known\)"):
        training.evaluate(stack, RELU, feed_of(own, [0], watched=8), loss="hinge")


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
