"""Yours: what the review finds about the functions that a configuration brings along."""

from functools import partial
from typing import Any

import pandas as pd

from acts import claims
from acts.claims import asking, sentences
from acts.claims.index import Index, indexed
from acts.figures import formulas, naming
from acts.figures.answers import answer
from acts.figures.duels import duels, tasks
from acts.figures.practice import beside_relu, cost, dead
from acts.figures.questions import verdicts
from acts.figures.shapes import neighbours, shapes
from acts.figures.signals import depths, signal
from acts.figures.table import Table, Text, escape, tame, unmeasured, visible

__all__ = [
    "answer", "asked", "beside_relu", "chance", "cost", "dead", "depths", "duels", "formula", "long", "neighbours",
    "properties", "shapes", "signal", "tasks", "verdicts",
]  # fmt: skip
_DECIDED = {word for word in claims.VOCABULARY if word not in (*sentences.UNANSWERED, "inconclusive")}
_TEX = {"latex": "f(x)", "derivative_latex": "f'(x)"}


def _own(catalogue: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a catalogue that the configuration brought along."""
    return catalogue[catalogue["name"].isin(naming.own(catalogue))]


def formula(catalogue: pd.DataFrame) -> Table:
    """Return formula, derivative and the start of every parameter of own functions; long ones stand in ``long``."""
    columns = {"label": "Function", "latex": "$f(x)$", "derivative_latex": "$f'(x)$", "defaults": "Parameters"}
    own = _own(catalogue)
    if own.empty:
        return unmeasured("no function of its own", columns)
    table = own.assign(defaults=own["parameters"].map(formulas.defaults))
    for column in _TEX:
        table[column] = table[column].astype(object).mask(own[column].map(_long))
    return Table(table, columns, math=("latex", "derivative_latex"))


def long(catalogue: pd.DataFrame) -> Text:
    """Return formulas and derivatives of own functions that are too wide for a table, each displayed."""
    own = _own(catalogue)
    said = [
        f"{escape(row['label'])}:\n\n$$ {sign} = {tame(str(row[column]))} $$\n"
        for row in own.to_dict("records")
        for column, sign in _TEX.items()
        if _long(row[column])
    ]
    return Text("\n".join(said))


def _long(latex: object) -> bool:
    return isinstance(latex, str) and visible(latex) > formulas.LONG


def properties(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Table:
    """Return what follows from the formulas of own functions: range, minimum, Lipschitz constant, smoothness."""
    rows = indexed(records).records
    own = naming.own(catalogue)
    return formulas.properties(rows[rows["activation"].isin(own)], catalogue)


def _answers(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> dict[str, list[claims.Answer]]:
    """Return the answers of every own function by name, asked once for an index."""
    index = indexed(records)
    labels = asking.own(catalogue)
    return {
        name: index.kept(("answers", name), partial(claims.answers, index, name, label=labels[name])) for name in labels
    }


def asked(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Table:
    """Return the review's own sentences asked of own functions: the sentence, the original's verdict, the answer."""
    columns = {"claim": "Asked", "before": "Of the original", "answer": "Answer", "of": "Claim"}
    rows: list[dict[str, Any]] = [
        {"claim": one.claim.claim, "before": f"{one.before.verdict}", "answer": _set(asking.told(one.verdict)),
         "of": f"[{one.original.id}](#claim-{one.original.id})"}
        for found in _answers(records, catalogue).values()
        for one in found
    ]  # fmt: skip
    if not rows:
        return unmeasured("nothing that could be asked of a function of one's own", columns)
    return Table(pd.DataFrame(rows), columns, markdown=("of", "answer"))


def _set(told: str) -> str:
    """Return an answer as markdown with its verdict in bold."""
    word, rest = asking.parted(told)
    return f"**{escape(word)}**{said(rest)}"


def said(rest: str) -> str:
    """Return the rest of an answer as markdown that keeps its leading blank."""
    return f"{' ' if rest.startswith(' ') else ''}{escape(rest)}"


def chance(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Text:
    """Return how many sentences were asked, how they were answered, and how many answers chance alone would give."""
    lines = []
    for name, found in _answers(records, catalogue).items():
        if not found:
            continue
        words = pd.Series([one.verdict.verdict for one in found]).value_counts()
        told = ", ".join(f"{count} {escape(word)}" for word, count in words.items())
        tested = sum(one.verdict.p_holm is not None for one in found)
        both = [one for one in found if {one.verdict.verdict, one.before.verdict} <= _DECIDED]
        agree = sum(one.verdict.verdict == one.before.verdict for one in both)
        lines.append(
            f"Of **{escape(naming.label(catalogue, name))}** {len(found)} sentences were asked: {told}. Where the "
            f"original is decided too, {agree} of {len(both)} have its verdict. {tested} of the answers rest on a test "
            f"at 5 %, so that luck alone would decide up to about {0.05 * tested:.1f}."
        )
    return Text("\n\n".join(lines) or "No sentence of the review could be asked.")
