"""Extractive summaries: a few sentences of the article itself, verbatim, in their order, never cut.

    article ─candidates▶ Sentence… ─usable▶ SummaryInput ─estimate▶ fitness ─ranked_sets▶ Summary

`Summary.method` says which way was taken:

- "none": the article has no sentences;
- "whole": it has no more sentences and words than a summary may, so all that is not furniture is shown, but for lines
  that no mark ends (a caption, an excerpt that was cut off) beside finished sentences;
- "learnt": the set of sentences that an editor would most likely print; the default;
- the name of one of sumy's algorithms (`sumy_methods`), on request;
- "lead": the first usable sentences, on request, or in a language whose words we cannot stem.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.model import Article, BlockKind, Sentence, Summary
from digest.read.summary import sentence_form
from digest.read.summary.choose_set import ranked_sets
from digest.read.summary.context_dependence import opens_dependent
from digest.read.summary.fitness import FitnessModel, shipped
from digest.read.summary.sentence_features import build_summary_input
from digest.read.summary.split_sentences import split_article
from digest.read.summary.sumy_methods import METHODS, rank_sentences
from digest.read.summary.word_stems import language_of, stemmer_of, words_of

NONE, WHOLE, LEAD, LEARNT = "none", "whole", "lead", "learnt"

# A post states its matter at its beginning and, if it does so again, at its end. Reading only these bounds the work on
# a post of any length. Nearly all posts are short enough to be read whole.
_FROM_START, _FROM_END = 250, 50


def candidates(article: Article) -> tuple[Sentence, ...]:
    """All sentences of the article, for an editor to choose from."""
    return split_article(article)


def summarise(
    article: Article,
    *,
    title: str,
    sentences: int = 3,
    max_words: int = 90,
    method: str = "auto",
    model: FitnessModel | None = None,
) -> Summary:
    """At most `sentences` sentences of the article that together have at most `max_words` words.

    Fewer where they say enough. A sentence longer than `max_words` stands alone, and only where no usable one is
    shorter. `method` is "auto", "lead" or one of `METHODS`. `model` is the shipped one, but where another is validated.
    """
    all_sentences = candidates(article)
    if not all_sentences:
        return Summary((), NONE)
    considered = all_sentences
    if len(all_sentences) > _FROM_START + _FROM_END:
        considered = all_sentences[:_FROM_START] + all_sentences[-_FROM_END:]
    lengths = [len(sentence.text.split()) for sentence in considered]
    texts = [sentence.text for sentence in considered]
    code = language_of(article.language, _words(considered))
    indexes = sentence_form.indexes_without_boilerplate(texts, code) or list(range(len(texts)))
    if len(indexes) <= sentences and sum(lengths[i] for i in indexes) <= max_words:
        return _summary(considered, _prefer_ended(article, considered, indexes), WHOLE)
    complete = usable_sentences(article, considered, indexes)
    short = [i for i in complete if lengths[i] <= max_words]
    if not short:
        return _summary(considered, [min(complete, key=lengths.__getitem__)], LEAD)
    if method == LEAD or not code:
        return _summary(considered, _first_fitting(lengths, _standing(texts, short, code), sentences, max_words), LEAD)
    stemmer = stemmer_of(code)
    if method in METHODS:
        standing = _standing(texts, short, code)
        order = rank_sentences(method, article, considered, standing, title=title, stemmer=stemmer)
        return _summary(considered, _first_fitting(lengths, order, sentences, max_words), method)
    summary_input = build_summary_input(article, considered, title, stemmer)
    estimates = (model or shipped()).estimate(summary_input)
    _, chosen = ranked_sets(summary_input, short, estimates, sentences=sentences, max_words=max_words)[0]
    return _summary(considered, chosen, LEARNT)


def _summary(all_sentences: Sequence[Sentence], chosen: Sequence[int], method: str) -> Summary:
    """Of the chosen sentences, without those that would leave half a quotation, unless that would leave nothing."""
    runs: list[list[int]] = []
    for i in chosen:
        if runs and runs[-1][-1] == i - 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    balanced = []
    for run in runs:
        if sentence_form.has_balanced_quotes(" ".join(all_sentences[i].text for i in run)):
            balanced += run
        else:
            balanced += [i for i in run if sentence_form.has_balanced_quotes(all_sentences[i].text)]
    return Summary(tuple(all_sentences[i] for i in balanced or chosen), method)


def _prefer_ended(article: Article, all_sentences: Sequence[Sentence], indexes: Sequence[int]) -> Sequence[int]:
    """Those with a mark of their end, and items of lists, which need none; all where there are no such."""
    items = _spans(article, BlockKind.LIST_ITEM)
    ended = [
        i
        for i in indexes
        if sentence_form.has_end_mark(all_sentences[i].text) or (i != indexes[-1] and _within(all_sentences[i], items))
    ]
    return ended or indexes


def usable_sentences(article: Article, all_sentences: Sequence[Sentence], indexes: Sequence[int]) -> Sequence[int]:
    """Return the sentences that may be in a summary: complete ones, and not from quotation blocks if avoidable."""
    complete = [i for i in indexes if sentence_form.is_complete(all_sentences[i].text)]
    quotes = _spans(article, BlockKind.QUOTE)
    outside_quotes = [i for i in complete if not _within(all_sentences[i], quotes)] if quotes else complete
    if outside_quotes or complete:
        return outside_quotes or complete
    return [i for i in indexes if sentence_form.has_end_mark(all_sentences[i].text)] or indexes


def _standing(texts: Sequence[str], indexes: Sequence[int], language: str) -> Sequence[int]:
    """Those that open on nothing that leans on the sentence before, if there are such."""
    return [i for i in indexes if not opens_dependent(texts[i], language)] or indexes


def _spans(article: Article, kind: BlockKind) -> list[tuple[int, int]]:
    """Where the blocks of a kind are in the article's text."""
    spans, start = [], 0
    for block in article.blocks:
        if block.kind is kind:
            spans.append((start, start + len(block.text)))
        start += len(block.text) + 2
    return spans


def _within(sentence: Sentence, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= sentence.start < end for start, end in spans)


def _first_fitting(lengths: Sequence[int], order: Iterable[int], sentences: int, max_words: int) -> list[int]:
    """Take sentences in the given order while they fit; return them in document order."""
    chosen: list[int] = []
    left = max_words
    for i in order:
        if len(chosen) < sentences and (lengths[i] <= left or not chosen):
            chosen.append(i)
            left -= lengths[i]
    return sorted(chosen)


def _words(all_sentences: Iterable[Sentence]) -> Iterable[str]:
    return (word for sentence in all_sentences for word in words_of(sentence.text))
