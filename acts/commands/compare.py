"""`acts compare`: list the claims on which two ledgers differ."""

import argparse

from acts.commands import terminal
from acts.commands.answer import Answer
from acts.commands.page import Page, Parser

PAGE = Page(
    summary="list the claims on which two judged configurations differ",
    about="""
    Sets two ledgers side by side. A claim that both decided with different words is a difference; one that only one of
    them decided is listed apart and is none.
    """,
    examples=(
        ("acts compare cpu smoke", "the claims on which they differ, with effects and intervals"),
        ("acts compare cpu smoke --json", "the same for a program"),
    ),
    reads="reports/CONFIG/ledger.csv of both",
    json="{first, second, agree, differ: [{claim, statement, first, second}], decided_by_one, in_one_ledger}, each side"
    " {verdict, effect, low, high, unit, n}",
    codes={0: "what both decided agrees", 1: "they differ on a claim"},
)


def options(parser: Parser) -> None:
    """Add what the command takes."""
    for side in ("first", "second"):
        parser.add_argument(side, metavar="CONFIG", help="a configuration that was judged")


def run(given: argparse.Namespace) -> Answer:
    """Compare two configurations."""
    from acts import compare

    found = compare.sides(given.first, given.second)
    code = 1 if found.apart else 0
    return Answer(compare.plain(found), code=code, show=lambda: terminal.lines(compare.lines(found)))
