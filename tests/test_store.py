"""The store loses nothing and believes nothing: whole files only, every damage seen, nothing recomputed in vain."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from acts import records
from acts.__main__ import main
from acts.engine import jobfile, keys
from acts.engine import store as module
from acts.engine.jobfile import Damaged, read, read_header
from acts.engine.store import Store
from acts.engine.verify import verify


def table(seed, rows=3, value=0.5):
    """Return one run's records."""
    who = {"experiment": "toy", "activation": "relu", "phase": "final", "seed": seed}
    return records.frame([{**who, "metric": "loss", "step": step, "value": value + step} for step in range(rows)])


def header(*names):
    """Return the header of a job with these keys."""
    return {"keys": list(names), "seconds": 4.0, "finished": "2026-01-01T00:00:00+00:00"}


def flipped(content, position):
    """Return bytes with one bit of them turned."""
    changed = bytearray(content)
    changed[position] ^= 4
    return bytes(changed)


HURTS = (lambda _: b"", lambda content: content[:-7], lambda content: flipped(content, -7))


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
    path.write_bytes(flipped(path.read_bytes(), -40))
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


def test_a_damaged_file_is_replaced_by_the_second_writer(store):
    path = store.path("ab12")
    path.write_bytes(path.read_bytes()[:-1])
    store.put("ab12", header("one", "two"), [table(1), table(2)])
    assert Store(store.folder).open().load(["one", "two"]).equals(records.concat([table(1), table(2)]))
    assert store.set_aside == [("ab12.acts", "truncated")]


def test_records_come_in_the_order_of_the_keys(store):
    store.put("cd34", header("three", "four"), [table(3), table(4, rows=1)])
    again = Store(store.folder).open()
    assert again.load(["four", "one", "three", "two"])["seed"].drop_duplicates().tolist() == [4, 1, 3, 2]
    assert again.load(["two", "four", "one"])["seed"].tolist() == [2, 2, 2, 4, 1, 1, 1]


def test_a_file_from_before_a_column_was_added_is_read_with_nulls_there(store, monkeypatch):
    fewer = jobfile.SCHEMA.remove(jobfile.SCHEMA.get_field_index("norm"))
    with monkeypatch.context() as patch:
        patch.setattr(jobfile, "SCHEMA", fewer)
        store.put("cd34", header("three"), [table(3)])
    assert Store(store.folder).open().load(["three"]).equals(table(3))


def test_a_file_compressed_buffer_by_buffer_is_read(store):
    """As job files once were."""
    head, rows = read(store.path("ab12"))
    body = jobfile.stream(rows, compression="zstd")
    store.path("ab12").write_bytes(jobfile.framed(json.dumps(head).encode(), body))
    assert Store(store.folder).open().load(["one"]).equals(table(1))


# --- the index --------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(tmp_path, monkeypatch):
    """Return a store of twelve jobs that is worth an index, which stands."""
    monkeypatch.setattr(module, "_WORTH_NOTING", 10)
    held = Store(tmp_path / "store").open()
    for job in range(12):
        held.put(f"{job:02d}xx", header(f"{job}-a", f"{job}-b"), [table(2 * job), table(2 * job + 1, rows=job)])
    held = Store(tmp_path / "store").open()
    held.load(list(held.places))
    assert sorted(path.name for path in (tmp_path / "store" / "index").iterdir()) == ["entries", "records"]
    return held


def all_of(held):
    """Return everything that a store has."""
    return held.load(sorted(held.places))


def test_what_the_index_holds_is_not_read_again(many, monkeypatch):
    expected = all_of(many)
    monkeypatch.setattr(module, "read_header", None)
    monkeypatch.setattr(module, "read", None)
    again = Store(many.folder).open()
    assert again.places == many.places
    assert all_of(again).equals(expected)
    assert again.seconds(["3-a"]) == 2.0
    assert again.finished(list(again.places)) == "2026-01-01T00:00:00+00:00"


def test_a_store_without_its_index_is_the_same(many):
    expected = all_of(many)
    shutil.rmtree(many.folder / "index")
    again = Store(many.folder).open()
    assert again.places == many.places
    assert all_of(again).equals(expected)
    assert len(list((many.folder / "index").iterdir())) == 2


@pytest.mark.parametrize("name", ["entries", "records"])
@pytest.mark.parametrize("hurt", HURTS)
def test_a_damaged_index_is_made_again(name, hurt, many):
    expected, path = all_of(many), many.folder / "index" / name
    path.write_bytes(hurt(path.read_bytes()))
    again = Store(many.folder).open()
    assert all_of(again).equals(expected)
    assert ([fault for fault, _ in again.dropped], again.set_aside) == ([name], [])
    assert path.stat().st_size > 100


