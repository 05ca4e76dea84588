"""Execution: a notebook is executed whole or not at all, and what fails is named with its cell."""

import json
import os
import shutil
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from acts.reports import book, execution
from acts.reports.faults import ReportError

KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


def write(path: Path, *sources: str, parameters: str | None = 'config = "unset"') -> Path:
    tagged = [new_code_cell(parameters, metadata={"tags": ["parameters"]})] if parameters is not None else []
    made = [new_markdown_cell("# Title"), *tagged, *map(new_code_cell, sources)]
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": KERNELSPEC}), str(path))
    return path


def kernels() -> list[psutil.Process]:
    """Return the processes that an execution left behind; multiprocessing keeps a tracker of its own for good."""
    family = psutil.Process().children(recursive=True)
    living = [process for process in family if process.status() != psutil.STATUS_ZOMBIE]
    return [process for process in living if "multiprocessing.resource_tracker" not in " ".join(process.cmdline())]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, execution.Ran, list[str]]:
    folder = tmp_path_factory.mktemp("good {braces}")
    told: list[str] = []
    seen = "import os, sys\nprint(config, os.environ['ACTS_RENDER'], os.getcwd(), sys.executable)"
    names = [write(folder / "one.ipynb", seen), write(folder / "two.ipynb", "x = 2", "x")]
    (folder / "out").mkdir()
    outputs = [folder / "out" / name.name for name in names]
    ran = execution.run_all(names, "cpu", outputs=outputs, key="k", say=told.append)
    return folder, ran[0], told


def test_a_notebook_is_given_the_configuration_and_this_python(good: tuple[Path, execution.Ran, list[str]]) -> None:
    import sys

    folder, ran, _ = good
    printed = nbformat.read(str(ran.path), as_version=4).cells[-1].outputs[0].text.split(maxsplit=2)
    assert printed[:2] == ["cpu", "1"]
    assert printed[2].strip() == f"{folder} {sys.executable}"


def test_the_cell_that_papermill_puts_in_has_the_same_name_every_time(
    good: tuple[Path, execution.Ran, list[str]],
) -> None:
    names = [cell["id"] for cell in nbformat.read(str(good[1].path), as_version=4).cells]
    assert names.count("injected-parameters") == 1


def test_nothing_of_the_execution_stays_but_its_results(good: tuple[Path, execution.Ran, list[str]]) -> None:
    folder, ran, _ = good
    text = ran.path.read_text(encoding="utf-8")
    assert "papermill" not in text
    assert len(nbformat.read(str(ran.path), as_version=4).cells) == 4
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["one.ipynb", "two.ipynb"]
    assert sorted(path.name for path in folder.iterdir()) == ["one.ipynb", "out", "two.ipynb"]
    assert kernels() == []


def test_every_notebook_is_told_of(good: tuple[Path, execution.Ran, list[str]]) -> None:
    assert sorted(line.split(":")[0] for line in good[2]) == ["one", "two"]


def test_an_unchanged_notebook_is_taken_as_it_is(good: tuple[Path, execution.Ran, list[str]], tmp_path: Path) -> None:
    folder, ran, _ = good
    again = execution.run_all(
        [folder / "one.ipynb"], "cpu", outputs=[tmp_path / "one.ipynb"], key="k", earlier=folder / "out"
    )
    assert again[0].reused
    assert (tmp_path / "one.ipynb").read_bytes() == ran.path.read_bytes()


def test_another_key_or_text_is_another_notebook(good: tuple[Path, execution.Ran, list[str]]) -> None:
    folder = good[0]
    assert execution.content_key(folder / "one.ipynb", "k") != execution.content_key(folder / "one.ipynb", "l")
    assert execution.content_key(folder / "one.ipynb", "k") != execution.content_key(folder / "two.ipynb", "k")


@pytest.mark.parametrize(
    ("source", "timeout", "message"),
    [
        ("import sys\nsys.exit(0)", 60, r"bad\.ipynb, cell 4 \(import sys\): the cell left the notebook by sys\.exit"),
        ("import os\nos._exit(137)", 60, r"bad\.ipynb, cell 4 \(import os\): its kernel died"),
        ("while True:\n    pass", 1, r"bad\.ipynb, cell 4 \(while True:\): it took longer than 1 s"),
    ],
)
def test_a_fault_names_the_cell_and_leaves_the_old_report(
    tmp_path: Path, source: str, timeout: float, message: str
) -> None:
    (tmp_path / "out").mkdir()
    old = tmp_path / "out" / "bad.ipynb"
    old.write_text("the report of yesterday")
    notebook = write(tmp_path / "bad.ipynb", "x = 1", source, "print('after')")
    with pytest.raises(ReportError, match=message) as caught:
        execution.run(notebook, "cpu", output=old, timeout=timeout)
    assert "\n" not in str(caught.value)
    assert [path.read_text() for path in (tmp_path / "out").iterdir()] == ["the report of yesterday"]
    assert kernels() == []


