"""The same records give the same bytes: another day's process, order of hashes, time zone, language and folder too."""

import hashlib
import shutil

import pytest
import small_review
from small_review import Made

ELSEWHERE = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "tr_TR.UTF-8", "COLUMNS": "40"}
HERE = {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
FILES = [*(f"{name}.html" for name in small_review.PAGES), "report.pdf", "write-up.pdf", "notebook.pdf"]
KEPT = ("records.parquet", "catalogue.csv", "ledger.csv", "sensitivity.csv", "provenance.json")

pytestmark = pytest.mark.timeout(900)  # reviews are made here


def digests(made: Made) -> dict[str, str]:
    """Return what a reader gets, by the sha256 of each file."""
    files = {f"{name}.html": path for name, path in made.pages.items()}
    files |= {f"{name}.pdf": path for name, path in made.papers.items()}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


@pytest.fixture(scope="module")
def again(review: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a copy of the review's records in another folder, from which everything was made anew elsewhere."""
    root = tmp_path_factory.mktemp("another place") / "a much longer path than the first, with spaces"
    small_review.laid_out(root)
    made = Made(root)
    made.folder.mkdir()
    for name in KEPT:
        shutil.copy(review.folder / name, made.folder)
    small_review.acts(root, "render", "tiny", **ELSEWHERE)
    small_review.written_up(root, **ELSEWHERE)
    small_review.exported(made, **ELSEWHERE)
    return made


@pytest.mark.parametrize("name", FILES)
def test_made_anew_elsewhere_every_file_is_the_same(review: Made, again: Made, name: str) -> None:
    assert digests(again)[name] == digests(review)[name]


def test_executed_anew_elsewhere_every_notebook_shows_the_same(review: Made, again: Made) -> None:
    names = sorted(path.name for path in review.folder.glob("*.ipynb"))
    assert len(names) == 4
    assert [name for name in names if (review.folder / name).read_bytes() != (again.folder / name).read_bytes()] == []


def test_rendered_a_second_time_nothing_changes(again: Made) -> None:
    before = digests(again)
    small_review.acts(again.root, "render", "tiny", **HERE)
    small_review.written_up(again.root, **HERE)
    assert digests(again) == before


def test_no_page_names_the_folder_it_was_made_in(review: Made, again: Made) -> None:
    for made in (review, again):
        for path in [*made.pages.values(), *made.papers.values()]:
            assert str(made.root).encode() not in path.read_bytes(), path.name


def test_a_changed_record_changes_the_bytes(again: Made) -> None:
    """Or the bytes would be the same for no good reason."""
    ledger = (again.folder / "ledger.csv").read_text(encoding="utf-8")
    before = digests(again)
    (again.folder / "ledger.csv").write_text(ledger.replace("C28,refuted", "C28,supported"), encoding="utf-8")
    try:
        small_review.acts(again.root, "site", **HERE)
        assert digests(again)["index.html"] != before["index.html"]
    finally:
        (again.folder / "ledger.csv").write_text(ledger, encoding="utf-8")
        small_review.acts(again.root, "site", **HERE)
    assert digests(again) == before
