"""The followed sources as their page lists them: by theme, with the day of the newest post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.escape import clean
from digest.mail.rendering.dates import whole_day
from digest.mail.rendering.design import Design
from digest.mail.rendering.safe_links import safe_url
from digest.model import Source
from digest.web.archive.post_lists import ListedPost, PostList, PostLists


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source, made safe for pages."""

    name: str
    site: str  # "" for no link
    feed: str
    theme: str  # key; "" where nothing says which
    posts: PostList | None  # in the archive
    latest: str  # the day of its newest post there, such as "18 March 2019"; "" without one


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """The sources of one theme."""

    title: str  # "" for those without a theme
    language: str  # of the title; "" for the page's
    sources: tuple[SourceView, ...]


def source_views(sources: Sequence[Source], lists: PostLists, design: Design) -> list[SourceView]:
    """Return the active sources, in their order."""
    by_name = {each.key: each for each in lists.sources}
    return [_view(source, by_name.get(source.name), design) for source in sources if source.active]


def source_groups(views: Sequence[SourceView], lists: PostLists) -> list[SourceGroup]:
    """Group sources by theme, in the order of themes; by name within one. Those without a theme come last."""
    names = {each.key: each for each in lists.themes}
    groups: dict[str, list[SourceView]] = {key: [] for key in (*names, "")}
    for view in sorted(views, key=lambda one: one.name.casefold()):
        groups[view.theme if view.theme in names else ""].append(view)
    return [
        SourceGroup(names[key].name if key else "", names[key].language if key else "", tuple(group))
        for key, group in groups.items()
        if group
    ]


def _view(source: Source, posts: PostList | None, design: Design) -> SourceView:
    listed = list(_posts(posts)) if posts else []
    often = Counter(post.theme for post in listed).most_common(1)
    latest = max((post.published for post in listed), default=None)
    return SourceView(
        name=clean(source.name),
        site=safe_url(source.site),
        feed=safe_url(source.feed),
        theme=source.theme or (often[0][0] if often else ""),
        posts=posts,
        latest=whole_day(latest, design.language, design.timezone) if latest else "",
    )


def _posts(listed: PostList) -> Iterator[ListedPost]:
    return (post for page in listed.pages for edition in page for post in edition.posts)
