"""One set of versions, whichever way in: pip, conda, a container, Binder, continuous integration."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["dev"],
    *PROJECT["build-system"]["requires"],
]
WORKFLOW = ".github/workflows/review.yml"
PYTHONS = ["3.11", "3.12", "3.13"]
MACHINES = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64", "os_name": "posix"},
}
# What torch's own metadata pins for its build with CUDA, which the lock leaves to torch.
OF_TORCH = re.compile(r"nvidia-|cuda-|triton$")


@cache
def locked() -> list[Requirement]:
    """Return the lines of the lock."""
    return [Requirement(line) for line in (ROOT / "requirements.lock").read_text().splitlines()]


@cache
def pinned(system: str, python: str) -> dict[str, str]:
    """Return the version that the lock installs of each package on such a machine."""
    here = {**MACHINES[system], "python_version": python, "python_full_version": f"{python}.0"}
    lines = [line for line in locked() if line.marker is None or line.marker.evaluate({**here, "extra": ""})]
    return {canonicalize_name(line.name): str(line.specifier).removeprefix("==") for line in lines}


@cache
def wanted(name: str, extra: str, *, system: str, python: str) -> list[Requirement]:
    """Return what an installed package asks for on such a machine."""
    here = {**MACHINES[system], "python_version": python, "python_full_version": f"{python}.0", "extra": extra}
    asked = [Requirement(text) for text in distribution(name).requires or []]
    return [line for line in asked if line.marker is None or line.marker.evaluate(here)]


def test_every_line_of_the_lock_pins_one_version() -> None:
    line = re.compile(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.!]*(; (python_version|sys_platform) == \"[a-z0-9.]+\")?")
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert [text for text in lines if not line.fullmatch(text)] == []
    assert lines == sorted(lines, key=str.lower)
    assert len({canonicalize_name(asked.name) for asked in locked()}) == len(lines)


@pytest.mark.parametrize("text", ASKED)
def test_the_lock_satisfies_what_the_package_asks_for(text: str) -> None:
    asked = Requirement(text)
    for system in MACHINES:
        for python in PYTHONS:
            assert asked.specifier.contains(pinned(system, python)[canonicalize_name(asked.name)])


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", MACHINES)
def test_the_lock_names_all_that_its_packages_ask_for(system: str, python: str) -> None:
    versions = pinned(system, python)
    missing, clashing, seen = [], [], set()
    todo = [(Requirement(text), "acts") for text in ASKED]
    while todo:
        asked, by = todo.pop()
        name = canonicalize_name(asked.name)
        if name not in versions:
            missing += [] if OF_TORCH.match(name) else [f"{name}, for {by}"]
            continue
        if not asked.specifier.contains(versions[name], prereleases=True):
            clashing.append(f"{asked}, for {by}: {versions[name]}")
        for extra in {"", *asked.extras} - {extra for known, extra in seen if known == name}:
            seen.add((name, extra))
            if is_here(name):
                todo += [(line, name) for line in wanted(name, extra, system=system, python=python)]
    assert (missing, clashing) == ([], [])


def is_here(name: str) -> bool:
    """Return whether a package of the lock is installed; those of other machines and other Pythons are not."""
    return any(canonicalize_name(line.name) == name and line.marker is None for line in locked())


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_can_be_installed_with_the_first_release_of_each_python(python: str) -> None:
    narrow = {}
    for line in locked():
        if line.marker is None:
            asks = distribution(line.name).metadata.get("Requires-Python")  # some packages ask for none
            if asks and not SpecifierSet(asks).contains(f"{python}.0"):
                narrow[line.name] = asks
    assert narrow == {}


def test_what_is_installed_here_is_what_the_lock_says() -> None:
    here = {line.name: distribution(line.name).version for line in locked() if line.marker is None}
    said = {line.name: str(line.specifier).removeprefix("==") for line in locked() if line.marker is None}
    assert {name: version.partition("+")[0] for name, version in here.items()} == said


# --- every way in installs that lock, with that Python


def yaml_of(path: str) -> dict:
    """Return a YAML file of the review."""
    return yaml.safe_load((ROOT / path).read_text())


def test_the_pythons_are_the_same_everywhere() -> None:
    said = PROJECT["project"]["classifiers"]
    series = "Programming Language :: Python :: 3."
    assert [line.rpartition(" ")[2] for line in said if line.startswith(series)] == PYTHONS
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"
    assert PROJECT["tool"]["ruff"]["target-version"] == "py" + PYTHONS[0].replace(".", "")
    assert PROJECT["tool"]["mypy"]["python_version"] == PYTHONS[0]
    assert yaml_of(WORKFLOW)["jobs"]["tests"]["strategy"]["matrix"]["python"] == PYTHONS
    tried = re.search(r"^PYTHON \?= (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert tried is not None
    assert tried[1].split() == [*(f"python{python}" for python in PYTHONS), "python3"]


@pytest.mark.parametrize("path", ["environment.yml", "binder/environment.yml"])
def test_conda_users_get_the_same_versions(path: str) -> None:
    environment = yaml_of(path)
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    folder = (ROOT / path).parent
    assert [(folder / line.partition(" ")[2]).resolve() for line in pip] == [ROOT / "requirements.lock", ROOT]
    assert [line.partition(" ")[0] for line in pip] == ["-r", "-e"]
    versions = dict(entry.split("=") for entry in plain if "=" in entry)
    assert versions.pop("python") == PYTHONS[0]
    assert set(versions.values()) <= {pinned("linux", PYTHONS[0])["torch"]}
    assert {entry.split("=")[0] for entry in plain} - {"pytorch-cpu"} == {"python", "make", "pip"}
    assert environment["channels"] == ["conda-forge"]


def test_binder_takes_the_build_without_cuda() -> None:
    torch = pinned("linux", PYTHONS[0])["torch"]
    assert f"pytorch-cpu={torch}" in yaml_of("binder/environment.yml")["dependencies"]


# --- what the code imports is what it asks for


@cache
def tracked(*patterns: str) -> list[Path]:
    """Return the files that git tracks."""
    listing = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_file_names_an_index_of_packages() -> None:
    place = re.compile(r"(index.url|find.links)[ =:]+\S*://|/simple/|download\.pytorch", re.IGNORECASE)
    for path in tracked("*.md", "*.yml", "*.yaml", "*.toml", "*.lock", "*.json", "Makefile", "Dockerfile", ".ci/run"):
        assert place.search(path.read_text(encoding="utf-8")) is None, path.relative_to(ROOT)


# Declared and never imported: what in the house asks for each.
BY_NAME = {
    "setuptools": ("pyproject.toml", "setuptools.build_meta"),
    "ipykernel": ("acts/reports/execution.py", "ipykernel_launcher"),
    "jupyterlab": ("Makefile", "jupyter lab"),
    "pytest-timeout": ("pyproject.toml", "timeout = "),
    "pytest-xdist": ("Makefile", "pytest -n"),
    "ruff": ("Makefile", "ruff check"),
    "mypy": ("Makefile", "bin/mypy"),
    "pandas-stubs": ("pyproject.toml", "[tool.mypy]"),
    "import-linter": ("Makefile", "lint-imports"),
    "nbstripout": ("Makefile", "nbstripout --verify"),
}


def code(path: Path) -> list[str]:
    """Return the Python in a module or in a notebook's cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [text]
    cells = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return [re.sub(r"^[%!].*", "", cell, flags=re.MULTILINE) for cell in cells]


