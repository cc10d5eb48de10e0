"""sumy's own algorithms, run by sumy over our sentences.

sumy gets a document made of sentences that may stand in a summary, in the paragraphs they come from, with the title and
the headings as its headings; and it gives back their order. So the summary keeps our sentences, offsets and limits.
"""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import accumulate, groupby
from typing import Any

from digest.model import Article, BlockKind, Sentence
from digest.read.summary.word_stems import LanguageStemmer, words_of

_CLASSES = {
    "lexrank": "lex_rank.LexRankSummarizer",
    "lsa": "lsa.LsaSummarizer",
    "textrank": "text_rank.TextRankSummarizer",
    "luhn": "luhn.LuhnSummarizer",
    "edmundson": "edmundson.EdmundsonSummarizer",
    "reduction": "reduction.ReductionSummarizer",
    "kl": "kl.KLSummarizer",
}
METHODS = tuple(_CLASSES)
_MOST = {"kl": 60, "reduction": 120, "lexrank": 120, "textrank": 120}
"""Sentences that sumy is given, where its work grows with their square or worse: the first ones."""


class _Words:
    """A tokenizer as sumy wants one; its own looks for files of NLTK's that are not there."""

    def to_words(self, text: str) -> tuple[str, ...]:
        return words_of(text)


def rank_sentences(
    method: str,
    article: Article,
    sentences: Sequence[Sentence],
    indexes: Sequence[int],
    *,
    title: str,
    stemmer: LanguageStemmer,
) -> list[int]:
    """The `indexes` of sentences, the one that sumy's method rates best first; of equal ones the earlier.

    Where sumy can rate none, in their own order.
    """
    considered = list(indexes)[: _MOST.get(method, len(indexes))]
    order: list[int] = []

    def keep(infos: Sequence[Any]) -> Sequence[Any]:
        """sumy asks a function of the caller how many of the rated sentences to take: here they come best first."""
        order.extend(info.order for info in infos)
        return infos

    with warnings.catch_warnings(action="ignore"):  # on a text of few words sumy warns, and numpy of what it divides
        _summarizer(method, article, title, stemmer)(_document(article, sentences, considered, title), keep)
    return [considered[i] for i in order] or considered


def _document(article: Article, sentences: Sequence[Sentence], indexes: Sequence[int], title: str) -> Any:
    from sumy.models.dom import ObjectDocumentModel, Paragraph
    from sumy.models.dom import Sentence as SumySentence

    words = _Words()
    starts = list(accumulate((len(block.text) + 2 for block in article.blocks), initial=0))
    paragraphs = [Paragraph([SumySentence(text, words, is_heading=True) for text in _headings(article, title)])]
    for _, group in groupby(indexes, key=lambda i: bisect_right(starts, sentences[i].start)):
        paragraphs.append(Paragraph([SumySentence(sentences[i].text, words) for i in group]))
    if len(paragraphs) > 1:  # sumy counts what stands in the first and the last paragraph
        paragraphs[:2] = [Paragraph([*paragraphs[0].headings, *paragraphs[1].sentences])]
    return ObjectDocumentModel(paragraphs)


def _headings(article: Article, title: str) -> list[str]:
    return [title, *(block.text for block in article.blocks if block.kind is BlockKind.HEADING)]


def _summarizer(method: str, article: Article, title: str, stemmer: LanguageStemmer) -> Callable[..., Any]:
    module, _, name = _CLASSES[method].partition(".")
    summarizer = getattr(import_module(f"sumy.summarizers.{module}"), name)(stemmer.stem)
    if method == "edmundson":
        # As sumy's own reader of pages does: what headings say counts for a sentence. What it counts against one, words
        # in links and struck-out ones, an article does not tell; it wants a word, and gets one that nothing says.
        named = [word for text in _headings(article, title) for word in words_of(text) if word not in stemmer.stop]
        summarizer.null_words = stemmer.stop
        summarizer.bonus_words = named or ["\0"]
        summarizer.stigma_words = ["\0"]
    else:
        summarizer.stop_words = stemmer.stop
    return summarizer  # type: ignore[no-any-return]  # sumy has no types
