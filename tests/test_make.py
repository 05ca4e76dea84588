"""The Makefile as a graph: what is done again after what, and what a second `make report` costs.

A stand-in for python writes down how it was called and makes the files that each stage makes, so that only make is
tested here.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from acts import params, publish
from acts.staging import writable

HERE = Path(__file__).parents[1]
PLUGGED = """\
title: Plugged
plugins: [my acts.py]
experiments:
  formulas: {activations: [relu], points: 11, span: 3}
notebooks: [00_verdicts]
"""

STAND_IN = """\
#!/bin/sh
# called as: python -m acts STAGE CONFIG
if [ "$3" = --version ]; then exit "${TOY_WITHOUT_PIP:-0}"; fi
echo "$3 $4" >> calls
if [ "$3" = install ]; then exit "${TOY_OFFLINE:-0}"; fi
mkdir -p reports/$4
case "$3" in
  run) cd reports/$4 && touch records.parquet catalogue.csv provenance.json
       if [ -n "$TOY_FAILED" ]; then echo "$TOY_FAILED" > .failed; exit 1; fi ;;
  judge) touch reports/$4/ledger.csv ;;
  render) touch reports/$4/report.html reports/$4/report.pdf ;;
esac
exit ${TOY_CODE:-0}
"""


@pytest.fixture
def box(tmp_path):
    """Return a folder with the Makefile, a little of everything it reads, and the stand-in as its python."""
    shutil.copy(HERE / "Makefile", tmp_path)
    for name in ("requirements.lock", "pyproject.toml", "params/cpu.yaml", "params/smoke.yaml", "acts/training.py"):
        write(tmp_path / name)
    for name in ("acts/claims/ledger.py", "acts/claims.yaml", "acts/figures/style.py", "notebooks/00_verdicts.ipynb"):
        write(tmp_path / name)
    for name in ("acts/reports/templates/report.html", "acts/reports/pdf.py", "reports/book.yml"):
        write(tmp_path / name)
    for name in ("acts/bench/racing.py", "acts/bench/lines.py", "reports/bench/store.parquet"):
        write(tmp_path / name)
    for name in ("acts/commands/show.py", "acts/replacing/advice.py", "acts/writeups/note.py"):
        write(tmp_path / name)
    python = tmp_path / ".venv" / "bin" / "python"
    write(python, STAND_IN)
    python.chmod(0o755)
    write(tmp_path / ".venv" / ".ready")
    for path in tmp_path.rglob("*"):
        os.utime(path, (time.time() - 100, time.time() - 100))
    return tmp_path


def write(path, text=""):
    """Write a file and the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make(box, *arguments, **environment):
    """Return what a make in the box did, and the calls of the stand-in, which are then forgotten."""
    given = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "ACTS_DATA")}
    done = subprocess.run(["make", *arguments], cwd=box, env={**given, **environment}, capture_output=True, text=True)
    calls = (box / "calls").read_text().splitlines() if (box / "calls").exists() else []
    (box / "calls").unlink(missing_ok=True)
    return done, calls


def touch(path):
    """Make a file newer than all that was made."""
    time.sleep(0.02)  # file times are that coarse
    path.touch()


@pytest.mark.parametrize("asked", [[], ["help"]])
def test_make_alone_prints_the_menu(box, asked):
    done, calls = make(box, *asked)
    assert done.returncode == 0
    assert calls == []
    told = {line.split()[0] for line in done.stdout.splitlines()[1:]}
    assert {"report", "verdicts", "test", "test-slow", "lint", "bench", "lab", "size", "clean"} <= told
    assert "cpu smoke" in done.stdout


def test_report_goes_through_the_stages_and_a_second_time_does_nothing(box):
    done, calls = make(box, "report")
    assert (done.returncode, done.stderr) == (0, "")
    assert calls == ["run cpu", "judge cpu", "render cpu"]
    assert done.stdout.splitlines() == [
        "running cpu",
        "judging cpu",
        "rendering cpu",
        "made: reports/cpu/report.html and report.pdf",
    ]
    began = time.monotonic()
    done, calls = make(box, "report")
    assert time.monotonic() - began < 1
    assert done.stdout == "nothing to do: reports/cpu/report.html is up to date\n"
    assert (done.returncode, calls) == (0, [])


