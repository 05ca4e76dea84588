"""The tournament's figures and tables: ratios that are right, runs that are never dropped, gaps that are named."""

import json
import re
from pathlib import Path
from typing import Any

import figure_records
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text as Label
from nbformat.v4 import new_code_cell, new_notebook, new_output

from acts import figures
from acts.figures import crowds, gates, generalization, palette, style, tasks
from acts.records import check, concat, frame
from acts.reports import cells

CATALOGUE = figure_records.catalogue()
EMPTY = frame([])
DRAWINGS = (generalization.tournament, generalization.responses, generalization.gates)
TABLES = (generalization.summary, generalization.results)
TEXT = "docs, Transformer 2 × 32"


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return check(figure_records.generalization())


@pytest.fixture(scope="module")
def found(records: pd.DataFrame) -> pd.DataFrame:
    return tasks.judged(records)


@pytest.fixture(scope="module")
def ratios(found: pd.DataFrame) -> pd.DataFrame:
    return tasks.contrasts(found)


def final(records: pd.DataFrame, activation: str) -> pd.Series:
    return (records["phase"] == "final") & (records["activation"] == activation)


def diverged(records: pd.DataFrame, activation: str, *, seeds: tuple[int, ...] = tuple(range(6))) -> pd.DataFrame:
    lost = records.copy()
    hit = final(lost, activation) & lost["seed"].isin(seeds)
    lost.loc[hit & (lost["metric"] == "diverged"), "value"] = 1.0
    lost.loc[hit & lost["metric"].isin(["loss", "error"]), "value"] = np.inf
    return lost


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Label) if text.get_text()]


def test_a_task_is_judged_by_its_error_where_rows_have_classes_and_by_its_loss_elsewhere(found: pd.DataFrame) -> None:
    units = found.drop_duplicates("task").set_index("task")["unit"].to_dict()
    assert units == {
        "diabetes, MLP 2 × 32": "variance", "MNIST-1D, MLP 2 × 64": "error", "wine, MLP 2 × 32": "error",
        "digits, autoencoder 32–8–32": "variance", "digits, CNN 2 × 8, BatchNorm": "error",
        "MNIST-1D, GRU 1 × 32": "error", TEXT: "nats",
    }  # fmt: skip
    assert len(found) == len(found.drop_duplicates(["task", "activation", "seed"]))


def test_only_test_rows_of_runs_that_chose_their_init_are_judged(records: pd.DataFrame) -> None:
    other = records.copy()
    aside = (other["phase"] == "final") & ((other["arm"] == "each") | (other["split"] != "test").fillna(False))
    other.loc[aside & other["metric"].isin(["error", "loss"]), "value"] = 9.0
    pd.testing.assert_frame_equal(tasks.judged(other), tasks.judged(records))


def test_a_ratio_is_the_geometric_mean_over_pairs_whatever_the_seeds_share(ratios: pd.DataFrame) -> None:
    own = ratios[(ratios["activation"] == "sigmoid") & (ratios["task"] != TEXT)]
    assert np.allclose(own["middle"], figure_records.SPEED["sigmoid"], rtol=0.15)
    assert ((own["low"] < own["middle"]) & (own["middle"] < own["high"])).all()
    middle, _, _ = tasks.ratio(np.array([1.0, 8.0]), np.array([2.0, 2.0]))
    assert middle == pytest.approx(np.sqrt(2))


def test_the_mean_over_tasks_takes_a_task_for_a_replicate(ratios: pd.DataFrame) -> None:
    mean = tasks.over_tasks(ratios).set_index("activation").loc["gelu"]
    own = ratios[ratios["activation"] == "gelu"]
    assert mean["n"] == len(own) == len(figure_records.TASKS)
    assert mean["middle"] == pytest.approx(np.exp(np.log(own["middle"]).mean()))
    few = ratios[ratios["task"].isin(ratios["task"].unique()[:5])]
    assert tasks.over_tasks(few).empty


