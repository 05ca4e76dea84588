"""Tuned: the step that every trained comparison shares, from a grid of rates to final runs at the rate that suits.

Each final seed has its own tuning: a run at every rate of a factor-2 grid under a seed of its own (1000 + seed), on the
final seed's training rows, scored on its validation rows by the very metric that is judged. Arm ``each`` tunes the rate
inside every init, arm ``best`` picks init and rate together; both may be one run. What tuning measured, the response
curve, are records of phase ``tune``; the rate it chose and the edge it lies on stand beside the final run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from acts import activations, theory, training, trials, tuning
from acts.activations import Activation, registry
from acts.jobs import Job, Run
from acts.records import frame, where
from acts.training import History

SEED = 1000  # added to a final seed to name its tuning run
LONGEST = 10.0  # estimated seconds of a job on a CPU: short enough to share out, long enough not to count its start
CELL = ("dataset", "network", "norm", "optimizer")  # with the activation, what tells one search from another
WHO = ("phase", *CELL, "seed", "init", "lr", "device", "dtype")  # what of a run's spec stands in each of its rows

Row = dict[str, Any]
Curves = dict[tuple[Any, ...], dict[float, float]]


@dataclass(frozen=True)
class Search:
    """What is searched for every activation: the grid of rates, how often it may grow, the inits and the seeds.

    ``fixed`` is the part of a run's spec that all runs share: data set, network, optimiser, steps and the like; of it
    ``while_tuning`` says what is otherwise in tuning runs. ``scored`` counts the rows that a run of each phase is
    scored on after its last step, for the estimate of its cost. ``tag`` names what sets the search apart from others of
    the same activation and cell (``study=centring``): it is the arm of tuning rows, and follows ``best`` and ``each``
    in final ones. ``scales_of`` is the activation whose inits are taken, the trained one where it is None; or several,
    ``tanh|relu``, where layers take them in turn.
    """

    fixed: Mapping[str, Any]
    inits: Sequence[str]
    seeds: int
    rates: Sequence[float]
    growths: int
    while_tuning: Mapping[str, Any] = field(default_factory=dict)
    scored: Mapping[str, int] = field(default_factory=dict)
    tag: str = ""
    scales_of: str | None = None


# --- plan -------------------------------------------------------------------------------------------------------------


def curves(records: pd.DataFrame, word: str, metric: str) -> Curves:
    """Return what tuning has measured so far, a response curve (rate to metric) for every arm and tuning seed."""
    rows = where(records, experiment=word, phase="tune", metric=metric, split="validation")
    columns = ("activation", *CELL, "arm", "init", "seed", "lr", "value")
    found: Curves = {}
    listed = (rows[column].fillna("") if column == "arm" else rows[column] for column in columns)
    for *arm, rate, value in zip(*(values.tolist() for values in listed), strict=True):
        found.setdefault(tuple(arm), {})[rate] = value
    return found


def jobs(word: str, activation: str, search: Search, measured: Curves) -> Iterator[Job]:
    """Yield the jobs known so far for one activation: its tuning runs, and final runs of the seeds that are tuned."""
    for runs in _runs(activation, search, measured):
        if runs:
            yield from _shared_out(word, activation, runs, scored=search.scored.get(runs[0]["phase"], 0))


def _runs(activation: str, search: Search, measured: Curves) -> tuple[list[Run], list[Run]]:
    """Return tuning runs and final runs; an init that the activation does not have is left out."""
    source = search.scales_of or activation
    inits = [(rule, numbers) for rule in search.inits if (numbers := scales(source, rule))]
    arm = (activation, *(search.fixed[column] for column in CELL), search.tag)
    tune: list[Run] = []
    final: list[Run] = []
    for seed in range(search.seeds):
        choices: dict[str, tuning.Choice] = {}
        for rule, numbers in inits:
            known = measured.get((*arm, rule, SEED + seed), {})
            rates, choice = tuning.search(search.rates, known, growths=search.growths)
            shared = {**search.fixed, **search.while_tuning, "split": seed, "init": rule, "scales": numbers}
            shared |= {"arms": [search.tag]} if search.tag else {}
            tune += [{**shared, "phase": "tune", "seed": SEED + seed, "lr": rate} for rate in rates]
            if choice is not None:
                choices[rule] = choice
        if len(choices) == len(inits):
            final += [
                _final({**search.fixed, "init": rule, "scales": numbers}, seed, choices, tag=search.tag)
                for rule, numbers in inits
            ]
    return tune, final


def _final(shared: dict[str, Any], seed: int, choices: Mapping[str, tuning.Choice], *, tag: str = "") -> Run:
    """Return the final run of a seed and an init, with the rate chosen and the arms that it speaks for."""
    choice = choices[shared["init"]]
    best = min(choices, key=lambda rule: choices[rule].rank)
    arms = [f"{arm};{tag}" if tag else arm for arm in ("each", "best")][: 1 + (shared["init"] == best)]
    chosen = {"lr": choice.rate, "edge": choice.edge, "arms": arms}
    return {**shared, "phase": "final", "seed": seed, "split": seed, **chosen}


def scales(activation: str, rule: str) -> list[Any] | None:
    """Return σ_w and σ_b of first, hidden and last layers and whether draws are uniform; None without such an init.

    Of activations that layers take in turn (``tanh|relu``) the first gives these, and a hidden pair for each follows.
    Ten digits: enough for any network, and the same on every machine. Inputs have mean square 1.
    """
    return _scales(activation, rule, tuple(map(registry.own, activation.split("|"))))


@cache
def _scales(activation: str, rule: str, own: tuple[Activation | None, ...]) -> list[Any] | None:  # noqa: ARG001
    """Return the same for what own activations of these names are now: a user's may change meanwhile."""
    names = activation.split("|")
    try:
        inits = [theory.init(name, rule) for name in names]
    except ValueError:
        return None
    layers = (inits[0].first(fan_in=1), inits[0].hidden(fan_in=1), inits[0].last(fan_in=1))
    turns = [init.hidden(fan_in=1) for init in inits] if len(names) > 1 else []
    numbers = [[float(f"{number:.10g}") for layer in part for number in layer] for part in (layers, turns)]
    return [*numbers[0], inits[0].uniform, *numbers[1]]


