"""Sentences that stand in post after post of a source: they belong to the source, and to no post."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from digest.model import Article, BlockKind

_ENOUGH = 3  # posts
_FEWEST_WORDS = 5  # shorter ones are no sentences of a summary
_MOST = 0.5  # of a post's words that may go: a post that repeats more was itself published several times …
_FEWEST_LEFT = 40  # … unless this many words are left
_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+")
_WORD = re.compile(r"\w+")


def sentence_keys(article: Article) -> frozenset[int]:
    """What stands for each of its sentences in a comparison of posts. They are parted roughly here, as that is fast."""
    parts = (part for block in article.blocks if block.kind is not BlockKind.CODE for part in _END.split(block.text))
    return frozenset(key for part in parts if (key := _key(part)) is not None)


def repeated_sentences(keys: Iterable[frozenset[int]]) -> frozenset[int]:
    """Those that stand in at least three posts, from the keys of each post of a source."""
    counts: Counter[int] = Counter()
    for each in keys:
        counts.update(each)
    return frozenset(key for key, count in counts.items() if count >= _ENOUGH)


def indexes_without_repeated(sentences: Sequence[str], repeats: frozenset[int]) -> list[int]:
    """Which of a post's sentences are not among the repeated ones; all where nearly nothing would be left."""
    own = [i for i, sentence in enumerate(sentences) if _key(sentence) not in repeats]
    words, left = (sum(len(sentences[i].split()) for i in some) for some in (range(len(sentences)), own))
    return own if left >= min(words * (1 - _MOST), _FEWEST_LEFT) else list(range(len(sentences)))


def _key(sentence: str) -> int | None:
    """Its words in lower case, as a number; None where they are few."""
    words = _WORD.findall(sentence.casefold())
    if len(words) < _FEWEST_WORDS:
        return None
    return int.from_bytes(blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
