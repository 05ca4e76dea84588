"""Conflicts: two results of the same run; the same machine and source give the same bits, so one of them is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from acts import records
from acts.engine.jobfile import decode, read

Told = tuple[dict[str, Any], pa.Table]  # a job file's header and its records


@dataclass(frozen=True)
class Difference:
    """Where two results of one run part: the run's key, how many rows differ, and the first of them in words."""

    key: str
    rows: int
    first: str


def same(path: Path, content: bytes) -> bool:
    """Say whether bytes of a job file hold the records that a stored file holds; raises Damaged for the stored one."""
    return not any(differences(read(path), decode(content)))


def differences(one: Told, other: Told) -> Iterator[Difference]:
    """Yield how two job files differ in the runs that both have; what took how long may differ."""
    (first, kept), (second, came) = one, other
    places = {key: position for position, key in enumerate(first["keys"])}
    alike = first["keys"] == second["keys"] and kept.equals(came)
    for position, key in enumerate(second["keys"] if not alike else ()):
        if key in places:
            pair = _of(kept, places[key]), _of(came, position)
            if not pair[0].equals(pair[1]):
                yield _difference(key, *pair)


def _of(table: pa.Table, run: int) -> pa.Table:
    """Return the rows of one run that repeat: those that are no timings."""
    rows = table.filter(pc.equal(table["run"], run)).drop_columns(["run"])
    timed = pa.array(np.zeros(len(rows), dtype=bool))
    for ending in records.TIMING_ENDINGS:
        timed = pc.or_(timed, pc.ends_with(rows["metric"], ending))
    return rows.filter(pc.invert(pc.and_(timed, pc.is_in(rows["experiment"], pa.array(records.TIMING_EXPERIMENTS)))))


def _difference(key: str, kept: pa.Table, came: pa.Table) -> Difference:
    """Return how two results of one run differ."""
    if len(kept) != len(came):
        return Difference(key, abs(len(kept) - len(came)), f"{len(kept)} rows and {len(came)} rows")
    apart = [pair for pair in zip(kept.to_pylist(), came.to_pylist(), strict=True) if pair[0] != pair[1]]
    mine, yours = apart[0]
    column = next(name for name in mine if mine[name] != yours[name])
    at = f" at step {mine['step']}" if mine["step"] is not None else ""
    return Difference(key, len(apart), f"{mine['metric']}{at}: {column} {mine[column]!r} and {yours[column]!r}")
