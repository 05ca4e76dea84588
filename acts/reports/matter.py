"""Front and back matter: title page, abstract and appendix, written from the ledger and the provenance."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML, YAMLError

from acts import wording
from acts.reports import abstract
from acts.reports import ledger as ledgers
from acts.reports.document import Front
from acts.reports.faults import ReportError
from acts.reports.marks import VOCABULARY
from acts.reports.words import escape, grid, thousands

UNDECIDED = ("inconclusive", "not decidable", "not measured here")
DIGEST = 12  # hex digits that name the records
STAMP = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())


class Title(BaseModel):
    """What ``reports/book.yml`` says."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: str
    subtitle: str = ""
    authors: list[str] = []
    opening: str = ""


def read_title(path: Path) -> Title:
    """Return the title page's words. Raises ReportError, one line, for a file that says anything else."""
    try:
        return Title.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise ReportError(f"reports/{path.name}: cannot be read ({error.strerror})") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ReportError(f"reports/{path.name}: {where or 'the file'}: {first['msg']}") from None
    except YAMLError as error:
        raise ReportError(f"reports/{path.name}: no YAML ({str(error).splitlines()[0]})") from None


def counts(ledger: str) -> dict[str, int]:
    """Return how often a ledger's CSV holds each verdict, in the order of the vocabulary; absent ones left out."""
    found = Counter(row["verdict"] for row in csv.DictReader(io.StringIO(ledger)))
    order = [*VOCABULARY, *sorted(set(found) - set(VOCABULARY))]
    return {verdict: found[verdict] for verdict in order if found[verdict]}


def read_provenance(folder: Path) -> dict[str, Any]:
    """Return a configuration's provenance.json, nothing where there is none. Raises ReportError for what is no JSON."""
    path = folder / "provenance.json"
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError:
        raise ReportError(f"reports/{folder.name}/provenance.json is no JSON; make the report again") from None


def front(
    title: Title,
    config: str,
    verdicts: Mapping[str, int],
    provenance: Mapping[str, Any],
    *,
    claims: tuple[ledgers.Row, ...] = (),
    chapters: Sequence[str] = (),
    records: str = "",
    brought: Sequence[str] = (),
) -> Front:
    """Return the front of a configuration's report: ``claims`` its ledger's rows, ``records`` its records' sha256.

    ``brought`` are the labels of the functions that the configuration brings along, where a chapter is about them.
    """
    device, hardware = provenance.get("device", {}), provenance.get("hardware", {})
    asked, got = device.get("asked", ""), device.get("got", "")
    facts = {
        "Configuration": f"{config}: {provenance.get('title', '')}".rstrip(": "),
        "Device": got if asked == got else f"{got} (asked for: {asked})",
        "Processor": device.get("name") or hardware.get("processor", ""),
        "Measured": str(provenance.get("measured", ""))[:10],
        "Commit": short(provenance),
        "Records": f"sha256 {records[:DIGEST]}" if records else "",
        "Compute": ledgers.duration(sum(seconds(provenance).values())) if seconds(provenance) else "",
        "Made by": f"make report CONFIG={config}",
    }
    return Front(
        title=title.title,
        subtitle=title.subtitle,
        authors=tuple(title.authors),
        abstract=abstract.write(title.opening, claims, provenance, brought=brought),
        facts=tuple((name, value) for name, value in facts.items() if value),
        verdicts=tuple(verdicts.items()),
        stamp=stamp(provenance),
        commit=short(provenance),
        command=f"make report CONFIG={config}",
        records=records[:DIGEST],
        cite=cite(title, config, provenance, records=records),
        runtimes=ledgers.runtimes(claims, seconds(provenance), chapters),
        claims=claims,
    )


def seconds(provenance: Mapping[str, Any]) -> dict[str, float]:
    """Return how many seconds of one core each comparison took to compute."""
    return {word: float(told.get("seconds", 0)) for word, told in provenance.get("experiments", {}).items()}


