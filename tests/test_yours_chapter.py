"""The chapter on a configuration's own functions says what its records hold: figures, sentences, tables, and gaps."""

import ast
import re
from pathlib import Path

import figure_records
import nbformat
import numpy as np
import pandas as pd
import pytest
import taken
import test_cost
import test_figures_dead_units
import typst
from matplotlib.colors import to_hex
from test_yours import drawn
from test_yours_duels import MEANS, contest

from acts import claims, colours, engine, figures, records
from acts.claims import likeness
from acts.figures import answers, practice, shapes, style, yours
from acts.reports import cells, document, pdf, pictures
from acts.reports.faults import Place, ReportError

EMPTY = records.frame([])
NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "12_yours.ipynb"
FIGURES = ("duels", "tasks", "cost", "dead", "depths", "beside_relu", "shapes")
TABLES = ("neighbours", "signal", "asked", "verdicts")


def catalogue(*own: str) -> pd.DataFrame:
    """Return the catalogue of made-up figures with some functions marked as own."""
    table = figure_records.catalogue()
    table = table.assign(label=table["label"].mask(table["name"] == "my_bump", "My bump"))
    second = table[table["name"] == "my_bump"].assign(name="my_gate", label="My gate")
    table = pd.concat([table, second], ignore_index=True)
    return table.assign(own=table["name"].isin(own))


CATALOGUE, PLAIN = catalogue("my_bump"), catalogue()


