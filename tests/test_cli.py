"""The command line: exit codes, one line a fault, nothing computed before it, and files that are whole or absent."""

import csv
import fcntl
import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from acts import claims, dry, params, publish, records, staging
from acts.__main__ import main
from acts.commands import parser
from acts.engine import cluster, keys
from acts.engine.addresses import NoCluster
from acts.engine.desk import Desk, Failure
from acts.engine.dispatch import LostScheduler
from acts.reports import book

TINY = """\
title: A formula and its facts
engine: serial
experiments:
  formulas: {activations: [identity, relu], points: 11, span: 3}
notebooks: [00_verdicts]
"""


@pytest.fixture
def root(review_folder):
    """Return a review's folder with one small configuration."""
    (review_folder / "params" / "tiny.yaml").write_text(TINY)
    return review_folder


@pytest.fixture
def never(monkeypatch):
    """Fail when anything is computed."""

    def compute(*_):
        raise AssertionError("computed")

    monkeypatch.setattr(Desk, "compute", compute)


def said(capsys):
    """Return what was written to standard error, which must be one line."""
    err = capsys.readouterr().err
    assert err.count("\n") == 1, err
    return err.strip()


def test_run_publishes_and_judge_judges_what_was_published(root, capsys):
    assert main(["run", "tiny"]) == 0
    folder = root / "reports" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == ["catalogue.csv", "provenance.json", "records.parquet"]
    table = records.check(records.read(folder / "records.parquet"))
    assert set(table["activation"]) == {"identity", "relu"}
    told = json.loads((folder / "provenance.json").read_text())
    assert told["config"] == "tiny"
    assert told["params"] == TINY
    assert told["device"]["got"] == told["device"]["asked"] == "cpu"
    assert told["experiments"]["formulas"]["records"] == len(table)
    assert told["experiments"]["formulas"]["seconds"] > 0
    assert (told["failed"], told["missing"], told["set_aside"]) == ([], {}, 0)
    assert str(root) not in json.dumps(told)
    assert records.provenance(folder / "records.parquet") == told
    with open(folder / "catalogue.csv") as file:
        assert {"relu", "gelu"} <= {row["name"] for row in csv.DictReader(file)}

    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(["run", "tiny"]) == 0
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert "(0 computed now)" in capsys.readouterr().out

    assert main(["judge", "tiny"]) == 0
    with open(folder / "ledger.csv") as file:
        ledger = list(csv.DictReader(file))
    assert len(ledger) == 90
    assert list(ledger[0])[:4] == ["claim", "verdict", "effect", "unit"]
    assert "not measured here" in capsys.readouterr().out
    with open(folder / "sensitivity.csv") as file:
        assert [row["claim"] for row in csv.DictReader(file)] == [row["claim"] for row in ledger]
    assert not (root / "reports" / ".staging").exists()


@pytest.mark.usefixtures("never")
def test_a_dry_run_says_jobs_runs_and_time_and_publishes_nothing(root, capsys):
    section = "  gradient_flow: {activations: [relu, tanh], inits: [he], depths: [2], width: 8, seeds: 3}\n"
    (root / "params" / "tiny.yaml").write_text(
        TINY.replace("serial", "local").replace("notebooks", section + "notebooks")
    )
    assert main(["run", "tiny", "--dry"]) == 0
    first, formulas, flow, whole = capsys.readouterr().out.splitlines()
    assert first == "  formulas, gradient_flow on cpu"
    form = r"  \w+: (\d+ runs planned so far, 0 stored, )?(\d+) to compute in (\d+) jobs, about (.+) on one core, (.+)"
    counts = [re.fullmatch(form, line).groups()[1:3] for line in (formulas, flow, whole)]
    jobs = keys.resolve("gradient_flow").plan(params.load("tiny"), records.frame([]))
    assert counts[1] == (str(sum(len(job.runs) for job in jobs)), str(len(jobs)))
    assert [int(total) for total in counts[2]] == [int(a) + int(b) for a, b in zip(*counts[:2], strict=True)]
    assert formulas.endswith(" on 2 workers")
    assert whole.endswith(" on 2 workers")
    assert list((root / "reports" / "tiny").iterdir()) == []


