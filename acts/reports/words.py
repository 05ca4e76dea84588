"""Words: markdown that prints exactly a text, lists, plurals and large numbers as prose has them."""

import re
from collections.abc import Iterable, Sequence

BLANKS = re.compile(r"[^\S\u00a0\u202f]+")  # every blank but those that hold words together
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def escape(content: object) -> str:
    """Return a text as pandoc markdown that prints exactly it, on one line."""
    return PUNCTUATION.sub(r"\\\1", BLANKS.sub(" ", str(content)).strip())


def listed(parts: Sequence[str], *, last: str = " and ", between: str = ", ") -> str:
    """Return parts as a list in a sentence: ``a, b and c``."""
    return last.join([between.join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 source``, ``5 sources``."""
    return f"{thousands(count)} {noun}{'' if count == 1 else 's'}"


def thousands(count: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")


def grid(headings: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> str:
    """Return a table in markdown, every cell escaped; the columns named by ``right`` are set to the right."""
    sides = ["--:" if index in set(right) else ":--" for index in range(len(headings))]
    lines = [headings, sides, *([escape(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
