"""What a configuration brings along stands out in every figure and table, and nothing changes where it brings none."""

from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path

import figure_records
import pandas as pd
import pytest
import test_every_figure as figure_tests
from matplotlib.colors import to_hex
from matplotlib.text import Text
from test_cli import TINY
from test_every_figure import (  # noqa: F401 - fixtures: the records that figures are tested with
    advised,
    dead,
    drifting,
    everything,
    flow,
    judged,
    mechanisms,
    replications,
    robustness,
    rounded,
    shallow,
    shared,
    sloped,
    timed,
    trained,
)  # fmt: skip
from test_visual_language import DICHROMATS, apart, contrast

from acts import colours, figures
from acts.__main__ import main
from acts.figures import naming, palette, style
from acts.figures.style import Drawing
from acts.figures.table import BROUGHT, Table

BUMP = 'formulas:\n  my_bump: "x * exp(-x**2)"\n'
PLACES, MAPS = figure_tests.PLACES, figure_tests.MAPS


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
    assert naming.own(figures.catalogue("not_made_yet")) == []
    older = published / "older"
    older.mkdir()
    table.drop(columns="own").to_csv(older / "catalogue.csv", index=False)
    assert naming.own(figures.catalogue("older")) == []
    assert figures.catalogue("older")["own"].dtype == bool


@pytest.mark.usefixtures("review_folder")
def test_without_a_catalogue_nothing_is_own() -> None:
    assert naming.own(figures.catalogue("nothing")) == []
    assert naming.own(pd.DataFrame({"name": ["relu"]})) == []


# --- every figure -----------------------------------------------------------------------------------------------------

OWN = {
    "everything": ("mish", "my_bump"), "dead": ("elu", "swish"), "robustness": ("elu", "gelu"), "trained": ("tanh",),
    "drifting": ("gelu",), "shallow": ("tanh",), "timed": ("tanh", "gelu"), "rounded": ("tanh", "gelu"),
    "advised": ("tanh", "gelu"), "shared": ("tanh",), "sloped": ("elu",), "flow": ("elu",),
    "generalization.tournament": ("gelu", "mish"), "responses.responses": ("gelu", "mish"),
    "bargains.accuracy": ("gelu",), "gates.gates": ("gelu",), "rescues.rescues": ("leaky_relu", "swish"),
}  # fmt: skip
NAMELESS = {
    "doses.epochs",
    "rescues.recycling",
    "born.born",
    "sparsity.sparsity",
    "shares.shares",
    "asides.slopes",
    "widths.widths",
    "heads.endings",
    "heads.rectified",
}  # fmt: skip - one function alone, or parts that are none
NAMED = sorted(name for name, kind in PLACES.items() if kind in OWN and name not in NAMELESS)
TELLING = {"selection.grid": {colours.VERDICTS["refuted"]}}  # colours that say more

Draw = Callable[..., Drawing]


def marked(*names: str) -> pd.DataFrame:
    """Return the catalogue of the records that figures are tested with, some of its functions the configuration's."""
    table = figure_records.catalogue()
    return table.assign(own=table["name"].isin(names))


def mine(name: str) -> list[str]:
    """Return the functions that are own in a figure, in the catalogue's order."""
    return naming.own(marked(*OWN.get(name, OWN[PLACES[name]])))


@pytest.fixture(scope="module")
def drawn(request: pytest.FixtureRequest) -> Draw:
    """Return what draws a figure by its name with some functions own, each once."""

    @cache
    def draw(name: str, *own: str) -> Drawing:
        rows = request.getfixturevalue(PLACES[name])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(figure_tests, "CATALOGUE", marked(*own))
            return figure_tests.DRAWN[PLACES[name]][name](rows)

    return draw


def words(drawing: Drawing, colour: str) -> list[Text]:
    """Return the words of a figure that are written in a colour."""
    texts = [one for one in drawing.findobj(Text) if one.get_visible() and one.get_text().strip()]
    return [one for one in texts if to_hex(one.get_color()) == colour]


def strokes(drawing: Drawing) -> list[tuple[str, float]]:
    """Return colour and order of every line and mark in the panels of a figure."""
    lines = [line for axes in drawing.axes for line in axes.lines]
    shown = [line.get_markeredgecolor() if line.get_linestyle() == "None" else line.get_color() for line in lines]
    return [(to_hex(colour), line.get_zorder()) for line, colour in zip(lines, shown, strict=True)]


