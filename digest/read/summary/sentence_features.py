"""What the summariser looks at: a row of numbers for each sentence, and a few for a set of sentences.

Each number is about 0 to 1. Their weights are learnt (`benchmarks/train_summaries.py`) and kept in
`data/summaries.json`; a sentence's worth is its row times the weights.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from digest.model import Article, BlockKind, Sentence
from digest.read.summary import context_dependence, lexrank, sentence_cues
from digest.read.summary.lexrank import Matrix
from digest.read.summary.word_stems import LanguageStemmer, words_of

FEATURES = (
    "lexrank",  # the walk over similar sentences
    "centroid",  # likeness to the whole text
    "topics",  # share of the ten most frequent stems
    "introduces",  # how many of the frequent stems and the title's it names for the first time
    "headings",  # share of its own stems that headings have
    "first",  # the very first sentence
    "early",  # position, falling by half over 15 sentences
    "opening",  # stands before the first heading
    "opening-end",  # the last sentence there
    "title",  # share of the title's stems
    "title-rare",  # the same, the rarer stems counting more
    "title-density",  # share of its own stems that are the title's
    "title-subject",  # the title's stems among its first words
    "title-definition",  # "TITLE is a …"
    "small-words",  # share of stop words
    "leans",  # opens with a connective or a pronoun
    "list-item",
    *sentence_cues.CUES,
)
_FREQUENT, _FREQUENT_INTRODUCED = 10, 15
_EARLY = 15
_SUBJECT_WORDS = 7


@dataclass(frozen=True, slots=True)
class SummaryInput:
    """An article as the summariser sees it: one entry or row per sentence."""

    sentences: tuple[Sentence, ...]
    words: tuple[int, ...]  # white-space separated, as `max_words` counts them
    tokens: tuple[tuple[str, ...], ...]  # the stems of all its words, stop words too
    dependent: tuple[bool, ...]  # cannot be understood without the sentence before
    rows: Matrix  # shape (sentences, FEATURES)
    cosines: Matrix
    title_stems: Matrix  # shape (sentences, stems of the title): 1 where it has the stem


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
    opens = [context_dependence.opens_dependent(text) for text in texts]
    dependent = tuple(
        opening or context_dependence.refers_back(text) for opening, text in zip(opens, texts, strict=True)
    )

    columns: dict[str, Sequence[float] | Matrix] = {
        "lexrank": lexrank.rank(cosines),
        "centroid": _of_highest(unit @ unit.sum(axis=0)),
        "small-words": [1 - len(some) / (len(line) or 1) for some, line in zip(stems, words, strict=True)],
        "leans": [float(flag) for flag in opens],
        "headings": _of_headings(article, sets, stemmer),
        "early": 1 / (1 + np.arange(len(texts)) / _EARLY),
        "first": np.arange(len(texts)) == 0,
    }
    columns |= _of_topics(stems, sets, title_vocabulary)
    columns |= _of_title(texts, words, sets, title_vocabulary, title_stems, stemmer)
    columns |= _of_place(article, sentences)
    columns |= dict(
        zip(sentence_cues.CUES, zip(*map(sentence_cues.cue_values, texts, words), strict=True), strict=True)
    )
    rows = np.column_stack([columns[name] for name in FEATURES])
    counts = tuple(len(text.split()) for text in texts)
    tokens = tuple([stemmer.parts(line) for line in words])
    return SummaryInput(tuple(sentences), counts, tokens, dependent, rows, cosines, title_stems)


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


def _of_headings(article: Article, sets: Sequence[frozenset[str]], stemmer: LanguageStemmer) -> Sequence[float]:
    headings = [words_of(block.text) for block in article.blocks if block.kind is BlockKind.HEADING]
    named = frozenset(stem for line in headings for stem in stemmer.stems(line))
    return [len(named & line) / (len(line) or 1) for line in sets]


def _of_title(
    texts: Sequence[str],
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
    defines = [
        min(1.0, share) if share and sentence_cues.DEFINITION.search(text) else 0.0
        for text, share in zip(texts, subject, strict=True)
    ]
    return {
        "title": title_counts / (len(title_vocabulary) or 1),
        "title-rare": title_stems @ rarity / (rarity.sum() or 1),
        "title-density": title_counts / np.array([len(line) or 1 for line in sets]),
        "title-subject": subject,
        "title-definition": defines,
    }


def _of_place(article: Article, sentences: Sequence[Sentence]) -> dict[str, Sequence[float]]:
    starts = list(accumulate((len(block.text) + 2 for block in article.blocks), initial=0))
    blocks = [bisect_right(starts, sentence.start) - 1 for sentence in sentences]
    kinds = [block.kind for block in article.blocks]
    heading = kinds.index(BlockKind.HEADING) if BlockKind.HEADING in kinds else 0  # 0: there is no opening
    opening = [float(block < heading) for block in blocks]
    return {
        "opening": opening,
        "opening-end": [
            float(inside and not after) for inside, after in zip(opening, [*opening[1:], 0.0], strict=True)
        ],
        "list-item": [float(kinds[block] is BlockKind.LIST_ITEM) for block in blocks],
    }


def _of_highest(values: Matrix) -> Matrix:
    highest: Matrix = values / (values.max(initial=0.0) or 1.0)
    return highest
