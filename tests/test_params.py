"""Configurations: every fault is one line with file and line, found before any work."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acts import params
from acts.params import yaml12

GOOD = """\
title: A test
device: cpu
workers: 2
experiments:
  formulas:
    activations: all
    points: 241
  convergence:
    activations: [relu, "leaky_relu(alpha=0.1)"]
    datasets: [digits]
    networks: [mlp_2x32]
    optimizers: [sgd]
    inits: [he, lecun]
    seeds: 12
    steps: 200
    batch: 64
    evaluations: 20
    rates: {sgd: [1e-3, 0.05]}
  generalization:
    seeds: 12
    inits: [he, lecun]
    tasks:
    - {dataset: digits, network: cnn_2x8, activations: [relu, gelu], optimizer: adam, steps: 9, batch: 4, rates: [0.01]}
    - dataset: spirals
      network: mlp_2x8
      activations: all
      optimizer: sgd
      dropout: 0.1
      steps: 9
      batch: 4
      rates: [0.01, 0.02]
notebooks: [00_verdicts]
"""
KNOWN = {"names": ["relu", "gelu", "leaky_relu"], "datasets": ["digits", "spirals"], "notebooks": ["00_verdicts"]}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Return a review's folder with one good configuration."""
    (tmp_path / "params").mkdir()
    (tmp_path / "Makefile").touch()
    (tmp_path / "params" / "good.yaml").write_text(GOOD)
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    return tmp_path


def fault(root, content):
    """Return the message that a file's content gives."""
    path = root / "params" / "bad.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(params.ParamsError) as caught:
        params.load("bad", **KNOWN)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    assert len(message) < 300
    return message


def test_a_good_configuration_is_read_and_frozen(root):
    loaded = params.load("good", **KNOWN)
    assert loaded.name == "good"
    assert loaded.text == GOOD
    assert loaded.experiments.words() == ["formulas", "convergence", "generalization"]
    assert loaded.experiments.gradient_flow is None
    assert loaded.experiments.convergence.rates == {"sgd": (0.001, 0.05)}
    assert loaded.on("cuda").device == "cuda"
    assert loaded.on("cuda").name == "good"
    assert loaded.line("experiments", "convergence", "seeds") == "params/good.yaml:14"
    assert loaded.line("experiments", "convergence", "seeds", 3) == "params/good.yaml:14"
    assert params.load(root / "params" / "good.yaml") == loaded
    with pytest.raises(ValueError, match="frozen"):
        loaded.workers = 3


CONFIGURATIONS = ["smoke", "cpu", "gpu", "cluster", "full"]
SEEDS = {"smoke": 6, "cpu": 12, "gpu": 12, "cluster": 12, "full": 20}
FEW = ("cnn", "rnn", "gru", "transformer")  # networks that learn one by one or slowly compare few activations


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_every_configuration_of_the_review_is_good(config):
    from acts import activations, datasets

    there = [path.stem for path in (params.root() / "notebooks").glob("*.ipynb")]
    loaded = params.load(config, names=activations.names(), datasets=datasets.names(), notebooks=there)
    assert loaded.device == {"gpu": "cuda", "full": "auto"}.get(config, "cpu")
    assert loaded.dtype == "float32"
    assert {"formulas", "gradient_flow", "convergence", "generalization"} < set(loaded.experiments.words())
    assert loaded.experiments.convergence.seeds == SEEDS[config]
    assert loaded.experiments.generalization.seeds == SEEDS[config]
    assert loaded.experiments.robustness.seeds == SEEDS[config]
    assert set(loaded.notebooks) <= set(there)


@pytest.mark.parametrize("config", ["gpu", "cluster"])
def test_elsewhere_it_is_the_same_review_as_on_two_cores(config):
    there, here = params.load(config), params.load("cpu")
    assert (there.experiments, there.notebooks) == (here.experiments, here.notebooks)
    assert (there.device, there.engine) != (here.device, here.engine)


@pytest.mark.parametrize("engine", ["tcp://127.0.0.1:8786", "tls://[::1]:1", "scheduler-file:a/b.json", "there.json"])
def test_an_engine_may_be_a_scheduler(root, engine):
    (root / "params" / "far.yaml").write_text(GOOD + f"engine: {engine}\n")
    assert params.load("far").engine == engine