def _shared_out(word: str, activation: str, runs: Sequence[Run], *, scored: int) -> Iterator[Job]:
    """Yield runs of one kind as jobs; on a CPU none is estimated at much over the longest, in eights that fill groups.

    A larger device takes them all at once: what it is fed with should not be cut small.
    """
    known = activations.get(activation)
    total = trials.seconds(known, runs, scored=scored)
    parts = max(1, round(total / LONGEST)) if runs[0]["device"] == "cpu" else 1
    size = -(-len(runs) // parts)
    size += -size % training.PAD
    for start in range(0, len(runs), size):
        part = tuple(runs[start : start + size])
        alone = len(part) == len(runs)
        yield Job(word, activation, part, total if alone else trials.seconds(known, part, scored=scored))


# --- measure ----------------------------------------------------------------------------------------------------------


def measure(job: Job, rows: Callable[[Activation, Sequence[Run]], Iterable[list[Row]]]) -> list[pd.DataFrame]:
    """Return one records table a run, in order; ``rows`` trains runs of one kind together and gives each one's rows."""
    activation = activations.get(job.activation)
    found: list[list[Row]] = [[] for _ in job.runs]
    with training.one_thread():
        for members in trials.groups(job.runs):
            runs = [job.runs[member] for member in members]
            for member, run, own in zip(members, runs, rows(activation, runs), strict=True):
                who = {"experiment": job.experiment, "activation": job.activation, **{name: run[name] for name in WHO}}
                if run["phase"] == "tune" and "arms" in run:
                    who["arm"] = run["arms"][0]
                found[member] = [{**who, **row} for row in own]
    table = frame(row for own in found for row in own)
    ends = np.cumsum([len(own) for own in found])
    return [table.iloc[end - len(own) : end] for own, end in zip(found, ends, strict=True)]


def divergence(history: History, number: int) -> list[Row]:
    """Return whether a network diverged, and at which step."""
    step = int(history.diverged[number])
    rows: list[Row] = [{"metric": "diverged", "value": float(step > 0)}]
    return [*rows, {"metric": "diverged_step", "value": float(step)}] if step else rows


def chosen(run: Run) -> list[Row]:
    """Return what tuning chose for a final run: its rate, and the edge of the grid on which that lies, if it does."""
    return [{"metric": "lr_tuned", "value": run["lr"]}, {"metric": "lr_edge", "value": float(run["edge"])}]
