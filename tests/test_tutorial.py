"""The tutorial: an own function from its formula to a verdict, executed from an empty store."""

import os
import re

import nbclient
import nbformat
import pytest
import test_notebooks as rules
from ruamel.yaml import YAML
from test_notebooks import ROOT, cells, code

from acts import claims, params
from acts.reports.execution import _environment, _scratch

PATH = ROOT / "notebooks" / "tutorial_yours.ipynb"


@pytest.mark.parametrize(
    "rule",
    [
        rules.test_code_defines_nothing_loops_nowhere_and_is_short,
        rules.test_every_cell_that_draws_has_label_caption_and_alternative,
        rules.test_every_figure_and_table_is_spoken_of,
        rules.test_the_title_asks_and_the_end_says_what_is_not_shown,
    ],
)
def test_it_keeps_the_rules_of_a_chapter_as_far_as_they_apply(rule):
    rule(PATH)


def text_of_configuration():
    """Return the configuration that the notebook holds as text."""
    return re.search(r'params\.read\("""(.*?)"""\)', "\n".join(cells(PATH, "code")), re.DOTALL)[1]


def test_its_configuration_brings_one_function_along_and_could_be_a_file(review_folder):
    mine = params.read(text_of_configuration())
    assert mine.own_names() == ["my_bump"]
    assert all("my_bump" in task.activations for task in mine.experiments.generalization.tasks)
    (review_folder / "params" / "mine.yaml").write_text(text_of_configuration())
    assert params.load("mine").model_dump() == mine.model_dump()


def test_its_rule_judges_by_the_margins_of_the_catalogue():
    """The prose names them; they are those of the claims on the tournament."""
    margins = next(claim for claim in claims.catalogue() if claim.id == "C46").rule.margin
    assert f'"margin": {margins}'.replace("'", '"') in "\n".join(map(code, cells(PATH, "code")))
    prose = " ".join("\n".join(cells(PATH, "markdown")).split())
    assert f"{100 * margins['error']:g} % of the errors or {100 * margins['loss']:g} % of the loss" in prose


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Return the notebook executed from an empty store in a folder of its own, and the store."""
    root = tmp_path_factory.mktemp("lab")
    for name in ("params", "notebooks"):
        (root / name).mkdir()
    (root / "Makefile").touch()
    book = nbformat.read(PATH, as_version=4)
    with _scratch() as scratch:
        own = {**_environment(scratch), "ACTS_ROOT": str(root), "ACTS_STORE": str(root / "store")}
        own.pop("ACTS_RENDER")
        before = dict(os.environ)
        os.environ.update(own)
        try:
            nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(root)}}).execute()
        finally:
            os.environ.clear()
            os.environ.update(before)
    return book, root / "store"


def shown(book, label):
    """Return the outputs of the cell with a label, as text."""
    (cell,) = [cell for cell in book.cells if cell.cell_type == "code" and f"label: {label}" in cell.source]
    return [output for output in cell.outputs if output.output_type in ("display_data", "execute_result")]


def rows(book, label):
    """Return the rows of a table as texts of their cells."""
    told = "".join(output.data.get("text/html", "") for output in shown(book, label))
    cells_of = (re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in told.split("<tr")[1:])
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in found] for found in cells_of if found]


def test_it_runs_from_an_empty_store_without_an_error(executed):
    book, store = executed
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr" and "rror" in output.text]
    assert list((store / "jobs").rglob("*.acts"))


def test_it_shows_its_pictures_and_the_function_keeps_every_requirement(executed):
    book = executed[0]
    for label in ("fig-tutorial-curves", "fig-tutorial-forest"):
        assert any({"image/svg+xml", "image/png"} & set(output.data) for output in shown(book, label)), label
    wrong = [row[-1] for row in rows(book, "tbl-tutorial-check")]
    assert len(wrong) > 10
    assert set(wrong) == {"–"}
    assert any("My bump" in row[0] for row in rows(book, "tbl-tutorial-properties"))


def test_it_ends_with_a_verdict(executed):
    card = [cell for cell in executed[0].cells if "claims.judge" in cell.source][-1].outputs[-1].data["text/html"]
    word = next(word for word in claims.VOCABULARY if f">{word}<" in card)
    assert word not in ("not measured here", "not decidable")
    assert "8 pairs" in card


def test_what_it_tells_to_do_next_is_there():
    prose = "\n".join(cells(PATH, "markdown"))
    assert "params/yours.yaml" in prose
    yours = YAML(typ="safe").load((ROOT / "params" / "yours.yaml").read_text(encoding="utf-8"))
    assert list(yours["formulas"]) == ["my_bump"]
    assert len([name for task in params.load("yours").experiments.generalization.tasks for name in task.dataset]) == 12
    for target in re.findall(r"\]\((\.\./[^)]+)\)", prose):
        assert (PATH.parent / target).is_file(), target
