"""Results: what a bench found, as records with their provenance under reports/bench, and as a table on the screen."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from acts import provenance, records
from acts.bench import lines
from acts.bench.lines import Line
from acts.bench.load import Load
from acts.staging import moved, writable

SHARED = {"experiment": lines.WORD, "phase": "final", "device": "cpu"}
NAMED = ("python", "acts", "torch", "numpy", "pyarrow", "distributed")


def save(root: Path, part: str, rows: Iterable[Mapping[str, Any]], told: Mapping[str, Any]) -> None:
    """Write one part's rows as records with its provenance, whole or not at all; the other parts stay as they are."""
    trained = {"activation": "relu", "dtype": "float32"} if part == "training" else {"activation": "none"}
    table = records.frame({**SHARED, **trained, **row} for row in rows)
    folder = writable(lines.folder(root))
    with moved(folder, last=f"{part}.parquet") as staging:
        records.write(table, staging / f"{part}.parquet", provenance=told)
        (staging / f"{part}.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", "utf-8")


def describe(load: Load, *, repeats: int) -> dict[str, Any]:
    """Return the provenance of a part: when, of which source, with which versions, on what, and how busy that was."""
    versions = provenance.versions()
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": provenance.commit(),
        "versions": {name: versions[name] for name in NAMED},
        "hardware": provenance.hardware(),
        "repeats": repeats,
        "seconds": round(load.seconds, 1),
        **load.told(),
    }


def show(found: Sequence[Line], *, console: Console | None = None) -> None:
    """Print lines as a table; a ratio is how many times as long the loop takes for a step of a network as ours."""
    console = console or Console(width=None if sys.stdout.isatty() else 120)
    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for heading in lines.HEADINGS:
        table.add_column(heading, justify="left" if heading in ("Measured", "Met") else "right")
    for line in found:
        style = {"yes": "green", "no": "red"}.get(line.met, "")
        table.add_row(*line.cells[:-1], f"[{style}]{line.met}[/]" if style else line.met)
    console.print(table)
