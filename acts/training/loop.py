"""The loop: a group of networks takes its steps together, and is evaluated on rows of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from acts.networks import Nonlinearity, Stack
from acts.noise import Noise
from acts.training.feeds import Feed
from acts.training.history import History, evaluation_steps
from acts.training.losses import LOSSES, SCORES, known
from acts.training.optimizers import Climber, share
from acts.training.visits import Visitor

PAD = 8


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


def train(
    stack: Stack,
    nonlinearity: Nonlinearity,
    *,
    feed: Feed,
    rates: Sequence[float],
    optimizer_name: str,
    steps: int,
    batch: int,
    seeds: Sequence[int],
    loss: str = "cross_entropy",
    schedule: str = "constant",
    dropout: float = 0.0,
    decay: float = 0.0,
    watch: Feed | None = None,
    evaluations: int = 0,
    visitor: Visitor | None = None,
) -> History:
    """Train every network of the stack in place and return what happened.

    ``watch`` feeds the rows on which the loss is measured at step 0 and after each of ``evaluations`` equal shares of
    the steps. The stack's rows, the feeds', the rates and the seeds (of dropout and random activations) are the same
    networks in the same order. ``decay`` is for weights and embeddings alone. A ``visitor`` sees every step, and may
    set numbers anew. Raises ValueError for the name of an optimizer, a schedule or a loss that is unknown.
    """
    by_rate = sorted(range(len(stack)), key=lambda run: rates[run])
    chosen = torch.tensor(_padded(by_rate, stack), device=stack.buffer.device)
    group, own, watched = stack.pick(chosen), feed.pick(chosen), watch.pick(chosen) if watch else None
    keys = torch.tensor(seeds, device=stack.buffer.device)[chosen]
    climber = Climber(
        group.buffer, optimizer_name, [rates[run] for run in chosen.tolist()],
        decay=decay, decayed=group.network.decayed,
    )  # fmt: skip
    at = evaluation_steps(steps, evaluations) if watched else ()
    losses, curve = [], []
    if visitor:
        visitor.seat(chosen)
    for step in range(steps):
        if visitor and (anew := visitor.before(step, group)) is not None:
            climber.forget(anew)
        if watched and step in at:
            curve.append(evaluate(group, nonlinearity, watched, loss=loss)["loss"])
        noise = Noise(keys, step) if dropout or nonlinearity.random else None
        rows = own.batch(step * batch, (step + 1) * batch)
        found, gradient = _gradient(group, nonlinearity, rows, loss, dropout=dropout, noise=noise)
        if visitor:
            visitor.after(step, group, gradient)
        climber.step(gradient, share(schedule, step, steps))
        losses.append(found)
    if watched and at:
        curve.append(evaluate(group, nonlinearity, watched, loss=loss)["loss"])
    back = torch.tensor(by_rate, device=chosen.device).argsort()
    stack.buffer.copy_(group.buffer[back])
    stack.state.copy_(group.state[back])
    return History.of_tables(_table(losses, back), _table(curve, back), at)


def _padded(runs: list[int], stack: Stack) -> list[int]:
    """Return the runs with the last one repeated up to a multiple of PAD, where networks learn together."""
    return runs + runs[-1:] * (-len(runs) % PAD) if stack.network.stacked else runs


def _gradient(
    group: Stack,
    nonlinearity: Nonlinearity,
    batch: tuple[Tensor, Tensor],
    loss: str,
    *,
    dropout: float,
    noise: Noise | None,
) -> tuple[Float[Tensor, " run"], Float[Tensor, "run size"]]:
    """Return every network's loss on its batch and the gradient of its numbers."""
    leaf = group.buffer.detach().requires_grad_()
    outputs = group.apply(batch[0], nonlinearity, buffer=leaf, training=True, dropout=dropout, noise=noise)
    found = LOSSES[known(loss)](outputs, batch[1]).mean(dim=1)
    (gradient,) = torch.autograd.grad(found.sum(), [leaf])
    return found.detach(), gradient


@torch.no_grad()
def evaluate(
    stack: Stack, nonlinearity: Nonlinearity, feed: Feed, *, loss: str = "cross_entropy", rows: int = 512
) -> dict[str, Float[Tensor, " run"]]:
    """Return every network's loss over all rows of a feed, and its accuracy where the targets are classes.

    On the CPU networks are taken eight at a time and rows 512 at a time, so that inputs stay in the cache.
    """
    together = PAD if stack.buffer.device.type == "cpu" else len(stack)
    parts = torch.arange(len(stack), device=stack.buffer.device).split(together)
    found = [_scores(stack.pick(runs), nonlinearity, feed.pick(runs), known(loss), rows) for runs in parts]
    return {name: torch.cat([part[name] for part in found]) for name in SCORES[loss]}


def _scores(
    stack: Stack, nonlinearity: Nonlinearity, feed: Feed, loss: str, rows: int
) -> dict[str, Float[Tensor, " run"]]:
    """Return every network's mean of each score that goes with a loss, over all rows of a feed."""
    sums, points = torch.zeros(len(SCORES[loss]), len(stack), dtype=stack.buffer.dtype, device=stack.buffer.device), 0
    for start in range(0, len(feed), rows):
        x, targets = feed.batch(start, min(start + rows, len(feed)))
        outputs = stack.apply(x, nonlinearity)
        each = [score(outputs, targets) for score in SCORES[loss].values()]
        sums += torch.stack([one.sum(dim=1) for one in each])
        points += each[0].shape[1]
    return dict(zip(SCORES[loss], sums / points, strict=True))


def _table(columns: Sequence[Float[Tensor, " run"]], back: Tensor) -> np.ndarray:
    """Return columns of numbers as one table in double precision, the rows in the networks' own order."""
    if not columns:
        return np.empty((len(back), 0))
    return torch.stack(list(columns), dim=1)[back].double().cpu().numpy()
