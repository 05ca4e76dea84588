"""Faults: what is injected here, the next run survives; only what was under way is lost, and no half file is left.

Processes are real and so are the signals. Each test ends by reading every byte of the store again.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from acts import params, records
from acts.__main__ import main
from acts.engine import desk, keys, places
from acts.engine.attempts import Attempts
from acts.engine.progress import Teller
from acts.engine.store import Store
from acts.engine.verify import verify

TOYS = Path(__file__).parent / "toys"
SIX = ["a1", "a2", "a3", "a4", "a5", "a6"]


def begun(*command, store, **environment):
    """Start one of the toys' programs in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, str(TOYS / command[0]), *map(str, command[1:])],
        env={**os.environ, "ACTS_STORE": str(store), "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(*command, store, **environment):
    """Run one of the toys' programs to its end; returns its exit code, last line and errors."""
    process = begun(*command, store=store, **environment)
    out, err = process.communicate(timeout=60)
    return process.returncode, (out.splitlines() or [""])[-1], err


def asked(*activations, seeds=1, **more):
    """Return the environment that has the toy plan jobs of some activations."""
    return {"TOY": json.dumps({"activations": activations, "seeds": seeds}), **more}


def whole(store):
    """Say whether every file of a store is what was written, and nothing temporary is left."""
    lines = []
    code = verify(store, lines.append)
    return code == 0 and list((store / "tmp").iterdir()) == [], lines


def stored(store):
    """Return how many jobs a store holds."""
    return len(list((store / "jobs").rglob("*.acts")))


# --- the driver is killed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stage", "number", "kept"), [("plan", 2, 6), ("rename", 1, 0), ("rename", 4, 3)])
def test_a_driver_that_is_killed_leaves_whole_files_and_the_next_run_does_the_rest(stage, number, kept, tmp_path):
    """Once between two plans; twice when a file, the first or a later one, was written and not yet in its place."""
    code, _, err = ended("dying.py", stage, number, "driver.py", "serial", store=tmp_path, **asked(*SIX))
    assert (code, err) == (-signal.SIGKILL, "")
    assert stored(tmp_path) == kept
    assert ended("driver.py", "serial", store=tmp_path, **asked(*SIX)) == (0, f"computed {9 - kept} of 9", "")
    assert whole(tmp_path)[0]


def test_a_job_that_takes_the_driver_down_is_done_last_the_next_time_and_elsewhere(tmp_path):
    """In one process there is nobody to see who died; the ledger of attempts says it to the next run."""
    given = asked("killer", *SIX)
    assert ended("driver.py", "serial", store=tmp_path, **given)[0] == 137
    assert stored(tmp_path) == 0
    code, line, err = ended("driver.py", "serial", store=tmp_path, **given)
    assert (code, line, err) == (1, "computed 9 of 10", "")
    (name,) = [path.stem for path in (tmp_path / "attempts").iterdir()]
    assert (Attempts(tmp_path).given_up(name) or "").startswith("took its process down")
    assert whole(tmp_path)[0]


def test_jobs_under_way_when_a_driver_and_its_workers_are_killed_are_blamed_for_nothing(tmp_path):
    process = begun("driver.py", "local", store=tmp_path, **asked("sleeper", "relu"))
    ends = time.monotonic() + 30
    while not list(tmp_path.glob("attempts/*.log")) or not stored(tmp_path):
        assert time.monotonic() < ends, process.communicate()
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    under_way = [path.stem for path in tmp_path.glob("attempts/*.log")]
    assert under_way
    assert Attempts(tmp_path).suspects(under_way) == []


@pytest.fixture
def root(review_folder, monkeypatch):
    """Return a review's folder with a configuration that was run and published once."""
    monkeypatch.setenv("ACTS_STORE", str(review_folder / "store"))
    titled(review_folder, "The first title")
    assert main(["run", "tiny"]) == 0
    return review_folder


def titled(root, title):
    """Give the configuration a title, which stands in its provenance alone."""
    asked = "  formulas: {activations: [relu], points: 5, span: 3}"
    text = f"engine: serial\nexperiments:\n{asked}\nnotebooks: [00_verdicts]\n"
    (root / "params" / "tiny.yaml").write_text(f"title: {title}\n{text}")


def published(root):
    """Return the bytes of what is published."""
    return {path.name: path.read_bytes() for path in (root / "reports" / "tiny").iterdir()}


@pytest.mark.parametrize("number", [1, 3])
def test_a_driver_that_is_killed_while_it_publishes_leaves_the_old_report_or_the_new_one(number, root):
    """Every file is whole, and the manifest, which goes last, is still the old one."""
    before = published(root)
    titled(root, "The second title")
    code, _, _ = ended("dying.py", "publish", number, "acts", "run", "tiny", store=root / "store")
    assert code == -signal.SIGKILL
    after = published(root)
    assert after["provenance.json"] == before["provenance.json"]
    assert (after == before) is (number == 1)
    titles = {1: "The first title", 3: "The second title"}
    assert records.provenance(root / "reports" / "tiny" / "records.parquet")["title"] == titles[number]
    assert len(list((root / "reports" / ".staging").iterdir())) == 1
    assert main(["run", "tiny"]) == 0
    assert json.loads(published(root)["provenance.json"])["title"] == "The second title"
    assert not (root / "reports" / ".staging").exists()


# --- workers ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Return the toy comparison, with a store of its own."""
    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("TOY", raising=False)
    return keys.resolve("toy", str(TOYS / "toy.py"))


def computed(module, where="serial", **options):
    """Return what a comparison comes to."""
    given = params.Params(title="toy", experiments=params.Experiments(), notebooks=("a",))
    options = {"worth_starting": 0.0, "pauses": (0.1, 0.1), **options}
    with desk.at(given, teller=Teller(quiet=True), engine=where, **options) as at:
        return at.compute(module)


@pytest.mark.slow
def test_a_worker_that_stands_still_is_replaced_and_its_job_done(toy, tmp_path, monkeypatch):
    """SIGSTOP is what a swapping or suspended machine looks like: no answer, and no end either."""
    monkeypatch.setenv("TOY", json.dumps({"activations": SIX, "seeds": 1}))
    monkeypatch.setenv("TOY_SLEEP", "0.3")
    monkeypatch.setattr(places, "Local", partial(places.Local, patience=2.0))
    stopped = []

    def stop():
        while not stored(tmp_path / "store"):
            time.sleep(0.05)
        children = psutil.Process().children(recursive=True)
        stopped.extend(child.pid for child in children if "spawn_main" in " ".join(child.cmdline()))
        os.kill(stopped[0], signal.SIGSTOP)

    stopper = threading.Thread(target=stop)
    stopper.start()
    outcome = computed(toy, "local")
    stopper.join()
    assert (outcome.failures, outcome.runs) == ([], 9)
    assert not psutil.pid_exists(stopped[0])
    assert whole(tmp_path / "store")[0]


# --- two at once ------------------------------------------------------------------------------------------------------


def test_two_drivers_on_one_store_do_the_same_work_once_and_agree(toy, tmp_path, monkeypatch):
    """Neither waits for the other: what both computed is the same, and the first to finish has it."""
    given = asked(*SIX, TOY_SLEEP="0.1")
    both = [begun("driver.py", "serial", store=tmp_path / "store", **given) for _ in range(2)]
    told = [process.communicate(timeout=60) for process in both]
    assert [(process.returncode, err) for process, (_, err) in zip(both, told, strict=True)] == [(0, "")] * 2
    assert all(out.endswith(" of 9\n") for out, _ in told)
    good, lines = whole(tmp_path / "store")
    assert good
    assert lines == ["7 files with 9 runs and 18 records are whole; nothing was found"]
    monkeypatch.setenv("TOY", given["TOY"])
    twice = computed(toy)
    assert twice.computed == 0
    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "alone"))
    assert computed(toy).records.equals(twice.records)


