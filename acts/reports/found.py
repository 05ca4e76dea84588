"""Found: what a published review found, for the README: an excerpt of its ledger, a figure and a table.

``python -m acts.reports.found cpu`` (``make found``) reads reports/cpu and writes docs/found/ and the part of README.md
between two markers; all words and numbers there come from docs/found/.
"""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd

from acts import params
from acts.colours import BY_NIGHT, INK
from acts.figures.style import own_style
from acts.figures.verdicts import topics
from acts.reports import ledger, matter
from acts.reports.words import listed, thousands

FOLDER = "docs/found"
BEGIN = "<!-- found: what stands from here to the other mark is written by `make found` -->"
END = "<!-- found: end -->"
COLUMNS = [
    "claim", "topic", "statement", "verdict", "effect", "low", "high", "level", "unit", "n", "margin", "condition",
]  # fmt: skip
# The sentences that one hears most often, whatever became of them; the others stand in the excerpt.
HEARD = ("C11", "C12", "C19", "C26", "C29", "C42", "C45", "C46", "C48", "C66", "C81", "C82")
NIGHT_INK = "#dfe4ea"  # of words and axes on a dark page


class FoundError(ValueError):
    """A review of which nothing can be told; the message is one line."""


# --- what is kept -----------------------------------------------------------------------------------------------------


def excerpt(folder: Path) -> tuple[str, dict[str, Any]]:
    """Return a published review's ledger as CSV, its main columns, and where it comes from.

    Raises FoundError where the folder holds no whole review.
    """
    for name in ("ledger.csv", "records.parquet", "provenance.json"):
        if not (folder / name).is_file():
            raise FoundError(f"reports/{folder.name}/{name} is not there; first run: make report CONFIG={folder.name}")
    table = pd.read_csv(folder / "ledger.csv")[COLUMNS]
    text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    return text, origin(matter.read_provenance(folder), (folder / "records.parquet").read_bytes())


def origin(provenance: Mapping[str, Any], records: bytes) -> dict[str, Any]:
    """Return what tells a review from any other: configuration, commit, day, kind of machine, runs, records."""
    hardware, done = provenance["hardware"], provenance["experiments"].values()
    return {
        "configuration": provenance["config"],
        "commit": provenance["commit"][:7],
        "measured": provenance["measured"][:10],
        "machine": f"{hardware['system']}, {hardware['processor']}, {hardware['cores']} cores",
        "torch": provenance["versions"]["torch"],
        "runs": sum(told["runs"] for told in done),
        "seconds": round(sum(told["seconds"] for told in done)),
        "records": sha256(records).hexdigest()[: matter.DIGEST],
    }


# --- what is shown ----------------------------------------------------------------------------------------------------


def picture(found: str, *, night: bool = False) -> str:
    """Return the verdicts topic by topic as SVG without fonts, for a light page or a dark one."""
    drawing, file = topics(pd.read_csv(io.StringIO(found))), io.StringIO()
    with own_style(), mpl.rc_context({"svg.fonttype": "path"}):
        drawing.savefig(file, format="svg", metadata={"Date": None}, bbox_inches="tight", pad_inches=0.06)
    text = file.getvalue()
    if not night:
        return text
    for day, dark in BY_NIGHT.items():
        text = text.replace(day, dark)
    return text.replace(INK, NIGHT_INK).replace("<svg ", f'<svg fill="{NIGHT_INK}" ', 1)


def block(found: str, told: Mapping[str, Any]) -> str:
    """Return the README's part: how many claims got which verdict, the figure, a table and where all comes from."""
    rows = {row["claim"]: row for row in ledger.rows(found)}
    heard = [rows[name] for name in HEARD if name in rows]
    return "\n".join(
        [
            BEGIN,
            _counted(found, told),
            "",
            "<picture>",
            f'  <source media="(prefers-color-scheme: dark)" srcset="{FOLDER}/verdicts-dark.svg">',
            f'  <img alt="{_alt(found)}" width="860" src="{FOLDER}/verdicts.svg">',
            "</picture>",
            "",
            f"{_counting(len(heard))} that one hears often, with the number that decided:",
            "",
            "| | what reviews say | verdict | measured |",
            "|---|---|---|---|",
            *(_line(row) for row in heard),
            "",
            f"[All {len(rows)}]({FOLDER}/ledger.csv) as a table. {_source(told)}",
            END,
        ]
    )


def _counted(found: str, told: Mapping[str, Any]) -> str:
    counts = matter.counts(found)
    said = listed([f"{count} {verdict}" for verdict, count in counts.items()])
    return f"{sum(counts.values())} claims, judged on {thousands(told['runs'])} runs: {said}."


def _alt(found: str) -> str:
    return escape(f"Verdicts by topic. {topics(pd.read_csv(io.StringIO(found))).finding}")


def _counting(count: int) -> str:
    words = ("No sentence", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven")
    return (*words, "Twelve")[count] if count <= 12 else str(count)


def _line(row: Mapping[str, str]) -> str:
    cells = (row["claim"], row["statement"], f"**{row['verdict']}**", _measured(row))
    return f"| {' | '.join(escape(cell, quote=False).replace('|', chr(92) + '|') for cell in cells)} |"


def _measured(row: Mapping[str, str]) -> str:
    """Return the number behind a verdict with its interval and pairs, or the words where no number decides."""
    if row["verdict"] == "true if" or not row["effect"]:
        return row["condition"] or "nothing"
    pairs = f"n = {float(row['n']):.0f}".replace(" ", "\N{NO-BREAK SPACE}") if row["n"] else ""
    behind = "; ".join(part for part in (row["interval"], pairs) if part)
    return row["effect"] + (f" ({behind})" if behind else "")


def _source(told: Mapping[str, Any]) -> str:
    return (
        f"Measured on {told['measured']} by `make report CONFIG={told['configuration']}` at commit `{told['commit']}` "
        f"({told['machine']}, torch {told['torch']}, {ledger.duration(told['seconds'])} of one core; "
        f"records sha256 `{told['records']}`)."
    )


def replaced(readme: str, block: str) -> str:
    """Return a README's text with another block between its markers; FoundError where it has not one of each."""
    if readme.count(BEGIN) != 1 or readme.count(END) != 1 or readme.index(BEGIN) > readme.index(END):
        raise FoundError("README.md: the two marks of what was found are not there, once each and in order")
    return readme[: readme.index(BEGIN)] + block + readme[readme.index(END) + len(END) :]


# --- what is written --------------------------------------------------------------------------------------------------


def write(config: str) -> list[Path]:
    """Write docs/found/ and the README's part from a published configuration and return the files written."""
    root = params.root()
    found, told = excerpt(root / "reports" / config)
    readme = root / "README.md"
    texts = {
        root / FOLDER / "ledger.csv": found,
        root / FOLDER / "origin.json": json.dumps(told, indent=1, ensure_ascii=False) + "\n",
        root / FOLDER / "verdicts.svg": picture(found),
        root / FOLDER / "verdicts-dark.svg": picture(found, night=True),
        readme: replaced(readme.read_text(encoding="utf-8"), block(found, told)),
    }
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what a configuration found, ``cpu`` where none is named; return 2 with one line for what cannot be."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["cpu"]
    try:
        if len(given) > 1:
            raise FoundError(f"one configuration, not {len(given)}: {' '.join(given)}"[:200])
        for path in write(params.load(given[0]).name):
            print(f"made: {path.relative_to(params.root())}")
    except (FoundError, params.ParamsError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
