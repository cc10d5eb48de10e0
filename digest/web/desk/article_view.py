"""A post's article as the desk shows it, cut into sentences that can be ticked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from digest.edition.editing.sentence_choice import Span
from digest.model import Article, BlockKind, Sentence

_END_WORDS = 4  # words at each end of a sentence that identify it


@dataclass(frozen=True, slots=True)
class ArticlePiece:
    """A part of a passage: a sentence that can be ticked, or the text between two."""

    text: str
    span: Span | None = None  # None if it cannot be ticked
    chosen: bool = False

    @property
    def value(self) -> str:
        """The span as a form sends it."""
        return "-".join(map(str, self.span)) if self.span else ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A block of the article, cut at its sentences; its pieces joined are its text."""

    kind: BlockKind
    level: int
    pieces: tuple[ArticlePiece, ...]


def sentence_url(url: str, sentence: str) -> str:
    """Return a URL that scrolls to a sentence and marks it: a text fragment (WICG).

    The sentence is named by its first and last words. So markup within it does no harm, and the URL stays short.
    """
    words = sentence.split()
    if not url or not words or "#" in url:
        return url
    if len(words) <= 2 * _END_WORDS:
        return f"{url}#:~:text={_encoded(words)}"
    return f"{url}#:~:text={_encoded(words[:_END_WORDS])},{_encoded(words[-_END_WORDS:])}"


def _encoded(words: Sequence[str]) -> str:
    """Percent-encode the words. Dash and comma have a meaning in a text fragment, so they are encoded too."""
    return quote(" ".join(words), safe="").replace("-", "%2D")


def passages(article: Article, sentences: Sequence[Sentence], chosen: Collection[Span]) -> tuple[Passage, ...]:
    """Return the article block by block, with the chosen sentences marked."""
    result, start = [], 0
    for block in article.blocks:
        end = start + len(block.text)
        inside = sorted(
            (sentence for sentence in sentences if start <= sentence.start < sentence.end <= end),
            key=lambda sentence: sentence.start,
        )
        result.append(Passage(block.kind, block.level, _pieces(block.text, start, inside, chosen)))
        start = end + 2  # the blank line between blocks
    return tuple(result)


def _pieces(text: str, start: int, sentences: Sequence[Sentence], chosen: Collection[Span]) -> tuple[ArticlePiece, ...]:
    pieces, position = [], 0
    for sentence in sentences:
        first, last = sentence.start - start, sentence.end - start
        if first < position:
            continue  # overlaps the one before it
        if first > position:
            pieces.append(ArticlePiece(text[position:first]))
        span = (sentence.start, sentence.end)
        pieces.append(ArticlePiece(text[first:last], span, span in chosen))
        position = last
    if position < len(text):
        pieces.append(ArticlePiece(text[position:]))
    return tuple(pieces)