def test_a_point_is_filled_exactly_where_its_interval_leaves_the_margin(
    records: pd.DataFrame, ratios: pd.DataFrame
) -> None:
    figure = generalization.tournament(records, CATALOGUE)
    for name in ("sigmoid", "gelu", "swish"):
        label, family = figure_records.NAMES[name]
        (axes,) = (axes for axes in figure.axes if axes.get_title(loc="left") == label)
        own = ratios[(ratios["activation"] == name) & ratios["middle"].between(*axes.get_xlim())]
        marks = [line for line in axes.lines if line.get_marker() == "o"]
        filled = [line for line in marks if line.get_markerfacecolor() != "none"]
        assert len(marks) == len(own) > 0
        assert len(filled) == sum(generalization.beyond(row) for row in own.to_dict("records"))
        assert {line.get_markerfacecolor() for line in filled} <= {palette.of_family(family)}
    assert not generalization.beyond({"metric": "loss", "low": 0.94, "high": 0.96})
    assert generalization.beyond({"metric": "loss", "low": 0.90, "high": 0.94})
    assert generalization.beyond({"metric": "error", "low": 0.90, "high": 0.96})
    assert not generalization.beyond({"metric": "error", "low": np.nan, "high": np.nan})


def test_a_diverged_run_is_the_worst_and_never_dropped(records: pd.DataFrame) -> None:
    lost = tasks.judged(diverged(records, "elu", seeds=(0,)))
    own = tasks.levels(lost).set_index(["activation", "task"]).loc["elu"]
    assert (own["n"] == 6).all()
    assert (own["diverged"] == 1).all()
    ratio = tasks.contrasts(lost).set_index(["activation", "task"]).loc["elu"]
    assert (ratio["n"] == 6).all()
    assert "(1 lost)" in generalization.results(diverged(records, "elu", seeds=(0,)), CATALOGUE).to_markdown()


def test_the_lowest_is_sought_where_the_fewest_runs_diverged(records: pd.DataFrame) -> None:
    before = generalization.summary(records, CATALOGUE).frame.set_index("task")["lowest"]
    best = before[TEXT]
    name = next(name for name, (label, _) in figure_records.GATED.items() if label == best)
    after = generalization.summary(diverged(records, name, seeds=(0,)), CATALOGUE).frame.set_index("task")["lowest"]
    assert after[TEXT] != best


def test_an_activation_that_always_diverged_is_off_the_scale_and_a_reference_that_did_is_no_reference(
    records: pd.DataFrame,
) -> None:
    own = tasks.contrasts(tasks.judged(diverged(records, "elu"))).set_index("activation").loc["elu"]
    assert np.isinf(own["middle"]).all()
    assert "ELU" in texts(generalization.tournament(diverged(records, "elu"), CATALOGUE))
    assert tasks.contrasts(tasks.judged(diverged(records, "relu")))["middle"].isna().all()
    said = texts(generalization.tournament(diverged(records, "relu"), CATALOGUE))
    assert any("not measured here" in text for text in said)


def scarce(records: pd.DataFrame) -> dict[str, pd.DataFrame]:
    every = records.copy()
    for name in records["activation"].unique():
        every = diverged(every, str(name))
    every.loc[(every["phase"] == "tune") & every["metric"].isin(["loss", "error"]), "value"] = np.inf
    return {
        "nothing": EMPTY,
        "one seed": records[records["seed"].isin([0, 1000])],
        "all diverged": every,
        "no tuning": records[records["phase"] != "tune"],
        "tuning alone": records[records["phase"] == "tune"],
        "no reference": records[records["activation"] != "relu"],
        "the reference alone": records[records["activation"] == "relu"],
        "one task": records[records["network"] == "transformer_2x32"],
        "a hole": records[~((records["seed"] == 2) & (records["activation"] == "gelu"))],
        "no norm": records.assign(norm=records["norm"].mask(records["norm"] == "none")),
    }


@pytest.mark.parametrize("case", scarce(EMPTY))
def test_whatever_is_missing_something_is_shown(case: str, records: pd.DataFrame) -> None:
    part = scarce(records)[case]
    for draw in DRAWINGS:
        figure = draw(part, CATALOGUE)
        FigureCanvasAgg(figure).draw()
        assert figure.axes
    for tabulate in TABLES:
        assert len(tabulate(part, CATALOGUE).frame)
    for tell in (figures.tellings.over_tasks, figures.tellings.gating):
        assert tell(part, CATALOGUE).markdown
    assert figures.tellings.tournament(part).markdown


def test_one_seed_has_no_interval_and_is_not_told_apart(records: pd.DataFrame) -> None:
    table = generalization.summary(records[records["seed"].isin([0, 1000])], CATALOGUE).frame
    assert not table["value"].str.contains(r"\[").any()
    assert table["match"].tolist() == [f"{len(set(part['activation'])) - 1} of {len(set(part['activation'])) - 1}"
                                       for _, part in tasks.each(tasks.judged(records))]  # fmt: skip


