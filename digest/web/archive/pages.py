"""The pages of the archive in one language: editions, lists of posts, sources and the search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from digest.mail.rendering.dates import day
from digest.mail.rendering.design import Design
from digest.mail.rendering.introduction import introduction
from digest.mail.rendering.template_view import View, view_of
from digest.model import Source
from digest.steps.editing.published import PublishedEdition
from digest.web.archive.front import front_of
from digest.web.archive.post_lists import PostList, PostLists, listed_posts, post_lists
from digest.web.archive.search_index import search_files
from digest.web.archive.source_groups import SourceView, source_groups, source_views
from digest.web.archive.writer import Writer, timestamp
from digest.words.translations import Translations

_LATEST = 20  # editions on the first page; months list all


class ArchivePages:
    """The editions as they are shown in the language of `words`; `own` is that of the newsletter's own pages."""

    def __init__(
        self,
        editions: Sequence[PublishedEdition],
        design: Design,
        words: Translations,
        own: str,
        sources: Sequence[Source],
    ) -> None:
        self.design = design.for_language(words.language)
        self.writer = Writer(self.design, words, own)
        self.newest_first = sorted(editions, key=lambda each: each.edition.week, reverse=True)
        self._views = [view_of(each.edition, self.design, words) for each in self.newest_first]
        pairs = list(zip(self.newest_first, self._views, strict=True))
        self._posts = [post for each, view in pairs for post in listed_posts(each.edition, view, self.design)]
        self._sources = sources
        self.lists = post_lists(self._posts)
        self.values = [_values(each, view, self.design) for each, view in pairs]

    def files(self) -> dict[str, bytes]:
        """Return the pages, and what the search reads, by relative name."""
        indexes = search_files(self._posts)
        years = [Path(name).stem for name in indexes]
        return {
            **{f"{self.design.archive_path}{name}": content for name, content in indexes.items()},
            **dict(self._pages(years)),
        }

    def _pages(self, years: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        writer, lists, views = self.writer, self.lists, self._views
        yield writer.page("", "index.html.j2", here="archive", editions=self.values[:_LATEST], lists=lists)
        yield writer.page("search", "search.html.j2", here="search", lists=lists, years=years)
        yield self._sources_page()
        folders = {each.key: each.folder for each in lists.themes}
        for place, view in enumerate(views):
            newer, older = (views[place - 1] if place else None), (views[place + 1] if place + 1 < len(views) else None)
            values = {**self.values[place], "newer": newer, "older": older, "folders": folders}
            share = writer.share_pictures.of_edition(self.newest_first[place].edition)
            yield writer.page(view.week, "edition.html.j2", share=share, **values)
        for each in lists:
            yield from _list_pages(writer, each, lists)

    def _sources_page(self) -> tuple[str, bytes]:
        views = self.followed()
        names = {source.name for source in self._sources if source.active}
        others = [each for each in self.lists.sources if each.key not in names]
        values = {"count": len(views), "groups": source_groups(views, self.lists), "others": others}
        return self.writer.page("sources", "sources.html.j2", here="sources", **values)

    def followed(self) -> list[SourceView]:
        """Return the active sources."""
        return source_views(self._sources, self.lists, self.design)


def _values(published: PublishedEdition, view: View, design: Design) -> dict[str, Any]:
    """Return what the page of an edition and its entry in feeds show."""
    corrections = [
        {
            "number": each.number,
            "day": day(each.at, design.language, design.timezone),
            "text": introduction(each.text),
        }
        for each in published.corrections
    ]
    return {
        "edition": view,
        "front": front_of(view),
        "introduction": introduction(published.edition.introduction),
        "published": timestamp(published.edition.ends),
        "corrections": corrections,
    }


def _list_pages(writer: Writer, each: PostList, lists: PostLists) -> list[tuple[str, bytes]]:
    kind = each.folder.partition("/")[0]
    earlier = later = None
    if kind == "month":
        place = lists.months.index(each)
        later = lists.months[place - 1] if place else None
        earlier = lists.months[place + 1] if place + 1 < len(lists.months) else None
    return [
        writer.page(
            each.folder if number == 1 else f"{each.folder}/{number}",
            "posts.html.j2",
            list=each,
            kind=kind,
            number=number,
            editions=editions,
            earlier=earlier,
            later=later,
        )
        for number, editions in enumerate(each.pages, 1)
    ]