@pytest.mark.parametrize("engine", ["locale", "tcp://127.0.0.1", "http://127.0.0.1:1", "''"])
def test_an_engine_that_is_none_is_one_line_that_says_what_is(root, engine):
    forms = "serial, local, tcp://HOST:PORT, tls://HOST:PORT or scheduler-file:PATH"
    assert f"engine: should be {forms}, not " in fault(root, GOOD + f"engine: {engine}\n")


def planned(config):
    """Return the jobs that comparisons by training ask for before anything is measured, on a CPU."""
    from acts import records
    from acts.experiments import convergence, generalization

    asked = params.load(config).on("cpu")
    return [job for module in (convergence, generalization) for job in module.plan(asked, records.frame([]))]


def test_the_review_trains_thousands_of_networks():
    assert sum(len(job.runs) for job in planned("cpu")) >= 3000


def test_the_review_has_twelve_tasks_of_four_kinds_without_published_data(monkeypatch):
    from acts import datasets, trials

    monkeypatch.delenv("ACTS_DATA", raising=False)
    tasks = params.load("cpu").experiments.generalization.tasks
    there = [(one, task.network) for task in tasks for one in task.dataset if datasets.missing(one) is None]
    assert len(there) >= 12
    assert {trials.task(*one) for one in there} == {"classification", "regression", "autoencoder", "text"}
    assert {network.split("_")[0] for _, network in there} >= {"mlp", "resmlp", "autoencoder", *FEW}


@pytest.mark.parametrize("config", ["smoke", "cpu"])
def test_costly_networks_compare_at_most_eight_named_activations(config):
    sections = params.load(config).experiments
    costly = [task for task in sections.generalization.tasks if task.network.startswith(FEW)]
    assert costly
    for task in costly:
        assert task.activations != "all"
        assert len(task.activations) <= 8
    assert not [network for network in sections.convergence.networks if network.startswith(FEW)]


def test_gated_functions_stand_beside_the_functions_of_their_gates():
    (task,) = [task for task in params.load("cpu").experiments.generalization.tasks if "swiglu" in task.activations]
    assert {"glu", "sigmoid", "reglu", "relu", "swiglu", "swish", "geglu", "gelu"} == set(task.activations)


def test_the_full_review_has_every_data_set_and_no_table_twice():
    from acts import datasets

    page = (params.root() / "docs" / "datasets.md").read_text()
    page = page[page.index("As evidence they count once") : page.index("## To add one")]
    twins = [set(re.findall(r"`(\w+)`", group)) for group in re.split("·|\n-", page)]
    sections = params.load("full").experiments
    asked = {word: {name for _, name in getattr(sections, word).mentions("datasets")} for word in sections.words()}
    assert all(len(same & asked["generalization"]) == 1 for same in twins if same)
    assert set(datasets.names()) == set().union(*asked.values(), *twins)
    assert set(datasets.names()) - {"signs"} == asked["generalization"].union(*twins)


def test_the_schema_for_editors_is_that_of_the_model():
    path = params.root() / "params" / "schema.json"
    assert path.read_text() == params.schema_json(), "run: python -m acts.params > params/schema.json"


@pytest.mark.parametrize("config", CONFIGURATIONS)
def test_editors_find_the_schema(config):
    text = (params.root() / "params" / f"{config}.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=schema.json\n")


def test_the_schema_knows_the_networks_that_there_are():
    from acts import networks

    form = json.loads(params.schema_json())["$defs"]["Task"]["properties"]["network"]["pattern"]
    names = ["mlp_8x32", "resmlp_1x1", "cnn_2x16", "rnn_1x32", "gru_1x32", "transformer_2x32", "autoencoder_32x8"]
    for name in [*names, "mlp", "mlp_0x3", "mlp_3x", "lstm_1x3", "mlp_03x3", "mlp_1x2x3", "xmlp_1x3", "mlp_1x3x"]:
        assert bool(re.fullmatch(form, name)) == (networks.known(name) is None), name
    assert all(any(name.startswith(f"{kind}_") for name in names) for kind in kinds_of(networks.NAMES))
    assert re.findall(r"[a-z]+", form.partition(")")[0]) == kinds_of(networks.NAMES)


