"""Published figures stand beside ours; what was not rerun keeps its place and says so."""

import math
from typing import Any

import figure_records
import numpy as np
import pandas as pd
import pytest
import taken

from acts import figures
from acts.figures import replications, style
from acts.figures.table import MISSING
from acts.records import check, frame, where

CATALOGUE = figure_records.catalogue()
EMPTY = frame([])
REPORTED = {("gelu", "0"): 0.008, ("relu", "0"): 0.5, ("gelu", "0.5"): 0.045, ("relu", "0.5"): 0.3}


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for (name, dropout), value in REPORTED.items():
        who = {"experiment": "replications", "activation": name, "dataset": "mnist", "network": "mlp_8x128",
               "norm": "none", "arm": f"best;study=gelu_mnist;dropout={dropout}"}  # fmt: skip
        rows.append({**who, "arm": f"{who['arm']};source=hendrycks2016", "phase": "exact", "split": "train",
                     "metric": "reported_loss", "value": value})  # fmt: skip
        for seed in range(8):
            run = {**who, "phase": "final", "seed": seed, "init": "lecun", "lr": 0.001, "optimizer": "adam",
                   "device": "cpu", "dtype": "float32"}  # fmt: skip
            ours = 0.008 * math.exp(generator.normal(0, 0.1)) * (2 if name == "relu" else 1)
            told = {("train", "loss"): ours, ("validation", "loss"): 3 * ours, ("test", "error_area"): 0.2 + ours,
                    (None, "diverged"): 0.0}  # fmt: skip
            rows += [{**run, "split": part, "metric": metric, "value": one} for (part, metric), one in told.items()]
            rows.append({**run, "arm": f"{who['arm']};a=1", "split": "test", "metric": "accuracy", "value": 0.9})
    rows.append({"experiment": "replications", "activation": "mish", "dataset": "mnist", "network": "mlp_12x500",
                 "norm": "batch", "arm": "study=mish_depth;source=misra2019", "phase": "exact", "split": "test",
                 "metric": "reported_accuracy", "value": 0.984})  # fmt: skip
    return check(frame(rows))


def test_a_figure_is_inside_where_our_interval_holds_it(records: pd.DataFrame) -> None:
    found = replications.compared(records).set_index(["activation", "dropout"])
    assert len(found) == 5
    assert found.loc[("gelu", "0"), "inside"]
    assert not found.loc[("relu", "0"), "inside"]
    assert found.loc[("gelu", "0.5"), "low"] < 0.008 < found.loc[("gelu", "0.5"), "high"]
    assert not found.loc[("gelu", "0.5"), "inside"]
    assert pd.isna(found.loc[("mish", ""), "middle"])
    assert found.loc[("relu", "0"), "validation_middle"] == pytest.approx(3 * found.loc[("relu", "0"), "middle"])


def test_the_table_says_what_was_not_rerun(records: pd.DataFrame) -> None:
    table = figures.replications.table(records, CATALOGUE)
    by = table.frame.set_index(["activation", "cell"])
    assert by.loc[("GELU", "MLP 8 × 128, dropout 0"), "inside"] == "yes"
    assert by.loc[("Mish", "MLP 12 × 500"), "inside"] == "not rerun here"
    assert by.loc[("Mish", "MLP 12 × 500"), "ours"] == MISSING
    assert set(by["source"]) == {"[@hendrycks2016]", "[@misra2019]"}
    assert "not measured here" in figures.replications.table(EMPTY, CATALOGUE).to_markdown()


@pytest.mark.parametrize("name", ["beside", "noise"])
def test_figures_name_their_panels_and_say_what_is_missing(name: str, records: pd.DataFrame) -> None:
    draw = getattr(figures.replications, name)
    figure = draw(records, CATALOGUE)
    assert len(figure.axes) == {"beside": 3, "noise": 2}[name]
    assert all(axes.get_title(loc="left") and axes.get_xlabel() for axes in figure.axes)
    assert "mlp" not in style.render(figure).decode()
    assert "not measured here" in draw(EMPTY, CATALOGUE).axes[0].texts[0].get_text()


def test_published_figures_stand_alone_where_nothing_was_rerun(records: pd.DataFrame) -> None:
    alone = where(records, phase="exact")
    figure = figures.replications.beside(alone, CATALOGUE)
    assert figure.finding.startswith("Of 5 published figures 0 were rerun here")
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert said.count("not rerun here") == 5
    assert "None of the published settings" in figures.replications.settings(alone).markdown
    assert "8 paired seeds" in figures.replications.settings(records).markdown


def test_ours_is_shown_where_no_figure_was_published(records: pd.DataFrame) -> None:
    without = records[~((records["phase"] == "exact") & (records["activation"] == "relu"))]
    found = replications.compared(without)
    own = found[(found["activation"] == "relu") & (found["dropout"] == "0")]
    assert own["reported"].isna().all()
    assert own["middle"].notna().all()
    assert not own["inside"].any()


@pytest.mark.parametrize("name", ["beside", "noise"])
def test_figures_say_their_finding_and_give_their_data(name: str, records: pd.DataFrame) -> None:
    taken.check(lambda rows: getattr(replications, name)(rows, CATALOGUE), records, told=name == "noise")
