"""Every figure there is says numbers from its records, draws in the colours of the house, and can be read in grey."""

import ast
import re
from collections.abc import Callable
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import figure_records
import numpy as np
import pandas as pd
import pytest
import taken
import test_advice
import test_cost
import test_figures_asides
import test_figures_dead_units
import test_figures_flow
import test_precision
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from test_figures_mechanisms import records as mechanisms  # noqa: F401 - fixtures of those who know their records
from test_figures_replications import records as replications  # noqa: F401
from test_figures_robustness import records as robustness  # noqa: F401
from test_visual_language import DICHROMATS, apart

from acts import claims, colours, figures, records
from acts.figures import asides, shares, style, trainability
from acts.figures import selection as advice
from acts.figures.style import Drawing
from acts.reports import cells, pictures
from acts.reports.faults import Place

FOLDER = Path(style.__file__).parent
CATALOGUE = figure_records.catalogue()
ELSEWHERE = {
    "style.missing": "says what is missing",
    "evidence.contrasts": "is drawn from a ledger's parts, tested with write-ups",
    "explorer.activation": "is drawn and moved in a browser, tested with explorers",
    "explorer.depth": "is drawn and moved in a browser, tested with explorers",
    **dict.fromkeys(
        (
            "duels.duels",
            "duels.tasks",
            "practice.beside_relu",
            "practice.cost",
            "practice.dead",
            "shapes.shapes",
            "signals.depths",
        ),
        "is drawn of a configuration's own functions, tested with their chapter",
    ),
}
FOLLOWED = (
    "everything",
    "judged",
    "dead",
    "mechanisms",
    "robustness",
    "timed",
    "advised",
)  # tested where the records are made
KEPT = ("lr_tuned", "diverged", "compiler", "met")
MAPS = {"errors.parts", "trainability.trainability", "selection.grid"}  # cells shaded by their number

Draw = Callable[[Any], Drawing]


def _of(module: Any, **names: str) -> dict[str, Draw]:
    return {
        full: lambda rows, name=name: getattr(module, name)(rows, CATALOGUE)
        for full, name in ((key.replace("__", "."), value) for key, value in names.items())
    }


DRAWN: dict[str, dict[str, Draw]] = {
    "everything": {
        **_of(figures.formulas, formulas__curves="curves"),
        **_of(figures.gradient_flow, gradient_flow__flow="flow", gradient_flow__lengths="lengths",
              gradient_flow__centring="centring"),
        **_of(figures.convergence, rates__response="response", convergence__losses="losses",
              convergence__differences="differences", convergence__bands="bands"),
        **_of(figures.generalization, generalization__tournament="tournament", responses__responses="responses",
              gates__gates="gates"),
    },
    "judged": {
        "forest.forest": lambda pair: figures.verdicts.forest(*pair),
        "verdicts.tiles": lambda pair: figures.verdicts.tiles(pair[1]),
        "verdicts.topics": lambda pair: figures.verdicts.topics(pair[1]),
    },
    "dead": _of(figures.dead_units, doses__doses="doses", doses__epochs="epochs", doses__dormancy="dormancy",
                rescues__rescues="rescues", rescues__recycling="recycling", born__born="born",
                sparsity__sparsity="sparsity"),
    "mechanisms": {
        "gaps.gap": lambda rows: figures.mechanisms.gap(rows, CATALOGUE, study="slope"),
        **_of(figures.mechanisms, changes__pairs="pairs", changes__at_zero="at_zero",
              changes__mixed="mixed", changes__killed="killed", changes__slopes="slopes", readings__regions="regions",
              readings__fit="fit", readings__narrow="narrow", caught__linear="linear"),
    },
    "robustness": _of(figures.robustness, robustness__noise="noise", robustness__areas="areas",
                      robustness__labels="labels", robustness__mislabelled="mislabelled", blocks__blocks="blocks",
                      heads__endings="endings", heads__rectified="rectified"),
    "replications": _of(figures.replications, replications__beside="beside", replications__noise="noise"),
    "flow": _of(figures.gradient_flow, widths__widths="widths"),
    "drifting": _of(figures.gradient_flow, widths__drifting="drifting"),
    "trained": _of(trainability, trainability__trainability="trainability"),
    "shared": _of(shares, shares__shares="shares"),
    "shallow": _of(asides, asides__shallow="shallow"),
    "sloped": _of(asides, asides__slopes="slopes"),
    "timed": _of(figures.cost, stopwatch__elements="elements", stretches__steps="steps", stretches__shares="shares",
                 bargains__accuracy="accuracy"),
    "rounded": _of(figures.precision, errors__parts="parts", errors__along="along"),
    "advised": _of(advice, selection__grid="grid", selection__habits="habits"),
}  # fmt: skip
PLACES = {name: kind for kind, drawings in DRAWN.items() for name in drawings}


