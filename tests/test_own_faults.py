"""Own functions that fail, from the run to the report: the others unaffected, the reason named, the exit code right.

One review is run, judged and rendered with functions that each fail in a way of their own; a Python file brings them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from acts import records

ROOT = Path(__file__).parents[1]
REVIEW = """\
title: Own functions that fail
engine: serial
plugins: [failing.py]
formulas:
  endless: {formula: "x * exp(x**2)", label: Endless}
experiments:
  gradient_flow: {activations: [relu, tanh], inits: [he], depths: [2], width: 8, seeds: 1}
  generalization:
    seeds: 6
    inits: [he]
    growths: 0
    tasks:
      - {dataset: moons, network: mlp_1x4, activations: [relu, tanh], optimizer: sgd, steps: 20, batch: 8,
         rates: [0.1, 0.2]}
notebooks: [06_generalization]
"""
FAILING = """\
import sys
import time

import torch
import acts


@acts.register("x", "me 2026", family="mine", label="Raises")
def raises(x):
    raise RuntimeError("no such thing\\nas this function")


@acts.register("x", "me 2026", family="mine", label="Shrinks")
def shrinks(x):
    return x.sum()


@acts.register("x", "me 2026", family="mine", label="Doubles")
def doubles(x):
    return x.double()


@acts.register("x", "me 2026", family="mine", label="Detached")
def detached(x):
    return x.detach()


@acts.register("x*tanh(x)", "me 2026", family="mine", label="Prints")
def prints(x):
    sys.stdout.write("x" * 1_000_000)
    return x * torch.tanh(x)


@acts.register("x", "me 2026", family="mine", label="Becomes nan")
def becomes_nan(x):
    return torch.where(x.abs() < 1.5, x, torch.nan)


@acts.register("tanh(x)", "me 2026", family="mine", label="Slow")
def slow(x):
    time.sleep(0.001)
    return torch.tanh(x)
"""
FAIL = {
    "raises": "RuntimeError: no such thing as this function",
    "shrinks": "returns the shape ()",
    "doubles": "returns float64 where float32 is given",
    "detached": "has no gradient",
}
SURVIVE = ("prints", "slow", "relu", "tanh")


def acts(root, *arguments):
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "acts", *arguments],
        cwd=root,
        env={
            **os.environ,
            "ACTS_ROOT": str(root),
            "ACTS_STORE": str(root / "store"),
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """Return a review's folder in which the failing functions were run and judged, and what the run said."""
    root = tmp_path_factory.mktemp("review")
    for folder in ("params", "reports", "notebooks"):
        (root / folder).mkdir()
    (root / "Makefile").touch()
    (root / "params" / "mine.yaml").write_text(REVIEW)
    (root / "failing.py").write_text(FAILING)
    for name in ("06_generalization", "12_yours"):
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", root / "notebooks")
    for name in ("book.yml", "references.bib"):
        shutil.copy(ROOT / "reports" / name, root / "reports")
    return root, acts(root, "run", "mine"), acts(root, "judge", "mine")


def test_the_run_ends_with_one_and_names_each_with_its_reason_on_one_line(review):
    root, ran, _ = review
    assert ran.returncode == 1, ran.stdout + ran.stderr
    failed = (root / "reports" / "mine" / ".failed").read_text().splitlines()
    for name, reason in FAIL.items():
        assert [line for line in failed if name in line and reason in line], (name, failed)
    assert len(failed) == len(FAIL)
    assert "xxxx" not in ran.stdout + ran.stderr
    assert all(len(line) < 400 for line in failed)


def test_the_others_are_measured_whole(review):
    table = records.read(review[0] / "reports" / "mine" / "records.parquet")
    final = records.where(table, experiment="generalization", phase="final", metric="error", split="test")
    for name in SURVIVE:
        assert final[final["activation"] == name]["seed"].nunique() == 6, name
    assert not set(FAIL) & set(final["activation"])
    provenance = json.loads((review[0] / "reports" / "mine" / "provenance.json").read_text())
    assert provenance["failed"]


def test_training_that_becomes_nan_is_a_diverged_run_and_no_failure(review):
    table = records.read(review[0] / "reports" / "mine" / "records.parquet")
    lost = records.where(table, experiment="generalization", metric="diverged", activation="becomes_nan")
    assert len(lost)
    assert (lost["value"] > 0).any()


def test_it_is_judged_all_the_same(review):
    judged = review[2]
    assert judged.returncode == 0, judged.stderr
    assert (review[0] / "reports" / "mine" / "ledger.csv").is_file()


def test_the_report_is_made_and_names_what_failed(review):
    done = acts(review[0], "render", "mine")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (review[0] / "reports" / "mine" / "report.html").read_text(encoding="utf-8")
    told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for name, reason in FAIL.items():
        assert f"{name}: left out: {reason}" in told, name
    assert re.search(r"Endless\. .*?diverged", told)
