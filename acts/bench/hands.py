"""Hands: a process that trains as it is told, by our training or by the loop over modules, and says how long it took.

An order names the side, the contest's network, how many networks for how many steps, and which process this is, so
that no two processes train the same ones.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache
from typing import Any

import numpy as np
import torch

from acts import activations, datasets, training, trials
from acts.bench import plain
from acts.bench.lines import CONTESTS, Contest
from acts.jobs import Run

RATES = tuple(1e-4 * 2**step for step in range(8))  # a job that tunes trains every seed at each of so many rates
SCALES = (2**0.5, 0.0, 2**0.5, 0.0, 1.0, 0.0, False)  # He's, for ReLU
MOST = 256  # networks from which our side's first group is taken


def main() -> None:
    """Answer one order after the other until there are no more."""
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        for line in sys.stdin:
            print(json.dumps(obey(json.loads(line))), file=answers, flush=True)


def obey(order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order and return the networks trained, the seconds it took and the processor time used."""
    contest = next(one for one in CONTESTS if one.network == order["network"])
    act, networks = _ready(contest, order)
    wall, processor = time.perf_counter(), time.process_time()
    act()
    return {
        "networks": networks,
        "seconds": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
    }


def _ready(contest: Contest, order: dict[str, Any]) -> tuple[Callable[[], object], int]:
    """Return what is to be timed, with everything before it done, and how many networks it trains."""
    if order["side"] == "ours":
        runs = together(contest, process=order["process"], steps=order["steps"])
        return lambda: ours(runs), len(runs)
    runs = specs(contest, contest.loops, process=order["process"], steps=order["steps"])
    data = [material(run) for run in runs]
    return lambda: [loop(run, given, fused=order["fused"]) for run, given in zip(runs, data, strict=True)], len(runs)


def specs(contest: Contest, count: int, *, process: int, steps: int, dtype: str = "float32") -> list[Run]:
    """Return runs as a job that tunes has them: seeds of this process, each at every rate."""
    shared = {
        "dataset": contest.dataset, "network": contest.network, "norm": "none", "optimizer": "adam",
        "schedule": "constant", "dropout": 0.0, "decay": 0.0, "steps": steps,
        "batch": contest.batch, "evaluations": 0, "phase": "tune", "device": "cpu", "dtype": dtype,
        "scales": SCALES,
    }  # fmt: skip
    return [
        {**shared, "seed": seed, "split": seed, "lr": RATES[number % len(RATES)]}
        for number in range(count)
        for seed in [1000 * (1 + process) + number // len(RATES)]
    ]


def together(contest: Contest, *, process: int, steps: int) -> list[Run]:
    """Return the runs that one of our processes trains: as many as learn together, or as many as the contest says."""
    runs = specs(contest, contest.ours or MOST, process=process, steps=steps)
    return runs if contest.ours else [runs[number] for number in next(iter(trials.groups(runs)))]


def ours(runs: list[Run]) -> list[np.ndarray]:
    """Train runs as a job does, without evaluations; return each one's batch losses."""
    activation = activations.get(plain.ACTIVATION)
    losses: list[np.ndarray] = [np.empty(0)] * len(runs)
    with training.one_thread():
        for members in trials.groups(runs):
            trial = trials.train(activation, [runs[member] for member in members], watch="validation", rows=8)
            for member, found in zip(members, trial.history.losses, strict=True):
                losses[member] = found
    return losses


@cache
def _standardised(dataset: str, split: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a data set's inputs and targets as a user holds them: in memory, standardised once."""
    data, own = datasets.load(dataset), datasets.split(dataset, split)
    if data.task == "text":
        return torch.from_numpy(data.x), torch.from_numpy(data.y)
    centre, scale = (torch.as_tensor(one, dtype=dtype) for one in (own.centre, own.scale))
    return (torch.from_numpy(data.x).to(dtype) - centre) / scale, torch.from_numpy(data.y)


def material(run: Run) -> plain.Material:
    """Return what the loop is given for a run: data, the order of rows, and the weights to start from."""
    x, y = _standardised(run["dataset"], run["split"], getattr(torch, run["dtype"]))
    rows = datasets.split(run["dataset"], run["split"]).train
    order = training.order(run["seed"], rows, length=run["steps"] * run["batch"])
    stack = trials.started(activations.get(plain.ACTIVATION), [run])
    return plain.Material(x, y, torch.from_numpy(order), {name: part[0] for name, part in stack.parts().items()})


def loop(run: Run, given: plain.Material, *, fused: bool | None = None) -> list[float]:
    """Train one run's module by the plain loop; return its batch losses."""
    module = plain.module(run["network"], given, shape=datasets.source(run["dataset"]).shape)
    climber = plain.adam(module, rate=run["lr"], fused=fused)
    return plain.train(module, climber, given, steps=run["steps"], batch=run["batch"])


if __name__ == "__main__":
    main()
