"""Ranking: which posts lead their theme, which get a summary, which come under "Also this week", and why.

    RankInput… ─score▶ scores ─balance▶ summary or short list ─interleave▶ order ─the editor's order▶ RankedPost…

Pure and deterministic: the order of the input makes no difference. The editor's decisions win: where they put the posts
of a theme in order, that order is shown exactly, and posts that it does not name follow as ranked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

RANK, NEWEST, OLDEST = "rank", "newest", "oldest"

# The parts of a post's score. They add up to 1.
_FIT = 0.45  # how clearly it belongs to its theme
_LENGTH = 0.25  # how much there is to read, up to _FULL_WORDS
_ALSO_ON = 0.15  # how many other sources publish it, up to _MOST_ALSO_ON
_RECENCY = 0.15  # how new it is within the week
_FULL_WORDS = 500
_MOST_ALSO_ON = 3
_REPEAT_DISCOUNT = 0.85
"""The score of a source's second post is multiplied by this, that of its third by its square, and so on."""

_CLEAR_FIT = 0.75
_HARDLY_ANY_WORDS = 60


@dataclass(frozen=True, slots=True)
class RankInput:
    """What ranking needs to know about one post."""

    id: str
    theme: str
    source: str
    published: datetime
    words: int  # of the article; 0 where there is no text
    fit: float = 0.0  # how clearly it belongs to its theme, 0–1
    also_on: int = 0  # how many other sources publish it
    pinned: bool = False  # by the editor: above the others and never in the short list
    full: bool | None = None  # by the editor: True with a summary, False in the short list, None as the limits say
    brought_in: bool = False  # by the editor: before the others, and whatever its source has
    leads: bool = False  # the whole edition, by the editor: first of its theme, and with a summary

    @property
    def surely_full(self) -> bool:
        return self.leads or (self.full if self.full is not None else self.pinned)


@dataclass(frozen=True, slots=True)
class RankedPost:
    """The place of a post within its theme."""

    id: str
    theme: str
    order: int  # 0-based within the theme: posts with a summary first, then the short list, or as the editor says
    lead: bool  # the first of its theme that has a summary
    short: bool  # title and link only, under "Also this week"
    because: tuple[str, ...]  # for the editor


@dataclass(frozen=True, slots=True)
class _ScoredPost:
    """A post, its score, and how many better posts its source has this week."""

    post: RankInput
    score: float
    repeat: int

    @property
    def key(self) -> tuple[float, datetime, str]:
        """Sort key: the best first; of equals the older, then the smaller id."""
        return (-self.score, self.post.published, self.post.id)


def rank_posts(
    posts: Sequence[RankInput],
    *,
    per_theme: int,
    per_source: int,
    order: str = RANK,
    by_hand: Mapping[str, Sequence[str]] | None = None,
) -> tuple[RankedPost, ...]:
    """Return all posts with their places, theme by theme in the order of the keys.

    At most `per_theme` posts of a theme, and `per_source` posts of a source over all themes, get a summary; the others
    are short. Posts that the editor pinned or wants in full count towards both limits, but neither makes them short.
    One that was brought in is limited by its theme only. `order` is "rank" (by score, and no two posts of a source side
    by side if avoidable), "newest" or "oldest". `by_hand` has the editor's order of posts, by theme. The score decides
    which posts get a summary, whatever the order.
    """
    scored = _score(posts)
    short = _limit(scored, per_theme, per_source)
    by_theme: defaultdict[str, list[_ScoredPost]] = defaultdict(list)
    for item in scored:
        by_theme[item.post.theme].append(item)
    ranked: list[RankedPost] = []
    for theme in sorted(by_theme):
        line = _line(by_theme[theme], short, order, (by_hand or {}).get(theme, ()))
        lead = next((item.post.id for item in line if item.post.id not in short), "")
        for place, item in enumerate(line):
            is_short, is_lead = item.post.id in short, item.post.id == lead
            because = _because(item, is_lead, short.get(item.post.id, ""))
            ranked.append(RankedPost(item.post.id, theme, place, is_lead, is_short, because))
    return tuple(ranked)


