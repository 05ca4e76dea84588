"""The shelf: reports/index.html, every configuration that has a report side by side, offline and without a server."""

import hashlib
import html as markup
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acts import staging
from acts.reports import html, matter, thumbnails
from acts.reports import ledger as ledgers
from acts.reports.document import TEMPLATES
from acts.reports.marks import VOCABULARY, slug

SHOWN = ("Device", "Processor", "Measured", "Commit", "Records", "Compute")
FILES = (
    ("report.html", "HTML"), ("report.pdf", "PDF"), ("ledger.csv", "Ledger"), ("records.parquet", "Records"),
    ("catalogue.csv", "Catalogue"), ("provenance.json", "Provenance"),
)  # fmt: skip
FIRST = "theme.js"  # runs before the page is painted
SCRIPTS = ("tables.js", "shelf.js")  # run when the page has been read
HEADING = re.compile(r'<h2[^>]*?\sid="(?P<id>[^"]+)"[^>]*>(?P<text>.*?)</h2>', re.DOTALL)
ANCHOR = re.compile(r'\sid="claim-([^"]+)"')
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


@dataclass(frozen=True)
class Volume:
    """One configuration's report: what it is called, what it found, what it cost, and where its parts are.

    ``claims`` are its ledger's rows by claim, ``anchors`` the claims that its page shows, ``costs`` by comparison the
    runs and the seconds of one core.
    """

    name: str
    title: str
    facts: tuple[tuple[str, str], ...]
    claims: Mapping[str, ledgers.Row]
    anchors: frozenset[str]
    costs: Mapping[str, tuple[int, float]]
    device: str
    files: tuple[tuple[str, str], ...]
    chapters: tuple[thumbnails.Leaf, ...]
    articles: tuple[tuple[str, str], ...]

    @property
    def verdicts(self) -> dict[str, int]:
        """Return how many claims have each verdict, in the vocabulary's order."""
        words = [row["verdict"] for row in self.claims.values()]
        order = [*VOCABULARY, *sorted(set(words) - set(VOCABULARY))]
        return {word: words.count(word) for word in order if word in words}

    @property
    def decided(self) -> int:
        """Return how many claims are decided."""
        return sum(count for word, count in self.verdicts.items() if word not in matter.UNDECIDED)

    @property
    def runs(self) -> int:
        """Return how many runs stand behind the report."""
        return sum(runs for runs, _ in self.costs.values())

    @property
    def seconds(self) -> float:
        """Return how many seconds of one core the runs took."""
        return sum(seconds for _, seconds in self.costs.values())


def write(root: Path) -> Path:
    """Write reports/index.html and return its path; configurations with more runs stand first."""
    folders = [path.parent for path in (root / "reports").glob("*/report.html") if path.parent.name[0] != "."]
    volumes = sorted((volume(folder) for folder in folders), key=lambda one: (-one.runs, one.name))
    page = render(matter.read_title(root / "reports" / "book.yml"), volumes)
    with staging.moved(root / "reports", last="index.html") as staged:
        (staged / "index.html").write_text(page, encoding="utf-8")
    return root / "reports" / "index.html"


def render(title: matter.Title, volumes: Sequence[Volume]) -> str:
    """Return the page of all volumes."""
    style = html.stylesheet() + (TEMPLATES / "shelf.css").read_text(encoding="utf-8")
    program = script()
    rows = compared(volumes)
    return html.template("index.html.j2").render(
        title=title, shelf=volumes, style=html.safe(style), script=html.safe(program),
        policy=html.policy(style, program),
        rows=rows, topics=list(dict.fromkeys(row["topic"] for row in rows)),
        words=[word for word in VOCABULARY if any(word in one.verdicts for one in volumes)],
        kinds={kind: said for kind, said in KINDS.items() if any(row["kind"] == kind for row in rows)},
        slug=slug, totals=totals(volumes, rows), costs=costs(volumes),
        sums=[_cost((one.runs, one.seconds)) for one in volumes],
    )  # fmt: skip


def script() -> str:
    """Return the script of the page, its parts one after the other."""
    first, *others = ((TEMPLATES / name).read_text(encoding="utf-8") for name in (FIRST, *SCRIPTS))
    return "\n".join([first, 'addEventListener("DOMContentLoaded", () => {', *others, "});\n"])


# --- one configuration ------------------------------------------------------------------------------------------------


