"""Work: one job, done where it is; the same code runs in this process and in a worker.

A job looks in the store, writes down its attempt, measures, publishes its file, and returns a receipt of plain values.
It never returns arrays, and a failure is a receipt too, so one activation that raises leaves the others alone.
"""

import ctypes
import faulthandler
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from acts.engine import keys, software
from acts.engine.attempts import Attempts
from acts.engine.store import Damaged, DiskFull, Store, read_header
from acts.jobs import Job

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_MALLOPT = ((-1, 2**30), (-3, 2**25))  # glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, in bytes
_TURN = threading.Lock()  # a worker with several threads does one job at a time all the same


@dataclass(frozen=True)
class Task:
    """A job on its way to where it is done: plain values, the store's folder, whose and which attempt this is.

    ``source`` is the experiment's source as the sender sees it, ``software`` what a worker that the sender did not
    start must compute with; ``deadline`` is in seconds, none in this process; ``own`` are the activations that the
    configuration brings along.
    """

    word: str
    path: str | None
    activation: str
    runs: tuple[dict[str, Any], ...]
    keys: tuple[str, ...]
    source: str
    store: str
    driver: str
    attempt: int = 1
    deadline: float | None = None
    seconds: float = 1.0
    software: Mapping[str, str] | None = None
    others: tuple[str, ...] = ()
    own: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the job's name in the store."""
        return keys.together(list(self.keys))

    @property
    def label(self) -> str:
        """Return the job as messages name it."""
        return f"{self.word}, {self.activation}, {len(self.runs)} run{'s' if len(self.runs) != 1 else ''}"


@dataclass(frozen=True)
class Receipt:
    """What became of a task: ``done``, ``lost`` (its worker died), ``timeout``, ``failed`` or ``full`` (disk)."""

    status: str
    runs: int = 0
    diverged: int = 0
    reason: str = ""
    detail: str = ""


def perform(task: Mapping[str, Any]) -> dict[str, Any]:
    """Do a task given as plain values and return its receipt as plain values: what a worker is sent."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    _keep_memory()
    if task["software"] is not None and software.versions() != task["software"]:
        return asdict(Receipt("failed", reason="a worker joined that computes with other software; run again"))
    with _TURN:
        return asdict(do(Task(**task)))


@cache
def _keep_memory() -> None:
    """Have this process keep the memory that it frees, where its C library can be told to.

    Dask's nannies have it given back at 64 KiB, so that every tensor gets fresh pages: 1.7 times the time.
    """
    with suppress(OSError, AttributeError):
        for option, size in _MALLOPT:
            ctypes.CDLL(None).mallopt(option, size)


def do(task: Task) -> Receipt:
    """Do a task unless the store holds it or this very attempt took its process down."""
    store, attempts = Store(Path(task.store)), Attempts(Path(task.store))
    if (found := stored(store, task.name)) is not None:
        attempts.end(task.name)
        return found
    if attempts.began(task.name, driver=task.driver, attempt=task.attempt):
        return _gone(task, attempts.stack(task.name))
    try:
        module = keys.resolve(task.word, task.path)
        if keys.source_of(module) != task.source:
            return Receipt("failed", reason="the source changed during the run; run again")
        admit(task.own)
        with _alone(task, attempts):
            return _measured(task, module, store)
    except DiskFull as error:
        return Receipt("full", reason=str(error))
    except Exception as error:
        return Receipt("failed", reason=_reason(error), detail=traceback.format_exc())


def admit(own: Mapping[str, Any]) -> None:
    """Enter the activations that a configuration brings along, here and in what this process starts."""
    if own:
        from acts.activations import own as owned

        owned.admit(own)
        owned.hand_on(own)


def _gone(task: Task, stack: Path) -> Receipt:
    """Return the receipt of an attempt whose process is no more: timeout where it left its stack, else lost."""
    told = stack.read_text("utf-8", "replace") if stack.exists() else ""
    reason = f"no end after {task.deadline:g} s" if task.deadline else ""
    return Receipt("timeout", reason=reason, detail=told) if told else Receipt("lost")


def stored(store: Store, name: str) -> Receipt | None:
    """Return the receipt of a job that the store holds, None where it does not."""
    path = store.path(name)
    if not path.exists():
        return None
    try:
        header = read_header(path)
    except Damaged:  # what is measured now takes its place, and the store sets it aside
        return None
    return Receipt("done", len(header["keys"]), header.get("diverged", 0))


@contextmanager
def _alone(task: Task, attempts: Attempts) -> Iterator[None]:
    """Write an attempt down while its job runs, on one thread and without output; past the deadline tell and end."""
    attempts.begin(task.name, driver=task.driver, attempt=task.attempt)
    told = open(attempts.stack(task.name), "w") if task.deadline else None  # noqa: SIM115
    if told is not None and task.deadline:
        faulthandler.dump_traceback_later(task.deadline, exit=True, file=told)
    try:
        with silent(), _one_thread():
            yield
    finally:
        if told is not None:
            faulthandler.cancel_dump_traceback_later()
            told.close()
        attempts.end(task.name)


@contextmanager
def silent() -> Iterator[None]:
    """Keep what a user's function prints from the terminal."""
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch, where it is loaded, to one thread: the same bits whatever the number of workers."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _measured(task: Task, module: ModuleType, store: Store) -> Receipt:
    """Measure a job, publish its file and return its receipt."""
    job = Job(task.word, task.activation, task.runs, task.seconds, tuple(task.others))
    started = time.perf_counter()
    tables = module.measure(job)
    seconds = time.perf_counter() - started
    _match(tables, job)
    diverged = sum(bool(((table["metric"] == "diverged") & (table["value"] > 0)).any()) for table in tables)
    header = {
        "experiment": task.word,
        "activation": task.activation,
        "keys": list(task.keys),
        "seconds": seconds,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "diverged": diverged,
        "torch": keys.torch_version(),
        "python": sys.version.split()[0],
    }
    store.put(task.name, header, tables)
    return Receipt("done", len(job.runs), diverged)


def _match(tables: Sequence[Any], job: Job) -> None:
    """Raise ValueError unless there is one table a run and each speaks of this experiment and these activations."""
    if len(tables) != len(job.runs):
        raise ValueError(f"measure returned {len(tables)} tables for {len(job.runs)} runs")
    for table in tables:
        for column, words in (("experiment", (job.experiment,)), ("activation", (job.activation, *job.others))):
            strange = ~table[column].isin(words)
            if strange.any():
                told = " or ".join(map(repr, words))
                raise ValueError(f"measure returned a row with {column} {table[column][strange].iloc[0]!r}, not {told}")


def _reason(error: Exception) -> str:
    """Return an exception as one line of at most 200 characters."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:200] if text else type(error).__name__
