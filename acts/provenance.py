"""Provenance: what a configuration's records were made of, by what and on what."""

import hashlib
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import acts
from acts.engine import addresses
from acts.engine.desk import Outcome
from acts.engine.store import Store
from acts.params import Params

SOURCE = Path(acts.__file__).resolve().parents[1]
PACKAGES = (
    "torch", "numpy", "scipy", "pandas", "pyarrow", "sympy", "mpmath", "scikit-learn", "matplotlib", "seaborn",
    "distributed", "papermill", "nbconvert", "typst", "pypandoc_binary", "math-core", "tex2typst",
)  # fmt: skip


def describe(
    params: Params, *, asked: str, outcomes: list[Outcome], missing: dict[str, str], store: Store
) -> dict[str, Any]:
    """Return a run's provenance; the same store gives the same, whenever it is asked.

    ``measured`` is when the newest of the measurements was finished, ``seconds`` the time that computing them took.
    """
    return {
        "config": params.name,
        "title": params.title,
        "params": params.text,
        "commit": commit(),
        "measured": max((outcome.finished for outcome in outcomes), default=""),
        "versions": versions(),
        "hardware": hardware(),
        "threads": 1,
        "engine": addresses.kind(params.engine),
        "workers": params.workers,
        "device": {"asked": asked, "got": params.device, "name": device_name(params.device)},
        "dtype": params.dtype,
        "data": _data(outcomes),
        "missing": missing,
        "experiments": {outcome.word: _experiment(outcome) for outcome in outcomes},
        "failed": [failure.line for outcome in outcomes for failure in outcome.failures],
        "set_aside": len(store.set_aside),
    }


def _experiment(outcome: Outcome) -> dict[str, Any]:
    """Return how much one comparison measured and what it cost."""
    rows = outcome.records
    diverged = int(((rows["metric"] == "diverged") & (rows["value"] > 0)).sum())
    return {
        "runs": outcome.runs,
        "records": len(rows),
        "diverged": diverged,
        "seconds": round(outcome.seconds, 3),
    }


def _data(outcomes: list[Outcome]) -> dict[str, str]:
    """Return the fingerprint of every data set that stands in the records."""
    from acts import datasets

    named = {name for outcome in outcomes for name in outcome.records["dataset"].dropna().unique()}
    return {name: datasets.fingerprint(name) for name in sorted(named & set(datasets.names()))}


def commit() -> str:
    """Return the commit that the source stands at, with "+" where files differ from it; "unknown" outside git.

    A repository around the source's folder does not count: the commit would be of something else.
    """
    try:
        inside, _, head = _git("rev-parse", "--show-prefix", "HEAD").rpartition("\n")
        if inside:
            return "unknown"
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(*words: str) -> str:
    """Return what git answers in the folder of the source."""
    done = subprocess.run(["git", *words], cwd=SOURCE, capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip()


def versions() -> dict[str, str]:
    """Return the versions of Python, acts and the packages that a number or a page depends on."""
    found = {"python": platform.python_version(), "acts": acts.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def hardware() -> dict[str, Any]:
    """Return what kind of machine this is; no name of it, no path."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": cores(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
    }


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def processor() -> str:
    """Return the processor's model as the system names it."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def device_name(device: str) -> str:
    """Return the model of the device that is computed on."""
    if device == "cpu":
        return processor()
    import torch

    return torch.cuda.get_device_name()


def sha256(path: Path) -> str:
    """Return the sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
