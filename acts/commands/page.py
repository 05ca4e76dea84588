"""Pages: what a command says of itself under ``--help``, and the same in docs/commands.md."""

import argparse
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

BAD_INPUT = 2
WIDEST = 96
ALWAYS = {
    2: "bad input: one line says what was wrong and what was possible; nothing was done",
    130: "interrupted; what was finished is kept",
}


class AskedError(ValueError):
    """A wish that cannot be met; the message is one line and says what could be asked."""


@dataclass(frozen=True)
class Page:
    """What a reader is told of a command.

    ``examples`` pair a command line with what it does, ``codes`` say when it ends with which exit code, besides those
    that every command has, and ``json`` says what ``--json`` prints.
    """

    summary: str
    about: str
    examples: tuple[tuple[str, str], ...]
    json: str
    reads: str = ""
    writes: str = "nothing"
    codes: dict[int, str] = field(default_factory=lambda: {0: "all good"})

    @property
    def endings(self) -> dict[int, str]:
        """Return every exit code of the command with its meaning."""
        return dict(sorted({**ALWAYS, **self.codes}.items()))


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line and whose help is a page."""

    def __init__(self, *, page: Page | None = None, text: Callable[[], str] | None = None, **options: Any) -> None:
        """Take a command's page, or the text of the menu."""
        super().__init__(allow_abbrev=False, **options)
        self.page, self._menu = page, text

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line and exit with 2."""
        self.exit(BAD_INPUT, f"acts: {message} ({self.prog} --help says more)\n")

    def format_help(self) -> str:
        """Return the menu, or the page of a command, as wide as the terminal."""
        if self._menu is not None:
            return self._menu()
        return "" if self.page is None else written(self, self.page)

    def options(self) -> list[argparse.Action]:
        """Return what the command takes, arguments before options, without --help."""
        taken = [action for action in self._actions if action.dest != "help"]
        return sorted(taken, key=lambda action: bool(action.option_strings))

    def words(self) -> list[str]:
        """Return every option's name."""
        return [name for action in self._actions for name in action.option_strings]


def written(parser: Parser, page: Page) -> str:
    """Return a command's page for a terminal."""
    parts = [*usage(parser), "", *paragraph(page.about), ""]
    arguments = [action for action in parser.options() if not action.option_strings]
    options = [action for action in parser.options() if action.option_strings]
    for heading, actions in (("Arguments", arguments), ("Options", options)):
        if actions:
            parts += [bold(heading), *_pairs([(spelt(action), action.help or "") for action in actions]), ""]
    parts += [bold("Examples"), *_examples(page), ""]
    facts = (("Reads", page.reads), ("Writes", page.writes), ("--json", page.json))
    parts += [*_pairs([(name, told) for name, told in facts if told], indent=""), ""]
    parts += [bold("Exit codes"), *_pairs([(str(code), told) for code, told in page.endings.items()])]
    return "\n".join(parts) + "\n"


def usage(parser: Parser) -> list[str]:
    """Return how a command is typed, what may be left out in brackets."""
    words = [spelt(action) if _asked(action) else f"[{spelt(action)}]" for action in parser.options()]
    return textwrap.wrap(f"usage: {parser.prog} {' '.join(words)}", width(), subsequent_indent="    ")


def _asked(action: argparse.Action) -> bool:
    return (bool(action.required) and action.nargs != "*") or action.nargs == "?"


def spelt(action: argparse.Action) -> str:
    """Return an argument or option as it is typed."""
    shown = action.metavar if isinstance(action.metavar, str) else ""
    if not action.option_strings:
        return f"{shown} …" if action.nargs in ("*", "+") else shown
    return f"{action.option_strings[-1]} {shown}".strip()


def paragraph(text: str, indent: str = "") -> list[str]:
    """Return paragraphs as lines no wider than the terminal."""
    told: list[str] = []
    for part in text.strip().split("\n\n"):
        lines = textwrap.wrap(" ".join(part.split()), width(), initial_indent=indent, subsequent_indent=indent)
        told += [*([""] if told else []), *lines]
    return told


def _pairs(pairs: Sequence[tuple[str, str]], indent: str = "  ") -> list[str]:
    return list(columns(pairs, indent=indent))


def columns(pairs: Sequence[tuple[str, str]], *, indent: str = "  ") -> Iterator[str]:
    """Yield names with what is said of each beside them, or below them where the terminal is narrow or a name long."""
    wide = min(max((len(name) for name, _ in pairs), default=0), 24)
    beside = width() - len(indent) - wide - 2
    for name, told in pairs:
        if beside < 30 or len(name) > wide:
            yield f"{indent}{name}"
            yield from textwrap.wrap(told, width(), initial_indent=f"{indent}    ", subsequent_indent=f"{indent}    ")
            continue
        lines = textwrap.wrap(told, beside) or [""]
        yield f"{indent}{name:<{wide}}  {lines[0]}".rstrip()
        yield from (" " * (len(indent) + wide + 2) + line for line in lines[1:])


def _examples(page: Page) -> list[str]:
    told = []
    for line, does in page.examples:
        told += [f"  {line}", *paragraph(does, indent="      ")]
    return told


def width() -> int:
    """Return how wide help is set: the terminal's width, and no wider than reads well."""
    return max(min(shutil.get_terminal_size((80, 24)).columns, WIDEST), 36)


def bold(text: str) -> str:
    """Return a heading in bold where a terminal shows it so and colour is not unwanted."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty()
    return text if plain else f"\x1b[1m{text}\x1b[0m"
