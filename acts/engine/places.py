"""Places: where tasks are done: in this process, or in worker processes of this machine.

Both offer ``do(tasks)``, which yields each task with its receipt as they end. Dask decides where a task runs, the store
decides what is done, and the tasks' own marks decide who took a process down: Dask's count of failures blames
innocent tasks that merely waited on the worker that died, so it is switched off.
"""

import logging
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from acts.engine.work import Receipt, Task, do, perform

_SETTINGS = {
    "distributed.scheduler.allowed-failures": 10**6,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.worker.daemon": True,
    "distributed.diagnostics.nvml": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    # Dask's own choice also trims the heap at 64 KiB, which gives every tensor fresh pages and halves the speed.
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1},
}

_SILENT = logging.CRITICAL + 1
_LOUD = ("distributed", "tornado", "asyncio")


class LostScheduler(RuntimeError):
    """The process that hands out the tasks has gone."""


class Where(Protocol):
    """A place where tasks are done; ``workers`` is how many at once."""

    workers: int

    def do(self, tasks: Iterable[Task], *, window: int | None = None) -> Iterator[tuple[Task, Receipt]]:
        """Yield each task with its receipt as it ends, with at most ``window`` tasks under way."""
        ...

    def close(self) -> None:
        """End everything that was started."""
        ...


class Serial:
    """This process, one task after the other."""

    workers = 1

    def do(self, tasks: Iterable[Task], *, window: int | None = None) -> Iterator[tuple[Task, Receipt]]:  # noqa: ARG002
        """Yield each task with its receipt; the window is always one."""
        for task in tasks:
            yield task, do(task)

    def close(self) -> None:
        """Do nothing: nothing was started."""


class Local:
    """Worker processes of this machine, one thread each, under a Dask scheduler that listens on loopback only.

    A worker that dies is started again by its nanny. One that dies while it starts, or that hangs, is not; so when too
    few have stood for ``patience`` seconds, all are started anew and what was under way is sent again.
    """

    def __init__(self, workers: int, *, scratch: Path, patience: float = 30.0) -> None:
        """Start nothing yet; ``scratch`` is a folder for what the workers lay down."""
        self.workers = workers
        self._scratch = scratch
        self._patience = patience
        self._cluster: Any = None
        self._client: Any = None
        self._levels: dict[str, int] = {}
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._whole = time.monotonic()  # when all workers were last seen

    def start(self) -> "Local":
        """Start the workers, which takes about two seconds; a Ctrl-C meanwhile counts when they stand."""
        import dask
        from distributed import Client, LocalCluster

        with dask.config.set(_SETTINGS), _deaf_to_ctrl_c():
            self._cluster = LocalCluster(
                n_workers=0,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=_SILENT,
                local_directory=str(self._scratch),
            )
            self._levels = {name: logging.getLogger(name).level for name in _LOUD}
            for name in _LOUD:
                logging.getLogger(name).setLevel(_SILENT)
            self._client = Client(self._cluster, set_as_default=False)
            self._cluster.scale(self.workers)
            self._whole = time.monotonic()
            while self._standing() < self.workers and time.monotonic() - self._whole < self._patience:
                time.sleep(0.02)
        self._ended, self._whole = SimpleQueue(), time.monotonic()
        return self

    def do(self, tasks: Iterable[Task], *, window: int | None = None) -> Iterator[tuple[Task, Receipt]]:
        """Yield each task with its receipt as it ends."""
        waiting = iter(tasks)
        under_way: dict[str, Task] = {}
        while True:
            for task in islice(waiting, (window or 2 * self.workers) - len(under_way)):
                under_way[self._send(task)] = task
            if not under_way:
                return
            with suppress(Empty):
                future = self._ended.get(timeout=1)
                yield under_way.pop(future.key), _receipt(future)
            if self._too_few():
                self.close()
                self.start()
                under_way = {self._send(task): task for task in under_way.values()}

    def _send(self, task: Task) -> str:
        """Send a task to the scheduler and return the key it has there."""
        key = f"job-{task.name}-{task.attempt}"
        future = self._client.submit(perform, asdict(task), key=key, pure=True, retries=0)
        future.add_done_callback(self._ended.put)
        return key

    def _standing(self) -> int:
        """Return how many workers the scheduler knows to be alive."""
        return len(self._cluster.scheduler.workers)

    def _too_few(self) -> bool:
        """Say whether workers have been missing for longer than the patience."""
        if self._standing() >= self.workers:
            self._whole = time.monotonic()
        return time.monotonic() - self._whole > self._patience

    def close(self) -> None:
        """End the workers at once: a job under way is lost, a finished one is in the store."""
        for nanny in list(self._cluster.workers.values()) if self._cluster is not None else ():
            with suppress(
                Exception
            ):  # killed at once before all is closed: when told to stop, they end their jobs first
                os.kill(nanny.pid, signal.SIGKILL)
        for part, patience in ((self._client, 2), (self._cluster, 3)):
            if part is not None:
                with suppress(Exception):
                    part.close(timeout=patience)
        self._client = self._cluster = None
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)


def _receipt(future: Any) -> Receipt:
    """Return what a worker sent back; raises LostScheduler when nobody hands out tasks any more."""
    if future.status in ("cancelled", "lost"):
        raise LostScheduler("the scheduler has gone; finished runs are kept, run the same again to go on")
    if future.status == "error":
        return Receipt("failed", reason=" ".join(str(future.exception()).split())[:200])
    return Receipt(**future.result())


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back: threads and processes started meanwhile never hear it, and only the driver answers it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
