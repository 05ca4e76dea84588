"""The house keeps its plan: the wall between making and judging, lazy imports, one version of everything."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
JUDGING = ["records", "jobs", "params", "stats", "claims", "figures", "reports", "wording"]
VAGUE = {"utils", "helpers", "common", "misc", "core", "base", "manager"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listing.stdout.splitlines()]


def lock() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().split()
    return {name.lower().replace("_", "-"): version for name, version in (line.split("==") for line in lines)}


def imported_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_judging_half_never_meets_torch() -> None:
    loaded = imported_by("; ".join(f"import acts.{room}" for room in JUDGING))
    assert "torch" not in loaded


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not imported_by("import acts") & {"torch", "numpy", "pandas", "sympy"}


def test_import_contracts_hold() -> None:
    outcome = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stdout


def test_every_pinned_version_is_a_plain_one() -> None:
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.!]*", line), line


def test_the_lock_satisfies_what_the_package_asks_for() -> None:
    pinned = lock()
    project = PYPROJECT["project"]
    for text in [
        *project["dependencies"],
        *project["optional-dependencies"]["dev"],
        *PYPROJECT["build-system"]["requires"],
    ]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(pinned[wanted.name.lower().replace("_", "-")]), text


def test_conda_users_get_the_same_versions() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-r requirements.lock"]
    python = next(entry.split("=")[1] for entry in plain if entry.startswith("python="))
    assert PYPROJECT["project"]["requires-python"] == f">={python}"
    assert {entry.split("=")[0] for entry in plain} == {"python", "make", "pip"}


def test_versions_agree() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PYPROJECT["project"]["version"]
    code = "import acts; print(acts.__version__)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == citation["version"]


def test_no_room_has_a_vague_name() -> None:
    assert not [path for path in tracked("*.py") if path.stem in VAGUE]


def test_no_file_names_a_machine() -> None:
    place = re.compile(r"(?<![\w.-])/(?:home|root|Users|work|opt)/[\w.-]+")
    for path in tracked():
        if path.suffix in {".woff2", ".ttf", ".otf", ".png"} or not path.is_file():
            continue
        found = place.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.relative_to(ROOT)}: {found and found.group()}"


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "CHANGELOG.md", "VISION.md", "CITATION.cff", "Makefile"])
def test_the_front_door_stands(name: str) -> None:
    assert (ROOT / name).stat().st_size > 200


def test_decisions_are_one_page_each() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text()
        assert len(text.splitlines()) <= 60, page.name
        assert all(f"## {part}" in text for part in ("Context", "Decision", "Consequence")), page.name
