"""Tellings: sentences whose every number comes from the records, for a reader who wants the finding in words."""

import pandas as pd

from acts import records as door
from acts.figures import cells, crowds, gates, naming, tasks
from acts.figures.convergence import ALIKE, MARGIN, paired_ratios
from acts.figures.gradient_flow import FLOW, INITS, summary
from acts.figures.results import spanned
from acts.figures.table import Text, escape, number
from acts.figures.widths import agreement

_NOTHING = "Nothing of this was measured here."


def networks(records: pd.DataFrame) -> Text:
    """Return what gradient flow was measured on: functions, inits, depths, width, networks."""
    rows = door.where(records, experiment="gradient_flow", metric=FLOW, phase="init").dropna(subset=["depth"])
    if rows.empty:
        return Text(_NOTHING)
    depths = sorted(rows["depth"].unique())
    kinds = ", ".join(escape(naming.word(network)) for network in sorted(rows["network"].dropna().unique()))
    deep = _listed([str(depth) for depth in depths])
    return Text(
        f"Measured here: {rows['activation'].nunique()} activations under {rows['init'].nunique()} inits, "
        f"{rows['seed'].nunique()} random networks each ({kinds}), at depths {deep}."
    )


def flows(records: pd.DataFrame, catalogue: pd.DataFrame) -> Text:
    """Return, init by init, the lowest and the highest gradient flow at the greatest depth, with their intervals."""
    found = summary(records, FLOW, "depth")
    if found.empty:
        return Text(_NOTHING)
    found = found[found["at"] == found["at"].max()].dropna(subset=["centre"])
    said = []
    for init in [one for one in INITS if one in set(found["init"])]:
        own = found[found["init"] == init].sort_values("centre")
        low, high = (_power(row, catalogue) for row in (own.iloc[0], own.iloc[-1]))
        said.append(f"- **{naming.word(init)}**: from {low} to {high}")
    depth = int(found["at"].iloc[0])
    return Text(f"Over {depth} layers the squared gradient is multiplied by\n\n" + "\n".join(said) + "\n")


def finite(records: pd.DataFrame) -> Text:
    """Return how often the theory of infinite width lies within what networks of finite width measured."""
    return Text(agreement(records) or _NOTHING)


def _power(row: pd.Series, catalogue: pd.DataFrame) -> str:
    ends = f", 95 % {_ten(row['low'])} to {_ten(row['high'])}" if pd.notna(row["low"]) else ""
    return f"{_ten(row['centre'])} ({escape(naming.label(catalogue, row['activation']))}{ends})"


def _ten(exponent: float) -> str:
    return f"$10^{{{number(exponent, '.1f').replace('−', '-')}}}$"


def runs(records: pd.DataFrame) -> Text:
    """Return what convergence was measured on: functions, data sets, networks, optimisers, pairs, runs."""
    rows = cells.final(records, "loss_area")
    if rows.empty:
        return Text(_NOTHING)
    names = {column: [escape(naming.word(one)) for one in sorted(rows[column].unique())]
             for column in ("dataset", "network", "optimizer")}  # fmt: skip
    final = rows.drop_duplicates(["activation", "dataset", "network", "optimizer", "seed"])
    judged, tuned = _thousands(len(final)), _thousands(len(cells.tuning(records)))
    return Text(
        f"Measured here: {rows['activation'].nunique()} activations on {_listed(names['dataset'])}, in "
        f"{_listed(names['network'])}, with {_listed(names['optimizer'])}; {rows['seed'].nunique()} paired seeds "
        f"a cell, {judged} judged runs, behind them {tuned} tuning runs."
    )


