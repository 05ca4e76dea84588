"""Desk: plan, compute what the store does not hold, plan again, until nothing is missing."""

import os
import shutil
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pandas as pd

from acts import params as configuration
from acts.engine import devices, keys, places, store
from acts.engine.progress import Teller, duration
from acts.engine.work import Receipt, Task
from acts.jobs import Job
from acts.params import Params

WORTH_STARTING = 6.0  # seconds of estimated work; starting workers and their torch costs about half of it
_ROUNDS = 50
_PAUSES = (2.0, 8.0)  # seconds before a second and a third attempt


@dataclass(frozen=True)
class Failure:
    """A job that could not be done; ``kind`` is failed, crashed, timeout or plan."""

    experiment: str
    activation: str
    kind: str
    reason: str
    detail: str = ""

    @property
    def line(self) -> str:
        """Return the failure in one line."""
        return f"{self.experiment}, {self.activation}: {self.kind}: {self.reason}"


@dataclass
class Outcome:
    """What a comparison came to: its records, how many of its runs were stored or computed, and what failed."""

    word: str
    records: pd.DataFrame
    runs: int = 0
    computed: int = 0
    diverged: int = 0
    seconds: float = 0.0
    finished: str = ""
    failures: list[Failure] = field(default_factory=list)


@dataclass
class Desk:
    """The engine at work on one configuration: a store, a place to compute, and what became of the tasks."""

    params: Params
    store: store.Store
    teller: Teller
    engine: str = "local"
    workers: int = 2
    worth_starting: float = WORTH_STARTING
    deadline: Callable[[float], float] = lambda seconds: max(900.0, 100 * seconds)
    pauses: tuple[float, ...] = _PAUSES
    _where: places.Where | None = None
    _token: str = field(default_factory=lambda: f"{store.host()}~{os.getpid()}~{uuid4().hex[:8]}")

    def compute(self, module: ModuleType) -> Outcome:
        """Return the records of a comparison after computing the runs that are missing."""
        outcome, before = Outcome(module.word, self.store.load([])), None
        lost: set[str] = set()
        for _ in range(_ROUNDS):
            outcome.records = self.store.load(before or [])
            try:
                planned = self._planned(module, outcome.records)
            except Exception as error:
                outcome.failures.append(_plan_failed(module.word, error))
                return outcome
            wanted = list(dict.fromkeys(key for _, job_keys in planned for key in job_keys))
            missing = self._missing(planned, lost, module)
            if not missing and wanted == before:
                outcome.runs, outcome.seconds = len(wanted), self.store.seconds(wanted)
                outcome.finished = self.store.finished(wanted)
                return outcome
            if missing:
                lost |= self._work(missing, outcome, planned=len(wanted))
            before = wanted
        raise RuntimeError(f"{module.word}: plan asked for other runs {_ROUNDS} times over")

    def look(self, module: ModuleType) -> tuple[int, list[Task]]:
        """Return how many runs a comparison asks for, as far as stored records tell, and tasks for the missing."""
        before: list[str] = []
        for _ in range(_ROUNDS):
            planned = self._planned(module, self.store.load(before))
            wanted = list(dict.fromkeys(key for _, job_keys in planned for key in job_keys))
            missing = self._missing(planned, set(), module)
            if missing or wanted == before:
                break
            before = wanted
        return len(wanted), missing

    def _planned(self, module: ModuleType, records: pd.DataFrame) -> list[tuple[Job, list[str]]]:
        """Return the plan's jobs with the keys of their runs."""
        return [(job, keys.keys(job, module)) for job in module.plan(self.params, records)]

    def _missing(self, planned: list[tuple[Job, list[str]]], lost: set[str], module: ModuleType) -> list[Task]:
        """Return tasks for the runs that neither the store nor an earlier task has, the longest first."""
        tasks, taken = [], set(lost)
        for job, job_keys in planned:
            keep = [key not in self.store.places and key not in taken for key in job_keys]
            if any(keep):
                kept = tuple(key for key, wanted in zip(job_keys, keep, strict=True) if wanted)
                tasks.append(self._task(job.only(keep), kept, module))
                taken.update(kept)
        return sorted(tasks, key=lambda task: -task.seconds)

    def _task(self, job: Job, job_keys: tuple[str, ...], module: ModuleType) -> Task:
        """Return a job as a task of plain values."""
        return Task(
            word=module.word,
            path=keys.address(module),
            activation=job.activation,
            runs=tuple(dict(run) for run in job.runs),
            keys=job_keys,
            source=keys.source_of(module),
            store=str(self.store.folder),
            marks=str(self.store.folder / "tmp" / self._token),
            seconds=job.seconds,
        )

    def _work(self, tasks: list[Task], outcome: Outcome, *, planned: int) -> set[str]:
        """Do the tasks, enter what they stored, and return the keys of those that failed for good."""
        runs, seconds = sum(len(task.runs) for task in tasks), sum(task.seconds for task in tasks)
        where = self._place(seconds)
        at = f"{where.workers} processes" if isinstance(where, places.Local) else "this process"
        self.teller.line(
            f"  {outcome.word}: {planned} runs planned, {planned - runs} stored, {runs} to compute in {at}"
            f" (about {duration(seconds / where.workers)})"
        )
        self.teller.begin(outcome.word, runs=runs, seconds=seconds, workers=where.workers)
        try:
            return self._all(tasks, where, outcome)
        finally:
            self.teller.end()

    def _place(self, seconds: float) -> places.Where:
        """Return where to compute: workers once there was enough work for them, else this process."""
        if self._where is None and self.engine == "local" and seconds >= self.worth_starting:
            self._where = local = places.Local(self.workers, scratch=self.store.folder / "tmp" / self._token)
            local.start()
        return self._where or places.Serial()

    def _all(self, tasks: list[Task], where: places.Where, outcome: Outcome) -> set[str]:
        """Do the tasks at once; those whose worker died again after all others, alone and after a pause."""
        limited = isinstance(where, places.Local)
        sent = [replace(task, deadline=self.deadline(task.seconds) if limited else None) for task in tasks]
        failed: list[Task] = []
        suspects = [task for task, receipt in where.do(sent) if self._enter(task, receipt, outcome, failed)]
        for attempt, pause in enumerate(self.pauses, start=2):
            for task in suspects:
                self.teller.line(f"  {task.label}: its worker died; attempt {attempt} alone in {pause:.0f} s")
            if suspects:
                time.sleep(pause)
            again = [replace(task, attempt=attempt) for task in suspects]
            suspects = [
                task for task, receipt in where.do(again, window=1) if self._enter(task, receipt, outcome, failed)
            ]
        for task in suspects:
            reason = f"took its process down {1 + len(self.pauses)} times"
            outcome.failures.append(Failure(task.word, task.activation, "crashed", f"{reason} ({len(task.runs)} runs)"))
        return {key for task in (*failed, *suspects) for key in task.keys}

    def _enter(self, task: Task, receipt: Receipt, outcome: Outcome, failed: list[Task]) -> bool:
        """Enter a receipt; returns whether the task's worker died, so that it deserves another attempt."""
        if receipt.status == "lost":
            return True
        self.teller.advance(runs=len(task.runs), seconds=task.seconds, diverged=receipt.diverged)
        if receipt.status == "full":
            raise store.DiskFull(f"{receipt.reason}; {len(self.store.places)} runs kept; make room and run again")
        if receipt.status == "done":
            self.store.learn(self.store.path(task.name))
            outcome.computed += len(task.runs)
            outcome.diverged += receipt.diverged
        else:
            outcome.failures.append(Failure(task.word, task.activation, receipt.status, receipt.reason, receipt.detail))
            failed.append(task)
        return False

    def close(self) -> None:
        """End the workers and remove the marks."""
        if self._where is not None:
            self._where.close()
            self._where = None
        shutil.rmtree(self.store.folder / "tmp" / self._token, ignore_errors=True)


