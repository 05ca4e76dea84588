"""acts: the executable review of activation functions.

``import acts`` costs nothing: the public names are loaded when first used, so that the judging half never meets torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_ACTIVATIONS = ("Activation", "get", "names", "register")
_ROOMS = (
    "activations", "claims", "datasets", "diagnostics", "engine", "experiments", "figures", "networks", "params",
    "properties", "records", "replacing", "reports", "stats", "theory", "training", "tuning",
)  # fmt: skip

if TYPE_CHECKING:
    from acts.activations import Activation, get, names, register
    from acts.replacing import replace

__all__ = ["Activation", "get", "names", "register", "replace"]


def __getattr__(name: str) -> Any:
    """Load a public name or a room when it is first used (PEP 562)."""
    if name in _ACTIVATIONS:
        return getattr(import_module("acts.activations"), name)
    if name == "replace":
        return import_module("acts.replacing").replace
    if name in _ROOMS:
        return import_module(f"acts.{name}")
    raise AttributeError(f"module 'acts' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_ACTIVATIONS, *_ROOMS, "replace", "__version__"])
