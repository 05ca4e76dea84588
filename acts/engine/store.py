"""Store: one immutable, checksummed file per finished job; interrupted means absent, damaged means set aside.

A file is one line of sizes and sha256 sums, a JSON header (keys of the runs, rows, seconds) and an Arrow stream of
records. It is written under a temporary name, synced and linked to its place, so the first writer wins and no reader
ever sees half a file. Nothing is pickled.
"""

import errno
import hashlib
import io
import json
import os
import shutil
import socket
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from acts import params, records

MAGIC = b"acts1"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_TYPES = {"string": pa.string(), "Int64": pa.int64(), "Float64": pa.float64(), "float64": pa.float64()}
SCHEMA = pa.schema([("run", pa.int32()), *((name, _TYPES[kind]) for name, kind in records.COLUMNS.items())])


class DiskFull(OSError):
    """There is no room for a file; nothing that was there is damaged."""


class Damaged(ValueError):
    """A stored file that is not what was written."""


@dataclass(frozen=True)
class Place:
    """Where a run's records are: in which file, and as which run of it."""

    path: Path
    run: int


@dataclass
class Store:
    """All finished jobs under one folder, indexed by the keys of their runs."""

    folder: Path
    places: dict[str, Place] = field(default_factory=dict)
    headers: dict[Path, dict[str, Any]] = field(default_factory=dict)
    set_aside: list[tuple[str, str]] = field(default_factory=list)
    _tables: dict[Path, pa.Table] = field(default_factory=dict)

    # --- opening

    def open(self) -> "Store":
        """Return the store with its index read, temporaries of dead writers swept and damaged files set aside."""
        (self.folder / "jobs").mkdir(parents=True, exist_ok=True)
        self._sweep()
        for path in self._files():
            self.learn(path)
        return self

    def learn(self, path: Path) -> None:
        """Enter a file into the index, or set it aside where its header or size is damaged."""
        try:
            header = read_header(path)
        except Damaged as fault:
            self._put_aside(path, str(fault))
            return
        self.headers[path] = header
        for position, key in enumerate(header["keys"]):
            self.places.setdefault(key, Place(path, position))

    def _files(self) -> Iterator[Path]:
        """Yield every job file, sorted by name."""
        for shard in sorted((self.folder / "jobs").iterdir()):
            if shard.is_dir():
                yield from sorted(shard.glob("*.acts"))

    def _sweep(self) -> None:
        """Remove the temporaries that a dead process of this machine left behind."""
        waiting = self.folder / "tmp"
        for path in waiting.iterdir() if waiting.is_dir() else ():
            machine, _, rest = path.name.partition("~")
            pid = rest.partition("~")[0]
            if machine == host() and pid.isdigit() and not alive(int(pid)):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _put_aside(self, path: Path, fault: str) -> None:
        """Move a damaged file out of the index and remember why."""
        aside = self.folder / "damaged"
        aside.mkdir(exist_ok=True)
        os.replace(path, aside / f"{path.name}.{uuid4().hex[:6]}")
        self.set_aside.append((path.name, fault))
        self.headers.pop(path, None)
        self.places = {key: place for key, place in self.places.items() if place.path != path}

    # --- reading

    def load(self, keys: Sequence[str]) -> pd.DataFrame:
        """Return the records of the runs that are here, in the order of the keys; damaged files are set aside."""
        wanted: dict[Path, list[int]] = {}
        for key in keys:
            if key in self.places:
                wanted.setdefault(self.places[key].path, []).append(self.places[key].run)
        parts = [part for path, runs in wanted.items() if (part := self._part(path, runs)) is not None]
        if not parts:
            return records.frame([])
        return pa.concat_tables(parts).to_pandas().astype(records.COLUMNS)

    def _part(self, path: Path, runs: list[int]) -> pa.Table | None:
        """Return the rows of some runs of one file, None where the file is damaged."""
        if path not in self._tables:
            try:
                self._tables[path] = read_table(path)
            except (Damaged, OSError) as fault:
                self._put_aside(path, str(fault))
                return None
        table = self._tables[path]
        if len(runs) < len(self.headers[path]["keys"]):
            table = table.filter(pc.is_in(table["run"], pa.array(runs, pa.int32())))
        return table.drop_columns(["run"])

    def seconds(self, keys: Collection[str]) -> float:
        """Return the compute time of some runs, each with its share of its job."""
        places = [self.places[key] for key in keys if key in self.places]
        headers = [self.headers[place.path] for place in places]
        return sum(header["seconds"] / len(header["keys"]) for header in headers)

    def finished(self, keys: Collection[str]) -> str:
        """Return when the newest of some runs was finished, as ISO time in UTC; empty for none."""
        paths = {self.places[key].path for key in keys if key in self.places}
        return max((self.headers[path]["finished"] for path in paths), default="")

    # --- writing

    def path(self, name: str) -> Path:
        """Return where a job's file belongs."""
        return self.folder / "jobs" / name[:2] / f"{name}.acts"

    def put(self, name: str, header: Mapping[str, Any], tables: Sequence[pd.DataFrame]) -> Path:
        """Write a finished job, one records table a run; a file that is there already stays.

        Raises DiskFull where there is no room.
        """
        path = self.path(name)
        content = encode(header, tables)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            (self.folder / "tmp").mkdir(exist_ok=True)
            self._link(content, path)
        except OSError as error:
            if error.errno in FULL:
                raise DiskFull(f"disk full writing {path}; nothing damaged") from None
            raise
        return path

    def _link(self, content: bytes, path: Path) -> None:
        """Write content to a temporary, sync it and link it to its place."""
        temporary = self.folder / "tmp" / f"{host()}~{os.getpid()}~{uuid4().hex[:12]}"
        try:
            with open(temporary, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _link_first(temporary, path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def default() -> Path:
    """Return the folder of the store: ``ACTS_STORE``, else .store in the review's folder."""
    named = os.environ.get("ACTS_STORE")
    return Path(named).resolve() if named else params.root() / ".store"


# --- the file ---------------------------------------------------------------------------------------------------------


def encode(header: Mapping[str, Any], tables: Sequence[pd.DataFrame]) -> bytes:
    """Return a job file's bytes: sums, header, Arrow stream with the position of the run in its first column."""
    rows = [len(table) for table in tables]
    whole = records.concat(tables).assign(run=np.repeat(np.arange(len(tables), dtype=np.int32), rows))
    table = pa.Table.from_pandas(whole[SCHEMA.names], schema=SCHEMA, preserve_index=False)
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, SCHEMA, options=options) as stream:
        stream.write_table(table.replace_schema_metadata(None))
    return assemble(header, sink.getvalue())


def assemble(header: Mapping[str, Any], body: bytes) -> bytes:
    """Return a job file's bytes from its header and its Arrow stream."""
    head = json.dumps(dict(header), sort_keys=True, allow_nan=False).encode()
    sums = b" ".join([MAGIC, b"%d" % len(head), _sum(head), b"%d" % len(body), _sum(body)])
    return sums + b"\n" + head + b"\n" + body


def read_header(path: Path) -> dict[str, Any]:
    """Return a job file's header after checking the header's sum and the file's size; raises Damaged."""
    with open(path, "rb") as file:
        head, length = _head(file.readline(400), file)
        if os.fstat(file.fileno()).st_size != file.tell() + length:
            raise Damaged("truncated")
    return json.loads(head)


def read_table(path: Path) -> pa.Table:
    """Return a job file's records after checking every byte; raises Damaged."""
    with open(path, "rb") as file:
        first = file.readline(400)
        _head(first, file)
        body = file.read()
    if _sum(body) != first.split()[4]:
        raise Damaged("a byte has changed")
    return pa.ipc.open_stream(body).read_all()


def _head(first: bytes, file: Any) -> tuple[bytes, int]:
    """Return a file's header and the length of what follows it."""
    parts = first.split()
    if len(parts) != 5 or parts[0] != MAGIC or not (parts[1].isdigit() and parts[3].isdigit()):
        raise Damaged("empty" if not first else "no header")
    head = file.read(int(parts[1]))
    if _sum(head) != parts[2] or file.read(1) != b"\n":
        raise Damaged("a byte of the header has changed" if len(head) == int(parts[1]) else "truncated")
    return head, int(parts[3])


def _sum(content: bytes) -> bytes:
    """Return the hexadecimal sha256 of bytes, as bytes."""
    return hashlib.sha256(content).hexdigest().encode()


def _link_first(temporary: Path, path: Path) -> None:
    """Give a temporary its place unless one stands there; renames where the file system has no links."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        os.replace(temporary, path)


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def host() -> str:
    """Return this machine's name as it may stand in a file's name."""
    return socket.gethostname().replace("/", "-").replace("~", "-") or "localhost"


def alive(pid: int) -> bool:
    """Say whether a process of this machine lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
