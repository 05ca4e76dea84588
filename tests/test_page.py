"""What a page is made of: search index, cards, chapters and tagged rows; and no text in them becomes markup."""

import html as markup
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_reports import BIBLIOGRAPHY, CARD, HOSTILE, code, notebook, sample, shown

from acts.reports import document, html, marks, matter, pandoc, tree
from acts.reports import ledger as ledgers
from acts.reports.document import Document, Front
from acts.reports.page import claims, heights, search, sections
from acts.reports.page.rows import tagged

LEDGER = f"""claim,verdict,effect,unit,low,high,level,n,margin,topic,kind,experiment,notebook,statement,sentence
C25,refuted,-12,% less loss,-15,-9,0.95,12,5,"{HOSTILE.replace('"', "''")}",experiment,convergence,03_x,said,found
C26,supported,3,% less loss,2,400,0.95,12,1,ReLU,experiment,convergence,03_x,said,found
C27,supported,0.5,error,,,,,,ReLU,exact,formulas,03_x,said,found
C28,inconclusive,inf,margins less error,-inf,inf,0.95,12,1,ReLU,experiment,convergence,03_x,said,found
C29,supported,0.2,decades lost,0.1,0.3,0.95,12,0,Tanh,experiment,gradient_flow,03_x,said,found
"""
TABLE = f"""| claim | stated | verdict |
|:--|:--|:--|
| C25 | {matter.escape(HOSTILE)} | refuted |
| [C26](#claim-C26) | words | supported |
| none | words | supported |
"""


def rows() -> dict[str, Any]:
    """Return the ledger's rows by claim."""
    return {row["claim"]: row for row in ledgers.rows(LEDGER)}


def front(**given: Any) -> Front:
    return Front(title=f"Title {HOSTILE}", claims=ledgers.rows(LEDGER), **given)


