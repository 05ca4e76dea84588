"""A user's own activations: read by a whitelist, computed without running them, known in every process."""

import json
import math
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli import TINY, said

import acts
from acts import params, records
from acts.__main__ import main
from acts.activations import compiled, own, registry
from acts.activations.functions import FUNCTIONS
from acts.engine import desk, keys
from acts.engine.progress import Teller
from acts.engine.store import Store

ROOT = Path(__file__).parents[1]
BUMP = {"formula": "x * exp(-x**2)", "label": "", "parameters": {}, "learn": []}
MINE = """\
title: Mine
engine: serial
formulas:
  my_bump: "x * exp(-x**2)"
  tilted: {formula: "x * sigmoid(beta*x + S)", label: Tilted, beta: {init: 1.0, learn: true}, S: 1}
experiments:
  formulas: {activations: [identity, relu], points: 11, span: 3}
notebooks: [00_verdicts]
"""


pytestmark = pytest.mark.usefixtures("nothing_own")


@pytest.fixture
def mine(review_folder):
    """Return a review's folder with a configuration that brings two formulas along."""
    (review_folder / "params" / "mine.yaml").write_text(MINE)
    return review_folder


ELEMENTWISE = [name for name in acts.names() if acts.get(name).elementwise]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_formula_alone_computes_what_its_hand_written_function_does(name):
    activation = acts.get(name)
    constants = {sympy.Symbol(letter, real=True): sympy.Rational(text) for letter, text in activation.constants.items()}
    body = compiled.function(activation.folded.subs(constants))
    x = torch.cat([torch.linspace(-9, 9, 361), torch.tensor(activation.breaks())]).double().requires_grad_()
    value = body(x, **activation.parameters)
    slope = torch.autograd.grad(value.sum(), x)[0]
    assert torch.allclose(value, activation(x), rtol=1e-9, atol=1e-12)
    assert torch.allclose(slope, activation.derivative(x.detach()), rtol=1e-9, atol=1e-12)
    batched = torch.func.vmap(lambda one: body(one, **activation.parameters))
    assert torch.equal(batched(x.detach()), value.detach())


def test_a_case_that_is_not_taken_spoils_no_slope():
    entry = own.from_formula("rooted", "where(x > 1, sqrt(x - 1) + 2, 2*x)", parameters={})
    x = torch.tensor([-3.0, 0.5, 5.0], dtype=torch.float64)
    assert entry(x).tolist() == [-6.0, 1.0, 4.0]
    assert entry.derivative(x).tolist() == [2.0, 2.0, 0.25]


def test_letters_are_the_users():
    formula = "E*x + gamma*tanh(S*x) + N*sin(I*x) + beta*Q + pi*0*x"
    letters = {"E": 1.0, "gamma": 2.0, "S": 3.0, "N": 4.0, "I": 0.5, "beta": 1.0, "Q": 0.25}
    entry = own.from_formula("letters", formula, parameters=letters)
    x = 0.7
    want = x + 2 * math.tanh(3 * x) + 4 * math.sin(0.5 * x) + 0.25
    assert float(entry(torch.tensor(x, dtype=torch.float64))) == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("__import__('os').system('true')", "only named functions can be called"),
        ("x.__class__", "not allowed"),
        ("(lambda: x)()", "only named functions can be called"),
        ("open('/etc/passwd')", "unknown function|unknown name"),
        ("x" + "+x" * 5000, "longer than 1000 characters"),
        ("x**x**x**x**99", "power|no finite|real"),
        ("9**9**9**9*x", "power|large"),
        ("(" * 60 + "x" + ")" * 60 + "+", "not an arithmetic"),
        ("x +", "formula 'x [+]' is not an arithmetic expression$"),
        ("2x", r"not an arithmetic expression; it is 2\*x and tanh\(x\), not 2x and tanh x$"),
        ("x^2", r"'\^' is not allowed; a power is written \*\*$"),
        ("x if x > 0 else 0", r"if … else is not allowed; cases are written where\(condition, yes, no\)$"),
        ("where(x > 0 & x < 1, 1, x)", "'&' is not allowed; conditions are joined by 'and'$"),
        ("Sigmoid(x)*x", r"unknown function 'Sigmoid'; did you mean 'sigmoid'\? \(known: "),
        ("swish(x)", "unknown function 'swish' "),
        ("x * beta", "unknown name 'beta'"),
        ("1/x", "no finite value at x = 0"),
        ("log(x)", "no finite value at x"),
        ("sqrt(x)", "no finite value at x"),
        ("x**(1/3)", "no finite value"),
        ("where(x < 0, 0, sqrt(x))", "no finite slope at x = 0"),
        ("3 + pi", "does not depend on x"),
        ("", "."),
    ],
)
def test_what_is_no_activation_is_refused_in_one_line(formula, told):
    with pytest.raises(own.OwnError, match=told) as caught:
        own.from_formula("mine", formula, parameters={})
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


