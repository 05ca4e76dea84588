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
from acts.experiments import convergence, generalization

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
EXPERIMENTS, SEEDS, MOST = 100, 12, 9  # a binomial of 100 at 5 % exceeds 9 once in 36 times
ARMS = ("relu", "mirrored_relu")
JUDGED = {convergence: "loss_area", generalization: "error"}
CLAIM = {
    "id": "C00", "topic": "calibration", "sources": ["Gaussian error linear units (GELUs)"], "claim": "no difference",
    "measure": "A/A", "verdict": "A/A", "kind": "experiment",
}  # fmt: skip


def rule(module):
    """Return the rule of an A/A test by the metric that a comparison tunes and judges."""
    return {
        "kind": "contrast", "experiment": module.word, "metric": JUDGED[module], "scale": "log", "a": ARMS[0],
        "b": [ARMS[1]], "margin": 0.05, "degree": "no_difference", "unit": "% less",
        "cells": {"phase": "final", "arm": "best", "split": "test"},
    }  # fmt: skip


@pytest.fixture(scope="module", params=JUDGED, ids=lambda module: module.word)
def reviewed(request):
    """Return a comparison and the records of both its arms: one small task, a rate tuned for every arm and seed."""
    with temporarily():

        @acts.register("Piecewise((-x, x < 0), (0, True))", "Mirrored 2026", family="control", label="mirrored ReLU")
        def mirrored_relu(x):
            return torch.relu(-x)

        yield request.param, _trained(request.param)


def _asked():
    """Return both comparisons of one small task each."""
    grid = (0.1, 0.2, 0.4)
    common = {"inits": ("he",), "seeds": 1, "evaluations": 3, "growths": 0}
    curve = {
        "activations": ARMS, "datasets": ("spirals",), "networks": ("mlp_2x16",), "optimizers": ("sgd",),
        "steps": 30, "batch": 16, "rates": {"sgd": grid},
    }  # fmt: skip
    task = {
        "dataset": "moons", "network": "mlp_2x16", "activations": ARMS, "optimizer": "sgd", "steps": 30, "batch": 16,
        "rates": grid,
    }  # fmt: skip
    experiments = {"convergence": {**common, **curve}, "generalization": {**common, "tasks": (task,)}}
    asked = params.Params.model_validate({"title": "A/A", "experiments": experiments, "notebooks": ("a",)})
    many = {"seeds": EXPERIMENTS * SEEDS}  # more than a configuration may ask for
    sections = {word: getattr(asked.experiments, word).model_copy(update=many) for word in experiments}
    return asked.model_copy(update={"experiments": asked.experiments.model_copy(update=sections)})


def _trained(module):
    asked = _asked()
    tuned = [module.measure(job) for job in module.plan(asked, records.frame([]))]
    found = records.concat([table for job in tuned for table in job])
    final = [job for job in module.plan(asked, found) if job.runs[0]["phase"] == "final"]
    return records.concat([table for job in final for table in module.measure(job)])


@pytest.fixture(scope="module")
def tables(reviewed):
    """Return the judged contrast of every disjoint experiment of twelve seeds."""
    module, runs = reviewed
    claim = claims.parse({**CLAIM, "rule": rule(module)})
    return [contrasts.table(claim, part) for _, part in runs.groupby(runs["seed"] // SEEDS)]


def test_a_claim_of_several_parts_in_margins_rarely_takes_either_arm_for_the_better(reviewed, record_property):
    """Each arm is claimed to be better, in margins of the outcome; the best init, one alone here, is tuned as ever."""
    module, runs = reviewed
    outcome = {"metric": "outcome", "margin": {"error": 1e-6, "loss": 1e-6}}
    margins = outcome if JUDGED[module] == "error" else {"margin": 1e-6}
    change = {"scale": "margins", "degree": "better", "unit": "margins better", **margins}
    parts = {a: {**rule(module), **change, "a": a, "b": [b]} for a, b in (ARMS, ARMS[::-1])}
    claim = claims.parse({**CLAIM, "rule": {"kind": "any_of", "experiment": module.word, "parts": parts}})
    verdicts = [claims.judge(claim, part).verdict for _, part in runs.groupby(runs["seed"] // SEEDS)]
    record_property("supported", verdicts.count("supported"))
    print(f"\nequal arms, tuned, in two parts: {verdicts.count('supported')} of {len(verdicts)} claims are supported")
    assert len(verdicts) == EXPERIMENTS
    assert verdicts.count("supported") <= MOST


def _paired(reviewed):
    module, runs = reviewed
    rows = records.where(runs, metric=JUDGED[module], arm="best", split="test")
    return records.paired(rows, JUDGED[module], index=("seed",))


def test_equal_arms_are_rarely_told_apart(tables, record_property):
    rejected = sum(float(table["p"].iloc[0]) <= 0.05 for table in tables)
    record_property("rejected", rejected)
    print(f"\nequal arms, tuned: {rejected} of {len(tables)} experiments reject")
    assert len(tables) == EXPERIMENTS
    assert rejected <= MOST


def test_the_paired_runs_do_differ(reviewed):
    table = _paired(reviewed)
    assert (table[ARMS[0]] != table[ARMS[1]]).mean() > 0.95
    assert records.where(reviewed[1], metric="lr_tuned", arm="best")["value"].nunique() > 1


def test_the_difference_over_all_seeds_is_nothing(reviewed):
    table = np.log(_paired(reviewed))
    difference = table[ARMS[0]] - table[ARMS[1]]
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(difference))
