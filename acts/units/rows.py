"""Rows: what a census found of one network, as rows of a records table without who and where."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from acts.units.readings import ASLEEP, SHARES
from acts.units.tally import tally

FLAT = 1e-3  # τ of the flat units that are counted beside the dead ones

Row = dict[str, Any]
Readings = Bool[np.ndarray, "reading unit"]
Epochs = Bool[np.ndarray, "epoch unit"]


def overall(zero: Readings, stuck: Epochs, layers: Int[np.ndarray, " unit"]) -> Iterator[Row]:
    """Yield what happened to all units together, then layer by layer."""
    yield from ({"metric": metric, "value": value} for metric, value in tally(zero, stuck).items())
    for layer in np.unique(layers).tolist():
        own = layers == layer
        counted = tally(zero[:, own], stuck[:, own])
        yield from ({"layer": layer, "metric": metric, "value": value} for metric, value in counted.items())


def by_epoch(zero: Readings, stuck: Epochs, epoch: int) -> Iterator[Row]:
    """Yield the shares of zero units, from the start on, and of stuck ones, by the step that ends each epoch."""
    for metric, flags, first in (("zero_share", zero, 0), ("stuck_share", stuck, 1)):
        for place, share in enumerate(flags.mean(axis=1), first):
            yield {"step": place * epoch, "metric": metric, "value": float(share)}


def flat(steep: Float[np.ndarray, "share unit"], layers: Int[np.ndarray, " unit"]) -> Iterator[Row]:
    """Yield the share of units that are flat at the one τ that is judged by, of all and by layer."""
    never = steep[SHARES.index(FLAT)] == 0
    yield {"metric": "flat_share", "value": float(never.mean())}
    for layer in np.unique(layers).tolist():
        yield {"layer": layer, "metric": "flat_share", "value": float(never[layers == layer].mean())}


def by_share(steep: Float[np.ndarray, "share unit"]) -> Iterator[tuple[float, Row]]:
    """Yield every τ with the share of flat units there, and with that of dormant ones."""
    for share, own in zip(SHARES, steep, strict=True):
        yield share, {"metric": "flat_share", "value": float((own == 0).mean())}
        yield share, {"metric": "dormant_share", "value": float((own < ASLEEP).mean())}


def sparsity(readings: Float[np.ndarray, "layer reading"]) -> Iterator[Row]:
    """Yield zeros and effective rank by layer, and their mean over layers; nothing where they are not numbers."""
    metrics: Sequence[str] = ("zero_fraction", "effective_rank")
    for column, metric in enumerate(metrics):
        values = readings[:, column]
        if np.isfinite(values).all():
            yield {"metric": metric, "value": float(values.mean())}
            yield from (
                {"layer": layer, "metric": metric, "value": float(value)} for layer, value in enumerate(values, 1)
            )
