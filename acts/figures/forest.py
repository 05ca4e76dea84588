"""Forest: every primary contrast behind the claims on one axis of margins, a row a claim, gathered by topic."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log1p
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Affine2D, blended_transform_factory

from acts import claims
from acts.claims import contrasts, findings
from acts.claims.powers import primary
from acts.claims.sentences import SIDES, listed
from acts.figures import naming
from acts.figures.palette import GREY, PALE, VERDICTS
from acts.figures.sheets import sheet
from acts.figures.style import WIDTH, Drawing, drawn, missing, text_width
from acts.figures.table import number

_ROW, _HEAD, _TOP, _BOTTOM = 0.142, 0.24, 0.08, 0.46  # inches
_LEFT, _RIGHT = 3.2, 1.1  # inches for the claims' words and for their numbers
_SIDES = ("less", "more", "lost", "gained", "closer", "farther")  # of units, what says which way an effect points
_SIZE = 5.8  # points of either
_WIDEST = 1e6  # half-width that an interval counts with at most
_FAR = 40.0  # margins; what lies beyond is an arrow
_TICKS = (-30, -10, -3, -1, 0, 1, 3, 10, 30)


@dataclass(frozen=True)
class Line:
    """A claim's row: its contrasts in margins with the words of each, and what the ledger says of the claim."""

    claim: str
    topic: str
    statement: str
    verdict: str
    told: str
    contrasts: pd.DataFrame
    bare: bool  # a direction only: in half-widths of the interval, as there is no margin


@drawn
def forest(records: pd.DataFrame, ledger: pd.DataFrame) -> Drawing:
    """Return all contrasts, positive in the claim's favour, in margins; the one that decides has its interval drawn.

    Colour of a dot is what the contrast says by itself, that of the name and number the verdict on the claim.
    """
    found = lines(records, ledger)
    if not found:
        return missing("the contrasts behind the claims")
    topics = list(dict.fromkeys(line.topic for line in found))
    tall = _TOP + _HEAD * len(topics) + _ROW * len(found) + _BOTTOM
    figure = Drawing(figsize=(WIDTH, tall))
    box = (_LEFT / WIDTH, _BOTTOM / tall, (WIDTH - _LEFT - _RIGHT) / WIDTH, (tall - _TOP - _BOTTOM) / tall)
    axes = figure.add_axes(box)
    _frame(axes, tall - _TOP - _BOTTOM)
    down = 0.0
    for topic in topics:
        down += _HEAD
        axes.text(-_LEFT + 0.02, down - 0.04, naming.topic(topic), fontsize=7, fontweight="bold",
                  va="bottom", transform=_inches(axes))  # fmt: skip
        for line in (one for one in found if one.topic == topic):
            _line(axes, line, down + _ROW / 2)
            down += _ROW
    count = sum(len(line.contrasts) for line in found)
    axes.set_title(f"{count} contrasts behind {len(found)} claims", fontsize=7.5)
    figure.data = _taken(found)
    says = figure.data["it says"].value_counts()
    told = [f"{says[word]} are {said}" for word, said in SIDES.items() if word in says.index]
    figure.finding = f"Of {count} contrasts behind {len(found)} claims {listed(told)}."
    return figure


def _taken(found: list[Line]) -> pd.DataFrame:
    """Return every contrast with its claim, in margins, or in half-widths of its interval where there is no margin."""
    headings = {"label": "contrast", "unit": "unit", "effect": "effect", "low": "95 % low", "high": "95 % high",
                "verdict": "it says"}  # fmt: skip
    parts = []
    for line in found:
        rows = line.contrasts.assign(unit="half-widths of the interval" if line.bare else "margins")
        about = {"claim": line.claim, "topic": naming.topic(line.topic), "verdict on the claim": line.verdict}
        parts.append(sheet(rows, pd.DataFrame(), headings).assign(**about)[[*about, *headings.values()]])
    return pd.concat(parts, ignore_index=True)


def lines(records: pd.DataFrame | claims.Index, ledger: pd.DataFrame) -> list[Line]:
    """Return the claims that contrasts decide and that have numbers here, in the catalogue's order."""
    told = ledger[ledger["verdict"] != "not measured here"].set_index("claim")
    index = records if isinstance(records, claims.Index) else claims.Index(records)
    found = []
    for claim in claims.catalogue():
        tables = list(_tables(claim, index)) if claim.id in told.index else []
        if tables:
            row = told.loc[claim.id]
            rows = pd.concat([table for table, _ in tables], ignore_index=True)
            bare = all(margin == 0 for _, margin in tables)
            said = {name: str(row[name]) for name in ("topic", "statement", "verdict")}
            found.append(Line(claim.id, **said, told=_effect(row), contrasts=rows, bare=bare))
    return found


