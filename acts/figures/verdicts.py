"""Verdicts: the ledger counted, drawn and listed."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from acts.figures import naming
from acts.figures.dots import Dot, rows_of_dots
from acts.figures.ledger import contradictions, listing, stated, summary, waiting
from acts.figures.palette import GREY, HOLLOW, PALE, VERDICTS, ink_on
from acts.figures.style import SMALL, WIDTH, drawn, missing, panels

__all__ = ["contradictions", "forest", "listing", "stated", "summary", "tiles", "topics", "waiting"]

_ABREAST = 16  # tiles in a line
_TILE = 0.335  # inches
_ROUND = "round,pad=0,rounding_size=0.12"


@drawn
def tiles(ledger: pd.DataFrame) -> Figure:
    """Return one tile a claim, gathered by verdict: the count of each verdict, and which claims they are."""
    if ledger.empty:
        return missing("the claims")
    words = [word for word in VERDICTS if (ledger["verdict"] == word).any()]
    lines = {word: -(-int((ledger["verdict"] == word).sum()) // _ABREAST) for word in words}
    tall = sum(lines.values()) + 0.4 * len(words)
    figure = Figure(figsize=(WIDTH, tall * _TILE * 0.72 + 0.05))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH / _TILE)
    axes.set_ylim(tall, 0)
    top = 0.0
    for word in words:
        _row(axes, word, ledger.loc[ledger["verdict"] == word, "claim"].tolist(), top)
        top += lines[word] + 0.4
    return figure


def _row(axes: Axes, word: str, claims: list[str], top: float) -> None:
    colour, hollow = VERDICTS[word], word in HOLLOW
    left = WIDTH / _TILE - _ABREAST
    axes.text(left - 1.15, top + 0.5, word, ha="right", va="center", fontsize=8, color=colour, fontweight="bold")
    axes.text(left - 0.25, top + 0.5, str(len(claims)), ha="right", va="center", fontsize=8, color=colour)
    for place, claim in enumerate(claims):
        down, along = divmod(place, _ABREAST)
        box = (left + along + 0.05, top + down + 0.07)
        style = {"facecolor": "none" if hollow else colour, "edgecolor": PALE if hollow else colour}
        axes.add_patch(FancyBboxPatch(box, 0.9, 0.86, boxstyle=_ROUND, linewidth=0.7, **style))
        ink = GREY if hollow else ink_on(colour)
        axes.text(box[0] + 0.45, box[1] + 0.45, claim, ha="center", va="center", fontsize=6, color=ink)


@drawn
def topics(ledger: pd.DataFrame) -> Figure:
    """Return the verdicts topic by topic as stacked bars with their counts."""
    if ledger.empty:
        return missing("the claims")
    names = list(dict.fromkeys(ledger["topic"]))
    figure, (axes,) = panels(1, 1, height=0.27 * len(names), left=2.35, right=0.2, top=0.32, bottom=0.4)
    counts = ledger.groupby(["topic", "verdict"]).size()
    for row, topic in enumerate(names):
        start = 0
        for word in [one for one in VERDICTS if (topic, one) in counts.index]:
            count = int(counts[topic, word])
            _bar(axes, row, start, count, word)
            start += count
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [topic.split(" (")[0].rstrip(",") for topic in names])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("claims")
    _legend(figure, [word for word in VERDICTS if (ledger["verdict"] == word).any()])
    return figure


def _bar(axes: Axes, row: int, start: int, count: int, word: str) -> None:
    hollow = word in HOLLOW
    axes.barh(
        row, count, left=start, height=0.72, facecolor="none" if hollow else VERDICTS[word],
        edgecolor=PALE if hollow else VERDICTS[word], linewidth=0.7, zorder=3,
    )  # fmt: skip
    ink = GREY if hollow else ink_on(VERDICTS[word])
    axes.text(start + count / 2, row, str(count), ha="center", va="center_baseline", fontsize=6.5, color=ink, zorder=4)


def _legend(figure: Figure, words: list[str]) -> None:
    x, y, height = 0.02, 1.0, figure.get_figheight()
    for word in words:
        figure.text(x, y - 0.16 / height, word, color=VERDICTS[word], fontsize=SMALL, fontweight="bold")
        x += (len(word) * 0.068 + 0.2) / WIDTH


@drawn
def forest(contrasts: pd.DataFrame, catalogue: pd.DataFrame) -> Figure:
    """Return every primary contrast that the claims name, in multiples of its margin, larger being for the claim.

    Beyond +1 the arm is better by more than the margin; the band is practical equivalence.
    """
    if contrasts.empty:
        return missing("the contrasts behind the claims")
    table = contrasts.assign(row=[_contrast(row, catalogue) for row in contrasts.to_dict("records")])
    table = table.drop_duplicates(["claim", "row"])
    figure, (axes,) = panels(1, 1, height=0.155 * len(table) + 0.1, left=3.1, right=0.15, top=0.1, bottom=0.45)
    limits = (-8.0, 8.0)
    dots = [_forest_dot(row) for row in table.to_dict("records")]
    rows_of_dots(axes, dots, [dot.row for dot in dots], limits=limits)
    axes.axvspan(-1, 1, color=PALE, alpha=0.4, linewidth=0, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    axes.tick_params(axis="y", labelsize=6.5)
    axes.set_xlabel("paired difference in the claim’s favour (margins)")
    return figure


def _contrast(row: dict[str, object], catalogue: pd.DataFrame) -> str:
    """Return the name of a contrast: claim, arms, and the cell."""
    arms = f"{naming.label(catalogue, str(row['a']))} vs {naming.label(catalogue, str(row['b']))}"
    where = [naming.word(str(row[one])) for one in ("dataset", "network", "optimizer") if pd.notna(row.get(one))]
    return f"{row['claim']}  {arms}, {', '.join(where)}"


def _forest_dot(row: dict[str, object]) -> Dot:
    middle, low, high = (float(row[end]) / float(row["margin"]) for end in ("effect", "low", "high"))  # type: ignore[arg-type]
    word = "supported" if low > 1 else "refuted" if high < -1 else "equivalent" if low > -1 and high < 1 else ""
    return Dot(f"{row['claim']}", middle, low, high, VERDICTS.get(word, GREY))