@cache
def imports(path: Path) -> frozenset[str]:
    """Return the first words of what a module or a notebook imports."""
    found = set()
    for node in (node for text in code(path) for node in ast.walk(ast.parse(text))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return frozenset(found)


def imported(*patterns: str) -> set[str]:
    """Return the first words of what is imported there, the standard library and the review's own left out."""
    found = frozenset().union(*(imports(path) for path in tracked(*patterns)))
    own = {"acts", *(path.stem for path in tracked("tests/*.py", "tests/toys/*.py"))}
    return found - set(sys.stdlib_module_names) - own


@cache
def holders() -> Mapping[str, list[str]]:
    """Return which installed packages hold each module."""
    return packages_distributions()


def packages(modules: set[str]) -> set[str]:
    """Return which packages of the lock hold these modules."""
    names = {canonicalize_name(line.name) for line in locked()}
    found = {module: {canonicalize_name(name) for name in holders().get(module, [])} & names for module in modules}
    assert [module for module, holding in found.items() if not holding] == []
    return {name for holding in found.values() for name in holding}


def test_every_import_is_declared() -> None:
    project = PROJECT["project"]
    run = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    dev = {canonicalize_name(Requirement(text).name) for text in project["optional-dependencies"]["dev"]}
    assert packages(imported("acts/*.py", "notebooks/*.ipynb")) - run == set()
    assert packages(imported("tests/*.py")) - run - dev == set()
    assert run & dev == set()


def test_every_declared_package_is_used() -> None:
    used = packages(imported("*.py", "*.ipynb"))
    unused = {canonicalize_name(Requirement(text).name) for text in ASKED} - used
    assert unused == set(BY_NAME)
    for path, word in BY_NAME.values():
        assert word in (ROOT / path).read_text()
