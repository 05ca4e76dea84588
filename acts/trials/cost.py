"""Cost: about how long runs take on one core, from what their networks compute."""

from collections.abc import Sequence

from acts.activations import Activation
from acts.jobs import Run
from acts.networks import Network
from acts.trials.specs import network, spec

OPERATION = 1.3e-10  # seconds of a multiply-add of a step, forward and back
WEIGHT = 1e-9  # seconds of moving a number by its gradient
STEP = 2e-6  # seconds of a step of one network, whatever its size
WATCHED = 256  # rows at an evaluation


def seconds(activation: Activation, runs: Sequence[Run]) -> float:
    """Return an estimate of how long runs take on one core, trained in the groups that fit."""
    sized: dict[tuple[str, str, str], Network] = {}
    total = 0.0
    for run in runs:
        of = run["dataset"], run["network"], spec(run, "norm")
        if of not in sized:
            sized[of] = network(activation, *of)
        rows = run["steps"] * run["batch"] + (run["evaluations"] + 1) * WATCHED / 3
        total += rows * sized[of].operations * OPERATION + run["steps"] * (sized[of].weights * WEIGHT + STEP)
    return total
