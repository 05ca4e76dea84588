"""Choices: the init that tuning chose, steps to fixed targets, and how often training broke down, as tables."""

from typing import Any

import pandas as pd

from acts import records as door
from acts import wording
from acts.figures import cells, naming
from acts.figures.table import MISSING, Table, unmeasured


def inits(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return how often each init was picked together with the rate, a network and optimiser a column.

    A cell holds the seeds that picked each init, in the order that the note below names.
    """
    rows = cells.final(records, "loss_area").dropna(subset=["init"])
    if rows.empty:
        return unmeasured("the init that each arm picked", {"activation": "Activation"})
    counts = rows.groupby(["activation", "network", "optimizer", "init"]).size()
    offered = [init for init in cells.INITS if init in set(rows["init"])]
    networks = sorted(rows["network"].unique(), key=naming.depth)
    shown = [(net, one) for net in networks for one in cells.OPTIMIZERS if one in set(rows["optimizer"])]
    table = [
        {"activation": naming.label(catalogue, name)}
        | {
            f"{net} {one}": "\u00a0·\u00a0".join(str(int(counts.get((name, net, one, init), 0))) for init in offered)
            for net, one in shown
        }
        for name in naming.ordered(catalogue, rows["activation"])
    ]
    headings = {f"{net} {one}": f"{_whole(naming.word(net))}, {naming.word(one)}" for net, one in shown}
    note = f"Seeds that chose {' · '.join(naming.word(init) for init in offered)}."
    return Table(
        pd.DataFrame(table),
        {"activation": "Activation", **headings},
        numbers=list(headings),
        note=note,
        own=naming.own_labels(catalogue),
    )


def _whole(text: str) -> str:
    """Return a name that no heading breaks."""
    return text.replace(" ", "\u00a0")


def targets(
    records: pd.DataFrame, catalogue: pd.DataFrame, *, dataset: str | None = None, network: str | None = None
) -> Table:
    """Return the median steps to three target losses and how many runs reach them, in one cell.

    Runs that do not reach a target count as longer than the run; a target is a share of the loss of a uniform guess.
    The cell is the deepest network on the first data set unless one is named.
    """
    rows = door.where(records, experiment=cells.EXPERIMENT, phase="final", metric="steps_to_loss", split="test")
    if rows.empty:
        return unmeasured("steps to a target loss", {"activation": "Activation"})
    network = network or max(rows["network"].unique(), key=naming.depth)
    dataset = dataset or str(rows.loc[rows["network"] == network, "dataset"].iloc[0])
    rows = cells.of(rows, dataset, network)
    rows = rows.assign(share=rows["arm"].str.extract(r"target=([\d.]+)", expand=False).astype(float))
    reached = cells.of(door.where(records, metric="reached"), dataset, network)
    key = ["activation", "optimizer", "arm"]
    steps, hit = rows.groupby(key)["value"].median(), reached.groupby(key)["value"].agg(["sum", "size"])
    shown = rows[["optimizer", "arm", "share"]].drop_duplicates().sort_values(["optimizer", "share"], ascending=False)
    headings = {f"{one} {arm}": f"{naming.word(one)}, {100 * share:g} %" for one, arm, share in shown.to_numpy()}
    table = [
        {"activation": naming.label(catalogue, name)}
        | {f"{one} {arm}": _reached(steps, hit, (name, one, arm)) for one, arm, _ in shown.to_numpy()}
        for name in naming.ordered(catalogue, rows["activation"])
    ]
    return Table(
        pd.DataFrame(table),
        {"activation": "Activation", **headings},
        numbers=list(headings),
        own=naming.own_labels(catalogue),
    )


def _reached(steps: pd.Series, hit: pd.DataFrame, key: Any) -> str:
    if key not in steps.index or key not in hit.index:
        return MISSING
    count, total = (int(value) for value in hit.loc[key])
    middle = f"{steps[key]:.0f}" if count * 2 > total else f"> {steps[key] - 1:.0f}"
    return middle if count == total else f"{middle} ({count}\u00a0of\u00a0{total})"


def diverged(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return the share of runs that diverged, an activation a row, tuning and final runs of each optimiser a column."""
    rows = door.where(records, experiment=cells.EXPERIMENT, metric="diverged")
    run = ["activation", "dataset", "network", "optimizer", "init", "lr", "seed", "phase"]
    rows = rows.drop_duplicates(run)
    if rows.empty:
        return unmeasured("divergence", {"activation": "Activation"})
    shown = [(phase, one) for phase in ("tune", "final") for one in cells.OPTIMIZERS if one in set(rows["optimizer"])]
    grouped = rows.groupby(["activation", "phase", "optimizer"])["value"].agg(["sum", "size"])
    table = [
        {"activation": naming.label(catalogue, name)}
        | {f"{phase} {one}": _share(grouped, (name, phase, one)) for phase, one in shown}
        for name in naming.ordered(catalogue, rows["activation"])
    ]
    words = {"tune": "tuning", "final": "final"}
    headings = {f"{phase} {one}": f"{naming.word(one)}, {words[phase]}" for phase, one in shown}
    return Table(
        pd.DataFrame(table),
        {"activation": "Activation", **headings},
        numbers=list(headings),
        own=naming.own_labels(catalogue),
    )


def _share(grouped: pd.DataFrame, key: Any) -> str:
    if key not in grouped.index:
        return MISSING
    count, total = (int(value) for value in grouped.loc[key])
    return f"{count} of {wording.thousands(total)}"
