"""Write-ups: an article says what the records say of its claims and nothing else, in one page and a few sheets."""

import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import claim_records
import nbformat
import numpy as np
import pandas as pd
import pytest

from acts import claims, figures, records, writeups
from acts.__main__ import main
from acts.claims import evidence, findings
from acts.figures import evidence as drawings
from acts.figures.palette import GREY, PALE, VERDICTS
from acts.writeups import Asked, WriteupError, article, words
from acts.writeups.note import LONGEST, MOST

ROOT = Path(__file__).parents[1]
BY_ID = {claim.id: claim for claim in claims.catalogue()}
MEASURED = {"C25": "supported", "C46": "refuted", "C20": "refuted", "C64": "refuted", "C86": "supported"}
HOSTILE = '<script>alert(1)</script> {} #panic("x") $5 \\input{x} `<b>` ::: [x](javascript:alert(1)) @nobody %s'
CATALOGUE = pd.DataFrame(
    [
        ("sigmoid", "sigmoid", "sigmoidal", "logistic", r"\sigma(x)", "rumelhart1986"),
        ("tanh", "tanh", "sigmoidal", "", r"\tanh x", ""),
        ("relu", "ReLU", "rectifier", "", r"\max(0, x)", "nair2010"),
        ("leaky_relu", "Leaky ReLU", "rectifier", "", r"\max(\alpha x, x)", "maas2013"),
        ("selu", "SELU", "exponential", "", r"\lambda x", ""),
        ("swish", "Swish", "smooth gated", "silu", r"x\,\sigma(x)", ""),
        ("mish", "Mish", "smooth gated", "", r"x \tanh x", ""),
    ],
    columns=["name", "label", "family", "aliases", "latex", "key"],
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a review in which a few claims were measured and judged."""
    folder = tmp_path_factory.mktemp("review")
    published = folder / "reports" / "cpu"
    for name in ("params", "notebooks"):
        (folder / name).mkdir()
    (folder / "Makefile").touch()
    published.mkdir(parents=True)
    shutil.copy(ROOT / "params" / "cpu.yaml", folder / "params")
    for name in ("book.yml", "references.bib"):
        shutil.copy(ROOT / "reports" / name, folder / "reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACTS_ROOT", str(folder))
        publish(published)
        yield folder


def publish(folder: Path) -> None:
    """Write what a configuration publishes, from records made for the claims."""
    made = records.concat([claim_records.made(BY_ID[name], word) for name, word in MEASURED.items()])
    made = made.drop_duplicates(claim_records.KEY, keep="first").reset_index(drop=True)
    told = {"commit": "c" * 40, "config": "cpu", "title": "A <b>review</b>", "measured": "2026-01-02T03:04:05+00:00",
            "device": {"asked": "cpu", "got": "cpu", "name": "A processor"}, "dtype": "float32",
            "versions": {"python": "3.11.7", "torch": "2.13.0"},
            "experiments": {"convergence": {"runs": 1234, "seconds": 60.0}}}  # fmt: skip
    made.to_parquet(folder / "records.parquet")
    (folder / "provenance.json").write_text(json.dumps(told))
    CATALOGUE.assign(year=2000, reference="Someone 2000", formula="x", derivative_latex="1", elementwise=True,
                     parameters="{}").to_csv(folder / "catalogue.csv", index=False)  # fmt: skip
    index = claims.Index(made)
    ledger = claims.ledger(index, config="cpu")
    ledger.to_csv(folder / "ledger.csv", index=False)
    rows = [
        {"claim": "C25", "verdict": "supported", "half_margin": "supported", "fragile": False, "because": ""},
        {"claim": "C46", "verdict": "refuted", "half_margin": "mixed", "fragile": True, "because": "mixed at half"},
    ]
    pd.DataFrame(rows).to_csv(folder / "sensitivity.csv", index=False)


@pytest.fixture(scope="module")
def note(root: Path) -> writeups.Note:
    assert root.is_dir()
    asked = Asked(("C25", "C46", "C64"), ("relu", "leaky_relu"), "Is ReLU faster?", ("A. Writer",))
    return writeups.read("cpu", asked)


@pytest.fixture(scope="module")
def files(note: writeups.Note) -> dict[str, bytes]:
    return writeups.make(note)


@pytest.fixture(scope="module")
def page(files: dict[str, bytes]) -> str:
    return files["is-relu-faster.html"].decode()


def plain(page: str) -> str:
    """Return the words that a reader sees between the tags of a page's text."""
    body = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


# --- what an article says -------------------------------------------------------------------------------------------


def test_the_cards_say_what_the_ledger_says(note: writeups.Note, root: Path) -> None:
    ledger = pd.read_csv(root / "reports" / "cpu" / "ledger.csv").set_index("claim")
    for card in note.cards:
        row = ledger.loc[card.claim.id]
        assert (card.verdict.verdict, card.verdict.sentence) == (row["verdict"], row["sentence"])
    assert {card.claim.id: card.verdict.verdict for card in note.cards} == {
        name: MEASURED[name] for name in ("C25", "C46", "C64")
    }


def test_an_article_has_question_method_findings_limits_references_and_provenance(page: str) -> None:
    text = plain(page)
    sections = ("Question", "Method", "Findings", "Limits", "Provenance", "References")
    places = [text.index(section) for section in sections]
    assert places == sorted(places)
    for said in ("A. Writer", "1 234 runs on convergence", "A processor (cpu)", "sha256", "Is ReLU faster?"):
        assert said in text.replace("\xa0", " "), said
    assert "C46 is fragile: mixed at half." in text
    assert "C25 keeps its verdict" in text
    assert "C47" in text  # the claim that pulls the other way


def test_every_claim_has_its_card_and_what_it_rests_on(page: str) -> None:
    for name, label in (("C25", "fig-c25"), ("C46", "fig-c46"), ("C64", "tbl-c64")):
        assert f'id="claim-{name}"' in page
        assert f'id="{label}"' in page
        assert re.search(rf'href="#{label}"', page), label
    assert page.count("<svg") >= 2


def test_an_article_is_one_to_four_pages(files: dict[str, bytes]) -> None:
    sheets = files["is-relu-faster.pdf"]
    assert sheets.startswith(b"%PDF")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", sheets)) <= 4
    assert b"ledger.csv" in sheets


def test_the_abstract_counts_verdicts_and_contrasts(note: writeups.Note) -> None:
    said = words.abstract(note)
    assert said.startswith("Of three claims one is supported and two are refuted.")
    table = pd.concat([part.rows for part in evidence.parts(BY_ID["C25"], note.index)])
    fall = f"of {len(table)} contrasts {len(table)} are in favour"
    assert fall not in said  # of three claims there is no room for it
    assert fall in words.abstract(writeups.read("cpu", Asked(("C25", "C46"), (), "T")))


@pytest.mark.usefixtures("root")
def test_a_function_that_no_claim_is_about_is_named_as_such() -> None:
    other = writeups.read("cpu", Asked(("C25",), ("mish",), "Mish"))
    assert "Mish takes part in none of the claims." in words.limits(other)
    assert "takes part" not in words.limits(writeups.read("cpu", Asked(("C25",), ("relu",), "ReLU")))


@pytest.mark.usefixtures("root")
def test_a_claim_that_was_not_measured_says_so(tmp_path: Path) -> None:
    made = writeups.write("cpu", Asked(("C88",), (), "GELU"), out=tmp_path)
    assert "not measured here" in plain(made[0].read_text())
    assert "<figure" not in made[0].read_text().partition("Findings")[2].partition("Limits")[0]


@pytest.mark.usefixtures("root")
def test_which_activations_are_named_changes_no_verdict() -> None:
    said = [
        [
            (card.verdict.verdict, card.verdict.sentence)
            for card in writeups.read("cpu", Asked(("C25", "C20"), own, "T")).cards
        ]
        for own in ((), ("tanh",), ("relu", "sigmoid"))
    ]
    assert said[0] == said[1] == said[2]


# --- the figure of a claim ------------------------------------------------------------------------------------------


def test_contrasts_of_other_functions_are_pale_and_all_are_drawn(note: writeups.Note) -> None:
    (part,) = evidence.parts(BY_ID["C25"], note.index)
    everything = drawings.lines(part, note.catalogue)
    named = drawings.lines(part, note.catalogue, ("tanh",))
    assert [line.text for line in everything] == [line.text for line in named]
    for line in named:
        if line.row:
            mine = "tanh" in line.row["activations"]
            assert (line.colour == PALE) == (not mine)
            assert mine == (line.row["rival"] == "tanh")
    assert {line.colour for line in everything if line.row} == {VERDICTS["supported"]}


def test_tasks_stand_above_their_mean(note: writeups.Note) -> None:
    (part,) = evidence.parts(BY_ID["C46"], note.index)
    assert len(part.tasks) == int(part.rows["n"].iloc[0])
    assert part.tasks["effect"].mean() == pytest.approx(float(part.rows["effect"].iloc[0]))
    own = drawings.lines(part, note.catalogue)
    assert [line.mean for line in own] == [False] * len(part.tasks) + [True]
    assert {line.colour for line in own[:-1]} == {GREY}


def test_a_figure_has_its_numbers_as_a_table_and_as_words(note: writeups.Note) -> None:
    figure = drawings.contrasts(note.index, note.catalogue, "C25", activations=("relu",))
    rows = pd.concat([part.rows for part in evidence.parts(BY_ID["C25"], note.index)])
    assert figure.data is not None
    assert sorted(figure.data["effect"]) == pytest.approx(sorted(rows["effect"]))
    assert f"{len(rows)} contrasts ({len(rows)} in favour)" in figure.finding
    other = note.index.records.assign(value=note.index.records["value"] ** 1.1)
    again = drawings.contrasts(claims.Index(other), note.catalogue, "C25")
    assert again.finding != figure.finding


def test_a_claim_of_parts_has_a_panel_a_part(note: writeups.Note) -> None:
    figure = drawings.contrasts(note.index, note.catalogue, "C20")
    assert len(figure.axes) == len(BY_ID["C20"].rule.parts)
    assert set(figure.data["part"]) == set(BY_ID["C20"].rule.parts)


def test_of_very_many_contrasts_the_outer_ones_are_drawn() -> None:
    rows = [drawings.Line(str(one), {"effect": one}) for one in range(100)]
    kept = drawings._fewest(rows, 36)
    assert [line.text for line in kept if line.row] == [*map(str, range(18)), *map(str, range(82, 100))]
    assert "64 more" in next(line.text for line in kept if not line.row)
    assert drawings._fewest(rows[:37], 36) == rows[:37]


@pytest.mark.parametrize(("scale", "better"), [("log", "lower"), ("log", "higher"), ("linear", "lower")])
def test_a_difference_is_what_the_reader_s_number_was_made_of(scale: str, better: str) -> None:
    rule = BY_ID["C25"].rule.model_copy(update={"scale": scale, "better": better})
    for difference in (-2.0, -0.1, 0.0, 0.3, 1.5):
        assert evidence.difference(rule, findings.shown(rule, difference)) == pytest.approx(difference)
    assert np.isinf(evidence.difference(rule, findings.shown(rule, -np.inf)))


def test_a_figure_of_nothing_says_so() -> None:
    figure = drawings.contrasts(records.frame([]), CATALOGUE, "C25")
    assert figure.finding == "Not measured here: contrasts behind C25."


# --- the same every time, and true code -----------------------------------------------------------------------------


@pytest.mark.usefixtures("root")
def test_a_second_run_gives_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = []
    for name in ("one", "two"):
        out = tmp_path / name
        line = [
            "writeup",
            "--claims",
            "c25,C46",
            "--activations",
            "ReLU,leaky_relu",
            "--title",
            "Ж?",
            "--out",
            str(out),
        ]
        assert main(line) == 0
        made.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert made[0] == made[1]
    assert {Path(name).suffix for name in made[0]} == {".html", ".pdf", ".ipynb"}
    assert capsys.readouterr().out.count("made: ") == 6
    assert str(tmp_path).encode() not in b"".join(made[0].values())


@pytest.mark.usefixtures("root")
def test_the_notebook_s_code_gives_what_stands_below_it(files: dict[str, bytes]) -> None:
    notebook = nbformat.read(io.StringIO(files["is-relu-faster.ipynb"].decode()), as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    space: dict[str, Any] = {}
    exec(cells[0].source, space)
    for cell in cells[1:]:
        shown = eval(re.sub(r"^#\|.*\n", "", cell.source, flags=re.MULTILINE), space)
        stored = cell.outputs[0].data
        if isinstance(shown, figures.style.Drawing):
            assert figures.render(shown).decode() == stored["image/svg+xml"]
        else:
            assert shown._repr_mimebundle_() == dict(stored)


def test_the_command_in_an_article_makes_it_again(note: writeups.Note) -> None:
    assert words.command(note) == (
        "python -m acts writeup --claims C25,C46,C64 --activations relu,leaky_relu --author 'A. Writer'"
        " --title 'Is ReLU faster?' --config cpu"
    )


@pytest.mark.usefixtures("root")
def test_a_hostile_title_stays_text(tmp_path: Path) -> None:
    made = writeups.write("cpu", Asked(("C25",), (), HOSTILE, (HOSTILE,)), out=tmp_path)
    assert {path.parent for path in made} == {tmp_path}
    page = made[0].read_text()
    assert "<script>alert(1)" not in page
    assert not re.search(r"""(?:href|src)=["']?\s*javascript:""", page)
    assert HOSTILE in plain(page).replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"').replace("&quot;", '"')


@pytest.mark.parametrize(
    ("title", "name"),
    [("Is ReLU faster?", "is-relu-faster"), ("../../etc/passwd", "etc-passwd"), ("Übung №1", "ubung-no1"),
     ("x" * 60, "x" * 60)],
)  # fmt: skip
def test_a_file_is_named_after_the_title(title: str, name: str) -> None:
    assert article.slug(title) == name


@pytest.mark.parametrize(
    ("titles", "form"),
    [(("活性化関数", "Функции", "…"), r"writeup-[0-9a-f]{8}"),
     (("ReLU, 活性化", "ReLU, 関数", "ReLU, функция"), r"relu-[0-9a-f]{8}"),
     (("x" * 61, "x" * 80 + " first", "x" * 80 + " second"), r"x{51}-[0-9a-f]{8}")],
)  # fmt: skip
def test_titles_that_differ_where_a_name_leaves_off_name_different_files(titles: tuple[str, ...], form: str) -> None:
    names = {article.slug(title) for title in titles}
    assert len(names) == len(titles)
    assert all(re.fullmatch(form, name) for name in names)


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "activations", "title", "said"),
    [
        ("C99", "", "T", r"unknown claim 'C99' \(90 known\)"),
        ("", "", "T", "no claim is named"),
        (",".join(sorted(BY_ID)[: MOST + 1]), "", "T", f"{MOST + 1} claims are named; an article takes {MOST}"),
        ("C25", "rellu", "T", r"unknown activation 'rellu'; did you mean 'relu'\? \(known: "),
        ("C25", "", "  ", "the title is empty"),
        ("C25", "", "x" * (LONGEST + 1), f"{LONGEST + 1} letters; {LONGEST} are the most"),
        ("C25", "", "a\x1bb", r"holds '\\x1b', which cannot be printed"),
        ("C25", "", "a\udcffb", r"holds '\\udcff', which cannot be printed"),
    ],
)
@pytest.mark.usefixtures("root")
def test_what_cannot_be_written_is_one_line_and_2(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    claimed: str,
    activations: str,
    title: str,
    said: str,
) -> None:
    line = [
        "writeup",
        "--claims",
        claimed,
        "--activations",
        activations,
        "--title",
        title,
        "--out",
        str(tmp_path / "o"),
    ]
    assert main(line) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert re.search(said, err), err
    assert not (tmp_path / "o").exists()


