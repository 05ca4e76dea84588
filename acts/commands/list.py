"""`acts list`: list what there is."""

import argparse
from typing import Any

from acts import nearest
from acts.commands.answer import Answer
from acts.commands.page import AskedError, Page, Parser

KINDS = ("activations", "claims", "configurations", "datasets", "experiments")
FILTERS = {"family": "activations", "topic": "claims", "verdict": "claims", "missing": "datasets"}  # whose they are
TAKES_CONFIG = ("activations", "claims")

PAGE = Page(
    summary="list activations, claims, configurations, datasets or experiments",
    about="""
    Lists what there is of one kind. On a terminal it is a table; piped, a row is a line with tabs between the columns
    and no headings. Claims show their verdict once a configuration is judged: the one that --config names, else cpu,
    else one that is.
    """,
    examples=(
        ("acts list activations --family rectifier", "the functions of one family"),
        ("acts list claims --verdict refuted", "the claims that were refuted"),
        ("acts list datasets --missing", "the data sets that are not here; acts show NAME says where to put one"),
    ),
    reads="acts/claims.yaml, params/, ACTS_DATA and reports/CONFIG/ledger.csv, as far as they are asked for",
    json="a list of objects: activations {name, label, family, year, formula, parameters, learnable, aliases, own};"
    " claims {claim, statement, topic, experiment, chapter, verdict, config}; configurations {config, title, fault,"
    " device, engine, workers, experiments, own, made}; datasets {dataset, label, task, rows, inputs, outputs, here,"
    " missing}; experiments {experiment, about, chapter, claims, configurations}",
    codes={0: "listed, even where nothing is left by the filters"},
)


def options(parser: Parser) -> None:
    """Add what the command takes."""
    parser.add_argument("what", nargs="?", metavar="KIND", help=f"{', '.join(KINDS[:-1])} or {KINDS[-1]}")
    parser.add_argument("--family", metavar="FAMILY", help="only activations of this family")
    parser.add_argument("--topic", metavar="TOPIC", help="only claims of this topic")
    parser.add_argument("--verdict", metavar="VERDICT", help="only claims with this verdict")
    parser.add_argument("--missing", action="store_true", help="only data sets that are not here")
    parser.add_argument("--config", metavar="CONFIG", help="whose verdicts are shown, or whose own activations too")


def run(given: argparse.Namespace) -> Answer:
    """List one kind, as far as the filters let it through."""
    if given.what is None:
        raise AskedError(f"list what? (known: {', '.join(KINDS)})")
    if given.what not in KINDS:
        raise AskedError(nearest.unknown("kind", given.what, KINDS))
    _fitting(given)
    from acts.commands import inventory

    read, table = inventory.KINDS[given.what]
    rows = read(given.config) if given.what in TAKES_CONFIG else read()
    rows = _only(rows, "family", given.family)
    rows = _only(rows, "topic", given.topic)
    if given.verdict is not None:
        rows = _judged(rows, given.verdict)
    if given.missing:
        rows = [row for row in rows if not row["here"]]
    return Answer(rows, show=lambda: table(rows).show())


def _fitting(given: argparse.Namespace) -> None:
    """Raise AskedError for a filter that is not for the kind that is asked for."""
    for name, kind in FILTERS.items():
        if getattr(given, name) and given.what != kind:
            raise AskedError(f"--{name} is for {kind}, not for {given.what}")
    if given.config is not None and given.what not in TAKES_CONFIG:
        raise AskedError(f"--config is for {' and '.join(TAKES_CONFIG)}, not for {given.what}")


def _only(rows: list[dict[str, Any]], key: str, wanted: str | None) -> list[dict[str, Any]]:
    """Return the rows whose field is what is wanted, small and capital letters alike; AskedError where none has it."""
    if wanted is None:
        return rows
    found = [row for row in rows if str(row[key]).lower() == wanted.lower()]
    if not found:
        known = sorted({str(row[key]) for row in rows})
        raise AskedError(nearest.unknown(key, wanted, known))
    return found


def _judged(rows: list[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """Return the claims with one verdict; AskedError for a word that is none, and where nothing is judged."""
    from acts.claims import VOCABULARY

    if wanted.lower() not in VOCABULARY:
        raise AskedError(nearest.unknown("verdict", wanted, VOCABULARY))
    if not any(row["config"] for row in rows):
        raise AskedError("no configuration is judged yet, so no claim has a verdict; run: make report")
    return [row for row in rows if row["verdict"] == wanted.lower()]
