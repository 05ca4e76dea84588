"""Training: many small networks of one shape learn at once, each on its own data order and at its own rate.

A network's losses depend on its own row alone: on the CPU, at one thread and with batches of a multiple of four rows,
they are the same bits whatever the group it is trained in. A group is padded to a multiple of eight networks, because
matrix products of very few networks take other code paths.
"""

from acts.training.feeds import Feed, order
from acts.training.history import EXPLODED, History, crossing, evaluation_steps
from acts.training.loop import PAD, evaluate, one_thread, train
from acts.training.losses import HEADS, LOSSES, probabilities
from acts.training.optimizers import MOMENTUM, OPTIMIZERS, SCHEDULES, WARMUP, share
from acts.training.visits import Visitor

__all__ = [
    "EXPLODED", "HEADS", "LOSSES", "MOMENTUM", "OPTIMIZERS", "PAD", "SCHEDULES", "WARMUP", "Feed", "History", "Visitor",
    "crossing", "evaluate", "evaluation_steps", "one_thread", "order", "probabilities", "share", "train",
]  # fmt: skip
