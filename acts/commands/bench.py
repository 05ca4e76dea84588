"""`acts bench`: measure training, engine, store and report on this machine."""

import argparse
from typing import Any

from acts.commands.answer import Answer
from acts.commands.page import Page, Parser

PAGE = Page(
    summary="measure training, engine, store and report here, beside plain code",
    about="""
    Times what this project is built of against plain code that does the same, in alternation, and shows median,
    quartiles and the bar that was set. A busy machine is said to be one.
    """,
    examples=(
        ("acts bench", "all four parts, seven repetitions each"),
        ("acts bench store --quick", "one part, three repetitions"),
    ),
    reads="reports/ for the part report; makes what it needs itself",
    writes="a Parquet file for each part in reports/bench, which the reports show",
    json="{part: [{said, metric, low, median, high, repeats, bar, busy, met}]}, times in seconds, sizes in bytes",
    codes={0: "measured; a bar that is not met is shown and is no failure", 1: "a part failed to run"},
)


def options(parser: Parser) -> None:
    """Add what the command takes."""
    parser.add_argument("parts", nargs="*", metavar="PART", help="training, engine, store or report; all by default")
    parser.add_argument("--quick", action="store_true", help="three repetitions instead of seven")


def run(given: argparse.Namespace) -> Answer:
    """Measure the parts and return their lines."""
    from acts import params
    from acts.bench import lines
    from acts.bench import run as bench

    code = bench.run(given.parts, quick=given.quick)
    found = lines.read(params.root())
    wanted = [part for part in given.parts or lines.PARTS if part in found]
    return Answer({part: _lines(part, *found[part]) for part in wanted}, code=code)


def _lines(part: str, measured: Any, told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of one part as values."""
    from acts.bench import lines

    found = lines.table(part, measured, busy=bool(told.get("busy")))
    return [{**vars(line), "met": line.met} for line in found]
