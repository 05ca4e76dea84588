"""Cost: time and memory of functions alone and in a whole training step, as ratios to ReLU in the same process."""

import pandas as pd

from acts import records as door
from acts.figures import naming, timings
from acts.figures.bargains import accuracy
from acts.figures.stopwatch import elements, times
from acts.figures.stretches import memory, shares, steps
from acts.figures.table import Text, escape, number

__all__ = ["accuracy", "elements", "memory", "processes", "shares", "steps", "times"]
_NOTHING = "Nothing of this was measured here."


def processes(records: pd.DataFrame) -> Text:
    """Return how many processes were measured on what, and whether there was a compiler."""
    rows = door.where(records, experiment=timings.EXPERIMENT)
    if rows.empty:
        return Text(_NOTHING)
    compiler = rows.loc[rows["metric"] == "compiler", "value"]
    compiled = "compiled functions were not asked for"
    if len(compiler):
        there = bool((compiler > 0).all())
        compiled = "a compiler was there" if there else "there was no C++ compiler, so nothing was compiled"
    step = timings.leveled(rows[rows["metric"] == "step_ns"])
    typical = step.groupby(["network", "batch"])["value"].median().reset_index()
    order = sorted(typical.to_dict("records"), key=lambda row: (timings.width_of(row["network"]), int(row["batch"])))
    took = ", ".join(
        f"{escape(naming.word(row['network']))} at batch {row['batch']} in {number(row['value'] / 1e6, 2)} ms"
        for row in order
    )
    steps = f" A step with ReLU took, by the median process: {took}." if took else ""
    return Text(
        f"Measured here: {rows['activation'].nunique()} functions in each of {rows['seed'].nunique()} fresh processes "
        f"on {', '.join(sorted(rows['device'].unique()))}; {compiled}.{steps}"
    )
