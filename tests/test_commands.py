"""The command line as someone meets it: help that teaches, tables, JSON, near words, and no needless import."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from acts import bench, check, commands, datasets, doctor, estimates, params
from acts.__main__ import main
from acts.activations import registry
from acts.bench import storing
from acts.commands import completion, manual, terminal
from acts.commands.answer import plain
from acts.commands.portraits import rule
from acts.reports import fonts

ROOT = Path(__file__).parents[1]
SMOKE = """\
title: A formula and its facts
engine: serial
experiments:
  formulas: {activations: [identity, relu, leaky_relu], points: 11, span: 3}
notebooks: [00_verdicts]
"""
OWN = 'formulas: {my_bump: "x * exp(-x**2)"}\n'
MINE = """\
import acts

@acts.register("x/2", "me 2026", family="mine", label="Half", odd=True)
def half(x):
    return x / 2
"""
# Every example of every command's help, and what its answer must hold, as JSON or among its lines.
EXAMPLES = {
    "acts list activations --family rectifier": "relu",
    "acts list claims --verdict refuted": "refuted",
    "acts list datasets --missing": "fashion_mnist",
    "acts show mish": "Misra 2019",
    'acts show "leaky_relu(alpha=0.1)"': "alpha = 0.1",
    "acts show C46": "Leaky ReLU is generally better than ReLU",
    "acts show digits": "1,797",
    "acts compare cpu smoke": "cpu and smoke both decided",
    "acts compare cpu smoke --json": "decided_by_one",
    'acts check "x * exp(-x**2)"': "keeps them all",
    'acts check "x * sigmoid(beta*x + S)" --let beta=1 --let S=0.5': "keeps them all",
    "acts check my_acts.py": "half: 14 requirements, keeps them all",
    "acts run smoke": "formulas: ",
    "acts run cpu --dry": "all: 0 to compute in 0 jobs",
    "acts run cpu --engine serial": "0 computed now",
    "acts judge smoke": "not measured here",
    "acts judge smoke --json": "fragile",
    "acts render smoke": "report.html: ",
    "acts render smoke --json": "reports/smoke/report.pdf",
    'acts writeup --claims C25,C46 --activations relu,leaky_relu --title "Do dying units matter?"': "do-dying-units",
    'acts writeup --claims C46 --title "Dying units" --author "A. Writer" --config smoke --out articles': "articles",
    "acts site": "made: reports/index.html",
    "acts site --json": "reports/index.html",
    "acts doctor": "Configurations",
    "acts doctor --json": "problems",
    "acts fetch fashion_mnist": "fashion_mnist is here",
    "acts fetch fashion_mnist tinyshakespeare": "tinyshakespeare is here",
    "acts verify": "nothing was found",
    "acts verify --json": "conflicts",
    "acts bench": "store: measuring",
    "acts bench store --quick": "store: measuring, 3 repetitions",
}
DOCUMENTED = {  # the keys of each example's JSON
    "acts compare cpu smoke --json": {"first", "second", "agree", "differ", "decided_by_one", "in_one_ledger"},
    "acts judge smoke --json": {"config", "claims", "verdicts", "fragile", "made"},
    "acts render smoke --json": {"config", "made"},
    "acts site --json": {"made"},
    "acts verify --json": {"files", "runs", "records", "damaged", "conflicts", "found"},
    "acts doctor --json": {
        "problems", "software", "machine", "tools", "data_sets", "store", "reports", "configurations",
    },
}  # fmt: skip
COMPLETION = 'eval "$(acts --completion)"'


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a review's folder in which two small configurations are run and judged."""
    root = tmp_path_factory.mktemp("review")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACTS_ROOT", str(root))
        patch.delenv("ACTS_STORE", raising=False)
        patch.delenv("ACTS_DATA", raising=False)
        laid_out(root)
        for words in (["run", "cpu"], ["judge", "cpu"], ["run", "smoke"]):
            assert main(words) == 0
        for name in ("ledger.csv", "sensitivity.csv"):
            shutil.copy(root / "reports" / "cpu" / name, root / "reports" / "smoke")
    return root


