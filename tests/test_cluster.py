"""Clusters that someone else started: who is refused, and what is lost when a part of one dies."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread

import psutil
import pytest

from acts import params
from acts.commands import parser
from acts.engine import addresses, cluster, desk, devices, keys, software
from acts.engine.addresses import NoCluster
from acts.engine.attempts import Attempts
from acts.engine.cluster import Cluster
from acts.engine.dispatch import LostScheduler, _receipt
from acts.engine.progress import Teller
from acts.engine.work import Receipt, Task, do, perform

TOYS = Path(__file__).parent / "toys"
DASK = str(Path(sys.executable).with_name("dask"))
LONG = 240.0  # seconds that a busy machine may take for what an idle one does at once


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "engine",
    ["serial", "local", "tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786", "tls://far.away:8786"],
)
def test_loopback_and_encrypted_addresses_may_be_used(engine):
    assert addresses.check(engine) == engine
    assert addresses.kind(engine) == {"serial": "serial", "local": "local"}.get(engine, "cluster")


@pytest.mark.parametrize(
    "engine", ["tcp://192.0.2.7:8786", "tcp://0.0.0.0:8786", "tcp://[2001:db8::1]:8786", "tcp://no such"]
)
def test_a_plain_address_that_others_reach_is_refused_unless_the_caller_insists(engine):
    with pytest.raises(NoCluster, match=r"--insecure-cluster|is not serial, local, tcp://HOST:PORT"):
        addresses.check(engine)
    if " " not in engine:
        assert addresses.check(engine, insecure=True) == engine


@pytest.mark.parametrize("engine", ["", "locale", "tcp://127.0.0.1", "http://127.0.0.1:80", "tcp://127.0.0.1:8786\n"])
def test_what_is_no_engine_is_refused_with_what_is(engine):
    with pytest.raises(
        NoCluster, match=r"is not serial, local, tcp://HOST:PORT, tls://HOST:PORT or scheduler-file:PATH"
    ):
        addresses.check(engine)


def test_a_port_that_cannot_be_is_refused():
    with pytest.raises(NoCluster, match="a port is a number from 1 to 65535"):
        addresses.check("tcp://127.0.0.1:65536")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"address": "tcp://127.0.0.1:7"}', None),
        ('{"address": "tcp://192.0.2.7:7"}', "--insecure-cluster"),
        ('{"address": "inproc://1/2"}', "which is no tcp:// or tls:// address"),
        ('{"address": 7}', "which is no tcp:// or tls:// address"),
        ("[]", "names no address"),
        ("{", "names no address"),
        (None, "No such file or directory; dask scheduler --scheduler-file writes it"),
    ],
)
def test_a_scheduler_file_is_read_and_held_to_the_same_rules(content, told, tmp_path, monkeypatch):
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    if content is not None:
        (tmp_path / "here.json").write_text(content)
    for engine in ("here.json", "scheduler-file:here.json", f"scheduler-file:{tmp_path}/here.json"):
        if told is None:
            assert addresses.check(engine) == "tcp://127.0.0.1:7"
        else:
            with pytest.raises(NoCluster, match=told):
                addresses.check(engine)


# --- a cluster that is started by hand --------------------------------------------------------------------------------


@dataclass
class Started:
    """A scheduler and its workers, each in a process group of its own."""

    address: str
    scheduler: subprocess.Popen
    workers: subprocess.Popen

    def pids(self):
        """Return the ids of the processes that do jobs."""
        with suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.workers.pid).children(recursive=True)
            return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]
        return []


@contextmanager
def started(folder, *, scheduler=("--host", "127.0.0.1"), worker=("--nthreads", "1", "--nworkers", "2"), **environment):
    """Start a cluster as a user does, wait for its scheduler, and end it."""
    written = folder / "scheduler.json"
    begun = [
        subprocess.Popen(
            [DASK, what, "--scheduler-file", str(written), "--no-dashboard", *options],
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for what, options in (("scheduler", ("--port", "0", *scheduler)), ("worker", worker))
    ]
    try:
        ends = time.monotonic() + LONG
        while not written.is_file() or not written.read_text().endswith("}"):
            assert time.monotonic() < ends
            time.sleep(0.05)
        yield Started(json.loads(written.read_text())["address"], *begun)
    finally:
        for process in begun:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """Return a cluster with two workers for all tests that leave its scheduler alone."""
    with started(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Return the toy comparison, with a store of its own, and have schedulers waited for as long as may be."""
    monkeypatch.setattr(cluster, "ANSWER", LONG)
    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("TOY", raising=False)
    return keys.resolve("toy", str(TOYS / "toy.py"))


