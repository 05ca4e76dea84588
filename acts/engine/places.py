"""Places: where tasks are done: in this process, or in worker processes of this machine.

Each offers ``do(tasks)``, which yields each task with its receipt as they end; ``acts.engine.cluster`` has the third.
"""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from acts.engine.dispatch import SILENT, Quiet, deaf_to_ctrl_c, dispatch
from acts.engine.work import Receipt, Task, do

_SETTINGS = {
    "distributed.scheduler.allowed-failures": 10**6,
    "distributed.scheduler.worker-saturation": 1.0,
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


class Where(Protocol):
    """A place where tasks are done; ``workers`` is how many at once."""

    workers: int

    @property
    def name(self) -> str:
        """Return what lines call it."""
        ...

    def do(self, tasks: Iterable[Task], *, window: int | None = None) -> Iterator[tuple[Task, Receipt]]:
        """Yield each task with its receipt as it ends, with at most ``window`` tasks under way."""
        ...

    def close(self) -> None:
        """End everything that was started."""
        ...


class Serial:
    """This process, one task after the other."""

    workers = 1
    name = "this process"

    def do(self, tasks: Iterable[Task], *, window: int | None = None) -> Iterator[tuple[Task, Receipt]]:  # noqa: ARG002
        """Yield each task with its receipt; the window is always one."""
        for task in tasks:
            yield task, do(task)

    def close(self) -> None:
        """Do nothing: nothing was started."""


class Local:
    """Worker processes of this machine, one thread each, under a Dask scheduler that listens on loopback only.

    A worker that dies is started again by its nanny, and so is one that hangs for twice the ``patience``. One that
    dies while it starts is not; so when too few have stood for as long as the patience, all are started anew and what
    was under way is sent again.
    """

    def __init__(self, workers: int, *, scratch: Path, patience: float = 30.0) -> None:
        """Start nothing yet; ``scratch`` is a folder for what the workers lay down."""
        self.workers = workers
        self.name = f"{workers} processes" if workers > 1 else "a process of its own"
        self._scratch = scratch
        self._patience = patience
        self._cluster: Any = None
        self._client: Any = None
        self._quiet: Quiet | None = None
        self._whole = time.monotonic()  # when all workers were last seen

    def start(self) -> "Local":
        """Start the workers, which takes about two seconds; a Ctrl-C meanwhile counts when they stand."""
        import dask
        from distributed import Client, LocalCluster

        limit = {"distributed.scheduler.worker-ttl": f"{2 * self._patience}s"}
        with dask.config.set({**_SETTINGS, **limit}), deaf_to_ctrl_c():
            self._quiet = Quiet()
            self._cluster = LocalCluster(
                n_workers=0,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                memory_limit=0,
                silence_logs=SILENT,
                local_directory=str(self._scratch),
            )
            self._client = Client(self._cluster, set_as_default=False)
            self._cluster.scale(self.workers)
            self._whole = time.monotonic()
            while self._standing() < self.workers and time.monotonic() - self._whole < self._patience:
                time.sleep(0.02)
        self._whole = time.monotonic()
        return self

    def do(self, tasks: Iterable[Task], *, window: int | None = None) -> Iterator[tuple[Task, Receipt]]:
        """Yield each task with its receipt as it ends."""
        return dispatch(
            tasks, client=lambda: self._client, window=lambda: window or 2 * self.workers, watch=self._started_anew
        )

    def _started_anew(self) -> bool:
        """Start all workers anew when some have been missing for longer than the patience; says whether it did."""
        if self._standing() >= self.workers:
            self._whole = time.monotonic()
        if time.monotonic() - self._whole <= self._patience:
            return False
        self.close()
        self.start()
        return True

    def _standing(self) -> int:
        """Return how many workers the scheduler knows to be alive."""
        return len(self._cluster.scheduler.workers)

    def close(self) -> None:
        """End the workers at once: a job under way is lost, a finished one is in the store."""
        # Killed at once before all is closed: when told to stop, they end their jobs first.
        for nanny in list(self._cluster.workers.values()) if self._cluster is not None else ():
            with suppress(Exception):
                os.kill(nanny.pid, signal.SIGKILL)
        for part, patience in ((self._client, 2), (self._cluster, 3)):
            if part is not None:
                with suppress(Exception):
                    part.close(timeout=patience)
        self._client = self._cluster = None
        if self._quiet is not None:
            self._quiet.end()
            self._quiet = None
