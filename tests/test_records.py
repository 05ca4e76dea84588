"""The records table: its columns and types, what it refuses, and that the same rows give the same bytes."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acts import records

WHO = {"experiment": "convergence", "activation": "relu", "dataset": "digits", "network": "mlp_2x32", "seed": 1}
ROW = {**WHO, "phase": "final", "metric": "loss", "value": 0.5}


def table(*changes):
    """Return a records table with a row for each set of changes to a common row."""
    return records.frame([{**ROW, **change} for change in changes])


def test_a_frame_has_every_column_typed_whatever_the_rows_hold():
    for frame in (records.frame([]), table({}), table({"step": 3, "lr": 0.1, "arm": "best"})):
        assert {name: str(kind) for name, kind in frame.dtypes.items()} == records.COLUMNS
    assert table({})["lr"].isna().all()


def test_a_column_that_records_do_not_have_is_refused():
    with pytest.raises(ValueError, match=r"unknown record column 'colour' \(known: "):
        table({"colour": "red"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([{"metric": None}], "metric is null in row 0"),
        ([{}, {"activation": None}], "activation is null in row 1"),
        ([{"phase": "test"}], r"unknown phase 'test' \(known: exact, init, tune, final"),
        ([{}, {"value": 0.7}], "measured twice: .*'seed': 1"),
        ([{}, {"phase": "tune", "metric": "other"}], "convergence tunes and tests on the same seed 1"),
        ([{"metric": "step_seconds"}], r"a timing \(step_seconds\) outside cost and bench, in convergence"),
    ],
)
def test_a_breach_of_the_rules_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        records.check(table(*changes))


def test_what_keeps_the_rules_passes():
    frame = table({}, {"step": 1}, {"phase": "tune", "seed": 1001}, {"experiment": "cost", "metric": "step_seconds"})
    assert records.check(frame) is frame
    assert records.check(table({"value": math.inf}, {"seed": 2, "value": math.nan})).shape == (2, 19)
    with pytest.raises(ValueError, match="records have columns"):
        records.check(frame.drop(columns="arm"))


def test_where_takes_equality_membership_and_null():
    frame = table({}, {"step": 1}, {"step": 2, "activation": "tanh"})
    assert len(records.where(frame, step=None)) == 1
    assert len(records.where(frame, step=[1, 2])) == 2
    assert records.where(frame, activation="tanh", step=2)["step"].tolist() == [2]
    assert records.where(frame, arm="best").empty
    with pytest.raises(ValueError, match="unknown record column 'colour'"):
        records.where(frame, colour="red")


def test_pairs_stand_side_by_side_and_an_open_condition_is_refused():
    frame = table({}, {"seed": 2, "value": 0.4}, {"activation": "tanh", "value": 0.7})
    wide = records.paired(frame, "loss")
    assert list(wide.columns) == ["relu", "tanh"]
    assert wide["relu"].tolist() == [0.5, 0.4]
    assert wide["tanh"].isna().tolist() == [False, True]
    with pytest.raises(ValueError, match=r"loss has more than one value for .*fix arm, init, optimizer or step"):
        records.paired(table({}, {"step": 1}), "loss")


def test_what_is_written_is_read_back_with_its_provenance(tmp_path):
    frame = table({"value": math.inf}, {"step": 1, "lr": 0.1}, {"seed": 2, "arm": 'a;"b"'})
    records.write(frame, tmp_path / "a.parquet", provenance={"commit": "abc"})
    back = records.read(tmp_path / "a.parquet")
    assert back.equals(frame.sort_values(list(records.KEY), ignore_index=True))
    assert records.provenance(tmp_path / "a.parquet") == {"commit": "abc"}


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path):
    frame = table(*({"seed": seed, "step": step} for seed in range(5) for step in range(5)))
    shuffled = frame.sample(frac=1, random_state=0)
    records.write(frame, tmp_path / "a.parquet", provenance={"b": 1, "a": 2})
    records.write(shuffled, tmp_path / "b.parquet", provenance={"a": 2, "b": 1})
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_what_breaks_the_rules_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="measured twice"):
        records.write(table({}, {}), tmp_path / "a.parquet", provenance={})
    assert not (tmp_path / "a.parquet").exists()


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(allow_nan=False)), max_size=12))
def test_concat_keeps_rows_order_and_types(rows):
    parts = [table({"seed": seed, "value": value}) for seed, value in rows]
    whole = records.concat([records.frame([]), *parts])
    assert whole["seed"].tolist() == [seed for seed, _ in rows]
    assert whole["value"].tolist() == [value for _, value in rows]
    assert {name: str(kind) for name, kind in whole.dtypes.items()} == records.COLUMNS
    assert isinstance(whole.index, pd.RangeIndex)


def test_a_table_made_column_by_column_is_the_one_that_pandas_would_make():
    rows = [
        {"experiment": "a", "activation": "relu", "seed": 1, "phase": "tune", "metric": "loss", "value": float("inf")},
        {"experiment": "a", "activation": "relu", "seed": np.int64(2), "lr": 0.1, "metric": "loss", "value": 1},
        {"experiment": None, "step": 3.0, "lr": None, "metric": "loss", "value": None},
        {"experiment": float("nan"), "step": None, "arm": pd.NA, "metric": "diverged", "value": True},
    ]
    for some in (rows, rows[:1], []):
        slow = pd.DataFrame(some).reindex(columns=list(records.COLUMNS)).astype(records.COLUMNS)
        pd.testing.assert_frame_equal(records.frame(iter(some)), slow)
