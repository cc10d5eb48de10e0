"""Add a page to an edition by its address: fetched, read, compared with what is known, and brought in.

address ─known?▶ fetch ─guard▶ Page ─worker▶ facts, article ─known, copy?▶ Post ─store▶ Change(BRING_IN) ─▶ Added
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from digest.collect.discover_feeds import canonical_link
from digest.collect.duplicates import WITHIN, copies_by_sketch, on_own_pages, same_title
from digest.collect.fetch import PAGES, Client, Fetched, FetchFailed
from digest.collect.robots import Robots
from digest.collect.sketches import sketch
from digest.collect.urls import host_of, identity
from digest.edition.editing.change import Change, Verb
from digest.edition.editing.page_as_post import page_as_post
from digest.errors import UsageError
from digest.model import Page, Post
from digest.read.article.media_type import media_kind
from digest.read.article.wall_phrases import WallKind
from digest.read.workers.read_address import PageLook, look_at
from digest.read.workers.read_pool import ReadPool, warm
from digest.steps.collecting.merge_copies import hosts_of, sketch_new
from digest.steps.collecting.visit_outcomes import policy_of
from digest.steps.composing.read_posts import read_posts
from digest.steps.composing.stored_pages import KIND_NAMES, stored_pages
from digest.steps.context import Context
from digest.steps.editing.changes import Made, change, editable
from digest.steps.editing.edition_view import load_edition
from digest.steps.editing.find_posts import as_address, known_at
from digest.steps.editing.whereabouts import FoundPost, Whereabouts
from digest.store import entries, pages, posts
from digest.week import Week
from digest.workers.worker import Failure

_SECONDS_TO_FETCH = 8.0  # an editor is waiting
_SECONDS_FOR_ROBOTS = 3.0
_HEAD = 200_000  # bytes of a page in which its canonical address is looked for
_NO_WALLS = (WallKind.FRONT_PAGE.value, WallKind.LIST.value)  # pages that an editor may mean


@dataclass(frozen=True, slots=True)
class Added:
    """A page that was added to an edition as a post."""

    week: Week
    id: str
    title: str
    source: str
    url: str
    published: datetime
    dated: bool  # False: the page names no date, so it counts as published today
    summary: tuple[str, ...]
    theme: str  # its title
    because: tuple[str, ...]
    change: int  # that undo takes back
    remark: str = ""  # why there is no summary, if there is none

    @property
    def sentence(self) -> str:
        """What was done, for the editor."""
        date = f"{self.published.day} {self.published:%B %Y}" if self.dated else "no date, so today’s"
        why = f" ({self.because[0]})" if self.because else ""
        rest = f" It is shown by its title only: {self.remark}." if self.remark else ""
        return f"Added “{self.title}” ({self.source}, {date}) to {self.theme}{why}.{rest}"


@dataclass(frozen=True, slots=True)
class KnownAlready:
    """A page that was collected before, or says the same as a post that was: nothing was added."""

    post: FoundPost
    is_copy: bool = False  # it has another address, and the same text

    @property
    def sentence(self) -> str:
        what = "This page says the same as" if self.is_copy else "This page is known already:"
        return f"{what} “{self.post.title}” of {self.post.source}. {self.post.where}."


def get_ready() -> None:
    """Let the worker process load its libraries: somebody has typed an address, and may add it next."""
    warm()


def add_post(
    context: Context, week: Week, address: str, *, by: str, despite_copy: bool = False
) -> Added | KnownAlready:
    """Fetch the page at an address, and add it to the edition in the editor's name.

    `despite_copy` adds a page that says the same as a post that is known. Raises UsageError where there is no page to
    add, with the reason in plain words, or if the edition cannot be changed.
    """
    url = as_address(address)
    if not url:
        raise UsageError(
            f"“{address.strip()[:80]}” is no address of a web page.", "Write one such as https://gds.blog.gov.uk/."
        )
    with context.store.reading() as connection:
        editable(connection, week)
        if known := _known(context, connection, week, [url]):
            return KnownAlready(known)
    warm()  # while the page is fetched, the worker process loads its libraries
    page = asyncio.run(_fetch(context, url))
    head = page.content[:_HEAD].decode("utf-8", "replace")
    canonical = canonical_link(head, page.final_url)
    with ReadPool(1) as pool:
        look = _look_at(pool, page)
        post = page_as_post(
            page,
            look.article,
            title=look.facts.title,
            site=look.facts.site,
            author=look.facts.author,
            published=look.facts.published,
            hosts=hosts_of(context.settings),
            now=context.clock(),
        )
        sketch_new(context, [_around(post)])
        with context.store.reading() as connection:
            if (same := _known_as(context, connection, week, post, canonical)) is not None:
                return same
            if not despite_copy and (copied := _copied(context, connection, week, post)):
                return KnownAlready(copied, is_copy=True)
        with context.store.writing() as connection:
            entries.add_by_hand(connection, post, key=identity(post.url), by=by)
            pages.save(connection, replace(page, url=post.url))
        read_posts(context, [post], stored_pages(context, [post]), pool)
    return _added(context, week, post, change(context, week, Change(Verb.BRING_IN, post.id), by=by))


def _known(context: Context, connection: Connection, week: Week, addresses: list[str]) -> FoundPost | None:
    ids = known_at(connection, [address for address in addresses if address])
    return next(iter(Whereabouts(context, connection, week).of(ids)), None)


def _known_as(context: Context, connection: Connection, week: Week, post: Post, canonical: str) -> KnownAlready | None:
    """Return the post that is known by the address to which the page redirects, or by the one that it names as its own.

    The latter only where the titles agree: some sites name one address on all their pages.
    """
    if known := _known(context, connection, week, [post.url]):
        return KnownAlready(known)
    named = _known(context, connection, week, [canonical])
    return KnownAlready(named) if named is not None and same_title(named.title, post.title) else None


def _copied(context: Context, connection: Connection, week: Week, post: Post) -> FoundPost | None:
    """Return the known post whose text the page has."""
    outlines = posts.outlines(connection, *_around(post))
    sketches = {each.post.id: each.sketch or sketch("") for each in outlines} | {post.id: sketch(post.html)}
    originals = copies_by_sketch(
        [post, *(each.post for each in outlines)],
        sketches,
        lambda ids: {**posts.html_of(connection, ids), post.id: post.html},
        own=on_own_pages(hosts_of(context.settings)),
        fixed=frozenset(each.post.id for each in outlines),
    )
    original = originals.get(post.id)
    return next(iter(Whereabouts(context, connection, week).of([original] if original else [])), None)


def _around(post: Post) -> tuple[datetime, datetime]:
    return post.published - WITHIN, post.published + WITHIN


# --- The page ---------------------------------------------------------------------------------------------------------


async def _fetch(context: Context, url: str) -> Page:
    """Return the web page. Raises UsageError."""
    policy = policy_of(context.settings)
    policy = replace(policy, timeout=min(policy.timeout, _SECONDS_TO_FETCH), retries=0)
    # The pause that a robots.txt asks for is for programs that visit many pages: this is one, and somebody waits.
    async with (
        Client(policy) as web,
        Client(replace(policy, timeout=min(policy.timeout, _SECONDS_FOR_ROBOTS))) as other,
    ):
        robots = Robots(other, context.settings.user_agent) if context.settings.collect.robots else None
        refusal = await robots.refusal(url) if robots is not None else ""
        if refusal:
            raise UsageError(
                refusal.replace(_FEED_ONLY, ""), "Ask the site’s owner, or link to it in the introduction."
            )
        result = await web.fetch(url, accept=PAGES)
    if isinstance(result, FetchFailed):
        raise UsageError(result.reason.replace(_LATER, "Try again later."))
    if not isinstance(result, Fetched):
        raise UsageError("The server says that nothing has changed, although this was the first request.")
    kind = media_kind(result.content, result.content_type)
    if kind is not None:
        raise UsageError(
            f"This address leads to {KIND_NAMES[kind]}, not to a web page.",
            "Add the page that links to it, or link to it in the introduction.",
        )
    return Page(url, result.final_url, result.content, result.content_type, context.clock())


_LATER, _FEED_ONLY = "Digest tries again later.", " Digest uses only the text of its feed."


def _look_at(pool: ReadPool, page: Page) -> PageLook:
    look = next(look for _, look in pool.run(look_at, [page], seconds=pool.seconds_per_post))
    if isinstance(look, Failure):
        raise UsageError(f"The page could not be read: {look.reason}.", "Link to it in the introduction instead.")
    wall = look.article.wall
    if wall and wall not in _NO_WALLS:
        raise UsageError(
            f"{host_of(page.final_url)} shows {wall} in place of the page.",
            "Digest cannot read what is behind it; link to it in the introduction instead.",
        )
    return look


def _added(context: Context, week: Week, post: Post, made: Made) -> Added:
    _, edition = load_edition(context, week)
    for section in edition.sections:
        for post_here in section.posts:
            if post_here.id == post.id:
                remark = "" if post_here.summary else next(_reasons(post_here.because), "there is no text on the page")
                return Added(
                    week,
                    post.id,
                    post_here.title,
                    post_here.source,
                    post_here.url,
                    post_here.published,
                    post.dated,
                    post_here.summary,
                    section.title,
                    post_here.because,
                    made.id,
                    remark,
                )
    raise UsageError(f"“{post.title}” was added, and somebody else took it out again.", "See the edition’s history.")


def _reasons(because: tuple[str, ...]) -> Iterator[str]:
    return (reason.removeprefix("short: ") for reason in because if reason.startswith(("short: ", "it has no text")))
