"""Ledgers: the verdicts that stand in reports/, read without pandas, so that a listing is quick."""

import csv
from pathlib import Path
from typing import Any

from acts import params

NUMBERS = ("effect", "low", "high", "level", "margin", "p_holm", "q_fdr")
DEFAULT = "cpu"


def folder(name: str) -> Path:
    """Return a configuration's folder of results."""
    return params.root() / "reports" / name


def judged() -> list[str]:
    """Return the configurations that have a ledger, the default first."""
    names = [name for name in params.configurations() if (folder(name) / "ledger.csv").is_file()]
    return sorted(names, key=lambda name: (name != DEFAULT, name))


def chosen(asked: str | None) -> str | None:
    """Return the configuration whose verdicts are shown: the one asked for, else the default, else one there is.

    Raises ParamsError for an unknown configuration and NotJudged for one without a ledger.
    """
    from acts.compare import NotJudged

    if asked is None:
        return next(iter(judged()), None)
    name = params.load(asked).name
    if not (folder(name) / "ledger.csv").is_file():
        raise NotJudged(f"{name} has no ledger; run: python -m acts run {name} && python -m acts judge {name}")
    return name


def rows(name: str) -> list[dict[str, Any]]:
    """Return a ledger's rows, numbers as numbers, what is empty as None; NotJudged where it cannot be read."""
    from acts.compare import NotJudged

    try:
        found = table(folder(name) / "ledger.csv")
        return [_numbers(row) for row in found if row["claim"] and row["verdict"]]
    except (OSError, ValueError, KeyError, csv.Error):
        raise NotJudged(f"{name}: reports/{name}/ledger.csv is no ledger; run: python -m acts judge {name}") from None


def fragile(name: str) -> set[str]:
    """Return the claims whose verdict another margin, init or half of the seeds would turn."""
    path = folder(name) / "sensitivity.csv"
    if not path.is_file():
        return set()
    return {row["claim"] for row in table(path) if row.get("fragile") == "True"}


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a published CSV file as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _numbers(row: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {key: value or None for key, value in row.items()}
    for key in NUMBERS:
        told[key] = float(row[key]) if row.get(key) else None
    return {**told, "n": int(float(row["n"])) if row.get("n") else None}
