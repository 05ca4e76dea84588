"""Every formula of the catalogue and of the notebooks is set as it was when somebody looked at it."""

import xml.etree.ElementTree as ET
from unicodedata import normalize

import formula_list
import pytest

from acts.reports import formulas


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return formula_list.every()


def pairs(content: str) -> dict[str, str]:
    lines = content.splitlines()
    return {tex: made.strip() for tex, made in zip(lines[::2], lines[1::2], strict=True)}


@pytest.mark.parametrize("form", formula_list.FORMS)
def test_every_formula_is_set_as_it_was_looked_at(texts: list[str], form: str) -> None:
    kept = pairs((formula_list.GOLDEN / f"{form}.txt").read_text(encoding="utf-8"))
    now = pairs(formula_list.golden(texts, form))
    told = f"look at the formula, then write it down anew: {formula_list.COMMAND}"
    assert [tex for tex in now if tex not in kept] == [], f"not looked at; {told}"
    assert [tex for tex in kept if tex not in now] == [], f"gone; {told}"
    assert {tex: made for tex, made in now.items() if made != kept[tex]} == {}, f"set otherwise; {told}"


def test_the_list_holds_both_sources(texts: list[str]) -> None:
    assert set(formula_list.of_catalogue()) | set(formula_list.of_notebooks()) == set(texts)
    assert len(set(formula_list.of_catalogue())) > 60
    assert len(set(formula_list.of_notebooks())) > 20


def test_every_formula_is_mathml_of_which_nothing_is_lost(texts: list[str]) -> None:
    """What a converter does not know it may print as it stands: no backslash, no brace of LaTeX, no stray ampersand."""
    for tex in texts:
        drawn = normalize("NFKC", "".join(ET.fromstring(formulas.to_mathml(tex, display=True)).itertext()))
        assert "\\" not in drawn, tex
        assert "&" not in drawn, tex
        assert ("{" in drawn) == (r"\{" in tex or r"\begin{cases}" in tex), tex
        digits = sorted(letter for letter in tex if letter.isdigit())
        assert sorted(letter for letter in drawn if letter.isdigit()) == digits, tex


def test_typst_sets_every_formula(texts: list[str]) -> None:
    assert formulas.check_set(texts) == {}


@pytest.mark.parametrize(
    ("tex", "typst"),
    [
        (r"\lVert v \rVert^2 / n", r"norm(v)^2 \/ n"),
        (r"\frac{\lvert y - f(x) \rvert}{2}", "lr(|y - f(x)|)/2"),
        (r"\left\vert {x}\right\vert", "lr(|x|)"),
        (r"\bigl\lvert x \bigr\rvert", "| x |"),
        (r"P(a \vert b)", "P(a | b)"),
    ],
)
def test_bars_that_say_their_side_stand_tight_on_paper(tex: str, typst: str) -> None:
    assert formulas.to_typst(tex) == typst
