"""Charts: what is drawn says what the numbers say, whoever looks or listens."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholinks.render import chart
from wholinks.render.chart import Part, Series

_SVG = "{http://www.w3.org/2000/svg}"
_NAMES = st.text(max_size=12)
_VALUES = st.one_of(st.none(), st.floats(0, 1e9))


def _tags(svg: str, tag: str) -> list[ET.Element]:
    return [element for element in ET.fromstring(svg).iter() if element.tag.removeprefix(_SVG) == tag]


def _numbers(svg: str, tag: str, name: str) -> list[float]:
    return [float(element.attrib[name]) for element in _tags(svg, tag)]


def test_a_line_for_each_series_rising_as_its_numbers_do() -> None:
    svg = chart.lines("Backlinks", ["Jan", "Feb", "Mar"], [Series("shop", (0, 50, 100)), Series("rival", (10, 10, 10))])
    shop, rival = [
        [float(point.split(",")[1]) for point in line.attrib["points"].split()] for line in _tags(svg, "polyline")
    ]
    assert shop == sorted(shop, reverse=True)
    assert shop[0] - shop[1] == pytest.approx(shop[1] - shop[2], abs=0.11)
    assert len(set(rival)) == 1
    assert shop[2] < rival[0] < shop[0]


def test_a_line_is_broken_where_nothing_is_known() -> None:
    svg = chart.lines("x", list("abcd"), [Series("one", (1, None, 2, 3))])
    assert [len(line.attrib["points"].split()) for line in _tags(svg, "polyline")] == [1, 2]


def test_bars_are_as_long_as_their_numbers() -> None:
    small, large = _numbers(chart.bars("x", [Part("a", 10), Part("b", 40)]), "rect", "width")
    assert large == pytest.approx(4 * small, rel=0.01)


def test_shares_fill_the_whole() -> None:
    widths = [
        float(rect.attrib["width"])
        for rect in _tags(chart.shares("x", [Part("a", 1), Part("none", 0), Part("b", 3)]), "rect")
        if rect.attrib["height"] == "26"
    ]
    assert widths == pytest.approx([chart.WIDTH / 4, 3 * chart.WIDTH / 4], abs=0.1)


def test_gains_stand_above_zero_and_losses_below() -> None:
    svg = chart.gains_and_losses("x", ["Jan"], [Series("new", (30,)), Series("found", (10,))], [Series("lost", (20,))])
    zero = next(float(line.attrib["y1"]) for line in _tags(svg, "line") if line.attrib["stroke"] != "#ddd")
    new, found, lost = [
        (float(rect.attrib["y"]), float(rect.attrib["y"]) + float(rect.attrib["height"])) for rect in _tags(svg, "rect")
    ]
    assert new[1] == pytest.approx(zero, abs=0.11)
    assert found[1] == pytest.approx(new[0], abs=0.11)
    assert lost[0] == pytest.approx(zero, abs=0.11)
    assert new[1] - new[0] == pytest.approx(3 * (found[1] - found[0]), rel=0.02)


def test_a_chart_says_in_words_what_it_shows() -> None:
    svg = chart.lines("Growth", ["Jan", "Feb"], [Series("shop.example", (5, 23))])
    assert _tags(svg, "title")[0].text == "Growth"
    assert _tags(svg, "desc")[0].text == "shop.example: 5 at Jan, 23 at Feb"


@given(st.lists(st.tuples(_NAMES, _VALUES, _VALUES), max_size=12), _NAMES)
def test_whatever_is_drawn_is_sound_and_inside_of_the_picture(
    rows: list[tuple[str, float | None, float | None]], name: str
) -> None:
    labels = [row[0] for row in rows]
    one, two = Series(name, tuple(row[1] for row in rows)), Series("two", tuple(row[2] for row in rows))
    parts = [Part(row[0], row[1] or 0) for row in rows]
    for svg in (
        chart.lines(name, labels, [one, two]),
        chart.gains_and_losses(name, labels, [one], [two]),
        chart.columns(name, parts),
        chart.bars(name, parts),
        chart.shares(name, parts),
    ):
        root = ET.fromstring(svg)
        height = float(root.attrib["viewBox"].split()[3])
        for rect in _tags(svg, "rect"):
            x, y, width, tall = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
            assert -0.2 <= x <= x + width <= chart.WIDTH + 0.2
            assert -0.2 <= y <= y + tall <= height + 0.2
