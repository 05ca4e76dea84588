"""What a configuration brings along stands out in every figure and table, and nothing changes where it brings none."""

from pathlib import Path

import pandas as pd
import pytest
from test_cli import TINY

from acts import figures
from acts.__main__ import main
from acts.figures import naming

BUMP = 'formulas:\n  my_bump: "x * exp(-x**2)"\n'


# --- the catalogue ----------------------------------------------------------------------------------------------------


@pytest.fixture
def published(review_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the reports of a tiny configuration with an own function, and leave the register as it was."""
    from acts.activations import registry

    monkeypatch.setattr(registry, "_entries", dict(registry._entries))
    monkeypatch.setenv("ACTS_OWN", "{}")
    (review_folder / "params" / "mine.yaml").write_text(TINY.replace("experiments:", f"{BUMP}experiments:"))
    assert main(["run", "mine"]) == 0
    return review_folder / "reports"


def test_the_catalogue_says_what_the_configuration_brought_along(published: Path) -> None:
    table = figures.catalogue("mine")
    assert table["own"].dtype == bool
    assert naming.own(table) == ["my_bump"]
    older = published / "older"
    older.mkdir()
    table.drop(columns="own").to_csv(older / "catalogue.csv", index=False)
    assert naming.own(figures.catalogue("older")) == []
    assert figures.catalogue("older")["own"].dtype == bool


@pytest.mark.usefixtures("review_folder")
def test_without_a_catalogue_nothing_is_own() -> None:
    assert naming.own(figures.catalogue("nothing")) == []
    assert naming.own(pd.DataFrame({"name": ["relu"]})) == []
