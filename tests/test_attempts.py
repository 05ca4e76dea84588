"""The ledger of attempts: it blames the job that was at work when a process died, and no other."""

import os
import subprocess
import sys

import pytest

from acts.engine import attempts as module
from acts.engine.attempts import Attempts
from acts.engine.store import DiskFull, host

ME = f"{host()}~{os.getpid()}~me"


@pytest.fixture
def ledger(tmp_path):
    """Return an empty ledger."""
    return Attempts(tmp_path)


@pytest.fixture
def dead():
    """Return the id of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_an_attempt_that_ends_leaves_nothing(ledger):
    ledger.begin("job", driver=ME)
    ledger.stack("job").write_text("in measure")
    assert ledger.began("job", driver=ME)
    ledger.end("job")
    assert not ledger.began("job", driver=ME)
    assert list((ledger.folder / "attempts").iterdir()) == []
    ledger.end("job")


def test_an_attempt_is_known_by_its_driver_and_number(ledger):
    ledger.begin("job", driver=ME, attempt=2)
    assert not ledger.began("job", driver=ME, attempt=1)
    assert not ledger.began("job", driver="other~1~x", attempt=2)
    assert not ledger.began("another", driver=ME, attempt=2)


def test_lost_attempts_count_and_leave_fewer_but_always_one(ledger):
    found = []
    for attempt in range(1, 5):
        found.append((ledger.count("job"), ledger.left("job")))
        ledger.begin("job", driver=ME, attempt=attempt)
        ledger.lost("job", driver=ME, attempt=attempt)
    assert found == [(0, 3), (1, 2), (2, 1), (3, 1)]


def test_a_job_that_was_given_up_gets_one_more_attempt_and_comes_last(ledger):
    assert ledger.given_up("job") is None
    ledger.crashed("job", reason="took its process down 3 times")
    assert ledger.given_up("job") == "took its process down 3 times"
    assert ledger.left("job") == 1
    ledger.begin("innocent", driver=ME)
    assert ledger.suspects(["innocent", "job", "never"]) == ["job"]


def test_a_driver_that_died_in_a_job_it_did_itself_blames_it(ledger, dead, monkeypatch):
    for name, driver, process in (("own", dead, dead), ("workers", dead, dead + 1), ("living", os.getpid(), None)):
        monkeypatch.setattr(module.os, "getpid", lambda number=process or driver: number)
        ledger.begin(name, driver=f"{host()}~{driver}~x")
    assert [ledger.count(name) for name in ("own", "workers", "living")] == [1, 0, 0]
    assert ledger.suspects(["own", "workers", "living"]) == ["own"]


def test_a_line_that_was_cut_off_is_none(ledger):
    ledger.lost("job", driver=ME)
    path = ledger.folder / "attempts" / "job.log"
    path.write_bytes(path.read_bytes() + b'{"event": "lo\n"text"\n\xff\n')
    assert ledger.count("job") == 1


def test_jobs_that_are_stored_are_forgotten(ledger):
    for name in ("done", "lost"):
        ledger.lost(name, driver=ME)
    ledger.tidy(lambda name: name == "done")
    assert ledger.suspects(["done", "lost"]) == ["lost"]


def test_without_room_it_is_one_line(ledger, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("builtins.open", full)
    with pytest.raises(DiskFull, match=r"disk full writing .*job\.log; nothing damaged"):
        ledger.begin("job", driver=ME)
