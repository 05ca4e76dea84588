"""Attempts: who was at work when a process died, written down before the work begins.

A job under way has a file of its own in the store's ``attempts`` folder, to which events are appended, a line of JSON
each: ``begin`` by the process that does it, ``lost`` and ``crashed`` by the driver that saw its process die. The end of
an attempt, good or bad, removes the file: from then on the store, or a reason, speaks for the job. What is left tells
who took a process down, whatever the scheduler believes, and it outlives the driver. Nothing here is final: a job that
crashed is tried once more in the next run.
"""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from acts.engine.store import FULL, DiskFull, alive, host

LIMIT = 3  # attempts in one run before a job is entered as crashed


@dataclass(frozen=True)
class Attempts:
    """The ledger of attempts in a store's folder.

    A ``driver`` is named by the token "host~process~anything" of whoever hands out the jobs; it and the number of the
    attempt name one attempt at a job.
    """

    folder: Path

    # --- where the work is done

    def begin(self, name: str, *, driver: str, attempt: int = 1) -> None:
        """Write down that this process begins a job; raises DiskFull where there is no room."""
        self._append(name, event="begin", driver=driver, attempt=attempt, host=host(), process=os.getpid())

    def began(self, name: str, *, driver: str, attempt: int = 1) -> bool:
        """Say whether this very attempt began before and never came back, so that its process must have died."""
        return any(
            event["event"] == "begin" and (event.get("driver"), event.get("attempt")) == (driver, attempt)
            for event in self._events(name)
        )

    def end(self, name: str) -> None:
        """Forget a job whose attempt came back, whether it was done or failed with a reason."""
        self._path(name).unlink(missing_ok=True)
        self.stack(name).unlink(missing_ok=True)

    def stack(self, name: str) -> Path:
        """Return the file into which a job that never ends writes where it was."""
        return self._path(name).with_suffix(".stack")

    # --- where the work is handed out

    def lost(self, name: str, *, driver: str, attempt: int = 1) -> None:
        """Write down that the process of an attempt died, as its driver saw."""
        self._append(name, event="lost", driver=driver, attempt=attempt)

    def crashed(self, name: str, *, reason: str) -> None:
        """Write down that a job was given up for this run."""
        self._append(name, event="crashed", reason=reason)

    def count(self, name: str) -> int:
        """Return how many attempts at a job took their process down, as far as is known.

        An attempt whose driver was killed together with its workers is nobody's fault and does not count; one in a
        driver that did its jobs itself does.
        """
        events = self._events(name)
        seen = sum(event["event"] == "lost" for event in events)
        return seen + sum(event["event"] == "begin" and _died_with_its_driver(event) for event in events)

    def left(self, name: str) -> int:
        """Return how many attempts a job has in this run: three, less those that died before, and always one."""
        return 1 if self.given_up(name) else max(1, LIMIT - self.count(name))

    def given_up(self, name: str) -> str | None:
        """Return why an earlier run gave a job up, None where none did."""
        reasons = [event.get("reason", "") for event in self._events(name) if event["event"] == "crashed"]
        return str(reasons[-1]) if reasons else None

    def suspects(self, names: Iterable[str]) -> list[str]:
        """Return those of some jobs that took a process down or were given up: they are best done last, one by one."""
        known = {path.stem for path in self._place.glob("*.log")} if self._place.is_dir() else set()
        return [name for name in names if name in known and (self.count(name) or self.given_up(name) is not None)]

    def tidy(self, stored: Callable[[str], bool]) -> None:
        """Forget the jobs that are in the store: their process died after it had published them."""
        for path in list(self._place.glob("*.log")) if self._place.is_dir() else ():
            if stored(path.stem):
                self.end(path.stem)

    # --- the files

    @property
    def _place(self) -> Path:
        return self.folder / "attempts"

    def _path(self, name: str) -> Path:
        """Return the file of a job's attempts."""
        return self._place / f"{name}.log"

    def _append(self, name: str, **event: Any) -> None:
        """Add one event to a job's file in a single write."""
        line = json.dumps({**event, "time": datetime.now(UTC).isoformat(timespec="seconds")}, sort_keys=True)
        try:
            self._place.mkdir(parents=True, exist_ok=True)
            with open(self._path(name), "ab", buffering=0) as file:
                file.write(f"{line}\n".encode())
        except OSError as error:
            if error.errno in FULL:
                raise DiskFull(f"disk full writing {self._path(name)}; nothing damaged") from None
            raise

    def _events(self, name: str) -> list[dict[str, Any]]:
        """Return a job's events; a line that was cut off is none."""
        try:
            lines = self._path(name).read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return []
        return [event for line in lines if (event := _event(line)) is not None]


def _event(line: str) -> dict[str, Any] | None:
    """Return a line as an event, None where it is not a whole one."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _died_with_its_driver(event: dict[str, Any]) -> bool:
    """Say whether a beginning was made by a driver itself, on this machine, and that process is no more."""
    machine, _, rest = str(event.get("driver", "")).partition("~")
    process = rest.partition("~")[0]
    itself = (machine, process) == (event.get("host"), str(event.get("process")))
    return itself and machine == host() and process.isdigit() and not alive(int(process))
