"""Read a part of the week's posts ahead of composing, on one of several machines: articles go to the store's cache.

Composing then finds them there, and reads itself what no machine has read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from digest.log import for_week
from digest.model import EditionStatus, Post
from digest.steps.composing.compose import LOG
from digest.steps.composing.fetch_pages import fetch_pages
from digest.steps.composing.read_posts import read_posts
from digest.steps.composing.reading_pool import reading_pool
from digest.steps.composing.select_week import select_week
from digest.steps.composing.stored_pages import stored_pages
from digest.steps.context import Context
from digest.steps.part import Part, in_part
from digest.store import editions
from digest.week import Week

BATCH = 40
"""Posts that are stored together: what a machine that dies has read for nothing."""


def fetch_week(context: Context, week: Week) -> int:
    """Fetch the pages of the week's posts. Return how many posts there are; 0 if the edition is no longer composed."""
    with context.store.reading() as connection:
        row = editions.find(connection, week)
    if row is not None and row.status not in (EditionStatus.DRAFT, EditionStatus.HELD):
        return 0
    selection = select_week(context, week)
    asyncio.run(fetch_pages(context, selection.posts))
    return len(selection.posts)


def read_part(context: Context, week: Week, part: Part) -> int:
    """Read the posts of a part and store their articles, a batch at a time. Return how many posts there were.

    Posts of a source are in one part: what repeats in them is told by comparing them. Of a source with more posts than
    a batch, composing may summarise some again, because it compares all of them.
    """
    posts = in_part(select_week(context, week).posts, part, group=lambda post: post.source)
    with reading_pool(context.settings) as pool:
        for batch in batches(posts):
            read_posts(context, batch, stored_pages(context, batch), pool)
    for_week(LOG, week).info("%d posts read (part %s).", len(posts), part)
    return len(posts)


def batches(posts: Sequence[Post], most: int = BATCH) -> Iterator[list[Post]]:
    """Cut posts into batches of at most `most`; a source's posts stay together where they are not more."""
    by_source: dict[str, list[Post]] = {}
    for post in posts:
        by_source.setdefault(post.source, []).append(post)
    batch: list[Post] = []
    for of_source in by_source.values():
        for start in range(0, len(of_source), most):
            some = of_source[start : start + most]
            if batch and len(batch) + len(some) > most:
                yield batch
                batch = []
            batch = batch + some
    if batch:
        yield batch
