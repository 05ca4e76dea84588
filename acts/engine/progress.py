"""Progress: a bar where there is a terminal, plain lines where there is none."""

import sys
import time
from dataclasses import dataclass, field
from typing import Any

_EVERY = 15.0


@dataclass
class Progress:
    """How far a comparison is: its runs, done or not, and the estimated cost of its jobs on one core in seconds."""

    runs: int
    jobs: int
    seconds: float
    workers: int = 1
    cached: int = 0
    done: int = 0
    diverged: int = 0
    crashed: int = 0
    jobs_done: int = 0
    seconds_done: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def add(self, *, runs: int, seconds: float, diverged: int, crashed: int) -> None:
        """Count one job that ended."""
        self.done += runs
        self.diverged += diverged
        self.crashed += crashed
        self.jobs_done += 1
        self.seconds_done += seconds

    @property
    def counts(self) -> str:
        """Return how many runs are done and how, and how many jobs are under way."""
        running = min(self.workers, self.jobs - self.jobs_done)
        return (
            f"{self.done}/{self.runs} done, {self.cached} cached, {running} running, {self.diverged} diverged,"
            f" {self.crashed} crashed"
        )

    @property
    def pace(self) -> str:
        """Return the runs a second, and the time left if what is left goes at the pace of what is done."""
        took = time.monotonic() - self.began
        if not self.seconds_done:
            return f"about {duration(self.seconds / self.workers)} left"
        left = took * max(self.seconds - self.seconds_done, 0.0) / self.seconds_done
        return f"{self.done / max(took, 1e-9):.1f} runs/s, {duration(left)} left"


class Teller:
    """Says how far the computing is; ``quiet`` says nothing at all."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Write to standard output as it is now, so that a job that redirects it changes nothing."""
        self._out = sys.stdout
        self._quiet = quiet
        self._bar: Any = None
        self._item: Any = None
        self._progress = Progress(0, 0, 0.0)
        self._said = 0.0
        self._word = ""

    def line(self, text: str) -> None:
        """Say one line."""
        if not self._quiet:
            print(text, file=self._out, flush=True)

    def begin(self, word: str, progress: Progress) -> None:
        """Begin to say how far a comparison is."""
        self._word, self._progress, self._said = word, progress, time.monotonic()
        if not self._quiet and self._out.isatty():
            self._bar = _bar(self._out)
            self._bar.start()
            self._item = self._bar.add_task(word, total=max(progress.seconds, 1e-9), **self._fields())

    def advance(self, *, runs: int, seconds: float, diverged: int, crashed: int, workers: int) -> None:
        """Count a job that ended, and how many workers there are now."""
        self._progress.add(runs=runs, seconds=seconds, diverged=diverged, crashed=crashed)
        self._progress.workers = workers
        if self._bar is not None:
            self._bar.update(self._item, advance=seconds, **self._fields())
        elif time.monotonic() - self._said > _EVERY:
            self._said = time.monotonic()
            self.line(f"  {self._word}: {self._progress.counts}, {self._progress.pace}")

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _fields(self) -> dict[str, str]:
        """Return what stands beside the bar."""
        return {"counts": self._progress.counts, "pace": self._progress.pace}


def _bar(out: Any) -> Any:
    """Return a progress bar that goes away when it ends, of two lines where the terminal is narrow."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(file=out)
    between = "\n  " if console.width < 120 else ", "
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[counts]}" + between + "{task.fields[pace]}"),
    )
    return Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)


def duration(seconds: float) -> str:
    """Return a time span in words: "8 s", "3 min 20 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
