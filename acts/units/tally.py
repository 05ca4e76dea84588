"""Tally: what happened to the units of one network, counted from who was zero and who was stuck, epoch by epoch."""

import numpy as np
from jaxtyping import Bool

LONG = 3  # epochs on end


def tally(zero: Bool[np.ndarray, "reading unit"], stuck: Bool[np.ndarray, "epoch unit"]) -> dict[str, float]:
    """Return counts, shares and hazards by metric.

    ``zero`` is read at the start and after every epoch, ``stuck`` is about an epoch. Shares are of units; a hazard is
    that of a zero unit to give something else, or of a stuck one to learn, within the epoch that follows. What would be
    a share of nothing is left out.
    """
    ever, epochs = zero[:-1].any(axis=0), _runs(stuck)
    counts = {
        "units": zero.shape[1],
        "ever_zero_units": ever.sum(),
        "revived_units": (ever & ~zero[-1]).sum(),
        "zero_epochs": zero[:-1].sum(),
        "revivals": (zero[:-1] & ~zero[1:]).sum(),
        "stuck_epochs": stuck[:-1].sum(),
        "escapes": (stuck[:-1] & ~stuck[1:]).sum(),
        "stuck_longest": epochs.max(),
        "stuck_long_units": (epochs >= LONG).sum(),
        "zero_share": zero[-1].mean(),
        "stuck_share": stuck[-1].mean(),
    }
    found = {name: float(value) for name, value in counts.items()}
    shares = {
        "revived_share": ("revived_units", "ever_zero_units"),
        "revival_hazard": ("revivals", "zero_epochs"),
        "escape_hazard": ("escapes", "stuck_epochs"),
    }
    known = {name: found[part] / found[whole] for name, (part, whole) in shares.items() if found[whole]}
    return found | known


def _runs(stuck: Bool[np.ndarray, "epoch unit"]) -> np.ndarray:
    """Return, for every unit, the most epochs on end in which it was stuck."""
    longest = current = np.zeros(stuck.shape[1], dtype=int)
    for epoch in stuck:
        current = (current + 1) * epoch
        longest = np.maximum(longest, current)
    return longest
