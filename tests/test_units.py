"""Units are read, counted and renewed as their definitions say, whoever they are trained with."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from acts import activations, networks, training, trials, units
from acts.networks import Scales, Stack
from acts.training import Feed

SCALES = Scales((math.sqrt(2), 0.0), (math.sqrt(2), 0.0), (1.0, 0.0))
ROWS, EPOCH = 96, 3


def nonlinearity(name: str = "relu") -> networks.Nonlinearity:
    return trials.nonlinearity(activations.get(name))


def started(seeds: Sequence[int], *, name: str = "relu", norm: str = "none") -> Stack:
    known = networks.network("mlp_3x8", shape=(4,), outputs=3, norm=norm)
    return networks.stack(known, list(seeds), [SCALES] * len(seeds), nonlinearity=nonlinearity(name))


def feeds(seeds: Sequence[int], steps: int) -> tuple[Feed, Feed]:
    """Return what networks are trained on, and the whole training set."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (ROWS, 4)).astype("f4"), rng.integers(0, 3, ROWS)
    shift = ([np.zeros(1, "f4")] * len(seeds), [np.ones(1, "f4")] * len(seeds))
    orders = [training.order(seed, np.arange(ROWS), length=steps * 32) for seed in seeds]
    whole = [np.arange(ROWS)] * len(seeds)
    of = list(range(len(seeds)))
    return tuple(Feed.of_arrays(x, y, rows=rows, of=of, inputs=shift) for rows in (orders, whole))


def learn(
    seeds: Sequence[int], rates: Sequence[float], visitor: training.Visitor | None, *, steps: int, **more: str
) -> tuple[Stack, training.History]:
    given = {"name": "relu", "norm": "none", "optimizer_name": "plain_sgd", **more}
    stack = started(seeds, name=given.pop("name"), norm=given.pop("norm"))
    own = nonlinearity(more.get("name", "relu"))
    feed, _ = feeds(seeds, steps)
    history = training.train(
        stack, own, feed=feed, rates=rates, steps=steps, batch=32, seeds=seeds, visitor=visitor, **given
    )
    return stack, history


def census(seeds: Sequence[int], *, steps: int, at: int | None = None, **plan: object) -> units.Census:
    name = str(plan.pop("name", "relu"))
    anew = plan.pop("anews", ["none"] * len(seeds))
    plans = [units.Plan(seed, SCALES, anew=one, **plan) for seed, one in zip(seeds, anew, strict=True)]
    return units.Census(plans, nonlinearity(name), feeds(seeds, steps)[1], epoch=EPOCH, at=at)


# --- visits -----------------------------------------------------------------------------------------------------------


class Recorder:
    """A visitor that writes down what it is shown."""

    def __init__(self) -> None:
        self.gradients: list[Tensor] = []
        self.buffers: list[Tensor] = []

    def seat(self, runs: Tensor) -> None:
        self.runs = runs

    def before(self, step: int, group: Stack) -> Tensor | None:
        self.buffers.append(group.buffer.clone())
        assert step == len(self.buffers) - 1
        return None

    def after(self, step: int, group: Stack, gradient: Tensor) -> None:
        assert (group.buffer == self.buffers[step]).all()
        self.gradients.append(gradient.clone())


@pytest.mark.parametrize("optimizer", ["plain_sgd", "adam"])
def test_a_visitor_that_only_looks_changes_no_bit(optimizer: str) -> None:
    seeds, rates = [3, 4, 5], [0.3, 0.1, 0.2]
    alone, history = learn(seeds, rates, None, steps=6, optimizer_name=optimizer)
    seen, other = learn(seeds, rates, Recorder(), steps=6, optimizer_name=optimizer)
    assert torch.equal(alone.buffer, seen.buffer)
    assert (history.losses == other.losses).all()


def test_a_visitor_sees_every_networks_gradient_in_its_row() -> None:
    recorder, rates = Recorder(), [0.3, 0.1, 0.2]
    stack, _ = learn([3, 4, 5], rates, recorder, steps=4)
    assert recorder.runs.tolist()[:3] == [1, 2, 0]
    assert len(recorder.gradients) == 4
    for row, run in enumerate(recorder.runs.tolist()):
        moved = recorder.buffers[1][row] - recorder.buffers[0][row]
        torch.testing.assert_close(moved, -rates[run] * recorder.gradients[0][row], rtol=1e-4, atol=1e-6)
    assert not torch.equal(stack.buffer[0], recorder.buffers[0][2])


def test_plain_sgd_is_a_step_along_the_gradient_and_nothing_else() -> None:
    recorder = Recorder()
    learn([1], [0.5], recorder, steps=3)
    for step in (0, 1):
        moved = recorder.buffers[step + 1][0] - recorder.buffers[step][0]
        torch.testing.assert_close(moved, -0.5 * recorder.gradients[step][0], rtol=1e-4, atol=1e-6)


