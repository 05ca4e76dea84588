"""Ledger: the rows of ledger.csv as a reader meets them, each number written out with its unit and interval."""

import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence

COLUMNS = (
    "claim", "verdict", "statement", "sentence", "condition", "topic", "kind", "experiment", "source", "unit", "low",
    "high", "level", "n", "margin",
)  # fmt: skip
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DIRECTIONS = (
    ("fewer linear pieces", "more linear pieces"),
    ("less", "more"),
    ("closer to", "farther from"),
    ("lost", "gained"),
)
TOO_LARGE = 1e100  # a value beyond it stands for runs that diverged, not for a measure
NUMBERS = ("effect", "low", "high", "level", "n", "margin", "p_holm", "q_fdr")

Row = Mapping[str, str]


def rows(ledger: str) -> tuple[Row, ...]:
    """Return the claims of a ledger's CSV in its order: its words as they stand, and what a reader is shown of it.

    ``effect`` is the number with its unit, ``interval`` the interval with its level, ``value`` the bare effect,
    ``chapter`` the notebook that shows the claim; each is empty where the ledger has none.
    """
    return tuple(_row(row) for row in csv.DictReader(io.StringIO(ledger)))


def _row(row: Row) -> Row:
    kept = {name: row.get(name) or "" for name in COLUMNS}
    effect, interval = told(*(_float(row.get(name)) for name in ("effect", "low", "high", "level")), unit=kept["unit"])
    return kept | {
        "value": row.get("effect") or "",
        "effect": effect,
        "interval": interval,
        "chapter": row.get("notebook") or "",
    }


def told(
    value: float | None, low: float | None, high: float | None, level: float | None, *, unit: str
) -> tuple[str, str]:
    """Return an effect with its unit, and its interval, in words: ``12 % more loss``, ``95 % interval [9, 15]``.

    An effect below zero in a unit that says a direction is told in the opposite one; an exact value has no interval.
    """
    if value is None:
        return "", ""
    opposite = _opposite(unit) if value < 0 else ""
    ends = [low, high] if not opposite else [end if end is None else -end for end in (high, low)]
    words = opposite or unit
    if number(abs(value)) == "1":
        words = re.sub(r"^(decade|margin)s\b", r"\1", words)
    gap = "\N{NO-BREAK SPACE}" if words.startswith("%") else " "
    effect = f"{number(-value if opposite else value)}{gap}{words}".strip()
    if level is None or level >= 1 or None in ends:
        return effect, ""
    written = ", ".join(number(end) for end in ends if end is not None)
    return effect, f"{number(100 * level)}\N{NO-BREAK SPACE}% interval [{written}]"


def _opposite(unit: str) -> str:
    """Return a unit with its direction turned round; nothing where it says none."""
    for word, other in (*DIRECTIONS, *((other, word) for word, other in DIRECTIONS)):
        turned, count = re.subn(rf"\b{word}\b", other, unit, count=1)
        if count:
            return turned
    return ""


def number(value: float, digits: int = 3) -> str:
    """Return a number for running text: significant digits, a real minus sign, a power of ten where it is far off."""
    if math.isnan(value):
        return "not a number"
    if abs(value) > TOO_LARGE:
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        whole = round(value) if abs(value) >= 10 ** (digits - 1) else float(f"{value:.{digits}g}")
        return f"{whole:g}".replace("-", "−") if abs(whole) < 1e6 else f"{whole:.0f}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa} × 10{str(int(exponent)).translate(RAISED)}".replace("-", "−")


def _float(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(value) else value


def to_json(ledger: str) -> str:
    """Return a ledger's CSV as JSON: a list of claims, numbers as numbers, null where there is none.

    JSON has no infinity, so an infinite number is the word ``inf`` or ``-inf``.
    """
    found = [{name: _typed(name, text) for name, text in row.items()} for row in csv.DictReader(io.StringIO(ledger))]
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _typed(name: str, text: str | None) -> str | float | None:
    if not text:
        return None
    value = _float(text) if name in NUMBERS else None
    if value is None or math.isinf(value):
        return text
    return int(value) if value.is_integer() and name == "n" else value


def runtimes(
    claims: Sequence[Row], seconds: Mapping[str, float], chapters: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Return how long each chapter's own comparisons took to compute, as ``(chapter, "12 min of compute")``.

    A comparison belongs to the chapter of its name, else to the first that shows a claim which rests on it.
    """
    spent: dict[str, float] = {}
    for word, took in seconds.items():
        own = [name for name in chapters if name.partition("_")[2] == word]
        shown = [claim["chapter"] for claim in claims if claim.get("experiment") == word and claim["chapter"]]
        for chapter in (own or shown)[:1]:
            spent[chapter] = spent.get(chapter, 0.0) + took
    return tuple((chapter, f"{duration(took)} of compute") for chapter, took in sorted(spent.items()))


def duration(seconds: float) -> str:
    """Return a time in its largest fitting unit: ``45 s``, ``12 min``, ``3.2 h``."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{number(seconds / size, 2)} {unit}"
    return f"{max(1, round(seconds))} s"
