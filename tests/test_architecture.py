"""The house keeps its plan: the wall between making and judging, lazy imports."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
JUDGING = ["records", "jobs", "params", "stats", "claims", "figures", "lab", "reports", "wording"]
VAGUE = {"utils", "helpers", "common", "misc", "core", "base", "manager"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listing.stdout.splitlines()]


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
