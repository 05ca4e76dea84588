"""The engine: the same records wherever they are computed, and what is lost when something dies."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from acts import engine, params, records
from acts.engine import desk, devices, keys
from acts.engine.progress import Progress, Teller, duration
from acts.engine.store import DiskFull, Store
from acts.engine.work import Receipt, Task, do

TOYS = Path(__file__).parent / "toys"


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Return the toy comparison, with a store of its own."""
    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("TOY", raising=False)
    return keys.resolve("toy", str(TOYS / "toy.py"))


def asked(**changes):
    """Return a configuration without comparisons of its own."""
    return params.Params(title="toy", experiments=params.Experiments(), notebooks=("a",), **changes)


def computed(module, where="serial", workers=2, **options):
    """Return what a comparison comes to, computed in a desk of its own."""
    teller = Teller(quiet=True)
    options = {"worth_starting": 0.0, "pauses": (0.1, 0.1), **options}
    with desk.at(asked(workers=workers), teller=teller, engine=where, **options) as at:
        return at.compute(module)


# --- the loop ---------------------------------------------------------------------------------------------------------


def test_plan_is_asked_until_nothing_is_missing(toy):
    outcome = computed(toy)
    assert (outcome.runs, outcome.computed, outcome.failures) == (11, 11, [])
    assert outcome.records["phase"].value_counts().to_dict() == {"tune": 16, "final": 6}
    final = outcome.records[outcome.records["phase"] == "final"]
    tuned = outcome.records[outcome.records["phase"] == "tune"]
    assert set(final["lr"]) == {tuned["value"].max()}
    assert outcome.seconds > 0


def test_a_second_time_nothing_is_computed(toy):
    first, second = computed(toy), computed(toy)
    assert second.computed == 0
    assert second.records.equals(first.records)
    assert second.seconds == first.seconds
    assert second.finished == first.finished != ""


def test_records_are_identical_in_this_process_and_in_one_and_two_workers(toy, tmp_path, monkeypatch):
    found = []
    for where, workers in (("serial", 1), ("local", 1), ("local", 2)):
        monkeypatch.setenv("ACTS_STORE", str(tmp_path / f"{where}{workers}"))
        found.append(computed(toy, where, workers))
    assert [outcome.computed for outcome in found] == [11, 11, 11]
    assert found[0].records.equals(found[1].records)
    assert found[0].records.equals(found[2].records)


def test_one_more_seed_computes_that_seed_alone(toy, monkeypatch):
    monkeypatch.setenv("TOY", json.dumps({"activations": ["relu"], "seeds": 4}))
    assert computed(toy).computed == 4 + 3
    monkeypatch.setenv("TOY", json.dumps({"activations": ["relu", "gelu"], "seeds": 4}))
    assert computed(toy).computed == 4
    monkeypatch.setenv("TOY", json.dumps({"activations": ["relu", "gelu"], "seeds": 5}))
    assert computed(toy).computed == 2 + 3  # a seed for each, and the final runs at the rate that it changed


def test_diverged_runs_are_counted_and_kept(toy, monkeypatch):
    monkeypatch.setenv("TOY", json.dumps({"activations": ["wild"], "seeds": 3}))
    outcome = computed(toy)
    assert outcome.diverged == 3
    assert (outcome.records["value"] == float("inf")).sum() == 3


def test_workers_start_only_when_there_is_enough_to_do(toy):
    with desk.at(asked(), teller=Teller(quiet=True), engine="local") as at:
        assert at.compute(toy).computed == 11
        assert at._where is None


def test_damage_is_named_and_computed_again(toy):
    whole = computed(toy)
    path = sorted(Path(os.environ["ACTS_STORE"]).rglob("*.acts"))[0]
    content = bytearray(path.read_bytes())
    content[-30] ^= 1
    path.write_bytes(bytes(content))
    with desk.at(asked(), teller=Teller(quiet=True), engine="serial") as at:
        again = at.compute(toy)
        assert [name for name, _ in at.store.set_aside] == [path.name]
    assert 0 < again.computed < 11
    assert again.records.equals(whole.records)


