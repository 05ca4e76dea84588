"""The playground without a browser: what it offers, draws, trains and measures, and how fast it draws."""

import dataclasses
import re
import threading
import time

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from acts import activations, playground, theory, training, trials, units
from acts.activations.own import OwnError
from acts.playground import charts, layers, learner, lessons, offers, shapes, signals
from acts.playground.charts import Panel, Stroke
from acts.playground.learner import Learner, Setting
from acts.playground.pick import NONE, Pick

SMALL = Setting(depth=2, width=8, steps=40)
PAINT = Stroke("f", "#1459d6", "")


@pytest.fixture(scope="module")
def offered() -> dict[str, str]:
    return offers.functions("smoke")


def test_every_function_of_one_number_is_offered_and_others_are_not(offered: dict[str, str]) -> None:
    names = set(offered.values())
    assert {"relu", "swish", "gelu", "rrelu"} <= names
    assert not names & {"softmax", "glu", "maxout", "crelu"}


def test_functions_that_a_configuration_brings_along_come_first() -> None:
    with activations.temporarily():
        assert next(iter(offers.functions("yours").values())) == "my_bump"


@pytest.mark.parametrize(
    ("formula", "letters"),
    [
        ("x * sigmoid(beta*x + S)", ["beta", "S"]),
        ("where(x > pi, a*x, tanh(x))", ["a"]),
        ("x", []),
        ("x +", []),
        ("a" * 2000, []),
    ],
)
def test_letters_of_a_formula_become_sliders(formula: str, letters: list[str]) -> None:
    assert offers.letters_of(formula) == letters


def test_a_typed_formula_is_read_by_the_whitelist() -> None:
    assert float(offers.typed("x * exp(-b*x**2)", {"b": 2.0})(torch.tensor(1.0))) == pytest.approx(np.exp(-2))
    with pytest.raises(OwnError, match="__import__"):
        offers.typed("__import__('os').system('true')", {})


def test_a_pick_follows_its_menu_and_its_sliders(offered: dict[str, str]) -> None:
    called: list[int] = []
    pick = Pick(offered, "swish", name="f", changed=lambda: called.append(1), needed=False)
    pick.sliders["beta"].value = 2.0
    assert pick.activation is not None
    assert pick.activation.name == "swish(beta=2)"
    pick.menu.value = NONE
    assert (pick.activation, pick.fault, pick.sliders) == (None, "", {})
    pick.menu.value = offers.FORMULA
    pick.text.value = "x /"
    assert pick.activation is None
    assert pick.fault.startswith("yours: formula")
    assert len(called) == 4


def test_moving_a_slider_draws_another_picture_and_other_facts() -> None:
    made = playground.curves("smoke", shown=("leaky_relu",))
    picture, facts = made.chart.value, made.facts.value
    made.picks[0].sliders["alpha"].value = 0.5
    assert made.chart.value != picture
    assert made.facts.value != facts
    assert ">0.625<" in made.facts.value  # E f(z)² = (1 + α²)/2


def test_a_picture_takes_less_than_a_tenth_of_a_second() -> None:
    chosen = [activations.get(name) for name in ("swish", "gelu", "mish")]
    shapes.drawn(chosen)
    spent = []
    for _ in range(5):
        began = time.process_time()
        shapes.drawn(chosen)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.1


def test_the_shapes_say_what_the_rooms_compute() -> None:
    row = shapes.facts(activations.get("gelu"))
    found = theory.stable_init("gelu")
    assert float(row["sigma_w"]) == pytest.approx(found.sigma_w, rel=5e-3)
    assert row["minimum"].startswith("−0.170 at −0.75")


def test_lines_break_where_a_value_is_not_a_number_and_stay_in_the_picture() -> None:
    panel = Panel("t", x=(0, 4), y=(0, 1))
    panel.line(np.arange(5.0), np.array([0, 1, np.nan, 1, 1e30]), PAINT)
    path = re.search(r'd="([^"]+)"', panel.marks[0])[1]
    assert path.count("M") == 2
    assert "nan" not in path
    assert "e+" not in path


