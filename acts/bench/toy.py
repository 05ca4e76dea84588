"""Toy: a comparison whose jobs do nothing, so that what they cost is the engine's."""

from types import ModuleType
from typing import Any

import pandas as pd

from acts.bench.lines import WORD
from acts.jobs import Job
from acts.records import frame

word = WORD
rooms = ()
budget = 0.0


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one row a run, without any work."""
    row = {"experiment": WORD, "activation": job.activation, "phase": "final", "metric": "nothing", "value": 0.0}
    return [frame([{**row, "seed": run["seed"]}]) for run in job.runs]


def comparison(count: int, *, first: int) -> ModuleType:
    """Return the comparison that plans so many jobs of one run, whose seeds begin at ``first``."""

    def plan(*_: Any) -> list[Job]:
        return [Job(WORD, "relu", ({"seed": first + number},), 1e-3) for number in range(count)]

    module = ModuleType(__name__)
    module.__dict__.update(word=word, rooms=rooms, budget=budget, __file__=__file__, plan=plan, measure=measure)
    return module
