"""Dead units: who dies at which rate and when, who comes back, what helps, and networks that are born dead."""

from typing import Any

import numpy as np
import pandas as pd

from acts import wording
from acts.figures import intervals, naming
from acts.figures.born import born
from acts.figures.doses import OPTIMIZERS, dormancy, dosed, doses, ended, epochs
from acts.figures.rescues import recycling, rescues
from acts.figures.sparsity import sparsity
from acts.figures.table import MISSING, Table, Text, escape, number, unmeasured

__all__ = [
    "born", "diverged", "dormancy", "doses", "epochs", "measured", "recycling", "rescues", "revivals", "sparsity",
]  # fmt: skip


def measured(records: pd.DataFrame) -> Text:
    """Return what units were counted in: functions, data sets, optimizers, networks, seeds and runs."""
    rows = ended(records, "zero_share")
    if rows.empty:
        return Text("Nothing of this was measured here.")
    present = {column: sorted(rows[column].unique()) for column in ("dataset", "network")}
    present["optimizer"] = [one for one in OPTIMIZERS if one in set(rows["optimizer"])]
    names = {column: ", ".join(escape(naming.word(one)) for one in found) for column, found in present.items()}
    units = ended(records, "units")["value"].sum()
    return Text(
        f"Measured here: {rows['activation'].nunique()} activations at {rows['dose'].nunique()} multiples of ReLU's "
        f"rate and {rows['bias'].nunique()} start biases, on {names['dataset']}, in {names['network']}, with "
        f"{names['optimizer']}; {rows['seed'].nunique()} paired seeds, {wording.thousands(len(rows))} networks, "
        f"{wording.thousands(units)} units. "
        "SGD has momentum, plain SGD has none."
    )


def revivals(records: pd.DataFrame, catalogue: pd.DataFrame, *, activation: str = "relu") -> Table:
    """Return how many units were ever zero and how many came back, by optimizer and layer, pooled over doses.

    The hazard is that of a zero unit to give something else after the next epoch: mean over networks, with interval.
    """
    columns = {"optimizer": "Optimiser", "layer": "Hidden layer", "ever": "Ever zero", "back": "Active at the end",
               "share": "Share (%)", "hazard": "Hazard [95\u00a0%]"}  # fmt: skip
    counts = {
        metric: dosed(records, metric) for metric in ("ever_zero_units", "revived_units", "zero_epochs", "revivals")
    }
    counts = {
        metric: rows[(rows["activation"] == activation) & rows["layer"].notna()] for metric, rows in counts.items()
    }
    if counts["ever_zero_units"].empty:
        return unmeasured(f"revival of units of {naming.label(catalogue, activation)}", columns)
    rows = []
    for optimizer in [one for one in OPTIMIZERS if one in set(counts["ever_zero_units"]["optimizer"])]:
        for layer in sorted(counts["ever_zero_units"]["layer"].unique()):
            rows.append(_revived(counts, optimizer, int(layer)))
    return Table(pd.DataFrame(rows), columns, numbers=("layer", "ever", "back", "share", "hazard"))


def _revived(counts: dict[str, pd.DataFrame], optimizer: str, layer: int) -> dict[str, str]:
    """Return one line of the table of revivals."""
    own = {
        metric: rows[(rows["optimizer"] == optimizer) & (rows["layer"] == layer)].groupby(["dataset", "seed"])["value"]
        for metric, rows in counts.items()
    }
    sums = {metric: groups.sum() for metric, groups in own.items()}
    at_risk = sums["zero_epochs"][sums["zero_epochs"] > 0]
    middle, low, high = intervals.centre(sums["revivals"].reindex(at_risk.index) / at_risk)
    ever, back = float(sums["ever_zero_units"].sum()), float(sums["revived_units"].sum())
    spread = f" [{number(low, 2)}, {number(high, 2)}]" if np.isfinite([low, high]).all() else ""
    return {
        "optimizer": naming.word(optimizer), "layer": str(layer), "ever": f"{ever:.0f}", "back": f"{back:.0f}",
        "share": number(100 * back / ever, 2) if ever else MISSING,
        "hazard": f"{number(middle, 2)}{spread}" if len(at_risk) else MISSING,
    }  # fmt: skip


def diverged(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return how many runs diverged, an activation a row and a dose a column, over all cells and biases."""
    rows = ended(records, "diverged")
    columns = {"activation": "Activation"}
    if rows.empty:
        return unmeasured("divergence by learning rate", columns)
    shown = sorted(rows["dose"].unique())
    groups = rows.groupby(["activation", "dose"])["value"].agg(["sum", "size"])
    table = [
        {"activation": naming.label(catalogue, name)} | {f"{dose:g}": _count(groups, (name, dose)) for dose in shown}
        for name in naming.ordered(catalogue, rows["activation"])
    ]
    columns |= {f"{dose:g}": f"× {dose:g}" for dose in shown}
    return Table(
        pd.DataFrame(table), columns, numbers=[f"{dose:g}" for dose in shown], own=naming.own_labels(catalogue)
    )


def _count(groups: pd.DataFrame, key: Any) -> str:
    if key not in groups.index:
        return MISSING
    many, total = (int(value) for value in groups.loc[key])
    return f"{many} of {total}"
