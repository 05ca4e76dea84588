"""Records of formulas for a few activations, measured once a test process; some parts that no claim reads left out."""

from functools import cache

import pandas as pd

from acts import records
from acts.activations import Activation, get
from acts.experiments import formulas
from acts.jobs import Job

NAMED = (
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "softsign", "softplus", "softmax", "bilinear",
    "swish", "hardswish",
)  # fmt: skip
UNREAD = ("curve", "sliders")  # no claim does


def tables(activation: Activation, *parts: str) -> list[pd.DataFrame]:
    """Return the tables of an activation's parts, when none is named of all that a claim may read."""
    runs = formulas.runs(activation, {"points": 5, "span": 2.0})
    kept = tuple(run for run in runs if (run["part"] in parts if parts else run["part"] not in UNREAD))
    return formulas.measure(Job("formulas", activation.name, kept))


@cache
def measured() -> pd.DataFrame:
    """Return the records of the activations that claims name."""
    return records.check(records.concat(table for name in NAMED for table in tables(get(name))))