STAGES = [
    ("params/cpu.yaml", ["run", "judge", "render"]),
    ("acts/training.py", ["run", "judge", "render"]),
    ("acts/claims/ledger.py", ["judge", "render"]),
    ("acts/claims.yaml", ["judge", "render"]),
    ("acts/figures/style.py", ["render"]),
    ("acts/reports/pdf.py", ["render"]),
    ("acts/reports/templates/report.html", ["render"]),
    ("notebooks/00_verdicts.ipynb", ["render"]),
    ("reports/book.yml", ["render"]),
    ("params/smoke.yaml", []),
    ("acts/bench/racing.py", []),
    ("acts/commands/show.py", []),
    ("acts/replacing/advice.py", []),
    ("acts/writeups/note.py", []),
    ("acts/bench/lines.py", ["render"]),
    ("reports/bench/store.parquet", ["render"]),
]


@pytest.mark.parametrize(("path", "stages"), STAGES)
def test_a_change_redoes_what_depends_on_it_and_no_more(box, path, stages):
    make(box, "report")
    touch(box / path)
    assert make(box, "report")[1] == [f"{stage} cpu" for stage in stages]


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("records.parquet", ["run", "judge", "render"]),
        ("provenance.json", ["run", "judge", "render"]),
        ("ledger.csv", ["judge", "render"]),
        ("report.pdf", ["render"]),
        ("report.html", ["render"]),
    ],
)
def test_what_was_removed_is_made_again(box, name, stages):
    make(box, "report")
    (box / "reports" / "cpu" / name).unlink()
    assert make(box, "report")[1] == [f"{stage} cpu" for stage in stages]
    assert make(box, "report")[1] == []


def test_another_place_of_the_data_runs_again(box):
    make(box, "report")
    assert make(box, "report", ACTS_DATA="/elsewhere")[1] == ["run cpu", "judge cpu", "render cpu"]
    assert make(box, "report", ACTS_DATA="/elsewhere")[1] == []


def test_an_edited_plugin_runs_again_what_names_it(box, monkeypatch):
    """Its rule is what the run leaves behind; a plugin that is gone is for the run to complain of."""
    plugin = box / "my acts.py"
    write(plugin)
    (box / "params" / "cpu.yaml").write_text(PLUGGED)
    monkeypatch.setenv("ACTS_ROOT", str(box))
    publish._watch(writable(box / "reports" / "cpu"), params.load("cpu"))
    make(box, "report")
    assert make(box, "report")[1] == []
    touch(plugin)
    assert make(box, "report", "CONFIG=smoke")[1] == ["run smoke", "judge smoke", "render smoke"]
    assert make(box, "report")[1] == ["run cpu", "judge cpu", "render cpu"]
    assert make(box, "report")[1] == []
    plugin.unlink()
    assert make(box, "report")[1][0] == "run cpu"


def test_a_configuration_without_plugins_leaves_no_rule(box, monkeypatch):
    monkeypatch.setenv("ACTS_ROOT", str(box))
    folder = writable(box / "reports" / "cpu")
    (folder / publish.WATCHED).touch()
    (box / "params" / "cpu.yaml").write_text(PLUGGED.replace("plugins: [my acts.py]\n", ""))
    publish._watch(folder, params.load("cpu"))
    assert not (folder / publish.WATCHED).exists()


@pytest.mark.parametrize("letter", ":;=|*?[]~\n")
def test_a_plugin_whose_name_says_something_to_make_is_refused(box, monkeypatch, letter):
    monkeypatch.setenv("ACTS_ROOT", str(box))
    named = f'plugins: ["a{letter}b.py"]'.replace("\n", "\\n")
    (box / "params" / "cpu.yaml").write_text(PLUGGED.replace("plugins: [my acts.py]", named))
    with pytest.raises(params.ParamsError, match=r"cpu.yaml:2: .*should be the path of a Python file"):
        params.load("cpu")