def test_one_failure_ends_the_others(tmp_path: Path) -> None:
    slow, bad = write(tmp_path / "slow.ipynb", "import time; time.sleep(300)"), write(tmp_path / "bad.ipynb", "1 / 0")
    began = time.monotonic()
    with pytest.raises(ReportError, match=r"bad\.ipynb, cell 3 \(1 / 0\): ZeroDivisionError: division by zero"):
        execution.run_all([slow, bad], "cpu", outputs=[tmp_path / "a", tmp_path / "b"])
    assert time.monotonic() - began < 60
    assert kernels() == []


@pytest.mark.parametrize("parameters", [None, "other = 1"])
def test_without_a_parameters_cell_nothing_is_executed(tmp_path: Path, parameters: str | None) -> None:
    notebook = write(tmp_path / "bad.ipynb", "open('ran', 'w')", parameters=parameters)
    with pytest.raises(ReportError, match="one cell must be tagged `parameters` and set config"):
        execution.run(notebook, "cpu", output=tmp_path / "out.ipynb")
    assert os.listdir(tmp_path) == ["bad.ipynb"]


def test_what_is_no_notebook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.ipynb").write_text("{")
    with pytest.raises(ReportError, match=r"bad\.ipynb: cannot be read as a notebook"):
        execution.run(tmp_path / "bad.ipynb", "cpu", output=tmp_path / "out.ipynb")


TINY = """
title: Tiny
experiments:
  formulas: {activations: all, points: 5, span: 2}
notebooks: [00_one]
"""
ROOT = Path(__file__).parents[1]


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("params", "notebooks", "reports/tiny"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "Makefile").touch()
    (tmp_path / "params" / "tiny.yaml").write_text(TINY)
    (tmp_path / "reports" / "references.bib").touch()
    shutil.copy(ROOT / "reports" / "book.yml", tmp_path / "reports")
    (tmp_path / "reports" / "tiny" / "records.parquet").write_bytes(b"records")
    (tmp_path / "reports" / "tiny" / "ledger.csv").write_text("claim,verdict\nC01,supported\n")
    (tmp_path / "reports" / "tiny" / "provenance.json").write_text(json.dumps({"commit": "abc", "params": TINY}))
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    return tmp_path


def test_a_change_in_one_notebook_executes_that_one_only(review: Path) -> None:
    told: list[str] = []
    for name in ("00_one", "01_two"):
        write(review / "notebooks" / f"{name}.ipynb", "print('from', config)")
    (review / "params" / "tiny.yaml").write_text(TINY.replace("[00_one]", "[00_one, 01_two]"))
    book.render("tiny", say=told.append)
    write(review / "notebooks" / "01_two.ipynb", "print('anew from', config)")
    told.clear()
    book.render("tiny", say=told.append)
    assert "00_one: unchanged" in told
    assert any(line.startswith("01_two: executed") for line in told)
    assert "anew from tiny" in (review / "reports" / "tiny" / "report.html").read_text(encoding="utf-8")


def test_a_report_is_published_whole_kept_when_unchanged_and_safe_from_a_failure(review: Path) -> None:
    folder, told = review / "reports" / "tiny", []
    write(review / "notebooks" / "00_one.ipynb", "print('from', config)")
    assert book.render("tiny", say=told.append) == folder
    names = ["00_one.ipynb", "report.html", "report.pdf"]
    first = {name: (folder / name).read_bytes() for name in names}
    assert "from tiny" in first["report.html"].decode()
    assert (folder / "report.html").stat().st_mtime_ns <= (folder / "report.pdf").stat().st_mtime_ns
    assert 'href="tiny/report.pdf"' in (review / "reports" / "index.html").read_text()

    book.render("tiny", say=told.append)
    assert "00_one: unchanged" in told
    assert {name: (folder / name).read_bytes() for name in names} == first

    write(review / "notebooks" / "00_one.ipynb", "print('half')", "raise RuntimeError('a fault\\nof two lines')")
    with pytest.raises(ReportError, match=r"00_one\.ipynb, cell 4 .*RuntimeError: a fault of two lines"):
        book.render("tiny", say=told.append)
    assert {name: (folder / name).read_bytes() for name in names} == first
    assert not (review / "reports" / ".staging").exists()