def test_every_figure_that_draws_functions_is_looked_at() -> None:
    assert set(NAMED) | NAMELESS == {name for name, kind in PLACES.items() if kind in OWN}
    assert {kind for kind in PLACES.values() if kind not in OWN} == {"judged", "mechanisms", "replications"}


@pytest.mark.parametrize("name", NAMED)
def test_an_own_function_stands_out_by_colour_weight_and_name(name: str, drawn: Draw) -> None:
    own = mine(name)
    figure, table = drawn(name, *own), marked(*own)
    for rank, one in enumerate(own):
        label, colour = naming.label(table, one), palette.of_own(rank)
        named = [text for text in words(figure, colour) if label[:6] in text.get_text()]  # a long one may be cut
        assert len(named) >= 2, (label, "its own name, and that in the line below the figure")
        assert all(text.get_fontweight() == "bold" for text in named)
        assert label in figure.finding.partition("Drawn in colour: ")[2]
    assert any(BROUGHT in text.get_text() for text in figure.texts)


@pytest.mark.parametrize("name", sorted(set(NAMED) - MAPS - {"widths.drifting"}))
def test_beside_an_own_function_all_others_are_grey(name: str, drawn: Draw) -> None:
    own = mine(name)
    figure = drawn(name, *own)
    inks = {colour for colour, _ in strokes(figure)} | {to_hex(text.get_color()) for text in figure.findobj(Text)}
    coloured = {colour for colour in inks if not figure_tests.neutral(colour)} - {"#1f77b4"}
    assert coloured - TELLING.get(name, set()) == {palette.of_own(rank) for rank in range(len(own))}
    assert palette.REST not in {to_hex(text.get_color()) for text in figure.findobj(Text)}


@pytest.mark.parametrize("name", NAMED)
def test_an_own_function_is_drawn_on_top(name: str, drawn: Draw) -> None:
    found = strokes(drawn(name, *mine(name)))
    own, others = ([order for colour, order in found if (colour in palette.OWN) is wanted] for wanted in (True, False))
    assert not own or min(own) > max(others, default=0.0)


@pytest.mark.parametrize("name", ["shares.shares", "asides.slopes"])
def test_a_figure_that_draws_no_own_function_stays_as_it_is(name: str, drawn: Draw) -> None:
    assert style.render(drawn(name)) == style.render(drawn(name, *mine(name)))


@pytest.mark.parametrize("name", ["stretches.shares", "selection.grid"])
def test_where_nothing_is_own_not_a_byte_changes(name: str, drawn: Draw, request: pytest.FixtureRequest) -> None:
    plain = figure_tests.DRAWN[PLACES[name]][name](request.getfixturevalue(PLACES[name]))
    assert style.render(drawn(name)) == style.render(plain)
    assert style.render(drawn(name)) != style.render(drawn(name, *mine(name)))


def test_an_own_function_is_never_cut_for_want_of_room(
    monkeypatch: pytest.MonkeyPatch,
    everything: pd.DataFrame,  # noqa: F811
) -> None:
    monkeypatch.setattr(figures.generalization, "_TALLEST", 1.0)
    plain = figures.generalization.tournament(everything, marked())
    cut = next(name for name in figure_records.NAMES if naming.label(marked(), name) in plain.texts[-1].get_text())
    kept = figures.generalization.tournament(everything, marked(cut))
    titles = [axes.get_title(loc="left") for axes in kept.axes]
    assert f"■ {naming.label(marked(), cut)}" in titles
    assert len(titles) == len(plain.axes)


def test_own_functions_join_every_short_list(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures.selection, "_MOST", 1)
    timed, rounded, advised = (request.getfixturevalue(name) for name in ("timed", "rounded", "advised"))  # noqa: F811
    table = marked("gelu")
    for figure in (
        figures.cost.shares(timed, table, few=("tanh",)),
        figures.precision.along(rounded, table, few=("tanh",)),
        figures.selection.grid(advised, table),
    ):
        assert figure.finding.endswith("Drawn in colour: GELU.")


# --- colours, tables, explorers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("sight", DICHROMATS)
def test_own_colours_keep_apart_from_each_other_and_from_the_greys_for_every_eye(sight: str, night: bool) -> None:
    by = colours.BY_NIGHT if night else {colour: colour for colour in colours.BY_NIGHT}
    own = [by[colour] for colour in colours.OWN]
    for one, other in combinations([*own, by[colours.REST]], 2):
        assert apart(one, other, sight) > 0.09, (one, other)
    assert all(apart(one, by[colours.GREY], sight) > 0.09 for one in own)
    assert not set(colours.OWN) & {*colours.FAMILIES.values(), *colours.VERDICTS.values(), *colours.SPARE}


