"""Doctor: what this machine has and what each configuration can run on it, problems first; it computes nothing."""

import os
import platform
import shutil
import struct
import sys
from importlib.metadata import PackageNotFoundError, metadata, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from acts import estimates, provenance
from acts import params as configuration
from acts.engine import addresses, devices, store
from acts.params import Params
from acts.reports import fonts

Found = dict[str, Any]
PROGRAMS = {
    "make": "make report, make test",
    "git": "the commit in a report's provenance",
    "chromium": "the browser tests alone",
    "pdftoppm": "the tests of the PDF alone",
}
FEW_GIB = 2.0


def examine() -> Found:
    """Return what there is, by heading and name; ``problems`` are what is wrong, each with what to do."""
    found: Found = {
        "software": software(),
        "machine": machine(),
        "tools": tools(),
        "data_sets": data(),
        "store": stored(),
        "reports": reports(),
        "configurations": {name: can(name) for name in configuration.configurations()},
    }
    return {"problems": problems(found), **found}


# --- what is installed ------------------------------------------------------------------------------------------------


def software() -> Found:
    """Return the versions of Python, acts and torch, the commit, and which packages differ from the lock."""
    versions = provenance.versions()
    return {
        "python": versions["python"],
        "acts": versions["acts"],
        "commit": provenance.commit(),
        "torch": _torch(),
        "not installed": [name for name in provenance.PACKAGES if versions[name] == "not installed"],
        "not as in requirements.lock": _astray(configuration.root() / "requirements.lock"),
        "encoding": sys.stdout.encoding or "unknown",
        "ACTS_DATA": _told("ACTS_DATA"),
        "ACTS_STORE": _told("ACTS_STORE"),
    }


def _told(variable: str) -> str:
    """Return whether the shell says something, and no path, since an examination is shown to others."""
    return "set" if os.environ.get(variable) else "not set"


def _torch() -> str:
    """Return torch's version and what it was built for."""
    if find_spec("torch") is None:
        return "not installed: records can be judged and rendered, not computed"
    import torch

    built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
    return f"{torch.__version__}, {built}"


def _astray(lock: Path) -> list[str]:
    """Return the installed packages whose version is not the locked one; a local part, as +cpu, does not count."""
    if not lock.is_file():
        return []
    told = []
    for line in lock.read_text("utf-8").splitlines():
        name, _, wanted = line.partition(";")[0].strip().partition("==")
        try:
            here = version(name).partition("+")[0] if wanted else wanted
        except PackageNotFoundError:
            continue
        if here != wanted:
            told.append(f"{name} {here}, not {wanted}")
    return told


def machine() -> dict[str, str]:
    """Return processor, threads, memory and devices."""
    here = provenance.hardware()
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    return {
        "processor": f"{here['processor']}, {here['system']}",
        "cores": str(here["cores"]),
        "threads": f"one a process while computing; OMP_NUM_THREADS is {threads}",
        "memory": f"{here['memory_gib']} GiB",
        "device cpu": "yes",
        **_accelerators(),
    }


def _accelerators() -> dict[str, str]:
    """Return the CUDA device, and whether there is an Apple one, which is never used."""
    if find_spec("torch") is None:
        return {"device cuda": "no torch", "device mps": "no torch"}
    import torch

    return {
        "device cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "device mps": "here, and not used: a review computes on cpu or cuda"
        if torch.backends.mps.is_available()
        else "none; it would not be used",
    }


def tools() -> dict[str, str]:
    """Return the fonts of the report and the programs outside Python."""
    damaged = [name for name in font_files() if not whole(fonts.FOLDER / name)]
    said = f"not whole: {', '.join(damaged)}" if damaged else f"all {len(font_files())} files of the report are whole"
    programs = {name: "yes" if shutil.which(name) else f"none; needed for {use}" for name, use in PROGRAMS.items()}
    return {"fonts": said, **programs}


def font_files() -> list[str]:
    """Return the names of the fonts that the report is set in, for the page and for paper."""
    paper = sorted(path.name for path in fonts.FOLDER.glob("*.otf"))
    return [*(f"{name}.woff2" for *_, name in fonts.FACES), *paper]


def whole(path: Path) -> bool:
    """Say whether a font is there and as long as its own header says."""
    try:
        content = path.read_bytes()
        if path.suffix == ".woff2":
            return content[:4] == b"wOF2" and struct.unpack(">I", content[8:12])[0] == len(content)
        (tables,) = struct.unpack(">H", content[4:6])
        ends = [sum(struct.unpack(">II", content[20 + 16 * row : 28 + 16 * row])) for row in range(tables)]
        return content[:4] == b"OTTO" and max(ends) <= len(content)
    except (OSError, struct.error, ValueError):
        return False


# --- what is kept -----------------------------------------------------------------------------------------------------


def data() -> Found:
    """Return each data set: None where it is here, else what to put where."""
    from acts import datasets

    return {name: datasets.missing(name) for name in datasets.names()}


def stored() -> Found:
    """Return how much the store holds and the room that is left on its disk; nothing is made or moved."""
    folder = store.default()
    files = list((folder / "jobs").rglob("*.acts")) if folder.is_dir() else []
    disk = os.statvfs(folder if folder.is_dir() else configuration.root())
    return {
        "jobs": len(files),
        "mib": round(sum(path.stat().st_size for path in files) / 2**20, 1),
        "free_gib": round(disk.f_bavail * disk.f_frsize / 2**30, 1),
        "writable": _writable(folder),
    }


