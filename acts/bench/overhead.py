"""Overhead: what the engine spends on a job that does nothing, in this process and in two workers."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from acts import params
from acts.bench import toy
from acts.bench.lines import arm
from acts.bench.processes import BenchError, alone
from acts.engine import desk
from acts.engine.progress import Teller

Row = dict[str, Any]
PLACES = ("serial", "local")
WARM = 8  # jobs before the first timing; they also start the workers


def measure(repeats: int, *, jobs: int, where: Path) -> list[Row]:
    """Return the rows of both places, each given so many empty jobs so many times, in turns, in a store of its own."""
    with TemporaryDirectory(prefix=".store-", dir=where) as folder:
        told = alone("overhead", repeats, jobs, ACTS_STORE=folder)
    return [
        {"arm": arm(place=place, repeat=repeat), "metric": "job_seconds", "value": seconds}
        for place in PLACES
        for repeat, seconds in enumerate(told[place])
    ]


def timed(repeats: int, jobs: int) -> dict[str, list[float]]:
    """Return the seconds a job of every repetition in each place, planning, storing and reading back included."""
    asked = params.Params(title=toy.word, experiments=params.Experiments(), notebooks=("none",), workers=2)
    found: dict[str, list[float]] = {place: [] for place in PLACES}
    firsts = iter(range(0, 10**9, 10**6))
    options: dict[str, Any] = {"teller": Teller(quiet=True), "worth_starting": 0.0}
    with desk.at(asked, engine="serial", **options) as serial, desk.at(asked, engine="local", **options) as local:
        desks = {"serial": serial, "local": local}
        for one in desks.values():
            _seconds(one, WARM, next(firsts))
        for _, place in _turns(repeats):
            found[place].append(_seconds(desks[place], jobs, next(firsts)) / jobs)
    return found


def _turns(repeats: int) -> Iterator[tuple[int, str]]:
    """Yield the places in turn, the order turned round each time."""
    for repeat in range(repeats):
        yield from ((repeat, place) for place in (PLACES[::-1] if repeat % 2 else PLACES))


def _seconds(at: desk.Desk, jobs: int, first: int) -> float:
    """Return how long a desk takes for so many empty jobs; raises BenchError where one of them was not done."""
    started = time.perf_counter()
    outcome = at.compute(toy.comparison(jobs, first=first))
    seconds = time.perf_counter() - started
    if outcome.computed != jobs or len(outcome.records) != jobs:
        lines = [failure.line for failure in outcome.failures]
        raise BenchError(f"engine: {outcome.computed} of {jobs} empty jobs were done: {'; '.join(lines)}")
    return seconds


if __name__ == "__main__":
    print(json.dumps(timed(int(sys.argv[1]), int(sys.argv[2]))))
