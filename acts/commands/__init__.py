"""Commands: the command line, one file a command; the name of the file is the word that is typed.

A command's file holds its ``PAGE``, ``run(given)``, which returns an ``Answer``, and where it takes anything
``options(parser)``, which adds that. Nothing heavy is imported before a command is carried out.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
from itertools import takewhile
from typing import Any

from acts import nearest
from acts.commands import page
from acts.commands.page import Parser, bold, columns, paragraph

GROUPS = {
    "Look": ("list", "show", "compare"),
    "Try your own activation": ("check",),
    "Make a review": ("run", "judge", "render"),
    "Publish": ("writeup", "site"),
    "Keep house": ("doctor", "fetch", "verify", "bench"),
}
WORDS = tuple(word for words in GROUPS.values() for word in words)
ABOUT = (
    "acts is the executable review of activation functions: what the literature says of them, each sentence tested on"
    " this machine and given a verdict."
)
FIRST = (
    ("acts doctor", "what this machine can do, and what is missing"),
    ("acts list activations", "what there is; claims, configurations, datasets and experiments too"),
    ("acts show mish", "what follows from a formula"),
    ('acts check "x * exp(-x**2)"', "whether your own formula is fit for a review"),
    ("make report CONFIG=smoke", "a whole review in a few minutes: run, judge and render in turn"),
)
LAST = (
    "acts COMMAND --help says what a command reads and writes, with examples. Every command takes --json, which prints"
    " the answer as JSON alone on standard output, and --debug, which shows where an error came from."
)


def module(word: str) -> Any:
    """Return the module of a command."""
    return import_module(f"acts.commands.{word}")


def parser() -> Parser:
    """Return the parser of the command line; ``command`` is None where none was given."""
    from acts import __version__

    top = Parser(prog="acts", text=menu, description=ABOUT)
    top.add_argument("--version", action="version", version=f"acts {__version__}", help="print the version")
    top.add_argument("--completion", action="store_true", help="print what completes the words in bash and zsh")
    parts = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for word in WORDS:
        command = module(word)
        part = parts.add_parser(word, page=command.PAGE, help=command.PAGE.summary, description=command.PAGE.summary)
        part.set_defaults(config=None)
        if hasattr(command, "options"):
            command.options(part)
        part.add_argument("--json", action="store_true", help="print the answer as JSON, and progress to stderr")
        part.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return top


def read(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what a command line asks for; one that asks for nothing known ends with 2 and says what is near."""
    top = parser()
    arguments = _ordered(arguments)
    word = next((argument for argument in arguments if not argument.startswith("-")), None)
    if word is not None and word not in WORDS:
        top.error(nearest.unknown("command", word, WORDS))
    given, unknown = top.parse_known_args(arguments)
    if unknown:
        asked = top if given.command is None else part_of(top, given.command)
        option = unknown[0].partition("=")[0]
        if not option.startswith("-"):
            asked.error(f"one argument too many: {nearest.shown(option)}")
        meant = nearest.near(option, asked.words())
        asked.error(f"unknown option {nearest.shown(option)}" + (f"; did you mean {meant!r}?" if meant else ""))
    return given


def _ordered(arguments: Sequence[str]) -> Sequence[str]:
    """Return a command line with what stands before the command behind it, and ``help WORD`` as ``WORD --help``."""
    before = (*takewhile(("--json", "--debug").__contains__, arguments),)  # `list` is a command in this room
    rest = arguments[len(before) :]
    if rest[:1] == ["help"]:
        return [*rest[1:2], "--help"]
    return [*rest, *before] if rest else rest


def part_of(top: Parser, word: str) -> Parser:
    """Return the parser of one command."""
    (parts,) = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    found: Parser = parts.choices[word]
    return found


def menu() -> str:
    """Return what ``acts`` says of itself: what to do first, and every command with its line."""
    told = ["usage: acts COMMAND …", "", *paragraph(ABOUT), "", bold("First")]
    told += columns(FIRST)
    for heading, words in GROUPS.items():
        told += ["", bold(heading), *columns([(f"{word:<8}", module(word).PAGE.summary) for word in words])]
    return "\n".join([*told, "", *paragraph(LAST)]) + "\n"


__all__ = ["GROUPS", "WORDS", "menu", "module", "page", "parser", "part_of", "read"]
