"""Keys: what a run depends on invalidates it, and nothing else does."""

import ast
import importlib
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from acts import datasets
from acts.engine import keys
from acts.jobs import Job

ACTS = Path(keys.__file__).parents[1]


def test_comments_docstrings_and_layout_are_not_part_of_a_source():
    plain = "def f(x):\n    return x + 1\n"
    dressed = '"""A file."""\n\ndef f(\n    x,\n):\n    """A function."""\n    # why\n    return (x + 1)\n'
    assert keys.normalised(plain) == keys.normalised(dressed)
    assert keys.normalised(plain) != keys.normalised(plain.replace("1", "2"))


def test_a_body_that_is_only_a_docstring_stays_a_body():
    assert keys.normalised('def f():\n    """Nothing."""\n') == keys.normalised("def f():\n    pass\n")


@pytest.fixture
def toy(monkeypatch):
    """Return the toy comparison with given rooms."""
    module = keys.resolve("toy", str(Path(__file__).parent / "toys" / "toy.py"))

    def with_rooms(*rooms):
        monkeypatch.setattr(module, "rooms", rooms)
        return module

    return with_rooms


def test_a_key_depends_on_the_run_and_not_on_its_company(toy):
    runs = ({"seed": 1, "lr": 0.1}, {"seed": 2, "lr": 0.1})
    together = keys.keys(Job("toy", "relu", runs), toy())
    assert keys.keys(Job("toy", "relu", runs[1:]), toy()) == together[1:]
    assert len({*together, *keys.keys(Job("toy", "tanh", runs), toy())}) == 4
    assert keys.keys(Job("toy", "relu", ({"seed": 1, "lr": 0.2},)), toy())[0] not in together


def test_a_key_depends_on_the_source_of_its_rooms(toy, monkeypatch):
    job = Job("toy", "relu", ({"seed": 1},))
    before = keys.keys(job, toy("records"))
    assert keys.keys(job, toy()) != before
    monkeypatch.setattr(keys, "room_source", lambda _: "edited")
    keys.source.cache_clear()
    assert keys.keys(job, toy("records")) != before
    keys.source.cache_clear()


def test_a_key_refuses_nan(toy):
    with pytest.raises(ValueError, match="not JSON compliant"):
        keys.keys(Job("toy", "relu", ({"lr": float("nan")},)), toy())


def test_a_key_depends_on_torch_and_on_the_data(toy, monkeypatch):
    job = Job("toy", "relu", ({"dataset": "digits"},))
    before = keys.keys(job, toy("datasets"))
    monkeypatch.setattr(keys, "data", lambda name: f"another {name}")
    assert keys.keys(job, toy("datasets")) != before
    assert keys.keys(job, toy()) == keys.keys(job, toy())
    now = keys.keys(job, toy())
    monkeypatch.setattr(keys, "torch_version", lambda: "9.9")
    assert keys.keys(job, toy()) != now


def test_a_new_activation_changes_no_other_ones_key():
    from acts import activations
    from acts.activations.registry import temporarily

    keys._function_source.cache_clear()
    before = {name: keys.function_source(name) for name in activations.names()}
    keys._function_source.cache_clear()
    with temporarily():

        @activations.register("x*x*x", "Nobody 2026, A cube", family="own", label="cube")
        def cube_of_a_test(x):
            return x * x * x

        assert before == {name: keys.function_source(name) for name in before}
        assert keys.function_source("cube_of_a_test") not in before.values()
    assert len(set(before.values())) == len(before)


def test_a_variant_has_a_key_of_its_own():
    assert keys.function_source("leaky_relu(alpha=0.1)") != keys.function_source("leaky_relu")


def test_what_a_function_reaches_in_its_file_is_part_of_it(tmp_path):
    def reach(text):
        path = tmp_path / f"m{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text)
        return keys.reach(keys.resolve(path.stem, str(path)).f)

    plain = "A = 1\nB = 2\n\ndef g(x):\n    return x * A\n\n@staticmethod\ndef f(x):\n    return g(x)\n"
    plain = plain.replace("@staticmethod\n", "")
    assert reach(plain) == reach(plain.replace("B = 2", "B = 3"))
    assert reach(plain) != reach(plain.replace("A = 1", "A = 5"))
    assert reach(plain) != reach(plain.replace("x * A", "x + A"))


