"""Storing: 100,000 records written, opened, damaged and repaired, each stage in a fresh process with its peak memory.

Two stores: one of few files as jobs write them, and one of a file for each record, the most that an index can meet.
The first is written as jobs are, synced file by file; the second is laid down without syncing and its writing is not
timed. What comes back is checked: a stage that finds another number of records than it should ends the bench.
"""

import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from acts import records
from acts.bench.lines import WORD, arm
from acts.bench.processes import BenchError, alone
from acts.engine import keys
from acts.engine.jobfile import encode, framed
from acts.engine.store import Store

Row = dict[str, Any]
DAMAGED = 12  # files, a third each cut in half, with one bit flipped, and emptied
MOST_READ = 2000  # files


@dataclass(frozen=True)
class Shape:
    """How a store's records are spread: so many files, runs in each, and rows a run."""

    files: int
    runs: int
    rows: int

    @property
    def records(self) -> int:
        """Return how many records there are."""
        return self.files * self.runs * self.rows

    def keys(self, file: int) -> list[str]:
        """Return the keys of one file's runs."""
        numbers = range(file * self.runs, (file + 1) * self.runs)
        return [hashlib.sha256(b"%d" % number).hexdigest() for number in numbers]

    @property
    def laid_down(self) -> bool:
        """Say whether the files are written in bulk, all with the first one's records, and not as jobs write them."""
        return self.runs * self.rows == 1

    @property
    def looked_at(self) -> range:
        """Return the files that reading takes: all, or of very many an even choice."""
        return range(0, self.files, -(-self.files // MOST_READ))


SHAPES = {"jobs": Shape(100, 50, 20), "files": Shape(100_000, 1, 1)}


def measure(repeats: int, *, where: Path, shapes: dict[str, Shape] = SHAPES) -> list[Row]:
    """Return the rows of every store and stage, in a folder that is removed; opening again is repeated."""
    found = []
    for name, shape in shapes.items():
        with TemporaryDirectory(prefix=".store-", dir=where) as folder:
            found += list(_stages(name, shape, Path(folder), repeats))
    return found


def _stages(name: str, shape: Shape, folder: Path, repeats: int) -> Iterator[Row]:
    """Yield the rows of one store's stages; raises BenchError where records are missing or too many."""
    spread, digest = (shape.files, shape.runs, shape.rows), None
    stages = [("write", 0), ("first", 0), *(("open", repeat) for repeat in range(repeats)), ("read", 0)]
    for stage, repeat in [*stages, ("damaged", 0), ("repair", 0), ("repaired", 0)]:
        hurt = damage(folder, shape) if stage == "damaged" else 0
        told = alone("storing", stage, *spread, folder)
        if stage in ("read", "damaged", "repaired"):
            expected = (len(shape.looked_at) - hurt) * shape.runs * shape.rows
            _check(f"{name}, {stage}", told, records=expected, set_aside=hurt)
        if stage == "repaired":
            _check(f"{name}, {stage}", told, digest=digest)
        digest = told.get("digest") if stage == "read" else digest
        if stage == "write" and shape.laid_down:
            continue
        for metric in ("stage_seconds", "peak_bytes"):
            named = arm(shape=name, stage=stage, repeat=repeat)
            yield {"arm": named, "metric": metric, "value": float(told[metric])}


def _check(stage: str, told: dict[str, Any], **expected: object) -> None:
    """Raise BenchError unless a stage found what it should."""
    for what, wanted in expected.items():
        if told[what] != wanted:
            raise BenchError(f"store of {stage}: {what} should be {wanted}, found {told[what]}")


def damage(folder: Path, shape: Shape) -> int:
    """Damage some files of a store, cut, flipped and emptied in turn, and return how many."""
    store = Store(folder)
    hurts = cycle((_cut, _flip, _empty))
    looked_at = shape.looked_at
    chosen = looked_at[:: max(1, len(looked_at) // DAMAGED)][:DAMAGED]
    for file, hurt in zip(chosen, hurts, strict=False):
        hurt(store.path(keys.together(shape.keys(file))))
    return len(chosen)


def _cut(path: Path) -> None:
    """Cut a file in half."""
    os.truncate(path, path.stat().st_size // 2)


def _flip(path: Path) -> None:
    """Flip one bit near a file's end."""
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)


def _empty(path: Path) -> None:
    """Empty a file."""
    os.truncate(path, 0)


# --- stages, each in a process of its own -----------------------------------------------------------------------------


def tables(shape: Shape, file: int) -> list[pd.DataFrame]:
    """Return the records of one file, a table a run."""
    runs = np.repeat(np.arange(file * shape.runs, (file + 1) * shape.runs), shape.rows)
    metric = np.tile([f"metric_{row}" for row in range(shape.rows)], shape.runs)
    named = {"experiment": WORD, "activation": "relu", "dataset": "digits", "network": "mlp_8x32", "phase": "final"}
    whole = pd.DataFrame({**named, "seed": runs, "metric": metric, "value": np.sqrt(runs + 1.0)})
    whole = whole.reindex(columns=list(records.COLUMNS)).astype(records.COLUMNS)
    return [whole.iloc[run * shape.rows : (run + 1) * shape.rows] for run in range(shape.runs)]


def header(shape: Shape, file: int) -> dict[str, Any]:
    """Return the header of one file."""
    return {
        "experiment": WORD, "activation": "relu", "keys": shape.keys(file), "seconds": 1.0, "diverged": 0,
        "finished": "2025-01-01T00:00:00+00:00", "torch": "none", "python": "none",
    }  # fmt: skip


def write(folder: Path, shape: Shape) -> dict[str, Any]:
    """Write every file, those of one record without syncing; the seconds are those in the store alone."""
    store = Store(folder).open()
    seconds = 0.0
    body = _body(shape) if shape.laid_down else b""
    for file in range(shape.files):
        if body:
            path = store.path(keys.together(shape.keys(file)))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(framed(json.dumps(header(shape, file), sort_keys=True).encode(), body))
        else:
            seconds += _put(store, shape, file)
    return {"stage_seconds": seconds}


def _body(shape: Shape) -> bytes:
    """Return the Arrow stream of the first file, which every file of one record holds."""
    content = encode({}, tables(shape, 0))
    return content[-int(content.split(maxsplit=4)[3]) :]


def _put(store: Store, shape: Shape, file: int) -> float:
    """Write one file as a job does and return the seconds."""
    made = tables(shape, 0 if shape.laid_down else file)
    started = time.perf_counter()
    store.put(keys.together(shape.keys(file)), header(shape, file), made)
    return time.perf_counter() - started


def opened(folder: Path, _shape: Shape) -> dict[str, Any]:
    """Open a store."""
    started = time.perf_counter()
    store = Store(folder).open()
    return {"stage_seconds": time.perf_counter() - started, "runs": len(store.places)}


def read(folder: Path, shape: Shape) -> dict[str, Any]:
    """Open a store and read the runs of the files to look at, which checks every byte of them."""
    wanted = [key for file in shape.looked_at for key in shape.keys(file)]
    started = time.perf_counter()
    store = Store(folder).open()
    found = store.load(wanted)
    seconds = time.perf_counter() - started
    digest = hashlib.sha256(pd.util.hash_pandas_object(found, index=False).to_numpy().tobytes()).hexdigest()
    return {"stage_seconds": seconds, "records": len(found), "set_aside": len(store.set_aside), "digest": digest}


def repair(folder: Path, shape: Shape) -> dict[str, Any]:
    """Open a store and write again what is missing."""
    started = time.perf_counter()
    store = Store(folder).open()
    missing = [file for file in range(shape.files) if shape.keys(file)[0] not in store.places]
    for file in missing:
        _put(store, shape, file)
    return {"stage_seconds": time.perf_counter() - started, "files": len(missing)}


_STAGES: dict[str, Callable[[Path, Shape], dict[str, Any]]] = {
    "write": write, "first": opened, "open": opened, "read": read, "damaged": read, "repair": repair, "repaired": read,
}  # fmt: skip


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    status = Path("/proc/self/status")
    if status.is_file():  # getrusage would count what the parent had when it started this process
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    _, stage, *numbers, folder = sys.argv
    told = _STAGES[stage](Path(folder), Shape(*map(int, numbers)))
    print(json.dumps({**told, "peak_bytes": peak()}))
