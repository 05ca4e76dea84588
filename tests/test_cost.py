"""Cost: functions timed in turns in a process of their own, bytes counted exactly, and jobs that are done alone."""

import json
import math
import shutil
import subprocess
import sys
import time
from pathlib import Path

import figure_records
import pandas as pd
import pytest
import taken
import torch
from matplotlib.figure import Figure

from acts import activations, figures, params, records
from acts.activations import own, registry
from acts.engine import desk, keys
from acts.engine.progress import Teller
from acts.engine.work import _match
from acts.experiments import cost
from acts.figures import timings
from acts.jobs import Job
from acts.stopwatch import functions, laps, orders, saved, steps

NAMES = ("identity", "sigmoid", "relu", "softsign", "gelu")
ORDER = {"activations": NAMES, "reference": "relu", "seed": 3, "device": "cpu", "seconds": 1e-3}
TOYS = Path(__file__).parent / "toys"
CATALOGUE = figure_records.catalogue()


def section(**changes):
    """Return a configuration that asks for a small measurement of cost."""
    given = {"activations": NAMES, "processes": 2, "sizes": (256,), "dtypes": ("float32", "bfloat16"),
             "steps": {"mlp_2x8": (4,), "mlp_2x16": (4,)}, "seconds": 1e-3}  # fmt: skip
    asked = params.Experiments(cost=params.measured.Cost(**{**given, **changes}))
    return params.Params(title="small", experiments=asked, notebooks=("a",))


def jobs(**changes):
    """Return the jobs of a small measurement."""
    return cost.plan(section(**changes), records.frame([]))


@pytest.fixture(scope="module")
def measured():
    """Return the records of one process."""
    (job,) = jobs(processes=1)
    return records.check(records.concat(cost.measure(job)))


# --- plan and key -----------------------------------------------------------------------------------------------------


def test_a_job_is_a_process_and_names_what_it_measures_beside_relu():
    first, second = jobs()
    assert first.activation == second.activation == "relu"
    assert set(first.others) == set(NAMES) - {"relu"}
    assert [run["seed"] for job in (first, second) for run in job.runs] == [0, 1]
    assert cost.plan(params.Params(title="none", experiments=params.Experiments(), notebooks=("a",)), None) == []


def test_relu_is_measured_though_nobody_asked_for_it():
    (job,) = jobs(activations=("tanh",), processes=1, compiled=("gelu",))
    assert job.runs[0]["activations"] == ["relu", "tanh"]
    assert job.runs[0]["compiled"] == ["relu", "gelu"]
    assert set(job.others) == {"tanh", "gelu"}


BUMP = {"my_bump": {"formula": "x * exp(-x**2)", "label": "", "parameters": {}, "learn": []}}


@pytest.fixture
def brought(monkeypatch):
    """Return the jobs of a configuration that brings a function along, and those of the same without it."""
    monkeypatch.delenv(own.VARIABLE, raising=False)
    small = {"processes": 2, "sizes": (64,), "dtypes": ("float32",), "steps": {"mlp_1x8": (4,)}}
    plain = jobs(**small)
    formulas = {"my_bump": params.own.OwnFormula(formula="x * exp(-x**2)")}
    with registry.temporarily():
        own.admit({"formulas": BUMP})
        own.hand_on({"formulas": BUMP})
        joined = section(**small).model_copy(update={"formulas": formulas}).with_own()
        yield plain, cost.plan(joined, records.frame([]))


def test_an_own_function_has_processes_of_its_own_and_leaves_the_others_theirs(brought):
    plain, joined = brought
    assert [keys.keys(job, cost) for job in joined[:2]] == [keys.keys(job, cost) for job in plain]
    assert [(job.activation, job.runs[0]["seed"]) for job in joined[2:]] == [("my_bump", 0), ("my_bump", 1)]
    assert joined[2].runs[0]["activations"] == [*plain[0].runs[0]["activations"], "my_bump"]


def test_what_is_timed_along_with_an_own_function_is_not_said_again(brought):
    (table,) = cost.measure(brought[1][2])
    assert set(table["activation"]) == {"my_bump"}
    ratios = set(table["metric"])
    assert ratios == {*(f"{one}_time_ratio" for one in ("forward", "backward", "both", "step", "share")), "saved_bytes"}
    _match([table], brought[1][2])


def test_the_key_of_a_process_holds_every_function_that_it_measures(monkeypatch):
    job = jobs(processes=1)[0]
    before = keys.keys(job, cost)
    assert keys.keys(Job(job.experiment, job.activation, job.runs, job.seconds), cost) != before
    source = keys.function_source
    monkeypatch.setattr(keys, "function_source", lambda name: "changed" if name == "gelu" else source(name))
    assert keys.keys(job, cost) != before
    assert job.only([True]).others == job.others


