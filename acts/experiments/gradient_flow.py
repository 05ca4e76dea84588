"""Gradient flow: what signals and gradients become on their way through deep networks at initialisation.

One seed is one network of the largest depth, its weights drawn once and rescaled by every init; inputs are standard
normal. Measured are log10 of (‖Jᵀv‖²/n₁)/(‖v‖²/n_d), v random at hidden pre-activation d and J its Jacobian by the
first, in float64 and renormalised at every layer, and lengths, moments and centring of some layers. Rows of phase
``exact`` are the infinite-width theory of the mean over networks: the product over the very same layers.

Init ``gain`` starts lengths at the fixed point q = 1 of the length map without bias, for functions whose map is
steeper than 1 there, so that lengths leave it: ``log10_length`` by layer, and ``length_slope`` of phase ``exact``. What
networks learn by depth and weight scale, phase ``final``, stands in ``acts.trainability``.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from acts import activations, diagnostics, theory, trainability, tuned
from acts.activations import Activation, registry
from acts.diagnostics import Pulled
from acts.jobs import Job, Run
from acts.params import Params
from acts.params.gradient_flow import GradientFlow
from acts.records import frame

word = "gradient_flow"
rooms = (
    "activations", "elementwise", "theory", "diagnostics", "datasets", "networks", "noise", "training", "trials",
    "tuned", "trainability",
)  # fmt: skip
budget = 130.0

INPUTS = 8  # inputs a network is read at
UNSTABLE = 1e-6  # by how much a slope must exceed 1, which that of ReLU is but for rounding
GAIN_DEPTH = 32  # layers through which lengths are followed away from an unstable fixed point
CURVE_POINTS = 25  # depths at which the theory is given, those measured included
_WEIGHTS, _INPUTS, _VECTORS = 21, 22, 23  # name the random streams

Row = dict[str, Any]


# --- plan -------------------------------------------------------------------------------------------------------------


def plan(params: Params, records: pd.DataFrame) -> list[Job]:  # noqa: ARG001 - every run is known from the start
    """Return the jobs of every activation, networks and theory; an init that a function does not have is left out.

    Raises ValueError for a named activation that is not element-wise.
    """
    wanted = params.experiments.gradient_flow
    if wanted is None:
        return []
    widths = (wanted.width, *(width for width in wanted.more_widths or () if width != wanted.width))
    jobs = [job for name in _elementwise(wanted.activations) for job in _untrained(name, wanted, widths, params.device)]
    if wanted.trainability:
        jobs += trainability.jobs(
            word, wanted.trainability, seeds=wanted.seeds, device=params.device, dtype=params.dtype
        )
    return [job for job in jobs if job.runs]


def _untrained(name: str, wanted: GradientFlow, widths: Sequence[int], device: str) -> Iterator[Job]:
    """Yield the networks of one activation, width by width, the theory for the first, and lengths that leave q = 1."""
    inits = [init for init in wanted.inits if reason(name, init) is None]
    for width in widths:
        shared = {"network": f"mlp_{max(wanted.depths)}x{width}", "width": width, "depths": sorted(wanted.depths)}
        measured = {**shared, "phase": "init", "inputs": INPUTS, "device": device, "dtype": "float64"}
        seconds = 0.06 + 3.5e-8 * max(wanted.depths) * width**2
        runs = tuple({**measured, "seed": seed, "init": init} for seed in range(wanted.seeds) for init in inits)
        yield Job(word, name, runs, wanted.seeds * seconds)
        if width == wanted.width:
            exact = {**shared, "phase": "exact", "seed": None, "device": "cpu", "dtype": "float64"}
            yield Job(word, name, tuple({**exact, "init": init} for init in inits), 0.1 * len(inits))
    if unstable(name):
        shared = {"network": f"mlp_{GAIN_DEPTH}x{wanted.width}", "width": wanted.width, "depths": [GAIN_DEPTH]}
        shared |= {"inputs": INPUTS, "init": "gain", "dtype": "float64"}
        runs = tuple({**shared, "phase": "init", "seed": seed, "device": device} for seed in range(wanted.seeds))
        yield Job(word, name, runs, wanted.seeds * (0.02 + 1e-8 * GAIN_DEPTH * wanted.width**2))
        yield Job(word, name, ({**shared, "phase": "exact", "seed": None, "device": "cpu"},), 0.05)


def _elementwise(wanted: str | Sequence[str]) -> list[str]:
    """Return the names of the activations to measure; of "all" those that work element by element."""
    if wanted == "all":
        return [name for name in activations.names() if activations.get(name).elementwise]
    chosen = [activations.get(name) for name in wanted]
    for one in chosen:
        if not one.elementwise:
            raise ValueError(f"gradient_flow: {one.name} is not element-wise, which this comparison does not measure")
    return [one.name for one in chosen]


def reason(activation: str, init: str) -> str | None:
    """Return in one line why a function does not have an init, None where it has it."""
    return _reason(activation, init, registry.own(activation))


@cache
def _reason(activation: str, init: str, own: Activation | None) -> str | None:  # noqa: ARG001 - a user's may change
    try:
        theory.init(activation, init)
    except ValueError as error:
        return str(error)
    return None


def unstable(activation: str) -> bool:
    """Return whether the length map without bias that has q = 1 as a fixed point is steeper than 1 there."""
    return _unstable(activation, registry.own(activation))


@cache
def _unstable(activation: str, own: Activation | None) -> bool:  # noqa: ARG001 - a user's may change meanwhile
    try:
        return theory.length_map_slope(activation, sigma_w=_gain(activation).sigma_w) > 1 + UNSTABLE
    except ValueError:
        return False


def _gain(activation: str | Activation) -> theory.Init:
    """Return the init whose length map has its fixed point at q = 1 without a bias, σ_w² = 1/E f²."""
    second = theory.moments(activation).second
    if not second > 0:
        raise ValueError("E f² = 0")
    return theory.Init("gain", second**-0.5, 0.0, q=1.0)


# --- measure ----------------------------------------------------------------------------------------------------------


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; inits of one seed share their network's weights."""
    if job.runs[0]["phase"] == "final":
        return tuned.measure(job, trainability.learned)
    activation = activations.get(job.activation)
    found: dict[int, list[Row]] = {}
    order = sorted(range(len(job.runs)), key=lambda place: _group(job.runs[place]))
    for (phase, _, _), members in groupby(order, key=lambda place: _group(job.runs[place])):
        places = list(members)
        runs = [job.runs[place] for place in places]
        rows = [_exact(activation, run) for run in runs] if phase == "exact" else _network(activation, runs)
        found.update(zip(places, rows, strict=True))
    return [frame(_named(job, run, found[place])) for place, run in enumerate(job.runs)]