@pytest.mark.usefixtures("never")
def test_a_dry_run_says_the_budget_where_it_is_meant_for(root, capsys):
    (root / "params" / "cpu.yaml").write_text(TINY)
    assert main(["run", "cpu", "--dry"]) == 0
    assert re.search(r" on one core; budget \d+ (s|min)", capsys.readouterr().out)


@pytest.mark.usefixtures("never")
def test_a_dry_run_says_that_final_runs_follow_from_tuning(root, capsys):
    section = (
        "  convergence: {activations: [tanh, relu], datasets: [xor], networks: [mlp_1x8], optimizers: [sgd],"
        " inits: [he], seeds: 2, steps: 4, batch: 16, evaluations: 2, rates: {sgd: [0.1, 0.2]}, growths: 0}\n"
    )
    (root / "params" / "tiny.yaml").write_text(TINY.replace("notebooks", section + "notebooks"))
    assert main(["run", "tiny", "--dry"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "  and then the final runs of convergence, planned once rates are tuned"


@pytest.mark.usefixtures("root")
def test_a_dry_run_of_what_is_stored_asks_for_nothing(capsys):
    assert main(["run", "tiny"]) == 0
    capsys.readouterr()
    assert main(["run", "tiny", "--dry"]) == 0
    _, formulas, whole = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"  formulas: (\d+) runs planned so far, \1 stored, 0 to compute in 0 jobs", formulas)
    assert whole == "  all: 0 to compute in 0 jobs"


@pytest.mark.parametrize(
    ("costs", "workers", "seconds"), [([], 3, 0.0), ([5.0], 3, 5.0), ([1, 2, 3, 4], 1, 10), ([4, 3, 3, 2, 2], 2, 8.0)]
)
def test_the_time_on_several_workers_is_that_of_the_last(costs, workers, seconds):
    assert dry.span(costs, workers) == seconds


@pytest.mark.usefixtures("root", "never")
@pytest.mark.parametrize(
    ("engine", "told"),
    [
        ("tcp://192.0.2.7:8786", "tcp://192.0.2.7:8786 is not this machine's loopback, and whoever reaches a plain"),
        ("tls://127.0.0.1:1", "tls://127.0.0.1:1 needs certificates: name them in distributed.comm.tls"),
        ("tcp://127.0.0.1:70000", "tcp://127.0.0.1:70000: a port is a number from 1 to 65535"),
        ("scheduler-file:nowhere.json", "scheduler file "),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_line_and_2_before_any_work(engine, told, capsys):
    assert main(["run", "tiny", "--engine", engine]) == 2
    assert said(capsys).startswith(told)


@pytest.mark.usefixtures("root", "never")
def test_an_address_that_does_not_answer_is_one_line_and_2(capsys, monkeypatch):
    monkeypatch.setattr(cluster, "ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert main(["run", "tiny", "--engine", f"tcp://127.0.0.1:{port}"]) == 2
    assert said(capsys).startswith(f"no scheduler answered at tcp://127.0.0.1:{port} within 0.5 s; start one with")


@pytest.mark.usefixtures("root", "never")
def test_a_table_of_differences_stands_before_its_line(capsys, monkeypatch):
    def opened(*_, **__):
        raise NoCluster("1 of 1 workers compute with other software", table="  a\n  b *")

    monkeypatch.setattr("acts.engine.desk.at", opened)
    assert main(["run", "tiny", "--engine", "tcp://127.0.0.1:1"]) == 2
    assert capsys.readouterr().err == "  a\n  b *\n1 of 1 workers compute with other software\n"


@pytest.mark.usefixtures("root", "never")
def test_a_scheduler_that_is_lost_is_one_line_and_75(capsys, monkeypatch):
    def opened(*_, **__):
        raise LostScheduler("the scheduler has gone; 3 of 5 runs are done")

    monkeypatch.setattr("acts.engine.desk.at", opened)
    assert main(["run", "tiny"]) == 75
    assert said(capsys) == "the scheduler has gone; 3 of 5 runs are done"


def test_the_file_of_a_scheduler_is_meant_from_where_the_command_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = parser().parse_args(["run", "tiny", "--engine", "some.json", "--insecure-cluster"])
    assert (given.engine, given.insecure_cluster) == (f"scheduler-file:{tmp_path}/some.json", True)
    assert parser().parse_args(["run", "tiny", "--engine", "tls://far:1"]).engine == "tls://far:1"


@pytest.mark.usefixtures("root", "never")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["run", "tinny"], "unknown configuration 'tinny'; did you mean 'tiny'? (known: tiny)"),
        (["judge", "../tiny"], "../tiny: no such file"),
        (["render", "nowhere.yaml"], "nowhere.yaml: no such file"),
    ],
)
def test_an_unknown_configuration_is_one_line_and_2(arguments, line, capsys):
    assert main(arguments) == 2
    assert said(capsys) == line


@pytest.mark.usefixtures("never")
@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("points", "point", "4: point: unknown parameter; did you mean 'points'?"),
        ("relu]", "gleu]", "4: activations: unknown activation 'gleu'; did you mean 'gelu'?"),
        ("relu]", '"leaky_relu(beta=1)"]', "4: activations: leaky_relu has no parameter 'beta'; its parameters: alpha"),
        ("00_verdicts", "00_verdict", "5: notebooks: unknown notebook '00_verdict'; did you mean '00_verdicts'?"),
        ("11,", "eleven,", "4: points: should be a whole number, not 'eleven'"),
    ],
)
def test_a_fault_in_a_configuration_is_one_line_and_2_before_any_work(root, old, new, line, capsys):
    (root / "params" / "tiny.yaml").write_text(TINY.replace(old, new))
    assert main(["run", "tiny"]) == 2
    assert said(capsys).startswith(f"params/tiny.yaml:{line}")
    assert not (root / "reports").exists()


