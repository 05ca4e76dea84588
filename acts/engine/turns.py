"""Turns: tasks are done all at once; those that took their process down get another turn, alone, after the others."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from acts.engine.attempts import Attempts
from acts.engine.places import Where
from acts.engine.progress import Teller
from acts.engine.work import Receipt, Task

PAUSES = (2.0, 8.0)  # seconds before a second and a third attempt


@dataclass
class Turns:
    """Who did what and died, for the tasks of one comparison; ``alone`` is where suspects are done, one by one."""

    attempts: Attempts
    driver: str
    teller: Teller
    alone: Callable[[], Where]
    pauses: tuple[float, ...] = PAUSES

    def take(self, tasks: Sequence[Task], where: Where) -> Iterator[tuple[Task, Receipt]]:
        """Yield each task with the receipt that is final for this run: done, failed, full, timeout or crashed.

        What took a process down in an earlier run is a suspect from the start.
        """
        known = set(self.attempts.suspects(task.name for task in tasks))
        suspects = [task for task in tasks if task.name in known]
        for task, receipt in where.do(task for task in tasks if task.name not in known):
            if receipt.status == "lost":
                self.attempts.lost(task.name, driver=self.driver, attempt=task.attempt)
                suspects.append(task)
            else:
                yield self._final(task, receipt)
        yield from self._again(suspects)

    def _again(self, suspects: list[Task]) -> Iterator[tuple[Task, Receipt]]:
        """Do suspects one by one, in rounds with a pause before each, until they have no attempt left."""
        left = {task.name: self.attempts.left(task.name) for task in suspects}
        for attempt, pause in enumerate(self.pauses, start=2):
            if not suspects:
                return
            for task in suspects:
                why = self.attempts.given_up(task.name) or "took its process down"
                self.teller.line(f"  {task.label}: {why}; once more, alone, in {pause:.0f} s")
            time.sleep(pause)
            again, suspects = suspects, []
            for task, receipt in self.alone().do([replace(task, attempt=attempt) for task in again], window=1):
                if receipt.status != "lost":
                    yield self._final(task, receipt)
                    continue
                self.attempts.lost(task.name, driver=self.driver, attempt=attempt)
                left[task.name] -= 1
                if left[task.name] and attempt <= len(self.pauses):
                    suspects.append(task)
                else:
                    yield self._given_up(task)

    def _given_up(self, task: Task) -> tuple[Task, Receipt]:
        """Enter a task as crashed and return it with that receipt."""
        times = self.attempts.count(task.name)
        reason = f"took its process down {times} times ({len(task.runs)} runs)"
        self.attempts.crashed(task.name, reason=reason)
        return task, Receipt("crashed", reason=reason)

    def _final(self, task: Task, receipt: Receipt) -> tuple[Task, Receipt]:
        """Return a task with its receipt; one without an end is entered, so that the next run does it alone."""
        if receipt.status == "timeout":
            self.attempts.crashed(task.name, reason=receipt.reason)
        return task, receipt