def asked(monkeypatch, *activations, seeds=4, **runs):
    """Have the toy plan jobs of some activations, each run with some more values."""
    monkeypatch.setenv("TOY", json.dumps({"activations": activations, "seeds": seeds, "runs": runs}))


@contextmanager
def at(engine, patience=60.0, **options):
    """Open a desk on an engine."""
    given = params.Params(title="toy", experiments=params.Experiments(), notebooks=("a",))
    with desk.at(given, teller=Teller(), engine=engine, worth_starting=0.0, pauses=(0.1, 0.1), **options) as here:
        if here._where is not None:
            here._where._patience = patience
        yield here


def computed(module, engine, **options):
    """Return what the toy comes to on an engine."""
    with at(engine, **options) as here:
        return here.compute(module)


def test_records_are_those_of_this_process_and_the_second_time_nothing_is_computed(
    standing, toy, tmp_path, monkeypatch, capfd
):
    found = computed(toy, standing.address)
    out, err = capfd.readouterr()
    assert out.splitlines()[0] == f"  2 workers of the cluster at {standing.address}"
    assert "8 to compute in 2 workers of the cluster (about 2 s)" in out
    assert err == ""
    assert (found.runs, found.computed, found.failures) == (11, 11, [])
    assert computed(toy, standing.address).computed == 0
    assert list((tmp_path / "store" / "tmp").iterdir()) == []
    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "other"))
    assert computed(toy, "serial").records.equals(found.records)


def test_a_job_that_kills_its_process_is_tried_three_times_and_harms_no_other(standing, toy, tmp_path, monkeypatch):
    """Dask alone would blame, after its three allowed failures, jobs that merely waited."""
    asked(monkeypatch, "killer", "killed_once", "relu", "tanh", flag=str(tmp_path / "flag"))
    outcome = computed(toy, standing.address)
    told = [failure.line for failure in outcome.failures]
    assert told == ["toy, killer: crashed: took its process down 3 times (4 runs)"]
    assert outcome.computed == 3 * 4 + 3


def test_a_job_without_an_end_is_stopped_with_its_stack_and_the_rest_is_done(standing, toy, monkeypatch):
    asked(monkeypatch, "sleeper", "relu", sleep=0)
    outcome = computed(toy, standing.address, deadline=lambda _: 1.0)
    (failure,) = outcome.failures
    assert failure.line == "toy, sleeper: timeout: no end after 1 s"
    assert "in measure" in failure.detail
    assert outcome.computed == 4 + 3


