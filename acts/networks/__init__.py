"""Networks: architectures as init and apply, stacked K at a time; the activation is handed in without a name."""

from acts.networks.names import EXAMPLES, NAMES, NORMS, known
from acts.networks.network import Network, network
from acts.networks.nonlinearity import Function, Nonlinearity
from acts.networks.parts import Part, Scales, draw
from acts.networks.stack import Stack, stack

__all__ = [
    "EXAMPLES", "NAMES", "NORMS", "Function", "Network", "Nonlinearity", "Part", "Scales", "Stack", "draw", "known",
    "network", "stack",
]  # fmt: skip
