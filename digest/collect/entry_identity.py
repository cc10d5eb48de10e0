"""What tells the entries of one feed from others, before anything is known of what the store has. Pure.

Made in the worker that parsed the feed: for most visits it is all the work that an entry takes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.collect.sketches import hash_of_plain, plain, sketch_of_plain
from digest.collect.urls import clean_url, identity, identity_of_clean, post_id
from digest.model import Entry
from digest.model.quick_pickle import quick_pickle

_UID_LIMIT = 500  # characters


@quick_pickle
@dataclass(frozen=True, slots=True)
class Identified:
    """An entry, and what tells it from others."""

    entry: Entry
    uid: str  # unlike that of any other entry of its feed: some feeds give all of theirs the same
    key: str  # the identity of its post: its address, with the uid where several entries share one address
    content_hash: str  # changes when title or text change
    possible_posts: tuple[str, ...]  # ids that its post may have: its address's first, then its own
    url: str = ""  # the address to show
    text_hash: str = ""  # of its words; "" where too few to tell
    sketch: bytes | None = None  # of its text, where it is new enough to be compared with others

    @property
    def post(self) -> str:
        """The id of its post, where no entry of this uid was seen before."""
        return self.possible_posts[0]

    @property
    def own_uid(self) -> str:
        """Its uid where another post has the plain one: a feed's only id may be the address of its front page."""
        return longer_uid(self.uid, self.entry.title)

    @property
    def uids(self) -> tuple[str, str]:
        """The ids that it may have been stored under."""
        return self.own_uid, self.uid

    @property
    def is_only_address(self) -> bool:
        """Whether its id says no more than its address: then it is as good as that."""
        return self.uid == self.entry.url


def longer_uid(uid: str, tell: str) -> str:
    """An id that a database can index, however long its parts are."""
    longer = f"{uid}\n{tell}"
    return longer if len(longer) <= _UID_LIMIT else hashlib.sha256(longer.encode("utf-8", "surrogatepass")).hexdigest()


def identify(entries: Sequence[Entry], feed: str, *, sketched_since: datetime | None = None) -> tuple[Identified, ...]:
    """In the feed's order. `feed` is the source's address as the settings have it: what has no address belongs to it.

    Entries without a date, or dated since `sketched_since`, get a sketch; None sketches none.
    """
    hashes = [
        hashlib.sha256(f"{entry.title}\x00{entry.html}".encode("utf-8", "surrogatepass")).hexdigest()
        for entry in entries
    ]
    uids = [entry.uid for entry in entries]
    for tells in (
        [entry.url or entry.title for entry in entries],
        [entry.title for entry in entries],
        [str(entry.published or content) for entry, content in zip(entries, hashes, strict=True)],
        hashes,
    ):
        counts = Counter(uids)
        if len(counts) == len(uids):
            break
        uids = [uid if counts[uid] == 1 else longer_uid(uid, tell) for uid, tell in zip(uids, tells, strict=True)]
    urls = [clean_url(entry.url) if entry.url else "" for entry in entries]
    keys = [identity_of_clean(url) for url in urls]
    shared = Counter(key for key, _ in set(zip(keys, uids, strict=True)))
    return tuple(
        _identified(
            entry,
            uid,
            f"{feed}\n{uid}" if not key else key if shared[key] == 1 else f"{key}\n{uid}",
            content,
            url,
            sketched_since,
        )
        for entry, uid, key, content, url in zip(entries, uids, keys, hashes, urls, strict=True)
    )


def _identified(
    entry: Entry, uid: str, key: str, content_hash: str, url: str, sketched_since: datetime | None
) -> Identified:
    tells = (longer_uid(uid, entry.title), uid, longer_uid(uid, content_hash), content_hash)
    possible = dict.fromkeys((post_id(key), *(post_id(f"{key}\n{tell}") for tell in tells)))
    text = plain(entry.html)
    recent = sketched_since is not None and (entry.published is None or entry.published >= sketched_since)
    return Identified(
        entry,
        uid,
        key,
        content_hash,
        tuple(possible),
        url,
        hash_of_plain(text),
        sketch_of_plain(text) if recent else None,
    )


def page_of(url: str) -> str:
    return identity(url).partition("?")[0]
