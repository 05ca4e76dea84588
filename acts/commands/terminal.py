"""Terminal: tables and portraits as a reader sees them; where the output is piped, a row a line and nothing cut."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table as Drawn
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
        kept = self._fitting(screen.width)
        drawn = Drawn(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for column in kept:
            drawn.add_column(self.columns[column].heading, overflow="fold", no_wrap=not self.columns[column].text)
        for row in self.rows:
            drawn.add_row(*(_word(row[column]) for column in kept))
        screen.print(drawn)
        left = [column.heading for number, column in enumerate(self.columns) if number not in kept]
        told = [self.note] if self.note else []
        told += [f"left out where the terminal is narrow: {', '.join(left)}; --json has all"] if left else []
        for line in told:
            screen.print(Text(line, style="dim"))

    def _fitting(self, room: int) -> list[int]:
        """Return the columns there is room for: the spare ones go first, from the right."""
        kept = list(range(len(self.columns)))
        for number in reversed(range(len(self.columns))):
            if sum(self._least(column) + 2 for column in kept) <= room:
                break
            if self.columns[number].spare:
                kept.remove(number)
        return kept

    def _least(self, number: int) -> int:
        widest = max((Text(row[number]).cell_len for row in self.rows), default=0)
        heading = len(self.columns[number].heading)
        return max(min(widest, FOLDED) if self.columns[number].text else widest, heading)


def _word(cell: str) -> Text:
    return Text(cell, style=WORDS.get(cell, ""))


def console() -> Console:
    """Return a console on standard output as it is now; what is piped is not wrapped."""
    screen = Console(highlight=False, emoji=False, markup=False)
    if not screen.is_terminal:
        screen = Console(highlight=False, emoji=False, markup=False, width=PIPED, color_system=None)
    return screen


def pairs(told: Mapping[str, str], *, heading: str = "") -> None:
    """Print names with what is said of each, below a heading; what says nothing is left out."""
    screen = console()
    if heading:
        screen.print(Text(heading, style="bold"))
    rows = [(name, line) for name, line in told.items() if line]
    widest = max((len(name) for name, _ in rows), default=0)
    if screen.width - widest < 30:
        for name, line in rows:
            screen.print(Text(name, style="dim"))
            screen.print(_indented(line))
        return
    grid = Drawn.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, line in rows:
        grid.add_row(f"  {name}" if heading else name, _word(line))
    screen.print(grid) if screen.is_terminal else _unwrapped(rows, widest, indent="  " if heading else "")


def heading(text: str) -> None:
    """Print a line in bold."""
    screen = console()
    screen.print(Text(text, style="bold")) if screen.is_terminal else print(text)


def _indented(line: str) -> Any:
    from rich.padding import Padding

    return Padding(_word(line), (0, 0, 0, 2))


def _unwrapped(rows: Iterable[tuple[str, str]], widest: int, *, indent: str) -> None:
    for name, line in rows:
        print(f"{indent}{name:<{widest}}  {line}")


def lines(told: Iterable[str]) -> None:
    """Print lines, wrapped on a terminal."""
    screen = console()
    for line in told:
        screen.print(Text(line)) if screen.is_terminal else print(line)
