"""Jobs: what an experiment asks for and an engine carries out; the one noun that both know.

A run is one network and one seed, described by plain values. A job is a batch of runs of one activation that may be
measured together. An experiment's ``plan`` returns jobs, its ``measure`` returns one records table a run.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Run = Mapping[str, Any]


@dataclass(frozen=True)
class Job:
    """A batch of runs of one activation that one worker measures together.

    ``runs`` are flat mappings of JSON-plain values that say everything the measurement depends on (seed, lr, dataset,
    network, init, steps, device, dtype, …); two runs with the same spec are the same run. ``seconds`` is a rough cost
    estimate of the whole job on one core, for ordering and for the time left. ``others`` are further activations that
    are measured in the same breath and of which records may speak too.
    """

    experiment: str
    activation: str
    runs: tuple[Run, ...]
    seconds: float = 1.0
    others: tuple[str, ...] = ()

    def only(self, keep: list[bool]) -> "Job":
        """Return the job with the kept runs alone, its cost scaled."""
        kept = tuple(run for run, wanted in zip(self.runs, keep, strict=True) if wanted)
        seconds = self.seconds * len(kept) / max(len(self.runs), 1)
        return Job(self.experiment, self.activation, kept, seconds, self.others)


def canonical(value: Any) -> str:
    """Return a value as canonical JSON: sorted keys, no blanks, NaN and infinities refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
