"""Look for copies among the posts as they were read, unless the same posts were compared before."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from digest.memory import Memory
from digest.model import Post
from digest.steps.collecting.merge_copies import merge_read
from digest.steps.composing.read_posts import ReadResult
from digest.steps.context import Context

_DISTINCT: Memory[frozenset[Hashable], None] = Memory(5)
"""Sets of posts of which none is a copy of another. What is compared are pairs, so the same holds for their parts."""


def merge_new(context: Context, posts: Sequence[Post], results: Mapping[str, ReadResult]) -> int:
    """Mark posts whose articles have the same text as another's; return how many."""
    compared = frozenset(_compared(post, results[post.id]) for post in posts)
    if any(compared <= known for known in _DISTINCT):
        return 0
    merged = merge_read(context, posts, {post: result.read.article for post, result in results.items()})
    if not merged:
        _DISTINCT.put(compared, None)
    return merged


def _compared(post: Post, result: ReadResult) -> Hashable:
    """All of a post that is compared with others."""
    own = (post.id, post.url, post.title, post.source, post.published, post.html, post.origin)
    return (*own, result.key, result.read.article.method)