REFUSED = {
    "unknown name 'beta'": "x * beta",
    "'^' is not allowed": "x^2",
    "unknown function 'swish'": "swish(x)",
    "has no finite value at x = 0": "1 / x",
    "has no finite slope at x = 0": "sin(x) / x",
    "does not depend on x": "2 + pi",
    "is longer than 1000 characters": "x" + "+x" * 500,
}


def test_the_messages_of_the_page_are_those_and_what_it_advises_is_accepted():
    page = (ROOT / "docs" / "activations.md").read_text(encoding="utf-8")
    table = page.partition("| message |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| (.+?) \|", table, re.MULTILINE) == list(REFUSED)
    for told, formula in REFUSED.items():
        with pytest.raises(own.OwnError, match=re.escape(told)):
            own.from_formula("mine", formula, parameters={})
    advised = ["x * sigmoid(x)", "x / (1 + x**2)", "where(abs(x) > 1e-3, sin(x)/x, 1)"]
    assert all(f"`{formula}`" in table for formula in advised)
    for formula in (*advised, "sign(x)"):
        assert own.from_formula("mine", formula, parameters={}).name == "mine"


def test_the_page_lists_the_functions_that_a_formula_may_call():
    page = (ROOT / "docs" / "activations.md").read_text(encoding="utf-8")
    listed = re.search(r"^`(exp log .+)`$", page, re.MULTILINE)[1].split()
    assert set(listed) == set(FUNCTIONS) - {"Abs", "Max", "Min"}


@settings(max_examples=150)
@given(st.text(max_size=60))
def test_no_text_does_anything_but_be_refused_or_computed(text):
    refused = ""
    try:
        entry = own.from_formula("mine", text, parameters={})
    except own.OwnError as error:
        refused = str(error)
    assert "\n" not in refused
    assert refused or entry(torch.linspace(-2, 2, 5).double()).shape == (5,)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("  relu: 2*x", "formulas: activation 'relu' is already registered"),
        ("  My: 2*x", "My: should be a name in small letters"),
        ("  mine: {formula: 2*x, beta: 1}", "has no parameter 'beta'"),
        ("  mine: {formula: b*x, b: {init: 1, lern: true}}", "lern: unknown parameter"),
        ("  mine: {label: x}", "formula: missing"),
        ("  mine: x.__class__", "formulas: mine: formula 'x.__class__'"),
        ("  mine: \"__import__('os').system('true')\"", "only named functions can be called"),
        (f"  mine: x{'+x' * 5000}", "is longer than 1000 characters"),
        ("  mine: x**x**x**x**99", "power is higher than 64"),
        ("  mine: 9**9**9**9*x", "power is higher than 64"),
        (f"  mine: {'9' * 80}*x", "a number that is too large or too long"),
        ("  mine: {formula: lambda*x, lambda: 1.0}", "is not an arithmetic expression"),
        ("  mine: 1/x", "has no finite value at x = 0"),
        ("  mine: where(x < 0, 0, sqrt(x))", "has no finite slope at x = 0"),
        ("  mine: {formula: 2*x, label: ReLU}", "formulas: mine: label 'ReLU' is that of relu; give it another"),
        ('  mine: {formula: 2*x, label: " "}', "formulas: mine: label is blank; give it another"),
        ('  mine: "x\\u200b*2"', "holds an unprintable character"),
        ("  mine: \u0435*x", "unknown name '\u0435'"),
        ("  mine: !!python/object:os.system x", "tag"),
    ],
)
def test_a_bad_formula_is_one_line_with_its_place(review_folder, capsys, lines, told):
    (review_folder / "params" / "tiny.yaml").write_text(
        TINY.replace("experiments:", f"formulas:\n{lines}\nexperiments:")
    )
    assert main(["run", "tiny"]) == 2
    line = said(capsys)
    assert line.startswith("params/tiny.yaml:4: ")
    assert told in line
    assert not (review_folder / "reports" / "tiny").exists() or not list((review_folder / "reports" / "tiny").iterdir())


