"""Pages: how long ``make report`` takes when there is nothing to do."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from acts.bench.lines import arm
from acts.bench.processes import BenchError

Row = dict[str, Any]
CONFIG = "smoke"
NOT_MADE = f"reports/{CONFIG} has no report; after make report CONFIG={CONFIG} this part can be measured"


def absent(root: Path) -> str:
    """Return why a report cannot be measured here, nothing where it can."""
    if shutil.which("make") is None:
        return "there is no make"
    return "" if (root / "reports" / CONFIG / "report.html").is_file() else NOT_MADE


def measure(root: Path, repeats: int) -> list[Row]:
    """Return the rows of a report that is up to date; a first call, not timed, brings it there."""
    _make(root)
    found = []
    for repeat in range(repeats):
        started = time.perf_counter()
        told = _make(root)
        seconds = time.perf_counter() - started
        if "nothing to do" not in told:
            raise BenchError(f"report: a second make report still had something to do: {told.splitlines()[0]}")
        found.append({"arm": arm(config=CONFIG, repeat=repeat), "metric": "report_seconds", "value": seconds})
    return found


def _make(root: Path) -> str:
    """Make the report and return what make said; raises BenchError."""
    outer = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ACTS_RENDER")
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    command = ["make", "report", f"CONFIG={CONFIG}"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"report: make report CONFIG={CONFIG} failed: {(done.stderr.strip() or 'no word')[-300:]}")
    return done.stdout.strip()
