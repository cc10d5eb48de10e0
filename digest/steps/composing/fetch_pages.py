"""Fetch and store the web pages of the posts that an edition considers, each once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from digest.collect.explain_failure import unforeseen
from digest.collect.fetch import PAGES, Client, Fetched, FetchFailed
from digest.collect.robots import Robots
from digest.model import Page, Post
from digest.steps.collecting.copies import merge_canonical
from digest.steps.collecting.visits import policy_of
from digest.steps.context import Context
from digest.store import pages
from digest.store.pages import NoPage
from digest.store.writer import Writer

LOG = logging.getLogger(__name__)

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
        dict.fromkeys(post.url for post in posts if post.url and _must_fetch(stored.get(post.url), now - TRY_AGAIN))
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


def stored_pages(context: Context, posts: Sequence[Post]) -> tuple[dict[str, Page], dict[str, str]]:
    """Return the stored pages, and why the others are missing, both by post id. Does not use the network."""
    with context.store.reading() as connection:
        stored = pages.load(connection, [post.url for post in posts if post.url])
    have = {post.id: page for post in posts if isinstance(page := stored.get(post.url), Page)}
    problems = {post.id: page.reason for post in posts if isinstance(page := stored.get(post.url), NoPage)}
    return have, problems


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
        return Page(url, result.final_url, result.content, result.content_type, context.clock())
    reason = (
        result.reason
        if isinstance(result, FetchFailed)
        else "The server says that nothing has changed, although this was the first request."
    )
    return NoPage(url, reason, context.clock())
