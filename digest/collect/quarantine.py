"""Which new posts are kept out of editions, because they look like old ones under new addresses. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from digest.collect.entry_identity import page_of
from digest.collect.match_entries import KnownPosts
from digest.collect.sketches import title_key
from digest.model import Arrival
from digest.week import Window

FLOOD = 5
"""So many old entries under new ids at once are a moved or rebuilt site, not news."""
FLOOD_UNDATED = 20
"""So many new undated entries at once, in a source that is already known, are not one week's posts."""
UNDATED_AT_FIRST = 3
"""A source's first fetch brings at most so many undated entries into an edition: nobody knows how old they are."""
OLD = timedelta(days=7)
"""An entry is old when it is dated so much before the newest post that its source had shown."""


def quarantine_suspects(
    arrivals: tuple[Arrival, ...], known: KnownPosts, now: datetime, window: Window | None
) -> tuple[Arrival, ...]:
    fresh = [arrival for arrival in arrivals if arrival.new and not arrival.same_as]
    undated = {arrival.post for arrival in fresh if not arrival.dated}
    reasons: dict[str, str] = {}
    if known.first_fetch:
        if len(undated) > UNDATED_AT_FIRST:
            reasons = dict.fromkeys(
                undated, "it has no date, and was already in the feed when its source was first read"
            )
    else:
        newest = min(known.newest or now, now)
        old = {
            arrival.post
            for arrival in fresh
            if arrival.dated
            and arrival.published < newest - OLD
            and (window is None or arrival.published not in window)
        }
        if len(old) >= FLOOD:
            why = f"one of {len(old)} old entries that its source suddenly showed under new addresses"
            reasons |= dict.fromkeys(old, why)
        reasons |= _of_moved_site(arrivals, fresh, known)
        if len(undated) > FLOOD_UNDATED:
            why = f"one of {len(undated)} undated entries that its source suddenly showed"
            reasons |= dict.fromkeys(undated, why)
    return tuple(
        replace(arrival, quarantine=reasons[arrival.post]) if arrival.post in reasons else arrival
        for arrival in arrivals
    )


def _of_moved_site(arrivals: Sequence[Arrival], fresh: Sequence[Arrival], known: KnownPosts) -> dict[str, str]:
    """Of the new posts those that are probably old ones of a site that has moved."""
    times = Counter(title_key(title) for _, title in {(each.post, each.title) for each in known.history})
    titles = [title_key(arrival.entry.title) for arrival in fresh]
    familiar = [arrival.post for arrival, title in zip(fresh, titles, strict=True) if title in times]
    # A title that came before more than once is a series' or a vacancy's, and says nothing about the site.
    telling = sum(times[title] == 1 for title in set(titles))
    has_moved = count_moved(arrivals, known) >= FLOOD
    if has_moved and len(fresh) >= FLOOD:
        why = f"one of {len(fresh)} posts that came together with old ones under new addresses"
        return dict.fromkeys((arrival.post for arrival in fresh), why)
    if has_moved or (telling >= FLOOD and len(familiar) > len(fresh) / 2):
        return dict.fromkeys(familiar, "its source showed a post of this title before, and has moved many of them")
    return {}


def count_moved(arrivals: Sequence[Arrival], known: KnownPosts) -> int:
    """How many known posts came under a new address; not those whose links only differ in their parameters."""
    pages = {candidate.post: page_of(candidate.url) for candidate in known.history}
    return sum(arrival.renamed and page_of(arrival.url) != pages.get(arrival.post, "") for arrival in arrivals)