def laid_out(root):
    """Write what a small review is made from."""
    for folder in ("params", "notebooks", "reports"):
        (root / folder).mkdir()
    (root / "Makefile").touch()
    for name in ("cpu", "smoke"):
        (root / "params" / f"{name}.yaml").write_text(SMOKE + (OWN if name == "cpu" else ""))
    (root / "my_acts.py").write_text(MINE)
    (root / "reports" / "book.yml").write_text("title: A review\nauthors: [Nobody]\n")
    shutil.copy(ROOT / "reports" / "references.bib", root / "reports")
    cells = [
        new_markdown_cell("# What was found?"),
        new_code_cell('config = "cpu"', metadata={"tags": ["parameters"]}),
        new_code_cell("config"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / "notebooks" / "00_verdicts.ipynb")


@pytest.fixture
def review(made, monkeypatch):
    """Give the small review as the folder in which commands are given."""
    monkeypatch.setenv("ACTS_ROOT", str(made))
    monkeypatch.delenv("ACTS_STORE", raising=False)
    monkeypatch.delenv("ACTS_DATA", raising=False)
    monkeypatch.chdir(made)
    with registry.temporarily():
        yield made


@pytest.fixture
def offline(monkeypatch, review):
    """Let nothing be downloaded and nothing be timed for long: what would be is said to be there."""
    monkeypatch.setenv("ACTS_DATA", str(review))
    monkeypatch.setattr("acts.datasets.fetching._download", lambda *_: None)
    monkeypatch.setattr(bench.lines, "PARTS", ("store",))
    rows = [{"seed": 0, "arm": "shape=jobs;stage=write", "metric": "stage_seconds", "value": 0.5}]
    monkeypatch.setattr(storing, "measure", lambda *_, **__: rows)


class Terminal(StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self):
        return True


def shown(monkeypatch, words, columns, **environment):
    """Return what a command prints on a terminal of so many columns, colours included."""
    screen = Terminal()
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"COLUMNS": str(columns), "TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", screen)
    assert ended(words) in (0, 1)
    return screen.getvalue()


def ended(words):
    """Return the exit code that a command line ends with."""
    try:
        return main(words)
    except SystemExit as over:
        return over.code


def fresh(code, **environment):
    """Return what Python prints in a process of its own."""
    given = {**os.environ, **environment}
    done = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_the_menu_says_what_to_do_first_and_names_every_command(words, capsys):
    assert ended(words) == 0
    told = capsys.readouterr().out
    for word in commands.WORDS:
        assert re.search(rf"^  {word} +{re.escape(commands.module(word).PAGE.summary[:20])}", told, re.MULTILINE)
    assert told.index("First") < told.index("acts doctor") < told.index("Look")