def reports() -> Found:
    """Return the size of every configuration's results, in MiB."""
    folder = configuration.root() / "reports"
    sizes = {name: _mib(folder / name) for name in configuration.configurations() if (folder / name).is_dir()}
    return {"mib": {name: size for name, size in sizes.items() if size}, "writable": _writable(folder)}


def _mib(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20, 1)


def _writable(folder: Path) -> bool:
    """Say whether something can be written to a folder, or to the one in which it would be made."""
    while not folder.exists():
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)


# --- what can be run --------------------------------------------------------------------------------------------------


def can(name: str) -> Found:
    """Return whether a configuration can run here, where or why not, without what, how long, and how far it is."""
    from acts.commands import inventory
    from acts.publish import missing_data

    made = inventory.made(name)
    try:
        params = configuration.load(name)
        where = _where(params)
    except (configuration.ParamsError, addresses.NoCluster, devices.NoDevice) as error:
        unread = isinstance(error, configuration.ParamsError)
        return {"runs": False, "readable": not unread, "where": str(error), "without": [], "time": None, "made": made}
    return {
        "runs": True,
        "readable": True,
        "where": where,
        "without": sorted(missing_data(params)),
        "time": estimates.told(params),
        "made": made,
    }


def _where(params: Params) -> str:
    """Return where a configuration is computed; nobody is asked whether a cluster is there."""
    address = addresses.check(params.engine)
    if addresses.remote(address):
        return f"{params.device}, the workers at {address}, if they are there"
    workers = f"{params.workers} worker{'s' if params.workers > 1 else ''}"
    return f"{devices.resolve(params.device)}, {workers}"


# --- what is wrong ----------------------------------------------------------------------------------------------------


def problems(found: Found) -> list[dict[str, str]]:
    """Return what is wrong, worst first, each with what to do; what is merely absent is none."""
    told = [
        *_untried(),
        *((f"{name} is not installed", "make, or pip install -r requirements.lock") for name in _absent(found)),
        *((f"{line} as requirements.lock has it", "make brings .venv up to date") for line in _unlocked(found)),
        *_unreadable(found),
        *_places(found),
        *_data(found),
        *_failed(),
    ]
    if "not whole" in found["tools"]["fonts"]:
        told.append((f"fonts {found['tools']['fonts']}", "git checkout -- acts/reports/fonts"))
    if "utf" not in found["software"]["encoding"].lower():
        told.append((f"this terminal writes {found['software']['encoding']}, not UTF-8", "set PYTHONUTF8=1"))
    if found["software"]["commit"] == "unknown" and (provenance.SOURCE / ".git").exists():
        trust = 'where another user owns this folder: git config --global --add safe.directory "$PWD"'
        told.append(("git does not tell the commit, so reports cannot name it", trust))
    return [{"what": what, "do": do} for what, do in told]


def _untried() -> list[tuple[str, str]]:
    """Return this Python where acts was never tried on it; nothing where acts runs without being installed."""
    here = "Programming Language :: Python :: {}.{}".format(*sys.version_info)
    try:
        tried = here in metadata("acts").get_all("Classifier", [])
    except PackageNotFoundError:
        tried = True
    told = (f"acts was never tried on Python {platform.python_version()}", "take one that docs/install.md names")
    return [] if tried else [told]


def _absent(found: Found) -> list[str]:
    return list(found["software"]["not installed"])


def _unlocked(found: Found) -> list[str]:
    return list(found["software"]["not as in requirements.lock"])


def _unreadable(found: Found) -> list[tuple[str, str]]:
    cans = found["configurations"].items()
    return [(f"{name} cannot be read: {one['where']}", "mend that line") for name, one in cans if not one["readable"]]


def _places(found: Found) -> list[tuple[str, str]]:
    """Return what is wrong with the folders that are written to."""
    told = []
    if not found["store"]["writable"]:
        told.append(("the store cannot be written to", "set ACTS_STORE to a folder of yours"))
    if not found["reports"]["writable"]:
        told.append(("reports/ cannot be written to", "make it a folder that you may write to"))
    if found["store"]["free_gib"] < FEW_GIB:
        told.append((f"{found['store']['free_gib']} GiB are free on the store's disk", "make room, or set ACTS_STORE"))
    return told


def _data(found: Found) -> list[tuple[str, str]]:
    """Return what is wrong with data sets, beyond being absent."""
    from acts.datasets import shelf

    folder = shelf.root()
    told = [("ACTS_DATA names no folder", "make that folder, or unset it")] if folder and not folder.is_dir() else []
    damaged = [line for line in found["data_sets"].values() if line and ("not whole" in line or "cannot be" in line)]
    return [*told, *((line.partition(": ")[0], line.partition(": ")[2]) for line in damaged)]


def _failed() -> list[tuple[str, str]]:
    """Return the configurations whose last run left something out."""
    folder = configuration.root() / "reports"
    told = []
    for name in configuration.configurations():
        if (path := folder / name / ".failed").is_file():
            lines = path.read_text("utf-8", "replace").splitlines()
            told.append((f"{name}: {len(lines)} failed in the last run: {lines[0][:120]}", f"acts run {name}"))
    return told
