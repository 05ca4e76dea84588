"""Planned: which configurations would run what this one does not."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from acts import params
from acts.params import ParamsError, yaml12


def would(
    experiment: str, activations: Sequence[str] = (), *, or_else: str = "no configuration in params/ does"
) -> str:
    """Return which configurations in params/ name a comparison, with these activations, in words."""
    try:
        asked = _asked(params.root())
    except ParamsError:
        return or_else
    found = [
        f"params/{config}.yaml"
        for config, experiments in asked.items()
        if experiment in experiments
        and (set(activations) <= experiments[experiment] or "all" in experiments[experiment])
    ]
    return f"{' and '.join(found)} would" if found else or_else


@cache
def _asked(root: Path) -> dict[str, dict[str, frozenset[str]]]:
    """Return by configuration and comparison every text that stands there."""
    found = {}
    for path in sorted((root / "params").glob("*.yaml")):
        try:
            experiments = (yaml12.read(path.read_text(encoding="utf-8")).value or {}).get("experiments") or {}
        except ValueError:  # a file that is no configuration promises nothing
            continue
        found[path.stem] = {str(word): frozenset(_texts(part)) for word, part in experiments.items()}
    return found


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        yield from (text for one in part.values() for text in _texts(one))
    elif isinstance(part, Sequence):
        yield from (text for one in part for text in _texts(one))
