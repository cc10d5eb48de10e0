"""What to do with the entries of one feed: which posts they are, which are new, which are kept out of editions.

Pure: takes what the feed shows and what the store knows, returns an `Arrival` per entry.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.arrival import Arrival, Known
from digest.collect.addresses import clean_url, host_of, identity, post_id
from digest.model import Entry, Source
from digest.week import Window

FLOOD = 5
"""So many old entries under new ids at once are a moved or rebuilt site, not news."""
FLOOD_UNDATED = 20
"""So many new undated entries at once, in a source that is already known, are not one week's posts."""
UNDATED_AT_FIRST = 3
"""A source's first fetch brings at most so many undated entries into an edition: nobody knows how old they are."""
OLD = timedelta(days=7)
"""An entry is old when it is dated so much before the newest post that its source had shown."""
_TELLING = 200
"""Characters of html from which on the same text can only be the same post."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the store knows that bears on one feed."""

    uids: Mapping[str, str] = field(default_factory=dict)  # this source's entries: uid to post
    posts: Mapping[str, Known] = field(default_factory=dict)  # by id
    texts: Mapping[str, str] = field(default_factory=dict)  # this source's texts: content hash to post
    first_fetch: bool = True  # nothing was ever read from this source
    newest: datetime | None = None  # the newest post that this source had shown


def content_hash(entry: Entry) -> str:
    """Changes when title or text of an entry change."""
    return hashlib.sha256(f"{entry.title}\x00{entry.html}".encode("utf-8", "surrogatepass")).hexdigest()


def own_uids(entries: Sequence[Entry]) -> list[str]:
    """An id per entry that no other entry of the feed has: some feeds give all of theirs the same."""
    counts = Counter(entry.uid for entry in entries)
    return [entry.uid if counts[entry.uid] == 1 else f"{entry.uid}\n{entry.url or entry.title}" for entry in entries]


def own_keys(entries: Sequence[Entry], source: Source) -> list[str]:
    """The identity of each entry's post: its address, with the entry's id where several entries share one address."""
    keys = [identity(entry.url) if entry.url else "" for entry in entries]
    shared = Counter(key for key, _ in {(key, uid) for key, uid in zip(keys, own_uids(entries), strict=True) if key})
    return [
        (key if shared[key] == 1 else f"{key}\n{uid}") if key else f"{source.feed}\n{uid}"
        for key, uid in zip(keys, own_uids(entries), strict=True)
    ]


def id_of(key: str) -> str:
    """The id of the post with this identity."""
    return post_id(key)


def judge(
    entries: Sequence[Entry],
    *,
    source: Source,
    memory: Memory,
    hosts: Mapping[str, frozenset[str]],
    now: datetime,
    window: Window | None = None,
) -> tuple[Arrival, ...]:
    """One arrival per post, in the feed's order.

    `hosts` are the hosts of each source's own pages, by name: a post belongs to the source whose pages hold it.
    `window` is of the week that the collecting is for, where one was named: its posts are no flood, however old.
    """
    arrivals: dict[str, Arrival] = {}
    for entry, uid, key in zip(entries, own_uids(entries), own_keys(entries, source), strict=True):
        post = memory.uids.get(uid) or post_id(key)
        if post in arrivals:
            continue
        known = memory.posts.get(post)
        published, dated = _published(entry, known, now)
        arrivals[post] = Arrival(
            entry=entry,
            uid=uid,
            post=post,
            url=clean_url(entry.url) if entry.url else "",
            key=key,
            content_hash=content_hash(entry),
            published=published,
            dated=dated,
            new=known is None,
            credited=known is None or _belongs(entry, source.name, known, hosts),
            same_as=_same_text(entry, post, memory) if known is None else "",
        )
    return _quarantined(tuple(arrivals.values()), memory, now, window)


def _published(entry: Entry, known: Known | None, now: datetime) -> tuple[datetime, bool]:
    """When a post was published: what was said first holds, so that an edited post stays in its week."""
    if known is None:
        return (entry.published, True) if entry.published is not None else (now, False)
    if known.dated and known.published > now and entry.published is not None:
        return entry.published, True  # it was announced for later, and its author moved it
    return known.published, known.dated


def _belongs(entry: Entry, name: str, known: Known, hosts: Mapping[str, frozenset[str]]) -> bool:
    """Whether this source speaks for a known post: it is its own, or it holds its page and the other one does not."""
    if known.source == name:
        return True
    host = host_of(entry.url)
    return host in hosts.get(name, frozenset()) and host not in hosts.get(known.source, frozenset())


def _same_text(entry: Entry, post: str, memory: Memory) -> str:
    if len(entry.html) < _TELLING:
        return ""
    same = memory.texts.get(content_hash(entry), "")
    found = memory.posts.get(same)
    return (found.same_as or same) if found is not None and same != post else ""


def _quarantined(
    arrivals: tuple[Arrival, ...], memory: Memory, now: datetime, window: Window | None
) -> tuple[Arrival, ...]:
    fresh = [arrival for arrival in arrivals if arrival.new and not arrival.same_as]
    undated = {arrival.post for arrival in fresh if not arrival.dated}
    reasons: dict[str, str] = {}
    if memory.first_fetch:
        if len(undated) > UNDATED_AT_FIRST:
            reasons = dict.fromkeys(undated, "undated, and already there when its source was first read")
    else:
        newest = min(memory.newest or now, now)
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
        if len(undated) > FLOOD_UNDATED:
            why = f"one of {len(undated)} undated entries that its source suddenly showed"
            reasons |= dict.fromkeys(undated, why)
    return tuple(
        replace(arrival, quarantine=reasons[arrival.post]) if arrival.post in reasons else arrival
        for arrival in arrivals
    )
