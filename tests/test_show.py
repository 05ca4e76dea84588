"""Portraits and checks of activations on the command line."""

import json
import re
from pathlib import Path

import pytest
from test_cli import TINY

import acts
from acts import check, params, show
from acts.__main__ import main
from acts.activations import own
from acts.commands.answer import plain

ROOT = Path(__file__).parents[1]


pytestmark = pytest.mark.usefixtures("nothing_own")


def test_a_portrait_holds_what_follows_from_the_formula(capsys):
    assert main(["show", "silu", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == "swish"
    assert told["minimum"] == pytest.approx([-1.2784645, -0.2784645], abs=1e-6)  # Ramachandran, Zoph & Le 2017
    assert told["range"] == [pytest.approx(-0.2784645, abs=1e-6), "inf"]
    assert "Ramachandran" in told["source"]


@pytest.mark.parametrize("name", acts.names())
def test_everything_in_the_catalogue_has_a_portrait(name):
    found = show.facts(acts.get(name))
    assert json.dumps(plain(found), allow_nan=False)
    assert all(show._lines(found).values())


def test_a_portrait_is_set_in_the_terminal(capsys):
    assert main(["show", "leaky_relu"]) == 0
    told = capsys.readouterr().out
    assert "⎨" in told
    assert "f′(x) = " in told
    assert "Maas" in told
    assert "alpha = 0.01" in told


def test_a_name_and_its_formula_stand_on_one_line():
    drawn = show._typeset(own.from_formula("yours", "x * exp(-x**2)", parameters={})).plain
    assert "f(x) = x⋅ℯ" in drawn
    assert "f′(x) = ⎝1 - 2⋅x ⎠⋅ℯ" in drawn


def test_an_unknown_name_is_one_line(capsys):
    assert main(["show", "gleu"]) == 2
    told = r"unknown name 'gleu'; did you mean 'gelu'\? \(\d+ known\); acts list KIND names them\n"
    assert re.fullmatch(told, capsys.readouterr().err)


def test_a_formula_keeps_every_requirement(capsys):
    assert main(["check", "x * exp(-x**2)"]) == 0
    assert main(["check", "x * tanh(softplus(b*x))", "--let", "b=1.5"]) == 0
    assert "keeps them all" in capsys.readouterr().out


WRONG = """\
import torch
import acts

@acts.register("x*exp(-x**2)", "me 2026", family="mine", label="Bump", odd=False)
def bumpy(x):
    return x * torch.exp(-x * x) + 1e-6
"""


def test_a_wrong_function_is_told_what_is_wrong(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(WRONG)
    assert main(["check", str(tmp_path / "mine.py"), "--json"]) == 1
    found = {one["requirement"]: one["wrong"] for one in json.loads(capsys.readouterr().out)}
    assert "the formula gives" in found["value"]
    assert found["promises"] == ""  # the added constant makes it neither odd nor what it says it is
    assert found["typeset"] == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "1/x"], "no finite value at x = 0"),
        (["check", "x*b"], "unknown name 'b'"),
        (["check", "x*b"], "is declared beside the formula: --let b=1"),
        (["check", "qqq"], "unknown activation 'qqq' (COUNT known)"),
        (["show", "leaky_relu(alfa=1)"], "leaky_relu has no parameter 'alfa'; its parameters: alpha"),
        (["show", "leaky_relu(alpha=a)"], "a variant is written leaky_relu(alpha=0.1)"),
        (["check", "nope.py"], "no such file"),
        (["check", "gleu"], "did you mean 'gelu'"),
        (["check", "x*b", "--let", "b"], "should be LETTER=NUMBER"),
        (["check", "x", "--let", "b=nan"], "should be LETTER=NUMBER"),
    ],
)
def test_what_cannot_be_checked_or_shown_is_one_line(arguments, told, capsys):
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert told.replace("COUNT", str(len(acts.names()))) in err


def test_every_requirement_is_said_in_words():
    said = {finding.requirement for name in ("mish", "swiglu") for finding in check.findings(acts.get(name))}
    assert said == set(check.ASKED)


def test_the_formulas_of_the_page_are_read(review_folder):
    page = (ROOT / "docs" / "activations.md").read_text(encoding="utf-8")
    block = re.search(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    (review_folder / "params" / "mine.yaml").write_text(TINY.replace("experiments:", f"{block}experiments:"))
    loaded = params.load("mine")
    assert own.admit(loaded.own) == ["my_bump", "my_gate"]
    assert acts.get("my_gate").learnable == ("beta",)
    assert loaded.experiments.formulas.activations == ("identity", "relu", "my_bump", "my_gate")