def test_a_formula_and_a_plugin_have_two_labels(review_folder, capsys):
    (review_folder / "mine.py").write_text(
        'import acts\n@acts.register("x*2", "me 2026", family="own", label="Twice")\ndef twice(x):\n    return x * 2\n'
    )
    both = 'formulas: {again: {formula: 2*x, label: "twice"}}\nplugins: [mine.py]\nexperiments:'
    (review_folder / "params" / "tiny.yaml").write_text(TINY.replace("experiments:", both))
    assert main(["run", "tiny", "--dry"]) == 2
    assert said(capsys).endswith(": formulas: again: label 'twice' is that of twice; give it another")


def test_two_functions_of_ones_own_have_two_labels(review_folder, capsys):
    two = "formulas:\n  first: {formula: 2*x, label: A}\n  second: {formula: 3*x, label: %s}\nexperiments:"
    (review_folder / "params" / "tiny.yaml").write_text(TINY.replace("experiments:", two % "A"))
    assert main(["run", "tiny", "--dry"]) == 2
    assert said(capsys) == "params/tiny.yaml:5: formulas: second: label 'A' is that of first; give it another"
    (review_folder / "params" / "tiny.yaml").write_text(TINY.replace("experiments:", two % "B"))
    assert main(["run", "tiny", "--dry"]) == 0


def test_a_formula_joins_every_list_and_its_records_and_catalogue_are_published(mine):
    assert main(["run", "mine"]) == 0
    table = records.read(mine / "reports" / "mine" / "records.parquet")
    assert {"my_bump", "tilted", "relu", "identity"} == set(table["activation"].dropna())
    lowest = table[(table["activation"] == "my_bump") & (table["metric"] == "minimum")]["value"]
    assert float(lowest.iloc[0]) == pytest.approx(-math.exp(-0.5) / math.sqrt(2), rel=1e-9)
    catalogue = (mine / "reports" / "mine" / "catalogue.csv").read_text()
    assert "\nmy_bump,my_bump,own," in catalogue
    assert "\ntilted,Tilted,own," in catalogue


def test_only_its_own_jobs_run(mine, capsys):
    (mine / "params" / "plain.yaml").write_text(TINY)
    assert main(["run", "plain"]) == 0
    known = re.search(r"(\d+) runs planned", capsys.readouterr().out)[1]
    assert main(["run", "mine"]) == 0
    assert f" {known} stored" in capsys.readouterr().out


def test_a_changed_formula_has_another_key_and_nothing_else_has():
    before = keys.function_source("relu")
    own.admit({"formulas": {"my_bump": BUMP}})
    first = keys.function_source("my_bump")
    own.admit({"formulas": {"my_bump": BUMP}})
    assert keys.function_source("my_bump") == first
    own.admit({"formulas": {"my_bump": {**BUMP, "formula": "x * exp(-x**4)"}}})
    assert keys.function_source("my_bump") != first
    assert keys.function_source("relu") == before


