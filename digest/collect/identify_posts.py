"""What to do with the entries of one feed: which posts they are, which are new, which are kept out of editions.

Pure: takes what the feed shows and what the store knows, returns an `Arrival` per entry.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from itertools import islice
from typing import TypeVar

from rapidfuzz import fuzz, process

from digest.arrival import Arrival, KnownPost, ShownPost
from digest.collect.resemblance import NEAR_TITLE, is_corrected, is_related, is_same_text, text_hash, title_key
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
_UID_LIMIT = 500  # characters
_CANDIDATES = 20
"""Posts of one title, or of one text, that an entry is compared with."""
_COMPARISONS = 500
"""Texts compared in one visit, and titles by the thousand: a hostile feed must not hold up the others."""


@dataclass(frozen=True, slots=True)
class KnownPosts:
    """What the store knows that bears on one feed."""

    uids: Mapping[str, str] = field(default_factory=dict)  # this source's entries: uid to post
    posts: Mapping[str, KnownPost] = field(default_factory=dict)  # by id
    history: Sequence[ShownPost] = ()  # what this source showed before, where the feed has entries of unknown ids
    html_of: Callable[[str], str] = lambda _post: ""  # loads a known post's text, where titles call for a comparison
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

    @property
    def own_uid(self) -> str:
        """Its uid where another post has the plain one: a feed's only id may be the address of its front page."""
        return _longer_uid(self.uid, self.entry.title)

    @property
    def uids(self) -> tuple[str, str]:
        """The ids that it may have been stored under."""
        return self.own_uid, self.uid

    @property
    def possible_posts(self) -> tuple[str, ...]:
        """The ids that its post may have: its address's, or one of its own where that is another post's."""
        tells = (*self.uids, _longer_uid(self.uid, self.content_hash), self.content_hash)
        return (self.post, *(post_id(f"{self.key}\n{tell}") for tell in tells))

    @property
    def is_only_address(self) -> bool:
        """Whether its id says no more than its address: then it is as good as that."""
        return self.uid == self.entry.url


def _longer_uid(uid: str, tell: str) -> str:
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
        uids = [uid if counts[uid] == 1 else _longer_uid(uid, tell) for uid, tell in zip(uids, tells, strict=True)]
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


def is_strange(each: Identified, known: KnownPosts) -> bool:
    """Whether an entry may be a post that is known by another id: then `history` is needed."""
    for uid in each.uids:
        if uid in known.uids:
            earlier = known.posts.get(known.uids[uid])
            return each.is_only_address and earlier is not None and earlier.title != each.entry.title
    return True


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
    texts = [text_hash(each.entry.html) for each in identified]
    matches = find_posts(identified, texts, source=source, known=known)
    arrivals = []
    for each, text, match in zip(identified, texts, matches, strict=True):
        if match is None:
            continue
        entry, earlier = each.entry, known.posts.get(match.post)
        published, dated = _published(entry, earlier, now)
        arrivals.append(
            Arrival(
                entry=entry,
                uid=match.uid,
                post=match.post,
                url=clean_url(entry.url) if entry.url else "",
                key=match.key,
                content_hash=each.content_hash,
                published=published,
                dated=dated,
                new=earlier is None,
                credited=earlier is None or _belongs(entry, source, earlier, hosts),
                same_as=_same_text(entry, text, known) if earlier is None else "",
                text_hash=text,
                renamed=match.renamed,
            )
        )
    return _quarantined(tuple(arrivals), known, now, window)


# --- Which post an entry is -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Match:
    """The post that an entry is."""

    uid: str
    post: str
    key: str
    renamed: bool = False


def find_posts(
    identified: Sequence[Identified], texts: Sequence[str], *, source: Source, known: KnownPosts
) -> list[Match | None]:
    """Of each entry the post that it is, known or new; None for one that repeats another entry of the feed.

    By id, by address, then by title, moment and words among the posts that this source showed before and that no other
    entry of the feed is.
    """
    finder = _Finder(identified, texts, source, known)
    finder.by_uid()
    finder.by_key()
    finder.by_resemblance()
    finder.as_new()
    return finder.matches


