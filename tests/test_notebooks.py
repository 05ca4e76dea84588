"""Every notebook is prose with windows: thin code, no stored output, and every reference leads somewhere."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from acts.claims import Claim, catalogue
from acts.claims.catalogue import Compound, Conjunction

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))  # the chapters; others are read in the lab alone
LESSONS = sorted(set((ROOT / "notebooks").glob("*.ipynb")) - set(NOTEBOOKS))
KEYS = set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "reports" / "references.bib").read_text(encoding="utf-8"), re.M))
CONFIGURED = {
    name for path in (ROOT / "params").glob("*.yaml") for name in YAML(typ="safe").load(path.read_text())["notebooks"]
}
LOOPS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.AsyncFor, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LABELS = re.compile(r"(?<![\w@.])@((?:fig|tbl|eq)-[A-Za-z0-9-]+)")
CITATIONS = re.compile(r"(?<![\w@.])@([a-z]+\d{4}[a-z]?)\b")
EVERY = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
ALL = pytest.mark.parametrize("path", [*NOTEBOOKS, *LESSONS], ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def cells(path: Path, kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in read(path)["cells"] if cell["cell_type"] == kind]


def header(source: str) -> dict[str, str]:
    lines = [line[2:].removeprefix(" ") for line in source.splitlines() if line.startswith("#|")]
    return YAML(typ="safe").load("\n".join(lines)) or {} if lines else {}


def code(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if line.strip() and not line.startswith("#|"))


def headers(path: Path) -> list[dict[str, str]]:
    return [found for found in map(header, cells(path, "code")) if found]


def written(path: Path) -> str:
    captions = [str(value) for found in headers(path) for key, value in found.items() if key.endswith("-cap")]
    return "\n".join([*cells(path, "markdown"), *captions])


def equations(path: Path) -> list[str]:
    return re.findall(r"\{#(eq-[A-Za-z0-9-]+)\}", "\n".join(cells(path, "markdown")))


def test_there_is_a_notebook_for_every_one_that_a_configuration_names() -> None:
    assert {path.stem for path in NOTEBOOKS} >= CONFIGURED
    assert NOTEBOOKS


@ALL
def test_a_notebook_is_stored_without_results(path: Path) -> None:
    for cell in read(path)["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@ALL
def test_a_notebook_has_the_format_and_stable_ids(path: Path) -> None:
    book = read(path)
    ids = [cell["id"] for cell in book["cells"]]
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in ids)
    assert book["metadata"]["kernelspec"]["name"] == "python3"


@EVERY
def test_code_defines_nothing_loops_nowhere_and_is_short(path: Path) -> None:
    sources = [code(source) for source in cells(path, "code")]
    assert sum(len(source.splitlines()) for source in sources) <= 60
    for source in sources:
        found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, LOOPS + COMPREHENSIONS)]
        assert not found, source


@EVERY
def test_the_one_parameter_is_the_name_of_the_configuration(path: Path) -> None:
    tagged = [cell for cell in read(path)["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    assert "".join(tagged[0]["source"]) == 'config = "cpu"'


@EVERY
def test_there_is_one_import_cell_and_it_sets_the_style(path: Path) -> None:
    importing = [source for source in cells(path, "code") if re.search(r"^(import|from) ", source, re.M)]
    assert len(importing) == 1
    assert "figures.use_style()" in importing[0]
    assert "torch" not in importing[0]


@EVERY
def test_every_cell_that_draws_has_label_caption_and_alternative(path: Path) -> None:
    for source in cells(path, "code"):
        found = header(source)
        label = str(found.get("label", ""))
        if label.startswith("fig-"):
            assert len(found["fig-alt"].split()) >= 8, label
            assert found["fig-cap"].rstrip().endswith("."), label
        elif label.startswith("tbl-"):
            assert found["tbl-cap"].rstrip().endswith("."), label
        else:
            assert not found, source


@EVERY
def test_the_title_asks_and_the_end_says_what_is_not_shown(path: Path) -> None:
    prose = cells(path, "markdown")
    title, *rest = prose[0].strip().splitlines()
    assert title.startswith("# ")
    assert title.endswith("?")
    assert not rest
    assert prose[-1].startswith("## What this does not show")
    assert read(path)["cells"][-1]["cell_type"] == "markdown"
    assert not any(line.startswith("# ") for part in prose[1:] for line in part.splitlines())


@EVERY
def test_every_citation_is_in_the_bibliography(path: Path) -> None:
    cited = set(CITATIONS.findall(written(path)))
    assert cited
    assert cited <= KEYS, cited - KEYS


@EVERY
def test_claims_come_before_numbers_and_verdicts_after_them(path: Path) -> None:
    order = [code(source) for source in cells(path, "code")]
    run = next(place for place, source in enumerate(order) if "engine." in source)
    if path.stem not in ("00_verdicts", "12_yours"):  # which show all claims, and ask those of the others
        assert any("verdicts.stated(" in source for source in order[:run])
        assert order[-1].startswith("claims.verdicts(records")


def test_labels_are_given_once_and_every_reference_leads_to_one() -> None:
    labels = [found["label"] for path in [*NOTEBOOKS, *LESSONS] for found in headers(path)]
    labels += [label for path in NOTEBOOKS for label in equations(path)]
    assert len(set(labels)) == len(labels)
    for path in [*NOTEBOOKS, *LESSONS]:
        own = {found["label"] for found in headers(path)} | set(equations(path))
        assert set(LABELS.findall(written(path))) <= own, path.stem


@EVERY
def test_every_figure_and_table_is_spoken_of(path: Path) -> None:
    spoken = set(LABELS.findall("\n".join(cells(path, "markdown"))))
    assert {found["label"] for found in headers(path)} <= spoken


def test_links_between_notebooks_lead_to_notebooks() -> None:
    for path in [*NOTEBOOKS, *LESSONS]:
        for target in re.findall(r"\]\(([^)#]+\.ipynb)\)", "\n".join(cells(path, "markdown"))):
            assert (ROOT / "notebooks" / target).is_file(), target


@ALL
def test_mathematics_has_balanced_braces_and_no_bare_bar(path: Path) -> None:
    for formula in re.findall(r"\$\$(.+?)\$\$", "\n".join(cells(path, "markdown")), re.S):
        assert formula.count("{") == formula.count("}")
        assert formula.count(r"\left") == formula.count(r"\right")
        assert not re.search(r"(?<!\\)\|", formula)


@pytest.mark.parametrize(
    "broken",
    ["[f(x) for x in y]", "def f(): pass", "for x in y:\n    pass", "class A: pass", "f = lambda: 1"],
)
def test_the_rule_against_logic_sees_each_form(broken: str) -> None:
    assert [node for node in ast.walk(ast.parse(broken)) if isinstance(node, LOOPS + COMPREHENSIONS)]


def rests_on(claim: Claim) -> set[str]:
    """Return the comparisons whose records decide a claim, those of its parts and members included."""
    rule, every = claim.rule, {one.id: one for one in catalogue()}
    if isinstance(rule, Conjunction):
        return set().union(*(rests_on(every[member]) for member in rule.members))
    parts = rule.parts.values() if isinstance(rule, Compound) else [rule]
    by_formula = {"formulas"} if getattr(rule, "formula", None) else set()
    return by_formula | {getattr(part, "experiment", "formulas") for part in parts}


@EVERY
def test_a_chapter_reads_every_comparison_that_its_claims_rest_on(path: Path) -> None:
    """Else its cards would say "not measured here" of what the ledger decides."""
    source = "\n".join(cells(path, "code"))
    shown = re.search(r'claims\.verdicts\(records, experiment="(\w+)"', source)
    if shown is None or "engine.records(config)" in source:
        return
    read_here = set(re.findall(r'"(\w+)"', re.search(r"engine\.run\((.*), config\)", source)[1]))
    for claim in catalogue():
        if claim.shown == shown[1]:
            assert rests_on(claim) <= read_here, claim.id
