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
from dataclasses import dataclass

from digest.model import Article, BlockKind, Sentence, Summary
from digest.read.summary import sentence_form
from digest.read.summary.choose_set import ranked_sets
from digest.read.summary.fitness import FitnessModel, shipped
from digest.read.summary.repeated_sentences import indexes_without_repeats
from digest.read.summary.sentence_features import SummaryInput, build_summary_input
from digest.read.summary.sentence_form import indexes_without_boilerplate
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
    repeats: frozenset[int] = frozenset(),
    model: FitnessModel | None = None,
) -> Summary:
    """At most `sentences` sentences of the article that together have at most `max_words` words.

    Fewer where they say enough. A sentence longer than `max_words` stands alone, and only where no usable one is
    shorter. `method` is "auto", "lead" or one of `METHODS`. `repeats` are the sentences that the source repeats, from
    `repeated_sentences`. `model` is the shipped one, but where another is validated.
    """
    read = _read(article, max_words, repeats)
    if not read.sentences:
        return Summary((), NONE)
    if read.is_whole and len(read.own) <= sentences and sum(read.lengths[i] for i in read.own) <= max_words:
        return _summary(read.sentences, _prefer_ended(article, read.sentences, read.own), WHOLE)
    if not read.short:
        return _summary(read.sentences, [min(read.usable, key=read.lengths.__getitem__)], LEAD)
    if method == LEAD or not read.language:
        chosen = _first_fitting(read.lengths, _standing(read), sentences, max_words)
        return _summary(read.sentences, chosen, LEAD)
    if method in METHODS:
        stemmer = stemmer_of(read.language)
        order = rank_sentences(method, article, read.sentences, _standing(read), title=title, stemmer=stemmer)
        return _summary(read.sentences, _first_fitting(read.lengths, order, sentences, max_words), method)
    _, sets = _weighed(article, read, title, sentences, max_words, model or shipped())
    return _summary(read.sentences, sets[0][1], LEARNT)


def weighed_extracts(
    article: Article, *, title: str, sentences: int, max_words: int, repeats: frozenset[int] = frozenset()
) -> tuple[SummaryInput, list[tuple[int, ...]]] | None:
    """The article as the summariser sees it, and the extracts that it weighs, best first, by the places of sentences.

    None where there is nothing to weigh: no usable sentence, or a language whose words we cannot stem.
    """
    read = _read(article, max_words, repeats)
    if not read.short or not read.language:
        return None
    summary_input, sets = _weighed(article, read, title, sentences, max_words, shipped())
    return summary_input, [indexes for _, indexes in sets if _balanced(read.sentences, indexes) == list(indexes)]


@dataclass(frozen=True, slots=True)
class _Read:
    """An article's sentences, and the places of those that may be shown."""

    sentences: Sequence[Sentence]
    lengths: Sequence[int]  # in words
    language: str  # "" where we cannot stem its words
    own: Sequence[int]  # neither of the page nor of the source
    usable: Sequence[int]  # may be in a summary
    short: Sequence[int]  # and fit in
    is_whole: bool  # its source repeats none of its sentences


def _read(article: Article, max_words: int, repeats: frozenset[int]) -> _Read:
    considered = candidates(article)
    if len(considered) > _FROM_START + _FROM_END:
        considered = considered[:_FROM_START] + considered[-_FROM_END:]
    lengths = [len(sentence.text.split()) for sentence in considered]
    language = language_of(article.language, _words(considered))
    texts = [sentence.text for sentence in considered]
    of_post = indexes_without_boilerplate(texts, language) or list(range(len(texts)))
    own = [of_post[i] for i in indexes_without_repeats([texts[i] for i in of_post], repeats)]
    usable = usable_sentences(article, considered, own, language)
    short = [i for i in usable if lengths[i] <= max_words]
    return _Read(considered, lengths, language, own, usable, short, is_whole=len(own) == len(of_post))


def _weighed(
    article: Article, read: _Read, title: str, sentences: int, max_words: int, model: FitnessModel
) -> tuple[SummaryInput, list[tuple[float, tuple[int, ...]]]]:
    summary_input = build_summary_input(article, read.sentences, title, stemmer_of(read.language))
    estimates = model.estimate(summary_input)
    sets = ranked_sets(summary_input, read.short, estimates, model.weights, sentences=sentences, max_words=max_words)
    return summary_input, sets


def _summary(all_sentences: Sequence[Sentence], chosen: Sequence[int], method: str) -> Summary:
    return Summary(tuple(all_sentences[i] for i in _balanced(all_sentences, chosen) or chosen), method)


def _balanced(all_sentences: Sequence[Sentence], chosen: Sequence[int]) -> list[int]:
    """Of the chosen sentences, those that leave no half of a quotation."""
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
    return balanced


def _prefer_ended(article: Article, all_sentences: Sequence[Sentence], indexes: Sequence[int]) -> Sequence[int]:
    """Those with a mark of their end, and items of lists, which need none; all where there are no such."""
    items = _spans(article, BlockKind.LIST_ITEM)
    ended = [
        i
        for i in indexes
        if sentence_form.has_end_mark(all_sentences[i].text) or (i != indexes[-1] and _within(all_sentences[i], items))
    ]
    return ended or indexes


def usable_sentences(
    article: Article, all_sentences: Sequence[Sentence], indexes: Sequence[int], language: str = "en"
) -> Sequence[int]:
    """Return the sentences that may be in a summary: complete ones, fit ones and not from quotations if avoidable."""
    complete = [i for i in indexes if sentence_form.is_complete(all_sentences[i].text)]
    fit = [i for i in complete if sentence_form.is_fit(all_sentences[i].text, language)] or complete
    quotes = _spans(article, BlockKind.QUOTE)
    outside_quotes = [i for i in fit if not _within(all_sentences[i], quotes)] if quotes else fit
    if outside_quotes or complete:
        return outside_quotes or complete
    return [i for i in indexes if sentence_form.has_end_mark(all_sentences[i].text)] or indexes


def _standing(read: _Read) -> Sequence[int]:
    """Those that open on nothing that leans on the sentence before, if there are such."""
    return [
        i for i in read.short if not sentence_form.opens_dependent(read.sentences[i].text, read.language)
    ] or read.short


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
