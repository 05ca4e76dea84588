"""An experiment carried out whole, as the engine does it: planned and measured until nothing is missing."""

from types import ModuleType
from typing import Any

import pandas as pd

from acts import jobs, records
from acts.jobs import Job
from acts.params import Params

Reviewed = tuple[pd.DataFrame, list[list[Job]]]


def name(job: Job, run: Any) -> str:
    """Return what tells one run from another."""
    return jobs.canonical([job.activation, dict(run)])


def review(experiment: ModuleType, asked: Params, *, alone: bool = False) -> Reviewed:
    """Return the records, and what each round planned; ``alone`` makes every run a job of its own."""
    done: dict[str, pd.DataFrame] = {}
    rounds = []
    while True:
        planned = experiment.plan(asked, records.concat(done.values()))
        rounds.append(planned)
        missing = [job.only([name(job, run) not in done for run in job.runs]) for job in planned]
        missing = [job for job in missing if job.runs]
        if not missing:
            return records.concat(done.values()), rounds
        for job in missing:
            parts = [Job(job.experiment, job.activation, (run,)) for run in job.runs] if alone else [job]
            for part in parts:
                done |= dict(zip([name(part, run) for run in part.runs], experiment.measure(part), strict=True))