class _Finder:
    def __init__(
        self, identified: Sequence[Identified], texts: Sequence[str], source: Source, known: KnownPosts
    ) -> None:
        self.identified, self.texts, self.source, self.known = identified, texts, source, known
        self.matches: list[Match | None] = [None] * len(identified)
        self._open = list(range(len(identified)))  # entries that are not settled
        self._apart: set[int] = set()  # entries whose address is another post's
        self._claimed: dict[str, int] = {}  # post to entry
        self._uids: set[str] = set()
        self._compared = 0

    def by_uid(self) -> None:
        for at in self._open[:]:
            each = self.identified[at]
            for uid in each.uids:
                post = self.known.uids.get(uid)
                if post is None:
                    continue
                if uid != each.uid or not each.is_only_address or self._fits(each, post):
                    self._claim(at, Match(uid, post, each.key))
                    break

    def by_key(self) -> None:
        for at in self._open[:]:
            each = self.identified[at]
            earlier = self.known.posts.get(each.post)
            if earlier is not None and self._fits(each, each.post):
                self._claim(at, Match(self._free_uid(at), each.post, each.key))
            elif earlier is not None:
                self._apart.add(at)

    def by_resemblance(self) -> None:
        if not self._open or not self.known.history:
            return
        by_post = {each.post: each for each in self.known.history}
        times = Counter(each.text_hash for each in by_post.values())
        times.update(self.texts)
        for rule in (self._same_all, self._same_moment, self._same_words, self._mended, self._same_page):
            unclaimed = [each for each in self.known.history if each.post not in self._claimed]
            free = _FreePosts(unclaimed, self._claimed)
            fuzzy = rule == self._mended and len(self._open) * free.titles <= _COMPARISONS * 1_000
            for at in self._open[:]:
                entry, text = self.identified[at].entry, self.texts[at]
                unique = times[text] == 2  # once here, once in the store
                for candidate in free.candidates(entry, text, fuzzy=fuzzy):
                    if rule(entry, text, candidate, unique):
                        self._claim(
                            at, Match(self._free_uid(at), candidate.post, self.identified[at].key, renamed=True)
                        )
                        break

    def as_new(self) -> None:
        for at in self._open[:]:
            each = self.identified[at]
            own = [f"{each.key}\n{tell}" for tell in (self._free_uid(at), each.content_hash)]
            for key in own if at in self._apart else [each.key, *own]:
                post = post_id(key)
                first = self._claimed.get(post)
                if first is None:
                    self._claim(at, Match(self._free_uid(at), post, key))
                    break
                if self._repeats(at, first):
                    self._open.remove(at)
                    break

    def _claim(self, at: int, match: Match) -> None:
        """Settle an entry. A post that another entry of the feed is already is this one, too, only if both agree."""
        first = self._claimed.get(match.post)
        if first is None:
            self._claimed[match.post] = at
            self._uids.add(match.uid)
            self.matches[at] = match
            self._open.remove(at)
        elif self._repeats(at, first):
            self._open.remove(at)
        else:
            self._apart.add(at)

    def _repeats(self, at: int, first: int) -> bool:
        one, two = self.identified[at].entry, self.identified[first].entry
        if title_key(one.title) != title_key(two.title):
            return False
        return one.html == two.html or (bool(self.texts[at]) and self.texts[at] == self.texts[first])

    def _free_uid(self, at: int) -> str:
        each = self.identified[at]
        for uid in (each.uid, each.own_uid):
            if uid not in self.known.uids and uid not in self._uids:
                return uid
        return _longer_uid(each.uid, each.content_hash)

    def _fits(self, each: Identified, post: str) -> bool:
        """Whether an entry can be the known post of its address. Some feeds link all they say to one page."""
        earlier, entry = self.known.posts.get(post), each.entry
        if earlier is None:
            return True
        path = identity(entry.url).partition("/")[2]
        if earlier.source != self.source.name and path:
            return True
        if is_corrected(entry.title, earlier.title) or (earlier.dated and entry.published == earlier.published):
            return True
        later = earlier.dated and entry.published is not None and entry.published > earlier.published
        if path and not later:
            return True
        return self._same_text(entry, post)

    def _same_text(self, entry: Entry, post: str) -> bool:
        self._compared += 1
        return self._compared <= _COMPARISONS and is_same_text(entry.html, self.known.html_of(post))

    # Each rule takes an entry, the hash of its words, a post, and whether no other post of the source has these words.

    def _same_all(self, entry: Entry, text: str, candidate: ShownPost, unique: bool) -> bool:
        return self._same_moment(entry, text, candidate, unique) and text == candidate.text_hash

    def _same_moment(self, entry: Entry, _text: str, candidate: ShownPost, _unique: bool) -> bool:
        return _same_title(entry, candidate) and candidate.dated and entry.published == candidate.published

    def _same_words(self, entry: Entry, text: str, candidate: ShownPost, unique: bool) -> bool:
        if not text or text != candidate.text_hash:
            return False
        return is_corrected(entry.title, candidate.title) or (unique and is_related(entry.title, candidate.title))

    def _mended(self, entry: Entry, _text: str, candidate: ShownPost, _unique: bool) -> bool:
        if not is_corrected(entry.title, candidate.title):
            return False
        if candidate.dated and entry.published == candidate.published and entry.published.time() != time.min:
            return True
        return self._same_text(entry, candidate.post)

    def _same_page(self, entry: Entry, _text: str, candidate: ShownPost, _unique: bool) -> bool:
        undated = not candidate.dated and entry.published is None
        return undated and _same_title(entry, candidate) and _page(entry.url) == _page(candidate.url)


