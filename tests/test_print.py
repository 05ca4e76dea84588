"""Print: front matter written from the ledger, and a PDF on whose pages nothing is cut, orphaned or out of place."""

import csv
import io
import json
import math
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import printed
import pytest
from nbformat import NotebookNode, v4

from acts.reports import abstract, book, cards, document, guide, ledger, matter, pdf, sketch, tables, tree
from acts.reports.words import escape, listed, plural, thousands

ROOT = Path(__file__).parents[1]

FIELDS = (
    "claim", "verdict", "effect", "unit", "low", "high", "level", "n", "margin", "condition", "sentence", "topic",
    "kind", "experiment", "notebook", "statement", "source",
)  # fmt: skip
EXPERIMENTS = {"convergence": {"runs": 1200, "records": 5, "diverged": 1, "seconds": 150.0}}
PROVENANCE = {
    "commit": "0123456789abcdef0123", "measured": "2026-02-03T04:05:06+00:00", "title": "Two cores",
    "device": {"asked": "cpu", "got": "cpu", "name": "A processor"}, "versions": {"acts": "0.1.0"},
    "experiments": EXPERIMENTS,
}  # fmt: skip


def claim(
    name: str, verdict: str, ends: tuple[float, float, float] | None = None, **given: object
) -> dict[str, object]:
    """Return a row of a ledger; ``ends`` are low end, effect and high end, with a margin of 5."""
    row: dict[str, object] = {
        "claim": name, "verdict": verdict, "statement": f"Statement {name}", "topic": "ReLU", "kind": "experiment",
        "experiment": "convergence", "notebook": "05_convergence", "source": "A text; Another text",
        "sentence": f"{verdict.capitalize()}. Told.",
    }  # fmt: skip
    if ends:
        low, effect, high = ends
        row |= {
            "low": low,
            "effect": effect,
            "high": high,
            "level": 0.95,
            "n": 12,
            "margin": 5.0,
            "unit": "% less time",
        }
    return row | given


LEDGER = (
    claim("C01", "supported", (10.0, 12.0, 14.0)),
    claim("C02", "supported", (30.0, 32.0, 34.0)),
    claim("C03", "refuted", (-90.0, -80.0, -70.0)),
    claim("C04", "refuted", (-math.inf, -math.inf, -math.inf)),
    claim("C05", "refuted", (-2.0, 0.0, 2.0), level=0.9),
    claim("C06", "inconclusive", (-3.0, 4.0, 11.0)),
    claim("C07", "true if", kind="exact", source="A text"),
    claim("C08", "not measured here"),
)  # fmt: skip


def written(rows: tuple[Mapping[str, object], ...] = LEDGER) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture
def rows() -> tuple[ledger.Row, ...]:
    return ledger.rows(written())


@pytest.fixture
def front(rows: tuple[ledger.Row, ...]) -> document.Front:
    title = matter.Title(title="A review", subtitle="Small", authors=["N. Obody"], opening="Opening.")
    return matter.front(
        title, "tiny", matter.counts(written()), PROVENANCE,
        claims=rows, chapters=["00_verdicts", "05_convergence"], records="ab" * 32,
    )  # fmt: skip


# --- the ledger as it is told ---------------------------------------------------------------------------------------


def test_an_effect_below_zero_is_told_the_other_way_round(rows: tuple[ledger.Row, ...]) -> None:
    assert rows[2]["effect"] == "80\N{NO-BREAK SPACE}% more time"
    assert rows[2]["interval"] == "95\N{NO-BREAK SPACE}% interval [70, 90]"
    assert (rows[2]["value"], rows[2]["low"]) == ("-80.0", "-90.0")


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (-78.2, "% more linear pieces", "78.2\N{NO-BREAK SPACE}% fewer linear pieces"),
        (0.9997, "decades of squared gradient lost per layer", "1 decade of squared gradient lost per layer"),
        (-1.0, "margins less test error", "1 margin more test error"),
        (2.0, "margins less test error", "2 margins less test error"),
        (-0.5, "largest slope", "−0.5 largest slope"),
    ],
)
def test_an_effect_agrees_with_its_unit(value: float, unit: str, told: str) -> None:
    assert ledger.told(value, None, None, None, unit=unit) == (told, "")


