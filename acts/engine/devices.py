"""Devices: which one a configuration gets on this machine."""


class NoDevice(ValueError):
    """The device that was asked for is not here."""


def resolve(asked: str) -> str:
    """Return ``cpu`` or ``cuda`` for what a configuration asks; raises NoDevice when cuda was asked and is not here."""
    if asked == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if asked == "auto":
        return "cpu"
    built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
    raise NoDevice(
        f"device cuda was asked for, but there is no CUDA device here (torch {torch.__version__}, {built});"
        " use CONFIG=cpu, or write device: auto"
    )
