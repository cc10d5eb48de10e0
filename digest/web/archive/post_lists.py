"""Which posts stand on the archive's pages of months, themes and sources. Pure: it decides, and writes nothing."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from digest.escape import clean
from digest.mail.rendering.dates import month_of
from digest.mail.rendering.design import Design
from digest.mail.rendering.post_view import PostView
from digest.mail.rendering.template_view import View
from digest.model import Edition, EditionPost
from digest.text import clip

_PAGE_BYTES = 70_000  # of a list on one page; with the page around it, less than 100 kB
_MARKUP_BYTES = 320  # of one post, with its day and theme in the language that needs most


@dataclass(frozen=True, slots=True)
class ListedPost:
    """A post as lists and the search show it."""

    view: PostView
    source: str  # its name, which groups
    theme: str  # the theme's key
    published: datetime
    week: str  # "2019-W12"
    dates: str  # of the edition
    month: str  # of the edition's last day: "2019-03"
    month_name: str  # "March 2019"
    size: int  # bytes on a list, about; the same in each language, so that each has the same pages


@dataclass(frozen=True, slots=True)
class EditionPosts:
    """The posts of one edition that a page lists."""

    week: str
    dates: str
    posts: tuple[ListedPost, ...]


@dataclass(frozen=True, slots=True)
class PostList:
    """Posts that belong together, newest edition first."""

    folder: str  # "theme/comms"
    key: str  # of the month, theme or source: "comms"
    name: str
    language: str  # of the name; "" for the page's
    pages: tuple[tuple[EditionPosts, ...], ...]
    count: int


@dataclass(frozen=True, slots=True)
class PostLists:
    """All lists of an archive."""

    months: tuple[PostList, ...]  # newest first
    themes: tuple[PostList, ...]  # in the order of the newest edition
    sources: tuple[PostList, ...]  # by name

    def __iter__(self) -> Iterator[PostList]:
        yield from (*self.months, *self.themes, *self.sources)


def listed_posts(edition: Edition, view: View, design: Design) -> list[ListedPost]:
    """Return the posts of an edition, in its order."""
    last = (edition.ends - timedelta(microseconds=1)).astimezone(ZoneInfo(design.timezone)).date()
    month, month_name = f"{last:%Y-%m}", month_of(last, design.language)
    originals = {post.id: (post, section.theme) for section in edition.sections for post in section.posts}
    all_posts = [post for section in view.sections for post in section.posts] + list(view.short)
    result = []
    for one in all_posts:
        post, theme = originals[one.id]
        size = _MARKUP_BYTES + sum(len(text.encode()) for text in (one.title, clean(post.source), _origin(post)))
        result.append(
            ListedPost(one, post.source, theme, post.published, view.week, view.dates, month, month_name, size)
        )
    return result


def _origin(post: EditionPost) -> str:
    return clip(clean(post.origin.name), 220) if post.origin else ""


def post_lists(posts: Sequence[ListedPost]) -> PostLists:
    """Return the lists of these posts, which are in the order in which they shall stand."""
    months = _grouped(posts, lambda post: post.month)
    themes = _grouped(posts, lambda post: post.theme)
    sources = _grouped(posts, lambda post: post.source)
    theme_names = path_names(themes)
    source_names = path_names(sources)
    return PostLists(
        tuple(_list("month", month, month, group[0].month_name, "", group) for month, group in months.items()),
        tuple(
            _list("theme", theme_names[key], key, group[0].view.theme, group[0].view.theme_language, group)
            for key, group in themes.items()
        ),
        tuple(
            _list("source", source_names[name], name, _shown_name(name), "", group)
            for name, group in sorted(sources.items(), key=lambda pair: (pair[0].casefold(), pair[0]))
        ),
    )


def path_names(names: Iterable[str]) -> dict[str, str]:
    """Return a name for a path by each name; it depends on no other name unless two would be the same."""
    plain = {name: _plain(name) for name in names}
    often = Counter(plain.values())
    return {
        name: short if short and often[short] == 1 else f"{short or 'x'}-{_hash(name)}" for name, short in plain.items()
    }


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", letters)[:60].strip("-")


def _shown_name(name: str) -> str:
    return clip(clean(name), 100) or "?"


def _grouped(posts: Sequence[ListedPost], key: Callable[[ListedPost], str]) -> dict[str, list[ListedPost]]:
    groups: dict[str, list[ListedPost]] = {}
    for post in posts:
        groups.setdefault(key(post), []).append(post)
    return groups


def _list(kind: str, path: str, key: str, name: str, language: str, posts: Sequence[ListedPost]) -> PostList:
    return PostList(f"{kind}/{path}", key, name, language, tuple(_pages(posts)), len(posts))


def _pages(posts: Sequence[ListedPost]) -> Iterator[tuple[EditionPosts, ...]]:
    page: list[ListedPost] = []
    size = 0
    for post in posts:
        size += post.size
        if page and size > _PAGE_BYTES:
            yield _by_edition(page)
            page, size = [], post.size
        page.append(post)
    yield _by_edition(page)


def _by_edition(posts: Sequence[ListedPost]) -> tuple[EditionPosts, ...]:
    return tuple(
        EditionPosts(week, dates, tuple(group))
        for (week, dates), group in groupby(posts, key=lambda post: (post.week, post.dates))
    )


def only_theme(view: View, theme: str) -> View:
    """Return the view with the posts of one theme."""
    sections = tuple(section for section in view.sections if section.key == theme)
    names = {section.title for section in sections}
    return replace(view, sections=sections, short=tuple(post for post in view.short if post.theme in names))
