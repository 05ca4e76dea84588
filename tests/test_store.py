"""The store loses nothing and believes nothing: whole files only, every damage seen, nothing recomputed in vain."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from acts import records
from acts.engine.jobfile import Damaged, read, read_header
from acts.engine.store import Store


def table(seed, rows=3, value=0.5):
    """Return one run's records."""
    who = {"experiment": "toy", "activation": "relu", "phase": "final", "seed": seed}
    return records.frame([{**who, "metric": "loss", "step": step, "value": value + step} for step in range(rows)])


def header(*names):
    """Return the header of a job with these keys."""
    return {"keys": list(names), "seconds": 4.0, "finished": "2026-01-01T00:00:00+00:00"}


@pytest.fixture
def store(tmp_path):
    """Return an open store with one job of two runs in it."""
    held = Store(tmp_path / "store").open()
    held.put("ab12", header("one", "two"), [table(1), table(2, value=float("inf"))])
    return Store(tmp_path / "store").open()


def test_what_is_put_comes_back_typed_and_in_order(store):
    assert set(store.places) == {"one", "two"}
    found = store.load(["one", "two"])
    assert found.equals(records.concat([table(1), table(2, value=float("inf"))]))
    assert dict(found.dtypes.astype(str)) == dict(records.frame([]).dtypes.astype(str))


def test_one_run_of_a_job_can_be_loaded_alone(store):
    assert store.load(["two"])["seed"].unique().tolist() == [2]
    assert store.load(["nowhere"]).empty


def test_seconds_are_shared_among_the_runs_of_a_job(store):
    assert store.seconds(["one"]) == 2.0
    assert store.finished(["one", "two"]) == "2026-01-01T00:00:00+00:00"


def test_the_first_writer_wins(store):
    before = store.path("ab12").read_bytes()
    store.put("ab12", header("one", "two"), [table(7), table(8)])
    assert store.path("ab12").read_bytes() == before
    assert list((store.folder / "tmp").iterdir()) == []


@pytest.mark.parametrize("keep", [0, 1, 100, 400, -1])
def test_a_truncated_file_is_named_set_aside_and_its_runs_are_missing(store, keep):
    path = store.path("ab12")
    content = path.read_bytes()
    path.write_bytes(content[:keep] if keep >= 0 else content[:-1])
    again = Store(store.folder).open()
    assert again.places == {}
    assert [name for name, _ in again.set_aside] == ["ab12.acts"]
    assert not path.exists()
    assert len(list((store.folder / "damaged").iterdir())) == 1


def test_every_flipped_bit_is_seen(store):
    path = store.path("ab12")
    content = path.read_bytes()
    for position in range(0, len(content), 23):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(bytes(flipped))
        with pytest.raises(Damaged):
            (read_header(path), read(path))


def test_a_flipped_bit_among_the_records_is_found_when_they_are_loaded(store):
    path = store.path("ab12")
    content = bytearray(path.read_bytes())
    content[-40] ^= 4
    path.write_bytes(bytes(content))
    again = Store(store.folder).open()
    assert again.load(["one", "two"]).empty
    assert again.places == {}
    assert again.set_aside == [("ab12.acts", "a byte has changed")]


def test_temporaries_of_dead_writers_are_swept_and_those_of_living_ones_kept(store):
    waiting = store.folder / "tmp"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    machine = os.uname().nodename
    (waiting / f"{machine}~{dead.pid}~x").touch()
    (waiting / f"{machine}~{dead.pid}~y").mkdir()
    (waiting / f"{machine}~{os.getpid()}~z").touch()
    Store(store.folder).open()
    assert [path.name for path in waiting.iterdir()] == [f"{machine}~{os.getpid()}~z"]


def test_a_full_disk_is_one_line_and_harms_nothing(store):
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; import test_store as t\n"
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))\n"
        "from acts.engine.store import DiskFull, Store\n"
        "try: Store(Path(sys.argv[1])).put('cd34', t.header('three'), [t.table(3)])\n"
        "except DiskFull as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, str(store.folder), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("disk full writing")
    assert "nothing damaged" in done.stdout
    assert not store.path("cd34").exists()
    assert list((store.folder / "tmp").iterdir()) == []


def test_a_hundred_thousand_records_open_quickly(tmp_path):
    held = Store(tmp_path / "store").open()
    tables = [table(seed, rows=1000) for seed in range(10)]
    for job in range(10):
        held.put(f"{job:02d}xx", header(*(f"{job}-{run}" for run in range(10))), tables)
    began = time.perf_counter()
    again = Store(tmp_path / "store").open()
    found = again.load(list(again.places))
    assert len(found) == 100_000
    assert time.perf_counter() - began < 5
