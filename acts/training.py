"""Training: many small networks of one shape learn at once, each on its own data order and at its own rate.

A network's losses depend on its own row alone: on the CPU, at one thread and with batch × width a multiple of 32, they
are the same bits whatever the group it is trained in. The group is padded to a multiple of eight networks, because
matrix products of very few networks take other code paths.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from acts.networks import Nonlinearity, Stack

PAD = 8
EXPLODED = 1e4  # nats; a batch loss above this counts as divergence, as one that is not a number does
_ORDER = 13  # names the random stream of batch orders
OPTIMIZERS = ("sgd", "adam")


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread and denormals flushed to zero; both are put back afterwards.

    Saturated units make denormal gradients, which cost up to seven times the time and carry no information.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)


def order(seed: int, rows: np.ndarray, *, length: int) -> np.ndarray:
    """Return ``length`` row numbers: one random permutation of the rows after the other, from the seed alone."""
    generator = np.random.default_rng([seed, _ORDER])
    epochs = -(-length // len(rows))
    return np.concatenate([generator.permutation(rows) for _ in range(epochs)])[:length]


@dataclass(frozen=True)
class Feed:
    """Batches for K networks from one pool of inputs, standardised by each network's own mean and scale.

    ``rows[s]`` are the row numbers that sequence s visits, ``of[k]`` is network k's sequence: networks of one seed
    share theirs, so a batch is gathered once a seed. ``centre`` and ``scale`` are (sequence, 1, 1 or input).
    """

    x: Tensor
    y: Tensor
    rows: Int[Tensor, "sequence position"]
    of: Int[Tensor, " run"]
    centre: Tensor
    scale: Tensor

    def batch(self, start: int, stop: int) -> tuple[Float[Tensor, "run batch input"], Int[Tensor, "run batch"]]:
        """Return inputs and classes of the positions from start to stop, for every network."""
        rows = self.rows[:, start:stop]
        x = self.x[rows].to(self.centre.dtype).sub_(self.centre).div_(self.scale)
        return x[self.of], self.y[rows][self.of]

    @classmethod
    def of_arrays(
        cls,
        x: np.ndarray,
        y: np.ndarray,
        *,
        rows: Sequence[np.ndarray],
        of: Sequence[int],
        centre: Sequence[np.ndarray],
        scale: Sequence[np.ndarray],
        dtype: torch.dtype = torch.float32,
        device: str | torch.device = "cpu",
    ) -> "Feed":
        """Return a feed of arrays; rows, centre and scale have one entry a sequence, rows all of one length."""
        shifts = [np.stack([np.reshape(one, (1, -1)) for one in each]) for each in (centre, scale)]
        return cls(
            torch.from_numpy(x).to(device),
            torch.from_numpy(y).to(device),
            torch.from_numpy(np.stack(rows)).to(device),
            torch.tensor(of, device=device),
            *(torch.from_numpy(shift).to(device=device, dtype=dtype) for shift in shifts),
        )

    def pick(self, runs: Tensor) -> "Feed":
        """Return the feed of some of the networks."""
        return Feed(self.x, self.y, self.rows, self.of[runs], self.centre, self.scale)


@dataclass(frozen=True)
class History:
    """What K networks did: batch losses before every step, losses on watched rows at ``evaluated`` steps, divergence.

    ``losses`` is (run, step), ``curve`` (run, evaluation), both in nats and infinite from a divergence on. ``diverged``
    holds the step (from 1) whose batch loss first exploded or was not a number, 0 for a healthy network.
    """

    losses: np.ndarray
    evaluated: tuple[int, ...]
    curve: np.ndarray
    diverged: np.ndarray

    def area(self) -> np.ndarray:
        """Return every network's area under its watched curve: the mean loss of the evaluations after step 0."""
        return self.curve[:, 1:].mean(axis=1)

    def running(self) -> np.ndarray:
        """Return the mean batch loss since the evaluation before, (run, evaluation); step 0 has none."""
        parts = [self.losses[:, before:after].mean(axis=1) for before, after in pairwise(self.evaluated)]
        return np.stack(parts, axis=1)


def crossing(steps: Sequence[int], losses: np.ndarray, target: float) -> float | None:
    """Return the step at which a loss curve first comes down to a target, on straight lines between its points.

    None where it never does.
    """
    below = np.flatnonzero(losses <= target)
    if not below.size:
        return None
    at = int(below[0])
    if at == 0 or not np.isfinite(losses[at - 1]):
        return float(steps[at])
    share = (losses[at - 1] - target) / (losses[at - 1] - losses[at])
    return float(steps[at - 1] + share * (steps[at] - steps[at - 1]))


def losses(logits: Float[Tensor, "run batch class"], classes: Int[Tensor, "run batch"]) -> Float[Tensor, " run"]:
    """Return every network's mean cross-entropy in nats."""
    each = functional.cross_entropy(logits.flatten(0, 1), classes.flatten(), reduction="none")
    return each.view(classes.shape).mean(dim=1)


def optimizer(name: str, rows: Sequence[Tensor], rates: Sequence[float]) -> torch.optim.Optimizer:
    """Return torch's fused SGD (momentum 0.9) or Adam over tensors that each have their own rate."""
    groups = [{"params": [row], "lr": rate} for row, rate in zip(rows, rates, strict=True)]
    if name == "sgd":
        return torch.optim.SGD(groups, lr=rates[0], momentum=0.9, fused=True)
    if name == "adam":
        return torch.optim.Adam(groups, fused=True)
    raise ValueError(f"unknown optimizer {name!r}; optimizers are {', '.join(OPTIMIZERS)}")


