"""Cells: which trained runs stand together (data set, network, optimiser), and which rate and init they chose."""

import pandas as pd

from acts import records as door
from acts.figures import naming

INITS = ("he", "lecun", "stable", "torch_default", "critical")
OPTIMIZERS = ("sgd", "adam")
EXPERIMENT = "convergence"


def tuning(records: pd.DataFrame) -> pd.DataFrame:
    """Return the validation loss areas of the tuning runs, each run once."""
    rows = door.where(records, experiment=EXPERIMENT, phase="tune", metric="loss_area", split="validation")
    return rows.drop_duplicates(["activation", "dataset", "network", "optimizer", "init", "lr", "seed"])


def final(records: pd.DataFrame, metric: str, *, split: str | None = "test") -> pd.DataFrame:
    """Return a metric of the final runs in which every arm picked its init together with its rate."""
    rows = door.where(records, experiment=EXPERIMENT, phase="final", metric=metric, split=split)
    return rows[rows["arm"].fillna("") == "best"]


def of(rows: pd.DataFrame, dataset: str, network: str) -> pd.DataFrame:
    """Return the rows of one data set and network."""
    return rows[(rows["dataset"] == dataset) & (rows["network"] == network)]


def pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the pairs of data set and network that occur, shallow networks first."""
    found = rows[["dataset", "network"]].dropna().drop_duplicates().itertuples(index=False, name=None)
    return sorted(found, key=lambda pair: (naming.depth(pair[1]), pair[0]))


def titled(pair: tuple[str, str]) -> str:
    """Return the title of a panel: data set, then network."""
    return f"{naming.word(pair[0])}, {naming.word(pair[1])}"


def tuned(records: pd.DataFrame, dataset: str, network: str, optimizer: str) -> pd.DataFrame:
    """Return the rate that every final seed tuned inside every init: activation, init, seed, lr."""
    rows = door.where(records, experiment=EXPERIMENT, phase="final", metric="lr_tuned", optimizer=optimizer)
    rows = of(rows[rows["arm"].fillna("") == "each"], dataset, network)
    return rows[["activation", "init", "seed", "value"]].rename(columns={"value": "lr"})
