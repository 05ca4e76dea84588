"""The one error of a report, and the place it names."""

from dataclasses import dataclass


class ReportError(ValueError):
    """A report cannot be made; the message is one line that names the notebook and the cell."""


@dataclass(frozen=True)
class Place:
    """Where something stands: a notebook's name and the number of a cell, counted from 1."""

    notebook: str
    cell: int
    line: str = ""

    def __str__(self) -> str:
        first = f" ({self.line})" if self.line else ""
        return f"{self.notebook}, cell {self.cell}{first}"


def first_line(source: str, *, width: int = 60) -> str:
    """Return a source's first line that says something, shortened to a width in characters."""
    lines = [line.strip() for line in source.splitlines() if line.strip() and not line.startswith("#|")]
    line = lines[0] if lines else ""
    return line if len(line) <= width else line[: width - 1] + "…"
