"""Dry: what a run would do, said without doing it."""

import heapq
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from acts.engine import keys
from acts.engine.desk import Desk
from acts.engine.progress import duration

BUDGETED = "cpu"  # the configuration that an experiment's budget is meant for


@dataclass(frozen=True)
class Lacking:
    """What one comparison lacks: its runs as far as they are planned, and what the missing ones cost in seconds."""

    experiment: str
    planned: int
    stored: int
    missing: int
    jobs: int
    seconds: float
    seconds_on_workers: float
    budget: float


@dataclass
class Sheet:
    """What a configuration lacks, comparison by comparison; it is empty until ``tell`` fills it."""

    config: str
    experiments: list[Lacking] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    workers: int = 1
    tuning: list[str] = field(default_factory=list)  # comparisons that lack runs of their tuning

    def plain(self) -> dict[str, Any]:
        """Return it as values that JSON holds; times are seconds."""
        return {
            "config": self.config,
            "experiments": [asdict(one) for one in self.experiments],
            "workers": self.workers,
            "seconds": sum(self.costs),
            "seconds_on_workers": span(self.costs, self.workers),
        }


def tell(desk: Desk, sheet: Sheet) -> int:
    """Say what each comparison lacks, as far as its plan reaches without computing, and what it would cost; returns 0.

    Runs that follow from what others find, as final runs do from tuning, are planned when those are stored.
    """
    sheet.workers = desk.workers_now
    for word in desk.params.experiments.words():
        costs = _look(desk, word, sheet)
        one = sheet.experiments[-1]
        desk.teller.line(
            f"  {word}: {one.planned} runs planned so far, {one.stored} stored, {one.missing} to compute"
            f" in {_plural(one.jobs, 'job')}{_about(costs, sheet.workers)}{_budget(desk, one)}"
        )
        sheet.costs += costs
    runs = sum(one.missing for one in sheet.experiments)
    desk.teller.line(
        f"  all: {runs} to compute in {_plural(len(sheet.costs), 'job')}{_about(sheet.costs, sheet.workers)}"
    )
    if sheet.tuning:
        desk.teller.line(f"  and then the final runs of {', '.join(sheet.tuning)}, planned once rates are tuned")
    return 0


def _look(desk: Desk, word: str, sheet: Sheet) -> list[float]:
    """Enter what one comparison lacks and return the costs of its jobs in seconds."""
    module = keys.resolve(word)
    planned, tasks = desk.look(module)
    missing = sum(len(task.runs) for task in tasks)
    costs = [task.seconds for task in tasks]
    if any(run.get("phase") == "tune" for task in tasks for run in task.runs):
        sheet.tuning.append(word)
    spent = sum(costs), span(costs, sheet.workers)
    sheet.experiments.append(Lacking(word, planned, planned - missing, missing, len(tasks), *spent, module.budget))
    return costs


def _budget(desk: Desk, one: Lacking) -> str:
    """Return how long a comparison may take as a whole on one core, under the configuration that budgets are for."""
    return f"; budget {duration(one.budget)}" if desk.params.name == BUDGETED else ""


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
