"""Evidence: one claim's own contrasts with their intervals, a line each, in the unit that its sentence speaks in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from acts import claims, wording
from acts.claims import evidence, findings
from acts.claims.evidence import ENDS, Part
from acts.figures import naming
from acts.figures.palette import GREY, INK, PALE, VERDICTS
from acts.figures.style import SMALL, WIDTH, Drawing, drawn, key, missing, text_width
from acts.figures.table import Table, number, unmeasured

MOST, LEAST = 24, 2  # contrasts that are drawn one by one: of all parts together, and of one rival at least
_LEFT, _RIGHT = 2.5, 1.5  # inches for what a line is and for its numbers
_LINE, _TOP, _BOTTOM, _FOOT = 0.15, 0.19, 0.42, 0.2  # inches
_SIZE = 6.6  # points
_WIDEST = 1.8  # how far an axis reaches beyond the largest effect for the sake of an interval
_PERCENT = (-900, -400, -200, -100, -50, -25, -10, -5, -2, 0, 2, 5, 10, 20, 40, 60, 80, 90, 95, 99)
_MORE = (-99, -90, -75, -50, -25, -10, -5, -2, 0, 2, 5, 10, 25, 50, 100, 200, 400, 900, 9900)
_MARKS = {"supported": "o", "refuted": "s", "equivalent": "D"}
_READS = {"supported": "in favour", "refuted": "against", "equivalent": "practically equal"}
_OPEN = "undecided"


@dataclass(frozen=True)
class Line:
    """One line of a part: what it is, its numbers where it has some, and how it is drawn."""

    text: str
    row: Mapping[Any, Any] = field(default_factory=dict)
    colour: str = INK
    heading: bool = False
    mean: bool = False


@drawn
def contrasts(
    records: pd.DataFrame | claims.Index, catalogue: pd.DataFrame, claim: str, *, activations: Collection[str] = ()
) -> Drawing:
    """Return every contrast that decides a claim with its 95 % interval, part below part, positive in its favour.

    Where tasks are the replicates, the tasks stand above their mean. Contrasts without any of ``activations`` are grey;
    none given, all are in the colour of what they show. Raises ClaimError for an unknown claim.
    """
    parts = evidence.parts(evidence.named(claim), records)
    if not parts:
        return missing(f"contrasts behind {claim}")
    groups = sum(part.rows["rival"].nunique() for part in parts)
    most = max(LEAST, MOST // groups)
    drawn_parts = [(part, lines(part, catalogue, activations, most=most)) for part in parts]
    heights = [_LINE * len(own) for _, own in drawn_parts]
    tall = sum(heights) + (_TOP + _BOTTOM) * len(parts) + _FOOT
    figure = Drawing(figsize=(WIDTH, tall))
    down = tall
    for (part, own), height in zip(drawn_parts, heights, strict=True):
        down -= _TOP + height
        box = (_LEFT / WIDTH, down / tall, (WIDTH - _LEFT - _RIGHT) / WIDTH, height / tall)
        _panel(figure.add_axes(box), part, own)
        down -= _BOTTOM
    _key(figure, [line for _, own in drawn_parts for line in own])
    whole = [(part, lines(part, catalogue, activations, most=len(part.rows) + len(part.tasks))) for part in parts]
    figure.data = table(whole)
    figure.finding = " ".join(told(part, own) for part, own in whole)
    return figure


# --- what is drawn ----------------------------------------------------------------------------------------------------


def lines(part: Part, catalogue: pd.DataFrame, activations: Collection[str] = (), *, most: int = MOST) -> list[Line]:
    """Return a part's lines from the top down: each rival as a heading above its contrasts, tasks above their mean.

    Of more than ``most`` contrasts with a rival, or tasks, those with the lowest and the highest effects are kept.
    """
    rivals = list(dict.fromkeys(part.rows["rival"]))
    placed = any(part.rows["place"].map(len))
    found: list[Line] = []
    for rival in rivals:
        own = part.rows[part.rows["rival"] == rival]
        if placed and rival:
            found.append(Line(f"{label(part.subject, catalogue)} against {label(rival, catalogue)}", heading=True))
        found += _fewest([_line(row, catalogue, activations, named=not placed) for row in own.to_dict("records")], most)
    if len(part.tasks):
        single = part.tasks.sort_values("effect").to_dict("records")
        rows = [Line(_place(row["place"]), row, GREY) for row in single]
        mean = f"mean over {len(rows)} tasks"
        found = [*_fewest(rows, most), Line(mean, found[0].row, found[0].colour, mean=True)]
    return found


def label(name: str, catalogue: pd.DataFrame) -> str:
    """Return what a reader calls a side of a contrast."""
    return wording.activation(name, dict(zip(catalogue["name"], catalogue["label"], strict=True)))


def _line(row: dict[Any, Any], catalogue: pd.DataFrame, activations: Collection[str], *, named: bool) -> Line:
    ours = not activations or bool(set(row["activations"]) & set(activations))
    colour = VERDICTS.get(row["verdict"], GREY) if ours else PALE
    text = label(row["rival"], catalogue) if named and row["rival"] else _place(row["place"])
    return Line(f"against {text}" if named and row["rival"] else text, row, colour)


def _place(place: Sequence[tuple[str, Any]]) -> str:
    """Return the levels of a cell as a list of nouns."""
    return ", ".join(_levels(place)) or "all runs"


def _fewest(rows: list[Line], most: int) -> list[Line]:
    """Return lines, of very many those with the lowest and the highest effects and a word for what is between."""
    if len(rows) <= most + 1:
        return rows
    rows = sorted(rows, key=lambda line: float(line.row["effect"]))
    half = most // 2
    between = Line(f"and {len(rows) - 2 * half} more between them", colour=GREY)
    return [*rows[:half], between, *rows[-half:]]


def reads(row: Mapping[Any, Any]) -> str:
    """Return in a word or two what one contrast shows; a task among many shows nothing by itself."""
    return _READS.get(row["verdict"], _OPEN) if "verdict" in row else ""


def table(parts: Sequence[tuple[Part, list[Line]]]) -> pd.DataFrame:
    """Return what is drawn, a row a point with its interval."""
    rows = []
    for part, own in parts:
        rival = ""
        for line in own:
            rival = line.text if line.heading else rival
            if line.row:
                what = f"{rival}: {line.text}" if rival else line.text
                ends = {"effect": line.row["effect"], "low": line.row["low"], "high": line.row["high"]}
                rows.append({"part": part.name, "contrast": what, **ends, "unit": part.rule.unit,
                             "n": line.row["n"], "shows": reads(line.row)})  # fmt: skip
    return pd.DataFrame(rows)


def told(part: Part, own: Sequence[Line]) -> str:
    """Return a part in words: how its contrasts fall, and the lowest and the highest of them with their intervals."""
    rows = [line for line in own if line.row and (not len(part.tasks) or line.mean)]
    counts = pd.Series([reads(row) for row in part.rows.to_dict("records")]).value_counts()
    fall = ", ".join(f"{count} {word}" for word, count in counts.items())
    start = f"{part.name[:1].upper()}{part.name[1:]}: " if part.name else ""
    said = f"{start}{len(part.rows)} contrast{'s' * (len(part.rows) != 1)} ({fall})"
    rows = sorted(rows, key=lambda line: float(line.row["effect"]))
    ends = [rows[0], rows[-1]] if len(rows) > 1 else rows
    spans = [f"{_numbers(line.row)} {part.rule.unit} ({line.text})" for line in ends]
    tasks = f", from {len(part.tasks)} tasks" if len(part.tasks) else ""
    return f"{said}{tasks}: {' to '.join(spans)}."


def _numbers(row: Mapping[Any, Any]) -> str:
    effect, low, high = (float(row[end]) for end in ENDS)
    known = not (np.isnan(low) or np.isnan(high))
    return number(effect) + (f" [{number(low)}, {number(high)}]" if known else "")


# --- drawing ----------------------------------------------------------------------------------------------------------


def _panel(axes: Axes, part: Part, own: Sequence[Line]) -> None:
    """Draw one part on an axis of its own unit, what each line is at its left and the numbers at its right."""
    limits = _limits(part, own)
    axes.set_xlim(*limits)
    axes.set_ylim(len(own) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    _ticks(axes, part, limits)
    margin = part.rule.threshold
    if margin:
        axes.axvspan(max(-margin, limits[0]), min(margin, limits[1]), color=PALE, alpha=0.35, linewidth=0, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    left, right = -_LEFT / _inner(), 1 + 0.1 / _inner()
    above: dict[str, Any] = {"transform": axes.transAxes, "fontsize": SMALL, "va": "bottom"}
    top = 1 + 0.05 / (_LINE * len(own))
    axes.text(left, top, f"{part.name[:1].upper()}{part.name[1:]}", fontweight="bold", **above)
    axes.text(right, top, "effect [95 %]", color=GREY, **above)
    for y, line in enumerate(own):
        shown: dict[str, Any] = {"fontsize": _SIZE, "va": "center_baseline", "transform": axes.get_yaxis_transform()}
        weight = "bold" if line.heading or line.mean else "normal"
        axes.text(left + (0 if line.heading else 0.06 / _inner()), y, _cut(line.text), fontweight=weight, **shown)
        if line.row:
            axes.text(right, y, _numbers(line.row), fontweight=weight, **shown)
            _mark(axes, part, line, y, limits)


def _inner() -> float:
    return WIDTH - _LEFT - _RIGHT


def _cut(text: str) -> str:
    """Return a text that fits beside the axis, with an ellipsis where it was cut."""
    room = _LEFT - 0.2
    if text_width(text, _SIZE) <= room:
        return text
    while text and text_width(f"{text}…", _SIZE) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _mark(axes: Axes, part: Part, line: Line, y: int, limits: tuple[float, float]) -> None:
    """Draw one point with its interval; what lies beyond the axis is an arrow at its end."""
    middle, low, high = (evidence.difference(part.rule, float(line.row[end])) for end in ENDS)
    low, high = (middle if np.isnan(end) else end for end in (low, high))
    ends = np.clip([low, high], *limits)
    thick = 1.9 if line.mean else 1.1
    axes.plot(ends, [y, y], color=line.colour, linewidth=thick, solid_capstyle="butt", zorder=2)
    for beyond, edge, arrow in ((low < limits[0], limits[0], "<"), (high > limits[1], limits[1], ">")):
        if beyond:
            axes.plot([edge], [y], marker=arrow, markersize=3.4, color=line.colour, clip_on=False, zorder=3)
    if limits[0] <= middle <= limits[1]:
        mark = "D" if line.mean else _MARKS.get(str(line.row.get("verdict")), "o")
        face = line.colour if line.mean or str(line.row.get("verdict")) in _MARKS else "none"
        axes.plot([middle], [y], marker=mark, markersize=4.2 if line.mean else 3.4, linestyle="none", zorder=4,
                  color=line.colour, markerfacecolor=face, markeredgewidth=0.9)  # fmt: skip


def _limits(part: Part, own: Sequence[Line]) -> tuple[float, float]:
    """Return limits that hold zero, the margin, every finite effect, and of their intervals what is not far out."""
    rows = [line.row for line in own if line.row]
    at = np.array([[evidence.difference(part.rule, float(row[end])) for end in ENDS] for row in rows])
    effects = np.r_[0.0, evidence.finite(at[:, 0])]
    margin = part.rule.threshold
    widest = _WIDEST * max(float(np.abs(effects).max()), margin)
    ends = np.clip(evidence.finite(at), -widest, widest) if widest else evidence.finite(at)
    low, high = min(ends.min(initial=0.0), -margin), max(ends.max(initial=0.0), margin)
    low, high = min(low, effects.min()), max(high, effects.max())
    room = 0.04 * (high - low) or 1.0
    return float(low - room), float(high + room)


def _ticks(axes: Axes, part: Part, limits: tuple[float, float]) -> None:
    """Write the axis in the reader's unit, at distances that leave every number its room."""
    unit = part.rule.unit
    if part.rule.scale != "log":
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))
    else:
        levels = _PERCENT if part.rule.better == "lower" else _MORE
        kept: list[tuple[float, float]] = []
        step = (limits[1] - limits[0]) / _inner() * 0.36
        for level in sorted(levels, key=abs):
            at = evidence.difference(part.rule, float(level))
            if limits[0] <= at <= limits[1] and all(abs(at - other) >= step for other, _ in kept):
                kept.append((at, level))
        axes.set_xticks([at for at, _ in kept], [number(level) for _, level in kept])
    axes.set_xlabel(f"{unit}{_below(unit)}", fontsize=SMALL)


