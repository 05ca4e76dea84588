"""Devices: which one a configuration gets on this machine."""

from collections.abc import Callable


class NoDevice(ValueError):
    """The device that was asked for is not here."""


def resolve(asked: str, *, cluster: Callable[[], bool] | None = None) -> str:
    """Return ``cpu`` or ``cuda`` for what a configuration asks; raises NoDevice for cuda that is not to be had.

    ``cluster`` says whether every worker has a CUDA device, where workers of a cluster compute.
    """
    if asked == "cpu":
        return "cpu"
    if cluster() if cluster is not None else _here():
        return "cuda"
    if asked == "auto":
        return "cpu"
    raise NoDevice(f"device cuda was asked for, but {_absent(cluster)}; use CONFIG=cpu, or write device: auto")


def _here() -> bool:
    """Say whether this machine has a CUDA device."""
    import torch

    return torch.cuda.is_available()


def _absent(cluster: Callable[[], bool] | None) -> str:
    """Return what is missing where."""
    if cluster is not None:
        return "not every worker of the cluster has a CUDA device"
    import torch

    built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
    return f"there is no CUDA device here (torch {torch.__version__}, {built})"