def _tables(claim: Any, records: claims.Index) -> Iterator[tuple[pd.DataFrame, float]]:
    """Yield the contrasts of every part of a claim, in margins, with the part's margin."""
    for rule in primary(claim.rule):
        table = contrasts.table(claim.model_copy(update={"rule": rule}), records)
        table = table[table["effect"].notna()] if len(table) else table
        if len(table):
            yield _scaled(rule, table), float(rule.shown_margin)


def _scaled(rule: Any, table: pd.DataFrame) -> pd.DataFrame:
    """Return effect and interval in margins; where there is none in half-widths of the interval."""
    ends = table[["effect", "low", "high"]].to_numpy(float)
    if rule.scale == "log":
        ends = np.vectorize(lambda end: _log(end, rule.better == "lower"))(ends)
    unit = np.full(len(ends), rule.threshold if rule.threshold else np.nan)
    half = np.clip(ends[:, 2], -_WIDEST, _WIDEST) / 2 - np.clip(ends[:, 1], -_WIDEST, _WIDEST) / 2
    unit = np.where(np.isnan(unit), np.where(np.isfinite(half) & (half > 0), half, 1.0), unit)
    scaled = pd.DataFrame(ends / unit[:, None], columns=["effect", "low", "high"])
    return scaled.assign(verdict=table["verdict"].to_numpy(), label=table["label"].to_numpy())


def _log(percent: float, lower: bool) -> float:
    """Return the difference of logs behind a percentage that a reader is shown."""
    share = percent / 100
    if lower:
        return -log1p(-share) if share < 1 else np.inf
    return log1p(share) if share > -1 else -np.inf


def _effect(row: Any) -> str:
    """Return the verdict's number for the margin of the figure, as much of its unit as there is room for."""
    if pd.isna(row["effect"]):
        return str(row["verdict"])
    effect, *_, unit = findings.told(float(row["effect"]), 0.0, 0.0, str(row["unit"]))
    words = unit.split(" ")
    side = next((word for word in words if word in _SIDES), "")
    if side and number(effect) == "0":
        return "no difference"
    counted = words[0] if words[0] in ("%", "margins", "decades", "×", "nats") else ""
    return _short(" ".join(part for part in (number(effect), counted, side) if part), _RIGHT - 0.1)


def _short(text: str, room: float) -> str:
    """Return a text that fits into so many inches, with an ellipsis where it was cut."""
    text = text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    if text_width(text, _SIZE) <= room:
        return text
    while text_width(f"{text}…", _SIZE) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


# --- drawing ----------------------------------------------------------------------------------------------------------


def _frame(axes: Axes, tall: float) -> None:
    """Set up an axis of margins whose height is in inches, from the top down."""
    axes.set_xscale("symlog", linthresh=1.0, linscale=0.8)
    axes.set_xlim(-_FAR, _FAR)
    axes.set_ylim(tall, 0)
    axes.set_yticks([])
    axes.set_xticks(_TICKS, [number(float(tick)) for tick in _TICKS])
    axes.minorticks_off()
    axes.spines["left"].set_visible(False)
    axes.axvspan(-1, 1, color=PALE, alpha=0.4, linewidth=0, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    axes.set_xlabel("margins in favour of the claim (◆ no margin: half-widths of the interval)", fontsize=7)


def _inches(axes: Axes) -> Any:
    """Return coordinates in inches to the right of the axis and down from its top."""
    figure = axes.figure
    left = Affine2D().scale(1 / WIDTH).translate(axes.get_position().x0, 0) + figure.transFigure
    return blended_transform_factory(left, axes.transData)


def _line(axes: Axes, line: Line, y: float) -> None:
    colour = VERDICTS.get(line.verdict, GREY)
    shown = {"fontsize": _SIZE, "va": "center", "transform": _inches(axes)}
    axes.text(-_LEFT + 0.06, y, line.claim, color=colour, fontweight="bold", **shown)
    axes.text(-_LEFT + 0.38, y, _short(line.statement, _LEFT - 0.52), **shown)
    axes.text(WIDTH - _LEFT - _RIGHT + 0.08, y, line.told, color=colour, **shown)
    rows = line.contrasts.sort_values("effect", key=abs, ascending=False)
    for row in rows.to_dict("records"):
        _dot(axes, row, y, "D" if line.bare else "o")


def _dot(axes: Axes, row: dict[Any, Any], y: float, marker: str) -> None:
    colour = VERDICTS.get(row["verdict"], GREY)
    low, high = (float(np.clip(np.nan_to_num(row[end], nan=row["effect"]), -_FAR, _FAR)) for end in ("low", "high"))
    axes.plot([low, high], [y, y], color=colour, linewidth=0.5, alpha=0.55, zorder=2)
    beyond = abs(row["effect"]) > _FAR
    place = float(np.clip(row["effect"], -_FAR, _FAR))
    shape = (">" if place > 0 else "<") if beyond else marker
    axes.plot([place], [y], marker=shape, markersize=2.6, color=colour, alpha=0.75, linestyle="none",
              markeredgewidth=0, zorder=3, clip_on=False)  # fmt: skip
