"""Execution: each notebook in a process of its own by papermill, verified before anyone sees it, never half."""

import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbformat import NotebookNode

from acts.reports.faults import Place, ReportError, first_line

TIMEOUT = 600.0  # seconds for one cell
GRACE = 60.0  # seconds more before a process that says nothing is ended
POLL = 0.05
NOTED = {"DeadKernelError": "its kernel died", "CellTimeoutError": "it took longer than {timeout:g} s"}


@dataclass(frozen=True)
class Ran:
    """One executed notebook: its name, the verified file, the seconds it took, whether it was executed before."""

    name: str
    path: Path
    seconds: float
    reused: bool = False


def run(notebook: Path, config: str, *, output: Path, timeout: float = TIMEOUT) -> Ran:
    """Execute one notebook for a configuration and put the verified result at ``output``.

    Raises ReportError, which names notebook and cell, for one that fails, stops early, dies or takes too long;
    what stood at ``output`` then stands there still.
    """
    return run_all([notebook], config, outputs=[output], timeout=timeout)[0]


def run_all(
    notebooks: Sequence[Path],
    config: str,
    *,
    outputs: Sequence[Path],
    key: str = "",
    earlier: Path | None = None,
    workers: int = 2,
    timeout: float = TIMEOUT,
    say: Callable[[str], None] = lambda _: None,
) -> list[Ran]:
    """Execute notebooks side by side and return them in order; one of ``earlier`` with the same key is taken as it is.

    Raises ReportError for the first that fails, after ending the others; Ctrl-C ends all.
    """
    done: dict[Path, Ran] = {}
    waiting = list(zip(notebooks, outputs, strict=True))
    running: list[_Run] = []
    with _scratch() as scratch:
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    notebook, output = waiting.pop(0)
                    own = content_key(notebook, key)
                    if earlier and (ran := _reused(earlier / notebook.name, own, output)):
                        done[notebook] = ran
                        say(f"{notebook.stem}: unchanged")
                    else:
                        running.append(_Run(notebook, output, config, own, timeout, scratch))
                for job in [job for job in running if job.ended()]:
                    running.remove(job)
                    done[job.notebook] = job.verified()
                    say(f"{job.notebook.stem}: executed in {done[job.notebook].seconds:.1f} s")
                time.sleep(POLL if running else 0)
        finally:
            for job in running:
                job.end()
    return [done[notebook] for notebook in notebooks]


def content_key(notebook: Path, key: str) -> str:
    """Return what an executed notebook depends on, as one word: its own text and the key of everything it reads."""
    return hashlib.sha256(notebook.read_bytes() + b"\0" + key.encode()).hexdigest()[:32]


def _reused(executed: Path, key: str, output: Path) -> Ran | None:
    try:
        notebook = nbformat.read(executed, as_version=4)
    except (OSError, ValueError):
        return None
    if notebook.metadata.get("acts", {}).get("key") != key:
        return None
    if executed != output:
        output.write_bytes(executed.read_bytes())
    return Ran(executed.stem, output, 0.0, reused=True)


