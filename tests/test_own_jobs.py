"""Only its own jobs run: what a formula, a file or a package brings along computes itself and nothing else anew."""

import csv
import os
import re
import subprocess
import sys

import pytest
from test_cli import said

from acts import records, tuned
from acts.__main__ import main
from acts.activations import own, registry
from acts.experiments import gradient_flow

PLAIN = """\
title: A few functions
engine: serial
experiments:
  gradient_flow: {activations: [relu, tanh], inits: [he], depths: [2], width: 8, seeds: 1}
  generalization:
    seeds: 1
    inits: [stable]
    growths: 0
    tasks:
      - {dataset: moons, network: mlp_1x4, activations: [relu], optimizer: sgd, steps: 2, batch: 8, rates: [0.1, 0.2]}
notebooks: [00_verdicts]
"""
BUMP = 'formulas:\n  my_bump: {formula: "x * exp(-x**2)", label: Bump}\n'
TOLD = re.compile(r"^  (\w+): (\d+) runs \((\d+) computed now", re.MULTILINE)


pytestmark = pytest.mark.usefixtures("nothing_own")


@pytest.fixture
def ran(review_folder, capsys):
    """Give a function that runs a text as the configuration and returns what was computed of each comparison."""

    def run(text):
        (review_folder / "params" / "mine.yaml").write_text(text)
        capsys.readouterr()
        assert main(["run", "mine"]) == 0
        out = capsys.readouterr()
        return {word: int(computed) for word, _, computed in TOLD.findall(out.out + out.err)}

    ran = run(PLAIN)
    assert all(ran.values())
    return run


def table(folder):
    """Return the published records, without what a run says of itself."""
    return records.read(folder / "reports" / "mine" / "records.parquet")


def with_own(text):
    return text + PLAIN


NOTHING = {"gradient_flow": 0, "generalization": 0}


def test_a_formula_that_is_added_changed_relabelled_and_removed_moves_its_own_runs_alone(ran, review_folder):
    before = table(review_folder)
    added = ran(with_own(BUMP))
    assert all(added.values())
    joined = table(review_folder)
    kept = joined[joined["activation"] != "my_bump"].reset_index(drop=True)
    assert kept.equals(before)
    alone = {word: len(joined[(joined["experiment"] == word) & (joined["activation"] == "my_bump")]) for word in added}
    assert all(alone.values())

    changed = ran(with_own(BUMP.replace("-x**2", "-x**4")))
    assert changed == added
    other = table(review_folder)
    assert other[other["activation"] != "my_bump"].reset_index(drop=True).equals(before)
    mine, theirs = (each[each["activation"] == "my_bump"]["value"].tolist() for each in (other, joined))
    assert mine != theirs

    assert ran(with_own(BUMP.replace("label: Bump", "label: Hill").replace("-x**2", "-x**4"))) == NOTHING
    with open(review_folder / "reports" / "mine" / "catalogue.csv") as file:
        assert [row["label"] for row in csv.DictReader(file) if row["own"] == "True"] == ["Hill"]

    assert ran(with_own(BUMP)) == NOTHING  # what was measured once is kept
    assert ran(PLAIN) == NOTHING


def test_a_changed_formula_takes_its_own_inits_along(monkeypatch):
    """A kernel in which a formula is edited must not start its networks by the one before."""
    monkeypatch.delenv(own.VARIABLE, raising=False)
    told = {"formula": "x * exp(-x**2)", "label": "", "parameters": {}, "learn": []}
    own.admit({"formulas": {"my_bump": told}})
    first = tuned.scales("my_bump", "stable"), gradient_flow.reason("my_bump", "stable")
    own.admit({"formulas": {"my_bump": {**told, "formula": "3 * x * exp(-x**2)"}}})
    assert tuned.scales("my_bump", "stable")[2] != first[0][2]
    assert tuned.scales("my_bump(stretch=2)", "stable") != tuned.scales("my_bump", "stable")
    own.admit({"formulas": {"my_bump": {**told, "formula": "0.001 * exp(-x**2) * x**2 + where(x > 90, 1, 0)"}}})
    assert gradient_flow.reason("my_bump", "he") == first[1]


FILE = """\
import torch
import acts

@acts.register("x*exp(-x**2)", "me 2026, a bump", family="mine", label="Bump")
def bumpy(x):
    return x * torch.exp(-x * x)
"""


def separately(folder, *arguments, **environment):
    """Run the command line in a process of its own; return its exit code, and what was computed."""
    done = subprocess.run(
        [sys.executable, "-m", "acts", *arguments],
        cwd=folder,
        env={**os.environ, "ACTS_ROOT": str(folder), "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
    )
    told = done.stdout + done.stderr
    return done.returncode, {word: int(computed) for word, _, computed in TOLD.findall(told)}, told


def test_an_edited_file_runs_anew_and_a_comment_in_it_does_not(ran, review_folder):
    plugin = review_folder / "mine.py"
    plugin.write_text(FILE)
    text = with_own("plugins: [mine.py]\n")
    assert all(ran(text).values())
    assert ran(text) == NOTHING
    plugin.write_text(FILE.replace("    return", "    # a comment\n    return"))
    assert separately(review_folder, "run", "mine")[:2] == (0, NOTHING)
    plugin.write_text(FILE.replace("x * torch.exp(-x * x)", "torch.exp(-x * x) * x"))
    code, computed, _ = separately(review_folder, "run", "mine")
    assert code == 0
    assert all(computed.values())
    assert ran(PLAIN) == NOTHING


def test_a_file_that_is_edited_while_a_process_lives_is_refused_in_one_line(ran, review_folder, capsys):
    plugin = review_folder / "mine.py"
    plugin.write_text(FILE)
    ran(with_own("plugins: [mine.py]\n"))
    plugin.write_text(FILE.replace("Bump", "Hill"))
    assert main(["run", "mine"]) == 2
    assert "edited since this process ran it; restart the kernel" in said(capsys)


def test_a_file_that_breaks_off_leaves_nothing_of_it_behind(tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text(FILE + "\nraise RuntimeError('broken off')\n")
    for _ in range(2):
        with pytest.raises(own.OwnError, match="RuntimeError: broken off"):
            own.plugin(plugin)
    assert "bumpy" not in registry.names()
    plugin.write_text(FILE)
    assert own.plugin(plugin) == own.plugin(plugin) == ["bumpy"]


def test_an_installed_package_joins_and_one_that_is_broken_harms_nobody(ran, review_folder):
    """A package is what a folder on the path holds beside its metadata, as pip leaves it."""
    packages = review_folder / "packages"
    for name, text in (("bumps", FILE), ("broken", "import a_module_that_is_not_there\n")):
        (packages / f"{name}-1.0.dist-info").mkdir(parents=True)
        (packages / f"{name}.py").write_text(text)
        point = {"bumps": "bumpy = bumps:bumpy", "broken": "lost = broken:lost"}[name]
        (packages / f"{name}-1.0.dist-info" / "entry_points.txt").write_text(f"[acts.activations]\n{point}\n")
        (packages / f"{name}-1.0.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
    assert ran(PLAIN) == NOTHING
    path = {"PYTHONPATH": os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])}
    code, computed, told = separately(review_folder, "run", "mine", **path)
    assert code == 0, told
    assert all(computed.values())
    assert "bumpy" in set(table(review_folder)["activation"].dropna())
    assert "lost of broken:lost is left out" in told
    assert ran(PLAIN) == NOTHING