def test_a_plan_that_raises_is_a_failure_with_its_reason(toy, monkeypatch):
    def plan(*_):
        raise ValueError("no such\ninit")

    monkeypatch.setattr(toy, "plan", plan)
    (failure,) = computed(toy).failures
    assert failure.line == "toy, all: plan: no such init"


def test_a_plan_that_never_settles_is_stopped(toy, monkeypatch):
    monkeypatch.setattr(desk, "_ROUNDS", 3)
    plan, turns = toy.plan, iter(range(100))
    monkeypatch.setattr(toy, "plan", lambda *given: plan(*given)[: next(turns) % 2 + 1])
    with pytest.raises(RuntimeError, match="toy: plan asked for other runs 3 times over"):
        computed(toy)


# --- what a job may do ------------------------------------------------------------------------------------------------


def test_a_job_that_raises_is_named_and_the_others_are_done(toy, monkeypatch):
    monkeypatch.setenv("TOY", json.dumps({"activations": ["relu", "raiser"]}))
    outcome = computed(toy)
    assert [failure.line for failure in outcome.failures] == ["toy, raiser: failed: ArithmeticError: no way"]
    assert set(outcome.records["activation"]) == {"relu"}
    assert outcome.computed == 4 + 3


def test_a_measure_that_returns_too_little_is_named(toy, monkeypatch):
    monkeypatch.setenv("TOY", json.dumps({"activations": ["relu", "short"]}))
    (failure,) = computed(toy).failures
    assert "measure returned 0 tables for 4 runs" in failure.line


def test_a_job_that_prints_prints_nothing(toy, capfd):
    computed(toy)
    computed_by_workers = computed(toy, "local")
    assert computed_by_workers.computed == 0
    assert capfd.readouterr() == ("", "")


def test_a_job_that_kills_its_process_is_tried_three_times_and_harms_no_other(toy, tmp_path, monkeypatch):
    """The one that was killed once, say by the system, is done the second time."""
    monkeypatch.setenv("TOY", json.dumps({"activations": ["killer", "killed_once", "relu", "gelu"]}))
    monkeypatch.setenv("TOY_FLAG", str(tmp_path / "flag"))
    outcome = computed(toy, "local")
    told = [failure.line for failure in outcome.failures]
    assert told == ["toy, killer: crashed: took its process down 3 times (4 runs)"]
    assert outcome.computed == 3 * 4 + 3
    assert not list((tmp_path / "store" / "tmp").iterdir())


def test_a_job_without_an_end_is_stopped_with_its_stack_and_the_rest_is_done(toy, monkeypatch):
    monkeypatch.setenv("TOY", json.dumps({"activations": ["sleeper", "relu"]}))
    outcome = computed(toy, "local", deadline=lambda _: 1.0)
    (failure,) = outcome.failures
    assert failure.line == "toy, sleeper: timeout: no end after 1 s"
    assert "in measure" in failure.detail
    assert outcome.computed == 4 + 3


def task(store, **changes):
    """Return a task of the toy for two runs."""
    module = keys.resolve("toy", str(TOYS / "toy.py"))
    given = {
        "word": "toy",
        "path": str(TOYS / "toy.py"),
        "activation": "relu",
        "runs": ({"phase": "tune", "seed": 1}, {"phase": "tune", "seed": 2}),
        "keys": ("one", "two"),
        "source": keys.source_of(module),
        "store": str(store),
        "driver": "here~1~x",
    }
    return Task(**{**given, **changes})


def test_a_source_that_changed_during_the_run_is_refused(tmp_path):
    receipt = do(task(tmp_path, source="another"))
    assert receipt == Receipt("failed", reason="the source changed during the run; run again")


def test_a_job_that_is_stored_is_not_done_again(tmp_path):
    assert do(task(tmp_path)) == Receipt("done", 2)
    before = sorted(path.stat().st_mtime_ns for path in tmp_path.rglob("*.acts"))
    assert do(task(tmp_path, source="not even looked at")) == Receipt("done", 2)
    assert sorted(path.stat().st_mtime_ns for path in tmp_path.rglob("*.acts")) == before


