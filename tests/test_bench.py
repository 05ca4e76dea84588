"""The bench: both sides do the same work, medians and ratios are right, the report shows what was found and where."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from acts import activations, provenance, records, trials
from acts.__main__ import main
from acts.bench import hands, lines, load, overhead, pages, plain, racing, results, run, storing
from acts.bench.processes import BenchError, Hand, alone, environment
from acts.reports import book, document, html, pdf, timings

CONTESTS = {contest.network: contest for contest in lines.CONTESTS}
HERE = {"system": "Linux x86_64", "processor": "Some CPU", "cores": 2, "memory_gib": 8.0}
TOLD = {
    "measured": "2026-02-03T04:05:06+00:00", "commit": "0123456789abcdef", "versions": {"torch": "2.13.0"},
    "hardware": HERE, "repeats": 3, "seconds": 9.0, "load_before": 0.1, "others_cores": 0.02, "busy": False,
}  # fmt: skip


# --- both sides do the same work --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTESTS)
def test_both_sides_take_the_same_steps_from_the_same_weights(name):
    runs = hands.specs(CONTESTS[name], 2, process=0, steps=6, dtype="float64")
    ours = np.stack(hands.ours(runs))
    loop = np.array([hands.loop(run, hands.material(run)) for run in runs])
    assert ours.shape == loop.shape == (2, 6)
    assert np.abs(ours - loop).max() < 1e-10
    assert not np.allclose(ours[0], ours[1]), "two rates give two curves"


@pytest.mark.parametrize("name", CONTESTS)
def test_a_module_has_as_many_weights_as_our_network_laid_out_as_torch_does(name):
    (run,) = hands.specs(CONTESTS[name], 1, process=0, steps=1)
    ours = trials.network(activations.get(plain.ACTIVATION), run["dataset"], name)
    module = plain.module(name, hands.material(run), shape=ours.shape)
    assert sum(weights.numel() for weights in module.parameters()) == ours.weights
    assert all(weights.is_contiguous() for weights in module.parameters())


def test_a_network_that_nobody_would_write_so_is_refused():
    (run,) = hands.specs(CONTESTS["mlp_8x32"], 1, process=0, steps=1)
    with pytest.raises(ValueError, match="no plain module for gru_1x32; there are mlp, cnn and transformer"):
        plain.module("gru_1x32", hands.material(run), shape=(64,))
    with pytest.raises(ValueError, match=r"do not share hidden7\.bias, hidden7\.weights"):
        plain.module("mlp_7x32", hands.material(run), shape=(64,))


def test_no_two_networks_of_a_contest_are_the_same_run():
    runs = [run for process in (0, 1) for run in hands.specs(CONTESTS["mlp_8x32"], 72, process=process, steps=1)]
    assert len({(run["seed"], run["lr"]) for run in runs}) == 144
    assert {run["evaluations"] for run in runs} == {0}


def test_our_side_trains_a_whole_group_and_no_more():
    for name in ("mlp_8x32", "mlp_8x128"):
        runs = hands.together(CONTESTS[name], process=0, steps=1)
        assert [len(group) for group in trials.groups(runs)] == [len(runs)]
        assert len(runs) % 8 == 0
    assert len(hands.together(CONTESTS["transformer_2x32"], process=1, steps=1)) == CONTESTS["transformer_2x32"].ours


def test_an_order_is_obeyed_by_either_side():
    for side, networks in (("default", CONTESTS["mlp_8x128"].loops), ("ours", 8)):
        told = hands.obey({"side": side, "network": "mlp_8x128", "process": 0, "steps": 1, "fused": None})
        assert told["networks"] == networks
        assert told["seconds"] > 0


# --- medians and ratios -----------------------------------------------------------------------------------------------


class Clock:
    """A process that answers as if each step of each network took a side a fixed time, in turn one after the other."""

    def __init__(self, times):
        self.times, self.orders = times, []

    def send(self, order):
        self.orders.append(order)

    def receive(self):
        order = self.orders[-1]
        count = sum(one["side"] == order["side"] for one in self.orders) - 2  # the first is the warm-up
        seconds = self.times[order["side"]][count] if count >= 0 else 1e9
        return {"networks": 4, "seconds": seconds * 4 * order["steps"], "processor": 0.0}


TIMES = {
    "ours": [1.0, 2.0, 4.0], "default": [20.0, 30.0, 40.0], "one": [9.0, 9.0, 9.0], "two": [4.0, 4.0, 8.0],
    "two_fused": [6.0, 6.0, 6.0],
}  # fmt: skip


def test_seconds_are_those_of_a_step_of_a_network_and_ratios_pair_repetitions():
    pool = [Clock(TIMES), Clock(TIMES), Clock(TIMES)]
    rows = records.frame({"experiment": "bench", **row} for row in racing._contest(pool, CONTESTS["mlp_8x32"], 3))
    steps = rows[rows["metric"] == "step_seconds"]
    assert lines.arms(steps, side="default")["value"].tolist() == [20.0, 30.0, 40.0]
    assert lines.arms(steps, side="ours")["value"].tolist() == [0.5, 1.0, 2.0], "two processes at once"
    assert lines.arms(rows, loop="default")["value"].tolist() == [40.0, 30.0, 20.0]
    assert lines.arms(rows, loop="best")["value"].tolist() == [4.0, 2.0, 2.0], "2 processes × 1 thread"
    warm, *timed = pool[2].orders
    assert warm["steps"] == racing.WARM
    assert {order["steps"] for order in timed} == {CONTESTS["mlp_8x32"].steps}


def test_a_busy_machine_is_not_waited_for_longer_than_for_three_repetitions(monkeypatch):
    monkeypatch.setattr(racing, "PATIENCE", 0.0)
    slow = {side: [1.0] * 7 for side in TIMES}
    rows = list(racing._contest([Clock(slow), Clock(slow), Clock(slow)], CONTESTS["mlp_8x32"], 7))
    assert len(rows) == 3 * (len(racing.SIDES) + len(racing.SIDES))


def test_the_slower_of_two_processes_counts():
    slow = Clock({**TIMES, "ours": [3.0, 6.0, 12.0]})
    pool = [Clock(TIMES), slow, Clock(TIMES)]
    rows = records.frame({"experiment": "bench", **row} for row in racing._contest(pool, CONTESTS["mlp_8x32"], 3))
    assert lines.arms(rows[rows["metric"] == "step_seconds"], side="ours")["value"].tolist() == [1.5, 3.0, 6.0]


def test_sides_take_turns():
    sides = list(racing.SIDES)
    turns = [racing._turned(sides, repeat) for repeat in range(5)]
    assert all(sorted(turn) == sorted(sides) for turn in turns)
    assert len({turn[0] for turn in turns}) >= 3


def rows(part):
    """Return a few rows of a part, as if measured in five repetitions."""
    if part == "training":
        return [
            {"network": "mlp_8x32", "dataset": "digits", "metric": "loop_time_ratio", "value": float(value),
             "arm": lines.arm(batch=64, loop=loop, setting="default" if loop == "default" else "two", repeat=repeat)}
            for loop, values in (("default", (14, 20, 16, 40, 12)), ("best", (5, 6, 7, 8, 9)))
            for repeat, value in enumerate(values)
        ]  # fmt: skip
    if part == "engine":
        return [{"arm": lines.arm(place="serial", repeat=0), "metric": "job_seconds", "value": 0.0123}]
    if part == "store":
        arm = lines.arm(shape="files", stage="open", repeat=0)
        return [{"arm": arm, "metric": metric, "value": value} for metric, value in STORED.items()]
    return [{"arm": lines.arm(config="smoke", repeat=0), "metric": "report_seconds", "value": 0.05}]


STORED = {"stage_seconds": 6.5, "peak_bytes": 2.5e8}


def test_a_line_has_the_median_its_quartiles_and_its_bar():
    over, best = lines.table("training", records.frame(rows("training")))
    assert (over.low, over.median, over.high, over.bar, over.met) == (14, 16, 20, 15, "yes")
    assert over.cells[1:] == ("16×", "14 – 20", "≥ 15×", "yes")
    assert (best.median, best.bar, best.met) == (7, None, "")


def test_a_time_has_to_stay_below_its_bar():
    (job,) = lines.table("engine", records.frame(rows("engine")))
    assert job.cells[1:] == ("12.3 ms", "measured once", "≤ 20 ms", "yes")
    seconds, memory = lines.table("store", records.frame(rows("store")))
    assert seconds.cells[1:] == ("6.5 s", "measured once", "≤ 5 s", "no")
    assert memory.cells[1:] == ("0.25 GB", "measured once", "≤ 1 GB", "yes")


def test_on_a_busy_machine_nothing_is_decided_that_it_could_have_spoilt():
    over, best = lines.table("training", records.frame(rows("training")), busy=True)
    assert over.met == "not decidable: busy", "the loop suffers more, so that even a good ratio says nothing"
    assert best.met == ""
    seconds, memory = lines.table("store", records.frame(rows("store")), busy=True)
    assert (seconds.met, memory.met) == ("not decidable: busy", "yes")


def test_others_are_what_the_machine_did_and_we_did_not(monkeypatch):
    machine, own = iter([100.0, 130.0]), iter([10.0, 20.0])
    monkeypatch.setattr(load, "_machine", lambda: next(machine))
    monkeypatch.setattr(load, "_own", lambda: next(own))
    clock = iter([0.0, 10.0])
    monkeypatch.setattr(load.time, "perf_counter", lambda: next(clock))
    with load.watched() as found:
        pass
    assert (found.others, found.seconds, found.busy) == (2.0, 10.0, True)
    assert found.told()["others_cores"] == 2.0


def test_the_work_of_a_child_that_has_ended_counts_as_ours():
    before = load._own()
    os.waitpid(os.spawnlp(os.P_NOWAIT, "sh", "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"), 0)
    assert load._own() - before > 0.05


# --- engine, store, report --------------------------------------------------------------------------------------------


def test_empty_jobs_are_done_in_a_store_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "store"))
    measured = overhead.measure(1, jobs=3, where=tmp_path)
    assert [lines.factors(row["arm"])["place"] for row in measured] == ["serial", "local"]
    assert all(0 < row["value"] < 60 for row in measured)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_job_that_is_not_done_is_told():
    outcome = SimpleNamespace(computed=1, records=[0], failures=[SimpleNamespace(line="bench, relu: failed: why")])
    at = SimpleNamespace(compute=lambda _: outcome)
    with pytest.raises(BenchError, match="engine: 1 of 2 empty jobs were done: bench, relu: failed: why"):
        overhead._seconds(at, 2, 0)


SMALL = {"jobs": storing.Shape(30, 3, 2), "files": storing.Shape(40, 1, 1)}


def here(_, stage, *given):
    """Return what a stage finds, done in this process."""
    *spread, folder = given
    return {**storing._STAGES[stage](Path(folder), storing.Shape(*spread)), "peak_bytes": 1}


def test_a_store_is_written_opened_damaged_and_repaired(tmp_path, monkeypatch):
    monkeypatch.setattr(storing, "alone", here)
    found = records.frame({"experiment": "bench", **row} for row in storing.measure(2, where=tmp_path, shapes=SMALL))
    for shape in SMALL:
        stages = lines.arms(found[found["metric"] == "stage_seconds"], shape=shape)["arm"].map(lines.factors)
        told = [(one["stage"], one["repeat"]) for one in stages]
        opening = [("first", "0"), ("open", "0"), ("open", "1"), ("read", "0")]
        assert told == [("write", "0")] * (shape == "jobs") + opening + [
            ("damaged", "0"), ("repair", "0"), ("repaired", "0"),
        ]  # fmt: skip
    assert len(lines.table("store", found)) == 2 * 6 + 1 + 4


@pytest.mark.parametrize(("stage", "what"), [("damaged", "set_aside"), ("repaired", "records"), ("repaired", "digest")])
def test_a_store_that_loses_something_ends_the_bench(tmp_path, monkeypatch, stage, what):
    def wrong(module, asked, *given):
        told = here(module, asked, *given)
        return {**told, what: "other"} if asked == stage else told

    monkeypatch.setattr(storing, "alone", wrong)
    with pytest.raises(BenchError, match=f"store of jobs, {stage}: {what} should be .*, found other"):
        storing.measure(1, where=tmp_path, shapes={"jobs": SMALL["jobs"]})


def test_a_stage_runs_in_a_process_of_its_own_and_tells_its_peak(tmp_path):
    told = alone("storing", "write", 2, 2, 2, tmp_path)
    assert told["stage_seconds"] > 0
    assert 2e7 < told["peak_bytes"] < 1e9
    with pytest.raises(BenchError, match=r"storing lose 1 1 1 .*KeyError: 'lose'"):
        alone("storing", "lose", 1, 1, 1, tmp_path)


def stand_in(tmp_path, monkeypatch, script):
    """Put a stand-in for make first on the path."""
    path = tmp_path / "bin" / "make"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")


def test_a_report_is_brought_up_to_date_before_it_is_timed(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, 'echo "$*" >> calls; echo "nothing to do: it is up to date"')
    measured = pages.measure(tmp_path, 2)
    assert (tmp_path / "calls").read_text().splitlines() == ["report CONFIG=smoke"] * 3
    assert [row["metric"] for row in measured] == ["report_seconds"] * 2


@pytest.mark.parametrize(
    ("script", "said"),
    [("echo running smoke", "still had something to do: running smoke"), ("echo why >&2; exit 2", "failed: why")],
)
def test_a_report_that_is_not_warm_is_no_figure(tmp_path, monkeypatch, script, said):
    stand_in(tmp_path, monkeypatch, script)
    with pytest.raises(BenchError, match=said):
        pages.measure(tmp_path, 1)


# --- processes --------------------------------------------------------------------------------------------------------


def test_threads_are_those_asked_for_or_the_libraries_own(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert environment(1)["OMP_NUM_THREADS"] == environment(1)["MKL_NUM_THREADS"] == "1"
    assert "OMP_NUM_THREADS" not in environment(None)
    assert environment(1, ACTS_STORE="there")["ACTS_STORE"] == "there"


def test_a_process_that_dies_is_told_and_ended():
    hand = Hand(threads=1)
    try:
        hand.send({"side": "ours"})
        with pytest.raises(BenchError, match="training: KeyError: 'network'"):
            hand.receive()
    finally:
        hand.close()
    assert hand._process.returncode is not None


# --- the results ------------------------------------------------------------------------------------------------------


@pytest.fixture
def review(tmp_path, monkeypatch):
    """Return a review's folder of its own."""
    for folder in ("params", "reports/tiny"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "Makefile").touch()
    root = Path(__file__).parents[1]
    for name in ("book.yml", "references.bib"):
        (tmp_path / "reports" / name).write_text((root / "reports" / name).read_text("utf-8"), "utf-8")
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    return tmp_path


