"""Dispatch: tasks under way on a Dask scheduler, and what comes back of them.

Dask decides where a task runs, the store decides what is done, and the ledger of attempts decides who took a process
down: Dask's own count of failures blames innocent tasks that merely waited on the worker that died.
"""

import logging
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import asdict
from itertools import count, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from acts.engine.attempts import Attempts
from acts.engine.store import Store
from acts.engine.work import Receipt, Task, perform, stored

GATHER = 10.0  # seconds in which a worker hands over what it did
SILENT = logging.CRITICAL + 1
_LOUD = ("distributed", "distributed.client", "tornado", "tornado.application", "asyncio")


class LostScheduler(RuntimeError):
    """Nobody hands out the tasks any more, or nobody is left to do them; the message says which."""


class Sent:
    """Tasks that were sent and are not back yet."""

    def __init__(self, client: Any) -> None:
        """Send by a Dask client."""
        self._client = client
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._tasks: dict[str, Task] = {}
        self._again = count(1)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._tasks)

    def send(self, task: Task, *, suffix: str = "") -> None:
        """Send one task under a key that says which job and which attempt it is."""
        key = f"job-{task.name}-{task.attempt}{suffix}"
        try:
            future = self._client.submit(perform, asdict(task), key=key, pure=True, retries=0)
        except RuntimeError as error:  # the client has been closed, since its scheduler is no more
            raise LostScheduler("the scheduler has gone") from error
        self._tasks[key] = task
        future.add_done_callback(self._ended.put)

    def back(self, *, timeout: float) -> tuple[Task, Receipt] | None:
        """Return one task that is back with its receipt; None when none is back in time, or one was sent again."""
        try:
            future = self._ended.get(timeout=timeout)
        except Empty:
            return None
        task = self._tasks.pop(future.key)
        receipt = _receipt(task, future)
        if receipt is None:
            self.send(task, suffix=f"-{next(self._again)}")
            return None
        return task, receipt

    def anew(self, client: Any) -> "Sent":
        """Return the same tasks, sent again by another client."""
        fresh = Sent(client)
        for task in self._tasks.values():
            fresh.send(task)
        return fresh


def dispatch(
    tasks: Iterable[Task], *, client: Callable[[], Any], window: Callable[[], int], watch: Callable[[], bool]
) -> Iterator[tuple[Task, Receipt]]:
    """Yield each task with its receipt as it ends, with at most ``window()`` tasks under way.

    ``watch()`` is called about every second; it says whether there is a new client, to whom everything is sent again.
    """
    waiting, sent = iter(tasks), Sent(client())
    while True:
        for task in islice(waiting, max(0, window() - len(sent))):
            sent.send(task)
        if not sent:
            return
        if (back := sent.back(timeout=1.0)) is not None:
            yield back
        if watch():
            sent = sent.anew(client())


def _receipt(task: Task, future: Any) -> Receipt | None:
    """Return what a worker sent back, None for a task that never began and whose workers died all the same."""
    if future.status in ("cancelled", "lost"):
        raise LostScheduler("the scheduler has gone")
    try:
        if future.status != "error":
            return Receipt(**future.result(timeout=GATHER))
        raised = future.exception(timeout=GATHER)
    except TimeoutError:  # its worker went when all was done but handing over, or before
        return stored(Store(Path(task.store)), task.name) or Receipt("lost")
    except (CancelledError, OSError) as error:
        raise LostScheduler("the scheduler has gone") from error
    if type(raised).__name__ != "KilledWorker":
        return Receipt("failed", reason=" ".join(str(raised).split())[:200])
    began = Attempts(Path(task.store)).began(task.name, driver=task.driver, attempt=task.attempt)
    return Receipt("lost") if began else None


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back: threads and processes started meanwhile never hear it, and only the driver answers it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


class Quiet:
    """Keeps Dask's own logs off the terminal until it is told to let them through again."""

    def __init__(self) -> None:
        """Silence them."""
        self._levels = {name: logging.getLogger(name).level for name in _LOUD}
        for name in _LOUD:
            logging.getLogger(name).setLevel(SILENT)

    def end(self) -> None:
        """Give every log its level back."""
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
