"""Desk: plan, compute what the store does not hold, plan again, until nothing is missing."""

import os
import shutil
import signal
import threading
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
from acts.engine import addresses, devices, keys, places, store
from acts.engine.attempts import Attempts
from acts.engine.dispatch import LostScheduler
from acts.engine.outcome import Failure, Outcome
from acts.engine.progress import Progress, Teller, duration
from acts.engine.turns import PAUSES, Turns
from acts.engine.work import Receipt, Task, admit, silent
from acts.jobs import Job
from acts.params import Params

WORTH_STARTING = 6.0  # seconds of estimated work; starting workers and their torch costs about half of it
_ROUNDS = 50


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
    pauses: tuple[float, ...] = PAUSES
    alone: bool = False  # whether the comparison under way wants nothing of ours beside it
    _where: places.Where | None = None
    _apart: places.Where | None = None
    _token: str = field(default_factory=lambda: f"{store.host()}~{os.getpid()}~{uuid4().hex[:8]}")

    @property
    def workers_now(self) -> int:
        """Return how many tasks are done at once when there are enough of them."""
        if self._where is not None:
            return self._where.workers
        return 1 if self.engine == "serial" else self.workers

    @property
    def attempts(self) -> Attempts:
        """Return the ledger of attempts."""
        return Attempts(self.store.folder)

    def connect(self) -> None:
        """Connect to the cluster, where the engine is one, and settle the device that is computed on."""
        admit(self.params.own)
        if addresses.remote(self.engine):
            from acts.engine.cluster import Cluster

            cluster = Cluster(self.engine, marker=self._scratch / "marker")
            self._where = cluster
            cluster.start(self.teller.line)
            self.params = self.params.on(devices.resolve(self.params.device, cluster=cluster.has_cuda))
        else:
            self.params = self.params.on(devices.resolve(self.params.device))
        self.attempts.tidy(lambda name: self.store.path(name).exists())

    def compute(self, module: ModuleType) -> Outcome:
        """Return the records of a comparison after computing the runs that are missing."""
        outcome, before = Outcome(module.word, self.store.load([])), None
        self.alone = getattr(module, "alone", False)
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
        """Return the plan's jobs with the keys of their runs; the plan may call a user's function, which may print."""
        with silent():
            jobs = module.plan(self.params, records)
        return [(job, keys.keys(job, module)) for job in jobs]

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
            driver=self._token,
            seconds=job.seconds,
            others=job.others,
            own=self.params.own,
        )

    def _work(self, tasks: list[Task], outcome: Outcome, *, planned: int) -> set[str]:
        """Do the tasks, enter what they stored, and return the keys of those that failed for good."""
        runs, seconds = sum(len(task.runs) for task in tasks), sum(task.seconds for task in tasks)
        where = self._place(seconds)
        self.teller.line(
            f"  {outcome.word}: {planned} runs planned, {planned - runs} stored, {runs} to compute in {where.name}"
            f" (about {duration(seconds / where.workers)})"
        )
        progress = Progress(runs, len(tasks), seconds, workers=where.workers, cached=planned - runs)
        self.teller.begin(outcome.word, progress)
        limited = not isinstance(where, places.Serial)
        sent = [replace(task, deadline=self.deadline(task.seconds) if limited else None) for task in tasks]
        turns = Turns(self.attempts, self._token, self.teller, self._place_apart, self.pauses)
        try:
            failed = [
                task
                for task, receipt in turns.take(sent, where)
                if not self._enter(task, receipt, outcome, workers=where.workers)
            ]
        except LostScheduler as error:
            done = planned - sum(len(task.runs) for task in tasks if not self.store.path(task.name).exists())
            told = f"{done} of {planned} runs of {outcome.word} are done and kept; run the same again to continue"
            raise LostScheduler(f"{error}; {told}") from None
        finally:
            self.teller.end()
        return {key for task in failed for key in task.keys}

    def _place(self, seconds: float) -> places.Where:
        """Return where to compute: workers once there was enough work for them, else this process.

        Jobs that want to be alone are done here one by one while the workers rest, except where there is a cluster:
        the machine that hands out its jobs may be another kind of machine.
        """
        if self.alone and not addresses.remote(self.engine):
            return places.Serial()
        if self._where is None and self.engine == "local" and seconds >= self.worth_starting:
            self._where = self._local(self.workers)
        return self._where or places.Serial()

    def _place_apart(self) -> places.Where:
        """Return where tasks are done that may take their process down: never in this one."""
        if self._where is None and self._apart is None:
            self._apart = self._local(1)
        return self._where or self._apart or places.Serial()

    def _local(self, workers: int) -> places.Local:
        """Return worker processes of this machine, started."""
        return places.Local(workers, scratch=self._scratch).start()

    def _enter(self, task: Task, receipt: Receipt, outcome: Outcome, *, workers: int) -> bool:
        """Enter a receipt; says whether the task is done."""
        done = receipt.status == "done"
        gone = 0 if done else len(task.runs)
        self.teller.advance(
            runs=len(task.runs),
            seconds=task.seconds,
            diverged=receipt.diverged,
            crashed=gone,
            workers=workers,
        )
        if receipt.status == "full":
            raise store.DiskFull(f"{receipt.reason}; {len(self.store.places)} runs kept; make room and run again")
        if done:
            self.store.learn(self.store.path(task.name))
            outcome.computed += len(task.runs)
            outcome.diverged += receipt.diverged
        else:
            outcome.failures.append(Failure(task.word, task.activation, receipt.status, receipt.reason, receipt.detail))
        return done

    @property
    def _scratch(self) -> Path:
        """Return the folder for what only lasts as long as this desk."""
        return self.store.folder / "tmp" / self._token

    def close(self) -> None:
        """End the workers, or leave the cluster, and remove what was laid down for them."""
        for where in (self._where, self._apart):
            if where is not None:
                where.close()
        self._where = self._apart = None
        shutil.rmtree(self._scratch, ignore_errors=True)


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
def at(
    params: Params,
    *,
    teller: Teller | None = None,
    engine: str | None = None,
    insecure: bool = False,
    **options: Any,
) -> Iterator[Desk]:
    """Open a desk for a configuration on the default store and close it whatever happens.

    Raises NoCluster, LostScheduler or NoDevice, before any work, for what is not to be had.
    """
    wanted = addresses.check(engine or params.engine, insecure=insecure)
    if not addresses.remote(wanted):
        devices.resolve(params.device)
    desk = Desk(
        params,
        store.Store(store.default()).open(),
        teller or Teller(),
        engine=wanted,
        workers=params.workers,
        **options,
    )
    try:
        desk.connect()
        yield desk
    finally:
        with _undisturbed():
            desk.close()


def interactive(experiment: str | ModuleType, config: str | Path | Params) -> pd.DataFrame:
    """Return one comparison's records for a notebook, computing what is missing and saying what failed.

    The catalogue that its figures read is written where the configuration was never published, or knows more now.
    """
    module = keys.resolve(experiment)
    if configuration.own.installed():
        from acts import activations

        activations.names()  # loads what packages bring along, so that params knows which could not be
    with at(config if isinstance(config, Params) else configuration.load(config)) as desk:
        outcome = desk.compute(module)
        for name, fault in desk.store.set_aside:
            desk.teller.line(f"  {name}: {fault}; set aside and computed again")
        for failure in outcome.failures:
            desk.teller.line(f"  {failure.line}")
        if not isinstance(config, Params):
            from acts import listing

            folder = configuration.root() / "reports" / desk.params.name
            listing.ensure(folder / "catalogue.csv", desk.params.own_names())
    return outcome.records
