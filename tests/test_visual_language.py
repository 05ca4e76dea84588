"""One visual language: colours that keep apart for every eye, on paper and at night, and figures that speak it."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from acts import colours
from acts.figures import palette
from acts.reports import cells, marks, pictures
from acts.reports.faults import Place
from acts.reports.page import tones

TEMPLATES = Path(pictures.__file__).with_name("templates")

# Machado, Oliveira and Fernandes (2009), A physiologically-based model for simulation of color vision deficiency,
# IEEE TVCG 15(6), severity 1; grey is relative luminance in all three channels.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "grey": [[0.2126, 0.7152, 0.0722]] * 3,
}
# Ottosson (2020), OKLab: linear sRGB to cones, cones to lightness and two opponent colours
CONES = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
OPPONENT = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
DICHROMATS = ("usual", "protanopia", "deuteranopia", "tritanopia")
OFTEN = ("rectifier", "exponential", "sigmoidal", "smooth gated", "control")  # families of most figures
LABELLED = [*colours.FAMILIES.values(), *colours.SPARE]


def perceived(colour: str, sight: str) -> np.ndarray:
    """Return OKLab coordinates of a colour as an eye sees it."""
    channels = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return np.array(OPPONENT) @ np.cbrt(np.array(CONES) @ np.clip(np.array(SIGHT[sight]) @ linear, 0, 1))


def apart(one: str, other: str, sight: str) -> float:
    """Return how far two colours are apart; 0.02 is seen side by side, 0.05 at a glance."""
    return float(np.linalg.norm(perceived(one, sight) - perceived(other, sight)))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG, from 1 to 21."""
    light, dark = sorted((palette.luminance(one), palette.luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_simulated_sight_confuses_what_such_eyes_confuse() -> None:
    red, green = "#c05000", "#7d7d00"
    assert apart(red, green, "deuteranopia") < 0.5 * apart(red, green, "usual")
    assert apart("#00a0a0", "#00a0ff", "tritanopia") < 0.6 * apart("#00a0a0", "#00a0ff", "usual")
    assert apart("#777777", "#787878", "grey") == pytest.approx(apart("#777777", "#787878", "usual"), abs=1e-3)


@pytest.mark.parametrize("colour", [*LABELLED, *colours.VERDICTS.values()])
def test_a_label_can_be_read_in_every_colour_by_day_and_by_night(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 4.5
    assert contrast(colours.BY_NIGHT[colour], colours.NIGHT) >= 4.5


@pytest.mark.parametrize("fill", [*LABELLED, *colours.VERDICTS.values()])
def test_words_on_a_coloured_shape_can_be_read_by_day_and_by_night(fill: str) -> None:
    ink = palette.ink_on(fill)
    assert contrast(fill, ink) >= 4.5
    assert contrast(colours.BY_NIGHT[fill], colours.BY_NIGHT[ink]) >= 4.5


def test_words_on_pale_grey_take_the_ink_of_the_page() -> None:
    assert palette.ink_on(colours.PALE) == colours.INK
    assert contrast(colours.PALE, "#1b2430") >= 4.5
    assert contrast(colours.BY_NIGHT[colours.PALE], "#dfe4ea") >= 4.5


@pytest.mark.parametrize("fill", ["#f1efe6", "#9cc3d9", "#2f78ad", "#123a66", "#f3b8ad", "#7d1a0e"])
def test_words_on_a_map_keep_their_ink_by_night(fill: str) -> None:
    ink = palette.ink_on(fill)
    assert contrast(fill, ink) >= 4.5
    assert ink not in colours.BY_NIGHT


@pytest.mark.parametrize("sight", DICHROMATS)
@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
def test_families_and_verdicts_keep_apart_for_every_eye(sight: str, night: bool) -> None:
    by = colours.BY_NIGHT if night else {colour: colour for colour in colours.BY_NIGHT}
    for one, other in combinations([by[colour] for colour in colours.FAMILIES.values()], 2):
        assert apart(one, other, sight) > 0.05, (one, other)
    for one, other in combinations((by[colours.FAMILIES[family]] for family in OFTEN), 2):
        assert apart(one, other, sight) > 0.09, (one, other)
    decided = [colour for colour in colours.VERDICTS.values() if colour != colours.GREY]
    for one, other in combinations([by[colour] for colour in [*decided, colours.GREY]], 2):
        assert apart(one, other, sight) > 0.07, (one, other)


def test_families_keep_apart_without_colour() -> None:
    styles = [palette.mark(family) for family in colours.FAMILIES]
    assert len(set(styles)) == len(styles)
    assert len({str(palette.dash(rank)) for rank in range(6)}) == 6


def test_a_users_family_has_a_colour_of_its_own_that_stays() -> None:
    assert palette.of_family("of my own") == palette.of_family("of my own")
    assert palette.of_family("of my own") not in colours.FAMILIES.values()
    for one, other in combinations([*colours.FAMILIES.values(), *colours.SPARE], 2):
        assert apart(one, other, "usual") > 0.05


def test_the_page_knows_every_colour_by_night_and_its_ground_is_the_one_they_were_chosen_on() -> None:
    style = (TEMPLATES / "style.css").read_text()
    assert set(re.findall(r"--paper: (#\w+)", style)) == {"#ffffff", colours.NIGHT}
    written = tones.stylesheet()
    for day, night in colours.BY_NIGHT.items():
        assert written.count(f"--c-{day[1:]}: {night};") == 2
    for verdict, colour in colours.VERDICTS.items():
        assert written.count(f"--{marks.slug(verdict)}: {colour};") == 1
        assert written.count(f"--{marks.slug(verdict)}: {colours.BY_NIGHT[colour]};") == 2
    assert "media print" not in written


def test_paper_shows_verdicts_in_the_same_colours() -> None:
    shapes = (TEMPLATES / "shapes.typ").read_text()
    for verdict, colour in colours.VERDICTS.items():
        assert f'"{marks.slug(verdict)}": rgb("{colour}")' in shapes


def test_a_picture_on_a_page_follows_day_and_night_and_a_foreign_colour_stays() -> None:
    blue = colours.FAMILIES["rectifier"]
    markup = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="1" height="1" style="fill: {blue}"/>'
        f'<rect width="2" height="1" style="fill:none;stroke:{blue.upper()}"/>'
        '<rect width="3" height="1" fill="#123456"/></svg>'
    )
    drawn = pictures.slimmed(cells.Picture("svg", markup.encode(), "alt", Place("n", 1)))
    shown = pictures.inline(drawn, prefix="p-")
    assert f'fill="var(--c-{blue[1:]},{blue})"' in shown
    assert f'stroke="var(--c-{blue[1:]},{blue})"' in shown
    assert 'fill="#123456"' in shown
    assert "var(" not in pictures.standalone(drawn).decode()
