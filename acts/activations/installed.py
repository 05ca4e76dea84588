"""What installed packages bring along: entry points of the group ``acts.activations``, loaded when this is imported.

The name of an entry point is the activation's, the object the function that ``acts.register`` decorates. A package that
cannot be loaded is left out with a warning, and harms nobody else.
"""

import warnings
from importlib.metadata import EntryPoint, entry_points

GROUP = "acts.activations"
LEFT_OUT: list[str] = []  # names whose package could not be loaded; ``params`` looks here before it lists them


def _load(point: EntryPoint) -> None:
    try:
        point.load()
    except Exception as error:
        LEFT_OUT.append(point.name)
        told = " ".join(str(error).split())[:200]
        line = f"activation {point.name} of {point.value} is left out: {type(error).__name__}: {told}"
        warnings.warn(line, stacklevel=2)


for _point in entry_points(group=GROUP):
    _load(_point)
