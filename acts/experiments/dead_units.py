"""Dead units: which units of networks die, which come back, and whether it matters.

Networks start under the He init. ReLU's rate is tuned for every final seed as ``acts.tuned`` says, by the area under
the loss curve; every activation is then trained at multiples of it, the doses, from hidden biases shifted alike. What
zero, flat, dormant and stuck units are stands in ``acts.units``; all are told from the whole training set.

Records, all trained ones with dataset, network, norm, optimizer, init, lr, seed, device and dtype:

``tune``, arm ``study=tuned``, ReLU alone: split validation ``loss_area``; ``diverged``.
``final``, arms ``best;study=tuned``, ``study=dose;dose=…;bias=…``, ``study=sparsity``, ``study=rescue;rescue=…``
(function, lower_rate, batch_norm or bias) and ``study=recycle;recycled=…`` (dead, live or none; where biases are not
shifted the arm ends in ``;bias=0``): split test ``error`` (of classes), ``loss`` and ``loss_area``; without a split
``diverged``, and of all but the first what ``units.tally`` counts. study=dose has this by layer too (column layer, 1 is
the first hidden one), with ``flat_share`` (τ = 1e-3); ``zero_share`` and ``stuck_share`` by epoch (column step); and at
doses 1 and 10 without a shift ``flat_share`` and ``dormant_share`` in arms that end in ``;tau=…``. study=recycle has
``recycled_units``. study=sparsity has ``zero_fraction`` and ``effective_rank``, of phase ``init`` too, by layer and as
their mean.
``init``, arm ``study=born``, data set gaussian: ``born_dead_share`` of a seed's block of ReLU networks with one input.
``exact``, the same arm: ``born_dead_bound``, and ``born_dead_probability`` for three layers of weights.

Of a network whose numbers are no longer finite all units are stuck, flat and dormant, and zero as last read. Error and
losses of a diverged run are infinite.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import torch

from acts import activations, datasets, trials, tuned, tuning, units
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.networks import Scales, Stack
from acts.params import DeadUnits, Params
from acts.records import frame
from acts.trials import Trial
from acts.tuned import Row, Search
from acts.units import Census, Found

word = "dead_units"
rooms = ("activations", "datasets", "networks", "noise", "training", "trials", "tuned", "units")
budget = 240.0

DYING = {"dose": 10.0, "bias": -1.0}  # the regime in which rescues and recycling are tried
RESCUED: dict[str, dict[str, Any]] = {
    "lower_rate": {"dose": 1.0}, "batch_norm": {"norm": "batch"}, "bias": {"bias": 0.1},
}  # fmt: skip
RECYCLED_AFTER = 1 / 3  # of the epochs
CURVED = (1.0, 10.0)  # doses at which units are counted by several τ
WATCHED = 256  # rows on which a loss curve is measured
ROWS = 2048  # rows, at most, on which the outcome is measured
SLOWER = 2.0  # what the census adds to the time of a run
EVERY = 1_000_000_000  # rows of a part, more than there are

Spec = dict[str, Any]


# --- plan -------------------------------------------------------------------------------------------------------------


def plan(params: Params, records: pd.DataFrame) -> list[Job]:
    """Return every job known so far: ReLU's tuning, what is trained at the rates that it found, and random networks.

    A data set that is not here is left out. Raises ValueError for a network that is no multilayer perceptron, for an
    activation that is not element-wise, and for rates that do not rise by a factor of 2.
    """
    wanted = params.experiments.dead_units
    if wanted is None:
        return []
    _check(wanted)
    curves = tuned.curves(records, word, "loss_area")
    cells = dict.fromkeys(cell for study in wanted.trained() for cell in product(study.datasets, study.optimizers))
    jobs = list(_born_jobs(wanted)) if wanted.born else []
    for dataset, optimizer in cells:
        if datasets.missing(dataset) is None:
            search = _search(dataset, optimizer, wanted, params)
            tuning_jobs = list(tuned.jobs(word, "relu", search, curves))
            chosen = {run["seed"]: run["lr"] for job in tuning_jobs for run in job.runs if run["phase"] == "final"}
            jobs += tuning_jobs
            for name, runs in _studied(search.fixed, chosen, wanted):
                jobs += _shared_out(name, runs)
    return jobs


def _check(wanted: DeadUnits) -> None:
    """Raise ValueError for what this comparison cannot train."""
    if not wanted.network.startswith(("mlp_", "resmlp_")):
        raise ValueError(f"dead_units: {wanted.network} is no multilayer perceptron, whose units are counted here")
    for rates in wanted.rates.values():
        tuning.check(rates)
    for study in wanted.trained():
        for name in getattr(study, "activations", ()):
            if not activations.get(name).elementwise:
                raise ValueError(f"dead_units: {name} is not element-wise, which this comparison does not train")


def _search(dataset: str, optimizer: str, wanted: DeadUnits, params: Params) -> Search:
    """Return the search for ReLU's rate on one data set with one optimizer; runs take whole epochs."""
    epoch = max(1, round(len(datasets.split(dataset, 0).train) / wanted.batch))
    epochs = max(wanted.epochs, -(-wanted.steps // epoch))
    fixed = {
        "dataset": dataset, "network": wanted.network, "norm": "none", "optimizer": optimizer, "epoch": epoch,
        "steps": epochs * epoch, "batch": wanted.batch, "evaluations": wanted.evaluations,
        "device": params.device, "dtype": params.dtype,
    }  # fmt: skip
    rates = wanted.rates[optimizer]  # type: ignore[index]
    scored = {"final": ROWS}
    return Search(fixed, ("he",), wanted.seeds, rates, wanted.growths, scored=scored, tag="study=tuned")


def _studied(fixed: Any, chosen: dict[int, float], wanted: DeadUnits) -> Iterator[tuple[str, list[Run]]]:
    """Yield the runs of every activation in every study of a cell, at multiples of the rates chosen for the seeds."""
    arms = [
        (name, arm)
        for study in wanted.trained()
        if fixed["dataset"] in study.datasets and fixed["optimizer"] in study.optimizers
        for name, arm in _arms(wanted, type(study).__name__)
    ]
    for name in dict.fromkeys(name for name, _ in arms):
        own = [arm for one, arm in arms if one == name]
        yield name, [_run(name, {**fixed, **arm}, seed, lr) for arm in own for seed, lr in chosen.items()]


def _arms(wanted: DeadUnits, study: str) -> Iterator[tuple[str, Spec]]:
    """Yield what is particular to every arm of a study, with its activation."""
    if wanted.dose and study == "Doses":
        for name, dose, bias in product(wanted.dose.activations, wanted.dose.doses, wanted.dose.biases):
            arm = f"study=dose;dose={dose:g};bias={bias:g}"
            yield name, {"study": "dose", "arms": [arm], "dose": dose, "bias": bias}
    if wanted.sparsity and study == "Sparsity":
        for name in wanted.sparsity.activations:
            yield name, {"study": "sparsity", "arms": ["study=sparsity"], "dose": 1.0, "bias": 0.0}
    if wanted.rescue and study == "Rescues":
        for name in wanted.rescue.activations:
            yield name, {"study": "rescue", "arms": ["study=rescue;rescue=function"], **DYING}
        for rescue, changed in RESCUED.items():
            yield "relu", {"study": "rescue", "arms": [f"study=rescue;rescue={rescue}"], **DYING, **changed}
    if wanted.recycle and study == "Recycling":
        for who, (ending, start) in product(("dead", "live", "none"), (("", DYING["bias"]), (";bias=0", 0.0))):
            recycled = {**DYING, "bias": start, "anew": who}
            yield "relu", {"study": "recycle", "arms": [f"study=recycle;recycled={who}{ending}"], **recycled}


def _run(name: str, spec: Spec, seed: int, lr: float) -> Run:
    dose = spec.pop("dose")
    scales = tuned.scales(name, "he")
    return {"anew": "none", **spec, "phase": "final", "seed": seed, "split": seed, "init": "he", "scales": scales,
            "lr": dose * lr, "dose": dose}  # fmt: skip


def _shared_out(name: str, runs: Sequence[Run]) -> Iterator[Job]:
    """Yield an activation's runs as jobs, on a CPU of about the length that tuned comparisons have."""
    activation = activations.get(name)
    total = SLOWER * trials.seconds(activation, runs, scored=ROWS) if runs else 0.0
    parts = max(1, round(total / tuned.LONGEST)) if runs and runs[0]["device"] == "cpu" else 1
    size = -(-len(runs) // parts)
    for start in range(0, len(runs), max(size, 1)):
        part = tuple(runs[start : start + size])
        yield Job(word, name, part, total * len(part) / len(runs))


def _born_jobs(wanted: DeadUnits) -> Iterator[Job]:
    """Yield the jobs of random networks: a run a width and block, and the theory."""
    assert wanted.born is not None
    born = {"study": "born", "length": wanted.born.layers, "device": "cpu", "dtype": "float64"}
    size = -(-wanted.born.networks // wanted.seeds)
    blocks = product(range(wanted.seeds), wanted.born.widths)
    runs = tuple({**born, "phase": "init", "seed": seed, "width": width, "networks": size} for seed, width in blocks)
    exact = tuple({**born, "phase": "exact", "seed": None, "width": width} for width in wanted.born.widths)
    cost = 2.5e-8 * size * wanted.born.layers * sum(4 + width**2 for width in wanted.born.widths)
    yield Job(word, "relu", runs, wanted.seeds * cost)
    yield Job(word, "relu", exact, 0.01)


# --- measure ----------------------------------------------------------------------------------------------------------


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; runs of one kind are trained together."""
    if job.runs[0].get("study") == "born":
        return [frame(_born(run)) for run in job.runs]
    return tuned.measure(job, _rows)


def _born(run: Run) -> Iterator[Row]:
    """Yield how many random networks of each length are dead, or what theory says of that."""
    who = {"experiment": word, "activation": "relu", "dataset": "gaussian", "arm": "study=born"}
    who |= {column: run[column] for column in ("phase", "seed", "device", "dtype")}
    width, lengths = run["width"], range(2, run["length"] + 1)
    if run["phase"] == "init":
        shares = units.born_dead(run["seed"], width=width, layers=run["length"], networks=run["networks"])
        found = [("born_dead_share", layers, share) for layers, share in zip(lengths, shares, strict=True)]
    else:
        found = [("born_dead_bound", layers, units.bound(width, layers)) for layers in lengths]
        found.append(("born_dead_probability", 3, units.two_layers(width)))
    for metric, layers, value in found:
        yield {**who, "network": f"mlp_{layers - 1}x{width}", "metric": metric, "value": float(value)}


def _rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Train runs of one kind together and yield what each one's rows say."""
    if runs[0]["phase"] == "tune":
        history = trials.train(activation, runs, watch="validation", rows=WATCHED).history
        for number, area in enumerate(history.area()):
            row = {"split": "validation", "metric": "loss_area", "value": float(area)}
            yield [row, *tuned.divergence(history, number)]
        return
    counted = "study" in runs[0]
    trial = trials.train(
        activation, runs, watch="test", rows=WATCHED, visiting=partial(_census, activation) if counted else None
    )
    counts = _counted(activation, trial) if counted else [list(tuned.chosen(run)) for run in runs]
    for run, own, rows in zip(runs, _outcomes(trial), counts, strict=True):
        yield [{"arm": arm, **row, **_suffixed(arm, row)} for arm in run["arms"] for row in (*own, *rows)]


def _suffixed(arm: str, row: Row) -> Row:
    """Return the arm of a row that adds to it."""
    return {"arm": arm + row["arm"]} if "arm" in row else {}


def _outcomes(trial: Trial) -> Iterator[list[Row]]:
    """Yield every run's outcome on test rows, and whether it diverged."""
    scores = trial.score("test", rows=ROWS)
    for number, run in enumerate(trial.runs):
        healthy = not trial.history.diverged[number]
        told = {"loss_area": trial.history.area()[number], "loss": scores["loss"][number] if healthy else np.inf}
        if "accuracy" in scores:
            own = trials.error(run, "test", scores["accuracy"][number], rows=ROWS)
            told["error"] = own if healthy else np.inf
        rows = [{"split": "test", "metric": metric, "value": float(value)} for metric, value in told.items()]
        yield [*rows, *tuned.divergence(trial.history, number)]


def _census(activation: Activation, runs: Sequence[Run]) -> Census:
    """Return the census of runs that are trained together."""
    first = runs[0]
    plans = [units.Plan(run["seed"], _scales(run["scales"]), run["bias"], run["anew"]) for run in runs]
    at = max(1, round(RECYCLED_AFTER * first["steps"] / first["epoch"])) * first["epoch"]
    feed = trials.feed(runs, "train", rows=EVERY)
    return Census(plans, trials.nonlinearity(activation), feed, epoch=first["epoch"], at=at)


def _scales(numbers: Sequence[Any]) -> Scales:
    first, hidden, last = ((numbers[i], numbers[i + 1]) for i in (0, 2, 4))
    return Scales(first, hidden, last, uniform=numbers[6])


def _counted(activation: Activation, trial: Trial) -> Iterator[list[Row]]:
    """Yield what the census, and the readings that its study asks for, say of every run."""
    start = 0
    for size, visitor in zip(trial.groups, trial.visitors, strict=True):
        assert isinstance(visitor, Census)
        runs = trial.runs[start : start + size]
        stack = trial.stack.pick(torch.arange(start, start + size, device=trial.stack.buffer.device))
        start += size
        found = visitor.found(stack)
        extra: dict[int, list[Row]] = {number: [] for number in range(size)}
        for study, read in {"dose": _steepness, "sparsity": _sparsity}.items():
            members = [number for number, run in enumerate(runs) if run["study"] == study]
            if members:
                chosen = stack.pick(torch.tensor(members, device=stack.buffer.device))
                extra |= zip(
                    members, read(activation, [runs[number] for number in members], chosen, found.layers), strict=True
                )
        for number, run in enumerate(runs):
            yield [*_census_rows(run, found, number), *extra[number]]


def _census_rows(run: Run, found: Found, number: int) -> Iterator[Row]:
    """Yield what the census says of one run, in as much detail as its study needs."""
    zero, stuck = found.zero[number], found.stuck[number]
    rows = list(units.rows.overall(zero, stuck, found.layers))
    if run["study"] == "dose":
        yield from (*rows, *units.rows.by_epoch(zero, stuck, run["epoch"]))
    else:
        yield from (row for row in rows if "layer" not in row)
    if run["study"] == "recycle":
        yield {"metric": "recycled_units", "value": float(found.anew[number])}


def _steepness(activation: Activation, runs: Sequence[Run], stack: Stack, layers: np.ndarray) -> Iterator[list[Row]]:
    """Yield how many units of every run are flat, and at some doses how many are so or dormant by τ."""
    feed = trials.feed(runs, "train", rows=EVERY)
    steep = units.steep_rows(stack, trials.nonlinearity(activation), feed).numpy()
    for run, own in zip(runs, steep, strict=True):
        rows = list(units.rows.flat(own, layers))
        if run["dose"] in CURVED and run["bias"] == 0:
            rows += [{**row, "arm": f";tau={_power(share)}"} for share, row in units.rows.by_share(own)]
        yield rows


def _power(share: float) -> str:
    """Return a power of ten as arms write it: 1e-3."""
    return f"1e{round(np.log10(share))}"


def _sparsity(activation: Activation, runs: Sequence[Run], stack: Stack, layers: np.ndarray) -> Iterator[list[Row]]:  # noqa: ARG001
    """Yield zeros and effective ranks of every run, before its first step and after its last."""
    own, feed = trials.nonlinearity(activation), trials.feed(runs, "train", rows=EVERY)
    stacks = {"init": trials.started(activation, runs), "final": stack}
    found = {phase: units.sparsity(one, own, feed).numpy() for phase, one in stacks.items()}
    for number in range(len(runs)):
        yield [{**row, "phase": phase} for phase, one in found.items() for row in units.rows.sparsity(one[number])]
