"""Figures: records in, a figure or a table out; one visual language, and no torch.

One module a comparison, under its word, one for the ledger (``verdicts``), one for advice (``selection``), one for
findings in words (``tellings``). Every function takes the records and, for labels and colours, the catalogue that
``figures.catalogue(config)`` reads.
"""

from importlib import import_module
from typing import Any

from acts.figures.naming import catalogue
from acts.figures.style import render, use_style
from acts.figures.table import Table, Text, escape

__all__ = [
    "Table", "Text", "catalogue", "convergence", "cost", "dead_units", "escape", "evidence", "explorer", "formulas",
    "generalization", "gradient_flow", "mechanisms", "precision", "render", "replications", "robustness", "selection",
    "tellings", "use_style", "verdicts", "yours",
]  # fmt: skip

_FAMILIES = (
    "convergence",
    "cost",
    "dead_units",
    "evidence",
    "explorer",
    "formulas",
    "generalization",
    "gradient_flow",
    "mechanisms",
    "precision",
    "replications",
    "robustness",
    "selection",
    "tellings",
    "verdicts",
    "yours",
)


def __getattr__(name: str) -> Any:
    """Load a figure family when it is first used (PEP 562)."""
    if name in _FAMILIES:
        return import_module(f"acts.figures.{name}")
    raise AttributeError(f"module 'acts.figures' has no attribute {name!r}")
