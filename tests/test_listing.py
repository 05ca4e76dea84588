"""The catalogue that lies beside records is written where it is lacking, and only there."""

from pathlib import Path

import pandas as pd
import pytest

from acts import listing
from acts.activations import own


def test_a_table_is_written_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "catalogue.csv"
    listing.ensure(path, ["mish"])
    table = pd.read_csv(path).set_index("name")
    assert table.index[table["own"]].tolist() == ["mish"]
    assert table.loc["relu", "label"] == "ReLU"
    assert [one.name for one in path.parent.iterdir()] == ["catalogue.csv"]


def test_a_table_stays_until_it_lacks_a_function(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.csv"
    listing.ensure(path, ["mish"])
    known = path.read_text() + "\n"
    path.write_text(known)
    for brought in ([], ["mish"]):
        listing.ensure(path, brought)
        assert path.read_text() == known
    listing.ensure(path, ["mish", "gelu"])
    assert pd.read_csv(path).query("own")["name"].tolist() == ["gelu", "mish"]


@pytest.mark.usefixtures("nothing_own")
def test_a_formula_that_is_edited_in_a_living_kernel_is_printed_as_it_is_now(tmp_path: Path) -> None:
    """Figures read formula, label and LaTeX from the table, so that an old one would show the function before."""
    path, told = tmp_path / "catalogue.csv", {"formula": "x*exp(-x**2)", "label": "Bump", "parameters": {}, "learn": []}

    def printed(**changes: object) -> pd.Series:
        own.admit({"formulas": {"my_bump": {**told, **changes}}})
        listing.ensure(path, ["my_bump"])
        return pd.read_csv(path).set_index("name").loc["my_bump"]

    assert "x^{2}" in printed()["latex"]
    assert "x^{4}" in printed(formula="x*exp(-x**4)")["latex"]
    assert printed(label="Hill")["label"] == "Hill"
    assert printed(formula="x*exp(-b*x**2)", parameters={"b": 3.0})["parameters"] == '{"b": 3.0}'


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"label\nMish\n", b'name\n"'], ids=str)
def test_a_file_that_is_no_table_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.csv"
    path.write_bytes(content)
    listing.ensure(path, ["mish"])
    assert path.read_bytes() == content