def test_another_package_that_brings_activations_along_runs_again(box):
    make(box, "report")
    packages = box / ".venv" / "lib" / "python3.11" / "site-packages"
    write(packages / "other-1.0.dist-info" / "entry_points.txt", "[console_scripts]\nother = other:main\n")
    assert make(box, "report")[1] == []
    write(packages / "bumps-1.0.dist-info" / "entry_points.txt", "[acts.activations]\nmy_bump = bumps:my_bump\n")
    assert make(box, "report")[1] == ["run cpu", "judge cpu", "render cpu"]
    assert make(box, "report")[1] == []
    (packages / "bumps-1.0.dist-info").rename(packages / "bumps-1.1.dist-info")
    assert make(box, "report")[1] == ["run cpu", "judge cpu", "render cpu"]


def test_configurations_are_made_apart(box):
    make(box, "report")
    assert make(box, "report", "CONFIG=smoke")[1] == ["run smoke", "judge smoke", "render smoke"]
    assert make(box, "report")[1] == []


def test_a_stage_that_fails_ends_make_with_2_and_is_done_again(box):
    done, calls = make(box, "report", TOY_CODE="75")
    assert (done.returncode, calls) == (2, ["run cpu"])
    assert make(box, "report")[1] == ["run cpu", "judge cpu", "render cpu"]


def test_a_failed_stage_leaves_the_previous_report_whole(box):
    make(box, "report")
    page = box / "reports" / "cpu" / "report.html"
    page.write_text("old")
    touch(box / "notebooks" / "00_verdicts.ipynb")
    (box / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    assert make(box, "report")[0].returncode == 2
    assert page.read_text() == "old"


def test_jobs_that_failed_leave_a_report_that_is_made_and_a_stage_that_is_not_done(box):
    make(box, "report")
    touch(box / "params" / "cpu.yaml")
    done, calls = make(box, "report", TOY_FAILED="convergence, relu: crashed")
    assert calls == ["run cpu", "judge cpu", "render cpu"]
    assert done.returncode == 2
    assert "made without what failed: reports/cpu/report.html\nconvergence, relu: crashed\n" in done.stderr
    done, calls = make(box, "report")
    assert (done.returncode, calls) == (0, ["run cpu", "judge cpu", "render cpu"])
    assert make(box, "report")[1] == []


@pytest.mark.parametrize("config", ["gleu", "", "%", "cpu smoke", "../params/cpu", "$(shell touch made)"])
@pytest.mark.parametrize("target", ["report", "run", "verdicts"])
def test_an_unknown_configuration_is_one_line_and_2_before_anything(box, target, config):
    (box / ".venv" / ".ready").unlink()
    done, calls = make(box, target, f"CONFIG={config}")
    assert (done.returncode, calls) == (2, [])
    assert len(done.stderr.splitlines()) == 1
    assert "unknown configuration" in done.stderr
    assert "(known: cpu, smoke)" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["repor"], "unknown target 'repor' (known: menu, help, report, "),
        (["report", "smoke"], "unknown target 'smoke'; a configuration is given as CONFIG=smoke (known: menu, "),
        (["report", "config=smoke"], "unknown variable 'config'; make's are in capital letters: CONFIG, "),
    ],
)
def test_what_make_would_pass_over_or_come_to_last_is_refused_first(box, asked, told):
    """Without this, ``make report smoke`` computes the default for half an hour and then says what it does not know."""
    done, calls = make(box, *asked)
    assert (done.returncode, calls) == (2, [])
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr


def test_verdicts_judges_again_and_trains_nothing(box):
    make(box, "report")
    assert make(box, "verdicts")[1] == ["judge cpu"]
    assert make(box, "report")[1] == ["render cpu"]


