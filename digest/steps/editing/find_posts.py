"""Find posts among all that was collected lately, by words or by their address, and say where each is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from digest.collect.urls import absolute, clean_url, identity, post_id
from digest.steps.collecting.post_words import folded, searched_since, store_words
from digest.steps.context import Context
from digest.steps.editing.whereabouts import EDITABLE, FoundPost, Whereabouts
from digest.steps.weeks import week_for, window_for
from digest.store import editions, post_texts, posts
from digest.week import Week

AT_MOST = 30
_MOST_WORDS, _LONGEST_WORD = 12, 60
_LOOKED_AT = 1_000  # characters of what was typed
_WITHOUT_SCHEME = re.compile(r"(?:[\w-]+\.)+[^\W\d_][\w-]+(?::\d+)?(?:[/?#]\S*)?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{2,20}:\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found."""

    query: str
    address: str  # the web address that was typed; "" for words
    total: int = 0
    posts: tuple[FoundPost, ...] = ()  # the first of them
    remark: str = ""  # what was not searched for, and why


def find_posts(context: Context, query: str, *, week: Week | None = None, limit: int = AT_MOST) -> SearchResult:
    """Search titles, sources and the feeds' texts for all words of `query`, or look an address up.

    `week` is the edition from which it is said where posts are. Does not use the network.
    """
    query = query.strip()
    address = as_address(query)
    if address:
        with context.store.reading() as connection:
            here = Whereabouts(context, connection, week).of(known_at(connection, [address]))
        return SearchResult(query, address, len(here), tuple(here))
    words = words_to_find(query)
    if not words:
        return SearchResult(query, "", remark=_nothing_to_find(query))
    starts = window_for(context.settings, week).starts if week else None
    since = searched_since(context, starts)
    is_whole = store_words(context, since)
    with context.store.reading() as connection:
        total, ids = post_texts.search(connection, words, since=since, limit=limit)
        here = Whereabouts(context, connection, week).of(ids)
    remarks = [] if total else [_nothing_to_find(query)] if _SCHEME.fullmatch(query) else []
    if len(query) > _LOOKED_AT or len(words) == _MOST_WORDS:
        remarks.append(f"Only the first {len(words)} words were searched for.")
    if not is_whole:
        remarks.append("Some posts that have just been collected are not searched yet: search again in a moment.")
    return SearchResult(query, "", total, tuple(here), " ".join(remarks))


def edition_to_fill(context: Context, week: Week | None = None) -> Week | None:
    """Return the week named, else the newest closed one whose edition can be edited, else the next; None for none."""
    if week is not None:
        return week
    with context.store.reading() as connection:
        weeks = [row.week for row in editions.list_all(connection) if row.revision and row.status in EDITABLE]
    last = week_for(context.settings, None, context.clock())
    return max((each for each in weeks if each <= last), default=min(weeks, default=None))


def words_to_find(query: str) -> list[str]:
    """Return the different words of a search, folded as the stored ones. Pure."""
    words = dict.fromkeys(word[:_LONGEST_WORD] for word in folded(query[:_LOOKED_AT]).split())
    return list(words)[:_MOST_WORDS]


def as_address(query: str) -> str:
    """Return the web address that somebody typed, with or without https://; "" if it is none. Pure."""
    query = query.strip()
    if re.search(r"\s", query):
        return ""
    if re.match(r"https?://", query, re.IGNORECASE):
        return clean_url(query)
    return clean_url(f"https://{query}") if _WITHOUT_SCHEME.fullmatch(query[:_LOOKED_AT]) else ""


def known_at(connection: Connection, addresses: Sequence[str]) -> list[str]:
    """Return the ids of the posts that have one of these addresses."""
    keys = [identity(address) for address in addresses]
    by_key = posts.by_id(connection, [post_id(key) for key in keys if key])
    by_url = post_texts.with_address(connection, [clean_url(address) for address in addresses if absolute(address)])
    return list(dict.fromkeys((*by_key, *by_url)))


def _nothing_to_find(query: str) -> str:
    if not query:
        return ""
    if _SCHEME.fullmatch(query):
        return "This is no web address that can be visited: it must start with https:// or http://."
    return "Type a word of a title, a text or a source, or the address of a page."
