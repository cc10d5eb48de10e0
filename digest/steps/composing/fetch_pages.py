"""Fetch and store the web pages of the posts that an edition considers, each once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from mimetypes import guess_type
from urllib.parse import urlsplit

from digest.collect.explain_failure import unforeseen
from digest.collect.fetch import PAGES, Client, Fetched, FetchFailed
from digest.collect.robots import Robots
from digest.model import Page, Post
from digest.read.article.media_type import media_kind
from digest.steps.collecting.merge_copies import merge_canonical
from digest.steps.collecting.visit_outcomes import policy_of
from digest.steps.context import Context
from digest.store import pages
from digest.store.pages import NoPage
from digest.store.writer import Writer

LOG = logging.getLogger(__name__)

_KEPT_OF_FILE = 4_096
"""Bytes of what is no web page: they tell its kind, and nothing else of it is used."""
TRY_AGAIN = timedelta(hours=1)
"""A page that could not be fetched is tried again after this."""


async def fetch_pages(context: Context, posts: Sequence[Post], *, client: Client | None = None) -> bool:
    """Fetch and store the pages that are missing. A failure is stored as well, with its reason.

    Return whether pages name other posts as their originals, so that the week has to be selected again.
    """
    now = context.clock()
    with context.store.reading() as connection:
        stored = pages.load(connection, [post.url for post in posts])
    urls = list(
        dict.fromkeys(
            post.url
            for post in posts
            if post.url and not is_file(post) and _must_fetch(stored.get(post.url), now - TRY_AGAIN)
        )
    )
    if not urls:
        return False
    async with client or Client(policy_of(context.settings)) as web:
        robots = Robots(web, context.settings.user_agent) if context.settings.collect.robots else None
        # Stored by a thread: a commit may wait for a lock, and the time-outs of the other pages go on meanwhile.
        with Writer(context.store) as writer:
            for task in asyncio.as_completed([_store(context, web, robots, writer, url) for url in urls]):
                page = await task
                LOG.debug("Page %s: %s", page.url, page.reason if isinstance(page, NoPage) else "fetched")
    return merge_canonical(context, posts) > 0


def is_file(post: Post) -> bool:
    """Whether the link itself is the sound or film that the feed encloses: there is nothing to read."""
    if post.media is None:
        return False
    try:
        kind, _ = guess_type(urlsplit(post.url).path)
    except ValueError:  # no address at all
        return False
    return (kind or "").startswith(("audio/", "video/"))


def _must_fetch(stored: Page | NoPage | None, before: datetime) -> bool:
    return stored is None or (isinstance(stored, NoPage) and stored.tried_at <= before)


async def _store(context: Context, web: Client, robots: Robots | None, writer: Writer, url: str) -> Page | NoPage:
    try:
        page = await _fetch(context, web, robots, url)
    except Exception as error:  # whatever one page or robots.txt raises must not cost the edition
        LOG.exception("Fetching a page failed unexpectedly.")
        page = NoPage(url, unforeseen(error), context.clock())
    await writer.write(lambda connection: pages.save(connection, page))
    return page


async def _fetch(context: Context, web: Client, robots: Robots | None, url: str) -> Page | NoPage:
    if robots is not None and (refusal := await robots.refusal(url)):
        return NoPage(url, refusal, context.clock())
    result = await web.fetch(url, accept=PAGES)
    if isinstance(result, Fetched):
        page = Page(url, result.final_url, result.content, result.content_type, context.clock())
        if media_kind(page.content, page.content_type) is None:
            return page
        size = result.length or len(page.content)
        return replace(page, content=page.content[:_KEPT_OF_FILE], size=size)
    reason = (
        result.reason
        if isinstance(result, FetchFailed)
        else "The server says that nothing has changed, although this was the first request."
    )
    return NoPage(url, reason, context.clock())