def against(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Text:
    """Return how the paired contrasts with a reference fall: faster, slower, practically equivalent, undecided."""
    found = paired_ratios(records, reference=reference).dropna(subset=["low", "high"])
    if found.empty:
        return Text(_NOTHING)
    low, high = found["low"], found["high"]
    faster, slower = int((high < ALIKE[0]).sum()), int((low > ALIKE[1]).sum())
    alike = int(((low > ALIKE[0]) & (high < ALIKE[1])).sum())
    rest = len(found) - faster - slower - alike
    name = escape(naming.label(catalogue, reference))
    return Text(
        f"Contrasts with {name}, each one cell and one optimiser: {len(found)}. The whole interval lies beyond the "
        f"margin of {number(100 * MARGIN)} % in {faster} of them in favour of the other function and in {slower} in "
        f"favour of {name}; inside the margin in {alike}; {rest} are open. These counts describe; the verdicts below "
        "are adjusted for the number of contrasts."
    )


def tournament(records: pd.DataFrame, *, config: str = "") -> Text:
    """Return what the tournament was run on: tasks, seeds, judged and tuning runs; and the tasks that were not run."""
    found = tasks.judged(records)
    absent = [escape(one) for one in crowds.gaps(records, config)]
    gap = f" Asked for and not run here: {'; '.join(absent)}." if absent else ""
    if found.empty:
        return Text(f"{_NOTHING}{gap}")
    tune = tasks.trained(records, phase="tune", metric="diverged")
    kinds = found.drop_duplicates("task")["metric"].value_counts()
    judged = [f"{count} by {metric}" for metric, count in kinds.items()]
    return Text(
        f"Measured here: {found['activation'].nunique()} activations on {found['task'].nunique()} tasks "
        f"({_listed(judged)}), {_span(found.groupby('task')['seed'].nunique())} paired seeds each; "
        f"{_thousands(len(found))} judged runs, behind them {_thousands(len(tune))} tuning runs.{gap}"
    )


def _span(counts: pd.Series) -> str:
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low} to {high}"


def over_tasks(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Text:
    """Return how the contrasts with a reference fall task by task, and whose mean over tasks lies apart from 1."""
    ratios = tasks.contrasts(tasks.judged(records), reference=reference)
    known = ratios.dropna(subset=["low", "high"])
    if known.empty:
        return Text(_NOTHING)
    name = escape(naming.label(catalogue, reference))
    lower = known["metric"].map(lambda metric: tasks.BANDS[metric][0])
    higher = known["metric"].map(lambda metric: tasks.BANDS[metric][1])
    better, worse = int((known["high"] < lower).sum()), int((known["low"] > higher).sum())
    alike = int(((known["low"] > lower) & (known["high"] < higher)).sum())
    return Text(
        f"Contrasts with {name}, one activation on one task each: {len(known)}. The whole interval lies beyond the "
        f"margin in {better} of them in favour of the other function and in {worse} in favour of {name}; inside the "
        f"margin in {alike}; {len(known) - better - worse - alike} are open.{_means(ratios, catalogue, name)}"
    )


def _means(ratios: pd.DataFrame, catalogue: pd.DataFrame, name: str) -> str:
    """Return the mean ratios over tasks whose interval leaves out 1, the lowest first."""
    means = tasks.over_tasks(ratios).dropna(subset=["low", "high"])
    if means.empty:
        return " The tasks are too few for an interval over tasks."
    apart = means[(means["high"] < 1) | (means["low"] > 1)].sort_values("middle")
    said = [f"{escape(naming.label(catalogue, row['activation']))} {escape(spanned(row))}"
            for row in apart.to_dict("records")]  # fmt: skip
    told = f" Over tasks, the interval of the mean ratio to {name} leaves out 1 for {len(apart)} of {len(means)}"
    return f"{told}: {'; '.join(said)}." if said else f"{told}."


def gating(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Text:
    """Return what gating does beside what the function does, as ratios with their intervals."""
    effects = gates.contrasts(gates.with_gates(tasks.judged(records)), catalogue, reference=reference)
    if not (effects["kind"] == "gate").any():
        return Text(_NOTHING)
    return Text(escape(gates.told(effects, reference=naming.label(catalogue, reference))))


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
