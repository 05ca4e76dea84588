"""Starts: what some runs change in their networks' draw before the first step. Multilayer perceptrons alone."""

from collections.abc import Mapping

import torch
from torch import Tensor

from acts.networks import Network, Stack

DEAD = -1.0  # bias of a unit without incoming weights


def begin(stack: Stack, *, absorb: float = 0.0, killed: float = 0.0) -> None:
    """Change the networks of a stack in place.

    ``absorb`` is a number that the activation has in addition to another one: the biases of the layer after each
    activation take it up, so that a network of f + c computes at the start what that of f does. ``killed`` is the share
    of every hidden layer's units, rounded, that has no incoming weights and a negative bias: rectifiers are 0 there for
    every input and stay so. Raises ValueError where ``check`` does.
    """
    check(stack.network, absorb=absorb, killed=killed)
    parts = stack.parts()
    with torch.no_grad():
        if killed:
            _kill(stack.network, parts, killed)
        if absorb:
            _absorb(stack.network, parts, absorb)


def check(network: Network, *, absorb: float = 0.0, killed: float = 0.0) -> None:
    """Raise ValueError if any is asked for of another network than a multilayer perceptron without norm."""
    if (absorb or killed) and (not network.name.startswith("mlp_") or network.norm != "none"):
        norm = "" if network.norm == "none" else f" with norm {network.norm}"
        raise ValueError(f"{network.name}{norm} cannot start with absorbed shifts or killed units; only plain mlp can")


def _kill(network: Network, parts: Mapping[str, Tensor], share: float) -> None:
    """Take the incoming weights from the first units of every hidden layer; draws are alike, so any would do."""
    for spot in network.spots:
        dead = round(share * spot.units)
        parts[f"{spot.name}.weights"][..., :dead] = 0.0
        parts[f"{spot.name}.bias"][..., :dead] = DEAD


def _absorb(network: Network, parts: Mapping[str, Tensor], shift: float) -> None:
    """Take what a shift of every unit adds to the next layer's pre-activations from that layer's biases."""
    for name in (*(spot.name for spot in network.spots[1:]), "out"):
        added = shift * parts[f"{name}.weights"].double().sum(-2, keepdim=True)
        parts[f"{name}.bias"].sub_(added)
