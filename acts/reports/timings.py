"""Timings: what a bench found, as a section of the appendix, with the machine on which it was found."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from acts.bench import lines
from acts.reports.matter import short
from acts.reports.words import escape, grid

TITLES = {"training": "Training", "engine": "Engine", "store": "Store", "report": "Report"}
OPENING = (
    "What training, engine, store and report cost; `make bench` measures it again. A ratio says how many times as long"
    " a loop over PyTorch's modules takes for a step of a network as our training does, which is done as jobs are, in"
    " two processes of one thread; both are timed in turns in one run."
)


def section(root: Path, provenance: Mapping[str, Any]) -> str:
    """Return the bench's section in markdown, nothing where none was made; the machine is held against the report's."""
    measured = lines.read(root)
    if not measured:
        return ""
    parts = [part for each, found in measured.items() for part in _part(each, *found, provenance)]
    return "\n\n".join(["## Bench {.unnumbered #bench}", OPENING, *parts]) + "\n"


def _part(part: str, records: Any, told: Mapping[str, Any], provenance: Mapping[str, Any]) -> list[str]:
    """Return one part's heading, what it was measured on, and its table."""
    rows = [line.cells for line in lines.table(part, records, busy=bool(told.get("busy")))]
    heading = f"### {TITLES[part]} {{.unnumbered #bench-{part}}}"
    return [heading, _where(told, provenance), grid(lines.HEADINGS, rows, right=(1, 2, 3))]


def _where(told: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    """Return when, at which commit and on what a part was measured, and whether the machine was busy."""
    hardware, own = told.get("hardware", {}), provenance.get("hardware", {})
    alike = "on a machine like that of this report" if hardware == own else "on another machine than this report"
    kind = alike if own else "on"
    machine = (
        f"{hardware.get('processor', '')}, {hardware.get('cores', '')} cores, {hardware.get('memory_gib', '')} GiB"
    )
    said = (
        f"Measured {escape(str(told.get('measured', ''))[:10])} at commit {escape(short(told))} {kind}"
        f" ({escape(machine)}; torch {escape(told.get('versions', {}).get('torch', ''))}),"
        f" at most {told.get('repeats', '')} repetitions."
    )
    others = f"Other work used {float(told.get('others_cores', 0)):.2g} of its cores meanwhile"
    busy = ", so that what it slows down is not decided" if told.get("busy") else ""
    return f"{said} {others}{busy}."
