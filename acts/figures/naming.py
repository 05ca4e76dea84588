"""Naming: labels, families, colours and order of activations as a catalogue tells them, and words for all else."""

from collections.abc import Iterable

import pandas as pd

from acts import params, wording
from acts.figures import palette
from acts.wording import depth, greek, group, task, width, word

__all__ = [
    "COLUMNS", "MOST", "brought", "catalogue", "colour", "depth", "family", "greek", "group", "inks", "label",
    "ordered", "own", "own_labels", "strokes", "task", "topic", "variant", "width", "word",
]  # fmt: skip

MOST = 6  # functions of one's own that a figure about them has room for
COLUMNS = (
    "name", "label", "family", "year", "reference", "aliases", "formula", "latex", "derivative_latex", "elementwise",
    "own",
)  # fmt: skip


def catalogue(config: str) -> pd.DataFrame:
    """Return the catalogue published with a configuration, an activation a row; ``own`` marks what it brought along.

    Before a configuration is published, that of another one serves; without any the table is empty.
    """
    folder = params.root() / "reports"
    for path in (folder / config / "catalogue.csv", *sorted(folder.glob("*/catalogue.csv"))):
        if path.is_file():
            table = pd.read_csv(path, dtype={"year": "Int64"})
            brought = "own" in table and path.parent.name == config
            return table.assign(own=table["own"].eq(True) if brought else False)
    return pd.DataFrame(columns=list(COLUMNS)).astype({"own": bool})


def own(table: pd.DataFrame) -> list[str]:
    """Return the names of the functions that the configuration brought along, in the catalogue's order."""
    return table.loc[table["own"].eq(True), "name"].tolist() if "own" in table else []


def brought(table: pd.DataFrame, among: Iterable[object]) -> list[str]:
    """Return the own functions that occur among some, as many as a figure about them has room for."""
    present = set(among)
    return [name for name in own(table) if name in present][:MOST]


def own_labels(table: pd.DataFrame) -> list[str]:
    """Return the labels of the functions that the configuration brought along."""
    return [label(table, name) for name in own(table)]


def topic(name: str) -> str:
    """Return a topic of the catalogue of claims without what stands in brackets behind it."""
    return name.partition(" (")[0].rstrip(",")


def variant(activation: object) -> bool:
    """Return whether an activation's name carries settings."""
    return "(" in str(activation)


def label(table: pd.DataFrame, activation: str) -> str:
    """Return the label of an activation or of a variant of one; its own name where the catalogue does not know it."""
    return wording.activation(activation, dict(zip(table["name"], table["label"], strict=True)))


def family(table: pd.DataFrame, activation: str) -> str:
    """Return the family of an activation; ``other`` where the catalogue does not know it."""
    found = table.loc[table["name"] == activation.partition("(")[0], "family"]
    return str(found.iloc[0]) if len(found) else "other"


def colour(table: pd.DataFrame, activation: str) -> str:
    """Return the colour of an activation: its own where the configuration brought it along, else its family's."""
    ranks = _ranks(table)
    mine = activation.partition("(")[0]
    return palette.of_own(ranks[mine]) if mine in ranks else palette.of_family(family(table, activation))


def inks(table: pd.DataFrame, activations: Iterable[str]) -> dict[str, str]:
    """Return what every activation of a figure is drawn in: families in their colours, but grey beside an own one."""
    names, ranks = dict.fromkeys(str(activation) for activation in activations), _ranks(table)
    lifted = {name for name in names if name.partition("(")[0] in ranks}
    return {name: palette.REST if lifted and name not in lifted else colour(table, name) for name in names}


def _ranks(table: pd.DataFrame) -> dict[str, int]:
    return {name: rank for rank, name in enumerate(own(table))}


def ordered(table: pd.DataFrame, activations: Iterable[str]) -> list[str]:
    """Return activations by family, own ones first: in a family in the catalogue's order, unknown ones last by name."""
    present = list(dict.fromkeys(str(activation) for activation in activations))
    places, mine = {name: place for place, name in enumerate(table["name"])}, _ranks(table)
    families = palette.families([*table["family"].astype(str), *(family(table, one) for one in present)])

    def rank(activation: str) -> tuple[int, int, int, str]:
        base = activation.partition("(")[0]
        before = mine.get(base, len(mine))
        return before, families.index(family(table, activation)), places.get(base, len(places)), activation

    return sorted(present, key=rank)


def strokes(table: pd.DataFrame, activations: Iterable[str]) -> dict[str, dict[str, object]]:
    """Return colour, dash and mark of every activation: those of its family, a dash for each of its members."""
    names, mine, counts = ordered(table, activations), _ranks(table), dict[str, int]()
    colours = inks(table, names)
    drawn: dict[str, dict[str, object]] = {}
    for activation in names:
        base = activation.partition("(")[0]
        group = "own" if base in mine else family(table, activation)
        drawn[activation] = {
            "color": colours[activation],
            "linestyle": palette.dash(counts.get(group, 0)),
            "marker": palette.mark_of_own(mine[base]) if base in mine else palette.mark(group),
        }
        counts[group] = counts.get(group, 0) + 1
    return drawn