def train(
    stack: Stack,
    nonlinearity: Nonlinearity,
    *,
    feed: Feed,
    rates: Sequence[float],
    optimizer_name: str,
    steps: int,
    batch: int,
    watch: Feed | None = None,
    evaluations: int = 0,
) -> History:
    """Train every network of the stack in place and return what happened.

    ``watch`` feeds the rows on which the loss is measured at step 0 and after each of ``evaluations`` equal shares of
    the steps. The stack's rows, the feeds' and the rates' are the same networks in the same order.
    """
    count, by_rate = len(stack), sorted(range(len(stack)), key=lambda run: rates[run])
    chosen = torch.tensor(by_rate + by_rate[-1:] * (-count % PAD), device=stack.buffer.device)
    group = stack.pick(chosen)
    own, watched = feed.pick(chosen), watch.pick(chosen) if watch else None
    climber = _climber(group, optimizer_name, [rates[run] for run in chosen.tolist()])
    at = evaluation_steps(steps, evaluations) if watched else ()
    batch_losses, curve = [], []
    for step in range(steps):
        if watched and step in at:
            curve.append(evaluate(group, nonlinearity, watched)[0])
        batch_losses.append(_step(group, nonlinearity, own.batch(step * batch, (step + 1) * batch), climber))
    if watched and at:
        curve.append(evaluate(group, nonlinearity, watched)[0])
    stack.buffer[chosen[:count]], stack.state[chosen[:count]] = group.buffer[:count], group.state[:count]
    return _history(batch_losses, curve, at, by_rate)


def evaluation_steps(steps: int, evaluations: int) -> tuple[int, ...]:
    """Return step 0 and the steps that end each of so many equal shares; fewer where there are fewer steps."""
    return (
        tuple(sorted({round(share * steps / evaluations) for share in range(evaluations + 1)})) if evaluations else ()
    )


def _climber(group: Stack, name: str, rates: list[float]) -> torch.optim.Optimizer:
    """Return an optimiser whose parameters are the runs of rows with one rate, slices of the group's buffer."""
    rows, at, distinct = [], 0, []
    for rate, same in groupby(rates):
        size = len(list(same))
        rows.append(group.buffer[at : at + size])
        distinct.append(rate)
        at += size
    return optimizer(name, rows, distinct)


def _step(
    group: Stack, nonlinearity: Nonlinearity, batch: tuple[Tensor, Tensor], climber: torch.optim.Optimizer
) -> Float[Tensor, " run"]:
    """Take one step of every network; return the batch losses from before it."""
    leaf = group.buffer.detach().requires_grad_()
    found = losses(group.apply(batch[0], nonlinearity, buffer=leaf, training=True), batch[1])
    (gradient,) = torch.autograd.grad(found.sum(), [leaf])
    at = 0
    for rows in climber.param_groups:
        (slice_,) = rows["params"]
        slice_.grad = gradient[at : at + len(slice_)]
        at += len(slice_)
    climber.step()
    return found.detach()


@torch.no_grad()
def evaluate(stack: Stack, nonlinearity: Nonlinearity, feed: Feed, *, rows: int = 512) -> tuple[Tensor, Tensor]:
    """Return every network's mean cross-entropy (nats) and accuracy over all rows of a feed.

    On the CPU networks are taken eight at a time and rows 512 at a time, so that inputs stay in the cache.
    """
    total, together = feed.rows.shape[1], PAD if stack.buffer.device.type == "cpu" else len(stack)
    found = []
    for first in range(0, len(stack), together):
        runs = torch.arange(first, min(first + together, len(stack)), device=stack.buffer.device)
        part, own = stack.pick(runs), feed.pick(runs)
        sums = torch.zeros(2, len(runs), dtype=stack.buffer.dtype, device=stack.buffer.device)
        for start in range(0, total, rows):
            x, y = own.batch(start, min(start + rows, total))
            logits = part.apply(x, nonlinearity)
            sums += torch.stack([losses(logits, y) * y.shape[1], (logits.argmax(-1) == y).sum(1)])
        found.append(sums / total)
    loss, accuracy = torch.cat(found, dim=1)
    return loss, accuracy


def _history(batch_losses: list[Tensor], curve: list[Tensor], at: tuple[int, ...], by_rate: list[int]) -> History:
    """Return the networks' own order again, with everything from a divergence on infinite."""
    back = np.argsort(by_rate)
    table = torch.stack(batch_losses, dim=1).double().cpu().numpy()[back]
    points = torch.stack(curve, dim=1).double().cpu().numpy()[back] if curve else np.empty((len(back), 0))
    bad = ~(table <= EXPLODED)
    final = ~(points[:, -1:] <= EXPLODED) if curve else np.zeros((len(back), 0), bool)
    bad = np.concatenate([bad, final], axis=1)
    diverged = np.where(bad.any(axis=1), bad.argmax(axis=1) + 1, 0)
    since = np.where(diverged > 0, diverged, np.inf)[:, None]
    table = np.where(np.arange(1, table.shape[1] + 1) >= since, np.inf, table)
    points = np.where((np.asarray(at) + 1 >= since) | ~(points <= EXPLODED), np.inf, points)
    return History(table, at, points, diverged)
