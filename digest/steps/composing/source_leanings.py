"""Which themes the sources of an edition lean to, by the posts that they published before its week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.memory import Memory
from digest.model import Theme
from digest.read.themes.place_post import Placer
from digest.read.themes.source_leaning import EARLIER_POSTS, Leaning, Shares
from digest.steps.context import Context
from digest.steps.weeks import window_for
from digest.store import posts
from digest.store.posts import EarlierPost
from digest.text import plain_from_html
from digest.week import Week

_EARLIER = timedelta(days=365)
_LEANINGS: Memory[Hashable, tuple[object, Mapping[str, Leaning]]] = Memory(8)
_SHARES: Memory[tuple[tuple[Theme, ...], EarlierPost], Shares] = Memory(2_500)


def source_leanings(context: Context, week: Week, sources: Collection[str]) -> Mapping[str, Leaning]:
    """Return the leaning of each source that has earlier posts. The week's own say nothing, so it is settled early."""
    themes, starts = context.settings.themes, window_for(context.settings, week).starts
    engine, names = context.store.engine, frozenset(sources)
    with context.store.reading() as connection:
        stamp = posts.stamp_of_earlier(connection, since=starts - _EARLIER, before=starts)
        key = (id(engine), themes, starts, names, stamp)
        known = _LEANINGS.get(key)  # as long as it is there, it keeps the engine, and so its id
        if known is None:
            shares = _shares(connection, themes, names, starts)
            placer = Placer(themes)
            leanings = {name: placer.lean(earlier) for name, earlier in shares.items()}
            known = _LEANINGS.put(key, (engine, leanings))
    return known[-1]


def _shares(
    connection: Connection, themes: tuple[Theme, ...], names: Collection[str], starts: datetime
) -> dict[str, list[Shares]]:
    """Return the shares of each source's newest earlier posts. Each post is read once."""
    earlier = posts.newest_of_sources(connection, names, since=starts - _EARLIER, before=starts, most=EARLIER_POSTS)
    known = {post: shares for post in earlier if (shares := _SHARES.get((themes, post))) is not None}
    unread = [post for post in earlier if post not in known]
    html = posts.beginnings(connection, [post.id for post in unread]) if unread else {}
    placer = Placer(themes)
    for post in unread:
        shares = placer.shares_by_words(post.title, _plain(html.get(post.id, "")), post.source)
        known[post] = _SHARES.put((themes, post), shares)
    by_source: dict[str, list[Shares]] = defaultdict(list)
    for post in earlier:
        by_source[post.source].append(known[post])
    return by_source


def _plain(html: str) -> str:
    """The text of html that may end within a tag."""
    cut = html.rfind("<")
    return plain_from_html(html[:cut] if cut > html.rfind(">") else html)