def test_a_claim_without_an_interval_has_none(rows: tuple[ledger.Row, ...]) -> None:
    exact = ledger.rows(written((claim("C09", "supported", (0.25, 0.25, 0.25), level=1.0, unit="largest slope"),)))
    assert (exact[0]["effect"], exact[0]["interval"]) == ("0.25 largest slope", "")
    assert (rows[6]["effect"], rows[6]["interval"]) == ("", "")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0"), (-0.0, "0"), (0.5646, "0.565"), (-78.18, "−78.2"), (73728, "73728"), (3.18e-14, "3.18 × 10⁻¹⁴"),
        (1e306, "∞"), (-math.inf, "−∞"), (math.nan, "not a number"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_prose_writes_it(value: float, told: str) -> None:
    assert ledger.number(value) == told


def test_the_ledger_in_json_holds_what_the_csv_holds() -> None:
    found = json.loads(ledger.to_json(written()))
    assert [row["claim"] for row in found] == [row["claim"] for row in LEDGER]
    assert (found[0]["effect"], found[0]["n"]) == (12.0, 12)
    assert found[3]["effect"] == "-inf"
    assert found[7]["effect"] is None


def test_a_chapter_has_the_compute_of_its_comparison(rows: tuple[ledger.Row, ...]) -> None:
    chapters = ["01_catalogue", "05_convergence"]
    assert ledger.runtimes(rows, {"convergence": 150.0}, chapters) == (("05_convergence", "2.5 min of compute"),)
    elsewhere = ledger.rows(written((claim("C01", "supported", experiment="formulas", notebook="01_catalogue"),)))
    assert ledger.runtimes(elsewhere, {"formulas": 9.7}, chapters) == (("01_catalogue", "10 s of compute"),)


# --- the front ------------------------------------------------------------------------------------------------------


def test_the_front_names_the_report_exactly(front: document.Front) -> None:
    assert front.records == "ab" * 6
    assert front.cite.startswith("@misc{acts-tiny-0123456,\n")
    for line in ("title   = {A review: Small}", "author  = {{N. Obody}}", "year    = {2026}"):
        assert line in front.cite
    assert "configuration tiny, commit 0123456789ab, records sha256 abababababab" in front.cite
    assert dict(front.facts)["Compute"] == "2.5 min"


def test_nothing_in_a_title_can_leave_its_field() -> None:
    title = matter.Title(title='}, evil = {x} \\input{y} 5 % of "a" & b_c @z')
    entry = matter.cite(title, "cpu", PROVENANCE)
    assert entry.count("{") == entry.count("}")
    assert r"title   = {, evil = x inputy 5 \% of a \& b\_c z}" in entry


def test_the_abstract_says_what_was_decided_and_how_much_is_open(front: document.Front) -> None:
    told = front.abstract
    assert "Opening\\. Of its **8** claims, drawn from 2 sources, **6** are decided here: " in told
    assert "2 supported, 3 refuted and 1 true only under a condition" in told
    assert "**2** stay open: 1 is inconclusive" in told
    assert "1 waits for comparisons" in told
    assert "Formulas alone decide 1; the others rest on 1\N{NO-BREAK SPACE}200 runs on A processor, 2.5 min" in told


def test_the_abstract_names_what_falls_hardest_and_what_stands(rows: tuple[ledger.Row, ...]) -> None:
    told = abstract.write("", rows, PROVENANCE)
    assert "hardest is the sentence “Statement C03” ([C03](#claim-C03)), where the records show" in told
    assert "show 80\N{NO-BREAK SPACE}\\% more time (95\N{NO-BREAK SPACE}\\% interval" in told
    assert "most firmly is “Statement C02” ([C02](#claim-C02))" in told
    assert "C04" not in told  # diverged: it has no size
    assert "C05" not in told  # refuted by equality: its interval is within the margin


@pytest.mark.parametrize("verdict", ["supported", "inconclusive", "not measured here"])
def test_the_abstract_of_a_ledger_of_one_verdict_is_whole_sentences(verdict: str) -> None:
    told = abstract.write("Opening.", ledger.rows(written((claim("C01", verdict),))), {})
    assert all(paragraph.rstrip().endswith(".") for paragraph in told.split("\n\n"))
    assert "{" not in told


def test_without_a_ledger_the_abstract_is_the_opening() -> None:
    assert abstract.write("Opening.", (), PROVENANCE) == "Opening\\."


def test_the_abstract_says_which_functions_were_brought_along(rows: tuple[ledger.Row, ...]) -> None:
    one, two = (abstract.write("", rows, PROVENANCE, brought=labels) for labels in (["My bump"], ["My bump", "A"]))
    assert one.endswith("brings **My bump** along; the last chapter asks whether it is any good.")
    assert two.endswith("brings **My bump** and **A** along; the last chapter asks whether any of them is any good.")
    assert "brings" not in abstract.write("", rows, PROVENANCE)


def test_functions_brought_along_are_told_in_front_where_their_chapter_is_bound(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "tiny"
    folder.mkdir(parents=True)
    (tmp_path / "reports" / "book.yml").write_text("title: T\n", encoding="utf-8")
    (tmp_path / "reports" / "references.bib").write_text("", encoding="utf-8")
    (folder / "ledger.csv").write_text(written((claim("C01", "supported"),)), encoding="utf-8")
    lines = "name,label,own\nrelu,ReLU,False\nmy_bump,My bump,True\n"
    (folder / "catalogue.csv").write_text(lines, encoding="utf-8")
    with_it, without = (
        book.bind([(name, document.note("# Good?"))], "tiny", root=tmp_path).front.abstract
        for name in ("12_yours", "00_verdicts")
    )
    assert "brings **My bump** along" in with_it
    assert "brings" not in without


def test_lists_and_plurals_read_as_prose() -> None:
    assert (listed(["a"]), listed(["a", "b", "c"]), listed([])) == ("a", "a, b and c", "")
    assert (plural(1, "source"), plural(1200, "source")) == ("1 source", "1\N{NO-BREAK SPACE}200 sources")
    assert thousands(999) == "999"
    assert escape("a\n*b*") == "a \\*b\\*"


# --- how to read this -----------------------------------------------------------------------------------------------


def test_the_guide_teaches_by_the_claim_told_in_the_fewest_words() -> None:
    longer = ledger.rows(written((claim("C01", "refuted", (1.0, 2.0, 3.0), sentence="Long " * 9), *LEDGER[1:2])))
    assert guide.example(longer)["claim"] == "C02"
    assert guide.example(ledger.rows(written((claim("C01", "inconclusive", (1.0, 2.0, 3.0)),)))) is None


def test_the_guide_counts_every_verdict_and_knows_them_all(front: document.Front) -> None:
    name, notebook = guide.chapter(front)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert name == guide.NAME
    assert set(guide.MEANINGS) == set(matter.VOCABULARY)
    assert "| supported | The difference that is claimed is there" in text
    assert "| 3 |" in next(line for line in text.splitlines() if line.startswith("| refuted"))
    assert "abababababab" in text
    assert guide.chapter(document.Front()) is None


def test_the_guide_stands_before_the_first_chapter_and_shifts_no_number(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "tiny"
    folder.mkdir(parents=True)
    (folder / "ledger.csv").write_text(written())
    (folder.parent / "book.yml").write_text("title: A review\n")
    (folder.parent / "references.bib").write_text("")
    made = book.bind([("00_verdicts", document.note("# What holds?"))], "tiny", root=tmp_path)
    assert [(heading.number, heading.identifier) for heading in made.headings if heading.level == 1] == [
        ("", "how-to-read"), ("1", "what-holds"),
    ]  # fmt: skip
    assert [item.name for item in made.attachments] == ["ledger.csv", "ledger.json"]
    assert json.loads(made.attachments[1].data)[2]["effect"] == -80.0


def test_the_sketch_draws_a_claim_of_each_kind_with_its_numbers(rows: tuple[ledger.Row, ...]) -> None:
    shown = sketch.chosen(rows)
    assert [row["claim"] for row in shown] == ["C01", "C05", "C06"]
    output = sketch.cell(shown).outputs[0]
    assert output.data["image/svg+xml"].count("<circle") == 3
    assert "C01, supported: 2.4 margins, from 2 to 2.8" in output.metadata["image/svg+xml"]["alt"]
    assert output.data["text/csv"].splitlines()[1] == "C01,supported,2,2.4,2.8"
    moved = sketch.chosen(ledger.rows(written((claim("C02", "supported", (30.0, 31.0, 34.0)),))))
    assert "6.2 margins" in sketch.cell(moved).outputs[0].metadata["image/svg+xml"]["alt"]


# --- cards ----------------------------------------------------------------------------------------------------------


def test_a_card_is_read_in_parts() -> None:
    block = document.build(
        [("x", document.note("**C25** [refuted]{.verdict} Says *so* [a]{.source}"))], document.Front()
    )
    head = cards.head(block.blocks[0])
    assert (head.claim, tree.text(head.verdict), tree.text(head.said)) == ("C25", "refuted", "Says so a")
    assert cards.head(document.build([("x", document.note("Plain."))], document.Front()).blocks[0]) is None


def test_an_interval_is_drawn_in_margins(rows: tuple[ledger.Row, ...]) -> None:
    assert cards.margins(rows[0]) == (2.0, 2.4, 2.8)
    assert cards.margins(rows[6]) is None
    assert all(map(math.isfinite, cards.margins(rows[3])))
    note = document.note("::: {#claim-C01 .claim .supported}\n**C01** [supported]{.verdict} Statement\n\nTold.\n:::")
    made = document.build([("x", note)], document.Front(claims=rows))
    assert "interval: (2, 2.4, 2.8)" in pdf.typeset(made)[0]


# --- tables ---------------------------------------------------------------------------------------------------------


def test_short_columns_keep_their_wish_and_long_ones_share_the_rest() -> None:
    shares = tables._shares([10.0, 200.0, 60.0], [5.0, 12.0, 12.0], size=1.0, line=100.0)
    assert shares[0] == pytest.approx((10 + tables.PADDING) / 100, abs=1e-4)
    assert shares[1] > shares[2] > 0.2
    assert sum(shares) == pytest.approx(1.0, abs=1e-3)


def test_a_name_and_a_range_of_numbers_stay_on_one_line() -> None:
    text = "| Activation | Ratio | Said |\n|:--|--:|:--|\n| Leaky ReLU | 0.941 [0.896, 0.989] | many words in a cell |"
    blocks = document.build([("x", document.note(text))], document.Front()).blocks
    wanted, needed = tables.widths(tree.find(blocks, "Table")[0])
    assert wanted[:2] == needed[:2]
    assert needed[2] < wanted[2] / 2
    assert tables.breadth("WWWW") > tables.breadth("oooo") > tables.breadth("iiii")


@pytest.mark.parametrize(("rows", "size"), [(tables.LONG - 1, tables.SIZES[0]), (tables.LONG, tables.SIZES[1])])
def test_a_long_table_that_wraps_is_set_smaller(rows: int, size: float) -> None:
    text = "| Asked | Answer |\n|:--|:--|\n" + f"| {'words ' * 20} | {'more words ' * 20} |\n" * rows
    blocks = document.build([("x", document.note(text))], document.Front()).blocks
    assert tables.plan(tree.find(blocks, "Table")[0]).size == size


# --- paging ---------------------------------------------------------------------------------------------------------


def typed(text: str, rows: tuple[ledger.Row, ...] = ()) -> str:
    """Return the Typst source of a book of one chapter."""
    return pdf.typeset(document.build([("x", document.note(text))], document.Front(title="A", claims=rows)))[0]


def test_words_that_lead_to_something_stay_with_it() -> None:
    source = typed("# T\n\nSo:\n\n- a\n- b\n\nNot so.\n\n## V\n\nEach.\n\n::: {.claim .mixed}\nSaid.\n:::")
    led = re.findall(r"#lead\[\s*(.*?)\s*\]", source, re.DOTALL)
    assert led == ["So:", "Each."]


def test_a_table_after_words_asks_for_room_and_one_after_a_heading_does_not() -> None:
    table = "| a | b |\n|:--|:--|\n| 1 | 2 |\n\n: Two. {#tbl-two}"
    assert typed(f"# T\n\nText.\n\n{table}").count("#room()") == 1
    assert "#room()" not in typed(f"# T\n\n## V\n\n{table}")


def test_headings_over_a_turned_table_turn_with_it_all() -> None:
    wide = "| " + " | ".join(["0.941 [0.896, 0.989]"] * 9) + " |\n|" + "--:|" * 9 + "\n" + "| 0.941 [0.896, 0.989] " * 9
    source = typed(f"# T\n\nText.\n\n## Upper\n\n### Lower\n\n{wide}")
    assert source.index("#page(flipped: true)[") < source.index("== Upper") < source.index("=== Lower")


@pytest.mark.parametrize("whole", [True, False])
def test_a_turned_table_with_a_caption_ends_its_chapter_or_article(whole: bool) -> None:
    wide = "| " + " | ".join(["0.941 [0.896, 0.989]"] * 9) + " |\n|" + "--:|" * 9 + "\n" + "| 0.941 [0.896, 0.989] " * 9
    text = f"# T\n\n@tbl-wide is wide.\n\n{wide}|\n\n: Wide. {{#tbl-wide}}\n\n## Lower\n\nLast.\n\n# Next\n\nMore."
    front = document.Front(title="A")
    source = pdf.typeset(document.build([("x", document.note(text))], front, whole=whole))[0]
    places = [source.index(said) for said in ("Last.", "#page(flipped: true)[", "= Next", "More.")]
    assert (places if whole else [places[at] for at in (0, 2, 3, 1)]) == sorted(places)


def test_a_word_longer_than_a_line_may_break() -> None:
    assert typed("a" * 90).count("#sym.zws;") == 11
    assert typed(f"`{'b' * 90}`").count("#sym.zws;") == 11
    assert "#sym.zws" not in typed("a" * 50)


def test_short_terms_stay_on_one_line() -> None:
    source = typed(
        "# T\n\nIt is 95 % here, n = 12, in MLP 2 × 32; see [it](#t). Something = something else.\n\nNot a % or × b."
    )
    assert "95~% here, n~=~12, in MLP 2~×~32; see~#link" in source.replace("\n", " ")
    assert "Something = something" in source.replace("\n", " ")
    assert "a % or × b" in source.replace("\n", " ")


def test_the_index_of_a_greek_letter_is_set_low() -> None:
    assert "σ#sub[w]² = 2" in typed("# T\n\nσ_w² = 2 and plain_sgd, `σ_w`.").replace("~", " ")
    assert "plain\\_sgd, `σ_w`" in typed("# T\n\nσ_w² = 2 and plain_sgd, `σ_w`.")


def test_a_short_card_stays_on_a_page_and_a_long_one_breaks(rows: tuple[ledger.Row, ...]) -> None:
    card = "::: {.claim .supported}\n**C01** [supported]{.verdict} Said.\n\n%s\n:::"
    assert "whole: true" in typed("# T\n\n" + card % "Short.", rows)
    assert "whole: false" in typed("# T\n\n" + card % ("Long and longer. " * 100), rows)


def test_a_wide_column_of_prose_is_wrapped_before_its_type_shrinks() -> None:
    text = f"| Claim | Where it stands | Printed |\n|:--|:--|--:|\n| C74 | {'words of a sentence ' * 5} | 1.6726 |"
    blocks = document.build([("x", document.note(text))], document.Front()).blocks
    assert tables.plan(tree.find(blocks, "Table")[0]).mode == "wrap"


def test_a_tall_formula_in_a_table_has_the_room_it_takes() -> None:
    source = typed("# T\n\n| a | b |\n|:--|:--|\n| $\\frac{1}{2}$ | $x$ |")
    assert source.count("#tall(") == 1


def test_the_list_of_claims_names_a_topic_without_what_stands_in_brackets(rows: tuple[ledger.Row, ...]) -> None:
    renamed = tuple({**row, "topic": "Swish, (Mish via papers)"} for row in rows)
    assert '("Swish", (("C01",' in typed("# T", renamed)


def test_the_claims_are_listed_by_topic_with_their_cards(rows: tuple[ledger.Row, ...]) -> None:
    source = typed("# T", rows)
    assert '("ReLU", (("C01", "Statement C01", "supported", "supported"),("C02",' in source
    assert "claims: ()" in typed("# T")


# --- what stands where ----------------------------------------------------------------------------------------------

WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
DIGEST = "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}">'
    '<rect width="{width}" height="{height}" fill="#b4b4b4"/><text x="9" y="20">inside</text></svg>'
)


def figure(label: str, width: int, height: int) -> NotebookNode:
    """Return a cell that shows a drawing of a size in points."""
    header = f"#| label: fig-{label}\n#| fig-cap: {'What is seen here, and how it is read. ' * 5}\n#| fig-alt: A box"
    shown = {"image/svg+xml": PICTURE.format(width=width, height=height)}
    return v4.new_code_cell(f"{header}\ndraw()", outputs=[v4.new_output("display_data", data=shown)])


def hard(chapter: int) -> NotebookNode:
    """Return a chapter of what is hard to set: long words, wide tables, tall figures, headings one after the other."""
    wide = "| " + " | ".join(f"column {index}" for index in range(14)) + " |\n|" + "--:|" * 14 + "\n"
    wide += ("| " + " | ".join(["0.941 [0.896, 0.989]"] * 14) + " |\n") * 30
    long = "| Claim | Said | Digest |\n|:--|:--|:--|\n" + f"| C01 | {'words and more words ' * 9} | {DIGEST} |\n" * 18
    card = (
        f"::: {{#claim-C0{chapter} .claim .refuted}}\n**C0{chapter}** [refuted]{{.verdict}} {'A statement ' * 15}"
        f"[{WORD}, Japanese]{{.source}}\n\n{'What was found, with its numbers. ' * 40}\n:::"
    )
    section = f"## Section\n\n{'A sentence that fills the line and goes on. ' * 20}\n\n"
    parts = [
        f"# Chapter {chapter} with a title that is longer than a line of its size can be, and {WORD}",
        f"See `{'long_name_' * 20}` and {'a' * 130} and https://example.org/{'path/' * 40}.\n\n" + section * 3,
        f"$$ {' + '.join(f'x_{{{index}}}' for index in range(60))} $$",
        *(f"{section}### Below\n\n### And below" for _ in range(3)), wide, section, long,
        f"```\n{'code that is longer than a line ' * 9}\n```", "## Verdicts\n\nEach is written.", card,
        section * chapter,
    ]  # fmt: skip
    cells = [v4.new_markdown_cell(part) for part in parts]
    cells[5:5] = [figure(f"tall-{chapter}", 400, 900), figure(f"wide-{chapter}", 1400, 300)]
    cells += [figure(f"last-{chapter}", 300, 500)]
    return v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def hard_pdf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, document.Document]:
    """Return a book of hard chapters with a front of hard words, and the document behind it."""
    said = f"{WORD} says " * 3
    rows = ledger.rows(written(tuple(claim(f"C{index:02}", "refuted", statement=said) for index in range(1, 95))))
    title = matter.Title(title=f"A title: {WORD}", subtitle="Sub", authors=["A. Author"] * 9, opening="Words. " * 60)
    front = matter.front(title, "tiny", matter.counts(written()), PROVENANCE, claims=rows)
    made = document.build([(f"0{index}_x", hard(index)) for index in (1, 2)], front)
    path = tmp_path_factory.mktemp("print") / "hard.pdf"
    path.write_bytes(pdf.render(made))
    return path, made


def titles(made: document.Document) -> set[str]:
    return {f"{heading.number} {tree.text(heading.inlines)}".strip() for heading in made.headings}


needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler's pdftotext and pdffonts")


@needs_poppler
def test_on_hard_pages_nothing_leaves_the_margins_or_lies_on_another(hard_pdf: tuple[Path, document.Document]) -> None:
    pages = printed.sheets(hard_pdf[0])
    assert len(pages) > 10
    assert list(printed.outside(pages, drawn="inside")) == []
    assert list(printed.overlapping(pages)) == []


@needs_poppler
def test_on_hard_pages_no_heading_and_no_caption_stands_alone(hard_pdf: tuple[Path, document.Document]) -> None:
    path, made = hard_pdf
    pages = printed.sheets(path)
    assert {"1.1 Section", "Contents"} <= {printed.text(line) for page in pages for line in page.body()}
    assert list(printed.orphans(pages, titles(made))) == []
    assert list(printed.lone_captions(pages)) == []
    assert printed.unembedded(path) == []


@needs_poppler
@pytest.mark.parametrize("path", sorted((ROOT / "reports").glob("*/report.pdf")), ids=lambda path: path.parent.name)
def test_the_pages_of_a_published_report_are_in_order(path: Path) -> None:
    pages = printed.sheets(path)
    assert list(printed.outside(pages, drawn=".*")) == []
    assert list(printed.lone_captions(pages)) == []
    assert printed.unembedded(path) == []
    assert path.stat().st_size < 5_000_000