def test_studies_of_mechanisms_and_published_settings_stay_as_they_are():
    loaded = params.load("cpu")
    joined = loaded.experiments.joined(["my_bump"])
    assert joined.mechanisms == loaded.experiments.mechanisms
    assert joined.convergence.activations[-1] == "my_bump"
    assert all("my_bump" in task.activations for task in joined.generalization.tasks if task.activations != "all")
    full = params.load("full").experiments
    assert full.joined(["my_bump"]).replications == full.replications


def test_a_function_can_be_taken_out_of_every_list():
    left = params.load("cpu").lacking(["gelu", "leaky_relu"], every=["relu", "gelu", "mish"]).experiments
    assert left.formulas.activations == left.precision.activations == ("relu", "mish")
    assert "gelu" not in (*left.cost.activations, *left.cost.compiled, *left.convergence.activations)
    named = {name for task in left.generalization.tasks for name in task.activations}
    assert "relu" in named
    assert not {"gelu", "leaky_relu", "leaky_relu(alpha=0.1)"} & named
    assert left.generalization.seeds == params.load("cpu").experiments.generalization.seeds


@pytest.mark.usefixtures("mine")
def test_another_process_is_told_what_to_enter(tmp_path):
    loaded = params.load("mine")
    opened = desk.Desk(loaded.on("cpu"), Store(tmp_path / "store").open(), Teller(), engine="serial")
    opened.connect()
    module = keys.resolve("formulas")
    _, tasks = opened.look(module)
    task = next(task for task in tasks if task.activation == "tilted")
    script = "import json, sys; from acts.engine.work import perform; print(json.dumps(perform(json.load(sys.stdin))))"
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(asdict(task)), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["status"] == "done", done.stdout


PLUGIN = """\
import torch
import acts

@acts.register("x*exp(-x**2)", "me 2026, a bump", family="mine", label="Bump")
def bumpy(x):
    return x * torch.exp(-x * x)
"""


def test_a_python_file_joins_too(review_folder):
    (review_folder / "mine.py").write_text(PLUGIN)
    (review_folder / "params" / "tiny.yaml").write_text(
        TINY.replace("experiments:", "plugins: [mine.py]\nexperiments:")
    )
    assert main(["run", "tiny"]) == 0
    table = records.read(review_folder / "reports" / "tiny" / "records.parquet")
    assert "bumpy" in set(table["activation"].dropna())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "no such file"),
        ("x = (", "SyntaxError"),
        ("raise RuntimeError('two\\nlines')", "RuntimeError: two lines"),
        ("x = 1", "registers no activation"),
    ],
)
def test_a_bad_python_file_is_one_line(review_folder, capsys, text, told):
    if text is not None:
        (review_folder / "mine.py").write_text(text)
    (review_folder / "params" / "tiny.yaml").write_text(
        TINY.replace("experiments:", "plugins: [mine.py]\nexperiments:")
    )
    assert main(["run", "tiny"]) == 2
    line = said(capsys)
    assert line.startswith("params/tiny.yaml:3: plugins: plugin ")
    assert told in line


def test_another_file_on_a_worker_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text(PLUGIN)
    with pytest.raises(own.OwnError, match="another file here"):
        own.plugin(tmp_path / "mine.py", "0" * 64)


def test_a_python_file_is_there_again_after_what_was_registered_was_undone(tmp_path):
    (tmp_path / "again.py").write_text(PLUGIN.replace("bumpy", "bumpy_again"))
    for _ in range(2):
        with registry.temporarily():
            assert own.plugin(tmp_path / "again.py") == ["bumpy_again"]
            assert registry.get("bumpy_again").label == "Bump"
