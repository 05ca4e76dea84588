"""Arms: the factors of a comparison that stand in its arm, ``best;study=noise;a=0.5``, as columns of their own."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from acts import records as door
from acts.figures import intervals, naming, tasks
from acts.figures.palette import GREY, PALE

RATIO = ["middle", "low", "high", "n"]
ENDS = {"low": "95 % low", "high": "95 % high", "n": "pairs"}  # how a table to take along calls the rest of a ratio
PLACE = {"dataset": "data set", "network": "network", "norm": "normalisation", "optimizer": "optimiser"}


def factors(arm: str) -> dict[str, str]:
    """Return the factors of an arm by name; a word without a value stands under ``pick``."""
    parts = [part.partition("=") for part in arm.split(";") if part]
    return {name if equals else "pick": value if equals else name for name, equals, value in parts}


def studied(records: pd.DataFrame, experiment: str, study: str, **conditions: Any) -> pd.DataFrame:
    """Return the rows of a study's final runs with a column for every factor of their arms, the others as they are."""
    rows = door.where(records, experiment=experiment, phase="final", **conditions)
    arms = rows["arm"].fillna("")
    rows = rows[arms.map(lambda arm: factors(arm).get("study") == study).astype(bool)]
    found = pd.DataFrame([factors(arm) for arm in rows["arm"]], index=rows.index, dtype=object)
    new = dict.fromkeys(["pick", *(column for column in found.columns if column not in rows)])
    return pd.concat([rows, found.reindex(columns=list(new))], axis=1)


def judged(records: pd.DataFrame, experiment: str, study: str, metric: str, *, pick: str = "best") -> pd.DataFrame:
    """Return a metric on test rows of the runs of a study; ``best`` are those whose init was picked with their rate."""
    rows = studied(records, experiment, study, metric=metric, split="test")
    return rows[rows["pick"] == pick]


def ratios(rows: pd.DataFrame, *, by: Sequence[str], of: str, base: str) -> pd.DataFrame:
    """Return what every member of a column measures over a base member, paired by seed, a row a group and member.

    Columns are those of ``by`` and ``of``, then the geometric mean ratio, its interval's ends and the number of pairs.
    """
    found = []
    for group, part in rows.groupby(list(by), dropna=False):
        wide = part.pivot_table(index="seed", columns=of, values="value", aggfunc="first")
        for member in [one for one in wide.columns if base in wide.columns and one != base]:
            both = wide[[member, base]].dropna()
            if len(both):
                ends = intervals.geometric_ratio(both[member].to_numpy(float), both[base].to_numpy(float))
                found.append((*group, member, *ends, len(both)))
    return pd.DataFrame(found, columns=[*by, of, *RATIO])


def levels(rows: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """Return the mean over seeds of every group with its interval: on ranks where a run diverged."""
    groups = rows.groupby(list(by), dropna=False)
    found = [(*group, *intervals.centre(part["value"]), len(part)) for group, part in groups]
    return pd.DataFrame(found, columns=[*by, *RATIO])


def nets(rows: pd.DataFrame, columns: Sequence[str] = ("dataset", "network", "norm")) -> Iterator[tuple[str, ...]]:
    """Yield what tells networks on data sets apart, each once: shallow networks first, residual ones last."""
    found = rows[list(columns)].drop_duplicates().itertuples(index=False, name=None)
    norms = ("none", "batch", "layer")

    def rank(net: tuple[str, ...]) -> tuple[Any, ...]:
        norm = norms.index(net[2]) if net[2] in norms else len(norms)
        return naming.depth(net[1]), net[1].startswith("res"), norm, net

    yield from sorted(found, key=rank)


def apart(row: dict[Any, Any], metric: str = "error") -> bool:
    """Return whether the whole interval of a ratio lies on one side of its margin."""
    low, high = tasks.BANDS[metric]
    return bool(row["high"] < low or row["low"] > high)


def banded(axes: Axes, metric: str = "error") -> None:
    """Draw the margin as a band and equality as a line."""
    low, high = tasks.BANDS[metric]
    axes.axvspan(low, high, color=PALE, alpha=0.4, linewidth=0, zorder=0)
    axes.axvline(1, color=GREY, linewidth=0.7, zorder=1)