def test_workers_that_are_killed_lose_nothing(standing, toy, tmp_path, monkeypatch):
    asked(monkeypatch, *(f"a{number}" for number in range(8)), seeds=1, sleep=0.5)
    before = standing.pids()

    def kill():
        finished_jobs(tmp_path, count=1)
        for pid in before:
            os.kill(pid, signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    outcome = computed(toy, standing.address)
    killer.join()
    assert (outcome.failures, outcome.computed) == ([], 8 + 3)
    assert not set(before) & set(standing.pids())


def test_a_worker_that_hangs_is_started_anew_and_its_job_done(standing, toy, monkeypatch):
    asked(monkeypatch, *(f"a{number}" for number in range(4)), seeds=1, sleep=0.3)
    pids = standing.pids()
    with at(standing.address, patience=3.0) as here:
        os.kill(pids[0], signal.SIGSTOP)
        outcome = here.compute(toy)
    assert (outcome.failures, outcome.computed) == ([], 4 + 3)
    assert not psutil.pid_exists(pids[0])


def driver(engine, store, **environment):
    """Start the toy's driver in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, str(TOYS / "driver.py"), engine],
        env={**os.environ, "ACTS_STORE": str(store), "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finished_jobs(store, *, count):
    """Wait until a store holds some finished jobs."""
    ends = time.monotonic() + LONG
    while len(list(Path(store).rglob("*.acts"))) < count:
        assert time.monotonic() < ends
        time.sleep(0.02)


MANY = json.dumps({"activations": [f"a{number}" for number in range(40)], "seeds": 1, "runs": {"sleep": 0.1}})


def test_after_kill_9_of_the_driver_the_workers_stay_and_the_next_run_goes_on(standing, toy, tmp_path, monkeypatch):
    monkeypatch.setenv("TOY", MANY)
    process = driver(standing.address, tmp_path / "store")
    finished_jobs(tmp_path, count=3)
    process.kill()
    process.communicate()
    outcome = computed(toy, standing.address)
    assert (outcome.runs, outcome.failures) == (43, [])
    assert outcome.computed < 43


def test_ctrl_c_ends_within_five_seconds_with_130_and_one_line(standing, tmp_path):
    process = driver(standing.address, tmp_path, TOY=MANY)
    finished_jobs(tmp_path, count=1)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert (process.returncode, len(err.splitlines())) == (130, 1)


class KilledWorker(Exception):
    """Stands for Dask's own, which is known by its name."""


@dataclass
class Future:
    """What came back of a task, as Dask tells it."""

    status: str
    raised: Exception

    def exception(self, **_):
        """Return what the task raised."""
        return self.raised

    def result(self, **_):
        """Raise what kept the result from being handed over."""
        raise self.raised


@pytest.mark.parametrize(
    "future",
    [
        Future("cancelled", Exception()),
        Future("lost", Exception()),
        Future("finished", CancelledError()),
        Future("finished", ConnectionResetError()),
    ],
)
def test_whatever_cuts_the_scheduler_off_is_told_as_its_loss(future, toy, tmp_path):
    with pytest.raises(LostScheduler, match=r"^the scheduler has gone$"):
        _receipt(task(toy, tmp_path), future)


def test_what_dask_says_of_a_task_is_held_against_the_ledger_and_the_store(toy, tmp_path):
    """Dask blames whatever waited on a worker that died, and loses results that are in the store."""
    given = task(toy, tmp_path)
    assert _receipt(given, Future("error", ValueError("no\nway"))) == Receipt("failed", reason="no way")
    assert _receipt(given, Future("error", KilledWorker())) is None
    assert _receipt(given, Future("finished", TimeoutError())) == Receipt("lost")
    Attempts(tmp_path).begin(given.name, driver=given.driver)
    assert _receipt(given, Future("error", KilledWorker())) == Receipt("lost")
    Attempts(tmp_path).end(given.name)
    assert do(given) == _receipt(given, Future("finished", TimeoutError())) == Receipt("done", 1)


def task(module, store):
    """Return a task of the toy for one run."""
    run = {"phase": "tune", "seed": 1}
    return Task("toy", module.__file__, "relu", (run,), ("one",), keys.source_of(module), str(store), "here~1~x")


# --- who is refused ---------------------------------------------------------------------------------------------------


def test_workers_with_other_versions_are_refused_with_a_table(standing, toy, monkeypatch):
    other = {"packages": {"python": "3.11.7.final.0", "acts": "0.1.0", "torch": "1.0"}}
    monkeypatch.setattr("distributed.versions.get_versions", lambda *_: other)
    with pytest.raises(NoCluster, match=r"^2 of 2 workers at .* compute with other software \(\*\)") as caught:
        computed(toy, standing.address)
    head, here, *there = caught.value.table.splitlines()
    assert head.split() == ["python", "acts", "torch"]
    assert here.split() == ["this", "process", "3.11.7", "0.1.0", "1.0"]
    assert all(row.endswith(" *") and keys.torch_version() in row for row in there)
    assert not Path(os.environ["ACTS_STORE"], "jobs").exists() or not list(
        Path(os.environ["ACTS_STORE"]).rglob("*.acts")
    )


def test_workers_with_other_source_are_refused_with_a_table(standing, toy, monkeypatch):
    monkeypatch.setattr(software, "_source", lambda: "another source")
    software.here.cache_clear()
    try:
        with pytest.raises(NoCluster, match="compute with other software") as caught:
            computed(toy, standing.address)
    finally:
        software.here.cache_clear()
    assert caught.value.table.splitlines()[0].split() == ["python", "acts", "torch", "source"]


def test_a_store_that_workers_do_not_see_is_refused(standing, toy, monkeypatch):
    monkeypatch.setattr(Cluster, "_mark", lambda _: None)
    with pytest.raises(NoCluster, match=r"^2 of 2 workers at .* cannot write to the store, .* name it in ACTS_STORE"):
        computed(toy, standing.address)


@pytest.mark.usefixtures("toy")
def test_a_device_that_the_workers_do_not_have_is_refused(standing, monkeypatch):
    assert devices.resolve("auto", cluster=lambda: False) == "cpu"
    assert devices.resolve("auto", cluster=lambda: True) == "cuda"
    given = params.Params(title="toy", device="cuda", experiments=params.Experiments(), notebooks=("a",))
    monkeypatch.setattr(cluster, "cuda", bool)  # asked of the workers: False, without waiting for their torch
    opened = desk.at(given, teller=Teller(quiet=True), engine=standing.address)
    with pytest.raises(devices.NoDevice, match="not every worker of the cluster has a CUDA device"), opened:
        pass


def test_a_worker_that_joins_later_with_other_software_does_nothing(tmp_path):
    other = {**software.versions(), "torch": "1.0"}
    given = Task("toy", None, "relu", (), (), "", str(tmp_path), "here~1~x", software=other)
    receipt = perform(asdict(given))
    assert receipt["status"] == "failed"
    assert receipt["reason"] == "a worker joined that computes with other software; run again"
    assert list(tmp_path.iterdir()) == []


def listening(answer):
    """Return a port of this machine where somebody listens who is no scheduler."""
    server, kept = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                kept.append(connection)
                if answer.startswith("HTTP"):
                    connection.sendall(answer.encode())
                if answer != "nothing":
                    connection.close()

    Thread(target=serve, daemon=True).start()
    return server


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "no scheduler answered at"),
        ("nothing", "no scheduler answered at"),
        ("close", "no scheduler answered at"),
        ("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "what answers at"),
    ],
)
def test_an_address_that_does_not_answer_as_a_scheduler_is_refused_in_one_line(answer, told, toy, monkeypatch, capfd):
    """Nobody is there, or somebody who says nothing, goes away, or says something else."""
    monkeypatch.setattr(cluster, "ANSWER", 1.0)
    server = listening(answer or "nothing")
    port = server.getsockname()[1]
    if answer is None:
        server.close()
    with pytest.raises(NoCluster, match=f"^{told} tcp://127.0.0.1:{port} ") as caught:
        computed(toy, f"tcp://127.0.0.1:{port}")
    server.close()
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