def test_a_full_disk_ends_the_run_in_one_line(toy, monkeypatch):
    def put(*_):
        raise DiskFull("disk full writing there; nothing damaged")

    monkeypatch.setattr(Store, "put", put)
    with pytest.raises(DiskFull, match=r"^disk full writing there; nothing damaged; 0 runs kept; make room"):
        computed(toy)


# --- the driver dies --------------------------------------------------------------------------------------------------


def driver(where, store, **environment):
    """Start the toy's driver in a process group of its own."""
    command = [sys.executable, str(TOYS / "driver.py"), where]
    given = {**os.environ, "ACTS_STORE": str(store), "OMP_NUM_THREADS": "1", **environment}
    return subprocess.Popen(
        command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finished_jobs(store, *, count, process):
    """Wait until a store holds some finished jobs."""
    ends = time.monotonic() + 30
    while len(list(Path(store).rglob("*.acts"))) < count:
        assert time.monotonic() < ends, process.communicate()
        time.sleep(0.02)


def gone(group):
    """Say whether every process of a group has ended, within two seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


MANY = json.dumps({"activations": [f"a{number}" for number in range(40)], "seeds": 1})


@pytest.mark.parametrize("where", ["serial", "local"])
def test_after_kill_9_of_the_driver_no_child_lives_and_the_next_run_goes_on(where, tmp_path):
    process = driver(where, tmp_path, TOY=MANY, TOY_SLEEP="0.1")
    finished_jobs(tmp_path, count=3, process=process)
    process.kill()
    process.communicate()
    assert gone(process.pid)
    kept = len(list(tmp_path.rglob("*.acts")))
    assert 3 <= kept < 40
    again = driver("serial", tmp_path, TOY=MANY)
    out, err = again.communicate(timeout=30)
    assert (again.returncode, err) == (0, "")
    assert out.splitlines()[-1] == f"computed {43 - kept} of 43"
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("where", "sent"),
    [("serial", [signal.SIGINT]), ("local", [signal.SIGINT, signal.SIGINT]), ("local", [signal.SIGTERM])],
)
def test_ctrl_c_ends_within_five_seconds_with_130_and_one_line(where, sent, tmp_path):
    process = driver(where, tmp_path, TOY=json.dumps({"activations": ["relu", "sleeper", "tanh"]}))
    finished_jobs(tmp_path, count=1, process=process)
    time.sleep(0.2)
    began = time.monotonic()
    for number in sent:
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        time.sleep(0.1)
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert process.returncode == 130
    assert len(err.splitlines()) == 1
    assert "run the same again to go on" in err
    assert out == "ready\n"
    assert gone(process.pid)


@pytest.mark.slow
def test_workers_that_are_killed_every_second_lose_nothing(toy, monkeypatch):
    monkeypatch.setenv("TOY", json.dumps({"activations": [f"a{number}" for number in range(6)], "seeds": 1}))
    monkeypatch.setenv("TOY_SLEEP", "0.6")
    ends = time.monotonic() + 10

    def kill():
        while time.monotonic() < ends:
            time.sleep(1)
            for child in _workers():
                os.kill(child, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    outcome = computed(toy, "local", pauses=desk.PAUSES)
    killer.join()
    assert (outcome.failures, outcome.computed) == ([], 6 + 3)


def _workers():
    """Return the ids of this process's workers."""
    import psutil

    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]


# --- what a notebook sees ---------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Return a review's folder with one configuration whose records are published."""
    (tmp_path / "params").mkdir()
    (tmp_path / "Makefile").touch()
    folder = tmp_path / "reports" / "small"
    folder.mkdir(parents=True)
    who = {"activation": "relu", "phase": "exact", "metric": "second", "value": 0.5}
    rows = [{**who, "experiment": "formulas"}, {**who, "experiment": "toy"}]
    records.write(records.frame(rows), folder / "records.parquet", provenance={})
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "store"))
    return tmp_path


