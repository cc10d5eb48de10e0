"""Which posts say the same: one piece of writing under several addresses. Pure.

    html ─sketch▶ 15 hashes ─share one▶ candidate pairs ─rapidfuzz on their texts▶ copies

Comparing all with all would be quadratic, so texts are compared only where their sketches share a run of words. A
sketch is small and can be kept: only the texts of candidates have to be loaded.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from rapidfuzz import fuzz

from digest.collect.numbers import differ_in_numbers, numbers_in
from digest.collect.sketches import compared, hashes_of, sketch
from digest.collect.urls import host_of, identity, post_id
from digest.model import Post

WITHIN = timedelta(days=10)
"""A copy appears within this time of its original."""
SAME_TEXT = 90.0
SAME_TEXT_ONE_SOURCE = 97.0
"""Of one source's posts: a series repeats its frame, so more must agree, and the title as well."""
_ENOUGH = 200  # characters below which a text tells nothing
_OWN_WORDS = 60  # characters of a feed's excerpt from which it tells something, beside the same text on the page
_FRAME = 50  # posts that share a run: more have a frame in common, which says nothing about any two of them


def copies(
    posts: Sequence[Post],
    *,
    own: Callable[[Post], bool],
    fixed: frozenset[str] = frozenset(),
    may_be_same: Callable[[Post, Post], bool] = lambda _one, _other: True,
) -> dict[str, str]:
    """Copy to original, by id. No original is itself a copy.

    `may_be_same` says whether the same text makes two posts copies at all.

    `own` says whether a post stands on its source's own pages: such a one is the original before one that does not.
    `fixed` are posts that an edition shows already: they stay originals.
    """
    html = {post.id: post.html for post in posts}
    sketches = {post: sketch(text) for post, text in html.items()}
    return copies_by_sketch(posts, sketches, lambda _ids: html, own=own, fixed=fixed, may_be_same=may_be_same)


def copies_by_sketch(
    posts: Sequence[Post],
    sketches: Mapping[str, bytes],
    load_html: Callable[[Collection[str]], Mapping[str, str]],
    *,
    own: Callable[[Post], bool],
    fixed: frozenset[str] = frozenset(),
    may_be_same: Callable[[Post, Post], bool] = lambda _one, _other: True,
) -> dict[str, str]:
    """Like `copies`, for posts whose html is not at hand: `load_html` is asked for that of the candidates, by id."""
    candidates = [
        (one, other) for one, other in _sharing(posts, sketches) if abs(one.published - other.published) <= WITHIN
    ]
    html = load_html({post.id for pair in candidates for post in pair}) if candidates else {}
    texts = {post: compared(html[post]) for post in {post.id for pair in candidates for post in pair}}
    same = [
        (one, other)
        for one, other in candidates
        if _same(one, other, texts[one.id], texts[other.id]) and may_be_same(one, other)
    ]
    originals: dict[str, str] = {}
    for group in _groups(posts, same):
        original, *rest = sorted(
            group,
            key=lambda post: (post.id not in fixed, not own(post), post.origin is not None, post.published, post.id),
        )
        originals |= {post.id: original.id for post in rest}
    return originals


def _groups(posts: Sequence[Post], same: Iterable[tuple[Post, Post]]) -> Iterable[Sequence[Post]]:
    """The posts, those that are the same together.

    Posts of one source are together only if they are the same by themselves: a third one elsewhere that is like both
    does not make them one.
    """
    groups = {post.id: [post] for post in posts}
    group_of = {post.id: post.id for post in posts}
    pairs = sorted(same, key=_likeness)
    known = {frozenset((one.id, other.id)) for one, other in pairs}

    def may_join(one_group: str, other_group: str) -> bool:
        return all(
            one.source != other.source or frozenset((one.id, other.id)) in known
            for one in groups[one_group]
            for other in groups[other_group]
        )

    def join(one: str, other: str, *, credited: bool) -> None:
        one_group, other_group = group_of[one], group_of[other]
        if one_group != other_group and (credited or may_join(one_group, other_group)):
            for post in groups[other_group]:
                group_of[post.id] = one_group
            groups[one_group] += groups.pop(other_group)

    for copy, original in _credited(posts, set(groups)):
        join(copy, original, credited=True)
    for one, other in pairs:
        join(one.id, other.id, credited=False)
    return groups.values()


def _likeness(pair: tuple[Post, Post]) -> tuple[bool, bool, timedelta, list[str]]:
    """In which order pairs are joined: the likest first, and the same whatever the order of the posts."""
    one, other = pair
    return (
        one.source != other.source,
        not same_title(one.title, other.title),
        abs(one.published - other.published),
        sorted((one.id, other.id)),
    )


def _credited(posts: Iterable[Post], ids: set[str]) -> Iterator[tuple[str, str]]:
    """Posts whose credit is the address of another one."""
    for post in posts:
        key = identity(post.origin.url) if post.origin and post.origin.url else ""
        original = post_id(key) if key else ""
        if original in ids and original != post.id:
            yield post.id, original


def _sharing(posts: Sequence[Post], sketches: Mapping[str, bytes]) -> Iterator[tuple[Post, Post]]:
    """Pairs whose sketches share a hash, each pair once."""
    sharing: defaultdict[int, list[int]] = defaultdict(list)
    for index, post in enumerate(posts):
        for run in hashes_of(sketches[post.id]):
            sharing[run].append(index)
    compared: set[tuple[int, int]] = set()
    for group in sharing.values():
        if len(group) > _FRAME:
            continue
        for at, one in enumerate(group):
            for other in group[at + 1 :]:
                if (one, other) not in compared:
                    compared.add((one, other))
                    yield posts[one], posts[other]


def _same(one: Post, other: Post, text: str, other_text: str) -> bool:
    shorter, longer = sorted((text, other_text), key=len)
    if one.source == other.source:
        if _title(one.title) != _title(other.title) or not numbers_in(shorter) <= numbers_in(longer):
            return False
        return fuzz.ratio(shorter, longer, score_cutoff=SAME_TEXT_ONE_SOURCE) > 0
    if len(shorter) < _ENOUGH or differ_in_numbers(_title(one.title), _title(other.title)):
        return False
    if len(shorter) * 2 < len(longer):
        # An excerpt: it must be a piece of the other, and the titles must agree.
        if not same_title(one.title, other.title):
            return False
        return fuzz.partial_ratio(shorter, longer, score_cutoff=SAME_TEXT) > 0
    return fuzz.ratio(shorter, longer, score_cutoff=SAME_TEXT) > 0


def feeds_agree(one: str, other: str) -> bool:
    """Whether two feeds say the same of a post: one html, or a good beginning of it, stands in the other."""
    shorter, longer = sorted((compared(one), compared(other)), key=len)
    return len(shorter) >= _OWN_WORDS and fuzz.partial_ratio(shorter, longer, score_cutoff=SAME_TEXT) > 0


def same_title(one: str, other: str) -> bool:
    """Whether two titles are alike, their numbers included: "Week notes 12" is not "Week notes 13"."""
    one, other = _title(one), _title(other)
    return numbers_in(one) == numbers_in(other) and fuzz.ratio(one, other) >= SAME_TEXT


def _title(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.casefold()))


def on_own_pages(hosts: dict[str, frozenset[str]]) -> Callable[[Post], bool]:
    """Whether a post's page is on a host of its own source."""
    return lambda post: host_of(post.url) in hosts.get(post.source, frozenset())