def kinds_of(pattern):
    """Return the words before the sizes in a pattern of names."""
    return re.findall(r"[a-z]+", pattern.partition(")")[0])


def test_the_schema_knows_norms_and_schedules_that_there_are():
    from acts import networks, training

    defined = json.loads(params.schema_json())["$defs"]["Task"]["properties"]
    assert tuple(defined["norm"]["enum"]) == networks.NORMS
    assert tuple(defined["schedule"]["enum"]) == training.SCHEDULES
    assert tuple(defined["optimizer"]["enum"]) == training.OPTIMIZERS


FAULTS = {
    "misspelt": (("    seeds: 12", "    seed: 12"), ":14: seed: unknown parameter; did you mean 'seeds'?"),
    "misspelt at the top": (("workers", "worker"), ":3: worker: unknown parameter; did you mean 'workers'?"),
    "unknown": (("workers", "colour"), ":3: colour: unknown parameter"),
    "our own attribute": (("workers: 2", "name: x"), ":3: name: unknown parameter"),
    "unknown comparison": (("  formulas", "  formula"), ":5: formula: unknown parameter; did you mean 'formulas'?"),
    "missing": (("    seeds: 12\n", ""), ":8: seeds: missing"),
    "missing at the top": (("title: A test\n", ""), ":1: title: missing"),
    "number as text": (("workers: 2", "workers: '2'"), ":3: workers: should be a whole number, not '2'"),
    "number with a point": (("workers: 2", "workers: 2.0"), ":3: workers: should be a whole number, not 2.0"),
    "yes is text": (("workers: 2", "workers: yes"), ":3: workers: should be a whole number, not 'yes'"),
    "true is no number": (("workers: 2", "workers: true"), ":3: workers: should be a whole number, not True"),
    "nothing": (("workers: 2", "workers:"), ":3: workers: should be a whole number, not None"),
    "out of range": (("seeds: 12", "seeds: 0"), ":14: seeds: input should be greater than or equal to 1, not 0"),
    "infinite": (("0.05]", ".inf]"), ":18: sgd: should be a finite number, not inf"),
    "negative rate": (("0.05]", "-1]"), ":18: sgd: input should be greater than 0, not -1"),
    "rate as text": (("0.05]", "fast]"), ":18: sgd: should be a number, not 'fast'"),
    "no rates": (("{sgd", "{adam"), ":8: convergence: rates has no grid for the optimizer 'sgd'"),
    "unknown optimizer": (("[sgd]", "[sdg]"), ":12: optimizers: unknown value 'sdg'; did you mean 'sgd'?"),
    "unknown device": (("cpu", "tpu"), ":2: device: unknown value 'tpu' (known: cpu, cuda, auto)"),
    "no is text": (("cpu", "no"), ":2: device: unknown value 'no' (known: cpu, cuda, auto)"),
    "an init that is no list": (("[he, lecun]", "he"), ":13: inits: should be a list [a, b], not 'he'"),
    "an empty list": (("[he, lecun]", "[]"), ":13: inits: the list is empty"),
    "twice in a list": (("[he, lecun]", "[he, he]"), ":13: inits: 'he' stands twice in the list"),
    "a network of no form": (
        ("mlp_2x32", "cnn"),
        ":11: networks: should be mlp, resmlp, cnn, rnn, gru, transformer or autoencoder with two sizes, as mlp_8x32, "
        "not 'cnn'",
    ),
    "unknown activation": (("[relu,", "[gleu,"), ":9: activations: unknown activation 'gleu'; did you mean 'gelu'?"),
    "unknown variant": (
        ("leaky_relu(", "leeky_relu("),
        ":9: activations: unknown activation 'leeky_relu(alpha=0.1)'; did you mean 'leaky_relu'?",
    ),
    "activations of no form": (
        ("activations: all", "activations: every"),
        ":6: activations: should be 'all' or a list of activation names",
    ),
    "unknown data set": (("digits", "digit"), ":10: datasets: unknown data set 'digit'; did you mean 'digits'?"),
    "unknown activation of a task": (
        ("[relu, gelu]", "[relu, gelo]"),
        ":23: activations: unknown activation 'gelo'; did you mean 'gelu'?",
    ),
    "unknown data set of a task": (
        ("dataset: spirals", "dataset: spiral"),
        ":24: dataset: unknown data set 'spiral'; did you mean 'spirals'?",
    ),
    "unknown data set among a task's": (
        ("dataset: spirals", "dataset: [digits, spiral]"),
        ":24: dataset: unknown data set 'spiral'; did you mean 'spirals'?",
    ),
    "a task without data": (("dataset: spirals", "dataset: []"), ":24: dataset: the list is empty"),
    "a task's data by number": (("dataset: spirals", "dataset: 3"), ":24: dataset: should be a list [a, b], not 3"),
    "a task's key misspelt": (("dropout", "drop_out"), ":28: drop_out: unknown parameter; did you mean 'dropout'?"),
    "a task's network of no form": (
        ("mlp_2x8", "lstm_2x8"),
        ":25: network: should be mlp, resmlp, cnn, rnn, gru, transformer or autoencoder with two sizes, as mlp_8x32, "
        "not 'lstm_2x8'",
    ),
    "all units dropped": (("0.1\n", "1.0\n"), ":28: dropout: input should be less than 1, not 1.0"),
    "the same task twice": (
        (
            "{dataset: digits, network: cnn_2x8, activations: [relu, gelu], optimizer: adam",
            "{dataset: spirals, network: mlp_2x8, activations: [relu, gelu], optimizer: sgd",
        ),
        ":19: generalization: mlp_2x8 on spirals with sgd and norm none stands twice among the tasks",
    ),
    "unknown notebook": (
        ("00_v", "01_v"),
        ":32: notebooks: unknown notebook '01_verdicts'; did you mean '00_verdicts'?",
    ),
    "path as a notebook": (("00_v", "../v"), ":32: notebooks: should be a notebook's name, as 03_gradient_flow, not"),
    "key twice": (("device: cpu", "title: again"), ":2: title: stands twice; first on line 1"),
    "tab": (("  formulas", "\tformulas"), ":5: a tab as indentation; use spaces"),
    "no mapping": (
        ("experiments:\n", "experiments: 3\nx:\n"),
        ":4: experiments: should be lines of 'key: value', not 3",
    ),
    "two documents": (("device", "---\ndevice"), ":2: not YAML: but found another document"),
    "anchor": (("device: cpu", "device: &a cpu"), ":2: anchors and aliases (& and *) are not used here"),
    "code": (("A test", "!!python/object/apply:os.system [ls]"), ":1: the tag"),
    "a date": (("cpu", "2020-01-01"), ":2: the tag 'tag:yaml.org,2002:timestamp' is not plain YAML"),
    "a list as a key": (("device", "[a]: 1\ndevice"), ":2: a key should be a word"),
    "NUL": (("A test", "A\x00test"), ":1: character U+0000 is not allowed"),
    "escaped NUL": (("A test", '"A\\0test"'), ":1: title: should be one line of text, not 'A\\x00test'"),
    "right to left": (("A test", "A \u202etest"), ":1: title: should be one line of text, not 'A \\u202etest'"),
    "very long": (("A test", "x" * 10_000), ":1: title: string should have at most 200 characters, not 'xxx"),
}