@pytest.mark.usefixtures("root")
def test_an_alias_and_a_label_name_their_function() -> None:
    assert writeups.read("cpu", Asked(("C25",), ("silu", "Leaky ReLU", "leaky_relu"), "T")).activations == (
        "swish", "leaky_relu",
    )  # fmt: skip


@pytest.fixture
def other(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a configuration of its own, to be damaged."""
    shutil.copytree(root, tmp_path / "review")
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path / "review"))
    return tmp_path / "review" / "reports" / "cpu"


def test_records_that_are_not_there_empty_or_damaged_are_said(other: Path) -> None:
    asked = Asked(("C25",), (), "T")
    records.frame([]).to_parquet(other / "records.parquet")
    with pytest.raises(WriteupError, match=r"records\.parquet holds no measurement; run: python -m acts run cpu"):
        writeups.read("cpu", asked)
    (other / "records.parquet").write_bytes(b"PAR1")
    with pytest.raises(WriteupError, match=r"records\.parquet cannot be read"):
        writeups.read("cpu", asked)
    (other / "records.parquet").unlink()
    with pytest.raises(WriteupError, match=r"records\.parquet is not there; first run: python -m acts run cpu"):
        writeups.read("cpu", asked)


def test_a_ledger_that_is_older_than_the_records_is_refused(other: Path) -> None:
    ledger = other / "ledger.csv"
    asked = Asked(("C25",), (), "T")
    ledger.write_text(ledger.read_text().replace("C25,supported", "C25,mixed"))
    with pytest.raises(WriteupError, match="the ledger says mixed of C25 where the records say supported; judge"):
        writeups.read("cpu", asked)
    writeups.read("cpu", Asked(("C46",), (), "T"))
    ledger.unlink()
    with pytest.raises(WriteupError, match=r"ledger\.csv is not there; run: python -m acts judge cpu"):
        writeups.read("cpu", asked)


@pytest.mark.usefixtures("root")
def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").touch()
    assert main(["writeup", "--claims", "C25", "--title", "T", "--out", str(tmp_path / "taken")]) == 2
    assert "a file stands where the folder should be" in capsys.readouterr().err


def test_by_default_articles_stand_beside_the_report(other: Path) -> None:
    made = writeups.write("cpu", Asked(("C25",), (), "T"))
    assert [path.relative_to(other).as_posix() for path in made] == [
        "writeups/t.html", "writeups/t.pdf", "writeups/t.ipynb",
    ]  # fmt: skip
