"""`acts fetch`: download published data sets into ACTS_DATA."""

import argparse

from acts.commands.answer import Answer
from acts.commands.page import Page, Parser

PAGE = Page(
    summary="download published data sets into ACTS_DATA",
    about="""
    Downloads the files of published data sets into the folder that ACTS_DATA names, each checked by its sha256 before
    it takes its place. It is the only command that downloads anything. Sets that are generated, or come with
    scikit-learn, need no download.
    """,
    examples=(
        ("acts fetch fashion_mnist", "the four files of Fashion-MNIST"),
        ("acts fetch fashion_mnist tinyshakespeare", "two sets; both names are looked up before the first download"),
    ),
    reads="ACTS_DATA, and the publishers' addresses",
    writes="the files, under ACTS_DATA",
    json="[{name, files: [path]}]",
    codes={0: "all files are there and whole", 1: "a publisher could not be reached or gave other bytes"},
)


def options(parser: Parser) -> None:
    """Add what the command takes."""
    parser.add_argument("names", nargs="+", metavar="NAME", help="a data set, as `acts list datasets` names it")


def run(given: argparse.Namespace) -> Answer:
    """Download data sets and say what comes from where; every name is looked up before the first download."""
    from acts import datasets

    for name in given.names:
        datasets.source(name)
    return Answer([{"name": name, "files": datasets.fetch(name)} for name in given.names])
