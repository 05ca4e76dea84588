"""Playground: functions to choose and to slide, small networks that learn before one's eyes, signals through depth.

``curves``, ``learning`` and ``depth`` return ipywidgets for a live notebook. What they show is computed by the same
code as the review, and decides nothing: that takes many runs, tuned rates and a rule that was fixed beforehand.
"""

from importlib import import_module
from typing import Any

__all__ = ["curves", "depth", "learning"]

_HOMES = {"curves": "shapes", "learning": "lessons", "depth": "layers"}


def __getattr__(name: str) -> Any:
    """Load a part of the playground when it is first used (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(f"acts.playground.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'acts.playground' has no attribute {name!r}")
