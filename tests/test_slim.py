"""A picture in fewer bytes shows what it showed: the same points, words, marks and clips."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acts.figures import style
from acts.reports import cells, paths, pictures
from acts.reports.faults import Place

NUMBER = st.floats(-900, 900, allow_nan=False)
POINT = st.tuples(NUMBER, NUMBER)
SEGMENT = st.one_of(
    POINT.map(lambda at: ("L", at)),
    st.tuples(NUMBER, NUMBER, NUMBER, NUMBER).map(lambda at: ("Q", at)),
    st.tuples(*[NUMBER] * 6).map(lambda at: ("C", at)),
    POINT.map(lambda at: ("M", at)),
    st.just(("Z", ())),
)
STEPS = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "q": 4, "z": 0}


def picture(markup: str) -> cells.Picture:
    return cells.Picture("svg", markup.encode(), "alt", Place("n", 1))


def svg(content: str, box: str = "0 0 500 300") -> cells.Picture:
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return picture(f'{head} viewBox="{box}">{content}</svg>')


def slimmed(content: str, box: str = "0 0 500 300") -> str:
    return pictures.slimmed(svg(content, box)).data.decode()


def ends(data: str) -> list[tuple[float, float]]:
    """Return the points that short path data visit, from a reader of its own."""
    words = re.findall(r"[a-z]|-?(?:\d+\.?\d*|\.\d+)", data)
    x = y = left = top = 0.0
    found, at, command = [], 0, ""
    while at < len(words):
        if words[at].isalpha():
            command, at = words[at], at + 1
        numbers = [float(word) for word in words[at : at + STEPS[command]]]
        at += STEPS[command]
        if command == "z":
            x, y = left, top
            continue
        dx = 0.0 if command == "v" else numbers[-2:][0]
        dy = 0.0 if command == "h" else numbers[-1]
        x, y = x + dx, y + dy
        if command == "m":
            left, top, command = x, y, "l"
        found.append((x, y))
    return found


@given(POINT, st.lists(SEGMENT, max_size=12))
def test_a_short_path_visits_the_same_points(start, segments):
    data = f"M {start[0]!r} {start[1]!r} " + " ".join(f"{name} {' '.join(map(repr, at))}" for name, at in segments)
    wanted = [start, *(at[-2:] for name, at in segments if at)]
    kept = [point for index, point in enumerate(wanted) if index == 0 or _apart(point, wanted[index - 1])]
    visited = ends(paths.shorten(data, 2))
    seen = [point for index, point in enumerate(visited) if index == 0 or _apart(point, visited[index - 1])]
    assert len(seen) <= len(wanted)
    assert all(min(abs(x - a) + abs(y - b) for a, b in seen) < 0.011 for x, y in kept)
    assert all(min(abs(x - a) + abs(y - b) for a, b in wanted) < 0.011 for x, y in seen)


def _apart(one, other):
    return abs(one[0] - other[0]) + abs(one[1] - other[1]) > 0.03


def test_rounding_never_adds_up_along_a_path():
    data = "M 0 0 " + " ".join(f"L {step * 0.0149:.6f} 1" for step in range(1, 2001))
    assert ends(paths.shorten(data, 2))[-1] == pytest.approx((29.8, 1), abs=0.006)


def test_a_path_is_written_short():
    assert paths.shorten("M 10.123456 20 L 10.5 20.25 L 10.5 30 L 8 30 z", 2) == "m10.12 20 .38.25v9.75h-2.5z"
    assert paths.shorten("M 1 1 L 1 1", 2) == "m1 1h0"
    assert paths.shorten("M 0 0 L -0.001 0.001 L 3 3", 2) == "m0 0h0l3 3"


@pytest.mark.parametrize("data", ["M 0 0 A 5 5 0 0 1 10 10", "m 1 2 l 3 4", "M 1", "M 1 2 3 4", "nonsense"])
def test_a_path_of_another_kind_stays(data):
    assert paths.shorten(f" {data}  ", 2) == data


def test_names_that_nothing_refers_to_go_and_the_others_are_short():
    shown = slimmed(
        '<defs><path id="marker-of-a-long-name" d="M 0 0 L 1 1"/></defs>'
        '<g id="axes_1"><use xlink:href="#marker-of-a-long-name" x="3" y="4"/></g>'
    )
    assert '<path d="m0 0 1 1" id="a" />' in shown
    assert '<use x="3" y="4" href="#a" />' in shown
    assert "axes_1" not in shown
    assert "<g" not in shown


def test_equal_clips_become_one():
    clip = '<clipPath id="c{}"><rect x="0" y="0" width="9" height="9"/></clipPath>'
    shown = slimmed(
        f'<defs>{clip.format(1)}{clip.format(2)}</defs><g clip-path="url(#c1)"><path d="M 0 0 L 1 1"/></g>'
        '<g clip-path="url(#c2)"><path d="M 0 0 L 2 2"/></g>'
    )
    assert shown.count("<clipPath") == 1
    assert shown.count('clip-path="url(#a)"') == 1
    assert shown.count("<path") == 2


def test_neighbours_say_once_what_they_share_and_keep_their_order():
    line = '<path d="M 0 0 L {0} 1" style="fill: none; stroke: #123456; stroke-width: 2{1}"/>'
    lines = "".join(line.format(place, "; opacity: .5" * (place == 1)) for place in range(4))
    shown = slimmed(f'{lines}<rect width="5" height="5"/>')
    assert shown.count("#123456") == 1
    assert shown.count("opacity") == 1
    group = ET.fromstring(shown)[0]
    assert group.attrib == {"fill": "none", "stroke": "#123456", "stroke-width": "2"}
    assert [len(child.get("d", "")) > 0 for child in group] == [True] * 4
    assert ET.fromstring(shown)[1].tag.endswith("rect")


def test_what_cannot_be_seen_goes_and_what_inherits_ink_stays():
    shown = slimmed(
        '<path d="M 0 0 L 9 9" style="fill: none"/><g stroke="#ff0000"><path d="M 0 0 L 8 8" fill="none"/></g>'
        '<clipPath id="k"><rect width="1" height="1" fill="none"/></clipPath>'
        '<g clip-path="url(#k)"><path d="M 1 1 L 2 2"/></g>'
    )
    assert "9 9" not in shown
    assert "path" not in slimmed('<path d="M 3 4" stroke="#ff0000"/>')
    assert "8 8" in shown
    assert "<rect" in shown


def test_a_use_keeps_only_what_its_shape_leaves_open():
    shown = slimmed(
        '<defs><path id="m" d="M 0 0 L 1 1" style="stroke: #111111; stroke-width: 2"/></defs>'
        '<use xlink:href="#m" x="1" y="2" style="fill: #abcdef; stroke: #999999; stroke-width: 5"/>'
    )
    assert '<use x="1" y="2" href="#a" fill="#abcdef" />' in shown


def test_decimals_follow_what_can_be_seen():
    assert 'width="3.33"' in slimmed('<rect width="3.3333333" height="1"/>')
    assert 'width=".00333"' in slimmed('<rect width="0.0033333" height="1"/>', box="0 0 1 1")
    grown = slimmed('<g transform="scale(100 100)"><rect width="0.0333333" height="1"/></g>')
    assert 'width=".0333"' in grown
    assert "rotate" not in slimmed('<rect width="1" height="1" transform="rotate(-0 3 4)"/>')
    assert 'transform="rotate(-90 3.33 4)"' in slimmed('<rect width="1" height="1" transform="rotate(-90 3.3333 4)"/>')


def test_words_keep_their_blanks_and_their_marks():
    shown = slimmed("<text x='1' y='1'>a <tspan>b</tspan> c &lt;</text>\n  <text x='2' y='2'>d</text>")
    assert ">a <tspan>b</tspan> c &lt;</text><text" in shown


def test_black_and_what_has_no_colour_take_the_ink_of_the_page():
    slim = pictures.slimmed(svg('<rect width="1" height="1" style="fill:#000000"/><rect width="2" height="1"/>'))
    shown = pictures.inline(slim, prefix="p-")
    assert ET.fromstring(shown).get("fill") == "currentColor"
    assert 'fill="currentColor"' in shown.partition("<rect")[2]
    assert "#000000" not in shown


def test_a_figure_loses_most_of_its_bytes_and_none_of_its_marks():
    figure, (left, right) = style.panels(2, 2, height=1.5)
    for axes in (left, right):
        axes.errorbar(range(40), [((7 * at) % 11) / 3 for at in range(40)], yerr=0.3, fmt="o-", label="a & b")
        axes.set_title("one < two")
    raw = picture(style.render(figure).decode())
    slim = pictures.slimmed(raw)
    assert len(slim.data) < 0.45 * len(raw.data)
    before, after = ET.fromstring(raw.data), ET.fromstring(slim.data)
    for tag in ("use", "text"):
        count = [len(list(root.iter(f"{{{pictures.SVG}}}{tag}"))) for root in (before, after)]
        assert count[0] == count[1] > 4
    assert [node.text for node in after.iter(f"{{{pictures.SVG}}}text")] == [
        node.text for node in before.iter(f"{{{pictures.SVG}}}text")
    ]
    assert after.get("stroke-linejoin") == "round"


def test_the_same_picture_gives_the_same_bytes_and_slimming_again_changes_nothing_seen():
    figure, (axes,) = style.panels(1, 1, height=1.0)
    axes.plot([0, 1, 2], [3, 1, 2], "s-")
    raw = picture(style.render(figure).decode())
    once = pictures.slimmed(raw)
    assert once.data == pictures.slimmed(raw).data
    assert len(pictures.slimmed(once).data) <= len(once.data)
