"""Doctor: what this machine has and what each configuration can run on it; it computes nothing."""

import json
import os
from importlib.util import find_spec
from typing import Any

from acts import params as configuration
from acts import provenance
from acts.engine import addresses, devices, store
from acts.params import Params


def tell(*, as_json: bool = False) -> int:
    """Print the examination as a table or as JSON; returns 0, since finding something absent is no failure."""
    found = examine()
    if as_json:
        print(json.dumps(found, indent=1, sort_keys=True))
        return 0
    for heading, lines in found.items():
        print(heading)
        width = max((len(name) for name in lines), default=0)
        for name, line in lines.items():
            print(f"  {name:<{width}}  {line}")
    return 0


def examine() -> dict[str, dict[str, str]]:
    """Return what there is, by heading and name, each as one line."""
    return {
        "software": software(),
        "machine": machine(),
        "data sets": data(),
        "store": stored(),
        "configurations": configurations(),
    }


def software() -> dict[str, str]:
    """Return the versions of Python and torch, and what is not installed."""
    versions = provenance.versions()
    absent = [name for name in provenance.PACKAGES if versions[name] == "not installed"]
    return {
        "python": versions["python"],
        "acts": versions["acts"],
        "torch": _torch(),
        "packages": f"not installed: {', '.join(absent)}" if absent else "all that the report needs",
    }


def _torch() -> str:
    """Return torch's version and what it was built for."""
    if find_spec("torch") is None:
        return "not installed: records can be judged and rendered, not computed"
    import torch

    built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
    return f"{torch.__version__}, {built}"


def machine() -> dict[str, str]:
    """Return processor, threads, memory and devices."""
    here = provenance.hardware()
    return {
        "processor": f"{here['processor']}, {here['system']}",
        "cores": f"{here['cores']} (one thread a process while computing; OMP_NUM_THREADS={_threads()})",
        "memory": f"{here['memory_gib']} GiB",
        "device cpu": "yes",
        "device cuda": _cuda(),
    }


def _threads() -> str:
    """Return what the shell says about threads."""
    return os.environ.get("OMP_NUM_THREADS", "not set")


def _cuda() -> str:
    """Return the name of the CUDA device, or that there is none."""
    if find_spec("torch") is None:
        return "no torch"
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "none"


def data() -> dict[str, str]:
    """Return each data set: here, or what to put where; of the archives of tables, how many of each are here."""
    from acts import datasets

    said: dict[str, str] = {}
    counts: dict[str, tuple[int, int]] = {}
    for name in datasets.names():
        archive, line = name.partition("_")[0], datasets.missing(name)
        if archive in ("pmlb", "uci"):
            found, known = counts.get(archive, (0, 0))
            counts[archive] = (found + (line is None), known + 1)
        else:
            said[name] = line or "here"
    tables = {f"{archive}_…": f"{found} of {known} tables here" for archive, (found, known) in counts.items()}
    return said | tables


def stored() -> dict[str, str]:
    """Return how much the store holds and the room that is left on its disk; nothing is made or moved."""
    folder = store.default()
    files = list((folder / "jobs").rglob("*.acts")) if folder.is_dir() else []
    disk = os.statvfs(folder if folder.is_dir() else configuration.root())
    size = sum(path.stat().st_size for path in files)
    return {
        "jobs": f"{len(files)} ({size / 2**20:.1f} MiB)",
        "free on disk": f"{disk.f_bavail * disk.f_frsize / 2**30:.1f} GiB",
    }


def configurations() -> dict[str, str]:
    """Return what each configuration can do here."""
    return {name: _can(name) for name in configuration.configurations()}


def _can(name: str) -> str:
    """Return one line about one configuration."""
    try:
        params = configuration.load(name)
        where = _where(params)
    except (configuration.ParamsError, addresses.NoCluster, devices.NoDevice) as error:
        return f"cannot run: {error}"
    absent = sorted(_absent(params))
    without = f", without {', '.join(absent)} (not measured here)" if absent else ""
    return f"runs on {where}{without}: {params.title}"


def _where(params: Params) -> str:
    """Return where a configuration is computed; nobody is asked whether a cluster is there."""
    address = addresses.check(params.engine)
    if addresses.remote(address):
        return f"{params.device}, the workers at {address}, if they are there"
    workers = f"{params.workers} worker{'s' if params.workers > 1 else ''}"
    return f"{devices.resolve(params.device)}, {workers}"


def _absent(params: Params) -> dict[str, Any]:
    """Return the data sets that a configuration asks for and that are not here."""
    from acts.publish import missing_data

    return missing_data(params)
