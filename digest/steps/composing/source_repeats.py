"""What a source repeats in post after post, so that it belongs to none of them: whole blocks, and sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from digest.model import Article, Post
from digest.read.article.boilerplate import block_key
from digest.read.article.extract import repeated_keys
from digest.read.summary.repeated_sentences import repeated_sentences
from digest.steps.context import Context
from digest.steps.known_articles import ExtractedArticle, keys_of_sources

_MOST_THAT_REPEATS = 0.5
"""If more than this share of a post would be dropped as repeated, the post itself was published twice: keep it all."""


class OwnArticle(NamedTuple):
    article: Article  # without the blocks that its source repeats
    repeats: tuple[int, ...]  # keys of its sentences that its source repeats, in order


def without_repeats(
    context: Context, posts: Sequence[Post], extracted: Mapping[str, ExtractedArticle]
) -> dict[str, OwnArticle]:
    """Return each post's article as compared with the other posts of its source, of this week and before."""
    by_source: defaultdict[str, dict[str, ExtractedArticle]] = defaultdict(dict)
    for post in posts:
        by_source[post.source][post.id] = extracted[post.id]
    with context.store.reading() as connection:
        earlier = keys_of_sources(connection, by_source, until=max(post.published for post in posts)) if posts else {}
    own: dict[str, OwnArticle] = {}
    for source, rows in by_source.items():
        keys = [*(row.keys for row in rows.values()), *earlier.get(source, ())]
        blocks = repeated_keys([each.blocks for each in keys])
        sentences = repeated_sentences(each.sentences for each in keys)
        for identity, row in rows.items():
            own[identity] = OwnArticle(_without(row, blocks), tuple(sorted(sentences & row.keys.sentences)))
    return own


def _without(row: ExtractedArticle, repeats: frozenset[str]) -> Article:
    article = row.article
    if repeats.isdisjoint(row.every_key):
        return article
    rest = replace(article, blocks=tuple(block for block in article.blocks if block_key(block.text) not in repeats))
    return rest if rest.words >= article.words * (1 - _MOST_THAT_REPEATS) else article