def _group(run: Run) -> tuple[str, int, bool]:
    """Return what runs measured together have in common: phase, seed and whether weights are uniform."""
    return run["phase"], -1 if run["seed"] is None else run["seed"], run["init"] == "torch_default"


def _named(job: Job, run: Run, rows: list[Row]) -> Iterator[Row]:
    columns = ("phase", "network", "seed", "init", "device", "dtype")
    who = {"experiment": word, "activation": job.activation, "dataset": run.get("map", "gaussian")}
    return ({**who, **{column: run[column] for column in columns}, **row} for row in rows)


def _exact(activation: Activation, run: Run) -> list[Row]:
    """Return what theory says of a run: of signals by layer, of a length that leaves its fixed point, of a map."""
    if "sigma_b" in run:
        return trainability.predicted(activation, run)
    if run["init"] == "gain":
        slope = theory.length_map_slope(activation, sigma_w=_gain(activation).sigma_w)
        return [{"metric": "length_slope", "value": slope}]
    return _theory(activation, run)


def _theory(activation: Activation, run: Run) -> list[Row]:
    """Return gradient flow by depth, lengths by layer, and how far these drift apart, at infinite width."""
    deepest = max(run["depths"])
    init = theory.init(activation, run["init"])
    signal = theory.signal(activation, init, deepest, fan_in=run["width"])
    places = sorted({*run["depths"], *np.geomspace(1, deepest, CURVE_POINTS).round().astype(int).tolist()})
    flow = [
        {"metric": "log10_gradient_ratio", "depth": depth, "value": signal.log10_gradient_ratio(depth)}
        for depth in places
        if 2 <= depth <= len(signal.q)
    ]
    lengths = [
        {"metric": "log10_length", "layer": layer, "value": float(np.log10(signal.q[layer - 1]))}
        for layer in places
        if layer <= len(signal.q) and signal.q[layer - 1] > 0
    ]
    spread = [
        {"metric": "length_spread", "depth": depth, "value": signal.spread(depth)}
        for depth in run["depths"]
        if depth <= len(signal.q)
    ]
    return flow + lengths + [row for row in spread if np.isfinite(row["value"])]


