"""Cost: what functions cost in time and memory, alone and in a whole training step, over many fresh processes.

A seed is one fresh process on one thread, in which every function is timed in alternation with all the others; records
are ratios to ReLU in the same process. What differs from process to process, such as where memory lies, is what the
intervals show. Timings do not repeat, so two measurements of one run may differ; saved bytes do repeat.

A function that the configuration brings along has processes of its own, in which it is timed in the same company but
speaks alone: so it leaves the measurements of the others, and the verdicts that rest on them, as they are.
"""

import json
import os
import subprocess
import sys
from typing import Any

import pandas as pd

from acts import activations
from acts.jobs import Job, Run
from acts.params import Params
from acts.records import frame

word = "cost"
rooms = ("activations", "stopwatch")
budget = 200.0
alone = True  # what else this machine does makes times longer, and not all alike

REFERENCE = "relu"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
START, COMPILE = 2.5, 5.0  # seconds until torch is there, and until its compiler is
LIMIT = 30.0  # times the estimate after which a process is given up


def plan(params: Params, records: pd.DataFrame) -> list[Job]:
    """Return one job a process, named after ReLU, in which all others are measured too; an own function has its own."""
    del records
    wanted = params.experiments.cost
    if wanted is None:
        return []
    names = list(dict.fromkeys(activations.get(name).name for name in wanted.activations))
    compiled = list(dict.fromkeys(activations.get(name).name for name in wanted.compiled))
    brought = set(params.own_names())
    own = [name for name in dict.fromkeys([*names, *compiled]) if name.partition("(")[0] in brought]
    company, known = _with_reference(_without(names, own)), _without(compiled, own)
    run = {
        "phase": "init", "device": params.device, "activations": company, "sizes": list(wanted.sizes),
        "dtypes": list(wanted.dtypes), "steps": {network: list(batches) for network, batches in wanted.steps.items()},
        "compiled": _with_reference(known) if known else [], "compiled_sizes": list(wanted.compiled_sizes),
        "seconds": wanted.seconds,
    }  # fmt: skip
    jobs = _jobs(REFERENCE, run, wanted.processes)
    for name in own:
        alone = {"activations": [*company, name], "compiled": [REFERENCE, name] if name in compiled else []}
        jobs += _jobs(name, {**run, **alone}, wanted.processes)
    return jobs


def _jobs(name: str, run: Run, processes: int) -> list[Job]:
    """Return one job a process, named after a function; the key holds all that are measured along with it."""
    others = tuple(one for one in dict.fromkeys([*run["activations"], *run["compiled"]]) if one != name)
    return [Job(word, name, ({**run, "seed": seed},), _seconds(run), others) for seed in range(processes)]


def _without(names: list[str], gone: list[str]) -> list[str]:
    return [name for name in names if name not in gone]


def _with_reference(names: list[str]) -> list[str]:
    return names if REFERENCE in names else [REFERENCE, *names]


def _seconds(run: Run) -> float:
    """Return about how long one process takes."""
    cases = len(run["sizes"]) * len(run["dtypes"]) + sum(map(len, run["steps"].values()))
    return START + 1.5 * run["seconds"] * cases + (COMPILE if run["compiled"] else 0.0)


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run; raises RuntimeError with the last line of a process that failed, or TimeoutError.

    Of a process that is named after another function than ReLU, only what it says of that function is kept.
    """
    limit = LIMIT * max(job.seconds, 10.0)
    return [frame(_row(run, row) for row in _process(run, limit=limit) if _speaks(job, row)) for run in job.runs]


def _speaks(job: Job, row: dict[str, Any]) -> bool:
    return job.activation in (REFERENCE, row["activation"])


def _row(run: Run, row: dict[str, Any]) -> dict[str, Any]:
    return {"experiment": word, "phase": run["phase"], "seed": run["seed"], "device": run["device"], **row}


def _process(run: Run, *, limit: float) -> list[dict[str, Any]]:
    """Return the rows that a fresh process measures."""
    order = {name: value for name, value in run.items() if name != "phase"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "acts.stopwatch"],
            input=json.dumps({**order, "reference": REFERENCE}),
            capture_output=True,
            text=True,
            timeout=limit,
            env={**os.environ, **dict.fromkeys(THREADS, "1")},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"the process that measures had not ended after {limit:g} s") from None
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise RuntimeError(f"the process that measures failed: {told[-1]}")
    return json.loads(done.stdout)