def _below(unit: str) -> str:
    """Return what a value below zero means, where the unit has an opposite."""
    for pair in findings.OPPOSITES:
        for one, other in (pair, pair[::-1]):
            if one in unit:
                return f" (below zero: {other})"
    return ""


def _key(figure: Drawing, own: Sequence[Line]) -> None:
    """Write below all parts what the colours say, of those that occur."""
    words = {reads(line.row): VERDICTS.get(str(line.row["verdict"]), GREY) for line in own if "verdict" in line.row}
    pale = any(line.colour == PALE for line in own)
    entries = [(word, words[word]) for word in (*_READS.values(), _OPEN) if word in words]
    key(figure, [*entries, *([("of other functions", PALE)] if pale else [])], x=_LEFT, y=0.0)
    if any(line.row and "verdict" not in line.row for line in own):
        figure.text(0.0, 0.0, "grey: single tasks", fontsize=SMALL, color=GREY, va="bottom")


def facts(records: pd.DataFrame | claims.Index, catalogue: pd.DataFrame, claim: str) -> Table:
    """Return the numbers that mathematics decides a claim by: what was computed, of which function, and its value."""
    columns = {"what": "What was computed", "of": "Of", "value": "Value"}
    found = evidence.facts(evidence.named(claim), records)
    if found.empty:
        return unmeasured(f"numbers behind {claim}", columns)
    what = [", ".join([wording.metric(row["metric"]), *_levels(row["place"])]) for row in found.to_dict("records")]
    return Table(
        found.assign(what=what, of=[label(name, catalogue) for name in found["activation"]]),
        columns,
        digits=5,
        own=naming.own_labels(catalogue),
    )


def _levels(place: Sequence[tuple[str, Any]]) -> list[str]:
    return [text for text in (wording.level(column, level) for column, level in place) if text]


def activations(claim: str, catalogue: pd.DataFrame) -> list[str]:
    """Return the functions that a claim compares and that the catalogue knows, family by family."""
    known = set(catalogue["name"])
    return naming.ordered(catalogue, [name for name in evidence.functions(evidence.named(claim)) if name in known])