@pytest.mark.usefixtures("never")
def test_what_a_plan_refuses_is_one_line_and_2_before_any_work(root, capsys):
    section = "  gradient_flow: {activations: [softmax], inits: [he], depths: [2], width: 8, seeds: 2}\n"
    (root / "params" / "tiny.yaml").write_text(TINY.replace("notebooks", section + "notebooks"))
    assert main(["run", "tiny"]) == 2
    line = said(capsys)
    assert line.startswith("params/tiny.yaml:5: ")
    assert "softmax" in line


@pytest.mark.usefixtures("never")
def test_cuda_without_a_device_is_one_line_and_2_before_any_work(root, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    (root / "params" / "tiny.yaml").write_text(TINY + "device: cuda\n")
    assert main(["run", "tiny"]) == 2
    assert said(capsys).startswith("device cuda was asked for, but there is no CUDA device here (torch ")


def test_auto_falls_back_and_the_provenance_says_so(root, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    (root / "params" / "tiny.yaml").write_text(TINY.replace("identity, ", "") + "device: auto\n")
    assert main(["run", "tiny"]) == 0
    assert "formulas on cpu (asked for: auto)" in capsys.readouterr().out
    told = json.loads((root / "reports" / "tiny" / "provenance.json").read_text())
    assert (told["device"]["asked"], told["device"]["got"]) == ("auto", "cpu")


def test_a_missing_data_set_is_one_line_in_the_output_and_the_provenance_and_0(root, capsys, monkeypatch):
    monkeypatch.delenv("ACTS_DATA", raising=False)
    section = (
        "  convergence: {activations: [relu], datasets: [fashion_mnist], networks: [mlp_1x8], optimizers: [sgd],"
        " inits: [he], seeds: 2, steps: 4, batch: 8, evaluations: 2, rates: {sgd: [0.1, 0.2]}}\n"
    )
    text = TINY.replace("identity, ", "").replace("notebooks", section + "notebooks")
    (root / "params" / "tiny.yaml").write_text(text)
    assert main(["run", "tiny"]) == 0
    out = capsys.readouterr().out
    assert out.count("fashion_mnist is not here: put ") == 1
    told = json.loads((root / "reports" / "tiny" / "provenance.json").read_text())
    assert list(told["missing"]) == ["fashion_mnist"]
    assert told["experiments"]["convergence"]["runs"] == 0


def test_a_failed_job_is_named_published_without_and_1(root, capsys, monkeypatch):
    compute = Desk.compute

    def failing(desk, module):
        outcome = compute(desk, module)
        outcome.failures.append(Failure("formulas", "relu", "crashed", "took its process down 3 times (1 runs)"))
        return outcome

    monkeypatch.setattr(Desk, "compute", failing)
    assert main(["run", "tiny"]) == 1
    line = "formulas, relu: crashed: took its process down 3 times (1 runs)"
    assert line in capsys.readouterr().out
    folder = root / "reports" / "tiny"
    assert (folder / ".failed").read_text() == line + "\n"
    assert json.loads((folder / "provenance.json").read_text())["failed"] == [line]
    monkeypatch.setattr(Desk, "compute", compute)
    assert main(["run", "tiny"]) == 0
    assert not (folder / ".failed").exists()


@pytest.mark.usefixtures("never")
def test_reports_that_cannot_be_written_are_told_before_computing(root, capsys):
    (root / "reports").write_text("a file where a folder should be")
    assert main(["run", "tiny"]) == 2
    line = said(capsys)
    assert "reports/tiny cannot be written to" in line
    assert line.endswith("nothing was computed")


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("judge", "reports/tiny/records.parquet is not there; first run: python -m acts run tiny"),
        ("render", "reports/tiny/ledger.csv is not there; first run: python -m acts judge tiny"),
    ],
)
def test_a_stage_before_its_time_says_what_to_run_first(command, line, capsys):
    assert main([command, "tiny"]) == 1
    assert said(capsys) == line


