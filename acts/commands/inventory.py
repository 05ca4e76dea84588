"""Inventory: what there is of each kind, a row of plain values each, and the table that a terminal shows."""

import ast
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from acts.commands import ledgers
from acts.commands.page import AskedError
from acts.commands.terminal import Column, Table

Rows = list[dict[str, Any]]


def activations(config: str | None = None) -> Rows:
    """Return every activation; where a configuration is named, what it brings along too."""
    from acts import activations as room

    own: list[str] = []
    if config is not None:
        own = brought(config)
    return [_activation(room.get(name), own) for name in room.names()]


def brought(config: str) -> list[str]:
    """Enter the activations that a configuration brings along and return their names."""
    from acts import params
    from acts.activations import own

    return own.admit(params.load(config).own)


def elsewhere(name: str) -> None:
    """Raise AskedError for a function that a configuration brings along, where that is not named beside it."""
    from acts import activations as room
    from acts import params

    if not name.isidentifier() or name in room.names():
        return
    for config in params.configurations():
        try:
            own = params.load(config).own_names()
        except params.ParamsError:
            continue
        if name in own:
            raise AskedError(f"{name!r} is brought along by a configuration: add --config {config}")


def _activation(entry: Any, own: list[str]) -> dict[str, Any]:
    return {
        "name": entry.name,
        "label": entry.label,
        "family": entry.family,
        "year": entry.year,
        "formula": entry.formula,
        "parameters": dict(entry.parameters),
        "learnable": list(entry.learnable),
        "aliases": list(entry.aliases),
        "own": entry.name in own or entry.family == "own",
    }


def activations_table(rows: Rows) -> Table:
    """Return activations as a table."""
    columns = (
        Column("name"), Column("label", spare=True), Column("family"), Column("year", spare=True),
        Column("formula", text=True), Column("learnable", spare=True),
    )  # fmt: skip
    cells = [
        (row["name"], row["label"], row["family"], str(row["year"] or ""), row["formula"], ", ".join(row["learnable"]))
        for row in rows
    ]
    return Table(columns, cells, note="acts show NAME tells what follows from a formula")


def claims(config: str | None = None) -> Rows:
    """Return every claim, with its verdict where a configuration was judged."""
    from acts import claims as room

    name = ledgers.chosen(config)
    judged = {row["claim"]: row for row in ledgers.rows(name)} if name else {}
    return [
        {
            "claim": claim.id,
            "statement": claim.claim,
            "topic": claim.topic,
            "experiment": claim.experiment,
            "chapter": claim.notebook,
            "verdict": judged[claim.id]["verdict"] if claim.id in judged else None,
            "config": name,
        }
        for claim in room.catalogue()
    ]


def claims_table(rows: Rows) -> Table:
    """Return claims as a table."""
    config = next((row["config"] for row in rows if row["config"]), None)
    heading = f"verdict ({config})" if config else "verdict"
    columns = (Column("claim"), Column("statement", text=True), Column(heading), Column("topic", spare=True))
    cells = [(row["claim"], row["statement"], row["verdict"] or "", row["topic"]) for row in rows]
    note = "acts show C46 tells the rule and the finding" if config else "nothing is judged yet: make report"
    return Table(columns, cells, note=note)


def configurations() -> Rows:
    """Return every configuration of params/, with what it runs and how far it has been made."""
    from acts import params

    return [_configuration(name) for name in params.configurations()]


def _configuration(name: str) -> dict[str, Any]:
    from acts import params

    try:
        loaded = params.load(name)
    except params.ParamsError as error:
        told: dict[str, Any] = {"title": "", "fault": str(error), "device": None, "engine": None, "workers": None}
        return {"config": name, **told, "experiments": [], "own": [], "made": made(name)}
    return {
        "config": name,
        "title": loaded.title,
        "fault": None,
        "device": loaded.device,
        "engine": loaded.engine,
        "workers": loaded.workers,
        "experiments": loaded.experiments.words(),
        "own": loaded.own_names(),
        "made": made(name),
    }


