"""Progress: a bar where there is a terminal, plain lines where there is none."""

import sys
import time
from typing import Any

_EVERY = 15.0


class Teller:
    """Says how far the computing is; ``quiet`` says nothing at all."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Write to standard output as it is now, so that a job that redirects it changes nothing."""
        self._out = sys.stdout
        self._quiet = quiet
        self._bar: Any = None
        self._item: Any = None
        self._counts = {"runs": 0, "of": 0, "diverged": 0, "workers": 1}
        self._said = self._began = 0.0
        self._word = ""

    def line(self, text: str) -> None:
        """Say one line."""
        if not self._quiet:
            print(text, file=self._out, flush=True)

    def begin(self, word: str, *, runs: int, seconds: float, workers: int) -> None:
        """Begin to count a comparison's runs; ``seconds`` is their estimated cost on one core."""
        self._word, self._began = word, time.monotonic()
        self._said = self._began
        self._counts = {"runs": 0, "of": runs, "diverged": 0, "workers": workers}
        if not self._quiet and self._out.isatty():
            self._bar = _bar(self._out)
            self._bar.start()
            self._item = self._bar.add_task(word, total=max(seconds, 1e-9), counts=self._shown())

    def advance(self, *, runs: int, seconds: float, diverged: int) -> None:
        """Count finished runs."""
        self._counts["runs"] += runs
        self._counts["diverged"] += diverged
        if self._bar is not None:
            self._bar.update(self._item, advance=seconds, counts=self._shown())
        elif time.monotonic() - self._said > _EVERY:
            self._said = time.monotonic()
            self.line(f"  {self._word}: {self._shown()}, {self._left()}")

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _shown(self) -> str:
        counts = self._counts
        running = min(counts["workers"], counts["of"] - counts["runs"])
        return f"{counts['runs']}/{counts['of']} runs, {running} jobs running, {counts['diverged']} diverged"

    def _left(self) -> str:
        took = time.monotonic() - self._began
        rate = self._counts["runs"] / max(took, 1e-9)
        return (
            f"{rate:.1f} runs/s, about {duration((self._counts['of'] - self._counts['runs']) / max(rate, 1e-9))} left"
        )


def _bar(out: Any) -> Any:
    """Return a progress bar that goes away when it ends."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(file=out), transient=True, redirect_stdout=False, redirect_stderr=False)


def duration(seconds: float) -> str:
    """Return a time span in words: "8 s", "3 min 20 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