@pytest.fixture(scope="module")
def everything() -> pd.DataFrame:
    own = figure_records
    speed = own.convergence(seeds=4, datasets=("digits",), optimizers=("sgd",))
    return records.concat([own.formulas(), own.gradient_flow(4), speed, own.generalization(seeds=4)])


@pytest.fixture(scope="module")
def judged(everything: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return everything, claims.ledger(everything, config="cpu")


@pytest.fixture(scope="module")
def dead() -> pd.DataFrame:
    own = test_figures_dead_units
    return records.frame([*own.dosed(), *own.tried(), *own.others()])


@pytest.fixture(scope="module")
def flow() -> pd.DataFrame:
    return test_figures_flow.flow()


@pytest.fixture(scope="module")
def drifting() -> pd.DataFrame:
    return test_figures_flow.drifting()


@pytest.fixture(scope="module")
def trained() -> pd.DataFrame:
    return test_figures_flow.trained()


@pytest.fixture(scope="module")
def shared() -> pd.DataFrame:
    own = test_figures_asides
    tuned = own.tunes("mlp_2x8", "wine", effects={**own.NONE, "seed": 0.5})
    return records.concat([own.finals("mlp_2x8", "wine", own.ERRORS), tuned])


@pytest.fixture(scope="module")
def shallow() -> pd.DataFrame:
    return test_figures_asides.shallow_records()


@pytest.fixture(scope="module")
def sloped() -> pd.DataFrame:
    return test_figures_asides.sloped()


@pytest.fixture(scope="module")
def timed() -> pd.DataFrame:
    return records.concat([test_cost.made_up(), figure_records.generalization()])


@pytest.fixture(scope="module")
def rounded() -> pd.DataFrame:
    return test_precision.measured_of("relu", "sigmoid", "tanh", "gelu")


@pytest.fixture(scope="module")
def advised() -> pd.DataFrame:
    means = {"relu": 0.1, "gelu": 0.05, "tanh": 0.08}
    return test_advice.table(*(test_advice.task(f"d{place}", "cnn_2x8", means) for place in range(6)))


@pytest.fixture(scope="module")
def drawing(request: pytest.FixtureRequest) -> Callable[[str], Drawing]:
    """Return what draws a figure by its name, once."""

    @cache
    def draw(name: str) -> Drawing:
        return DRAWN[PLACES[name]][name](request.getfixturevalue(PLACES[name]))

    return draw


def written() -> set[str]:
    """Return every function of the package that returns a figure, as module and name."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if (
                isinstance(node, ast.FunctionDef)
                and node.returns
                and ast.unparse(node.returns) in ("Drawing", "Figure")
            ):
                found |= set() if node.name.startswith("_") else {f"{path.stem}.{node.name}"}
    return found


def test_no_figure_is_left_out() -> None:
    assert written() == {*PLACES, *ELSEWHERE}


@pytest.mark.parametrize("name", sorted(PLACES))
def test_a_finding_is_a_sentence_with_numbers(name: str, drawing: Callable[[str], Drawing]) -> None:
    said = drawing(name).finding
    assert re.search(r"\d", said), said
    assert said.endswith("."), said


@pytest.mark.parametrize("name", sorted(name for name, kind in PLACES.items() if kind not in FOLLOWED))
def test_the_finding_and_the_data_follow_the_records(
    name: str, drawing: Callable[[str], Drawing], request: pytest.FixtureRequest
) -> None:
    rows = request.getfixturevalue(PLACES[name])
    some = ~rows["metric"].isin(KEPT) & rows["seed"].mod(2).eq(0).fillna(False)
    uneven = rows.assign(value=rows["value"].where(~some, 3 * rows["value"]))
    first = ~rows["metric"].isin(KEPT) & rows["activation"].eq(rows["activation"].min())
    worse = rows.assign(value=rows["value"].where(~first, 20 * rows["value"]))
    changed = [DRAWN[PLACES[name]][name](other) for other in (taken.moved(rows), uneven, worse)]
    own = drawing(name)
    assert any(figure.finding != own.finding for figure in changed)
    assert own.data is not None
    assert any(figure.data is None or not figure.data.equals(own.data) for figure in changed)


def test_the_findings_of_a_ledger_follow_its_verdicts(judged: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    _, ledger = judged
    changed = ledger.assign(verdict=["refuted", *ledger["verdict"][1:]])
    changed.loc[ledger.index[0], "verdict"] = "refuted" if ledger["verdict"].iloc[0] != "refuted" else "mixed"
    for draw in (figures.verdicts.tiles, figures.verdicts.topics):
        assert draw(ledger).finding != draw(changed).finding


# --- colours ----------------------------------------------------------------------------------------------------------


def neutral(colour: str) -> bool:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return max(red, green, blue) - min(red, green, blue) <= 1


@pytest.mark.parametrize("name", sorted(set(PLACES) - MAPS))
def test_a_figure_draws_in_the_colours_of_the_house(name: str, drawing: Callable[[str], Drawing]) -> None:
    picture = cells.Picture("svg", style.render(drawing(name)), "alt", Place("n", 1))
    drawn = set(re.findall(r"#[0-9a-f]{6}\b", pictures.slimmed(picture).data.decode()))
    assert {colour for colour in drawn if not neutral(colour)} <= set(colours.BY_NIGHT)


def inks(axes: Axes) -> list[tuple[Line2D, str]]:
    """Return the lines of a panel with a colour, no guides and no ticks."""
    lines = [line for line in axes.lines if line.get_visible() and len(np.atleast_1d(line.get_xdata())) > 2]
    shown = [(line, to_hex(line.get_color())) for line in lines if (line.get_alpha() or 1) > 0.3]
    return [(line, colour) for line, colour in shown if not neutral(colour)]


def named(axes: Axes) -> set[str]:
    """Return the colours that words of a panel, or of its figure, are written in."""
    texts = [text for text in axes.figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return {to_hex(text.get_color()) for text in texts}


@pytest.mark.parametrize("name", sorted(PLACES))
def test_neighbours_keep_apart_for_every_eye_and_in_grey(name: str, drawing: Callable[[str], Drawing]) -> None:
    for axes in drawing(name).axes:
        words = named(axes)
        for (one, first), (other, second) in combinations(inks(axes), 2):
            if first == second:
                continue
            assert all(apart(first, second, sight) > 0.05 for sight in DICHROMATS), (first, second)
            strokes = [(line.get_linestyle(), line._dash_pattern, line.get_marker()) for line in (one, other)]  # type: ignore[attr-defined]
            told = {first, second} <= words or strokes[0] != strokes[1]
            assert told or apart(first, second, "grey") > 0.05, (axes.get_title(loc="left"), first, second)


@pytest.mark.parametrize("name", sorted(PLACES))
def test_parts_of_a_bar_are_parted_by_more_than_colour(name: str, drawing: Callable[[str], Drawing]) -> None:
    for axes in drawing(name).axes:
        bars = [one for one in axes.patches if isinstance(one, Rectangle) and one.get_width() * one.get_height() > 0]
        for one, other in combinations(bars, 2):
            touching = abs(one.get_x() + one.get_width() - other.get_x()) < 1e-9 and one.get_y() == other.get_y()
            filled = one.get_facecolor()[3] > 0 and other.get_facecolor()[3] > 0
            if touching and filled and to_hex(one.get_facecolor()) != to_hex(other.get_facecolor()):
                edges = {to_hex(bar.get_edgecolor()) for bar in (one, other)}
                lines = min(bar.get_linewidth() for bar in (one, other))
                assert (edges == {colours.PAPER} and lines > 0.5) or apart(
                    to_hex(one.get_facecolor()), to_hex(other.get_facecolor()), "grey"
                ) > 0.1