def test_bench_measures_the_parts_that_are_named(box):
    done, calls = make(box, "bench", "PARTS=engine --quick")
    assert (done.returncode, calls) == (0, ["bench engine"])


def test_run_alone_stops_before_judging(box):
    assert make(box, "run")[1] == ["run cpu"]
    done, calls = make(box, "run", "CONFIG=smoke", TOY_FAILED="one job")
    assert (done.returncode, calls) == (2, ["run smoke"])
    assert done.stderr.startswith("one job\n")


def test_a_python_that_is_too_old_is_one_clear_line(box):
    shutil.rmtree(box / ".venv")
    write(box / "old", "#!/bin/sh\nexit 1\n")
    (box / "old").chmod(0o755)
    done, calls = make(box, "report", "PYTHON=./old nowhere")
    assert (done.returncode, calls) == (2, [])
    assert "no Python 3.11 or later among: ./old nowhere; say make PYTHON=/path/to/python3.11" in done.stderr


def test_the_environment_is_brought_up_to_date_once_when_the_lock_changes(box):
    make(box, "report")
    touch(box / "requirements.lock")
    done, calls = make(box, "report", "PIP_FLAGS=--flag")
    assert done.stdout.startswith("environment: ")
    assert calls[:2] == ["install --quiet", "install --quiet"]
    assert "run cpu" not in calls


def test_the_environment_alone_is_installed_by_make_environment(box):
    """`make environment` is what `docs/install.md` begins with."""
    touch(box / "requirements.lock")
    done, calls = make(box, "environment")
    assert (done.returncode, calls) == (0, ["install --quiet", "install --quiet"])
    assert make(box, "environment")[1] == []


def test_an_environment_without_pip_is_made_again(box):
    """Debian's Python without python3-venv leaves such a one behind."""
    write(box / "python", '#!/bin/sh\necho "$*" >> calls\n')
    (box / "python").chmod(0o755)
    touch(box / "requirements.lock")
    calls = make(box, "environment", "PYTHON=./python", TOY_WITHOUT_PIP="1")[1]
    assert calls[1:] == ["-m venv .venv", "install --quiet", "install --quiet"]


def test_packages_that_cannot_be_had_are_told_and_asked_for_again(box):
    touch(box / "requirements.lock")
    done, calls = make(box, "environment", TOY_OFFLINE="1")
    assert (done.returncode, calls) == (2, ["install --quiet"])
    assert "Without a network: docs/install.md" in done.stderr.splitlines()[0]
    assert make(box, "environment")[1] == ["install --quiet", "install --quiet"]


def test_an_environment_that_was_moved_is_told_instead_of_used(box):
    """A virtual environment's programs name the folder that they were made in."""
    touch(box / "requirements.lock")
    make(box, "report")
    moved = box.rename(box.with_name("somewhere else"))
    for target in ("report", "environment", "test"):
        done, calls = make(moved, target)
        assert (done.returncode, calls) == (2, [])
        assert done.stderr.startswith(".venv was made in another folder and does not work in this one: rm -r .venv")
    assert make(moved, "clean")[0].returncode == 0
    moved.rename(box)


def test_an_environment_made_elsewhere_is_used_when_it_is_named(box):
    shutil.move(box / ".venv", box / "conda")
    (box / "conda" / ".ready").unlink()
    done, calls = make(box, "report", f"VENV={box / 'conda'}")
    assert done.returncode == 0, done.stderr
    assert calls == ["install --quiet", "install --quiet", "run cpu", "judge cpu", "render cpu"]
    assert not (box / ".venv").exists()


def test_clean_leaves_the_measurements(box):
    make(box, "report")
    write(box / ".store" / "jobs" / "a")
    assert make(box, "clean")[0].returncode == 0
    assert (box / ".store" / "jobs" / "a").exists()
    assert (box / "reports" / "book.yml").exists()
    assert not (box / "reports" / "cpu").exists()
