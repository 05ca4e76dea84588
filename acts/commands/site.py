"""`acts site`: write reports/index.html."""

import argparse

from acts.commands import terminal
from acts.commands.answer import Answer
from acts.commands.page import Page

PAGE = Page(
    summary="write reports/index.html: the configurations side by side",
    about="""
    Writes the page that links to every report there is and sets their verdicts side by side. Rendering a report
    refreshes it too.
    """,
    examples=(
        ("acts site", "write reports/index.html"),
        ("acts site --json", "the same, and its path as JSON"),
    ),
    reads="the report, ledger and provenance of every configuration in reports/",
    writes="reports/index.html",
    json="{made: [path]}",
)


def run(given: argparse.Namespace) -> Answer:
    """Write the index and return its path."""
    del given
    from acts import params
    from acts.reports import book

    made = book.index(params.root()).relative_to(params.root())
    return Answer({"made": [made]}, show=lambda: terminal.lines([f"made: {made}"]))