@pytest.mark.usefixtures("root")
def test_a_claim_that_names_what_nobody_knows_is_bad_input(root, capsys, monkeypatch):
    (root / "reports" / "tiny").mkdir(parents=True)
    records.write(records.frame([]), root / "reports" / "tiny" / "records.parquet", provenance={})
    claim = next(one for one in claims.catalogue() if one.id == "C25")
    wrong = claim.model_copy(update={"rule": claim.rule.model_copy(update={"a": "rleu"})})
    monkeypatch.setattr(importlib.import_module("acts.claims.ledger"), "catalogue", lambda: [wrong])
    assert main(["judge", "tiny"]) == 2
    line = said(capsys)
    assert line.startswith("C25: unknown activation 'rleu'; did you mean 'relu'?")
    assert "\n" not in line


@pytest.mark.usefixtures("never")
def test_a_second_process_is_told_who_holds_the_configuration_and_75(root, capsys):
    with staging.held("tiny"):
        assert main(["run", "tiny"]) == 75
        line = said(capsys)
        assert line.startswith(f"tiny is being worked on by process {os.getpid()} on ")
    with open(root / "reports" / ".locks" / "tiny") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_what_goes_wrong_on_the_way_leaves_what_was_published(root):
    folder = root / "reports" / "tiny"
    folder.mkdir(parents=True)
    (folder / "a").write_text("old")
    with pytest.raises(FileNotFoundError), staging.moved(folder, last="b") as place:
        (place / "a").write_text((place / "nowhere").read_text())
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("a", "old")]
    with pytest.raises(staging.DiskFull, match="disk full writing"), staging.moved(folder, last="b"):
        raise OSError(28, "No space left on device")
    assert not (root / "reports" / ".staging").exists()


def test_files_move_together_with_the_manifest_last(root, monkeypatch):
    order = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda old, new: (order.append(new.name), replace(old, new)))
    folder = staging.writable(root / "reports" / "tiny")
    with staging.moved(folder, last="b") as place:
        for name in "abc":
            (place / name).write_text(name)
    assert order == ["a", "c", "b"]


@pytest.mark.usefixtures("root")
def test_render_hands_the_configuration_to_the_book(root, monkeypatch):
    (root / "reports" / "tiny").mkdir(parents=True)
    (root / "reports" / "tiny" / "ledger.csv").touch()
    rendered = []
    monkeypatch.setattr(book, "render", rendered.append)
    assert main(["render", "tiny"]) == 0
    assert rendered == ["tiny"]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("stop", [KeyboardInterrupt, "SIGTERM"])
def test_an_interruption_is_one_line_and_130(stop, capsys, monkeypatch):
    def run(*_, **__):
        if stop is KeyboardInterrupt:
            raise KeyboardInterrupt
        os.kill(os.getpid(), signal.SIGTERM)

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(publish, "run", run)
    try:
        assert main(["run", "tiny"]) == 130
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
    assert said(capsys) == "interrupted; what was finished is kept, run the same again to go on"


