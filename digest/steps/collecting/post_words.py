"""The words of posts, made ready to be searched: after composing, and before a search what is still missing."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from digest.collect.sketches import plain, words_in
from digest.dates.fold import fold
from digest.steps.context import Context
from digest.store import post_texts
from digest.store.post_texts import PostText, Unread

_AT_ONCE = 200
_LONGEST = 20_000  # characters of a post's words
_SECONDS = 1.0  # a search waits so long for words that are missing


def folded(text: str) -> str:
    """Return the words of a text as they are compared: lower case, without accents and punctuation. Pure."""
    return words_in(fold(text))


def searched_since(context: Context, starts: datetime | None = None) -> datetime:
    """Return the moment from which on posts are searched; `starts` is that of an edition's window."""
    now = context.clock()
    return min(now, starts or now) - timedelta(days=context.settings.collect.max_age_days)


def store_words(context: Context, since: datetime, *, seconds: float = _SECONDS) -> bool:
    """Store the words of posts that have none; return whether that is done, rather than out of time."""
    until = time.monotonic() + seconds
    while True:
        with context.store.reading() as connection:
            rows = post_texts.missing(connection, since, _AT_ONCE)
        if rows:
            made = [_words_of(row) for row in rows]
            with context.store.writing() as connection:
                post_texts.save(connection, made)
        if len(rows) < _AT_ONCE:
            return True
        if time.monotonic() > until:
            return False


def _words_of(row: Unread) -> PostText:
    head, body = folded(f"{row.title} {row.source}"), folded(plain(row.html))
    return PostText(row.post, row.changed_at, f" {head}", f" {body[:_LONGEST]}")
