"""Trials: runs given by plain specs, those of one kind trained together on their data set.

A run says ``dataset``, ``network``, ``seed`` (weights, order and noise), ``split`` (the seed of its split), ``scales``
(σ_w and σ_b of first, hidden and last layers, and whether draws are uniform), ``lr``, ``optimizer``, ``steps``,
``batch``, ``evaluations``, ``phase``, ``device`` and ``dtype``. ``norm``, ``schedule``, ``dropout``, ``decay`` and
``channelwise`` (learned parameters are one a unit, not a layer), ``head`` (output function and loss, ``tanh+hinge``),
``flipped`` (share of training rows with a wrong class), ``layers`` (activations that layers take in turn,
``tanh|relu``), ``absorb`` and ``killed`` (as in ``starts``) have defaults. Runs of one kind differ in seed, split,
scales and lr alone.
"""

from acts.trials import calibration
from acts.trials.cost import seconds
from acts.trials.specs import DEFAULTS, KIND, error, groups, loss, network, nonlinearity, task
from acts.trials.trial import Trial, feed, started, train

__all__ = [
    "DEFAULTS", "KIND", "Trial", "calibration", "error", "feed", "groups", "loss", "network", "nonlinearity",
    "seconds", "started", "task", "train",
]  # fmt: skip