@pytest.mark.parametrize(("low", "high"), [(-5.3, 5.3), (0, 1), (-1e-3, 2e-3), (1, 100), (-30.2, 1.1), (0, 1.6)])
def test_ticks_are_few_round_and_inside(low: float, high: float) -> None:
    found = charts.ticks(low, high, most=5)
    assert 2 <= len(found) <= 7
    assert all(low - 1e-9 <= value <= high + 1e-9 for value, _ in found)
    assert all(len(text) <= 7 for _, text in found)


def test_functions_of_one_family_are_told_apart() -> None:
    chosen = [activations.get(name) for name in ("relu", "leaky_relu", "elu")]
    drawn = charts.strokes(chosen)
    assert len({one.colour for one in drawn}) == len({one.dash for one in drawn}) == 3


def finished(name: str, setting: Setting) -> Learner:
    made = Learner(activations.get(name), setting).start()
    made.join()
    assert made.fault == ""
    return made


def test_networks_learn_as_those_of_the_review_do() -> None:
    """The same runs without anybody looking end in the same numbers, bit for bit."""
    watched = finished("tanh", SMALL)
    runs = learner.runs(activations.get("tanh"), SMALL)
    alone = trials.train(activations.get("tanh"), runs, watch="test", rows=32)
    assert torch.equal(watched.frames[-1].stack.buffer, alone.stack.buffer)
    assert [watched.frames[0].step, watched.frames[-1].step] == [0, 40]


def test_two_functions_start_from_the_same_draw_and_see_the_same_rows() -> None:
    setting = Setting(depth=2, width=8, steps=40, init="he")
    first, second = (finished(name, setting) for name in ("relu", "swish"))
    assert torch.equal(first.frames[0].stack.buffer, second.frames[0].stack.buffer)
    rows = [trials.feed(learner.runs(one.activation, setting), "train").rows for one in (first, second)]
    assert torch.equal(*rows)


def test_dead_units_of_relu_are_counted_and_stopping_keeps_what_was_seen() -> None:
    dead = finished("relu", Setting(depth=4, width=16, steps=80, optimizer="plain_sgd", lr=1.0, init="he"))
    assert dead.frames[-1].flat.mean() > dead.frames[0].flat.mean()
    tested = trials.feed(learner.runs(dead.activation, dead.setting), "test", rows=learner.TESTED)
    zero = units.zeros(dead.frames[-1].stack, trials.nonlinearity(dead.activation), tested)
    assert_allclose(dead.frames[-1].flat, zero.double().mean(dim=1).numpy())
    endless = Learner(activations.get("relu"), Setting(steps=200_000)).start()
    while not endless.frames:
        time.sleep(0.01)
    endless.stop()
    endless.join()
    assert (endless.fault, endless.alive) == ("", False)
    assert endless.frames


def test_an_init_that_a_function_does_not_have_is_said_and_the_other_function_learns() -> None:
    made = playground.learning("smoke", shown=("relu", "tanh"), setting=SMALL)
    made.picks[0].menu.value = "hardshrink"
    made.settings["init"].value = "critical"
    made.learn()
    assert made.learners[0].fault
    assert made.learners[1].frames
    assert made.chart.value.count("<image") == 1


def test_a_lesson_ends_with_its_pairs_in_words() -> None:
    made = playground.learning("smoke", setting=SMALL)
    made.learn()
    assert re.search(r"Pair by pair ReLU errs less than tanh in \d of 8, more in \d", made.told.value)
    errors = [one.frames[-1].error for one in made.learners]
    assert f"in {int((errors[0] < errors[1]).sum())} of 8" in made.told.value
    before = made.told.value
    made.learn()
    assert made.told.value == before  # the same seeds give the same end
    made.anew.click()
    assert made.seed == learner.PAIRS
    assert made.chart.value.count("<image") == 2


