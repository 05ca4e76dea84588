"""`acts judge`: judge the published records, write the ledger."""

import argparse

from acts.commands import terminal
from acts.commands.answer import Answer
from acts.commands.page import Page
from acts.commands.run import configuration

options = configuration
PAGE = Page(
    summary="judge the published records, write the ledger",
    about="""
    Holds every claim against the records of a configuration. It trains nothing and needs no torch, so a changed rule or
    margin is judged again in seconds.
    """,
    examples=(
        ("acts judge smoke", "write reports/smoke/ledger.csv and say how many claims got which verdict"),
        ("acts judge smoke --json", "the same counts, with the claims whose verdict is fragile"),
    ),
    reads="reports/CONFIG/records.parquet and acts/claims.yaml",
    writes="ledger.csv and sensitivity.csv in reports/CONFIG",
    json="{config, claims, verdicts: {verdict: count}, fragile: [claim], made}",
    codes={
        0: "judged, whatever the verdicts",
        1: "there are no records yet; the line says what to run first",
        75: "another process is working on the configuration: run the same again",
    },
)


def run(given: argparse.Namespace) -> Answer:
    """Judge a configuration and return the counts."""
    from acts import params, publish
    from acts.commands import ledgers

    name = params.load(given.config).name
    code = publish.judge(given.config)
    rows, fragile = ledgers.rows(name), ledgers.fragile(name)
    words = [row["verdict"] for row in rows]
    counts = {word: words.count(word) for word in dict.fromkeys(words)}
    made = [f"reports/{name}/{file}" for file in ("ledger.csv", "sensitivity.csv")]
    told = {"config": name, "claims": len(rows), "verdicts": counts, "fragile": sorted(fragile), "made": made}
    onward = f"next: acts list claims --config {name}, or acts render {given.config}"
    return Answer(told, code=code, show=lambda: terminal.onward(onward))