def made(name: str) -> str:
    """Return how far a configuration has been made: report, judged, run or nothing."""
    folder = ledgers.folder(name)
    stages = (("report", "report.html"), ("judged", "ledger.csv"), ("run", "records.parquet"))
    return next((stage for stage, file in stages if (folder / file).is_file()), "nothing")


def configurations_table(rows: Rows) -> Table:
    """Return configurations as a table."""
    columns = (
        Column("name"), Column("made"), Column("title", text=True), Column("device", spare=True),
        Column("experiments", spare=True), Column("own", text=True, spare=True),
    )  # fmt: skip
    cells = [
        (
            row["config"], row["made"], row["fault"] or row["title"], row["device"] or "",
            str(len(row["experiments"])), ", ".join(row["own"]),
        )
        for row in rows
    ]  # fmt: skip
    return Table(columns, cells, note="acts show NAME tells what one runs, acts run NAME --dry what it would cost")


def datasets() -> Rows:
    """Return every data set, and what to put where for those that are absent."""
    from acts import datasets as room

    return [dataset(name) for name in room.names()]


def dataset(name: str) -> dict[str, Any]:
    """Return what is known of one data set."""
    from acts import datasets as room

    known, absent = room.source(name), room.missing(name)
    return {
        "dataset": name,
        "label": known.label,
        "task": known.task,
        "rows": known.rows,
        "inputs": known.inputs,
        "outputs": known.outputs,
        "here": absent is None,
        "missing": absent,
    }


def datasets_table(rows: Rows) -> Table:
    """Return data sets as a table."""
    columns = (
        Column("name"), Column("here"), Column("label", text=True), Column("task", spare=True),
        Column("rows", spare=True), Column("inputs", spare=True), Column("outputs", spare=True),
    )  # fmt: skip
    cells = [
        (
            row["dataset"], "here" if row["here"] else "missing", row["label"], row["task"],
            str(row["rows"]), str(row["inputs"]), str(row["outputs"]),
        )
        for row in rows
    ]  # fmt: skip
    absent = any(not row["here"] for row in rows)
    return Table(columns, cells, note="acts show NAME says where to put what is missing" if absent else "")


def experiments() -> Rows:
    """Return every comparison, with what it is, who shows it and which configurations run it."""
    from acts import claims as room
    from acts.claims.catalogue import NOTEBOOKS
    from acts.engine import keys

    running = {row["config"]: row["experiments"] for row in configurations()}
    shown = [claim.experiment for claim in room.catalogue()]
    return [
        {
            "experiment": word,
            "about": about(word),
            "chapter": NOTEBOOKS.get(word),
            "claims": shown.count(word),
            "configurations": [name for name, words in running.items() if word in words],
        }
        for word in keys.words()
    ]


def about(word: str) -> str:
    """Return the sentence that an experiment's file begins with, read and not run."""
    found = importlib.util.find_spec(f"acts.experiments.{word}")
    text = Path(found.origin).read_text("utf-8") if found and found.origin else ""
    told = " ".join((ast.get_docstring(ast.parse(text)) or "").split())
    return told.partition(": ")[2].partition(". ")[0].rstrip(".") or told


def experiments_table(rows: Rows) -> Table:
    """Return experiments as a table."""
    columns = (
        Column("word"), Column("what it asks", text=True), Column("claims", spare=True), Column("chapter", spare=True),
        Column("configurations", text=True, spare=True),
    )  # fmt: skip
    cells = [
        (row["experiment"], row["about"], str(row["claims"]), row["chapter"] or "", ", ".join(row["configurations"]))
        for row in rows
    ]
    return Table(columns, cells)


KINDS: dict[str, tuple[Callable[..., Rows], Callable[[Rows], Table]]] = {
    "activations": (activations, activations_table),
    "claims": (claims, claims_table),
    "configurations": (configurations, configurations_table),
    "datasets": (datasets, datasets_table),
    "experiments": (experiments, experiments_table),
}
