"""`acts writeup`: write a short article about a few claims."""

import argparse
from pathlib import Path

from acts.commands import terminal
from acts.commands.answer import Answer
from acts.commands.page import Page, Parser

PAGE = Page(
    summary="write a short article about a few claims",
    about="""
    Makes an article of a few claims: what was asked, what was found, the figures behind it, how it was measured. The
    notebook that it was made from lies beside it.
    """,
    examples=(
        (
            'acts writeup --claims C25,C46 --activations relu,leaky_relu --title "Do dying units matter?"',
            "an article of two claims, with two functions highlighted in its figures",
        ),
        (
            'acts writeup --claims C46 --title "Dying units" --author "A. Writer" --config smoke --out articles',
            "the same from another configuration's records, into a folder of your own",
        ),
    ),
    reads="records.parquet, catalogue.csv, ledger.csv and provenance.json in reports/CONFIG, reports/references.bib",
    writes="an HTML page, a PDF and a notebook in reports/CONFIG/writeups, or in --out",
    json="{made: [path]}",
    codes={0: "made", 1: "the article could not be set"},
)


def options(parser: Parser) -> None:
    """Add what the command takes."""
    parser.add_argument("--claims", metavar="C25,C46", required=True, help="its claims, as `acts list claims` has them")
    parser.add_argument("--activations", metavar="NAME,…", default="", help="functions to highlight in the figures")
    parser.add_argument("--title", metavar="TEXT", required=True, help="what stands above it")
    parser.add_argument("--author", metavar="NAME", action="append", default=[], help="who writes it; may be repeated")
    parser.add_argument("--config", metavar="CONFIG", default="cpu", help="whose records it reads (default: cpu)")
    parser.add_argument("--out", metavar="DIR", help="where to put it (default: reports/CONFIG/writeups)")


def run(given: argparse.Namespace) -> Answer:
    """Write an article and return where its page, its PDF and its notebook are."""
    from acts import params

    params.load(given.config)
    from acts import writeups

    asked = writeups.Asked(
        tuple(given.claims.split(",")), tuple(given.activations.split(",")), given.title, tuple(given.author)
    )
    made = writeups.write(given.config, asked, out=Path(given.out).expanduser() if given.out else None)
    return Answer({"made": made}, show=lambda: terminal.lines(f"made: {path}" for path in made))
