"""Which sentences of an article make its summary when the editor has ticked some. Pure."""

from __future__ import annotations

from collections.abc import Collection

Span = tuple[int, int]
"""Offsets of a sentence in the article's text: start, end."""


def parse_spans(values: Collection[str]) -> tuple[Span, ...]:
    """Return the spans that a form sent ("120-180"), in order; malformed ones are left out."""
    spans = set()
    for value in values:
        first, _, last = value.partition("-")
        if first.isascii() and first.isdecimal() and last.isascii() and last.isdecimal() and len(value) < 20:
            spans.add((int(first), int(last)))
    return tuple(sorted(spans))


def choose_sentences(current: Collection[Span], ticked: Collection[Span], at_most: int) -> tuple[Span, ...]:
    """Return the sentences of the new summary, in document order.

    A sentence that was added takes the place of the nearest one in the current summary if there is no room. So one
    click swaps two sentences.
    """
    remaining = [span for span in sorted(set(current)) if span in ticked]
    added = [span for span in sorted(set(ticked)) if span not in current]
    while remaining and added and len(remaining) + len(added) > at_most:
        remaining.remove(min(remaining, key=lambda span: (min(abs(span[0] - other[0]) for other in added), span)))
    return tuple(sorted([*remaining, *added])[:at_most])