def test_records_may_speak_of_what_the_job_names_and_of_nothing_else():
    job = Job("cost", "relu", ({"seed": 0},), 1.0, ("gelu",))
    row = {"experiment": "cost", "phase": "init", "metric": "saved_bytes", "value": 1.0}
    _match([records.frame([{**row, "activation": name} for name in ("relu", "gelu")])], job)
    with pytest.raises(ValueError, match="activation 'mish', not 'relu' or 'gelu'"):
        _match([records.frame([{**row, "activation": "mish"}])], job)


def test_jobs_that_want_to_be_alone_start_no_workers(tmp_path, monkeypatch):
    def workers(_, count):
        raise AssertionError(f"{count} workers started")

    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(desk.Desk, "_local", workers)
    toy = keys.resolve("toy", str(TOYS / "toy.py"))
    asked = params.Params(title="toy", experiments=params.Experiments(), notebooks=("a",))
    with desk.at(asked, teller=Teller(quiet=True), engine="local", worth_starting=0.0) as at:
        with pytest.raises(AssertionError, match="workers started"):
            at.compute(toy)
        monkeypatch.setattr(toy, "alone", True, raising=False)
        assert at.compute(toy).failures == []
    assert cost.alone


# --- in turns ---------------------------------------------------------------------------------------------------------


def lap(*stretches, made, name):
    """Return a lap that says what it took, and notes that it was run."""
    times = iter(stretches)

    def run():
        made.append(name)
        return (next(times),)

    return run


def test_every_side_has_one_lap_a_round_and_the_first_round_does_not_count():
    made = []
    sides = {
        "a": lap(900, 1, 2, 3, 4, 5, made=made, name="a"),
        "b": lap(900, 50, 10, 10, 10, 10, made=made, name="b"),
    }
    found = laps.medians(sides, seed=0, seconds=0.0, fewest=5)
    assert {name: times.tolist() for name, times in found.items()} == {"a": [3.0], "b": [10.0]}
    assert all(set(made[place : place + 2]) == {"a", "b"} for place in range(0, 12, 2))


def test_the_order_changes_and_repeats_with_the_seed():
    def orders_of(seed):
        made = []
        sides = {name: lap(*range(99), made=made, name=name) for name in "abcdef"}
        laps.medians(sides, seed=seed, seconds=0.0, fewest=9)
        return "".join(made)

    assert orders_of(1) == orders_of(1)
    assert len({orders_of(1)[place : place + 6] for place in range(6, 60, 6)}) > 3


def test_what_takes_longer_is_slower():
    def working(seconds):
        def run():
            start = time.perf_counter_ns()
            time.sleep(seconds)
            return (time.perf_counter_ns() - start,)

        return run

    found = laps.medians({"quick": working(0.0), "slow": working(0.02)}, seed=0, seconds=0.0)
    assert found["slow"][0] > 2 * found["quick"][0]


# --- what is measured -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", functions.TORCH)
def test_the_module_of_torch_is_the_activation(name):
    x = torch.linspace(-4.3, 4.3, 41, dtype=torch.float64)
    found = functions.module(name).double()(x)
    assert torch.allclose(found, activations.get(name)(x), rtol=1e-6, atol=1e-7)


def test_what_torch_does_not_have_comes_from_our_fast_path():
    x = torch.linspace(-3, 3, 7)
    assert torch.equal(functions.module("telu")(x), activations.get("telu").kernel(x))


def test_a_plain_network_has_one_activation_a_hidden_layer():
    network = steps.perceptron("mlp_3x8", "tanh", seed=1)
    assert [type(part).__name__ for part in network] == ["Linear", "Tanh"] * 3 + ["Linear"]
    assert torch.equal(network[0].weight, steps.perceptron("mlp_3x8", "gelu", seed=1)[0].weight)
    with pytest.raises(ValueError, match="'cnn_2x8' is not measured"):
        steps.sizes("cnn_2x8")


def test_a_step_trains():
    network = steps.perceptron("mlp_1x8", "relu", seed=1)
    before = network[0].weight.detach().clone()
    (taken,) = steps.lap(network, *steps.examples(4, device="cpu"))()
    assert taken > 0
    assert not torch.equal(before, network[0].weight)


def test_bytes_are_counted_once_a_storage():
    x = torch.ones(10, requires_grad=True)
    assert saved.saved_bytes(lambda: x.exp()) == 40  # its output
    assert saved.saved_bytes(lambda: x * x) == 40  # twice the same tensor
    assert saved.saved_bytes(lambda: x * x, without=[x]) == 0


