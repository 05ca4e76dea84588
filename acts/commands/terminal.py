"""Terminal: tables and portraits as a reader sees them; where the output is piped, a row a line and nothing cut."""

import os
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # rich is imported when something is printed, so that help costs nothing
    from rich.console import Console
    from rich.text import Text

PIPED = 100_000  # columns, where no terminal wraps lines
FOLDED = 24  # the fewest columns that a column of text is folded into
WORDS = {
    "supported": "green", "equivalent": "blue", "true if": "yellow", "mixed": "magenta", "refuted": "red",
    "inconclusive": "dim", "not decidable": "dim", "not measured here": "dim",
    "no": "red", "yes": "green", "here": "green", "missing": "yellow",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of a table; ``text`` may be folded where room is short, ``spare`` be left out altogether."""

    heading: str
    text: bool = False
    spare: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under headings; ``note`` stands below on a terminal."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def show(self) -> None:
        """Print the table as a terminal shows it best; piped, a row a line with tabs between and no headings."""
        screen = console()
        if not screen.is_terminal:
            for row in self.rows:
                print("\t".join(" ".join(cell.split()) for cell in row))
            return
        if not self.rows:
            screen.print(styled("none", "dim"))
            return
        from rich.table import Table as Drawn

        said = [number for number, _ in enumerate(self.columns) if any(row[number] for row in self.rows)]
        kept = self._fitting(said, screen.width)
        tight = self._room(kept) > screen.width
        drawn = Drawn(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), collapse_padding=True)
        for number in kept:
            column = self.columns[number]
            drawn.add_column(column.heading, overflow="fold", no_wrap=not (column.text or tight))
        for row in self.rows:
            drawn.add_row(*(_word(row[number]) for number in kept))
        screen.print(drawn)
        left = [self.columns[number].heading for number in said if number not in kept]
        told = [self.note] if self.note else []
        told += [f"left out where the terminal is narrow: {', '.join(left)}; --json has all"] if left else []
        for line in told:
            screen.print(styled(line, "dim"))

    def _fitting(self, said: Sequence[int], room: int) -> list[int]:
        """Return the columns there is room for, of those that say something: spare ones go first, from the right."""
        kept = list(said)
        for number in reversed(said):
            if self._room(kept) <= room:
                break
            if self.columns[number].spare:
                kept.remove(number)
        return kept

    def _room(self, kept: Sequence[int]) -> int:
        return sum(self._least(number) + 2 for number in kept) - 2

    def _least(self, number: int) -> int:
        widest = max((cells(row[number]) for row in self.rows), default=0)
        heading = len(self.columns[number].heading)
        return max(min(widest, FOLDED) if self.columns[number].text else widest, heading)


def _word(cell: str) -> "Text":
    return styled(cell, WORDS.get(cell, ""))


def styled(text: str, style: str = "") -> "Text":
    """Return a text that is shown as it stands, no markup in it."""
    from rich.text import Text

    return Text(text, style=style)


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def console() -> "Console":
    """Return a console on standard output as it is now; what is piped is not wrapped."""
    from rich.console import Console

    screen = Console(highlight=False, emoji=False, markup=False)
    if not screen.is_terminal:
        screen = Console(highlight=False, emoji=False, markup=False, width=PIPED, color_system=None)
    return screen


def pairs(told: Mapping[str, str], *, heading: str = "") -> None:
    """Print names with what is said of each, below a heading; what says nothing is left out."""
    from rich.table import Table as Drawn

    screen = console()
    if heading:
        screen.print(styled(heading, "bold"))
    rows = [(name, line) for name, line in told.items() if line]
    widest = max((len(name) for name, _ in rows), default=0)
    if screen.width - widest < 30:
        for name, line in rows:
            screen.print(styled(name, "dim"))
            screen.print(_indented(line))
        return
    grid = Drawn.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, line in rows:
        grid.add_row(f"  {name}" if heading else name, _word(line))
    screen.print(grid) if screen.is_terminal else _unwrapped(rows, widest, indent="  " if heading else "")


def heading(text: str, *, style: str = "") -> None:
    """Print a line in bold, in a verdict's colour where it is about one."""
    screen = console()
    shown = styled(text, f"bold {WORDS.get(style, '')}".strip())
    screen.print(shown) if screen.is_terminal else print(text)


def onward(text: str) -> None:
    """Print what to do next, for someone at a terminal; make, which does it itself, is told nothing."""
    screen = console()
    if screen.is_terminal and not os.environ.get("MAKELEVEL"):
        screen.print(styled(text, "dim"))


def _indented(line: str) -> Any:
    from rich.padding import Padding

    return Padding(_word(line), (0, 0, 0, 2))


def _unwrapped(rows: Iterable[tuple[str, str]], widest: int, *, indent: str) -> None:
    for name, line in rows:
        print(f"{indent}{name:<{widest}}  {line}")


def lines(told: Iterable[str]) -> None:
    """Print lines; on a terminal they are wrapped, and what goes on is indented deeper than what it begins with."""
    screen = console()
    for line in told:
        start = line[: len(line) - len(line.lstrip())]
        hanging = start + "    " if start else ""
        whole = not screen.is_terminal or not line
        parts = [line] if whole else textwrap.wrap(line, screen.width, subsequent_indent=hanging)
        print("\n".join(parts))
