"""What the summariser looks at: a row of numbers for each sentence, each about 0 to 1.

Place, length, what it shares with the title and with the rest of the text. `fitness.py` weighs them.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from digest.model import Article, BlockKind, Sentence
from digest.read.summary import context_dependence, lexrank
from digest.read.summary.lexrank import Matrix
from digest.read.summary.word_lists import past_tenses
from digest.read.summary.word_stems import LanguageStemmer, words_of

FEATURES = (
    "lexrank",  # the walk over similar sentences
    "centroid",  # likeness to the whole text
    "topics",  # share of the ten most frequent stems
    "introduces",  # how many of the frequent stems and the title's it names for the first time
    "headings",  # share of its own stems that headings have
    "title",  # share of the title's stems
    "title-rare",  # the same, the rarer stems counting more
    "title-density",  # share of its own stems that are the title's
    "title-subject",  # the title's stems among its first words
    "small-words",  # share of stop words
    "past",  # words that tell what was done, of 3
    "past-perfect",  # "has launched", "we've built"
    "past-we",  # "we built", "we have built"
    "past-actor",  # a name or an acronym before what was done
    "words-10",  # words up to 10, of 10
    "words-20",  # words from 10 to 20, of 10
    "words-30",
    "words-50",  # words from 30 to 50, of 20
    "first",  # the very first sentence
    "second",
    "third",
    "early",  # position, falling by half over 15 sentences
    "among-5",
    "among-10",
    "position",  # of the whole text
    "late",  # in its last tenth
    "last",
    "last-3",
    "opening",  # stands before the first heading
    "opening-end",  # the last sentence there
    "second-block",
    "block-start",  # first of its block
    "block-end",
    "alone",  # the only one of its block
    "list-item",
)
_FREQUENT, _FREQUENT_INTRODUCED = 10, 15
_EARLY = 15
_LATE = 0.1
_SUBJECT_WORDS = 7
_HAVE, _WE = frozenset(("has", "have", "had")), frozenset(("we", "i", "we've", "i've"))
_ACTORS = frozenset(
    ("team", "agency", "department", "council", "service", "office", "government", "group", "members", "staff")
)


@dataclass(frozen=True, slots=True)
class SummaryInput:
    """An article as the summariser sees it: one entry or row per sentence."""

    sentences: tuple[Sentence, ...]
    words: tuple[int, ...]  # white-space separated, as `max_words` counts them
    tokens: tuple[tuple[str, ...], ...]  # its words in lower case
    dependent: tuple[bool, ...]  # cannot be understood without the sentence before
    rows: Matrix  # shape (sentences, FEATURES)
    cosines: Matrix
    language: str  # BCP 47 primary tag


def build_summary_input(
    article: Article, sentences: Sequence[Sentence], title: str, stemmer: LanguageStemmer
) -> SummaryInput:
    """Look at the sentences of an article, which are all or some of its own, in order; at least one."""
    texts = [sentence.text for sentence in sentences]
    words = [words_of(text) for text in texts]
    stems = [stemmer.stems(line) for line in words]
    sets = [frozenset(line) for line in stems]
    title_vocabulary = sorted(frozenset(stemmer.stems(words_of(title))))
    title_stems = np.array([[stem in line for stem in title_vocabulary] for line in sets], dtype=float)
    title_stems = title_stems.reshape(len(texts), len(title_vocabulary))
    unit = lexrank.vectors(stems)
    cosines = lexrank.similarities(unit)
    dependent = tuple(
        context_dependence.opens_dependent(text, stemmer.code) or context_dependence.refers_back(text) for text in texts
    )
    columns: dict[str, Sequence[float] | Matrix] = {
        "lexrank": lexrank.rank(cosines),
        "centroid": _of_highest(unit @ unit.sum(axis=0)),
        "small-words": [1 - len(some) / (len(line) or 1) for some, line in zip(stems, words, strict=True)],
        "headings": _of_headings(article, sets, stemmer),
    }
    columns |= _of_deeds(texts, words, past_tenses(stemmer.code))
    columns |= _of_topics(stems, sets, title_vocabulary)
    columns |= _of_title(words, sets, title_vocabulary, title_stems, stemmer)
    columns |= _of_length(np.array([len(line) for line in words]))
    columns |= _of_position(len(texts))
    columns |= _of_blocks(article, sentences)
    rows = np.column_stack([columns[name] for name in FEATURES]).astype(float)
    counts = tuple(len(text.split()) for text in texts)
    return SummaryInput(tuple(sentences), counts, tuple(words), dependent, rows, cosines, stemmer.code)


def _of_topics(
    stems: Sequence[Sequence[str]], sets: Sequence[frozenset[str]], title_vocabulary: Sequence[str]
) -> dict[str, Sequence[float]]:
    counts: Counter[str] = Counter()
    for line in stems:
        counts.update(line)
    frequent = [stem for stem, _ in counts.most_common(_FREQUENT_INTRODUCED)]
    top = frozenset(frequent[:_FREQUENT])
    notable, known = frozenset(frequent) | frozenset(title_vocabulary), set[str]()
    introduces = []
    for vocabulary in sets:
        fresh = (vocabulary & notable) - known
        known |= fresh
        introduces.append(len(fresh) / 5)
    return {"topics": [len(top & line) / _FREQUENT for line in sets], "introduces": introduces}


def _of_deeds(texts: Sequence[str], words: Sequence[Sequence[str]], past: frozenset[str]) -> dict[str, Sequence[float]]:
    """What was done, and by whom; nothing where the language's past tenses are not known."""
    vocabulary = frozenset(word for line in words for word in line) if past else frozenset[str]()
    deeds = frozenset(word for word in vocabulary if word in past or (word[-2:] == "ed" and len(word) > 3))
    rows = [_deeds(text, line, deeds) for text, line in zip(texts, words, strict=True)]
    names = ("past", "past-perfect", "past-we", "past-actor")
    return dict(zip(names, zip(*rows, strict=True), strict=True))


