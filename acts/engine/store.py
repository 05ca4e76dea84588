"""Store: all finished jobs, one immutable file each; interrupted means absent, damaged means set aside.

The files under ``jobs`` are the truth. What stands in ``index`` is derived from them and spares reading them again;
``damaged`` holds files that are not what was written, ``conflicts`` second results of jobs that had one already.
"""

import errno
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pandas as pd
import pyarrow as pa

from acts import params
from acts.engine import conflicts
from acts.engine.index import Entry, Shelf, Stamp, read_entries, read_shelf, stamp, write_entries
from acts.engine.jobfile import Damaged, encode, publish, read, read_header
from acts.engine.processes import alive, host, left_by_the_dead, token
from acts.staging import writable

__all__ = ["FULL", "Damaged", "DiskFull", "Place", "Store", "alive", "default", "host", "read_header"]

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WORTH_NOTING = 500  # files that were read; fewer are read again in less time than the index takes to write
_BATCH = 1000  # tables that are joined at a time


class DiskFull(OSError):
    """There is no room for a file; nothing that was there is damaged."""


class Place(NamedTuple):
    """Where a run's records are: in which job, and as which run of it."""

    job: str
    run: int


@dataclass
class Store:
    """All finished jobs under one folder, indexed by the keys of their runs."""

    folder: Path
    places: dict[str, Place] = field(default_factory=dict)
    set_aside: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    _entries: dict[str, Entry] = field(default_factory=dict)
    _shelf: Shelf | None = None

    # --- opening

    def open(self) -> "Store":
        """Return the store with its index read, temporaries of dead writers swept and damaged files set aside.

        Raises NotWritable where the folder, or one that belongs in it, is a file or may not be written.
        """
        for name in ("", "jobs", "tmp", "attempts"):
            writable(self.folder / name)
        self._sweep()
        known, read_now = self._noted(), 0
        for name, when in self._files():
            entry = known.get(name)
            if entry is not None and entry.stamp == when:
                self._enter(entry)
            else:
                self._look(name, when)
                read_now += 1
        if read_now >= _WORTH_NOTING:
            write_entries(self._index("entries"), self._entries.values())
        return self

    def names(self) -> list[str]:
        """Return the names of all jobs that are here."""
        return list(self._entries)

    def keys_of(self, name: str) -> tuple[str, ...]:
        """Return the keys of a job's runs."""
        return self._entries[name].keys

    def learn(self, path: Path) -> None:
        """Enter a file into the index, or set it aside where its header or size is damaged."""
        self._look(path.stem, stamp(path.stat()))

    def _look(self, name: str, when: Stamp) -> None:
        """Enter a file by what its header says."""
        try:
            header = read_header(self._at(name))
        except Damaged as fault:
            self.put_aside(self.path(name), str(fault))
            return
        except FileNotFoundError:  # another process has just set it aside
            return
        self._enter(Entry(name, when, header["seconds"], header["finished"], tuple(header["keys"])))

    def _enter(self, entry: Entry) -> None:
        """Enter a file's runs; of two files with the same run the one that was finished first counts."""
        self._entries[entry.name] = entry
        for position, key in enumerate(entry.keys):
            before = self.places.get(key)
            if before is None or self._later(self._entries[before.job], entry):
                self.places[key] = Place(entry.name, position)

    @staticmethod
    def _later(one: Entry, other: Entry) -> bool:
        """Say whether one entry is of later work than another."""
        return (one.finished, one.name) > (other.finished, other.name)

    def _noted(self) -> dict[str, Entry]:
        """Return the entries that the index holds; a damaged index is none."""
        try:
            return read_entries(self._index("entries"))
        except Damaged as fault:
            self._drop("entries", fault)
            return {}

    def _index(self, name: str) -> Path:
        """Return the place of one derived file."""
        return self.folder / "index" / name

    def _drop(self, name: str, fault: Damaged) -> None:
        """Remove a damaged derived file, which is made again when it is next worth it."""
        self.dropped.append((name, str(fault)))
        shutil.rmtree(self._index(name), ignore_errors=True)
        self._index(name).unlink(missing_ok=True)

    def check_index(self) -> None:
        """Read the derived files and drop those that are damaged."""
        self._noted()
        self._remembered()

    def _files(self) -> Iterator[tuple[str, Stamp]]:
        """Yield every job that has a file, sorted, with the file's stamp; a file in a folder's place is set aside."""
        for shard in sorted((self.folder / "jobs").iterdir()):
            if not shard.is_dir():
                self.put_aside(shard, "a file where a folder should be")
                continue
            with os.scandir(shard) as found:
                jobs = [item for item in found if item.name.endswith(".acts") and item.name.startswith(shard.name)]
            yield from sorted((item.name[:-5], when) for item in jobs if (when := _stamp_of(item)))

    def _sweep(self) -> None:
        """Remove the temporaries that a dead process of this machine left behind."""
        for path in (self.folder / "tmp").iterdir():
            if left_by_the_dead(path.name):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def put_aside(self, path: Path, fault: str) -> None:
        """Move a damaged file out of the way and remember why; another process may have done so already."""
        aside = writable(self.folder / "damaged")
        with suppress(FileNotFoundError):
            os.replace(path, aside / f"{path.name}.{uuid4().hex[:6]}")
            self.set_aside.append((path.name, fault))
        self._forget(path.stem)

    def _forget(self, name: str) -> None:
        """Take a job out of the index."""
        gone = self._entries.pop(name, None)
        if self._shelf is not None:
            self._shelf.forget(name)
        for key in gone.keys if gone is not None else ():
            if self.places.get(key, Place("", 0)).job == name:
                del self.places[key]

    # --- reading

    def load(self, keys: Sequence[str]) -> pd.DataFrame:
        """Return the records of the runs that are here, in the order of the keys; damaged files are set aside."""
        shelf = self._shelved({self.places[key].job: None for key in keys if key in self.places})
        return shelf.frame(self.places[key] for key in keys if key in self.places)

    def _shelved(self, names: Collection[str]) -> Shelf:
        """Return the shelf after reading what it lacks of some jobs."""
        if self._shelf is None:
            self._shelf = self._remembered() if names else Shelf()
        shelf, before = self._shelf, len(self._shelf.rows)
        missing = [name for name in names if name not in shelf.rows]
        shelf.add(filter(None, (self._tables(missing[at : at + _BATCH]) for at in range(0, len(missing), _BATCH))))
        if len(shelf.rows) - before >= max(_WORTH_NOTING, before // 10):
            shelf.write(self._index("records"))
        return shelf

    def _tables(self, names: Sequence[str]) -> list[tuple[Entry, pa.Table]]:
        """Return the records of some jobs, without those whose file is damaged or gone."""
        found = []
        for name in names:
            try:
                found.append((self._entries[name], read(self._at(name))[1]))
            except Damaged as fault:
                self.put_aside(self.path(name), str(fault))
            except FileNotFoundError:
                self._forget(name)
        return found

    def _remembered(self) -> Shelf:
        """Return the records that the index holds; a damaged index is none."""
        try:
            return read_shelf(self._index("records"), {name: entry.stamp for name, entry in self._entries.items()})
        except Damaged as fault:
            self._drop("records", fault)
            return Shelf()

    def seconds(self, keys: Collection[str]) -> float:
        """Return the compute time of some runs, each with its share of its job."""
        entries = [self._entries[self.places[key].job] for key in keys if key in self.places]
        return sum(entry.seconds / len(entry.keys) for entry in entries)

    def finished(self, keys: Collection[str]) -> str:
        """Return when the newest of some runs was finished, as ISO time in UTC; empty for none."""
        names = {self.places[key].job for key in keys if key in self.places}
        return max((self._entries[name].finished for name in names), default="")

    # --- writing

    def path(self, name: str) -> Path:
        """Return where a job's file belongs."""
        return Path(self._at(name))

    def _at(self, name: str) -> str:
        """Return the same as plain text, which a hundred thousand times over is a second less."""
        return f"{self.folder}/jobs/{name[:2]}/{name}.acts"

    def put(self, name: str, header: Mapping[str, Any], tables: Sequence[pd.DataFrame]) -> Path:
        """Write a finished job, one records table a run; a file that is there already stays.

        A second result that differs from the first is kept apart as a conflict. Raises DiskFull where there is no room.
        """
        path, content = self.path(name), encode(header, tables)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            (self.folder / "tmp").mkdir(exist_ok=True)
            if not publish(content, path, temporary=self.folder / "tmp" / token()):
                self._second(path, content)
        except OSError as error:
            if error.errno in FULL:
                raise DiskFull(f"disk full writing {path}; nothing damaged") from None
            raise
        return path

    def _second(self, path: Path, content: bytes) -> None:
        """Do what a second result asks for: nothing when it is the same, its own place when it differs."""
        try:
            same = conflicts.same(path, content)
        except Damaged as fault:
            self.put_aside(path, str(fault))
            same = publish(content, path, temporary=self.folder / "tmp" / token())
        if not same:
            apart = writable(self.folder / "conflicts") / f"{path.stem}.{uuid4().hex[:6]}.acts"
            publish(content, apart, temporary=self.folder / "tmp" / token())


def _stamp_of(item: os.DirEntry) -> Stamp | None:
    """Return a file's stamp, None where another process has just set it aside."""
    with suppress(FileNotFoundError):
        return stamp(item.stat())
    return None


def default() -> Path:
    """Return the folder of the store: ``ACTS_STORE``, else .store in the review's folder."""
    named = os.environ.get("ACTS_STORE")
    return Path(named).resolve() if named else params.root() / ".store"