def test_what_one_driver_sets_aside_another_does_not_stumble_over(toy, tmp_path):
    """Both opened the store before one of them found the damage."""
    computed(toy)
    one, other = (Store(tmp_path / "store").open() for _ in range(2))
    wanted = list(one.places)
    path = sorted((tmp_path / "store" / "jobs").rglob("*.acts"))[0]
    content = bytearray(path.read_bytes())
    content[-30] ^= 1
    path.write_bytes(bytes(content))
    assert len(one.load(wanted)) < 22
    assert one.load(wanted).equals(other.load(wanted))
    assert (len(one.set_aside), len(other.set_aside)) == (1, 0)
    assert one.places == other.places


def test_a_damaged_file_that_comes_up_during_a_run_is_set_aside_and_measured_again(toy, tmp_path):
    """Say, by another driver on a disk that loses bytes; this one opened the store before."""
    given = params.Params(title="toy", experiments=params.Experiments(), notebooks=("a",))
    job = toy.plan(given, records.frame([]))[0]
    with desk.at(given, teller=Teller(quiet=True), engine="serial") as at:
        path = at.store.path(keys.together(keys.keys(job, toy)))
        path.parent.mkdir()
        path.write_bytes(b"half a file")
        outcome = at.compute(toy)
    assert (outcome.failures, outcome.computed) == ([], 11)
    assert whole(tmp_path / "store")[0]
    assert [path.read_bytes() for path in (tmp_path / "store" / "damaged").iterdir()] == [b"half a file"]


