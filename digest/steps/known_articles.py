"""The articles of the store as this process knows them: each row is decoded once, and what is made of it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import Connection

from digest.memory import Memory
from digest.model import Article
from digest.read.article.boilerplate import block_key
from digest.read.article.extract import block_keys
from digest.read.summary.repeated_sentences import sentence_keys
from digest.store import articles
from digest.store.articles import CachedArticle, StampedArticle

_POSTS = 2_500
"""Five editions of 500 posts. The articles of a post take about 40 KB."""


class Keys(NamedTuple):
    """What stands for the blocks and the sentences of an article, to tell what its source repeats."""

    blocks: frozenset[str]
    sentences: frozenset[int]

    @classmethod
    def of(cls, article: Article) -> Keys:
        return cls(block_keys(article), sentence_keys(article))


class ExtractedArticle:
    """An article, with what is asked of it for each change of an edition."""

    def __init__(self, article: Article) -> None:
        self.article = article

    @cached_property
    def letters(self) -> str:
        """Its words without numbers, to find one page under several posts."""
        # Numbers of requests and incidents are left out.
        return " ".join(word for word in self.article.text.casefold().split() if word.isalpha()) or self.article.text

    @cached_property
    def keys(self) -> Keys:
        return Keys.of(self.article)

    @cached_property
    def every_key(self) -> frozenset[str]:
        return frozenset(block_key(block.text) for block in self.article.blocks)


class KnownArticle:
    """A row of the cache."""

    def __init__(self, row: StampedArticle) -> None:
        self.stamp = row.stamp
        self.cached: CachedArticle = row.cached
        self.extracted = ExtractedArticle(row.cached.article)


_KNOWN: Memory[tuple[str, str], KnownArticle] = Memory(_POSTS)
_KEYS: Memory[tuple[str, str], Keys] = Memory(4 * _POSTS)  # of earlier posts no more than this is needed


def known_articles(connection: Connection, ids: Iterable[str]) -> dict[str, KnownArticle]:
    """Return the cached rows among these posts, as they are in the store now."""
    stamps = articles.stamps(connection, ids)
    by_post = {post: row for post, stamp in stamps.items() if (row := _KNOWN.get((post, stamp))) is not None}
    missing = stamps.keys() - by_post.keys()
    for post, stored in (articles.load_stamped(connection, missing) if missing else {}).items():
        by_post[post] = KnownArticle(stored)
        if _can_be_told(stored):
            _KNOWN.put((post, stored.stamp), by_post[post])
    return by_post


def keys_of_sources(
    connection: Connection, posts_by_source: Mapping[str, Iterable[str]], until: datetime
) -> dict[str, list[Keys]]:
    """Return the keys of each source's newest cached articles until then, but for those of `posts_by_source`."""
    besides = [post for ids in posts_by_source.values() for post in ids]
    by_source = articles.stamps_of_sources(connection, posts_by_source, until=until, besides=besides)
    stamps = {post: stamp for rows in by_source.values() for post, stamp in rows.items()}
    by_post = {post: keys for post, stamp in stamps.items() if (keys := _KEYS.get((post, stamp))) is not None}
    missing = stamps.keys() - by_post.keys()
    for post, row in (articles.load_stamped(connection, missing) if missing else {}).items():
        by_post[post] = Keys.of(row.cached.article)
        if _can_be_told(row):
            _KEYS.put((post, row.stamp), by_post[post])
    return {source: [by_post[post] for post in rows if post in by_post] for source, rows in by_source.items()}


def _can_be_told(row: StampedArticle) -> bool:
    """Whether another row of the post would have another stamp."""
    return articles.says_everything(row.stamp) or not row.cached.problem