class Renewing(Recorder):
    """A visitor that sets one number to 5 before the second step."""

    def before(self, step: int, group: Stack) -> Tensor | None:
        super().before(step, group)
        if step != 1:
            return None
        changed = torch.zeros_like(group.buffer, dtype=torch.bool)
        changed[:, 7] = True
        group.buffer[changed] = 5.0
        self.buffers[-1] = group.buffer.clone()
        return changed


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_numbers_set_anew_have_no_momentum(optimizer: str) -> None:
    renewing = Renewing()
    learn([1], [0.1], renewing, steps=3, optimizer_name=optimizer)
    moved = (renewing.buffers[2] - renewing.buffers[1])[0, 7].item()
    gradient = renewing.gradients[1][0, 7].item()
    if optimizer == "sgd":
        assert moved == pytest.approx(-0.1 * gradient, rel=1e-3, abs=1e-6)
    else:  # Adam's second step after an empty first one: (1 − β₁)/(1 − β₁²) over √((1 − β₂)/(1 − β₂²))
        share = (0.1 / (1 - 0.9**2)) / math.sqrt(0.001 / (1 - 0.999**2))
        assert moved == pytest.approx(-0.1 * math.copysign(share, gradient) * (gradient != 0), rel=1e-2)


# --- readings ---------------------------------------------------------------------------------------------------------


def test_zero_units_are_those_whose_outputs_are_all_zero() -> None:
    stack = started([0, 1, 2])
    stack.parts()["hidden1.bias"][1, 0, 5] = -100.0
    _, whole = feeds([0, 1, 2], 1)
    found = units.zeros(stack, nonlinearity(), whole)
    kept: list[Tensor] = []
    stack.apply(whole.batch(0, ROWS)[0], nonlinearity(), keep=kept)
    wanted = torch.cat([(torch.relu(h) == 0).all(dim=1) for h in kept], dim=1)
    assert torch.equal(found, wanted)
    assert found[1, 8 + 5]


@pytest.mark.parametrize(
    ("norms", "wanted"),
    [
        ([1.0, 1.0, 1.0, 1e-3], [False, False, False, True]),
        ([1.0, 1.0, 1.0, 2e-3], [False] * 4),
        ([0.0, 0.0, 0.0, 1.0], [True, True, True, False]),
        ([float("nan")] * 4, [True] * 4),
        ([1e-30] * 4, [False] * 4),
    ],
)
def test_a_stuck_unit_is_told_by_its_layers_median(norms: list[float], wanted: list[bool]) -> None:
    assert units.stuck(torch.tensor([norms], dtype=torch.float64))[0].tolist() == wanted


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "prelu", "elu", "swish", "gelu", "tanh"])
def test_steep_rows_are_counted_against_the_steepest_slope(name: str) -> None:
    stack, (_, whole) = started([0, 1], name=name), feeds([0, 1], 1)
    found = units.steep_rows(stack, nonlinearity(name), whole)
    kept: list[Tensor] = []
    stack.apply(whole.batch(0, ROWS)[0], nonlinearity(name), keep=kept)
    h = torch.cat(kept, dim=2).double()
    function = activations.get(name)
    grid = torch.linspace(-10, 10, 200_001, dtype=torch.float64)
    steepest = function.derivative(grid).abs().max()
    for place, share in enumerate(units.SHARES):
        wanted = (function.derivative(h).abs() >= share * steepest).double().mean(dim=1)
        assert (found[:, place] - wanted).abs().max() <= 1.5 / ROWS, (name, share)


def test_leaky_relu_is_flat_nowhere_below_its_slope_and_everywhere_dormant_units_depend_on_it() -> None:
    stack, (_, whole) = started([0], name="leaky_relu"), feeds([0], 1)
    stack.parts()["hidden0.bias"].fill_(-50.0)
    found = units.steep_rows(stack, nonlinearity("leaky_relu"), whole)[0]
    assert (found[units.SHARES.index(1e-3), :8] == 1).all()
    assert (found[units.SHARES.index(1e-1), :8] == 0).all()


def test_sparsity_of_known_outputs() -> None:
    stack, (_, whole) = started([0], name="identity"), feeds([0], 1)
    weights = stack.parts()["hidden0.weights"]
    weights.zero_()
    weights[0, 0, 0], weights[0, 1, 1] = 1.0, 1.0
    zero, rank = units.sparsity(stack, nonlinearity("identity"), whole)[0, 0].tolist()
    assert zero == pytest.approx(6 / 8)
    x = whole.batch(0, ROWS)[0][0, :, :2].double()
    values = torch.linalg.svdvals(x)
    shares = values / values.sum()
    assert rank == pytest.approx(float(torch.exp(-(shares * shares.log()).sum())) / 8, rel=1e-6)
    weights.zero_()
    assert units.sparsity(stack, nonlinearity("identity"), whole)[0, 0].tolist() == [1.0, 0.0]


