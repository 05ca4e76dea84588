"""Intercepts: what means would be at a place beyond those measured, read off a straight line through their means."""

from collections.abc import Sequence

import numpy as np
import scipy
from jaxtyping import Float

Values = Float[np.ndarray, " network"]


def intercept(groups: Sequence[Values], places: Sequence[float], *, level: float = 0.95) -> tuple[float, float, float]:
    """Return the value at 0 of the line through group means over their places, with its Student interval.

    Means are weighted by their variances; the interval has the degrees of freedom of the smallest group, which is on
    the safe side. Raises ValueError for fewer than two places, and for a group of fewer than two values.
    """
    if len(set(places)) < 2 or len(groups) != len(places):
        raise ValueError(f"an intercept needs groups at two places or more, not {len(groups)} at {len(set(places))}")
    if min(len(group) for group in groups) < 2:
        raise ValueError("an intercept needs two values or more in every group")
    means = np.array([group.mean() for group in groups])
    errors = np.array([group.std(ddof=1) / np.sqrt(len(group)) for group in groups])
    errors = np.maximum(errors, 1e-12 * np.abs(means).max() + np.finfo(float).tiny)
    design = np.stack([np.ones(len(places)), np.asarray(places, dtype=float)], axis=1) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    middle = float((covariance @ design.T @ (means / errors))[0])
    reach = float(
        scipy.stats.t.ppf((1 + level) / 2, min(len(group) for group in groups) - 1) * np.sqrt(covariance[0, 0])
    )
    return middle, middle - reach, middle + reach
