"""Python files and packages that bring activations along: what they import counts, and what is wrong is one line."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_cli import TINY, said

from acts import params
from acts.__main__ import main
from acts.activations import own, registry
from acts.engine import keys
from acts.params import plugins

ROOT = Path(__file__).parents[1]
HEAD = "import torch, acts\n"
BUMP = """\
@acts.register("x*exp(-x**2)", "me 2026, a bump", family="mine", label="Bump")
def bumpy(x):
    return x * torch.exp(-x * x)
"""
GATED = BUMP.replace("x*exp(-x**2)", "x*b").replace("(x):", "(x, b):")

pytestmark = pytest.mark.usefixtures("nothing_own")


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Leave Python's modules and its path as they were."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


# --- what a file imports from beside it -------------------------------------------------------------------------------


@pytest.fixture
def beside(tmp_path):
    """Return a folder with a plugin that imports a file, which imports from a package; and more that it does not.

    It is called as our package, as a clone of the review may be.
    """
    tmp_path = tmp_path / "acts"
    written = {
        "mine.py": f"import torch, acts\nimport os, slopes\nfrom acts import get\n\n{BUMP}",
        "slopes.py": "from parts import steep\nSLOPE = steep.SLOPE\n",
        "parts/__init__.py": "",
        "parts/steep.py": "from .far import SLOPE\n",
        "parts/far.py": "SLOPE = 2\n",
        "parts/other.py": "SLOPE = 3\n",
        "other.py": "SLOPE = 3\n",
        "acts/__init__.py": "",
        "Makefile": "",
    }
    for name, text in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_is_installed_and_our_own_rooms_stand_alone():
    """Their versions and sources are in a key already; torch alone would be thousands of files."""
    for path in (Path(torch.nn.functional.__file__), ROOT / "acts" / "activations" / "catalogue.py"):
        assert plugins.files(path) == [path]


IMPORTED = ["mine.py", "parts/__init__.py", "parts/far.py", "parts/steep.py", "slopes.py"]


def test_a_file_comes_with_what_it_imports_from_its_folder_and_nothing_else(beside):
    found = plugins.files(beside / "mine.py")
    assert found[0] == beside / "mine.py"
    assert sorted(path.relative_to(beside).as_posix() for path in found) == IMPORTED
    assert set(plugins.modules(beside / "mine.py")) == {"slopes", "parts", "parts.steep", "parts.far"}


def test_an_edit_of_what_a_file_imports_is_another_file_and_of_anything_else_is_not(beside):
    digest = plugins.digest(beside / "mine.py")
    for name in ("other.py", "parts/other.py", "acts/__init__.py"):
        (beside / name).write_text("SLOPE = 7\n")
    assert plugins.digest(beside / "mine.py") == digest
    (beside / "parts/far.py").write_text("SLOPE = 7\n")
    assert plugins.digest(beside / "mine.py") != digest
    with pytest.raises(own.OwnError, match="another file here than where the run was started"):
        own.plugin(beside / "mine.py", digest)


def test_a_run_depends_on_what_its_function_imports(beside):
    """The key of a run moves with the imported source, though not with a comment in it."""
    own.plugin(beside / "mine.py")
    body = registry.get("bumpy").body
    before = keys.reach(body)
    (beside / "parts/far.py").write_text("SLOPE = 2  # as it was\n")
    assert keys.reach(body) == before
    (beside / "parts/far.py").write_text("SLOPE = 7\n")
    assert keys.reach(body) != before


def test_what_a_file_that_failed_had_imported_is_read_anew_when_both_are_mended(tmp_path):
    plugin, slope = tmp_path / "mended.py", tmp_path / "slope_beside.py"
    text = f"from slope_beside import SLOPE\n{HEAD}{BUMP}".replace("return x", "return SLOPE * x")
    slope.write_text("SLOPE = 3.0\n")
    plugin.write_text(f"{text}raise ValueError('not yet')\n")
    with pytest.raises(own.OwnError, match="not yet"):
        own.plugin(plugin)
    slope.write_text("SLOPE = 1.0  # mended\n")
    plugin.write_text(text)
    own.plugin(plugin)
    assert registry.get("bumpy")(torch.tensor(1.0)).item() == pytest.approx(math.exp(-1))


def test_make_watches_what_a_file_imports(review_folder, beside):
    (review_folder / "params" / "tiny.yaml").write_text(f"plugins: [{beside}/mine.py]\n{TINY}")
    loaded = params.load("tiny")
    watched = [os.path.normpath(loaded._folder / path) for path in loaded.plugin_files()]
    assert sorted(watched) == sorted(str(beside / name) for name in IMPORTED)


def test_a_file_imports_what_lies_beside_it_wherever_one_works(beside, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert own.plugin(beside / "mine.py") == ["bumpy"]
    assert sys.modules["slopes"].SLOPE == 2


def test_two_files_that_import_two_modules_of_one_name_are_told_apart(beside, tmp_path):
    second = tmp_path / "second"
    second.mkdir()
    (second / "hill.py").write_text(f"{HEAD}import slopes\n{BUMP.replace('bumpy', 'hilly').replace('Bump', 'Hill')}")
    (second / "slopes.py").write_text("SLOPE = 5\n")
    own.plugin(beside / "mine.py")
    with pytest.raises(own.OwnError, match=r"imports slopes, but \S+ has that name already; rename slopes.py"):
        own.plugin(second / "hill.py")
    assert "hilly" not in registry.names()


# --- what is wrong with a file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HEAD}def f(:\n", r"mine\.py:2: SyntaxError: invalid syntax"),
        (f"{HEAD}\ndef f():\n    raise KeyError('k')\n\nf()\n", r"mine\.py:4: KeyError: 'k'"),
        (f"{HEAD}import sys\nsys.exit(3)\n", r"mine\.py:3: SystemExit: 3"),
        ("import nothing_like_it\n", r"mine\.py:1: ModuleNotFoundError: No module named 'nothing_like_it'"),
        (HEAD + BUMP.replace("bumpy", "relu"), "activation 'relu' is already registered"),
        (HEAD + BUMP.replace("bumpy", "ReLU"), "activation 'ReLU' differs from 'relu' in capital letters alone"),
        (HEAD + BUMP.replace("bumpy", "bömpy"), "'bömpy' cannot name an activation"),
        (HEAD + BUMP.replace('"Bump"', '"leaky relu"'), "label 'leaky relu' is that of leaky_relu; give it another"),
        (HEAD + BUMP.replace('"Bump"', '"\u200b"'), "label must be one line of at most 40 visible characters"),
        (HEAD + BUMP.replace('"Bump"', f'"{"a" * 41}"'), "label must be one line of at most 40 visible characters"),
        (HEAD + BUMP.replace('"Bump"', '"Bump", aliases="bb"'), r"aliases is a list of names, \['bb'\]"),
        (HEAD + BUMP.replace('"Bump"', '"Bump", aliases=["silu"]'), "activation 'silu' is already registered"),
        (HEAD + GATED.replace('"Bump"', '"Bump", b=1.0, learn="b"'), r"learn is a list of names, \['b'\]"),
        (HEAD + GATED.replace('"Bump"', '"Bump", b=torch.ones(2)'), "the default of 'b' must be a number"),
        (HEAD + BUMP.replace('"Bump"', '"Bump", b=1.0'), "its function does not take the parameter 'b'"),
        (
            f"{HEAD}for n in 'ab':\n    def f(x): return x\n    f.__name__ = n\n"
            "    acts.register('x', 'me', family='mine', label=n * 2)(f)\n",
            r"a should be registered by @acts.register\(...\) over a function of that name",
        ),
        (f"import atexit\n{HEAD}@atexit.register\ndef bye(): pass\n{BUMP}", "bye should be registered by "),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_nothing_behind(review_folder, capsys, text, told):
    known = registry.names()
    (review_folder / "mine.py").write_text(text, encoding="utf-8")
    (review_folder / "params" / "tiny.yaml").write_text(f"plugins: [mine.py]\n{TINY}")
    assert main(["run", "tiny", "--dry"]) == 2
    line = said(capsys)
    assert line.startswith("params/tiny.yaml:1: plugins: plugin ")
    assert re.search(told, line)
    assert "\n" not in line
    assert main(["check", str(review_folder / "mine.py")]) == 2
    assert re.search(told, said(capsys))
    assert registry.names() == known


@pytest.mark.parametrize(
    "raw", [b"\xef\xbb\xbf%s", b"# -*- coding: latin-1 -*-\n# caf\xe9\n%s"], ids=["bom", "latin-1"]
)
def test_a_file_in_any_encoding_that_python_reads_is_read(tmp_path, raw):
    (tmp_path / "mine.py").write_bytes(raw % (HEAD + BUMP).replace("\n", "\r\n").encode())
    assert own.plugin(tmp_path / "mine.py") == plugins.registered_in(tmp_path / "mine.py") == ["bumpy"]
    assert keys.function_source("bumpy")


def test_a_function_that_cannot_be_called_keeps_no_requirement_and_says_so(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(HEAD + BUMP.replace("(x):", "(x, y):"))
    assert main(["check", str(tmp_path / "mine.py")]) == 1
    out, err = capsys.readouterr()
    assert "has a stable init, so that depth neither blows up nor kills the signal\tmissing 1 required" in out
    assert err == ""


# --- packages ---------------------------------------------------------------------------------------------------------


def test_packages_whose_functions_cannot_be_told_apart_are_left_out_and_harm_nobody(tmp_path):
    """Each package is a folder on the path beside its metadata, as pip leaves it; the first of two alike is kept."""
    packages = {
        "a_good": ("bumpy", BUMP),
        "b_same": ("hilly", BUMP.replace("bumpy", "hilly").replace('"Bump"', '"bump"')),
        "c_known": ("mine", BUMP.replace("bumpy", "mine").replace('"Bump"', '"ReLU"')),
        "d_other": ("promised", BUMP.replace("bumpy", "kept").replace('"Bump"', '"Kept"')),
        "e_exits": ("gone", "raise SystemExit(5)\n"),
        "f_again": ("bumpy", BUMP.replace('"Bump"', '"Again"')),
        "g_claims": ("relu", "x = 1\n"),
    }
    for package, (name, text) in packages.items():
        folder = tmp_path / f"{package}-1.0.dist-info"
        folder.mkdir()
        (tmp_path / f"{package}.py").write_text(HEAD + text)
        (folder / "entry_points.txt").write_text(f"[acts.activations]\n{name} = {package}\n")
        (folder / "METADATA").write_text(f"Name: {package}\nVersion: 1.0\n")
    script = "import acts; from acts.params import own; print(*acts.names()[-2:], *own.installed())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1:] == ["bumpy", "bumpy"], done.stdout
    for name, told in (
        ("hilly", "hilly: label 'bump' is that of bumpy; give it another"),
        ("mine", "mine: label 'ReLU' is that of relu; give it another"),
        ("promised", "it registers no activation called 'promised'"),
        ("gone", "SystemExit: 5"),
        ("bumpy", "activation 'bumpy' is already registered"),
        ("relu", "it registers no activation called 'relu'"),
    ):
        assert re.search(rf"activation {name} of \w+ is left out: .*{re.escape(told)}", done.stderr), done.stderr
