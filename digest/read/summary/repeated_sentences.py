"""Sentences that stand in post after post of a source: they belong to the source, and to no post."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import islice

from digest.model import Article, BlockKind

_ENOUGH = 3  # posts
_MOST_KEYS = 300  # of a post: as many sentences as are read of a long one
_FEWEST_WORDS = 5  # shorter ones are no sentences of a summary
# A post keeps all its sentences if less than half of its words, and fewer than forty, would be left: then the post
# itself was published several times.
_LEAST_LEFT, _FEWEST_LEFT = 0.5, 40
_END = re.compile(r"(?<=[.!?…؟۔।])[\"'”’»)\]]*\s+|(?<=[。！？])[」』”’）]*\s*")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


def sentence_keys(article: Article) -> frozenset[int]:
    """The keys of its sentences. They are split roughly, because that is fast."""
    texts = (block.text for block in article.blocks if block.kind is not BlockKind.CODE)
    return frozenset(islice((key for text in texts for key in _keys(text)), _MOST_KEYS))


def repeated_sentences(keys: Iterable[frozenset[int]]) -> frozenset[int]:
    """The keys that at least three posts have, from the keys of each post of a source."""
    counts: Counter[int] = Counter()
    for each in keys:
        counts.update(each)
    return frozenset(key for key, count in counts.items() if count >= _ENOUGH)


def indexes_without_repeats(sentences: Sequence[str], repeats: frozenset[int]) -> list[int]:
    """Which of a post's sentences its source does not repeat; all if nearly nothing is left."""
    every = list(range(len(sentences)))
    if not repeats:
        return every
    own = [i for i in every if not (keys := _keys(sentences[i])) or not keys <= repeats]
    words, left = (sum(len(_WORD.findall(sentences[i])) for i in some) for some in (every, own))
    return own if left >= min(words * _LEAST_LEFT, _FEWEST_LEFT) else every


def _keys(text: str) -> frozenset[int]:
    return frozenset(key for part in _END.split(text) if (key := _key(part)) is not None)


def _key(part: str) -> int | None:
    """Its words in lower case, as a number; None where they are few."""
    words = _WORD.findall(part.casefold())
    if len(words) < _FEWEST_WORDS:
        return None
    digest = blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=7).digest()
    return int.from_bytes(digest, "big")
