"""Places: where tasks are done: in this process, or in worker processes of this machine.

Both offer ``do(tasks)``, which yields each task with its receipt as they end. Dask decides where a task runs, the store
decides what is done, and the tasks' own marks decide who took a process down: Dask's count of failures blames
innocent tasks that merely waited on the worker that died, so it is switched off.
"""

import logging
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
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

    def __init__(self, workers: int) -> None:
        """Start the workers; takes about two seconds."""
        import dask
        from distributed import Client, LocalCluster

        self.workers = workers
        self._scratch = tempfile.mkdtemp(prefix="acts-")
        self._settings = dask.config.set(_SETTINGS)
        self._level = logging.getLogger("distributed").level
        logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)
        with _sigint_left_to_us():
            self._cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                memory_limit=0,
                silence_logs=logging.CRITICAL + 1,
                local_directory=self._scratch,
            )
            self._client = Client(self._cluster, set_as_default=False)

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
        for nanny in list(self._cluster.workers.values()):
            with suppress(Exception):
                nanny.auto_restart = False
                os.kill(nanny.pid, signal.SIGKILL)
        with suppress(Exception):
            self._client.close(timeout=2)
        with suppress(Exception):
            self._cluster.close(timeout=3)
        logging.getLogger("distributed").setLevel(self._level)
        self._settings.__exit__(None, None, None)
        shutil.rmtree(self._scratch, ignore_errors=True)


@contextmanager
def _sigint_left_to_us() -> Iterator[None]:
    """Start child processes that ignore Ctrl-C: the terminal sends it to all, and only the driver may answer."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
