"""An edition's links, visited again before it is approved and before it is sent: a post may have been withdrawn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from digest.collect.explain import FailureKind
from digest.collect.http import PAGES, Client, FetchFailed
from digest.model import EditionPost, Post
from digest.steps.context import Context
from digest.steps.visits import policy_of

_SEEN = 1_000
"""Bytes of a page that are read: only whether it is there matters."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """A post of the edition whose page does not answer as it should."""

    post: str  # its id
    title: str
    url: str
    reason: str  # for people
    withdrawn: bool  # the site says that it is not there any more; False: it could only not be reached now


async def recheck(
    context: Context, posts: Sequence[EditionPost | Post], *, client: Client | None = None
) -> tuple[Flagged, ...]:
    """Visit each post's page; those that have gone or do not answer, in the edition's order."""
    async with client or Client(policy_of(context.settings)) as web:
        found = await asyncio.gather(*(_visit(web, post) for post in posts if post.url))
    return tuple(flagged for flagged in found if flagged is not None)


def recheck_now(context: Context, posts: Sequence[EditionPost | Post]) -> tuple[Flagged, ...]:
    """`recheck`, for callers that are not asynchronous."""
    return asyncio.run(recheck(context, posts))


async def _visit(web: Client, post: EditionPost | Post) -> Flagged | None:
    result = await web.fetch(post.url, accept=PAGES, limit=_SEEN)
    if not isinstance(result, FetchFailed):
        return None
    if result.kind is FailureKind.DENIED:
        return None  # a page behind a wall is still there for its readers
    withdrawn = result.kind in (FailureKind.GONE, FailureKind.NOT_FOUND)
    return Flagged(post.id, post.title, post.url, result.reason, withdrawn)
