"""Questions: is a function better than ReLU, and than others, on these tasks and on tasks like these, in sentences."""

from typing import Any

import numpy as np
import pandas as pd

from acts.claims import duels as judging
from acts.claims.index import Index, indexed
from acts.claims.sentences import listed
from acts.figures import naming
from acts.figures.duels import QUESTIONS, REFERENCE, WORDS, ends, span
from acts.figures.table import Table, escape, number, unmeasured

_OPENINGS = {
    "better": "it is **better than {other}**",
    "worse": "it is **worse than {other}**",
    "equal": "it is **practically equal to {other}**",
    "ahead": "it is **ahead of {other}**, but not surely by a margin",
    "behind": "it is **behind {other}**, but not surely by a margin",
    "open": "it **cannot be told apart from {other}**",
    "few": "it is **not decidable** whether it is better than {other}",
}  # fmt: skip
_OF = {"here": "seed", "general": "task"}  # what is repeated


def verdicts(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Table:
    """Return both questions put to every own function against ReLU: replicates, difference, answer, what would do."""
    columns = {"function": "Function", "question": "Better than ReLU …", "n": "Over", "effect": "Margins [95 %]",
               "word": "It is", "found_from": "Finds from", "needed": "To decide"}  # fmt: skip
    index = indexed(records)
    rows = [
        {
            "function": naming.label(catalogue, name), "question": words, "n": _counted(row["n"], _OF[question]),
            "effect": f"{number(row['effect'], 2)}{span(row, 'word')}", "word": WORDS[row["word"]],
            "found_from": f"± {number(row['found_from'], 2)}" if np.isfinite(row["found_from"]) else None,
            "needed": plan(row, _OF[question]) or None,
        }
        for name in naming.own(catalogue)
        for question, words in QUESTIONS.items()
        if (row := _beside(index, name, question))
    ]  # fmt: skip
    if not rows:
        return unmeasured("outcomes of a function of one's own beside those of ReLU", columns)
    return Table(pd.DataFrame(rows), columns, numbers=("effect", "found_from"))


def _beside(index: Index, name: str, question: judging.Question) -> dict[Any, Any]:
    """Return the duel of a function with ReLU, nothing where there is none."""
    found = judging.duels(index, name, question)
    rows = found[found["rival"] == REFERENCE].to_dict("records")
    return rows[0] if rows else {}


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def plan(row: dict[Any, Any], what: str) -> str:
    """Return about how many replicates would decide an open duel, two digits at most; empty where it is decided."""
    if row["word"] in ("better", "worse", "equal"):
        return ""
    least = judging.FEWEST if what == "task" else judging.SEEDS
    if pd.notna(row["needed"]):
        return f"about {number(float(format(max(float(row['needed']), least), '.2g')))} {what}s"
    if row["word"] == "few":  # so few have no finite interval, by which one could plan
        return f"at least {least} {what}s"
    return "not known: runs diverge" if row["ranks"] else f"over 10,000 {what}s"


# --- is it better than ReLU -------------------------------------------------------------------------------------------


def quality(index: Index, catalogue: pd.DataFrame, name: str) -> str:
    """Return whether a function is better than ReLU, on these tasks and on tasks like these, each side as tuned."""
    here = _beside(index, name, "here")
    if not here:
        return ""
    return f"{_here(here, index, catalogue, name)} {_general(_beside(index, name, 'general'), catalogue)}"


def _here(row: dict[Any, Any], index: Index, catalogue: pd.DataFrame, name: str) -> str:
    """Return what holds of these tasks, over all of them and task by task."""
    these = "this one task" if row["tasks"] == 1 else f"these {row['tasks']} tasks"
    tuned = "each side at its own tuned rate and init"
    said = f"On {these} {_opening(row, catalogue)}: {_size(row, ratio=row['word'] != 'open')}, {tuned}."
    if row["word"] == "few":
        return said
    counts = judging.by_task(index, name, REFERENCE)["decided"].value_counts()
    told = [f"{WORDS[word]} on {counts[word]}" for word in ("better", "equal", "worse", "open") if word in counts.index]
    one_by_one = f" Task by task, after Holm's correction, it is {listed(told)} (@fig-yours-tasks)."
    return said + one_by_one * (row["tasks"] > 1)


def _general(row: dict[Any, Any], catalogue: pd.DataFrame) -> str:
    """Return what holds of tasks like these, and where that is open how many of them would decide it."""
    if row["word"] == "few":
        return f"Of tasks in general nothing can be said. {_enough(row['n'])}"
    opening = f"On tasks like these in general {_opening(row, catalogue)}"
    many = plan(row, "task")
    would = f"; to decide it takes {many}, if they differ as these do" if many.startswith("about") else ""
    between = f":{span(row, 'word')} margins" if span(row, "word") else ""
    return f"{opening}{between}{would} (@tbl-yours-verdicts)."


def _opening(row: dict[Any, Any], catalogue: pd.DataFrame) -> str:
    word = row["word"]
    if word == "open" and (row["low"] > 0 or row["high"] < 0):
        word = "ahead" if row["effect"] > 0 else "behind"
    return _OPENINGS[word].format(other=escape(naming.label(catalogue, REFERENCE)))


def _size(row: dict[Any, Any], *, ratio: bool) -> str:
    """Return an effect in margins with its interval, and as a ratio: 6.0 margins better [2.9, 9.2], 14 % less."""
    effect, found = float(row["effect"]), ends(row, "word")
    side, over = "better" if effect >= 0 else "worse", f"over {_counted(row['n'], 'seed')}"
    if np.isinf(effect):
        return f"infinitely {side} {over}, since runs diverged"
    low, high = sorted(end if effect >= 0 else -end for end in found)
    level = "; 90 %" if row["word"] == "equal" else ""
    between = f" [{number(low, 2)}, {number(high, 2)}{level}]" if np.isfinite(found).all() else ""
    of = float(row["ratio"])
    agrees = np.isfinite(of) and (1 - of) * effect > 0  # margins weigh errors and losses apart, a ratio does not
    less = f"{number(100 * abs(1 - of), 2)} % {'less' if of < 1 else 'more'} test error or loss"
    by = f"{number(abs(effect), 2)} margins {side}" if effect else "no difference"
    return f"{by}{between} {over}{f', {less}' if ratio and agrees else ''}"


def _enough(count: int) -> str:
    """Return what to run where tasks are too few to decide."""
    named = judging.enough()
    there = f" Configurations with so many are {listed([f'`{one}`' for one in named])}." if named else ""
    line = " Enter it in one of their files too." if named else ""
    here = f"here {'are' if count > 1 else 'is'} {count}"
    return f"A sentence about them needs {judging.FEWEST}; {here}.{there}{line}"


# --- among all --------------------------------------------------------------------------------------------------------


def place(index: Index, catalogue: pd.DataFrame, name: str) -> str:
    """Return the place of a function among all that share its tasks, whom it beats there, and who beats it."""
    found = judging.duels(index, name, "here")
    rank = judging.rank(found)
    if rank is None:
        return ""
    said = f"By its mean over these tasks it takes place {rank.place} of {rank.of}{_unsure(rank)}."
    beats, beaten, equal, open_ = (_those(found, catalogue, word) for word in ("better", "worse", "equal", "open"))
    several = int((found["decided"] == "worse").sum()) > 1
    told = [
        f"it beats {beats or 'none'} by more than a margin",
        f"{beaten or 'none'} {'beat' if several else 'beats'} it",
        *([f"it is practically equal to {equal}"] if equal else []),
        *([f"open: {open_}"] if open_ else []),
    ]
    return f"{said} After correction for {rank.of - 1} duels {'; '.join(told)} (@fig-yours-duels)."


def _unsure(rank: judging.Rank) -> str:
    """Return which places the sure differences leave, as the end of a sentence."""
    if (rank.best, rank.worst) == (1, rank.of):
        return ", but no difference is sure and every place stays possible"
    left = f", though the sure differences alone leave the places from {rank.best} to {rank.worst}"
    return left * (rank.best < rank.worst)


def _those(found: pd.DataFrame, catalogue: pd.DataFrame, word: str) -> str:
    names = found.loc[found["decided"] == word, "rival"]
    return listed([escape(naming.label(catalogue, str(one))) for one in names])
