"""Staging: how files come under reports/ whole, by one writer at a time."""

import errno
import fcntl
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import psutil

from acts import params


class NotWritable(OSError):
    """A folder cannot be written to, said before anything is computed."""


class Busy(RuntimeError):
    """Another process works on the same configuration."""


class DiskFull(OSError):
    """There is no room for a report's files; what was published stands."""


def writable(folder: Path) -> Path:
    """Return a folder after making it and writing a probe in it; raises NotWritable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        taken = isinstance(error, FileExistsError | NotADirectoryError)
        why = "a file stands where the folder should be" if taken else error.strerror
        raise NotWritable(f"{folder} cannot be written to: {why}; nothing was computed") from None
    return folder


@contextmanager
def held(config: str) -> Iterator[None]:
    """Hold a configuration's lock; raises Busy, naming the holder, when another process has it."""
    folder = writable(params.root() / "reports" / ".locks")
    with open(folder / config, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = " ".join(file.read().split()) or "another process"
            raise Busy(f"{config} is being worked on by {holder}; wait for it or stop it, then run again") from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()} since {datetime.now():%Y-%m-%d %H:%M:%S}\n")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


@contextmanager
def moved(folder: Path, *, last: str) -> Iterator[Path]:
    """Yield a staging folder whose files move into ``folder`` at the end, the one named ``last`` last.

    On any error nothing moves. Raises DiskFull where there is no room.
    """
    staging = params.root() / "reports" / ".staging" / f"{folder.name}-{os.getpid()}-{uuid4().hex[:6]}"
    try:
        _sweep(staging.parent, folder.name)
        staging.mkdir(parents=True)
        yield staging
        names = sorted(path.name for path in staging.iterdir())
        for name in sorted(names, key=lambda name: name == last):
            os.replace(staging / name, folder / name)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(f"disk full writing {staging}; nothing damaged; the last report is as it was") from None
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        with suppress(OSError):
            staging.parent.rmdir()


def _sweep(place: Path, name: str) -> None:
    """Remove what writers of a folder left in staging when they were killed."""
    for path in list(place.glob(f"{name}-*")):
        found = re.fullmatch(rf"{re.escape(name)}-(\d+)-[0-9a-f]{{6}}", path.name)
        if found and not psutil.pid_exists(int(found.group(1))):
            shutil.rmtree(path, ignore_errors=True)
