"""Processes: what is measured runs in fresh processes, with so many threads each, and answers in JSON."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class BenchError(RuntimeError):
    """Something that was to be measured did not run."""


def environment(threads: int | None, **more: str) -> dict[str, str]:
    """Return this process's environment with so many threads a library; None leaves the choice to the libraries."""
    kept = {name: value for name, value in os.environ.items() if name not in THREADS}
    return {**kept, **({} if threads is None else dict.fromkeys(THREADS, str(threads))), **more}


def alone(module: str, *arguments: object, threads: int | None = 1, **more: str) -> dict[str, Any]:
    """Return what a module of this package answers when run in a process of its own; raises BenchError."""
    command = [sys.executable, "-m", f"acts.bench.{module}", *map(str, arguments)]
    done = subprocess.run(command, env=environment(threads, **more), capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"{module} {' '.join(map(str, arguments))}: {_last(done.stderr)}")
    return json.loads(_last(done.stdout))


def _last(text: str) -> str:
    """Return the last line of a text."""
    return (text.strip().splitlines() or ["no answer"])[-1]


class Hand:
    """A process that waits for orders, one line of JSON each, and answers each with a line."""

    def __init__(self, *, threads: int | None) -> None:
        """Start the process."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "acts.bench.hands"], env=environment(threads), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def send(self, order: Mapping[str, Any]) -> None:
        """Send an order and do not wait."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self.receive()

    def receive(self) -> dict[str, Any]:
        """Wait for the answer; raises BenchError when the process has ended."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise BenchError(f"training: {_last(self._process.stderr.read())}")
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def hands(threads: Sequence[int | None]) -> Iterator[list[Hand]]:
    """Yield a waiting process for each number of threads and end them all afterwards."""
    started: list[Hand] = []
    try:
        for each in threads:
            started.append(Hand(threads=each))
        yield started
    finally:
        for hand in started:
            hand.close()
