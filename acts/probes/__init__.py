"""Probes: what can be read off a network about why it learns as it does; pure functions of weights and data.

Linear pieces along segments, the part of an input that a layer still tells, signs of gradients, directions of steps,
and networks caught at an equal training loss. Each has an exact known answer somewhere, which its tests hold it to.
"""

from acts.probes.directions import Layer, cosine, kfac, one_sign_share
from acts.probes.reconstruction import explained, recovered, regressed
from acts.probes.regions import Dense, pieces
from acts.probes.stopping import Stopping

__all__ = [
    "Dense", "Layer", "Stopping", "cosine", "explained", "kfac", "one_sign_share", "pieces", "recovered", "regressed",
]  # fmt: skip