def _plan_failed(word: str, error: Exception) -> Failure:
    """Return the failure of a comparison whose plan raised."""
    text = " ".join(str(error).split())
    told = text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"
    return Failure(word, "all", "plan", told[:400], traceback.format_exc())


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no further Ctrl-C or SIGTERM break the clearing up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def at(params: Params, *, teller: Teller | None = None, engine: str | None = None, **options: Any) -> Iterator[Desk]:
    """Open a desk for a configuration on the default store and close it whatever happens."""
    desk = Desk(
        params,
        store.Store(store.default()).open(),
        teller or Teller(),
        engine=engine or params.engine,
        workers=params.workers,
        **options,
    )
    try:
        yield desk
    finally:
        with _undisturbed():
            desk.close()


def interactive(experiment: str | ModuleType, config: str | Path | Params) -> pd.DataFrame:
    """Return one comparison's records for a notebook, computing what is missing and saying what failed."""
    module = keys.resolve(experiment)
    params = config if isinstance(config, Params) else configuration.load(config)
    params = params.on(devices.resolve(params.device))
    with at(params) as desk:
        outcome = desk.compute(module)
        for name, fault in desk.store.set_aside:
            desk.teller.line(f"  {name}: {fault}; set aside and computed again")
        for failure in outcome.failures:
            desk.teller.line(f"  {failure.line}")
    return outcome.records
