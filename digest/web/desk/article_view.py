"""The article of a post with its sentences, as the desk shows and changes them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from digest.model import Article, BlockKind, Sentence

_ENDS = 4  # words at each end of a sentence that name it

Span = tuple[int, int]
"""Offsets of a sentence in the article's text: start, end."""


@dataclass(frozen=True, slots=True)
class ArticlePiece:
    """A part of a passage: a sentence that can be chosen, or the text between two."""

    text: str
    span: Span | None = None  # None where it cannot be chosen
    chosen: bool = False

    @property
    def value(self) -> str:
        """The span as a form sends it."""
        return "-".join(map(str, self.span)) if self.span else ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A block of the article, cut at its sentences; its pieces together are its text."""

    kind: BlockKind
    level: int
    pieces: tuple[ArticlePiece, ...]


def at_sentence(url: str, sentence: str) -> str:
    """The address of a sentence on its page: a text fragment (WICG), to which browsers scroll and which they mark.

    Named by its first and last words, so that markup within it and the length of the address do no harm.
    """
    words = sentence.split()
    if not url or not words or "#" in url:
        return url
    if len(words) <= 2 * _ENDS:
        return f"{url}#:~:text={_encoded(words)}"
    return f"{url}#:~:text={_encoded(words[:_ENDS])},{_encoded(words[-_ENDS:])}"


def _encoded(words: Sequence[str]) -> str:
    """Percent-encoded; the dash and the comma, too, which mean something in a text fragment."""
    return quote(" ".join(words), safe="").replace("-", "%2D")


def passages(article: Article, sentences: Sequence[Sentence], chosen: Collection[Span]) -> tuple[Passage, ...]:
    """The article block by block, with the chosen sentences marked."""
    made, start = [], 0
    for block in article.blocks:
        end = start + len(block.text)
        inside = sorted(
            (sentence for sentence in sentences if start <= sentence.start < sentence.end <= end),
            key=lambda sentence: sentence.start,
        )
        made.append(Passage(block.kind, block.level, _pieces(block.text, start, inside, chosen)))
        start = end + 2  # the blank line between blocks
    return tuple(made)


def _pieces(text: str, start: int, sentences: Sequence[Sentence], chosen: Collection[Span]) -> tuple[ArticlePiece, ...]:
    pieces, at = [], 0
    for sentence in sentences:
        first, last = sentence.start - start, sentence.end - start
        if first < at:
            continue  # overlaps the one before it
        if first > at:
            pieces.append(ArticlePiece(text[at:first]))
        span = (sentence.start, sentence.end)
        pieces.append(ArticlePiece(text[first:last], span, span in chosen))
        at = last
    if at < len(text):
        pieces.append(ArticlePiece(text[at:]))
    return tuple(pieces)


def read_spans(values: Collection[str]) -> tuple[Span, ...]:
    """Spans as a form sends them ("120-180"), in order; what is none is left out."""
    spans = set()
    for value in values:
        first, _, last = value.partition("-")
        if first.isascii() and first.isdecimal() and last.isascii() and last.isdecimal() and len(value) < 20:
            spans.add((int(first), int(last)))
    return tuple(sorted(spans))


def settle(current: Collection[Span], ticked: Collection[Span], at_most: int) -> tuple[Span, ...]:
    """The sentences to keep when the editor has ticked some more: at most so many, in document order.

    A sentence that was added takes the place of the nearest of those that stood there before: this is what makes one
    click a swap.
    """
    kept = [span for span in sorted(set(current)) if span in ticked]
    added = [span for span in sorted(set(ticked)) if span not in current]
    while kept and added and len(kept) + len(added) > at_most:
        kept.remove(min(kept, key=lambda span: (min(abs(span[0] - other[0]) for other in added), span)))
    return tuple(sorted([*kept, *added])[:at_most])
