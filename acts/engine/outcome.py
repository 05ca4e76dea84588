"""Outcome: what a comparison came to, and what could not be done."""

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Failure:
    """A job that could not be done; ``kind`` is failed, crashed, timeout or plan."""

    experiment: str
    activation: str
    kind: str
    reason: str
    detail: str = ""

    @property
    def line(self) -> str:
        """Return the failure in one line."""
        return f"{self.experiment}, {self.activation}: {self.kind}: {self.reason}"


@dataclass
class Outcome:
    """What a comparison came to: its records, how many of its runs were stored or computed, and what failed."""

    word: str
    records: pd.DataFrame
    runs: int = 0
    computed: int = 0
    diverged: int = 0
    seconds: float = 0.0
    finished: str = ""
    failures: list[Failure] = field(default_factory=list)
