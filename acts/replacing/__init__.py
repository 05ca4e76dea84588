"""Swapping the activations of a model that is there already, of whatever library it comes from."""

from acts.replacing.advice import Advice, Layer
from acts.replacing.report import Replacement, Swap
from acts.replacing.swapping import replace

__all__ = ["Advice", "Layer", "Replacement", "Swap", "replace"]