def test_a_whole_step_that_cannot_be_timed_is_refused_before_every_process_fails(tmp_path):
    section = "  cost: {activations: [relu], processes: 6, sizes: [64], dtypes: [float32], steps: {cnn_2x8: [4]}}\n"
    (tmp_path / "costly.yaml").write_text(f"title: t\nexperiments:\n{section}notebooks: [09_cost]\n")
    with pytest.raises(params.ParamsError, match=r":3: cnn_2x8: only the step of an mlp is timed, as mlp_4x256$"):
        params.load(tmp_path / "costly.yaml")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_line_with_file_and_line(root, name):
    (old, new), message = FAULTS[name]
    assert old in GOOD
    assert fault(root, GOOD.replace(old, new, 1)).startswith("params/bad.yaml" + message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", ":1: the file is empty"),
        (b"# nothing\n", ":1: the file is empty"),
        (GOOD.encode("utf-16"), ":1: this is UTF-16 or UTF-32; save it as UTF-8"),
        (GOOD.encode("utf-32-le"), ":1: this is UTF-16 or UTF-32; save it as UTF-8"),
        (b"\xef\xbb\xbf" + GOOD.encode(), ":1: starts with a byte order mark; save it as UTF-8 without one"),
        (GOOD.encode() + b"\xff\n", ":33: not UTF-8 (byte 0xff)"),
        (b"- a\n- b\n", ":1: should be a list of 'key: value' lines"),
        (b"title: [a\n", ":2: not YAML: "),
        (b"[" * 5000, ":1: not YAML: "),
        (b"x: " + b"[" * 40 + b"]" * 40, ":1: nested deeper than 20"),
        (b"x" * 1_000_001, ": larger than 1 MB; no configuration is"),
    ],
)
def test_a_file_of_another_form_is_one_line(root, content, message):
    assert fault(root, content).startswith("params/bad.yaml" + message)


