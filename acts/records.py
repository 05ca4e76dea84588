"""Records: the one tidy table through which the making half and the judging half meet.

One row is one measurement. The columns say who was measured (experiment, activation, dataset, network, seed), under
which conditions, and what came out (metric, value). Nothing here knows torch or what a value means.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from acts import nearest

WHO = ("experiment", "activation", "dataset", "network", "seed")
WHERE = (
    "phase", "arm", "split", "init", "norm", "optimizer", "lr", "depth", "step", "layer", "device", "dtype",
)  # fmt: skip
WHAT = ("metric", "value")
KEY = (*WHO, *WHERE, "metric")
COLUMNS: dict[str, str] = {
    **dict.fromkeys((*WHO, *WHERE, "metric"), "string"),
    **dict.fromkeys(("seed", "depth", "step", "layer"), "Int64"),
    "lr": "Float64",
    "value": "float64",
}
PHASES = ("exact", "init", "tune", "final")
TIMING_EXPERIMENTS = ("cost", "bench")
TIMING_ENDINGS = ("_ns", "_seconds", "_time_ratio")  # a plain _ratio may be of anything


def frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a typed records table; a column that a row leaves out is null there.

    Raises ValueError for a column that records do not have.
    """
    found = list(rows)
    named = dict.fromkeys(column for row in found for column in row)
    unknown = [column for column in named if column not in COLUMNS]
    if unknown:
        raise ValueError(nearest.unknown("record column", unknown[0], COLUMNS))
    # Column by column, which takes a fifth of the time of a table that is converted afterwards.
    nulls = {kind: _column([None] * len(found), kind) for kind in set(COLUMNS.values())}
    values = {name: _column([row.get(name) for row in found], COLUMNS[name]) for name in named}
    return pd.DataFrame({name: values.get(name, nulls[kind]) for name, kind in COLUMNS.items()})


def _column(values: list[Any], kind: Any) -> Any:
    """Return values as a typed array of pandas."""
    return pd.array(values, dtype=kind)


def concat(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return several records tables as one, with a fresh index."""
    kept = [table for table in frames if len(table)]
    return pd.concat(kept, ignore_index=True) if kept else frame([])


def check(records: pd.DataFrame) -> pd.DataFrame:
    """Return the records if they keep the rules of the table, else raise ValueError naming the first breach.

    Rules: the exact columns; experiment, activation, phase and metric never null; known phases; no duplicate
    (who, where, metric); tuning and final seeds disjoint within an experiment; timings in timing experiments only.
    """
    if list(records.columns) != list(COLUMNS):
        raise ValueError(f"records have columns {list(records.columns)}, not {list(COLUMNS)}")
    for column in ("experiment", "activation", "phase", "metric"):
        if records[column].isna().any():
            raise ValueError(f"records: {column} is null in row {records.index[records[column].isna()][0]}")
    strange = set(records["phase"].unique()) - set(PHASES)
    if strange:
        raise ValueError(f"records: {nearest.unknown('phase', sorted(strange)[0], PHASES)}")
    doubled = records.duplicated(subset=list(KEY))
    if doubled.any():
        row = records[doubled][list(KEY)].iloc[0].dropna().to_dict()
        raise ValueError(f"records: measured twice: {row}")
    _check_seeds(records)
    _check_timings(records)
    return records


def _check_seeds(records: pd.DataFrame) -> None:
    trained = records[records["phase"].isin(["tune", "final"])]
    for experiment, rows in trained.groupby("experiment"):
        seeds = {phase: set(part["seed"].dropna()) for phase, part in rows.groupby("phase")}
        shared = seeds.get("tune", set()) & seeds.get("final", set())
        if shared:
            raise ValueError(f"records: {experiment} tunes and tests on the same seed {min(shared)}")


def _check_timings(records: pd.DataFrame) -> None:
    timed = records["metric"].str.endswith(TIMING_ENDINGS) & ~records["experiment"].isin(TIMING_EXPERIMENTS)
    if timed.any():
        row = records[timed].iloc[0]
        raise ValueError(f"records: a timing ({row['metric']}) outside cost and bench, in {row['experiment']}")


def where(records: pd.DataFrame, **conditions: Any) -> pd.DataFrame:
    """Return the rows that meet every condition: a scalar is equality, a list membership, None means null.

    Raises ValueError for a column that records do not have.
    """
    keep = pd.Series(True, index=records.index)
    for column, wanted in conditions.items():
        if column not in COLUMNS:
            raise ValueError(nearest.unknown("record column", column, COLUMNS))
        if wanted is None:
            keep &= records[column].isna()
        elif isinstance(wanted, list | tuple | set):
            keep &= records[column].isin(list(wanted))
        else:
            keep &= (records[column] == wanted).fillna(False)
    return records[keep.astype(bool)]


def paired(
    records: pd.DataFrame, metric: str, *, index: Iterable[str] = ("dataset", "network", "seed")
) -> pd.DataFrame:
    """Return values of one metric with a row a pair (dataset, network, seed) and a column an activation.

    Raises ValueError where a pair was measured more than once, that is where a condition was left open.
    """
    rows = records[records["metric"] == metric]
    keys = [*index, "activation"]
    doubled = rows.duplicated(subset=keys)
    if doubled.any():
        row = rows[doubled][keys].iloc[0].to_dict()
        raise ValueError(f"records: {metric} has more than one value for {row}; fix arm, init, optimizer or step")
    return rows.set_index(keys)["value"].unstack("activation")


def write(records: pd.DataFrame, path: Path, *, provenance: Mapping[str, Any]) -> None:
    """Write checked records to Parquet, the provenance as JSON in the footer; rows are sorted, so bytes repeat."""
    ordered = check(records).sort_values(list(KEY), ignore_index=True)
    table = pa.Table.from_pandas(ordered, preserve_index=False)
    footer = {**(table.schema.metadata or {}), b"acts": json.dumps(provenance, sort_keys=True).encode()}
    pq.write_table(table.replace_schema_metadata(footer), path)


def read(path: Path) -> pd.DataFrame:
    """Return the records of a Parquet file, typed as written."""
    return pq.read_table(path).to_pandas().astype(COLUMNS)[list(COLUMNS)]


def provenance(path: Path) -> dict[str, Any]:
    """Return the provenance that stands in a records file's footer."""
    return json.loads((pq.read_schema(path).metadata or {}).get(b"acts", b"{}"))
