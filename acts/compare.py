"""Compare: the claims on which two published configurations do not agree, read off their ledgers.

A claim agrees where both decided it with the same word. Where both decided it with different words the two differ;
where one of them decided it and the other did not, it is listed apart and is no disagreement.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from acts import params

_NUMBERS = ("effect", "low", "high")
_UNDECIDED = ("inconclusive", "not decidable", "not measured here")


class NotJudged(ValueError):
    """A configuration without a ledger that can be read; the message is one line and says what to run."""


@dataclass(frozen=True)
class Sides:
    """What two configurations say of the claims that both ledgers hold, by claim.

    ``agree`` counts the claims that both decided alike, ``apart`` lists those that both decided otherwise, ``one``
    those that only one of them decided, ``missing`` those that only one ledger holds.
    """

    names: tuple[str, str]
    agree: int
    apart: list[dict[str, Any]]
    one: list[dict[str, Any]]
    missing: list[str]


def sides(first: str, second: str) -> Sides:
    """Return what two configurations say, from reports/<name>/ledger.csv of each.

    Raises ParamsError for an unknown configuration and NotJudged for one without a ledger.
    """
    names = (params.load(first).name, params.load(second).name)
    ledgers = [ledger(name) for name in names]
    both = [claim for claim in ledgers[0].index if claim in ledgers[1].index]
    rows = [_row(claim, *(table.loc[claim] for table in ledgers)) for claim in both]
    decided = [[row[side]["verdict"] not in _UNDECIDED for side in ("first", "second")] for row in rows]
    words = [row["first"]["verdict"] == row["second"]["verdict"] for row in rows]
    return Sides(
        names,
        agree=sum(all(one) and same for one, same in zip(decided, words, strict=True)),
        apart=[row for row, one, same in zip(rows, decided, words, strict=True) if all(one) and not same],
        one=[row for row, one in zip(rows, decided, strict=True) if sum(one) == 1],
        missing=sorted(set(ledgers[0].index) ^ set(ledgers[1].index)),
    )


def ledger(name: str) -> pd.DataFrame:
    """Return the published ledger of a configuration by claim; NotJudged where there is none that can be read."""
    path: Path = params.root() / "reports" / name / "ledger.csv"
    if not path.is_file():
        raise NotJudged(f"{name} has no ledger; run: python -m acts run {name} && python -m acts judge {name}")
    try:
        table = pd.read_csv(path, keep_default_na=False, dtype=str)
        table = table.set_index("claim")[["verdict", *_NUMBERS, "unit", "n", "statement"]]
        if table.index.has_duplicates:
            raise ValueError("a claim stands twice")
        return table.assign(**{column: pd.to_numeric(table[column]) for column in (*_NUMBERS, "n")})
    except (ValueError, KeyError, UnicodeDecodeError):
        raise NotJudged(f"{name}: reports/{name}/ledger.csv is no ledger; run: python -m acts judge {name}") from None


def _row(claim: str, first: pd.Series, second: pd.Series) -> dict[str, Any]:
    return {"claim": claim, "statement": first["statement"], "first": _side(first), "second": _side(second)}


def _side(row: pd.Series) -> dict[str, Any]:
    numbers = {name: None if pd.isna(row[name]) else float(row[name]) for name in _NUMBERS}
    return {
        "verdict": row["verdict"],
        **numbers,
        "unit": row["unit"],
        "n": None if pd.isna(row["n"]) else int(row["n"]),
    }


def plain(found: Sides) -> dict[str, Any]:
    """Return a comparison as values that JSON holds."""
    one, other = found.names
    return {
        "first": one, "second": other, "agree": found.agree, "differ": found.apart,
        "decided_by_one": found.one, "in_one_ledger": found.missing,
    }  # fmt: skip


def lines(found: Sides) -> list[str]:
    """Return the comparison as lines: first what differs, then what one alone decided, last the counts."""
    one, other = found.names
    told = [line for row in found.apart for line in _told(row, found.names)]
    if found.one:
        told.append(f"Decided by one of {one} and {other} alone:")
        told += [
            f"  {row['claim']}  {row['first']['verdict']} | {row['second']['verdict']}  {_short(row['statement'])}"
            for row in found.one
        ]
    if found.missing:
        told.append(f"In one ledger alone: {', '.join(found.missing)}")
    told.append(
        f"{one} and {other} both decided {found.agree + len(found.apart)} claims: {found.agree} alike, "
        f"{len(found.apart)} differently; {len(found.one)} are decided by one alone."
    )
    return told


def _told(row: dict[str, Any], names: tuple[str, str]) -> list[str]:
    """Return a claim with what each configuration says of it below."""
    width = max(map(len, names))
    said = [
        f"  {name:<{width}}  {row[side]['verdict']:<12}  {_effect(row[side])}".rstrip()
        for name, side in zip(names, ("first", "second"), strict=True)
    ]
    return [f"{row['claim']}  {_short(row['statement'])}", *said]


def _effect(side: dict[str, Any]) -> str:
    if side["effect"] is None:
        return ""
    ends = "" if side["low"] is None or side["high"] is None else f" [{side['low']:.3g}, {side['high']:.3g}]"
    count = "" if side["n"] is None else f", n = {side['n']}"
    return f"{side['effect']:.3g}{ends} {side['unit']}{count}".replace(" ,", ",")


def _short(text: str) -> str:
    return text if len(text) <= 90 else text[:89].rstrip() + "…"
