"""Finding copies among the posts that are new: one piece of writing is one post, however many feeds carry it."""

from __future__ import annotations

from datetime import timedelta

from digest.collect.addresses import host_of
from digest.collect.duplicates import WITHIN, copies, on_own_pages
from digest.settings import Settings
from digest.steps.context import Context
from digest.store import editions, posts
from digest.week import Window

RECENT = timedelta(days=35)
"""Posts published within this time are compared: copies of what is older are of no week any more."""


def merge_copies(context: Context, window: Window | None = None) -> int:
    """Marks posts as copies of others; returns how many. Safe to run again at any time.

    Looks at what was published lately and, where a window is named, in and around it.
    """
    now = context.clock()
    spans = [(now - RECENT, now + WITHIN)]
    if window is not None:
        spans.append((window.starts - WITHIN, window.ends + WITHIN))
    hosts = hosts_of(context.settings)
    with context.store.writing() as connection:
        shown = frozenset(editions.taken(connection, besides=""))
        around = {stored.post.id: stored.post for span in spans for stored in posts.near(connection, *span)}
        found = copies(list(around.values()), own=on_own_pages(hosts), fixed=shown)
        posts.mark_same(connection, found)
    return len(found)


def hosts_of(settings: Settings) -> dict[str, frozenset[str]]:
    """The hosts of each source's own pages."""
    return {
        source.name: frozenset(host for url in (source.feed, source.site) if (host := host_of(url)))
        for source in settings.sources
    }
