"""Learner: a few paired networks of one function that learn in a thread of their own and are looked at on the way.

They learn by the review's own loop. Networks of two learners with one seed start from the same draw and see the same
rows in the same order; only the function, and the scale that its init asks for, differ.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from acts import datasets, theory, training, trials, units
from acts.activations import Activation
from acts.networks import Nonlinearity, Stack

PAIRS = 8  # networks that learn together, each with a seed of its own
DATASETS = ("moons", "circles", "spirals", "xor")
BATCH = 32
LOOKS = 40  # at the networks, from the first step to the last
TESTED = 512  # rows that errors and flat units are counted on
FLAT = 3  # place of 1e-3 among units.SHARES: a slope below that share of the steepest counts as none


@dataclass(frozen=True)
class Setting:
    """What learners share: data, network, optimiser, init, rate, steps and the first of their seeds."""

    dataset: str = "moons"
    depth: int = 3
    width: int = 16
    optimizer: str = "sgd"
    init: str = "stable"
    lr: float = 0.05
    steps: int = 400
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """What the networks were at a step: test errors and shares of flat units, one a network, and their numbers."""

    step: int
    error: np.ndarray
    flat: np.ndarray
    stack: Stack


class Stopped(Exception):
    """The reader stopped the learning."""


def runs(activation: Activation, setting: Setting) -> list[dict[str, Any]]:
    """Return the runs of a function in a setting, a seed each; ValueError where the function has no such init."""
    init = theory.init(activation, setting.init)
    layers = (init.first(fan_in=1), init.hidden(fan_in=1), init.last(fan_in=1))
    shared = {
        "phase": "final", "dataset": setting.dataset, "network": f"mlp_{setting.depth}x{setting.width}",
        "optimizer": setting.optimizer, "lr": setting.lr, "steps": setting.steps, "batch": BATCH, "evaluations": 1,
        "device": "cpu", "dtype": "float32", "scales": [*(number for part in layers for number in part), init.uniform],
    }  # fmt: skip
    return [{**shared, "seed": seed, "split": seed} for seed in range(setting.seed, setting.seed + PAIRS)]


class Watch:
    """One who looks at the networks now and then while they learn, and ends it when asked to."""

    def __init__(self, look: Callable[[int, Stack], None], every: int, stop: threading.Event) -> None:
        self._look, self._every, self._stop = look, every, stop

    def seat(self, runs: Tensor) -> None:
        """Take note of nothing: networks of one rate keep their order."""

    def before(self, step: int, group: Stack) -> None:
        """Look at the networks; raises Stopped where the reader had enough."""
        if self._stop.is_set():
            raise Stopped
        if step % self._every == 0:
            self._look(step, group)

    def after(self, step: int, group: Stack, gradient: Tensor) -> None:
        """Let the step be taken."""


class Learner:
    """Networks of one function in one setting; ``frames`` grows while they learn, ``fault`` says why they could not."""

    def __init__(self, activation: Activation, setting: Setting) -> None:
        self.activation, self.setting = activation, setting
        self.frames: list[Frame] = []
        self.fault = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._learn, daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the networks are learning."""
        return self._thread.is_alive()

    def start(self) -> "Learner":
        """Begin."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End after the step under way; what was seen until then stays."""
        self._stop.set()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _learn(self) -> None:
        try:
            own = runs(self.activation, self.setting)
            nonlinearity = trials.nonlinearity(self.activation)
            look = partial(self._look, nonlinearity, trials.feed(own, "test", rows=TESTED))
            every = max(1, self.setting.steps // LOOKS)
            watch = Watch(look, every, self._stop)
            found = trials.train(self.activation, own, watch="test", rows=BATCH, visiting=lambda _: watch)
            look(self.setting.steps, found.stack)
        except Stopped:
            pass
        except (ValueError, ArithmeticError, RuntimeError) as error:
            self.fault = " ".join(str(error).split())

    def _look(self, nonlinearity: Nonlinearity, tested: training.Feed, step: int, group: Stack) -> None:
        kept = replace(group, buffer=group.buffer.detach().clone(), state=group.state.clone())
        scores = training.evaluate(kept, nonlinearity, tested)
        steep = units.steep_rows(kept, nonlinearity, tested)[:, FLAT]
        flat = (steep == 0).double().mean(dim=1).numpy()
        healthy = np.isfinite(scores["loss"].numpy())
        error = np.where(healthy, 1 - scores["accuracy"].numpy(), 1.0)
        self.frames.append(Frame(step, error, flat, kept))

    def surface(self, frame: Frame, side: int = 56) -> tuple[np.ndarray, tuple[float, float], tuple[float, float]]:
        """Return the probability of the second class on a grid, the first network's, and from where to where it lies.

        The grid is (row, column), its first row on top, in the data's own units; nan where the network has diverged.
        """
        split = datasets.split(self.setting.dataset, self.setting.seed)
        points, _ = self.points()
        low, high = points.min(axis=0), points.max(axis=0)
        low, high = low - 0.08 * (high - low), high + 0.08 * (high - low)
        across, down = np.linspace(low[0], high[0], side), np.linspace(high[1], low[1], side)
        grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(1, -1, 2)
        x = torch.from_numpy(((grid - split.centre) / split.scale).astype(np.float32))
        with torch.no_grad():
            first = frame.stack.pick(torch.tensor([0]))
            found = first.apply(x, trials.nonlinearity(self.activation)).double().softmax(dim=-1)[0, :, 1]
        return found.numpy().reshape(side, side), (low[0], high[0]), (low[1], high[1])

    def points(self, most: int = 240) -> tuple[np.ndarray, np.ndarray]:
        """Return some of the first network's training rows, (row, input), and their classes."""
        data, split = datasets.load(self.setting.dataset), datasets.split(self.setting.dataset, self.setting.seed)
        rows = split.train[:most]
        return data.x[rows].astype(float), data.y[rows]
