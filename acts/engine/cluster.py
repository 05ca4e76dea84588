"""Cluster: worker processes that someone else started, on this machine or others, under a Dask scheduler.

They are looked at before they are sent anything: all must compute with the same software as this process and see the
store's folder. From then on they may die, hang and come back as they like.
"""

import asyncio
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from acts.engine import addresses, software
from acts.engine.addresses import NoCluster
from acts.engine.dispatch import LostScheduler, Quiet, deaf_to_ctrl_c, dispatch
from acts.engine.work import Receipt, Task

ANSWER = 10.0  # seconds in which a scheduler answers
LOOKING = 60.0  # seconds in which workers say what they are; the first time they import much


class Cluster:
    """The workers of a Dask scheduler; ``workers`` is how many processes it has at the moment.

    One that is silent for ``patience`` seconds is started anew where it has a nanny, else given up. Raises
    LostScheduler when the scheduler, or every worker, has been gone for as long.
    """

    def __init__(self, address: str, *, marker: Path, patience: float = 60.0) -> None:
        """Connect to nothing yet; ``marker`` is a file that this process puts where all workers should see it."""
        self.address = address
        self.workers = 1
        self._marker = marker
        self._patience = patience
        self._client: Any = None
        self._quiet: Quiet | None = None
        self._heard: dict[str, tuple[float, float]] = {}  # a worker's last sign of life: its time, and ours
        self._looked = self._manned = time.monotonic()

    @property
    def name(self) -> str:
        """Return what lines call it."""
        return f"{self.workers} worker{'s' if self.workers != 1 else ''} of the cluster"

    # --- connecting

    def start(self, tell: Callable[[str], None]) -> "Cluster":
        """Connect, and refuse workers that would compute something else; tells what a user should know of them.

        Raises NoCluster when nobody answers, when software differs, and when a worker does not see the store;
        LostScheduler when there is no worker yet.
        """
        from distributed import Client

        self._quiet = Quiet()
        try:
            with deaf_to_ctrl_c(), warnings.catch_warnings(), ThreadPoolExecutor(1) as apart:
                warnings.simplefilter("ignore")  # Dask warns of versions that it can bear
                apart.submit(asyncio.run, _answered(self.address)).result()
                self._client = Client(self.address, timeout=ANSWER, set_as_default=False)
        except NoCluster:
            raise
        except Exception as error:
            raise NoCluster(_silence(self.address, error)) from None
        self._await_one(self._identity(ANSWER))
        self._compare()
        self._see()
        self._tell(tell)
        return self

    def _await_one(self, known: dict[str, Any]) -> None:
        """Wait for a first worker, which may still be starting; raises LostScheduler when none comes."""
        ends = time.monotonic() + ANSWER
        while not known["workers"]:
            if time.monotonic() > ends:
                raise LostScheduler(f"{self.address} has no workers yet; start some with dask worker, then run again")
            time.sleep(0.2)
            known = self._identity(ANSWER)
        self.workers = len(known["workers"])

    def _compare(self) -> None:
        """Raise NoCluster, with a table, where a worker has another Python, acts or torch, or other source."""
        from distributed.versions import get_versions

        named = ["acts", "torch"]
        asked = self._asked(self._client.scheduler.broadcast, msg={"op": "versions", "packages": named})
        installed = {"this process": get_versions(named), **dict(sorted(asked.items()))}
        self._refuse({name: _versions(found["packages"]) for name, found in installed.items()})
        self._renew()
        found = self._client.run(software.here, on_error="return")
        told = {worker: dict(one) if isinstance(one, dict) else {} for worker, one in sorted(found.items())}
        self._refuse({"this process": software.here(), **told})

    def _renew(self) -> None:
        """Have workers started anew that loaded their source before it was edited."""
        with suppress(Exception):  # whatever stands in the way, the comparison that follows will name it
            found = self._client.run(software.stale, on_error="return")
            if old := [worker for worker, is_stale in found.items() if is_stale is True]:
                self._client.restart_workers(old, timeout=LOOKING, raise_for_error=False)

    def _refuse(self, shown: dict[str, dict[str, str]]) -> None:
        """Raise NoCluster, with the table, where a row differs from the first."""
        here, *others = shown.values()
        differ = sum(other != here for other in others)
        if not differ:
            return
        raise NoCluster(
            f"{differ} of {len(others)} workers at {self.address} compute with other software (*): install the same"
            " there and start the workers anew",
            table=software.table(shown),
        )

    def _see(self) -> None:
        """Raise NoCluster where a worker does not see the store's folder."""
        self._mark()
        seen = self._client.run(sees, str(self._marker), on_error="return")
        blind = sorted(worker for worker, saw in seen.items() if saw is not True)
        if blind:
            raise NoCluster(
                f"{len(blind)} of {len(seen)} workers at {self.address} cannot write to the store, {blind[0]} first:"
                " put it into a folder that all machines share under one path, and name it in ACTS_STORE"
            )

    def _mark(self) -> None:
        """Lay the marker down."""
        self._marker.parent.mkdir(parents=True, exist_ok=True)
        self._marker.touch()

    def _tell(self, tell: Callable[[str], None]) -> None:
        """Say what a user of this cluster should know."""
        known = self._identity(ANSWER)
        self.workers = len(known["workers"])
        tell(f"  {self.name} at {self.address}")
        wide = max((worker["nthreads"] for worker in known["workers"].values()), default=1)
        if wide > 1:
            tell(f"  a worker has {wide} threads and does one job at a time: --nthreads 1 --nworkers {wide} uses them")
        if addresses.exposed(known["address"]):
            tell(
                f"  whoever reaches {known['address']} can run code as you: start dask scheduler with"
                " --host 127.0.0.1, or with TLS"
            )

    def has_cuda(self) -> bool:
        """Say whether every worker has a CUDA device."""
        found = self._client.run(cuda, on_error="return")
        return bool(found) and all(has is True for has in found.values())

    # --- working

    def do(self, tasks: Iterable[Task], *, window: int | None = None) -> Iterator[tuple[Task, Receipt]]:
        """Yield each task with its receipt as it ends; a worker that joined later must have our software too."""
        stamped = (replace(task, software=software.versions()) for task in tasks)
        return dispatch(
            stamped, client=lambda: self._client, window=lambda: window or 2 * self.workers, watch=self._watch
        )

    def _watch(self) -> bool:
        """Look every so often who is alive, and start anew who hangs; the client stays the same."""
        now = time.monotonic()
        if now - self._looked > min(5.0, self._patience / 4):
            known = self._identity(self._patience)["workers"]
            self._looked = now = time.monotonic()
            self.workers = max(1, len(known))
            self._manned = now if known else self._manned
            signs = {worker: self._sign(worker, found["last_seen"]) for worker, found in known.items()}
            self._wake([worker for worker, sign in signs.items() if now - sign > self._patience])
            if now - self._manned > self._patience:
                raise LostScheduler(f"no worker has been at {self.address} for {self._patience:.0f} s")
        return False

    def _sign(self, worker: str, seen: float) -> float:
        """Return when, by our clock, a worker last gave a sign of life; the scheduler's clock may differ."""
        if self._heard.get(worker, (None,))[0] != seen:
            self._heard[worker] = (seen, time.monotonic())
        return self._heard[worker][1]

    def _wake(self, hanging: list[str]) -> None:
        """Have workers that hang killed and started again by their nannies; their jobs go to others."""
        if hanging:
            with suppress(Exception):  # one that cannot be reached is removed by the scheduler itself in time
                self._client.restart_workers(hanging, timeout=ANSWER, raise_for_error=False)
            for worker in hanging:
                self._heard.pop(worker, None)

    # --- asking

    def _identity(self, patience: float) -> dict[str, Any]:
        """Return what the scheduler says of itself and its workers; raises LostScheduler when it says nothing."""
        try:
            return self._client.sync(self._client.scheduler.identity, n_workers=-1, callback_timeout=patience)
        except Exception as error:
            raise LostScheduler("the scheduler does not answer any more") from error

    def _asked(self, question: Callable[..., Any], **given: Any) -> dict[str, Any]:
        """Return what every worker answers; raises NoCluster when they do not all answer."""
        try:
            return self._client.sync(question, **given, callback_timeout=LOOKING)
        except Exception as error:
            raise NoCluster(f"the workers at {self.address} do not answer: {_told(error)}") from None

    def close(self) -> None:
        """Leave the cluster as it is: what waits there is withdrawn, a job under way ends by itself and is kept."""
        joined = self._client is not None and self._client.status == "running"
        if self._client is not None:
            with suppress(Exception):
                self._client.close(timeout=2)
            self._client = None
        if self._quiet is not None and joined:  # a client without its scheduler goes on complaining for a while
            self._quiet.end()
            self._quiet = None


