"""Plots as SVG: well formed, harmless and true whatever the numbers and names are."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import example, given
from hypothesis import strategies as st

from digest.web.desk.plots import columns, in_words, line

_SVG = "{http://www.w3.org/2000/svg}"
_NUMBERS = st.lists(st.floats(min_value=0, max_value=1e9) | st.just(float("nan")) | st.just(float("inf")), max_size=60)


def _read(svg: str) -> ET.Element:
    return ET.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))


@given(_NUMBERS, _NUMBERS, st.lists(st.text(max_size=20), max_size=60), st.text(max_size=50))
@example([0.0, 5e-324], [], [], "")
@example([1.7e308], [1.7e308, 1.0], [], "")
def test_columns_stay_inside_their_box_whatever_the_numbers(
    ups: list[float], downs: list[float], labels: list[str], title: str
) -> None:
    root = _read(columns(title, ups, labels, below=downs))
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    for bar in root.iter(f"{_SVG}rect"):
        x, y, wide, tall = (float(bar.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert x + wide <= width
        assert y >= -2.1, "a least height may stand out by that"
        assert y + tall <= height + 2.1


def test_a_column_is_as_tall_as_its_number() -> None:
    bars = re.findall(r'class="plot-up" x="[^"]*" y="[^"]*" width="[^"]*" height="([^"]*)"', columns("t", [1, 2, 0, 4]))
    assert bars == ["25", "50", "100"], "zero has no column"


def test_columns_below_hang_from_the_base_line() -> None:
    svg = columns("t", [3], ["Week 1"], below=[1])
    assert 'class="plot-down" x="1" y="75" width="8" height="25"' in svg
    assert "<title>Week 1: -1</title>" in svg


@given(_NUMBERS, st.text(max_size=50))
def test_a_line_is_well_formed(values: list[float], title: str) -> None:
    assert _read(line(title, values)).attrib["role"] == "img"


def test_names_cannot_break_out_of_the_plot() -> None:
    hostile = "</title><script>alert(1)</script>\"' \u202e {{ 7*7 }}"
    for svg in (columns(hostile, [1], [hostile]), line(hostile, [1, 2])):
        assert "<script" not in svg
        assert "alert(1)" in _read(svg).findtext(f"{_SVG}title", "")


def test_values_in_words_are_the_latest() -> None:
    assert in_words([1, 2.5, 1000], most=2) == "2.5, 1,000"
