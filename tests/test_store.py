"""The store loses nothing and believes nothing: whole files only, every damage seen, nothing recomputed in vain."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from acts import records
from acts.engine import keys
from acts.engine.jobfile import Damaged, read, read_header
from acts.engine.store import Store
from acts.jobs import Job

ACTS = Path(keys.__file__).parents[1]


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


# --- keys -------------------------------------------------------------------------------------------------------------


def test_comments_docstrings_and_layout_are_not_part_of_a_source():
    plain = "def f(x):\n    return x + 1\n"
    dressed = '"""A file."""\n\ndef f(\n    x,\n):\n    """A function."""\n    # why\n    return (x + 1)\n'
    assert keys.normalised(plain) == keys.normalised(dressed)
    assert keys.normalised(plain) != keys.normalised(plain.replace("1", "2"))


def test_a_body_that_is_only_a_docstring_stays_a_body():
    assert keys.normalised('def f():\n    """Nothing."""\n') == keys.normalised("def f():\n    pass\n")


@pytest.fixture
def toy(monkeypatch):
    """Return the toy comparison with given rooms."""
    module = keys.resolve("toy", str(Path(__file__).parent / "toys" / "toy.py"))

    def with_rooms(*rooms):
        monkeypatch.setattr(module, "rooms", rooms)
        return module

    return with_rooms


def test_a_key_depends_on_the_run_and_not_on_its_company(toy):
    runs = ({"seed": 1, "lr": 0.1}, {"seed": 2, "lr": 0.1})
    together = keys.keys(Job("toy", "relu", runs), toy())
    assert keys.keys(Job("toy", "relu", runs[1:]), toy()) == together[1:]
    assert len({*together, *keys.keys(Job("toy", "tanh", runs), toy())}) == 4
    assert keys.keys(Job("toy", "relu", ({"seed": 1, "lr": 0.2},)), toy())[0] not in together


def test_a_key_depends_on_the_source_of_its_rooms(toy, monkeypatch):
    job = Job("toy", "relu", ({"seed": 1},))
    before = keys.keys(job, toy("records"))
    assert keys.keys(job, toy()) != before
    monkeypatch.setattr(keys, "room_source", lambda _: "edited")
    keys.source.cache_clear()
    assert keys.keys(job, toy("records")) != before
    keys.source.cache_clear()


def test_a_key_refuses_nan(toy):
    with pytest.raises(ValueError, match="not JSON compliant"):
        keys.keys(Job("toy", "relu", ({"lr": float("nan")},)), toy())


def test_a_key_depends_on_torch_and_on_the_data(toy, monkeypatch):
    job = Job("toy", "relu", ({"dataset": "digits"},))
    before = keys.keys(job, toy("datasets"))
    monkeypatch.setattr(keys, "data", lambda name: f"another {name}")
    assert keys.keys(job, toy("datasets")) != before
    assert keys.keys(job, toy()) == keys.keys(job, toy())
    now = keys.keys(job, toy())
    monkeypatch.setattr(keys, "torch_version", lambda: "9.9")
    assert keys.keys(job, toy()) != now


def test_a_new_activation_changes_no_other_ones_key():
    from acts import activations
    from acts.activations.registry import temporarily

    keys.function_source.cache_clear()
    before = {name: keys.function_source(name) for name in activations.names()}
    keys.function_source.cache_clear()
    with temporarily():

        @activations.register("x*x*x", "Nobody 2026, A cube", family="own", label="cube")
        def cube_of_a_test(x):
            return x * x * x

        assert before == {name: keys.function_source(name) for name in before}
        assert keys.function_source("cube_of_a_test") not in before.values()
    assert len(set(before.values())) == len(before)


def test_a_variant_has_a_key_of_its_own():
    assert keys.function_source("leaky_relu(alpha=0.1)") != keys.function_source("leaky_relu")


def test_what_a_function_reaches_in_its_file_is_part_of_it(tmp_path):
    def reach(text):
        path = tmp_path / f"m{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text)
        return keys.reach(keys.resolve(path.stem, str(path)).f)

    plain = "A = 1\nB = 2\n\ndef g(x):\n    return x * A\n\n@staticmethod\ndef f(x):\n    return g(x)\n"
    plain = plain.replace("@staticmethod\n", "")
    assert reach(plain) == reach(plain.replace("B = 2", "B = 3"))
    assert reach(plain) != reach(plain.replace("A = 1", "A = 5"))
    assert reach(plain) != reach(plain.replace("x * A", "x + A"))


@pytest.mark.parametrize("word", keys.words())
def test_a_comparison_lists_every_room_that_its_measuring_goes_through(word):
    """A room that is used and not listed could change without its records being computed again."""
    module = keys.resolve(word)
    code = " ".join(keys.reach(module.measure))
    tree = ast.parse(Path(module.__file__).read_text())
    waiting = [room for room in _rooms_imported(tree) if _mentions(code, tree, room)]
    seen = set()
    while waiting:
        room = waiting.pop()
        seen.add(room)
        for path in keys.files(room):
            waiting += [found for found in _rooms_imported(ast.parse(path.read_text())) if found not in seen]
    plain = {"jobs", "params", "records"}  # what they do to a run stands in its spec or in its rows
    assert seen - plain <= set(module.rooms), f"{word} goes through {sorted(seen - plain - set(module.rooms))} too"


def _rooms_imported(tree):
    """Return the rooms of acts that a source imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "acts":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("acts."):
            found.add(node.module.split(".")[1])
    return {room for room in found if (ACTS / room).is_dir() or (ACTS / f"{room}.py").exists()}


def _mentions(code, tree, room):
    """Say whether a normalised source uses a room, or a name that was imported from it."""
    names = {room}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[:2] == ["acts", room]:
            names |= {alias.asname or alias.name for alias in node.names}
    return any(f"Name(id='{name}'" in code for name in names)


def test_an_unknown_room_or_comparison_is_one_clear_line():
    with pytest.raises(ValueError, match="unknown room 'cellar'"):
        keys.room_source("cellar")
    with pytest.raises(ValueError, match="unknown experiment 'gradient'; acts/experiments has"):
        keys.resolve("gradient")
