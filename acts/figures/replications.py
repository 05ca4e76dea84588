"""Replications: published figures beside the same settings rerun with paired seeds, and whether they lie inside."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from acts import records as door
from acts.figures import arms, naming
from acts.figures.arms import banded, factors, levels, ratios
from acts.figures.dots import Dot, log_limits, rows_of_dots
from acts.figures.palette import GREY
from acts.figures.results import spanned
from acts.figures.sheets import sheet
from acts.figures.style import SMALL, Drawing, drawn, key, missing, panels
from acts.figures.table import MISSING, Table, Text, number, unmeasured

WORD = "replications"
CELL = ["study", "dropout", "network", "metric", "split"]
KEYS = [*CELL, "activation"]
_STUDIES = {"gelu_mnist": "GELU's classifier", "mish_depth": "Mish's sweep of depths"}
_LOSS = "loss (nats)"


def compared(records: pd.DataFrame) -> pd.DataFrame:
    """Return a row an activation in a cell with published figures: the figure, and the mean of ours with its interval.

    ``reported`` is NaN where no figure was published, ``middle`` where nothing was rerun here; ``validation`` is the
    mean of our validation loss, with its interval, where the figure is a loss.
    """
    said = door.where(records, experiment=WORD, phase="exact")
    if said.empty:
        return pd.DataFrame(columns=[*CELL, "source", "activation", "reported", *arms.RATIO, "inside"])
    said = _split(said.assign(metric=said["metric"].str.removeprefix("reported_")))
    ours = _split(door.where(records, experiment=WORD, phase="final"))
    kept = _means(ours[pd.MultiIndex.from_frame(ours[CELL]).isin(pd.MultiIndex.from_frame(said[CELL]))])
    beside = _means(ours[(ours["split"] == "validation") & (ours["metric"] == "loss")])
    beside = beside.assign(split="train").rename(columns={end: f"validation_{end}" for end in arms.RATIO})
    told = said[[*KEYS, "value"]].rename(columns={"value": "reported"})
    found = told.merge(kept, on=KEYS, how="outer").merge(beside, on=KEYS, how="left")
    found = found.merge(said[[*CELL, "source"]].drop_duplicates(), on=CELL)
    low, value, high = (found[end].to_numpy(float) for end in ("low", "reported", "high"))
    inside = np.less_equal(low, value, where=~np.isnan(low + value), out=np.zeros(len(value), bool))
    inside &= np.less_equal(value, high, where=inside, out=np.zeros(len(value), bool))
    depths = found["network"].map(naming.depth)
    return found.assign(inside=inside, depth=depths).sort_values(["study", "depth", "dropout"], ignore_index=True)


def _means(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of every cell and activation with its interval."""
    return levels(rows, by=KEYS) if len(rows) else pd.DataFrame(columns=[*KEYS, *arms.RATIO])