def _score(posts: Sequence[RankInput]) -> list[_ScoredPost]:
    """Return every post with its score, the best first."""
    if not posts:
        return []
    oldest, newest = min(post.published for post in posts), max(post.published for post in posts)
    span = (newest - oldest).total_seconds() or 1.0
    by_itself: list[_ScoredPost] = []
    for post in posts:
        score = (
            _FIT * min(max(post.fit, 0.0), 1.0)
            + _LENGTH * min(post.words / _FULL_WORDS, 1.0)
            + _ALSO_ON * min(post.also_on / _MOST_ALSO_ON, 1.0)
            + _RECENCY * (post.published - oldest).total_seconds() / span
        )
        by_itself.append(_ScoredPost(post, score, 0))
    posts_of_source: Counter[str] = Counter()
    discounted: list[_ScoredPost] = []
    for item in sorted(by_itself, key=lambda item: item.key):
        repeat = posts_of_source[item.post.source]
        posts_of_source[item.post.source] += 1
        discounted.append(_ScoredPost(item.post, item.score * _REPEAT_DISCOUNT**repeat, repeat))
    return sorted(discounted, key=lambda item: item.key)


def _limit(scored: Sequence[_ScoredPost], per_theme: int, per_source: int) -> dict[str, str]:
    """Return the ids of the posts that go to the short list, each with the reason."""
    themes: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    short: dict[str, str] = {}
    for item in sorted(scored, key=lambda item: (not item.post.surely_full, not item.post.brought_in, item.key)):
        post = item.post
        if not post.surely_full:
            if post.full is False:
                short[post.id] = "short: the editor wants its title only"
                continue
            if themes[post.theme] >= per_theme:
                short[post.id] = f"short: the theme already has {_summaries(per_theme)}"
                continue
            if not post.brought_in and sources[post.source] >= per_source:
                short[post.id] = f"short: {post.source} already has {_summaries(per_source)}"
                continue
        themes[post.theme] += 1
        sources[post.source] += 1
    return short


def _summaries(count: int) -> str:
    return "1 post with a summary" if count == 1 else f"{count} posts with a summary"


def _line(
    scored: Sequence[_ScoredPost], short: Mapping[str, str], order: str, by_hand: Sequence[str]
) -> list[_ScoredPost]:
    """Return the posts of a theme in the order in which they are shown."""
    ranked = _sequence((item for item in scored if item.post.id not in short), order)
    ranked += _sequence((item for item in scored if item.post.id in short), order)
    places = {post: place for place, post in enumerate(by_hand)}
    return sorted(ranked, key=lambda item: (not item.post.leads, places.get(item.post.id, len(places))))


def _sequence(scored: Iterable[_ScoredPost], order: str) -> list[_ScoredPost]:
    """Put pinned posts first, then the others, each group in the wanted order."""
    line = sorted(scored, key=lambda item: item.key)
    if order in (NEWEST, OLDEST):
        line.sort(key=lambda item: (item.post.published, item.post.id), reverse=order == NEWEST)
        return sorted(line, key=lambda item: not item.post.pinned)
    pinned = _interleave([item for item in line if item.post.pinned], "")
    others = [item for item in line if not item.post.pinned]
    return pinned + _interleave(others, pinned[-1].post.source if pinned else "")


def _interleave(line: list[_ScoredPost], last_source: str) -> list[_ScoredPost]:
    """Reorder so that each post is the best one of another source than the post before it, where there is one."""
    remaining, result = list(line), []
    while remaining:
        index = next((index for index, item in enumerate(remaining) if item.post.source != last_source), 0)
        item = remaining.pop(index)
        last_source = item.post.source
        result.append(item)
    return result


def _because(item: _ScoredPost, is_lead: bool, reason_short: str) -> tuple[str, ...]:
    """Explain the place to the editor."""
    post = item.post
    reasons: list[str] = []
    if post.leads:
        reasons.append("leads the edition by the editor's choice")
    if post.pinned:
        reasons.append("pinned by the editor")
    if post.full:
        reasons.append("in full by the editor's choice")
    if reason_short:
        reasons.append(reason_short)
    elif is_lead and not reasons:
        reasons.append("leads its theme")
    if post.fit >= _CLEAR_FIT:
        reasons.append("clear fit")
    if post.also_on:
        reasons.append(f"also published by {post.also_on} other source{'s' if post.also_on > 1 else ''}")
    if post.words >= _FULL_WORDS:
        reasons.append(f"a full article of {post.words:,} words")
    elif post.words < _HARDLY_ANY_WORDS:
        reasons.append("hardly any text" if post.words else "no text")
    if item.repeat:
        reasons.append(f"{_ordinal(item.repeat + 1)} post of {post.source} this week")
    return tuple(reasons)


def _ordinal(number: int) -> str:
    teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