def test_a_surface_is_that_of_the_first_network() -> None:
    made = finished("tanh", Setting(steps=200, lr=0.1))
    share, across, up = made.surface(made.frames[-1], side=40)
    points, classes = made.points()
    column = ((points[:, 0] - across[0]) / (across[1] - across[0]) * 39).round().astype(int)
    row = ((up[1] - points[:, 1]) / (up[1] - up[0]) * 39).round().astype(int)
    assert ((share[row, column] > 0.5) == (classes == 1)).mean() > 0.9
    assert lessons.drawn([made]).count("<image") == 1


@pytest.mark.parametrize(("name", "rule"), [("tanh", "stable"), ("relu", "he"), ("gelu", "torch_default")])
def test_wide_networks_do_what_theory_says(name: str, rule: str) -> None:
    found = signals.flow(activations.get(name), theory.init(name, rule), depth=8, width=256, seed=0)
    assert_allclose(found.length.mean(axis=0), found.length_theory, atol=0.12)
    assert_allclose(found.gradient.mean(axis=0), found.gradient_theory, atol=0.2)
    assert found.gradient[:, -1].tolist() == [0.0] * signals.NETWORKS


def test_gradients_are_those_of_autograd() -> None:
    init = theory.init("tanh", "he")
    found = signals.flow(activations.get("tanh"), init, depth=3, width=16, seed=3)
    weights, biases = signals._drawn(3, 16, 3, uniform=False)
    h = signals._normal(3, 2, (signals.NETWORKS, signals.INPUTS, 16)) @ weights[0] * init.first(fan_in=16).weight
    first = (h + biases[0] * init.first(fan_in=16).bias).requires_grad_()
    h, scale = first, init.hidden(fan_in=16)
    for weight, bias in zip(weights[1:], biases[1:], strict=True):
        h = torch.tanh(h) @ weight * scale.weight + bias * scale.bias
    vector = signals._normal(3, 1, tuple(h.shape))
    vector = vector / vector.norm(dim=-1, keepdim=True)
    (gradient,) = torch.autograd.grad(h, first, vector)
    assert_allclose(found.gradient[:, 0], gradient.square().sum(-1).mean(-1).log10().numpy(), atol=1e-9)


def test_where_the_fast_path_overflows_the_accurate_one_is_taken() -> None:
    tanh = activations.get("tanh")
    broken = dataclasses.replace(tanh, fast=lambda x: x * float("nan"))
    found, right = (signals.flow(one, theory.init("tanh", "he"), depth=4, width=16, seed=0) for one in (broken, tanh))
    assert_allclose(found.length, right.length, atol=1e-12)
    assert_allclose(found.gradient, right.gradient, atol=1e-12)


def test_a_scale_that_is_slid_draws_no_new_networks() -> None:
    made = playground.depth("smoke")
    made.init.value = layers.BY_HAND
    drawn = signals._normal.cache_info().misses
    made.sigma_w.value = 2.0
    assert signals._normal.cache_info().misses == drawn


def test_depth_follows_its_controls_and_says_what_has_no_init() -> None:
    made = playground.depth("smoke")
    pictures = [made.chart.value]
    made.init.value = layers.BY_HAND
    pictures.append(made.chart.value)
    made.sigma_w.value = 3.0
    made.depth.value = 100
    pictures.append(made.chart.value)
    assert len(set(pictures)) == 3
    assert "nan" not in made.chart.value
    made.picks[1].menu.value = "hardshrink"
    made.init.value = "critical"
    assert "hardshrink" in made.told.value


def test_nothing_of_the_playground_loads_before_it_is_asked_for() -> None:
    assert set(playground.__all__) == {"curves", "depth", "learning"}
    with pytest.raises(AttributeError, match="nonsense"):
        _ = playground.nonsense


def test_one_who_looks_changes_nothing_that_others_share() -> None:
    assert isinstance(learner.Watch(print, 1, threading.Event()), training.Visitor)
