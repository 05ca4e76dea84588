"""Precision: how far values and derivatives are from the formula, in units in the last place, along the whole axis.

Both paths are held against the formula at 400 digits: the accurate one, and the fast one, which is torch's own function
where there is one. Points are numbers that a dtype holds exactly, a third each with 8, 24 and 53 bits, so that every
dtype is asked what it can be asked. Nothing is random; ``phase`` is exact and the seed null.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch

from acts import activations, rounding
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.params import Params
from acts.records import frame
from acts.rounding import Exact

word = "precision"
rooms = ("activations", "rounding")
budget = 60.0

DTYPES = ("float64", "float32", "bfloat16", "float16")
PATHS = ("accurate", "fast")
QUANTITIES = ("value", "derivative")
EDGE, FAR, REACH = 4.0, 1000.0, 24.0  # the centre's edge, the tails' end, and up to where a tail is filled evenly
NEAR_ZERO = 1e-30  # and below is special
BITS = (8, 24, 53)
LOST = 0.01  # a relative error above which a result has lost all digits that a reader would look at
BIN, SPAN = 0.5, 20.0  # of the curve: the largest error of every half unit on [-20, 20]

Array = np.ndarray
Row = dict[str, Any]


def plan(params: Params, records: pd.DataFrame) -> list[Job]:
    """Return one job of one run for every activation.

    Raises ValueError for a named activation that is not element-wise.
    """
    del records
    wanted = params.experiments.precision
    if wanted is None:
        return []
    run = {"phase": "exact", "seed": None, "points": wanted.points, "device": params.device}
    return [Job(word, name, (run,), 1e-3 * wanted.points) for name in _elementwise(wanted.activations)]


def _elementwise(wanted: Any) -> list[str]:
    """Return the names of the activations to measure; of "all" those that work element by element."""
    if wanted == "all":
        return [name for name in activations.names() if activations.get(name).elementwise]
    chosen = [activations.get(name) for name in wanted]
    for one in chosen:
        if not one.elementwise:
            raise ValueError(f"precision: {one.name} is not element-wise, so it has no value at a point")
    return [one.name for one in chosen]


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run."""
    activation = activations.get(job.activation)
    return [frame(_named(job, run, _rows(activation, run))) for run in job.runs]


def _named(job: Job, run: Run, rows: Iterator[Row]) -> Iterator[Row]:
    who = {"experiment": word, "activation": job.activation, "phase": "exact", "device": run["device"]}
    return ({**who, **row} for row in rows)


