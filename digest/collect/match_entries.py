"""Which post an entry is, of those that the store knows: by id, by address, then by title, moment and words. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import islice
from typing import TypeVar

from rapidfuzz import fuzz, process

from digest.collect.compare_entries import NEAR_TITLE, is_corrected, is_related, is_same_text
from digest.collect.entry_identity import Identified, longer_uid, page_of
from digest.collect.sketches import title_key
from digest.collect.urls import identity, post_id
from digest.model import Entry, KnownPost, ShownPost, Source

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


def is_strange(each: Identified, known: KnownPosts) -> bool:
    """Whether an entry may be a post that is known by another id: then `history` is needed."""
    for uid in each.uids:
        if uid in known.uids:
            earlier = known.posts.get(known.uids[uid])
            return each.is_only_address and earlier is not None and earlier.title != each.entry.title
    return True


@dataclass(frozen=True, slots=True)
class Match:
    """The post that an entry is."""

    uid: str
    post: str
    key: str
    renamed: bool = False


def find_posts(identified: Sequence[Identified], *, source: Source, known: KnownPosts) -> list[Match | None]:
    """Of each entry the post that it is, known or new; None for one that repeats another entry of the feed.

    By id, by address, then by title, moment and words among the posts that this source showed before and that no other
    entry of the feed is.
    """
    finder = _Finder(identified, source, known)
    finder.by_uid()
    finder.by_key()
    finder.by_resemblance()
    finder.as_new()
    return finder.matches


class _Finder:
    def __init__(self, identified: Sequence[Identified], source: Source, known: KnownPosts) -> None:
        self.identified, self.source, self.known = identified, source, known
        self.texts = [each.text_hash for each in identified]
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
                if uid == each.own_uid or (
                    self._fits(each, post) if each.is_only_address else not self._contradicts(each, post)
                ):
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
        return longer_uid(each.uid, each.content_hash)

    def _fits(self, each: Identified, post: str) -> bool:
        """Whether an entry can be the known post of its address. Some feeds link all they say to one page."""
        earlier, entry = self.known.posts.get(post), each.entry
        if earlier is None:
            return True
        path = identity(entry.url).partition("/")[2]
        if earlier.source != self.source.name and path:
            return True
        if earlier.dated and entry.published == earlier.published:
            return True
        later = _is_later(entry, earlier)
        if (path or not later) and is_corrected(entry.title, earlier.title):
            return True
        if path and not later:
            return True
        return self._same_text(entry, post)

    def _contradicts(self, each: Identified, post: str) -> bool:
        """Whether nothing but its id says that an entry is this post. Some feeds give one id to all they say."""
        earlier, entry = self.known.posts.get(post), each.entry
        if earlier is None or not entry.url or each.post == post or not _is_later(entry, earlier):
            return False
        if is_corrected(entry.title, earlier.title) or is_related(entry.title, earlier.title):
            return False
        return not self._same_text(entry, post)

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
        return undated and _same_title(entry, candidate) and page_of(entry.url) == page_of(candidate.url)


def _is_later(entry: Entry, earlier: KnownPost) -> bool:
    return earlier.dated and entry.published is not None and entry.published > earlier.published


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
