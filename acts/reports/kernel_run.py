"""The process that executes one notebook: ``python -m acts.reports.kernel_run`` in a folder holding ``task.json``.

It reads ``in.ipynb``, writes ``out.ipynb``, notes the cell at work in ``at`` and why it failed in ``failure.json``.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import papermill
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError

INSTALLED = "python3"


class NotingEngine(NBClientEngine):
    """Papermill's own engine, which notes each cell it starts: a kernel that dies cannot tell any more."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any) -> Any:
        """Execute the notebook, writing the index of every cell before it starts."""
        start = nb_man.cell_start
        at = Path(options.pop("noted_at"))

        def noted(cell: Any, cell_index: int | None = None, **more: Any) -> Any:
            at.write_text(str(cell_index), encoding="ascii")
            return start(cell, cell_index, **more)

        nb_man.cell_start = noted
        return super().execute_managed_notebook(nb_man, kernel_name, **options)


def main() -> int:
    """Execute the notebook of this folder; the exit status is 0 or 1."""
    task = json.loads(Path("task.json").read_text(encoding="utf-8"))
    logging.getLogger("papermill").setLevel(logging.ERROR)
    papermill_engines.register("noting", NotingEngine)
    try:
        papermill.execute_notebook(
            "in.ipynb",
            "out.ipynb",
            parameters={"config": task["config"]},
            engine_name="noting",
            kernel_name=INSTALLED,
            execution_timeout=task["timeout"],
            start_timeout=120,
            progress_bar=False,
            cwd=task["folder"],
            noted_at=str(Path("at").resolve()),
        )
    except PapermillExecutionError as error:
        return _fail(f"{error.ename}: {error.evalue}", error.cell_index)
    except Exception as error:
        return _fail(f"{type(error).__name__}: {error}", None)
    return 0


def _fail(reason: str, cell: int | None) -> int:
    """Write down why and at which index; a failing cell's index counts a marker papermill put before it."""
    Path("failure.json").write_text(json.dumps({"reason": reason, "cell": cell}), encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main())
