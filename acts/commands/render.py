"""`acts render`: execute the notebooks, write HTML, PDF and the index."""

import argparse

from acts.commands import terminal
from acts.commands.answer import Answer
from acts.commands.page import Page
from acts.commands.run import configuration

options = configuration
PAGE = Page(
    summary="execute the notebooks, write HTML, PDF and the index",
    about="""
    Executes the notebooks of a configuration on its published records and binds them into one page and one PDF. A
    notebook whose inputs did not change is taken over as it was.
    """,
    examples=(
        ("acts render smoke", "write reports/smoke/report.html and report.pdf"),
        ("acts render smoke --json", "the same, and the paths as JSON"),
    ),
    reads="records.parquet, catalogue.csv and ledger.csv in reports/CONFIG, notebooks/, reports/book.yml",
    writes="the executed notebooks, report.html and report.pdf in reports/CONFIG, and reports/index.html",
    json="{config, made: [path]}",
    codes={
        0: "made",
        1: "a notebook failed, or something is to be run first; the report before it is whole",
        75: "another process is working on the configuration: run the same again",
    },
)


def run(given: argparse.Namespace) -> Answer:
    """Render a configuration and return the paths of what was made."""
    from acts import params, publish

    name = params.load(given.config).name
    code = publish.render(given.config)
    made = [f"reports/{name}/{file}" for file in ("report.html", "report.pdf")]
    told = {"config": name, "made": [*made, "reports/index.html"]}
    return Answer(told, code=code, show=lambda: terminal.onward(f"made: {made[0]}"))
