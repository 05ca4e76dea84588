"""Engine: whether a job is done, where to do it, and how to lose nothing; it never knows what a job means.

``run`` plans and computes one comparison and returns its records; ``records`` reads what was published. Nothing heavy
is imported before there is something to compute, so a page that only reads pays nothing for torch.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from acts import params

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["records", "run"]


def run(
    experiment: "str | ModuleType | Sequence[str | ModuleType]", config: "str | Path | params.Params"
) -> "pd.DataFrame":
    """Return the records of one comparison or of several, first computing the runs that the store does not hold.

    While a report is rendered (``ACTS_RENDER=1``) nothing is computed: the published records are read, and a
    comparison that was not run gives an empty table.
    """
    wanted = [experiment] if isinstance(experiment, str | ModuleType) else list(experiment)
    words = [one if isinstance(one, str) else one.word for one in wanted]
    if os.environ.get("ACTS_RENDER") == "1":
        found = records(config)
        return found[found["experiment"].isin(words)].reset_index(drop=True)
    from acts import records as table
    from acts.engine import desk

    return table.concat(desk.interactive(one, config) for one in wanted)


def records(config: "str | Path | params.Params") -> "pd.DataFrame":
    """Return all published records of a configuration; an empty table when it was never run."""
    from acts import records as table

    path = published(config) / "records.parquet"
    return table.read(path) if path.is_file() else table.frame([])


def published(config: "str | Path | params.Params") -> Path:
    """Return the folder under reports/ that belongs to a configuration."""
    name = config.name if isinstance(config, params.Params) else Path(config).stem
    return params.root() / "reports" / name
