"""Training as a user of torch writes it: one module of torch's own layers, one of torch's optimizers, a plain loop."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from plain_networks import Plain, plain
from torch import Tensor, nn
from torch.optim import lr_scheduler

from acts import training
from acts.networks import Stack
from acts.noise import Noise


@dataclass(frozen=True)
class Settings:
    """How networks are trained; the same words mean the same in the plain loop and in ours."""

    steps: int
    batch: int
    optimizer: str = "adam"
    loss: str = "cross_entropy"
    schedule: str = "constant"
    dropout: float = 0.0
    decay: float = 0.0


def climber(module: Plain, settings: Settings, rate: float) -> torch.optim.Optimizer:
    """Return torch's optimizer, its weight decay for what lies in the decayed numbers of a stack's row."""
    network = module.network
    row = network.decayed.expand(1, -1)
    decayed = {name: bool(part.any()) for name, part in network.views(row).items()}
    groups: list[dict[str, object]] = [
        {
            "params": [parameter for name, parameter, _ in module.tied if decayed[name] == wanted],
            "weight_decay": settings.decay * wanted,
        }
        for wanted in (True, False)
    ]
    if settings.optimizer in ("sgd", "plain_sgd"):
        return torch.optim.SGD(groups, lr=rate, momentum=0.9 if settings.optimizer == "sgd" else 0.0)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[settings.optimizer](groups, lr=rate)


def scheduler(found: torch.optim.Optimizer, settings: Settings) -> lr_scheduler.LRScheduler:
    """Return torch's schedule of a rate."""
    if settings.schedule == "constant":
        return lr_scheduler.ConstantLR(found, factor=1.0)
    if settings.schedule == "cosine":
        return lr_scheduler.CosineAnnealingLR(found, settings.steps)
    rising = round(0.1 * settings.steps)
    rise = lr_scheduler.LinearLR(found, 1 / rising, 1.0, rising - 1)
    fall = lr_scheduler.CosineAnnealingLR(found, settings.steps - rising)
    return lr_scheduler.SequentialLR(found, [rise, fall], [rising])


def loss_of(name: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return a batch's loss."""
    if "+" in name:
        return head_of(name, outputs, targets)
    if name == "squared_error":
        return nn.functional.mse_loss(outputs, targets)
    return nn.functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())


def head_of(name: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return a batch's loss under an output function and a loss, with torch's own losses; two classes, one output."""
    output, judge = name.split("+")
    function = {"linear": nn.Identity(), "relu": nn.ReLU(), "sigmoid": nn.Sigmoid(), "tanh": nn.Tanh()}[output]
    if judge == "cross_entropy":
        return nn.CrossEntropyLoss()(function(outputs), targets)
    if judge == "squared_error":
        return nn.MSELoss()(function(outputs), targets)
    ones = targets[:, None] if outputs.shape[1] == 1 else nn.functional.one_hot(targets, outputs.shape[1])
    ones = ones.to(outputs.dtype)
    sides = 2 * ones - 1
    if judge == "bce":
        return nn.BCELoss()(function(outputs) if output == "sigmoid" else torch.sigmoid(function(outputs)), ones)
    if judge == "hinge":
        return nn.HingeEmbeddingLoss(margin=1.0)(function(outputs) * sides, -torch.ones_like(sides))
    return nn.MSELoss()(function(outputs), sides if output in ("linear", "tanh") else ones)


def losses(
    stack: Stack,
    run: int,
    activation: Callable[[], nn.Module],
    *,
    x: Tensor,
    y: Tensor,
    rows: np.ndarray,
    settings: Settings,
    seed: int,
    rate: float,
) -> list[float]:
    """Return the batch losses of one of a stack's networks, from its numbers on, trained alone in a plain loop."""
    module = plain(stack, run, activation, dropout=settings.dropout).train()
    optimizer = climber(module, settings, rate)
    rates, found = scheduler(optimizer, settings), []
    order = training.order(seed, rows, length=settings.steps * settings.batch)
    for step in range(settings.steps):
        batch = order[step * settings.batch : (step + 1) * settings.batch]
        module.noise = Noise(torch.tensor([seed]), step)
        optimizer.zero_grad()
        loss = loss_of(settings.loss, module(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        rates.step()
        found.append(loss.item())
    return found
