"""Optimizers: torch's fused SGD, Adam and AdamW over many networks, each at its own rate, with schedules and decay."""

from collections.abc import Sequence
from itertools import groupby
from math import cos, pi

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from acts import nearest

OPTIMIZERS = ("sgd", "plain_sgd", "adam", "adamw")
SCHEDULES = ("constant", "cosine", "warmup_cosine")
MOMENTUM = 0.9  # of sgd; plain_sgd has none
WARMUP = 0.1  # share of the steps in which warmup_cosine rises to the full rate


def share(schedule: str, step: int, steps: int) -> float:
    """Return the share of its rate that a schedule gives a step (from 0) of so many.

    ``cosine`` comes down to 0 after the last step; ``warmup_cosine`` first rises in a straight line over a tenth of the
    steps. Raises ValueError for an unknown schedule.
    """
    if schedule not in SCHEDULES:
        raise ValueError(nearest.unknown("schedule", schedule, SCHEDULES))
    rising = max(1, round(WARMUP * steps)) if schedule == "warmup_cosine" else 0
    if step < rising:
        return (step + 1) / rising
    return 1.0 if schedule == "constant" else (1 + cos(pi * (step - rising) / max(1, steps - rising))) / 2


class Climber:
    """An optimizer over the rows of a buffer, a network a row, which lie in the order of their rates.

    Weight decay takes the numbers of ``decayed`` alone: into the gradient for SGD and Adam (L2), off the numbers
    themselves for AdamW, as torch's do. Raises ValueError for an unknown optimizer.
    """

    def __init__(
        self,
        buffer: Float[Tensor, "run size"],
        name: str,
        rates: Sequence[float],
        *,
        decay: float = 0.0,
        decayed: Bool[Tensor, " size"] | None = None,
    ) -> None:
        self._sizes = [len(list(same)) for _, same in groupby(rates)]
        self._rates = [rate for rate, _ in groupby(rates)]
        self._buffer, self._apart = buffer, name == "adamw"
        self._decay = decay * decayed.to(buffer) if decay and decayed is not None else None
        self._torch = _torch_optimizer(name, buffer.split(self._sizes), self._rates)

    def step(self, gradient: Float[Tensor, "run size"], share: float = 1.0) -> None:
        """Move every row against its gradient, at this share of its rate."""
        if self._decay is not None and not self._apart:
            gradient = torch.addcmul(gradient, self._buffer, self._decay)
        groups = self._torch.param_groups
        for group, rate, own in zip(groups, self._rates, gradient.split(self._sizes), strict=True):
            (rows,) = group["params"]
            group["lr"], rows.grad = rate * share, own
            if self._decay is not None and self._apart:
                rows.mul_(1 - group["lr"] * self._decay)
        self._torch.step()

    def forget(self, changed: Bool[Tensor, "run size"]) -> None:
        """Set what is remembered of the gradients of these numbers to 0, as of numbers that begin anew."""
        for group, own in zip(self._torch.param_groups, changed.split(self._sizes), strict=True):
            (rows,) = group["params"]
            for kept in self._torch.state[rows].values():
                if torch.is_tensor(kept) and kept.shape == rows.shape:
                    kept.masked_fill_(own, 0.0)


def _torch_optimizer(name: str, rows: Sequence[Tensor], rates: Sequence[float]) -> torch.optim.Optimizer:
    """Return torch's fused optimizer over tensors that each have their own rate; decay is not its business."""
    groups = [{"params": [row], "lr": rate} for row, rate in zip(rows, rates, strict=True)]
    if name in ("sgd", "plain_sgd"):
        return torch.optim.SGD(groups, lr=rates[0], momentum=MOMENTUM if name == "sgd" else 0.0, fused=True)
    if name in ("adam", "adamw"):
        return torch.optim.Adam(groups, fused=True)
    raise ValueError(nearest.unknown("optimizer", name, OPTIMIZERS))