@pytest.mark.usefixtures("root")
def test_an_unforeseen_error_is_one_line_and_a_traceback_only_with_debug(capsys, monkeypatch):
    def run(*_, **__):
        raise ArithmeticError("one\nand two")

    monkeypatch.setattr(publish, "run", run)
    assert main(["run", "tiny"]) == 1
    assert said(capsys) == "ArithmeticError: one and two (--debug shows where)"
    assert main(["run", "tiny", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["fly"], ["run"], ["run", "a", "b"], ["run", "a", "--engine", "x"]])
def test_a_wrong_command_line_is_one_line_and_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert said(capsys).startswith("acts: ")


@pytest.mark.parametrize(
    ("what", "entry"),
    [("activations", "gelu"), ("configurations", "cpu"), ("datasets", "digits"), ("experiments", "gradient_flow")],
)
def test_list_names_what_there_is(what, entry, capsys):
    assert main(["list", what]) == 0
    assert entry in [line.partition("\t")[0] for line in capsys.readouterr().out.splitlines()]


def test_a_configuration_that_cannot_be_read_is_listed_with_all_that_others_have(root, capsys):
    (root / "params" / "odd.yaml").write_text("a: 1\n")
    assert main(["list", "configurations", "--json"]) == 0
    rows = {row["config"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["odd"].keys() == rows["tiny"].keys()
    assert rows["odd"]["fault"].startswith("params/odd.yaml:1: a: unknown parameter")
    assert main(["list", "configurations"]) == 0
    assert "odd\tnothing\tparams/odd.yaml:1: a: unknown parameter" in capsys.readouterr().out


def test_list_names_the_claims_by_id(capsys):
    assert main(["list", "claims"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 90
    assert lines[0].startswith("C01\t")


def test_the_site_lists_what_has_a_report(root, capsys):
    done = root / "reports" / "tiny"
    done.mkdir(parents=True)
    (done / "report.html").write_text("<html></html>")
    (done / "ledger.csv").write_text("claim,verdict\nC01,supported\n")
    (root / "reports" / "book.yml").write_text("title: A review\nauthors: [Nobody]\n")
    assert main(["site"]) == 0
    assert capsys.readouterr().out == "made: reports/index.html\n"
    assert "tiny/report.html" in (root / "reports" / "index.html").read_text()


@pytest.mark.usefixtures("never")
def test_the_doctor_says_what_is_here(root, capsys, monkeypatch):
    monkeypatch.delenv("ACTS_DATA", raising=False)
    (root / "params" / "odd.yaml").write_text("a: 1")
    (root / "params" / "far.yaml").write_text(TINY.replace("serial", "tcp://192.0.2.7:8786"))
    (root / "params" / "near.yaml").write_text(TINY.replace("serial", "tcp://127.0.0.1:8786"))
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["software"]["torch"].startswith("2.")
    assert found["data_sets"]["digits"] is None
    assert "put " in found["data_sets"]["fashion_mnist"]
    assert found["store"]["jobs"] == 0
    cans = found["configurations"]
    assert (cans["tiny"]["runs"], cans["tiny"]["where"], cans["tiny"]["made"]) == (True, "cpu, 2 workers", "nothing")
    assert cans["tiny"]["time"]["source"] == "planned"
    assert cans["near"]["where"] == "cpu, the workers at tcp://127.0.0.1:8786, if they are there"
    assert not cans["far"]["runs"]
    assert cans["far"]["where"].startswith("tcp://192.0.2.7:8786 is not this machine's loopback")
    assert cans["odd"]["where"].startswith("params/odd.yaml:1: a: unknown parameter")
    assert {"what": f"odd cannot be read: {cans['odd']['where']}", "do": "mend that line"} in found["problems"]
    assert main(["doctor"]) == 0
    assert "  python" in capsys.readouterr().out
    assert not (root / ".store").exists()


def test_a_typo_costs_no_import_of_torch():
    code = (
        "import sys; from acts.__main__ import main; assert main(['run', 'x']) == 2; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
