"""Verdicts: the ledger counted, drawn and listed."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from acts.claims.sentences import listed
from acts.figures import naming
from acts.figures.forest import forest
from acts.figures.ledger import contradictions, falls, listing, sensitivity, stated, summary, sure, waiting, wrong
from acts.figures.outstanding import outstanding
from acts.figures.palette import GREY, HOLLOW, PALE, PAPER, VERDICTS, ink_on
from acts.figures.sheets import sheet
from acts.figures.style import WIDTH, Drawing, drawn, key, missing, panels

__all__ = [
    "contradictions", "falls", "forest", "listing", "outstanding", "sensitivity", "stated", "summary", "sure", "tiles",
    "topics", "waiting", "wrong",
]  # fmt: skip

_ABREAST = 16  # tiles in a line
_TILE = 0.335  # inches
_ROUND = "round,pad=0,rounding_size=0.12"


@drawn
def tiles(ledger: pd.DataFrame) -> Drawing:
    """Return one tile a claim, gathered by verdict: the count of each verdict, and which claims they are."""
    if ledger.empty:
        return missing("the claims")
    words = [word for word in VERDICTS if (ledger["verdict"] == word).any()]
    lines = {word: -(-int((ledger["verdict"] == word).sum()) // _ABREAST) for word in words}
    tall = sum(lines.values()) + 0.4 * len(words)
    figure = Drawing(figsize=(WIDTH, tall * _TILE * 0.72 + 0.05))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH / _TILE)
    axes.set_ylim(tall, 0)
    top = 0.0
    for word in words:
        _row(axes, word, ledger.loc[ledger["verdict"] == word, "claim"].tolist(), top)
        top += lines[word] + 0.4
    ranked = ledger.sort_values("verdict", key=lambda column: column.map(words.index), kind="stable")
    figure.data = sheet(ranked, pd.DataFrame(), {one: one for one in ("claim", "verdict", "topic", "statement")})
    counts = ledger["verdict"].value_counts()
    figure.finding = f"Of {len(ledger)} claims {listed([f'{counts[word]} are {word}' for word in words])}."
    return figure


def _row(axes: Axes, word: str, claims: list[str], top: float) -> None:
    colour, hollow = VERDICTS[word], word in HOLLOW
    left = WIDTH / _TILE - _ABREAST
    axes.text(left - 1.15, top + 0.5, word, ha="right", va="center", fontsize=8, color=colour, fontweight="bold")
    axes.text(left - 0.25, top + 0.5, str(len(claims)), ha="right", va="center", fontsize=8, color=colour)
    for place, claim in enumerate(claims):
        down, along = divmod(place, _ABREAST)
        box = (left + along + 0.05, top + down + 0.07)
        style: Any = {"facecolor": "none" if hollow else colour, "edgecolor": PALE if hollow else colour}
        axes.add_patch(FancyBboxPatch(box, 0.9, 0.86, boxstyle=_ROUND, linewidth=0.7, **style))
        ink = GREY if hollow else ink_on(colour)
        axes.text(box[0] + 0.45, box[1] + 0.45, claim, ha="center", va="center", fontsize=6, color=ink)


@drawn
def topics(ledger: pd.DataFrame) -> Drawing:
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
    axes.set_yticks(range(len(names)), [naming.topic(topic) for topic in names])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("claims")
    words = [word for word in VERDICTS if (ledger["verdict"] == word).any()]
    key(figure, [(word, VERDICTS[word]) for word in words], x=0.15, y=figure.get_figheight() - 0.18)
    table = counts.rename("claims").reset_index()
    table = table.sort_values("topic", key=lambda column: column.map(names.index), kind="stable")
    figure.data = sheet(table.assign(topic=table["topic"].map(naming.topic)), pd.DataFrame(),
                        {one: one for one in ("topic", "verdict", "claims")})  # fmt: skip
    figure.finding = _by_topic(ledger, names, words)
    return figure


def _by_topic(ledger: pd.DataFrame, names: list[str], words: list[str]) -> str:
    """Return the counts of every topic as a sentence."""
    counts = ledger.groupby(["topic", "verdict"]).size()
    said = []
    for name in names:
        told = [f"{counts[name, word]} {word}" for word in words if (name, word) in counts.index]
        said.append(f"{naming.topic(name)}: {listed(told)}")
    return f"{'; '.join(said)}."


def _bar(axes: Axes, row: int, start: int, count: int, word: str) -> None:
    hollow = word in HOLLOW
    axes.barh(
        row, count, left=start, height=0.72, facecolor="none" if hollow else VERDICTS[word],
        edgecolor=PALE if hollow else PAPER, linewidth=0.9, zorder=3,
    )  # fmt: skip
    ink = GREY if hollow else ink_on(VERDICTS[word])
    axes.text(start + count / 2, row, str(count), ha="center", va="center_baseline", fontsize=6.5, color=ink, zorder=4)
