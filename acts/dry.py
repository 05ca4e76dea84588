"""Dry: what a run would do, said without doing it."""

import heapq
from collections.abc import Iterable

from acts.engine import keys
from acts.engine.desk import Desk
from acts.engine.progress import duration


def tell(desk: Desk) -> int:
    """Say what each comparison lacks, as far as its plan reaches without computing, and what it would cost; returns 0.

    Runs that follow from what others find, as final runs do from tuning, are planned when those are stored.
    """
    costs: list[float] = []
    runs = 0
    for word in desk.params.experiments.words():
        module = keys.resolve(word)
        planned, tasks = desk.look(module)
        missing = sum(len(task.runs) for task in tasks)
        seconds = [task.seconds for task in tasks]
        desk.teller.line(
            f"  {word}: {planned} runs planned so far, {planned - missing} stored, {missing} to compute"
            f" in {_plural(len(tasks), 'job')}{_about(seconds, desk.workers_now)}; budget {duration(module.budget)}"
        )
        costs += seconds
        runs += missing
    desk.teller.line(f"  all: {runs} to compute in {_plural(len(costs), 'job')}{_about(costs, desk.workers_now)}")
    return 0


def _about(costs: list[float], workers: int) -> str:
    """Return how long jobs take on one core and on the workers there are; nothing for none."""
    if not costs:
        return ""
    several = f", {duration(span(costs, workers))} on {workers} workers" if workers > 1 else ""
    return f", about {duration(sum(costs))} on one core{several}"


def span(costs: Iterable[float], workers: int) -> float:
    """Return when the last of some jobs ends, in seconds, if each worker takes the longest that is left."""
    ends = [0.0] * workers
    for cost in sorted(costs, reverse=True):
        heapq.heapreplace(ends, ends[0] + cost)
    return max(ends)


def _plural(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count} {noun}{'s' if count != 1 else ''}"