# --- the source is edited ---------------------------------------------------------------------------------------------


def test_a_comment_runs_nothing_and_an_edit_runs_all(tmp_path, monkeypatch):
    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "store"))
    path = tmp_path / "toy.py"

    def computed_of(text):
        path.write_text(text)
        for remembered in (keys._from_file, keys.source):
            remembered.cache_clear()
        return computed(keys.resolve("toy", str(path))).computed

    plain = (TOYS / "toy.py").read_text()
    assert computed_of(plain) == 11
    said = '"""Return the rows of one run."""'
    assert computed_of(plain.replace(said, f"{said}  # in no order")) == 0
    assert computed_of(plain.replace(said, '"""Return a run in rows."""')) == 0
    assert computed_of(plain.replace('run["seed"] / 3', 'run["seed"] / 4')) == 11
    assert computed_of(plain) == 0


# --- no room, no right, no folder -------------------------------------------------------------------------------------


def test_a_disk_that_fills_up_ends_the_run_in_one_line_and_a_rerun_goes_on(tmp_path):
    assert ended("driver.py", "serial", store=tmp_path, **asked("a1"))[:2] == (0, "computed 4 of 4")
    full = ended("dying.py", "full", 500, "driver.py", "serial", store=tmp_path, **asked(*SIX))
    assert (full[0], full[1]) == (1, "ready")
    assert full[2].count("\n") == 1
    assert full[2].startswith(f"disk full writing {tmp_path}/jobs/")
    assert full[2].endswith("; nothing damaged; 4 runs kept; make room and run again\n")
    assert whole(tmp_path)[0]
    assert ended("driver.py", "serial", store=tmp_path, **asked(*SIX))[:2] == (0, "computed 5 of 9")


def test_a_disk_that_fills_up_while_publishing_leaves_the_old_report(root):
    before = published(root)
    titled(root, "The second title")
    code, _, err = ended("dying.py", "full", 4000, "acts", "run", "tiny", store=root / "store")
    assert code == 1
    assert err.count("\n") == 1
    assert err.startswith("disk full writing ")
    assert err.endswith("; nothing damaged; the last report is as it was\n")
    assert published(root) == before
    assert not (root / "reports" / ".staging").exists()
    assert main(["run", "tiny"]) == 0
    assert json.loads(published(root)["provenance.json"])["title"] == "The second title"


@pytest.mark.parametrize("name", ["", "jobs", "tmp", "attempts"])
def test_a_file_where_a_folder_should_be_is_one_line_and_2(name, tmp_path):
    (tmp_path / "store").mkdir() if name else None
    place = tmp_path / "store" / name
    place.write_text("a file")
    code, _, err = ended("driver.py", "serial", store=tmp_path / "store", **asked("a1"))
    assert code == 2
    assert err == f"{place} cannot be written to: a file stands where the folder should be; nothing was computed\n"
    assert place.read_text() == "a file"


def test_a_file_where_a_shard_should_be_is_set_aside(toy, tmp_path):
    first = computed(toy)
    shard = sorted((tmp_path / "store" / "jobs").iterdir())[0]
    for path in shard.iterdir():
        path.unlink()
    shard.rmdir()
    shard.write_text("a file")
    again = computed(toy)
    assert 0 < again.computed < 11
    assert again.records.equals(first.records)
    assert [path.name.partition(".")[0] for path in (tmp_path / "store" / "damaged").iterdir()] == [shard.name]


@pytest.mark.skipif(sys.platform != "linux", reason="root gives up its rights as Linux has it")
def test_a_store_that_may_not_be_written_is_one_line_and_2(tmp_path):
    (tmp_path / "store").mkdir(mode=0o500)
    code, _, err = ended("dying.py", "readonly", 0, "driver.py", "serial", store=tmp_path / "store", **asked("a1"))
    assert code == 2
    assert err == f"{tmp_path / 'store'} cannot be written to: Permission denied; nothing was computed\n"
