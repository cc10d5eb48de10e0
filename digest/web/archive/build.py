"""Build the archive: static files that any host serves.

    index.html  2019-W12/  month/2019-03/  theme/comms/  source/NAME/  sources/  search/  (each with index.html)
    style.css  icon.svg  search.js  search/2019.json
    feed.xml (Atom)  feed.json (JSON Feed)  theme/comms/feed.xml  sources.opml  sitemap.xml  robots.txt

Pages show what the mail shows, in the newsletter's language, and nothing about any subscriber. They load nothing from
other sites, and only the search needs a script. No clock is read: the same editions give the same bytes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.errors import DigestError
from digest.escape import clean
from digest.mail.rendering.dates import day
from digest.mail.rendering.design import Design
from digest.mail.rendering.introduction import introduction
from digest.mail.rendering.safe_links import safe_url
from digest.mail.rendering.template_view import View, view_of
from digest.model import Source
from digest.steps.editing.published import PublishedEdition
from digest.web.archive import feeds
from digest.web.archive.post_lists import PostList, PostLists, listed_posts, only_theme, post_lists
from digest.web.archive.search_index import search_files
from digest.web.archive.writer import Writer, timestamp
from digest.words.translations import Translations

_LATEST = 20  # editions on the first page; months list all


@dataclass(frozen=True, slots=True)
class BuiltArchive:
    """What was written."""

    folder: Path
    editions: int
    files: int


def build_archive(
    editions: Sequence[PublishedEdition],
    design: Design,
    words: Translations,
    sources: Sequence[Source],
    folder: Path,
) -> BuiltArchive:
    """Write the archive of these editions into `folder`. A file that differs is replaced whole. Raises DigestError."""
    files = archive_files(editions, design, words, sources)
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != content:
                _replace(path, content)
    except OSError as error:
        raise DigestError(
            f"The archive cannot be written into {folder}: {error.strerror}.",
            "Make the folder writable, or choose another.",
        ) from error
    return BuiltArchive(folder, len(editions), len(files))


def archive_files(
    editions: Sequence[PublishedEdition], design: Design, words: Translations, sources: Sequence[Source]
) -> dict[str, bytes]:
    """Return the archive's files by relative name.

    `words` are the translations of pages, in the newsletter's language if there are any.
    """
    design = design.for_language(words.language)
    writer = Writer(design, words)
    newest_first = sorted(editions, key=lambda each: each.edition.week, reverse=True)
    views = [view_of(each.edition, design, words) for each in newest_first]
    posts = [
        post
        for each, view in zip(newest_first, views, strict=True)
        for post in listed_posts(each.edition, view, design)
    ]
    lists = post_lists(posts)
    values = [_values(each, view, design) for each, view in zip(newest_first, views, strict=True)]
    searched = search_files(posts)
    files = dict(writer.shared_files) | searched
    files |= [
        writer.page("", "index.html.j2", editions=values[:_LATEST], lists=lists),
        _sources_page(writer, sources, lists),
        writer.page("search", "search.html.j2", lists=lists, years=[Path(name).stem for name in searched]),
    ]
    files["sources.opml"] = writer.write("sources.opml.j2", sources=_followed(sources, lists))
    folders = {each.key: each.folder for each in lists.themes}
    for place, view in enumerate(views):
        newer, older = (views[place - 1] if place else None), (views[place + 1] if place + 1 < len(views) else None)
        files |= [writer.page(view.week, "edition.html.j2", newer=newer, older=older, folders=folders, **values[place])]
    for each in lists:
        files |= _list_pages(writer, each, lists)
    files |= _feed_files(writer, newest_first, values, lists)
    return files | _files_for_search_engines(writer, newest_first, files)


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
        "introduction": introduction(published.edition.introduction),
        "published": timestamp(published.edition.ends),
        "corrections": corrections,
    }


def _sources_page(writer: Writer, sources: Sequence[Source], lists: PostLists) -> tuple[str, bytes]:
    followed = _followed(sources, lists)
    names = {source.name for source in sources if source.active}
    others = [each for each in lists.sources if each.key not in names]
    return writer.page("sources", "sources.html.j2", sources=followed, others=others)


def _followed(sources: Sequence[Source], lists: PostLists) -> list[dict[str, Any]]:
    """Return the active sources, made safe for pages."""
    by_name = {each.key: each for each in lists.sources}
    return [
        {
            "name": clean(source.name),
            "site": safe_url(source.site),
            "feed": safe_url(source.feed),
            "theme": source.theme,
            "posts": by_name.get(source.name),
        }
        for source in sources
        if source.active
    ]


def _list_pages(writer: Writer, each: PostList, lists: PostLists) -> list[tuple[str, bytes]]:
    kind = each.folder.partition("/")[0]
    neighbours: dict[str, PostList | None] = {"earlier": None, "later": None}
    if kind == "month":
        place = lists.months.index(each)
        neighbours["later"] = lists.months[place - 1] if place else None
        neighbours["earlier"] = lists.months[place + 1] if place + 1 < len(lists.months) else None
    return [
        writer.page(
            each.folder if number == 1 else f"{each.folder}/{number}",
            "posts.html.j2",
            list=each,
            kind=kind,
            number=number,
            editions=editions,
            **neighbours,
        )
        for number, editions in enumerate(each.pages, 1)
    ]


def _feed_files(
    writer: Writer, published: Sequence[PublishedEdition], values: Sequence[dict[str, Any]], lists: PostLists
) -> dict[str, bytes]:
    pairs = list(zip(published, values, strict=True))
    entries = feeds.newest(entry for each, own in pairs for entry in feeds.edition_entries(writer, each, own))
    files = {"feed.xml": feeds.atom(writer, entries), "feed.json": feeds.json_feed(writer, entries)}
    for theme in lists.themes:
        in_theme = (
            feeds.theme_entry(writer, each, only_theme(own["edition"], theme.key), theme.folder, own)
            for each, own in pairs
        )
        title = writer.words.text("page_of", title=writer.title, name=theme.name)
        newest = feeds.newest(entry for entry in in_theme if entry is not None)
        files[f"{theme.folder}/feed.xml"] = feeds.atom(writer, newest, place=f"{theme.folder}/", title=title)
    return files


def _files_for_search_engines(
    writer: Writer, published: Sequence[PublishedEdition], files: dict[str, bytes]
) -> dict[str, bytes]:
    sitemap = writer.url("sitemap.xml")
    robots = {"robots.txt": writer.write("robots.txt.j2", sitemap=sitemap)}
    if not sitemap:
        return robots
    pages = sorted(name.removesuffix("index.html") for name in files if name.endswith("index.html"))
    changed = {f"{each.edition.week}/": feeds.updated(each) for each in published}
    urls = [(writer.url(page), changed.get(page, "")) for page in pages][:50_000]
    return {"sitemap.xml": writer.write("sitemap.xml.j2", urls=urls), **robots}


def _replace(path: Path, content: bytes) -> None:
    """Write the file whole: visitors of a served archive never see half of one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