@pytest.mark.parametrize("colour", colours.OWN)
def test_an_own_label_can_be_read_by_day_and_by_night(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 4.5
    assert contrast(colours.BY_NIGHT[colour], colours.NIGHT) >= 4.5


def test_the_others_lines_are_seen_on_either_ground() -> None:
    assert contrast(colours.REST, "#ffffff") >= 3
    assert contrast(colours.BY_NIGHT[colours.REST], colours.NIGHT) >= 3


def test_four_own_functions_differ_in_colour_dash_and_mark() -> None:
    names = ["elu", "gelu", "mish", "my_bump"]
    own = naming.strokes(marked(*names), [*names, "relu"])
    for what in ("color", "linestyle", "marker"):
        assert len({str(own[name][what]) for name in names}) == 4
    assert own["relu"]["color"] == palette.REST


def test_more_own_functions_than_colours_are_told_apart_by_dash_mark_and_sign() -> None:
    names = [one for one in figure_records.NAMES if "(" not in one][: 2 * len(colours.OWN)]
    own = naming.strokes(marked(*names), names)
    for what in ("linestyle", "marker"):
        assert len({(own[name]["color"], str(own[name][what])) for name in names}) == len(names)
    signs = {(palette.of_own(rank), palette.swatch_of_own(rank)) for rank in range(4 * len(colours.OWN))}
    assert len(signs) == 4 * len(colours.OWN)


def test_of_functions_that_share_a_colour_a_figure_names_those_that_it_shows(timed: pd.DataFrame) -> None:  # noqa: F811
    own = ["elu", "gelu", "mish", "my_bump", "tanh"]
    table = marked(*own)
    figure = figures.cost.shares(timed, table)
    shown = [name for name in own if naming.label(table, name) in set(figure.data["activation"])]
    assert "tanh" in shown
    ranks = {name: rank for rank, name in enumerate(naming.own(table))}
    below = {text.get_text() for text in figure.texts}
    signs = {f"{palette.swatch_of_own(ranks[name])} {naming.label(table, name)}" for name in shown}
    assert signs <= below
    assert len([one for one in below if one[:1] in "■◆▲●"]) == len(shown) < len(own)


def test_own_functions_come_first_and_variants_of_them_too() -> None:
    table = marked("mish", "my_bump")
    order = naming.ordered(table, ["relu", "tanh", "my_bump", "mish", "mish(beta=2)", "identity"])
    assert order[:3] == ["mish", "mish(beta=2)", "my_bump"]
    assert naming.inks(table, order)["mish(beta=2)"] == palette.of_own(0)
    assert naming.inks(table, ["relu", "tanh"]) == naming.inks(marked(), ["relu", "tanh"])


def test_a_table_marks_own_functions_and_says_what_the_mark_means() -> None:
    frame = pd.DataFrame({"activation": ["My gate", "GELU"], "tied": ["none", "Mish, My gate"], "n": [1, 2]})
    columns = {"activation": "Activation", "tied": "As good", "n": "n"}
    shown = Table(frame, columns, note="A note.", own=["My gate"]).to_markdown()
    assert shown.count("**My gate**\u00a0†") == 2
    assert f"A note. † {BROUGHT}." in shown
    assert "**GELU**" not in shown
    assert Table(frame, columns, own=["My bump"]).to_markdown() == Table(frame, columns).to_markdown()
    assert "<strong>My gate</strong>\u00a0†" in Table(frame, columns, own=["My gate"]).to_html()


def test_explorers_begin_with_own_functions(everything: pd.DataFrame) -> None:  # noqa: F811
    table = marked("my_bump").assign(tree='{"steps":[["x"]],"outputs":[0,0,0]}')
    figure = figures.explorer.activation(everything, table)
    assert figure.explorer is not None
    functions = figure.explorer["functions"]
    first = functions[figure.explorer["chosen"][0]]
    assert (first["name"], first["own"], first["colour"]) == ("my_bump", True, palette.of_own(0))
    assert len(figure.explorer["chosen"]) <= figures.explorer.MOST
    assert {(one["colour"], "own" in one) for one in functions[1:]} == {(palette.GREY, False)}
