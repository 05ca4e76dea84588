"""What every figure owes: a finding with numbers, and its data as a table in a reader's words, both from records."""

from collections.abc import Callable
from zlib import crc32

import pandas as pd

from acts.figures.style import Drawing, as_csv

Draw = Callable[[pd.DataFrame], Drawing]


def moved(records: pd.DataFrame) -> pd.DataFrame:
    """Return records whose activations, data sets, factors and seeds are each worth a little more than they were."""
    columns = [one for one in ("activation", "dataset", "network", "arm", "seed", "lr", "layer") if one in records]
    named = [" ".join(map(str, row)) for row in records[columns].itertuples(index=False, name=None)]
    worth = {one: 1 + (crc32(one.encode()) % 7) / 20 for one in set(named)}
    factors = pd.Series([worth[one] for one in named], index=records.index)
    judged = ~records["metric"].isin(["lr_tuned", "diverged", "compiler"])
    return records.assign(value=records["value"].where(~judged, records["value"] * factors))


def check(draw: Draw, records: pd.DataFrame, *, told: bool = True) -> None:
    """Assert that a figure says numbers and gives its data in words, and that both follow the records."""
    figure, other = draw(records), draw(moved(records))
    assert isinstance(figure, Drawing)
    assert any(letter.isdigit() for letter in figure.finding), figure.finding
    assert figure.finding.endswith("."), figure.finding
    assert figure.data is not None
    assert len(figure.data) > 1
    words = [*figure.data.columns, *figure.data.select_dtypes(exclude="number").stack().astype(str).unique()]
    assert not [word for word in words if "_" in str(word)]
    assert as_csv(figure.data) != as_csv(other.data)
    assert not told or figure.finding != other.finding
