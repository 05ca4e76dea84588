"""Table: one DataFrame shown as a pandoc table for the report and as HTML in a live notebook.

Headings are written out, with units; numbers are right-aligned with a real minus and a stated number of digits; there
is no index and no raw column name. Every text is escaped unless its column is declared math or markdown.
"""

import html
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from acts.lab import markup

MISSING = "–"
DAGGER = "†"
BROUGHT = "brought along by this configuration"
_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")  # every blank but those that hold a number together
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$^~@'\"&+\-.!:=()])")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LAYOUT = re.compile(r"\\(?:left|right|begin|end|frac|text|mathrm|operatorname)\b|\{cases\}|[{}^_&$]|\\\\")
_COMMAND = re.compile(r"\\[a-zA-Z]+|\\")


def escape(text: object) -> str:
    """Return a text as pandoc markdown that prints exactly it: no markup, no math, no citation, one line."""
    return _SPECIAL.sub(r"\\\1", _BLANKS.sub(" ", str(text)).strip())


def number(value: float, digits: int | str = 3) -> str:
    """Return a number as a reader expects it: a real minus, and powers of ten only where zeros would pile up.

    ``digits`` is a count of significant digits, or a format such as ``".4f"``; NaN is an en dash.
    """
    if pd.isna(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if isinstance(digits, str):
        return proper(format(value, digits))
    if abs(value) >= 0.5 and abs(value - round(value)) < 1e-9 * abs(value):
        value = round(value)
    if value != 0 and not 1e-4 <= abs(value) < 10 ** max(digits, 5):
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{proper(mantissa)} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    if float(value).is_integer() and abs(value) < 10**5:
        return proper(f"{int(value)}")
    decimals = max(digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}")))), 0)
    return proper(f"{value:.{decimals}f}")


def proper(text: str) -> str:
    """Return a formatted number with a real minus, and none before zero."""
    return text.replace("-", "−") if float(text) else text.replace("-", "")


@dataclass(frozen=True)
class Table:
    """A table for a reader: the columns named in ``columns``, in that order, under their headings with units.

    ``digits`` is one number of significant digits or a format for all columns, or one a column. ``numbers`` names
    columns of text that are set as numbers, ``math`` columns of LaTeX, ``markdown`` columns of trusted markdown,
    such as citations. ``note`` stands below, as markdown. ``own`` are labels of what the configuration brought along:
    a cell that names one is bold and has a dagger.
    """

    frame: pd.DataFrame
    columns: Mapping[str, str]
    digits: int | str | Mapping[str, int | str] = 3
    numbers: Sequence[str] = ()
    math: Sequence[str] = ()
    markdown: Sequence[str] = ()
    note: str = ""
    own: Sequence[str] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.columns if name not in self.frame.columns]
        if unknown:
            raise ValueError(f"table: no column {unknown[0]!r}; columns are {', '.join(map(str, self.frame.columns))}")

    def numeric(self, column: str) -> bool:
        """Return whether a column is set as numbers."""
        series = self.frame[column]
        return pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)

    def _right(self, column: str) -> bool:
        return self.numeric(column) or column in self.numbers

    def _text(self, column: str, value: Any) -> str:
        if self.numeric(column):
            own = self.digits.get(column, 3) if isinstance(self.digits, Mapping) else self.digits
            return number(value, own)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return (
            MISSING if value is None or (not isinstance(value, str) and pd.isna(value)) or value == "" else str(value)
        )

    def _markdown(self, column: str, value: Any) -> str:
        text = self._text(column, value)
        if text == MISSING or self._right(column):
            return text
        if column in self.math:
            return f"${tame(text)}$"
        if column in self.markdown:
            return " ".join(text.split()).replace("|", r"\|")
        return self._named(text, escape, "**{}**\N{NO-BREAK SPACE}" + DAGGER)

    def _html(self, column: str, value: Any) -> str:
        text = self._text(column, value)
        if column in self.markdown and text != MISSING and not self._right(column):
            return markup.inline(" ".join(text.split()))
        if column in self.math and text != MISSING:
            return f"${html.escape(text)}$"
        return self._named(text, html.escape, "<strong>{}</strong>\N{NO-BREAK SPACE}" + DAGGER)

    def _owned(self, text: str) -> list[str]:
        """Return a cell's names where one of them, alone or in a list, is that of an own function; else nothing."""
        parts = [text] if text in self.own else text.split(", ") if self.own else []
        return parts if set(self.own) & set(parts) else []

    def _named(self, text: str, escaped: Callable[[str], str], form: str) -> str:
        """Return a cell's text, the names of own functions in a form of their own."""
        parts = [form.format(escaped(part)) if part in self.own else escaped(part) for part in self._owned(text)]
        return ", ".join(parts) or escaped(text)

    @property
    def _notes(self) -> str:
        """Return what stands below the table: the note, and what a dagger means where there is one."""
        plain = [name for name in self.columns if not self.numeric(name)] if self.own else []
        marked = any(self._owned(self._text(name, value)) for name in plain for value in self.frame[name])
        return " ".join(part for part in (self.note, f"{DAGGER} {BROUGHT}." if marked else "") if part)

    def to_markdown(self) -> str:
        """Return a pandoc pipe table; the dashes below the headings say how wide a column wants to be."""
        cells = {name: [self._markdown(name, value) for value in self.frame[name]] for name in self.columns}
        rules = [_rule([heading, *cells[name]], self._right(name)) for name, heading in self.columns.items()]
        lines = [self.columns.values(), rules, *zip(*cells.values(), strict=True)]
        body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"\n{body}\n" + (f"\n{self._notes}\n" if self._notes else "")

    def to_html(self) -> str:
        """Return the table as HTML that inherits a live notebook's colours."""
        sides = {name: "right" if self._right(name) else "left" for name in self.columns}
        head = "".join(f'<th style="text-align:{sides[name]}">{text}</th>' for name, text in self.columns.items())
        rows = (
            "".join(f'<td style="text-align:{sides[name]}">{self._html(name, row[name])}</td>' for name in self.columns)
            for _, row in self.frame.iterrows()
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        note = markup.blocks(self._notes) if self._notes else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude
        return {"text/markdown": self.to_markdown(), "text/html": self.to_html()}


@dataclass(frozen=True)
class Text:
    """A paragraph whose numbers were generated, as markdown."""

    markdown: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude
        return {"text/markdown": self.markdown, "text/html": markup.blocks(self.markdown)}


def tame(latex: str) -> str:
    """Return LaTeX without the bare bars that a pipe table would take for the edge of a cell."""
    single = " ".join(latex.split())
    return re.sub(r"\\\|", r"\\Vert ", single).replace("|", r"\vert ").strip()


def visible(text: str) -> int:
    """Return about how many letters wide a text is set, LaTeX commands counted as one letter each."""
    return len(_COMMAND.sub("x", _LAYOUT.sub("", text)).replace(" ", ""))


def _rule(cells: Sequence[str], numeric: bool) -> str:
    """Return the dashes of one column: right-aligned for numbers, as many as the widest cell has visible letters."""
    width = max(3, min(60, max(visible(cell) for cell in cells)))
    return "-" * (width - 1) + ":" if numeric else ":" + "-" * (width - 1)


def unmeasured(what: str, columns: Mapping[str, str]) -> Table:
    """Return a table whose only row says what was not measured."""
    first = next(iter(columns))
    frame = pd.DataFrame([dict.fromkeys(columns, None) | {first: f"not measured here: {what}"}], dtype=object)
    return Table(frame, columns)
