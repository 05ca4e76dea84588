"""The tuning step that comparisons share: grids grow, edges and divergence are told, seeds and data stay apart."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from acts import records, trials, tuned
from acts.jobs import Run
from acts.tuned import Search

FIXED = {
    "dataset": "spirals", "network": "mlp_2x8", "norm": "none", "optimizer": "sgd", "schedule": "constant",
    "dropout": 0.0, "decay": 0.0, "steps": 30, "batch": 32, "evaluations": 5, "device": "cpu", "dtype": "float32",
}  # fmt: skip
RATES = (0.25, 0.5, 1.0)
Response = Callable[[Run], float]


def search(**changed: Any) -> Search:
    given: dict[str, Any] = {"inits": ("he", "lecun"), "seeds": 3, "rates": RATES, "growths": 2, **changed}
    return Search(FIXED, **given)


def row(activation: str, run: Run, value: float) -> dict[str, Any]:
    who = {"experiment": "toy", "activation": activation, **{name: run[name] for name in tuned.WHO}}
    who["arm"] = run["arms"][0] if "arms" in run else None
    return {**who, "split": "validation", "metric": "loss", "value": value}


def play(response: Response, asked: Search, *, activation: str = "relu") -> tuple[list[Run], list[Run]]:
    """Return tuning and final runs once nothing is missing, with a formula in place of training."""
    rows: dict[str, dict[str, Any]] = {}
    while True:
        measured = tuned.curves(records.frame(rows.values()), "toy", "loss")
        planned = list(tuned.jobs("toy", activation, asked, measured))
        runs = {repr(run): run for job in planned for run in job.runs}
        tune = {name: run for name, run in runs.items() if run["phase"] == "tune"}
        if tune.keys() <= rows.keys():
            return list(tune.values()), [run for name, run in runs.items() if name not in tune]
        rows |= {name: row(activation, run, response(run)) for name, run in tune.items()}


def valley(at: float) -> Response:
    return lambda run: 1 + (np.log2(run["lr"] / at)) ** 2 + (run["init"] == "lecun")


def test_every_final_seed_has_a_tuning_run_of_its_own_at_every_rate():
    tune, final = play(valley(0.5), search())
    assert sorted((run["seed"], run["init"], run["lr"]) for run in tune) == sorted(
        (1000 + seed, rule, rate) for seed in range(3) for rule in ("he", "lecun") for rate in RATES
    )
    assert [(run["seed"], run["init"]) for run in final] == [(s, rule) for s in range(3) for rule in ("he", "lecun")]
    assert all(run["split"] == run["seed"] % 1000 for run in (*tune, *final))
    assert not {run["seed"] for run in tune} & {run["seed"] for run in final}


def test_an_optimum_inside_the_grid_grows_nothing():
    _, final = play(valley(0.5), search())
    assert {(run["lr"], run["edge"]) for run in final} == {(0.5, 0)}


@pytest.mark.parametrize(("at", "grown"), [(2.0, (2.0, 4.0)), (0.125, (0.0625, 0.125))])
def test_an_optimum_beyond_the_grid_grows_it_until_it_lies_inside(at, grown):
    tune, final = play(valley(at), search())
    assert {run["lr"] for run in tune} == {*RATES, *grown}
    assert {(run["lr"], run["edge"]) for run in final} == {(at, 0)}


@pytest.mark.parametrize(("at", "edge"), [(1024.0, 1), (2.0**-20, -1)])
def test_an_optimum_that_stays_on_the_edge_is_told(at, edge):
    tune, final = play(valley(at), search(growths=1))
    rates = [run["lr"] for run in tune]
    assert {(run["lr"], run["edge"]) for run in final} == {(max(rates) if edge > 0 else min(rates), edge)}
    assert len(set(rates)) == len(RATES) + 2


def test_only_the_seed_on_its_edge_grows():
    def response(run):
        return valley(2.0 if run["seed"] == 1001 else 0.5)(run)

    tune, final = play(response, search())
    assert {run["lr"] for run in tune if run["seed"] != 1001} == set(RATES)
    assert {run["lr"] for run in final if run["seed"] == 1} == {2.0}


def test_a_seed_is_tuned_by_its_own_curve_alone():
    calm = play(valley(0.5), search())[1]
    wild = play(lambda run: np.inf if run["seed"] == 1002 else valley(0.5)(run), search())[1]
    assert [run for run in wild if run["seed"] < 2] == [run for run in calm if run["seed"] < 2]
    assert [run for run in wild if run["seed"] == 2] != [run for run in calm if run["seed"] == 2]


def test_the_rate_below_a_divergence_is_left_alone():
    _, final = play(lambda run: np.inf if run["lr"] >= 1 else valley(0.5)(run), search())
    assert {run["lr"] for run in final} == {0.25}


def test_best_picks_init_and_rate_together():
    _, final = play(valley(0.5), search())
    assert [run["arms"] for run in final] == [["each", "best"], ["each"]] * 3
    lost = play(lambda run: np.inf if run["init"] == "he" else valley(0.5)(run), search(growths=0))[1]
    assert [run["arms"] for run in lost] == [["each"], ["each", "best"]] * 3


def test_no_final_run_is_planned_before_every_init_is_tuned():
    asked = search(seeds=1)
    (job,) = tuned.jobs("toy", "relu", asked, {})
    rows = [row("relu", run, 1.0 + (run["lr"] != 0.5)) for run in job.runs if run["init"] == "he"]
    half = tuned.curves(records.frame(rows), "toy", "loss")
    assert {run["phase"] for job in tuned.jobs("toy", "relu", asked, half) for run in job.runs} == {"tune"}


def test_an_init_that_an_activation_does_not_have_is_left_out():
    _, final = play(lambda run: valley(0.5)({**run, "init": "he"}), search(inits=("critical", "he")), activation="relu")
    assert {run["init"] for run in final} == {"critical", "he"}
    for name in ("softplus", "swiglu"):
        _, final = play(valley(0.5), search(inits=("critical", "he")), activation=name)
        assert {run["init"] for run in final} == {"he"}
        assert play(valley(0.5), search(inits=("critical",)), activation=name) == ([], [])


def test_scales_are_deviations_of_weights_and_biases_at_a_fan_in_of_one():
    assert tuned.scales("relu", "he") == pytest.approx([2**0.5, 0, 2**0.5, 0, 2**0.5, 0, False])
    first, shift, *others, uniform = tuned.scales("tanh", "stable")
    assert others == pytest.approx([1.467414, 0.388542, 1, 0], abs=1e-6)
    assert not uniform
    assert first**2 + shift**2 == pytest.approx(1)
    assert tuned.scales("relu", "torch_default")[6] is True


def test_tuning_runs_may_differ_in_what_is_watched():
    tune, final = play(valley(0.5), search(while_tuning={"evaluations": 1}))
    assert {run["evaluations"] for run in tune} == {1}
    assert {run["evaluations"] for run in final} == {5}


def test_jobs_on_a_cpu_are_short_and_fill_groups(monkeypatch):
    monkeypatch.setattr(trials, "seconds", lambda _, runs, scored: 1.0 * len(runs) + scored)
    planned = list(tuned.jobs("toy", "relu", search(seeds=20), {}))
    assert [len(job.runs) for job in planned] == [16, 16, 16, 16, 16, 16, 16, 8]
    assert [job.seconds for job in planned] == [*[16.0] * 7, 8.0]
    assert len({repr(run) for job in planned for run in job.runs}) == 120


def test_a_gpu_is_given_all_runs_at_once(monkeypatch):
    monkeypatch.setattr(trials, "seconds", lambda _, runs, scored: 1.0 * len(runs) + scored)
    asked = Search({**FIXED, "device": "cuda"}, ("he",), 20, RATES, 2)
    assert [len(job.runs) for job in tuned.jobs("toy", "relu", asked, {})] == [60]


def test_curves_tell_arms_apart_and_leave_other_records_out():
    (job,) = tuned.jobs("toy", "relu", search(seeds=1, inits=("he",)), {})
    rows = [row("relu", run, run["lr"]) for run in job.runs]
    other = [{**one, **changed} for one in rows for changed in (
        {"norm": "batch"}, {"optimizer": "adam"}, {"experiment": "another"}, {"metric": "error"}, {"split": "test"},
    )]  # fmt: skip
    found = tuned.curves(records.frame([*rows, *other]), "toy", "loss")
    arm = ("relu", "spirals", "mlp_2x8", "none", "sgd", "", "he", 1000)
    assert found[arm] == {0.25: 0.25, 0.5: 0.5, 1.0: 1.0}
    assert len(found) == 3


def test_a_tag_tells_searches_of_one_activation_apart_and_names_their_arms():
    """Two studies of one activation in one cell must neither share a tuned rate nor a key."""
    tune, final = play(valley(0.5), search(tag="study=shift"))
    assert {tuple(run["arms"]) for run in tune} == {("study=shift",)}
    assert {run["arms"][0] for run in final} == {"each;study=shift"}
    assert {run["arms"][-1] for run in final if run["init"] == "he"} == {"best;study=shift"}
    rows = records.frame(row("relu", run, run["lr"]) for run in tune)
    (job,) = tuned.jobs("toy", "relu", search(), tuned.curves(rows, "toy", "loss"))
    assert {run["phase"] for run in job.runs} == {"tune"}


def test_scales_may_be_those_of_another_activation():
    (job,) = tuned.jobs("toy", "tanh", search(scales_of="gelu", inits=("stable",)), {})
    assert {tuple(run["scales"]) for run in job.runs} == {tuple(tuned.scales("gelu", "stable") or ())}