def test_an_index_of_another_version_is_made_again(many):
    expected = all_of(many)
    for name in ("entries", "records"):
        (many.folder / "index" / name).write_bytes(jobfile.framed(b"entries", b"other"))
    again = Store(many.folder).open()
    assert all_of(again).equals(expected)
    assert again.dropped == [("entries", "of another version"), ("records", "of another version")]


@pytest.mark.parametrize("hurt", HURTS)
def test_damage_is_seen_behind_an_index_too(hurt, many):
    path = many.path("05xx")
    path.write_bytes(hurt(path.read_bytes()))
    again = Store(many.folder).open()
    found = all_of(again)
    assert [name for name, _ in again.set_aside] == ["05xx.acts"]
    assert sorted(set(many.places) - set(again.places)) == ["5-a", "5-b"]
    assert len(found) == len(all_of(many)) - 3 - 5


def test_a_file_that_comes_and_one_that_goes_are_noticed(many):
    many.path("03xx").unlink()
    many.put("99xx", header("new"), [table(99)])
    again = Store(many.folder).open()
    assert set(again.places) == {*many.places, "new"} - {"3-a", "3-b"}
    assert 99 in set(all_of(again)["seed"])
    assert 6 not in set(all_of(again)["seed"])


def test_an_index_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_WORTH_NOTING", 1)
    held = Store(tmp_path / "store").open()
    held.put("ab12", header("one"), [table(1)])
    (tmp_path / "store" / "index").write_text("a file")
    again = Store(tmp_path / "store").open()
    assert again.load(["one"]).equals(table(1))
    assert list((tmp_path / "store" / "tmp").iterdir()) == []


# --- two results ------------------------------------------------------------------------------------------------------


def test_a_second_result_that_differs_is_kept_apart_and_the_first_counts(store):
    store.put("ab12", {**header("one", "two"), "seconds": 9.0}, [table(1), table(2, value=float("inf"))])
    assert not (store.folder / "conflicts").exists()
    store.put("ab12", header("one", "two"), [table(1), table(2, value=0.25)])
    assert len(list((store.folder / "conflicts").iterdir())) == 1
    assert Store(store.folder).open().load(["one"]).equals(table(1))
    code, lines = verified(store.folder)
    assert code == 1
    assert lines[0].startswith("conflict: ab12: 1 of 2 runs have two results (loss at step 0: value inf and 0.25); ")
    assert "jobs/ab/ab12.acts counts, conflicts/ab12." in lines[0]
    assert lines[1:] == ["1 file with 2 runs and 6 records is whole; 1 conflict"]


def test_a_run_in_two_jobs_may_not_differ_and_the_one_that_was_finished_first_counts(store):
    store.put(
        "aa00", {**header("two", "three"), "finished": "2027-01-01T00:00:00+00:00"}, [table(2, value=7.0), table(3)]
    )
    again = Store(store.folder).open()
    assert again.load(["two"])["value"].iloc[0] == float("inf")
    assert sorted(again.places) == ["one", "three", "two"]
    code, lines = verified(store.folder)
    assert code == 1
    assert "jobs/ab/ab12.acts counts, jobs/aa/aa00.acts does not" in lines[0]
    store.path("aa00").unlink()
    store.put("aa00", header("two", "three"), [table(2, value=float("inf")), table(3)])
    assert verified(store.folder)[0] == 0


def test_timings_may_differ(store):
    def timed(value, metric):
        who = {"experiment": "bench", "activation": "relu", "phase": "final"}
        return records.frame([{**who, "metric": metric, "value": value}, {**who, "metric": "bytes", "value": 1.0}])

    for value in (1.0, 2.0):
        store.put("cd34", header("three"), [timed(value, "step_seconds")])
    assert not (store.folder / "conflicts").exists()
    store.put("cd34", header("three"), [timed(2.0, "rows")])
    assert len(list((store.folder / "conflicts").iterdir())) == 1


# --- verify -----------------------------------------------------------------------------------------------------------


def verified(folder):
    """Return the exit code and the lines of a verification."""
    lines = []
    return verify(folder, lines.append), lines


def test_a_whole_store_is_said_to_be_so(store):
    assert verified(store.folder) == (0, ["1 file with 2 runs and 6 records is whole; nothing was found"])
    assert verified(store.folder / "nowhere") == (0, ["the store is empty: nothing to check"])


@pytest.mark.parametrize(
    ("hurt", "fault"),
    [
        (lambda _: b"", "empty"),
        (lambda old: b"x" + old[1:], "no header"),
        (lambda old: old[:-1], "truncated"),
        (lambda old: old + b"x", "longer than it was"),
        (lambda old: flipped(old, 170), "a byte of the header has changed"),
        (lambda old: flipped(old, -40), "a byte has changed"),
    ],
)
def test_damage_is_named_set_aside_and_gone_the_next_time(hurt, fault, store):
    store.put("cd34", header("three"), [table(3)])
    path = store.path("ab12")
    path.write_bytes(hurt(path.read_bytes()))
    code, (line, last) = verified(store.folder)
    assert code == 1
    assert line.startswith("damaged: ab12.acts")
    assert line.endswith(f": {fault}; set aside into damaged/; the next run computes it again")
    assert last == "1 file with 1 run and 3 records is whole; 1 damaged"
    assert verified(store.folder)[0] == 0
    assert len(list((store.folder / "damaged").iterdir())) == 1