# --- clusters of their own --------------------------------------------------------------------------------------------


def test_a_scheduler_that_dies_ends_the_run_with_75_and_what_was_done(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("TOY", MANY)
    with started(tmp_path) as own:
        process = driver(own.address, tmp_path / "store")
        finished_jobs(tmp_path, count=3)
        own.scheduler.kill()
        _, err = process.communicate(timeout=LONG)
    kept = len(list(tmp_path.rglob("*.acts")))
    assert process.returncode == 75
    told = r"the scheduler has gone; \d+ of 40 runs of toy are done and kept; run the same again to continue\n"
    assert re.fullmatch(told, err)
    assert computed(toy, "serial").computed == 43 - kept


def test_a_scheduler_without_workers_is_busy_and_one_that_loses_them_ends_the_run(toy, tmp_path, monkeypatch, capsys):
    """The worker here has two threads, and its scheduler listens to everyone: both are told."""
    asked(monkeypatch, "relu", "sleeper", seeds=1, sleep=0)
    options = {"scheduler": ("--host", "0.0.0.0"), "worker": ("--nthreads", "2", "--no-nanny")}
    with started(tmp_path, **options) as own:
        address = f"tcp://127.0.0.1:{own.address.rpartition(':')[2]}"
        with at(address, patience=4.0) as here:
            told = capsys.readouterr().out
            Thread(target=lambda: (finished_jobs(tmp_path, count=1), own.workers.kill())).start()
            with pytest.raises(LostScheduler, match=r"^no worker has been at .* for 4 s; 1 of 2 runs of toy are done"):
                here.compute(toy)
        monkeypatch.setattr(cluster, "ANSWER", 1.0)
        with pytest.raises(LostScheduler, match="has no workers yet; start some with dask worker, then run again"):
            computed(toy, address)
    assert "1 worker of the cluster at" in told
    assert "a worker has 2 threads and does one job at a time: --nthreads 1 --nworkers 2 uses them" in told
    assert ("can run code as you" in told) == (not own.address.startswith("tcp://127."))


def test_a_scheduler_that_hangs_ends_the_run_too(toy, tmp_path, monkeypatch):
    asked(monkeypatch, *(f"a{number}" for number in range(40)), seeds=1, sleep=0.1)

    def hang():
        finished_jobs(tmp_path, count=2)
        own.scheduler.send_signal(signal.SIGSTOP)

    with started(tmp_path, worker=("--nthreads", "1", "--no-nanny")) as own, at(own.address, patience=2.0) as here:
        Thread(target=hang).start()
        with pytest.raises(LostScheduler, match=r"^the scheduler does not answer any more; \d+ of 40 runs of toy are"):
            here.compute(toy)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_an_encrypted_cluster_is_used_with_its_certificate_and_not_without(toy, tmp_path):
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=toy"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    tls = ("--tls-ca-file", certificate, "--tls-cert", certificate, "--tls-key", key)
    options = {"scheduler": ("--host", "127.0.0.1", "--protocol", "tls", *tls), "worker": ("--nthreads", "1", *tls)}
    with started(tmp_path, **options) as own:
        assert own.address.startswith("tls://")
        with pytest.raises(NoCluster, match=r"^tls://.* needs certificates: name them in distributed.comm.tls"):
            computed(toy, own.address)
        import dask

        given = {"ca-file": certificate, "client.cert": certificate, "client.key": key}
        with dask.config.set({f"distributed.comm.tls.{name}": path for name, path in given.items()}):
            assert computed(toy, own.address).computed == 11


# --- what the page on clusters says -----------------------------------------------------------------------------------


def commands():
    """Return the commands that the page on clusters gives, a line each."""
    page = (Path(__file__).parents[1] / "docs" / "clusters.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", "").splitlines() if ".venv/bin/" in line]


@pytest.mark.parametrize("what", ["scheduler", "worker"])
def test_every_option_of_dask_on_the_page_is_one(what):
    told = subprocess.run([DASK, what, "--help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"--[a-z-]+", told))
    given = [set(re.findall(r"--[a-z-]+", line)) for line in commands() if f"/dask {what} " in line]
    assert len(given) >= 3
    assert all(options <= known for options in given)


def test_every_run_on_the_page_is_understood():
    given = [line.partition("-m acts ")[2].split() for line in commands() if "-m acts " in line]
    assert len(given) >= 4
    for words in given:
        asked = parser().parse_args(words)
        assert addresses.known(asked.engine)
        assert asked.config in params.configurations()
