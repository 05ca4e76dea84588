"""What a reader slides over: trees say what formulas say, and tables on grids what properties and theory say."""

import dataclasses
import json
import math
from collections.abc import Iterator

import numpy as np
import pytest
from torch import Tensor

import acts
from acts import properties, theory, trees
from acts.activations import Activation
from acts.activations.functions import FUNCTIONS
from acts.facts import signal, sliders

Facts = dict[tuple[str, str | None], float]
CALLS = {"where": "where(x > 0, x, 1)", "clamp": "clamp(x, -1, 1)"}
PAIRS = {"max", "min", "Max", "Min"}


def found(name: str) -> Facts:
    return {(row["metric"], row.get("arm")): row["value"] for row in sliders.of(acts.get(name))}


@pytest.fixture(scope="module", autouse=True)
def few_levels() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sliders, "STEPS", {0: 1, 1: 4, 2: 2, 3: 2})
        yield


@pytest.fixture(scope="module")
def swish() -> Facts:
    return found("swish")


def test_every_element_wise_function_has_a_tree_and_no_other_has() -> None:
    table = trees.beside(acts.activations.catalogue()).set_index("name")
    assert table["tree"].notna().tolist() == table["elementwise"].tolist()
    for text in table["tree"].dropna():
        steps = json.loads(text)["steps"]
        places = [[one for one in step[1:] if isinstance(one, int)] for step in steps if step[0] != "number"]
        assert max(map(len, places)) >= 0
        assert len({json.dumps(step) for step in steps}) == len(steps), "what occurs twice stands once"


def test_a_step_names_only_steps_before_it() -> None:
    for place, step in enumerate(trees.tree(acts.get("serf"))["steps"]):
        if step[0] not in ("number", "letter"):
            assert all(before < place for before in step[1:])


@pytest.mark.parametrize("call", sorted(FUNCTIONS))
def test_every_function_that_a_formula_may_call_has_a_word(call: str) -> None:
    text = CALLS.get(call, f"{call}(x, 1)" if call in PAIRS else f"{call}(x*x + 1)")
    own = dataclasses.replace(acts.get("identity"), formula=text, name="own")
    assert len(trees.tree(own)["outputs"]) == 3


def test_a_function_that_is_not_element_wise_has_none() -> None:
    with pytest.raises(ValueError, match="softmax is not element-wise"):
        trees.tree(acts.get("softmax"))


def test_parameters_stay_letters_and_constants_become_numbers() -> None:
    selu, swish = (trees.tree(acts.get(name))["steps"] for name in ("selu", "swish"))
    assert ["letter", "beta"] in swish
    assert not [step for step in selu if step[0] == "letter"]


@pytest.mark.parametrize("name", acts.names())
def test_levels_rise_and_hold_the_default(name: str) -> None:
    activation = acts.get(name)
    for letter, levels in sliders.grids(activation).items():
        assert activation.parameters[letter] in levels
        assert list(levels) == sorted(set(levels))
        assert levels[0] <= 0 <= levels[-1] or levels[0] > 0


def test_a_parameter_without_a_value_at_zero_is_slid_in_even_ratios() -> None:
    levels = sliders.grids(acts.get("softplus"))["beta"]
    assert (levels[0], levels[-1]) == (0.25, 4.0)
    assert np.diff(np.log(levels)) == pytest.approx(math.log(16) / 4, abs=2e-3)


def test_bounds_on_the_grid_are_those_of_properties(swish: Facts) -> None:
    known = properties.of("swish", beta=2.0)
    assert known.minimum is not None
    assert swish["minimum", "beta=2"] == pytest.approx(known.minimum[1], rel=1e-12)
    assert swish["minimum_x", "beta=2"] == pytest.approx(known.minimum[0], rel=1e-9)
    assert swish["lipschitz", "beta=2"] == pytest.approx(known.lipschitz, rel=1e-12)
    assert swish["minimum", "beta=1"] == pytest.approx(-0.278464542761073795, rel=1e-14)
    assert swish["lipschitz", "beta=1"] == pytest.approx(1.09983932012886692, rel=1e-14)


def test_a_bound_that_is_not_reached_is_no_minimum() -> None:
    elu = found("elu")
    assert elu["infimum", "alpha=2"] == -2
    assert ("minimum", "alpha=2") not in elu
    assert elu["minimum", "alpha=0"] == 0


@pytest.mark.parametrize("scale", [0.25, 1.0, 2.0])
def test_the_init_on_the_grid_is_the_stable_one_of_the_scaled_function(swish: Facts, scale: float) -> None:
    own = theory.stable_init("swish", beta=2.0, stretch=scale)
    arm = sliders.written({"beta": 2.0, "scale": scale})
    assert swish["sigma_w", arm] == pytest.approx(own.sigma_w, rel=1e-10)
    assert swish["sigma_b", arm] == pytest.approx(own.sigma_b, rel=1e-6, abs=1e-9)


def test_an_init_lands_on_the_table_of_the_definition() -> None:
    gelu = found("gelu")
    assert gelu["sigma_w", "scale=1"] == pytest.approx(1.339569, abs=5e-7)
    assert gelu["sigma_b", "scale=1"] == pytest.approx(0.486789, abs=5e-7)


def test_a_function_that_hardly_bends_is_read_by_itself() -> None:
    arm = sliders.written({"lambd": 2.0, "scale": 0.25})
    own = theory.stable_init("softshrink", lambd=2.0, stretch=0.25)
    assert found("softshrink")["sigma_w", arm] == pytest.approx(own.sigma_w, rel=1e-10)


def test_what_does_not_exist_has_no_row() -> None:
    flat = [row for row in sliders.of(acts.get("hardtanh")) if row.get("arm", "").startswith("min_val=0;max_val=0;")]
    assert flat == []


def test_a_function_of_ones_own_gets_its_grids() -> None:
    with acts.activations.temporarily():

        @acts.register("x*exp(-c*x**2)", "None 2024", family="own", label="bump", c=1.0)
        def bump(x: Tensor, c: float) -> Tensor:
            return x * (-c * x * x).exp()

        assert isinstance(bump, Activation)
        bumps = found("bump")
        assert bumps["minimum", "c=1"] == pytest.approx(-((2 * math.e) ** -0.5), rel=1e-12)
        assert trees.tree(bump)["outputs"]


def test_layers_are_followed_one_by_one() -> None:
    rows = {(row["metric"], row["init"], row["layer"]): row["value"] for row in signal.layers(acts.get("relu"))}
    assert rows["log10_length", "he", 1] == 0
    assert rows["log10_length", "he", 30] == pytest.approx(0, abs=1e-12)
    assert rows["chi", "stable", 30] == pytest.approx(0.9, rel=1e-9)