# --- tally ------------------------------------------------------------------------------------------------------------


def test_a_tally_counts_what_happened() -> None:
    zero = np.array([[1, 0, 0, 1], [1, 1, 0, 0], [1, 0, 0, 1]], bool)
    stuck = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 0]], bool)
    found = units.tally(zero, stuck)
    assert found["units"] == 4
    assert found["zero_share"] == 0.5
    assert found["ever_zero_units"] == 3
    assert found["revived_units"] == 1
    assert found["revived_share"] == pytest.approx(1 / 3)
    assert (found["revivals"], found["zero_epochs"]) == (2, 4)
    assert found["revival_hazard"] == 0.5
    assert found["stuck_share"] == 0.25
    assert (found["escapes"], found["stuck_epochs"]) == (3, 6)
    assert found["stuck_longest"] == 3
    assert found["stuck_long_units"] == 1


def test_a_share_of_nothing_is_left_out() -> None:
    found = units.tally(np.zeros((3, 2), bool), np.zeros((2, 2), bool))
    assert not {"revived_share", "revival_hazard", "escape_hazard"} & found.keys()
    assert found["zero_share"] == found["revived_units"] == found["stuck_longest"] == 0


# --- census -----------------------------------------------------------------------------------------------------------


def test_a_census_reads_what_separate_readings_say() -> None:
    seeds, steps = [3, 4, 5], 4 * EPOCH
    taken = census(seeds, steps=steps)
    stack, _ = learn(seeds, [0.5, 0.1, 2.0], taken, steps=steps)
    found = taken.found(stack)
    assert found.zero.shape == (3, 5, 24)
    assert found.stuck.shape == (3, 4, 24)
    assert found.layers.tolist() == [1] * 8 + [2] * 8 + [3] * 8
    _, whole = feeds(seeds, steps)
    assert (found.zero[:, 0] == units.zeros(started(seeds), nonlinearity(), whole).numpy()).all()
    assert (found.zero[:, -1] == units.zeros(stack, nonlinearity(), whole).numpy()).all()


def test_stuck_units_are_those_of_the_gradients_of_an_epoch() -> None:
    recorder, taken = Recorder(), census([3, 4], steps=2 * EPOCH)
    stack, _ = learn([3, 4], [1.0, 1.5], taken, steps=2 * EPOCH)
    learn([3, 4], [1.0, 1.5], recorder, steps=2 * EPOCH)
    found = taken.found(stack).stuck
    for epoch, run in itertools.product(range(2), range(2)):
        gradients = [one[run] for one in recorder.gradients[epoch * EPOCH : (epoch + 1) * EPOCH]]
        views = [stack.network.views(one[None]) for one in gradients]
        for spot in range(3):
            squares = sum(view[f"hidden{spot}.weights"][0].double().square().sum(dim=0) for view in views)
            wanted = units.stuck(squares.sqrt()[None])[0].numpy()
            assert (found[run, epoch, 8 * spot : 8 * spot + 8] == wanted).all()