_Key = TypeVar("_Key")


class _FreePosts:
    """The posts that no entry of the feed is yet, by what an entry may share with them."""

    def __init__(self, posts: Sequence[ShownPost], claimed: Mapping[str, int]) -> None:
        self._claimed = claimed
        self._by_moment: dict[tuple[str, datetime | None], deque[ShownPost]] = defaultdict(deque)
        self._by_text: dict[str, deque[ShownPost]] = defaultdict(deque)
        self._by_title: dict[str, deque[ShownPost]] = defaultdict(deque)
        for each in posts:
            title = title_key(each.title)
            self._by_moment[title, each.published].append(each)
            self._by_text[each.text_hash].append(each)
            self._by_title[title].append(each)

    @property
    def titles(self) -> int:
        return len(self._by_title)

    def candidates(self, entry: Entry, text: str, *, fuzzy: bool) -> list[ShownPost]:
        title = title_key(entry.title)
        candidates = self._first(self._by_moment, (title, entry.published)) + self._first(self._by_title, title)
        if text:
            candidates += self._first(self._by_text, text)
        if fuzzy:
            titles: list[str] = list(self._by_title)
            near = process.extract(title, titles, scorer=fuzz.ratio, score_cutoff=NEAR_TITLE, limit=3)
            candidates += [candidate for key, *_ in near for candidate in self._first(self._by_title, key)]
        return candidates

    def _first(self, index: Mapping[_Key, deque[ShownPost]], key: _Key) -> list[ShownPost]:
        posts = index.get(key)
        while posts and posts[0].post in self._claimed:
            posts.popleft()
        return [each for each in islice(posts or (), _CANDIDATES) if each.post not in self._claimed]


def _same_title(entry: Entry, candidate: ShownPost) -> bool:
    return bool(entry.title) and title_key(entry.title) == title_key(candidate.title)


# --- What becomes of it -----------------------------------------------------------------------------------------------


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


def _same_text(entry: Entry, text: str, known: KnownPosts) -> str:
    """The post of this source, still in its feed, that says the same under the same title."""
    if not text:
        return ""
    for candidate in known.history:
        if candidate.text_hash == text and title_key(candidate.title) == title_key(entry.title):
            original = known.posts.get(candidate.post)
            return (original.same_as if original else "") or candidate.post
    return ""


def moved(arrivals: Sequence[Arrival], known: KnownPosts) -> int:
    """How many known posts came under a new address; not those whose links only differ in their parameters."""
    pages = {candidate.post: _page(candidate.url) for candidate in known.history}
    return sum(arrival.renamed and _page(arrival.url) != pages.get(arrival.post, "") for arrival in arrivals)


def _page(url: str) -> str:
    return identity(url).partition("?")[0]


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
    titles = {title_key(candidate.title) for candidate in known.history}
    familiar = [arrival.post for arrival in fresh if title_key(arrival.entry.title) in titles]
    has_moved = moved(arrivals, known) >= FLOOD
    if has_moved and len(fresh) >= FLOOD:
        why = f"one of {len(fresh)} posts that came together with old ones under new addresses"
        return dict.fromkeys((arrival.post for arrival in fresh), why)
    if has_moved or len(familiar) >= FLOOD:
        return dict.fromkeys(familiar, "its source showed a post of this title before, and has moved many of them")
    return {}
