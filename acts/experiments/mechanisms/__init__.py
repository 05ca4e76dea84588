"""Mechanisms: why activations differ, by variants that change one property and keep the others.

Every run says its ``study``. Trained studies (``studies``) tune rate and init as ``acts.tuned`` says; their arms are
``best;study=…`` and ``each;study=…``, measured after the last step. ``probes`` reads networks as they start, or caught
on the way, with the arm ``study=…``.
"""

import pandas as pd

from acts.experiments.mechanisms import probes, studies, trained
from acts.jobs import Job
from acts.params import Params

word = "mechanisms"
rooms = ("activations", "datasets", "networks", "noise", "probes", "training", "trials", "tuned")
budget = 350.0


def plan(params: Params, records: pd.DataFrame) -> list[Job]:
    """Return every job known so far.

    A data set that is not here and an init that an activation does not have are left out. Raises ValueError for a
    network that does not take a data set or a study's changes, and for rates that do not rise by a factor of 2.
    """
    if params.experiments.mechanisms is None:
        return []
    return [*studies.plan(word, params, records), *probes.plan(params, records)]


def measure(job: Job) -> list[pd.DataFrame]:
    """Return one records table a run, in order; a study may have trained runs and probes of networks as they start."""
    first = job.runs[0]
    probed = first["phase"] == "init" or first["study"] not in studies.ARMS
    return probes.measure(job) if probed else trained.measure(job)
