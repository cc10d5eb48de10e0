"""Which posts say the same: one piece of writing under several addresses. Pure.

Comparing all with all would be quadratic, so posts are compared only where they share a rare run of words.
"""

from __future__ import annotations

import html as entities
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rapidfuzz import fuzz

from digest.collect.urls import host_of, identity, post_id
from digest.model import Post

WITHIN = timedelta(days=10)
"""A copy appears within this time of its original."""
SAME_TEXT = 90.0
SAME_TEXT_ONE_SOURCE = 97.0
"""Of one source's posts: a series repeats its frame, so more must agree, and the title as well."""
_ENOUGH = 200  # characters below which a text tells nothing
_COMPARED = 4_000  # characters
_LOOKED_AT = 50_000  # characters of html
_RUN = 5  # words
_SKETCH = 12  # runs that stand for a text


@dataclass(frozen=True, slots=True)
class _Text:
    post: Post
    title: str
    text: str
    sketch: frozenset[int]


def copies(
    posts: Sequence[Post], *, own: Callable[[Post], bool], fixed: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Copy to original, by id. No original is itself a copy.

    `own` says whether a post stands on its source's own pages: such a one is the original before one that does not.
    `fixed` are posts that an edition shows already: they stay originals.
    """
    texts = [_text(post) for post in posts]
    parent = {post.id: post.id for post in posts}

    def root(post: str) -> str:
        while parent[post] != post:
            parent[post] = parent[parent[post]]
            post = parent[post]
        return post

    ids = set(parent)
    for one, other in (*_credited(posts, ids), *_alike(texts)):
        parent[root(one)] = root(other)
    groups: defaultdict[str, list[Post]] = defaultdict(list)
    for post in posts:
        groups[root(post.id)].append(post)
    found: dict[str, str] = {}
    for group in groups.values():
        original, *rest = sorted(
            group,
            key=lambda post: (post.id not in fixed, not own(post), post.origin is not None, post.published, post.id),
        )
        found |= {post.id: original.id for post in rest}
    return found


def _credited(posts: Iterable[Post], ids: set[str]) -> Iterator[tuple[str, str]]:
    """Posts whose credit is the address of another one."""
    for post in posts:
        key = identity(post.origin.url) if post.origin and post.origin.url else ""
        original = post_id(key) if key else ""
        if original in ids and original != post.id:
            yield post.id, original


def _alike(texts: Sequence[_Text]) -> Iterator[tuple[str, str]]:
    sharing: defaultdict[int, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        for run in text.sketch:
            sharing[run].append(index)
    compared: set[tuple[int, int]] = set()
    for group in sharing.values():
        if len(group) > 50:
            continue  # a frame that many posts share says nothing about any two of them
        for at, one in enumerate(group):
            for other in group[at + 1 :]:
                if (one, other) not in compared:
                    compared.add((one, other))
                    if _same(texts[one], texts[other]):
                        yield texts[one].post.id, texts[other].post.id


def _same(one: _Text, other: _Text) -> bool:
    if abs(one.post.published - other.post.published) > WITHIN:
        return False
    shorter, longer = sorted((one.text, other.text), key=len)
    if one.post.source == other.post.source:
        if one.title != other.title:
            return False
        return fuzz.ratio(shorter, longer, score_cutoff=SAME_TEXT_ONE_SOURCE) > 0
    if len(shorter) < _ENOUGH:
        return False
    if len(shorter) * 2 < len(longer):
        # An excerpt: it must be a piece of the other, and the titles must agree.
        if not same_title(one.title, other.title):
            return False
        return fuzz.partial_ratio(shorter, longer, score_cutoff=SAME_TEXT) > 0
    return fuzz.ratio(shorter, longer, score_cutoff=SAME_TEXT) > 0


def _text(post: Post) -> _Text:
    text = plain(post.html)[:_COMPARED]
    words = re.findall(r"\w+", text)
    runs = {zlib.crc32(" ".join(words[at : at + _RUN]).encode()) for at in range(len(words) - _RUN + 1)}
    # The smallest hashes of a text are a fair sample of its runs, and the same sample for the same text. Those of the
    # beginning are added, for excerpts.
    start = {
        zlib.crc32(" ".join(words[at : at + _RUN]).encode()) for at in range(min(3, max(0, len(words) - _RUN + 1)))
    }
    return _Text(post, _title(post.title), " ".join(words), frozenset(sorted(runs)[:_SKETCH]) | start)


def same_title(one: str, other: str) -> bool:
    return fuzz.ratio(_title(one), _title(other)) >= SAME_TEXT


def _title(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.casefold()))


def plain(html: str) -> str:
    """Lower-case text, tags gone: for comparing, not for showing."""
    return entities.unescape(re.sub(r"<[^<>]*>", " ", html[:_LOOKED_AT])).casefold()


def on_own_pages(hosts: dict[str, frozenset[str]]) -> Callable[[Post], bool]:
    """Whether a post's page is on a host of its own source."""
    return lambda post: host_of(post.url) in hosts.get(post.source, frozenset())
