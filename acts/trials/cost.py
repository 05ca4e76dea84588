"""Cost: about how long runs take on one core, from what their networks compute.

The prices were fitted to measured steps of networks of every kind, alone and in groups of up to 128, and brought to a
server's core that nothing else works on; they hold within about a half for most activations.
"""

from collections.abc import Sequence

from acts.activations import Activation
from acts.jobs import Run
from acts.networks import Network
from acts.training import PAD
from acts.trials.specs import groups, network, spec

OPERATION = 5.7e-11  # seconds of a multiply-add in a step, forward and back
SMALL = 1.1e-10  # the same in the stacked small matrices of multilayer perceptrons
ROW = 7e-8  # of a row's targets and loss in those
WEIGHT = 6e-10  # of moving a number by its gradient
INPUT = 3.7e-9  # of gathering and standardising a number
ELEMENT = {"cnn": 1.7e-9, "rnn": 3.4e-9, "gru": 4.8e-9, "transformer": 13e-9}  # of a unit of a layer, forward and back
DENSE = 2.8e-9  # the same in multilayer perceptrons
STEP = 3.3e-4  # of a group's step, whatever is in it
TURN = {"gru": 9.3e-5, "cnn": 1.2e-4}  # of each layer at each position, whatever is in the group
LAYER = 1.4e-5  # the same where layers are plainer
SLOWER = {"learned": 1.9, "norm": 2.4, "dropout": 2.2}  # factors on the price of a unit
FORWARD = 1 / 3  # share of a step that an evaluation takes


def seconds(activation: Activation, runs: Sequence[Run], *, watched: int = 256, scored: int = 0) -> float:
    """Return an estimate of how long runs take on one core, trained in the groups that fit.

    ``watched`` rows are measured at every evaluation, ``scored`` after the last step.
    """
    known: dict[tuple[str, str, str, str], Network] = {}
    total = 0.0
    for members in groups(runs):
        first = runs[members[0]]
        of = first["dataset"], first["network"], spec(first, "norm"), spec(first, "head")
        if of not in known:
            known[of] = network(activation, *of)
        sized, steps = known[of], first["steps"]
        together = len(members) + (-len(members) % PAD if sized.stacked else 0)
        rows = steps * first["batch"] + FORWARD * ((first["evaluations"] + 1) * watched + scored)
        total += steps * (STEP + _turns(sized))
        total += together * (rows * _row(activation, first, sized) + steps * sized.weights * WEIGHT)
    return total


def _kind(sized: Network) -> str:
    return sized.name.split("_")[0]


def _turns(sized: Network) -> float:
    """Return the seconds of going through a network's layers, position by position in recurrent ones."""
    positions, _ = getattr(sized.architecture, "sequence", (1, 1))
    return TURN.get(_kind(sized), LAYER) * len(sized.spots) * positions


def _row(activation: Activation, run: Run, sized: Network) -> float:
    """Return the seconds that one network takes for one row of a step.

    Outside multilayer perceptrons a layer's units are told from its multiply-adds: each has about as many as a layer
    has units.
    """
    slower = {
        "learned": bool(activation.learnable) or activation.stochastic or not activation.elementwise,
        "norm": sized.norm != "none",
        "dropout": spec(run, "dropout") > 0,
    }
    factor = 1.0
    for reason, holds in slower.items():
        factor *= SLOWER[reason] if holds else 1.0
    price = ELEMENT.get(_kind(sized))
    if price is None:
        units = sum(spot.units for spot in sized.spots)
        return sized.inputs * INPUT + sized.operations * SMALL + units * DENSE * factor + ROW
    return sized.inputs * INPUT + sized.operations * (OPERATION + price * factor / sized.spots[0].units)