@pytest.mark.parametrize("word", keys.words())
def test_a_comparison_lists_every_room_that_its_measuring_goes_through(word):
    """A room that is used and not listed could change without its records being computed again."""
    module = keys.resolve(word)
    waiting = _measuring(module)
    seen = set()
    while waiting:
        room, code = waiting.pop()
        if (room, code) not in seen:
            seen.add((room, code))
            waiting += _reached(importlib.import_module(f"acts.{room}"), code) if code else _imported(room)
    plain = {"jobs", "nearest", "params", "records"}  # what they do to a run stands in its spec, rows or messages
    rooms = {room for room, _ in seen} - plain
    assert rooms <= set(module.rooms), f"{word} goes through {sorted(rooms - set(module.rooms))} too"


def _measuring(module):
    """Return the rooms that measuring goes through, that of a package's own files included."""
    found = _reached(module, "".join(keys.reach(module.measure)))
    for path in keys.own_files(Path(module.__file__)).values():
        if hasattr(module, "__path__") and path.stem != "__init__":
            own = importlib.import_module(f"{module.__name__}.{path.stem}")
            found += _reached(own, "".join(keys.reach(own.measure))) if hasattr(own, "measure") else []
    return [(room, code) for room, code in found if room != "experiments"]


def _reached(module, code):
    """Return the rooms that some code of a module goes through, each with the code of it where it is one file."""
    tree = ast.parse(Path(module.__file__).read_text())
    return [(room, _part(room, code)) for room in _rooms_imported(tree) if _mentions(code, tree, room)]


def _part(room, code):
    """Return what some code uses of a room of one file; nothing for a room that is used whole."""
    module = importlib.import_module(f"acts.{room}")
    if not (ACTS / f"{room}.py").exists():
        return ""
    used = set(re.findall(rf"value=Name\(id='{room}'.*?attr='(\w+)'", code)) | set(
        re.findall(r"Name\(id='(\w+)'", code)
    )
    functions = [found for name in sorted(used) if callable(found := vars(module).get(name))]
    return "".join(line for function in functions for line in keys.reach(function))


def _imported(room):
    """Return the rooms that the files of a room import."""
    return [(found, "") for path in keys.files(room) for found in _rooms_imported(ast.parse(path.read_text()))]


def _rooms_imported(tree):
    """Return the rooms of acts that a source imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "acts":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("acts."):
            found.add(node.module.split(".")[1])
    return {room for room in found if (ACTS / room).is_dir() or (ACTS / f"{room}.py").exists()}


def _mentions(code, tree, room):
    """Say whether a normalised source uses a room, or a name that was imported from it."""
    names = {room}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[:2] == ["acts", room]:
            names |= {alias.asname or alias.name for alias in node.names}
    return any(f"Name(id='{name}'" in code for name in names)


def test_an_unknown_room_or_comparison_is_one_clear_line():
    with pytest.raises(ValueError, match="unknown room 'cellar'"):
        keys.room_source("cellar")
    with pytest.raises(ValueError, match="unknown experiment 'gradient'; did you mean 'gradient_flow'"):
        keys.resolve("gradient")


# --- what an edit of the source invalidates ---------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Return a copy of the package, and what tells which comparisons' sources an edit of it changed."""
    shutil.copytree(ACTS, tmp_path / "acts", ignore=shutil.ignore_patterns("__pycache__", "fonts"))
    monkeypatch.setattr(keys, "acts", SimpleNamespace(__file__=str(tmp_path / "acts" / "__init__.py")))
    modules = {word: keys.resolve(word) for word in keys.words()}

    def sources():
        keys.room_source.cache_clear()
        keys.source.cache_clear()
        found = {
            word: keys.source(
                word, str(tmp_path / "acts" / Path(module.__file__).relative_to(ACTS)), tuple(module.rooms)
            )
            for word, module in modules.items()
        }
        keys.room_source.cache_clear()
        keys.source.cache_clear()
        return found

    before = sources()
    yield tmp_path / "acts", lambda: {word for word, source in sources().items() if source != before[word]}
    keys.room_source.cache_clear()
    keys.source.cache_clear()


def add(path, text):
    """Add a text to the end of a file."""
    path.write_text(f"{path.read_text()}\n{text}\n")


def test_a_comment_anywhere_invalidates_nothing(copied):
    folder, changed = copied
    for path in folder.rglob("*.py"):
        add(path, "# a remark")
    assert changed() == set()