def _deeds(text: str, words: Sequence[str], deeds: frozenset[str]) -> tuple[float, ...]:
    if deeds.isdisjoint(words):
        return (0.0,) * 4
    places = [i for i, word in enumerate(words) if word in deeds]
    perfect = we = actor = False
    for i in places:
        at = i - 2 if i > 1 and words[i - 1].endswith("ly") else i - 1
        if at < 0:
            continue
        before = words[at]
        helped = before in _HAVE or before.endswith("'ve")
        perfect |= helped
        we |= (words[at - 1] if before in _HAVE and at else before) in _WE
        actor |= before.capitalize() in text or before.upper() in text or before in _ACTORS
    return min(3, len(places)) / 3, float(perfect), float(we), float(actor)


def _of_headings(article: Article, sets: Sequence[frozenset[str]], stemmer: LanguageStemmer) -> Sequence[float]:
    headings = [words_of(block.text) for block in article.blocks if block.kind is BlockKind.HEADING]
    named = frozenset(stem for line in headings for stem in stemmer.stems(line))
    return [len(named & line) / (len(line) or 1) for line in sets]


def _of_title(
    words: Sequence[Sequence[str]],
    sets: Sequence[frozenset[str]],
    title_vocabulary: Sequence[str],
    title_stems: Matrix,
    stemmer: LanguageStemmer,
) -> dict[str, Sequence[float] | Matrix]:
    title_counts = title_stems.sum(axis=1)
    rarity = np.array([math.log(1 + len(sets) / (1 + n)) for n in title_stems.sum(axis=0)])
    vocabulary = frozenset(title_vocabulary)
    most = min(3, len(title_vocabulary)) or 1
    subject = [
        len(vocabulary.intersection(stemmer.stems(line[:_SUBJECT_WORDS]))) / most if named else 0.0
        for line, named in zip(words, title_counts, strict=True)
    ]
    return {
        "title": title_counts / (len(title_vocabulary) or 1),
        "title-rare": title_stems @ rarity / (rarity.sum() or 1),
        "title-density": title_counts / np.array([len(line) or 1 for line in sets]),
        "title-subject": subject,
    }


def _of_length(counts: Matrix) -> dict[str, Matrix]:
    return {
        f"words-{most}": np.clip(counts - least, 0, most - least) / (most - least)
        for least, most in pairwise((0, 10, 20, 30, 50))
    }


def _of_position(count: int) -> dict[str, Matrix]:
    at = np.arange(count)
    return {
        "first": at == 0,
        "second": at == 1,
        "third": at == 2,
        "early": 1 / (1 + at / _EARLY),
        "among-5": at < 5,
        "among-10": at < 10,
        "position": at / count,
        "late": at / count > 1 - _LATE,
        "last": at == count - 1,
        "last-3": at >= count - 3,
    }


def _of_blocks(article: Article, sentences: Sequence[Sentence]) -> dict[str, Matrix]:
    starts = list(accumulate((len(block.text) + 2 for block in article.blocks), initial=0))
    blocks = np.array([bisect_right(starts, sentence.start) - 1 for sentence in sentences])
    kinds = [block.kind for block in article.blocks]
    heading = kinds.index(BlockKind.HEADING) if BlockKind.HEADING in kinds else 0  # 0: there is no opening
    opening = blocks < heading
    start, end = np.diff(blocks, prepend=-1) > 0, np.diff(blocks, append=len(kinds)) > 0
    return {
        "opening": opening,
        "opening-end": opening & ~np.append(opening[1:], False),
        "second-block": blocks == 1,
        "block-start": start,
        "block-end": end,
        "alone": start & end,
        "list-item": np.array([kinds[block] is BlockKind.LIST_ITEM for block in blocks]),
    }


def _of_highest(values: Matrix) -> Matrix:
    highest: Matrix = values / (values.max(initial=0.0) or 1.0)
    return highest
