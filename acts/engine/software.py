"""Software: what this process computes with; a cluster's workers must have the same, or they are refused."""

import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import acts
from acts.engine import keys

_JUDGING = {"stats", "claims", "figures", "reports"}


def versions() -> dict[str, str]:
    """Return the versions of Python, acts and torch that this process computes with."""
    return {"python": platform.python_version(), "acts": acts.__version__, "torch": keys.torch_version()}


@cache
def here() -> dict[str, str]:
    """Return the versions, and the sha256 of our own source when this process first asked.

    Comments and docstrings do not count, nor does the half that judges.
    """
    return {**versions(), "source": _source()[:12]}


def stale() -> bool:
    """Say whether our source on disk is no longer what this process computes with."""
    return here()["source"] != _source()[:12]


def _source() -> str:
    """Return the sha256 of the normalised source of all that computes, as it stands now."""
    folder = Path(acts.__file__).parent
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*.py"))]
    parts = [[path.as_posix(), keys.normalised((folder / path).read_text("utf-8"))] for path in paths if _makes(path)]
    return keys.sha256(keys.canonical(parts))


def _makes(path: Path) -> bool:
    """Say whether a file belongs to what computes."""
    return path.parts[0].removesuffix(".py") not in _JUDGING


def table(rows: Mapping[str, Mapping[str, str]]) -> str:
    """Return a text table of names and what each has, with "*" at what differs from the first row."""
    (first, reference), *_ = rows.items()
    columns = list(reference)
    cells = [["", *columns]]
    for name, found in rows.items():
        shown = [found.get(column, "?") for column in columns]
        starred = [
            value + ("" if name == first or value == reference[column] else " *")
            for column, value in zip(columns, shown, strict=True)
        ]
        cells.append([name, *starred])
    widths = [max(len(row[number]) for row in cells) for number in range(len(columns) + 1)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )
