"""`acts verify`: read and check every stored measurement."""

import argparse

from acts.commands.answer import Answer
from acts.commands.page import Page

PAGE = Page(
    summary="read and check every stored measurement, set aside what is damaged",
    about="""
    Reads every byte of the store. A file that is damaged is set aside and computed again by the next run; two different
    results of one run are named, and stay until one of them is removed.
    """,
    examples=(
        ("acts verify", "check the store of this review"),
        ("acts verify --json", "the same as counts, with a line for each finding"),
    ),
    reads="the store (ACTS_STORE, else .store/)",
    writes="nothing, unless something is damaged: that is moved into damaged/ in the store",
    json="{files, runs, records, damaged, conflicts, found: [line]}",
    codes={0: "all is whole", 1: "something was damaged or contradicts itself"},
)


def run(given: argparse.Namespace) -> Answer:
    """Check the store and return what was read and found."""
    del given
    from acts.engine import store, verify

    found: list[str] = []

    def tell(line: str) -> None:
        found.append(line)
        print(line, flush=True)

    counts = verify.examine(store.default(), tell)
    return Answer({**vars(counts), "found": found[:-1]}, code=counts.code)
