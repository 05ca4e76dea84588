"""Orders: what one process is to measure, and how it becomes rows."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from acts.stopwatch import kernels, steps
from acts.stopwatch.functions import module
from acts.stopwatch.laps import medians
from acts.stopwatch.saved import saved_bytes

CONTROL = "identity"  # the network without activations
Row = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """What one process measures; ``seconds`` is for each combination of size or network and dtype."""

    activations: Sequence[str]
    reference: str
    seed: int
    device: str
    seconds: float
    sizes: Sequence[int] = ()
    dtypes: Sequence[str] = ()
    steps: Mapping[str, Sequence[int]] = field(default_factory=dict)
    compiled: Sequence[str] = ()
    compiled_sizes: Sequence[int] = ()


def carry_out(order: Order) -> Iterator[Row]:
    """Yield what was measured as rows of activation, network, arm, dtype, metric and value."""
    for dtype in order.dtypes:
        for size in order.sizes:
            yield from _eager(order, size, dtype)
    for network, batches in order.steps.items():
        for batch in batches:
            yield from _steps(order, network, batch)
    if order.compiled:
        yield from _compiled(order)


def _eager(order: Order, size: int, dtype: str) -> Iterator[Row]:
    """Yield times and saved bytes of every function over a tensor, and the time of a copy of it."""
    x = kernels.normal(size, dtype=dtype, device=order.device)
    own = {name: module(name).to(order.device, x.dtype) for name in order.activations}
    shared = {"dtype": dtype, "arm": f"mode=eager;size={size}"}
    laps = {name: kernels.lap(one, list(one.parameters()), x) for name, one in own.items()}
    found = medians({**laps, "": kernels.copy(x)}, seed=order.seed, seconds=order.seconds, fewest=kernels.ROUNDS)
    copied = float(found.pop("")[0] / found[order.reference][0])
    yield from _ratios(found, order.reference, kernels.STRETCHES, **shared)
    if CONTROL in own:
        arm = f"mode=copy;size={size}"
        yield {**shared, "activation": CONTROL, "arm": arm, "metric": "forward_time_ratio", "value": copied}
    for name, one in own.items():
        yield {**shared, "activation": name, "metric": "saved_bytes", "value": _kept(one, x) / size}


def _kept(function: nn.Module, x: Tensor) -> int:
    """Return the bytes that one function keeps of one tensor for the backward pass."""
    given = x.detach().clone().requires_grad_(True)
    return saved_bytes(partial(function, given), without=list(function.parameters()))


def _steps(order: Order, network: str, batch: int) -> Iterator[Row]:
    """Yield times of a training step, how much of it is not there without activations, and saved bytes."""
    x, y = steps.examples(batch, device=order.device)
    nets = {name: steps.perceptron(network, name, seed=order.seed).to(order.device) for name in order.activations}
    found = medians({name: steps.lap(net, x, y) for name, net in nets.items()}, seed=order.seed, seconds=order.seconds)
    shared = {"network": network, "dtype": "float32", "arm": f"mode=eager;batch={batch}"}
    yield from _ratios(found, order.reference, ("step",), **shared)
    for name, times in found.items():
        if CONTROL in found and name != CONTROL:
            share = 1 - float(found[CONTROL][0] / times[0])
            yield {**shared, "activation": name, "metric": "share_time_ratio", "value": share}
    depth, width = steps.sizes(network)
    for name, net in nets.items():
        kept = saved_bytes(partial(net, x), without=[x, *net.parameters()])
        yield {**shared, "activation": name, "metric": "saved_bytes", "value": kept / (depth * width * batch)}


def _ratios(found: Mapping[str, np.ndarray], reference: str, stretches: Sequence[str], **shared: Any) -> Iterator[Row]:
    """Yield each function's times as ratios to the reference's, and the reference's own in nanoseconds."""
    for place, stretch in enumerate(stretches):
        base = float(found[reference][place])
        yield {**shared, "activation": reference, "metric": f"{stretch}_ns", "value": base}
        for name, times in found.items():
            yield {
                **shared, "activation": name, "metric": f"{stretch}_time_ratio", "value": float(times[place]) / base,
            }  # fmt: skip


# --- compiled ---------------------------------------------------------------------------------------------------------


def compiler(device: str) -> bool:
    """Say whether torch.compile finds what it needs: a C++ compiler, and on a CUDA device Triton."""
    wanted = os.environ.get("CXX")
    names = (wanted,) if wanted else ("g++", "clang++", "c++")
    there = any(shutil.which(name.split()[0]) for name in names if name)
    if torch.device(device).type != "cuda":
        return there
    from torch.utils._triton import has_triton

    return there and bool(has_triton())


def _compiled(order: Order) -> Iterator[Row]:
    """Yield whether there is a compiler, and with one the times of compiled functions."""
    there = compiler(order.device)
    yield {
        "activation": order.reference, "dtype": "float32", "arm": "mode=compiled", "metric": "compiler",
        "value": float(there),
    }  # fmt: skip
    if not there:
        return
    torch._dynamo.config.recompile_limit = 1000
    own = {name: module(name).to(order.device) for name in order.compiled}
    for size in order.compiled_sizes:
        x = kernels.normal(size, dtype="float32", device=order.device)
        ready = {name: torch.compile(one, dynamic=False) for name, one in own.items()}
        laps = {name: kernels.lap(one, list(own[name].parameters()), x) for name, one in ready.items()}
        found = medians(laps, seed=order.seed, seconds=order.seconds, fewest=kernels.ROUNDS)
        yield from _ratios(found, order.reference, kernels.STRETCHES, dtype="float32", arm=f"mode=compiled;size={size}")
