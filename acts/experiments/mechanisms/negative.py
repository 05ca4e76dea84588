"""Negative: what outputs of both signs do to the gradients of one example, and to the direction of a step.

A run is one network on 512 training rows. Rows: arm ``study=negative``, split train, metrics

``one_sign_share``: the share of units, over the layers that the function feeds, whose gradient by incoming weights has
one sign for one example (units and examples whose gradient is 0 left out); by layer (column layer, the second is 2) and
without a layer the mean over layers. 1 exactly where all outputs have one sign.
``natural_cosine``: the cosine of the negative gradient with the damped K-FAC direction, all layers together. The Fisher
matrix is the expectation over the classes that the network itself would draw. Damping is 0.01 in arm
``study=negative``; arms ``study=negative;damping=…`` say others.

Phase ``init`` for networks as they start: one whose outputs are shifted starts as the very function that the plain one
is, the shift absorbed by the next layer's biases. Phase ``final`` for those that the study ``centring`` trained.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from acts import activations, datasets, probes, training, trials, tuned
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.networks import Stack
from acts.params import Params
from acts.params.probes import Probes
from acts.probes import Layer
from acts.tuned import Row

ROWS = 512
ARM = "study=negative"
DAMPING = 0.01
OTHERS = (0.0001, 1.0)  # shown beside
SECONDS = 0.025  # of one network


def plan(wanted: Probes, params: Params, *, word: str, seeds: int) -> Iterator[Job]:
    """Yield a job for every activation, of its networks as they start under the inits that it has."""
    negative = wanted.negative
    for name in negative.activations if negative else ():
        assert negative is not None
        function = activations.get(name).name
        plain, absorbed = _plain(function)
        shared = {
            "study": "negative", "phase": "init", "norm": "none", "device": "cpu", "dtype": params.dtype, **absorbed,
        }  # fmt: skip
        runs = tuple(
            {**shared, "dataset": dataset, "network": network, "init": init, "scales": numbers, "seed": seed,
             "split": seed}
            for dataset in negative.datasets if datasets.missing(dataset) is None
            for network in negative.networks
            for init in negative.inits if (numbers := tuned.scales(plain, init))
            for seed in range(seeds)
        )  # fmt: skip
        if runs:
            yield Job(word, function, runs, SECONDS * len(runs))


def _plain(name: str) -> tuple[str, dict[str, float]]:
    """Return the function without its shift, and what a network's start absorbs of it."""
    shift = activations.get(name).parameters.get("shift", 0.0)
    return (name.split("(")[0], {"absorb": shift}) if shift else (name, {})


def reads(activation: Activation) -> bool:
    """Say whether trained networks with an activation are read."""
    return activation.name.split("(")[0] in ("relu", "elu")


def rows(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Yield the rows of networks of one kind as they start."""
    return read(activation, trials.started(activation, runs), runs)


def read(activation: Activation, stack: Stack, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Yield the rows of networks of one kind, whatever they have learned."""
    double = [{**run, "dtype": "float64"} for run in runs]
    whole = Stack(stack.network, stack.buffer.double(), stack.state.double())
    for number, run in enumerate(double):
        one = torch.tensor([number])
        layers = met(activation, whole.pick(one), run)
        yield [{"arm": ARM, "split": "train", **row} for row in (*_signs(layers), *_cosines(layers))]


def met(activation: Activation, network: Stack, run: Run) -> list[Layer]:
    """Return what each layer of one network met on its training rows."""
    x, targets = trials.feed([run], "train", rows=ROWS).batch(0, ROWS)
    function = trials.nonlinearity(activation)
    kept: list[Tensor] = []
    leaf = network.buffer.detach().requires_grad_()
    outputs = network.apply(x, function, buffer=leaf, keep=kept, training=True)
    fed = [x[0], *(function.call(h[0]).detach() for h in kept)]
    spots = [*kept, outputs]
    loss = training.LOSSES[trials.loss(run["dataset"], run["network"])]

    def errors(wanted: Tensor, weight: Tensor) -> list[Tensor]:
        total = (weight * loss(outputs, wanted)).sum()
        return [found[0] for found in torch.autograd.grad(total, spots, retain_graph=True)]

    own = errors(targets, torch.ones(()))
    chances = torch.softmax(outputs.detach(), dim=-1)
    classes = range(outputs.shape[-1])
    drawn = [errors(torch.full_like(targets, number), chances[..., number].sqrt()) for number in classes]
    guesses = [torch.stack(same) for same in zip(*drawn, strict=True)]
    return [Layer(*parts) for parts in zip(fed, own, guesses, strict=True)]


def _signs(layers: Sequence[Layer]) -> list[Row]:
    """Return the share of gradients of one sign, by layer and over all layers that the function feeds."""
    found = {number: probes.one_sign_share(layer.inputs, layer.errors) for number, layer in enumerate(layers[1:], 2)}
    shares = {number: share for number, share in found.items() if np.isfinite(share)}
    told = [{"layer": number, "metric": "one_sign_share", "value": share} for number, share in shares.items()]
    return [*told, {"metric": "one_sign_share", "value": float(np.mean(list(shares.values())))}] if told else []


def _cosines(layers: Sequence[Layer]) -> list[Row]:
    """Return the cosine of the negative gradient with the K-FAC direction, at each damping."""
    back = [-layer.gradient for layer in layers]
    arms = {ARM: DAMPING, **{f"{ARM};damping={damping:g}": damping for damping in OTHERS}}
    return [
        {"arm": arm, "metric": "natural_cosine", "value": probes.cosine(back, probes.kfac(layers, damping=damping))}
        for arm, damping in arms.items()
    ]