@contextmanager
def _scratch() -> Iterator[Path]:
    """Give a folder for Jupyter's, IPython's and matplotlib's own files, with a kernel that is this interpreter's."""
    with tempfile.TemporaryDirectory(prefix="acts-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        kernel = folder / "jupyter" / "kernels" / "python3"
        kernel.mkdir(parents=True)
        command = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        specification = {"argv": command, "display_name": "Python 3", "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(specification), encoding="utf-8")
        yield folder


def _environment(scratch: Path) -> dict[str, str]:
    places = {
        "IPYTHONDIR": "ipython", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "jupyter",
        "JUPYTER_PATH": "jupyter", "JUPYTER_RUNTIME_DIR": "runtime", "MPLCONFIGDIR": "matplotlib",
    }  # fmt: skip
    for name in places.values():
        (scratch / name).mkdir(mode=0o700, exist_ok=True)
    quiet = {"ACTS_RENDER": "1", "TQDM_DISABLE": "1", "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "default"}
    own = {**os.environ, **quiet, **{variable: str(scratch / name) for variable, name in places.items()}}
    return {**own, "OMP_NUM_THREADS": own.get("OMP_NUM_THREADS", "1")}


class _Run:
    """One notebook being executed in its own process group and its own folder."""

    def __init__(self, notebook: Path, output: Path, config: str, key: str, timeout: float, scratch: Path) -> None:
        self.notebook, self.output, self.key, self.timeout = notebook, output, key, timeout
        self.began, self.late = time.monotonic(), False
        self.folder = Path(tempfile.mkdtemp(prefix=f"{notebook.stem[:20]}-", dir=scratch))
        self.token = secrets.token_hex(8)
        self.source = _prepared(notebook, self.token, self.folder / "in.ipynb")
        task = {"config": config, "timeout": max(1, round(timeout)), "folder": str(notebook.parent.resolve())}
        (self.folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "acts.reports.kernel_run"],
                cwd=self.folder, env=_environment(scratch), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def ended(self) -> bool:
        """Return whether the process is over; one that has said nothing for too long is ended."""
        if self.process.poll() is None and time.time() - self._last_sign() > self.timeout + GRACE:
            self.late = True
            self.end()
        return self.process.poll() is not None

    def _last_sign(self) -> float:
        at = self.folder / "at"
        return at.stat().st_mtime if at.exists() else (self.folder / "task.json").stat().st_mtime

    def end(self) -> None:
        """End the process and its kernel, now."""
        try:
            family = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        for process in family:
            with _gone():
                process.kill()
        with _gone():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def verified(self) -> Ran:
        """Return the result after moving it to its place; raises ReportError where it is not whole."""
        self._check_end()
        executed = nbformat.read(self.folder / "out.ipynb", as_version=4)
        _check_order(executed, self.notebook.name)
        shown = "".join(output.get("text", "") for output in executed.cells[-1].get("outputs", ()))
        if shown.strip() != self.token:
            self._fail("the notebook stopped here without an error", self._at())
        _publish(_bare(executed, self.key), self.output)
        return Ran(self.notebook.stem, self.output, time.monotonic() - self.began)

    def _check_end(self) -> None:
        failure = self.folder / "failure.json"
        if self.late:
            self._fail(NOTED["CellTimeoutError"].format(timeout=self.timeout), self._at())
        if failure.exists():
            told: dict[str, Any] = json.loads(failure.read_text(encoding="utf-8"))
            kind = told["reason"].split(":")[0]
            reason = NOTED.get(kind, "").format(timeout=self.timeout) or " ".join(told["reason"].split())[:400]
            self._fail(reason, self._at() if told["cell"] is None else told["cell"])
        if self.process.returncode:
            log = (self.folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
            self._fail(
                f"its process ended with {self.process.returncode}" + (f": {log[-1]}" if log else ""), self._at()
            )

    def _at(self) -> int:
        at = self.folder / "at"
        return int(at.read_text(encoding="ascii") or 0) if at.exists() else 0

    def _fail(self, reason: str, index: int) -> None:
        """Raise for the cell at an index of the executed notebook, which has one cell more after the parameters."""
        own = index - (index > self.source["parameters"])
        sources = self.source["cells"]
        place = Place(
            self.notebook.name, min(own, len(sources) - 1) + 1, first_line(sources[min(own, len(sources) - 1)])
        )
        raise ReportError(f"{place}: {reason}; the report before this one is untouched")


@contextmanager
def _gone() -> Iterator[None]:
    """Pass over a process that has ended already."""
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        yield


def _fault(place: Place, reason: str) -> ReportError:
    return ReportError(f"{place}: {reason}; the report before this one is untouched")


def _prepared(notebook: Path, token: str, path: Path) -> dict[str, Any]:
    """Write the notebook with a last cell that proves it was reached; return its sources and the parameters' index.

    Raises ReportError for a notebook that cannot be read or has no single cell tagged ``parameters`` that sets config.
    """
    try:
        source = nbformat.read(notebook, as_version=4)
    except (OSError, ValueError) as error:
        raise ReportError(f"{notebook.name}: cannot be read as a notebook ({str(error).splitlines()[0]})") from None
    tagged = [index for index, cell in enumerate(source.cells) if "parameters" in cell.metadata.get("tags", ())]
    if len(tagged) != 1 or "config" not in source.cells[tagged[0]].source:
        raise ReportError(
            f"{notebook.name}: one cell must be tagged `parameters` and set config; {len(tagged)} are tagged"
        )
    sources = [cell.source for cell in source.cells]
    source.cells.append(nbformat.v4.new_code_cell(f"print({token!r})"))
    nbformat.write(source, path)
    return {"cells": sources, "parameters": tagged[0]}


def _check_order(executed: NotebookNode, name: str) -> None:
    """Raise ReportError unless every code cell ran, once, in order, without an error."""
    count = number = 0
    for cell in executed.cells:
        number += "injected-parameters" not in cell.metadata.get("tags", ())
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        place = Place(name, number, first_line(cell.source))
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if errors and errors[0].ename != "SystemExit":
            raise ReportError(
                f"{place}: {errors[0].ename}: {errors[0].evalue}; the report before this one is untouched"
            )
        if errors:
            raise ReportError(
                f"{place}: the cell left the notebook by sys.exit; the report before this one is untouched"
            )
        if cell.execution_count is None or cell.execution_count <= count:
            raise _fault(place, "the cell was not executed in turn")
        count = cell.execution_count


def _bare(executed: NotebookNode, key: str) -> NotebookNode:
    """Return the notebook without the proving cell and without anything of this execution but its results."""
    executed.cells.pop()
    for cell in executed.cells:
        cell.metadata = {name: value for name, value in cell.metadata.items() if name not in ("papermill", "execution")}
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "injected-parameters"  # papermill's own is another every time
    executed.metadata.pop("papermill", None)
    executed.metadata["acts"] = {"key": key}
    return executed


def _publish(notebook: NotebookNode, output: Path) -> None:
    staged = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        nbformat.write(notebook, staged)
        os.replace(staged, output)
    finally:
        staged.unlink(missing_ok=True)
