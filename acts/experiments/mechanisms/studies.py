"""Studies: what each trained study compares, and the runs that it asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from acts import activations, datasets, trials, tuned, tuning
from acts.experiments.mechanisms.trained import JUDGED, ROWS, judged
from acts.jobs import Job
from acts.params import Params
from acts.params.mechanisms import Study
from acts.records import where
from acts.trials import starts
from acts.tuned import Search

INITS = ("he", "lecun", "stable")
HALF, RELU_MEAN, LN_2 = 0.5, 0.398942, 0.693147  # means of σ and ReLU, and softplus at 0, to six digits
LEAKY_AS_ELU = "leaky_relu(alpha=0.597636)"  # its mean at q = 1 is that of ELU: (1 − α)/√(2π) = 0.160521


@dataclass(frozen=True)
class Arm:
    """One side of a study: an activation, what its runs' spec says in addition, and the init it starts from.

    ``factor`` follows the study in the arm's name. An arm that is ``first_only`` is trained on the first network that a
    study names.
    """

    activation: str
    factor: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)
    scales_of: str | None = None
    inits: tuple[str, ...] = INITS
    first_only: bool = False


def _centred(plain: str, mean: float) -> list[Arm]:
    """Return a function and the same without its mean; the second starts as the first, the shift absorbed."""
    shift = -mean
    return [Arm(plain), Arm(f"{plain}(shift={shift})", spec={"absorb": shift}, scales_of=plain)]


def _of(*names: str, inits: tuple[str, ...] = INITS) -> list[Arm]:
    return [Arm(name, inits=inits) for name in names]


def _stack(layers: str) -> Arm:
    """Return a stack whose layers take two activations in turn."""
    return Arm(layers.split("|")[0], f";layers={layers}", {"layers": layers}, scales_of=layers)


def _killed(share: float) -> Arm:
    return Arm("relu", f";share={share:g}", {"killed": share} if share else {}, first_only=share > 0)


ARMS: Mapping[str, list[Arm]] = {
    "centring": [
        *_centred("sigmoid", HALF), *_centred("relu", RELU_MEAN), *_centred("softplus", LN_2), Arm("elu"),
    ],
    "slope": _of("sigmoid", "sigmoid(stretch=4)", f"sigmoid(shift=-{HALF})", "tanh", inits=("lecun",)),
    "gradient": [
        *_of("sigmoid", f"sigmoid(shift=-{HALF})", "tanh", inits=("lecun", "chi")),
        Arm("sigmoid", spec={"norm": "batch"}, inits=("lecun",)),
    ],
    "zero": _of("relu(at_zero=0)", "relu(at_zero=0.5)", "relu(at_zero=1)", inits=("he", "lecun")),
    "mixed": [
        *map(_stack, ("tanh|relu", "relu|tanh", "elu|relu", "swish|tanh")), *_of("tanh", "relu", "elu", "swish"),
    ],
    "saturation": _of("elu", LEAKY_AS_ELU, inits=("chi",)),
    "rectified": _of("prelu"),
    "killed": [_killed(share) for share in (0.0, 0.25, 0.5, 0.75)],
    "fit": _of("relu", "leaky_relu"),
    "narrow": _of("relu", "leaky_relu", "leaky_relu(alpha=-1)", "crelu", "identity"),
}  # fmt: skip


def plan(word: str, params: Params, records: pd.DataFrame) -> list[Job]:
    """Return the jobs of all trained studies that are known so far."""
    wanted = params.experiments.mechanisms
    assert wanted is not None
    jobs: list[Job] = []
    for study in wanted.studies:
        for rates in study.rates.values():
            tuning.check(rates)
        for dtype in study.dtypes or (params.dtype,):
            own = where(records, dtype=dtype)
            curves = {metric: tuned.curves(own, word, metric) for metric in ("loss_area", "error", "loss")}
            for name, search in _searches(study, params, dtype):
                jobs += tuned.jobs(word, name, search, curves[judged(search.fixed)])
    return jobs


def _searches(study: Study, params: Params, dtype: str) -> Iterator[tuple[str, Search]]:
    """Yield every activation of a study with its search, cell by cell; data sets that are not here are left out."""
    wanted = params.experiments.mechanisms
    assert wanted is not None
    shared = {
        "study": study.study, "schedule": "constant", "dropout": 0.0, "decay": 0.0, "steps": study.steps,
        "batch": study.batch, "evaluations": wanted.evaluations, "device": params.device, "dtype": dtype,
    }  # fmt: skip
    brief = {} if JUDGED[study.study] == "loss_area" else {"evaluations": 1}
    scored = {"tune": 0 if not brief else ROWS["validation"], "final": sum(ROWS.values())}
    for dataset, network, optimizer in study.cells():
        if datasets.missing(dataset) is not None:
            continue
        cell = {"dataset": dataset, "network": network, "norm": "none", "optimizer": optimizer}
        for arm in ARMS[study.study]:
            if arm.first_only and network != study.networks[0]:
                continue
            name = activations.get(arm.activation).name
            fixed = {**shared, **cell, **arm.spec}
            _check(name, fixed)
            yield name, Search(
                fixed, _inits(study, arm), wanted.seeds, study.rates[optimizer], wanted.growths,
                while_tuning=brief, scored=scored, tag=f"study={study.study}{arm.factor}", scales_of=arm.scales_of,
            )  # fmt: skip


def _inits(study: Study, arm: Arm) -> tuple[str, ...]:
    """Return an arm's inits, of which a study may name fewer."""
    return tuple(rule for rule in arm.inits if study.inits is None or rule in study.inits) or arm.inits


def _check(name: str, fixed: Mapping[str, Any]) -> None:
    """Raise ValueError where a network does not take a data set, or cannot start as its run asks."""
    network, dataset = fixed["network"], fixed["dataset"]
    try:
        changes = {change: fixed[change] for change in ("absorb", "killed") if change in fixed}
        starts.check(trials.network(name, dataset, network, fixed["norm"]), **changes)
    except ValueError as error:
        raise ValueError(f"mechanisms: {network}: {error}") from None
