"""Mechanisms: why activations differ, drawn study by study: gaps, changes, readings, and networks caught at a loss."""

import pandas as pd

from acts import records as door
from acts.figures import arms
from acts.figures.caught import catches, linear
from acts.figures.changes import at_zero, killed, mixed, pairs, slopes
from acts.figures.gaps import gap, shares
from acts.figures.readings import directions, fit, narrow, regions
from acts.figures.table import Text, number

__all__ = [
    "at_zero", "catches", "directions", "fit", "gap", "killed", "linear", "mixed", "narrow", "pairs", "regions",
    "shares", "slopes", "trained", "zeros",
]  # fmt: skip

WORD = "mechanisms"
STUDIES = {
    "centring": "centring", "slope": "the slope of sigmoid", "gradient": "its gradient by depth",
    "saturation": "saturation", "zero": "the slope at 0", "mixed": "mixed layers", "killed": "dead units",
    "rectified": "learned slopes", "regions": "linear pieces", "fit": "fit by depth", "narrow": "narrow layers",
    "negative": "negative outputs", "linear": "equal training loss",
}  # fmt: skip


def trained(records: pd.DataFrame) -> Text:
    """Return which studies were measured here, on how many data sets and seeds, with how many runs; and which not."""
    rows = records[(records["experiment"] == WORD) & records["phase"].isin(["init", "final"])]
    if rows.empty:
        return Text("Nothing of this was measured here.")
    study = rows["arm"].fillna("").map(lambda arm: arms.factors(arm).get("study", ""))
    there = [name for name in STUDIES if (study == name).any()]
    gone = [STUDIES[name] for name in STUDIES if name not in there]
    run = ["activation", "dataset", "network", "norm", "optimizer", "init", "seed", "dtype", "arm", "phase"]
    judged = len(rows[run].drop_duplicates())
    tuned = records[(records["experiment"] == WORD) & (records["phase"] == "tune") & (records["metric"] == "diverged")]
    absent = f" Not measured in this configuration: {', '.join(gone)}." if gone else ""
    return Text(
        f"Measured here: {len(there)} studies on {rows['dataset'].nunique()} data sets with {rows['seed'].nunique()} "
        f"paired seeds; {_thousands(judged)} networks under their arms, behind them {_thousands(len(tuned))} tuning "
        f"runs.{absent}"
    )


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def zeros(records: pd.DataFrame) -> Text:
    """Return how often pre-activations are exactly 0, where another slope there could act at all."""
    rows = door.where(records, experiment=WORD, phase="final", metric="at_zero_share")
    if rows.empty:
        return Text("Nothing of this was measured here.")
    said = []
    for dtype, own in rows.groupby("dtype"):
        run = ["activation", "dataset", "network", "optimizer", "init", "lr", "seed"]
        hit = own.groupby(run)["value"].max()
        some = int((hit > 0).sum())
        often = f"{some} of {len(hit)} networks have any, at most {number(1e6 * hit.max(), 2)} in a million of them"
        said.append(f"in {dtype}, {often if some else f'none of {len(hit)} networks has any'}")
    return Text(f"Pre-activations that are exactly 0 after training: {'; '.join(said)}.")
