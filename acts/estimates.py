"""Estimates: how long a configuration takes on this machine, from its last run, else from what can be planned now."""

import json
from typing import Any

from acts import params as configuration
from acts.engine.progress import duration
from acts.params import Params


def told(params: Params) -> dict[str, Any]:
    """Return the seconds that a configuration takes on its workers, where that number is from, and both in words.

    ``source`` is ``measured``, the computing time of its last run on so many workers; ``planned``, that of the runs
    that can be planned before any of them is measured, so that the whole takes longer; or ``unknown``.
    """
    if (seconds := measured(params.name)) is not None:
        spent = seconds / params.workers
        return {"seconds": spent, "source": "measured", "words": f"took about {duration(spent)} from an empty store"}
    if (seconds := planned(params)) is not None:
        spent = seconds / params.workers
        words = f"takes {duration(spent)} for its first runs, and more for those that follow from them"
        return {"seconds": spent, "source": "planned", "words": words}
    return {"seconds": None, "source": "unknown", "words": ""}


def measured(name: str) -> float | None:
    """Return the seconds of computing, added up over all workers, that the published measurements took."""
    path = configuration.root() / "reports" / name / "provenance.json"
    try:
        parts = json.loads(path.read_text("utf-8"))["experiments"].values()
        return float(sum(part["seconds"] for part in parts))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def planned(params: Params) -> float | None:
    """Return the seconds on one core of the runs that are planned first; None where a plan refuses what it is asked."""
    from acts import records
    from acts.activations import own, registry
    from acts.engine import keys, work

    try:
        with work.silent(), registry.temporarily():
            own.admit(params.own)
            first = [
                keys.resolve(word).plan(params.on("cpu"), records.frame([])) for word in params.experiments.words()
            ]
    except ValueError:
        return None
    return float(sum(job.seconds for jobs in first for job in jobs))
