"""What tells an entry from the others of its feed: its id, its address, the hash of its text. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from digest.collect.urls import identity, post_id
from digest.model import Entry, Source

_UID_LIMIT = 500  # characters


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

    @property
    def own_uid(self) -> str:
        """Its uid where another post has the plain one: a feed's only id may be the address of its front page."""
        return longer_uid(self.uid, self.entry.title)

    @property
    def uids(self) -> tuple[str, str]:
        """The ids that it may have been stored under."""
        return self.own_uid, self.uid

    @property
    def possible_posts(self) -> tuple[str, ...]:
        """The ids that its post may have: its address's, or one of its own where that is another post's."""
        tells = (*self.uids, longer_uid(self.uid, self.content_hash), self.content_hash)
        return (self.post, *(post_id(f"{self.key}\n{tell}") for tell in tells))

    @property
    def is_only_address(self) -> bool:
        """Whether its id says no more than its address: then it is as good as that."""
        return self.uid == self.entry.url


def longer_uid(uid: str, tell: str) -> str:
    """An id that a database can index, however long its parts are."""
    longer = f"{uid}\n{tell}"
    return longer if len(longer) <= _UID_LIMIT else hashlib.sha256(longer.encode("utf-8", "surrogatepass")).hexdigest()


def identify(entries: Sequence[Entry], source: Source) -> tuple[Identified, ...]:
    """In the feed's order."""
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
        uids = [uid if counts[uid] == 1 else longer_uid(uid, tell) for uid, tell in zip(uids, tells, strict=True)]
    keys = [identity(entry.url) if entry.url else "" for entry in entries]
    shared = Counter(key for key, _ in set(zip(keys, uids, strict=True)))
    return tuple(
        Identified(
            entry,
            uid,
            f"{source.feed}\n{uid}" if not key else key if shared[key] == 1 else f"{key}\n{uid}",
            content,
        )
        for entry, uid, key, content in zip(entries, uids, keys, hashes, strict=True)
    )


def page_of(url: str) -> str:
    return identity(url).partition("?")[0]