def asked(folder: Path, text: str) -> None:
    place = folder / "reports" / "mine"
    place.mkdir(parents=True)
    (place / "provenance.json").write_text(json.dumps({"params": text}), encoding="utf-8")


def test_a_task_that_was_asked_for_and_not_run_is_a_shown_gap(
    records: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    listed = "- {dataset: fashion_mnist_14, network: cnn_2x8, optimizer: adam}\n"
    listed += "- {dataset: [wine, diabetes], network: mlp_2x32, optimizer: adam}\n"
    asked(tmp_path, f"experiments:\n  generalization:\n    tasks:\n    {listed.replace(chr(10), chr(10) + '    ')}")
    gap = "F-MNIST 14 × 14, CNN 2 × 8"
    assert tasks.absent(records, "mine") == [gap]
    assert len(tasks.planned("mine")) == 3
    said = texts(generalization.tournament(records, CATALOGUE, config="mine"))
    assert gap in said
    assert "not run here" in said
    rows = generalization.summary(records, CATALOGUE, config="mine").frame.set_index("task")
    assert rows.loc[gap, "judged"] == "not run"
    assert re.search(r"not run here: F.*CNN 2 × 8", figures.tellings.tournament(records, config="mine").markdown)
    assert gap in generalization.summary(EMPTY, CATALOGUE, config="mine").frame["task"].tolist()


@pytest.mark.parametrize("text", ["", "]", "title: x", "experiments: {}", "experiments: {generalization: null}"])
def test_a_configuration_that_asks_for_no_tasks_has_no_gaps(
    text: str, records: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    asked(tmp_path, text)
    assert tasks.absent(records, "mine") == []
    assert tasks.absent(records, "never_published") == []


@pytest.mark.parametrize(("activations", "rows"), [(1, 5), (7, 8), (10, 14), (12, 14), (30, 14), (30, 40), (3, 80)])
def test_a_tournament_fits_a_page_and_names_whom_it_leaves_out(activations: int, rows: int) -> None:
    columns, lines = generalization._room(activations, ["x"] * rows)
    assert 1 <= columns <= 4
    assert columns * lines >= min(activations, 4)
    assert lines == 1 or lines * (0.7 + 0.15 * rows) <= generalization._TALLEST


def test_activations_without_room_are_named_below(records: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generalization, "_TALLEST", 2.0)
    figure = generalization.tournament(records, CATALOGUE)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    (note,) = (text for text in texts(figure) if text.startswith("Higher means, not drawn: "))
    assert len(titles) == 4
    assert {"sigmoid", "identity"} <= set(note.partition(": ")[2].split(", "))
    assert not set(titles) & set(note.partition(": ")[2].split(", "))


def test_a_crowd_of_tasks_is_gathered_by_kind(
    records: pd.DataFrame, ratios: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "MOST", 6)
    gathered, rows, gaps = crowds.arranged(ratios, records, "")
    assert rows == [
        "MLP (3 tasks)", "autoencoder (1 task)", "CNN (1 task)", "GRU (1 task)", "Transformer (1 task)",
    ]  # fmt: skip
    assert gaps == []
    mlps = gathered.set_index(["task", "activation"]).loc[("MLP (3 tasks)", "gelu")]
    own = ratios[(ratios["activation"] == "gelu") & ratios["task"].str.contains("MLP")]
    assert mlps["middle"] == pytest.approx(np.exp(np.log(own["middle"]).mean()))
    assert np.isnan(mlps["low"])
    assert "MLP (3 tasks)" in texts(generalization.tournament(records, CATALOGUE))
    assert len(generalization.responses(records, CATALOGUE).axes) == len(rows)
    assert generalization.results(records, CATALOGUE).frame["task"].str.contains("n = 6").sum() == len(rows)
    assert len(generalization.summary(records, CATALOGUE).frame) == len(figure_records.TASKS)


def test_a_crowd_that_was_asked_for_says_how_much_of_it_was_run(
    records: pd.DataFrame, ratios: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    monkeypatch.setattr(crowds, "MOST", 6)
    sets = "[pmlb_a, pmlb_b, spirals]"
    listed = f"- {{dataset: {sets}, network: mlp_2x32, optimizer: adam}}"
    asked(tmp_path, f"experiments:\n  generalization:\n    tasks:\n    {listed}\n")
    _, rows, gaps = crowds.arranged(ratios, records, "mine")
    assert "MLP (3 of 4 tasks)" in rows
    assert gaps == ["MLP, PMLB (2 tasks)"]
    assert crowds.gaps(records, "mine") == ["MLP, PMLB (2 tasks)", "MLP (1 task)"]


def test_a_network_trained_with_two_optimisers_is_two_tasks_with_two_names(records: pd.DataFrame) -> None:
    wine = records[records["dataset"] == "wine"]
    both = tasks.judged(concat([wine, wine.assign(optimizer="sgd")]))
    assert set(both["task"]) == {"wine, MLP 2 × 32, Adam", "wine, MLP 2 × 32, SGD"}


def test_gates_are_set_beside_the_functions_that_they_gate_with(found: pd.DataFrame) -> None:
    effects = gates.contrasts(gates.with_gates(found), CATALOGUE).set_index("label")
    assert set(effects.index[effects["kind"] == "gate"]) == {
        "GLU ÷ sigmoid", "ReGLU ÷ ReLU", "GEGLU ÷ GELU", "SwiGLU ÷ Swish",
    }  # fmt: skip
    assert set(effects.index[effects["kind"] == "function"]) == {"sigmoid ÷ ReLU", "GELU ÷ ReLU", "Swish ÷ ReLU"}
    assert set(effects["task"]) == {TEXT}
    assert effects.loc["ReGLU ÷ ReLU", "middle"] == pytest.approx(np.sqrt(0.93), rel=0.02)


def test_the_response_is_shown_under_the_init_that_was_best_for_each_seed() -> None:
    run = {"experiment": "generalization", "activation": "relu", "dataset": "diabetes", "network": "mlp_2x32",
           "norm": "none", "optimizer": "adam"}  # fmt: skip
    tried = {"he": (4.0, 2.0), "lecun": (1.0, 3.0)}
    rows: list[dict[str, Any]] = [
        {**run, "phase": "tune", "seed": 1000, "split": "validation", "metric": "loss", "init": init, "lr": rate,
         "value": value}
        for init, values in tried.items() for rate, value in zip((0.1, 0.2), values, strict=True)
    ]  # fmt: skip
    rows.append({**run, "phase": "final", "arm": "best", "seed": 0, "split": "test", "metric": "loss", "value": 1.0})
    made = frame(rows)
    curve = tasks.curves(made, tasks.judged(made)).sort_values("lr")
    assert curve["middle"].tolist() == pytest.approx([100.0, 300.0])  # % of variance


def test_a_rate_at_which_a_run_diverged_is_crossed(records: pd.DataFrame) -> None:
    lost = records.copy()
    hit = (lost["phase"] == "tune") & (lost["lr"] == 0.016) & (lost["activation"] == "relu") & (lost["seed"] == 1000)
    lost.loc[hit & lost["metric"].isin(["loss", "error"]), "value"] = np.inf
    figure = generalization.responses(lost, CATALOGUE)
    crosses = [
        line for axes in figure.axes for line in axes.lines if line.get_marker() == "x" and len(line.get_xdata())
    ]
    assert len(crosses) == len(figure_records.TASKS)


def test_a_figures_finding_joins_its_alternative_text(records: pd.DataFrame) -> None:
    figure = generalization.tournament(records, CATALOGUE)
    mean = tasks.over_tasks(tasks.contrasts(tasks.judged(records))).set_index("activation").loc["mish"]
    assert f"Mish {mean['middle']:.3f} [" in figure.finding
    data, metadata = figure._repr_mimebundle_()
    assert set(data) == {"text/csv"}
    output = new_output("execute_result", {"image/svg+xml": style.render(figure).decode()}, metadata=metadata)
    header = "#| label: fig-x\n#| fig-alt: A forest.\nfigure"
    (cell,) = cells.read(new_notebook(cells=[new_code_cell(header, outputs=[output])]), name="x")
    picture = cell.outputs[0].picture
    assert picture is not None
    assert picture.alt == f"A forest. {figure.finding}"


@pytest.mark.parametrize("metadata", [{}, {"image/svg+xml": "alt"}, {"image/svg+xml": {}}])
def test_a_picture_without_a_finding_keeps_the_words_of_its_cell(metadata: dict[str, Any]) -> None:
    output = new_output("display_data", {"image/svg+xml": "<svg/>"}, metadata=metadata)
    source = "#| label: fig-x\n#| fig-alt: A forest.\nfigure"
    (cell,) = cells.read(new_notebook(cells=[new_code_cell(source, outputs=[output])]), name="x")
    assert cell.outputs[0].picture is not None
    assert cell.outputs[0].picture.alt == "A forest."