def test_a_billion_laughs_are_refused_quickly(root):
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "anchors and aliases" in fault(root, "\n".join(lines))


def test_an_unknown_name_says_what_there_is(root):
    with pytest.raises(
        params.ParamsError, match=r"^unknown configuration 'goood'; did you mean 'good'\? \(known: good"
    ):
        params.load("goood")
    with pytest.raises(params.ParamsError, match=r"nowhere\.yaml: no such file"):
        params.load(root / "nowhere.yaml")
    (root / "a b.yaml").write_text(GOOD)
    with pytest.raises(params.ParamsError, match="file name is letters, digits, - and _"):
        params.load(root / "a b.yaml")
    assert params.configurations() == ["good"]


def test_the_root_is_found_from_inside_and_named_when_it_is_not(root, tmp_path, monkeypatch):
    monkeypatch.delenv("ACTS_ROOT")
    (root / "notebooks").mkdir()
    monkeypatch.chdir(root / "notebooks")
    assert params.root() == root
    monkeypatch.chdir("/")
    assert params.root() == Path(params.__file__).parents[2]
    monkeypatch.setattr(params, "__file__", str(tmp_path.parent / "a" / "b.py"))
    with pytest.raises(params.ParamsError, match="set ACTS_ROOT"):
        params.root()


SCALARS = [
    ("1e-3", 0.001), ("1E5", 1e5), ("0.5", 0.5), ("0o17", 15), ("017", 17), ("no", "no"), ("on", "on"),
    ("true", True), ("null", None), ("~", None), ("1_000", 1000), ("12:30", "12:30"), ("'1'", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), SCALARS)
def test_scalars_mean_what_yaml_1_2_says(written, meant):
    read = yaml12.read(f"a: {written}").value["a"]
    assert read == meant
    assert type(read) is type(meant)


def test_lines_are_those_of_keys_and_items():
    document = yaml12.read("a: 1\nb:\n  c: [x,\n      y]\n")
    assert document.value == {"a": 1, "b": {"c": ("x", "y")}}
    assert document.lines[("b", "c")] == 3
    assert document.lines[("b", "c", 1)] == 4


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_line(text):
    refused = None
    try:
        yaml12.read(text)
    except yaml12.YamlError as error:
        refused = error
    assert refused is None or (refused.line >= 1 and "\n" not in refused.message)


@given(st.recursive(st.one_of(st.integers(), st.booleans(), st.text("abc :", max_size=8)), st.lists, max_leaves=10))
def test_what_json_writes_is_read_back(value):
    def tuples(item):
        return tuple(map(tuples, item)) if isinstance(item, list) else item

    assert yaml12.read(json.dumps({"a": value})).value == {"a": tuples(value)}


def test_reading_a_configuration_needs_no_torch_and_no_pandas():
    code = "import sys; from acts import params; params.load('cpu'); assert not {'torch', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], env=os.environ, check=True)
