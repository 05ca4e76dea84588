"""Duels: a configuration's own functions against every other one, over all tasks and task by task, in margins."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from acts.claims import duels as judging
from acts.claims.index import Index, indexed
from acts.figures import intervals, naming
from acts.figures.dots import Dot, beside, rows_of_dots
from acts.figures.palette import GREY, INK, PALE
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, missing
from acts.figures.table import number

WORDS = {
    "better": "better", "equal": "practically equal", "worse": "worse", "open": "open", "few": "too few",
}  # fmt: skip
QUESTIONS: dict[judging.Question, str] = {"here": "on these tasks", "general": "on tasks like these"}
REFERENCE = "relu"
_FARTHEST, _NEAREST = 20.0, 3.0  # margins on either side that a panel shows at most and at least
_WORD = 0.95  # inches right of a single panel
_APART = {"here": -0.2, "general": 0.2}  # of a row: where the answers to the two questions stand
_ENDS = ("effect", "low", "high")
_CROWD = 22  # tasks that are drawn one by one


def present(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> list[str]:
    """Return the functions of one's own that have a duel here, as many as a figure has room for."""
    index = indexed(records)
    return naming.brought(catalogue, [name for name in naming.own(catalogue) if len(judging.duels(index, name))])


@drawn
def duels(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Drawing:
    """Return every own function against every other one: the mean over tasks in margins, a panel each, a row a rival.

    The upper, thick interval of a row is over seeds and holds for these tasks, the lower, thin one is over tasks.
    Filled: decided after Holm; hollow: open; small: too few replicates to be judged.
    """
    index = indexed(records)
    names = present(index, catalogue)
    if not names:
        return missing("outcomes of a function of one's own beside those of others")
    parts = [judging.duels(index, name, one).assign(function=name, question=one) for name in names for one in QUESTIONS]
    found = pd.concat(parts, ignore_index=True)
    rows = _rows(found)
    labels = {row: naming.label(catalogue, row) for row in rows}
    found["row"] = found["rival"].map(labels)
    alone, columns = len(names) == 1, len(names) if len(names) <= 4 else 3
    figure, grid = beside(len(names), columns, list(labels.values()), row=0.25, right=_WORD if alone else 0.1)
    for axes, name in zip(grid, names, strict=True):
        own, colour = found[found["function"] == name], naming.colour(catalogue, name)
        _panel(axes, own, list(labels.values()), colour)
        axes.set_title(f"{naming.label(catalogue, name)} against", color=colour)
        axes.set_xlabel("margins better (right) or worse" if columns < 3 else "margins better")
        if alone:
            _words(axes, own, list(labels.values()))
    said = "upper, thick: on these tasks, over seeds; lower, thin: on tasks like these, over tasks"
    figure.text(0.0, 0.0, said, fontsize=SMALL, color=GREY, va="bottom")
    figure.data = _sheet(found, catalogue)
    figure.finding = " ".join(_told(found[found["function"] == name], catalogue, name) for name in names)
    return figure


def _rows(found: pd.DataFrame) -> list[str]:
    """Return the rivals, own ones included, the strongest first by the mean of their duels; those of few tasks last."""
    told = found.assign(few=found["decided"] == "few").groupby("rival").agg({"few": "all", "effect": "mean"})
    return [str(name) for name in told.sort_values(["few", "effect"], kind="stable").index]


def _sheet(found: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    headings = {"function": "function", "rival": "against", "question": "asked", "effect": "margins in its favour",
                "low": "95 % low", "high": "95 % high", "n": "seeds, or tasks", "decided": "it is"}  # fmt: skip
    named = {one: found[one].map(lambda name: naming.label(catalogue, str(name))) for one in ("function", "rival")}
    words = {"decided": found["decided"].map(WORDS), "question": found["question"].map(QUESTIONS)}
    return sheet(found.assign(**named, **words), catalogue, headings)


def limits(ends: np.ndarray) -> tuple[float, float]:
    """Return limits in margins around 0 that hold the finite ends, within reason."""
    finite = ends[np.isfinite(ends)]
    low, high = (min(float(finite.min()), 0.0), max(float(finite.max()), 0.0)) if len(finite) else (0.0, 0.0)
    return -min(max(-1.08 * low, _NEAREST), _FARTHEST), min(max(1.08 * high, _NEAREST), _FARTHEST)


def banded(axes: Axes) -> None:
    """Draw one margin to either side as a band and equality as a line."""
    axes.axvspan(-1, 1, color=PALE, alpha=0.4, linewidth=0, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)


def _panel(axes: Axes, own: pd.DataFrame, rows: list[str], colour: str) -> None:
    shown = limits(own[list(_ENDS)].to_numpy(float).ravel())
    rows_of_dots(axes, [_dot(row, colour) for row in own.to_dict("records")], rows, limits=shown, apart=False)
    for gap in [row for row in rows if row not in set(own["row"])]:
        axes.text(0.02, rows.index(gap), "itself", transform=axes.get_yaxis_transform(), fontsize=SMALL - 1.5,
                  color=GREY, style="italic", va="center_baseline")  # fmt: skip
    banded(axes)


def _dot(row: dict[Any, Any], colour: str) -> Dot:
    """Return a duel's point: in its colour where the function is better, dark where it is worse, grey elsewhere."""
    word, question = str(row["decided"]), row.get("question", "")
    shade = {"better": colour, "worse": INK}.get(word, GREY)
    known = np.isfinite([row["low"], row["high"]]).any()
    low, high = (row["low"], row["high"]) if known else (np.nan, np.nan)
    marker = {"equal": "D", "few": "."}.get(word, "o")
    return Dot(row["row"], row["effect"], low, high, shade, marker=marker, hollow=word == "open",
               shift=_APART.get(question, 0.0), light=question == "general")  # fmt: skip


def _words(axes: Axes, own: pd.DataFrame, rows: Sequence[str]) -> None:
    """Write right of a panel what every duel says, and on how many seeds or tasks."""
    for row in own.to_dict("records"):
        of = f"{'seed' if row['question'] == 'here' else 'task'}{'s' * (row['n'] != 1)}"
        said = {"equal": "equal"}.get(row["decided"], WORDS[row["decided"]])
        axes.text(1.02, rows.index(row["row"]) + _APART[row["question"]], f"{said}, {row['n']} {of}",
                  fontsize=SMALL - 1, transform=axes.get_yaxis_transform(), va="center_baseline",
                  color=INK if row["decided"] in ("better", "worse") else GREY)  # fmt: skip


def _told(own: pd.DataFrame, catalogue: pd.DataFrame, name: str) -> str:
    """Return a function's duels as sentences, the strongest rival first."""
    said = []
    for question, words in QUESTIONS.items():
        duels_ = "; ".join(
            f"{naming.label(catalogue, row['rival'])} {number(row['effect'])}{span(row)} ({WORDS[row['decided']]})"
            for row in own[own["question"] == question].to_dict("records")
        )
        said.append(f"{words} against {duels_}")
    about = "margins in its favour with 95 % intervals where no other is named"
    return f"{naming.label(catalogue, name)}, {about}: {'. '.join(said)}."


def ends(row: dict[Any, Any], said: str = "decided") -> tuple[float, float]:
    """Return the interval that decides a row: of what is practically equal that of 90 %, by which it is."""
    inner = row[said] == "equal"
    return (row["inner_low"], row["inner_high"]) if inner else (row["low"], row["high"])


def span(row: dict[Any, Any], said: str = "decided") -> str:
    """Return the interval that decides a row in brackets after a blank, empty where it has none."""
    low, high = ends(row, said)
    level = "; 90 %" if row[said] == "equal" else ""
    return f" [{number(low)}, {number(high)}{level}]" if np.isfinite([low, high]).all() else ""


# --- task by task -----------------------------------------------------------------------------------------------------


@drawn
def tasks(records: pd.DataFrame | Index, catalogue: pd.DataFrame) -> Drawing:
    """Return own functions against ReLU and against the best other, a panel each, a row a task, in margins.

    Points with exact intervals over paired seeds; of many tasks those of a kind are gathered, with intervals over them.
    """
    index = indexed(records)
    panels = [(name, rival) for name in present(index, catalogue) for rival in _opponents(index, name)]
    parts = [_by_task(index, name, rival) for name, rival in panels]
    if not parts:
        return missing("tasks of a function of one's own")
    found = _gathered(pd.concat(parts, ignore_index=True))
    ordered = found.sort_values(
        ["place", "row"], key=lambda column: column if column.name == "place" else column.str.casefold()
    )
    rows, shown = ordered["row"].astype(str).unique().tolist(), limits(found[list(_ENDS)].to_numpy(float).ravel())
    columns = min(len(panels), 4)
    figure, grid = beside(len(panels), columns, rows, row=0.19, top=0.42, foot=0.12)
    for axes, (name, rival) in zip(grid, panels, strict=True):
        own = found[(found["function"] == name) & (found["rival"] == rival)]
        colour = naming.colour(catalogue, name)
        axes.add_patch(Rectangle((-1, -0.5), 2, len(rows), color=PALE, alpha=0.4, linewidth=0, zorder=0))
        rows_of_dots(axes, [_dot(row, colour) for row in own.to_dict("records")], rows, limits=shown, apart=False)
        axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
        axes.xaxis.set_major_locator(MaxNLocator(4 if columns > 2 else 7, integer=True))
        axes.set_title(naming.label(catalogue, name), color=colour, pad=13)
        axes.annotate(f"against {naming.label(catalogue, rival)}", (0, 1), xytext=(0, 4), xycoords="axes fraction",
                      textcoords="offset points", fontsize=SMALL, color=GREY)  # fmt: skip
        axes.set_xlabel("margins better (right) or worse" if columns < 3 else "margins better", fontsize=SMALL)
    told = found.assign(function=found["function"].map(lambda one: naming.label(catalogue, one)),
                        rival=found["rival"].map(lambda one: naming.label(catalogue, one)),
                        decided=found["decided"].map(WORDS))  # fmt: skip
    headings = {"function": "function", "rival": "against", "row": "task", "effect": "margins in its favour",
                "low": "95 % low", "high": "95 % high", "n": "pairs, or tasks", "decided": "it is"}  # fmt: skip
    figure.data = sheet(told, catalogue, headings)
    figure.finding = " ".join(_counted(found, catalogue, name, rival) for name, rival in panels)
    return figure


def _opponents(index: Index, name: str) -> list[str]:
    """Return ReLU and the best other, each where it is there."""
    found = judging.duels(index, name, "here")
    both = [one for one in (REFERENCE,) if one in set(found["rival"])]
    best = judging.best_other(found[found["rival"] != REFERENCE])
    return [*both, *([best] if best else [])]


def _by_task(index: Index, name: str, rival: str) -> pd.DataFrame:
    return judging.by_task(index, name, rival).assign(function=name, rival=rival)


def _gathered(found: pd.DataFrame) -> pd.DataFrame:
    """Return duels by row in the order of tasks: a row a task, or a kind of task where there is a crowd."""
    about = found[["dataset", "network"]].to_dict("records")
    places = [_KINDS.index(kind) if (kind := str(row["network"]).partition("_")[0]) in _KINDS else 9 for row in about]
    titles = [naming.task(row["dataset"], row["network"], row["norm"] or "none") for row in found.to_dict("records")]
    found = found.assign(place=places, row=titles)
    if found["row"].nunique() <= _CROWD:
        return found
    found = found.assign(row=[naming.group(row["dataset"], row["network"]) for row in about])
    groups = found.groupby(["function", "rival", "row", "place"], sort=False)["effect"]
    rows = [(*key, *_mean(part), len(part), "open") for key, part in groups]
    columns = ["function", "rival", "row", "place", "effect", "low", "high", "n", "decided"]
    return _sure(pd.DataFrame(rows, columns=columns))


_KINDS = ("mlp", "resmlp", "autoencoder", "cnn", "rnn", "gru", "transformer")


def _mean(effects: pd.Series) -> tuple[float, float, float]:
    return intervals.centre(effects)


def _sure(rows: pd.DataFrame) -> pd.DataFrame:
    """Return gathered rows with a word where the interval over tasks lies beyond a margin."""
    word = np.where(rows["low"] > 1, "better", np.where(rows["high"] < -1, "worse", "open"))
    return rows.assign(decided=word)


def _counted(found: pd.DataFrame, catalogue: pd.DataFrame, name: str, rival: str) -> str:
    """Return how many rows say what of a pair, as a sentence; of tasks after Holm, of kinds of task as it is."""
    own = found[(found["function"] == name) & (found["rival"] == rival)]
    counts = own["decided"].value_counts()
    said = [f"{int(counts[word])} {WORDS[word]}" for word in WORDS if word in counts.index]
    pair = f"{naming.label(catalogue, name)} against {naming.label(catalogue, rival)}"
    median = number(float(own["effect"].median()))
    by = "kind by kind" if "word" not in own else "row by row after Holm"
    return f"{pair}, {by}: {', '.join(said)} of {len(own)}; the median difference is {median} margins."