def _split(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the factors of their arms as columns, those under noise left out."""
    told = [factors(arm) for arm in rows["arm"].fillna("")]
    named = {name: [one.get(name, "") for one in told] for name in ("study", "dropout", "source", "a")}
    found = rows.astype({"network": object, "metric": object, "split": object, "activation": object}).assign(**named)
    return found[found["a"] == ""]


def settings(records: pd.DataFrame) -> Text:
    """Return what was rerun here: settings, networks, pairs, runs."""
    rows = door.where(records, experiment=WORD, phase="final", metric="diverged")
    if rows.empty:
        return Text("None of the published settings was rerun here; their figures stand alone.")
    named = sorted({factors(arm)["study"] for arm in rows["arm"]})
    said = ", ".join(_STUDIES.get(one, one.replace("_", " ")) for one in named)
    return Text(
        f"Rerun here: {said}, {rows['network'].nunique()} networks with {rows['seed'].nunique()} paired seeds; "
        f"{len(rows)} final runs."
    )


@drawn
def beside(records: pd.DataFrame, catalogue: pd.DataFrame) -> Drawing:
    """Return published figures beside ours, a panel a network and share of dropout, an activation a row."""
    found = compared(records)
    if found.empty:
        return missing("published settings")
    present = found[CELL].drop_duplicates().to_dict("records")
    most = int(found.groupby(CELL)["activation"].nunique().max())
    figure, grid = panels(len(present), 3, height=0.3 * most + 0.1, left=0.6, right=0.16, foot=0.2)
    for axes, cell in zip(grid, present, strict=True):
        own = found[(found[CELL] == list(cell.values())).all(axis=1)]
        _panel(axes, own, catalogue, loss=cell["metric"] == "loss")
        axes.set_title(_title(cell))
        axes.set_xlabel(_LOSS if cell["metric"] == "loss" else "test accuracy (%)")
    marks = [("◇ reported", GREY), ("● ours", GREY), ("□ ours, validation rows", GREY)]
    key(figure, marks[: 3 if (found["metric"] == "loss").any() else 2], x=0.6, y=0.02)
    figures, run = found["reported"].notna(), found["middle"].notna()
    figure.finding = (
        f"Of {figures.sum()} published figures {(figures & run).sum()} were rerun here; "
        f"{found['inside'].sum()} lie inside our interval."
    )
    columns = {"source": "source", "network": "network", "dropout": "dropout", "metric": "metric",
               "activation": "activation", "reported": "published", "middle": "ours", "low": "95 % low",
               "high": "95 % high", "validation_middle": "our validation loss"}  # fmt: skip
    figure.data = sheet(found, catalogue, columns)
    return figure


def _panel(axes: Axes, own: pd.DataFrame, catalogue: pd.DataFrame, *, loss: bool) -> None:
    """Draw a cell: published figures as hollow diamonds, ours filled, our validation loss as hollow squares."""
    scale = 1.0 if loss else 100.0
    texts = {name: naming.label(catalogue, name) for name in naming.ordered(catalogue, own["activation"])}
    dots, colours = [], naming.inks(catalogue, texts)
    for row in own.to_dict("records"):
        name, colour = texts[row["activation"]], colours[row["activation"]]
        if pd.notna(row["reported"]):
            dots.append(Dot(name, *(scale * row["reported"],) * 3, GREY, "D", hollow=True))
        if pd.notna(row["middle"]):
            dots.append(Dot(name, scale * row["middle"], scale * row["low"], scale * row["high"], colour))
        if loss and pd.notna(row["validation_middle"]):
            ends = row["validation_middle"], row["validation_low"], row["validation_high"]
            dots.append(Dot(name, *ends, colour, "s", hollow=True))
    every = np.array([[dot.middle, dot.low, dot.high] for dot in dots]).ravel()
    finite = every[np.isfinite(every)]
    low, high = float(finite.min()), float(finite.max())
    limits = (low / 1.5, high * 1.5) if loss else (max(0.0, low - 5), min(100.5, high + 5))
    rows_of_dots(axes, dots, list(texts.values()), limits=limits, log=loss)
    for gap in own.loc[own["middle"].isna(), "activation"]:
        axes.text(
            0.98, list(texts).index(gap) - 0.3, "not rerun here", transform=axes.get_yaxis_transform(), ha="right",
            va="center", fontsize=SMALL - 1, color=GREY, style="italic",
        )  # fmt: skip


def _title(cell: dict[Any, Any]) -> str:
    """Return what sets a panel apart: the network, and the share of units that are dropped."""
    dropped = f", dropout {cell['dropout']}" if cell["dropout"] else ""
    return f"{naming.word(cell['network'])}{dropped}"


def table(records: pd.DataFrame, catalogue: pd.DataFrame) -> Table:
    """Return every published figure with ours and whether it lies inside our interval, and its source."""
    columns = {"source": "Source", "cell": "Network", "activation": "Activation", "reported": "Reported",
               "ours": "Ours [95 %]", "validation": "Validation", "inside": "Inside"}  # fmt: skip
    found = compared(records)
    if found.empty:
        return unmeasured("published settings", columns)
    rows = [
        {
            "source": f"[@{row['source']}]",
            "cell": _title(row),
            "activation": naming.label(catalogue, row["activation"]),
            "reported": number(row["reported"]) if pd.notna(row["reported"]) else MISSING,
            "ours": _ours(row),
            "validation": _ours(row, "validation_") if row["metric"] == "loss" else MISSING,
            "inside": _inside(row),
        }
        for row in found.to_dict("records")
    ]
    return Table(pd.DataFrame(rows), columns, numbers=("reported", "ours", "validation"), markdown=("source",))


def _ours(row: dict[Any, Any], prefix: str = "") -> str:
    """Return a mean of ours with its interval."""
    ends = {end: row[f"{prefix}{end}"] for end in ("middle", "low", "high")}
    return spanned(ends) if pd.notna(ends["middle"]) else MISSING


def _inside(row: dict[Any, Any]) -> str:
    """Return whether a published figure lies inside our interval, where there are both."""
    if pd.isna(row["reported"]):
        return MISSING
    return "not rerun here" if pd.isna(row["low"]) else "yes" if row["inside"] else "no"


@drawn
def noise(records: pd.DataFrame, catalogue: pd.DataFrame, *, reference: str = "relu") -> Drawing:
    """Return the mean error over all noise of the published classifiers relative to a reference, paired by seed."""
    rows = _split(door.where(records, experiment=WORD, phase="final", metric="error_area", split="test"))
    found = ratios(rows, by=CELL, of="activation", base=reference) if len(rows) else pd.DataFrame()
    name = naming.label(catalogue, reference)
    if found.empty:
        return missing(f"mean error over all noise against {name}, with the published settings")
    texts = {one: naming.label(catalogue, one) for one in naming.ordered(catalogue, found["activation"])}
    present, colours = found[CELL].drop_duplicates().to_dict("records"), naming.inks(catalogue, texts)
    limits = log_limits(found[["middle", "low", "high"]].to_numpy(float).ravel(), widest=8.0)
    figure, grid = panels(len(present), 2, height=0.22 * len(texts) + 0.1, left=0.7, right=0.16)
    for axes, cell in zip(grid, present, strict=True):
        own = found[(found[CELL] == list(cell.values())).all(axis=1)].to_dict("records")
        dots = [
            Dot(texts[row["activation"]], row["middle"], row["low"], row["high"],
                colours[row["activation"]], hollow=not arms.apart(row))
            for row in own
        ]  # fmt: skip
        rows_of_dots(axes, dots, list(texts.values()), limits=limits, log=True, apart=False)
        banded(axes)
        axes.set_title(_title(cell))
        axes.set_xlabel(f"mean error over all noise ÷ that of {name}")
    columns = {"network": "network", "dropout": "dropout", "activation": "activation",
               "middle": f"mean error over all noise ÷ that of {name}", **arms.ENDS}  # fmt: skip
    figure.data = sheet(found, catalogue, columns)
    said = [f"{texts[row['activation']]}, {_title(row)}, {spanned(row)}" for row in found.to_dict("records")]
    figure.finding = f"Mean error over all noise relative to {name}: {'; '.join(said)}."
    return figure
