"""Timings: what was timed in fresh processes, gathered over them, with what the arms of records say as columns."""

import numpy as np
import pandas as pd

from acts import records as door
from acts.figures import intervals

EXPERIMENT = "cost"


def measured(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric's centre and interval over processes, a row an activation, network, mode, size, batch, dtype."""
    rows = _against_eager(records, leveled(door.where(records, experiment=EXPERIMENT, metric=metric)), metric)
    keys = ["activation", "network", "mode", "size", "batch", "dtype"]
    centre = (
        intervals.geometric if metric.endswith("_time_ratio") and metric != "share_time_ratio" else intervals.centre
    )
    found = [
        (*key, *centre(part["value"]), len(part))
        for key, part in rows.fillna({"network": ""}).groupby(keys, sort=False)
    ]
    return pd.DataFrame(found, columns=[*keys, "middle", "low", "high", "n"])


def leveled(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**{name: _level(rows["arm"], name) for name in ("mode", "size", "batch")})


def _against_eager(records: pd.DataFrame, rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return times of compiled functions as ratios to ReLU as it is without compiling, on the same tensor.

    Records have them as ratios to compiled ReLU; where ReLU was not timed eagerly on that tensor they are left out.
    """
    own = metric.replace("_time_ratio", "_ns")
    base = leveled(door.where(records, experiment=EXPERIMENT, metric=own))
    keys = ["seed", "size", "dtype"]
    both = base.pivot_table(index=keys, columns="mode", values="value") if len(base) else pd.DataFrame()
    compiled = rows[rows["mode"] == "compiled"]
    if compiled.empty or not {"eager", "compiled"} <= set(both.columns):
        return rows[rows["mode"] != "compiled"]
    slower = (both["compiled"] / both["eager"]).rename("slower")
    joined = compiled.merge(slower, left_on=keys, right_index=True)
    return pd.concat([rows[rows["mode"] != "compiled"], joined.assign(value=joined["value"] * joined["slower"])])


def _level(arms: pd.Series, name: str) -> pd.Series:
    """Return the level of one factor of arms such as ``mode=eager;size=4096``, as text; empty where it has none."""
    return arms.astype("string").str.extract(rf"(?:^|;){name}=([^;]+)", expand=False).fillna("")


def sizes(found: pd.DataFrame) -> list[int]:
    return sorted(int(size) for size in found["size"].unique() if size)


def worded(size: int) -> str:
    """Return a number of elements in a reader's words: 4 thousand, 1 million."""
    if size >= 2**20:
        return f"{size / 2**20:.3g} million"
    return f"{size / 2**10:.3g} thousand" if size >= 2**10 else str(size)


def by_width(found: pd.DataFrame) -> list[str]:
    """Return networks, narrow ones first."""
    return sorted(found["network"].unique(), key=width_of)


def width_of(network: str) -> int:
    return int(str(network).rpartition("x")[2])


def mean_step(records: pd.DataFrame) -> pd.DataFrame:
    """Return the geometric mean over networks and batches of the step's ratio, with its interval over processes."""
    rows = door.where(records, experiment=EXPERIMENT, metric="step_time_ratio")
    rows = rows.assign(value=np.log(rows["value"].to_numpy(float)))
    each = rows.groupby(["activation", "seed"], as_index=False)["value"].mean()
    found = [(name, *intervals.geometric(np.exp(part["value"]))) for name, part in each.groupby("activation")]
    return pd.DataFrame(found, columns=["activation", "middle_time", "low_time", "high_time"])
