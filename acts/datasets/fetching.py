"""Fetching: published files are downloaded on request alone, each checked by sha256 before it takes its place."""

import logging
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from acts.datasets import shelf
from acts.datasets.sources import DatasetError, File, source

_PATIENCE = 30  # seconds without a byte until a publisher counts as out of reach


class FetchError(RuntimeError):
    """A file could not be fetched or put in its place; the message is one line."""


def fetch(name: str, *, tell: Callable[[str], None] = print) -> list[Path]:
    """Download what is missing or damaged of a published set into ACTS_DATA and return the paths of all its files.

    ``tell`` is given one line before each download and one when all is there. Raises DatasetError when the set is
    unknown or made here or ACTS_DATA names no folder; FetchError when the publisher cannot be reached, gives other
    bytes than the published ones, or the folder cannot be written: a file that lay there stays as it was.
    """
    known, root = source(name), shelf.root()
    if not known.files:
        raise DatasetError(f"{name} needs no download: it is made here, or comes with scikit-learn")
    if root is None:
        raise DatasetError(f"{name}: set ACTS_DATA to the folder that {known.folder} is to be put in")
    if root.exists() and not root.is_dir():
        raise DatasetError(f"{name}: ACTS_DATA names a file, not a folder")
    wanted = [file for file in known.files if shelf.fault(name, known.folder, file)]
    for file in wanted:
        tell(f"{name}: fetching {file.name} from {urlsplit(file.address).hostname} into $ACTS_DATA/{known.folder}")
        _download(name, root / known.folder, file)
    tell(f"{name} is here: {known.rows:,} rows under $ACTS_DATA/{known.folder}, checked by sha256")
    return [root / known.folder / file.name for file in known.files]


def _download(name: str, folder: Path, file: File) -> None:
    """Download one file under a temporary name, check it and move it to its place."""
    import pooch

    pooch.get_logger().setLevel(logging.ERROR)
    get = pooch.HTTPDownloader(timeout=_PATIENCE)
    try:
        pooch.retrieve(file.address, f"sha256:{file.sha256}", fname=file.name, path=folder, downloader=get)
        (folder / file.name).chmod(0o644)  # a temporary file is its owner's alone; published data is not
    except ValueError as error:
        raise FetchError(
            f"{name}: {file.address} gave other bytes than sha256 {file.sha256}; nothing was kept"
        ) from error
    except OSError as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        reason = f"HTTP {status}" if status else error.strerror or type(error).__name__
        raise FetchError(
            f"{name}: {file.name} could not be fetched from {file.address} ({reason}); what was there is kept; "
            f"try again, or put it there by hand (sha256 {file.sha256})"
        ) from error
