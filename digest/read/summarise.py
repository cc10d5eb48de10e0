"""Extractive summaries: a few sentences of the article itself, verbatim, in their order, never cut.

    article ─candidates▶ Sentence… ─usable▶ ─read▶ Reading ─pool, sets▶ Summary

`Summary.method` says which way was taken:

- "none": the article has no sentences;
- "whole": it has no more sentences and words than a summary may, so all that is not furniture is shown, but for an
  unfinished end (an excerpt that was cut off) after finished sentences;
- "lexrank+position": LexRank weighed with position, title, topics, cue words and form; the default;
- "lexrank": LexRank alone, on request;
- "lead": the first usable sentences, on request, or in a language whose words we cannot stem.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources

import numpy as np

from digest.model import Article, BlockKind, Sentence, Summary
from digest.read import cues
from digest.read.choose import Weights, pool_of, sets_of
from digest.read.features import Reading, read
from digest.read.sentences import split_article
from digest.read.words import language_of, tongue_of, words_of

NONE, WHOLE, LEAD, LEXRANK, WEIGHED = "none", "whole", "lead", "lexrank", "lexrank+position"

# A post states its matter at its beginning and, if it does so again, at its end. Reading only these bounds the work on
# a post of any length; 99 in 100 posts are read whole.
_FROM_START, _FROM_END = 250, 50

# A set of two sentences or more that has this many words for each sentence asked for says enough: of three sentences,
# the third is added where the best two have under 30 words. People's standfirsts have 29 in the median.
_ENOUGH = 10


def candidates(article: Article) -> tuple[Sentence, ...]:
    """All sentences of the article, for an editor to choose from."""
    return split_article(article)


def summarise(
    article: Article, *, title: str, sentences: int = 3, max_words: int = 90, method: str = "auto"
) -> Summary:
    """At most `sentences` sentences of the article that together have at most `max_words` words.

    Fewer where they say enough. A sentence longer than `max_words` stands alone, and only where no usable one is
    shorter. `method` is "auto", "lexrank" or "lead".
    """
    found = candidates(article)
    if not found:
        return Summary((), NONE)
    near = found if len(found) <= _FROM_START + _FROM_END else found[:_FROM_START] + found[-_FROM_END:]
    own = [i for i, sentence in enumerate(near) if not cues.furniture(sentence.text)] or list(range(len(near)))
    if len(own) <= sentences and sum(_length(near[i]) for i in own) <= max_words:
        finished = [i for i in own if i != own[-1] or cues.finished(near[i].text)] or own
        return Summary(tuple(near[i] for i in finished), WHOLE)
    usable = _usable(article, near, own)
    short = [i for i in usable if _length(near[i]) <= max_words]
    code = language_of(article.language, _words(near))
    if method == LEAD or not code:
        return Summary(_taken(near, short or usable[:1], sentences, max_words), LEAD)
    if not short:
        least = min(usable, key=lambda i: _length(near[i]))
        return Summary((near[least],), LEAD)
    reading = read(article, near, title, tongue_of(code))
    if method == LEXRANK:
        ranks = reading.rows[:, 0]
        return Summary(_taken(near, sorted(short, key=lambda i: (-ranks[i], i)), sentences, max_words), LEXRANK)
    chosen = weighed(reading, short, sentences, max_words, _weights())
    return Summary(tuple(near[i] for i in chosen), WEIGHED)


def _usable(article: Article, found: Sequence[Sentence], own: Sequence[int]) -> Sequence[int]:
    """Those of its own sentences that may stand in a summary: whole ones, and not of quotation blocks if it can be."""
    fit = [i for i in own if cues.whole(found[i].text)]
    said = _quoted(article)
    unquoted = [i for i in fit if not any(start <= found[i].start < end for start, end in said)] if said else fit
    return unquoted or fit or own


def _quoted(article: Article) -> list[tuple[int, int]]:
    """Where the quotation blocks are in the article's text."""
    spans, start = [], 0
    for block in article.blocks:
        if block.kind is BlockKind.QUOTE:
            spans.append((start, start + len(block.text)))
        start += len(block.text) + 2
    return spans


def weighed(reading: Reading, usable: Sequence[int], sentences: int, max_words: int, weights: Weights) -> list[int]:
    """The best set of two sentences, or of as many more as it takes to say enough."""
    pool = pool_of(reading, usable, weights)
    sizes = sets_of(reading, pool, weights, sentences=sentences, max_words=max_words)
    if not sizes:  # all that is left leans on something
        return pool_of(reading, usable, weights, 1)
    for members, scores in sizes:
        best = [pool[i] for i in np.flatnonzero(members[int(np.argmax(scores))])]
        if len(best) > 1 and sum(reading.words[i] for i in best) >= _ENOUGH * sentences:
            break
    return best


def _taken(found: Sequence[Sentence], order: Iterable[int], sentences: int, max_words: int) -> tuple[Sentence, ...]:
    """The first of the order that fit in, in document order."""
    chosen: list[int] = []
    left = max_words
    for i in order:
        if len(chosen) < sentences and (_length(found[i]) <= left or not chosen):
            chosen.append(i)
            left -= _length(found[i])
    return tuple(found[i] for i in sorted(chosen))


def _length(sentence: Sentence) -> int:
    return len(sentence.text.split())


def _words(found: Iterable[Sentence]) -> Iterable[str]:
    return (word for sentence in found for word in words_of(sentence.text))


@cache
def _weights() -> Weights:
    data = json.loads(resources.files("digest.read").joinpath("data/summaries.json").read_text("utf-8"))
    return Weights.of(data["single"], data["joint"])
