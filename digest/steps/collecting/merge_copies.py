"""Find posts that are copies of others: one piece of writing is one post, however many feeds carry it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape

from digest.collect.discover_feeds import canonical_link
from digest.collect.duplicates import (
    WITHIN,
    copies,
    copies_by_sketch,
    feeds_agree,
    on_own_pages,
    same_title,
)
from digest.collect.sketches import is_current, sketch
from digest.collect.urls import host_of, identity, post_id
from digest.model import Article, Page, Post
from digest.settings import Settings
from digest.steps.context import Context
from digest.store import editions, entries, pages, posts
from digest.store.pages import NoPage
from digest.week import Window

_HEAD = 200_000
"""Bytes at the start of a page in which its canonical URL is looked for."""
_AT_ONCE = 200
"""Posts that are sketched in one transaction."""
RECENT = timedelta(days=35)
"""Posts published within this time are compared. Older ones belong to no coming edition."""


def compared_since(now: datetime, window: Window | None) -> datetime:
    """The moment from which on `merge_copies` may compare posts."""
    return min(now - RECENT, window.starts - WITHIN) if window else now - RECENT


def merge_copies(context: Context, window: Window | None = None) -> int:
    """Mark posts as copies of others; return how many. Safe to run again at any time.

    Compares posts that were published lately and, with `window`, those published in and around it.
    """
    now = context.clock()
    spans = [(now - RECENT, now + WITHIN)]
    if window is not None:
        spans.append((window.starts - WITHIN, window.ends + WITHIN))
    sketch_new(context, spans)
    with context.store.reading() as connection:
        published = frozenset(editions.shown_in_other_weeks(connection, besides=None))
        around = {outline.post.id: outline for span in spans for outline in posts.outlines(connection, *span)}
        originals = copies_by_sketch(
            [outline.post for outline in around.values()],
            {post: outline.sketch or sketch("") for post, outline in around.items()},
            lambda ids: posts.html_of(connection, ids),
            own=on_own_pages(hosts_of(context.settings)),
            fixed=published,
        )
    if originals:
        with context.store.writing() as connection:
            entries.mark_same(connection, originals)
    return len(originals)


def sketch_new(context: Context, spans: Sequence[tuple[datetime, datetime]]) -> None:
    """Store the sketches of posts that are new, or whose text has changed."""
    with context.store.reading() as connection:
        outlines = [outline for span in spans for outline in posts.outlines(connection, *span)]
    missing = list(dict.fromkeys(outline.post.id for outline in outlines if not is_current(outline.sketch)))
    for start in range(0, len(missing), _AT_ONCE):
        with context.store.writing() as connection:
            html = posts.html_of(connection, missing[start : start + _AT_ONCE], lock=True)
            posts.save_sketches(connection, {post: sketch(text) for post, text in html.items()})


def merge_canonical(context: Context, considered: Sequence[Post]) -> int:
    """Mark posts whose pages name another post's URL as the canonical one; return how many.

    Only if that post is known and has the same title: some sites name one URL on all their pages.
    """
    with context.store.reading() as connection:
        stored = pages.load(connection, [post.url for post in considered if post.url])
        canonical_ids = {post.id: _canonical_of(stored.get(post.url)) for post in considered}
        targets = posts.by_id(connection, {target for target in canonical_ids.values() if target})
    originals: dict[str, str] = {}
    for post in considered:
        target = targets.get(canonical_ids[post.id])
        if target is None or not same_title(post.title, target.post.title):
            continue
        original = target.same_as or target.post.id
        if original != post.id and originals.get(original) != post.id:
            originals[post.id] = original
    if originals:
        with context.store.writing() as connection:
            entries.mark_same(connection, originals)
    return len(originals)


def merge_read(context: Context, considered: Sequence[Post], read_articles: Mapping[str, Article]) -> int:
    """Mark posts whose articles have the same text as another's; return how many. The articles are by post id.

    `merge_copies` cannot find copies in feeds that carry only excerpts. But a site may show one page for many posts, so
    text that was read on pages counts only where the titles are alike or the feeds' own texts agree.
    """
    texts = {post: article.text for post, article in read_articles.items()}
    own_html = {post.id: post.html for post in considered}

    def may_be_same(one: Post, other: Post) -> bool:
        if read_articles[one.id].method == read_articles[other.id].method == "feed":
            return True
        return same_title(one.title, other.title) or feeds_agree(own_html[one.id], own_html[other.id])

    with context.store.reading() as connection:
        published = frozenset(editions.shown_in_other_weeks(connection, besides=None))
    posts_with_text = [
        replace(post, html=escape(texts[post.id], quote=False)) for post in considered if texts.get(post.id)
    ]
    own = on_own_pages(hosts_of(context.settings))
    originals = copies(posts_with_text, own=own, fixed=published, may_be_same=may_be_same)
    if originals:
        with context.store.writing() as connection:
            entries.mark_same(connection, originals)
    return len(originals)


def _canonical_of(page: Page | NoPage | None) -> str:
    """Return the id of the post that a page's canonical URL names; "" if there is none."""
    if not isinstance(page, Page):
        return ""
    canonical = canonical_link(page.content[:_HEAD].decode("utf-8", "replace"), page.final_url)
    key = identity(canonical or page.final_url)
    return post_id(key) if key else ""


def hosts_of(settings: Settings) -> dict[str, frozenset[str]]:
    """Return the hosts of each source's own pages, by the source's name."""
    return {
        source.name: frozenset(host for url in (source.feed, source.site) if (host := host_of(url)))
        for source in settings.sources
    }
