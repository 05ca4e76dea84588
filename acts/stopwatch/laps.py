"""Laps: functions timed in turns, so that whatever slows the machine down slows all of them."""

import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch

Lap = Callable[[], Sequence[int]]  # does the work once and returns the nanoseconds of each of its stretches
MOST = 400  # rounds


def clock(device: str) -> Callable[[], int]:
    """Return what tells the time in nanoseconds once all work that a device was given is done."""
    if torch.device(device).type != "cuda":
        return time.perf_counter_ns

    def synchronised() -> int:
        torch.cuda.synchronize(device)
        return time.perf_counter_ns()

    return synchronised


def medians(laps: Mapping[str, Lap], *, seed: int, seconds: float, fewest: int = 3) -> dict[str, np.ndarray]:
    """Return the median nanoseconds of each side's stretches over rounds in which every side has one lap.

    The order changes from round to round. A first round warms up and does not count; then rounds go on for so many
    seconds, though there are never fewer than ``fewest``.
    """
    order, shuffle = list(laps), random.Random(seed)
    taken: dict[str, list[Sequence[int]]] = {name: [] for name in laps}
    with _undisturbed():
        _round(laps, order, {name: [] for name in laps})
        end = time.perf_counter() + seconds
        for number in range(MOST):
            if number >= fewest and time.perf_counter() > end:
                break
            shuffle.shuffle(order)
            _round(laps, order, taken)
    return {name: np.median(np.array(times, dtype=float), axis=0) for name, times in taken.items()}


def _round(laps: Mapping[str, Lap], order: Sequence[str], taken: Mapping[str, list[Sequence[int]]]) -> None:
    """Give every side one lap and write its times down."""
    for name in order:
        taken[name].append(laps[name]())


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Collect no garbage meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
