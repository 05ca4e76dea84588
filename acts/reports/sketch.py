"""Sketch: a drawing of a few claims' intervals in margins, which teaches how to read the figures of a report."""

import math
from collections.abc import Sequence
from html import escape

from nbformat import NotebookNode, v4

from acts.colours import GREY, INK, PALE, VERDICTS
from acts.reports import cards
from acts.reports.ledger import Row, number

KINDS = (
    ("supported", False, VERDICTS["supported"]),
    ("refuted", False, VERDICTS["refuted"]),
    ("refuted", True, VERDICTS["refuted"]),
    ("equivalent", True, VERDICTS["equivalent"]),
    ("mixed", False, VERDICTS["mixed"]),
    ("inconclusive", False, VERDICTS["inconclusive"]),
)  # a verdict, whether the interval lies inside the margin, and the verdict's colour in figures
SAME = "no difference"  # what a verdict is refuted by whose interval lies inside the margin
REACH = 8.0  # margins that the axis shows on either side
WIDTH, LEFT, RIGHT, ROW, TOP = 453.0, 176.0, 88.0, 25.0, 22.0  # points
LONGEST = 44  # letters of a claim's statement
CAPTION = (
    "One claim of each kind, by the contrast that decides it: the effect with its interval, in margins in the claim's"
    " favour. Grey band: the margin, inside which two sides are practically the same."
)


def chosen(claims: Sequence[Row]) -> list[Row]:
    """Return a claim for each kind of verdict that an interval can show, the one that shows it best."""
    shown = []
    for verdict, inside, _ in KINDS:
        found = [claim for claim in claims if claim["verdict"] == verdict and _shows(claim, inside)]
        shown += sorted(found, key=_awkwardness)[:1]
    return shown


def _shows(claim: Row, inside: bool) -> bool:
    ends = cards.margins(claim)
    if ends is None or max(map(abs, ends)) >= REACH or ends[2] <= ends[0]:
        return False
    return _inside(claim) == inside


def _inside(claim: Row) -> bool:
    low, _, high = cards.margins(claim) or (-math.inf, 0.0, math.inf)
    return low > -1 and high < 1


def _awkwardness(claim: Row) -> tuple[float, str]:
    """Return how far an interval is from one that is easy to see: about two margins wide."""
    low, _, high = cards.margins(claim) or (0.0, 0.0, 0.0)
    return abs(math.log((high - low) / 2)), claim["claim"]


def cell(claims: Sequence[Row]) -> NotebookNode:
    """Return a notebook's cell that shows the claims' intervals, labelled ``fig-reading``."""
    bundle = {"image/svg+xml": drawn(claims), "text/csv": _table(claims)}
    header = f"#| label: fig-reading\n#| fig-cap: >-\n#|   {CAPTION}\n#| echo: false"
    output = v4.new_output("display_data", data=bundle, metadata={"image/svg+xml": {"alt": _alt(claims)}})
    return v4.new_code_cell(header, outputs=[output], execution_count=1)


def drawn(claims: Sequence[Row]) -> str:
    """Return the drawing as SVG: a row a claim, the margin as a band, zero as a line, words at the ends of the axis."""
    foot = TOP + ROW * len(claims)
    height = foot + 32
    marks = [
        f'<rect x="{_x(-1):.1f}" y="{TOP:.1f}" width="{_x(1) - _x(-1):.1f}" height="{foot - TOP:.1f}" fill="{PALE}"'
        ' fill-opacity="0.35"/>',
        _line((_x(0), TOP), (_x(0), foot), colour=GREY),
        _text(_x(-REACH), TOP - 7, "← against the claim", "start"),
        _text(_x(REACH), TOP - 7, "for the claim →", "end"),
        *(_row(claim, TOP + ROW * (index + 0.5)) for index, claim in enumerate(claims)),
        *_axis(foot),
    ]
    size = f'width="{WIDTH:.0f}pt" height="{height:.0f}pt" viewBox="0 0 {WIDTH:.0f} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(marks)}</svg>'


def _x(margins: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (margins + REACH) / (2 * REACH)


def _row(claim: Row, y: float) -> str:
    """Return a claim's row: its name and statement, its interval and effect, its verdict."""
    low, value, high = cards.margins(claim) or (0.0, 0.0, 0.0)
    colour = next(colour for verdict, _, colour in KINDS if verdict == claim["verdict"])
    said = claim["statement"].replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    statement = said if len(said) <= LONGEST else f"{said[: LONGEST - 1].rstrip()}…"
    told = [_text(WIDTH - RIGHT + 12, y + 3, claim["verdict"], "start", colour=colour, weight=600)]
    if claim["verdict"] == "refuted" and _inside(claim):
        told = [_text(WIDTH - RIGHT + 12, y - 2.5, claim["verdict"], "start", colour=colour, weight=600)]
        told += [_text(WIDTH - RIGHT + 12, y + 7.5, SAME, "start", size=7.5)]
    return "".join([
        _text(0, y - 2.5, claim["claim"], "start", weight=600),
        _text(0, y + 7.5, statement, "start", size=7.5),
        _line((_x(low), y), (_x(high), y), colour=colour, width=1.8),
        f'<circle cx="{_x(value):.1f}" cy="{y:.1f}" r="3.4" fill="{colour}"/>',
        *told,
    ])  # fmt: skip


def _axis(y: float) -> list[str]:
    ticks = [tick for tick in range(-int(REACH), int(REACH) + 1) if tick % 2 == 0]
    return [
        _line((_x(-REACH), y), (_x(REACH), y)),
        *(_line((_x(tick), y), (_x(tick), y + 3)) for tick in ticks),
        *(_text(_x(tick), y + 12, number(tick), "middle") for tick in ticks),
        _text(_x(0), y + 25, "effect in margins", "middle"),
    ]


def _line(start: tuple[float, float], end: tuple[float, float], *, colour: str = INK, width: float = 0.8) -> str:
    ends = f'x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def _text(
    x: float, y: float, words: str, anchor: str, *, colour: str = INK, weight: int = 400, size: float = 8.5
) -> str:
    style = f"font-family: Inter, sans-serif; font-size: {size}px; font-weight: {weight}; fill: {colour}"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="{style}">{escape(words)}</text>'


def _alt(claims: Sequence[Row]) -> str:
    """Return the drawing in words with its numbers."""
    told = []
    for claim in claims:
        low, value, high = (number(end) for end in cards.margins(claim) or ())
        told.append(f"{claim['claim']}, {claim['verdict']}: {value} margins, from {low} to {high}")
    opening = "A row for each claim with its effect and interval around zero, and a band for the margin."
    return f"{opening} {'; '.join(told)}."


def _table(claims: Sequence[Row]) -> str:
    """Return what is drawn as CSV."""
    lines = ["claim,verdict,low (margins),effect (margins),high (margins)"]
    for claim in claims:
        ends = (f"{end:.6g}" for end in cards.margins(claim) or ())
        lines.append(",".join([claim["claim"], claim["verdict"], *ends]))
    return "\n".join(lines) + "\n"