def points(activation: Activation, count: int) -> Array:
    """Return where to look, rising: half between -4 and 4, a quarter in either tail, kinks, ends, infinities, nan."""
    spread = []
    for bits in BITS:
        each = max(count // (8 * len(BITS)), 1)
        centre = [rounding.evenly(2 * each, -EDGE, EDGE), *_mirrored(np.exp2(rounding.evenly(each, -20, 2)))]
        tails = [*_mirrored(np.exp2(rounding.evenly(each, 2, np.log2(FAR)))), *_mirrored(_tail(each))]
        spread += [rounding.shortened(part, bits) for part in (*centre, *tails)]
    kinks = list(rounding.beside(activation.breaks(), DTYPES))
    return np.unique([*np.concatenate(spread).tolist(), *kinks, *rounding.special(DTYPES)])


def _mirrored(x: Array) -> tuple[Array, Array]:
    return x, -x


def _tail(count: int) -> Array:
    return rounding.evenly(count, EDGE, REACH)


def _rows(activation: Activation, run: Run) -> Iterator[Row]:
    """Yield the largest errors of every dtype, path and part, and the curve of the fast path in float32."""
    x = points(activation, run["points"])
    truth = [Exact.split(activation.oracle(x.tolist(), order)) for order in (0, 1)]
    for dtype in DTYPES:
        own = rounding.held(x, dtype)
        for path in PATHS:
            got = _evaluated(activation, path, x[own], dtype=dtype, device=run["device"])
            for quantity, found, true in zip(QUANTITIES, got, truth, strict=True):
                if found is not None:
                    drawn = (path, dtype) == ("fast", "float32")
                    for row in _errors(quantity, x[own], found, true[own], dtype=dtype, drawn=drawn):
                        yield {**row, "metric": f"{quantity}_{row['metric']}", "arm": f"path={path};{row['arm']}"}


def _evaluated(
    activation: Activation, path: str, x: Array, *, dtype: str, device: str
) -> tuple[Array | None, Array | None]:
    """Return values and derivatives as a path computes them; None for what torch does not have in this dtype."""
    evaluate = activation if path == "accurate" else activation.kernel
    at = torch.tensor(x, dtype=torch.float64, device=device).to(getattr(torch, dtype)).requires_grad_(True)
    try:
        y = evaluate(at)
    except NotImplementedError:
        return None, None
    value = y.detach().double().cpu().numpy()
    if not y.requires_grad:
        return value, np.zeros_like(value)
    try:
        (slope,) = torch.autograd.grad(y.sum(), at, materialize_grads=True)
    except NotImplementedError:
        return value, None
    return value, slope.double().cpu().numpy()


# --- errors -----------------------------------------------------------------------------------------------------------


def _errors(quantity: str, x: Array, got: Array, true: Exact, *, dtype: str, drawn: bool) -> Iterator[Row]:
    """Yield rows of one quantity, path and dtype."""
    form = rounding.of(dtype)
    # Without a limit a function may do at infinity what it likes, and there is no convention for a slope at nan.
    known = ~np.isnan(true.nearest) | (np.isnan(x) & (quantity == "value"))
    x, got, true = x[known], got[known], true[known]
    ulps = rounding.errors(got, true, form)
    tiny = (true.nearest != 0) & (np.abs(true.nearest) < form.smallest_normal)
    for part, chosen in _parts(x, tiny).items():
        if chosen.any():
            for row in _worst(x[chosen], got[chosen], true.nearest[chosen], ulps[chosen]):
                yield {**row, "arm": f"part={part}", "dtype": dtype}
    for metric, value in _summary(x, got, true.nearest, ulps, tiny):
        yield {"metric": metric, "value": value, "arm": "part=all", "dtype": dtype}
    if drawn:
        yield from _curve(x[~tiny], ulps[~tiny], dtype=dtype)


def _parts(x: Array, tiny: Array) -> dict[str, Array]:
    """Return which points belong to which part; true values below the smallest normal number stand apart.

    Special are 0, what is nearer to 0 than 1e-30, what is beyond the tails, infinities and nan.
    """
    size = np.abs(x)
    inside = (size >= NEAR_ZERO) & (size <= FAR)
    return {
        "tail_low": inside & ~tiny & (x < -EDGE),
        "center": inside & ~tiny & (size <= EDGE),
        "tail_high": inside & ~tiny & (x > EDGE),
        "special": ~inside & ~tiny,
        "underflow": tiny,
        "all": np.ones(len(x), dtype=bool),
    }


def _worst(x: Array, got: Array, true: Array, ulps: Array) -> Iterator[Row]:
    """Yield the largest error, where it is, what came out there (unless nan) and what should; and how many points."""
    worst = int(np.argmax(ulps))
    yield {"metric": "ulp", "value": float(ulps[worst])}
    yield {"metric": "points", "value": float(len(x))}
    for name, values in (("worst_x", x), ("worst_got", got), ("worst_true", true)):
        if not np.isnan(values[worst]):
            yield {"metric": name, "value": float(values[worst])}


def _summary(x: Array, got: Array, true: Array, ulps: Array, tiny: Array) -> Iterator[tuple[str, float]]:
    """Yield at how many points between the ends all digits are lost, from where to where, and where nan begins.

    Lost is what is wrong by more than one percent and more than a unit; nan, or infinity for a number, begins at the
    point nearest to 0.
    """
    inside = (np.abs(x) >= NEAR_ZERO) & (np.abs(x) <= FAR) & ~tiny
    with np.errstate(all="ignore"):
        apart = np.abs(got - true) / np.where(true == 0, 1.0, np.abs(true))
    lost = x[inside & (ulps > 1) & ~(apart <= LOST)]
    yield "lost", float(len(lost))
    if len(lost):
        yield "lost_low", float(lost.min())
        yield "lost_high", float(lost.max())
        yield "lost_near", float(np.abs(lost).min())
    undefined = x[np.isinf(ulps) & ~np.isnan(x)]
    if len(undefined):
        yield "undefined_x", float(undefined[np.argmin(np.abs(undefined))])


def _curve(x: Array, ulps: Array, *, dtype: str) -> Iterator[Row]:
    """Yield the largest error of every bin that was looked into."""
    for left in np.arange(-SPAN, SPAN, BIN):
        inside = ulps[(x >= left) & (x < left + BIN)]
        if len(inside):
            yield {"metric": "ulp", "value": float(inside.max()), "arm": f"x={left + BIN / 2:g}", "dtype": dtype}