def cite(title: Title, config: str, provenance: Mapping[str, Any], *, records: str = "") -> str:
    """Return a configuration's report as a BibTeX entry; the commit and the records' digest name it exactly."""
    told = {
        "configuration": config,
        "commit": short(provenance),
        "records": records[:DIGEST] and f"sha256 {records[:DIGEST]}",
    }
    fields = {
        "title": ": ".join(_plain(part) for part in (title.title, title.subtitle) if part),
        "author": " and ".join(f"{{{_plain(author)}}}" for author in title.authors),
        "year": str(datetime.fromtimestamp(stamp(provenance), UTC).year),
        "version": _plain(str(provenance.get("versions", {}).get("acts", ""))),
        "note": ", ".join(f"{name} {_plain(value)}" for name, value in told.items() if value),
    }
    key = re.sub(r"[^a-z0-9]+", "-", f"acts-{config}-{short(provenance)[:7]}".lower()).strip("-")
    lines = [f"  {name:<7} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _plain(content: str) -> str:
    """Return a text for a BibTeX field: one line, and nothing that BibTeX or TeX would read as its own."""
    return re.sub(r"([&%$#_])", r"\\\1", re.sub(r"[\\{}~^\"@]", "", " ".join(content.split())))


def short(provenance: Mapping[str, Any]) -> str:
    """Return the commit in twelve letters, with the mark of changed files."""
    commit = str(provenance.get("commit", ""))
    return commit[:12] + ("+" if commit.endswith("+") else "") if len(commit) > 12 else commit


def stamp(provenance: Mapping[str, Any]) -> int:
    """Return the second of the epoch at which the newest measurement was finished; a fixed one where none is known."""
    try:
        measured = datetime.fromisoformat(str(provenance.get("measured", "")))
    except ValueError:
        return STAMP
    return int((measured if measured.tzinfo else measured.replace(tzinfo=UTC)).timestamp())


def appendix(provenance: Mapping[str, Any]) -> str:
    """Return the provenance as a chapter in markdown; every text in it is escaped."""
    device, hardware = provenance.get("device", {}), provenance.get("hardware", {})
    ran = {
        "Commit": provenance.get("commit", ""),
        "Measured": provenance.get("measured", ""),
        "Device": f"{device.get('got', '')} (asked for: {device.get('asked', '')})",
        "Device name": device.get("name", ""),
        "Precision": provenance.get("dtype", ""),
        "System": hardware.get("system", ""),
        "Cores": hardware.get("cores", ""),
        "Memory": f"{hardware['memory_gib']} GiB" if "memory_gib" in hardware else "",
        "Threads per process": provenance.get("threads", ""),
        "Engine": f"{provenance.get('engine', '')}, {provenance.get('workers', '')} workers",
    }
    versions = grid(("Package", "Version"), provenance.get("versions", {}).items())
    chapters = [
        "# Provenance {.unnumbered #provenance}",
        "What was run, on what, and with what. The same records give this report again, byte for byte.",
        grid(("What", "Here"), [(name, value) for name, value in ran.items() if value not in ("", None)]),
        _comparisons(provenance.get("experiments", {})),
        _data(provenance),
        _failures(provenance),
        f"## Versions {{.unnumbered #versions}}\n\n{versions}",
        _configuration(str(provenance.get("params", ""))),
    ]
    return "\n\n".join(part for part in chapters if part) + "\n"


def _comparisons(experiments: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (
            wording.word(name),
            *(thousands(int(told[count])) if count in told else "" for count in ("runs", "records", "diverged")),
            f"{told.get('seconds', 0):.1f}",
        )
        for name, told in experiments.items()
    ]
    headings = ("Comparison", "Runs", "Records", "Diverged runs", "Compute (s, one core)")
    return "## Comparisons {.unnumbered #comparisons}\n\n" + grid(headings, rows, right=range(1, 5)) if rows else ""


def _data(provenance: Mapping[str, Any]) -> str:
    rows = [(wording.word(name), "yes", digest) for name, digest in provenance.get("data", {}).items()]
    rows += [(wording.word(name), "no", line) for name, line in provenance.get("missing", {}).items()]
    heading = "## Data sets {.unnumbered #data-sets}\n\n"
    return heading + grid(("Data set", "Here", "SHA-256, or where to put it"), rows) if rows else ""


def _failures(provenance: Mapping[str, Any]) -> str:
    lines = [f"- {escape(line)}" for line in provenance.get("failed", ())]
    if provenance.get("set_aside"):
        lines.append(f"- {int(provenance['set_aside'])} damaged files of the store were set aside and computed again.")
    return "## What failed {.unnumbered #what-failed}\n\n" + "\n".join(lines) if lines else ""


def _configuration(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    heading = "## Configuration {.unnumbered #configuration}"
    return f"{heading}\n\n::: {{.listing}}\n{fence} yaml\n{text.rstrip()}\n{fence}\n:::" if text.strip() else ""
