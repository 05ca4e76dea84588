"""`acts run`: plan, compute what is missing, publish the records."""

import argparse
import json
from pathlib import Path
from typing import Any

from acts.commands import terminal
from acts.commands.answer import Answer
from acts.commands.page import Page, Parser

PAGE = Page(
    summary="plan, compute what is missing, publish the records",
    about="""
    Computes the comparisons of a configuration. What the store holds already is not computed again: a second run finds
    nothing to do, and one that was interrupted goes on where it stopped. --dry only says what is missing.
    """,
    examples=(
        ("acts run smoke", "every stage of the review once, in about two minutes"),
        ("acts run cpu --dry", "jobs, runs and estimated time of what is missing; computes nothing"),
        ("acts run cpu --engine serial", "in this process alone, without workers"),
    ),
    reads="params/CONFIG.yaml, the store, and ACTS_DATA where data sets are asked for that are published elsewhere",
    writes="the store (ACTS_STORE, else .store/); in reports/CONFIG records.parquet, catalogue.csv and provenance.json",
    json="{config, device, experiments: {word: {runs, records, diverged, seconds}}, missing, failed, made}; with --dry"
    " {config, experiments: [{experiment, planned, stored, missing, jobs, seconds, seconds_on_workers, budget}],"
    " workers, seconds, seconds_on_workers}",
    codes={
        0: "all that could be measured is; a data set that is absent counts as not measured here",
        1: "a job failed or crashed; the rest is published and reports/CONFIG/.failed names it",
        75: "another process is working on the configuration, or the scheduler is gone: run the same again",
    },
)


def options(parser: Parser) -> None:
    """Add what the command takes."""
    configuration(parser)
    parser.add_argument(
        "--engine",
        metavar="ENGINE",
        type=_engine,
        help="where to compute, instead of what CONFIG says: serial, local, tcp://HOST:PORT, tls://HOST:PORT or"
        " scheduler-file:PATH",
    )
    parser.add_argument(
        "--insecure-cluster",
        action="store_true",
        help="use a plain address that is not loopback, though whoever reaches it can run code as you",
    )
    parser.add_argument("--dry", action="store_true", help="only say what is missing and what it would cost")


def configuration(parser: Parser) -> None:
    """Add the argument that names a configuration."""
    parser.add_argument("config", metavar="CONFIG", help="a name in params/, or the path of a YAML file")


def _engine(text: str) -> str:
    """Return an engine as it is used: the file of a scheduler is meant from the folder that the command is given in."""
    from acts.engine import addresses

    if not addresses.known(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not {addresses.FORMS}")
    name = addresses.file(text)
    return text if name is None else f"{addresses.FILE}{Path.cwd() / Path(name).expanduser()}"


def run(given: argparse.Namespace) -> Answer:
    """Compute what a configuration lacks, or only look; a configuration is read before anything heavy is imported."""
    from acts import params

    params.load(given.config)
    from acts import publish

    if given.dry:
        from acts import dry

        sheet = dry.Sheet(params.load(given.config).name)
        publish.run(given.config, engine=given.engine, insecure=given.insecure_cluster, dry=sheet)
        return Answer(sheet.plain())
    code = publish.run(given.config, engine=given.engine, insecure=given.insecure_cluster)
    return Answer(_published(given.config), code=code, show=lambda: terminal.onward(f"next: acts judge {given.config}"))


def _published(config: str) -> dict[str, Any]:
    """Return what a run published, as its provenance says."""
    from acts import params
    from acts.engine import published

    folder = published(params.load(config))
    told = json.loads((folder / "provenance.json").read_text("utf-8"))
    names = ("records.parquet", "catalogue.csv", "provenance.json")
    made = [f"reports/{folder.name}/{name}" for name in names]
    return {
        "config": told["config"],
        "device": told["device"]["got"],
        "experiments": told["experiments"],
        "missing": told["missing"],
        "failed": told["failed"],
        "made": made,
    }
