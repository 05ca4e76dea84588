"""What installed packages bring along: entry points of the group ``acts.activations``, loaded when this is imported.

The name of an entry point is the activation's, the object the function that ``acts.register`` decorates. A package that
cannot be loaded, or whose activation cannot be told from another, is left out with a warning and harms nobody else.
"""

import warnings
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from acts.activations import registry

GROUP = "acts.activations"
LEFT_OUT: list[str] = []  # names that no package could bring; ``params`` looks here before it lists them


def _load(points: Iterable[EntryPoint]) -> None:
    """Load entry points by name, so that of two that cannot be told apart every machine keeps the same one."""
    ours, brought = set(registry.names()), set()
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        try:
            with registry.whole():
                point.load()
                if point.name in ours or point.name not in registry.names():
                    raise ValueError(f"it registers no activation called {point.name!r}")
            brought.add(point.name)
        except (Exception, SystemExit) as error:
            told = " ".join(str(error).split())[:200]
            line = f"activation {point.name} of {point.value} is left out: {type(error).__name__}: {told}"
            warnings.warn(line, stacklevel=2)
            LEFT_OUT.extend({point.name} - brought)


_load(entry_points(group=GROUP))
