"""Provenance: the commit that a report names is that of the source, or none; and what the doctor says of it."""

import subprocess
from email.message import Message
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from unittest.mock import Mock

import pytest

from acts import doctor, provenance

AS_SOMEONE = ("-c", "user.name=Someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository of one file and one commit, taken for the source of acts."""
    (tmp_path / "file").write_text("a")
    for words in (["init", "-q"], ["add", "file"], ["commit", "-q", "-m", "One"]):
        subprocess.run(["git", *AS_SOMEONE, *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(provenance, "SOURCE", tmp_path)
    return tmp_path


def test_the_commit_is_marked_where_files_differ_from_it(repository: Path) -> None:
    commit = provenance.commit()
    assert len(commit) == 40
    (repository / "untracked").write_text("b")
    assert provenance.commit() == commit
    (repository / "file").write_text("b")
    assert provenance.commit() == commit + "+"


def test_where_the_review_stands_does_not_change_the_commit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = provenance.commit()
    monkeypatch.setenv("ACTS_ROOT", str(repository.parent))
    assert provenance.commit() == commit


def test_a_repository_around_the_source_is_not_its_own(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where an archive of the source is unpacked in a home folder that is under git."""
    (repository / "unpacked").mkdir()
    monkeypatch.setattr(provenance, "SOURCE", repository / "unpacked")
    assert provenance.commit() == "unknown"


@pytest.mark.usefixtures("repository")
def test_the_doctor_tells_of_a_commit_that_git_keeps_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"what": "git does not tell the commit, so reports cannot name it"}
    assert found.items() <= told_of(commit="unknown")[0].items()
    assert told_of(commit="0123456") == []
    monkeypatch.setattr(provenance, "SOURCE", provenance.SOURCE / "nowhere")
    assert told_of(commit="unknown") == []


def test_the_doctor_tells_of_a_python_that_was_never_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._untried() == []
    monkeypatch.setattr(doctor, "metadata", Mock(side_effect=PackageNotFoundError("acts")))
    assert doctor._untried() == []
    monkeypatch.setattr(doctor, "metadata", lambda _: Message())
    assert [what.startswith("acts was never tried on Python 3.") for what, _ in doctor._untried()] == [True]


def told_of(*, commit: str) -> list[dict[str, str]]:
    """Return the problems of a machine where all is well but, perhaps, the commit."""
    software = {"not installed": [], "not as in requirements.lock": [], "encoding": "utf-8", "commit": commit}
    store = {"writable": True, "free_gib": 100.0}
    found = {"software": software, "store": store, "reports": {"writable": True}, "tools": {"fonts": "whole"}}
    return doctor.problems({**found, "configurations": {}, "data_sets": {}})