def renamed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return records with a function beside the others that does what one of them did."""
    own = table[table["activation"] == name]
    named = own.assign(activation=pd.array(["my_bump"] * len(own), dtype="string"))
    return records.concat([table, named])


def formulas() -> pd.DataFrame:
    """Return curves, properties and what depth makes of a signal, for a few functions."""
    own = drawn(relu=lambda x: np.maximum(x, 0), tanh=np.tanh, my_bump=lambda x: x * np.exp(-(x**2)))
    rows = []
    for place, name in enumerate(("relu", "tanh", "my_bump")):
        who = {"experiment": "formulas", "activation": name, "phase": "exact"}
        facts = {"infimum": -1.0, "supremum": 1.0, "derivative_infimum": -0.4, "derivative_supremum": 1.0,
                 "lipschitz": 1.0, "smoothness": np.inf, "monotone": 0.0, "minimum": -0.43,
                 "minimum_x": -0.71}  # fmt: skip
        rows += [{**who, "metric": metric, "value": value} for metric, value in facts.items()]
        stable = {"sigma_w": 1.4 + place, "sigma_b": 0.3, "length_slope": 0.9, "chi": 0.8 - 0.1 * place}
        rows += [{**who, "init": "stable", "metric": metric, "value": value} for metric, value in stable.items()]
        rows += [{**who, "init": init, "metric": "chi", "value": value * (1 + place)}
                 for init, value in (("he", 0.25), ("lecun", 0.125), ("torch_default", 0.04))]  # fmt: skip
        rows += [{**who, "init": init, "metric": "log10_gradient", "depth": depth, "value": value * depth * (1 + place)}
                 for init, value in (("he", 0.02), ("lecun", -0.01)) for depth in (50, 100)]  # fmt: skip
    return records.concat([own, records.frame(rows)])


def robust() -> pd.DataFrame:
    rows = []
    for seed in range(8):
        for name, error in (("relu", 0.2), ("my_bump", 0.1), ("tanh", 0.3)):
            run = {"experiment": "robustness", "activation": name, "dataset": "digits", "network": "mlp_4x32",
                   "norm": "none", "phase": "final", "split": "test", "seed": seed}  # fmt: skip
            noisy = error * (1 + 0.01 * seed)
            rows.append({**run, "arm": "best;study=noise", "metric": "error_area", "value": noisy})
            rows.append({**run, "arm": "best;study=labels;flipped=0.4", "metric": "error", "value": noisy})
    return records.frame(rows)


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    """Return records of every comparison that the chapter reads."""
    speed = figure_records.convergence(seeds=6, datasets=("digits",), optimizers=("sgd",))
    units = renamed(records.frame(test_figures_dead_units.dosed()), "leaky_relu")
    timed = renamed(test_cost.made_up(), "tanh")
    parts = [contest(MEANS), formulas(), figure_records.gradient_flow(6), speed, units, timed, robust()]
    return records.concat(parts)


@pytest.fixture(scope="module")
def index(whole) -> claims.Index:
    """Return the same looked up once, as the chapter does."""
    return claims.Index(whole)


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_figures_say_numbers_and_give_their_data(name, whole):
    taken.check(lambda rows: getattr(yours, name)(rows, CATALOGUE), whole)


@pytest.mark.parametrize("name", FIGURES)
def test_what_was_not_measured_is_said(name, whole):
    for rows, table in ((EMPTY, CATALOGUE), (whole, PLAIN), (whole[whole["activation"] != "my_bump"], CATALOGUE)):
        assert getattr(yours, name)(rows, table).finding.startswith("Not measured here: ")


@pytest.mark.parametrize("name", FIGURES)
def test_own_functions_are_drawn_in_their_colour_and_named(name, whole):
    second = whole[whole["activation"] == "my_bump"]
    two = records.concat([whole, second.assign(activation=pd.array(["my_gate"] * len(second), dtype="string"))])
    figure = getattr(yours, name)(two, catalogue("my_bump", "my_gate"))
    picture = cells.Picture("svg", style.render(figure), "alt", Place("n", 1))
    shown = pictures.slimmed(picture).data.decode()
    assert {colours.OWN[0], colours.OWN[1]} <= set(re.findall(r"#[0-9a-f]{6}\b", shown))
    assert "My bump" in shown
    assert "My gate" in shown


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_written_outside_a_figure(name, index):
    figure = getattr(yours, name)(index, CATALOGUE)
    figure.draw_without_rendering()
    wide, tall = figure.get_size_inches() * figure.dpi
    for axes in figure.axes:
        for text in axes.texts:
            box = text.get_window_extent()
            assert box.x0 > -0.15 * wide
            assert box.x1 < 1.06 * wide, text.get_text()
            assert -0.2 * tall < box.y0
            assert box.y1 < 1.05 * tall, text.get_text()


def points(axes, colour):
    return [line for line in axes.lines if to_hex(line.get_markeredgecolor()) == colour and line.get_marker() == "o"]


def test_a_duel_is_in_colour_where_it_is_won_and_dark_where_it_is_lost(index):
    figure = yours.duels(index, CATALOGUE)
    (axes,) = [one for one in figure.axes if one.lines]
    rows = [text.get_text() for text in axes.get_yticklabels()]
    won = {rows[round(line.get_ydata()[0])] for line in points(axes, colours.OWN[0])}
    assert won == {"ReLU"}
    said = {str(text.get_text()) for text in axes.texts}
    assert said == {f"{word}, {over}" for word in ("better", "worse", "equal") for over in ("12 seeds", "14 tasks")}
    assert rows == ["tanh", "GELU", "ReLU"]


def test_tasks_are_set_against_relu_and_the_best_other(index):
    figure = yours.tasks(index, CATALOGUE)
    assert sorted(figure.data["against"].unique()) == ["ReLU", "tanh"]
    assert len(figure.data) == 28
    assert "14 better of 14" in figure.finding
    assert "14 worse of 14" in figure.finding


def test_a_crowd_of_tasks_is_gathered_by_kind():
    figure = yours.tasks(contest(MEANS, tasks=25), CATALOGUE)
    assert figure.data["task"].unique().tolist() == ["MLP"]
    assert set(figure.data["pairs, or tasks"]) == {25}


def test_the_neighbour_is_drawn_at_its_best_likeness(index):
    figure = yours.shapes(index, CATALOGUE)
    row = likeness.neighbours(index, "my_bump").iloc[0]
    data = figure.data
    fitted = data["neighbour, scaled, shifted, mirrored"].to_numpy()
    flipped = data["neighbour at x"].to_numpy()[:: -1 if row["mirrored"] else 1]
    assert np.allclose(fitted, row["scale"] * flipped + row["offset"])


def test_costs_and_ills_are_those_of_the_twins(index):
    cost = practice.steps(index).set_index("activation")["middle"]
    assert cost["my_bump"] == cost["tanh"] > 1
    ills = practice.ills(index, "stuck_share").set_index(["activation", "dose"])["middle"]
    assert np.allclose(ills["my_bump"].to_numpy(), ills["leaky_relu"].to_numpy())


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.8, 0.9, "better"), (1.1, 1.2, "worse"), (0.98, 1.01, "equal"), (0.9, 1.1, "open")]
)
def test_a_ratio_is_judged_by_its_whole_interval(low, high, word):
    assert practice.verdict({"low": low, "high": high, "metric": "error"}) == word


# --- sentences --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def said(index) -> str:
    return yours.answer(index, CATALOGUE).markdown


def test_the_answer_says_what_was_found_and_where_it_is_shown(said):
    assert said.startswith("**My bump.** On these 14 tasks it is **better than ReLU**: ")
    assert re.search(r"10 margins better \[[\d.]+, [\d.]+\] over 12 seeds, 23 % less test error", said)
    assert "Task by task, after Holm's correction, it is better on 14 (@fig-yours-tasks)" in said
    assert re.search(
        r"On tasks like these in general it is \*\*better than ReLU\*\*: \[[\d.]+, [\d.]+\] margins \(", said
    )
    assert "it takes place 2 of 4" in said or "it takes place 3 of 4" in said
    assert "it beats ReLU by more than a margin; tanh beats it; it is practically equal to GELU" in said
    assert re.search(r"A training step takes 1\.1\d* \[.*\] times as long as with ReLU; the function alone 2", said)
    assert re.search(r"Of its units, at \d+ times ReLU's tuned rate, .*% are stuck", said)
    assert "changes in theory by a factor of $10^{-3.0}$ (LeCun) and $10^{6.0}$ (He)" in said
    assert re.search(r"Beside ReLU it learns slower in 2 of 2 settings, with 1\.\d+ times the area", said)
    assert "Its shape is its own: the nearest is " in said
    labels = set(re.findall(r"@(fig-[a-z-]+)", said))
    assert labels == {
        f"fig-yours-{name}" for name in ("tasks", "duels", "cost", "dead", "depths", "shapes", "settings")
    }


def test_too_few_tasks_are_said_with_what_to_run():
    said = yours.answer(contest(MEANS, tasks=4), CATALOGUE).markdown
    assert "On these 4 tasks it is **better than ReLU**: " in said
    assert "Of tasks in general nothing can be said. A sentence about them needs 12; here are 4." in said
    assert "`cpu`" in said


def test_a_function_that_diverged_everywhere_is_worse_without_a_number_made_up():
    table = contest(MEANS)
    own = table["activation"] == "my_bump"
    lost = table.assign(value=table["value"].mask(own & table["metric"].isin(["error", "loss"]), np.inf))
    runs = [{"experiment": "generalization", "activation": "my_bump", "dataset": "d00", "network": "mlp_2x32",
             "phase": "final", "arm": "best", "seed": seed, "metric": "diverged", "value": 1.0}
            for seed in range(12)]  # fmt: skip
    whole = records.concat([lost[lost["metric"] != "diverged"], records.frame(runs)])
    said = yours.answer(whole, CATALOGUE).markdown
    assert "On these 14 tasks it is **worse than ReLU**: infinitely worse over 12 seeds, since runs diverged" in said
    assert "On tasks like these in general it is **worse than ReLU** (@tbl-yours-verdicts)" in said
    assert "All of its 12 tuned runs diverged" in said
    assert "nan" not in said
    assert yours.duels(whole, CATALOGUE).finding
    assert yours.tasks(whole, CATALOGUE).data is not None


def test_a_function_that_failed_is_listed_with_the_reason(review_folder, whole):
    folder = review_folder / "reports" / "mine"
    folder.mkdir(parents=True)
    (folder / ".failed").write_text(
        "dead_units, my_bump: ValueError: it raised\ncost, my_bump: gone\ncost, relu_too: my_bump\n"
    )
    rest = whole[whole["activation"] != "my_bump"]
    said = yours.answer(rest, CATALOGUE, config="mine").markdown
    assert said.startswith("**My bump.** Nothing was measured of it. The run could not do all that was asked of it: ")
    assert "it raised and 1 more jobs" in said
    assert answers.failures("mine", "relu") == ""
    assert answers.failures("absent", "my_bump") == ""


def test_without_a_function_of_one_s_own_the_chapter_says_how_to_bring_one(whole):
    assert "`formulas: {my_bump:" in yours.answer(whole, PLAIN).markdown


def test_every_own_function_has_a_paragraph_and_the_first_six_a_panel():
    names = ("my_bump", "tanh", "gelu", "swish", "elu", "sigmoid", "mish")
    several = claims.Index(contest({**MEANS, "swish": 0.1, "elu": 0.1, "sigmoid": 0.1, "mish": 0.1}, tasks=2))
    *paragraphs, last = yours.answer(several, catalogue(*names)).markdown.split("\n\n")
    assert len([one for one in paragraphs if one.startswith("**")]) == 7
    assert last == "Figures of this chapter show the first 6 of these 7 functions."
    for figure, panels in ((yours.duels(several, catalogue(*names)), 6), (yours.tasks(several, catalogue(*names)), 12)):
        figure.draw_without_rendering()
        assert len([axes for axes in figure.axes if axes.lines]) == panels
        assert figure.get_figheight() < 9.5, "a page has room for it"


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_tables_say_what_is_not_there(name):
    assert "not measured here" in getattr(yours, name)(EMPTY, CATALOGUE).to_markdown()


def test_formula_and_properties_are_those_of_own_functions_alone(index):
    assert yours.formula(CATALOGUE).frame["name"].tolist() == ["my_bump"]
    assert "not measured here" in yours.formula(PLAIN).to_markdown()
    assert len(yours.properties(index, CATALOGUE).frame) == 1


def test_a_long_derivative_is_displayed_and_not_squeezed_into_a_table():
    wide = CATALOGUE.assign(derivative_latex=" + ".join(f"{n} x^{n}" for n in range(30)), latex="x")
    assert yours.formula(wide).frame["derivative_latex"].isna().all()
    assert yours.formula(wide).frame["latex"].tolist() == ["x"]
    assert yours.long(wide).markdown.startswith("My bump:\n\n$$ f'(x) = 0 x^0 + 1 x^1")
    assert yours.long(CATALOGUE).markdown == ""
    assert yours.long(PLAIN).markdown == ""


def test_the_signal_of_own_functions_stands_before_that_of_known_ones(index):
    found = yours.signal(index, CATALOGUE).frame
    assert found.index.tolist() == ["my_bump", "relu", "tanh"]
    assert found.loc["my_bump", "sigma_w"] == 3.4
    assert found.loc["my_bump", "log_he"] == pytest.approx(6)  # of the hundred layers, not of the first or of fifty


def test_neighbours_are_listed_with_what_is_usual(index):
    table = yours.neighbours(index, CATALOGUE)
    assert table.frame["other"].tolist()[0] in ("tanh", "ReLU")
    assert "other functions the nearest neighbour leaves" in table.note


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"scale": 1.0, "offset": 0.0, "mirrored": False}, "f(x)"),
        ({"scale": -1.0, "offset": 0.5, "mirrored": True}, "−f(−x) + 0.500"),
        ({"scale": 2.0, "offset": -0.25, "mirrored": False}, "2 f(x) − 0.250"),
    ],
)
def test_a_likeness_as_a_formula(row, text):
    assert shapes.transformed(row) == text


def test_questions_and_answers_are_told_side_by_side(index):
    table = yours.asked(index, CATALOGUE)
    row = table.frame.set_index("of").loc["[C46](#claim-C46)"]
    assert row["claim"] == "My bump is generally better than ReLU"
    assert row["before"] == "not measured here"
    assert row["answer"].startswith("**supported**, 10")
    said = yours.chance(index, CATALOGUE).markdown
    counts = [int(one) for one in re.findall(r"(\d+) sentences were asked", said)]
    assert counts == [len(table.frame)]


def test_figures_are_reached_from_the_room():
    assert set(yours.__all__) <= set(dir(figures.yours))


# --- the notebook -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "own"), [("whole", CATALOGUE), ("whole", PLAIN), ("nothing", CATALOGUE)])
def test_every_cell_of_the_notebook_shows_something(table, own, whole, monkeypatch):
    monkeypatch.setattr(engine, "records", lambda _: whole if table == "whole" else EMPTY)
    monkeypatch.setattr(figures, "catalogue", lambda _: own)
    monkeypatch.setattr(figures, "use_style", lambda: None)
    book, names = nbformat.read(NOTEBOOK, as_version=4), {}
    sources = [cell.source for cell in book.cells if cell.cell_type == "code"]
    shown = []
    for source in sources:
        *before, last = ast.parse(source).body
        exec(compile(ast.Module(before, []), "12_yours", "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), "12_yours", "eval"), names))
        else:
            exec(compile(ast.Module([last], []), "12_yours", "exec"), names)
    kinds = [type(one).__name__ for one in shown if one is not None]
    assert kinds.count("Drawing") == 7
    assert kinds.count("Table") == 6
    assert kinds.count("Text") == 3


# --- on paper ---------------------------------------------------------------------------------------------------------


def test_figures_stay_in_place_where_typst_cannot_tag_one_that_floats(monkeypatch):
    notes = [("note", document.note("# A note\n\nOf one line."))]
    made, tried = document.build(notes, document.Front(title="Notes")), []

    def compiled(given):
        tried.append(given.floats)
        if given.floats:
            raise typst.TypstError("PDF/A PDF/UA error: internal error: parent group (occurred at build.rs)")
        return b"%PDF"

    monkeypatch.setattr(pdf, "_compiled", compiled)
    assert pdf.render(made) == b"%PDF"
    assert tried == [True, False]
    monkeypatch.setattr(pdf, "_compiled", lambda _: (_ for _ in ()).throw(typst.TypstError("error: unknown font")))
    with pytest.raises(ReportError, match=r"^PDF: unknown font$"):
        pdf.render(made)