def test_functions_that_need_their_input_keep_more_in_a_network(measured):
    kept = records.where(measured, metric="saved_bytes", dtype="float32", seed=0)
    alone = kept[kept["network"].isna()].set_index("activation")["value"]
    assert alone[list(NAMES)].tolist() == [0, 4, 4, 8, 4]
    inside = records.where(kept, network="mlp_2x8").set_index("activation")["value"]
    assert inside[list(NAMES)].tolist() == [4, 4, 4, 12, 8]
    half = records.where(measured, metric="saved_bytes", dtype="bfloat16", activation="gelu", seed=0)
    assert half["value"].tolist() == [2]


def test_records_are_ratios_to_relu_of_the_same_process(measured):
    ratios = measured[measured["metric"].str.endswith("_time_ratio")]
    assert set(ratios["seed"]) == {0}
    own = ratios[(ratios["activation"] == "relu") & (ratios["metric"] != "share_time_ratio")]
    assert (own["value"] == 1).all()
    assert (ratios.loc[ratios["metric"] != "share_time_ratio", "value"] > 0).all()
    assert set(ratios["arm"]) == {"mode=eager;size=256", "mode=copy;size=256", "mode=eager;batch=4"}
    assert set(ratios["metric"]) == {f"{one}_time_ratio" for one in ("forward", "backward", "both", "step", "share")}


def test_the_share_of_a_step_is_what_is_gone_without_activations(measured):
    rows = records.where(measured, network="mlp_2x16", seed=0)
    step = records.where(rows, metric="step_time_ratio").set_index("activation")["value"]
    share = records.where(rows, metric="share_time_ratio").set_index("activation")["value"]
    assert share["gelu"] == pytest.approx(1 - step["identity"] / step["gelu"])
    assert "identity" not in share


