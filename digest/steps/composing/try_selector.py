"""Read a page of a source with a selector, and without: to see what the selector would choose."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from digest.errors import UsageError
from digest.model import Article, Page, Post
from digest.read.article.selector import selector_problem
from digest.read.workers.read_pool import SECONDS_PER_POST, ReadPool
from digest.read.workers.read_post import ExtractJob, extract_one
from digest.steps.collecting.change_source import find_source
from digest.steps.composing.fetch_pages import fetch_pages
from digest.steps.context import Context
from digest.store import pages
from digest.store.source_posts import latest_of
from digest.workers.worker import Failure

_LATEST = 20  # posts, among which one with a page is taken


@dataclass(frozen=True, slots=True)
class SelectorTrial:
    """One page of a source, read twice."""

    selector: str
    title: str  # of the post
    url: str
    without: Article | None  # None where reading it failed
    selected: Article | None
    problem: str = ""  # why the selector chooses nothing; "" where it does


def try_selector(context: Context, name: str, selector: str) -> SelectorTrial:
    """Read the newest page of the source that is stored; where none is, fetch one. Raises UsageError."""
    find_source(context.settings, name)
    selector = selector.strip()
    if not selector:
        raise UsageError("Write a CSS selector to try.", "One such as article .entry-content.")
    if problem := selector_problem(selector):
        raise UsageError(problem, "Write one such as article .entry-content.")
    post, page = _page_of(context, name)
    # Without the feed's own text: the page alone is judged.
    jobs = [ExtractJob("", page, post.url, post.title, each, post.language) for each in ("", selector)]
    with ReadPool(1) as pool:
        read = dict(pool.run(extract_one, jobs, seconds=SECONDS_PER_POST))
    without, selected = (None if isinstance(each, Failure) else each for each in (read[0], read[1]))
    return SelectorTrial(selector, post.title, post.url, without, selected, _problem(selected))


def _problem(selected: Article | None) -> str:
    if selected is None:
        return "The page could not be read with this selector: that took too long or too much memory."
    if selected.method == "page:selector":
        return ""
    return "The selector chooses nothing on this page, so it is read as without."


def _page_of(context: Context, name: str) -> tuple[Post, Page]:
    with context.store.reading() as connection:
        latest = [stored.post for stored in latest_of(connection, name, _LATEST) if stored.post.url]
        stored = pages.load(connection, [post.url for post in latest])
    if not latest:
        raise UsageError(f"No post of {name} is known yet.", "Collect first: `digest collect`.")
    if not any(isinstance(page, Page) for page in stored.values()):
        asyncio.run(fetch_pages(context, latest[:1]))
        with context.store.reading() as connection:
            stored = pages.load(connection, [latest[0].url])
    for post in latest:
        page = stored.get(post.url)
        if isinstance(page, Page):
            return post, page
    reason = getattr(stored.get(latest[0].url), "reason", "")
    raise UsageError(f"No page of {name} could be fetched. {reason}".strip(), "Try again later.")