def test_while_a_report_is_rendered_records_are_read_and_nothing_is_computed(root, monkeypatch):
    monkeypatch.setenv("ACTS_RENDER", "1")
    assert engine.run("toy", "small")["experiment"].tolist() == ["toy"]
    assert engine.run("gradient_flow", "small").empty
    assert engine.run("toy", "never_run").empty
    assert len(engine.records("small")) == 2
    assert not (root / "store").exists()


@pytest.mark.usefixtures("root")
def test_reading_what_was_published_costs_no_torch():
    code = "import sys; from acts import engine; engine.run('toy', 'small'); assert 'torch' not in sys.modules"
    given = {**os.environ, "ACTS_RENDER": "1"}
    subprocess.run([sys.executable, "-c", code], env=given, check=True)


def test_a_notebook_computes_what_is_missing_and_says_so(toy, capsys):
    found = engine.run(toy, asked(engine="serial"))
    assert len(found) == 22
    assert "toy: 8 runs planned, 0 stored, 8 to compute in this process" in capsys.readouterr().out
    assert engine.run(toy, asked(engine="serial")).equals(found)
    assert capsys.readouterr().out == ""


def test_a_notebook_is_told_what_failed(toy, capsys, monkeypatch):
    monkeypatch.setenv("TOY", json.dumps({"activations": ["relu", "raiser"]}))
    assert set(engine.run(toy, asked(engine="serial"))["activation"]) == {"relu"}
    assert "toy, raiser: failed: ArithmeticError: no way" in capsys.readouterr().out


# --- devices and progress ---------------------------------------------------------------------------------------------


def test_a_device_that_is_asked_for_and_not_here_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert devices.resolve("cpu") == "cpu"
    assert devices.resolve("auto") == "cpu"
    with pytest.raises(devices.NoDevice, match=r"cuda was asked for.*torch \d.*use CONFIG=cpu, or write device: auto"):
        devices.resolve("cuda")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert devices.resolve("auto") == devices.resolve("cuda") == "cuda"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (3600, "1 h 0 min")]
)
def test_durations_are_said_in_words(seconds, said):
    assert duration(seconds) == said


def test_progress_is_plain_lines_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr("acts.engine.progress._EVERY", -1.0)
    teller = Teller()
    teller.begin("toy", Progress(10, 5, 50.0, workers=2, cached=7))
    teller.advance(runs=4, seconds=20.0, diverged=1, crashed=0, workers=2)
    teller.advance(runs=2, seconds=10.0, diverged=0, crashed=2, workers=4)
    teller.end()
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("  toy: 4/10 done, 7 cached, 2 running, 1 diverged, 0 crashed, ")
    assert second.startswith("  toy: 6/10 done, 7 cached, 3 running, 1 diverged, 2 crashed, ")
    assert second.endswith(" left")


def test_the_time_left_goes_by_the_cost_of_what_is_left():
    progress = Progress(10, 5, 100.0, workers=2, began=time.monotonic() - 30)
    assert progress.pace == "about 50 s left"
    progress.add(runs=9, seconds=25.0, diverged=0, crashed=0)
    assert progress.pace == "0.3 runs/s, 1 min 30 s left"


def everything(terminal: int) -> str:
    """Return all that was written to a terminal that is closed at its other end; one read gives only a part."""
    parts = []
    with os.fdopen(terminal, "rb", buffering=0) as source, suppress(OSError):
        while part := source.read(65_536):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.parametrize("width", [80, 200])
def test_progress_is_a_bar_on_a_terminal(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        teller = Teller()
        teller.begin("generalization", Progress(12_345, 5, 5.0, workers=2, cached=54_321))
        teller.advance(runs=4, seconds=2.0, diverged=1, crashed=0, workers=2)
        teller._bar.refresh()
        teller.end()
    shown = everything(master)
    assert "4/12345 done, 54321 cached, 2 running, 1 diverged, 0 crashed" in shown
    assert "runs/s, " in shown
    assert "…" not in shown
    assert "━" in shown
