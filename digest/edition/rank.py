"""Order and balance: which posts lead, which get a summary, which go under "Also this week", and why.

    Ranked… ─score▶ worth ─balance▶ summary or short list ─interleave▶ order ─editor's positions▶ Arranged…

Pure and deterministic: the same posts, given in any order, come out in the same arrangement. The editor wins over all
of it: pinned and positioned posts are taken first, and a position is kept to the place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

RANK, NEWEST, OLDEST = "rank", "newest", "oldest"

# What a post is worth: the parts add up to 1.
_FIT = 0.45  # how surely it belongs to its theme
_SUBSTANCE = 0.25  # how much there is to read, up to _FULL_WORDS
_ECHO = 0.15  # how many other sources carry it, up to _FULL_ECHO
_RECENT = 0.15  # how new it is within the week
_FULL_WORDS = 500
_FULL_ECHO = 3
_TURN = 0.85  # the second post of a source is worth this much of itself, the third this much again


@dataclass(frozen=True, slots=True)
class Ranked:
    """What ranking knows about one post."""

    id: str
    theme: str
    source: str
    published: datetime
    words: int  # of the article; 0 where there is no text
    fit: float = 0.0  # how surely it belongs to its theme, 0–1
    also_on: int = 0  # how many other sources carry it
    pinned: bool = False  # by the editor: above the others and never in the short list
    position: int | None = None  # the editor's, 0-based within the theme


@dataclass(frozen=True, slots=True)
class Arranged:
    """Where a post stands in its theme."""

    id: str
    theme: str
    order: int  # 0-based within the theme: first the posts with a summary, then the short list
    lead: bool  # the first of its theme
    short: bool  # title and link only, under "Also this week"
    because: tuple[str, ...]  # for people


@dataclass(frozen=True, slots=True)
class _Worth:
    """A post, what it is worth, and its source's turn: 0 for the source's best post of the week."""

    post: Ranked
    value: float
    turn: int

    @property
    def key(self) -> tuple[float, datetime, str]:
        """Best first; the older and then the smaller id breaks a tie."""
        return (-self.value, self.post.published, self.post.id)


def arrange(posts: Sequence[Ranked], *, per_theme: int, per_source: int, order: str = RANK) -> tuple[Arranged, ...]:
    """All the posts, theme by theme in the order of the keys, each in its place.

    At most `per_theme` posts of a theme, and `per_source` posts of a source over all themes, get a summary; the others
    are short. Pinned posts count towards both and are cut by neither; positioned ones are cut by the theme's only.
    `order` is "rank" (worth, and no two posts of a source side by side where that can be helped), "newest" or "oldest";
    which posts get a summary is decided by worth in each of them.
    """
    worths = _worths(posts)
    cut = _balance(worths, per_theme, per_source)
    by_theme: defaultdict[str, list[_Worth]] = defaultdict(list)
    for worth in worths:
        by_theme[worth.post.theme].append(worth)
    arranged: list[Arranged] = []
    for theme in sorted(by_theme):
        full = [worth for worth in by_theme[theme] if worth.post.id not in cut]
        short = [worth for worth in by_theme[theme] if worth.post.id in cut]
        line = _seat(_sequence(full, order)) + _seat(_sequence(short, order))
        for place, worth in enumerate(line):
            is_short = worth.post.id in cut
            because = _because(worth, place, cut.get(worth.post.id, ""))
            arranged.append(Arranged(worth.post.id, theme, place, place == 0 and not is_short, is_short, because))
    return tuple(arranged)


def _worths(posts: Sequence[Ranked]) -> list[_Worth]:
    """Every post with its worth, best first."""
    if not posts:
        return []
    oldest, newest = min(post.published for post in posts), max(post.published for post in posts)
    span = (newest - oldest).total_seconds() or 1.0
    plain: list[_Worth] = []
    for post in posts:
        value = (
            _FIT * min(max(post.fit, 0.0), 1.0)
            + _SUBSTANCE * min(post.words / _FULL_WORDS, 1.0)
            + _ECHO * min(post.also_on / _FULL_ECHO, 1.0)
            + _RECENT * (post.published - oldest).total_seconds() / span
        )
        plain.append(_Worth(post, value, 0))
    turns: Counter[str] = Counter()
    balanced: list[_Worth] = []
    for worth in sorted(plain, key=lambda worth: worth.key):
        turn = turns[worth.post.source]
        turns[worth.post.source] += 1
        balanced.append(_Worth(worth.post, worth.value * _TURN**turn, turn))
    return sorted(balanced, key=lambda worth: worth.key)


def _balance(worths: Sequence[_Worth], per_theme: int, per_source: int) -> dict[str, str]:
    """The posts that go to the short list, each with the reason."""
    themes: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    cut: dict[str, str] = {}
    for worth in sorted(worths, key=lambda worth: (not worth.post.pinned, _asked(worth.post), worth.key)):
        post = worth.post
        if not post.pinned:
            if themes[post.theme] >= per_theme:
                cut[post.id] = f"short: the theme already shows {per_theme}"
                continue
            if post.position is None and sources[post.source] >= per_source:
                cut[post.id] = f"short: {post.source} already has {per_source} in this edition"
                continue
        themes[post.theme] += 1
        sources[post.source] += 1
    return cut


def _asked(post: Ranked) -> float:
    return float("inf") if post.position is None else post.position


def _sequence(worths: Iterable[_Worth], order: str) -> list[_Worth]:
    """Pinned posts first, then the others, each part in the wanted order."""
    line = sorted(worths, key=lambda worth: worth.key)
    if order in (NEWEST, OLDEST):
        line.sort(key=lambda worth: (worth.post.published, worth.post.id), reverse=order == NEWEST)
        return sorted(line, key=lambda worth: not worth.post.pinned)
    pinned = _interleave([worth for worth in line if worth.post.pinned], "")
    others = [worth for worth in line if not worth.post.pinned]
    return pinned + _interleave(others, pinned[-1].post.source if pinned else "")


def _interleave(line: list[_Worth], last: str) -> list[_Worth]:
    """The same posts; each next one is the best of another source than the one before it, where there is one."""
    left, result = list(line), []
    while left:
        pick = next((place for place, worth in enumerate(left) if worth.post.source != last), 0)
        chosen = left.pop(pick)
        last = chosen.post.source
        result.append(chosen)
    return result


def _seat(line: list[_Worth]) -> list[_Worth]:
    """The same posts; those with a position of the editor's stand there, or as near as the length allows."""
    seated = sorted(
        (worth for worth in line if worth.post.position is not None),
        key=lambda worth: (_asked(worth.post), worth.post.id),
    )
    result = [worth for worth in line if worth.post.position is None]
    for worth in seated:
        result.insert(int(_asked(worth.post)), worth)
    return result


def _because(worth: _Worth, place: int, cut: str) -> tuple[str, ...]:
    """The arrangement in words."""
    post = worth.post
    reasons: list[str] = []
    if post.position is not None:
        reasons.append(f"the editor put it in place {post.position + 1}")
    if post.pinned:
        reasons.append("pinned by the editor")
    if cut:
        reasons.append(cut)
    elif place == 0 and not reasons:
        reasons.append("leads its theme")
    if post.fit >= 0.75:
        reasons.append("fits its theme surely")
    if post.also_on:
        reasons.append(f"also carried by {post.also_on} other source{'s' if post.also_on > 1 else ''}")
    if post.words >= _FULL_WORDS:
        reasons.append(f"a full article of {post.words:,} words")
    elif post.words < 60:
        reasons.append("hardly any text" if post.words else "no text to read")
    if worth.turn:
        reasons.append(f"{_ordinal(worth.turn + 1)} post of {post.source} this week")
    return tuple(reasons)


def _ordinal(number: int) -> str:
    teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
