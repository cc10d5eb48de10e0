"""Which themes the sources of an edition lean to, by the posts that they published before its week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from digest.memory import Memory
from digest.model import Theme
from digest.read.themes.place_post import Placer
from digest.read.themes.source_leaning import EARLIER_POSTS, Leaning, Shares
from digest.steps.context import Context
from digest.steps.weeks import window_for
from digest.store import posts
from digest.store.posts import Beginning
from digest.text import plain_from_html
from digest.week import Week

_EARLIER = timedelta(days=365)
_SHARES: Memory[tuple[tuple[Theme, ...], Beginning], Shares] = Memory(2_500)


def source_leanings(context: Context, week: Week, sources: Collection[str]) -> dict[str, Leaning]:
    """Return the leaning of each source that has earlier posts. The week's own say nothing, so it is settled early."""
    starts = window_for(context.settings, week).starts
    with context.store.reading() as connection:
        rows = posts.beginnings(connection, sources, since=starts - _EARLIER, before=starts, most=EARLIER_POSTS)
    placer = Placer(context.settings.themes)
    shares: dict[str, list[Shares]] = defaultdict(list)
    for row in rows:
        shares[row.source].append(_shares(placer, context.settings.themes, row))
    return {name: placer.lean(earlier) for name, earlier in shares.items()}


def _shares(placer: Placer, themes: tuple[Theme, ...], row: Beginning) -> Shares:
    known = _SHARES.get((themes, row))
    if known is not None:
        return known
    return _SHARES.put((themes, row), placer.shares_by_words(row.title, _plain(row.html), row.source))


def _plain(html: str) -> str:
    """The text of html that may end within a tag."""
    cut = html.rfind("<")
    return plain_from_html(html[:cut] if cut > html.rfind(">") else html)
