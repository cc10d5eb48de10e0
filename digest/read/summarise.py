"""Extractive summaries: a few sentences of the article itself, verbatim, in their order, never cut.

    article ─candidates▶ Sentence… ─read▶ Reading ─judge▶ score per sentence ─choose▶ Summary

`Summary.method` says which way was taken:

- "none": the article has no sentences;
- "whole": it has no more sentences and words than a summary may, so all of it is shown;
- "lexrank+position": LexRank weighed with position, title, cue words and form (see `judge`);
- "lexrank": LexRank alone, on request;
- "lead": the first fit sentences, on request or in a language whose words we cannot stem.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digest.model import Article, Sentence, Summary
from digest.read import lexrank
from digest.read import sentences as splitting
from digest.read.words import language_of, tongue_of, words_of

LEXRANK, LEAD, WHOLE, NONE, WEIGHED = "lexrank", "lead", "whole", "none", "lexrank+position"


def candidates(article: Article) -> tuple[Sentence, ...]:
    """All sentences of the article, for an editor to choose from."""
    return splitting.split_article(article)


def summarise(
    article: Article, *, title: str, sentences: int = 3, max_words: int = 90, method: str = "auto"
) -> Summary:
    """At most `sentences` sentences of the article that together have at most `max_words` words.

    A sentence longer than `max_words` is taken only where none is shorter. `method` is "auto", "lexrank" or "lead".
    """
    found = candidates(article)
    if not found:
        return Summary((), NONE)
    lengths = [len(sentence.text.split()) for sentence in found]
    if len(found) <= sentences and sum(lengths) <= max_words:
        return Summary(found, WHOLE)
    words = [words_of(sentence.text) for sentence in found]
    code = language_of(article.language, (word for line in words for word in line))
    if method == LEAD or not code:
        order = list(range(len(found)))
        used = LEAD
    else:
        tongue = tongue_of(code)
        stems = [tongue.stems(line) for line in words]
        central = lexrank.rank(lexrank.similarities(lexrank.vectors(stems)))
        if method == LEXRANK:
            score, used = central, LEXRANK
        else:
            wanted = set(tongue.stems(words_of(title)))
            position = 1 / (1 + np.arange(len(found)) / 5)
            overlap = np.array([len(wanted & set(line)) / (len(wanted) or 1) for line in stems])
            score, used = 0.5 * central + 0.5 * position + 0.3 * overlap, WEIGHED
        order = [int(i) for i in np.argsort(-score, kind="stable")]
    return Summary(tuple(found[i] for i in _choose(order, lengths, sentences, max_words)), used)


def _choose(order: Sequence[int], lengths: Sequence[int], sentences: int, max_words: int) -> list[int]:
    chosen: list[int] = []
    left = max_words
    for i in order:
        if len(chosen) < sentences and lengths[i] <= left:
            chosen.append(i)
            left -= lengths[i]
    return sorted(chosen or [min(order, key=lambda i: lengths[i])])