def saved(review, **changes):
    """Save every part's rows with what is told of them."""
    for part in lines.PARTS:
        results.save(review, part, rows(part), {**TOLD, **changes})


def test_results_are_records_with_their_provenance(review):
    saved(review)
    found = lines.read(review)
    assert list(found) == list(lines.PARTS)
    for part, (table, told) in found.items():
        records.check(table)
        assert set(table["experiment"]) == {"bench"}
        assert told == TOLD == json.loads((review / "reports" / "bench" / f"{part}.json").read_text())
        assert [line.cells for line in lines.table(part, table)] == [
            line.cells for line in lines.table(part, records.frame(rows(part)))
        ]
    assert found["training"][0]["activation"].unique().tolist() == ["relu"]


def test_a_table_on_the_screen_names_every_line():
    console = Console(width=140, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    results.show(lines.table("training", records.frame(rows("training"))), console=console)
    told = console.export_text()
    console.file.close()
    assert "MLP 8×32, batch 64: over the loop, default threads" in told
    assert "MLP 8×32, batch 64: over the loop at its best, 2 processes × 1 thread" in told
    assert all(cell in told for cell in ("16×", "14 – 20", "≥ 15×", "yes"))


def test_what_is_told_of_a_part_says_machine_versions_and_load():
    told = results.describe(load.Load(before=0.5, others=0.3, seconds=2.0), repeats=7)
    assert told["hardware"] == provenance.hardware()
    assert told["versions"].keys() >= {"python", "torch"}
    assert (told["busy"], told["others_cores"], told["repeats"]) == (True, 0.3, 7)
    assert "/" not in json.dumps(told["hardware"]["processor"])


def measured_by(monkeypatch, **parts):
    """Let parts be measured by the given functions, the others as if at once."""
    fast = {part: (lambda _, part=part: rows(part)) for part in lines.PARTS}
    monkeypatch.setattr(run, "_measures", lambda *_: {**fast, **parts})
    monkeypatch.setattr(pages, "absent", lambda _: "")


def test_a_bar_that_is_not_met_is_no_failure(review, monkeypatch, capsys):
    measured_by(monkeypatch)
    assert main(["bench"]) == 0
    told = capsys.readouterr().out
    assert "6.5 s" in told
    assert [path.stem for path in sorted((review / "reports" / "bench").glob("*.parquet"))] == sorted(lines.PARTS)


def test_a_part_that_does_not_run_fails_and_the_others_are_measured(review, monkeypatch, capsys):
    def broken(_):
        raise BenchError("engine: why")

    measured_by(monkeypatch, engine=broken)
    assert main(["bench", "--quick"]) == 1
    assert capsys.readouterr().err == "engine: why\n"
    assert set(lines.read(review)) == {"training", "store", "report"}


def test_only_the_named_parts_are_measured_and_others_stay(review, monkeypatch):
    saved(review)
    measured_by(monkeypatch)
    assert main(["bench", "engine"]) == 0
    found = lines.read(review)
    assert found["store"][1] == TOLD
    assert found["engine"][1]["repeats"] == run.REPEATS


def test_an_unknown_part_is_refused(review, capsys):
    assert main(["bench", "stor"]) == 2
    assert (
        capsys.readouterr().err
        == "unknown part 'stor'; did you mean 'store'? (known: training, engine, store, report)\n"
    )
    assert not (review / "reports" / "bench").exists()


def test_without_a_report_the_last_part_says_so(review, capsys):
    assert main(["bench", "report"]) == 0
    assert "after make report CONFIG=smoke this part can be measured" in capsys.readouterr().out
    assert lines.read(review) == {}


# --- the appendix -----------------------------------------------------------------------------------------------------


def test_without_a_bench_the_appendix_says_nothing_of_it(review):
    assert timings.section(review, {"hardware": HERE}) == ""


def test_the_appendix_says_on_which_machine_and_when(review):
    saved(review)
    told = " ".join(timings.section(review, {"hardware": HERE}).replace("\\", "").split())
    assert "Measured 2026-02-03 at commit 0123456789ab on a machine like that of this report" in told
    assert (
        "(Some CPU, 2 cores, 8.0 GiB; torch 2.13.0), at most 3 repetitions. Other work used 0.02 of its cores" in told
    )
    other = timings.section(review, {"hardware": {**HERE, "processor": "Other CPU"}})
    assert "on another machine than this report" in other
    assert "on a machine like that" not in other
    assert "than this report" not in timings.section(review, {})


def test_the_appendix_decides_nothing_on_a_busy_machine(review):
    saved(review, busy=True, others_cores=1.4)
    told = timings.section(review, {"hardware": HERE}).replace("\\", "")
    assert "Other work used 1.4 of its cores meanwhile, so that what it slows down is not decided." in told
    assert "≥ 15× | not decidable: busy |" in told


def test_a_report_ends_with_the_table_in_both_forms(review):
    saved(review)
    (review / "reports" / "tiny" / "provenance.json").write_text(json.dumps({"title": "t", "hardware": HERE}))
    made = book.bind([], "tiny", root=review)
    page = html.render(made)
    assert 'id="bench"' in page
    for cell in ("16×", "14 – 20", "≥ 15×", "12.3 ms", "100,000 files of one record: opened again, peak memory"):
        assert cell in page
    assert pdf.render(made).startswith(b"%PDF")
    assert isinstance(made, document.Document)


def test_the_table_needs_no_torch():
    code = "import sys, acts.bench.lines, acts.reports.timings; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "torch" not in loaded
