"""Places: where tasks are done: in this process, or in worker processes of this machine.

Both offer ``do(tasks)``, which yields each task with its receipt as they end. Dask decides where a task runs, the store
decides what is done, and the tasks' own marks decide who took a process down: Dask's count of failures blames
innocent tasks that merely waited on the worker that died, so it is switched off.
"""

import logging
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
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
}

_SILENT = logging.CRITICAL + 1


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
    """Worker processes of this machine, one thread each, under a Dask scheduler that listens on loopback only."""

    def __init__(self, workers: int, *, scratch: Path) -> None:
        """Start nothing yet; ``scratch`` is a folder for what the workers lay down."""
        self.workers = workers
        self._scratch = scratch
        self._cluster: Any = None
        self._client: Any = None

    def start(self) -> "Local":
        """Start the workers, which takes about two seconds; a Ctrl-C meanwhile counts when they stand."""
        import dask
        from distributed import Client, LocalCluster

        self._settings = dask.config.set(_SETTINGS)
        self._level = logging.getLogger("distributed").level
        logging.getLogger("distributed").setLevel(_SILENT)
        with _deaf_to_ctrl_c():
            self._cluster = LocalCluster(
                n_workers=self.workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=_SILENT,
                local_directory=str(self._scratch),
            )
            self._client = Client(self._cluster, set_as_default=False)
        return self

    def do(self, tasks: Iterable[Task], *, window: int | None = None) -> Iterator[tuple[Task, Receipt]]:
        """Yield each task with its receipt as it ends; raises LostScheduler when nobody hands out tasks any more."""
        from distributed import as_completed

        waiting = iter(tasks)
        under_way: dict[Any, Task] = {}
        ended = as_completed(loop=self._client.loop)

        def send() -> None:
            if (task := next(waiting, None)) is not None:
                future = self._client.submit(
                    perform, asdict(task), key=f"job-{task.name}-{task.attempt}", pure=True, retries=0
                )
                under_way[future] = task
                ended.add(future)

        for _ in range(window or 2 * self.workers):
            send()
        while under_way:
            future = next(ended)
            task = under_way.pop(future)
            send()
            yield task, self._receipt(future)

    def _receipt(self, future: Any) -> Receipt:
        """Return what a worker sent back."""
        if future.status in ("cancelled", "lost"):
            raise LostScheduler("the scheduler has gone")
        if future.status == "error":
            return Receipt("failed", reason=str(future.exception())[:200])
        receipt = Receipt(**future.result())
        future.release()
        return receipt

    def close(self) -> None:
        """End the workers at once: a job under way is lost, a finished one is in the store."""
        for nanny in list(self._cluster.workers.values()) if self._cluster is not None else ():
            with suppress(
                Exception
            ):  # at once before the cluster is closed: told to stop, they would end their jobs first
                os.kill(nanny.pid, signal.SIGKILL)
        for part, patience in ((self._client, 2), (self._cluster, 3)):
            if part is not None:
                with suppress(Exception):
                    part.close(timeout=patience)
        self._client = self._cluster = None
        logging.getLogger("distributed").setLevel(self._level)
        self._settings.__exit__(None, None, None)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back: threads and processes started meanwhile never hear it, and only the driver answers it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
