"""Formulas: what mathematics alone says of every activation, as records that claims and figures read.

Nothing is random beyond a few fixed draws that the facts name; ``phase`` is exact and the seed null throughout.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from acts import properties
from acts.activations import Activation, get, names
from acts.facts import GENERAL, PARTICULAR, Row, row
from acts.jobs import Job, Run
from acts.records import frame

word = "formulas"
rooms = ("activations", "elementwise", "facts", "properties", "theory")
budget = 80.0
COST = 1.5  # seconds for all parts of one activation
EXTREMA = (("minimum", "infimum"), ("maximum", "supremum"))


def plan(params: Any, records: pd.DataFrame) -> list[Job]:
    """Return one job an activation, a run a part; nothing depends on what was measured before."""
    del records
    section = params.experiments.formulas
    if section is None:
        return []
    chosen = names() if section.activations == "all" else [get(name).name for name in section.activations]
    curve = {"points": section.points, "span": float(section.span)}
    return [Job(word, name, tuple(runs(get(name), curve)), seconds=COST) for name in chosen]


def runs(activation: Activation, curve: Mapping[str, Any]) -> Iterator[Run]:
    """Yield one run a part: what one table of facts depends on besides the activation itself."""
    exact = {"phase": "exact", "seed": None, "device": "cpu", "dtype": "float64"}
    if activation.elementwise:
        yield {**exact, "part": "properties"}
        yield {**exact, "part": "curve", **curve}
        for part in GENERAL:
            yield {**exact, "part": part}
    for part, (_, others) in PARTICULAR.get(activation.name, {}).items():
        yield {**exact, "part": part, **{f"other_{other}": _written(get(other)) for other in others}}


def _written(activation: Activation) -> str:
    """Return what of another activation enters a fact, so that a changed formula there is another run."""
    return f"{activation.formula} with {dict(activation.parameters)} and {dict(activation.constants)}"


def measure(job: Job) -> list[pd.DataFrame]:
    """Return the facts of one activation, one records table a part."""
    activation = get(job.activation)
    with torch.device("cpu"):
        return [_table(activation, run) for run in job.runs]


def _table(activation: Activation, run: Run) -> pd.DataFrame:
    who = {"experiment": word, "activation": activation.name, "phase": "exact", "device": "cpu", "dtype": "float64"}
    return frame([{**who, **fact} for fact in _facts(activation, run)])


def _facts(activation: Activation, run: Run) -> Iterator[Row]:
    part = run["part"]
    if part == "properties":
        return _properties(activation)
    if part == "curve":
        return _curve(activation, run["points"], run["span"])
    if part in GENERAL:
        return GENERAL[part](activation)
    ask, others = PARTICULAR[activation.name][part]
    return ask(activation, *map(get, others))


def _properties(activation: Activation) -> Iterator[Row]:
    """Yield what follows from the formula; an extremum that is not attained has no row of its own, only its bound."""
    found = properties.of(activation)
    for (attained, bound), value in zip(EXTREMA, found.range, strict=True):
        yield row(bound, value)
        place = getattr(found, attained)
        yield row(f"{bound}_attained", place is not None)
        if place is not None:
            yield row(f"{attained}_x", place[0])
            yield row(attained, place[1])
    low, high = found.derivative_range
    yield row("derivative_infimum", low)
    yield row("derivative_supremum", high)
    yield row("lipschitz", found.lipschitz)
    yield row("monotone", found.monotone)
    yield row("smoothness", found.smoothness)
    yield row("zero_at_zero", found.zero_at_zero)


def _curve(activation: Activation, points: int, span: float) -> Iterator[Row]:
    """Yield value and two derivatives on an even grid over [−span, span]; points that are not finite are left out."""
    x = torch.linspace(-span, span, points, dtype=torch.float64)
    slope, pull = torch.func.vjp(activation.derivative, x)[:2]
    curvature = pull(torch.ones_like(x))[0]
    for metric, y in (("value", activation(x)), ("derivative", slope), ("second_derivative", curvature)):
        for place, value in zip(x.tolist(), y.tolist(), strict=True):
            if np.isfinite(value):
                yield row(metric, value, arm=f"x={place:.6g}")
