"""What a review found, as the README tells it: taken from what was published, and no word of it typed."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from acts.colours import BY_NIGHT, VERDICTS
from acts.reports import found

ROOT = Path(__file__).parents[1]
KEPT = (ROOT / found.FOLDER / "ledger.csv").read_text(encoding="utf-8")
TOLD = json.loads((ROOT / found.FOLDER / "origin.json").read_text(encoding="utf-8"))
PROVENANCE = {
    "config": "tiny", "commit": "0123456789abcdef", "measured": "2026-01-02T03:04:05+00:00",
    "hardware": {"system": "Linux x86_64", "processor": "abacus", "cores": 3}, "versions": {"torch": "2.13.0"},
    "experiments": {"formulas": {"runs": 7, "seconds": 1.0}, "cost": {"runs": 1200, "seconds": 5399.0}},
}  # fmt: skip
README = f"# acts\n\nabove\n{found.BEGIN}\nold\n{found.END}\nbelow\n"


@pytest.fixture
def root(review_folder: Path) -> Path:
    """Return a review with one published configuration, its ledger that of the README, and a README to write."""
    folder = review_folder / "reports" / "tiny"
    folder.mkdir(parents=True)
    (review_folder / "params" / "tiny.yaml").write_text("title: t\nexperiments: {}\nnotebooks: [00_verdicts]\n")
    pd.read_csv(ROOT / found.FOLDER / "ledger.csv").assign(sentence="so", q_fdr=0.5).to_csv(folder / "ledger.csv")
    (folder / "records.parquet").write_bytes(b"records")
    (folder / "provenance.json").write_text(json.dumps(PROVENANCE))
    (review_folder / "README.md").write_text(README, encoding="utf-8")
    return review_folder


def test_a_review_s_findings_are_written_and_told_between_the_marks(root, capsys):
    assert found.main(["tiny"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "made: README.md"
    text = (root / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# acts\n\nabove\n")
    assert text.endswith(f"{found.END}\nbelow\n")
    assert "old" not in text
    assert "90 claims, judged on 1\N{NO-BREAK SPACE}207 runs: " in text
    assert "on 2026-01-02 by `make report CONFIG=tiny` at commit `0123456`" in text
    assert "(Linux x86_64, abacus, 3 cores, torch 2.13.0, 1.5 h of one core; records sha256 `" in text
    assert (root / found.FOLDER / "ledger.csv").read_text(encoding="utf-8") == KEPT


def test_a_second_time_changes_no_byte(root):
    found.main(["tiny"])
    before = {path: path.read_bytes() for path in [root / "README.md", *(root / found.FOLDER).iterdir()]}
    found.main(["tiny"])
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("name", ["ledger.csv", "records.parquet", "provenance.json"])
def test_a_review_that_is_not_whole_is_one_line_and_2_and_nothing_is_written(root, capsys, name):
    (root / "reports" / "tiny" / name).unlink()
    assert found.main(["tiny"]) == 2
    assert capsys.readouterr().err == f"reports/tiny/{name} is not there; first run: make report CONFIG=tiny\n"
    assert (root / "README.md").read_text(encoding="utf-8") == README
    assert not (root / found.FOLDER).exists()


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (["tinny"], "unknown configuration 'tinny'; did you mean 'tiny'? (known: tiny)\n"),
        (["tiny", "other"], "one configuration, not 2: tiny other\n"),
    ],
)
@pytest.mark.usefixtures("root")
def test_what_is_no_configuration_is_one_line_and_2(capsys, given, line):
    assert found.main(given) == 2
    assert capsys.readouterr().err == line


@pytest.mark.parametrize("text", ["nothing", f"{found.END}\n{found.BEGIN}", f"{README}{README}"])
def test_a_readme_without_its_two_marks_is_left_alone(root, capsys, text):
    (root / "README.md").write_text(text, encoding="utf-8")
    assert found.main(["tiny"]) == 2
    assert "README.md: the two marks" in capsys.readouterr().err
    assert (root / "README.md").read_text(encoding="utf-8") == text
    assert not (root / found.FOLDER).exists()


def test_the_table_tells_numbers_as_the_report_does_and_conditions_where_no_number_decides():
    block = found.block(KEPT, TOLD)
    ledger = pd.read_csv(ROOT / found.FOLDER / "ledger.csv").set_index("claim")
    assert all(f"| {name} | {ledger.loc[name, 'statement']} | **{ledger.loc[name, 'verdict']}**" in block
               for name in found.HEARD)  # fmt: skip
    conditions = ledger.loc[list(found.HEARD)].query("verdict == 'true if'")["condition"]
    assert len(conditions)
    assert all(f"| {condition} |" in block for condition in conditions)


def test_text_of_a_ledger_stays_text():
    hostile = KEPT.replace("Swish costs more", "<b>a|b</b>")
    assert "| &lt;b&gt;a\\|b&lt;/b&gt; | **refuted**" in found.block(hostile, TOLD)


@pytest.mark.parametrize("night", [False, True])
def test_the_figure_has_every_verdict_in_its_colour_and_needs_no_font(night):
    drawn = found.picture(KEPT, night=night)
    words = pd.read_csv(ROOT / found.FOLDER / "ledger.csv")["verdict"].unique()
    assert all((BY_NIGHT[VERDICTS[word]] if night else VERDICTS[word]) in drawn for word in words)
    root = ElementTree.fromstring(drawn)
    assert not [node for node in root.iter() if node.tag.endswith("}text")]
    assert (root.get("fill") == found.NIGHT_INK) == night
    assert "font-family" not in drawn


def test_by_night_no_colour_of_the_day_is_left():
    drawn = found.picture(KEPT, night=True)
    assert not [day for day in (*BY_NIGHT, "#000000") if day in drawn]