def test_a_dead_unit_of_the_first_layer_has_a_zero_gradient_and_never_comes_back() -> None:
    seeds, steps = list(range(12)), 10 * EPOCH
    recorder, taken = Recorder(), census(seeds, steps=steps)
    rates = [0.5 + 0.25 * seed for seed in seeds]
    stack, _ = learn(seeds, rates, taken, steps=steps)
    learn(seeds, rates, recorder, steps=steps)
    zero = taken.found(stack).zero[:, :, :8]
    assert zero.any()
    assert not (zero[:, :-1] & ~zero[:, 1:]).any()
    rows = {run: row for row, run in reversed(list(enumerate(recorder.runs.tolist())))}
    for run in seeds:
        for step in range(steps):
            dead = zero[run, step // EPOCH]
            views = stack.network.views(recorder.gradients[step][rows[run]][None])
            assert (views["hidden0.weights"][0][:, dead] == 0).all()
            assert (views["hidden0.bias"][0][:, dead] == 0).all()


def test_start_biases_are_shifted_in_hidden_layers_alone() -> None:
    taken, recorder = census([3], steps=EPOCH, bias=-1.0), Recorder()
    taken.seat(torch.tensor([0]))
    group = started([3])
    before = {name: part.clone() for name, part in group.parts().items()}
    taken.before(0, group)
    for name, part in group.parts().items():
        hidden = name.startswith("hidden") and name.endswith("bias")
        assert torch.equal(part, before[name] - 1.0 if hidden else before[name])
    assert not recorder.buffers


def renewed(anew: str) -> tuple[Stack, Stack, units.Found]:
    """Return networks just before and just after some of their units began anew, and what a census found."""
    seeds, steps, at = [3, 4, 5], 3 * EPOCH, 2 * EPOCH
    rates = [1.0, 1.5, 2.0]
    looking = Recorder()
    learn(seeds, rates, looking, steps=steps)
    taken = census(seeds, steps=steps, at=at, anews=[anew] * 3)
    stack, _ = learn(seeds, rates, taken, steps=steps)
    rows = [looking.runs.tolist().index(run) for run in range(3)]
    before = Stack(stack.network, looking.buffers[at][rows].clone(), stack.state)
    plans = census(seeds, steps=steps, at=at, anews=[anew] * 3)
    plans.seat(torch.arange(3))
    after = Stack(stack.network, before.buffer.clone(), stack.state)
    plans.before(at, after)
    return before, after, taken.found(stack)


def test_dead_units_begin_anew_with_fresh_incoming_weights() -> None:
    before, after, found = renewed("dead")
    zero = torch.from_numpy(found.zero[:, 2])
    assert zero.any()
    assert found.anew.tolist() == zero.sum(dim=1).tolist()
    for spot in range(3):
        own = zero[:, 8 * spot : 8 * spot + 8]
        for part in ("weights", "bias"):
            changed = (after.parts()[f"hidden{spot}.{part}"] != before.parts()[f"hidden{spot}.{part}"]).any(dim=1)
            assert not (changed & ~own).any()
            if part == "weights":
                assert (changed == own).all()
            else:
                assert (after.parts()[f"hidden{spot}.bias"][:, 0][own] == 0).all()
    assert torch.equal(after.parts()["out.weights"], before.parts()["out.weights"])


def test_as_many_live_units_begin_anew_where_there_are_so_many() -> None:
    before, after, found = renewed("live")
    zero = torch.from_numpy(found.zero[:, 2])
    for spot in range(3):
        own = zero[:, 8 * spot : 8 * spot + 8]
        name = f"hidden{spot}.weights"
        changed = (after.parts()[name] != before.parts()[name]).any(dim=1)
        assert not (changed & own).any()
        wanted = torch.minimum(own.sum(dim=1), (~own).sum(dim=1))
        assert changed.sum(dim=1).tolist() == wanted.tolist()


def test_nothing_begins_anew_where_nothing_is_asked_for() -> None:
    before, after, found = renewed("none")
    assert torch.equal(before.buffer, after.buffer)
    assert not found.anew.any()


def test_networks_that_overflow_are_stuck_and_keep_their_last_reading() -> None:
    taken = census([3, 4], steps=3 * EPOCH, name="elu")
    stack, history = learn([3, 4], [0.1, 1e18], taken, steps=3 * EPOCH, name="elu")
    found = taken.found(stack)
    assert history.diverged[1]
    assert not stack.buffer[1].isfinite().all()
    assert found.stuck[1, -1].all()
    assert not found.zero[1].any()
    assert not found.stuck[0].any()


# --- births -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "layers", "wanted"), [(2, 10, 0.880), (3, 10, 0.576), (4, 20, 0.625), (8, 20, 0.036)]
)
def test_born_dead_networks_are_as_many_as_computed_elsewhere(width: int, layers: int, wanted: float) -> None:
    found = units.born_dead(0, width=width, layers=layers, networks=20_000)
    assert len(found) == layers - 1
    noise = math.sqrt(wanted * (1 - wanted) * (1 / 20_000 + 1 / 100_000))
    assert found[-1] == pytest.approx(wanted, abs=4 * noise + 5e-4)
    bounds = [units.bound(width, one) for one in range(2, layers + 1)]
    assert (found <= np.array(bounds) + 4 * noise).all()
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("width", [1, 2, 3])
def test_three_layers_and_one_input_are_dead_as_often_as_the_formula_says(width: int) -> None:
    exact = units.two_layers(width)
    found = units.born_dead(1, width=width, layers=3, networks=40_000)[-1]
    assert found == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 40_000))
    one_ray = 1 - (1 - 0.5**width) ** 2  # what testing one side of 0 alone would give
    assert abs(found - one_ray) > 0.05


@pytest.mark.parametrize("width", [1, 2, 3])
def test_the_exact_probability_is_that_of_all_sign_patterns(width: int) -> None:
    """Every first layer is told by the signs of its weights; a unit of the second is then silent by chance."""
    total = 0.0
    for signs in itertools.product((-1, 1), repeat=width):
        sides = len(set(signs))
        total += 0.5**width * (0.25**width if sides == 2 else 0.5**width)
    assert units.two_layers(width) == pytest.approx(total, rel=1e-12)
