"""What to do with the entries of one feed: which posts they are, which are new, which are kept out of editions.

Pure: takes what the feed shows and what the store knows, returns an `Arrival` per entry.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.arrival import Arrival, KnownPost
from digest.collect.urls import clean_url, host_of, identity, post_id
from digest.model import Credit, Entry, Source
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
class KnownPosts:
    """What the store knows that bears on one feed."""

    uids: Mapping[str, str] = field(default_factory=dict)  # this source's entries: uid to post
    posts: Mapping[str, KnownPost] = field(default_factory=dict)  # by id
    texts: Mapping[str, str] = field(default_factory=dict)  # this source's texts: content hash to post
    first_fetch: bool = True  # nothing was ever read from this source
    newest: datetime | None = None  # the newest post that this source had shown


@dataclass(frozen=True, slots=True)
class Identified:
    """An entry, and what tells it from others."""

    entry: Entry
    uid: str  # unlike that of any other entry of its feed: some feeds give all of theirs the same
    key: str  # the identity of its post: its address, with the uid where several entries share one address
    content_hash: str  # changes when title or text change

    @property
    def post(self) -> str:
        """The id of its post, where no entry of this uid was seen before."""
        return post_id(self.key)


def identify(entries: Sequence[Entry], source: Source) -> tuple[Identified, ...]:
    """In the feed's order."""
    counts = Counter(entry.uid for entry in entries)
    uids = [entry.uid if counts[entry.uid] == 1 else f"{entry.uid}\n{entry.url or entry.title}" for entry in entries]
    keys = [identity(entry.url) if entry.url else "" for entry in entries]
    shared = Counter(key for key, _ in set(zip(keys, uids, strict=True)))
    return tuple(
        Identified(
            entry,
            uid,
            f"{source.feed}\n{uid}" if not key else key if shared[key] == 1 else f"{key}\n{uid}",
            hashlib.sha256(f"{entry.title}\x00{entry.html}".encode("utf-8", "surrogatepass")).hexdigest(),
        )
        for entry, uid, key in zip(entries, uids, keys, strict=True)
    )


def judge(
    identified: Sequence[Identified],
    *,
    source: Source,
    known: KnownPosts,
    hosts: Mapping[str, frozenset[str]],
    now: datetime,
    window: Window | None = None,
) -> tuple[Arrival, ...]:
    """One arrival per post, in the feed's order.

    `hosts` are the hosts of each source's own pages, by name: a post belongs to the source whose pages hold it.
    `window` is of the week that the collecting is for, where one was named: its posts are no flood, however old.
    """
    arrivals: dict[str, Arrival] = {}
    for each in identified:
        entry = each.entry
        post = known.uids.get(each.uid) or each.post
        if post in arrivals:
            continue
        earlier = known.posts.get(post)
        published, dated = _published(entry, earlier, now)
        arrivals[post] = Arrival(
            entry=entry,
            uid=each.uid,
            post=post,
            url=clean_url(entry.url) if entry.url else "",
            key=each.key,
            content_hash=each.content_hash,
            published=published,
            dated=dated,
            new=earlier is None,
            credited=earlier is None or _belongs(entry, source, earlier, hosts),
            same_as=_same_text(each, post, known) if earlier is None else "",
        )
    return _quarantined(tuple(arrivals.values()), known, now, window)


def _published(entry: Entry, known: KnownPost | None, now: datetime) -> tuple[datetime, bool]:
    """When a post was published: the first date holds, so that an edited post stays in its week."""
    if known is None:
        return (entry.published, True) if entry.published is not None else (now, False)
    if known.dated and known.published > now and entry.published is not None:
        return entry.published, True  # it was announced for later, and its author moved it
    return known.published, known.dated


def _belongs(entry: Entry, source: Source, known: KnownPost, hosts: Mapping[str, frozenset[str]]) -> bool:
    """Whether this source speaks for a known post, whichever feed was read first.

    It does where the post is its own; where the other one says itself that it has it from this one; and where it holds
    the page and the other one does not, or says that it has the post from somewhere else.
    """
    if known.source == source.name or _is_of(known.origin, source):
        return True
    host = host_of(entry.url)
    if host not in hosts.get(source.name, frozenset()):
        return False
    elsewhere = known.origin is not None and entry.origin is None
    return elsewhere or host not in hosts.get(known.source, frozenset())


def _is_of(origin: Credit | None, source: Source) -> bool:
    """Whether a credit names this source."""
    if origin is None:
        return False
    if origin.name and origin.name.casefold() == source.name.casefold():
        return True
    return bool(origin.url) and identity(origin.url) in {identity(url) for url in (source.feed, source.site) if url}


def _same_text(each: Identified, post: str, known: KnownPosts) -> str:
    if len(each.entry.html) < _TELLING:
        return ""
    same = known.texts.get(each.content_hash, "")
    original = known.posts.get(same)
    return (original.same_as or same) if original is not None and same != post else ""


def _quarantined(
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
        if len(undated) > FLOOD_UNDATED:
            why = f"one of {len(undated)} undated entries that its source suddenly showed"
            reasons |= dict.fromkeys(undated, why)
    return tuple(
        replace(arrival, quarantine=reasons[arrival.post]) if arrival.post in reasons else arrival
        for arrival in arrivals
    )