def test_damage_that_the_index_hides_from_a_run_is_found(many):
    """The bits of a disk turn without any time being written."""
    path, before = many.path("05xx"), many.path("05xx").stat()
    path.write_bytes(flipped(path.read_bytes(), -40))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    code, lines = verified(many.folder)
    assert (code, lines[0].partition(":")[0], len(lines)) == (1, "damaged", 2)


def test_a_file_under_another_jobs_name_is_found(store):
    name = keys.together(["three"])
    store.put(name, header("three"), [table(3)])
    other = store.path("f" * 40)
    other.parent.mkdir()
    store.path(name).rename(other)
    code, lines = verified(store.folder)
    assert code == 1
    assert "it holds another job than its name says" in lines[0]


def test_a_damaged_index_is_found_and_removed(many):
    path = many.folder / "index" / "records"
    path.write_bytes(path.read_bytes()[:-1])
    code, lines = verified(many.folder)
    assert code == 1
    assert lines[0] == "damaged: index/records: truncated; removed, it is made again from the jobs"
    assert verified(many.folder)[0] == 0


def test_verify_is_a_word_of_the_command_line(store, monkeypatch, capsys):
    monkeypatch.setenv("ACTS_STORE", str(store.folder))
    assert main(["verify"]) == 0
    store.path("ab12").write_bytes(b"")
    assert main(["verify"]) == 1
    assert "damaged: ab12.acts: empty" in capsys.readouterr().out
    monkeypatch.setenv("ACTS_STORE", str(store.path("ab12").parent / "file"))
    store.path("ab12").with_name("file").touch()
    assert main(["verify"]) == 2
    assert capsys.readouterr().err.endswith("a file stands where the folder should be; nothing was computed\n")


# --- size -------------------------------------------------------------------------------------------------------------


def test_a_hundred_thousand_records_open_quickly(tmp_path):
    held = Store(tmp_path / "store").open()
    tables = [table(seed, rows=1000) for seed in range(10)]
    for job in range(10):
        held.put(f"{job:02d}xx", header(*(f"{job}-{run}" for run in range(10))), tables)
    told = measured(tmp_path / "store")
    assert told["records"] == 100_000
    assert told["seconds"] < 5
    assert told["bytes"] < 1e9


@pytest.mark.slow
def test_a_hundred_thousand_job_files_open_quickly_and_are_repaired(tmp_path):
    """The most that an index can meet: one run in every file, and some files damaged in each way."""
    folder = tmp_path / "store"
    held = Store(folder).open()
    names = [keys.together([f"{run:064d}"]) for run in range(100_000)]
    for shard in {name[:2] for name in names}:
        (folder / "jobs" / shard).mkdir()
    bodies = [jobfile.encode(header("x"), [table(seed)]).split(b"\n", 2)[2] for seed in range(100)]
    for run, name in enumerate(names):
        head = json.dumps(header(f"{run:064d}")).encode()
        held.path(name).write_bytes(jobfile.framed(head, bodies[run % 100]))
    first, second = measured(folder), measured(folder)
    assert first["records"] == second["records"] == 300_000
    assert second["seconds"] < 5
    assert max(first["bytes"], second["bytes"]) < 1e9
    for number, name in enumerate(names[::1000]):
        held.path(name).write_bytes(HURTS[number % 3](held.path(name).read_bytes()))
    third = measured(folder)
    assert (third["records"], third["set_aside"]) == (300_000 - 3 * 100, 100)
    assert third["seconds"] < 5
    assert third["digest"] != second["digest"] == first["digest"]
    assert measured(folder)["set_aside"] == 0


def measured(folder):
    """Return what a process of its own finds in a store, how long opening took it and the most it held."""
    code = (
        "import hashlib, json, sys, time; from pathlib import Path; from acts.engine.store import Store\n"
        "began = time.perf_counter(); store = Store(Path(sys.argv[1])).open(); seconds = time.perf_counter() - began\n"
        "found = store.load(sorted(store.places)); digest = hashlib.sha256(found.to_csv().encode()).hexdigest()\n"
        "from acts.bench.storing import peak\n"  # of this process alone: getrusage would count what its parent had
        "told = {'records': len(found), 'set_aside': len(store.set_aside), 'seconds': seconds, 'bytes': peak()}\n"
        "print(json.dumps({**told, 'digest': digest}))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
