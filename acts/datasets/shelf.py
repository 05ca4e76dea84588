"""The shelf: the folder that ACTS_DATA names, and what is wrong with a published file on it, in one line."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from acts.datasets.sources import File


def root() -> Path | None:
    """Return the folder that ACTS_DATA names, None where it names none."""
    given = os.environ.get("ACTS_DATA")
    return Path(given) if given else None


def fault(name: str, folder: str, file: File) -> str | None:
    """Return None for a published file that lies whole in its folder, else what is wrong with it and what to do.

    The line names no path above ACTS_DATA, so that it may stand in a report.
    """
    shelf, place = root(), f"$ACTS_DATA/{folder}"
    wanted, fetch = f"(sha256 {file.sha256})", f"`python -m acts fetch {name}` does it"
    if shelf is None:
        where = f"under <folder>/{folder} and set ACTS_DATA=<folder>"
        return f"{name} is not here: put {file.name} {where} {wanted}; {fetch}, once ACTS_DATA is set"
    path = shelf / folder / file.name
    try:
        if not shelf.is_dir():
            what = "a file, not a folder" if shelf.exists() else "a folder that does not exist"
            return f"{name} is not here: put {file.name} under {place} {wanted}; ACTS_DATA names {what}"
        if not path.exists():
            more = _astray(shelf, folder, file.name) or fetch
            return f"{name} is not here: put {file.name} under {place} {wanted}; {more}"
        if path.is_dir():
            return f"{name} is not here: {place}/{file.name} is a folder; put the file in its place {wanted}"
        size = path.stat().st_size
        found = digest(path, size, path.stat().st_mtime_ns)
    except OSError as error:
        return f"{name} cannot be read: {place}/{file.name}: {error.strerror or type(error).__name__} {wanted}"
    if found == file.sha256:
        return None
    return (
        f"{name} is not whole: {place}/{file.name} is damaged, cut short or another file: {size:,} bytes with sha256 "
        f"{found}, expected {file.sha256}; put the published one there; {fetch}"
    )


def _astray(shelf: Path, folder: str, name: str) -> str:
    """Return a hint where the file lies deeper or less deep than ACTS_DATA says, as when it names the set's folder."""
    parts = folder.split("/")
    for start in range(1, len(parts) + 1):
        rest = "/".join([*parts[start:], name])
        if (shelf / rest).is_file():
            return f"it lies at $ACTS_DATA/{rest}, but ACTS_DATA must name the folder that holds {folder}"
    return ""


@lru_cache(maxsize=64)
def digest(path: Path, size: int, changed: int) -> str:
    """Return the sha256 of a file, read once for as long as its size and time of change stay."""
    del size, changed  # they are in the cache's key
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