def volume(folder: Path) -> Volume:
    """Return what stands in a configuration's folder. Raises ReportError for a provenance that is no JSON."""
    told = matter.read_provenance(folder)
    page = _text(folder / "report.html")
    front = matter.front(
        matter.Title(title=folder.name), folder.name, {}, told, records=_digest(folder / "records.parquet")
    )
    ran = told.get("experiments", {})
    device = told.get("device", {})
    headings = {_plain(found["text"]): found["id"] for found in HEADING.finditer(page)}
    return Volume(
        folder.name, str(told.get("title", "")),
        facts=tuple(fact for fact in front.facts if fact[0] in SHOWN),
        claims={row["claim"]: row for row in ledgers.rows(_text(folder / "ledger.csv"))},
        anchors=frozenset(ANCHOR.findall(page)),
        costs={word: (int(one.get("runs", 0)), float(one.get("seconds", 0))) for word, one in ran.items()},
        device=str(device.get("name") or device.get("got", "")),
        files=tuple((name, said) for name, said in FILES if (folder / name).is_file()),
        chapters=tuple(thumbnails.leaves(sorted(folder.glob("*.ipynb")), headings)),
        articles=tuple(_articles(folder / "writeups")),
    )  # fmt: skip


def _digest(path: Path) -> str:
    """Return a file's sha256 in hex digits; nothing where there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _plain(text: str) -> str:
    """Return a heading's words without markup, number and anchor, for comparing."""
    return thumbnails.letters(re.sub(r"^[\d.\s]+|#\s*$", "", markup.unescape(re.sub(r"<[^>]+>", "", text)).strip()))


def _articles(folder: Path) -> Iterable[tuple[str, str]]:
    """Yield the write-ups of a configuration: file and title."""
    for path in sorted(folder.glob("*.html")) if folder.is_dir() else ():
        found = TITLE.search(_text(path))
        yield path.name, markup.unescape(found[1]).strip() if found else path.stem


# --- side by side -----------------------------------------------------------------------------------------------------

KINDS = {  # how configurations agree on a claim
    "differ": "Decided differently",
    "alone": "Decided by some alone",
    "alike": "Decided alike",
    "open": "Open everywhere",
}


def compared(volumes: Sequence[Volume]) -> list[dict[str, Any]]:
    """Return a row a claim: its statement and topic, what each volume says of it, and how these agree."""
    names = sorted({claim for one in volumes for claim in one.claims})
    rows = []
    for claim in names:
        said = [one.claims.get(claim) for one in volumes]
        first = next(row for row in said if row)
        cells = [_cell(one, claim) for one in volumes]
        told = {name: first[name] for name in ("statement", "topic")}
        rows.append({"claim": claim, **told, "cells": cells, "kind": kind([row["verdict"] for row in said if row])})
    return rows


def _cell(one: Volume, claim: str) -> dict[str, str]:
    """Return what one volume says of a claim, with the address of its card where its page has one."""
    row = one.claims.get(claim)
    if row is None:
        return {"verdict": "", "effect": "", "interval": "", "link": ""}
    link = f"{one.name}/report.html#claim-{claim}" if claim in one.anchors else ""
    return {"verdict": row["verdict"], "effect": row["effect"], "interval": row["interval"], "link": link}


def kind(verdicts: Sequence[str]) -> str:
    """Return how verdicts on one claim agree: differ, alone (some decide it and others do not), alike or open."""
    decided = [word for word in verdicts if word not in matter.UNDECIDED]
    if len(set(decided)) > 1:
        return "differ"
    if not decided:
        return "open"
    return "alike" if len(decided) == len(verdicts) else "alone"


def totals(volumes: Sequence[Volume], rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return what all volumes come to, as a number and what it counts."""
    if not volumes:
        return []
    somewhere = sum(row["kind"] != "open" for row in rows)
    differing = sum(row["kind"] == "differ" for row in rows)
    told = [
        (f"{len(volumes)}", "configuration" if len(volumes) == 1 else "configurations"),
        (f"{somewhere} of {len(rows)}", "claims decided somewhere"),
        (f"{differing}", "decided differently"),
        (thousands(sum(one.runs for one in volumes)), "runs"),
        (ledgers.duration(sum(one.seconds for one in volumes)), "of one core"),
    ]
    return told if len(volumes) > 1 else [*told[:2], *told[3:]]


def costs(volumes: Sequence[Volume]) -> dict[str, list[str]]:
    """Return by comparison what it cost in every volume: minutes of one core and runs, a dash where it was not run."""
    words = sorted({word for one in volumes for word in one.costs})
    return {word.replace("_", " "): [_cost(one.costs.get(word)) for one in volumes] for word in words}


def _cost(spent: tuple[int, float] | None) -> str:
    return "–" if spent is None else f"{ledgers.number(spent[1] / 60, 2)} · {thousands(spent[0])} runs"


def thousands(count: int) -> str:
    """Return a count with its thousands apart."""
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")
