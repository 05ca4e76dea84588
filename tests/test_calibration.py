"""The whole pipeline on a difference that is known to be 0: ReLU against its mirror image, tuned and judged as usual.

With weights drawn symmetrically and no biases a network of max(0, −x) is a ReLU network with the other weights, so in
distribution the two arms are one; in a paired run they differ, so every step from tuning to p has something to do.
"""

import numpy as np
import pytest
import torch

import acts
from acts import claims, params, records
from acts.activations.registry import temporarily
from acts.claims import contrasts
from acts.experiments import convergence

pytestmark = pytest.mark.slow
EXPERIMENTS, SEEDS, MOST = 100, 12, 9  # a binomial of 100 at 5 % exceeds 9 once in 36 times
RULE = {
    "kind": "contrast", "experiment": "convergence", "metric": "loss_area", "scale": "log", "a": "relu",
    "b": ["mirrored_relu"], "margin": 0.05, "degree": "no_difference", "unit": "% less loss area",
    "cells": {"phase": "final", "arm": "best", "split": "test"},
}  # fmt: skip
CLAIM = {
    "id": "C00", "topic": "calibration", "sources": ["Gaussian error linear units (GELUs)"], "claim": "no difference",
    "measure": "A/A", "verdict": "A/A", "kind": "experiment", "rule": RULE,
}  # fmt: skip


@pytest.fixture(scope="module")
def runs():
    """Return the records of both arms: one small task, a rate tuned for every arm and seed."""
    with temporarily():

        @acts.register("Piecewise((-x, x < 0), (0, True))", "Mirrored 2026", family="control", label="mirrored ReLU")
        def mirrored_relu(x):
            return torch.relu(-x)

        yield _trained()


def _trained():
    configuration = params.load("cpu")
    wanted = configuration.experiments.convergence.model_copy(update={
        "activations": ("relu", "mirrored_relu"), "datasets": ("spirals",), "networks": ("mlp_2x16",),
        "optimizers": ("sgd",), "inits": ("he",), "seeds": EXPERIMENTS * SEEDS, "steps": 30, "batch": 16,
        "evaluations": 3, "growths": 0, "rates": {"sgd": (0.1, 0.2, 0.4)},
    })  # fmt: skip
    section = configuration.experiments.model_copy(update={"convergence": wanted})
    configuration = configuration.model_copy(update={"experiments": section})
    tuned = [convergence.measure(job) for job in convergence.plan(configuration, records.frame([]))]
    found = records.concat([table for job in tuned for table in job])
    final = [job for job in convergence.plan(configuration, found) if job.runs[0]["phase"] == "final"]
    return records.concat([table for job in final for table in convergence.measure(job)])


@pytest.fixture(scope="module")
def tables(runs):
    """Return the judged contrast of every disjoint experiment of twelve seeds."""
    claim = claims.parse(CLAIM)
    return [contrasts.table(claim, part) for _, part in runs.groupby(runs["seed"] // SEEDS)]


def test_equal_arms_are_rarely_told_apart(tables):
    rejected = sum(float(table["p"].iloc[0]) <= 0.05 for table in tables)
    assert len(tables) == EXPERIMENTS
    assert rejected <= MOST


def test_the_paired_runs_do_differ(runs):
    rows = records.where(runs, metric="loss_area", arm="best", split="test")
    table = records.paired(rows, "loss_area", index=("seed",))
    assert (table["relu"] != table["mirrored_relu"]).all()
    assert records.where(runs, metric="lr_tuned", arm="best")["value"].nunique() > 1


def test_the_difference_over_all_seeds_is_nothing(runs):
    rows = records.where(runs, metric="loss_area", arm="best", split="test")
    table = np.log(records.paired(rows, "loss_area", index=("seed",)))
    difference = table["relu"] - table["mirrored_relu"]
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(difference))
