"""What to do with the entries of one feed: which posts they are, which are new, what is stored of each.

Pure: takes what the feed shows and what the store knows, returns an `Arrival` per entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from digest.collect.entry_identity import Identified
from digest.collect.match_entries import KnownPosts, find_posts
from digest.collect.quarantine import quarantine_suspects
from digest.collect.sketches import title_key
from digest.collect.urls import host_of, identity
from digest.model import Arrival, Credit, Entry, KnownPost, Source
from digest.week import Window


def judge(
    identified: Sequence[Identified],
    *,
    source: Source,
    known: KnownPosts,
    hosts: Mapping[str, frozenset[str]],
    now: datetime,
    window: Window | None = None,
) -> tuple[Arrival, ...]:
    """One arrival per post, in the feed's order. An entry without one repeats another entry of its feed.

    `hosts` are the hosts of each source's own pages, by name: a post belongs to the source whose pages hold it.
    `window` is of the week that the collecting is for, where one was named: its posts are no flood, however old.
    """
    matches = find_posts(identified, source=source, known=known)
    arrivals = []
    for each, match in zip(identified, matches, strict=True):
        if match is None:
            continue
        entry, text, earlier = each.entry, each.text_hash, known.posts.get(match.post)
        published, dated = _published(entry, earlier, now)
        arrivals.append(
            Arrival(
                entry=entry,
                uid=match.uid,
                post=match.post,
                url=each.url,
                key=match.key,
                content_hash=each.content_hash,
                published=published,
                dated=dated,
                new=earlier is None,
                credited=earlier is None or _belongs(entry, source, earlier, hosts),
                same_as=_same_text(entry, text, known) if earlier is None else "",
                text_hash=text,
                sketch=each.sketch,
                renamed=match.renamed,
            )
        )
    return quarantine_suspects(tuple(arrivals), known, now, window)


def _published(entry: Entry, known: KnownPost | None, now: datetime) -> tuple[datetime, bool]:
    """When a post was published: the first date holds, so that an edited post stays in its week."""
    if known is None:
        return (entry.published, True) if entry.published is not None else (now, False)
    if known.dated and known.published > now and entry.published is not None:
        return entry.published, True  # it was announced for later, and its author moved it
    return known.published, known.dated


def _belongs(entry: Entry, source: Source, known: KnownPost, hosts: Mapping[str, frozenset[str]]) -> bool:
    """Whether this source speaks for a known post, whichever feed was read first.

    It does where the post is its own, or was only added by hand; where the other one says itself that it has it from
    this one; and where it holds the page and the other one does not, or says that it has the post from somewhere else.
    """
    if known.source == source.name or known.added_by or _is_of(known.origin, source):
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


def _same_text(entry: Entry, text: str, known: KnownPosts) -> str:
    """The post of this source, still in its feed, that says the same under the same title."""
    if not text:
        return ""
    for candidate in known.history:
        if candidate.text_hash == text and title_key(candidate.title) == title_key(entry.title):
            original = known.posts.get(candidate.post)
            return (original.same_as if original else "") or candidate.post
    return ""