def test_an_edit_invalidates_the_comparisons_that_go_through_the_room_and_no_other(copied):
    folder, changed = copied
    add(folder / "training" / "loop.py", "X = 1")
    trained = {word for word in keys.words() if "training" in keys.resolve(word).rooms}
    assert changed() == trained
    assert "formulas" not in trained
    assert {"convergence", "generalization"} <= trained


def test_an_edited_comparison_invalidates_itself_alone(copied):
    folder, changed = copied
    add(folder / "experiments" / "gradient_flow.py", "X = 1")
    assert changed() == {"gradient_flow"}


def test_an_edit_of_any_file_of_a_comparison_in_several_invalidates_it(tmp_path):
    package = tmp_path / "several"
    (package / "deep").mkdir(parents=True)
    files = [package / "__init__.py", package / "plans.py", package / "deep" / "rows.py"]
    for path in files:
        path.write_text('"""A file."""\nA = 1\n')

    def source():
        keys.source.cache_clear()
        return keys.source("several", str(files[0]), ())

    found = [source()]
    for path in files:
        add(path, "# a remark")
        assert source() == found[-1]
        add(path, "B = 1")
        found.append(source())
    (package / "fresh.py").write_text("C = 1\n")
    assert len({*found, source()}) == 5
    keys.source.cache_clear()


def test_a_comparison_in_several_files_is_found_by_its_word(tmp_path, monkeypatch):
    folder = tmp_path / "acts" / "experiments"
    (folder / "several").mkdir(parents=True)
    for name in ("__init__.py", "single.py", "_private.py", "several/__init__.py", "several/plans.py"):
        (folder / name).write_text("")
    monkeypatch.setattr(keys, "acts", SimpleNamespace(__file__=str(tmp_path / "acts" / "__init__.py")))
    assert keys.words() == ["several", "single"]


def test_every_activation_of_a_stack_is_part_of_its_key(toy, monkeypatch):
    job = Job("toy", "tanh", ({"layers": "tanh|relu"},))
    before = keys.keys(job, toy("activations"))
    plain = keys.function_source
    monkeypatch.setattr(keys, "function_source", lambda name: "edited" if name == "relu" else plain(name))
    assert keys.keys(job, toy("activations")) != before
    alone = Job("toy", "tanh", ({"lr": 1.0},))
    monkeypatch.undo()
    unchanged = keys.keys(alone, toy("activations"))
    monkeypatch.setattr(keys, "function_source", lambda name: "edited" if name == "relu" else plain(name))
    assert keys.keys(alone, toy("activations")) == unchanged


def test_how_records_are_computed_judged_and_drawn_invalidates_none_of_them(copied):
    folder, changed = copied
    for room in ("bench", "claims", "engine", "figures", "params", "reports", "stats"):
        for path in (folder / room).rglob("*.py"):
            add(path, "X = 1")
    assert changed() == set()


def test_a_new_activation_and_a_new_data_set_invalidate_nothing(copied):
    folder, changed = copied
    add(folder / "activations" / "catalogue.py", "def fresh(x):\n    return x")
    add(folder / "datasets" / "makers.py", "def fresh():\n    return 1, 2")
    add(folder / "datasets" / "sources.py", "SOURCES['fresh'] = 1")
    assert changed() == set()
    add(folder / "datasets" / "splits.py", "X = 1")
    assert changed() == {word for word in keys.words() if "datasets" in keys.resolve(word).rooms}


@pytest.mark.parametrize(
    "make",
    sorted({datasets.source(name).make for name in datasets.names()}, key=lambda make: make.__name__),
    ids=lambda make: make.__name__,
)
def test_the_code_of_a_data_set_is_one_function_that_its_fingerprint_covers(make):
    """The makers' files are in no key, so what a maker used in its file would be in none either."""
    tree = ast.parse(Path(make.__code__.co_filename).read_text())
    defined = {name for node in tree.body for name in _defined(node)}
    assert make.__name__ in defined
    assert not _globals(make.__code__) & defined


def _defined(node):
    """Return the names that a statement at the top of a file defines, those of imports aside."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
    return {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()


def _globals(code):
    """Return the names that a function, or one within it, looks up outside itself."""
    inner = [_globals(part) for part in code.co_consts if hasattr(part, "co_names")]
    return set(code.co_names).union(*inner)
