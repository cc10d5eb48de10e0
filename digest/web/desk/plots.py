"""Small plots as inline SVG: numbers in, markup out. Pure.

A plot stretches to the width of its place, so it has no text: names of its ends and its top stand beside it in HTML
(`_plots.html.j2`), and so does a table of the same numbers. Its title says in words what it shows; each column has one
of its own. Colours are classes of `static/desk/plots.css`, because the pages' policy allows no inline style.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from digest.text import one_line

_STEP, _BAR = 10.0, 8.0
_HEIGHT = 100.0
_LEAST = 2.0  # of a column: one of a thousand is seen
_GREATEST = 1e300  # value: the sum of two is finite, too
_MOST = 400  # values; of more, the latest


def columns(title: str, values: Sequence[float], labels: Sequence[str] = (), *, below: Sequence[float] = ()) -> Markup:
    """A column for each value; those of `below` hang from the base line. `labels` name the columns."""
    ups, downs = _numbers(values), _numbers(below)
    top, bottom = max(ups, default=0.0), max(downs, default=0.0)
    # A share first: the height divided by a subnormal number is infinite, and no column is infinite times nothing tall.
    whole = (top + bottom) or 1.0
    base = top / whole * _HEIGHT if top or bottom else _HEIGHT
    names = list(labels)[-_MOST:]
    drawn = [
        _column(n, value / whole * _HEIGHT, base, kind, _name(names, n), sign * value)
        for kind, sign, numbers in (("plot-up", 1, ups), ("plot-down", -1, downs))
        for n, value in enumerate(numbers)
    ]
    width = max(len(ups), len(downs), 1) * _STEP
    line = Markup('<path class="plot-base" d="M0 {0}H{1}"/>').format(_short(base), _short(width))
    return _svg(title, width, Markup("").join([*drawn, line]))


def line(title: str, values: Sequence[float]) -> Markup:
    """A line over time from zero up, with the area below it."""
    numbers = _numbers(values)
    top = max(numbers, default=0.0) or 1.0
    points = [(n * _STEP, _HEIGHT - value / top * _HEIGHT) for n, value in enumerate(numbers)]
    if len(points) == 1:
        points.append((_STEP, points[0][1]))
    width = points[-1][0] if points else _STEP
    path = "L".join(f"{_short(x)} {_short(y)}" for x, y in points)
    drawn = Markup("")
    if points:
        drawn += Markup('<path class="plot-area" d="M0 {0}L{1}V{0}Z"/>').format(_short(_HEIGHT), path, _short(_HEIGHT))
        drawn += Markup('<path class="plot-line" d="M{0}"/>').format(path)
    drawn += Markup('<path class="plot-base" d="M0 {0}H{1}"/>').format(_short(_HEIGHT), _short(width))
    return _svg(title, width, drawn)


def in_words(values: Sequence[float], *, most: int = 12) -> str:
    """The latest values as a list, for a title: "0, 2, 1"."""
    return ", ".join(_number(value) for value in _numbers(values)[-most:])


def _svg(title: str, width: float, drawn: Markup) -> Markup:
    return Markup(
        '<svg class="plot" role="img" viewBox="0 0 {0} {1}" preserveAspectRatio="none" focusable="false">'
        "<title>{2}</title>{3}</svg>"
    ).format(_short(width), _short(_HEIGHT), escape(one_line(title)), drawn)


def _column(place: int, height: float, base: float, kind: str, name: str, value: float) -> Markup:
    if not height:
        return Markup("")
    tall = max(height, _LEAST)
    y = base if kind == "plot-down" else base - tall
    words = f"{name}: {_number(value)}" if name else _number(value)
    return Markup('<rect class="{0}" x="{1}" y="{2}" width="{3}" height="{4}"><title>{5}</title></rect>').format(
        kind, _short(place * _STEP + 1), _short(y), _short(_BAR), _short(tall), escape(words)
    )


def _numbers(values: Sequence[float]) -> list[float]:
    """What can be drawn of them: nothing below zero, and nothing that is no number."""
    return [min(max(0.0, float(value)), _GREATEST) if math.isfinite(value) else 0.0 for value in list(values)[-_MOST:]]


def _name(names: Sequence[str], place: int) -> str:
    return one_line(names[place]) if place < len(names) else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
