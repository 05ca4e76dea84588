"""Load: how busy the machine was with other work while something was measured."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psutil

BUSY = 0.25  # cores that others use, from which a measurement is flagged


@dataclass
class Load:
    """What others did meanwhile: the cores they used on average, and the load average before we began."""

    before: float = field(default_factory=lambda: os.getloadavg()[0])
    others: float = 0.0
    seconds: float = 0.0

    @property
    def busy(self) -> bool:
        """Say whether others used so much of the machine that the figures may suffer."""
        return self.others > BUSY

    def told(self) -> dict[str, Any]:
        """Return the load as plain values for a provenance."""
        return {"load_before": round(self.before, 2), "others_cores": round(self.others, 2), "busy": self.busy}


@contextmanager
def watched() -> Iterator[Load]:
    """Yield a load that is filled in at the end: what the machine did, less what this process and its children did."""
    load, started = Load(), time.perf_counter()
    machine, own = _machine(), _own()
    yield load
    load.seconds = time.perf_counter() - started
    spent = (_machine() - machine) - (_own() - own)
    load.others = max(0.0, spent / load.seconds)


def _machine() -> float:
    """Return the seconds that all cores of the machine have worked since it started."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    counted_twice = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return sum(times) - idle - counted_twice


def _own() -> float:
    """Return the seconds that this process and its children have worked, those that have ended included."""
    process = psutil.Process()
    found = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.Error):
            found += sum(one.cpu_times()[:4])
    return found
