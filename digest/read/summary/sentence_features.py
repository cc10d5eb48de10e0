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
from numpy.typing import NDArray

from digest.model import Article, BlockKind, Sentence
from digest.read.summary.sentence_form import opens_dependent, refers_back
from digest.read.summary.word_lists import past_tenses
from digest.read.summary.word_stems import LanguageStemmer, words_of

Matrix = NDArray[np.float64]

FEATURES = (
    "topics",  # share of the ten most frequent stems
    "introduces",  # how many of the frequent stems and the title's it names for the first time
    "headings",  # share of its own stems that headings have
    "title-rare",  # share of the title's stems, the rarer ones counting more
    "title-density",  # share of its own stems that are the title's
    "title-subject",  # the title's stems among its first words
    "past",  # words that tell what was done, of 3
    "past-actor",  # "we", a name or an acronym before what was done
    "words-10",  # words up to 10, of 10
    "words-20",  # words from 10 to 20, of 10
    "words-30",
    "words-50",  # words from 30 to 50, of 20
    "first",  # the very first sentence
    "early",  # position, falling by half over 15 sentences
    "among-5",
    "position",  # of the whole text
    "last",
    "block-start",  # first of its block
    "block-end",
    "alone",  # the only one of its block
    "list-item",
)
_FREQUENT, _FREQUENT_INTRODUCED = 10, 15
_EARLY = 15
_SUBJECT_WORDS = 7
_HAVE = frozenset(("has", "have", "had"))
_ACTORS = frozenset(
    (
        *("we", "i", "team", "agency", "department", "council", "service", "office", "government", "group"),
        *("members", "staff"),
    )
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
    unit = _unit_vectors(stems)
    dependent = tuple(opens_dependent(text, stemmer.code) or refers_back(text) for text in texts)
    title_vocabulary = frozenset(stemmer.stems(words_of(title)))
    columns: dict[str, Sequence[float] | Matrix] = {
        "headings": _of_headings(article, sets, stemmer),
        **_of_deeds(texts, words, past_tenses(stemmer.code)),
        **_of_topics(stems, sets, title_vocabulary),
        **_of_title(words, sets, title_vocabulary, stemmer),
        **_of_length(np.array([len(line) for line in words])),
        **_of_position(len(texts)),
        **_of_blocks(article, sentences),
    }
    rows = np.column_stack([columns[name] for name in FEATURES]).astype(float)
    counts = tuple(len(text.split()) for text in texts)
    return SummaryInput(tuple(sentences), counts, tuple(words), dependent, rows, unit @ unit.T, stemmer.code)


def _unit_vectors(stems: Sequence[Sequence[str]]) -> Matrix:
    """Unit tf-idf vectors, a row a sentence and a column a stem. A row of zeros where a sentence has no stems."""
    columns: dict[str, int] = {}
    places = [columns.setdefault(stem, len(columns)) for sentence in stems for stem in sentence]
    width = max(1, len(columns))
    cells = np.repeat(np.arange(len(stems)), [len(sentence) for sentence in stems]) * width
    counts = np.bincount(cells + np.array(places, dtype=np.intp), minlength=len(stems) * width)
    matrix: Matrix = counts.reshape(len(stems), width).astype(np.float64)
    matrix *= np.log(len(stems) / (1.0 + np.count_nonzero(matrix, axis=0)))
    norms = np.sqrt((matrix * matrix).sum(axis=1, keepdims=True))
    unit: Matrix = np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 0)
    return unit


def _of_topics(
    stems: Sequence[Sequence[str]], sets: Sequence[frozenset[str]], title_vocabulary: frozenset[str]
) -> dict[str, Sequence[float]]:
    counts: Counter[str] = Counter()
    for line in stems:
        counts.update(line)
    frequent = [stem for stem, _ in counts.most_common(_FREQUENT_INTRODUCED)]
    top = frozenset(frequent[:_FREQUENT])
    notable, known = frozenset(frequent) | title_vocabulary, set[str]()
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
    places = [[i for i, word in enumerate(line) if word in deeds] for line in words]
    acted = [any(_is_actor(line, i, text) for i in some) for text, line, some in zip(texts, words, places, strict=True)]
    return {"past": [min(3, len(some)) / 3 for some in places], "past-actor": acted}


def _is_actor(words: Sequence[str], deed: int, text: str) -> bool:
    """Whether who did it stands before it: "we built", "we have quietly built", "The BBC built"."""
    at = deed - 1
    while at > 0 and (words[at] in _HAVE or words[at].endswith("ly")):
        at -= 1
    before = words[at].removesuffix("'ve") if at >= 0 else ""
    return before in _ACTORS or (before != "" and (before.capitalize() in text or before.upper() in text))


def _of_headings(article: Article, sets: Sequence[frozenset[str]], stemmer: LanguageStemmer) -> Sequence[float]:
    headings = [words_of(block.text) for block in article.blocks if block.kind is BlockKind.HEADING]
    named = frozenset(stem for line in headings for stem in stemmer.stems(line))
    return [len(named & line) / (len(line) or 1) for line in sets]


def _of_title(
    words: Sequence[Sequence[str]],
    sets: Sequence[frozenset[str]],
    vocabulary: frozenset[str],
    stemmer: LanguageStemmer,
) -> dict[str, Sequence[float]]:
    named = [vocabulary & line for line in sets]
    counts = Counter(stem for line in named for stem in line)
    rarity = {stem: math.log(1 + len(sets) / (1 + counts[stem])) for stem in sorted(vocabulary)}
    whole, most = sum(rarity.values()) or 1, min(3, len(vocabulary)) or 1
    return {
        "title-rare": [sum(rarity[stem] for stem in sorted(line)) / whole for line in named],
        "title-density": [len(some) / (len(line) or 1) for some, line in zip(named, sets, strict=True)],
        "title-subject": [
            len(vocabulary.intersection(stemmer.stems(line[:_SUBJECT_WORDS]))) / most if some else 0.0
            for line, some in zip(words, named, strict=True)
        ],
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
        "early": 1 / (1 + at / _EARLY),
        "among-5": at < 5,
        "position": at / count,
        "last": at == count - 1,
    }


def _of_blocks(article: Article, sentences: Sequence[Sentence]) -> dict[str, Matrix]:
    starts = list(accumulate((len(block.text) + 2 for block in article.blocks), initial=0))
    blocks = np.array([bisect_right(starts, sentence.start) - 1 for sentence in sentences])
    kinds = [block.kind for block in article.blocks]
    start, end = np.diff(blocks, prepend=-1) > 0, np.diff(blocks, append=len(kinds)) > 0
    return {
        "block-start": start,
        "block-end": end,
        "alone": start & end,
        "list-item": np.array([kinds[block] is BlockKind.LIST_ITEM for block in blocks]),
    }
