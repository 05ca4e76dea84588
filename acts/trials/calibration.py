"""Calibration: probabilities for a score that says none, from a logistic function fitted on rows kept for it.

Fitted to targets that hold back a little from 0 and 1, so that it exists for separable classes too (Platt 1999,
"Probabilistic outputs for support vector machines"), by Newton's steps that are halved until the loss falls (Lin, Lin &
Weng 2007).
"""

import numpy as np
from scipy.special import expit

STEPS, HALVINGS = 50, 30
CLOSE = 1e-10  # a gain in nats a row, below which a fit is done


def brier(scores: np.ndarray, classes: np.ndarray, slope: float, offset: float) -> float:
    """Return the mean squared error of the probability σ(slope · score + offset) of class 1."""
    return float(np.mean((expit(slope * scores + offset) - classes) ** 2))


def fit(scores: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    """Return slope and offset of the logistic function that says best which of two classes (0, 1) a score means."""
    ones = float(classes.sum())
    soft = np.where(classes == 1, (ones + 1) / (ones + 2), 1 / (len(classes) - ones + 2))
    spread = float(scores.std()) or 1.0
    design = np.stack([(scores - scores.mean()) / spread, np.ones(len(scores))], axis=1)
    weights = np.array([0.0, np.log((ones + 1) / (len(classes) - ones + 1))])
    loss = _loss(design @ weights, soft)
    for _ in range(STEPS):
        before = loss
        weights, loss = _stepped(design, soft, weights, loss)
        if before - loss < CLOSE:
            break
    slope = float(weights[0]) / spread
    return slope, float(weights[1]) - slope * float(scores.mean())


def _loss(logits: np.ndarray, soft: np.ndarray) -> float:
    """Return the mean cross-entropy in nats."""
    return float(np.mean(np.logaddexp(0, logits) - soft * logits))


def _stepped(design: np.ndarray, soft: np.ndarray, weights: np.ndarray, loss: float) -> tuple[np.ndarray, float]:
    """Return weights after one of Newton's steps, halved until the loss falls, and the loss there."""
    likely = expit(design @ weights)
    gradient = design.T @ (likely - soft)
    curvature = (design * (likely * (1 - likely))[:, None]).T @ design + 1e-9 * np.eye(2)
    step = np.linalg.solve(curvature, gradient)
    for halving in range(HALVINGS):
        tried = weights - step * 0.5**halving
        if (found := _loss(design @ tried, soft)) < loss:
            return tried, found
    return weights, loss
