"""A comparison for tests: adds numbers, and does what the name of its activation says: kills, raises, sleeps."""

import json
import os
import time

from acts import records
from acts.jobs import Job

word = "toy"
rooms = ()
budget = 1.0


def plan(params, found):
    """Return tuning jobs as the environment's TOY says, then one final job that uses what tuning found."""
    del params
    asked = {"activations": ["relu", "tanh"], "seeds": 4, "runs": {}, **json.loads(os.environ.get("TOY", "{}"))}
    jobs = [
        Job(
            word,
            name,
            tuple({"phase": "tune", "seed": 100 + seed, **asked["runs"]} for seed in range(asked["seeds"])),
            seconds=2.0,
        )
        for name in asked["activations"]
    ]
    tuned = found[found["phase"] == "tune"]
    if len(tuned):
        rate = float(tuned["value"].max())
        jobs.append(Job(word, "relu", tuple({"phase": "final", "seed": seed, "lr": rate} for seed in range(3))))
    return jobs


def measure(job):
    """Return one row a run, or misbehave as the runs or this process's environment say."""
    print("a job that prints")
    flag = job.runs[0].get("flag", os.environ.get("TOY_FLAG", ""))
    if job.activation == "killer" or (job.activation == "killed_once" and _first(flag)):
        os._exit(137)
    if job.activation == "raiser":
        raise ArithmeticError("no\nway")
    if job.activation == "sleeper" and (not flag or _first(flag)):
        time.sleep(60)
    if job.activation == "short":
        return []
    time.sleep(job.runs[0].get("sleep", float(os.environ.get("TOY_SLEEP", "0"))))
    return [records.frame(_rows(job.activation, run)) for run in job.runs]


def _first(flag):
    """Say whether this is the first time that a flag is asked for."""
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def _rows(activation, run):
    """Return the rows of one run."""
    who = {"experiment": word, "activation": activation, "seed": run["seed"], "phase": run["phase"]}
    value = len(activation) * 0.1 + run["seed"] / 3
    diverged = float(activation == "wild")
    return [
        {**who, "lr": run.get("lr"), "metric": "loss", "value": float("inf") if diverged else value},
        {**who, "lr": run.get("lr"), "metric": "diverged", "value": diverged},
    ]