def test_help_and_json_may_stand_before_the_command(capsys):
    for words in (["help", "judge"], ["judge", "--help"]):
        assert ended(words) == 0
        assert capsys.readouterr().out.startswith("usage: acts judge CONFIG")
    assert main(["--json", "list", "experiments"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_the_commands_are_the_files():
    files = {path.stem for path in (ROOT / "acts" / "commands").glob("*.py")}
    assert set(commands.WORDS) <= files
    assert {word for word in files if hasattr(commands.module(word), "PAGE")} == set(commands.WORDS)


@pytest.mark.parametrize("word", commands.WORDS)
@pytest.mark.parametrize("columns", [40, 96])
def test_every_page_has_its_parts_and_fits(word, columns, monkeypatch):
    page = commands.module(word).PAGE
    told = shown(monkeypatch, [word, "--help"], columns, NO_COLOR="1")
    assert "\x1b" not in told
    assert 2 <= len(page.examples) <= 4
    assert {0, 2, 130} <= set(page.endings) <= {0, 1, 2, 75, 130}
    for part in ("Examples", "Exit codes", "--json", "Writes", *(line for line, _ in page.examples)):
        assert part in told
    examples = {f"  {line}" for line, _ in page.examples}
    wide = [line for line in told.splitlines() if len(line) > columns and line not in examples]
    assert not wide


def test_headings_are_bold_on_a_terminal_alone(monkeypatch, capsys):
    assert main([]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert "\x1b[1mFirst\x1b[0m" in shown(monkeypatch, [], 80)
    assert "\x1b" not in shown(monkeypatch, [], 80, NO_COLOR="1")
    assert "\x1b" not in shown(monkeypatch, [], 80, TERM="dumb")


def test_the_examples_of_the_pages_are_those_run_here():
    told = [line for word in commands.WORDS for line, _ in commands.module(word).PAGE.examples]
    assert told == list(dict.fromkeys(told))
    assert set(told) == set(EXAMPLES)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_of_the_help_does_what_it_says(line, capsys, review):
    word, *words = shlex.split(line)
    assert word == "acts"
    assert main(words) == 0
    told, aside = capsys.readouterr()
    assert EXAMPLES[line] in told
    if "--json" in words:
        assert set(json.loads(told)) == DOCUMENTED[line]
    if words[0] == "writeup":
        assert (review / told.splitlines()[0].removeprefix("made: ")).is_file()
    assert "Traceback" not in aside


def test_the_page_on_commands_is_what_the_help_says():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == manual.written(), "run: python -m acts.commands > docs/commands.md"


def test_bash_completes_commands_options_and_names(review):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    asked = [("ru",), ("judge", "sm"), ("run", "--d"), ("list", "cl")]
    tries = [f"COMP_WORDS=(acts {' '.join(one)}); COMP_CWORD={len(one)}; _acts; echo $COMPREPLY" for one in asked]
    done = subprocess.run(
        ["bash", "-c", "; ".join([COMPLETION, *tries])], env={**os.environ, "PATH": path}, cwd=review,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["run", "smoke", "--dry", "claims"]
    assert completion.NAMES.keys() <= set(commands.WORDS)


# --- JSON -------------------------------------------------------------------------------------------------------------


SHAPES = {
    "list activations": {"name", "label", "family", "year", "formula", "parameters", "learnable", "aliases", "own"},
    "list claims": {"claim", "statement", "topic", "experiment", "chapter", "verdict", "config"},
    "list configurations": {
        "config", "title", "fault", "device", "engine", "workers", "experiments", "own", "made",
    },
    "list datasets": {"dataset", "label", "task", "rows", "inputs", "outputs", "here", "missing"},
    "list experiments": {"experiment", "about", "chapter", "claims", "configurations"},
    "check x*tanh(x)": {"activation", "requirement", "asked", "wrong"},
    "run smoke": {"config", "device", "experiments", "missing", "failed", "made"},
    "run smoke --dry": {"config", "experiments", "workers", "seconds", "seconds_on_workers"},
    "fetch fashion_mnist": {"name", "files"},
    "bench store": {"store"},
}  # fmt: skip


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("line", SHAPES)
def test_json_stands_alone_on_standard_output_in_the_shape_that_help_gives(line, capsys):
    word = line.split()[0]
    assert main([*line.split(), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    one = told[0] if isinstance(told, list) else told
    assert set(one) == SHAPES[line]
    assert word == "bench" or SHAPES[line] <= named(word)


def named(word):
    """Return the words in what a command's help says of its JSON."""
    return set(re.findall(r"\w+", commands.module(word).PAGE.json))


def test_the_keys_of_the_examples_are_those_that_help_names():
    for line, keys in DOCUMENTED.items():
        assert keys <= named(line.split()[1]), line


@pytest.mark.parametrize(("name", "kind"), [("mish", "activation"), ("c46", "claim"), ("smoke", "configuration")])
@pytest.mark.usefixtures("review")
def test_show_says_what_kind_a_thing_is(name, kind, capsys):
    assert main(["show", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == kind


@pytest.mark.usefixtures("review")
@pytest.mark.parametrize("name", ["digits", "uci_yacht", "formulas"])
def test_show_knows_data_sets_and_experiments(name, capsys):
    assert main(["show", name, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    if told["kind"] == "dataset":
        assert told["rows"] == datasets.source(name).rows
        assert told["here"] == (datasets.missing(name) is None)
    else:
        assert {one["claim"] for one in told["decides"]} >= {"C01"}
        assert told["configurations"] == ["cpu", "smoke"]


@pytest.mark.usefixtures("review")
def test_what_a_configuration_brings_along_is_listed_shown_checked_and_asked_the_same(capsys):
    def told(*words):
        assert main([*words, "--config", "cpu", "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert [one["name"] for one in told("list", "activations", "--family", "own")] == ["my_bump"]
    assert told("show", "my_bump")["formula"] == "x * exp(-x**2)"
    assert {one["activation"] for one in told("check", "my_bump")} == {"my_bump"}
    (asked,) = told("show", "C38")["asked"]
    assert (asked["of"], asked["verdict"]) == ("my_bump", "supported")
    assert main(["show", "C38", "--config", "cpu"]) == 0
    assert "The same asked of my_bump: supported; " in capsys.readouterr().out
    assert main(["show", "C38", "--config", "smoke", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["asked"] == []


@pytest.mark.usefixtures("review")
@pytest.mark.parametrize(
    ("wanted", "wrong", "key"),
    [("2 * x", "", "formulas:"), ("my.py", "", "plugins: [my.py]"), ("2 * x", "no", ""), ("relu", "", "")],
)
def test_check_says_on_a_terminal_where_a_sound_function_is_written_next(wanted, wrong, key, monkeypatch):
    found = [check.Finding(wanted, "values", "has the values of its formula", wrong)]
    monkeypatch.setattr(check, "checked", lambda *_, **__: found)
    monkeypatch.delenv("MAKELEVEL", raising=False)
    told = shown(monkeypatch, ["check", wanted], 100, NO_COLOR="1")
    assert (f"next: write it into params/yours.yaml under {key}" in told) is bool(key)


@pytest.mark.usefixtures("review")
def test_progress_goes_to_standard_error_where_json_is_asked_for(capsys):
    assert main(["run", "smoke", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["experiments"]["formulas"]["runs"] > 0
    assert "computed now" in told.err


@pytest.mark.usefixtures("review")
def test_where_nothing_was_done_standard_output_is_empty(capsys):
    for words, code in ((["show", "gleu"], 2), (["judge", "nowhere"], 2), (["compare", "cpu", "none"], 2)):
        assert main([*words, "--json"]) == code
        told = capsys.readouterr()
        assert (told.out, told.err.count("\n")) == ("", 1)


def test_values_that_json_does_not_have_are_text_or_null():
    told = plain({"a": float("inf"), "b": float("nan"), "c": (1, Path("x/y")), "d": -float("inf")})
    assert told == {"a": "inf", "b": None, "c": [1, "x/y"], "d": "-inf"}


# --- tables -----------------------------------------------------------------------------------------------------------


LISTINGS = [
    "list activations", "list claims", "list configurations", "list datasets --missing", "list experiments",
    "show C18", "show mish", "show smoke", "show fashion_mnist", "doctor", "compare cpu smoke",
]  # fmt: skip


@pytest.mark.usefixtures("review")
@pytest.mark.parametrize("line", LISTINGS)
def test_nothing_is_wider_than_the_terminal(line, monkeypatch):
    for columns in (40, 100):
        told = shown(monkeypatch, line.split(), columns, NO_COLOR="1")
        assert "\x1b[3" not in told
        plain_text = re.sub(r"\x1b\[[0-9;]*m", "", told)
        assert plain_text.strip()
        assert max(terminal.cells(row) for row in plain_text.splitlines()) <= columns


@pytest.mark.usefixtures("review")
def test_verdicts_are_coloured_on_a_terminal_and_not_in_a_pipe(monkeypatch, capsys):
    assert main(["list", "claims"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert "\x1b[32msupported" in shown(monkeypatch, ["list", "claims"], 100)


@pytest.mark.usefixtures("review")
def test_a_pipe_gets_a_row_a_line_with_tabs_between(capsys):
    assert main(["list", "claims"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 90
    assert {len(row) for row in rows} == {4}
    assert rows[45][:2] == ["C46", "Leaky ReLU is generally better than ReLU"]


def test_a_table_without_rows_says_so(monkeypatch, capsys):
    nothing = terminal.Table((terminal.Column("name"),), [])
    nothing.show()
    assert capsys.readouterr().out == ""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    nothing.show()
    assert "none" in screen.getvalue()


def test_spare_columns_go_before_words_are_cut():
    table = terminal.Table(
        (terminal.Column("name"), terminal.Column("told", text=True), terminal.Column("more", spare=True)),
        [("abc", "one two three four five six", "seven")],
    )
    assert table._fitting([0, 1, 2], 60) == [0, 1, 2]
    assert table._fitting([0, 1, 2], 30) == [0, 1]


# --- filters and near words -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("review")
def test_filters_let_through_what_they_say(capsys):
    def listed(*words):
        assert main(["list", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert {one["family"] for one in listed("activations", "--family", "Rectifier")} == {"rectifier"}
    assert {one["topic"] for one in listed("claims", "--topic", "tanh")} == {"Tanh"}
    assert {one["verdict"] for one in listed("claims", "--verdict", "supported")} == {"supported"}
    assert not any(one["here"] for one in listed("datasets", "--missing"))
    every = [one["verdict"] for one in listed("claims", "--config", "smoke")]
    assert 0 < every.count("supported") < len(every)


@pytest.mark.usefixtures("review")
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("list", "list what? (known: activations, claims"),
        ("run", "the following arguments are required: CONFIG (acts run --help says more)"),
        ("lst", "unknown command 'lst'; did you mean 'list'?"),
        ("run --drry smoke", "unknown option '--drry'; did you mean '--dry'? (acts run --help says more)"),
        ("run smoke smoke", "one argument too many: 'smoke'"),
        ("run smoke --engine cluster", "'cluster' is not "),
        ("list clams", "unknown kind 'clams'; did you mean 'claims'?"),
        ("list claims --verdict refutd", "unknown verdict 'refutd'; did you mean 'refuted'?"),
        ("list claims --topic Tahn", "unknown topic 'Tahn'; did you mean 'Tanh'?"),
        ("list activations --family rectifer", "unknown family 'rectifer'; did you mean 'rectifier'?"),
        ("list datasets --family rectifier", "--family is for activations, not for datasets"),
        ("list datasets --config smoke", "--config is for activations and claims, not for datasets"),
        ("list claims --config smoek", "unknown configuration 'smoek'; did you mean 'smoke'?"),
        ("show gleu", "unknown name 'gleu'; did you mean 'gelu'?"),
        ("show C99", "unknown claim 'C99'"),
        (
            "check params/cpu.yaml",
            "cpu is a configuration; what it brings along is checked by acts check NAME --config",
        ),
        ("show fashion_mnits", "unknown name 'fashion_mnits'; did you mean 'fashion_mnist'?"),
        ("show nowhere.yaml", "nowhere.yaml: no such file"),
        ("run smok", "unknown configuration 'smok'; did you mean 'smoke'?"),
        ("fetch fashion_mnst", "unknown data set 'fashion_mnst'; did you mean 'fashion_mnist'?"),
        ("fetch digits", "digits needs no download"),
        ("bench stor", "unknown part 'stor'; did you mean 'store'?"),
        ("writeup --claims C25 --title x --config smok", "unknown configuration 'smok'"),
        ("writeup --claims C25", "the following arguments are required: --title"),
    ],
)
def test_what_is_wrong_is_one_line_with_the_nearest_word_and_2(line, told, capsys):
    code = ended(line.split())
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert told in err


@pytest.mark.parametrize("word", ["show", "check"])
def test_a_function_that_only_a_configuration_knows_is_told_with_it(word, review_folder, capsys):
    (review_folder / "params" / "mine.yaml").write_text(SMOKE + 'formulas: {only_mine: "x * exp(-x**2)"}\n')
    assert ended([word, "only_mine"]) == 2
    assert tuple(capsys.readouterr()) == ("", "'only_mine' is brought along by a configuration: add --config mine\n")


def test_verdicts_are_asked_for_before_there_are_any(review_folder, capsys):
    (review_folder / "params" / "smoke.yaml").write_text(SMOKE)
    assert main(["list", "claims", "--verdict", "refuted"]) == 2
    assert "no configuration is judged yet" in capsys.readouterr().err
    assert main(["list", "claims", "--config", "smoke"]) == 2
    assert "smoke has no ledger; run: " in capsys.readouterr().err
    assert main(["show", "C01"]) == 0
    assert "No verdict yet" in capsys.readouterr().out
    assert main(["list", "claims"]) == 0


@pytest.mark.parametrize("told", ["", "claim\n", "claim,verdict,n\nC01,supported,many\n"])
def test_a_ledger_that_is_none_is_one_line(review_folder, told, capsys):
    (review_folder / "params" / "smoke.yaml").write_text(SMOKE)
    (review_folder / "reports" / "smoke").mkdir(parents=True)
    (review_folder / "reports" / "smoke" / "ledger.csv").write_text(told)
    code = main(["show", "C01", "--config", "smoke"])
    out, err = capsys.readouterr()
    assert (code, err) == (2, "smoke: reports/smoke/ledger.csv is no ledger; run: python -m acts judge smoke\n") or (
        told in ("", "claim\n") and "No verdict yet" in out
    )


def test_a_rule_in_words_is_parted_where_it_can_be():
    assert rule("more / less") == {"rule": "more / less", "supported_if": "more", "refuted_if": "less"}
    assert rule("as C29") == {"rule": "as C29", "supported_if": None, "refuted_if": None}


# --- where it works and what it costs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["--help", "run --help", "run nowhere", "list claims", "show C46", "compare a b"])
def test_quick_commands_never_meet_torch(line):
    code = f"import sys; from acts.__main__ import main\ntry: main({line.split()!r})\nexcept SystemExit: pass\n"
    loaded = set(fresh(code + "print('\\n', *sys.modules)").splitlines()[-1].split())
    assert "torch" not in loaded
    assert "scipy.stats" not in loaded
    if "--help" in line:
        assert not loaded & {"pandas", "numpy", "rich", "pydantic", "sympy"}


@pytest.mark.parametrize("door", [["-m", "acts"], [str(Path(sys.executable).with_name("acts"))]])
def test_it_works_by_either_name_from_any_folder_inside(door, review, monkeypatch):
    monkeypatch.delenv("ACTS_ROOT")
    command = [sys.executable, *door] if door[0] == "-m" else door
    inside = review / "params"
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, "list", "configurations"], cwd=inside, env=given, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split("\t")[:2] for line in done.stdout.splitlines()] == [["cpu", "judged"], ["smoke", "judged"]] or (
        [line.split("\t")[0] for line in done.stdout.splitlines()] == ["cpu", "smoke"]
    )


def test_outside_of_a_review_it_says_where_it_looked(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("ACTS_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(params, "__file__", str(tmp_path / "site" / "acts" / "params" / "__init__.py"))
    assert main(["list", "configurations"]) == 2
    assert f"no folder with params/ and a Makefile at or above {tmp_path}; set ACTS_ROOT" in capsys.readouterr().err
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path / "nowhere"))
    assert main(["list", "configurations"]) == 2
    assert "which is no review's folder: it has no params/" in capsys.readouterr().err


def test_a_reader_who_leaves_early_is_no_error(review):
    command = f"{shlex.quote(sys.executable)} -m acts list claims | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=review, capture_output=True, text=True, check=True)
    assert (done.stdout.split("\t")[0], done.stderr) == ("C01", "")


def test_letters_that_a_terminal_cannot_show_become_question_marks():
    code = "from acts.__main__ import main; main(['show', 'C14'])"
    assert "???" in fresh(code, PYTHONIOENCODING="ascii", PYTHONUTF8="0")


# --- exit codes -------------------------------------------------------------------------------------------------------


def test_what_fails_ends_with_1(review, capsys, monkeypatch):
    wrong = MINE.replace("x / 2", "x / 2 + 1e-6").replace("odd=True", "odd=False").replace("half", "most")
    (review / "wrong.py").write_text(wrong)
    assert main(["check", "wrong.py"]) == 1
    assert "not kept" in capsys.readouterr().out
    monkeypatch.setenv("ACTS_ROOT", str(review))
    (review / "params" / "new.yaml").write_text(SMOKE)
    try:
        for stage in ("judge", "render"):
            assert main([stage, "new"]) == 1
            assert "first run: python -m acts" in capsys.readouterr().err
    finally:
        (review / "params" / "new.yaml").unlink()


def test_a_store_with_damage_ends_with_1_and_names_it(review, tmp_path, monkeypatch, capsys):
    shutil.copytree(review / ".store", tmp_path / "store")
    monkeypatch.setenv("ACTS_STORE", str(tmp_path / "store"))
    first = next((tmp_path / "store" / "jobs").rglob("*.acts"))
    first.chmod(0o644)
    first.write_bytes(first.read_bytes()[:-9])
    assert main(["verify", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["damaged"] == 1
    assert first.name in told["found"][0]


# --- the doctor -------------------------------------------------------------------------------------------------------


def test_a_machine_in_order_has_no_problem(review, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "_astray", lambda _: [])
    assert main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == []
    assert told["configurations"]["smoke"]["time"]["source"] == "measured"
    assert told["configurations"]["smoke"]["made"] in ("judged", "report")
    assert str(review) not in json.dumps(told)


def test_problems_stand_first_each_with_what_to_do(review, tmp_path, monkeypatch, capsys):
    (review / "params" / "odd.yaml").write_text("a: 1")
    (review / "reports" / "smoke" / ".failed").write_text("formulas, relu: crashed\n")
    (review / "requirements.lock").write_text("rich==0.0.1\nnever_heard_of==1\n")
    monkeypatch.setenv("ACTS_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    try:
        assert main(["doctor", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert main(["doctor"]) == 0
        said = capsys.readouterr().out
    finally:
        (review / "params" / "odd.yaml").unlink()
        (review / "reports" / "smoke" / ".failed").unlink()
        (review / "requirements.lock").unlink()
    what = [one["what"] for one in told["problems"]]
    for start in ("rich ", "odd cannot be read", "ACTS_DATA names no folder", "smoke: 1 failed", "fonts not whole"):
        assert any(line.startswith(start) for line in what), start
    assert all(one["do"] for one in told["problems"])
    assert said.index(f"{len(what)} problems") < said.index("Software")


def test_a_font_cut_short_is_not_whole(tmp_path):
    for name in doctor.font_files():
        assert doctor.whole(fonts.FOLDER / name)
        content = (fonts.FOLDER / name).read_bytes()
        (tmp_path / name).write_bytes(content[: len(content) // 2])
        assert not doctor.whole(tmp_path / name)
    assert not doctor.whole(tmp_path / "absent.otf")


def test_a_folder_that_cannot_be_written_to_is_a_problem():
    found = {"store": {"writable": False, "free_gib": 0.5}, "reports": {"writable": False}}
    free = "0.5 GiB are free on the store's disk"
    what = [line for line, _ in doctor._places(found)]
    assert what == ["the store cannot be written to", "reports/ cannot be written to", free]


def test_how_long_is_told_by_the_last_run_else_by_the_first_plan(review, monkeypatch):
    loaded = params.load("smoke")
    told = json.loads((review / "reports" / "smoke" / "provenance.json").read_text())
    spent = sum(part["seconds"] for part in told["experiments"].values())
    assert estimates.told(loaded) == {**estimates.told(loaded), "source": "measured", "seconds": spent / loaded.workers}
    monkeypatch.setattr(estimates, "measured", lambda _: None)
    assert estimates.told(loaded)["source"] == "planned"
    assert estimates.told(loaded)["seconds"] > 0
    monkeypatch.setattr(estimates, "planned", lambda _: None)
    assert estimates.told(loaded) == {"seconds": None, "source": "unknown", "words": ""}