def _network(activation: Activation, runs: Sequence[Run]) -> list[list[Row]]:
    """Return the rows of one network under several inits, one list an init."""
    run, device = runs[0], torch.device(runs[0]["device"])
    width, depths = run["width"], run["depths"]
    inits = [_init(activation, one["init"]) for one in runs]
    weights, biases = _draw(run["seed"], max(depths), width, uniform=inits[0].uniform)
    first = _column([init.first(fan_in=width) for init in inits], device)
    hidden = _column([init.hidden(fan_in=width) for init in inits], device)
    y = _normal([run["seed"], _INPUTS], (1, run["inputs"], width)).to(device).expand(len(inits), -1, -1)
    slopes, rows = [], [list[Row]() for _ in inits]
    layers = _layers(depths)
    for layer, (normal, shift) in enumerate(zip(weights, biases, strict=True), 1):
        by_weight, by_bias = first if layer == 1 else hidden
        product = y.reshape(-1, width) @ normal.to(device, torch.float64)
        h = product.view(len(inits), -1, width) * by_weight + shift.to(device) * by_bias
        y, slope = _both(activation, h)
        slopes.append(slope)
        if layer in layers:
            _collect(rows, diagnostics.layer(h, y), layer=layer)
    depths = () if run["init"] == "gain" else depths
    for depth, ratio in _gradients(depths, run["seed"], weights, slopes, hidden[0]):
        _collect(rows, {"log10_gradient_ratio": ratio}, depth=depth)
    return rows


def _init(activation: Activation, rule: str) -> theory.Init:
    return _gain(activation) if rule == "gain" else theory.init(activation, rule)


def _draw(seed: int, depth: int, width: int, *, uniform: bool) -> tuple[list[Tensor], list[Tensor]]:
    """Return weights and biases of mean 0 and variance 1 for every layer; weights kept in float32 to save memory."""
    generator = np.random.default_rng([seed, _WEIGHTS])
    shape = (width, width)
    weights, biases = [], []
    for _ in range(depth):
        weight = (
            np.float32(12**0.5) * (generator.random(shape, dtype=np.float32) - np.float32(0.5))
            if uniform
            else generator.standard_normal(shape, dtype=np.float32)
        )
        weights.append(torch.from_numpy(weight))
        shift = 12**0.5 * (generator.random(width) - 0.5) if uniform else generator.standard_normal(width)
        biases.append(torch.from_numpy(shift))
    return weights, biases


def _normal(stream: list[int], shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy(np.random.default_rng(stream).standard_normal(shape))


def _column(scales: Sequence[theory.Scales], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the scales of weights and of biases as tensors (init, 1, 1)."""
    both = torch.tensor([tuple(scale) for scale in scales], dtype=torch.float64, device=device)
    return both[:, 0].view(-1, 1, 1), both[:, 1].view(-1, 1, 1)


def _layers(depths: Sequence[int]) -> set[int]:
    """Return the layers that are read: the depths asked for and the powers of two."""
    return {*depths, *(2**power for power in range(max(depths).bit_length()))}


def _both(activation: Activation, h: Tensor) -> tuple[Tensor, Tensor]:
    """Return value and slope by one pass of autograd over the accurate path."""
    h = h.detach().requires_grad_(True)
    y = activation(h)
    (slope,) = torch.autograd.grad(y.sum(), h, materialize_grads=True)
    return y.detach(), slope


def _gradients(
    depths: Sequence[int], seed: int, weights: list[Tensor], slopes: list[Tensor], scale: Tensor
) -> Iterator[tuple[int, Tensor]]:
    """Yield each depth with log10 of its squared gradient ratio down to layer 1, one number an init.

    Gradients of all depths go back together: one is started at each depth, on the way from the deepest to layer 1.
    """
    started: list[int] = []
    pulled: Pulled | None = None
    for layer in range(len(weights), 0, -1):
        if layer in depths:
            vector = _normal([seed, _VECTORS, layer], tuple(slopes[0].shape[1:])).to(scale.device)
            fresh = Pulled.start(vector.expand(1, *slopes[0].shape))
            pulled = fresh if pulled is None else _beside(pulled, fresh)
            started.append(layer)
        if layer > 1 and pulled is not None:
            normal = weights[layer - 1].to(scale.device, torch.float64)
            pulled = pulled.through(normal, slopes[layer - 2], scale=scale)
    if pulled is not None:
        yield from zip(started, pulled.log10_ratio(), strict=True)


def _beside(some: Pulled, more: Pulled) -> Pulled:
    return Pulled(torch.cat([some.direction, more.direction]), torch.cat([some.log10, more.log10]))


def _collect(rows: list[list[Row]], readings: dict[str, Tensor], **where: int) -> None:
    """Add readings (one number an init) to each init's rows; what overflowed is left out."""
    for metric, values in readings.items():
        for own, value in zip(rows, values.tolist(), strict=True):
            if np.isfinite(value):
                own.append({"metric": metric, "value": value, **where})
