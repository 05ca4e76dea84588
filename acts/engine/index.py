"""Index: what the store could find out by reading every job file again, kept so that it need not.

Two files, both derived, checked by their sums and made anew whenever they are missing, damaged or behind: ``entries``
holds what the headers say, ``records`` the records of the files that were read. A job file counts as known while its
size and times are those that were noted; whatever touches it has it read again.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from acts import records
from acts.engine.jobfile import SCHEMA, Damaged, framed, stream, unframed
from acts.engine.processes import token

Stamp = tuple[int, int, int]  # bytes, and when content and inode were changed, in ns


class Entry(NamedTuple):
    """What is known of a job file without reading its records."""

    name: str
    stamp: Stamp
    seconds: float
    finished: str
    keys: tuple[str, ...]


def stamp(found: os.stat_result) -> Stamp:
    """Return what changes when a file is touched."""
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


# --- entries ----------------------------------------------------------------------------------------------------------


def write_entries(path: Path, entries: Iterable[Entry]) -> None:
    """Write entries to a file; a disk that has no room or may not be written leaves the old file."""
    known = list(entries)
    table = pa.table(
        {
            **_stamped({entry.name: entry.stamp for entry in known}),
            "seconds": pa.array([entry.seconds for entry in known], pa.float64()),
            "finished": pa.array([entry.finished for entry in known], pa.string()),
            "keys": _nested([entry.keys for entry in known], pa.string()),
        }
    )
    _write(path, framed(b"entries", stream(table, compression="zstd")))


def read_entries(path: Path) -> dict[str, Entry]:
    """Return the entries of a file by the names of their jobs; raises Damaged."""
    if not path.exists():
        return {}
    table = _opened(unframed(path)[1])
    try:
        columns = [table[name].to_pylist() for name in ("name", "seconds", "finished")]
        keys = [tuple(group) for group in _groups(table["keys"])]
        known = zip(columns[0], _stamps(table), columns[1], columns[2], keys, strict=True)
    except KeyError:
        raise Damaged("of another version") from None
    return {entry[0]: Entry(*entry) for entry in known}


# --- records ----------------------------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """Records in memory: one table for all job files that were read, and where in it each run's rows are.

    Texts are kept as numbers into a list of the different ones, a tenth of what they take written out.
    """

    table: pa.Table = field(default_factory=lambda: _coded(SCHEMA.remove(0).empty_table()))
    rows: dict[str, tuple[int, ...]] = field(default_factory=dict)  # of a job: where each run begins, and the end
    stamps: dict[str, Stamp] = field(default_factory=dict)

    def add(self, batches: Iterable[Sequence[tuple[Entry, pa.Table]]]) -> None:
        """Add the tables of some jobs, batch by batch: a table that is not yet joined to others takes much room."""
        parts, begin = [self.table], len(self.table)
        for batch in batches:
            joined = pa.concat_tables([table for _, table in batch])
            parts.append(_coded(joined.drop_columns(["run"]).combine_chunks()))
            first = np.cumsum([0, *(len(entry.keys) for entry, _ in batch)])
            runs = joined["run"].to_numpy() + np.repeat(first[:-1], [len(table) for _, table in batch])
            edges = (begin + np.cumsum([0, *np.bincount(runs, minlength=first[-1])])).tolist()
            for (entry, _), one, other in zip(batch, first, first[1:], strict=False):
                self.rows[entry.name] = tuple(edges[one : other + 1])
                self.stamps[entry.name] = entry.stamp
            begin = edges[-1]
        parts = [table for table in parts if len(table)]
        if parts:
            self.table = pa.concat_tables(parts).unify_dictionaries().combine_chunks()

    def frame(self, runs: Iterable[tuple[str, int]]) -> pd.DataFrame:
        """Return the records of some runs, each given by its job and its position there, in that order."""
        spans = [self.rows[name][position : position + 2] for name, position in runs]
        if not spans:
            return records.frame([])
        begins, ends = np.array(spans, dtype=np.int64).T
        lengths = ends - begins
        before = np.cumsum(lengths) - lengths
        wanted = np.repeat(begins - before, lengths) + np.arange(lengths.sum())
        return _plain(self.table.take(pa.array(wanted)))

    def forget(self, name: str) -> None:
        """Lose sight of a job; its rows stay until the table is written anew."""
        self.rows.pop(name, None)
        self.stamps.pop(name, None)

    def write(self, path: Path) -> None:
        """Write the shelf to a file; a disk that has no room or may not be written leaves the old file."""
        names = sorted(self.rows, key=lambda name: self.rows[name][0])
        lengths = [tuple(np.diff(self.rows[name])) for name in names]
        kept = np.concatenate([np.arange(*self.rows[name][:: len(self.rows[name]) - 1]) for name in names])
        table = self.table if len(kept) == len(self.table) else self.table.take(pa.array(kept))
        head = pa.table({**_stamped({name: self.stamps[name] for name in names}), "rows": _nested(lengths, pa.int64())})
        _write(path, framed(stream(head, compression="zstd"), stream(table, compression="zstd")))


def read_shelf(path: Path, stamps: Mapping[str, Stamp]) -> Shelf:
    """Return the shelf of a file with those jobs alone whose stamps are as given; raises Damaged."""
    shelf = Shelf()
    if not path.exists():
        return shelf
    head, body = unframed(path)
    about, table = _opened(head), _opened(body)
    if table.column_names != SCHEMA.names[1:] or "rows" not in about.column_names:
        raise Damaged("of another version")
    begin = 0
    for name, when, lengths in zip(about["name"].to_pylist(), _stamps(about), _groups(about["rows"]), strict=True):
        edges = (begin, *(begin + int(end) for end in np.cumsum(lengths)))
        begin = edges[-1]
        if stamps.get(name) == when:
            shelf.rows[name], shelf.stamps[name] = edges, when
    if begin != len(table):
        raise Damaged("rows are missing")
    shelf.table = table.unify_dictionaries().combine_chunks()
    return shelf


def _coded(table: pa.Table) -> pa.Table:
    """Return a table with its texts as numbers into a list of the different ones."""
    columns = [column.dictionary_encode() if pa.types.is_string(column.type) else column for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _plain(table: pa.Table) -> pd.DataFrame:
    """Return rows as a typed records table."""
    typed = pa.table([table[item.name].cast(item.type) for item in SCHEMA.remove(0)], schema=SCHEMA.remove(0))
    kinds = {pa.string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype()}
    return typed.to_pandas(types_mapper=kinds.get).astype(records.COLUMNS)


# --- the form of the files --------------------------------------------------------------------------------------------


def _stamped(stamps: Mapping[str, Stamp]) -> dict[str, pa.Array]:
    """Return the columns that name jobs and say how their files stood."""
    sizes, changed, touched = np.array(list(stamps.values()), dtype=np.int64).reshape(-1, 3).T
    columns = {"size": pa.array(sizes), "changed": pa.array(changed), "touched": pa.array(touched)}
    return {"name": pa.array(list(stamps), pa.string()), **columns}


def _stamps(table: pa.Table) -> Iterator[Stamp]:
    """Yield the stamp of each job that a table names."""
    yield from zip(*(table[column].to_pylist() for column in ("size", "changed", "touched")), strict=True)


def _nested(groups: list[tuple], kind: pa.DataType) -> pa.ListArray:
    """Return groups of values as one column."""
    ends = np.cumsum([0, *map(len, groups)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array([value for group in groups for value in group], kind))


def _groups(column: pa.ChunkedArray) -> Iterator[list]:
    """Yield the groups of such a column."""
    for chunk in column.chunks:
        values, ends = chunk.values.to_pylist(), chunk.offsets.to_pylist()
        yield from (values[begin:end] for begin, end in pairwise(ends))


def _opened(content: bytes) -> pa.Table:
    """Return the table of an Arrow stream; raises Damaged for anything else."""
    try:
        return pa.ipc.open_stream(content).read_all()
    except pa.ArrowInvalid:
        raise Damaged("of another version") from None


def _write(path: Path, content: bytes) -> None:
    """Put content in a file's place; nothing is lost where that does not succeed."""
    temporary = path.parents[1] / "tmp" / token()
    with suppress(OSError):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(content)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