def test_without_a_compiler_nothing_is_compiled_and_that_is_said(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.delenv("CXX", raising=False)
    order = orders.Order(**ORDER, compiled=["relu", "gelu"], compiled_sizes=[64])
    (row,) = orders.carry_out(order)
    assert (row["metric"], row["value"], row["arm"]) == ("compiler", 0.0, "mode=compiled")
    assert not orders.compiler("cpu")


def test_a_compiler_that_is_named_is_looked_for(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if name == "mycc" else None)
    monkeypatch.setenv("CXX", "mycc -O2")
    assert orders.compiler("cpu")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # torch's compiler uses what torch deprecates
@pytest.mark.skipif(not orders.compiler("cpu"), reason="there is no C++ compiler")
def test_compiled_functions_are_timed():
    order = orders.Order(**ORDER, compiled=["relu"], compiled_sizes=[64])
    found = list(orders.carry_out(order))
    assert {row["arm"] for row in found} == {"mode=compiled", "mode=compiled;size=64"}
    assert all(row["value"] > 0 for row in found)


def test_a_process_that_fails_is_one_line():
    (job,) = jobs(processes=1)
    broken = Job(job.experiment, job.activation, ({**job.runs[0], "device": "abacus"},), 1.0, job.others)
    with pytest.raises(RuntimeError, match=r"the process that measures failed: .*abacus") as caught:
        cost.measure(broken)
    assert len(str(caught.value).splitlines()) == 1


def test_a_process_that_does_not_end_is_given_up_and_told_without_its_command(monkeypatch):
    monkeypatch.setattr(cost, "LIMIT", 0.001)
    with pytest.raises(TimeoutError, match=r"^the process that measures had not ended after 0\.01 s$"):
        cost.measure(jobs(processes=1)[0])


def test_a_process_prints_nothing_but_its_measurements():
    order = json.dumps({**ORDER, "sizes": [16], "dtypes": ["float32"], "activations": ["relu", "tanh"]})
    done = subprocess.run([sys.executable, "-m", "acts.stopwatch"], input=order, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert {row["activation"] for row in found} == {"relu", "tanh"}
    assert all(math.isfinite(row["value"]) for row in found)


# --- figures ----------------------------------------------------------------------------------------------------------


def made_up(seeds=6):
    """Return records with known times: softsign twice, GELU four times as slow as ReLU."""
    level = {"identity": 0.5, "relu": 1.0, "tanh": 2.0, "gelu": 4.0}
    rows = []
    for seed in range(seeds):
        who = {"experiment": "cost", "phase": "init", "seed": seed, "device": "cpu"}
        for name, value in level.items():
            own = {**who, "activation": name}
            noisy = 1.0 if name == "relu" else 1.05 ** ((-1) ** seed)
            for dtype in ("float32", "bfloat16"):
                for size in (4096, 2**20):
                    arm = {"arm": f"mode=eager;size={size}", "dtype": dtype}
                    rows += [{**own, **arm, "metric": f"{one}_time_ratio", "value": value * noisy}
                             for one in ("forward", "backward", "both")]  # fmt: skip
                rows.append({**own, **arm, "metric": "saved_bytes", "value": 4.0})
            compiled = {"arm": f"mode=compiled;size={2**20}", "dtype": "float32", "metric": "both_time_ratio"}
            rows.append({**own, **compiled, "value": value})
            for network in ("mlp_4x64", "mlp_2x256"):
                step = {**own, "network": network, "dtype": "float32"}
                for batch in (64, 512):
                    arm = {"arm": f"mode=eager;batch={batch}"}
                    rows.append({**step, **arm, "metric": "step_time_ratio", "value": (9 + value) / 10 * noisy})
                    rows.append({**step, **arm, "metric": "share_time_ratio", "value": value / 40})
                    rows.append({**step, **arm, "metric": "saved_bytes", "value": 8.0 if name == "gelu" else 4.0})
        base = {**who, "activation": "relu", "dtype": "float32", "metric": "both_ns"}
        rows.append({**base, "arm": f"mode=eager;size={2**20}", "value": 100.0})
        rows.append({**base, "arm": f"mode=compiled;size={2**20}", "value": 300.0})
        rows.append({**base, "metric": "compiler", "arm": "mode=compiled", "value": 1.0})
    return records.check(records.frame(rows))


DRAWINGS = ("elements", "steps", "shares", "accuracy")
TABLES = ("times", "memory")


def test_ratios_are_averaged_over_processes_with_an_interval():
    found = timings.measured(made_up(), "both_time_ratio")
    row = found[(found["activation"] == "gelu") & (found["size"] == "4096") & (found["dtype"] == "float32")]
    (one,) = row.to_dict("records")
    assert one["middle"] == pytest.approx(4.0)
    assert one["low"] < 4.0 < one["high"]
    assert one["n"] == 6


def test_compiled_functions_are_compared_with_relu_as_it_is():
    found = timings.measured(made_up(), "both_time_ratio")
    compiled = found[found["mode"] == "compiled"].set_index("activation")["middle"]
    assert compiled[["relu", "gelu"]].tolist() == pytest.approx([3.0, 12.0])
    eager = made_up()
    eager = eager[~eager["metric"].str.endswith("_ns")]
    assert "compiled" not in set(timings.measured(eager, "both_time_ratio")["mode"])


@pytest.mark.parametrize("name", DRAWINGS[:3])
def test_a_figure_names_its_axes_and_its_panels(name):
    figure = getattr(figures.cost, name)(made_up(), CATALOGUE)
    assert any("÷ that" in axes.get_xlabel() or "width" in axes.get_xlabel() for axes in figure.axes)
    assert all(axes.get_title(loc="left") for axes in figure.axes)
    assert isinstance(figure, Figure)


def test_outcome_is_drawn_against_time_where_there_was_a_tournament():
    both = records.concat([made_up(), figure_records.generalization()])
    figure = figures.cost.accuracy(both, CATALOGUE)
    said = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {"ReLU", "GELU"} <= said


@pytest.mark.parametrize("name", [*DRAWINGS, *TABLES])
def test_without_records_it_says_so(name):
    found = getattr(figures.cost, name)(records.frame([]), CATALOGUE)
    if name in TABLES:
        assert "not measured here" in found.to_html()
    else:
        assert any("not measured here" in text.get_text() for axes in found.axes for text in axes.texts)


def test_tables_have_a_row_for_every_function():
    times, memory = (getattr(figures.cost, name)(made_up(), CATALOGUE) for name in TABLES)
    assert times.frame["activation"].tolist() == ["ReLU", "tanh", "GELU", "identity"]
    gelu = times.frame.set_index("activation").loc["GELU"]
    assert gelu["both"].startswith("4 [")
    assert gelu["compiled"] == "12"
    assert memory.frame.set_index("activation").loc["GELU", "own"] == 4.0


def test_words_count_the_processes_and_say_whether_there_was_a_compiler():
    assert "6 fresh processes" in figures.cost.processes(made_up()).markdown
    without = made_up()
    without.loc[without["metric"] == "compiler", "value"] = 0.0
    assert "no C++ compiler" in figures.cost.processes(without).markdown
    assert "Nothing" in figures.cost.processes(pd.DataFrame(records.frame([]))).markdown


@pytest.mark.parametrize("name", DRAWINGS)
def test_figures_say_their_finding_and_give_their_data(name):
    both = records.concat([made_up(), figure_records.generalization()])
    taken.check(lambda rows: getattr(figures.cost, name)(rows, CATALOGUE), both)


def test_a_function_that_was_not_compiled_is_said_to_be_unmeasured():
    rows = made_up()
    gone = (rows["activation"] == "gelu") & rows["arm"].fillna("").str.contains("compiled")
    for table, said in ((rows, 0), (rows[~gone], 1)):
        panel = figures.cost.elements(table, CATALOGUE).axes[-1]
        assert [text.get_text() for text in panel.texts].count("not measured") == said
