"""Note: what an article rests on, read from a configuration's published files and held against what was asked."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from acts import claims, figures, nearest, params
from acts import records as door
from acts.claims import Card, Claim
from acts.reports import document

MOST = 4  # claims: an article has one to four pages
LONGEST = 300  # letters of a title


class WriteupError(ValueError):
    """An article that cannot be written; the message is one line with the word that was given and what was possible."""


@dataclass(frozen=True)
class Asked:
    """What an article is to be about: claims by id, activations to highlight, and what stands above it."""

    claims: tuple[str, ...]
    activations: tuple[str, ...] = ()
    title: str = ""
    authors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note:
    """What an article rests on.

    ``cards`` are the claims with their verdicts, judged from all of the records; ``ledger`` is the published one by
    claim, ``sensitivity`` its verdicts judged in other ways, empty where none is published; ``digest`` is the
    sha256 of the records, ``sources`` are the keys of the review's bibliography.
    """

    config: str
    asked: Asked
    index: claims.Index
    cards: tuple[Card, ...]
    catalogue: pd.DataFrame
    ledger: Mapping[str, Mapping[str, str]]
    sensitivity: Mapping[str, Mapping[str, str]]
    provenance: Mapping[str, Any]
    digest: str
    sources: frozenset[str] = frozenset()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Return the claims of the article in the catalogue's order."""
        return tuple(card.claim for card in self.cards)

    @property
    def activations(self) -> tuple[str, ...]:
        """Return the activations to highlight."""
        return self.asked.activations


def read(config: str, asked: Asked) -> Note:
    """Return what an article about claims rests on in a published configuration.

    Raises WriteupError, one line, for a bad title, an unknown claim or activation, records that are not there or empty,
    and a ledger that does not say what the records say.
    """
    name = params.load(config).name
    folder = params.root() / "reports" / name
    known = claims.catalogue()
    ids = _claims(asked.claims, [claim.id for claim in known])
    title = checked_title(asked.title)
    records = _records(folder, config)
    catalogue = figures.catalogue(name)
    functions = _activations(asked.activations, catalogue)
    index = claims.Index(records)
    cards = tuple(Card(claim, claims.judge(claim, index)) for claim in known if claim.id in ids)
    ledger = _rows(folder / "ledger.csv", config)
    _agree(cards, ledger, config)
    return Note(
        name, Asked(tuple(ids), functions, title, asked.authors), index, cards, catalogue, ledger,
        sensitivity=_rows(folder / "sensitivity.csv", config, needed=False),
        provenance=json.loads(_text(folder / "provenance.json") or "{}"),
        digest=hashlib.sha256((folder / "records.parquet").read_bytes()).hexdigest(),
        sources=frozenset(_keys(bibliography())),
    )  # fmt: skip


def bibliography() -> Path:
    """Return where the review's bibliography stands."""
    return params.root() / "reports" / "references.bib"


def _keys(path: Path) -> set[str]:
    return document.bibliography_keys(path) if path.is_file() else set()


def checked_title(title: str) -> str:
    """Return a title on one line; raises WriteupError for one that is empty, too long or holds what nobody can read."""
    text = " ".join(title.split())
    if not text:
        raise WriteupError("the title is empty; give one with --title")
    if len(text) > LONGEST:
        raise WriteupError(f"the title has {len(text)} letters; {LONGEST} are the most")
    strange = next((letter for letter in text if not letter.isprintable()), "")
    if strange:
        raise WriteupError(f"the title holds {strange!r}, which cannot be printed")
    return text


def _claims(asked: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return claims in the catalogue's order, each once."""
    ids = [one.strip().upper() for one in asked if one.strip()]
    for one in ids:
        if one not in known:
            raise WriteupError(nearest.unknown("claim", one, known))
    if not ids:
        raise WriteupError("no claim is named; give some with --claims C25,C46 (`list claims` names all)")
    if len(set(ids)) > MOST:
        raise WriteupError(f"{len(set(ids))} claims are named; an article takes {MOST} at most, the report has all")
    return [one for one in known if one in ids]


def _activations(asked: Sequence[str], catalogue: pd.DataFrame) -> tuple[str, ...]:
    """Return activations by the catalogue's names, each once; an alias or a label is another name of its own."""
    own = {str(name): str(name) for name in catalogue["name"]}
    others = {str(label).lower(): str(name) for name, label in zip(catalogue["name"], catalogue["label"], strict=True)}
    for name, aliases in zip(catalogue["name"], catalogue["aliases"].fillna(""), strict=True):
        others |= {alias.strip(): str(name) for alias in re.split(r"[,;\s]+", str(aliases)) if alias}
    found: dict[str, None] = {}
    for one in (text.strip() for text in asked if text.strip()):
        if one not in own and one.lower() not in others:
            raise WriteupError(nearest.unknown("activation", one, own))
        found[own.get(one) or others[one.lower()]] = None
    return tuple(found)


def _records(folder: Path, config: str) -> pd.DataFrame:
    path = folder / "records.parquet"
    if not path.is_file():
        raise WriteupError(f"reports/{folder.name}/{path.name} is not there; first run: python -m acts run {config}")
    try:
        records = door.read(path)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WriteupError(f"reports/{folder.name}/{path.name} cannot be read: {reason}") from None
    if records.empty:
        raise WriteupError(f"reports/{folder.name}/{path.name} holds no measurement; run: python -m acts run {config}")
    return records


def _rows(path: Path, config: str, *, needed: bool = True) -> dict[str, dict[str, str]]:
    """Return the rows of a published table by claim."""
    text = _text(path)
    if needed and not text:
        raise WriteupError(f"reports/{path.parent.name}/{path.name} is not there; run: python -m acts judge {config}")
    return {row["claim"]: row for row in csv.DictReader(io.StringIO(text)) if row.get("claim")}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _agree(cards: Sequence[Card], ledger: Mapping[str, Mapping[str, str]], config: str) -> None:
    """Raise WriteupError where the published ledger has another verdict than the records: one of them is old."""
    for card in cards:
        said = ledger.get(card.claim.id, {}).get("verdict", "nothing")
        if said != card.verdict.verdict:
            raise WriteupError(
                f"the ledger says {said} of {card.claim.id} where the records say {card.verdict.verdict}; judge them"
                f" again: python -m acts judge {config}"
            )
