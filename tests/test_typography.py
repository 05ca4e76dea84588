"""Apostrophes and indices, as words of a report are set."""

import pytest

from acts.reports import pandoc, tree, typography


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"ReLU\'s slope", "ReLU’s slope"),
        (r"the units\' means, over all units\'.", "the units’ means, over all units’."),
        (r"f\'(x) of \'relu\'", "f'(x) of 'relu'"),
        ("`ReLU's σ_w`", "`ReLU's σ_w`"),
        (r"beyond σ\_w, at σ\_max or leaky\_relu", "beyond σ~w~, at σ_max or leaky_relu"),
    ],
)
def test_words_are_set_as_print_has_them(written: str, shown: str) -> None:
    found = typography.typeset(pandoc.read(written))
    assert pandoc.write(found, "markdown-smart").replace("\\", "").strip() == shown


def test_what_needs_nothing_stays() -> None:
    blocks = pandoc.read("A *word* and $\\sigma_w$.")
    assert typography.typeset(blocks) == blocks
    assert tree.text(typography.typeset(pandoc.read(r"σ\_w\'s")[0]["c"])) == "σw’s"