@pytest.fixture(scope="module")
def bibliography(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bibliography") / "references.bib"
    path.write_text(BIBLIOGRAPHY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def book(bibliography: Path) -> Document:
    card = CARD.replace("C25", "C26").replace(".refuted", ".supported").replace("[refuted]", "[supported]")
    listed = code("#| label: tbl-ledger\n#| tbl-cap: All\nt()", shown(markdown=TABLE))
    second = notebook("# Second\n\nIt saturates.\n\n## Part", listed, code("claims", shown(markdown=card)))
    took = (("03_x", "12 min of compute"),)
    made = front(runtimes=took, cite=f"@misc{{acts, title = {{{HOSTILE}}}}}", stamp=1_700_000_000)
    return document.build([("03_x", sample()), ("05_y", second)], made, bibliography=bibliography)


@pytest.fixture(scope="module")
def page(book: Document) -> str:
    return html.render(book)


# --- search ---------------------------------------------------------------------------------------------------------


def test_everything_a_reader_may_look_for_is_in_the_index(book: Document) -> None:
    found = list(search.entries(book))
    kinds = {kind: [one for one in found if one.kind == kind] for kind in search.KINDS}
    assert [one.identifier for one in kinds["section"]] == [heading.identifier for heading in book.headings]
    assert [(one.identifier, one.name) for one in kinds["figure"]] == [("fig-hinge", "Figure 1")]
    assert kinds["figure"][0].text.startswith("A hinge, f(x)")
    assert [(one.identifier, one.name) for one in kinds["table"]] == [
        ("tbl-slopes", "Table 1"),
        ("tbl-ledger", "Table 2"),
    ]
    assert [(one.identifier, one.name) for one in kinds["equation"]] == [("eq-leaky", "Equation 1")]
    assert [(one.identifier, one.name) for one in kinds["claim"]] == [
        ("claim-C25", "refuted"), ("claim-C26", "supported"),
    ]  # fmt: skip
    assert "Hendrycks" in kinds["reference"][0].text
    assert any(one.text == "It saturates." and one.identifier == "second" for one in kinds["prose"])


def test_what_the_index_leads_to_is_on_the_page(book: Document, page: str) -> None:
    identifiers = set(re.findall(r'\sid="([^"]+)"', page))
    assert {one.identifier for one in search.entries(book) if one.identifier} <= identifiers


def test_a_claim_is_found_by_what_it_says_before_where_it_is_said(book: Document) -> None:
    claim = next(one for one in search.entries(book) if one.kind == "claim")
    assert claim.text.index("The gap is 0.12") < claim.text.index("Hendrycks")
    assert "refuted" not in claim.text


def test_no_text_leaves_the_index(page: str) -> None:
    held = re.search(r'<script type="application/json" id="index">(.*?)</script>', page, re.DOTALL).group(1)
    assert "<" not in held
    assert any("<script>alert(1)</script>" in row[3] for row in json.loads(held))


def test_line_ends_that_end_scripts_are_written_out() -> None:
    assert search.inert('"\u2028</script>"') == '"\\u2028\\u003c/script>"'


# --- claims ---------------------------------------------------------------------------------------------------------


def attribute(drawn: str, element: str, name: str) -> float:
    return float(re.search(rf'<{element}[^>]*\b{name}="([-\d.]+)%', drawn).group(1))


def test_an_interval_is_drawn_where_it_lies_between_the_margins() -> None:
    drawn = claims.interval(rows()["C25"])
    low, high = attribute(drawn, 'line class="span"', "x1"), attribute(drawn, 'line class="span"', "x2")
    left = attribute(drawn, 'rect class="band"', "x")
    right = left + attribute(drawn, 'rect class="band"', "width")
    assert low < attribute(drawn, "circle", "cx") < high < left < 50 < right
    assert right - 50 == pytest.approx(50 - left, abs=0.02)
    within = claims.interval({**rows()["C25"], "low": "-2", "high": "2", "value": "0"})
    assert (
        left < attribute(within, 'line class="span"', "x1") < 50 < attribute(within, 'line class="span"', "x2") < right
    )


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow() -> None:
    assert claims.interval(rows()["C26"]).count("beyond") == 1
    assert claims.interval(rows()["C28"]).count("beyond") == 2
    assert "beyond" not in claims.interval(rows()["C25"])


def test_a_quantity_without_a_margin_is_not_drawn_as_if_zero_had_sides() -> None:
    assert claims.interval({**rows()["C25"], "margin": ""}) == ""
    assert claims.interval(rows()["C29"]) == ""


@pytest.mark.parametrize("word", ["tasks", "seeds", "networks", "processes"])
def test_a_card_counts_what_its_sentence_counts(word: str) -> None:
    row = {**rows()["C25"], "sentence": f"12 % more loss (95 % interval [9, 15], 12 {word}; p = 0.01)."}
    (measured,) = claims._measured(row)
    assert f"· 12 {word} ·" in measured["c"][1]


def test_what_mathematics_decides_has_no_interval() -> None:
    assert claims.interval(rows()["C27"]) == ""
    assert claims.interval({}) == ""


def test_a_card_says_number_interval_pairs_and_margin(page: str) -> None:
    card = (
        re.search(r'<article id="claim-C25" class="claim refuted">.*?</article>', page, re.DOTALL)
        .group(0)
        .replace("\xa0", " ")
    )
    words = " ".join(re.sub(r"<[^>]+>", "", card).split())
    assert "12 % more loss · 95 % interval [9, 15] · 12 pairs · margin 5 %" in words
    assert '<a href="#claim-C25" class="name">C25</a>' in card
    assert 'aria-label="12 % more loss, 95 % interval [9, 15]"' in card
    assert "<script" not in card
    assert markup.escape("<script>alert(1)</script>") in card


def test_what_is_no_card_stays_as_it_was_written(bibliography: Path) -> None:
    odd = notebook("# T", code("c", shown(markdown="::: {#claim-X .claim .refuted}\nJust *words*.\n:::")))
    page = html.render(document.build([("a", odd)], Front(title="T"), bibliography=bibliography))
    assert re.search(r'<article id="claim-X" class="claim refuted">\s*<p>Just <em>words</em>\.</p>\s*</article>', page)


# --- tables of claims -----------------------------------------------------------------------------------------------


def test_rows_that_stand_for_claims_say_verdict_and_topic(page: str) -> None:
    table = re.search(r'id="tbl-ledger".*?</table>', page, re.DOTALL).group(0)
    tagged = re.findall(r'<tr data-verdict="([^"]*)" data-topic="([^"]*)"', table)
    assert [verdict for verdict, _ in tagged] == ["refuted", "supported"]
    assert markup.unescape(tagged[0][1]) == rows()["C25"]["topic"]
    assert table.count("<tr>") == 2


# --- chapters -------------------------------------------------------------------------------------------------------


def test_chapters_follow_each_other(page: str) -> None:
    turns = re.findall(r'<nav class="turn" aria-label="([^"]*)">(.*?)</nav>', page, re.DOTALL)
    ways = [re.findall(r'href="#([^"]+)" class="(\w+)"', links) for _, links in turns]
    assert ways == [
        [("second", "next")],
        [("does-relu-die", "previous"), ("references", "next")],
        [("second", "previous")],
    ]
    assert len({name for name, _ in turns}) == 3
    assert page.count('<section class="chapter"') == page.count("</nav></section>") == 3


def test_a_chapter_says_how_long_its_measurements_took(page: str) -> None:
    assert re.findall(r'<p class="byline">(.*?)</p>', page) == ["03_x.ipynb · 12 min of compute"]


def test_an_article_is_not_cut_into_chapters(book: Document) -> None:
    assert sections.parted(replace(book, whole=False)) == book.blocks
    assert 'class="turn"' not in html.render(replace(book, whole=False))


def test_a_longer_chapter_is_thought_taller(book: Document) -> None:
    few, many = (pandoc.read("# T\n\n" + "words and more words\n\n" * count) for count in (2, 40))
    assert 0 < heights.about(few, {}) < heights.about(many, {}) / 4
    pictured = [block for block in book.blocks if tree.find([block], "Div") and "acts-figure" in tree.classes(block)]
    assert heights.about(pictured, book.pictures) > heights.about(pictured, {}) + 300


# --- the front ------------------------------------------------------------------------------------------------------


def test_the_entry_to_cite_stands_as_text(page: str) -> None:
    entry = re.search(r'<pre id="bibtex"[^>]*>(.*?)</pre>', page, re.DOTALL).group(1)
    assert markup.unescape(entry) == f"@misc{{acts, title = {{{HOSTILE}}}}}"
    assert '<meta name="citation_publication_date" content="2023">' in page


def test_a_page_without_an_entry_offers_none() -> None:
    assert "bibtex" not in re.sub(r"<script.*?</script>", "", html.render(document.build([], Front())), flags=re.DOTALL)


def test_the_ledger_is_offered_in_both_forms(book: Document) -> None:
    files = [document.Attachment(f"ledger.{form}", form, "Every claim", b"x") for form in ("csv", "json")]
    offered = html.render(replace(book, attachments=tuple(files)))
    assert re.findall(r'download="(ledger\.\w+)"', offered) == ["ledger.csv", "ledger.json"]
    assert offered.count("Every claim:") == 1


def test_a_row_that_names_a_figure_beside_its_claim_can_be_sifted() -> None:
    table = tree.find(pandoc.read("| Claim |\n|:--|\n| [C03](#claim-C03) Figure 1 |\n| D C03 |\n"), "Table")[0]
    found = tagged(table, {"C03": {"verdict": "true if", "topic": "Basics"}})
    assert [row[0][2] for row in found["c"][4][0][3]] == [[["verdict", "true-if"], ["topic", "Basics"]], []]


def test_a_long_file_is_folded_under_its_length() -> None:
    made = document.build(
        [("a", document.note("# A\n\n::: {.listing}\n``` yaml\na: 1\nb: <b>\n```\n:::"))], Front(title="T")
    )
    page = html.render(made)
    assert '<details class="listing"><summary>The file, 2 lines</summary>' in page
    assert "&lt;b&gt;" in page.split('<details class="listing">')[1].split("</details>")[0]


def test_no_line_ends_between_a_formula_and_the_mark_after_it() -> None:
    page = html.render(document.build([("a", document.note("# A\n\nIt is $z$. Or $y$ then.\n"))], Front(title="T")))
    assert re.search(r'<span class="held"><math.*?</math>\.</span> Or <math', page, re.DOTALL)
    assert page.count('class="held"') == 1


def test_words_of_two_items_stand_apart_in_the_index() -> None:
    (block,) = pandoc.read("- The first (one).\n- The second.\n")
    assert search.words(block) == "The first (one). The second."


def test_a_short_cell_of_a_table_stays_on_one_line() -> None:
    long = "digits, residual network of eight layers"
    table = tree.find(pandoc.read(f"| A | B |\n|:--|:--|\n| hard-swish | {long} |\n"), "Table")[0]
    (row,) = marks.marked(table)["c"][4][0][3]
    assert ["short" in cell[0][1] for cell in row[1]] == [True, False]


def test_the_appendix_names_data_and_comparisons_in_words_and_sets_thousands_apart() -> None:
    written = matter.appendix(
        {"data": {"breast_cancer": "ab"}, "experiments": {"dead_units": {"runs": 6762, "seconds": 1.0}}}
    )
    rows = {line.split("|")[1].strip(): line for line in written.splitlines() if line.startswith("|")}
    assert {"breast cancer", "dead units"} <= rows.keys()
    assert rows["dead units"].split("|")[2].strip() == "6\N{NO-BREAK SPACE}762"


@pytest.mark.parametrize("page", sorted((Path(__file__).parents[1] / "reports").glob("*/report.html")), ids=str)
def test_a_published_page_is_small(page: Path) -> None:
    assert page.stat().st_size < 8e6