def sees(marker: str) -> bool:
    """Say whether a worker sees a file of the driver's and can write beside it."""
    path = Path(marker)
    if not path.is_file():
        return False
    probe = path.with_name(f"{path.name}-{time.time_ns()}")
    probe.touch(exist_ok=False)
    probe.unlink()
    return True


def cuda() -> bool:
    """Say whether this worker has a CUDA device."""
    import torch

    return torch.cuda.is_available()


def _versions(packages: dict[str, str | None]) -> dict[str, str]:
    """Return what a worker told about its packages as ``software.here`` tells it."""
    python = ".".join(str(packages.get("python")).split(".")[:3])
    return {"python": python, **{name: packages.get(name) or "not installed" for name in ("acts", "torch")}}


async def _answered(address: str) -> None:
    """Shake hands with a scheduler in time, which Dask's client would await for ever; raises what stands in the way."""
    from distributed.comm import connect
    from distributed.security import Security

    secured = Security().get_connection_args("client")
    if address.startswith("tls://") and secured["ssl_context"] is None:
        raise NoCluster(f"{address} needs certificates: name them in distributed.comm.tls of Dask's configuration")
    comm = await asyncio.wait_for(connect(address, timeout=ANSWER, **secured), ANSWER)
    await comm.close()


def _silence(address: str, error: Exception) -> str:
    """Return why no scheduler could be talked to, in one line with what to do."""
    if isinstance(error, OSError):
        return f"no scheduler answered at {address} within {ANSWER:g} s; start one with dask scheduler and run again"
    return f"what answers at {address} is no scheduler that can be used: {_told(error)}"


def _told(error: Exception) -> str:
    """Return an error as at most 200 characters of one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
