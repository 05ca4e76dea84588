"""The catalogue that lies beside records is written where it is lacking, and only there."""

from pathlib import Path

import pandas as pd
import pytest

from acts import listing


def test_a_table_is_written_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "catalogue.csv"
    listing.ensure(path, ["mish"])
    table = pd.read_csv(path).set_index("name")
    assert table.index[table["own"]].tolist() == ["mish"]
    assert table.loc["relu", "label"] == "ReLU"
    assert [one.name for one in path.parent.iterdir()] == ["catalogue.csv"]


def test_a_table_stays_until_it_lacks_a_function(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.csv"
    known = "name,own\nmish,False\nnull,False\n"
    path.write_text(known)
    for own in ([], ["mish"], ["mish", "null"]):
        listing.ensure(path, own)
        assert path.read_text() == known
    listing.ensure(path, ["mish", "gelu"])
    assert pd.read_csv(path).query("own")["name"].tolist() == ["gelu", "mish"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"label\nMish\n", b'name\n"'], ids=str)
def test_a_file_that_is_no_table_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.csv"
    path.write_bytes(content)
    listing.ensure(path, ["mish"])
    assert path.read_bytes() == content
