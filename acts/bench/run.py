"""Run: the parts of a bench one after the other, each shown, judged by its bars and written down as it ends."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from acts import nearest, params, records
from acts.bench import lines, overhead, pages, racing, results, storing
from acts.bench.load import watched
from acts.bench.processes import BenchError
from acts.staging import writable

Row = dict[str, Any]
REPEATS, QUICK = 7, 3
JOBS, QUICK_JOBS = 200, 50


def run(parts: Sequence[str] = (), *, quick: bool = False) -> int:
    """Measure the named parts, or all; returns 0, or 1 when one of them failed to run.

    A bar that is not met is shown and is no failure: a machine may be slow or busy.
    """
    for part in parts:
        if part not in lines.PARTS:
            raise params.ParamsError(nearest.unknown("part", part, lines.PARTS))
    root = params.root()
    failed = [part for part in lines.PARTS if part in (parts or lines.PARTS) and not _part(root, part, quick)]
    return 1 if failed else 0


def _part(root: Path, part: str, quick: bool) -> bool:
    """Measure, show and write down one part; returns whether it ran."""
    if part == "report" and (why := pages.absent(root)):
        print(f"report: not measured: {why}")
        return True
    repeats = QUICK if quick else REPEATS
    print(f"{part}: measuring, {repeats} repetitions", flush=True)
    try:
        with watched() as load:
            rows = _measures(root, quick)[part](repeats)
    except BenchError as error:
        print(f"{error}", file=sys.stderr, flush=True)
        return False
    results.save(root, part, rows, told := results.describe(load, repeats=repeats))
    results.show(lines.table(part, records.frame(rows), busy=load.busy))
    busy = "; the machine was busy with other work: measure again" if load.busy else ""
    print(f"  others used {load.others:.2f} cores meanwhile{busy}; {told['seconds']:.0f} s\n", flush=True)
    return True


def _measures(root: Path, quick: bool) -> dict[str, Callable[[int], list[Row]]]:
    """Return what measures each part in so many repetitions; stores are made on the disk of the review."""
    here = writable(lines.folder(root))
    return {
        "training": racing.measure,
        "engine": lambda repeats: overhead.measure(repeats, jobs=QUICK_JOBS if quick else JOBS, where=here),
        "store": lambda repeats: storing.measure(repeats, where=here),
        "report": lambda repeats: pages.measure(root, repeats),
    }
